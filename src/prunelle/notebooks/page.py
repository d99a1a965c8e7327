"""A notebook as a page: one file that asks nothing of the network, formulas included."""

from __future__ import annotations

import base64
import logging
import mimetypes
import re
from pathlib import Path
from string import Template
from typing import Any

from jinja2 import pass_context
from latex2mathml.converter import convert
from mistune.plugins import import_plugin
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from prunelle.drawing import palette
from prunelle.notebooks.directives import Directives, Labels, plain
from prunelle.texts import Language

_NAMED = {name: getattr(palette, name) for name in ("BLUE", "BOX", "GREEN", "AMBER", "ORANGE", "MUTED")}
_TEMPLATE = Template("""{% extends 'lab/index.html.j2' %}
{% block html_head_js_requirejs %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block html_head_css %}{{ super() }}
<style>
  /* Lines as they were printed: a table that is wider than the page is moved sideways. */
  .jp-OutputArea-output pre, .jp-RenderedHTMLCommon pre { white-space: pre; word-break: normal; overflow-wrap: normal;
    overflow-x: auto; }
  .jp-OutputArea-output, .jp-RenderedMarkdown { overflow-x: auto; }
  .jp-RenderedHTMLCommon .admonition { border-left: 4px solid $BLUE; background: $BOX; padding: 0.1em 1em;
    margin: 1em 0; }
  .jp-RenderedHTMLCommon .admonition > .admonition-title, .jp-RenderedHTMLCommon .admonition > summary {
    font-weight: bold; margin: 0.5em 0; }
  .jp-RenderedHTMLCommon .admonition > summary { cursor: pointer; }
  .jp-RenderedHTMLCommon .tip, .jp-RenderedHTMLCommon .hint { border-color: $GREEN; }
  .jp-RenderedHTMLCommon .warning, .jp-RenderedHTMLCommon .attention, .jp-RenderedHTMLCommon .caution {
    border-color: $AMBER; }
  .jp-RenderedHTMLCommon .danger, .jp-RenderedHTMLCommon .error { border-color: $ORANGE; }
  .jp-RenderedHTMLCommon figure { margin: 1em 0; text-align: center; }
  .jp-RenderedHTMLCommon figcaption, .jp-RenderedHTMLCommon figcaption p { color: $MUTED; text-align: center; }
  .jp-RenderedHTMLCommon img { max-width: 100%; }
  .jp-RenderedSVG svg { max-width: 100%; height: auto; }
</style>
{% endblock %}
""").substitute(_NAMED)
"""nbconvert's, without the scripts that it fetches when it is opened; colours by their names in the palette."""
_LABEL = re.compile(r"\\label\{[^}]*\}|\\nonumber|\\notag")
_COLOUR = re.compile(r"\\color\[rgb\]\{([^}]*)\}")
_ONE_FORMULA = ("equation", "equation*", "displaymath", "math")
"""Environments around one formula; the others are tables of them."""
_LOG = logging.getLogger(__name__)
"""For nbconvert, which tells authors of notebooks what their pictures lack."""


class _Renderer(IPythonRenderer):  # type: ignore[misc]
    """Formulas are MathML, which browsers draw themselves; one that cannot be read stays as typed."""

    def block_math(self, body: str) -> str:
        """``$$…$$``"""
        return _formula(body, "block") or super().block_math(body)

    def inline_math(self, body: str) -> str:
        """``$…$``"""
        return _formula(body, "inline") or super().inline_math(body)

    def latex_environment(self, name: str, body: str) -> str:
        r"""``\begin{align}…``"""
        whole = body if name in _ONE_FORMULA else rf"\begin{{{name}}}{body}\end{{{name}}}"
        return _formula(whole, "block") or super().latex_environment(name, body)

    def _src_to_base64(self, src: str) -> str | None:
        # nbconvert's leaves out what is not below the notebook; books keep their pictures beside the chapters.
        kind, _ = mimetypes.guess_type(src)
        path = Path(self.path, src)
        if kind is None or not kind.startswith("image/") or not path.is_file():
            return None
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _formula(latex: str, display: str) -> str | None:
    try:
        made: str = convert(_COLOUR.sub(_named, _LABEL.sub("", latex)).strip(), display=display)
    except Exception:  # its own errors, and Python's, for what is no formula
        return None
    return made


def _named(colour: re.Match[str]) -> str:
    """``\\color[rgb]{1,0.5,0}`` as the converter reads colours."""
    return rf"\color{{#{bytes(round(255 * float(share)) for share in colour[1].split(',')).hex()}}}"


class _Exporter(HTMLExporter):  # type: ignore[misc]
    """nbconvert's page, with formulas and MyST's directives."""

    directives: Directives

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """As nbconvert's own, by another renderer."""
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
        )
        plugins = [*map(import_plugin, MarkdownWithMath.DEFAULT_PLUGINS), self.directives]
        return str(MarkdownWithMath(renderer=renderer, plugins=plugins).render(plain(source)))


def as_page(node: NotebookNode, path: Path, language: Language) -> str:
    """HTML of a notebook.

    Args:
        node: with its outputs.
        path: of its file: pictures of its texts are looked for beside it.
    """
    _LOG.setLevel(logging.ERROR)
    exporter = _Exporter(log=_LOG, raw_template=_TEMPLATE, embed_images=True, language_code=language)
    exporter.directives = Directives(Labels.of(node, language), language, _formula)
    about = {"metadata": {"name": path.stem, "path": str(path.absolute().parent)}}
    text, _ = exporter.from_notebook_node(node, about)
    return str(text)

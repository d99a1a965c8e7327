"""A notebook as a page: one file that asks nothing of the network, formulas included."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from prunelle.texts import Language

_TEMPLATE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js_requirejs %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
"""
"""nbconvert's, without the scripts that it fetches when it is opened."""
_LABEL = re.compile(r"\\label\{[^}]*\}|\\nonumber|\\notag")
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


def _formula(latex: str, display: str) -> str | None:
    try:
        made: str = convert(_LABEL.sub("", latex).strip(), display=display)
    except Exception:  # its own errors, and Python's, for what is no formula
        return None
    return made


class _Exporter(HTMLExporter):  # type: ignore[misc]
    """nbconvert's page, with formulas."""

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
        return str(MarkdownWithMath(renderer=renderer).render(source))


def as_page(node: NotebookNode, path: Path, language: Language) -> str:
    """HTML of a notebook.

    Args:
        node: with its outputs.
        path: of its file: pictures of its texts are looked for beside it.
    """
    _LOG.setLevel(logging.ERROR)
    exporter = _Exporter(log=_LOG, raw_template=_TEMPLATE, embed_images=True, language_code=language)
    about = {"metadata": {"name": path.stem, "path": str(path.absolute().parent)}}
    text, _ = exporter.from_notebook_node(node, about)
    return str(text)

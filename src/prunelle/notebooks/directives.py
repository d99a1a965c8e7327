"""MyST's directives and roles in the texts of a notebook, as a plugin of mistune, which renders nbconvert's pages.

Directives (``{note}``, ``{figure}``, ``{math}`` between fences of backticks, tildes or colons) are mistune's own fenced
directives; what is known by none of the names below is a box with its title. Roles (``{ref}``, ``{cite}``) become the
text that a reader would see in the book, as far as the notebook itself says it (``Labels``).
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from mistune import BlockParser, BlockState, InlineParser, InlineState, Markdown
from mistune.directives import FencedDirective
from nbformat import NotebookNode

from prunelle.texts import Language, Note, Typography

Token = dict[str, Any]

TITLES = {
    "attention": Note("Attention", "Attention"),
    "caution": Note("Caution", "Prudence"),
    "danger": Note("Danger", "Danger"),
    "error": Note("Error", "Erreur"),
    "exercise": Note("Exercise", "Exercice"),
    "hint": Note("Hint", "Indice"),
    "important": Note("Important", "Important"),
    "note": Note("Note", "Note"),
    "seealso": Note("See also", "Voir aussi"),
    "solution": Note("Solution", "Solution"),
    "tip": Note("Tip", "Astuce"),
    "warning": Note("Warning", "Avertissement"),
}
"""Boxes that have a title where none is written; what stands behind their name is text."""
_FIGURE, _TABLE = Note("Figure {n}", "Figure {n}"), Note("Table {n}", "Tableau {n}")
_BIBLIOGRAPHY = Note(
    "The list of references is not part of the notebook.",
    "La liste des références ne fait pas partie du notebook.",
)
_NOT_DRAWN = Note(
    "A drawing in {name}, which is not made here", "Un dessin en {name}, qui n’est pas fait ici"
)

_CODE = ("code", "code-block", "sourcecode", "code-cell", "literalinclude", "eval-rst")
_DRAWN = ("tikz", "mermaid", "graphviz")
_NOTHING = ("toctree", "tableofcontents", "contents", "index", "include", "raw", "currentmodule")
_ONLY_CONTENT = ("subfigure", "grid", "tab-set", "div", "centered", "table", "list-table", "epigraph")
_FOLDED = ("dropdown", "toggle")

_DOMAIN = re.compile(r"^([ \t]*(?:`{3,}|~{3,}|:{3,})\{)\w+:([\w-]+\})", re.MULTILINE)
_ANCHOR = re.compile(r"^\(([\w:.-]+)\)=[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^\(([\w:.-]+)\)=\s*^#+ (.+)$", re.MULTILINE)
_NUMBERED = re.compile(
    r"^[ \t]*[`~:]{3,}\{(?P<kind>figure|subfigure|table|list-table|csv-table|math)\}[^\n]*\n"
    r"(?P<options>(?:[ \t]*:[\w-]+:[^\n]*\n)*)|\\label\{(?P<label>[^}]*)\}",
    re.MULTILINE,
)
_NAME = re.compile(r":(?:name|label):[ \t]*(\S+)")
_ROLE = r"\{(?P<role_name>[a-zA-Z][\w:.+-]*)\}(?P<role_ticks>`+)(?P<role_text>.+?)(?P=role_ticks)(?!`)"
_TARGET = re.compile(r"(?P<text>.*?)\s*<(?P<label>[^<>]+)>$", re.DOTALL)


def plain(source: str) -> str:
    """MyST's text with what mistune reads in another way: names of domains (``prf:algorithm``), labels of places."""
    return _ANCHOR.sub(r'<span id="\1"></span>\n', _DOMAIN.sub(r"\1\2", source))


@dataclasses.dataclass(frozen=True)
class Labels:
    """What a notebook calls its places and values.

    Attributes:
        shown: by label, what a reference to it reads: a title, ``Figure 2``, ``(3)``.
        glued: by name, the text of a value that a cell handed to ``glue``.
    """

    shown: dict[str, str]
    glued: dict[str, str]

    @classmethod
    def of(cls, node: NotebookNode, language: Language) -> Labels:
        """Those of all cells, numbered in their order."""
        words, counts = Typography(language), {"figure": 0, "table": 0, "math": 0}
        shown: dict[str, str] = {}
        for source in (cell.source for cell in node.cells if cell.cell_type == "markdown"):
            shown |= dict(_HEADING.findall(source))
            for found in _NUMBERED.finditer(source):
                kind = found["kind"] or "math"
                kind = kind.removeprefix("sub").removeprefix("list-").removeprefix("csv-")
                name = _NAME.search(found["options"] or "")
                label = found["label"] or (name and name[1])
                if kind == "math" and not label:
                    continue
                counts[kind] += 1
                n = counts[kind]
                text = {
                    "figure": words.note(_FIGURE, n=n),
                    "table": words.note(_TABLE, n=n),
                    "math": f"({n})",
                }
                if label:
                    shown[label] = text[kind]
        return cls(shown, dict(_glued(node)))


def _value(text: str, glued: dict[str, str]) -> str:
    """Of ``name``, or ``name:.2f``."""
    name, _, form = text.partition(":")
    with contextlib.suppress(KeyError, ValueError):
        return f"{float(glued[name]):{form}}" if form else glued[name]
    return glued.get(text, text)


def _glued(node: NotebookNode) -> Iterator[tuple[str, str]]:
    for cell in node.cells:
        for output in cell.get("outputs", ()):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            for kind, value in output.get("data", {}).items():
                if name and kind.endswith("text/plain"):
                    yield name, value


class Directives(FencedDirective):  # type: ignore[misc]
    """The plugin.

    Args:
        labels: of the whole notebook.
        language: of titles that are not written.
        formula: LaTeX and ``block`` or ``inline`` → HTML, or None where it cannot be read.
    """

    def __init__(self, labels: Labels, language: Language, formula: Callable[[str, str], str | None]) -> None:
        super().__init__([], markers="`~:")
        self._labels, self._words, self._formula = labels, Typography(language), formula

    def __call__(self, md: Markdown) -> None:
        """Registers what is parsed and how it is rendered."""
        super().__call__(md)
        md.inline.register("myst_role", _ROLE, self._role, before="codespan")
        assert md.renderer is not None
        for name, render in _RENDERED.items():
            md.renderer.register(name, render)

    def parse_method(self, block: BlockParser, m: re.Match[str], state: BlockState) -> Any:
        """The tokens of one directive."""
        name, title, text = m["type"], m["title"].strip(), m["text"]
        options = dict(self.parser.parse_options(m))
        for token in self._tokens(
            name, title, text, options, lambda text: self.parser.parse_tokens(block, text, state)
        ):
            state.append_token(token)

    def _tokens(
        self,
        name: str,
        title: str,
        text: str,
        options: dict[str, str],
        parsed: Callable[[str], Any],
    ) -> Iterator[Token]:
        label = options.get("name") or options.get("label")
        if name in _NOTHING:
            return
        if name in _CODE:
            yield {"type": "block_code", "raw": text, "attrs": {"info": title or None}}
        elif name == "math":
            yield {
                "type": "myst_html",
                "raw": self._formula(f"{title}\n{text}", "block") or f"<pre>{escape(text)}</pre>",
            }
        elif name == "bibliography":
            yield {
                "type": "paragraph",
                "children": [{"type": "emphasis", "text": self._words.note(_BIBLIOGRAPHY)}],
            }
        elif name in ("image", "figure"):
            picture = {"type": "image", "attrs": {"url": title}, "text": options.get("alt", "")}
            caption = parsed(text) if name == "figure" and text.strip() else []
            number = self._labels.shown.get(label or "", "") if name == "figure" else ""
            yield {
                "type": "myst_figure",
                "children": [
                    picture,
                    {"type": "myst_caption", "children": caption, "attrs": {"number": number}},
                ],
                "attrs": {"label": label},
            }
        elif name in _ONLY_CONTENT:
            heading = [{"type": "paragraph", "children": [{"type": "strong", "text": title}]}]
            yield from (heading if title and name in ("table", "list-table") else [])
            yield from parsed(text)
        elif name in _DRAWN:
            shown = self._words.note(_NOT_DRAWN, name=name)
            content = [{"type": "block_code", "raw": text, "attrs": {"info": None}}]
            yield self._box(name, shown, content, folded=True, label=label)
        else:
            if name in TITLES and title and name not in ("exercise", "solution"):
                title, text = "", f"{title}\n\n{text}"
            title = title or (self._words.note(TITLES[name]) if name in TITLES else "")
            kinds = options.get("class", "").replace(",", " ").split()
            folded = name in _FOLDED or "dropdown" in kinds
            yield self._box(" ".join([name, *kinds]), title, parsed(text), folded=folded, label=label)

    def _box(self, kind: str, title: str, content: Any, *, folded: bool, label: str | None) -> Token:
        return {
            "type": "myst_box",
            "children": [
                *(
                    [{"type": "myst_title", "text": title, "attrs": {"folded": folded}}]
                    if title or folded
                    else []
                ),
                {"type": "myst_content", "children": content},
            ],
            "attrs": {"kind": kind, "folded": folded, "label": label},
        }

    def _role(self, inline: InlineParser, m: re.Match[str], state: InlineState) -> int:
        name, text = m["role_name"].strip(":"), m["role_text"]
        target = _TARGET.match(text)
        label, said = (target["label"], target["text"]) if target else (text, "")
        shown, glued = self._labels.shown, self._labels.glued
        if name == "math":
            state.append_token({"type": "inline_math", "raw": text})
        elif name in ("sub", "sup", "kbd"):
            state.append_token({"type": "myst_html", "raw": f"<{name}>{escape(text)}</{name}>"})
        elif name.startswith("cite"):
            keys = ", ".join(key.strip() for key in text.split(","))
            state.append_token({"type": "text", "raw": f"[{keys}]"})
        elif name.startswith("glue"):
            state.append_token({"type": "text", "raw": _value(text, glued)})
        else:
            read = shown.get(label, label)
            if "%s" in said or "{number}" in said:
                number = read.rpartition("\u00a0")[2].rpartition(" ")[2]
                said = said.replace("%s", number).replace("{number}", number)
            here = label if label in shown else None
            state.append_token(
                {
                    "type": "myst_reference",
                    "children": [{"type": "text", "raw": said or read}],
                    "attrs": {"to": here},
                }
            )
        return m.end()


def _box(renderer: Any, text: str, kind: str, folded: bool, label: str | None) -> str:
    tag = "details" if folded else "div"
    return f'<{tag} class="admonition {escape(kind)}"{_id(label)}>\n{text}</{tag}>\n'


def _title(renderer: Any, text: str, folded: bool) -> str:
    return f"<summary>{text}</summary>\n" if folded else f'<p class="admonition-title">{text}</p>\n'


def _figure(renderer: Any, text: str, label: str | None) -> str:
    return f"<figure{_id(label)}>\n{text}</figure>\n"


def _caption(renderer: Any, text: str, number: str) -> str:
    start = f"<strong>{escape(number)}.</strong> " if number else ""
    return f"<figcaption>{text.replace('<p>', f'<p>{start}', 1)}</figcaption>\n" if text else ""


def _reference(renderer: Any, text: str, to: str | None) -> str:
    return text if to is None else f'<a href="#{escape(to)}">{text}</a>'


def _as_it_is(renderer: Any, text: str) -> str:
    return text


def _id(label: str | None) -> str:
    return f' id="{escape(label)}"' if label else ""


_RENDERED: dict[str, Callable[..., str]] = {
    "myst_box": _box,
    "myst_title": _title,
    "myst_content": _as_it_is,
    "myst_figure": _figure,
    "myst_caption": _caption,
    "myst_reference": _reference,
    "myst_html": _as_it_is,
}

"""The file: style, words, the network and the scripts, in one text without an address in it."""

from __future__ import annotations

import base64
import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

from prunelle.exports.html.lowering import Program
from prunelle.exports.html.words import words_in
from prunelle.exports.inputs import inputs_of
from prunelle.exports.metadata import described
from prunelle.exports.subject import Subject

_FILES = importlib.resources.files("prunelle")
"""A side that a drawing suits, as in the page that opens a run."""
_SCRIPTS = (
    "page/static/kit.js",
    "views/maps.js",
    *(f"exports/html/{name}.js" for name in ("given", "answers", "layers", "page")),
)
"""In an order in which each finds what it imports."""
_FUNCTION = re.compile(r"^(?:async )?function (\w+)\(.*?^}\n", re.MULTILINE | re.DOTALL)
_BITS = re.compile(r'"bits": ?(8|16|32)')


def page(subject: Subject, program: Program, weights: tuple[list[dict[str, Any]], bytes], bits: int) -> str:
    """The whole file.

    Args:
        program: what it computes.
        weights: of ``packed``: what each constant is, and the bytes of all.
        bits: that weights are kept in.
    """
    entries, content = weights
    about = {
        "bits": bits,
        **_told(subject),
        "size": len(content),
        "program": {
            "shapes": program.shapes,
            "ops": program.ops,
            "tensors": entries,
            "layers": program.layers,
            "result": program.result,
        },
    }
    parts = {
        "title": _escaped(subject.name),
        "style": _base_style() + _text("exports/html/page.css"),
        "words": _json({"en": words_in("en"), "fr": words_in("fr")}),
        "engine": _flush(_script("exports/html/engine.js") + _script("exports/html/prepare.js")),
        "network": _json(about),
        "weights": base64.b64encode(content).decode(),
        "script": _flush(_without_unused("".join(map(_script, _SCRIPTS)))),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _text("exports/html/page.html"))


def bits_of(path: Path) -> int:
    """That the weights of a page are kept in."""
    found = _BITS.search(path.read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


def _told(subject: Subject) -> dict[str, Any]:
    about = described(subject)
    told = {name: about[name] for name in ("format", "name", "kind", "target", "classes", "preprocess")}
    facts = {name: about["facts"][name] for name in ("network", "parameters", "data", "licence", "created")}
    ink = inputs_of(subject.preprocess).drawn(subject.preprocess)
    return {**told, "facts": facts, "drawable": ink is not None, "ink": ink or "dark"}


def _base_style() -> str:
    """The colours and the plain elements of the house's page: what stands before its first part."""
    return _text("page/static/style.css").split("\n/* curves */")[0] + "\n"


def _text(name: str) -> str:
    return _FILES.joinpath(name).read_text(encoding="utf-8")


def _script(name: str) -> str:
    """A module as a part of one script: without what it imports from its neighbours, and what it gives to them.

    Comments stay in the source.
    """
    text = re.sub(r"^import .*\n|^ *//.*\n", "", _text(name), flags=re.MULTILINE)
    return re.sub(r"^export ", "", text, flags=re.MULTILINE)


def _flush(script: str) -> str:
    """Without indentation, a tenth of a script."""
    return re.sub(r"^ +", "", script, flags=re.MULTILINE)


def _without_unused(script: str) -> str:
    """Without functions that are nowhere called: the house's page has more of them than this."""
    while True:
        for found in _FUNCTION.finditer(script):
            rest = script.replace(found[0], "")
            if not re.search(rf"\b{found[1]}\b", rest):
                script = rest
                break
        else:
            return script


def _json(values: Any) -> str:
    """Within a script, which only ``</`` could end."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

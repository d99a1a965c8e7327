"""Every browser module keeps anywidget's convention: outside the page, inlined as one text, it renders and asks.

The model here is none of the page's: it has what anywidget's has, and hands questions to the panel's Python directly.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prunelle.page.house import House
from prunelle.page.panel import Opening
from prunelle.page.panels import PANELS
from prunelle.page.server import STATIC, Server
from prunelle.page.wire import Message
from tests.contract.sources import SOURCE

_IMPORT = re.compile(r"^import\s+(?:\{[^}]*\}|\w+)\s+from\s+\"\./([\w.-]+)\";\n", re.MULTILINE)
_MODEL = """
const listeners = new Map();
const typed = ({ shape, dtype, bytes }) => {
  const raw = Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0));
  const array = dtype === "float32" ? new Float32Array(raw.buffer) : raw;
  array.shape = shape;
  return array;
};
window.model = {
  get: (key) => key === "arrays" ? window.state.arrays.map(typed) : window.state[key],
  set: (key, value) => { window.state[key] = value; },
  save_changes: () => {},
  on: (event, listener) => listeners.set(event, [...(listeners.get(event) || []), listener]),
  off: (event, listener) => listeners.set(event, (listeners.get(event) || []).filter((one) => one !== listener)),
  send: async (content, callbacks, buffers = []) => {
    const arrays = buffers.map((array) => ({ shape: array.shape || [array.length],
      dtype: array instanceof Float32Array ? "float32" : "uint8", values: [...array] }));
    const answer = await window.toPython(content, arrays);
    for (const listener of listeners.get("msg:custom") || []) listener(answer.content, answer.arrays.map(typed));
  },
};
"""


def source_of(name: str, seen: set[str]) -> str:
    """A module with all that it imports in its place, each once."""
    if name in seen:
        return ""
    seen.add(name)
    text = (SOURCE / STATIC[name]).read_text(encoding="utf-8")
    before = "".join(source_of(other, seen) for other in _IMPORT.findall(text))
    if name == "uplot.js":
        text = text.replace("export default uPlot;", "")
    return before + re.sub(r"^export ", "", _IMPORT.sub("", text), flags=re.MULTILINE)


def sent(message: Message, **more: object) -> dict[str, object]:
    arrays = [
        {
            "shape": list(array.shape),
            "dtype": np.asarray(array).dtype.name,
            "bytes": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
        }
        for array in message.arrays
    ]
    return {"content": {**message.content, **more}, "arrays": arrays}


@pytest.mark.parametrize("name", PANELS)
def test_a_module_is_one_text_and_keeps_to_the_convention(
    name: str, serve: Callable[..., Server], visit, tmp_path: Path
) -> None:
    kind = PANELS[name]
    house = House(subject="lenet5", runs_folder=tmp_path / "runs")
    pushed: list[Message] = []
    panel = kind.make(Opening(house=house, push=pushed.append, language="en", options={}))
    words = kind.words("en")
    asked: list[str] = []

    def to_python(content: dict[str, object], arrays: list[dict[str, object]]) -> dict[str, object]:
        asked.append(str(content.get("type")))
        given = [np.array(each["values"], each["dtype"]).reshape(each["shape"]) for each in arrays]  # type: ignore[call-overload]
        answer = panel.receive(Message(content, given)) or Message({})
        return sent(answer, ask=content.get("ask"))

    page = visit(serve(house))
    page.goto("about:blank")
    page.expose_function("toPython", to_python)
    opened = sent(panel.opened(), words={key: words.template(key) for key in words.texts}, language="en")
    state = {**opened["content"], "arrays": opened["arrays"]}  # type: ignore[dict-item]
    page.evaluate(f"window.state = {json.dumps(state)};")
    page.evaluate(_MODEL)
    page.evaluate(
        "async ([source, style]) => {"
        " const sheet = new CSSStyleSheet(); sheet.replaceSync(style); document.adoptedStyleSheets = [sheet];"
        " const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));"
        " const el = document.createElement('div'); document.body.append(el);"
        " window.cleanup = module.render({ model: window.model, el });"
        "}",
        [
            source_of(kind.module, set()) + "\nexport { render };\n",
            (SOURCE / "page" / "static" / "style.css").read_text(),
        ],
    )
    page.wait_for_timeout(500)
    assert len(page.inner_text("body")) > 100
    assert page.evaluate("typeof window.cleanup") == "function"
    page.evaluate("window.cleanup()")
    panel.close()
    assert "undefined" not in page.inner_text("body")
    assert asked or state

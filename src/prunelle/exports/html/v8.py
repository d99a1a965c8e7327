"""The page's own lines in V8, the engine of Chromium, without a browser."""

from __future__ import annotations

import functools
import itertools
import json
import re
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.errors import ExportError

_PART = re.compile(r'<script id="(engine|network|weights)"[^>]*>(.*?)</script>', re.DOTALL)
_PAGE = """
pages[KEY] = (() => {
ENGINE
const about = JSON.parse(NETWORK), net = networkOf(about.program, bytesOf(WEIGHTS));
const page = {
  input: new Float32Array(sizeOf(net.shapes[0])),
  output: new Float32Array(sizeOf(net.shapes[net.result])),
  answer(given) { page.output.set(net.run(given)[net.result].data); },
  picture(height, width) {
    const preparer = picturePreparer(about.preprocess, height, width);
    preparer.take(page.raw, 0, height, 3);
    page.answer(preparer.done().input);
  },
  series(steps) { page.answer(preparedSeries(about.preprocess, page.raw, steps).input); },
};
return page;
})();
0"""

_keys = itertools.count()
_forgotten: list[int] = []
"""Pages that nobody uses any more: V8 is told when the next is opened, not by the collector of garbage."""


@functools.cache
def _v8() -> Any:
    """One for all pages: where several came and went, mini-racer 0.14 was seen to wait for ever."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    engine.eval("const pages = {}; 0")
    return engine


class PageRuntime:
    """A page that was written, without what it shows. Arrays are shared with V8, not copied into texts."""

    def __init__(self, path: Path) -> None:
        parts = dict(_PART.findall(path.read_text(encoding="utf-8")))
        if set(parts) != {"engine", "network", "weights"}:
            raise ExportError(f"{path} is no page that Prunelle has written.")
        while _forgotten:
            _v8().eval(f"delete pages[{_forgotten.pop()}]; 0")
        key = next(_keys)
        weakref.finalize(self, _forgotten.append, key)
        self._page = f"pages[{key}]"
        texts = {
            "KEY": str(key),
            "ENGINE": parts["engine"],
            "NETWORK": json.dumps(parts["network"]),
            "WEIGHTS": json.dumps(parts["weights"].strip()),
        }
        _v8().eval(re.sub("KEY|ENGINE|NETWORK|WEIGHTS", lambda found: texts[found[0]], _PAGE))
        self._input = self._shared("input", np.float32)
        self._output = self._shared("output", np.float32)

    def _shared(self, name: str, kind: type[Any]) -> np.ndarray:
        return np.frombuffer(_v8().eval(f"{self._page}.{name}.buffer"), kind)

    def batch(self, batch: np.ndarray) -> np.ndarray:
        """See ``Runtime``: one after the other, as the page does."""
        answers = []
        for example in batch:
            self._input[:] = example.reshape(-1)
            _v8().eval(f"{self._page}.answer({self._page}.input); 0")
            answers.append(self._output.copy())
        return np.stack(answers)

    def raw(self, example: np.ndarray) -> np.ndarray:
        """See ``Runtime``."""
        picture = example.dtype == np.uint8
        kind = "Uint8Array" if picture else "Float32Array"
        _v8().eval(f"{self._page}.raw = new {kind}({example.size}); 0")
        self._shared("raw", example.dtype.type)[:] = example.reshape(-1)
        prepared = (
            f"picture({', '.join(map(str, example.shape[:2]))})" if picture else f"series({len(example)})"
        )
        _v8().eval(f"{self._page}.{prepared}; 0")
        return self._output.copy()

"""The page's own lines in V8, the engine of Chromium, without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from prunelle.errors import ExportError

_PART = re.compile(r'<script id="(engine|network|weights)"[^>]*>(.*?)</script>', re.DOTALL)
_SET_UP = """
const about = JSON.parse(TEXT), net = networkOf(about.program, bytesOf(WEIGHTS));
const input = new Float32Array(sizeOf(net.shapes[0]));
const ROOM = new Float32Array(net.shapes[net.result].reduce((a, b) => a * b, 1));
let raw;
function answer(given) { ROOM.set(net.run(given)[net.result].data); }
function picture(height, width) {
  const preparer = picturePreparer(about.preprocess, height, width);
  preparer.take(raw, 0, height, 3);
  answer(preparer.done().input);
}
function series(steps) { answer(preparedSeries(about.preprocess, raw, steps).input); }
"""


class PageRuntime:
    """A page that was written, without what it shows. Arrays are shared with V8, not copied into texts."""

    def __init__(self, path: Path) -> None:
        from py_mini_racer import MiniRacer

        parts = dict(_PART.findall(path.read_text(encoding="utf-8")))
        if set(parts) != {"engine", "network", "weights"}:
            raise ExportError(f"{path} is no page that Prunelle has written.")
        self._v8 = MiniRacer()
        self._v8.eval(parts["engine"])
        texts = {"TEXT": json.dumps(parts["network"]), "WEIGHTS": json.dumps(parts["weights"].strip())}
        self._v8.eval(re.sub("TEXT|WEIGHTS", lambda found: texts[found[0]], _SET_UP) + "0")
        self._input = self._shared("input.buffer", np.float32)
        self._answer = self._shared("ROOM.buffer", np.float32)

    def _shared(self, buffer: str, kind: type[np.generic]) -> np.ndarray:
        return np.frombuffer(self._v8.eval(buffer), kind)

    def batch(self, batch: np.ndarray) -> np.ndarray:
        """See ``Runtime``: one after the other, as the page does."""
        answers = []
        for example in batch:
            self._input[:] = example.reshape(-1)
            self._v8.eval("answer(input)")
            answers.append(self._answer.copy())
        return np.stack(answers)

    def raw(self, example: np.ndarray) -> np.ndarray:
        """See ``Runtime``."""
        picture = example.dtype == np.uint8
        kind = "Uint8Array" if picture else "Float32Array"
        room = self._shared(f"raw = new {kind}({example.size}); raw.buffer", example.dtype.type)
        room[:] = example.reshape(-1)
        self._v8.eval(
            f"picture({example.shape[0]}, {example.shape[1]})" if picture else f"series({len(example)})"
        )
        return self._answer.copy()

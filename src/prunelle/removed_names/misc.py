"""``scipy.misc``, with the pictures that it had until SciPy 1.2 (1.3.0's release notes name them)."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image


class Misc(ModuleType):
    """What there is of it, and those."""

    def __init__(self, before: ModuleType | None, noted: Callable[[str, str], None]) -> None:
        super().__init__("scipy.misc")
        self._before, self._noted = before, noted
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in _PICTURES:
            self._noted("scipy.misc", name)
            return _PICTURES[name]
        if self._before is not None and not name.startswith("__"):
            return getattr(self._before, name)
        raise AttributeError(f"scipy.misc has no {name}")


def _read(name: Any, flatten: bool = False, mode: str | None = None) -> np.ndarray:
    with Image.open(name) as opened:
        image: Image.Image = opened
        image = image.convert(mode) if mode else image.convert("RGB") if image.mode == "P" else image
        return np.array(image.convert("F") if flatten else image)


def _picture(
    arr: Any, high: float = 255, low: float = 0, cmin: Any = None, cmax: Any = None, **_: Any
) -> Any:
    array = np.asarray(arr)
    if array.ndim == 3 and array.shape[0] in (3, 4) and array.shape[-1] not in (3, 4):
        array = np.moveaxis(array, 0, -1)
    if array.dtype != np.uint8:  # spread over all bytes
        least = float(array.min()) if cmin is None else cmin
        most = float(array.max()) if cmax is None else cmax
        spread = (array - least) * (high - low) / ((most - least) or 1) + low
        array = (np.clip(spread, low, high) + 0.5).astype(np.uint8)
    return Image.fromarray(array)


def _save(name: Any, arr: Any, format: str | None = None) -> None:
    _picture(arr).save(name, format=format)


def _resize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> np.ndarray:
    image = _picture(arr)
    if isinstance(size, int):  # per cent
        width, height = (side * size // 100 for side in image.size)
    elif isinstance(size, float):
        width, height = (int(side * size) for side in image.size)
    else:
        height, width = size[:2]
    return np.array(image.resize((width, height), Image.Resampling[interp.upper()]))


_PICTURES = {
    "imread": _read,
    "imsave": _save,
    "imresize": _resize,
    "toimage": _picture,
    "fromimage": np.array,
}

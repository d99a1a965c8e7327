"""``tf.image``: pictures ``(H, W, C)`` and batches of them. The modules beside this one are parts of it."""

from __future__ import annotations

from prunelle.keras.eager.functions import offered
from prunelle.keras.names.tensorflow.image import (
    _boxes,
    _colours,
    _comparing,
    _cropping,
    _files,
    _random,
    _resizing,
)
from prunelle.keras.names.tensorflow.image._resizing import ResizeMethod as ResizeMethod

__all__ = ["ResizeMethod"]
for _module in (_boxes, _colours, _comparing, _cropping, _files, _random, _resizing):
    for _name in offered(vars(_module)):
        globals()[_name] = vars(_module)[_name]
        __all__ += [_name] if _name not in __all__ else []
__all__.sort()

"""``tf.image``: pictures ``(H, W, C)`` and batches of them."""

from __future__ import annotations

from prunelle.keras.eager.functions import offered
from prunelle.keras.eager.image import boxes, colours, comparing, cropping, files, random, resizing

ResizeMethod = resizing.ResizeMethod
for _module in (boxes, colours, comparing, cropping, files, random, resizing):
    globals().update({name: vars(_module)[name] for name in offered(vars(_module))})

__all__ = offered(globals(), "ResizeMethod")

"""``keras.preprocessing.image``: Prunelle's own, which keeps pictures decoded."""

from __future__ import annotations

from typing import Any

from prunelle.keras.preprocessing import image, iterators, pictures, transforms

Iterator = iterators.BatchIterator
flip_axis = transforms.flip_axis
list_pictures, validate_filename = pictures.list_pictures, pictures.validate_filename

_HOMES = (image, iterators, transforms, pictures)

__all__ = [*image.__all__, "Iterator", "flip_axis", "list_pictures", "validate_filename"]


def __getattr__(name: str) -> Any:
    for home in _HOMES:
        if not name.startswith("__") and name in vars(home):
            return getattr(home, name)
    raise AttributeError(name)

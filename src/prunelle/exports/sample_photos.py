"""Real photos for whom has none at hand: parts of the two that come with scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_sample_images

from prunelle.texts import Note

ORIGIN = Note(
    "parts of two photos that come with scikit-learn (no others were named: --check DATA)",
    "parties de deux photos fournies avec scikit-learn (aucune autre n’a été nommée : --check DATA)",
)


def sample_photos(number: int) -> list[np.ndarray]:
    """``number`` parts ``(H, W, 3)`` uint8, of other sizes and proportions each, 64 pixels to the whole photo."""
    photos = load_sample_images().images
    draw = np.random.default_rng(0)
    parts = []
    for k in range(number):
        photo = photos[k % len(photos)]
        height, width = (int(draw.integers(64, side + 1)) for side in photo.shape[:2])
        top, left = (
            int(draw.integers(0, whole - part + 1))
            for whole, part in zip(photo.shape[:2], (height, width), strict=True)
        )
        parts.append(np.ascontiguousarray(photo[top : top + height, left : left + width]))
    return parts

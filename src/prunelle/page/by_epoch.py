"""What a training's network was at each epoch, for the browser: its first kernels, and its answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from prunelle.errors import ArgumentError, RunError
from prunelle.jobs.epochs import Epochs
from prunelle.page.wire import Message
from prunelle.texts import NO_VALUE, visible

MOST_EXAMPLES = 20
MOST_FILTERS = 64
_THUMBNAIL = 64
_MOST_SIDE = 1024


def filters(epochs: Epochs, epoch: Any) -> Message:
    """The kernels of the first convolution: in colour over three channels, else grey ones of the first channels."""
    if not isinstance(epoch, int):
        raise ArgumentError(f"epoch must be a whole number; received {epoch!r}.")
    filters = epochs.filters(epoch)
    weights = filters.weights.numpy()  # (filters, inputs, h, w)
    scaled = np.clip(127.5 + 127.5 * weights / (filters.limit or 1.0), 0, 255).round().astype(np.uint8)
    if weights.shape[1] == 3:
        tiles = scaled.transpose(0, 2, 3, 1)
    else:
        tiles = scaled.reshape(-1, *scaled.shape[2:])[..., np.newaxis]
    shown = np.ascontiguousarray(tiles[:MOST_FILTERS])
    return Message(
        {
            "type": "filters",
            "epoch": epoch,
            "layer": filters.layer,
            "limit": filters.limit,
            "of": len(tiles),
            "filters": {"array": 0},
        },
        [shown],
    )


def examples(epochs: Epochs) -> Message:
    """Pictures of the test, as the network gets them, and what is drawn for it: light on dark or the reverse."""
    run = epochs.run
    shape = run.preprocess.input_shape
    content: dict[str, Any] = {
        "type": "examples",
        "size": list(shape[1:]),
        "channels": shape[0],
        "classes": [visible(name) for name in run.classes],
        "target": run.target.kind,
        "drawable": len(shape) == 3 and shape[0] == 1 and max(shape[1:]) <= _THUMBNAIL,
        "ink": "light" if not run.preprocess.mean or run.preprocess.mean[0] < 0.5 else "dark",
    }
    pictures, labels, split = epochs.examples(MOST_EXAMPLES)
    content |= {
        "learned": split == "train",
        "labels": [visible(run.target.written(label, run.classes)) or NO_VALUE for label in labels],
        "pictures": {"array": 0},
    }
    if pictures.dtype == np.uint8:
        return Message(content, [_thumbnails(pictures)])
    return Message(content, [np.ascontiguousarray(pictures, np.float32)])


def answers(epochs: Epochs, message: Message) -> Message:
    """``(epochs, classes)`` probabilities of one picture, at each epoch that is kept."""
    example = message.content.get("example")
    if message.arrays:
        inputs = _drawn(epochs, message.arrays[0])
    else:
        pictures, _, _ = epochs.examples(MOST_EXAMPLES)
        if not isinstance(example, int) or not 0 <= example < len(pictures):
            raise ArgumentError(f"example must be from 0 to {len(pictures) - 1}; received {example!r}.")
        inputs = epochs.prepared(pictures[example : example + 1])
    kept = epochs.kept
    if not kept:
        raise RunError("no epoch's weights are kept yet.")
    found = epochs.answers(inputs, kept)[:, 0]
    return Message({"type": "answers", "epochs": kept, "answers": {"array": 0}}, [found])


def _drawn(epochs: Epochs, drawing: np.ndarray) -> torch.Tensor:
    if (
        drawing.ndim != 2
        or drawing.dtype != np.uint8
        or not 1 <= min(drawing.shape) <= max(drawing.shape) <= _MOST_SIDE
    ):
        raise ArgumentError(
            f"a drawing is (h, w) uint8, of at most {_MOST_SIDE} a side; received {drawing.shape}."
        )
    return epochs.run.prepare(Image.fromarray(drawing))


def _thumbnails(pictures: np.ndarray) -> np.ndarray:
    """``(n, H, W, C)`` uint8 → ``(n, h, w, 3)``, at most ``_THUMBNAIL`` a side."""
    n, height, width, channels = pictures.shape
    scale = min(1.0, _THUMBNAIL / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    made = np.empty((n, size[1], size[0], 3), np.uint8)
    for target, picture in zip(made, pictures, strict=True):
        image = Image.fromarray(picture[..., 0] if channels == 1 else picture)
        target[:] = np.asarray(image.resize(size, Image.Resampling.BOX).convert("RGB"))
    return made

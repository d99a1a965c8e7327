"""Boxes around what is in a picture: drawn, and those that say the same left out."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor

_COLOURS = (
    (1, 1, 0, 1), (0, 0, 1, 1), (1, 0, 0, 1), (0, 1, 0, 1), (0.5, 0, 0.5, 1), (0.5, 0.5, 0, 1), (0.5, 0, 0, 1),
    (0, 0, 0.5, 1), (0, 1, 1, 1), (1, 0, 1, 1),
)  # fmt: skip
"""TensorFlow's, in their order: yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia."""


@function("images", numbers="float", alone="boxes colors")
def draw_bounding_boxes(images: Torch, boxes: Torch, colors: Any = None, name: str | None = None) -> Torch:
    """Pictures ``(N, H, W, C)`` with boxes in lines of one pixel.

    Args:
        boxes: ``(N, number, 4)``: top, left, bottom, right, where 0 is the first pixel and 1 the last one.
        colors: ``(number, C)``, taken in turns; ten of TensorFlow's otherwise.
    """
    if images.ndim != 4 or boxes.ndim != 3 or boxes.shape[-1] != 4 or len(images) != len(boxes):
        raise InvalidArgumentError(
            f"tf.image.draw_bounding_boxes takes pictures (N, H, W, C) and boxes (N, number, 4); received "
            f"{tuple(images.shape)} and {tuple(boxes.shape)}."
        )
    drawn = images.clone()
    if images.is_meta:
        return drawn
    height, width, channels = images.shape[1:]
    given = torch.tensor(_COLOURS) if colors is None or not colors.numel() else colors.float()
    if given.ndim != 2 or given.shape[1] < channels:
        raise InvalidArgumentError(f"colors are (number, {channels}); received {tuple(given.shape)}.")
    palette = given[:, :channels].to(images)
    if channels == 1 and (colors is None or not colors.numel()):
        palette = torch.ones_like(palette)
    for picture, own in zip(drawn, boxes.float(), strict=True):
        for number, corners in enumerate(own):
            lines = corners * torch.tensor([height - 1, width - 1, height - 1, width - 1])
            top, left, bottom, right = (int(each) for each in lines.tolist())
            if top > bottom or left > right or top >= height or left >= width or bottom < 0 or right < 0:
                continue
            colour = palette[number % len(palette)]
            rows = slice(max(top, 0), min(bottom, height - 1) + 1)
            columns = slice(max(left, 0), min(right, width - 1) + 1)
            for row in (each for each in (top, bottom) if 0 <= each < height):
                picture[row, columns] = colour
            for column in (each for each in (left, right) if 0 <= each < width):
                picture[rows, column] = colour
    return drawn


def _overlaps(boxes: Torch, other: Torch) -> Torch:
    """Each box's intersection over union with one; corners may be given in either order."""
    low, high = torch.minimum(boxes[:, :2], boxes[:, 2:]), torch.maximum(boxes[:, :2], boxes[:, 2:])
    one_low, one_high = torch.minimum(other[:2], other[2:]), torch.maximum(other[:2], other[2:])
    areas, area = (high - low).prod(-1), (one_high - one_low).prod(-1)
    common = (torch.minimum(high, one_high) - torch.maximum(low, one_low)).clamp(min=0).prod(-1)
    union = areas + area - common
    return torch.where((areas > 0) & (area > 0), common / torch.where(union > 0, union, 1), 0.0)


class Kept(NamedTuple):
    """Which boxes are kept, and their scores."""

    selected_indices: Torch
    selected_scores: Torch


def _kept(
    boxes: Torch, scores: Torch, number: Any, iou_threshold: Any, score_threshold: Any, sigma: float = 0.0
) -> Kept:
    """The best first; of the others, those that overlap it too much are out, or, with a sigma, their scores go down."""
    if boxes.ndim != 2 or boxes.shape[-1] != 4 or scores.shape != boxes.shape[:1]:
        raise InvalidArgumentError(
            f"boxes are (number, 4) and scores (number,); received {tuple(boxes.shape)} and {tuple(scores.shape)}."
        )
    limit = float(iou_threshold)
    if not 0 <= limit <= 1:
        raise InvalidArgumentError(f"iou_threshold is from 0 to 1; received {limit:g}.")
    wide = boxes.float()
    left = scores.float().clone()
    open_ = left > float(score_threshold)
    indices: list[int] = []
    found: list[float] = []
    while len(indices) < int(number) and bool(open_.any()):
        best = int(torch.where(open_, left, -torch.inf).argmax())
        indices.append(best)
        found.append(float(left[best]))
        open_[best] = False
        overlap = _overlaps(wide, wide[best])
        if sigma > 0:
            left = left * torch.exp(-0.5 * overlap.square() / sigma)
            overlap = torch.zeros_like(overlap)
        open_ &= (overlap <= limit) & (left > float(score_threshold))
    return Kept(torch.tensor(indices, dtype=torch.int32), torch.tensor(found, dtype=scores.dtype))


@function("boxes scores", numbers="float")
def non_max_suppression(
    boxes: Torch,
    scores: Torch,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Torch:
    """Which boxes ``(number, 4)`` to keep, the best first: those that overlap a better one too much are left out.

    Returns:
        ``(kept,)`` int32.
    """
    return _kept(boxes, scores, convert(max_output_size), iou_threshold, score_threshold).selected_indices


@function("boxes scores", numbers="float")
def non_max_suppression_with_scores(
    boxes: Torch,
    scores: Torch,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Torch, Torch]:
    """As ``non_max_suppression``, with scores; ``soft_nms_sigma`` above 0 lowers them instead of leaving any out."""
    kept = _kept(
        boxes,
        scores,
        convert(max_output_size),
        iou_threshold=iou_threshold,
        score_threshold=score_threshold,
        sigma=float(soft_nms_sigma),
    )
    return kept.selected_indices, kept.selected_scores


@function("boxes scores", numbers="float")
def non_max_suppression_padded(
    boxes: Torch,
    scores: Torch,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    **_: Any,
) -> tuple[Torch, Torch]:
    """As ``non_max_suppression``, with zeros up to ``max_output_size`` if asked for; and how many are meant."""
    number = int(convert(max_output_size))
    kept = _kept(boxes, scores, number, iou_threshold, score_threshold).selected_indices
    count = torch.tensor(len(kept), dtype=torch.int32)
    if pad_to_max_output_size:
        kept = torch.nn.functional.pad(kept, (0, number - len(kept)))
    return kept, count


class CombinedNonMaxSuppression(NamedTuple):
    """What ``combined_non_max_suppression`` gives."""

    nmsed_boxes: Torch
    nmsed_scores: Torch
    nmsed_classes: Torch
    valid_detections: Torch


@function("boxes scores", numbers="float")
def combined_non_max_suppression(
    boxes: Torch,
    scores: Torch,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> CombinedNonMaxSuppression:
    """``non_max_suppression`` of each class of each picture, the best of all classes first.

    Args:
        boxes: ``(N, number, q, 4)``; ``q`` is 1 where all classes have the same boxes.
        scores: ``(N, number, classes)``.
        pad_per_class: give no more than ``max_output_size_per_class * classes``.
        clip_boxes: to 0 and 1.
    """
    if boxes.ndim != 4 or scores.ndim != 3 or boxes.shape[2] not in (1, scores.shape[2]):
        raise InvalidArgumentError(
            f"boxes are (N, number, q, 4) and scores (N, number, classes), q is 1 or the number of classes; received "
            f"{tuple(boxes.shape)} and {tuple(scores.shape)}."
        )
    classes, per_class, total = (
        scores.shape[2],
        int(convert(max_output_size_per_class)),
        int(convert(max_total_size)),
    )
    size = min(total, per_class * classes) if pad_per_class else total
    rows = []
    for own, marks in zip(boxes, scores, strict=True):
        candidates = []
        for number in range(classes):
            mine = own[:, number if own.shape[1] > 1 else 0]
            kept = _kept(mine, marks[:, number], per_class, iou_threshold, score_threshold)
            candidates += [
                (-float(score), number, mine[int(place)])
                for place, score in zip(kept.selected_indices, kept.selected_scores, strict=True)
            ]
        candidates.sort(key=lambda each: each[:2])
        best = candidates[:size]
        found = torch.zeros(size, 6)
        for at, (score, number, box) in enumerate(best):
            found[at, 0], found[at, 1], found[at, 2:] = -score, number, box.clamp(0, 1) if clip_boxes else box
        rows.append((found, len(best)))
    table = torch.stack([found for found, _ in rows]) if rows else torch.zeros(0, size, 6)
    counts = torch.tensor([number for _, number in rows], dtype=torch.int32)
    return CombinedNonMaxSuppression(table[..., 2:], table[..., 0], table[..., 1], counts)

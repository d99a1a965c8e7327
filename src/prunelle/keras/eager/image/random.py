"""Pictures changed at random, for training."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function, sizes
from prunelle.keras.eager.image.colours import brightened, contrasted, hued, saturated
from prunelle.keras.eager.image.cropping import check_pictures
from prunelle.keras.eager.image.files import at_quality
from prunelle.keras.eager.random.seeds import sequence, stateless

Torch = torch.Tensor
Change = Callable[..., Torch]


def _uniform(generator: torch.Generator | None, low: Any, high: Any) -> float:
    return float(torch.rand((), generator=generator)) * (float(high) - float(low)) + float(low)


def _two_ends(low: Any, high: Any, what: str) -> None:
    if float(high) <= float(low):
        raise InvalidArgumentError(f"{what}: upper is more than lower; received {low} and {high}.")
    if float(low) < 0:
        raise InvalidArgumentError(f"{what}: lower is not negative; received {low}.")


def _mirrored(image: Torch, generator: torch.Generator | None, axis: int, name: str) -> Torch:
    """Half of the time; each picture of a batch by itself."""
    check_pictures(image, name)
    number = image.shape[0] if image.ndim == 4 else 1
    chosen = (torch.rand(number, generator=generator) < 0.5).to(image.device)
    if image.ndim == 3:
        chosen = chosen[0]
    return torch.where(chosen.reshape(*chosen.shape, 1, 1, 1), image.flip(axis), image)


def _brightness(image: Torch, generator: torch.Generator | None, max_delta: Any) -> Torch:
    if float(max_delta) < 0:
        raise InvalidArgumentError(f"max_delta is not negative; received {max_delta}.")
    return brightened(image, _uniform(generator, -max_delta, max_delta))


def _hue(image: Torch, generator: torch.Generator | None, max_delta: Any) -> Torch:
    if not 0 <= float(max_delta) <= 0.5:
        raise InvalidArgumentError(f"max_delta is from 0 to 0.5; received {max_delta}.")
    return hued(image, _uniform(generator, -max_delta, max_delta))


def _contrast(image: Torch, generator: torch.Generator | None, lower: Any, upper: Any) -> Torch:
    _two_ends(lower, upper, "contrast")
    return contrasted(image, _uniform(generator, lower, upper))


def _saturation(image: Torch, generator: torch.Generator | None, lower: Any, upper: Any) -> Torch:
    _two_ends(lower, upper, "saturation")
    return saturated(image, _uniform(generator, lower, upper))


def _quality(image: Torch, generator: torch.Generator | None, least: Any, most: Any) -> Torch:
    if not 0 <= int(least) < int(most) <= 100:
        raise InvalidArgumentError(
            f"a JPEG's quality is from 0 to 100, min below max; received {least} and {most}."
        )
    return at_quality(image, int(torch.randint(int(least), int(most), (), generator=generator)))


def _of_one(name: str, change: Change, what: str) -> tuple[Any, Any]:
    """With a program's generator, and with a seed of its own: changes without another argument."""

    def drawn(image: Torch, seed: Any = None) -> Torch:
        return change(image, sequence(name, seed))

    def repeated(image: Torch, seed: Any) -> Torch:
        return change(image, stateless(seed))

    return _named(name, drawn, what), _named(f"stateless_{name}", repeated, f"{what}, the same for a seed")


def _of_delta(name: str, change: Change, what: str) -> tuple[Any, Any]:
    def drawn(image: Torch, max_delta: Any, seed: Any = None) -> Torch:
        return change(image, sequence(name, seed), max_delta)

    def repeated(image: Torch, max_delta: Any, seed: Any) -> Torch:
        return change(image, stateless(seed), max_delta)

    return _named(name, drawn, what), _named(f"stateless_{name}", repeated, f"{what}, the same for a seed")


def _of_ends(name: str, change: Change, what: str) -> tuple[Any, Any]:
    def drawn(image: Torch, lower: Any, upper: Any, seed: Any = None) -> Torch:
        return change(image, sequence(name, seed), lower, upper)

    def repeated(image: Torch, lower: Any, upper: Any, seed: Any) -> Torch:
        return change(image, stateless(seed), lower, upper)

    return _named(name, drawn, what), _named(f"stateless_{name}", repeated, f"{what}, the same for a seed")


def _named(name: str, made: Any, what: str) -> Any:
    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"{what}."
    return function(alone="image")(made)


random_flip_left_right, stateless_random_flip_left_right = _of_one(
    "random_flip_left_right",
    lambda image, generator: _mirrored(image, generator, -2, "tf.image.random_flip_left_right"),
    "Mirrored half of the time, each picture of a batch by itself",
)
random_flip_up_down, stateless_random_flip_up_down = _of_one(
    "random_flip_up_down",
    lambda image, generator: _mirrored(image, generator, -3, "tf.image.random_flip_up_down"),
    "Upside down half of the time, each picture of a batch by itself",
)
random_brightness, stateless_random_brightness = _of_delta(
    "random_brightness", _brightness, "Lighter or darker by up to ``max_delta``, where 1 is white"
)
random_hue, stateless_random_hue = _of_delta(
    "random_hue", _hue, "Hues turned by up to ``max_delta`` either way, where 1 is once around"
)
random_contrast, stateless_random_contrast = _of_ends(
    "random_contrast", _contrast, "``adjust_contrast`` by a factor from ``lower`` to ``upper``"
)
random_saturation, stateless_random_saturation = _of_ends(
    "random_saturation", _saturation, "``adjust_saturation`` by a factor from ``lower`` to ``upper``"
)


@function(alone="image")
def random_jpeg_quality(
    image: Torch, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any = None
) -> Torch:
    """As a JPEG of a quality between two would have it."""
    return _quality(image, sequence("random_jpeg_quality", seed), min_jpeg_quality, max_jpeg_quality)


@function(alone="image")
def stateless_random_jpeg_quality(
    image: Torch, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any
) -> Torch:
    """As a JPEG of a quality between two would have it, the same for a seed."""
    return _quality(image, stateless(seed), min_jpeg_quality, max_jpeg_quality)


def _part(value: Torch, size: Any, generator: torch.Generator | None) -> Torch:
    wanted = sizes(size)
    if len(wanted) == value.ndim:
        wanted = tuple(old if new == -1 else new for old, new in zip(value.shape, wanted, strict=True))
    if len(wanted) != value.ndim or any(new > old for old, new in zip(value.shape, wanted, strict=True)):
        raise InvalidArgumentError(
            f"random_crop: size {list(wanted)} is one for each axis of shape {tuple(value.shape)}, and no more than it."
        )
    for axis, new in enumerate(wanted):
        start = int(torch.randint(value.shape[axis] - new + 1, (), generator=generator))
        value = value.narrow(axis, start, new)
    return value


@function(alone="value")
def random_crop(value: Torch, size: Any, seed: Any = None, name: str | None = None) -> Torch:
    """A part of ``size`` (one for each axis, channels too) from anywhere."""
    return _part(value, size, sequence("random_crop", seed))


@function(alone="value")
def stateless_random_crop(value: Torch, size: Any, seed: Any, name: str | None = None) -> Torch:
    """A part of ``size`` (one for each axis, channels too) from anywhere, the same for a seed."""
    return _part(value, size, stateless(seed))


def _box(
    image_size: Torch,
    bounding_boxes: Torch,
    generator: torch.Generator | None,
    min_object_covered: Any,
    aspect_ratio_range: Any,
    area_range: Any,
    max_attempts: Any,
    use_image_if_no_bounding_boxes: Any,
) -> tuple[Torch, Torch, Torch]:
    height, width = (int(each) for each in image_size.tolist()[:2])
    boxes = bounding_boxes.float().reshape(-1, 4)
    if not len(boxes):
        if not use_image_if_no_bounding_boxes:
            raise InvalidArgumentError(
                "there are no bounding boxes; use_image_if_no_bounding_boxes=True takes the whole picture for one."
            )
        boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    scale = torch.tensor([height, width, height, width])
    corners = (boxes * scale).tolist()
    least_ratio, most_ratio = (0.75, 1.33) if aspect_ratio_range is None else map(float, aspect_ratio_range)
    least_area, most_area = (0.05, 1.0) if area_range is None else map(float, area_range)
    top, left, new_height, new_width = 0, 0, height, width
    for _ in range(100 if max_attempts is None else int(max_attempts)):
        ratio = _uniform(generator, least_ratio, most_ratio)
        area = _uniform(generator, least_area, most_area) * height * width
        tall = round(math.sqrt(area / ratio))
        wide = round(tall * ratio)
        if not (0 < tall <= height and 0 < wide <= width):
            continue
        y = int(torch.randint(height - tall + 1, (), generator=generator))
        x = int(torch.randint(width - wide + 1, (), generator=generator))
        if any(_share(box, (y, x, y + tall, x + wide)) >= float(min_object_covered) for box in corners):
            top, left, new_height, new_width = y, x, tall, wide
            break
    kind = image_size.dtype
    ends = [[[top / height, left / width, (top + new_height) / height, (left + new_width) / width]]]
    return (
        torch.tensor([top, left, 0], dtype=kind),
        torch.tensor([new_height, new_width, -1], dtype=kind),
        torch.tensor(ends),
    )


def _share(box: list[float], part: tuple[int, int, int, int]) -> float:
    """How much of a box is in a part."""
    height = min(box[2], part[2]) - max(box[0], part[0])
    width = min(box[3], part[3]) - max(box[1], part[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(height, 0) * max(width, 0) / area if area > 0 else 0


@function(alone="image_size bounding_boxes")
def sample_distorted_bounding_box(
    image_size: Torch,
    bounding_boxes: Torch,
    seed: Any = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: Any = None,
    use_image_if_no_bounding_boxes: Any = None,
    name: str | None = None,
) -> tuple[Torch, Torch, Torch]:
    """A part of a picture that has enough of one of its objects: begin and size for ``tf.slice``, and its box.

    Args:
        image_size: height, width and channels.
        bounding_boxes: ``(N, boxes, 4)``: top, left, bottom, right, where 1 is the picture's end.
        min_object_covered: how much of an object must be in it.
        aspect_ratio_range: of width to height.
        area_range: of the picture's area.
    """
    generator = sequence("sample_distorted_bounding_box", seed or None)
    return _box(
        image_size,
        bounding_boxes,
        generator,
        min_object_covered=min_object_covered,
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )


@function(alone="image_size bounding_boxes")
def stateless_sample_distorted_bounding_box(
    image_size: Torch,
    bounding_boxes: Torch,
    seed: Any,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: Any = None,
    use_image_if_no_bounding_boxes: Any = None,
    name: str | None = None,
) -> tuple[Torch, Torch, Torch]:
    """``sample_distorted_bounding_box``, the same for a seed."""
    return _box(
        image_size,
        bounding_boxes,
        stateless(seed),
        min_object_covered=min_object_covered,
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
    )

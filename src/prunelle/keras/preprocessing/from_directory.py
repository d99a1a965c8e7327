"""``image_dataset_from_directory``: a folder as a data set of batches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from prunelle.data import limits
from prunelle.errors import ArgumentError, MissingData, UnknownName, did_you_mean
from prunelle.keras.eager.control import TensorSpec
from prunelle.keras.pipeline.dataset import Dataset
from prunelle.keras.preprocessing.pictures import CHANNELS, check_color_mode, img_to_array, load_img
from prunelle.keras.preprocessing.reading import Pictures

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
LABEL_MODES = ("int", "categorical", "binary")
INTERPOLATIONS = {"bilinear": "bilinear", "nearest": "nearest-exact", "area": "area"}
"""Keras's word → torch's. The others of TensorFlow's are not covered."""

_LARGE_PIXELS = 16_000_000


class PictureDataSet(Dataset):
    """Batches ``(images, labels)`` of a folder.

    Attributes:
        class_names: in the order of their numbers.
        file_paths: in the order of the first pass.
    """

    def __init__(
        self, elements: Any, spec: Any, length: int, class_names: list[str] | None, file_paths: list[str]
    ) -> None:
        super().__init__(elements, spec, length, works=True)
        self.class_names = class_names
        self.file_paths = file_paths


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] | int = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    verbose: bool = True,
    smart_resize: bool = False,
) -> Any:
    """Batches ``(images: (n, H, W, C) float32 from 0 to 255, labels)`` of a folder with one folder a class.

    Files are put in Keras's order, and split as Keras splits them; the order of later passes is drawn anew from
    ``seed`` and is not TensorFlow's.

    Args:
        directory: the folder.
        labels: ``"inferred"`` from the folders' names, None, or one number a file, in the order of their names.
        label_mode: ``"int"`` ``(n,)``, ``"binary"`` ``(n, 1)`` float32, ``"categorical"`` ``(n, classes)`` float32, or
            None for batches of images alone.
        class_names: the folders to use, in this order.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``.
        batch_size: None gives single pictures.
        image_size: height and width in pixels.
        shuffle, seed: the order. With ``validation_split``, both halves need the same seed.
        validation_split, subset: the last share of the files is ``"validation"``, what is before it ``"training"``;
            ``"both"`` gives both.
        interpolation: one of ``INTERPOLATIONS``.
        crop_to_aspect_ratio: take the largest middle part of the target's proportions, instead of squashing.
        smart_resize: what TensorFlow 2.3 called ``crop_to_aspect_ratio``.

    Raises:
        ArgumentError: arguments that do not go together.
        MissingData: no such folder, or no pictures in it.
    """
    _check(label_mode, interpolation, validation_split, subset=subset, shuffle=shuffle, seed=seed)
    size = (
        (image_size, image_size) if isinstance(image_size, int) else (int(image_size[0]), int(image_size[1]))
    )
    files, numbers, names = _listed(directory, labels, class_names, follow_links)
    without = labels is None or label_mode is None
    if verbose:
        print(f"Found {len(files)} files" + ("." if without else f" belonging to {len(names)} classes."))
    if label_mode == "binary" and not without and len(names) != 2:
        raise ArgumentError(f"label_mode='binary' needs two classes; received {', '.join(names)}.")
    seed = int(np.random.randint(10**6)) if seed is None else seed
    order = np.arange(len(files))
    if shuffle:
        np.random.RandomState(seed).shuffle(order)
    last = int((validation_split or 0) * len(files))
    parts = {None: order, "training": order[: len(order) - last], "validation": order[len(order) - last :]}

    def data_set(part: str | None, reshuffle: bool) -> PictureDataSet:
        chosen = parts[part]
        if verbose and part is not None:
            print(f"Using {len(chosen)} files for {part}.")
        if not len(chosen):
            raise MissingData(f"no {part or ''} pictures in {directory}; they end in {', '.join(SUFFIXES)}.")
        return _batches(
            [files[i] for i in chosen],
            None if without else _encoded(numbers[chosen], str(label_mode), len(names)),
            None if labels is None else names,
            shape=(*size, CHANNELS[color_mode]),
            batch_size=batch_size,
            read=_reader(
                size, check_color_mode(color_mode), interpolation, crop_to_aspect_ratio or smart_resize
            ),
            reshuffle=seed if reshuffle else None,
        )

    if subset == "both":
        return [data_set("training", shuffle), data_set("validation", False)]
    return data_set(subset, shuffle)


def _check(
    label_mode: Any, interpolation: str, validation_split: Any, subset: Any, shuffle: bool, seed: Any
) -> None:
    if label_mode is not None and label_mode not in LABEL_MODES:
        raise UnknownName("label_mode", str(label_mode), LABEL_MODES)
    if interpolation not in INTERPOLATIONS:
        raise UnknownName("interpolation", interpolation, INTERPOLATIONS)
    if subset is not None and subset not in ("training", "validation", "both"):
        raise UnknownName("subset", subset, ("training", "validation", "both"))
    if (validation_split is None) != (subset is None):
        raise ArgumentError("validation_split and subset go together; received one of them.")
    if validation_split is not None and not 0 < validation_split < 1:
        raise ArgumentError(f"validation_split must be a share between 0 and 1; received {validation_split}.")
    if subset in ("training", "validation") and shuffle and seed is None:
        raise ArgumentError(
            "seed must be given with validation_split, the same for both subsets: or they overlap."
        )


def _listed(
    directory: Any, labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> tuple[list[str], np.ndarray, list[str]]:
    """Files, their class numbers, and the names of the classes."""
    path = Path(directory)
    if not path.is_dir():
        near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MissingData(f"folder {str(directory)!r} is not there.{did_you_mean(path.name, near)}")
    if not isinstance(labels, str):
        files = _files(os.fspath(directory), follow_links)
        values = np.zeros(len(files), "int32") if labels is None else np.asarray(labels, "int32")
        if len(values) != len(files):
            raise ArgumentError(f"labels must be one a file; received {len(values)} for {len(files)} files.")
        return files, values, [str(value) for value in sorted(set(values.tolist()))]
    folders = sorted(each.name for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    for name in class_names or ():
        if name not in folders:
            raise UnknownName(f"class folder in {str(directory)!r}", name, folders)
    names = list(class_names or folders)
    by_class = [_files(os.path.join(directory, name), follow_links) for name in names]
    numbers = np.repeat(np.arange(len(names), dtype="int32"), [len(each) for each in by_class])
    return [file for each in by_class for file in each], numbers, names


def _files(folder: str, follow_links: bool) -> list[str]:
    walked = sorted(os.walk(folder, followlinks=follow_links), key=lambda each: each[0])
    return [
        os.path.join(root, name)
        for root, _, files in walked
        for name in sorted(files)
        if name.lower().endswith(SUFFIXES)
    ]


def _encoded(numbers: np.ndarray, label_mode: str, num_classes: int) -> np.ndarray:
    if label_mode == "int":
        return numbers
    if label_mode == "binary":
        return numbers.astype("float32")[:, np.newaxis]
    rows: np.ndarray = np.eye(num_classes, dtype="float32")[numbers]
    return rows


def _reader(size: tuple[int, int], color_mode: str, interpolation: str, crop: bool) -> Any:
    """A file's name → ``(H, W, C)`` float32, resized as TensorFlow does it: without averaging, not rounded."""

    def one(image: Image.Image) -> np.ndarray:
        pixels = img_to_array(image)
        if crop:
            pixels = _middle(pixels, size)
        batch = torch.from_numpy(pixels)[None].movedim(-1, 1)
        options = {"align_corners": False} if interpolation == "bilinear" else {}
        resized = F.interpolate(batch, size, mode=INTERPOLATIONS[interpolation], **options)
        return resized[0].movedim(0, -1).contiguous().numpy()

    def read(file: str) -> np.ndarray:
        image = load_img(file, color_mode=color_mode)
        # As float32, and PyTorch's copy of it: of a large picture, for one channel at a time.
        large = image.width * image.height > _LARGE_PIXELS
        planes = image.split() if large else (image,)
        with limits.hold(
            image.width * image.height * (4 + 8 + (len(planes) if large else 8 * CHANNELS[color_mode]))
        ):
            return np.concatenate([one(plane) for plane in planes], axis=-1)

    return read


def _middle(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The largest middle part of the proportions of ``size``."""
    height, width = pixels.shape[:2]
    part_height = max(min(height, width * size[0] // size[1]), 1)
    part_width = max(min(width, height * size[1] // size[0]), 1)
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return pixels[top : top + part_height, left : left + part_width]


def _batches(
    files: list[str],
    labels: np.ndarray | None,
    class_names: list[str] | None,
    shape: tuple[int, ...],
    batch_size: int | None,
    read: Any,
    reshuffle: int | None,
) -> PictureDataSet:
    pictures = Pictures(files, read)
    passes = 0

    def elements() -> Iterator[Any]:
        nonlocal passes
        order = np.arange(len(files))
        if reshuffle is not None and passes:
            np.random.RandomState((reshuffle + passes) % 2**32).shuffle(order)
        passes += 1
        for start in range(0, len(order), batch_size or 1):
            chosen = order[start : start + (batch_size or 1)]
            images = torch.from_numpy(pictures.read(chosen))
            if labels is None:
                yield images if batch_size else images[0]
            else:
                its_labels = torch.from_numpy(labels[chosen])
                yield (images, its_labels) if batch_size else (images[0], its_labels[0])

    before = (None,) if batch_size else ()
    spec: Any = TensorSpec((*before, *shape), "float32")
    if labels is not None:
        spec = spec, TensorSpec((*before, *labels.shape[1:]), labels.dtype)
    return PictureDataSet(elements, spec, -(-len(files) // (batch_size or 1)), class_names, files)

"""Datasets of other libraries as ``Data``: PyTorch's ``Dataset`` and ``DataLoader``, torchvision's folders, Hugging
Face's ``datasets``, tables of pandas.

Nothing of these libraries is imported here: what one gives tells what it is. Each example is asked for once, so what a
dataset draws at random would be drawn once and for all; one that does is refused. A folder of files, or a table of
them, whose pictures nothing changes is taken as files, with all that Prunelle can do with files.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, RandomSampler, SequentialSampler

from prunelle.data import splits
from prunelle.data.decode import read_header, read_image
from prunelle.data.examples import Data, Split
from prunelle.data.pillow import is_grey
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Fit, Preprocess
from prunelle.errors import ArgumentError, DataError, a_kind
from prunelle.scalars import plain_arguments
from prunelle.texts import Note, composed

_PICTURE_KEYS = (
    "image",
    "img",
    "picture",
    "pixel_values",
    "pixels",
    "x",
    "input",
    "path",
    "file",
    "filename",
)
_LABEL_KEYS = ("label", "labels", "class", "target", "targets", "y", "fine_label", "category")
_SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
_DEFAULT_SHARE = 0.1
_LOOKED_AT = 64
"""Pictures that tell the size and the channels of all."""
USUAL_SIDE = 224
"""Of pictures of several sizes, in pixels: what most networks for photos take."""

_LOST = Note(
    "Examples come from a dataset of your program: each was asked for once, and decoded there. Prunelle cannot decode "
    "them faster, keep them in its cache, or find them again by itself: to go on with the run, give the dataset again.",
    "Les exemples viennent d’un jeu de données de votre programme : chacun a été demandé une fois, et décodé là-bas. "
    "Prunelle ne peut ni les décoder plus vite, ni les garder dans son cache, ni les retrouver : pour reprendre "
    "l’entraînement, redonnez le jeu de données.",
)
_AS_THEY_ARE = Note(
    "They are tensors, and go to the network as they are: nothing is resized, normalised or augmented.",
    "Ce sont des tenseurs, donnés tels quels au réseau : rien n’est redimensionné, normalisé ni augmenté.",
)
AnyDataset: TypeAlias = Any
"""A dataset of another library, as ``is_dataset`` knows it."""

IDENTITY_STD = 1 / 255
"""With a mean of 0, what makes of ``normalise`` (x / 255 - mean) / std the number itself."""


def is_dataset(data: object) -> bool:
    """Whether ``from_dataset`` takes it: a dataset, a loader, a table, or one of these for each split."""
    if isinstance(data, Mapping):
        return bool(data) and all(key in _SPLITS for key in data)
    return isinstance(data, Dataset | DataLoader) or _is_table(data) or _is_hugging_face(data)


@plain_arguments
def from_dataset(
    dataset: Any,
    *,
    classes: Sequence[str] | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
) -> Data:
    """The labelled pictures of a dataset.

    Args:
        dataset: PyTorch's ``Dataset`` or ``DataLoader``, of ``(picture, label)`` or of dictionaries; a split, or
            all splits, of Hugging Face's ``datasets``; a table of pandas with a column of paths; or a dictionary of
            these, by split. Pictures are Pillow's, or tensors: of bytes ``(C, H, W)``, pictures too; of floats
            ``(C, H, W)``, what the network is given.
        classes: names in index order; None for those that the dataset tells, or else its labels.
        validation, test: shares to take out where there is no such split, in [0, 1); 10 % each where there is none.
        seed: of the draw.
        size: height and width in pixels to which pictures of several sizes are brought; None for 224.
        fit: how they get there.

    Raises:
        ArgumentError: it is none of these, or draws at random what it gives.
        DataError: pictures or labels that cannot be used.
    """
    parts = _parts(dataset)
    gathered = {name: _gathered(part, name, size=size, fit=fit) for name, part in parts.items()}
    train = gathered.get("train")
    if train is None:
        raise ArgumentError(f"a dictionary of datasets must have one for train; received {', '.join(parts)}.")
    names, known = _classes(train, classes)
    given = {name: _split(name, each, known) for name, each in gathered.items()}
    whole = given["train"]
    empty = [names[number] for number in np.flatnonzero(np.bincount(whole.labels, minlength=len(names)) == 0)]
    if empty:
        raise DataError(f"the dataset has no example of {', '.join(empty[:10])} to learn from.")
    shares = splits.Shares(
        0.0 if "validation" in given else _DEFAULT_SHARE if validation is None else validation,
        0.0 if "test" in given else test if test is not None else 0.0 if len(given) > 1 else _DEFAULT_SHARE,
    )
    rows, *drawn = splits.stratified(whole.labels, shares, seed)
    taken = {
        name: dataclasses.replace(whole.take(chosen), name=name)
        for name, chosen in zip(("validation", "test"), drawn, strict=True)
        if len(chosen)
    }
    note = splits.drawn_note(shares, drawn, seed=seed, from_train=len(given) > 1)
    notes = () if train.files is not None else (_LOST, *((_AS_THEY_ARE,) if train.as_they_are else ()))
    return Data(
        name=_name_of(parts["train"]),
        classes=names,
        train=whole.take(rows) if taken else whole,
        validation=given.get("validation", taken.get("validation")),
        test=given.get("test", taken.get("test")),
        preprocess=train.preprocess,
        notes=(*notes, *((note,) if note else ())),
        drawn=tuple(name for name in ("validation", "test") if name not in given),
    )


def prepared(dataset: AnyDataset, like: Preprocess, classes: Sequence[str] | None) -> Pixels:
    """All examples of a dataset as a network that was trained with ``like`` takes them, in their order.

    Pictures are prepared by ``like``; tensors of floats go to the network as they are.

    Args:
        dataset: one, not one for each split.
        like: with mean and std.
        classes: those of the network; None where labels do not count, and need not be there (they are all 0).

    Raises:
        ArgumentError: tensors of another shape than the network takes.
        DataError: pictures or labels that cannot be used.
    """
    told = _told_classes(dataset)
    files = _files_of(dataset) if classes is not None or not _is_table(dataset) else None
    examples = (
        iter(zip(*files, strict=True)) if files is not None else _examples(dataset, classes is not None)
    )
    images: list[np.ndarray] = []
    labels = []
    for picture, label in examples:
        if _is_values(picture):
            value = np.asarray(picture, np.float32)
            if value.shape != like.input_shape:
                raise ArgumentError(
                    f"the dataset gives tensors of shape {value.shape}; the network takes {like.input_shape}. Resize "
                    f"them in the dataset's transforms, or let it give pictures."
                )
            # What ``normalise`` makes the same numbers of again.
            images.append(
                (value.transpose(1, 2, 0) * np.array(like.std, np.float32) + np.array(like.mean, np.float32))
                * 255
            )
        else:
            images.append(read_image(_image(picture), like))
        labels.append(label)
    if not images:
        raise DataError("the dataset is empty.")
    if len({image.dtype for image in images}) > 1:
        raise DataError("a dataset must give pictures, or tensors, and not some of both.")
    whole = np.stack(images)
    if classes is None:
        return Pixels(whole, np.zeros(len(whole), np.int64))
    gathered = _Gathered(labels, like, array=whole, classes=told)
    names, known = _classes(gathered, None if told is not None or _are_texts(labels) else classes)
    split = _split("test", gathered, known)
    index = {composed(name): number for number, name in enumerate(classes)}
    if unknown := [name for name in names if name not in index]:
        raise DataError(
            f"the run does not know the class {unknown[0]!r}. It knows: {', '.join(classes[:10])}."
        )
    return Pixels(whole, np.array([index[name] for name in names])[split.labels])


def _are_texts(labels: Sequence[Any]) -> bool:
    return all(isinstance(label, str) for label in labels)


@dataclasses.dataclass(frozen=True, eq=False)
class _Gathered:
    """A split as it came: files, or one array of all examples."""

    labels: list[Any]
    preprocess: Preprocess
    files: tuple[Path, ...] | None = None
    array: np.ndarray | None = None
    classes: tuple[str, ...] | None = None

    @property
    def as_they_are(self) -> bool:
        return self.array is not None and self.array.dtype == np.float32


def _parts(dataset: Any) -> dict[str, Any]:
    if isinstance(dataset, Mapping):
        return {_SPLITS[name]: part for name, part in dataset.items()}
    if not is_dataset(dataset):
        raise ArgumentError(
            f"dataset must be a Dataset or DataLoader of PyTorch's, a split of Hugging Face's datasets, a table of "
            f"pandas, or a dictionary of these by split; received {a_kind(dataset)}."
        )
    return {"train": dataset}


def _gathered(part: Any, split: str, *, size: tuple[int, int] | None, fit: Fit) -> _Gathered:
    """Every example, asked for once."""
    told = _told_classes(part)
    files = _files_of(part)
    if files is not None:
        paths, labels = files
        native = [each for each in map(read_header, paths[:_LOOKED_AT]) if each is not None]
        return _Gathered(labels, _preprocess(native, size, fit), files=paths, classes=told)
    if split == "train":
        _refuse_chance(part)
    examples = _examples(part)
    first = list(itertools.islice(examples, _LOOKED_AT))
    if not first:
        raise DataError("the dataset is empty.")
    if _is_values(first[0][0]):
        return _of_values(itertools.chain(first, examples), told)
    images = [_image(picture) for picture, _ in first]
    preprocess = _preprocess([(i.height, i.width, is_grey(i)) for i in images], size, fit)
    pixels, labels = [], []
    for number, (picture, label) in enumerate(itertools.chain(first, examples)):
        try:
            pixels.append(read_image(_image(picture), preprocess))
        except OSError as error:
            raise DataError(f"picture {number} of the dataset cannot be read: {error}.") from error
        labels.append(label)
    return _Gathered(labels, preprocess, array=np.stack(pixels), classes=told)


def _of_values(examples: Iterable[tuple[Any, Any]], told: tuple[str, ...] | None) -> _Gathered:
    """Tensors of floats: what the network is given."""
    values: list[np.ndarray] = []
    labels = []
    for picture, label in examples:
        value = np.asarray(picture, np.float32)
        if value.ndim == 2:
            value = value[None]
        if values and value.shape != values[0].shape:
            raise DataError(
                f"all tensors of a dataset must be of one shape, as the network takes them; example {len(values)} has "
                f"{value.shape}, those before it {values[0].shape}. Resize them in the dataset's transforms."
            )
        values.append(value)
        labels.append(label)
    channels, height, width = values[0].shape
    if channels not in (1, 3):
        raise DataError(f"tensors must be (C, H, W), C being 1 or 3; received {values[0].shape}.")
    preprocess = Preprocess(
        size=(height, width), channels=channels, mean=(0.0,) * channels, std=(IDENTITY_STD,) * channels
    )
    return _Gathered(labels, preprocess, array=np.stack(values).transpose(0, 2, 3, 1).copy(), classes=told)


def _preprocess(known: Sequence[tuple[int, int, bool]], size: tuple[int, int] | None, fit: Fit) -> Preprocess:
    """Their own size where they share one; grey where all are."""
    if not known:
        raise DataError("none of the first pictures of the dataset can be read.")
    sizes = {(height, width) for height, width, _ in known}
    own = sizes.pop() if len(sizes) == 1 else (USUAL_SIDE, USUAL_SIDE)
    return Preprocess(size=size or own, fit=fit, channels=1 if all(grey for *_, grey in known) else 3)


def _examples(part: Any, labelled: bool = True) -> Iterator[tuple[Any, Any]]:
    """``(picture, label)`` of every example; the label is None where it need not be there."""
    if isinstance(part, DataLoader):
        yield from _of_batches(_in_order(part), labelled)
        return
    if _is_table(part):
        yield from ((file, None) for file in part[next(key for key in _PICTURE_KEYS if key in part.columns)])
        return
    indexed = hasattr(part, "__getitem__") and hasattr(part, "__len__")
    rows = (part[number] for number in range(len(part))) if indexed else iter(part)
    for row in rows:
        yield _pair(row, labelled)


def _of_batches(batches: Iterable[Any], labelled: bool) -> Iterator[tuple[Any, Any]]:
    for batch in batches:
        pictures, labels = _pair(batch, labelled)
        if not labelled:
            labels = [None] * len(pictures)
        if len(pictures) != len(labels):
            raise DataError(f"a batch of the loader has {len(pictures)} pictures and {len(labels)} labels.")
        yield from zip(pictures, labels, strict=True)


def _in_order(loader: DataLoader[Any]) -> Iterable[Any]:
    """The same examples in the dataset's order, where the loader has no order of its own but chance."""
    plain = type(loader.sampler) in (RandomSampler, SequentialSampler) and loader.batch_size is not None
    if not plain or getattr(loader.sampler, "replacement", False):
        return loader
    return DataLoader(
        loader.dataset,
        batch_size=loader.batch_size,
        num_workers=loader.num_workers,
        collate_fn=loader.collate_fn,
        worker_init_fn=loader.worker_init_fn,
    )


def _pair(row: Any, labelled: bool = True) -> tuple[Any, Any]:
    """The picture and the label of an example, or of a batch; None for a label that does not count."""
    if not labelled:
        if isinstance(row, Mapping):
            picture = next((row[key] for key in _PICTURE_KEYS if key in row), None)
            return (_pair(row)[0] if picture is None else picture), None
        return (row[0] if isinstance(row, Sequence) and not isinstance(row, str) else row), None
    if isinstance(row, Mapping):
        keys = [next((key for key in wanted if key in row), None) for wanted in (_PICTURE_KEYS, _LABEL_KEYS)]
        if None in keys:
            raise DataError(
                f"an example has {', '.join(map(str, row))}, of which none is known for "
                f"{'a picture' if keys[0] is None else 'a label'}. Pictures are called {', '.join(_PICTURE_KEYS)}; "
                f"labels {', '.join(_LABEL_KEYS)}. Rename them."
            )
        return row[keys[0]], row[keys[1]]
    if isinstance(row, Sequence) and len(row) == 2 and not isinstance(row, str):
        return row[0], row[1]
    raise DataError(f"an example must be (picture, label), or a dictionary; received {a_kind(row)}.")


def _is_values(picture: Any) -> bool:
    return isinstance(picture, torch.Tensor | np.ndarray) and (
        picture.is_floating_point() if isinstance(picture, torch.Tensor) else picture.dtype.kind == "f"
    )


def _image(picture: Any) -> Image.Image:
    """A picture of Pillow's: itself, a file's, or of bytes ``(C, H, W)`` (a tensor) or ``(H, W, C)`` (an array)."""
    if isinstance(picture, Image.Image):
        return picture
    if isinstance(picture, str | Path):
        try:
            return Image.open(picture)
        except OSError as error:
            raise DataError(f"{picture} cannot be read: {error}.") from error
    if isinstance(picture, torch.Tensor):
        picture = picture.permute(1, 2, 0).numpy() if picture.ndim == 3 else picture.numpy()
    if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim in (2, 3):
        return Image.fromarray(picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)
    raise DataError(
        f"pictures must be Pillow's, tensors of floats, or of bytes (C, H, W); received {a_kind(picture)}"
        + (f" of {picture.dtype}, shape {tuple(picture.shape)}." if isinstance(picture, np.ndarray) else ".")
    )


def _refuse_chance(part: Any) -> None:
    """Raises an ``ArgumentError`` where the first examples, asked for again, are others."""
    source = part.dataset if isinstance(part, DataLoader) else part
    if not (hasattr(source, "__getitem__") and hasattr(source, "__len__")) or _is_table(source):
        return
    for number in range(min(8, len(source))):
        one, *others = (np.asarray(_pair(source[number])[0]) for _ in range(5))
        if not all(np.array_equal(one, other) for other in others):
            raise ArgumentError(
                "the dataset changes its pictures at random: each is another one when it is asked for again. Prunelle "
                "asks once, and would learn from the same changes in every epoch. Take the random transforms out of "
                "the dataset, and let the recipe make changes: Recipe(augment=Augment(flip=True, shift=0.1))."
            )


def _files_of(part: Any) -> tuple[tuple[Path, ...], list[Any]] | None:
    """Files and labels, where that is all there is to a dataset: torchvision's folders without transforms, tables."""
    if _is_table(part):
        columns = [str(column) for column in part.columns]
        path, label = (
            next((key for key in wanted if key in columns), None) for wanted in (_PICTURE_KEYS, _LABEL_KEYS)
        )
        if path is None or label is None:
            raise DataError(
                f"a table needs a column of paths ({', '.join(_PICTURE_KEYS)}) and one of labels "
                f"({', '.join(_LABEL_KEYS)}); received {', '.join(columns)}."
            )
        return tuple(Path(str(file)) for file in part[path]), list(part[label])
    samples = getattr(part, "samples", None)
    changes = any(
        getattr(part, name, None) is not None for name in ("transform", "target_transform", "transforms")
    )
    if not isinstance(samples, list) or changes or not samples or not isinstance(samples[0][0], str | Path):
        return None
    return tuple(Path(file) for file, _ in samples), [label for _, label in samples]


def _told_classes(part: Any) -> tuple[str, ...] | None:
    """Names that a dataset tells of its labels, in index order."""
    features = getattr(part, "features", None)
    if isinstance(features, Mapping):
        label = next((features[key] for key in _LABEL_KEYS if key in features), None)
        names = getattr(label, "names", None)
        return None if names is None else tuple(map(str, names))
    own = getattr(part, "classes", None)
    if isinstance(own, Sequence) and own and all(isinstance(name, str) for name in own):
        return tuple(own)
    return _told_classes(part.dataset) if hasattr(part, "dataset") else None  # of a loader, or of a Subset


def _classes(train: _Gathered, classes: Sequence[str] | None) -> tuple[tuple[str, ...], dict[Any, int]]:
    """Their names, and the index of each label."""
    values = [_plain(label) for label in train.labels]
    numbers = all(isinstance(value, int) for value in values)
    if not numbers and not all(isinstance(value, str) for value in values):
        raise DataError("labels must all be whole numbers, or all be texts.")
    told = tuple(classes) if classes is not None else train.classes
    if told is None:
        known = sorted(set(values))
        names = tuple(composed(str(value)) for value in known)
    else:
        names = tuple(composed(str(name)) for name in told)
        known = list(range(len(names))) if numbers else list(told)
    if len(names) < 2:
        raise DataError(f"a dataset must have at least two classes; received {', '.join(names) or 'none'}.")
    return names, {value: index for index, value in enumerate(known)}


def _split(name: str, gathered: _Gathered, known: Mapping[Any, int]) -> Split:
    values = [_plain(label) for label in gathered.labels]
    if unknown := sorted({value for value in values if value not in known}, key=str):
        raise DataError(
            f"labels of {name} must be among {', '.join(map(str, list(known)[:10]))}; received {unknown[0]!r} too."
        )
    labels = np.array([known[value] for value in values], np.int64)
    return Split(name, labels, gathered.files, gathered.array)


def _plain(label: Any) -> int | str:
    if isinstance(label, str):
        return label
    if isinstance(label, torch.Tensor | np.ndarray | np.generic) and np.ndim(label) == 0:
        label = label.item()
    if isinstance(label, bool | int):
        return int(label)
    raise DataError(
        f"a label must be a whole number or a text, one a picture; received {a_kind(label)}. Of one-hot labels, give "
        f"the index."
    )


def _name_of(part: Any) -> str:
    source = part
    while hasattr(source, "dataset"):
        source = source.dataset
    return re.sub(r"[^a-z0-9]+", "-", type(source).__name__.lower()).strip("-") or "dataset"


def _is_table(data: object) -> bool:
    return type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "columns")


def _is_hugging_face(data: object) -> bool:
    return type(data).__module__.split(".")[0] == "datasets" and hasattr(data, "features")

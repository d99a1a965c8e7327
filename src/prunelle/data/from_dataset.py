"""Datasets of other libraries as ``Data``: PyTorch's ``Dataset`` and ``DataLoader``, torchvision's folders, Hugging
Face's ``datasets``, tables of pandas.

Nothing of these libraries is imported here: what one gives tells what it is. Each example is asked for once, and what
does not change is kept so; a dataset that changes its pictures at random, or a loader with an order of its own, gives
the epochs of a training their examples anew (``data.feed``). A folder of files, or a table of them, whose pictures
nothing changes is taken as files, with all that Prunelle can do with files.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from torch.utils.data import DataLoader, Dataset

from prunelle.data import splits
from prunelle.data.asking import (
    LABEL_KEYS,
    PICTURE_KEYS,
    Asker,
    Indexed,
    Settings,
    Streamed,
    changing_stream,
    exact_stream,
    first_pass,
    image_of,
    is_values,
    plain_label,
    values_of,
)
from prunelle.data.decode import read_header, read_image
from prunelle.data.examples import Data, Split
from prunelle.data.feed import Feed
from prunelle.data.groups import group_array
from prunelle.data.pillow import is_grey
from prunelle.data.pixels import Pixels, Progress
from prunelle.data.preprocess import Fit, Preprocess
from prunelle.errors import ArgumentError, DataError, a_kind
from prunelle.scalars import plain_arguments
from prunelle.texts import Note, composed

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
_ANEW = Note(
    "The dataset of your program changes its pictures at random: every epoch asks for them anew, and Prunelle changes "
    "nothing on top unless the recipe says so. Prunelle cannot decode them faster, keep them in its cache, or find "
    "them again by itself: to go on with the run, give the dataset again.",
    "Le jeu de données de votre programme change ses images au hasard : chaque époque les redemande, et Prunelle n’y "
    "change rien de plus, à moins que la recette ne le dise. Prunelle ne peut ni les décoder plus vite, ni les garder "
    "dans son cache, ni les retrouver : pour reprendre l’entraînement, redonnez le jeu de données.",
)
_NOT_EXACT = Note(
    "It draws from generators of its own, not from those of torch, random or NumPy: the same seed does not give the "
    "same training again, and a training that goes on is not the same to the bit.",
    "Il tire de générateurs à lui, et non de ceux de torch, de random ou de NumPy : la même graine ne redonne pas le "
    "même entraînement, et un entraînement repris n’est pas le même au bit près.",
)
_DRAWN_CHANGED = Note(
    "What was set apart of it carries such changes too, drawn once. Give the validation and test pictures as a dataset "
    "without them: {'train': …, 'validation': …, 'test': …}.",
    "Ce qui en a été mis à part porte aussi de tels changements, tirés une fois. Donnez les images de validation et de "
    "test dans un jeu de données qui n’en a pas : {'train': …, 'validation': …, 'test': …}.",
)
_NOTHING_APART = Note(
    "It is a stream, which is another in every pass, so no part of it can be set apart to judge the training on. Give "
    "datasets for that: {'train': …, 'validation': …, 'test': …}.",
    "C’est un flux, autre à chaque passage : rien ne peut en être mis à part pour juger l’entraînement. Donnez pour "
    "cela des jeux de données : {'train': …, 'validation': …, 'test': …}.",
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
    groups: Any = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
    progress: Progress | None = None,
) -> Data:
    """The labelled pictures of a dataset.

    Args:
        dataset: PyTorch's ``Dataset`` or ``DataLoader``, of ``(picture, label)`` or of dictionaries; a split, or
            all splits, of Hugging Face's ``datasets``; a table of pandas with a column of paths; or a dictionary of
            these, by split. Pictures are Pillow's, or tensors: of bytes ``(C, H, W)``, pictures too; of floats
            ``(C, H, W)``, what the network is given. One that changes its pictures at random is asked for them anew
            in every epoch; of a loader, the size of batches, the sampler, what collates, and the processes are kept.
        classes: names in index order; None for those that the dataset tells, or else its labels.
        groups: ``(N,)``, what each training example belongs to that must not be divided, in the order of the dataset;
            see ``from_arrays``.
        validation, test: shares to take out where there is no such split, in [0, 1); 10 % each where there is none.
        seed: of the draw.
        size: height and width in pixels to which pictures of several sizes are brought; None for 224.
        fit: how they get there.
        progress: told how many examples were asked for.

    Raises:
        ArgumentError: it is none of these; shares of a stream that is another in every pass.
        DataError: pictures or labels that cannot be used, or more than this machine has memory for.
    """
    parts = _parts(dataset)
    gathered = {
        name: _gathered(part, name, size=size, fit=fit, progress=progress) for name, part in parts.items()
    }
    train = gathered.get("train")
    if train is None:
        raise ArgumentError(f"a dictionary of datasets must have one for train; received {', '.join(parts)}.")
    names, known = _classes(train, classes)
    given = {name: _split(name, each, known) for name, each in gathered.items()}
    whole = given["train"]
    empty = [names[number] for number in np.flatnonzero(np.bincount(whole.labels, minlength=len(names)) == 0)]
    if empty:
        raise DataError(f"the dataset has no example of {', '.join(empty[:10])} to learn from.")
    feed = _feed(parts["train"], train, known, len(names))
    of = None if groups is None else group_array("groups", groups, len(whole))
    whole = dataclasses.replace(whole, feed=feed, groups=of)
    stream = isinstance(feed, Streamed)
    if feed is not None and stream and (validation or test):
        feed.take(np.arange(0))  # says why
    default = 0.0 if stream else _DEFAULT_SHARE
    shares = splits.Shares(
        0.0 if "validation" in given else default if validation is None else validation,
        0.0 if "test" in given else test if test is not None else 0.0 if len(given) > 1 else default,
    )
    drawn = splits.draw(
        whole.labels, whole.groups, shares, seed=seed, classes=names, from_train=len(given) > 1
    )
    taken = {
        name: dataclasses.replace(whole.take(chosen), name=name)
        for name, chosen in drawn.items()
        if len(chosen)
    }
    notes = [] if train.files is not None else [_ANEW if feed is not None and feed.anew else _LOST]
    notes += [_AS_THEY_ARE] if train.as_they_are else []
    notes += [_NOT_EXACT] if feed is not None and not feed.exact else []
    notes += drawn.notes
    notes += [_DRAWN_CHANGED] if taken and feed is not None and feed.anew else []
    notes += [_NOTHING_APART] if stream and len(given) == 1 else []
    return Data(
        name=_name_of(parts["train"]),
        classes=names,
        train=whole.take(drawn.train) if taken else whole,
        validation=given.get("validation", taken.get("validation")),
        test=given.get("test", taken.get("test")),
        preprocess=train.preprocess,
        notes=tuple(notes),
        drawn=tuple(name for name in ("validation", "test") if name not in given),
        batch_size=_batch_size(parts["train"]),
    )


def _feed(part: Any, train: _Gathered, known: Mapping[Any, int], num_classes: int) -> Feed | None:
    """What every epoch takes, where that is not what the dataset gave when it was asked first."""
    settings = Settings(
        known=known,
        num_classes=num_classes,
        shape=train.preprocess.input_shape if train.as_they_are else None,
        steps=(train.preprocess,),
    )
    if train.asker is None:
        if not train.anew:
            return None
        return Streamed(part, settings, examples=len(train.labels), exact=exact_stream(part))
    if not train.anew and train.asker.batches is None:
        return None
    assert train.indices is not None
    exact = train.asker.exact(train.indices)
    return Indexed(train.asker, settings, train.indices, anew=train.anew, exact=exact)


def _batch_size(part: Any) -> int | None:
    """Of a loader; a batch sampler's first batch tells. One, which is what a loader has unless told, tells nothing."""
    if not isinstance(part, DataLoader):
        return None
    size = part.batch_size
    if size is None and part.batch_sampler is not None:
        asker = Asker.of(part)
        size = None if asker is None else asker.first_batch()
    return size if size is not None and size > 1 else None


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
    examples = iter(zip(*files, strict=True)) if files is not None else _once(dataset, classes is not None)
    images: list[np.ndarray] = []
    labels = []
    for picture, label in examples:
        if is_values(picture):
            value = values_of(picture)
            if value.shape != like.input_shape:
                raise ArgumentError(
                    f"the dataset gives tensors of shape {value.shape}; the network takes {like.input_shape}. Resize "
                    f"them in the dataset's transforms, or let it give pictures."
                )
            images.append(_before_normalising(value.transpose(1, 2, 0), like))
        else:
            images.append(read_image(image_of(picture), like))
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


def _before_normalising(value: np.ndarray, like: Preprocess) -> np.ndarray:
    """``(H, W, C)`` of which ``like.normalise`` makes ``value`` again."""
    if set(like.mean) == {0.0} and set(like.std) == {IDENTITY_STD}:
        return value  # to the bit: what a run learned from is known again by it
    return (value * np.array(like.std, np.float32) + np.array(like.mean, np.float32)) * 255


def as_pictures(data: Data) -> Data:
    """Tensors of a dataset as pictures that can be shown, in 256 levels between the least and the largest of each
    channel; its ``preprocess`` makes of them what the tensors were, to half a level. Pictures as they are.
    """
    if not data.preprocess.mean:
        return data
    settings: Any = data.preprocess  # of pictures, as all such datasets are
    arrays = {split.name: split.array for split in data.splits() if isinstance(split.array, np.ndarray)}
    low = np.min([array.min(axis=(0, 1, 2)) for array in arrays.values()], axis=0)
    high = np.max([array.max(axis=(0, 1, 2)) for array in arrays.values()], axis=0)
    span = np.maximum(high - low, np.finfo(np.float32).tiny)
    shown = {
        split.name: dataclasses.replace(
            split, array=np.rint((arrays[split.name] - low) / span * 255).astype(np.uint8), feed=None
        )
        for split in data.splits()
    }
    preprocess = dataclasses.replace(
        settings, mean=tuple(map(float, -low / span)), std=tuple(map(float, 1 / span))
    )
    return dataclasses.replace(
        data,
        train=shown["train"],
        validation=shown.get("validation"),
        test=shown.get("test"),
        preprocess=preprocess,
    )


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
    asker: Asker | None = None
    """Of the training split, where single examples can be asked for."""
    indices: np.ndarray | None = None
    """Of the examples, in the dataset."""
    anew: bool = False
    """The training split is another each time that it is asked for."""

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


def _gathered(
    part: Any, split: str, *, size: tuple[int, int] | None, fit: Fit, progress: Progress | None
) -> _Gathered:
    """Every example, asked for once."""
    told = _told_classes(part)
    files = _files_of(part)
    if files is not None:
        paths, labels = files
        native = [each for each in map(read_header, paths[:_LOOKED_AT]) if each is not None]
        return _Gathered(labels, _preprocess(native, size, fit), files=paths, classes=told)
    asker = None if _is_table(part) else Asker.of(part)
    indices = None if asker is None else asker.indices()
    if indices is not None and not len(indices):
        raise DataError("the dataset is empty.")
    anew = split == "train" and asker is not None and indices is not None and asker.changes(indices)
    examples = _once(part, indices=indices)
    first = list(itertools.islice(examples, _LOOKED_AT))
    if not first:
        raise DataError("the dataset is empty.")
    everything = _told(
        itertools.chain(first, examples), split, None if indices is None else len(indices), progress
    )
    if is_values(first[0][0]):
        _refuse_too_much(values_of(first[0][0]).nbytes, indices)
        gathered = _of_values(everything, told)
    else:
        images = [image_of(picture) for picture, _ in first]
        preprocess = _preprocess([(i.height, i.width, is_grey(i)) for i in images], size, fit)
        _refuse_too_much(preprocess.example_bytes, indices)
        gathered = _of_pictures(everything, preprocess, told)
    if split != "train" or _is_table(part):
        return gathered
    if asker is None:
        return dataclasses.replace(gathered, anew=changing_stream(part, first))
    labels = [_surest(label) for label in gathered.labels] if anew else gathered.labels
    return dataclasses.replace(gathered, labels=labels, asker=asker, indices=indices, anew=anew)


def _once(part: Any, labelled: bool = True, indices: np.ndarray | None = None) -> Iterator[tuple[Any, Any]]:
    """Every example, as it always is when a dataset is asked first; the label is None where it need not be there.

    Of ``indices`` of a map-style dataset; None for all, in the order of a loader's own sampler where it has one.
    """
    if _is_table(part):
        yield from ((file, None) for file in part[next(key for key in PICTURE_KEYS if key in part.columns)])
        return
    asker = Asker.of(part)
    if asker is None:
        yield from first_pass(part, labelled)
        return
    if indices is None:
        indices = np.arange(len(asker.dataset)) if asker.batches is None else asker.drawn(0)
    yield from asker.once(indices, labelled)


def _told(
    examples: Iterable[tuple[Any, Any]], split: str, total: int | None, progress: Progress | None
) -> Iterator[tuple[Any, Any]]:
    """The same, while ``progress`` is told how many there were; nobody knows how long a stream is."""
    what = Note(f"asking for {split}", f"demande de {split}")
    for number, example in enumerate(examples, 1):
        yield example
        if progress is not None and total is not None:
            progress(what, number, total)


def _surest(label: Any) -> Any:
    """The class of a distribution over classes that a loader's collating made of one example."""
    return int(np.argmax(np.asarray(label))) if np.ndim(label) == 1 else label


def _refuse_too_much(example_bytes: int, indices: np.ndarray | None) -> None:
    """Raises a ``DataError`` where all examples, which are kept, would not fit the machine's memory."""
    count = 0 if indices is None else len(indices)
    with contextlib.suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if count * example_bytes > memory:
            raise DataError(
                f"the {count:,} examples of the dataset take {count * example_bytes / 1e9:,.0f} GB and are kept in "
                f"memory, of which this machine has {memory / 1e9:,.0f} GB. Give the files themselves (a folder, a "
                f"table of paths, an ImageFolder without transforms), which are read when they are needed, or smaller "
                f"tensors."
            )


def _of_pictures(
    examples: Iterable[tuple[Any, Any]], preprocess: Preprocess, told: tuple[str, ...] | None
) -> _Gathered:
    pixels, labels = [], []
    for number, (picture, label) in enumerate(examples):
        try:
            pixels.append(read_image(image_of(picture), preprocess))
        except OSError as error:
            raise DataError(f"picture {number} of the dataset cannot be read: {error}.") from error
        labels.append(label)
    return _Gathered(labels, preprocess, array=np.stack(pixels), classes=told)


def _of_values(examples: Iterable[tuple[Any, Any]], told: tuple[str, ...] | None) -> _Gathered:
    """Tensors of floats: what the network is given."""
    values: list[np.ndarray] = []
    labels = []
    for picture, label in examples:
        value = values_of(picture)
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


def _files_of(part: Any) -> tuple[tuple[Path, ...], list[Any]] | None:
    """Files and labels, where that is all there is to a dataset: torchvision's folders without transforms, tables."""
    if _is_table(part):
        columns = [str(column) for column in part.columns]
        path, label = (
            next((key for key in wanted if key in columns), None) for wanted in (PICTURE_KEYS, LABEL_KEYS)
        )
        if path is None or label is None:
            raise DataError(
                f"a table needs a column of paths ({', '.join(PICTURE_KEYS)}) and one of labels "
                f"({', '.join(LABEL_KEYS)}); received {', '.join(columns)}."
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
        label = next((features[key] for key in LABEL_KEYS if key in features), None)
        names = getattr(label, "names", None)
        return None if names is None else tuple(map(str, names))
    own = getattr(part, "classes", None)
    if isinstance(own, Sequence) and own and all(isinstance(name, str) for name in own):
        return tuple(own)
    return _told_classes(part.dataset) if hasattr(part, "dataset") else None  # of a loader, or of a Subset


def _classes(train: _Gathered, classes: Sequence[str] | None) -> tuple[tuple[str, ...], dict[Any, int]]:
    """Their names, and the index of each label."""
    values = [plain_label(label) for label in train.labels]
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
    values = [plain_label(label) for label in gathered.labels]
    if unknown := sorted({value for value in values if value not in known}, key=str):
        raise DataError(
            f"labels of {name} must be among {', '.join(map(str, list(known)[:10]))}; received {unknown[0]!r} too."
        )
    labels = np.array([known[value] for value in values], np.int64)
    return Split(name, labels, gathered.files, gathered.array)


def _name_of(part: Any) -> str:
    source = part
    while hasattr(source, "dataset"):
        source = source.dataset
    return re.sub(r"[^a-z0-9]+", "-", type(source).__name__.lower()).strip("-") or "dataset"


def _is_table(data: object) -> bool:
    return type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "columns")


def _is_hugging_face(data: object) -> bool:
    return type(data).__module__.split(".")[0] == "datasets" and hasattr(data, "features")

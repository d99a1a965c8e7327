"""Batches of arrays, folders and tables, changed by an ``ImageDataGenerator``, in the order that Keras gives them.

All random numbers come from NumPy's global generator, drawn in Keras's sequence, so that a seed, the iterator's
or the program's own ``np.random.seed``, gives the pictures that it gives with Keras.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError, DataError, MissingData, UnknownName, did_you_mean
from prunelle.keras.preprocessing.changes import Changes
from prunelle.keras.preprocessing.pictures import CHANNELS, array_to_img, check_color_mode, load_img
from prunelle.keras.preprocessing.reading import Pictures
from prunelle.keras.sequences import Sequence as KerasSequence

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
"""Of the files that are taken for pictures."""

SUBSETS = ("training", "validation")


class NoSuchBatch(ArgumentError, IndexError):
    """A number beyond an epoch's batches: Keras raises the first, indexing in Python the second."""


class ColumnOfAnotherType(ArgumentError, TypeError):
    """A column of a table that holds something else than its use needs."""


class BatchIterator(KerasSequence):  # type: ignore[misc]
    """Batches by index, or one after the other without end; what the three sources share.

    Attributes:
        n: number of pictures.
        batch_size, shuffle, seed: as given.
        total_batches_seen: the seed of a batch is ``seed`` plus this.
        index_array: the order of this epoch.
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        if batch_size < 1 and n:
            raise ArgumentError(f"batch_size must be at least 1; received {batch_size}.")
        self.n = n
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array: np.ndarray | None = None
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return -(-self.n // self.batch_size) if self.n else 0

    def __getitem__(self, idx: int) -> Any:
        if idx >= len(self):
            raise NoSuchBatch(f"there are {len(self)} batches, from 0 on; received {idx}.")
        self._seed_batch()
        if self.index_array is None:
            self.on_epoch_end()
        assert self.index_array is not None
        self.total_batches_seen += 1
        return self._batch(self.index_array[idx * self.batch_size : (idx + 1) * self.batch_size])

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._batch(self._next_indices())

    def _next_indices(self) -> np.ndarray:
        with self.lock:
            self._seed_batch()
            if self.batch_index == 0 or self.index_array is None:
                self.on_epoch_end()
            assert self.index_array is not None
            start = self.batch_index * self.batch_size
            self.batch_index = self.batch_index + 1 if start + self.batch_size < self.n else 0
            self.total_batches_seen += 1
            return self.index_array[start : start + self.batch_size]

    @property
    def index_generator(self) -> Iterator[np.ndarray]:
        """``(n,)`` numbers of each batch's examples, without end; the iterators that programs write ask it for them."""
        while True:
            yield self._next_indices()

    def next(self) -> Any:
        """The next batch; older programs call it by name."""
        return self.__next__()

    def reset(self) -> None:
        """Back to the first batch."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Draws the order of an epoch."""
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _seed_batch(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)

    def _batch(self, indices: np.ndarray) -> Any:
        return self._get_batches_of_transformed_samples(indices)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        """A batch, by its examples' numbers: what the iterators that programs write have."""
        raise NotImplementedError


class NumpyArrayIterator(BatchIterator):
    """Batches of an array. See ``ImageDataGenerator.flow``."""

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Changes,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
    ) -> None:
        others: list[np.ndarray] = []
        if isinstance(x, tuple | list):
            x, rest = x
            others = [np.asarray(each) for each in (rest if isinstance(rest, list) else [rest])]
        x = np.asarray(x)
        labels = None if y is None else np.asarray(y)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        for other in others:
            if len(other) != len(x):
                raise ArgumentError(
                    f"All of the arrays in x must be of one length; received {len(other)} beside {len(x)} pictures."
                )
        for name, array in (("`y` (labels)", labels), ("`sample_weight`", weights)):
            if array is not None and len(array) != len(x):
                raise ArgumentError(
                    f"`x` (images tensor) and {name} must be of one length; received {len(x)} and {len(array)}."
                )
        if subset is not None:
            split = int(len(x) * image_data_generator._validation_split)
            if labels is not None and not ignore_class_split:
                _same_classes(labels[:split], labels[split:])
            part = slice(None, split) if _checked_subset(subset) == "validation" else slice(split, None)
            x, others = x[part], [other[part] for other in others]
            labels = None if labels is None else labels[part]
            # Keras leaves the weights whole, which then fit no longer.
            weights = None if weights is None else weights[part]
        if x.ndim != 4:
            raise ArgumentError(f"x must be pictures, (N, H, W, C); received shape {x.shape}.")
        if x.shape[image_data_generator.channel_axis] not in (1, 3, 4):
            warnings.warn(
                f"ImageDataGenerator: pictures have 1, 3 or 4 channels ({image_data_generator.data_format}); "
                f"x has shape {x.shape}.",
                stacklevel=3,
            )
        self.x, self.x_misc, self.y, self.sample_weight = x, others, labels, weights
        self.image_data_generator = image_data_generator
        self.dtype = image_data_generator.dtype
        self._saving = _Saving(save_to_dir, save_prefix, save_format, 10_000)
        super().__init__(len(x), batch_size, shuffle, seed)

    def _batch(self, indices: np.ndarray) -> Any:
        # Values stay as they came until their batch.
        pictures = _prepared(self.x[indices].astype(self.dtype), self.image_data_generator)
        self._saving.save(pictures, indices, self.image_data_generator.data_format)
        x = [pictures, *(other[indices] for other in self.x_misc)] if self.x_misc else pictures
        if self.y is None:
            return x
        if self.sample_weight is None:
            return x, self.y[indices]
        return x, self.y[indices], self.sample_weight[indices]


class _FilesIterator(BatchIterator):
    """Batches of picture files.

    Attributes:
        filepaths, filenames: whole, and as the source has them.
        samples: how many.
        image_shape: of one picture in a batch.
        class_mode, color_mode, target_size: as given.
    """

    filenames: list[str]
    filepaths: list[str]
    class_indices: dict[str, int]
    classes: Any

    def __init__(
        self,
        image_data_generator: Changes,
        *,
        target_size: tuple[int, int],
        color_mode: str,
        class_mode: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        save_to_dir: str | None,
        save_prefix: str,
        save_format: str,
        subset: str | None,
    ) -> None:
        self.image_data_generator = image_data_generator
        self.target_size = int(target_size[0]), int(target_size[1])
        self.color_mode = check_color_mode(color_mode)
        self.class_mode = class_mode
        self.data_format = image_data_generator.data_format
        self.dtype = image_data_generator.dtype
        self.subset = subset
        shape = (*self.target_size, CHANNELS[color_mode])
        self.image_shape = shape if self.data_format == "channels_last" else (shape[2], *shape[:2])
        self._saving = _Saving(save_to_dir, save_prefix, save_format, 10_000_000)
        self.samples = len(self.filepaths)

        def load(file: str) -> np.ndarray:
            # uint8, or wider for grey of more than 8 bits
            image = load_img(
                file,
                False,
                color_mode,
                target_size=self.target_size,
                interpolation=interpolation,
                keep_aspect_ratio=keep_aspect_ratio,
            )
            return np.asarray(image).reshape(shape)

        self._pictures = Pictures(self.filepaths, load)
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def labels(self) -> Any:
        """What ``class_mode`` makes the batches' ``y`` of."""
        return self.classes

    @property
    def sample_weight(self) -> np.ndarray | None:
        """``(N,)``, or None."""
        return None

    def _batch(self, indices: np.ndarray) -> Any:
        read = self._pictures.read(indices)
        if self.data_format == "channels_first":
            read = read.transpose(0, 3, 1, 2)
        x = _prepared(read.astype(self.dtype), self.image_data_generator)
        self._saving.save(x, indices, self.data_format)
        if self.class_mode is None:
            return x
        y = x.copy() if self.class_mode == "input" else self._labels(indices)
        weights = self.sample_weight
        return (x, y) if weights is None else (x, y, weights[indices])

    def _labels(self, indices: np.ndarray) -> Any:
        if self.class_mode == "categorical":
            one_hot = np.zeros((len(indices), len(self.class_indices)), self.dtype)
            for row, index in enumerate(indices):
                one_hot[row, self.classes[index]] = 1.0  # a list of several classes sets them all
            return one_hot
        return np.array([self.classes[index] for index in indices], self.dtype)


class DirectoryIterator(_FilesIterator):
    """Batches of a folder with one folder a class. See ``ImageDataGenerator.flow_from_directory``.

    Attributes:
        class_indices: class name → number.
        classes: ``(N,)`` int32.
    """

    CLASS_MODES = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        directory: Any,
        image_data_generator: Changes,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> None:
        _check_class_mode(class_mode, self.CLASS_MODES)
        self.directory = os.fspath(directory)
        names = _class_folders(Path(self.directory), classes)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.num_classes = len(names)
        split = image_data_generator._validation_split
        self.filenames, numbers = [], []
        for name, number in self.class_indices.items():
            files = list(_picture_files(os.path.join(self.directory, name), follow_links))
            if subset is not None:
                middle = int(split * len(files))
                files = files[:middle] if _checked_subset(subset) == "validation" else files[middle:]
            self.filenames += [os.path.relpath(file, self.directory) for file in files]
            numbers += [number] * len(files)
        self.classes = np.array(numbers, "int32")
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        super().__init__(
            image_data_generator,
            target_size=target_size,
            color_mode=color_mode,
            class_mode=class_mode,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
        )
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")


class DataFrameIterator(_FilesIterator):
    """Batches of the files that a table names. See ``ImageDataGenerator.flow_from_dataframe``."""

    CLASS_MODES = ("binary", "categorical", "input", "multi_output", "raw", "sparse", None)

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: Changes | None = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        validate_filenames: bool = True,
    ) -> None:
        generator = image_data_generator or Changes()
        _check_class_mode(class_mode, self.CLASS_MODES)
        self.directory = "" if directory is None else os.fspath(directory)
        names = list(_column(dataframe, x_col))
        if not all(isinstance(name, str) for name in names):
            raise ArgumentError(f"the column x_col={x_col!r} must hold names of files, as text.")
        rows = list(range(len(names)))
        if validate_filenames:
            rows = [row for row in rows if _is_picture(os.path.join(self.directory, names[row]))]
            if len(rows) < len(names):
                warnings.warn(
                    f"{len(names) - len(rows)} file names of the column {x_col!r} are not those of pictures that "
                    f"are there; they are left out.",
                    stacklevel=3,
                )
        by_class = class_mode in ("categorical", "binary", "sparse")
        if by_class:
            labels = list(_column(dataframe, y_col))
            rows, labels_of, chosen = _with_classes(rows, labels, classes, class_mode, y_col)
            self.class_indices = {name: number for number, name in enumerate(chosen)}
        if subset is not None:
            first = int(generator._validation_split * len(rows))
            rows = rows[:first] if _checked_subset(subset) == "validation" else rows[first:]
        if by_class:
            self.classes = [_numbers(labels_of[row], self.class_indices) for row in rows]
        self.filenames = [names[row] for row in rows]
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        self._targets: Any = None
        if class_mode == "multi_output":
            if not isinstance(y_col, list):
                raise ColumnOfAnotherType(
                    f"y_col must be a list with class_mode='multi_output'; received {y_col!r}."
                )
            self._targets = [
                np.array([list(_column(dataframe, name))[row] for row in rows]) for name in y_col
            ]
        elif class_mode == "raw":
            self._targets = np.asarray(_column(dataframe, y_col))[rows]
        self._weights = None if weight_col is None else np.asarray(_column(dataframe, weight_col))[rows]
        if self._weights is not None and self._weights.dtype.kind not in "iuf":
            raise ColumnOfAnotherType(f"the column weight_col={weight_col!r} must hold numbers.")
        super().__init__(
            generator,
            target_size=target_size,
            color_mode=color_mode,
            class_mode=class_mode,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
        )
        validated = "validated" if validate_filenames else "non-validated"
        belonging = f" belonging to {len(self.class_indices)} classes" if by_class else ""
        print(f"Found {self.samples} {validated} image filenames{belonging}.")

    @property
    def labels(self) -> Any:
        """What ``class_mode`` makes the batches' ``y`` of."""
        return self.classes if self._targets is None else self._targets

    @property
    def sample_weight(self) -> np.ndarray | None:
        """``(N,)``, of ``weight_col``, or None."""
        return self._weights

    def _labels(self, indices: np.ndarray) -> Any:
        if self.class_mode == "multi_output":
            return [target[indices] for target in self._targets]
        return self._targets[indices] if self.class_mode == "raw" else super()._labels(indices)


class _Saving:
    """``save_to_dir``: what the batches hold, to look at."""

    def __init__(self, folder: str | None, prefix: str, form: str, numbers: int) -> None:
        self.folder, self.prefix, self.form, self.numbers = folder, prefix, form, numbers

    def save(self, pictures: np.ndarray, indices: np.ndarray, data_format: str) -> None:
        if not self.folder:
            return
        for picture, index in zip(pictures, indices, strict=True):
            image = array_to_img(picture, data_format, scale=True)
            name = f"{self.prefix}_{index}_{np.random.randint(self.numbers)}.{self.form}"
            image.save(os.path.join(self.folder, name))


def _prepared(batch: np.ndarray, generator: Changes) -> np.ndarray:
    """A batch of one's own, changed and normalised picture by picture, as far as possible at once."""
    one_by_one = (
        generator.preprocessing_function is not None
        or generator.samplewise_center  # means over many pictures at once are rounded otherwise
        or generator.zca_whitening
    )
    if not generator.changes_pictures:
        np.random.random(2 * len(batch))  # of flips that are not asked for: what comes after depends on them
    if not generator.changes_pictures and not one_by_one:
        return generator.standardize(batch)
    for i, picture in enumerate(batch):
        changed = picture
        if generator.changes_pictures:
            changed = generator.random_transform(picture)
        batch[i] = generator.standardize(changed) if one_by_one else changed
    return batch if one_by_one else generator.standardize(batch)


def _checked_subset(subset: str) -> str:
    if subset not in SUBSETS:
        raise UnknownName("subset", subset, SUBSETS)
    return subset


def _check_class_mode(class_mode: str | None, allowed: Sequence[str | None]) -> None:
    if class_mode not in allowed:
        raise UnknownName("class_mode", str(class_mode), [mode or "None" for mode in allowed])


def _same_classes(first: np.ndarray, second: np.ndarray) -> None:
    if not np.array_equal(np.unique(first), np.unique(second)):
        raise ArgumentError(
            "Training and validation subsets have different number of classes after the split, or other ones: labels "
            "that are sorted, perhaps. Shuffle x and y together, or pass ignore_class_split=True."
        )


def _class_folders(directory: Path, classes: Sequence[str] | None) -> list[str]:
    if not directory.is_dir():
        near = [each.name for each in directory.parent.iterdir()] if directory.parent.is_dir() else []
        raise MissingData(f"folder {str(directory)!r} is not there.{did_you_mean(directory.name, near)}")
    found = sorted(each.name for each in directory.iterdir() if each.is_dir())
    if not classes:
        return found
    for name in classes:
        if name not in found:
            raise UnknownName(f"class folder in {str(directory)!r}", name, found)
    return list(classes)


def _picture_files(directory: str, follow_links: bool) -> Iterable[str]:
    """Sorted folder by folder, and in each by name."""
    walked = sorted(os.walk(directory, followlinks=follow_links), key=lambda each: each[0])
    for root, _, files in walked:
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES):
                yield os.path.join(root, name)


def _is_picture(path: str) -> bool:
    return path.lower().endswith(SUFFIXES) and os.path.isfile(path)


def _column(dataframe: Any, name: Any) -> Any:
    try:
        return dataframe[name]
    except KeyError:
        raise UnknownName("column", str(name), [str(column) for column in dataframe.columns]) from None


def _with_classes(
    rows: list[int], labels: list[Any], classes: Sequence[str] | None, class_mode: str | None, y_col: Any
) -> tuple[list[int], dict[int, Any], list[str]]:
    """Rows that have a class that counts, their labels, and the classes in order."""
    several = class_mode == "categorical"
    kinds = (str, list, tuple) if several else (str,)
    for row in rows:
        if not isinstance(labels[row], kinds):
            what = "text, or lists of it," if several else "text"
            raise ArgumentError(
                f"the column y_col={y_col!r} must hold {what} with class_mode={class_mode!r}; received "
                f"{labels[row]!r}. Numbers: dataframe[{y_col!r}].astype(str)."
            )
    found = {name for row in rows for name in _listed(labels[row])}
    chosen = list(dict.fromkeys(classes)) if classes else sorted(found)
    if class_mode == "binary" and len(chosen) != 2:
        raise ArgumentError(f"class_mode='binary' needs two classes; received {', '.join(chosen) or 'none'}.")
    kept: dict[int, Any] = {}
    for row in rows:
        of_those = [name for name in _listed(labels[row]) if name in set(chosen)]
        if of_those:
            kept[row] = labels[row] if isinstance(labels[row], str) else of_those
    if rows and not kept:
        raise DataError(f"no row of the column {y_col!r} has a class among {', '.join(chosen)}.")
    return list(kept), kept, chosen


def _listed(label: Any) -> Sequence[str]:
    return [label] if isinstance(label, str) else label


def _numbers(label: Any, class_indices: dict[str, int]) -> Any:
    if isinstance(label, str):
        return class_indices[label]
    return [class_indices[name] for name in label]

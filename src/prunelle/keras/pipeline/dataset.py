"""``tf.data.Dataset``."""

from __future__ import annotations

import builtins
import functools
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from prunelle.errors import ArgumentError
from prunelle.keras.eager.control import TensorSpec
from prunelle.keras.eager.errors import FailedPreconditionError, InvalidArgumentError, UnimplementedError
from prunelle.keras.eager.tensor import wrap
from prunelle.keras.pipeline import batching, calling, element_files, keeping, order, records, rows, sources
from prunelle.keras.pipeline.iterator import Iterator as OwnedIterator
from prunelle.keras.pipeline.iterator import NumpyIterator
from prunelle.keras.pipeline.options import Options
from prunelle.keras.pipeline.structure import (
    DatasetSpec,
    Unlike,
    batched_spec,
    common,
    faced,
    flatten,
    mapped,
    packed,
    plain_element,
    spec_of,
    unbatched_spec,
    whole_number,
)

INFINITE, UNKNOWN = -1, -2
"""What ``cardinality`` says of data sets without end, and where nobody knows."""


class NoLength(ArgumentError, TypeError):
    """A data set without end, or one of which nobody knows."""


class Dataset:
    """Elements that can be gone through again and again: tensors, tuples and dictionaries of them.

    Args:
        elements: begins a pass of plain elements.
        spec: what is known of an element, or a function that finds it out.
        cardinality: how many there are, ``INFINITE`` or ``UNKNOWN``.
        of_rows: where the elements are rows of tensors, whose order alone is worked on.
        works: whether a pass does work of the program's own, which can be done ahead.

    Example:
        >>> numbers = Dataset.from_tensor_slices([1, 2, 3]).map(lambda n: n * 2).batch(2)
        >>> [batch.numpy().tolist() for batch in numbers]
        [[2, 4], [6]]
    """

    def __init__(
        self,
        elements: Callable[[], Iterator[Any]],
        spec: Any,
        cardinality: int,
        *,
        of_rows: rows.Rows | None = None,
        works: bool = False,
    ) -> None:
        self._elements, self._spec, self._cardinality = elements, spec, cardinality
        self._rows, self._works = of_rows, works
        self._options = Options()

    # Where elements come from.

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """An element for each row: of a tensor, an array, a list, or tuples and dictionaries of them.

        Raises:
            InvalidArgumentError: several numbers of rows, or numbers alone.
        """
        table, spec, length = sources.table_of(tensors)
        return _of_rows(table, spec, length)

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """One element, the whole."""
        element = sources.converted(tensors, "from_tensors")
        return Dataset(lambda: iter([element]), spec_of(element), 1)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """What the generators give that a function begins.

        Args:
            output_signature: a ``tf.TensorSpec`` for each part of an element; or the older ``output_types`` and
                ``output_shapes``.
            args: what the function is called with.
        """
        spec = calling.signature(output_types, output_shapes, output_signature)
        return Dataset(calling.generated(generator, args, spec), spec, UNKNOWN, works=True)

    @staticmethod
    def range(*args: Any, output_type: Any = "int64", name: str | None = None) -> Dataset:
        """Whole numbers, as Python's ``range`` has them."""
        table, spec, length = sources.numbers(args, output_type)
        return _of_rows(table, spec, length)

    @staticmethod
    def random(seed: Any = None, rerandomize_each_iteration: Any = None, name: str | None = None) -> Dataset:
        """Whole numbers below 2³², without end."""
        draws = order.Draws(seed, bool(rerandomize_each_iteration))
        return Dataset(order.random_numbers(draws), TensorSpec((), "int64"), INFINITE)

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: Any = None, seed: Any = None, name: str | None = None
    ) -> Dataset:
        """The names of files, in another order in each pass unless ``shuffle`` is false.

        Raises:
            InvalidArgumentError: there are none.
        """
        names = sources.matching(file_pattern)
        if not names:
            raise InvalidArgumentError(
                f"no files matched pattern: {sources.patterns(file_pattern)}. Look at the folder's name and the suffix."
            )
        found = Dataset.from_tensor_slices(names)
        return found if shuffle is not None and not shuffle else found.shuffle(len(names), seed)

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """An element of each together, until one ends: ``zip(a, b)``, or a structure of data sets."""
        given = datasets if datasets is not None else args[0] if len(args) == 1 else args
        parts = flatten(given)
        for each in parts:
            if not isinstance(each, Dataset):
                raise Unlike(
                    f"zip takes data sets, in tuples and dictionaries; received {type(each).__name__}."
                )

        def spec() -> Any:
            return mapped(lambda each: each.element_spec, given)

        known = spec if any(callable(each._spec) for each in parts) else spec()
        lengths = [each._cardinality for each in parts]
        finite = [n for n in lengths if n >= 0]
        length = UNKNOWN if UNKNOWN in lengths else min(finite) if finite else INFINITE
        tables = [each._rows for each in parts]
        if all(tables):
            together = mapped(lambda each: each._rows.structure, given)
            return _of_rows(rows.side_by_side([each for each in tables if each], together), known, length)

        def begin() -> Iterator[Any]:
            for found in zip(*(each._elements() for each in parts), strict=False):
                yield packed(given, list(found))

        return Dataset(begin, known, length, works=any(each._works for each in parts))

    @staticmethod
    def sample_from_datasets(
        datasets: Any,
        weights: Any = None,
        seed: Any = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: Any = None,
    ) -> Dataset:
        """The next element of one of several data sets, drawn by lot, until all have ended.

        Args:
            weights: how likely each is; one for each.
            stop_on_empty_dataset: end with the first that ends.
        """
        shares = None if weights is None else [float(each) for each in weights]
        if shares is not None and len(shares) != len(datasets):
            raise InvalidArgumentError(
                f"weights must be one for each data set; received {len(shares)} for {len(datasets)}."
            )
        lot = order.by_lot(shares, len(datasets), order.Draws(seed, bool(rerandomize_each_iteration)))
        return _mixed(list(datasets), lot, stop_on_empty_dataset)

    @staticmethod
    def choose_from_datasets(
        datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = True
    ) -> Dataset:
        """The next element of the data set of each number of ``choice_dataset``."""

        def numbers() -> Iterator[int]:
            return map(int, choice_dataset._elements())

        return _mixed(list(datasets), numbers, stop_on_empty_dataset)

    @staticmethod
    def load(
        path: Any, element_spec: Any = None, compression: Any = None, reader_func: Any = None
    ) -> Dataset:
        """What ``save`` wrote."""
        file = element_files.file_in(path)
        first = next(element_files.read(file), None)
        return Dataset(
            lambda: element_files.read(file),
            element_spec if first is None or element_spec is not None else spec_of(first),
            element_files.count(file),
        )

    # Going through them.

    def elements(self) -> Iterator[Any]:
        """A pass of plain elements: for Prunelle itself."""
        return self._elements()

    def __iter__(self) -> Any:
        return OwnedIterator(self._elements(), self)

    def as_numpy_iterator(self) -> Any:
        """Elements as NumPy's arrays and numbers."""
        return NumpyIterator(self._elements())

    def __len__(self) -> int:
        if self._cardinality == INFINITE:
            raise NoLength(
                "The dataset is infinite: steps_per_epoch says where an epoch ends, take(n) where it does."
            )
        if self._cardinality == UNKNOWN:
            raise NoLength(
                "The dataset length is unknown: it is not known before its end. "
                "apply(tf.data.experimental.assert_cardinality(n)) says it."
            )
        return self._cardinality

    def __bool__(self) -> bool:
        return True

    def cardinality(self, name: str | None = None) -> Any:
        """How many there are; -1 without end, -2 where nobody knows."""
        return wrap(torch.tensor(self._cardinality))

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element."""
        if callable(self._spec):
            self._spec = self._spec()
        return self._spec

    def __repr__(self) -> str:
        return f"<{type(self).__name__} element_spec={self.element_spec}>"

    def get_single_element(self, name: str | None = None) -> Any:
        """The one element there is.

        Raises:
            InvalidArgumentError: there is none, or more than one.
        """
        found = list(itertools.islice(self._elements(), 2))
        if len(found) != 1:
            how_many = "more than one element" if found else "none"
            raise InvalidArgumentError(
                f"get_single_element needs a data set of one element; this has {how_many}."
            )
        return faced(found[0])

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """A function of what came so far and the next element, to the end."""
        call = calling.of_values(reduce_func, "reduce_func")
        state = plain_element(initial_state)
        for element in self._elements():
            found = call(state, element)
            calling.check_state(state, found, "reduce")
            state = found
        return faced(state)

    def options(self) -> Options:
        """How it is carried out; nothing here depends on it."""
        return self._options

    def with_options(self, options: Any, name: str | None = None) -> Dataset:
        """The same."""
        found = self._same(self._elements)
        found._options = options
        return found

    def apply(self, transformation_func: Callable[[Any], Any]) -> Any:
        """What a function makes of it."""
        return transformation_func(self)

    # Functions of the program.

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        synchronous: Any = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Each element through a function, which gets the parts of a tuple as its arguments."""
        call = calling.of_elements(map_func)
        return Dataset(
            lambda: map(call, self._elements()),
            lambda: calling.spec_after(call, self._elements, lambda: self.element_spec),
            self._cardinality,
            works=True,
        )

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of which a condition is true."""
        call = calling.of_elements(predicate, "predicate")
        return self._same(
            lambda: (e for e in self._elements() if calling.truth(call(e), "predicate")), UNKNOWN, works=True
        )

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The first ones, as long as a condition is true."""
        call = calling.of_elements(predicate, "predicate")

        def begin() -> Iterator[Any]:
            return itertools.takewhile(lambda e: calling.truth(call(e), "predicate"), self._elements())

        return self._same(begin, UNKNOWN, works=True)

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the data set that a function makes of each, one data set after the other."""
        return self.interleave(map_func, cycle_length=1)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of the data sets that a function makes, ``block_length`` of each of ``cycle_length`` in turn."""
        call = calling.of_elements(map_func)

        def one(element: Any) -> Dataset:
            found = call(element)
            if not isinstance(found, Dataset):
                raise Unlike(
                    f"map_func must give a data set; received {found!r}. map takes functions of elements."
                )
            return found

        def spec() -> Any:
            return calling.spec_after(one, self._elements, lambda: self.element_spec).element_spec

        cycle = order.some_at_once(cycle_length)
        block = 1 if block_length is None else whole_number(block_length, "block_length", 1)
        begin = order.interleaved(self._elements, lambda e: one(e)._elements(), cycle, block)
        return Dataset(begin, spec, UNKNOWN, works=True)

    def scan(
        self,
        initial_state: Any,
        scan_func: Callable[..., Any],
        use_default_device: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """A function of a state and each element, which gives the next state and an element."""
        call = calling.of_values(scan_func, "scan_func")
        first = plain_element(initial_state)

        def begin() -> Iterator[Any]:
            state = first
            for element in self._elements():
                found = call(state, element)
                if not isinstance(found, tuple) or len(found) != 2:
                    raise Unlike(f"scan_func must give the next state and an element; received {found!r}.")
                calling.check_state(state, found[0], "scan")
                state = found[0]
                yield found[1]

        def spec() -> Any:
            return calling.spec_after(lambda e: call(first, e)[1], self._elements, lambda: self.element_spec)

        return Dataset(begin, spec, self._cardinality, works=True)

    # Order.

    def shuffle(
        self,
        buffer_size: Any,
        seed: Any = None,
        reshuffle_each_iteration: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """In random order: each is drawn from a buffer of the next ones.

        The distribution is TensorFlow's, the order for a seed is not.

        Args:
            seed: gives the same orders again.
            reshuffle_each_iteration: false: the same order in each pass.
        """
        size = whole_number(buffer_size, "buffer_size")
        if size == UNKNOWN and self._cardinality >= 0:
            size = max(1, self._cardinality)
        whole_number(size, "buffer_size", 1)
        draws = order.Draws(seed, reshuffle_each_iteration is not False)
        return self._reordered(rows.drawn(size, draws), order.shuffled(self._elements, size, draws))

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """The first ones; all for -1."""
        number = whole_number(count, "count")
        if number < 0:
            return self._same(self._elements)
        known = self._cardinality
        length = known if known == UNKNOWN else number if known == INFINITE else min(number, known)
        return self._reordered(rows.first(number), lambda: itertools.islice(self._elements(), number), length)

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """All but the first ones; none for -1."""
        number = whole_number(count, "count")
        if number < 0:
            return self.take(0)
        known = self._cardinality
        return self._reordered(
            rows.without(number),
            lambda: itertools.islice(self._elements(), number, None),
            known if known < 0 else max(0, known - number),
        )

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """Each ``num_shards``-th, from the one of number ``index`` on."""
        number, first = whole_number(num_shards, "num_shards", 1), whole_number(index, "index", 0)
        if first >= number:
            raise InvalidArgumentError(
                f"index must be below num_shards={number}, the first shard is 0; received {first}."
            )
        known = self._cardinality
        return self._reordered(
            rows.every(number, first),
            lambda: itertools.islice(self._elements(), first, None, number),
            known if known < 0 else len(builtins.range(first, known, number)),
        )

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """Over and over, without end unless ``count`` says how often."""
        times = -1 if count is None else whole_number(count, "count")
        known = self._cardinality
        if times < 0:
            length = 0 if known == 0 else INFINITE
        else:
            length = 0 if times == 0 else known if known < 0 else known * times
        again = self._rows.order if self._rows else None
        table = self._rows and self._rows.ordered(lambda _: order.over_again(again, times))  # type: ignore[arg-type]
        if table:
            return _of_rows(table, self._spec_later(), length)
        return self._same(lambda: order.over_again(self._elements, times), length)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """These, then those.

        Raises:
            Unlike: their elements are of other structures or types.
        """

        def spec() -> Any:
            return common(self.element_spec, dataset.element_spec, "concatenate: both data sets")

        lengths = self._cardinality, dataset._cardinality
        length = INFINITE if INFINITE in lengths else UNKNOWN if UNKNOWN in lengths else sum(lengths)
        known = spec if callable(self._spec) or callable(dataset._spec) else spec()
        return Dataset(
            lambda: itertools.chain(self._elements(), dataset._elements()),
            known,
            length,
            works=self._works or dataset._works,
        )

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Each with its number before it."""
        table, spec, _ = sources.numbers((whole_number(start, "start"), None), "int64")
        return Dataset.zip(_of_rows(table, spec, INFINITE), self)

    def unique(self, name: str | None = None) -> Dataset:
        """Each element once; of whole numbers and texts."""
        known = None if callable(self._spec) else self._spec
        kinds = ("int32", "int64", "string")
        leaves = [] if known is None else flatten(known)
        if known is not None and (len(leaves) != 1 or leaves[0].dtype.name not in kinds):
            raise Unlike(f"unique is of elements of one tensor of type {', '.join(kinds)}; received {known}.")
        return self._same(order.unique(self._elements), UNKNOWN)

    # Together and apart.

    def batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """``batch_size`` elements stacked along a new first axis; the rest too, unless ``drop_remainder``."""
        size = whole_number(batch_size, "batch_size", 1)
        dropped, table = bool(drop_remainder), self._rows
        if table is not None:
            begin: Callable[[], Iterator[Any]] = lambda: table.batches(size, dropped)  # noqa: E731
        else:
            begin = batching.batched(self._elements, size, dropped)
        length = self._batches(size, dropped)
        return Dataset(
            begin,
            self._spec_later(lambda spec: batched_spec(spec, size if dropped else None)),
            length,
            works=self._works,
        )

    def _batches(self, size: int, drop_remainder: bool) -> int:
        known = self._cardinality
        return known if known < 0 else known // size if drop_remainder else -(-known // size)

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Dataset:
        """``batch_size`` elements, each filled up at its end to the longest of the batch, or to ``padded_shapes``."""
        size, dropped = whole_number(batch_size, "batch_size", 1), bool(drop_remainder)
        padding = batching.Padding(padded_shapes, padding_values)
        return Dataset(
            batching.batched(self._elements, size, dropped, padding.together),
            self._spec_later(lambda spec: padding.spec(spec, size if dropped else None)),
            self._batches(size, dropped),
            works=self._works,
        )

    def ragged_batch(self, *args: Any, **given: Any) -> Any:
        """Raises: UnimplementedError: there are no ragged tensors."""
        raise UnimplementedError(
            "ragged_batch needs ragged tensors, which are not here; padded_batch fills the shorter ones up."
        )

    dense_to_ragged_batch = ragged_batch

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of each element."""

        spec = self._spec_later(unbatched_spec)
        known, length = self._cardinality, UNKNOWN
        if known >= 0 and not callable(self._spec):
            sizes = {
                leaf.shape[0] for leaf in flatten(self._spec) if isinstance(leaf, TensorSpec) and leaf.shape
            }
            size = sizes.pop() if len(sizes) == 1 else None
            length = UNKNOWN if size is None else known * size
        return Dataset(
            batching.unbatched(self._elements),
            spec,
            INFINITE if known == INFINITE else length,
            works=self._works,
        )

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: str | None = None) -> Dataset:
        """Batches of another size, or of several in turn."""
        given = batch_size if isinstance(batch_size, (list, tuple)) else [batch_size]
        sizes = [whole_number(each, "batch_size", 1) for each in given]
        size = sizes[0] if drop_remainder and len(set(sizes)) == 1 else None
        return Dataset(
            batching.rebatched(self._elements, sizes, drop_remainder),
            self._spec_later(lambda spec: batched_spec(unbatched_spec(spec), size)),
            UNKNOWN,
            works=self._works,
        )

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Dataset:
        """Data sets of ``size`` elements, each beginning ``shift`` after the one before; of tuples, a tuple of them."""
        length = whole_number(size, "size", 1)
        step = length if shift is None else whole_number(shift, "shift", 1)
        apart, dropped = whole_number(stride, "stride", 1), bool(drop_remainder)

        def begin() -> Iterator[Any]:
            for window in batching.windowed(self._elements, length, step, apart, dropped):
                columns = zip(*map(flatten, window), strict=True)
                yield packed(window[0], [_of_list(list(column)) for column in columns])

        known = self._cardinality
        if known >= 0:
            rest = known - ((length - 1) * apart + 1)
            known = max(0, rest // step + 1) if dropped else -(-known // step)
        return Dataset(
            begin,
            self._spec_later(lambda spec: mapped(lambda leaf: DatasetSpec(leaf, _of_list), spec)),
            known,
            works=self._works,
        )

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Elements of one key together, ``window_size`` at a time, as a data set of which a function makes another."""
        if (window_size is None) == (window_size_func is None):
            raise ArgumentError("group_by_window takes window_size or window_size_func, one of them.")
        key_of = calling.of_elements(key_func, "key_func")
        reducer = calling.of_values(reduce_func, "reduce_func")

        def size_of(key: int) -> int:
            if window_size_func is None:
                return whole_number(window_size, "window_size", 1)
            return int(window_size_func(wrap(torch.tensor(key))))

        def reduced(key: int, group: list[Any]) -> Iterator[Any]:
            found: Iterator[Any] = reducer(torch.tensor(key), self._of_these(group))._elements()
            return found

        def spec() -> Any:
            first = list(itertools.islice(self._elements(), 1))
            return reducer(torch.tensor(0), self._of_these(first)).element_spec

        return Dataset(batching.grouped(self._elements, key_of, size_of, reduced), spec, UNKNOWN, works=True)

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: Any,
        bucket_batch_sizes: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Batches of elements of about one length, padded."""
        found: Dataset = batching.by_length(
            self, element_length_func, [int(each) for each in bucket_boundaries],
            [int(each) for each in bucket_batch_sizes],
            {"padded_shapes": padded_shapes, "padding_values": padding_values, "drop_remainder": drop_remainder},
            to_boundary=pad_to_bucket_boundary, no_padding=no_padding,
        )  # fmt: skip
        return found

    def rejection_resample(self, *args: Any, **given: Any) -> Any:
        """Raises: UnimplementedError: it is not here."""
        raise UnimplementedError(
            "rejection_resample is not here; Dataset.sample_from_datasets([a, b], weights) draws classes as often as "
            "wanted, class_weight of fit weighs them."
        )

    # Kept.

    def cache(self, filename: Any = "", name: str | None = None) -> Dataset:
        """Kept from the first whole pass on, in memory or in a file."""
        path = sources.path_text(filename)
        if path:
            return self._same(keeping.kept_in_file(self._elements, Path(f"{path}.elements")))
        return self._reordered(keeping.KeptPlaces(), keeping.Kept(self._elements))

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Dataset:
        """The next elements are made in another thread while one is used, where there is work to do."""
        size = whole_number(buffer_size, "buffer_size", -1)
        if not self._works or size == 0:
            return (
                self._same(self._elements)
                if self._rows is None
                else _of_rows(self._rows, self._spec_later(), self._cardinality)
            )
        return self._same(keeping.ahead(self._elements, min(8, 2 if size < 0 else size)))

    def snapshot(self, path: Any, *args: Any, **given: Any) -> Dataset:
        """Kept in a file of a folder."""
        return self.cache(str(Path(sources.path_text(path)) / "snapshot"))

    def save(
        self, path: Any, compression: Any = None, shard_func: Any = None, checkpoint_args: Any = None
    ) -> None:
        """Into a folder, for ``load``. TensorFlow does not read it."""
        with element_files.written(element_files.file_in(path)) as add:
            for element in self._elements():
                add(element)

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Dataset:
        """Without the elements that end in an error."""
        return self._same(lambda: calling.without_errors(self._elements()), UNKNOWN)

    # Inside.

    def asserted(self, expected: int) -> Dataset:
        """The same, of which a program says how many there are."""

        def begin() -> Iterator[Any]:
            found = 0
            for element in self._elements():
                found += 1
                if found > expected:
                    break
                yield element
            if found != expected:
                raise FailedPreconditionError(
                    f"the data set was said to have {expected} elements; it has "
                    f"{'more' if found > expected else found}."
                )

        return self._same(begin, expected)

    def _of_these(self, elements: list[Any]) -> Dataset:
        return Dataset(lambda: iter(elements), self._spec_later(), len(elements))

    def _spec_later(self, change: Callable[[Any], Any] = lambda spec: spec) -> Any:
        if callable(self._spec):
            return lambda: change(self.element_spec)
        return change(self._spec)

    def _same(
        self, elements: Callable[[], Iterator[Any]], cardinality: int | None = None, works: bool | None = None
    ) -> Dataset:
        """Elements like these."""
        return Dataset(
            elements,
            self._spec_later(),
            self._cardinality if cardinality is None else cardinality,
            works=self._works if works is None else works,
        )

    def _reordered(
        self,
        change: Callable[[rows.Places], rows.Places],
        elements: Callable[[], Iterator[Any]],
        cardinality: int | None = None,
    ) -> Dataset:
        """Rows in another order, else the elements."""
        if self._rows is None:
            return self._same(elements, cardinality)
        length = self._cardinality if cardinality is None else cardinality
        return _of_rows(self._rows.ordered(change), self._spec_later(), length)


def _of_rows(table: rows.Rows, spec: Any, length: int) -> Dataset:
    return Dataset(table.elements, spec, length, of_rows=table)


class TextLineDataset(Dataset):
    """The lines of files, without their ends.

    Args:
        filenames: one or several, also as a data set.
        compression_type: None, ``"GZIP"`` or ``"ZLIB"``.

    Raises:
        NotFoundError: when it is gone through, of a file that is not there.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        names = _names(filenames)
        super().__init__(lambda: sources.lines(names(), compression_type), TensorSpec((), "string"), UNKNOWN)


class TFRecordDataset(Dataset):
    """The records of TFRecord files, as texts.

    Args:
        filenames: one or several, also as a data set.
        compression_type: None, ``"GZIP"`` or ``"ZLIB"``.

    Raises:
        NotFoundError: when it is gone through, of a file that is not there.
        DataLossError: of one whose content is not what was written.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        names, packed = _names(filenames), records.kind(compression_type)
        super().__init__(lambda: records.records(names(), packed), TensorSpec((), "string"), UNKNOWN)


def _names(filenames: Any) -> Callable[[], Any]:
    if isinstance(filenames, Dataset):
        return lambda: (each.text() for each in filenames._elements())
    return functools.partial(sources.patterns, filenames)


def _of_list(elements: list[Any]) -> Dataset:
    return Dataset(lambda: iter(elements), spec_of(elements[0]), len(elements))


def _mixed(datasets: list[Dataset], numbers: Callable[[], Iterator[int]], stop_on_empty: bool) -> Dataset:
    if not datasets:
        raise InvalidArgumentError("datasets must be a list of at least one data set; received none.")

    def spec() -> Any:
        found = datasets[0].element_spec
        for each in datasets[1:]:
            found = common(found, each.element_spec, "datasets: all")
        return found

    length = INFINITE if all(each._cardinality == INFINITE for each in datasets) else UNKNOWN
    begin = order.chosen([each._elements for each in datasets], numbers, stop_on_empty)
    return Dataset(begin, spec, length, works=any(each._works for each in datasets))

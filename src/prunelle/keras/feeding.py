"""From whatever a program gives ``fit`` to what Keras 3 takes.

Batches of arrays are cut here. Generators, ``Sequence`` objects, iterators with ``next`` and data sets become a
``Batches``, an adapter of Keras's own kind: Keras 3 takes generators of Python alone, of tuples alone, and no weights
of classes with them.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras import batches as core
from prunelle.keras import differences, seeds
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation, in_force
from prunelle.keras.overlay import Overlay, like
from prunelle.keras.pipeline.dataset import INFINITE, Dataset

_Adapter: Any = private("trainers.data_adapters.data_adapter").DataAdapter


class Batches(_Adapter):  # type: ignore[misc]
    """Batches that something else makes, one after the other.

    Args:
        data: with ``__len__`` and ``__getitem__``, else with ``__iter__``, else with ``__next__``.
        steps: batches an epoch; None for all there are.
        shuffle: a ``Sequence``'s batches in another order at each epoch.
        class_weight: weight of each class, by its number.
        names: of a model's outputs.
        inputs: of a model's inputs; what else a batch brings under other names is left out.
        evaluates: each evaluation begins anew, so none is made that it does not ask for.
    """

    def __init__(
        self,
        data: Any,
        steps: int | None,
        *,
        shuffle: bool = False,
        class_weight: Any = None,
        names: Sequence[str] = (),
        inputs: Sequence[str] = (),
        evaluates: bool = False,
    ) -> None:
        self._data, self._steps, self._evaluates = data, steps, evaluates
        self._indexed = hasattr(data, "__getitem__") and hasattr(data, "__len__")
        self._once = not self._indexed and hasattr(data, "__next__")
        self._shuffle = shuffle and self._indexed and not hasattr(data, "shuffle")
        self._class_weight, self._names, self._inputs = class_weight, names, inputs
        self._begun: tuple[Any, Iterator[Any]] | None = None

    def first(self) -> Any:
        """A batch, which comes again as the first of the next epoch: to know shapes by."""
        if self._begun is None:
            batches = iter(self.get_torch_dataloader())
            first = next(batches, None)
            if first is None:
                raise ArgumentError(f"the data gave no batch.{_why_empty(self._data)}")
            self._begun = first, batches
        return self._begun[0]

    def get_torch_dataloader(self) -> Iterator[Any]:
        """The batches: of an epoch, or one epoch after the other where an epoch has a number of steps of its own.

        They are made ahead in another thread, unless they come from an iterator, which may be in use elsewhere.
        """
        if self._begun is not None:
            (first, rest), self._begun = self._begun, None
            yield first
            yield from rest
            return
        batches: Iterator[Any] = itertools.islice(self._epochs(), self._steps if self._evaluates else None)
        if seeds.ahead() and not self._once and getattr(self._data, "prefetchable", True):
            batches = core.read_ahead(batches)
        for batch in batches:
            yield _standard(batch, self._class_weight, self._names, self._inputs)

    def _epochs(self) -> Iterator[Any]:
        while True:
            if self._indexed:
                order = list(range(len(self._data)))
                if self._shuffle:
                    order = torch.randperm(len(order)).tolist()
                for index in order:
                    yield self._data[index]
                if hasattr(self._data, "on_epoch_end"):
                    self._data.on_epoch_end()
            else:
                # Not "yield from", which would close the program's generator when this one is closed.
                passing = self._data.elements() if isinstance(self._data, Dataset) else self._data
                for batch in passing:  # noqa: UP028
                    yield batch
            if self._steps is None or self._once:
                return

    get_numpy_iterator = get_torch_dataloader

    @property
    def num_batches(self) -> int | None:
        """None where nobody knows before the end, or where an epoch has its own number."""
        if isinstance(self._data, Dataset):
            known = int(self._data.cardinality())
            return None if self._steps or known < 0 else known
        return None if self._steps or not hasattr(self._data, "__len__") else len(self._data)

    @property
    def batch_size(self) -> int | None:
        """Nobody knows."""
        return None

    @property
    def has_partial_batch(self) -> bool | None:
        """Nobody knows."""
        return None

    @property
    def partial_batch_size(self) -> int | None:
        """Nobody knows."""
        return None


def lay(overlay: Overlay, generation: Generation) -> None:
    """Batches of arrays are cut out of them here."""
    adapter = private("trainers.data_adapters.array_data_adapter.ArrayDataAdapter")
    overlay.put(adapter, "get_torch_dataloader", _cut(adapter.get_torch_dataloader, generation))


def _cut(original: Any, generation: Generation) -> Any:
    """An index a batch, in place of a data loader of an index an example: half a millisecond of each step."""

    @like(original)
    def batches(self: Any) -> Any:
        flat = keras.tree.flatten(self._inputs)
        if self._shuffle == "batch" or not all(each is None or _is_plain(each) for each in flat):
            return original(self)
        number = self._num_samples
        order = _order(number, generation) if self._shuffle else None
        return _batches(self._inputs, flat, order, [*range(0, number, self._batch_size), number])

    return batches


def _batches(inputs: Any, flat: list[Any], order: torch.Tensor | None, bounds: list[int]) -> Iterator[Any]:
    floats = getattr(torch, keras.config.floatx())
    tensors = [None if each is None else core.tensor(each) for each in flat]
    kinds = [floats if t is not None and t.is_floating_point() else None for t in tensors]
    simple = isinstance(inputs, tuple) and len(inputs) == len(flat)
    for start, end in itertools.pairwise(bounds):
        rows = slice(start, end) if order is None else order[start:end]
        cut = [
            None if tensor is None else tensor[rows] if kind is None else tensor[rows].to(kind)
            for tensor, kind in zip(tensors, kinds, strict=True)
        ]
        yield tuple(cut) if simple else keras.tree.pack_sequence_as(inputs, cut)


def _is_plain(array: Any) -> bool:
    if isinstance(array, np.ndarray):
        return array.dtype.kind in "fi" or array.dtype == np.uint8
    return torch.is_tensor(array) and array.device.type == "cpu"


def _order(examples: int, generation: Generation) -> torch.Tensor:
    """Another at each epoch, by the generator that programs of the generation seed: NumPy's until tf.keras."""
    if not differences.SEEDS.of(generation):
        return torch.randperm(examples)
    order = np.arange(examples)
    np.random.shuffle(order)
    return torch.from_numpy(order)


def _why_empty(data: Any) -> str:
    """What to do about a folder without pictures; nothing is known of other data."""
    folder = getattr(data, "directory", None)
    if not isinstance(folder, str):
        return ""
    return (
        f" flow_from_directory looks for pictures in folders inside {folder!r}, one a class, and found none there: put "
        f"the pictures into a folder inside it, or name the folder above."
    )


def _standard(batch: Any, class_weight: Any, names: Sequence[str] = (), inputs: Sequence[str] = ()) -> Any:
    x, y, weights = core.split(batch)
    x, y, weights = (_tensors(each) for each in (_asked_for(x, inputs), y, weights))
    y, weights = _in_order(y, names, all_of_them=True), _in_order(weights, names)
    weights = _ones_for_none(weights, y)
    if class_weight is not None and y is not None:
        weights = _weighted(y, weights, class_weight, names)
    if weights is not None:
        return x, y, weights
    if y is not None:
        return x, y
    # A step of a program's own gets what its data set gives: pictures alone are no tuple.
    return (x,) if isinstance(batch, tuple) or isinstance(x, (list, tuple)) else x


def _ones_for_none(weights: Any, y: Any) -> Any:
    """Weights of 1 for those of several outputs that have none."""
    if not isinstance(weights, list) or not any(each is None for each in weights):
        return weights
    return [
        np.ones(len(labels), np.float32) if each is None else each
        for each, labels in zip(weights, y, strict=True)
    ]


def _tensors(value: Any) -> Any:
    if value is None or isinstance(value, (str, Text)):
        return value
    if isinstance(value, Mapping):
        return {name: _tensors(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)) and any(each is not None and np.ndim(each) for each in value):
        return [_tensors(each) for each in value]
    return core.tensor(value)


@dataclasses.dataclass
class Fed:
    """What Keras is given in the place of a program's own."""

    x: Any
    y: Any = None
    sample_weight: Any = None
    class_weight: Any = None
    adapted: bool = False


def fed(
    model: Any,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    steps: int | None = None,
    shuffle: bool = False,
    class_weight: Any = None,
    called: str = "steps",
    batch_size: Any = None,
) -> Fed:
    """Data of ``fit``, ``evaluate`` or ``predict`` as Keras 3 takes it; ``called`` is what ``steps`` is called."""
    if x is None or isinstance(x, _Adapter):
        return Fed(x, y, sample_weight, class_weight, adapted=x is not None)
    x, y, sample_weight = (_values(each) for each in (x, y, sample_weight))
    labels = y
    if not core.is_arrays(x) and not isinstance(x, torch.utils.data.DataLoader) and not _is_text(x):
        if y is not None:
            raise ArgumentError(
                f"y must be left out when x is a generator or a data set ({type(x).__name__}): its batches bring "
                f"their labels."
            )
        if not any(hasattr(x, name) for name in ("__getitem__", "__iter__", "__next__")):
            raise ArgumentError(
                f"data must be arrays, a generator or a data set; received {type(x).__name__}."
            )
        if steps is None and isinstance(x, Dataset) and int(x.cardinality()) == INFINITE:
            raise ArgumentError(
                f"{called} must be given with a data set without end (repeat()): nobody knows otherwise where an epoch "
                f"ends."
            )
        endless = hasattr(x, "__next__") and not hasattr(x, "__len__")
        if endless and steps is None and in_force() <= Generation.KERAS_2:
            # From tf.keras on, one may end; until then none did.
            raise ArgumentError(
                f"{called} must be given with a generator, which does not say where an epoch ends; received "
                f"{type(x).__name__} and {called}=None."
            )
        weight = class_weight
        if class_weight is not None and not _by_output(class_weight, model):
            weight = classes(class_weight, None)
        return Fed(
            Batches(
                x,
                steps,
                shuffle=shuffle,
                class_weight=weight,
                names=_outputs(model),
                inputs=_inputs(model),
                evaluates=called != "steps_per_epoch",
            ),
            adapted=True,
        )
    x, y, sample_weight = (
        arrays(_asked_for(x, _inputs(model)), model, "inputs"),
        arrays(y, model, "outputs"),
        arrays(sample_weight, model, ""),
    )
    for each in keras.tree.flatten((x, y, sample_weight)):
        _holds_numbers(each)
    names = _outputs(model)
    y, sample_weight = _in_order(y, names, all_of_them=True), _in_order(sample_weight, names)
    sample_weight = _ones_for_none(sample_weight, y)
    if class_weight is not None:
        if not _by_output(class_weight, model):
            class_weight = classes(class_weight, labels)
        sample_weight = _weighted(y, sample_weight, class_weight, names)
        class_weight = None
    if steps is not None and batch_size is None and differences.WHOLE_STEPS.of(in_force()):
        whole = tuple(each for each in (x, y, sample_weight) if each is not None)
        return Fed(Batches(itertools.repeat(whole), steps), adapted=True)
    return Fed(x, y, sample_weight, class_weight)


def _values(data: Any) -> Any:
    """The values of variables (``K.variable``, ``K.zeros``), which programs give as data, too."""
    if isinstance(data, keras.Variable):
        return data.value.detach()
    if isinstance(data, (list, tuple)) and any(isinstance(each, keras.Variable) for each in data):
        return [_values(each) for each in data]
    if isinstance(data, Mapping):
        return {name: _values(each) for name, each in data.items()}
    return data


def _holds_numbers(array: Any) -> None:
    if not isinstance(array, np.ndarray):
        return
    if array.dtype.kind in "SU":
        raise ArgumentError(f"arrays must hold numbers; received an array of {array.dtype}.")
    if array.ndim and not len(array):
        raise ArgumentError(f"the arrays hold no example: their first axis is 0, shape {array.shape}.")


def _outputs(model: Any) -> Sequence[str]:
    """The names of a model's outputs; nothing where its only one is in a mapping, as its labels are to be then."""
    names: Sequence[str] = getattr(model, "output_names", None) or ()
    struct = getattr(getattr(model, "_functional", None) or model, "_outputs_struct", None)
    return () if len(names) == 1 and isinstance(struct, Mapping) else names


def _in_order(values: Any, names: Sequence[str], *, all_of_them: bool = False) -> Any:
    """What a mapping has for a model's outputs: a list, or what there is for the only one."""
    if not names or not isinstance(values, Mapping) or (all_of_them and not set(names) <= set(values)):
        return values
    found = [values.get(name) for name in names]
    return found if len(names) > 1 else found[0]


def _inputs(model: Any) -> Sequence[str]:
    """What a model with a graph calls its inputs in a mapping; nothing where only its ``call`` knows."""
    struct = getattr(getattr(model, "_functional", None) or model, "_inputs_struct", None)
    return list(struct) if isinstance(struct, Mapping) else getattr(model, "input_names", None) or ()


def _asked_for(x: Any, names: Sequence[str]) -> Any:
    """Of a mapping, what the model has inputs for: it may bring more, as the words of a picture, to be shown."""
    if isinstance(x, Mapping) and names and set(names) < set(x):
        return {name: x[name] for name in names}
    return x


def _by_output(class_weight: Any, model: Any) -> bool:
    names = getattr(model, "output_names", None) or ()
    return isinstance(class_weight, Mapping) and any(name in names for name in class_weight)


def _weighted(y: Any, weights: Any, class_weight: Any, names: Sequence[str]) -> Any:
    """The weight of each example times that of its class, for each output."""

    def one(labels: Any, weight: Any, by_class: Any) -> Any:
        if by_class is None:
            found = torch.ones(len(labels))
        else:
            every = in_force() != Generation.KERAS_3
            found = core.class_weights(
                torch.as_tensor(np.asarray(labels)), classes(by_class, labels), every=every
            )
        weights = found if torch.is_tensor(labels) else found.numpy()
        return weights if weight is None else weight * weights

    if not isinstance(y, (list, tuple)):
        inner = (
            next(iter(class_weight.values()))
            if isinstance(next(iter(class_weight.values()), None), Mapping)
            else class_weight
        )
        return one(y, weights, inner)
    given = weights if isinstance(weights, (list, tuple)) else [weights] * len(y)
    by_output = isinstance(next(iter(class_weight.values()), None), Mapping)
    return [
        one(labels, weight, class_weight.get(name) if by_output else class_weight)
        for name, labels, weight in zip(
            names if len(names) == len(y) else [""] * len(y), y, given, strict=True
        )
    ]


def classes(class_weight: Any, labels: Any) -> dict[int, float]:
    """``class_weight`` as a dictionary: of one, of an array or a list in the order of classes, or ``"balanced"``.

    Raises:
        ArgumentError: something else.
    """
    if isinstance(class_weight, Mapping):
        try:
            return {int(number): float(weight) for number, weight in class_weight.items()}
        except (TypeError, ValueError):
            raise ArgumentError(
                f"class_weight must be a weight by the number of each class, as {{0: 1.0, 1: 3.0}}; received "
                f"{class_weight!r}."
            ) from None
    if isinstance(class_weight, str):
        if class_weight not in ("balanced", "auto") or labels is None:
            raise ArgumentError(
                f"class_weight must be a weight by class, as {{0: 1.0, 1: 3.0}}, or 'balanced' with arrays; received "
                f"{class_weight!r}."
            )
        known = np.asarray(labels)
        known = known.argmax(-1) if known.ndim > 1 and known.shape[-1] > 1 else known.reshape(-1)
        numbers, counts = np.unique(known.astype(int), return_counts=True)
        return {int(n): len(known) / (len(numbers) * int(c)) for n, c in zip(numbers, counts, strict=True)}
    return {number: float(weight) for number, weight in enumerate(np.asarray(class_weight).reshape(-1))}


def arrays(values: Any, model: Any, side: str) -> Any:
    """Lists of numbers as arrays; a list of one array as the array, where a model has one input (or output)."""
    if isinstance(values, (list, tuple)):
        if any(each is None for each in values):
            return [None if each is None else arrays(each, None, "") for each in values]
        if not all(np.ndim(each) if not torch.is_tensor(each) else each.ndim for each in values):
            return np.asarray(values)  # numbers
        if all(isinstance(each, (list, tuple)) for each in values):
            return np.asarray(values)  # rows of numbers
        if len(values) == 1 and len(_ends(model, side)) == 1:
            return values[0]
        if len(values) > 1 and side and _has_one(model, side) and not torch.is_tensor(values[0]):
            return np.asarray(values)
        return [arrays(each, None, "") for each in values]
    if isinstance(values, Mapping):
        return {name: arrays(each, None, "") for name, each in values.items()}
    if isinstance(values, np.ndarray) and values.dtype == object:
        return np.stack([np.asarray(each) for each in values])
    return values


def _has_one(model: Any, side: str) -> bool:
    """Whether a list can only be rows of one input or output: of a ``Model``'s own ``call`` nobody knows."""
    return len(_ends(model, side)) == 1 and (
        isinstance(model, keras.Sequential) or getattr(model, side, None) is not None
    )


def _ends(model: Any, side: str) -> list[Any]:
    try:
        ends = getattr(model, side or "outputs")
    except AttributeError:
        return [None]
    return list(keras.tree.flatten(ends)) if ends is not None else [None]


def _is_text(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and bool(x) and all(isinstance(each, str) for each in x)

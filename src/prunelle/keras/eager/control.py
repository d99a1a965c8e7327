"""Conditions, loops and functions of ``tf`` itself: here they are Python's, as everything has its value at once."""

from __future__ import annotations

import builtins
import contextlib
import functools
import itertools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.dtypes import DType, as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.not_here import NotHere
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.tensor import convert, plain, wrap
from prunelle.keras.floor import keras

map_structure: Any = keras.tree.map_structure
flatten: Any = keras.tree.flatten


class TensorSpec:
    """The shape, type and name of a tensor: what ``input_signature`` and ``element_spec`` are made of."""

    def __init__(self, shape: Any = None, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = None if shape is None else TensorShape(shape)
        self.dtype: DType = as_dtype(dtype)
        self.name = name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """That of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether such a tensor can be of this shape and type."""
        fits = self.shape is None or self.shape.is_compatible_with(tuple(other.shape))
        return bool(self.dtype == other.dtype) and fits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        shape = "<unknown>" if self.shape is None else self.shape
        return f"TensorSpec(shape={shape}, dtype={self.dtype!r}, name={self.name!r})"


class NoGraph(NotHere, AttributeError):
    """Asked of a function, so that ``hasattr`` says no."""


class Function:
    """What ``@tf.function`` makes of a function: one that is called as it is, since there are no graphs."""

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature

    def __call__(self, *args: Any, **given: Any) -> Any:
        """What the function gives; arrays and numbers of a signature become tensors of it."""
        if self.input_signature is not None and len(args) == len(self.input_signature):
            args = tuple(
                wrap(convert(each, hint=spec.dtype)) if isinstance(spec, TensorSpec) else each
                for each, spec in zip(args, self.input_signature, strict=True)
            )
        return map_structure(_as_value, self.python_function(*args, **given))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Of a class, it is a method."""
        if instance is None:
            return self
        return Function(functools.partial(self.python_function, instance), self.input_signature)

    def get_concrete_function(self, *args: Any, **given: Any) -> Function:
        """Itself, where only tensors are given; numbers and objects that are given here are given to it from now on."""
        fixed = [not isinstance(each, (TensorSpec, torch.Tensor)) for each in args]
        named = {
            name: each for name, each in given.items() if not isinstance(each, (TensorSpec, torch.Tensor))
        }
        if not any(fixed) and not named:
            return self
        function = self.python_function

        def concrete(*rest: Any, **more: Any) -> Any:
            left = iter(rest)
            filled = [each if known else next(left) for each, known in zip(args, fixed, strict=True)]
            return function(*filled, *left, **named, **more)

        return Function(functools.update_wrapper(concrete, function))

    def __getattr__(self, name: str) -> Any:
        if name in _OF_GRAPHS:
            raise NoGraph(
                f"Prunelle has no graph of a tf.function, so none of its {name}: the function is called as it is."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def experimental_get_tracing_count(self) -> int:
        """It was never made a graph of."""
        return 0


_OF_GRAPHS = frozenset(
    (
        *("graph", "function_def", "inputs", "outputs", "structured_outputs", "structured_input_signature"),
        *("pretty_printed_concrete_signatures", "function_type", "inference_fn", "captured_inputs"),
    )
)


def _as_value(value: Any) -> Any:
    """Numbers and arrays that a graph would give are tensors; other objects stay as they are."""
    kinds = (bool, int, float, complex, np.ndarray, np.generic)
    return wrap(convert(value)) if isinstance(value, kinds) else value


def function(func: Any = None, input_signature: Any = None, **ignored: Any) -> Any:
    """``@tf.function``, with or without brackets: the function is called as it is, there are no graphs."""
    if func is None:
        return lambda given: function(given, input_signature)
    return Function(func, input_signature)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives its value and the function of its gradients."""

    @functools.wraps(f)
    def call(*args: Any, **given: Any) -> Any:
        tensors = [convert(each) for each in args]
        return wrap(_Own.apply(f, given, *tensors))  # type: ignore[no-untyped-call]

    return call


class _Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, f: Any, given: Any, *tensors: Any) -> Any:
        value, ctx.back = f(*[wrap(each.detach()) for each in tensors], **given)
        return plain(value)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        found = ctx.back(*[wrap(each) for each in grads])
        found = found if isinstance(found, (list, tuple)) else [found]
        return None, None, *[None if each is None else plain(wrap(convert(each))) for each in found]


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself: TensorFlow's forgets what was computed on the way, to save memory."""
    return f


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose gradient is that of its argument alone, as if it were not there."""

    @functools.wraps(f)
    def call(x: Any, *args: Any, **given: Any) -> Any:
        tensor = convert(x)
        value = convert(f(wrap(tensor), *args, **given)).detach()
        return wrap(tensor - tensor.detach() + value)

    return call


def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None) -> Any:
    """What one of two functions gives."""
    return true_fn() if bool(pred) else false_fn()


def case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, name: str | None = None, **_: Any
) -> Any:
    """What the function of the first true condition gives."""
    pairs = pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs
    for pred, chosen in pairs:
        if bool(pred):
            return chosen()
    if default is None:
        raise InvalidArgumentError("tf.case: no condition is true, and there is no default.")
    return default()


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str | None = None) -> Any:
    """What the function of a number gives; the last one's for a number that has none."""
    pairs = list(branch_fns.items()) if isinstance(branch_fns, dict) else list(branch_fns)
    table: dict[int, Any] = dict(pairs) if pairs and isinstance(pairs[0], tuple) else dict(enumerate(pairs))
    last = list(table.values())[-1]
    return table.get(int(branch_index), default or last)()


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    *ignored: Any,
    maximum_iterations: Any = None,
    **_: Any,
) -> Any:
    """``body`` of the variables, over and over while ``cond`` of them is true."""
    variables, rounds = loop_vars, 0
    many = isinstance(loop_vars, (list, tuple))
    while bool(cond(*variables) if many else cond(variables)):
        if maximum_iterations is not None and rounds >= int(maximum_iterations):
            break
        variables = body(*variables) if many else body(variables)
        if many and not isinstance(variables, (list, tuple)):
            variables = (variables,)
        rounds += 1
    return map_structure(lambda each: wrap(convert(each)), variables)


def _rows(elems: Any) -> list[Any]:
    flat = [convert(each) for each in flatten(elems)]
    return [keras.tree.pack_sequence_as(elems, [wrap(each[i]) for each in flat]) for i in range(len(flat[0]))]


def _stacked(rows: list[Any]) -> Any:
    return map_structure(lambda *each: wrap(torch.stack([convert(one) for one in each])), *rows)


def map_fn(
    fn: Callable[..., Any], elems: Any, dtype: Any = None, fn_output_signature: Any = None, **_: Any
) -> Any:
    """A function of each row, stacked."""
    rows = _rows(elems)
    if not rows:
        kind = fn_output_signature if fn_output_signature is not None else dtype
        first = convert(flatten(elems)[0])
        return wrap(first if kind is None else first.to(as_dtype(getattr(kind, "dtype", kind)).torch))
    return _stacked([fn(row) for row in rows])


def vectorized_map(fn: Callable[..., Any], elems: Any, **_: Any) -> Any:
    """A function of each row, stacked."""
    return map_fn(fn, elems)


def _begun(rows: list[Any], initializer: Any) -> Any:
    """What comes before the first row: the initialiser, or the first row, which is taken out."""
    if initializer is None:
        return rows.pop(0)
    return map_structure(lambda each: wrap(convert(each)), initializer)


def scan(fn: Callable[..., Any], elems: Any, initializer: Any = None, reverse: bool = False, **_: Any) -> Any:
    """A function of what came so far and the next row: all that it gave."""
    rows = _rows(elems)[:: -1 if reverse else 1]
    states = list(itertools.accumulate(rows, fn, initial=_begun(rows, initializer)))
    found = states if initializer is None else states[1:]
    return _stacked(found[:: -1 if reverse else 1])


def foldl(fn: Callable[..., Any], elems: Any, initializer: Any = None, **_: Any) -> Any:
    """A function of what came so far and the next row: the last that it gave."""
    rows = _rows(elems)
    return functools.reduce(fn, rows, _begun(rows, initializer))


def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, **_: Any) -> Any:
    """As ``foldl``, from the last row on."""
    rows = _rows(elems)[::-1]
    return functools.reduce(fn, rows, _begun(rows, initializer))


def py_function(func: Any = None, inp: Any = (), Tout: Any = None, name: Any = None, **_: Any) -> Any:  # noqa: N803
    """A function of Python's of tensors, whose values become tensors of types ``Tout``; ``@py_function(Tout=…)``."""
    if func is None:
        return lambda func: functools.wraps(func)(lambda *inp: py_function(func, inp, Tout))
    return _typed(func(*[wrap(convert(each)) for each in inp]), Tout)


def numpy_function(func: Any = None, inp: Any = (), Tout: Any = None, name: Any = None, **_: Any) -> Any:  # noqa: N803
    """A function of Python's of arrays, whose values become tensors of types ``Tout``; ``@numpy_function(Tout=…)``."""
    if func is None:
        return lambda func: functools.wraps(func)(lambda *inp: numpy_function(func, inp, Tout))
    return _typed(func(*[wrap(convert(each)).numpy() for each in inp]), Tout)


def _typed(value: Any, kinds: Any) -> Any:
    if kinds is None:
        return value
    if isinstance(kinds, (list, tuple)):
        values = value if isinstance(value, (list, tuple)) else (value,)
        return [wrap(convert(each, hint=as_dtype(kind))) for each, kind in zip(values, kinds, strict=True)]
    kind = kinds.dtype if isinstance(kinds, TensorSpec) else as_dtype(kinds)
    return wrap(convert(value, hint=kind))


def print(*inputs: Any, output_stream: Any = None, end: str = "\n", sep: str = " ", **_: Any) -> None:
    """To the standard error, as TensorFlow does, without what a tensor says of itself; long ones shortened."""
    streams = {"file://": None, None: sys.stderr}
    target = output_stream if hasattr(output_stream, "write") else streams.get(output_stream, sys.stderr)
    builtins.print(*(_printed(each) for each in inputs), sep=sep, end=end, file=target)


def _printed(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        inside = ", ".join(_printed(each) for each in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_printed(v)}" for k, v in value.items()) + "}"
    if not hasattr(value, "numpy"):
        return str(value)
    array = value.numpy()
    if isinstance(array, bytes):
        return array.decode(errors="replace")
    if isinstance(array, np.ndarray):
        with np.printoptions(threshold=6, edgeitems=3, formatter={"float": lambda x: f"{x:.6g}"}):
            return str(array)
    return f"{array:.9g}" if isinstance(array, np.floating) else str(array)


def group(*inputs: Any, name: str | None = None) -> None:
    """Everything is done already."""


def no_op(name: str | None = None) -> None:
    """Nothing."""


class _Scope(contextlib.AbstractContextManager[Any]):
    """A name for what is made inside; it is without effect."""

    def __init__(self, name: Any = None, *ignored: Any, **given: Any) -> None:
        self.name = name

    def __enter__(self) -> Any:
        return self.name

    def __exit__(self, *error: object) -> None:
        """Nothing to end."""

    def __call__(self, function: Any) -> Any:
        """As a decorator."""
        return function


device = init_scope = control_dependencies = _Scope

_scopes: list[str] = []


class name_scope(_Scope):  # noqa: N801 (TensorFlow calls it so)
    """A name that comes before those of ``tf.summary`` inside; it is without effect on others."""

    def __enter__(self) -> Any:
        _scopes.append(str(self.name))
        return self.name

    def __exit__(self, *error: object) -> None:
        _scopes.pop()


def scoped(name: str) -> str:
    """A name with those of the scopes around it: ``a/b/name``."""
    return "/".join([*_scopes, name])


def executing_eagerly() -> bool:
    """Yes: there are no graphs."""
    return True


def inside_function() -> bool:
    """No: there are no graphs."""
    return False


class Module:
    """An object that knows the variables of its attributes."""

    def __init__(self, name: str | None = None) -> None:
        self._name = name or type(self).__name__.lower()

    @property
    def name(self) -> str:
        """As it was called."""
        return self._name

    @property
    def variables(self) -> tuple[Any, ...]:
        """All of them, each once."""
        found: dict[int, Any] = {}
        _collect(self, found, set())
        return tuple(found.values())

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those that are learned."""
        return tuple(each for each in self.variables if each.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """Those that are not learned."""
        return tuple(each for each in self.variables if not each.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """Modules and layers that are attributes of it, and theirs."""
        modules: list[Any] = []
        _collect(self, {}, set(), modules)
        return tuple(each for each in modules if each is not self)

    @staticmethod
    def with_name_scope(method: Any) -> Any:
        """The method itself."""
        return method


def _collect(value: Any, found: dict[int, Any], seen: set[int], modules: list[Any] | None = None) -> None:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, keras.Variable):
        found[id(value)] = value
    elif isinstance(value, keras.layers.Layer):
        if modules is not None:
            modules.append(value)
        found.update((id(each), each) for each in value.weights)
    elif isinstance(value, Module):
        if modules is not None:
            modules.append(value)
        for name in sorted(vars(value)):
            _collect(vars(value)[name], found, seen, modules)
    elif isinstance(value, (list, tuple)):
        for each in value:
            _collect(each, found, seen, modules)
    elif isinstance(value, dict):
        for name in value:
            _collect(value[name], found, seen, modules)


class TensorArray:
    """A list of tensors that a loop writes to and reads from."""

    def __init__(
        self, dtype: Any, size: Any = 0, dynamic_size: bool = False, clear_after_read: Any = None, **_: Any
    ) -> None:
        self.dtype = as_dtype(dtype)
        self._dynamic = bool(dynamic_size)
        self._values: list[Any] = [None] * int(size)

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The list, with a tensor at a place.

        Raises:
            InvalidArgumentError: a place outside of a list of a given size.
        """
        place = int(index)
        if place >= len(self._values):
            if not self._dynamic:
                raise InvalidArgumentError(
                    f"index {place} is outside of a TensorArray of size {len(self._values)}; dynamic_size=True lets "
                    f"it grow."
                )
            self._values += [None] * (place + 1 - len(self._values))
        self._values[place] = wrap(convert(value, hint=self.dtype))
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """The tensor at a place."""
        return self._values[int(index)]

    def size(self, name: str | None = None) -> Any:
        """How many there are."""
        return wrap(torch.tensor(len(self._values), dtype=torch.int32))

    def stack(self, name: str | None = None) -> Any:
        """All as one tensor, along a new first axis."""
        like = next((each for each in self._values if each is not None), None)
        if like is None:
            return wrap(torch.zeros(len(self._values), dtype=self.dtype.torch))
        rows = [torch.zeros_like(plain(like)) if each is None else plain(each) for each in self._values]
        return wrap(torch.stack(rows))

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The list, with the rows of a tensor at places."""
        rows = convert(value, hint=self.dtype).unbind(0)
        for place, row in zip(convert(indices).tolist(), rows, strict=True):
            self.write(place, wrap(row))
        return self

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Those at places as one tensor, along a new first axis."""
        return wrap(torch.stack([plain(self._values[place]) for place in convert(indices).tolist()]))

    def concat(self, name: str | None = None) -> Any:
        """All as one tensor, along their first axis."""
        return wrap(torch.cat([plain(each) for each in self._values]))

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The list of a tensor's rows."""
        self._values = [wrap(each) for each in convert(value, hint=self.dtype).unbind(0)]
        return self


class IndexedSlices:
    """Rows of a tensor and their places."""

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values, self.indices, self.dense_shape = values, indices, dense_shape


class UnconnectedGradients:
    """What a tape gives where the target does not depend on a source."""

    NONE, ZERO = "none", "zero"


class VariableSynchronization:
    """How copies of a variable are kept equal: there is one."""

    AUTO, NONE, ON_WRITE, ON_READ = "auto", "none", "on_write", "on_read"


class VariableAggregation:
    """How copies of a variable are added: there is one."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = "none", "sum", "mean", "only_first_replica"


def Assert(condition: Any, data: Any = (), summarize: Any = None, name: str | None = None) -> None:  # noqa: N802
    """Raises: InvalidArgumentError: the condition is not true everywhere."""
    if not bool(torch.all(convert(condition))):
        raise InvalidArgumentError(
            f"an assertion of the program is false: {', '.join(_printed(e) for e in data)}."
        )

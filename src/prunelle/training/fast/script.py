"""A pass on a CPU as a TorchScript program of the operations it asks for.

Every operation that a pass asks for, also those that autograd adds, is written down as a line of a function without
branches, which PyTorch's interpreter runs without Python. Only those are left out whose result nobody takes: the same
operations in the same order give the same bits.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from prunelle.training.fast.one_pass import Pass, Tensors

# Seconds of a pass in which the hundreds of microseconds that Python takes are too few to matter; to write it down
# holds on to all its tensors.
_LONG = 0.2


def capture(whole: Pass, inputs: Tensors, seconds: float) -> Script | None:
    """None where a pass takes so long (``seconds``) that nothing would be won.

    Raises:
        RuntimeError: the pass does what cannot be written down.
    """
    return Script(whole, inputs) if seconds < _LONG else None


Call = tuple[Any, Sequence[Any], dict[str, Any], Any]
"""An operation, its arguments, and what it gave; the tensors are kept, so that no two have the same id."""


class Script:
    """A pass, written down."""

    closeness = 0.0

    def __init__(self, whole: Pass, inputs: Tensors) -> None:
        learned = [parameter for parameter in whole.parameters if parameter.requires_grad]
        with _Recorder() as recorder:
            outcome = whole.forward(*inputs)
            gradients = torch.autograd.grad(outcome[0], learned, allow_unused=True)
            kept = _as_accumulated(learned, gradients)
        self._learned = [parameter for parameter, g in zip(learned, kept, strict=True) if g is not None]
        results = [*outcome, *(gradient for gradient in kept if gradient is not None)]
        self._program, given = _program(recorder.calls, inputs, results)
        self._rest = given[len(inputs) :]
        self._n = len(outcome)

    def __call__(self, *inputs: torch.Tensor) -> Tensors:
        with torch.no_grad(), torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
            results = self._program([*inputs, *self._rest])
        for parameter, gradient in zip(self._learned, results[self._n :], strict=True):
            parameter.grad = gradient
        return results[: self._n]  # type: ignore[no-any-return]


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps every operation under autograd, with its arguments and what it gave."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Call] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, result))
        return result


def _as_accumulated(learned: Tensors, gradients: Sequence[torch.Tensor | None]) -> list[torch.Tensor | None]:
    """``gradients`` as ``backward`` would leave them: each in memory of its own, in the order of its parameter's."""
    taken: set[int] = set()
    kept = []
    for parameter, gradient in zip(learned, gradients, strict=True):
        if gradient is not None and (gradient.stride() != parameter.stride() or gradient.data_ptr() in taken):
            gradient = torch.empty_like(parameter, dtype=gradient.dtype).copy_(gradient)
        if gradient is not None:
            taken.add(gradient.data_ptr())
        kept.append(gradient)
    return kept


def _program(calls: Sequence[Call], inputs: Tensors, results: Tensors) -> tuple[Any, list[torch.Tensor]]:
    """A function of a list of tensors, which makes ``calls`` and gives the list of ``results``, and that list.

    It begins with ``inputs``. What else the calls take and did not make, weights and constants, is behind them.

    Raises:
        Unwritable: an argument or result has no text, or the text means other operations than those called.
        RuntimeError: it is no TorchScript.
    """
    for func, *_, result in calls:
        if any(not isinstance(made, torch.Tensor | None) for made in tree_leaves(result)):
            raise Unwritable(f"{func} gives what Python may have looked at")
    names = _Names(inputs)
    lines, meant = [], []
    for call in _needed(calls, results):
        line, schema = _line(call, names)
        lines.append(line)
        meant.append(schema)
    returned = f"return [{', '.join(names.text(result) for result in results)}]"
    given = ", ".join(f"given{i}" for i in range(len(names.given)))
    head = ["def run(given: List[Tensor]) -> List[Tensor]:", f"{given}, = given"]
    program = _read("\n    ".join([*head, *lines, returned]) + "\n")
    read = [node.schema() for node in program.graph.nodes() if not node.kind().startswith("prim::")]
    if read != meant:
        raise Unwritable("TorchScript reads other operations than were asked for")
    return program, names.given


def _read(text: str) -> Any:
    """The function of a text. By itself: PyTorch keeps the local names from where it is asked, in a circle."""
    return torch.jit.CompilationUnit(text).run


def _needed(calls: Sequence[Call], results: Tensors) -> list[Call]:
    """``calls`` without those whose result nobody takes; TorchScript leaves them out too."""
    wanted = {id(result) for result in results}
    needed = []
    for call in reversed(calls):
        func, args, kwargs, result = call
        if func._schema.is_mutable or any(id(made) in wanted for made in _tensors(result)):
            wanted.update(id(tensor) for tensor in _tensors((args, kwargs)))
            needed.append(call)
    return needed[::-1]


def _tensors(values: Any) -> list[torch.Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, torch.Tensor)]


def _line(call: Call, names: _Names) -> tuple[str, str]:
    """Of the program's text, and the schema of the operation that it should mean."""
    func, args, kwargs, result = call
    schema = func._schema
    types = {argument.name: argument.type for argument in schema.arguments}
    given = dict(zip(types, args, strict=False)) | kwargs
    # By name, because dtypes are numbers here, and overloads might take them for something else.
    texts = [f"{name}={names.text(value, types[name])}" for name, value in given.items()]
    if any(isinstance(value, (int, float)) and str(types[name]) == "Tensor" for name, value in given.items()):
        # PyTorch makes a tensor of the number; TorchScript has an overload of its own for it.
        if "Scalar" not in func.overloadpacket.overloads():
            raise Unwritable(f"{schema.name} takes a number for a tensor")
        schema = func.overloadpacket.Scalar._schema
    made = result if isinstance(result, (tuple, list)) else [result] * len(schema.returns)
    left = ", ".join(names.new(value) for value in made)
    right = f"torch.ops.{schema.name.replace('::', '.')}({', '.join(texts)})"
    return f"{left} = {right}" if left else right, str(schema)


class _Names:
    """What tensors are called in the text of a program.

    Attributes:
        given: those that no operation made, in the order of their numbers.
    """

    def __init__(self, inputs: Tensors) -> None:
        self.given = list(inputs)
        self._names = {id(tensor): f"given{i}" for i, tensor in enumerate(inputs)}

    def new(self, value: Any) -> str:
        """Of something that an operation gave; in place, the name that it has."""
        if value is None:
            return "_"
        return self._names.setdefault(id(value), f"made{len(self._names)}")

    def text(self, value: Any, type_: Any = None) -> str:
        """Of an argument; ``type_`` is asked for where it may be a list."""
        if isinstance(value, torch.Tensor):
            if id(value) not in self._names:
                self._names[id(value)] = f"given{len(self.given)}"
                self.given.append(value)
            return self._names[id(value)]
        if isinstance(value, (list, tuple)):
            texts = ", ".join(self.text(item) for item in value)
            return f"torch.jit.annotate({type_.annotation_str}, [{texts}])"
        if isinstance(value, float) and not abs(value) < float("inf"):
            return f'float("{value}")'
        if value is None or isinstance(value, (bool, int, float, str)):
            return repr(value)
        if isinstance(value, torch.device):
            return f'torch.device("{value}")'
        if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
            return str(_number(value))
        raise Unwritable(f"an operation takes {type(value)}")


class Unwritable(RuntimeError):
    """No program of TorchScript can hold a pass."""


@functools.cache
def _number(value: Any) -> int:
    """What TorchScript has for a dtype, layout or memory format."""
    return int(torch.jit.CompilationUnit("def same(number: int) -> int:\n    return number\n").same(value))

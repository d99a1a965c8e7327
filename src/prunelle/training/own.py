"""What a caller puts in the place of a recipe's parts: functions and objects of their own.

``run.json`` says of each its name and a digest of what it does, so that a training goes on with the same ones or says
that it cannot. All but the optimiser are to be functions of their arguments: a state of theirs is kept nowhere. What is
``by_hand`` is none: a person decides it while the training runs, so nothing is recorded of it, and a run that had one
goes on without it.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import inspect
import math
import re
import textwrap
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from prunelle.errors import ArgumentError, RunError, a_kind
from prunelle.training.records import RESULT_FIELDS

Row = Mapping[str, float | None]
"""A line of ``results.csv``: ``epoch``, ``train_loss``… and ``val_NAME`` of each metric of one's own."""

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
MakeOptimizer = Callable[[list[dict[str, Any]]], torch.optim.Optimizer]
Schedule = Callable[[int, int], float]


def by_hand(part: Any) -> bool:
    """Whether a ``stop`` or a ``keep`` says of itself that a person decides, as the page's do: ``by_hand = True``."""
    return bool(getattr(part, "by_hand", False))


class Metric(Protocol):
    """As torchmetrics has it."""

    def update(self, preds: torch.Tensor, target: torch.Tensor, /) -> object:
        """``preds: (N, K)`` float32 probabilities, ``target: (N,)`` int64."""

    def compute(self) -> Any:
        """One number."""

    def reset(self) -> object:
        """Forgets everything."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Own:
    """What is the caller's own; None, or nothing, for the recipe's.

    Attributes:
        loss: ``(logits (N, K) float32, targets)`` → what is to be lowered, a single number. Targets are ``(N,)`` int64
            labels, or ``(N, K)`` float32 shares of mixed pictures.
        optimizer: groups of parameters → an optimiser of PyTorch's (``functools.partial(torch.optim.NAdam, lr=2e-3)``).
            Its own rate is the peak of the schedule.
        schedule: ``(step, steps)`` → share of the peak that this step gets, counted from 0, of all.
        metrics: by name, told the probabilities of the validation split after each epoch.
        stop: lines of ``results.csv`` so far → whether to stop.
        better: ``(line, best line so far)`` → whether its weights are the best.
        keep: line → whether its weights are kept beside the best and the last.
    """

    loss: Loss | None = None
    optimizer: MakeOptimizer | None = None
    schedule: Schedule | None = None
    metrics: Mapping[str, Metric] | Sequence[Metric] = ()
    stop: Callable[[Sequence[Row]], bool] | None = None
    better: Callable[[Row, Row], bool] | None = None
    keep: Callable[[Row], bool] | None = None

    def __post_init__(self) -> None:
        for name in CALLABLES:
            value = getattr(self, name)
            if value is not None and (not callable(value) or isinstance(value, torch.optim.Optimizer)):
                by_name = (
                    f" By name it is the recipe's: Recipe({name}={value!r})."
                    if isinstance(value, str)
                    else ""
                )
                raise ArgumentError(
                    f"{name} must be a function, {_SHAPES[name]}; received {a_kind(value)}.{by_name}"
                )
        object.__setattr__(self, "metrics", _named(self.metrics))

    def __bool__(self) -> bool:
        return bool(self.parts())

    def parts(self) -> dict[str, Any]:
        """What there is of one's own, by name; each metric as ``metrics.NAME``."""
        given = {name: value for name in CALLABLES if (value := getattr(self, name)) is not None}
        assert isinstance(self.metrics, Mapping)
        return given | {f"metrics.{name}": metric for name, metric in self.metrics.items()}

    def to_json(self) -> dict[str, dict[str, str]]:
        """The ``own`` entry of ``run.json``: of each part its ``name`` and ``digest``; not of what is ``by_hand``."""
        return {name: described(value) for name, value in self.parts().items() if not by_hand(value)}

    def check_same(self, run: object, recorded: Mapping[str, Mapping[str, str]]) -> None:
        """Whether these are what a run began with.

        Raises:
            RunError: one is missing, another, or one too many.
        """
        now = self.to_json()
        missing = [f"{name.split('.')[0]}=… ({recorded[name]['name']})" for name in recorded.keys() - now]
        if missing:
            raise RunError(
                f"{run} was trained with parts of your own; pass them again: {', '.join(sorted(missing))}."
            )
        if more := sorted(now.keys() - recorded.keys()):
            raise RunError(
                f"{run} was trained without {', '.join(more)} of your own, and goes on as it began; leave it out, or "
                f"start a new run."
            )
        for name, before in recorded.items():
            if now[name]["digest"] != before["digest"]:
                raise RunError(
                    f"{name} ({now[name]['name']}) is not what {run} began with ({before['name']}): its code or its "
                    f"settings are others. Going on would not be the same training; start a new run."
                )

    def measured(self, probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        """What each metric says of ``(N, K)`` probabilities and ``(N,)`` labels.

        Raises:
            ArgumentError: one says something else than a number.
        """
        assert isinstance(self.metrics, Mapping)
        found = {}
        for name, metric in self.metrics.items():
            metric.reset()
            metric.update(torch.from_numpy(probabilities), torch.from_numpy(np.asarray(labels)))
            value = metric.compute()
            try:
                found[name] = float(value)
            except (TypeError, ValueError, RuntimeError):
                raise ArgumentError(
                    f"metric {name} must come to one number; its compute() gave {_short(value)}. Of a metric by class, "
                    f"take the mean (average='macro')."
                ) from None
        return found

    def loss_of(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """By ``loss``, which there is.

        Raises:
            ArgumentError: it gives something else than a number with a gradient.
        """
        assert self.loss is not None
        value = self.loss(logits, targets)
        if not isinstance(value, torch.Tensor) or value.ndim or not value.requires_grad:
            raise ArgumentError(
                f"loss must give a tensor of one number that depends on the logits; it gave {_short(value)}. Take the "
                f"mean over the batch, and no item() or detach()."
            )
        return value

    def optimizer_of(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """By ``optimizer``, which there is; each group has its ``share`` of the largest rate.

        Raises:
            ArgumentError: it is none of PyTorch's kind, or of other parameters.
        """
        assert self.optimizer is not None
        known = {id(parameter) for group in groups for parameter in group["params"]}
        made = self.optimizer(groups)
        if not isinstance(made, torch.optim.Optimizer):
            raise ArgumentError(
                f"optimizer must be a function that makes a torch.optim.Optimizer; it gave {_short(made)}."
            )
        if any(id(parameter) not in known for group in made.param_groups for parameter in group["params"]):
            raise ArgumentError(
                "optimizer must be of the parameters that it is given, and no others: make it inside the function."
            )
        closure = inspect.signature(made.step).parameters.get("closure")
        if closure is not None and closure.default is inspect.Parameter.empty:
            raise ArgumentError(
                f"{type(made).__name__} calls the network itself (step(closure)), which a training's step does not "
                f"allow; take an optimiser that does not."
            )
        peak = max(float(group["lr"]) for group in made.param_groups)
        if not peak > 0:
            raise ArgumentError(f"optimizer must have a learning rate above 0; it has {peak}.")
        for group in made.param_groups:
            group["share"] = group.get("share", 1.0) * float(group["lr"]) / peak
        return made

    def share(self, step: int, steps: int) -> float:
        """By ``schedule``, which there is.

        Raises:
            ArgumentError: it gives something else than a number from 0 on.
        """
        assert self.schedule is not None
        value = self.schedule(step, steps)
        if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise ArgumentError(
                f"schedule must give a number from 0 on, the share of the learning rate at step {step} of {steps}; it "
                f"gave {_short(value)}."
            )
        return float(value)


CALLABLES = ("loss", "optimizer", "schedule", "stop", "better", "keep")

_SHAPES = {
    "loss": "(logits, targets) → a tensor of one number",
    "optimizer": "parameters → a torch.optim.Optimizer (functools.partial(torch.optim.NAdam, lr=2e-3))",
    "schedule": "(step, steps) → the share of the learning rate",
    "stop": "(lines so far) → whether to stop",
    "better": "(line, best line) → whether it is better",
    "keep": "(line) → whether to keep the weights",
}


def _named(metrics: Any) -> dict[str, Metric]:
    """By name; of a list, the names of their classes."""
    items: Iterable[tuple[Any, Any]]
    if hasattr(metrics, "items"):
        items = metrics.items()
    elif isinstance(metrics, Sequence):
        items = [(type(metric).__name__, metric) for metric in metrics]
    else:
        items = [(type(metrics).__name__, metrics)]
    found: dict[str, Metric] = {}
    for name, metric in items:
        if not all(callable(getattr(metric, each, None)) for each in ("update", "compute", "reset")):
            raise ArgumentError(
                f"metrics must have update(preds, target), compute() and reset(), as torchmetrics' have; {name} is "
                f"{a_kind(metric)}."
            )
        if not isinstance(name, str) or not name or f"val_{name}" in RESULT_FIELDS:
            raise ArgumentError(f"a metric cannot be called {name!r}: results.csv has such a column already.")
        if name in found:
            raise ArgumentError(f"two metrics are called {name}; give them names: metrics={{'top1': …}}.")
        found[name] = metric
    return found


NOTHING = Own()
"""Everything is the recipe's."""


def described(value: Any) -> dict[str, str]:
    """``name``, for people, and ``digest``, of what it does: code, settings, tensors."""
    name, parts = _read(value)
    return {"name": name, "digest": hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]}


def _read(value: Any) -> tuple[str, list[str]]:
    if isinstance(value, functools.partial):
        name, parts = _read(value.func)
        settings = [
            *map(_plain, value.args),
            *(f"{key}={_plain(each)}" for key, each in value.keywords.items()),
        ]
        return f"{name}({', '.join(settings)})", [*parts, *settings]
    if isinstance(value, types.FunctionType | type) or not hasattr(value, "__dict__"):
        name = _name(value)
        return name, [name, *_code(value)]
    if isinstance(value, types.MethodType):
        name, parts = _read(value.__self__)
        return f"{name}.{value.__name__}", [*parts, value.__name__]
    if hasattr(value, "reset") and hasattr(value, "compute"):
        value.reset()  # what it has counted is no setting
    kind = type(value)
    parts = [_name(kind), *_code(kind)]
    for key, each in sorted(vars(value).items()):
        if not key.startswith("_") and isinstance(each, str | int | float | bool | None):
            parts.append(f"{key}={each!r}")
    if isinstance(value, nn.Module):
        parts.append(_plain(value))
        for key, tensor in value.state_dict().items():
            parts.append(f"{key}={hashlib.sha256(tensor.cpu().numpy().tobytes()).hexdigest()}")
    return _name(kind), parts


def _name(value: Any) -> str:
    name = getattr(value, "__qualname__", type(value).__qualname__).replace("<locals>.", "")
    module = getattr(value, "__module__", None)
    return name if module in (None, "__main__", "builtins") else f"{module}.{name}"


def _code(value: Any) -> list[str]:
    """What a function or a class of the caller's does; of a package's, its name says it."""
    if str(getattr(value, "__module__", "")).split(".")[0] in ("torch", "torchmetrics", "builtins"):
        return []
    parts = []
    if isinstance(value, types.FunctionType):
        parts += [repr(each) for each in value.__defaults__ or ()]
        for variable in value.__closure__ or ():
            parts.append(_plain(variable.cell_contents))
        if value.__name__ == "<lambda>":
            return [*parts, *_of_code(value.__code__)]
    try:
        source = textwrap.dedent(inspect.getsource(value))
        return [*parts, ast.unparse(ast.parse(source))]
    except (OSError, TypeError, SyntaxError):
        return [*parts, *(_of_code(value.__code__) if isinstance(value, types.FunctionType) else ())]


def _of_code(code: types.CodeType) -> list[str]:
    """A lambda's: its source is the line that it stands in."""
    inner = [part for each in code.co_consts if isinstance(each, types.CodeType) for part in _of_code(each)]
    constants = [repr(each) for each in code.co_consts if not isinstance(each, types.CodeType)]
    return [code.co_code.hex(), *code.co_names, *constants, *inner]


def _plain(value: Any) -> str:
    """Without addresses in memory, which are others each time."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _short(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}{'' if value.requires_grad else ' without a gradient'}"
    text = _plain(value)
    return text if len(text) <= 80 else f"{text[:80]}…"

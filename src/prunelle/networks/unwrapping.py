"""Weights by name, out of the wrappings that training programs leave around them.

A ``state_dict`` may lie inside other entries (``{"epoch": 3, "model_state_dict": {…}}``), and its names may begin with
what held the network (``module.`` of DataParallel, ``model.`` of a Lightning module), in any nesting and order.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import torch

_LIVE = (
    *("state_dict", "model_state_dict", "model_state", "model_weights", "model", "net_state_dict", "net"),
    *("network_state_dict", "network", "module", "weights", "params", "backbone"),
)
_AVERAGED = (
    *("state_dict_ema", "ema_state_dict", "model_ema_state_dict", "model_ema", "ema_model", "ema"),
    *("params_ema", "averaged_model", "shadow"),
)
NESTED = (*_LIVE, *_AVERAGED)
"""Entries under which weights are looked for. Where a file has several, the first of them counts."""

_WRAPPERS = ("model", "module", "net", "network", "backbone", "base_model", "_model", "encoder")
_AVERAGES = ("student", "ema", "ema_model", "model_ema", "teacher")
"""What may come before a name, in this order where two sets of weights fit."""

# Steps inside a name that stand for what was put around a part: torch.compile, FSDP, activation checkpoints.
_AROUND = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
_DEEPEST = 8


@dataclasses.dataclass(frozen=True, eq=False)
class Unwrapped:
    """What a file holds.

    Attributes:
        tensors: by name.
        entries: under which they stood, from outside in.
        others: entries of the same kind that were passed over.
    """

    tensors: dict[str, torch.Tensor]
    entries: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def unwrapped(content: Any) -> Unwrapped:
    """The tensors in what ``torch.load`` gives; none where there are none."""
    entries: list[str] = []
    others: list[str] = []
    while isinstance(content, Mapping) and len(entries) < _DEEPEST:
        keys = [key for key in NESTED if _holds(content.get(key))]
        if not keys:
            break
        entries.append(keys[0])
        others += keys[1:]
        content = content[keys[0]]
    tensors = (
        {str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)}
        if isinstance(content, Mapping)
        else {}
    )
    return Unwrapped(tensors, tuple(entries), tuple(others))


def _holds(content: Any, depth: int = 0) -> bool:
    """Whether there are tensors by name in it, or deeper."""
    if not isinstance(content, Mapping) or depth > _DEEPEST:
        return False
    if any(isinstance(value, torch.Tensor) for value in content.values()):
        return True
    return any(_holds(content[key], depth + 1) for key in NESTED if key in content)


@dataclasses.dataclass(frozen=True, eq=False)
class Aligned:
    """A file's tensors under the names that a network has for them.

    Attributes:
        tensors: by name.
        prefix: what was taken from the beginning of each name.
        left_out: names in the file that are not of the network: a loss's weights beside it, say.
        instead: prefixes that would have done as well.
    """

    tensors: dict[str, torch.Tensor]
    prefix: str = ""
    left_out: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


def aligned(given: Mapping[str, torch.Tensor], expected: Iterable[str]) -> Aligned:
    """``given`` without the prefix by which most of its names are those of a network.

    A prefix that not all names have must be one that wrappers are known to leave: of a file with other parts beside
    the network, only the network's are wanted.
    """
    ours: dict[str, str] = {}
    for name in expected:
        ours.setdefault(_plain(name), name)
    outer = "module." if ours and all(name.startswith("module.") for name in ours) else ""
    ours = {name.removeprefix(outer): own for name, own in ours.items()}
    theirs: dict[str, str] = {}
    for name in given:
        theirs.setdefault(_plain(name), name)
    hits: Counter[str] = Counter({"": 0})
    for name in theirs:
        parts = name.split(".")
        for depth in range(len(parts)):
            if ".".join(parts[depth:]) in ours:
                hits[".".join([*parts[:depth], ""]) if depth else ""] += 1
    possible = [
        prefix for prefix in hits if _is_known(prefix) or all(name.startswith(prefix) for name in theirs)
    ]
    most = max(hits[prefix] for prefix in possible)
    fitting = sorted((prefix for prefix in possible if hits[prefix] == most), key=_rank)
    prefix = fitting[0] if most else _common(theirs)
    inside = {name.removeprefix(prefix): own for name, own in theirs.items() if name.startswith(prefix)}
    return Aligned(
        {ours.get(name, name): given[own] for name, own in inside.items()},
        prefix,
        tuple(own for name, own in theirs.items() if not name.startswith(prefix)),
        tuple(fitting[1:]) if most else (),
    )


def _plain(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in _AROUND)


def _is_known(prefix: str) -> bool:
    return all(part in (*_WRAPPERS, *_AVERAGES) for part in prefix.split(".")[:-1])


def _rank(prefix: str) -> tuple[int, list[int]]:
    """None first, then by how live the weights are."""
    known = (*_WRAPPERS, *_AVERAGES)
    parts = prefix.split(".")[:-1]
    places = [known.index(part) if part in known else len(known) for part in parts]
    return sum(part in _AVERAGES for part in parts), places


def _common(names: Iterable[str]) -> str:
    """The known wrappers that all names begin with, which only stand in the way of a comparison."""
    names, prefix = list(names), ""
    while names:
        first = names[0].split(".")[0]
        if not _is_known(f"{first}.") or not all(name.startswith(f"{first}.") for name in names):
            break
        prefix += f"{first}."
        names = [name.removeprefix(f"{first}.") for name in names]
    return prefix

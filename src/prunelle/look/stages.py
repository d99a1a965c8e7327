"""Which layers of a deep network belong together, by their names: what a page folds into one line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from prunelle.look.layers import Layer

MOST = 10
"""Layers of one stage, about."""


def stages(layers: Sequence[Layer]) -> list[str]:
    """For each layer the stage that it is in; those of one stage follow one another.

    A stage is what a network's author gave a name (``layer1``, ``block3``); a long row of numbered layers is divided
    where maps are pooled (``features 0–4``), and short ones beside each other are one.

    Example:
        >>> stages(examine(prunelle.build("lenet5"), (1, 32, 32)).layers)
        ['features', 'features', 'features', 'features', 'head', 'head', 'head']
    """
    names: list[str] = []
    for group in (part for joined in _joined(list(_by_name(list(layers), 0))) for part in _divided(joined)):
        names += [_label(group, layers)] * len(group)
    return _told_apart(names)


def _parts(layer: Layer) -> list[str]:
    return layer.name.partition(":")[0].split(".")


def _by_name(layers: list[Layer], depth: int) -> Iterator[list[Layer]]:
    """Runs of layers whose names begin alike; long ones by one part more of the name."""
    for _, run in itertools.groupby(layers, key=lambda layer: tuple(_parts(layer)[: depth + 1])):
        group = list(run)
        deeper = {tuple(_parts(layer)[: depth + 2]) for layer in group}
        long = len(group) > MOST
        # By one part more only where that gives blocks, not single layers.
        blocks = 1 < len(deeper) <= len(group) / 2
        goes_on = len(deeper) == 1 and any(len(_parts(layer)) > depth + 2 for layer in group)
        if long and (blocks or goes_on):
            yield from _by_name(group, depth + 1)
        else:
            yield group


def _divided(group: list[Layer]) -> Iterator[list[Layer]]:
    """After each pooling, where there are many."""
    if len(group) <= MOST:
        yield group
        return
    part: list[Layer] = []
    for layer in group:
        part.append(layer)
        if layer.pools and len(part) > 1:
            yield part
            part = []
    if part:
        yield part


def _joined(groups: Sequence[list[Layer]]) -> Iterator[list[Layer]]:
    """Single layers at the top of a network (``conv1``, ``maxpool``) with those beside them."""
    waiting: list[Layer] = []
    for group in groups:
        if len(group) == 1 and len(_parts(group[0])) == 1:
            waiting += group
            continue
        if waiting:
            yield waiting
            waiting = []
        yield group
    if waiting:
        yield waiting


def _label(group: Sequence[Layer], layers: Sequence[Layer]) -> str:
    """What all names begin with; where others begin so too, with the first and the last number behind it."""
    first, last = _parts(group[0]), _parts(group[-1])
    common = [
        a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    ]
    if len(group) == 1 or first == last:
        alone = all(layer in group or _parts(layer)[0] != first[0] for layer in layers)
        return first[0] if alone else ".".join(first)
    if not common:
        return f"{'.'.join(first)} – {'.'.join(last)}"
    others = [layer for layer in layers if layer not in group and _parts(layer)[: len(common)] == common]
    ends = f"{first[len(common)]}–{last[len(common)]}" if len(first) > len(common) < len(last) else ""
    return ".".join(common) + (f" {ends}" if others and ends else "")


def _told_apart(names: list[str]) -> list[str]:
    """A name that comes again after others is another stage."""
    counts: dict[str, int] = {}
    result: list[str] = []
    for name, run in itertools.groupby(names):
        counts[name] = counts.get(name, 0) + 1
        shown = name if counts[name] == 1 else f"{name} ({counts[name]})"
        result += [shown] * len(list(run))
    return result

"""What is taken away: a network, what stands before and behind it, and what is known of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.targets import Target
from prunelle.exports.inputs import inputs_of
from prunelle.training.objectives import objective_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What a file and its card say of where the network comes from: an explicit list (``jobs.export_facts``).

    No path, host, user, file, command line or example is in it. Names of classes are: nothing could be told without.

    Attributes:
        network: its name, ``resnet18``; of a module of one's own its class.
        parameters: how many weights it has.
        data: what the data are called; None where nobody said.
        counts: examples a split.
        class_counts: examples a class, by split; empty where nobody counted.
        labelled_by: how labels came: ``named set``, ``folders``, ``names of files``, ``table``, ``file of series``;
            None where a program had them.
        grouped_by: what kept examples on one side of a split: ``folders``, ``names of files``, ``table``; None for
            nothing.
        decisions: how many labels people decided about, by what they decided (``data.deciding``).
        figures: the entries of ``metrics.json`` by split; empty where nothing was measured.
        judged: the split that speaks for the network; None where nothing was measured.
        parts: of that split, a line a class, or a range of a number: ``ClassScore`` or ``Range`` as plain values.
        sureness: of that split, ``training.verdicts.Calibration`` and the mean ``confidence``, as plain values.
        trust: of ``trust.json`` or ``errors.json`` what sentences are made of; None where there is none.
        published: what publishers say of its weights: ``top1``, ``top5`` in %, ``source``, ``publisher``.
        recipe: how it was trained; None where nobody knows.
        strategy: of a training that began with weights learned before.
        weights: what it began with, or what published weights it has; None for nothing.
        licence: of the network, where somebody said; None else.
        licence_of: whose it is: ``given``, or the ``weights`` it began with.
        versions: of the programs that trained it.
        created: the day of the training, ``2026-12-01``; None where nobody knows.
    """

    network: str
    parameters: int
    data: str | None = None
    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)
    class_counts: Mapping[str, Sequence[int]] = dataclasses.field(default_factory=dict)
    labelled_by: str | None = None
    grouped_by: str | None = None
    decisions: Mapping[str, int] = dataclasses.field(default_factory=dict)
    figures: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    judged: str | None = None
    parts: Sequence[Mapping[str, Any]] = ()
    sureness: Mapping[str, Any] | None = None
    trust: Mapping[str, Any] | None = None
    published: Mapping[str, Any] | None = None
    recipe: Mapping[str, Any] | None = None
    strategy: str | None = None
    weights: str | None = None
    licence: str | None = None
    licence_of: str | None = None
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    created: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What goes into the file itself; the lines a class and the promises stand on the card alone."""
        return {
            name: value
            for name, value in dataclasses.asdict(self).items()
            if name not in ("parts", "sureness", "trust", "class_counts")
        }


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """See the module.

    Attributes:
        name: of files, where none is given: letters, digits, ``-`` and ``.``.
        network: gives ``(N, K)`` outputs of ``(N, C, …)`` float32; in evaluation mode, on the processor.
        preprocess: how its examples are prepared.
        classes: K names, in the order of the outputs.
        target: what it tells.
        facts: what is known of it.
    """

    name: str
    network: nn.Module
    preprocess: AnyPreprocess
    classes: tuple[str, ...]
    target: Target
    facts: Facts

    @property
    def kind(self) -> str:
        """Of its data: ``pictures``, ``series``."""
        return kind_of(self.preprocess).name

    def of_batch(self) -> nn.Module:
        """``(N, C, …)`` float32, prepared → ``(N, K)`` float32: probabilities, or numbers in their own unit."""
        return FromBatch(self).eval()

    def of_raw(self) -> nn.Module:
        """One example as it was decoded → ``(K,)``: a picture ``(H, W, 3)`` uint8, a series ``(T, C)`` float32."""
        return FromRaw(self).eval()


class FromBatch(nn.Module):
    """The network, and what makes answers of its outputs."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.network = subject.network
        self.scores = objective_of(subject.target, subject.classes).scores_layer()

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """``(N, C, …)`` → ``(N, K)``."""
        scores: torch.Tensor = self.scores(self.network(batch))
        return scores


class FromRaw(nn.Module):
    """What prepares an example, then as ``FromBatch``."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.prepare = inputs_of(subject.preprocess).layer(subject.preprocess)
        self.answer = FromBatch(subject)

    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        """See ``Subject.of_raw``."""
        scores: torch.Tensor = self.answer(self.prepare(raw))
        return scores[0]

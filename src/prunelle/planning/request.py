"""What is asked of a training, in one frozen object.

A verb (``prunelle.train``, ``compare``…) makes it of its keywords at once; everything below takes it whole and hands it
down whole, so that an option is named in three places: the verb's signature, here, and where it counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.data.groups import AnyGroups
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.errors import ArgumentError
from prunelle.runs.run import Run
from prunelle.texts import Language, default_language
from prunelle.training.costs import GivenCosts
from prunelle.training.own import NOTHING, Own
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy

MEMORY_BUDGET = 1 << 30
"""Bytes of decoded pixels kept in memory; beyond it they live in a memory-mapped file."""

SAVE_EVERY_S = 120.0
"""Seconds between two saves of the state; each epoch ends with one too, unless saving took a tenth of the time."""

RecipeFactory = Callable[..., Recipe]
"""Makes a recipe of the data, and of the strategy where there is one."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class DataSource:
    """Which examples, and how they are split: the arguments of ``prunelle.load``.

    Attributes:
        data: a name, a path, what was loaded already, or None for the embedded digits.
        labels: where classes are.
        groups: what examples belong to that must not be divided.
        task: what is to be told of an example (``data.targets.Task``).
        data_dir: where named sets are, or go.
        validation, test: shares of examples, where the data do not come split.
        seed: of the draw of splits.
        decisions: what people decided about labels, or the file that says it.
    """

    data: Data | AnyDataset | str | Path | None = None
    labels: str | None = None
    groups: AnyGroups | None = None
    task: str | None = None
    data_dir: str | Path | None = None
    validation: float | None = None
    test: float | None = None
    seed: int = 0
    decisions: Decisions | str | Path | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preparation:
    """How examples become the network's input; None for what suits data, network and weights.

    Attributes:
        size: in pixels, of series in steps.
        fit: how pictures of other shapes, or series of other lengths, get there.
        normalisation: of series.
        mean, std: per channel, in units of [0, 1].

    Raises:
        ArgumentError: one of mean and std without the other.
    """

    size: int | tuple[int, int] | None = None
    fit: Fit | SeriesFit | None = None
    normalisation: Normalisation | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise ArgumentError(f"mean and std go together; received mean={self.mean}, std={self.std}.")

    @property
    def size_2d(self) -> tuple[int, int] | None:
        """``size`` as (height, width)."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What a training may take.

    Attributes:
        memory_budget: bytes of decoded pixels kept in memory.
        save_every_s: seconds between saves within an epoch.
    """

    memory_budget: int = MEMORY_BUDGET
    save_every_s: float = SAVE_EVERY_S


@dataclasses.dataclass(frozen=True, kw_only=True)
class Destination:
    """Where the result goes.

    Attributes:
        output: the folder itself; None makes a new one under ``runs``.
        runs: where new folders go.
        name: goes into a new folder's name.
    """

    output: str | Path | None = None
    runs: str | Path = "runs"
    name: str | None = None

    @property
    def folder(self) -> Path | None:
        """``output``, as a path."""
        return None if self.output is None else Path(self.output)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TrainingRequest:
    """A training, as it is asked for; what is None is chosen (``planning.plan``).

    Attributes:
        source: which examples.
        network: a module of the caller's, or a name.
        options: of a network by name.
        preparation: how examples become its input.
        weights: to start from: a published set, a file, or a run.
        strategy: what is kept of them and what learns; None: everything learns alike.
        recipe: how to train, or what makes one.
        epochs: in place of the recipe's.
        costs: what each answer costs, by the truth; nothing is learned otherwise for it.
        own: parts of the training that are the caller's.
        limits: of memory and time.
        destination: of the run.
        language: of the report.
        command: the shell command that asked; None says it in Python.
    """

    source: DataSource = DataSource()
    network: nn.Module | str | None = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    preparation: Preparation = Preparation()
    weights: str | Path | None = None
    strategy: Strategy | None = None
    recipe: Recipe | RecipeFactory | None = None
    epochs: int | None = None
    costs: GivenCosts | None = None
    own: Own = NOTHING
    limits: Limits = Limits()
    destination: Destination = Destination()
    language: Language = dataclasses.field(default_factory=default_language)
    command: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ResumeRequest:
    """A run to go on with; everything else is the run's own.

    Attributes:
        run: to go on with.
        network: the module, if the run trains one of the caller's.
        data: of the caller's own, or where the run's are now.
        data_root: where the run's data are now.
        epochs: extends the training to this many.
        own: the parts of the training that were the caller's.
        limits: of memory and time.
        language: of the report.
    """

    run: Run
    network: nn.Module | str | None = None
    data: Data | AnyDataset | str | Path | None = None
    data_root: str | Path | None = None
    epochs: int | None = None
    own: Own = NOTHING
    limits: Limits = Limits()
    language: Language = dataclasses.field(default_factory=default_language)


Part = TypeVar("Part", DataSource, Preparation, Limits, Destination, Own)


def request_of(given: Mapping[str, Any]) -> TrainingRequest:
    """What a verb's keywords ask for, each by the name that it has above (``tests/contract/test_request.py``).

    Args:
        given: the verb's arguments by name: its ``locals()``, before there is anything else in them. What is not of
            the training itself (``style``, ``resume``, ``rounds``) is the verb's own affair.
    """

    def part(kind: type[Part]) -> Part:
        return kind(
            **{each.name: given[each.name] for each in dataclasses.fields(kind) if each.name in given}
        )

    return TrainingRequest(
        source=part(DataSource),
        network=given["network"],
        options=given["options"] or {},
        preparation=part(Preparation),
        weights=given["weights"],
        strategy=as_strategy(given["strategy"]),
        recipe=given["recipe"],
        epochs=given["epochs"],
        costs=given["costs"],
        own=part(Own),
        limits=part(Limits),
        destination=part(Destination),
        language=given["language"] or default_language(),
        command=given["command"],
    )


def as_strategy(strategy: Strategy | str | None) -> Strategy | None:
    """A name alone stands for the strategy with its usual settings."""
    return Strategy.parse(strategy) if isinstance(strategy, str) else strategy

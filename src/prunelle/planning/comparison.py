"""What is asked of a comparison, and what ``comparison.json`` keeps of it: enough to go on with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle import networks as known
from prunelle.data.examples import Data
from prunelle.disk import write_json
from prunelle.errors import ArgumentError, RunError
from prunelle.json_files import UNKNOWN, Shape, read_json, sealed
from prunelle.planning.contestants import Maker, Networks
from prunelle.planning.request import (
    DataSource,
    Destination,
    Limits,
    Preparation,
    TrainingRequest,
)
from prunelle.runs.comparison import Contestant
from prunelle.runs.folder import COMPARISON
from prunelle.runs.run import Run
from prunelle.texts import Language, quoted
from prunelle.training.recipe import Recipe

INFO_FILE = COMPARISON.main
_INFO: Shape = {
    "status": str,
    "command": str,
    "created": str,
    "versions": {"*": str},
    "host": {"*": str},
    "data": {"name": str, "source": (dict, None)},
    "preprocess?": dict,
    "networks": [{"label": str, "network": str, "options": dict}],
    "recipe?": dict,
    "runs?": [str],
    "seeds": [int],
    "size?": (None, int, [int]),
    "fit?": (None, str),
    "normalisation?": (None, str),
    "mean?": (None, [float]),
    "std?": (None, [float]),
    "results?": dict,
    "*": UNKNOWN,
}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ComparisonRequest:
    """A comparison, as it is asked for.

    Attributes:
        training: what all trainings have in common; its network, options and strategy stay unset.
        networks: who is compared.
        seeds: how many, or which.
        match_parameters: sizes each ``dense`` to the number of weights of the first other network.
        options: of networks by name, by what they are called.
    """

    training: TrainingRequest
    networks: Networks | None = None
    seeds: int | Sequence[int] = 3
    match_parameters: bool = False
    options: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    def refuse_settings(self) -> None:
        """For finished runs, which have theirs.

        Raises:
            ArgumentError: data, or anything of a training, are given.
        """
        training, source = self.training, self.training.source
        settings = (
            *(
                source.data,
                source.labels,
                source.groups,
                source.task,
                source.data_dir,
                source.validation,
                source.test,
            ),
            *(training.recipe, training.epochs, *dataclasses.astuple(training.preparation)),
        )
        if self.match_parameters or self.options or any(value is not None for value in settings):
            raise ArgumentError("finished runs are compared as they are; leave data and settings out.")

    def seed_list(self) -> list[int]:
        """Which seeds.

        Raises:
            ArgumentError: none, or one twice.
        """
        seeds = list(range(self.seeds)) if isinstance(self.seeds, int) else list(self.seeds)
        if not seeds or len(set(seeds)) < len(seeds):
            raise ArgumentError(f"seeds must be at least one, each different; received {self.seeds!r}.")
        return seeds


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ComparisonPlan:
    """A comparison to be made: what ``comparison.json`` says, and what goes with it."""

    path: Path
    info: dict[str, Any]
    data: Data
    contestants: Sequence[Contestant]
    makers: Mapping[str, str | Maker]
    limits: Limits
    language: Language

    @property
    def recipe(self) -> Recipe:
        """Of all trainings, but for the seed."""
        return Recipe.from_json(self.info["recipe"])

    @property
    def seeds(self) -> Sequence[int]:
        """In the order they are trained."""
        return list(self.info["seeds"])

    def run_path(self, contestant: Contestant, seed: int) -> Path:
        """Where its run is, or goes."""
        number = self.contestants.index(contestant)
        # Labels may hold anything; the number tells apart those that come out the same.
        safe = "".join(c if c.isalnum() or c in "._-" else "-" for c in contestant.label)
        return self.path / "runs" / f"{number + 1}-{safe}-seed{seed}"

    def runs(self) -> list[tuple[Contestant, Run]]:
        """Those that have begun."""
        return [
            (contestant, Run.open(path))
            for contestant in self.contestants
            for seed in self.seeds
            if ((path := self.run_path(contestant, seed)) / "run.json").is_file()
        ]

    def request(self, contestant: Contestant, seed: int) -> TrainingRequest:
        """One training; a module of the caller's is still to be put in."""
        size, mean, std = (self.info.get(key) for key in ("size", "mean", "std"))
        return TrainingRequest(
            source=DataSource(data=self.data),
            network=contestant.network,
            options=contestant.options,
            preparation=Preparation(
                size=(size[0], size[1]) if isinstance(size, list | tuple) else size,
                fit=self.info.get("fit"),
                normalisation=self.info.get("normalisation"),
                mean=None if mean is None else tuple(mean),
                std=None if std is None else tuple(std),
            ),
            recipe=dataclasses.replace(self.recipe, seed=seed),
            limits=self.limits,
            destination=Destination(output=self.run_path(contestant, seed)),
            language=self.language,
            command=self.info["command"],
        )

    def save(self) -> None:
        """Writes ``comparison.json``."""
        write_json(self.path / INFO_FILE, sealed(self.info))


def read_info(path: Path) -> dict[str, Any]:
    """``comparison.json`` of a folder.

    Raises:
        RunError: it is not as we write it.
    """
    info: dict[str, Any] = read_json(path / INFO_FILE, _INFO)
    try:
        for fields in info["networks"]:
            Contestant(**fields)
        if "recipe" in info:
            Recipe.from_json(info["recipe"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RunError(f"{path / INFO_FILE} is not as prunelle compare writes it ({error!r}).") from error
    return info


def resume_command(path: Path) -> str:
    """For the shell; in Python where networks or data are the caller's own."""
    info = read_info(path)
    own = [] if all(known.is_known(network["network"]) for network in info["networks"]) else ["networks=…"]
    if info["data"]["source"] is None:
        own.append("data=…")
    if own:
        return f"prunelle.compare({', '.join(own)}, resume={str(path)!r})"
    return f"{COMPARISON.resume} {quoted(path)}"

"""``compare``: several networks, the same pictures, the same recipe, several seeds; and what that shows.

Each training is an ordinary run inside the comparison's folder, so a comparison that was stopped goes on where it
was: finished runs are kept, a begun one is resumed, the others are still to come.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from prunelle import networks as known
from prunelle.console.listeners import Style, clock, make_listener
from prunelle.data.examples import Data
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.disk import held, sweep, write_json
from prunelle.errors import (
    ArgumentError,
    CannotWrite,
    Diverged,
    Interrupted,
    PrunelleError,
    RunError,
    did_you_mean,
)
from prunelle.json_files import Shape, read_json
from prunelle.plain import plain_arguments
from prunelle.report import comparison_page
from prunelle.runs.comparison import Comparison, Contestant, gather
from prunelle.runs.folder import COMPARISON, claimed, new_run_path, refuse_occupied
from prunelle.runs.listener import Listener, Relay
from prunelle.runs.run import Run
from prunelle.tasks import finding, loading, machine
from prunelle.tasks.choosing import choose_recipe
from prunelle.tasks.contestants import (
    Maker,
    Networks,
    as_runs,
    contestants_of,
    grouped,
    made,
    makers_of,
)
from prunelle.tasks.going_on import going_on
from prunelle.tasks.loading import MEMORY_BUDGET
from prunelle.tasks.training import train
from prunelle.texts import Language, Note, default_language, quoted
from prunelle.training.recipe import Recipe
from prunelle.training.speed import choose_device

INFO_FILE = COMPARISON.main
_INFO: Shape = {
    "status": str,
    "command": str,
    "data": {"name": str, "source": (dict, None)},
    "networks": [{"label": str, "network": str, "options": dict}],
    "recipe?": dict,
    "runs?": [str],
    "seeds": [int],
    "size?": (None, int, [int]),
    "fit?": (None, str),
    "normalisation?": (None, str),
    "mean?": (None, [float]),
    "std?": (None, [float]),
}


@plain_arguments
def compare(
    networks: Networks | None = None,
    data: Data | str | Path | None = None,
    recipe: Recipe | Callable[[Data], Recipe] | None = None,
    *,
    seeds: int | Sequence[int] = 3,
    match_parameters: bool = False,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    epochs: int | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit | SeriesFit | None = None,
    normalisation: Normalisation | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    labels: str | None = None,
    data_dir: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    resume: str | Path | None = None,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    memory_budget: int = MEMORY_BUDGET,
    language: Language | None = None,
    style: Style = "auto",
    command: str | None = None,
) -> Comparison:
    """Trains several networks under the same recipe, once a seed, and compares what they reach.

    All see the same training pictures in the same order and are judged on the same test pictures, whatever the
    seed, so that they can be compared pair by pair.

    Args:
        networks: names (``["lenet5", "dense"]``); or what to call them, with a name or a function that makes a
            module of your own (``{"mine": make, "dense": "dense"}``); or finished runs, which are compared as they
            are, seeds of the same network and recipe together.
        data: what ``prunelle.load`` takes, or its result; None for the embedded digits.
        recipe: of all, but for the seed; a function of the data that gives one; None for ``choose_recipe``.
        seeds: how many (0, 1, 2…), or which.
        match_parameters: sizes each ``dense`` to the number of weights of the first other network.
        options: of networks by name, by what they are called (``{"dense": {"hidden": (300,)}}``).
        epochs, size, fit, normalisation, mean, std, labels, data_dir, validation, test, memory_budget, language: as
            for ``train``.
        resume: a comparison's folder to go on with instead; of all the rest only modules and data of your own,
            ``memory_budget``, ``language`` and ``style`` count then.
        output: the comparison's folder itself; None makes a new one under ``runs``.
        style: what to show meanwhile.
        command: the shell command to print in the report; None says it in Python.

    Raises:
        PrunelleError: see ``prunelle.errors``; ``Interrupted`` after SIGINT or SIGTERM, with all saved.

    Example:
        >>> found = compare(["lenet5", "dense"], "mnist", epochs=5, match_parameters=True)
        >>> found.differences()[0].over_seeds
    """
    listener = _Once(make_listener(style))
    language = language or default_language()
    with contextlib.closing(listener):
        if resume is not None:
            with _going_on(path := Path(resume)), _held(path):
                if (finished := _info(path).get("runs")) is not None:
                    return _of_runs(path, finished, language, listener)
                plan = _reopened(path, networks, data, listener)
                _train_all(plan, memory_budget, language, listener)
                return _conclude(plan, language)
        if (found := as_runs(networks)) is not None:
            given = (
                data,
                recipe,
                options,
                epochs,
                size,
                fit,
                normalisation,
                mean,
                std,
                labels,
                data_dir,
                validation,
                test,
            )
            if match_parameters or any(value is not None for value in given):
                raise ArgumentError("finished runs are compared as they are; leave data and settings out.")
            with going_on("start again with", lambda: command, "Nothing was begun"):
                return _compare_runs(found, output, Path(runs), language, command)
        with contextlib.ExitStack() as claim:
            with going_on("start again with", lambda: command, "Nothing was begun"):
                makers, chosen = makers_of(networks), _seeds(seeds)
                if output is not None:
                    refuse_occupied(Path(output), COMPARISON)
                loaded = loading.load_data(
                    data, listener, labels=labels, data_dir=data_dir, validation=validation, test=test
                )
                # Once for all: whatever each network is shown, all are judged on the same pictures.
                loaded = loading.decode_apart(loaded, loaded.preprocess, memory_budget, listener).data
                recipe = recipe if isinstance(recipe, Recipe) else (recipe or choose_recipe)(loaded)
                if epochs is not None:
                    recipe = recipe.lasting(epochs)
                contestants = contestants_of(makers, options or {}, match_parameters, loaded, size, fit)
                path = _new_path(output, Path(runs), [each.label for each in contestants], loaded.name)
                claim.enter_context(claimed(path, COMPARISON, made=output is None))
                plan = _Plan(
                    path=path,
                    info={
                        "status": "training",
                        **_circumstances(command or "prunelle.compare(…)", recipe.device),
                        "data": {"name": loaded.name, "source": loaded.source},
                        "networks": [dataclasses.asdict(each) for each in contestants],
                        "recipe": recipe.to_json(),
                        "seeds": chosen,
                        "size": size,
                        "fit": fit,
                        "normalisation": normalisation,
                        "mean": mean,
                        "std": std,
                    },
                    data=loaded,
                    contestants=contestants,
                    makers=makers,
                )
                plan.save()
            with _going_on(path):
                try:
                    _train_all(plan, memory_budget, language, listener)
                except (CannotWrite, Interrupted):
                    raise
                except PrunelleError:
                    # What is wrong with the first training is wrong with the call; there is nothing to go on with.
                    if not any(path.glob("runs/*/run.json")):
                        (path / COMPARISON.main).unlink()
                        with contextlib.suppress(OSError):
                            (path / "runs").rmdir()
                    raise
                return _conclude(plan, language)


def _going_on(path: Path) -> contextlib.AbstractContextManager[None]:
    def line() -> str:
        return _resume_command(path)

    return going_on("go on with the comparison", line, "All that was saved is kept")


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """A comparison that was begun."""
    if not (path / INFO_FILE).is_file():
        siblings = [each.parent.name for each in path.parent.glob(f"*/{INFO_FILE}")]
        raise RunError(f"{path} is no comparison: it has no {INFO_FILE}.{did_you_mean(path.name, siblings)}")
    with held(path / COMPARISON.lock, f"{path} is being made by another process."):
        sweep(path)
        yield


def _resume_command(path: Path) -> str:
    """For the shell; in Python where networks or data are the caller's own."""
    info = _info(path)
    own = [] if all(known.is_known(each["network"]) for each in info["networks"]) else ["networks=…"]
    if info["data"]["source"] is None:
        own.append("data=…")
    if own:
        return f"prunelle.compare({', '.join(own)}, resume={str(path)!r})"
    return f"{COMPARISON.resume} {quoted(path)}"


def _info(path: Path) -> dict[str, Any]:
    info: dict[str, Any] = read_json(path / INFO_FILE, _INFO)
    try:
        for each in info["networks"]:
            Contestant(**each)
    except TypeError as error:
        raise RunError(f"{path / INFO_FILE} is not as prunelle compare writes it ({error}).") from error
    return info


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """A comparison to be made: what ``comparison.json`` says, and what goes with it."""

    path: Path
    info: dict[str, Any]
    data: Data
    contestants: Sequence[Contestant]
    makers: Mapping[str, str | Maker]

    @property
    def recipe(self) -> Recipe:
        return Recipe.from_json(self.info["recipe"])

    @property
    def seeds(self) -> Sequence[int]:
        return list(self.info["seeds"])

    def run_path(self, contestant: Contestant, seed: int) -> Path:
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

    def save(self) -> None:
        write_json(self.path / INFO_FILE, self.info)


class _Once(Relay):
    """Passes on what it is told, but each note only once: every training reads the same data."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener)
        self._said: set[Note] = set()

    def on_note(self, note: Note) -> None:
        if note not in self._said:
            self._said.add(note)
            super().on_note(note)


def _seeds(seeds: int | Sequence[int]) -> list[int]:
    found = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    if not found or len(set(found)) < len(found):
        raise ArgumentError(f"seeds must be at least one, each different; received {seeds!r}.")
    return found


def _circumstances(command: str, device: str) -> dict[str, Any]:
    return {
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": command,
        "versions": machine.versions(),
        "host": machine.host(choose_device(device)),
    }


def _new_path(output: str | Path | None, runs: Path, labels: Sequence[str], data: str) -> Path:
    if output is not None:
        return Path(output)
    shown = "-".join(labels if len(labels) <= 3 else [*labels[:3], "…"])
    return new_run_path(runs, f"compare-{shown}-{data}", datetime.now())


def _reopened(
    path: Path, networks: Networks | None, data: Data | str | Path | None, listener: Listener
) -> _Plan:
    """The plan of a comparison that was begun, with the pictures that it began with."""
    info = _info(path)
    contestants = [Contestant(**each) for each in info["networks"]]
    if "recipe" not in info:
        raise RunError(
            f"{path} compares runs that were finished before, and is whole: there is nothing to go on with. Its "
            f"report is {path / 'report.html'}."
        )
    makers: dict[str, str | Maker] = {}
    own = dict(networks) if isinstance(networks, Mapping) else {}
    for each in contestants:
        if known.is_known(each.network):
            makers[each.label] = each.network
        elif each.label in own:
            makers[each.label] = own[each.label]
        else:
            raise RunError(
                f"{path} compares a network of your own ({each.label}); pass it: "
                f"prunelle.compare({{{each.label!r}: …}}, resume={str(path)!r})."
            )
    if data is not None and not isinstance(data, Data):
        raise ArgumentError("--resume goes on with the comparison's own data; give no other.")
    begun = sorted(path.glob("runs/*/run.json"))
    if data is None and info["data"]["source"] is None:
        raise RunError(f"{path} compares on arrays, which it does not keep; pass them: data=….")
    if begun:
        first = Run.open(begun[0].parent)
        data = finding.data_of(first, listener) if data is None else finding.as_trained(first, data, listener)
    else:
        source = {"data": data} if data is not None else info["data"]["source"]
        data = loading.load_data(listener=listener, **source)
        data = loading.decode_apart(data, data.preprocess, MEMORY_BUDGET, listener).data
    return _Plan(path=path, info=info, data=data, contestants=contestants, makers=makers)


def _train_all(plan: _Plan, memory_budget: int, language: Language, listener: Listener) -> None:
    """Seed by seed, so that what is there early can be compared early."""
    total = len(plan.seeds) * len(plan.contestants)
    number = 0
    for seed in plan.seeds:
        for contestant in plan.contestants:
            number += 1
            path = plan.run_path(contestant, seed)
            begun = (path / "run.json").is_file()
            if begun and Run.open(path).info["status"] in ("finished", "diverged"):
                continue
            listener.on_note(_heading(plan, contestant, seed, number, total))
            maker = plan.makers[contestant.label]
            own = None if isinstance(maker, str) else made(maker, seed)
            whole: dict[str, Any] = {"memory_budget": memory_budget, "language": language, "style": listener}
            try:
                if begun:
                    train(own, plan.data, resume=path, **whole)
                    continue
                train(
                    contestant.network if own is None else own,
                    plan.data,
                    dataclasses.replace(plan.recipe, seed=seed),
                    output=path,
                    size=None if plan.info["size"] is None else _size(plan.info["size"]),
                    fit=plan.info["fit"],
                    normalisation=plan.info.get("normalisation"),
                    mean=_tuple(plan.info.get("mean")),
                    std=_tuple(plan.info.get("std")),
                    options=contestant.options if own is None else None,
                    command=plan.info["command"],
                    **whole,
                )
            except Diverged as error:
                listener.on_note(Note(str(error), str(error)))


def _tuple(values: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(values)


def _size(value: Any) -> int | tuple[int, int]:
    return value if isinstance(value, int) else (value[0], value[1])


def _heading(plan: _Plan, contestant: Contestant, seed: int, number: int, total: int) -> Note:
    """``Training 2 of 6: dense, seed 0 (about 04:30 left)``, by how long the finished ones took."""
    took: dict[str, list[float]] = {}
    for trained, run in plan.runs():
        if run.finished:
            took.setdefault(trained.label, []).append(float(run.metrics()["seconds"]))
    left_en = left_fr = ""
    if took:
        means = {label: sum(seconds) / len(seconds) for label, seconds in took.items()}
        usual = sum(means.values()) / len(means)
        every = [each.label for _ in plan.seeds for each in plan.contestants]
        left = clock(sum(means.get(label, usual) for label in every[number - 1 :]))
        left_en, left_fr = f" (about {left} left)", f" (encore {left} environ)"
    return Note(
        f"Training {number} of {total}: {contestant.label}, {contestant.parameters:,} weights, seed {seed}{left_en}",
        f"Entraînement {number} sur {total} : {contestant.label}, {contestant.parameters:,} poids, graine "
        f"{seed}{left_fr}",
    )


def _conclude(plan: _Plan, language: Language) -> Comparison:
    trained = {contestant.label: (contestant, list[Run]()) for contestant in plan.contestants}
    for contestant, run in plan.runs():
        trained[contestant.label][1].append(run)
    return _write(gather(plan.path, plan.info, list(trained.values())), language)


def _write(comparison: Comparison, language: Language) -> Comparison:
    """The report and the figures; ``comparison.json`` last, which says that all is there."""
    comparison.write_results()
    comparison_page.write(comparison, language)
    info = {**comparison.info, "status": "finished"}
    write_json(comparison.path / INFO_FILE, {**info, "results": comparison.to_json()})
    return comparison


def _of_runs(path: Path, runs: Sequence[str], language: Language, listener: Listener) -> Comparison:
    """A comparison of finished runs again: nothing was left to train."""
    listener.on_note(
        Note(
            f"{path} compares runs that were finished before; its report is made again.",
            f"{path} compare des entraînements terminés auparavant ; son rapport est refait.",
        )
    )
    return _write(gather(path, _info(path), grouped([Run.open(run) for run in runs])), language)


def _compare_runs(
    runs: Sequence[Run], output: str | Path | None, folder: Path, language: Language, command: str | None
) -> Comparison:
    """Finished runs as they are, those that differ by their seed alone together."""
    trained = grouped(runs)
    # Judged before there is a folder: runs that cannot be compared leave nothing behind.
    judged = gather(Path(), {}, trained)
    first = runs[0]
    info = {
        "status": "training",
        **_circumstances(command or "prunelle.compare(…)", first.recipe.device),
        "data": first.info["data"],
        "networks": [dataclasses.asdict(contestant) for contestant, _ in trained],
        "runs": [str(run.path) for run in runs],
        "seeds": sorted({run.recipe.seed for run in runs}),
    }
    path = _new_path(
        output, folder, [contestant.label for contestant, _ in trained], first.info["data"]["name"]
    )
    with claimed(path, COMPARISON, made=output is None):
        return _write(dataclasses.replace(judged, path=path, info=info), language)

"""A comparison made: several networks, the same pictures, the same recipe, several seeds; and what that shows.

Each training is an ordinary run inside the comparison's folder, so a comparison that was stopped goes on where it
was: finished runs are kept, a begun one is resumed, the others are still to come.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from prunelle import networks as known
from prunelle.console.lines import clock
from prunelle.data.examples import Data
from prunelle.data.kinds import preprocess_from_json
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
from prunelle.jobs import machine, run_data, training
from prunelle.jobs.decoding import decode_apart
from prunelle.jobs.recovery import resume_hint
from prunelle.json_files import sealed
from prunelle.planning.comparison import (
    INFO_FILE,
    ComparisonPlan,
    ComparisonRequest,
    read_info,
    resume_command,
)
from prunelle.planning.contestants import Maker, Networks, contestants_of, grouped, made, makers_of
from prunelle.planning.loading import load_data
from prunelle.planning.plan import batches_note, recipe_for
from prunelle.planning.request import MEMORY_BUDGET, DataSource, Destination, ResumeRequest
from prunelle.report import comparison_page
from prunelle.runs.comparison import Comparison, Contestant
from prunelle.runs.folder import COMPARISON, claimed, new_run_path, refuse_occupied
from prunelle.runs.gathering import gather, seed_of
from prunelle.runs.listener import Listener, Once
from prunelle.runs.run import Run
from prunelle.texts import EN, FR, Language, Note
from prunelle.training.speed import choose_device


def compare(request: ComparisonRequest, listener: Listener) -> Comparison:
    """A new comparison; see ``prunelle.compare``."""
    common = request.training
    listener = Once(listener)
    with contextlib.ExitStack() as claim:
        with resume_hint("start again with", lambda: common.command, "Nothing was begun"):
            plan = _planned(request, listener)
            claim.enter_context(claimed(plan.path, COMPARISON, made=common.destination.output is None))
            plan.save()
        with _resume_hint(plan.path):
            try:
                _train_all(plan, listener)
            except (CannotWrite, Interrupted):
                raise
            except PrunelleError:
                # What is wrong with the first training is wrong with the call; there is nothing to go on with.
                if not any(plan.path.glob("runs/*/run.json")):
                    (plan.path / COMPARISON.main).unlink()
                    with contextlib.suppress(OSError):
                        (plan.path / "runs").rmdir()
                raise
            return _conclude(plan)


def resume(path: Path, request: ComparisonRequest, listener: Listener) -> Comparison:
    """A comparison that was begun, gone on with; of the request only modules, data, limits and language count."""
    listener = Once(listener)
    with _resume_hint(path), _held(path):
        if (finished := read_info(path).get("runs")) is not None:
            return _of_runs(path, finished, request.training.language, listener)
        plan = _reopened(path, request, listener)
        _train_all(plan, listener)
        return _conclude(plan)


def compare_runs(runs: Sequence[Run], request: ComparisonRequest) -> Comparison:
    """Finished runs as they are, those that differ by their seed alone together."""
    request.refuse_settings()
    common = request.training
    with resume_hint("start again with", lambda: common.command, "Nothing was begun"):
        trained = grouped(runs)
        # Judged before there is a folder: runs that cannot be compared leave nothing behind.
        judged = gather(Path(), {}, trained)
        first = runs[0]
        info = {
            "status": "training",
            **_circumstances(common.command, first.recipe.device if first.has_recipe else "auto"),
            "data": first.info["data"],
            "networks": [dataclasses.asdict(contestant) for contestant, _ in trained],
            "runs": [str(run.path) for run in runs],
            "seeds": sorted({seed_of(run) for run in runs}),
        }
        labels = [contestant.label for contestant, _ in trained]
        path = _new_path(common.destination, labels, first.info["data"]["name"])
        with claimed(path, COMPARISON, made=common.destination.output is None):
            return _write(dataclasses.replace(judged, path=path, info=info), common.language)


def _planned(request: ComparisonRequest, listener: Listener) -> ComparisonPlan:
    """Who learns what, and how; the folder is not made yet."""
    common = request.training
    makers, seeds = makers_of(request.networks), request.seed_list()
    if common.destination.folder is not None:
        refuse_occupied(common.destination.folder, COMPARISON)
    data = load_data(common.source, listener)
    # Once for all: whatever each network is shown, all are judged on the same pictures.
    data = decode_apart(data, data.preprocess, common.limits.memory_budget, listener).data
    recipe = recipe_for(common, data, None)
    if (note := batches_note(common, data)) is not None:
        listener.on_note(note)
    contestants = contestants_of(
        makers,
        data,
        common.preparation,
        options=request.options,
        match_parameters=request.match_parameters,
    )
    path = _new_path(common.destination, [contestant.label for contestant in contestants], data.name)
    info = {
        "status": "training",
        **_circumstances(common.command, recipe.device),
        "data": {"name": data.name, "source": data.source},
        "preprocess": data.preprocess.to_json(),
        "networks": [dataclasses.asdict(contestant) for contestant in contestants],
        "recipe": recipe.to_json(),
        "seeds": seeds,
        **dataclasses.asdict(common.preparation),
    }
    return ComparisonPlan(
        path=path,
        info=info,
        data=data,
        contestants=contestants,
        makers=makers,
        limits=common.limits,
        language=common.language,
    )


def _resume_hint(path: Path) -> contextlib.AbstractContextManager[None]:
    def line() -> str:
        return resume_command(path)

    return resume_hint("go on with the comparison", line, "All that was saved is kept")


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """A comparison that was begun."""
    if not (path / INFO_FILE).is_file():
        siblings = [file.parent.name for file in path.parent.glob(f"*/{INFO_FILE}")]
        raise RunError(f"{path} is no comparison: it has no {INFO_FILE}.{did_you_mean(path.name, siblings)}")
    with held(path / COMPARISON.lock, f"{path} is being made by another process."):
        sweep(path)
        yield


def _circumstances(command: str | None, device: str) -> dict[str, Any]:
    return {
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": command or "prunelle.compare(…)",
        "versions": machine.versions(),
        "host": machine.host(choose_device(device)),
    }


def _new_path(destination: Destination, labels: Sequence[str], data: str) -> Path:
    if destination.folder is not None:
        return destination.folder
    shown = "-".join(labels if len(labels) <= 3 else [*labels[:3], "…"])
    return new_run_path(Path(destination.runs), f"compare-{shown}-{data}", datetime.now())


def _reopened(path: Path, request: ComparisonRequest, listener: Listener) -> ComparisonPlan:
    """The plan of a comparison that was begun, with the pictures that it began with."""
    info = read_info(path)
    if "recipe" not in info:
        raise RunError(
            f"{path} compares runs that were finished before, and is whole: there is nothing to go on with. Its "
            f"report is {path / 'report.html'}."
        )
    contestants = [Contestant(**fields) for fields in info["networks"]]
    return ComparisonPlan(
        path=path,
        info=info,
        makers=_restore_makers(path, contestants, request.networks),
        data=_restore_data(path, info, request.training.source.data, listener),
        contestants=contestants,
        limits=request.training.limits,
        language=request.training.language,
    )


def _restore_makers(
    path: Path, contestants: Sequence[Contestant], networks: Networks | None
) -> dict[str, str | Maker]:
    """What each contestant is made by; modules of the caller's are passed again."""
    makers: dict[str, str | Maker] = {}
    passed = dict(networks) if isinstance(networks, Mapping) else {}
    for contestant in contestants:
        if known.is_known(contestant.network):
            makers[contestant.label] = contestant.network
        elif contestant.label in passed:
            makers[contestant.label] = passed[contestant.label]
        else:
            raise RunError(
                f"{path} compares a network of your own ({contestant.label}); pass it: "
                f"prunelle.compare({{{contestant.label!r}: …}}, resume={str(path)!r})."
            )
    return makers


def _restore_data(
    path: Path, info: Mapping[str, Any], data: Data | str | Path | None, listener: Listener
) -> Data:
    """The data, with copies on the side of the splits where the comparison had them."""
    if data is not None and not isinstance(data, Data):
        raise ArgumentError("--resume goes on with the comparison's own data; give no other.")
    run_files = sorted(path.glob("runs/*/run.json"))
    if data is None and info["data"]["source"] is None:
        raise RunError(f"{path} compares on arrays, which it does not keep; pass them: data=….")
    if run_files:
        first = Run.open(run_files[0].parent)
        if data is not None:
            return run_data.as_trained(first, data, listener)
        found, before = run_data.data_of(first, listener), info.get("preprocess")
        # A run's data are prepared as its network took them; each network has them as it would have had them.
        return (
            found if before is None else dataclasses.replace(found, preprocess=preprocess_from_json(before))
        )
    source = DataSource(data=data) if data is not None else DataSource(**info["data"]["source"])
    data = load_data(source, listener)
    return decode_apart(data, data.preprocess, MEMORY_BUDGET, listener).data


def _train_all(plan: ComparisonPlan, listener: Listener) -> None:
    """Seed by seed, so that what is there early can be compared early."""
    total = len(plan.seeds) * len(plan.contestants)
    number = 0
    for seed in plan.seeds:
        for contestant in plan.contestants:
            number += 1
            path = plan.run_path(contestant, seed)
            exists = (path / "run.json").is_file()
            if exists and Run.open(path).info["status"] in ("finished", "diverged"):
                continue
            listener.on_note(_heading(plan, contestant, seed, number, total))
            maker = plan.makers[contestant.label]
            module = None if isinstance(maker, str) else made(maker, seed)
            request = plan.request(contestant, seed)
            if module is not None:
                request = dataclasses.replace(request, network=module, options={})
            try:
                if exists:
                    resumed = ResumeRequest(
                        run=Run.open(path),
                        network=module,
                        data=plan.data,
                        limits=plan.limits,
                        language=plan.language,
                    )
                    training.resume(resumed, listener)
                else:
                    training.train(request, listener)
            except Diverged as error:
                listener.on_note(Note(str(error), str(error)))


def _heading(plan: ComparisonPlan, contestant: Contestant, seed: int, number: int, total: int) -> Note:
    """``Training 2 of 6: dense, seed 0 (about 04:30 left)``, by how long the finished ones took."""
    took: dict[str, list[float]] = {}
    for trained, run in plan.runs():
        if run.finished:
            took.setdefault(trained.label, []).append(float(run.metrics()["seconds"]))
    left_en = left_fr = ""
    if took:
        means = {label: sum(seconds) / len(seconds) for label, seconds in took.items()}
        usual = sum(means.values()) / len(means)
        every = [entrant.label for _ in plan.seeds for entrant in plan.contestants]
        left = clock(sum(means.get(label, usual) for label in every[number - 1 :]))
        left_en, left_fr = f" (about {left} left)", f" (encore {left} environ)"
    return Note(
        f"Training {number} of {total}: {contestant.label}, {EN.integer(contestant.parameters)} weights, "
        f"seed {seed}{left_en}",
        f"Entraînement {number} sur {total} : {contestant.label}, {FR.integer(contestant.parameters)} poids, "
        f"graine {seed}{left_fr}",
    )


def _conclude(plan: ComparisonPlan) -> Comparison:
    trained = {contestant.label: (contestant, list[Run]()) for contestant in plan.contestants}
    for contestant, run in plan.runs():
        trained[contestant.label][1].append(run)
    return _write(gather(plan.path, plan.info, list(trained.values())), plan.language)


def _write(comparison: Comparison, language: Language) -> Comparison:
    """The report and the figures; ``comparison.json`` last, which says that all is there."""
    comparison.write_results()
    comparison_page.write(comparison, language)
    info = {**comparison.info, "status": "finished"}
    write_json(comparison.path / INFO_FILE, sealed({**info, "results": comparison.to_json()}))
    return comparison


def _of_runs(path: Path, runs: Sequence[str], language: Language, listener: Listener) -> Comparison:
    """A comparison of finished runs again: nothing was left to train."""
    listener.on_note(
        Note(
            f"{path} compares runs that were finished before; its report is made again.",
            f"{path} compare des entraînements terminés auparavant ; son rapport est refait.",
        )
    )
    return _write(gather(path, read_info(path), grouped([Run.open(run) for run in runs])), language)

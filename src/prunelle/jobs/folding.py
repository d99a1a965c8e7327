"""A cross-validation made: a training a fold, each an ordinary run, and what they say of all examples together.

The same call goes on with what is there: finished folds are kept, a begun one is resumed, the others are still to come.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from prunelle.console.lines import clock
from prunelle.data import leakage
from prunelle.data.examples import Data, Split
from prunelle.data.folds import belonging, check_number, folds, set_apart
from prunelle.data.kinds import kind_of
from prunelle.data.splits import Shares
from prunelle.disk import held, is_held, sweep, write_json
from prunelle.errors import ArgumentError, CannotWrite, Interrupted, PrunelleError, RunError, refuse_given
from prunelle.jobs import decoding, machine, together
from prunelle.jobs.decoding import Examples
from prunelle.jobs.many_runs import finished_run
from prunelle.jobs.recovery import resume_hint
from prunelle.json_files import sealed
from prunelle.planning.few_pictures import reuse_for_few
from prunelle.planning.loading import load_data
from prunelle.planning.plan import TrainingPlan, check_request, plan_training, recipe_for
from prunelle.planning.request import MEMORY_BUDGET, DataSource, Destination, TrainingRequest
from prunelle.report import folds_page
from prunelle.runs.folder import FOLDS, claimed, new_run_path
from prunelle.runs.folds import (
    Assigned,
    Folds,
    again,
    out_of_fold,
    read_info,
    run_path,
    runs_of,
    write_metrics,
    write_predictions,
)
from prunelle.runs.listener import Listener, Once, Quiet
from prunelle.runs.run import Run
from prunelle.texts import EN, FR, Note
from prunelle.training.metrics import Evaluation
from prunelle.training.speed import choose_device

VALIDATION = 0.1
"""Share of what a fold's network is given that validates it."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FoldsRequest:
    """A cross-validation, as it is asked for.

    Attributes:
        training: what the trainings have in common; its ``validation`` is the share within each.
        folds: how many.
    """

    training: TrainingRequest
    folds: int


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """What is divided, how, and what each fold's training is."""

    request: FoldsRequest
    data: Data
    """All that is divided as ``train``, a given test beside it."""
    assigned: Assigned
    info: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """What the same folder must be gone on with."""
        settings: dict[str, Any] = self.info["settings"]
        return settings

    def training(self, path: Path, fold: int) -> TrainingRequest:
        """Of one fold."""
        return dataclasses.replace(
            self.request.training,
            source=DataSource(data=fold_data(self.data, self.assigned, fold, _share(self.request))),
            destination=Destination(output=run_path(path, fold)),
        )


def cross_validate(request: FoldsRequest, listener: Listener) -> Folds:
    """All folds that are not there yet, and what they give together; see ``prunelle.cross_validate``."""
    training = request.training
    once = Once(listener)
    path = training.destination.folder
    with contextlib.ExitStack() as claim:
        with resume_hint("start again with", lambda: training.command, "Nothing was begun"):
            plan = _planned(request, once)
            path = _place(plan, once)
            claim.enter_context(_opened(path, plan))
        with resume_hint(
            "go on with the same again", lambda: again(path, training.command), "All that was saved is kept"
        ):
            try:
                _train_all(plan, path, once)
            except (CannotWrite, Interrupted):
                raise
            except PrunelleError:
                # What is wrong with the first training is wrong with the call; there is nothing to go on with.
                if not any(path.glob("runs/*/run.json")):
                    (path / FOLDS.main).unlink()
                    with contextlib.suppress(OSError):
                        (path / "runs").rmdir()
                raise
            return _conclude(plan, path, once)


def _planned(request: FoldsRequest, listener: Listener) -> _Plan:
    """Who is divided, and into what; the folder is not made yet."""
    training = request.training
    _check(request)
    data = _whole(training.source, listener)
    if not data.target.exclusive:
        raise ArgumentError(f"folds judge examples of one class each; received data for {data.target.task}.")
    plan = plan_training(dataclasses.replace(training, source=DataSource(data=data)), listener)
    # What was chosen for all holds in every fold, however few its examples are.
    chosen = {"network": plan.network, "weights": plan.request.weights, "strategy": plan.request.strategy}
    training = dataclasses.replace(training, **chosen)  # type: ignore[arg-type]
    request = dataclasses.replace(request, training=training)
    examples = decoding.decode_apart(plan.data, plan.preprocess, training.limits.memory_budget, listener)
    pixels = examples.pixels["train"]
    train = examples.data.train.take(leakage.readable_rows(examples.data.train, pixels))
    data = dataclasses.replace(examples.data, train=train)
    near = examples.contents["train"].near
    parts = belonging(train.groups, near, len(train))
    fold = folds(train.labels, parts, request.folds, training.source.seed, classes=data.classes) + 1
    files = None if train.files is None else tuple(map(str, train.files))
    assigned = Assigned(train.labels, fold, parts, files)
    for note in _notes(assigned, data):
        listener.on_note(note)
    return _Plan(
        request=request,
        data=data,
        assigned=assigned,
        info=_info(request, plan, data, assigned=assigned, examples=examples),
    )


def _check(request: FoldsRequest) -> None:
    """What is wrong with the request whatever the data are."""
    training = request.training
    check_number(request.folds)
    if isinstance(training.network, nn.Module):
        raise ArgumentError(
            "folds go with a network by name, as each begins anew; received a module. Make its class known by name: "
            "network='package.module:factory'."
        )
    if training.destination.folder is not None:
        refuse_given(
            "goes into the name of a new folder, and output names the folder", name=training.destination.name
        )
    check_request(dataclasses.replace(training, destination=Destination()))
    Shares(_share(request), 0)


def _share(request: FoldsRequest) -> float:
    share = request.training.source.validation
    return VALIDATION if share is None else share


def _whole(source: DataSource, listener: Listener) -> Data:
    """Nothing is drawn from the data; splits that were drawn already are put together again.

    A test that is given, or asked for, stays outside.
    """
    loaded = isinstance(source.data, Data)
    asked = dataclasses.replace(source, validation=None)
    if not loaded:
        # Which splits are given is known once the data are read.
        drawn = load_data(dataclasses.replace(asked, decisions=None), Quiet()).drawn
        nothing = {name: 0.0 for name in drawn if name == "validation" or source.test is None}
        asked = dataclasses.replace(asked, **nothing)  # type: ignore[arg-type]
    data = load_data(asked, listener)
    pooled_test = data.test if loaded and "test" in data.drawn else None
    outside = None if pooled_test is not None else data.test
    parts = [part for part in (data.train, data.validation, pooled_test) if part is not None]
    train = parts[0] if len(parts) == 1 else Split.joined("train", parts)
    notes = list(data.notes)
    if data.validation is not None and "validation" not in data.drawn:
        notes.append(_VALIDATION_TOO)
    if outside is not None:
        notes.append(_TEST_OUTSIDE)
    for note in notes[len(data.notes) :]:
        listener.on_note(note)
    return dataclasses.replace(data, train=train, validation=None, test=outside, drawn=(), notes=tuple(notes))


_VALIDATION_TOO = Note(
    "The validation examples that were given are divided among the folds too.",
    "Les exemples de validation fournis sont aussi répartis entre les plis.",
)
_TEST_OUTSIDE = Note(
    "The test stays outside of the folds: at the end, their networks answer it together.",
    "Le test reste en dehors des plis : à la fin, leurs réseaux y répondent ensemble.",
)


def _notes(assigned: Assigned, data: Data) -> Iterator[Note]:
    """What was divided."""
    what, k = kind_of(data.preprocess).many, int(assigned.fold.max())
    sizes = np.bincount(assigned.fold)[1:].tolist()
    between = str(sizes[0]) if len(set(sizes)) == 1 else f"{min(sizes)}–{max(sizes)}"
    yield Note(
        f"{EN.integer(len(assigned))} {what.en} in {k} folds of {between}, class by class: each is judged once, by a "
        f"network that learned from other folds.",
        f"{FR.integer(len(assigned))} {what.fr} en {k} plis de {between}, classe par classe : chacune est jugée une "
        f"fois, par un réseau qui a appris des autres plis.",
    )
    if assigned.groups:
        yield Note(
            f"Groups and copies stay together (sets of several {what.en}: {EN.integer(assigned.groups)}).",
            f"Groupes et copies restent ensemble (lots de plusieurs {what.fr} : {FR.integer(assigned.groups)}).",
        )


def _info(
    request: FoldsRequest, plan: TrainingPlan, data: Data, *, assigned: Assigned, examples: Examples
) -> dict[str, Any]:
    """The content of ``folds.json``, before it begins."""
    training = request.training
    recipe = recipe_for(training, data, training.strategy)
    examples_digest = blake2b(digest_size=16)
    examples_digest.update("".join(examples.contents["train"].digests).encode())
    for array in (assigned.labels, assigned.fold, assigned.together):
        examples_digest.update(np.ascontiguousarray(array, np.int64).data)
    settings = {
        "data": data.name,
        "examples": examples_digest.hexdigest(),
        "folds": request.folds,
        "validation": _share(request),
        "network": str(plan.network),
        "options": dict(plan.options),
        "weights": None if training.weights is None else str(training.weights),
        "strategy": None if training.strategy is None else dataclasses.asdict(training.strategy),
        "recipe": recipe.to_json(),
        **dataclasses.asdict(training.preparation),
    }
    return {
        "status": "training",
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": training.command or "prunelle.cross_validate(…)",
        "folds": request.folds,
        "settings": json.loads(json.dumps(settings)),
        "data": {
            "name": data.name,
            "source": data.source,
            "notes": [dataclasses.asdict(note) for note in (*data.notes, *_notes(assigned, data))],
        },
        "classes": list(data.classes),
        "skipped": [dataclasses.asdict(skipped) for skipped in examples.pixels["train"].skipped],
        "versions": machine.versions(),
        "host": machine.host(choose_device(recipe.device)),
    }


def _place(plan: _Plan, listener: Listener) -> Path:
    """The folder that is named; one that the same call began; or a new one."""
    destination = plan.request.training.destination
    if destination.folder is not None:
        return destination.folder
    for main in sorted(Path(destination.runs).glob(f"*/{FOLDS.main}"), reverse=True):
        with contextlib.suppress(RunError):
            there = read_info(main.parent)
            unfinished = there["status"] != "finished" and not is_held(main.parent / FOLDS.lock)
            if unfinished and there["settings"] == plan.settings:
                listener.on_note(
                    Note(
                        f"Going on with {main.parent}, which the same call began.",
                        f"Reprise de {main.parent}, commencé par le même appel.",
                    )
                )
                return main.parent
    name = destination.name or f"folds-{plan.settings['network']}-{plan.data.name}"
    return new_run_path(Path(destination.runs), name, datetime.now())


@contextlib.contextmanager
def _opened(path: Path, plan: _Plan) -> Iterator[None]:
    """The folder, held: a new one, or one that was begun by the same settings.

    Raises:
        ArgumentError: it was begun by others.
    """
    if not (path / FOLDS.main).is_file():
        with claimed(path, FOLDS, made=plan.request.training.destination.output is None):
            plan.assigned.write(path, plan.data.classes)
            write_json(path / FOLDS.main, sealed(plan.info))
            yield
        return
    with held(path / FOLDS.lock, f"{path} is being made by another process."):
        sweep(path)
        there = read_info(path)["settings"]
        if other := [key for key, value in plan.settings.items() if there.get(key) != value]:
            raise ArgumentError(
                f"{path} is of other settings ({', '.join(other)}); name another --output, or go on with the same ones."
            )
        yield


def fold_data(data: Data, assigned: Assigned, fold: int, share: float) -> Data:
    """What the training of a fold is given: the fold as its test, the others to learn from and to validate on."""
    judged, rest = assigned.rows(fold), np.flatnonzero(assigned.fold != fold)
    learned, validated = set_apart(assigned.labels[rest], assigned.together[rest], share, fold)
    k = int(assigned.fold.max())

    def split(name: str, rows: np.ndarray) -> Split:
        return dataclasses.replace(data.train.take(rows), name=name)

    note = Note(
        f"This is fold {fold} of {k} of a cross-validation: its test are the {EN.integer(len(judged))} of the fold. "
        f"What all folds say together is in the folder above.",
        f"Ceci est le pli {fold} sur {k} d’une validation croisée : son test est fait des {FR.integer(len(judged))} "
        f"du pli. Ce que disent tous les plis ensemble est dans le dossier au-dessus.",
    )
    return dataclasses.replace(
        data,
        train=split("train", rest[learned]),
        validation=split("validation", rest[validated]) if len(validated) else None,
        test=split("test", judged),
        notes=(*data.notes, note),
        # By what they hold they are found again, in other splits than the source has them in.
        moved=data.moved + len(judged) + len(validated),
    )


def _train_all(plan: _Plan, path: Path, listener: Once) -> None:
    took: list[float] = []
    k = plan.request.folds
    for fold in range(1, k + 1):
        request = plan.training(path, fold)
        data = request.source.data
        assert isinstance(data, Data)
        # The heading says the one, and the plan of all has said the other, of more examples.
        told = reuse_for_few(request, data).note
        listener.hush([*data.notes[-1:], *([] if told is None else [told])])
        there, begin = run_path(path, fold), time.monotonic()
        done = (there / "run.json").is_file() and Run.open(there).finished
        if not done:
            listener.on_note(_heading(data, fold, k, took))
        run = finished_run(request, listener, data=data)
        if not done:
            took.append(time.monotonic() - begin)
        listener.on_note(_reached(run.metrics()["test"], fold, k))


def _heading(data: Data, fold: int, k: int, took: list[float]) -> Note:
    """``Fold 2 of 5: learns 86, validates on 10, judges 24 (about 00:20 left)``, by how long others took."""
    learned, judged = len(data.train), len(data.test or ())
    validated = len(data.validation or ())
    left_en = left_fr = ""
    if took:
        left = clock(sum(took) / len(took) * (k - fold + 1))
        left_en, left_fr = f" (about {left} left)", f" (encore {left} environ)"
    return Note(
        f"Fold {fold} of {k}: learns {EN.integer(learned)}, validates on {EN.integer(validated)}, judges "
        f"{EN.integer(judged)}{left_en}",
        f"Pli {fold} sur {k} : apprend {FR.integer(learned)}, valide sur {FR.integer(validated)}, juge "
        f"{FR.integer(judged)}{left_fr}",
    )


def _reached(test: dict[str, Any], fold: int, k: int) -> Note:
    return Note(
        f"Fold {fold} of {k}: {EN.percent(test['accuracy'], digits=2)} of {EN.integer(test['n'])} right",
        f"Pli {fold} sur {k} : {FR.percent(test['accuracy'], digits=2)} de réponses justes sur {FR.integer(test['n'])}",
    )


def _conclude(plan: _Plan, path: Path, listener: Listener) -> Folds:
    """The figures and the report; ``folds.json`` last, which says that all is there."""
    runs = runs_of(path, plan.info)
    evaluation = out_of_fold(runs, plan.assigned)
    write_predictions(path, plan.assigned, evaluation)
    found = Folds(
        path=path, info=plan.info, runs=runs, assigned=plan.assigned, evaluation=evaluation, metrics={}
    )
    test = None if plan.data.test is None else _on_test(found, plan.data.test, listener)
    metrics = write_metrics(path, runs, evaluation, test)
    found = dataclasses.replace(found, metrics=metrics)
    folds_page.write(
        found,
        lambda rows: plan.data.train.take(rows).decode(found.preprocess).images,
        plan.request.training.language,
    )
    info = {**plan.info, "status": "finished"}
    write_json(path / FOLDS.main, sealed(info))
    return dataclasses.replace(found, info=info)


def _on_test(found: Folds, test: Split, listener: Listener) -> Evaluation:
    """What all networks together answer to a test that was given."""
    pixels = test.decode(
        found.preprocess,
        in_memory=test.decoded_bytes(found.preprocess) <= MEMORY_BUDGET,
        progress=listener.on_progress,
    )
    return together.judge(found, pixels, test, listener)

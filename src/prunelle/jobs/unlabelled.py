"""Pictures without labels that help: a network labels those it is sure of, and learns again, in rounds."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from prunelle.csv_files import table_text
from prunelle.data import duplicates
from prunelle.data.duplicates import Contents
from prunelle.data.examples import Data, Split
from prunelle.data.pictures import Pictures
from prunelle.data.targets import refuse_other_than_classes
from prunelle.disk import held, replacing, sweep, write_json, write_text, writing
from prunelle.errors import ArgumentError, refuse_given
from prunelle.jobs import decoding
from prunelle.jobs.answering import expand_files
from prunelle.jobs.decoding import Examples
from prunelle.jobs.many_runs import finished_run, same_settings
from prunelle.jobs.recovery import resume_hint
from prunelle.planning.few_pictures import reuse_for_few
from prunelle.planning.loading import load_data
from prunelle.planning.request import MEMORY_BUDGET, DataSource, Destination, TrainingRequest
from prunelle.runs.folder import UNLABELLED, new_run_path, refuse_occupied
from prunelle.runs.listener import Listener
from prunelle.runs.predictions import predict_files
from prunelle.runs.run import Run
from prunelle.texts import EN, FR, Note, quoted
from prunelle.training.cost_files import costs_of
from prunelle.training.intervals import difference_interval
from prunelle.transfer.pseudo_labels import RIGHT, threshold


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class UnlabelledRequest:
    """A training in rounds, as it is asked for.

    Attributes:
        training: on labelled pictures.
        unlabelled: the folder of pictures without labels.
        rounds: at most so many.
    """

    training: TrainingRequest
    unlabelled: str | Path
    rounds: int


@dataclasses.dataclass(frozen=True)
class _Taken:
    """An unlabelled picture with the class that the network gave it."""

    file: Path
    label: int
    confidence: float


@dataclasses.dataclass(frozen=True, eq=False)
class _Round:
    """A training: round 0 on labelled pictures alone, the others with some unlabelled ones."""

    run: Run
    taken: Sequence[_Taken]
    threshold: float | None

    @property
    def validation(self) -> tuple[float, float]:
        """Accuracy and minus the loss: what is better is greater."""
        metrics = self.run.metrics()["validation"]
        return metrics["accuracy"], -metrics["loss"]


def train_with_unlabelled(request: UnlabelledRequest, listener: Listener) -> Run:
    """The rounds that are not there yet; the folder becomes the run that is kept. See
    ``prunelle.train_with_unlabelled``."""
    training = request.training
    folder = training.destination.folder

    def again() -> str:
        if not training.command:
            return f"prunelle.tasks.train_with_unlabelled(…, output={str(folder)!r})"
        # The last --output counts.
        return training.command if folder is None else f"{training.command} --output {quoted(folder)}"

    with resume_hint("go on with the same again", again, "All that was saved is kept"):
        _check(request)
        data, files = _data(request, listener)
        refuse_other_than_classes(data.target, "learning from unlabelled pictures")
        folder = _folder(training.destination, f"{training.network or 'unlabelled'}-{data.name}")
        with held(folder / "lock", f"{folder} is being worked on by another process."):
            sweep(folder)
            same_settings(folder, "unlabelled.json", _settings(request, data), "rounds")
            if (folder / "run.json").is_file():
                return Run.open(folder)
            # Decided once: with those that it takes, a round may have no few pictures any more.
            reuse = reuse_for_few(training, data)
            if reuse.note is not None:
                listener.on_note(reuse.note)
            kept, tried = _Rounds(reuse.request, data, folder / "rounds", listener).train(
                files, request.rounds
            )
            _write(folder, kept, tried, len(files), data.classes)
        return Run.open(folder)


def _check(request: UnlabelledRequest) -> None:
    """What is wrong with the request whatever the data are."""
    destination = request.training.destination
    if destination.folder is not None:
        refuse_given("goes into the name of a new folder, and output names the folder", name=destination.name)
    if request.rounds < 1:
        raise ArgumentError(f"rounds must be at least 1; received {request.rounds}.")
    if isinstance(request.training.network, nn.Module):
        raise ArgumentError("unlabelled pictures go with a network by name: each round begins anew.")


def _data(request: UnlabelledRequest, listener: Listener) -> tuple[Data, list[Path]]:
    """The labelled pictures, and the files of those without labels that are not among them.

    Raises:
        ArgumentError: no files, no validation split, or no picture without a label.
    """
    data = load_data(request.training.source, listener)
    if not data.target.exclusive:
        raise ArgumentError(
            f"unlabelled pictures are learned from by the class that a network is surest of; task {data.target.task} "
            f"has none. Leave --unlabelled out."
        )
    if data.train.files is None:
        raise ArgumentError("unlabelled pictures go with a folder of labelled photos, not with arrays.")
    examples = decoding.decode_apart(data, data.preprocess, MEMORY_BUDGET, listener)
    if examples.data.validation is None:
        raise ArgumentError(
            "unlabelled pictures are taken as far as validation allows, and there is no validation split: give "
            "--validation 0.1."
        )
    inside = [Path(file) for file in expand_files([request.unlabelled], Pictures().list_files)]
    files = _unlike(examples, inside, listener)
    if not files:
        raise ArgumentError(f"{request.unlabelled} holds no picture that is not among the labelled ones.")
    return examples.data, files


def _settings(request: UnlabelledRequest, data: Data) -> dict[str, Any]:
    """What the same folder must be gone on with."""
    training, costs = request.training, request.training.costs
    return {
        "data": data.name,
        "network": training.network,
        "unlabelled": str(request.unlabelled),
        "rounds": request.rounds,
        "weights": str(training.weights),
        "strategy": str(training.strategy),
        "size": str(training.preparation.size),
        **({} if data.decisions is None else {"decisions": data.decisions["digest"]}),
        **({} if costs is None else {"costs": costs_of(costs).aligned(data.classes).matrix.tolist()}),
    }


@dataclasses.dataclass(frozen=True, eq=False)
class _Rounds:
    training: TrainingRequest
    data: Data
    folder: Path
    listener: Listener

    def train(self, files: Sequence[Path], most: int) -> tuple[_Round, list[_Round]]:
        """The round that is kept, and all that were tried."""
        kept = _Round(self._run(0, self.data), (), None)
        tried = [kept]
        for number in range(1, most + 1):
            assert self.data.validation is not None
            answers = kept.run.evaluate(self.data.validation, progress=self.listener.on_progress)
            sure = threshold(answers.confidence, answers.predicted == answers.labels)
            taken = [] if sure is None else self._taken(kept.run, files, sure)
            if sure is None or not taken or _same(taken, kept.taken):
                self.listener.on_note(_why_no_more(number, sure, taken))
                break
            run = self._run(number, self._with(taken, sure, len(files)))
            tried.append(_Round(run, taken, sure))
            better = tried[-1].validation >= kept.validation
            self.listener.on_note(_moved(number, tried[-1], kept, len(files), better))
            if not better:
                break
            kept = tried[-1]
        return kept, tried

    def _taken(self, run: Run, files: Sequence[Path], sure: float) -> list[_Taken]:
        index = {name: label for label, name in enumerate(self.data.classes)}
        answers = predict_files(run, files, top=1, progress=self.listener.on_progress)
        return [
            _Taken(file, index[answer.top[0][0]], answer.top[0][1])
            for file, answer in zip(files, answers, strict=True)
            if answer.error is None and answer.top[0][1] >= sure
        ]

    def _with(self, taken: Sequence[_Taken], sure: float, of: int) -> Data:
        """The data, the pictures taken among those to learn from."""
        train = self.data.train
        groups = train.groups
        if groups is not None:  # a picture that nobody has labelled stands alone
            groups = np.concatenate([groups, np.array([str(one.file) for one in taken], str)])
        split = Split(
            "train",
            np.concatenate([train.labels, np.array([one.label for one in taken], np.int64)]),
            (*(train.files or ()), *(one.file for one in taken)),
            groups=groups,
        )
        counts = np.bincount([one.label for one in taken], minlength=len(self.data.classes))
        by_count = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        listed = [f"{counts[label]} {self.data.classes[label]}" for label in by_count]
        note = Note(
            f"{EN.integer(len(taken))} of {EN.integer(of)} unlabelled pictures were learned from, with the classes "
            f"that a "
            f"network gave them (confidence {EN.decimal(sure, 2)} or more): {EN.listed(listed)}.",
            f"{FR.integer(len(taken))} images sans étiquette sur {FR.integer(of)} ont servi à l’apprentissage, avec "
            f"les "
            f"classes qu’un réseau leur a données (confiance d’au moins {FR.decimal(sure, 2)}) : {FR.listed(listed)}.",
        )
        return dataclasses.replace(self.data, train=split, notes=(*self.data.notes, note))

    def _run(self, number: int, data: Data) -> Run:
        """The run of a round, finished."""
        request = dataclasses.replace(
            self.training,
            source=DataSource(data=data),
            destination=Destination(output=self.folder / str(number)),
        )
        return finished_run(request, self.listener)


def _unlike(examples: Examples, files: Sequence[Path], listener: Listener) -> list[Path]:
    """The files whose pictures are not among the labelled ones, under whatever name: tests would be learned else."""
    preprocess = examples.data.preprocess
    split = Split("unlabelled", np.zeros(len(files), np.int64), tuple(files))
    in_memory = split.decoded_bytes(preprocess) <= MEMORY_BUDGET
    pixels = split.decode(preprocess, in_memory=in_memory, progress=listener.on_progress)
    known = Contents.joined(list(examples.contents.values()))
    there = duplicates.matching_rows(duplicates.contents_of(pixels), known) >= 0
    labelled = {file for file, is_there in zip(pixels.files or (), there, strict=True) if is_there}
    if labelled:
        listener.on_note(
            Note(
                f"{EN.integer(len(labelled))} of the {EN.integer(len(files))} unlabelled pictures are among the "
                f"labelled ones, and left out.",
                f"{FR.integer(len(labelled))} des {FR.integer(len(files))} images sans étiquette sont parmi celles qui "
                f"en ont une, et sont laissées de côté.",
            )
        )
    return [file for file in files if str(file) not in labelled]


def _folder(destination: Destination, name: str) -> Path:
    """The folder that is named, or a new one."""
    folder = destination.folder
    if folder is None:
        return new_run_path(Path(destination.runs), destination.name or name, datetime.now().astimezone())
    if not (folder / "unlabelled.json").is_file():
        refuse_occupied(folder, UNLABELLED)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _same(one: Sequence[_Taken], other: Sequence[_Taken]) -> bool:
    return [(example.file, example.label) for example in one] == [
        (example.file, example.label) for example in other
    ]


def _why_no_more(number: int, sure: float | None, taken: Sequence[_Taken]) -> Note:
    if sure is None:
        return Note(
            f"Round {number}: no confidence is high enough for {EN.percent(RIGHT, digits=0)} of the "
            f"validation answers above it to be right; no unlabelled picture is taken.",
            f"Tour {number} : aucune confiance n’est assez haute pour que {FR.percent(RIGHT, digits=0)} des réponses "
            f"de validation au-dessus soient justes ; aucune image sans étiquette n’est prise.",
        )
    if not taken:
        return Note(
            f"Round {number}: the network is sure of no unlabelled picture (confidence {EN.decimal(sure, 2)} or more).",
            f"Tour {number} : le réseau n’est sûr d’aucune image sans étiquette.",
        )
    return Note(
        f"Round {number}: it would take the same pictures again; that is all they can teach.",
        f"Tour {number} : il reprendrait les mêmes images ; elles n’apprennent rien de plus.",
    )


def _moved(number: int, now: _Round, before: _Round, of: int, kept: bool) -> Note:
    was, is_now = before.validation[0], now.validation[0]
    counts = [
        (round(m["accuracy"] * m["n"]), m["n"])
        for m in (each.run.metrics()["validation"] for each in (now, before))
    ]
    low, high = difference_interval(*counts)
    return Note(
        f"Round {number}: {EN.integer(len(now.taken))} of {EN.integer(of)} unlabelled pictures taken "
        f"(confidence {EN.decimal(now.threshold, 2)} or more); validation {EN.percent(was)} → {EN.percent(is_now)} "
        f"(95 % interval of the change: {EN.points(low, signed=True)} to {EN.points(high, signed=True)} points): "
        f"{'kept' if kept else 'not kept'}.",
        f"Tour {number} : {FR.integer(len(now.taken))} images sans étiquette prises sur {FR.integer(of)} "
        f"(confiance d’au moins {FR.decimal(now.threshold, 2)}) ; validation {FR.percent(was)} → {FR.percent(is_now)} "
        f"(intervalle à 95 % de l’écart : {FR.points(low, signed=True)} à {FR.points(high, signed=True)} points) : "
        f"{'gardé' if kept else 'pas gardé'}.",
    )


def _write(
    folder: Path, kept: _Round, tried: Sequence[_Round], unlabelled: int, classes: Sequence[str]
) -> None:
    """The kept run's files, the lists, and ``run.json`` last: it makes the folder a run."""
    rounds = (
        (number, len(one.taken), one.threshold, one.validation[0], -one.validation[1], int(one is kept))
        for number, one in enumerate(tried)
    )
    header = ("round", "taken", "threshold", "validation_accuracy", "validation_loss", "kept")
    write_text(folder / "rounds.csv", table_text(header, rounds))
    taken = ((one.file, classes[one.label], f"{one.confidence:.4f}") for one in kept.taken)
    write_text(folder / "unlabelled.csv", table_text(("file", "class", "confidence"), taken))
    for source in sorted(kept.run.path.rglob("*")):
        target = folder / source.relative_to(kept.run.path)
        if source.is_dir():
            with writing(target):
                target.mkdir(exist_ok=True)
        elif source.name not in ("run.json", "lock"):
            with replacing(target) as copy, source.open("rb") as original:
                shutil.copyfileobj(original, copy)
    entry = {"round": tried.index(kept), "taken": len(kept.taken), "unlabelled": unlabelled}
    write_json(folder / "run.json", kept.run.info | {"unlabelled": entry})

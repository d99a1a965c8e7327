"""Pictures without labels that help: a network labels those it is sure of, and learns again, in rounds."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.csv_files import table_text
from prunelle.data import copies
from prunelle.data.copies import Contents
from prunelle.data.examples import Data, Split
from prunelle.data.pictures import Pictures
from prunelle.disk import held, replacing, sweep, write_json, write_text, writing
from prunelle.errors import ArgumentError, refuse_given
from prunelle.plain import plain_arguments
from prunelle.runs.folder import UNLABELLED, new_run_path, refuse_occupied
from prunelle.runs.listener import Listener
from prunelle.runs.predictions import predict_files
from prunelle.runs.run import Run
from prunelle.tasks import loading
from prunelle.tasks.answering import expand_files
from prunelle.tasks.going_on import going_on
from prunelle.tasks.loading import MEMORY_BUDGET, Examples
from prunelle.tasks.several import made_once, same_settings
from prunelle.tasks.training import train
from prunelle.texts import Note, quoted, shown
from prunelle.training.intervals import difference_interval
from prunelle.training.recipe import Recipe
from prunelle.transfer.pseudo_labels import RIGHT, threshold

ROUNDS = 3


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
        found = self.run.metrics()["validation"]
        return found["accuracy"], -found["loss"]


@plain_arguments
def train_with_unlabelled(
    network: str | None,
    data: Data | str | Path,
    recipe: Recipe | Callable[..., Recipe] | None = None,
    *,
    unlabelled: str | Path,
    rounds: int = ROUNDS,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    labels: str | None = None,
    data_dir: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    style: Style | Listener = "auto",
    **settings: Any,
) -> Run:
    """``train``, helped by pictures without labels.

    Round 0 learns from the labelled pictures. Each round after it takes the unlabelled ones that the last kept network
    is sure enough of, with the classes it gives them, and learns anew, from the same first weights, on all. How sure
    is enough is measured on validation: the lowest confidence from which 95 % of the answers are right. A round that
    validation finds worse is not kept, and is the last.

    The folder is the run that was kept, with ``rounds/`` (each a run), ``rounds.csv`` and ``unlabelled.csv`` (the
    pictures taken, their class and confidence) beside it. The same call with the same ``output`` goes on where it
    was stopped.

    Args:
        network: a name, or None for one that suits the data.
        unlabelled: a folder of pictures; those in the folders inside too.
        rounds: at most so many, from 1.
        data, recipe, output, runs, name, labels, data_dir, validation, test, style: as ``train``, and so are
            ``settings``. The data are a folder of photos, with a validation split.

    Raises:
        ArgumentError: no validation split, data that are no files, no unlabelled picture, or ``output`` is of
            other settings.
    """
    listener = make_listener(style)
    command, folder = settings.get("command"), None if output is None else Path(output)

    def again() -> str:
        if not command:
            return f"prunelle.tasks.train_with_unlabelled(…, output={str(folder)!r})"
        # The last --output counts.
        return str(command) if folder is None else f"{command} --output {quoted(folder)}"

    with (
        contextlib.closing(listener),
        going_on("go on with the same again", again, "All that was saved is kept"),
    ):
        if output is not None:
            refuse_given("goes into the name of a new folder, and output names the folder", name=name)
        if rounds < 1:
            raise ArgumentError(f"rounds must be at least 1; received {rounds}.")
        if isinstance(network, nn.Module):
            raise ArgumentError("unlabelled pictures go with a network by name: each round begins anew.")
        found = loading.load_data(
            data, listener, labels=labels, data_dir=data_dir, validation=validation, test=test
        )
        if found.train.files is None:
            raise ArgumentError("unlabelled pictures go with a folder of labelled photos, not with arrays.")
        examples = loading.decode_apart(found, found.preprocess, MEMORY_BUDGET, listener)
        found = examples.data
        if found.validation is None:
            raise ArgumentError(
                "unlabelled pictures are taken as far as validation allows, and there is no validation split: give "
                "--validation 0.1."
            )
        files = _unlike(
            examples, [Path(file) for file in expand_files([unlabelled], Pictures().list_files)], listener
        )
        if not files:
            raise ArgumentError(f"{unlabelled} holds no picture that is not among the labelled ones.")
        folder = _folder(output, Path(runs), name or f"{network or 'unlabelled'}-{found.name}")
        with held(folder / "lock", f"{folder} is being worked on by another process."):
            sweep(folder)
            same_settings(
                folder,
                "unlabelled.json",
                {"data": found.name, "network": network, "unlabelled": str(unlabelled), "rounds": rounds}
                | {
                    key: str(value)
                    for key, value in settings.items()
                    if key in ("weights", "strategy", "size")
                },
                "rounds",
            )
            if (folder / "run.json").is_file():
                return Run.open(folder)
            learn = _Learning(network, found, recipe, folder / "rounds", settings, listener)
            kept, tried = learn.rounds(files, rounds)
            _write(folder, kept, tried, len(files), found.classes)
        return Run.open(folder)


@dataclasses.dataclass(frozen=True, eq=False)
class _Learning:
    network: str | None
    data: Data
    recipe: Recipe | Callable[..., Recipe] | None
    folder: Path
    settings: dict[str, Any]
    listener: Listener

    def rounds(self, files: Sequence[Path], most: int) -> tuple[_Round, list[_Round]]:
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
        answers = predict_files(
            run.network, run.classes, run.preprocess, files, top=1, progress=self.listener.on_progress
        )
        return [
            _Taken(file, index[answer.top[0][0]], answer.top[0][1])
            for file, answer in zip(files, answers, strict=True)
            if answer.error is None and answer.top[0][1] >= sure
        ]

    def _with(self, taken: Sequence[_Taken], sure: float, of: int) -> Data:
        """The data, the pictures taken among those to learn from."""
        train = self.data.train
        split = Split(
            "train",
            np.concatenate([train.labels, np.array([one.label for one in taken], np.int64)]),
            (*(train.files or ()), *(one.file for one in taken)),
        )
        counts = np.bincount([one.label for one in taken], minlength=len(self.data.classes))
        by_count = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        listed = shown([f"{counts[label]} {self.data.classes[label]}" for label in by_count])
        note = Note(
            f"{len(taken):,} of {of:,} unlabelled pictures were learned from, with the classes that a network gave "
            f"them (confidence {sure:.2f} or more): {listed}.",
            f"{len(taken)} images sans étiquette sur {of} ont servi à l’apprentissage, avec les classes qu’un réseau "
            f"leur a données (confiance d’au moins {f'{sure:.2f}'.replace('.', ',')}) : {listed}.",
        )
        return dataclasses.replace(self.data, train=split, notes=(*self.data.notes, note))

    def _run(self, number: int, data: Data) -> Run:
        path = self.folder / str(number)
        return made_once(
            path,
            lambda: train(self.network, data, self.recipe, output=path, style=self.listener, **self.settings),
            lambda: train(resume=path, style=self.listener),
        )


def _unlike(examples: Examples, files: Sequence[Path], listener: Listener) -> list[Path]:
    """The files whose pictures are not among the labelled ones, under whatever name: tests would be learned else."""
    preprocess = examples.data.preprocess
    split = Split("unlabelled", np.zeros(len(files), np.int64), tuple(files))
    in_memory = split.decoded_bytes(preprocess) <= MEMORY_BUDGET
    pixels = split.decode(preprocess, in_memory=in_memory, progress=listener.on_progress)
    known = Contents.joined(list(examples.contents.values()))
    there = copies.found_in(copies.contents_of(pixels), known) >= 0
    labelled = {file for file, is_there in zip(pixels.files or (), there, strict=True) if is_there}
    if labelled:
        listener.on_note(
            Note(
                f"{len(labelled):,} of the {len(files):,} unlabelled pictures are among the labelled ones, "
                f"and left out.",
                f"{len(labelled)} des {len(files)} images sans étiquette sont parmi celles qui en ont une, et sont "
                f"laissées de côté.",
            )
        )
    return [file for file in files if str(file) not in labelled]


def _folder(output: str | Path | None, runs: Path, name: str) -> Path:
    if output is None:
        return new_run_path(runs, name, datetime.now().astimezone())
    folder = Path(output)
    if not (folder / "unlabelled.json").is_file():
        refuse_occupied(folder, UNLABELLED)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _same(one: Sequence[_Taken], other: Sequence[_Taken]) -> bool:
    return [(each.file, each.label) for each in one] == [(each.file, each.label) for each in other]


def _why_no_more(number: int, sure: float | None, taken: Sequence[_Taken]) -> Note:
    share = f"{RIGHT:.0%}"
    if sure is None:
        return Note(
            f"Round {number}: no confidence is high enough for {share} of the validation answers above it to be right; "
            f"no unlabelled picture is taken.",
            f"Tour {number} : aucune confiance n’est assez haute pour que {share} des réponses de validation au-dessus "
            f"soient justes ; aucune image sans étiquette n’est prise.",
        )
    if not taken:
        return Note(
            f"Round {number}: the network is sure of no unlabelled picture (confidence {sure:.2f} or more).",
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
    low, high = (f"{100 * end:+.1f}" for end in difference_interval(*counts))
    shares = f"{100 * was:.1f} % → {100 * is_now:.1f} %", f"{low} à {high}"
    return Note(
        f"Round {number}: {len(now.taken):,} of {of:,} unlabelled pictures taken (confidence {now.threshold:.2f} or "
        f"more); validation {was:.1%} → {is_now:.1%} (95 % interval of the change: {low} to {high} points): "
        f"{'kept' if kept else 'not kept'}.",
        f"Tour {number} : {len(now.taken)} images sans étiquette prises sur {of} ; validation "
        f"{shares[0]} (intervalle à 95 % de l’écart : {shares[1]} points) : ".replace(".", ",")
        + f"{'gardé' if kept else 'pas gardé'}.",
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

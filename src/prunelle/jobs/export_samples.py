"""Real examples that an export is checked on, and by which int8 is calibrated."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.examples import Data, Split
from prunelle.data.leakage import readable_rows
from prunelle.errors import ArgumentError, PrunelleError
from prunelle.exports.checking import FEWEST
from prunelle.exports.inputs import inputs_of
from prunelle.exports.samples import Samples
from prunelle.exports.subject import Subject
from prunelle.jobs import answering, run_data
from prunelle.jobs.relabelling import relabelled
from prunelle.planning.request import DataSource
from prunelle.planning.weights import Pretrained
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import EN, FR, Note, visible


@dataclasses.dataclass(frozen=True)
class Gathered:
    """Where they come from.

    Attributes:
        subject: what is taken away.
        run: that it is of; None for a network without one.
        data_root: where the run's data are now.
        listener: told what is odd.
    """

    subject: Subject
    run: Run | None
    data_root: str | Path | None
    listener: Listener

    def samples(self, source: DataSource, wanted: int) -> Samples:
        """At most ``wanted``: of the test split, where it has too few of validation and of training too.

        Whether two programs answer alike does not depend on what was learned; where there are fewer than a check needs,
        the kind's own are taken as well.
        """
        if self.run is None and source.data is None:
            return self._own_of_kind(max(FEWEST, min(wanted, 2 * FEWEST)))
        try:
            data = answering.labelled_examples(self._judged, source, self.data_root, self.listener).data
        except PrunelleError as error:
            if source.data is not None:
                raise
            self.listener.on_note(
                Note(
                    f"The run's own examples are not there to check on: {error.message}",
                    f"Les exemples de l’entraînement ne sont pas là pour la vérification : {error.message}",
                )
            )
            return self._own_of_kind(2 * FEWEST)
        parts: list[Samples] = []
        for split in (data.test, data.validation, data.train):
            left = wanted - sum(map(len, parts))
            if split is not None and left > 0:
                parts.append(self._of_split(split, data, left))
        inputs = inputs_of(self.subject.preprocess)
        if any(len(part) and not inputs.is_decoded(part.raw[0]) for part in parts):
            self.listener.on_note(
                Note(
                    "The program gave fit numbers that it had made of its pictures: the check is on others.",
                    "Le programme a donné à fit des nombres qu’il avait tirés de ses images : la vérification porte "
                    "sur d’autres.",
                )
            )
            return self._own_of_kind(2 * FEWEST)
        if sum(map(len, parts)) < FEWEST:
            self._top_up(parts)
        return Samples.joined(parts)

    def calibration(self, number: int) -> Samples:
        """Training examples.

        Raises:
            ArgumentError: there is no run.
        """
        if self.run is None:
            raise ArgumentError(
                "quantize (--quantize) is calibrated on training examples, so it is for a run; train one from these "
                "weights."
            )
        data = run_data.data_of(self.run, self.listener, data_root=self.data_root)
        samples = self._of_split(data.train, data, number)
        self.listener.on_note(
            Note(
                f"int8 is calibrated on {EN.integer(len(samples))} training examples.",
                f"int8 est étalonné sur {FR.integer(len(samples))} exemples d’entraînement.",
            )
        )
        return samples

    def _top_up(self, parts: list[Samples]) -> None:
        try:
            parts.append(self._own_of_kind(FEWEST))
        except ArgumentError:
            if not any(map(len, parts)):
                raise
            n = sum(map(len, parts))
            self.listener.on_note(
                Note(
                    f"The check has {EN.integer(n)} examples, fewer than the usual {FEWEST}; --check DATA names more.",
                    f"La vérification a {FR.integer(n)} exemples, moins que les {FEWEST} habituels ; --check DATA en "
                    f"nomme d’autres.",
                )
            )

    def _own_of_kind(self, number: int) -> Samples:
        return inputs_of(self.subject.preprocess).samples(self.subject.preprocess, number)

    @property
    def _judged(self) -> Run | Pretrained:
        if self.run is not None:
            return self.run
        settings: Any = self.subject.preprocess
        return Pretrained(
            network=self.subject.network,
            classes=self.subject.classes,
            classes_known=True,
            preprocess=settings,
            source=self.subject.name,
            target=self.subject.target,
        )

    def _of_split(self, split: Split, data: Data, wanted: int) -> Samples:
        """At most ``wanted`` of a split, evenly through it."""
        rows = np.unique(np.linspace(0, len(split) - 1, min(wanted, len(split))).astype(np.int64))
        part = split.take(rows)
        pixels = answering.decoded(part, self.subject.preprocess, self.listener)
        readable = readable_rows(part, pixels)
        if part.files is not None:
            raw: Sequence[Any] = [Path(part.files[row]) for row in readable]
            names = [visible(Path(part.files[row]).name) for row in readable]
        else:
            array: Any = part.array
            raw = [np.asarray(array[int(row)]) for row in readable]
            names = [f"{split.name} {rows[row]}" for row in readable]
        try:
            labels: np.ndarray | None = relabelled(np.asarray(pixels.labels), data, self._judged)
        except PrunelleError:
            labels = (
                None  # of other classes: they have no right answer, and answers can still be held together
            )
        name = visible(Path(data.name).name)
        return Samples(
            names=names,
            prepared=np.asarray(pixels.images),
            raw=raw,
            labels=labels,
            origin=Note(
                f"{EN.integer(len(names))} of {name} ({split.name})",
                f"{FR.integer(len(names))} de {name} ({split.name})",
            ),
        )

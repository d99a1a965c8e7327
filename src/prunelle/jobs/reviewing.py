"""A run's examples, judged so that a person sees first those whose decision teaches most.

Splits that the network did not learn from are judged by its own probabilities. Those that it did may be right only
because they were learned by heart; they are judged by cross-validation: five times, a logistic regression on the
network's features learns from four fifths of them and says what it thinks of the rest (``checks.labels``). What that
means for a class, for several labels and for a number is in ``jobs.judged``.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from prunelle.checks.checkup import Checkup, checkup
from prunelle.checks.inspected import Inspected
from prunelle.data import duplicates
from prunelle.data.deciding import example_name
from prunelle.data.examples import Data
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError, PrunelleError, RunError
from prunelle.jobs.explored import Where
from prunelle.jobs.exploring import Explorer
from prunelle.jobs.judged import PARTS, How, Kin, Part
from prunelle.jobs.run_data import data_of
from prunelle.look.edits import Edits
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.texts import Note
from prunelle.transfer.example_features import example_features

LARGE_PX = 560
MOST_NEAREST = 3
_BATCH_S = 0.1
_MOST_IN_A_BATCH = 256
_LOG = logging.getLogger("prunelle")
_READING = Note("reading", "lecture")
_ANSWERS = Note("answers", "réponses")
_FEATURES = Note("features", "descripteurs")
_CROSSING = Note("cross-validation", "validation croisée")


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Seen:
    """One example as a person looks at it.

    Attributes:
        picture: ``(H, W, C)`` uint8, as the network has it, larger where its file is; of series ``(C, 1, T)`` float32.
        scores: ``(K,)`` float64, the network's own: probabilities, or a number.
    """

    picture: np.ndarray
    scores: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Near:
    """Learned examples that are most like one, the nearest first.

    Attributes:
        kin: which of all they are the nearest of.
        rows: of the training split.
    """

    kin: Kin
    rows: list[int]


@dataclasses.dataclass(frozen=True, eq=False)
class Progress:
    """What is being done in the background, of which split (None: of all), and how far it is."""

    what: Note
    split: str | None
    done: int
    of: int


class Review:
    """A run's examples for a person to decide about. Safe to use from several threads.

    Attributes:
        run: whose they are.
        explorer: its network.
        progress: what is going on; None before and after.
        failed: why the data cannot be had; None where they can.
        odd: what the checks found, once somebody wanted to know; None before.
    """

    def __init__(self, explorer: Explorer) -> None:
        run = explorer.explored.run
        if run is None:
            raise ArgumentError(f"{explorer.explored.name} is no run: nobody knows what it learned from.")
        self.run: Run = run
        self.explorer = explorer
        self.progress: Progress | None = None
        self.failed: str | None = None
        self.odd: Checkup | None = None
        self._parts: dict[str, Part] = {}
        self._features: dict[str, np.ndarray] = {}
        self._told: list[Callable[[], None]] = []
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._checking: threading.Thread | None = None

    def start(self) -> None:
        """Begins to read and judge, in a thread of its own; once."""
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._judge, name="review", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Until all is judged."""
        self.start()
        assert self._thread is not None
        self._thread.join()

    def check(self) -> None:
        """Begins to ask what else is odd (``checks``), in a thread of its own, once; ``odd`` has it then."""
        with self._guard:
            if self._checking is None:
                self._checking = threading.Thread(target=self._check, name="review-check", daemon=True)
                self._checking.start()

    @property
    def checking(self) -> bool:
        """Whether that is going on."""
        return self._checking is not None and self._checking.is_alive() and self.odd is None

    def subscribe(self, told: Callable[[], None]) -> Callable[[], None]:
        """``told`` is called from another thread whenever something has changed, until what this gives is called."""
        with self._guard:
            self._told.append(told)

        def leave() -> None:
            with self._guard, contextlib.suppress(ValueError):
                self._told.remove(told)

        return leave

    @cached_property
    def data(self) -> Data:
        """Those of the run, split as it was trained.

        Raises:
            PrunelleError: they are gone.
        """
        return data_of(self.run, self.explorer.explored.listener)

    @property
    def parts(self) -> dict[str, Part]:
        """By split, those that are judged already."""
        with self._guard:
            return dict(self._parts)

    def part(self, split: str) -> Part:
        """Of that name.

        Raises:
            ArgumentError: there is none, or it is not judged yet.
        """
        part = self.parts.get(split)
        if part is None:
            raise ArgumentError(f"the split {split!r} is not there, or not read yet.")
        return part

    def small(self, split: str, rows: np.ndarray) -> np.ndarray:
        """Thumbnails of rows: ``(n, h, w, 3)`` uint8, of series ``(n, C, T)`` float32."""
        part = self.part(split)
        return self.explorer.explored.medium.small(np.asarray(part.pixels.images[rows]))

    def see(self, split: str, row: int) -> Seen:
        """One example, at a good size, with what the network says of it."""
        part, example = self.part(split), self._example(split, row)
        file = None if part.pixels.files is None else part.pixels.files[row]
        return Seen(
            picture=self.explorer.explored.medium.large(example, file, LARGE_PX),
            scores=self.explorer.shared.probabilities(Edits(), example[np.newaxis], waiting=True)[0],
        )

    def where(self, split: str, row: int, target: int) -> Where:
        """Which parts of an example speak for a class."""
        explored, shared = self.explorer.explored, self.explorer.shared
        image = explored.batch(self._example(split, row)[np.newaxis])
        with shared.as_edited(Edits()):
            return explored.medium.where(explored.network, self.explorer.anatomy, image, target)

    def nearest(self, split: str, row: int) -> list[Near]:
        """Those that an example is seen beside, by its features; none before these are there."""
        with self._guard:
            features, learned = self._features.get(split), self._features.get("train")
        if features is None or learned is None:
            return []
        distances = ((learned - features[row]) ** 2).sum(axis=1)
        if split == "train":
            distances[row] = np.inf
        found = []
        for kin in self.part(split).kin(row, self.part("train")):
            members = np.flatnonzero(kin.members & np.isfinite(distances))
            found.append(
                Near(kin, members[np.argsort(distances[members], kind="stable")[:MOST_NEAREST]].tolist())
            )
        return found

    def _example(self, split: str, row: int) -> np.ndarray:
        images = self.part(split).pixels.images
        if not 0 <= row < len(images):
            raise ArgumentError(f"row must be that of an example, 0 to {len(images) - 1}; received {row}.")
        return np.array(images[row])

    def _judge(self) -> None:
        try:
            for split, pixels in self._decoded():
                if split == "train":
                    self._judge_learned(pixels)
                else:
                    self._put(split, pixels, self._answers(split, pixels), "network")
            if self._features:
                for split, part in self.parts.items():
                    if split not in self._features:
                        self._note_features(split, self._features_of(split, part.pixels))
        except PrunelleError as error:
            self.failed = str(error)
        except Exception as error:
            _LOG.exception("the examples of a run cannot be reviewed")
            self.failed = f"{type(error).__name__}: {error}"
        self._tell(None)

    def _check(self) -> None:
        self.wait()
        parts, features = self.parts, dict(self._features)
        if self.failed is not None:
            return
        order = [split.name for split in self.data.splits() if split.name in parts]
        name = self.explorer.explored.name
        inspected = Inspected(
            data=dataclasses.replace(self.data, preprocess=self.run.preprocess),
            pixels={split: parts[split].pixels for split in order},
            features=np.concatenate([features[split] for split in order])
            if features.keys() >= set(order)
            else None,
            features_of=Note(f"the features of {name}", f"les caractéristiques de {name}"),
            progress=lambda what, done, of: self._tell(Progress(what, None, done, of)),
        )
        try:
            self.odd = checkup(inspected)
        except Exception as error:
            _LOG.exception("the examples of a run cannot be checked")
            self.failed = f"{type(error).__name__}: {error}"
        self._tell(None)

    def place(self, row: int) -> tuple[str, int]:
        """Split, and row in it, of a row of ``odd``."""
        assert self.odd is not None
        for split, pixels in self.odd.inspected.pixels.items():
            if row < len(pixels):
                return split, row
            row -= len(pixels)
        raise IndexError(row)

    def _judge_learned(self, pixels: Pixels) -> None:
        """By features where they can be had: not every forward pass can be traced."""
        try:
            features = self._features_of("train", pixels)
        except ArgumentError:
            self._put("train", pixels, self._answers("train", pixels), "learned")
            return
        self._tell(Progress(_CROSSING, "train", 0, 1))
        groups = duplicates.groups(duplicates.contents_of(pixels))
        crossed = PARTS[self.run.target.kind].crossed(features, pixels.labels, len(self.run.classes), groups)
        self._note_features("train", features)
        self._put("train", pixels, crossed, "crossed")

    def _decoded(self) -> Iterator[tuple[str, Pixels]]:
        """One split after the other, those first that are most worth looking at."""
        splits, settings = {split.name: split for split in self.data.splits()}, self.run.preprocess
        in_memory = sum(split.decoded_bytes(settings) for split in splits.values()) <= MEMORY_BUDGET
        for name in (name for name in JUDGED_BY if name in splits):
            teller = self._teller(_READING, name)
            teller(_READING, 0, len(splits[name]))
            pixels = splits[name].decode(settings, in_memory=in_memory, progress=teller)
            if len(pixels):
                yield name, pixels

    def _answers(self, split: str, pixels: Pixels) -> np.ndarray:
        """``(n, K)``: those that the run wrote down at the end of its training, where they are of these examples."""
        written = self._written(split, pixels)
        if written is not None:
            return written
        found, done, size = [], 0, 1
        while done < len(pixels):
            examples, began = np.asarray(pixels.images[done : done + size]), time.perf_counter()
            found.append(self.explorer.shared.probabilities(Edits(), examples, waiting=False))
            # Who looks at an example meanwhile waits for one batch.
            taken = time.perf_counter() - began
            size = min(2 * size, _MOST_IN_A_BATCH) if taken < _BATCH_S else max(1, size // 2)
            done += len(examples)
            self._tell(Progress(_ANSWERS, split, done, len(pixels)))
        return np.concatenate(found)

    def _written(self, split: str, pixels: Pixels) -> np.ndarray | None:
        """Of the other classes than the answer and the given one, each has the same share (``runs.answers``)."""
        try:
            answers = self.run.judged()
        except RunError:
            return None
        same = answers.split == split and np.array_equal(answers.labels, pixels.labels)
        written = PARTS[self.run.target.kind].written
        return written(answers) if same and answers.files == pixels.files else None

    def _features_of(self, split: str, pixels: Pixels) -> np.ndarray:
        shared = self.explorer.shared
        with shared.turns.background():  # nobody has edited it meanwhile
            network = copy.deepcopy(shared.explored.network)
        return example_features(
            network,
            self.run.preprocess,
            {split: pixels},
            memory_budget=MEMORY_BUDGET,
            progress=self._teller(_FEATURES, split),
        )

    def _note_features(self, split: str, features: np.ndarray) -> None:
        with self._guard:
            self._features[split] = features

    def _put(self, split: str, pixels: Pixels, scores: np.ndarray, how: How) -> None:
        part = PARTS[self.run.target.kind](
            split=split,
            pixels=pixels,
            names=names_of(self.data, split, pixels),
            target=self.run.target,
            scores=scores,
            how=how,
        )
        part.order  # noqa: B018 – here, in the background
        with self._guard:
            self._parts[split] = part
        self._tell(self.progress)

    def _teller(self, what: Note, split: str) -> Callable[[Note, int, int], None]:
        return lambda _, done, of: self._tell(Progress(what, split, done, of))

    def _tell(self, progress: Progress | None) -> None:
        self.progress = progress
        with self._guard:
            told = tuple(self._told)
        for each in told:
            with contextlib.suppress(Exception):  # one who has just gone keeps nobody from hearing
                each()


def names_of(data: Data, split: str, pixels: Pixels) -> tuple[str, ...]:
    """What decisions call the examples of a split (``data.deciding``)."""
    if pixels.files is None:
        return tuple(f"{split}[{row}]" for row in range(len(pixels)))
    root = None if data.source is None else str(data.source["data"])
    return tuple(example_name(file, root) for file in pixels.files)

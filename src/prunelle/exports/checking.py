"""Whether a file answers as the network does: on real examples, one by one and together, prepared and as decoded."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import torch

from prunelle.data.pixels import Progress
from prunelle.errors import ExportError
from prunelle.exports.answered import answers_of
from prunelle.exports.format import CLOSE, TIED, Runtime
from prunelle.exports.inputs import raw_examples
from prunelle.exports.samples import Samples
from prunelle.exports.subject import Subject
from prunelle.texts import Note

FEWEST = 100
"""Real examples, of any check."""
FEWEST_LABELLED = 500
"""Of one that says what int8 costs."""
TOGETHER = 32
MOST_OTHERWISE = 0.01
"""The share of answers that may be others from examples as decoded: decoders and resizers differ by a level."""
MOST_LOST = 0.005
"""Of accuracy, by int8."""

Entry = Literal["batch of 1", "batch", "raw"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One way in.

    Attributes:
        entry: ``batch of 1``, ``batch`` (of 32, prepared), ``raw``: one example as it was decoded.
        n: examples.
        otherwise: names of those that are answered otherwise than by the network.
        tied: how many of these are ties of the network's own, and no difference.
        apart: the largest difference of two scores.
        milliseconds, network_milliseconds: an example, in the file's runtime and by the network in PyTorch.
    """

    entry: Entry
    n: int
    otherwise: tuple[str, ...]
    tied: int
    apart: float
    milliseconds: float
    network_milliseconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """What was seen.

    Attributes:
        rows: a way in each.
        origin: of the examples.
        close: how far apart scores from prepared batches may be.
        lost: of int8: accuracy of the network less that of the file, on ``labelled`` examples; None of float32.
        labelled: how many of the examples have labels, where ``lost`` is known; else 0.
    """

    rows: tuple[Row, ...]
    origin: Note
    close: float = CLOSE
    lost: float | None = None
    labelled: int = 0

    def to_json(self, *, names: bool = False) -> dict[str, Any]:
        """Plain values.

        Args:
            names: with those of the examples that are answered otherwise: for who has them, not for a file that is
                given away.
        """
        return {
            "examples": self.origin.en,
            "may_be_apart": self.close,
            "rows": [
                {
                    **dataclasses.asdict(row),
                    "otherwise": len(row.otherwise),
                    **({"names": list(row.otherwise)} if names else {}),
                }
                for row in self.rows
            ],
            **({} if self.lost is None else {"accuracy_lost": self.lost, "labelled": self.labelled}),
        }


def check(
    subject: Subject,
    runtime: Runtime,
    samples: Samples,
    *,
    quantized: bool,
    close: float = CLOSE,
    progress: Progress | None = None,
) -> Check:
    """Holds a file's answers against the network's; ``close``: how far scores from prepared batches may be apart.

    Raises:
        ExportError: they are further apart than they may be; it says by how much.
    """
    module = subject.of_batch()
    ones = list(samples.batches(subject.preprocess, 1))
    many = list(samples.batches(subject.preprocess, TOGETHER))

    def network(batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(module(torch.from_numpy(batch)).numpy())

    wanted, alone_ms = _timed(network, ones, "network", progress)
    _, together_ms = _timed(network, many, "network", progress)
    # Raw examples are made as they are asked for: of large photos, a hundred do not fit into memory together.
    given = [
        (*_timed(runtime.batch, ones, "batch of 1", progress), alone_ms),
        (*_timed(runtime.batch, many, "batch", progress), together_ms),
        (*_timed_raw(runtime, subject, samples, progress), alone_ms),
    ]
    entries: tuple[Entry, ...] = ("batch of 1", "batch", "raw")
    rows = tuple(
        _row(subject, samples, entry, (wanted, scores), took=(ms, theirs))
        for entry, (scores, ms, theirs) in zip(entries, given, strict=True)
    )
    lost, labelled = None, 0
    if quantized:
        lost, labelled = _lost(subject, samples, wanted, given[1][0])
    found = Check(rows=rows, origin=samples.origin, close=close, lost=lost, labelled=labelled)
    refuse(found, quantized)
    return found


def refuse(found: Check, quantized: bool) -> None:
    """Raises an ``ExportError`` where a check has found more than may be."""
    for row in found.rows:
        wrong = len(row.otherwise) - row.tied
        if quantized:
            continue
        # Not "further apart than": what is no number is neither further nor as close.
        if row.entry != "raw" and (wrong or not row.apart <= found.close):
            raise ExportError(
                f"the file does not answer as the network does: from prepared batches ({row.entry}) {wrong} of {row.n} "
                f"answers are others, scores are up to {row.apart:.2g} apart, and may be {found.close:g}. Nothing was "
                f"kept."
            )
        if row.entry == "raw" and wrong > MOST_OTHERWISE * row.n:
            raise ExportError(
                f"the file does not answer as the network does: of examples as they were decoded {wrong} of {row.n} "
                f"are answered otherwise, and {MOST_OTHERWISE:.0%} may be: {', '.join(row.otherwise[:8])}. Nothing "
                f"was kept."
            )
    if found.lost is not None and found.lost > MOST_LOST:
        raise ExportError(
            f"int8 costs {100 * found.lost:.1f} points of accuracy on {found.labelled} examples, and may cost "
            f"{100 * MOST_LOST:g}. Nothing was kept; leave --quantize out."
        )


def _timed(
    answer: Callable[[np.ndarray], np.ndarray],
    batches: list[np.ndarray],
    what: str,
    progress: Progress | None,
) -> tuple[np.ndarray, float]:
    """``(N, K)`` scores, and milliseconds an example; the first batch, which warms up, is not counted twice."""
    answer(batches[0])
    parts, took = [], 0.0
    for number, batch in enumerate(batches):
        start = time.perf_counter()
        parts.append(answer(batch))
        took += time.perf_counter() - start
        if progress is not None:
            progress(Note(f"checking ({what})", f"vérification ({what})"), number + 1, len(batches))
    scores = np.concatenate(parts)
    return scores, 1000 * took / len(scores)


def _timed_raw(
    runtime: Runtime, subject: Subject, samples: Samples, progress: Progress | None
) -> tuple[np.ndarray, float]:
    parts, took = [], 0.0
    for number, raw in enumerate(raw_examples(samples, subject.preprocess)):
        if not number:
            runtime.raw(raw)
        start = time.perf_counter()
        parts.append(runtime.raw(raw))
        took += time.perf_counter() - start
        if progress is not None:
            progress(Note("checking (raw)", "vérification (brut)"), number + 1, len(samples))
    return np.stack(parts), 1000 * took / len(parts)


def _row(
    subject: Subject,
    samples: Samples,
    entry: Entry,
    scores: tuple[np.ndarray, np.ndarray],
    took: tuple[float, float],
) -> Row:
    answers, (wanted, given) = answers_of(subject), scores
    differ = answers.differ(wanted, given)
    return Row(
        entry=entry,
        n=len(samples),
        otherwise=tuple(samples.names[row] for row in np.flatnonzero(differ)),
        tied=int((differ & answers.tied(wanted, given, TIED)).sum()),
        apart=answers.apart(wanted, given),
        milliseconds=took[0],
        network_milliseconds=took[1],
    )


def _lost(subject: Subject, samples: Samples, wanted: np.ndarray, given: np.ndarray) -> tuple[float, int]:
    if samples.labels is None or len(samples) < FEWEST_LABELLED:
        raise ExportError(
            f"what int8 costs is measured on at least {FEWEST_LABELLED} labelled examples; there are "
            f"{0 if samples.labels is None else len(samples)}. Name more: --check DATA."
        )
    answers = answers_of(subject)
    lost = answers.accuracy(wanted, samples.labels) - answers.accuracy(given, samples.labels)
    return lost, len(samples)

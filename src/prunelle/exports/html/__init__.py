"""One HTML file: a small network and all that answers with it, in plain JavaScript, opened from the file system.

``program.py`` makes a list of operations of the network (``operations.py`` has the table, ``lowering.py`` the graph),
``weights.py`` its bytes, ``page.py`` the file; ``engine.js`` computes, ``prepare.js`` prepares, ``page.js`` and its
like show. ``v8.py`` runs what was written for the check.

Weights are kept in 8 bits where that changes no answer of the examples that the file is checked on and moves no score
by more than ``CLOSE``; else in 16, else as they are.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from prunelle.errors import ArgumentError, ExportError
from prunelle.exports.answered import answers_of
from prunelle.exports.format import CLOSE as CLOSE_AS_FLOAT32
from prunelle.exports.format import TIED, Format, Runtime, Settings
from prunelle.exports.html.page import bits_of, page
from prunelle.exports.html.program import program_of
from prunelle.exports.html.v8 import PageRuntime
from prunelle.exports.html.weights import BITS, packed
from prunelle.exports.inputs import inputs_of
from prunelle.exports.samples import Samples
from prunelle.exports.subject import Subject
from prunelle.texts import EN, FR, Note

MOST_BYTES = 1_000_000
"""Of weights."""
CLOSE = {8: 0.02, 16: 1e-3, 32: CLOSE_AS_FLOAT32}
"""How far a score may move by the bits that weights are kept in: a bar of the page, by two points at most."""


class Html(Format):
    """See the module."""

    name = "html"
    suffix = ".html"
    one = Note("a page for a phone, offline", "une page pour un téléphone, hors ligne")
    needs = ("py_mini_racer",)

    def check(self, subject: Subject, settings: Settings) -> None:
        super().check(subject, settings)
        if len(inputs_of(subject.preprocess).batch_axes(subject.preprocess)) > 1:  # their length is open, too
            raise ArgumentError(
                "format html takes series of one length, and this network's are padded; write ONNX (--format onnx), or "
                "train with --fit resample."
            )
        if subject.facts.parameters > MOST_BYTES:
            raise ArgumentError(_too_large(subject.facts.parameters, 8))

    def close(self, path: Path) -> float:
        return CLOSE[bits_of(path)]

    def write(self, subject: Subject, path: Path, settings: Settings) -> tuple[Path, ...]:
        program = program_of(subject.of_batch(), subject.preprocess.input_shape)
        samples = settings.samples
        wanted = np.empty(0) if samples is None else _network_answers(subject, samples)
        for bits in BITS:
            entries, content = packed(program, bits)
            if len(content) > MOST_BYTES:
                raise ExportError(_too_large(program.num_weights, bits))
            path.write_text(page(subject, program, (entries, content), bits), encoding="utf-8")
            if bits == BITS[-1] or samples is None:
                break
            moved = _moved(PageRuntime(path), subject, samples, wanted)
            if moved is not None and moved <= CLOSE[bits]:
                settings.note(_kept(bits, len(content), len(samples), moved))
                return (path,)
        settings.note(
            Note(
                f"Weights as they are: {EN.size(len(content))}.",
                f"Poids tels quels : {FR.size(len(content))}.",
            )
        )
        return (path,)

    def open(self, path: Path, subject: Subject) -> Runtime:
        return PageRuntime(path)


def _network_answers(subject: Subject, samples: Samples) -> np.ndarray:
    module = subject.of_batch()
    with torch.inference_mode():
        parts = [module(torch.from_numpy(batch)).numpy() for batch in samples.batches(subject.preprocess, 32)]
    return np.concatenate(parts)


def _moved(runtime: Runtime, subject: Subject, samples: Samples, wanted: np.ndarray) -> float | None:
    """How far the scores of a page are from ``wanted: (N, K)`` at most; None where an answer is another."""
    answers, apart = answers_of(subject), 0.0
    for row, batch in enumerate(samples.batches(subject.preprocess, 1)):
        given, of_network = runtime.batch(batch), wanted[row : row + 1]
        if (answers.differ(of_network, given) & ~answers.tied(of_network, given, TIED)).any():
            return None
        apart = max(apart, answers.apart(of_network, given))
    return apart


def _kept(bits: int, size: int, examples: int, moved: float) -> Note:
    english, french = EN.integer(examples), FR.integer(examples)
    return Note(
        f"Weights in {bits} bits, {EN.size(size)}: that changes no answer of {english} examples, and scores by at most "
        f"{EN.number(moved, 2)}.",
        f"Poids sur {bits} bits, {FR.size(size)} : aucune réponse n’en change sur {french} exemples, et les scores de "
        f"{FR.number(moved, 2)} au plus.",
    )


def _too_large(weights: int, bits: int) -> str:
    return (
        f"format html is for networks of at most {MOST_BYTES / 1e6:g} MB of weights; this one has "
        f"{EN.integer(weights)}, {weights * bits / 8e6:.2f} MB in {bits} bits, and fewer would change answers. "
        f"Write ONNX instead (--format onnx), or train a smaller network: prunelle networks lists their sizes."
    )

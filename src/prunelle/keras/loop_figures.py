"""Figures of a loop that a program wrote itself: how they are called, and those that it prints.

Columns have Keras's names, so that curves and tables know them: ``loss``, ``accuracy``, what is of validation or of a
test with ``val_`` before it, everything else as the program calls it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

_TRAINING = {"train", "training", "apprentissage", "entraînement", "entrainement"}
_HELD_OUT = {"val", "valid", "validation", "test", "testing", "eval", "evaluation", "évaluation"}
_OFTEN = {
    **dict.fromkeys(("loss", "perte", "losses", "cost", "coût", "cout"), "loss"),
    **dict.fromkeys(("acc", "accuracy", "exactitude"), "accuracy"),
}
_OF_ACCURACY = ("binary", "categorical", "sparse")
"""Words before ``accuracy`` in the names of Keras's own classes."""
_NO_FIGURES = {
    *(
        "epoch",
        "epochs",
        "époque",
        "époques",
        "epoque",
        "step",
        "steps",
        "étape",
        "étapes",
        "etape",
        "pas",
        "batch",
    ),
    *(
        "batches",
        "lot",
        "lots",
        "iteration",
        "iterations",
        "iter",
        "itération",
        "itérations",
        "it",
        "i",
        "seen",
    ),
    *(
        "time",
        "temps",
        "seconds",
        "secondes",
        "sec",
        "s",
        "ms",
        "eta",
        "durée",
        "duration",
        "lr",
        "rate",
        "seed",
    ),
    *("shape", "numpy", "dtype", "size", "taille", "version", "samples", "examples", "exemples"),
}
_BETWEEN = {"de", "du", "la", "le", "les", "the", "of"}
_MEANS = {"average", "avg", "mean", "moyenne", "running", "total"}
_SET = {"set", "data", "dataset", "jeu", "données", "final", "finale"}
_WHERE = re.compile(r"\b(?:at|after|over|for|on|in|à|après|sur|pour)\b.*|\(.*?\)", re.IGNORECASE)
"""``Training loss (for one batch) at step 200`` is a training loss."""

_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d+(?:[.,]\d+)?|\.\d+|nan\b|inf\b)(?:[eE][-+]?\d+)?"
_FIGURE = re.compile(
    r"(?P<name>[^\W\d][\w '’/()-]*?)"
    # Between a name and its number; after some names there need be nothing.
    r"(?:\s*[:=]\s*|(?<=loss)\s+|(?<=perte)\s+|(?<=acc)\s+|(?<=accuracy)\s+|(?<=exactitude)\s+)"
    rf"(?:tf\.Tensor\(|tensor\(|<tf\.Tensor:[^>]*?numpy=)?(?P<number>{_NUMBER})(?![\w.]*[/:]\d)\s*(?P<percent>%)?",
    re.IGNORECASE,
)
_LONGEST_LINE, _LONGEST_NAME = 500, 40


def column(name: str, held_out: bool = False) -> str:
    """What Keras would call a figure that a program calls ``name``; empty where that names no figure.

    Args:
        held_out: it is of examples that were not learned, whatever its name says, unless that says training.
    """
    split = next((word for word in _words(name) if word in _TRAINING | _HELD_OUT), None)
    held_out = split in _HELD_OUT if split is not None else held_out
    words = _words(_WHERE.sub(" ", name))
    words = [word for word in words if word not in _TRAINING | _HELD_OUT | _BETWEEN | _SET]
    if not words or words[0] in _NO_FIGURES or words[-1] in _NO_FIGURES:
        return ""
    words = [_OFTEN.get(word, word) for word in words]
    if len(words) > 1 and set(words) - _MEANS <= set(_OFTEN.values()):
        words = [word for word in words if word not in _MEANS]
    if words[-1] == "accuracy" and all(word in _OF_ACCURACY for word in words[:-1]):
        words = words[-1:]
    short = "_".join(words)[:_LONGEST_NAME]
    return f"val_{short}" if held_out else short


def _words(name: str) -> list[str]:
    """``testLoss_2`` → test, loss."""
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])|\b[dl]['’]", " ", name)
    return [word for word in re.split(r"[^\w]+|_", spaced.lower()) if word and not word.isdigit()]


def printed_figures(line: str) -> dict[str, float]:
    """Of a printed line, its figures by column; ``97.1%`` is 0.971.

    ``Epoch 3, Loss: 0.5, Accuracy: 97.1%``, ``perte : 0,53``, ``step 100 loss = 0.5``, ``loss 0.5 acc 0.9``.
    """
    found: dict[str, float] = {}
    for match in _FIGURE.finditer(line[:_LONGEST_LINE]):
        # Of "Epoch 1 Batch 50 Loss 0.5" the name is what follows the last number.
        last = re.split(r"\b\d+\b", match["name"])[-1]
        if name := column(last if re.search(r"[^\W\d_]", last) else match["name"]):
            number = match["number"]
            number = number.replace(",", "") if "." in number else number.replace(",", ".")
            found[name] = float(number) / (100 if match["percent"] else 1)
    return found


class Overheard:
    """``sys.stdout``, with what is printed told line by line; what is written and when stays as it is."""

    def __init__(self, stream: Any, told: Callable[[str], None]) -> None:
        self._stream, self._told, self._begun = stream, told, ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> Any:
        written = self._stream.write(text)
        if isinstance(text, str):
            *lines, rest = (self._begun + text).split("\n")
            self._begun = rest[-_LONGEST_LINE:]
            for line in lines:
                # A progress bar writes over its own line: its last state counts.
                self._told(re.split(r"[\r\b]", line.rstrip("\r"))[-1])
        return written

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def stop(self) -> None:
        """``sys.stdout`` is what it was, if the program has not put another there."""
        if sys.stdout is self:
            sys.stdout = self._stream

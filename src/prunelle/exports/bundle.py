"""What makes a folder of an export that a colleague uses with onnxruntime and Pillow alone: classes, a script of twenty
lines, what it needs.
"""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from prunelle.exports.subject import Subject
from prunelle.texts import visible

SCRIPT = "predict.py"
CLASSES = "classes.txt"
REQUIREMENTS = "requirements.txt"

_NEEDS = {"pictures": ("numpy", "onnxruntime", "pillow"), "series": ("numpy", "onnxruntime")}
"""By the kind of data; no versions: opset and operators are older than any that installs today."""
_SCRIPTS = {"pictures": ("pictures.txt", "pictures.txt"), "series": ("series.txt", "series_of_many.txt")}
"""By the kind of data: of one channel, and of several."""
_ANSWERS = {
    "class": '[f"{classes[k]} {scores[k]:.1%}" for k in np.argsort(-scores)[:3]]',
    "labels": '[f"{classes[k]} {scores[k]:.1%}" for k in np.argsort(-scores) if scores[k] >= least[k]] or ["-"]',
    "number": '[f"{classes[0]} {scores[0]:.4g}"]',
}
"""By the kind of target, in Python."""
_TOLD = {
    "class": "its three most probable classes, with their probabilities",
    "labels": "the labels that reach their thresholds, - for none",
    "number": "the number, in the unit of the labels that were learned",
}
FILES = (SCRIPT, CLASSES, REQUIREMENTS)
"""Names of what ``add`` writes."""


def add(folder: Path, subject: Subject) -> None:
    """Writes ``FILES`` into ``folder``, beside ``model.onnx``."""
    names = "".join(f"{visible(name)}\n" for name in subject.classes)
    (folder / CLASSES).write_text(names, encoding="utf-8", newline="\n")
    needs = "".join(f"{name}\n" for name in _NEEDS[subject.kind])
    (folder / REQUIREMENTS).write_text(needs, encoding="utf-8", newline="\n")
    (folder / SCRIPT).write_text(script(subject), encoding="utf-8", newline="\n")


def script(subject: Subject) -> str:
    """``predict.py`` for this kind of data and this target."""
    name = _SCRIPTS[subject.kind][_channels(subject) > 1]
    template = importlib.resources.files(__package__).joinpath("scripts", name).read_text(encoding="utf-8")
    kind, thresholds = subject.target.kind, ""
    if kind == "labels":
        thresholds = f"least = {_thresholds(subject)}\n"
    return (
        template.replace("TOLD", _TOLD[kind])
        .replace("THRESHOLDS\n", thresholds)
        .replace("ANSWERS", _ANSWERS[kind])
    )


def _channels(subject: Subject) -> int:
    channels: int = subject.preprocess.input_shape[0]
    return channels


def _thresholds(subject: Subject) -> str:
    answered_from = subject.target.answered_from(len(subject.classes))  # type: ignore[attr-defined]
    return str([round(float(each), 6) for each in answered_from])

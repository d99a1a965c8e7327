"""TensorBoard's files, by PyTorch's own writer, in the run's folder: ``tensorboard --logdir runs`` shows all runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.texts import quoted
from prunelle.trackers.tracker import Answers, Begun

FOLDER = "tensorboard"
"""Of a run."""

SHOWN = ("epoch/val_accuracy", "epoch/val_loss", "test/accuracy")
"""Beside the hyperparameters of each run."""

_MOST_CLASSES = 30
"""Of a confusion matrix that is still read as a table; its figure is there for more."""


class TensorBoard:
    """Curves, hyperparameters, pictures, the report's figures, and tables of the network and of its mistakes."""

    def __init__(self) -> None:
        import torch.utils.tensorboard as package

        self._package: Any = package
        self._writer: Any = None
        self._paths: list[Path] = []
        self._step = 0

    @property
    def where(self) -> str:
        """The command that shows it."""
        return f"tensorboard --logdir {quoted(os.path.commonpath(self._paths) if self._paths else '.')}"

    def begin(self, begun: Begun) -> None:
        """A file of events; one more where a run is gone on with."""
        self._step = 0
        self._paths.append(begun.path)
        self._writer = self._package.SummaryWriter(str(begun.path / FOLDER))
        # Not ``add_hparams``, which makes a folder of its own beside the curves.
        experiment, session, _ = self._package.summary.hparams(
            dict(begun.settings), dict.fromkeys(SHOWN, 0.0)
        )
        self._writer.file_writer.add_summary(experiment)
        self._writer.file_writer.add_summary(session)
        self._writer.add_text("network", _table_of(begun), 0)
        self._writer.flush()

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Scalars."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
            if name.startswith("epoch/"):
                self._step = step
        self._writer.flush()

    def examples(self, pictures: np.ndarray, names: Sequence[str]) -> None:
        """One image."""
        if pictures.shape[-1] == 1:
            pictures = np.repeat(pictures, 3, axis=-1)
        self._writer.add_images("examples", pictures, 0, dataformats="NHWC")
        self._writer.add_text("examples", ", ".join(names), 0)

    def figure(self, file: Path) -> None:
        """An image."""
        from PIL import Image

        with Image.open(file) as image:
            pixels = np.asarray(image.convert("RGB"))
        self._writer.add_image(f"figures/{file.stem}", pixels, self._step, dataformats="HWC")

    def answers(self, answers: Answers) -> None:
        """A table in Markdown."""
        if len(answers.classes) > _MOST_CLASSES:
            return
        names = [name.replace("|", "\\|") for name in answers.classes]
        lines = [f"| class \\ answer | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
        for name, row in zip(names, answers.matrix().tolist(), strict=True):
            lines.append(f"| {name} | {' | '.join(map(str, row))} |")
        self._writer.add_text("confusion_matrix", "\n".join(lines), self._step)

    def results(self, values: Mapping[str, float]) -> None:
        """Scalars, after as many epochs as there were."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, self._step)

    def model(self, files: Sequence[Path]) -> None:
        """Where they are: TensorBoard keeps no files."""
        self._writer.add_text("model", "\n".join(f"- `{file}`" for file in files), self._step)

    def end(self, failed: bool) -> None:
        """Closes the file."""
        session_end = self._package.summary.hparams({}, {})[2]
        self._writer.file_writer.add_summary(session_end)
        self._writer.close()


def _table_of(begun: Begun) -> str:
    lines = ["| layer | kind | output | parameters |", "|---|---|---|---:|"]
    for row in begun.layers:
        shape = "×".join(map(str, row.output_shape))
        lines.append(f"| {row.name} | {row.kind} {row.detail} | {shape} | {row.parameters} |")
    return "\n".join(lines)

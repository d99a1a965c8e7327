"""Weights & Biases: online where somebody is logged in, else into the run's folder, from where ``wandb sync`` sends it.

``WANDB_MODE``, ``WANDB_PROJECT``, ``WANDB_DIR`` and its other variables mean what they mean to it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.texts import quoted
from prunelle.trackers.tracker import Answers, Begun

PROJECT = "prunelle"
_FINISH_S = 20
"""For what is still to be sent."""


class WandB:
    """Curves, settings as its configuration, pictures, its own confusion matrix, and the model as an artifact."""

    def __init__(self) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        self._wandb: Any = wandb
        self._run: Any = None
        self._where = ""

    @property
    def where(self) -> str:
        """Its page, or the command that sends it there."""
        return self._where

    def begin(self, begun: Begun) -> None:
        """A run of its own beside any that the caller has open."""
        wandb = self._wandb
        mode = os.environ.get("WANDB_MODE")
        if mode is None:
            # Without a key it would stop at a question that nobody sees.
            mode = "online" if wandb.login(prompt=False) else "offline"
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            id=hashlib.sha256(begun.identity.encode()).hexdigest()[:16],
            name=begun.path.name,
            config=dict(begun.settings),
            dir=os.environ.get("WANDB_DIR", str(begun.path)),
            mode=mode,
            resume=None if mode == "offline" else "allow",
            reinit="create_new",
            settings=wandb.Settings(console="off", silent=True, finish_timeout=_FINISH_S),
        )
        # Its own steps only go up, and steps and epochs count differently.
        for axis in ("epoch", "step"):
            self._run.define_metric(f"count/{axis}")
            self._run.define_metric(f"{axis}/*", step_metric=f"count/{axis}")
        online = mode not in ("offline", "disabled")
        self._where = self._run.url if online else f"wandb sync {quoted(Path(self._run.dir).parent)}"

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """A line of its history."""
        axis = next(iter(values)).split("/")[0]
        self._run.log({**values, f"count/{axis}": step})

    def examples(self, pictures: np.ndarray, names: Sequence[str]) -> None:
        """Images, their classes as captions."""
        images = [
            self._wandb.Image(picture[..., 0] if picture.shape[-1] == 1 else picture, caption=name)
            for picture, name in zip(pictures, names, strict=True)
        ]
        self._run.log({"examples": images})

    def figure(self, file: Path) -> None:
        """An image."""
        self._run.log({f"figures/{file.stem}": self._wandb.Image(str(file))})

    def answers(self, answers: Answers) -> None:
        """Its own plot of a confusion matrix."""
        plot = self._wandb.plot.confusion_matrix(
            y_true=answers.labels.tolist(),
            preds=answers.predicted.tolist(),
            class_names=list(answers.classes),
        )
        self._run.log({"confusion_matrix": plot})

    def results(self, values: Mapping[str, float]) -> None:
        """Its summary."""
        self._run.summary.update(dict(values))

    def model(self, files: Sequence[Path]) -> None:
        """An artifact."""
        name = re.sub(r"[^\w.-]", "-", f"model-{self._run.name}")[:128]
        artifact = self._wandb.Artifact(name, type="model")
        for file in files:
            artifact.add_file(str(file))
        self._run.log_artifact(artifact)

    def end(self, failed: bool) -> None:
        """Its end."""
        self._run.finish(exit_code=int(failed))

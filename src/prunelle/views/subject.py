"""What is looked at: a network with what is known about its pictures and classes."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch import nn

from prunelle.data.preprocess import Preprocess
from prunelle.data.targets import ONE_CLASS, SeveralLabels, Target
from prunelle.look.attribution import to_probabilities
from prunelle.runs.run import Run
from prunelle.texts import composed, visible
from prunelle.training.objectives import objective_of


def scores(outputs: torch.Tensor, target: Target, classes: tuple[str, ...] | None) -> np.ndarray:
    """What a network gave, ``(N, K)``, or ``(N, 1)`` for two classes → ``(N, K)`` float64: probabilities, or numbers.

    Args:
        target: what it tells of an example.
        classes: names of its outputs; None where nobody says what they are.
    """
    if target.exclusive or classes is None:
        return to_probabilities(outputs).numpy()
    return objective_of(target, classes).scores(outputs.cpu())


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """A network to look at.

    Attributes:
        name: for titles.
        network: as it is; nothing is moved or changed.
        preprocess: how its pictures are prepared, mean and std included.
        classes: in the order of its outputs, as figures can show them (``texts.visible``); None where nobody says what
            they are.
        run: where it came from, if it is a run.
        trained: false for weights that are random.
    """

    name: str
    network: nn.Module
    preprocess: Preprocess
    classes: tuple[str, ...] | None
    run: Run | None = None
    trained: bool = True

    def __post_init__(self) -> None:
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(visible(composed(name)) for name in self.classes))

    @property
    def target(self) -> Target:
        """What it tells of a picture; classes where nobody says."""
        return ONE_CLASS if self.run is None else self.run.target

    def probabilities(self, outputs: torch.Tensor) -> np.ndarray:
        """What it gave, ``(N, K)``, or ``(N, 1)`` for two classes → ``(N, K)`` float64."""
        return scores(outputs, self.target, self.classes)

    def answered(self, probabilities: np.ndarray) -> tuple[int, ...] | None:
        """Of ``(K,)`` probabilities of several labels, the indices of those answered, the most probable first."""
        if not isinstance(self.target, SeveralLabels):
            return None
        order = np.argsort(-probabilities, kind="stable")
        reached = probabilities >= self.target.answered_from(len(probabilities))
        return tuple(int(k) for k in order if reached[k])

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return next((parameter.device for parameter in self.network.parameters()), torch.device("cpu"))

    def batch(self, pixels: np.ndarray) -> torch.Tensor:
        """``(N, H, W, C)`` uint8 → ``(N, C, H, W)`` float32, normalised, where the network is."""
        images = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).to(self.device)
        return self.preprocess.normalise(images)

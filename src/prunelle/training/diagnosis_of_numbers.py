"""Tells a training on numbers that does not learn: one that is no better than always the same answer (R² of 0).

As ``diagnosis`` does where classes are told, and with the same reasons.
"""

from __future__ import annotations

import torch

from prunelle.data.targets import Number
from prunelle.texts import EN, FR, Note
from prunelle.training.diagnosis import MINIMUM_STEPS, PROBE, Watch, evenly
from prunelle.training.objectives.number import NumberObjective
from prunelle.training.objectives.objective import Objective

_BETTER = 0.98  # of a blind answer's loss; a hair below could be luck


class NumbersWatch(Watch):
    """Watches one training on numbers; the arguments are those of ``Watch``, and the objective."""

    def __init__(self, objective: Objective, **watched: object) -> None:
        assert isinstance(objective, NumberObjective)
        self._objective = objective
        super().__init__(**watched)  # type: ignore[arg-type]

    def _guess_blindly(self, class_weights: torch.Tensor | None) -> None:
        labels = torch.from_numpy(self._train.labels)
        self.chance_loss = self._blind_loss(labels)

    def _blind_loss(self, labels: torch.Tensor) -> float:
        """The loss of always the median of the training examples, near which the best constant is."""
        target: Number = self._objective.target
        answers = torch.full(
            (len(labels), 1), (target.median - target.mean) / target.std, dtype=torch.float64
        )
        return self._loss(answers, labels)

    def warning(self, train_loss: float, train_accuracy: float, steps_done: int) -> Note | None:
        """What to tell after an epoch with this mean loss; None while it learns or while it is too early."""
        if steps_done < MINIMUM_STEPS or train_loss < _BETTER * self.chance_loss:
            return None
        outputs, labels = self._answers(evenly(len(self._train), PROBE))
        loss, blind = self._loss(outputs, labels), self._blind_loss(labels)
        # At its end it may be better than over the epoch; or slow, but falling.
        if loss < _BETTER * blind or loss < 0.9 * train_loss:
            return None
        en, fr = self._reason(loss)
        found = self._objective.evaluation(outputs, labels.numpy(), "train", files=None)
        assert found.blind is not None
        name, value, other = found.classes[0], found.mean_absolute_error, found.blind.mean_absolute_error
        return Note(
            f"This training does not learn: {name} is off by {EN.number(value)} on average on training examples, when "
            f"always answering {EN.number(found.blind.answer, 4)} is off by {EN.number(other)}. {en}",
            f"Cet entraînement n’apprend pas : {name} est à {FR.number(value)} près en moyenne sur des exemples "
            f"d’entraînement, quand répondre toujours {FR.number(found.blind.answer, 4)} est à {FR.number(other)} "
            f"près. {fr}",
        )

    def _checked(self, outputs: torch.Tensor) -> torch.Tensor:
        return self._objective.outputs(outputs)

    def _loss(self, logits: torch.Tensor, labels: torch.Tensor) -> float:
        return self._objective.loss(logits, self._objective.targets(labels).double(), None, 0.0).item()

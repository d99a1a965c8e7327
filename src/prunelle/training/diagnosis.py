"""Tells a training that does not learn while it runs, with the likely reason and what to try.

A training does not learn when, after at least one whole epoch and a hundred steps, it is right no more often
than always naming the commonest class would be, and its loss is no better than that of the best blind guess;
both over the epoch, whose beginning is always bad, and as the network is at its end. A loss that is still
falling is left in peace. The reasons looked for, in this order: the same pictures under several labels; units
that are dead; a learning rate too low; one too high.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from prunelle.data.batches import Batches
from prunelle.data.pixels import Pixels
from prunelle.texts import EN, FR, Note
from prunelle.training.inference import Normaliser
from prunelle.training.intervals import wilson_interval
from prunelle.training.loss import classification_loss
from prunelle.training.outputs import class_logits, evaluation_mode
from prunelle.training.recipe import Recipe

MINIMUM_STEPS = 100
_DEAD = 0.95  # of a layer's units without an answer to any picture
_SAMPLE = 4096  # weights a tensor looked at, and pictures compared
PROBE = 1024  # pictures shown to see what the network has learned, and which units answer
_PROBE_BATCH = 256


class Watch:
    """Watches one training.

    Args:
        network: being trained; looked at only between epochs.
        train: its training split. batches: the same, on the network's device.
        num_classes: how many labels there are.
        preprocess, recipe: of the training.
        class_weights: ``(num_classes,)`` of its loss, or None.
    """

    def __init__(
        self,
        network: nn.Module,
        train: Pixels,
        batches: Batches,
        num_classes: int,
        preprocess: Normaliser,
        recipe: Recipe,
        class_weights: torch.Tensor | None,
    ) -> None:
        self._network = network
        self._train, self._batches = train, batches
        self._num_classes, self._preprocess, self._recipe = num_classes, preprocess, recipe
        self._class_weights = class_weights
        self.before: list[torch.Tensor] = []
        """A sample of the weights as they were when the epoch began."""
        self._guess_blindly(class_weights)

    def _guess_blindly(self, class_weights: torch.Tensor | None) -> None:
        """What one is worth who sees no example."""
        train, num_classes, recipe = self._train, self._num_classes, self._recipe
        shares = np.bincount(train.labels, minlength=num_classes) / max(len(train), 1)
        self.chance = float(shares.max())
        """Accuracy of always naming the commonest class."""
        weights = np.ones(num_classes) if class_weights is None else class_weights.cpu().numpy()
        smoothing = recipe.label_smoothing
        # The loss of a constant answer p is -Σ mass·log p over this; p proportional to the mass is the best.
        # A class that is not there gets a hair of it, for its logarithm.
        seen = weights * shares / (weights * shares).sum()
        mass = (1 - smoothing) * seen + smoothing / num_classes + 1e-12
        self.blind = mass / mass.sum()
        """``(num_classes,)``, the best answer of one who sees no picture."""
        self.chance_loss = float(-(mass * np.log(self.blind)).sum())
        """The recipe's loss, in nats, of that answer."""

    def epoch_begins(self) -> None:
        """Remembers a sample of the weights, to see how far they move."""
        self.before = [sample.clone() for sample in self._samples()]

    def warning(self, train_loss: float, train_accuracy: float, steps_done: int) -> Note | None:
        """What to tell after an epoch with these means; None while it learns or while it is too early."""
        if steps_done < MINIMUM_STEPS:
            return None
        if _beats_chance(train_accuracy, train_loss, self.chance, self.chance_loss, len(self._train)):
            return None
        logits, labels = self._answers(evenly(len(self._train), PROBE))
        accuracy = float((logits.argmax(dim=1) == labels).double().mean())
        loss = self._loss(logits, labels)
        blind = torch.from_numpy(np.log(self.blind)).expand_as(logits)
        chance = float(labels.bincount().max() / len(labels))
        if _beats_chance(accuracy, loss, chance, self._loss(blind, labels), len(labels)):
            return None
        # Still falling, and better than calling all classes equally likely: slow, maybe, but it learns.
        if loss < min(0.9 * train_loss, math.log(self._num_classes)):
            return None
        en, fr = self._reason(loss)
        n = len(self._train)
        low, high = wilson_interval(round(train_accuracy * n), n)
        return Note(
            f"This training does not learn: {EN.percent(train_accuracy)} right on the training pictures "
            f"(95 % interval {EN.percent(low)} to {EN.percent(high)}), when always answering the commonest class "
            f"gives {EN.percent(self.chance)}. {en}",
            f"Cet entraînement n’apprend pas : {FR.percent(train_accuracy)} de bonnes réponses sur les images "
            f"d’entraînement (intervalle à 95 % : {FR.percent(low)} à {FR.percent(high)}), quand répondre "
            f"toujours la classe la plus fréquente en donne {FR.percent(self.chance)}. {fr}",
        )

    def _answers(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """``(n, num_classes)`` float64 logits of training pictures in evaluation mode, ``(n,)`` labels; CPU."""
        logits, labels = [], []
        with evaluation_mode(self._network):
            for start in range(0, len(rows), _PROBE_BATCH):
                images, truth = self._batches.take(torch.from_numpy(rows[start : start + _PROBE_BATCH]))
                outputs = self._network(self._preprocess.normalise(images))
                logits.append(self._checked(outputs).double().cpu())
                labels.append(truth.cpu())
        return torch.cat(logits), torch.cat(labels)

    def _checked(self, outputs: torch.Tensor) -> torch.Tensor:
        return class_logits(outputs, self._num_classes)

    def _loss(self, logits: torch.Tensor, labels: torch.Tensor) -> float:
        weights = None if self._class_weights is None else self._class_weights.cpu().double()
        return classification_loss(logits, labels, weights, self._recipe.label_smoothing).item()

    def _reason(self, loss: float) -> tuple[str, str]:
        twice = contradictory_share(self._train)
        if twice >= 0.1:
            return (
                f"Likely reason: {EN.percent(twice, digits=0)} of the pictures looked at are also there "
                f"under another label. Check the folders or the label file.",
                f"Raison probable : {FR.percent(twice, digits=0)} des images examinées se trouvent aussi sous une "
                f"autre étiquette. Vérifiez les dossiers ou le fichier d’étiquettes.",
            )
        rate = self._recipe.learning_rate
        lower, higher = f"{rate / 10:g}", f"{rate * 10:g}"
        # From everywhere in the split: a folder's first pictures are all of one class.
        images, _ = self._batches.take(torch.from_numpy(evenly(len(self._train), _PROBE_BATCH)))
        layer, dead = deadest_layer(self._network, self._preprocess.normalise(images))
        if dead >= _DEAD:
            return (
                f"Likely reason: {EN.percent(dead, digits=0)} of the units of {layer} are dead (0 for every "
                f"picture). Try a smaller learning rate (--lr {lower}), a warm-up (--warmup 1), or another --seed.",
                f"Raison probable : {FR.percent(dead, digits=0)} des unités de {layer} sont mortes (0 pour toute "
                f"image). Essayez un taux d’apprentissage plus petit (--lr {lower}), une montée progressive "
                f"(--warmup 1) ou une autre graine (--seed).",
            )
        # Before "too high": weights that stand still keep the loss of their first draw, which may be large.
        if self.movement() < 1e-3:
            return (
                f"Likely reason: the learning rate is too low (the weights moved by less than 0.1 % in this "
                f"epoch). Try --lr {higher}.",
                f"Raison probable : le taux d’apprentissage est trop petit (les poids ont bougé de moins de "
                f"0,1 % pendant cette époque). Essayez --lr {higher}.",
            )
        if loss > 1.2 * self.chance_loss:
            return (
                f"Likely reason: the learning rate is too high (the loss, {EN.number(loss)}, is above the "
                f"{EN.number(self.chance_loss)} of a blind guess). Try --lr {lower}, or --clip-norm 1.",
                f"Raison probable : le taux d’apprentissage est trop grand (la perte, {FR.number(loss)}, dépasse "
                f"celle d’une réponse au hasard, {FR.number(self.chance_loss)}). Essayez --lr {lower} ou "
                f"--clip-norm 1.",
            )
        return (
            f"No single reason stands out. Try --lr {lower}, then another network or a larger --size, and look "
            f"at the examples in the report: could a person answer?",
            f"Aucune raison ne se détache. Essayez --lr {lower}, puis un autre réseau ou une --size plus grande, "
            f"et regardez les exemples du rapport : une personne saurait-elle répondre ?",
        )

    def movement(self) -> float:
        """Relative L2 change of the sampled weights since ``epoch_begins``."""
        moved = size = 0.0
        for before, now in zip(self.before, self._samples(), strict=True):
            moved += float((now - before).double().square().sum())
            size += float(before.double().square().sum())
        return math.sqrt(moved / size) if size else math.inf

    def _samples(self) -> list[torch.Tensor]:
        return [p.detach().flatten()[:_SAMPLE] for p in self._network.parameters() if p.requires_grad]


def _beats_chance(accuracy: float, loss: float, chance: float, chance_loss: float, n: int) -> bool:
    """Whether n answers are right more often than ``chance``, or their loss is below ``chance_loss``."""
    # Surely above chance; of the loss only the mean is known, and a hair below a blind guess's could be luck.
    return wilson_interval(round(accuracy * n), n)[0] > chance or loss < 0.98 * chance_loss


def evenly(n: int, most: int) -> np.ndarray:
    """Up to ``most`` of the numbers below n, evenly spaced: ``(min(n, most),)`` int64."""
    return np.linspace(0, n - 1, min(n, most)).astype(np.int64)


def contradictory_share(train: Pixels) -> float:
    """Share of (up to 4,096 evenly spaced) pictures whose very pixels are also there under another label."""
    rows = evenly(len(train), _SAMPLE)
    labels: dict[bytes, set[bytes]] = {}
    keys = []
    for row in rows:
        key = hashlib.blake2b(np.ascontiguousarray(train.images[row]).tobytes(), digest_size=16).digest()
        labels.setdefault(key, set()).add(train.labels[row].tobytes())
        keys.append(key)
    return sum(len(labels[key]) > 1 for key in keys) / max(len(keys), 1)


def deadest_layer(network: nn.Module, images: torch.Tensor) -> tuple[str, float]:
    """The ReLU layer with the largest share of units that are 0 for every picture, and that share.

    A unit is a channel of a convolution, or one output of a dense layer. ``("", 0.0)`` without any ReLU.
    """
    alive: dict[str, torch.Tensor] = {}

    def listen(name: str) -> Callable[[nn.Module, object, torch.Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            answers = (output > 0).transpose(0, 1).flatten(1).any(dim=1)
            # A ReLU used in several places counts as one layer.
            alive[name] = (
                alive[name] | answers if name in alive and alive[name].shape == answers.shape else answers
            )

        return hook

    relus = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.ReLU)]
    handles = [module.register_forward_hook(listen(name)) for name, module in relus]
    try:
        with evaluation_mode(network):
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    dead = {name: 1 - float(answers.float().mean()) for name, answers in alive.items()}
    worst = max(dead, key=lambda name: dead[name], default="")
    return worst, dead.get(worst, 0.0)

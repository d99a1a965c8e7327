"""Which layers learn in an epoch, and how fast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from prunelle.networks.freezing import is_frozen, training_mode
from prunelle.training.recipe import Recipe


class Layers:
    """The layers of a network that learn, as a recipe wants it.

    Args:
        network: what ``freeze`` has marked in it, and weights that want no gradient, stay as they are.
        recipe: its ``first_layer_rate`` and ``unfreeze_epochs`` count.

    Attributes:
        rates: for each weight that learns, its share of the learning rate, by ``id``.
    """

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        self._network, self._unfreeze_epochs = network, recipe.unfreeze_epochs
        self._layers: list[_Layer] = []
        seen: set[int] = set()
        for module in network.modules():
            weights = [p for p in module.parameters(recurse=False) if p.requires_grad and id(p) not in seen]
            seen.update(map(id, weights))
            if not weights:
                continue
            if any(weight.ndim >= 2 for weight in weights) or not self._layers:
                self._layers.append(_Layer())
            # Normalisation goes with the layer before it.
            self._layers[-1].modules.append(module)
            self._layers[-1].weights += weights
        last = max(len(self._layers) - 1, 1)
        self.rates: dict[int, float] = {
            id(weight): recipe.first_layer_rate ** ((len(self._layers) - 1 - place) / last)
            for place, layer in enumerate(self._layers)
            for weight in layer.weights
        }

    def begin(self, epoch: int) -> None:
        """Training mode for what learns in ``epoch`` (from 0); evaluation mode for what is frozen, or not yet there."""
        training_mode(self._network)
        if not self._unfreeze_epochs:
            return
        # The last layer learns from the start, the first one when all these epochs are over.
        joined = 1 + (len(self._layers) - 1) * min(epoch, self._unfreeze_epochs) // self._unfreeze_epochs
        for layer in self._layers[: len(self._layers) - joined]:
            layer.set(learns=False)
        for layer in self._layers[len(self._layers) - joined :]:
            layer.set(learns=True)

    @contextmanager
    def learning(self) -> Iterator[None]:
        """However it ends, every layer that may learn wants gradients again after it."""
        try:
            yield
        finally:
            for layer in self._layers:
                layer.set(learns=True)


class _Layer:
    def __init__(self) -> None:
        self.modules: list[nn.Module] = []
        self.weights: list[nn.Parameter] = []

    def set(self, *, learns: bool) -> None:
        for weight in self.weights:
            weight.requires_grad_(learns)
        for module in self.modules:
            module.training = module.training and learns and not is_frozen(module)

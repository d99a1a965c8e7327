"""The fully connected network that courses hold against a convolutional one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.networks.blocks import Network


class Dense(Network):
    """Dense layers with ReLU on the flattened picture.

    ``images: (N, C, H, W) float32, normalised`` → ``(N, num_classes)`` logits.

    Args:
        hidden: sizes of the hidden layers; one of 128 when neither this nor ``parameters`` is given.
        parameters: a wanted number of weights instead, met as nearly as one hidden layer can (it changes by
            ``C·H·W + num_classes + 1`` a unit).
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        input_size: tuple[int, int] = (28, 28),
        *,
        hidden: Sequence[int] | None = None,
        parameters: int | None = None,
    ) -> None:
        super().__init__()
        inputs = in_channels * input_size[0] * input_size[1]
        if parameters is not None:
            if hidden is not None:
                raise ArgumentError("dense takes hidden or parameters, not both.")
            # inputs·h + h weights of the hidden layer, h·classes + classes of the output.
            units = round((parameters - num_classes) / (inputs + num_classes + 1))
            if units < 1:
                smallest = inputs + 2 * num_classes + 1
                raise ArgumentError(
                    f"parameters must be at least {smallest} (one hidden unit, {inputs} inputs and "
                    f"{num_classes} classes); received {parameters}."
                )
            hidden = (units,)
        if hidden is None:
            hidden = (128,)
        whole = isinstance(hidden, Sequence) and all(isinstance(size, int) for size in hidden)
        if not whole or min(hidden, default=1) < 1:
            raise ArgumentError(
                f"hidden must be whole numbers of at least 1, one a hidden layer, as (256, 128); received {hidden!r}."
            )
        sizes = [inputs, *hidden]
        self.input_shape = (in_channels, *input_size)
        layers: list[nn.Module] = [nn.Flatten()]
        for size_in, size_out in itertools.pairwise(sizes):
            layers += [nn.Linear(size_in, size_out), nn.ReLU(inplace=True)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(sizes[-1], num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))  # type: ignore[no-any-return]


VARIANTS = {"dense": Dense}

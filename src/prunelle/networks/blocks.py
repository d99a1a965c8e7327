"""What families use: their base, the initialisation, the check of an input's size, and composite layers."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.shown import Shown


class Network(Shown, nn.Module):
    """A network of a family: PyTorch's module, which also shows itself in a notebook as the table of its layers.

    It has ``features``, ``head`` and ``input_shape``; see ``prunelle.networks``.
    """


def initialise(network: nn.Module) -> nn.Module:
    """He's normal initialisation for what feeds a ReLU, Glorot's uniform for the last dense layer; biases 0.

    He 2015 (arXiv:1502.01852, eq. 10) keeps the variance of the signal through the many ReLUs of the deep
    networks, where PyTorch's own default (a third of it a layer) lets it fade. The last dense layer feeds no
    ReLU and keeps Glorot's (2010, eq. 16), so that first predictions stay near even. The small course networks
    do not use this: see ``course.py`` for why.
    """
    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    for layer in layers:
        if layer is layers[-1] and isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
        else:
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return network


def require_size(network: str, input_size: tuple[int, int], minimum: int) -> None:
    """Raises ``ArgumentError`` where a side of ``input_size``, in pixels, is below ``minimum``."""
    if min(input_size) < minimum:
        raise ArgumentError(
            f"{network} needs pictures of at least {minimum}×{minimum} pixels; received "
            f"{input_size[0]}×{input_size[1]}. Give a larger --size, or choose a smaller network."
        )


class ConvBatchNorm(nn.Sequential):
    """Convolution, batch normalisation, ReLU; named ``conv``, ``bn`` as in torchvision's and timm's weights.

    ``maps: (N, in_channels, H, W)`` → ``(N, out_channels, H', W')``. The convolution has no bias unless
    asked: the normalisation that follows would cancel it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        *,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = False,
        eps: float = 1e-3,
    ) -> None:
        super().__init__(
            OrderedDict(
                conv=nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=bias),
                bn=nn.BatchNorm2d(out_channels, eps=eps),
                relu=nn.ReLU(inplace=True),
            )
        )


class Branches(nn.Module):
    """Runs each branch on the same maps and concatenates the results along channels, in the order given.

    ``maps: (N, C, H, W)`` → ``(N, sum of the branches' channels, H', W')``.
    """

    def __init__(self, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, H, W)`` → ``(N, sum of channels, H', W')``."""
        return torch.cat([branch(maps) for branch in self.children()], 1)


def imagenet_to_half(images: torch.Tensor) -> torch.Tensor:
    """Turns pictures normalised with ImageNet's mean and std into ones with mean 0.5 and std 0.5.

    ``images: (N, 3, H, W)`` → the same shape. The weights that Google published for its Inception networks,
    and torchvision's copies of them, were trained on the latter.
    """
    mean = images.new_tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
    std = images.new_tensor((0.229, 0.224, 0.225)).view(3, 1, 1)
    return (images * std + mean - 0.5) / 0.5

"""The small networks that courses on convolutional networks train, as they print them.

Sources: the Exo7 course "Deepmath" (A. Bodin, F. Recher, chapters on convolutional networks with Keras),
whose programs these are. All convolutions are 3×3, padding "same", with ReLU.

Deviations: the networks give logits; softmax and sigmoid belong to the loss and to prediction. Pictures are
normalised to mean 0 and std 1 instead of scaled to [0, 1].

Weights start from PyTorch's own initialisation (uniform, variance 1/(3·fan_in)), which is kept on purpose. With
the larger ones of He (2/fan_in) or Glorot, the three blocks of ``course-photos`` hand 4,096 large positive
values to its dense layer of 32; Adam's first steps, all of one sign, then move every unit's sum by several
units, most ReLUs there die, and the training stays at 50 % (docs/lab/results.md has the figures).
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.networks.blocks import Network, require_size


def _conv(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU(inplace=True)]


class CourseNetwork(Network):
    """``features``, a stack of convolutions, then ``head``, dense layers on the flattened maps.

    Args:
        features: ``(N, C, H, W)`` → ``(N, c, h, w)``.
        head: ``(N, c, h, w)`` → ``(N, outputs)`` logits.
        input_shape: ``(C, H, W)`` that the dense layers were sized for.
    """

    def __init__(
        self, features: nn.Sequential, head: nn.Sequential, input_shape: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self.features = features
        self.head = head
        self.input_shape = input_shape

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W) float32, normalised`` → logits."""
        return self.head(self.features(images))  # type: ignore[no-any-return]


def course_mnist(
    num_classes: int = 10, in_channels: int = 1, input_size: tuple[int, int] = (28, 28)
) -> CourseNetwork:
    """Two convolutions, 32 and 16 channels, and a dense layer: 130,394 weights on 28×28×1.

    ``images: (N, 1, 28, 28)`` → ``(N, num_classes)`` logits.
    """
    height, width = input_size
    return CourseNetwork(
        nn.Sequential(*_conv(in_channels, 32), *_conv(32, 16)),
        nn.Sequential(nn.Flatten(), nn.Linear(16 * height * width, num_classes)),
        (in_channels, height, width),
    )


def course_cifar(
    num_classes: int = 10, in_channels: int = 3, input_size: tuple[int, int] = (32, 32)
) -> CourseNetwork:
    """Four convolutions of 64 channels, two max-poolings, a dense layer: 153,546 weights on 32×32×3.

    ``images: (N, 3, 32, 32)`` → ``(N, num_classes)`` logits.
    """
    require_size("course-cifar", input_size, 4)
    height, width = input_size
    return CourseNetwork(
        nn.Sequential(
            *_conv(in_channels, 64),
            *_conv(64, 64),
            nn.MaxPool2d(2),
            *_conv(64, 64),
            nn.MaxPool2d(2),
            *_conv(64, 64),
        ),
        nn.Sequential(nn.Flatten(), nn.Linear(64 * (height // 4) * (width // 4), num_classes)),
        (in_channels, height, width),
    )


def course_photos(
    num_classes: int = 2, in_channels: int = 3, input_size: tuple[int, int] = (64, 64)
) -> CourseNetwork:
    """Three times convolution 64, max-pooling, dropout 0.5; dense 32, dense 1: 206,785 weights on 64×64×3.

    ``images: (N, 3, 64, 64)`` → ``(N, 1)`` logits for two classes (the sigmoid of one is the probability of
    the second class), ``(N, num_classes)`` for more. The course prints 206,685 weights; its network as
    written has 206,785.
    """
    require_size("course-photos", input_size, 8)
    height, width = input_size
    blocks: list[nn.Module] = []
    for channels in (in_channels, 64, 64):
        blocks += [*_conv(channels, 64), nn.MaxPool2d(2), nn.Dropout(0.5)]
    return CourseNetwork(
        nn.Sequential(*blocks),
        nn.Sequential(
            nn.Flatten(),
            nn.Linear(64 * (height // 8) * (width // 8), 32),
            nn.ReLU(inplace=True),
            nn.Linear(32, 1 if num_classes == 2 else num_classes),
        ),
        (in_channels, height, width),
    )


def course_look(
    num_classes: int = 10, in_channels: int = 1, input_size: tuple[int, int] = (28, 28)
) -> CourseNetwork:
    """Two convolutions of 16 channels, max-pooling, a dense layer: 33,850 weights; small enough to look into.

    ``images: (N, 1, 28, 28)`` → ``(N, num_classes)`` logits.
    """
    require_size("course-look", input_size, 2)
    height, width = input_size
    return CourseNetwork(
        nn.Sequential(*_conv(in_channels, 16), *_conv(16, 16), nn.MaxPool2d(2)),
        nn.Sequential(nn.Flatten(), nn.Linear(16 * (height // 2) * (width // 2), num_classes)),
        (in_channels, height, width),
    )


VARIANTS = {
    "course-mnist": course_mnist,
    "course-cifar": course_cifar,
    "course-photos": course_photos,
    "course-look": course_look,
}

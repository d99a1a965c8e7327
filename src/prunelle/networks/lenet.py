"""LeNet-5, in the form that is taught today.

LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", Proceedings of the
IEEE, 1998, §II.B.

Deviations from the paper, all of them usual: ReLU for the scaled tanh, max-pooling for the trainable
sub-sampling, the second convolution connected to all six maps, a dense layer for the RBF output.
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.networks.blocks import require_size


class LeNet5(nn.Module):
    """Convolutions 6 and 16 (5×5, valid), max-pooling after each, dense 120, 84: 61,706 weights on 32×32×1.

    ``images: (N, 1, 32, 32) float32, normalised`` → ``(N, num_classes)`` logits. MNIST's 28×28 digits come
    padded to 32×32, as in the paper.
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, input_size: tuple[int, int] = (32, 32)
    ) -> None:
        super().__init__()
        require_size("lenet5", input_size, 16)
        self.input_shape = (in_channels, *input_size)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        height, width = (((side - 4) // 2 - 4) // 2 for side in input_size)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * height * width, 120),
            nn.ReLU(inplace=True),
            nn.Linear(120, 84),
            nn.ReLU(inplace=True),
            nn.Linear(84, num_classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))  # type: ignore[no-any-return]


VARIANTS = {"lenet5": LeNet5}

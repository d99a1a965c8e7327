"""3×3 convolutions with a quarter of the products, in a network that only answers.

Winograd's minimal filtering F(4×4, 3×3): Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015),
section 4. Tiles of 6×6 pixels, four apart, and the kernels are transformed; what was a convolution is then 36 matrix
products of (tiles, channels in) by (channels in, channels out), and comes back as tiles of 4×4. The transforms are
matrix products too, and cost as much for few channels as for many, so it pays for many only (docs/lab/performance.md).
"""

from __future__ import annotations

import torch
from torch import fx, nn

from prunelle.training.fast.acceleration import hooked

FEWEST_PRODUCTS = 128 * 256
"""Channels in times channels out from which it pays; measured with two threads on an AVX-512 processor."""

_TILES = 200  # that go through the products together: their 36 matrices stay in the processor's cache

# Section 4.3 of the paper.
_INPUT = torch.tensor(
    [
        [4.0, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    dtype=torch.float32,
)
_KERNEL = torch.tensor(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
    dtype=torch.float64,
)
_OUTPUT = torch.tensor(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], dtype=torch.float32
)
# Of both axes at once: a tile's pixels as one column.
_INPUT_2D, _OUTPUT_2D = torch.kron(_INPUT, _INPUT), torch.kron(_OUTPUT, _OUTPUT)


# One operation to torch.compile, which would otherwise take the matrix products apart.
@torch.library.custom_op("prunelle::winograd", mutates_args=(), tags=[torch.Tag.needs_fixed_stride_order])
def _convolve(x: torch.Tensor, kernels: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    n, channels, height, width = x.shape
    down, across = -(-height // 4), -(-width // 4)
    padded = x.new_zeros(n, 4 * down + 2, 4 * across + 2, channels)
    padded[:, 1 : height + 1, 1 : width + 1] = x.permute(0, 2, 3, 1)
    image, row, column, _ = padded.stride()
    # A divisor, so that each round fills the buffers, which are used again.
    some = max(d for d in range(1, n + 1) if n % d == 0 and (d == 1 or d * down * across <= _TILES))
    tiles = some * down * across
    wide = kernels.shape[2]
    gathered, transformed = x.new_empty(2, 36, tiles * channels)
    products, tile_outputs = x.new_empty(36, tiles, wide), x.new_empty(16, tiles * wide)
    out = x.new_empty(n, 4 * down, 4 * across, wide)
    for first in range(0, n, some):
        seen = padded.as_strided(
            (6, 6, some, down, across, channels),
            (row, column, image, 4 * row, 4 * column, 1),
            first * image,
        )
        gathered.view(seen.shape).copy_(seen)
        torch.mm(_INPUT_2D, gathered, out=transformed)
        torch.bmm(transformed.view(36, tiles, channels), kernels, out=products)
        torch.mm(_OUTPUT_2D, products.view(36, -1), out=tile_outputs)
        into = out[first : first + some].view(some, down, 4, across, 4, wide)
        into.copy_(tile_outputs.view(4, 4, some, down, across, wide).permute(2, 3, 0, 4, 1, 5))
        if bias is not None:
            into += bias
    return out[:, :height, :width].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


@_convolve.register_fake
def _(x: torch.Tensor, kernels: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    shape = (x.shape[0], kernels.shape[2], *x.shape[2:])
    return x.new_empty(shape).to(memory_format=torch.channels_last)


class WinogradConv2d(nn.Module):
    """What ``convolution`` answers, to within float32 rounding (about ten times that of a direct convolution).

    Args:
        convolution: one that ``pays``; its weights as they are now. Anything but float32 on a CPU goes through it,
            and maps below 4×4.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution
        weight = convolution.weight.detach().cpu().double()
        columns = weight.permute(2, 3, 1, 0).reshape(9, -1)
        kernels = torch.kron(_KERNEL, _KERNEL) @ columns
        self.kernels = kernels.float().view(36, convolution.in_channels, -1)  # (36, in, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, in, H, W)`` → ``(N, out, H, W)``, channels last in memory; no gradients."""
        known = x.dtype == torch.float32 and x.device.type == "cpu" and x.ndim == 4
        # A tile of a smaller map would be mostly border.
        if not known or not x.numel() or min(x.shape[2:]) < 4:
            return self.convolution(x)  # type: ignore[no-any-return]
        return _convolve(x, self.kernels, self.convolution.bias)  # type: ignore[no-any-return]


def pays(module: nn.Module) -> bool:
    """Whether ``module`` is a 3×3 convolution, one pixel apart, same size out, with channels enough."""
    return (
        type(module) is nn.Conv2d
        and module.kernel_size == (3, 3)
        and module.stride == module.dilation == (1, 1)
        and module.padding in ((1, 1), "same")
        and module.padding_mode == "zeros"
        and module.groups == 1
        and module.in_channels * module.out_channels >= FEWEST_PRODUCTS
        # Who hooks a convolution wants it called; weight normalisation makes its weights in a hook.
        and not hooked(module)
    )


def with_winograd(network: fx.GraphModule) -> fx.GraphModule:
    """``network`` with ``WinogradConv2d`` where it pays; all else is shared with ``network``, which stays as it is."""
    faster = fx.GraphModule(network, network.graph)
    # Weights that are used elsewhere, too, stay where they are.
    read = [str(node.target) for node in faster.graph.nodes if node.op == "get_attr"]
    for node in faster.graph.nodes:
        if node.op != "call_module" or any(name.startswith(f"{node.target}.") for name in read):
            continue
        if pays(module := faster.get_submodule(node.target)):
            faster.set_submodule(node.target, WinogradConv2d(module))  # type: ignore[arg-type]
    return faster

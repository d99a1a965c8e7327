"""The layers that PyTorch does not have, against NumPy and hand-worked values; and the initial weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from prunelle import networks
from prunelle.errors import ArgumentError
from prunelle.networks.blocks import imagenet_to_half
from prunelle.networks.googlenet import AuxiliaryClassifier
from prunelle.networks.inception_v2 import _HalvingMaxPool
from prunelle.networks.lenet import C3_INPUTS, DIGITS, RadialBasis, ScaledTanh, SubSampling, TableConv2d
from prunelle.networks.resnet import ZeroPadShortcut


def test_scaled_tanh() -> None:
    # Appendix A: f(1) = 1 and f(-1) = -1, to the digits of 1.7159 and 2/3.
    values = ScaledTanh()(torch.tensor([0.0, 1.0, -1.0, 100.0]))
    assert values.tolist() == pytest.approx([0.0, 1.0, -1.0, 1.7159], abs=1e-4)


def test_sub_sampling() -> None:
    layer = SubSampling(2)
    with torch.no_grad():
        layer.coefficient.copy_(torch.tensor([0.5, -1.0]))
        layer.bias.copy_(torch.tensor([0.25, 3.0]))
    maps = torch.tensor([[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]).expand(1, 2, 2, 3)
    # 1 + 2 + 3 + 4 = 10; the third column fills no square.
    assert layer(maps).flatten().tolist() == [5.25, -7.0]


# Table I as printed: a row for each map of S2, a column for each of C3.
TABLE_I = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""


def test_c3_is_connected_as_table_i() -> None:
    torch.manual_seed(0)
    layer = TableConv2d().double()
    maps = torch.randn(2, 6, 7, 6, dtype=torch.float64)
    actual = layer(maps).detach().numpy()
    table = np.array([line.split() for line in TABLE_I.strip().splitlines()]) == "X"
    assert table.shape == (6, 16)
    kernels = layer.weight.detach().numpy()
    inputs, expected, next_kernel = maps.numpy(), np.zeros((2, 16, 3, 2)), 0
    for out in range(16):
        expected[:, out] += layer.bias.detach().numpy()[out]
        # Kernels are stored in the order of C3_INPUTS, which may list a map's inputs in any order.
        assert sorted(C3_INPUTS[out]) == np.flatnonzero(table[:, out]).tolist()
        for into in C3_INPUTS[out]:
            for y in range(3):
                for x in range(2):
                    window = inputs[:, into, y : y + 5, x : x + 5]
                    expected[:, out, y, x] += (window * kernels[next_kernel]).sum((1, 2))
            next_kernel += 1
    np.testing.assert_allclose(actual, expected, atol=1e-12)


def test_rbf_output() -> None:
    torch.manual_seed(0)
    layer = RadialBasis(10)
    targets = layer.get_buffer("targets")
    assert targets.shape == (10, 84)
    assert targets.abs().eq(1).all()
    codes = torch.randn(3, 84)
    for code, scores in zip(codes.numpy(), layer(codes).numpy(), strict=True):
        expected = [
            -sum((x - w) ** 2 for x, w in zip(code, target, strict=True)) for target in targets.numpy()
        ]
        np.testing.assert_allclose(scores, expected, rtol=1e-5)
    # A code that is a digit's bitmap has distance 0 to it, and no other digit is nearer than four dots.
    distances = -layer(targets)
    assert distances.diagonal().eq(0).all()
    assert distances.masked_select(~torch.eye(10, dtype=torch.bool)).min() >= 4 * 2**2


def test_digits_are_drawn_row_by_row() -> None:
    rows = DIGITS.split()
    assert len(rows) == 12 * 10
    # The 7 has a full first row and its stem below; read as column by column it would not.
    seven = RadialBasis(10).get_buffer("targets")[7].view(12, 7)
    assert seven[0].eq(1).all()
    assert seven[1:].eq(1).sum(1).eq(1).all()


def test_rbf_targets_beyond_ten_are_fixed() -> None:
    first = RadialBasis(26).get_buffer("targets")
    torch.manual_seed(123)
    assert torch.equal(first, RadialBasis(26).get_buffer("targets"))
    assert torch.equal(first[:10], RadialBasis(10).get_buffer("targets"))
    assert len({tuple(target) for target in first.tolist()}) == 26


def _response_norm(maps: np.ndarray, k: float, alpha: float) -> np.ndarray:
    """Krizhevsky 2012, §3.3, with n = 5 and β = 0.75, as its formula is written."""
    result = np.empty_like(maps)
    channels = maps.shape[1]
    for i in range(channels):
        neighbours = maps[:, max(0, i - 2) : min(channels - 1, i + 2) + 1]
        result[:, i] = maps[:, i] / (k + alpha * (neighbours**2).sum(1)) ** 0.75
    return result


def test_response_normalisation() -> None:
    torch.manual_seed(0)
    maps = 50 * torch.randn(1, 9, 2, 2, dtype=torch.float64)  # large enough for α to matter
    with torch.device("meta"):
        alexnet, vgg, googlenet = (networks.build(name) for name in ("alexnet", "vgg-a-lrn", "googlenet"))
    for layer in (alexnet.features[2], alexnet.features[6], vgg.features[2]):
        np.testing.assert_allclose(layer(maps).numpy(), _response_norm(maps.numpy(), 2.0, 1e-4), rtol=1e-12)
    # Caffe divides α by n, and its k is 1.
    for layer in (googlenet.to_4a[2], googlenet.to_4a[5]):
        np.testing.assert_allclose(
            layer(maps).numpy(), _response_norm(maps.numpy(), 1.0, 1e-4 / 5), rtol=1e-12
        )


def test_alexnet_groups_do_not_see_each_other() -> None:
    network = networks.build("alexnet", num_classes=2, input_size=67)
    for layer in (4, 10, 12):  # the second, fourth and fifth convolutions
        convolution = network.features[layer]
        half, out = convolution.in_channels // 2, convolution.out_channels // 2
        maps = torch.zeros(1, 2 * half, 3, 3)
        silent = convolution(maps)
        maps[:, :half] = 1.0
        changed = (convolution(maps) != silent).flatten(2).any(2)[0]
        assert changed[:out].all()
        assert not changed[out:].any()


def test_zero_padded_shortcut() -> None:
    maps = torch.arange(1.0, 19.0).view(1, 2, 3, 3)
    result = ZeroPadShortcut()(maps)
    assert result.shape == (1, 4, 2, 2)
    assert result[0, 1].tolist() == [[1.0, 3.0], [7.0, 9.0]]
    assert result[0, 2].tolist() == [[10.0, 12.0], [16.0, 18.0]]
    assert result[0, [0, 3]].eq(0).all()


@pytest.mark.parametrize("side", [1, 2, 5, 6, 7, 28])
def test_halving_pool_keeps_step_with_a_strided_convolution(side: int) -> None:
    torch.manual_seed(0)
    maps = -torch.rand(1, 1, side, side + 1)  # negative: a zero from the padding would show
    pooled = _HalvingMaxPool()(maps)
    assert pooled.shape == nn.Conv2d(1, 1, 3, 2, padding=1)(maps).shape
    for y in range(pooled.shape[2]):
        for x in range(pooled.shape[3]):
            top, left = 2 * y - side % 2, 2 * x - (side + 1) % 2
            window = maps[0, 0, max(top, 0) : top + 3, max(left, 0) : left + 3]
            assert pooled[0, 0, y, x] == window.max()


def test_googlenet_auxiliary_pools_5x5_with_stride_3() -> None:
    """§5, on the paper's 14×14 maps; adaptive pooling to 4×4 has other windows."""
    torch.manual_seed(0)
    network = AuxiliaryClassifier(2, num_classes=3).eval()
    maps = torch.rand(1, 2, 14, 14)
    pooled = torch.stack(
        [maps[:, :, y : y + 5, x : x + 5].mean((2, 3)) for y in (0, 3, 6, 9) for x in (0, 3, 6, 9)], 2
    )
    # Maps of 4×4 go through as they are.
    torch.testing.assert_close(network(maps), network(pooled.view(1, 2, 4, 4)))


def test_imagenet_to_half() -> None:
    pixels = torch.tensor([0.0, 0.3, 1.0]).view(1, 3, 1, 1)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normalised = (pixels - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
    assert imagenet_to_half(normalised).flatten().tolist() == pytest.approx([-1.0, -0.4, 1.0], abs=1e-6)


@pytest.mark.parametrize("name", ["googlenet-bn", "inception-v3"])
def test_transform_input_needs_colours(name: str) -> None:
    with pytest.raises(ArgumentError, match=r"transform_input needs in_channels=3; received in_channels=1"):
        networks.build(name, in_channels=1, transform_input=True)


def _std(network: nn.Module, layer: str) -> float:
    return network.get_parameter(f"{layer}.weight").std().item()


def test_initial_weights() -> None:
    """Spreads as the papers and references have them; the samples are large enough for 5 %."""
    torch.manual_seed(0)
    alexnet = networks.build("alexnet", num_classes=2, input_size=67)
    layers = [module for module in alexnet.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    assert [layer.bias.mean().item() for layer in layers if layer.bias is not None] == [
        0,
        1,
        0,
        1,
        1,
        1,
        1,
        0,
    ]
    assert all(layer.weight.std().item() == pytest.approx(0.01, rel=0.05) for layer in layers)

    inception = networks.build("inception-v3")
    assert _std(inception, "Mixed_7c.branch1x1.conv") == pytest.approx(0.1, rel=0.05)
    assert _std(inception, "AuxLogits.conv1.conv") == pytest.approx(0.01, rel=0.05)
    assert _std(inception, "AuxLogits.fc") == pytest.approx(0.001, rel=0.05)
    assert _std(networks.build("googlenet-bn"), "fc") == pytest.approx(0.01, rel=0.05)

    resnet = networks.build("resnet18")
    # He's, over the outputs: √(2 / (9 · 512)).
    assert _std(resnet, "layer4.0.conv1") == pytest.approx(math.sqrt(2 / (9 * 512)), rel=0.05)


def test_lenet5_of_1998_starts_inside_its_bounds() -> None:
    """Appendix A: uniform in ±2.4 / fan-in."""
    torch.manual_seed(0)
    network = networks.build("lenet5-1998")
    fan_in = {"features.c1": 25, "features.s2": 4, "features.s4": 4, "head.c5": 400, "head.f6": 120}
    for name, parameter in network.named_parameters():
        layer = name.rpartition(".")[0]
        if layer != "features.c3":
            bound = 2.4 / fan_in[layer]
            assert parameter.abs().max() <= bound
            assert parameter.numel() < 100 or parameter.abs().max() > 0.9 * bound
    c3 = network.get_parameter("features.c3.weight")
    assert c3[:18].abs().max() <= 2.4 / 75  # six maps with three inputs
    assert c3[-6:].abs().max() <= 2.4 / 150  # the last map has six

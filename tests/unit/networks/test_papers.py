"""Weights and shapes layer by layer, against the papers' tables and figures worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prunelle import networks
from prunelle.networks.summary import count_parameters, summarise


def _meta(name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        return networks.build(name, **options)  # type: ignore[arg-type]


def _weights(network: nn.Module) -> list[int]:
    """Weights of each layer that has some, in the order they run, batch normalisation left out."""
    return [
        row.parameters
        for row in summarise(network, network.input_shape)
        if row.parameters and row.kind != "BatchNorm2d"
    ]


def _shape(network: nn.Module, layer: str) -> tuple[int, ...]:
    shapes = []
    handle = network.get_submodule(layer).register_forward_hook(lambda _m, _i, out: shapes.append(out.shape))
    network.eval()(torch.zeros(1, *network.input_shape, device="meta"))
    handle.remove()
    return tuple(shapes[0][1:])


def test_lenet5_of_1998() -> None:
    # §II.B: "C1 contains 156 trainable parameters", S2 12, C3 1,516, S4 32, C5 48,120, F6 10,164.
    network = _meta("lenet5-1998")
    assert _weights(network) == [156, 12, 1516, 32, 48_120, 10_164]
    shapes = {"c1": (6, 28, 28), "s2": (6, 14, 14), "c3": (16, 10, 10), "s4": (16, 5, 5)}
    assert {layer: _shape(network, f"features.{layer}") for layer in shapes} == shapes
    assert _shape(network, "head.c5") == (120, 1, 1)
    assert _shape(network, "head.f6") == (84,)


def test_alexnet() -> None:
    # Figure 2: 96 kernels 11×11×3, 256 of 5×5×48, 384 of 3×3×256, 384 of 3×3×192, 256 of 3×3×192, dense.
    network = _meta("alexnet")
    assert _weights(network) == [
        96 * (11 * 11 * 3 + 1),
        256 * (5 * 5 * 48 + 1),
        384 * (3 * 3 * 256 + 1),
        384 * (3 * 3 * 192 + 1),
        256 * (3 * 3 * 192 + 1),
        4096 * (6 * 6 * 256 + 1),
        4096 * (4096 + 1),
        1000 * (4096 + 1),
    ]
    # §3.5's neurons: 290,400 = 96·55·55 after the first layer, then 186,624; 64,896; 64,896; 43,264.
    neurons = [torch.Size(_shape(network, f"features.{layer}")).numel() for layer in (0, 4, 8, 10, 12)]
    assert neurons == [290_400, 186_624, 64_896, 64_896, 43_264]
    assert _shape(network, "features") == (256, 6, 6)


VGG_D = [1792, 36_928, 73_856, 147_584, 295_168, 590_080, 590_080, 1_180_160] + [2_359_808] * 5
VGG_DENSE = [102_764_544, 16_781_312, 4_097_000]


@pytest.mark.parametrize("name", ["vgg-d", "vgg-d-bn"])
def test_vgg_d(name: str) -> None:
    assert _weights(_meta(name)) == VGG_D + VGG_DENSE


def test_vgg_c_has_1x1_convolutions_where_d_has_3x3_ones() -> None:
    expected = list(VGG_D)
    expected[6], expected[9], expected[12] = 256 * 257, 512 * 513, 512 * 513
    assert _weights(_meta("vgg-c")) == expected + VGG_DENSE


def test_vgg_convolutions_a_block() -> None:
    """Table 1: how many convolutions each block of each column has."""
    blocks = {"a": (1, 1, 2, 2, 2), "b": (2, 2, 2, 2, 2), "c": (2, 2, 3, 3, 3), "d": (2, 2, 3, 3, 3)}
    blocks |= {"e": (2, 2, 4, 4, 4), "a-lrn": (1, 1, 2, 2, 2)}
    for column, expected in blocks.items():
        kinds = [row.kind for row in summarise(_meta(f"vgg-{column}"), (3, 224, 224))]
        text = "".join({"Conv2d": "c", "MaxPool2d": "|"}.get(kind, "") for kind in kinds)
        assert tuple(len(block) for block in text.split("|")[:5]) == expected


# Table 2: "number of parameters (in millions)".
@pytest.mark.parametrize(
    ("column", "millions"), [("a", 133), ("a-lrn", 133), ("b", 133), ("c", 134), ("d", 138), ("e", 144)]
)
def test_vgg_table_2(column: str, millions: int) -> None:
    assert round(count_parameters(_meta(f"vgg-{column}")) / 1e6) == millions


def test_vgg_a_lrn_normalises_after_the_first_convolution_only() -> None:
    kinds = [row.kind for row in summarise(_meta("vgg-a-lrn"), (3, 224, 224))]
    assert kinds[:4] == ["Conv2d", "ReLU", "LocalResponseNorm", "MaxPool2d"]
    assert kinds.count("LocalResponseNorm") == 1


def test_vgg_16_first_block() -> None:
    network = _meta("vgg16")
    assert _shape(network, "features.3") == (64, 224, 224)
    assert _shape(network, "features.4") == (64, 112, 112)
    assert _shape(network, "features") == (512, 7, 7)


def test_network_in_network() -> None:
    network = _meta("nin")
    assert _weights(network) == [
        *(34_944, 9_312, 9_312),  # 96·(363 + 1), 96·97
        *(614_656, 65_792, 65_792),  # 256·(2400 + 1), 256·257
        *(885_120, 147_840, 147_840),  # 384·(2304 + 1), 384·385
        *(3_539_968, 1_049_600, 1_025_000),  # 1024·(3456 + 1), 1024·1025, 1000·1025
    ]
    assert _shape(network, "features") == (384, 6, 6)
    cifar = _meta("nin-cifar")
    assert _weights(cifar) == [14_592, 30_880, 15_456, 460_992, 37_056, 37_056, 331_968, 37_056, 1_930]
    assert _shape(cifar, "features") == (192, 8, 8)


# Table 1 of GoogLeNet: output, then #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool projection.
GOOGLENET = {
    "to_4a.7": ((256, 28, 28), 192, (64, 96, 128, 16, 32, 32)),
    "to_4a.8": ((480, 28, 28), 256, (128, 128, 192, 32, 96, 64)),
    "to_4a.10": ((512, 14, 14), 480, (192, 96, 208, 16, 48, 64)),
    "to_4d.0": ((512, 14, 14), 512, (160, 112, 224, 24, 64, 64)),
    "to_4d.1": ((512, 14, 14), 512, (128, 128, 256, 24, 64, 64)),
    "to_4d.2": ((528, 14, 14), 512, (112, 144, 288, 32, 64, 64)),
    "to_5b.0": ((832, 14, 14), 528, (256, 160, 320, 32, 128, 128)),
    "to_5b.2": ((832, 7, 7), 832, (256, 160, 320, 32, 128, 128)),
    "to_5b.3": ((1024, 7, 7), 832, (384, 192, 384, 48, 128, 128)),
}


def test_googlenet_table_1() -> None:
    network = _meta("googlenet")
    for layer, (shape, inputs, (one, reduce3, three, reduce5, five, pool)) in GOOGLENET.items():
        assert _shape(network, layer) == shape
        by_hand = (inputs + 1) * (one + reduce3 + reduce5 + pool)
        by_hand += (9 * reduce3 + 1) * three + (25 * reduce5 + 1) * five
        assert count_parameters(network.get_submodule(layer)) == by_hand
    assert _shape(network, "to_4a.0") == (64, 112, 112)
    assert _shape(network, "to_4a.6") == (192, 28, 28)
    # §5: 1×1 convolution 128, dense 1024 from 4×4×128, dense 1000; 512 maps at 4a, 528 at 4d.
    dense = 1024 * (4 * 4 * 128 + 1) + 1000 * (1024 + 1)
    assert count_parameters(network.get_submodule("aux1")) == 128 * 513 + dense
    assert count_parameters(network.get_submodule("aux2")) == 128 * 529 + dense


@pytest.mark.parametrize(
    ("name", "parameters"),
    # GoogLeNet: Caffe's reference; the others: torchvision's documentation.
    [("googlenet", 6_998_552), ("googlenet-bn", 6_624_904), ("inception-v3", 23_834_568)],
)
def test_without_auxiliary_classifiers(name: str, parameters: int) -> None:
    network = _meta(name, aux=False)
    assert count_parameters(network) == parameters
    assert network.auxiliary_weights == ()
    # In training mode too there is one output only.
    assert network.train()(torch.zeros(2, *network.input_shape, device="meta")).shape == (2, 1000)


def test_auxiliary_weights() -> None:
    assert _meta("googlenet").auxiliary_weights == (0.3, 0.3)
    assert _meta("googlenet-bn").auxiliary_weights == (0.3, 0.3)
    assert _meta("inception-v3").auxiliary_weights == (0.4,)


# Figure 5 of Ioffe & Szegedy: output, then #1×1, #3×3 reduce and 3×3, double #3×3 reduce and 3×3, projection.
# 4c and 4d have the reference's projections of 128.
INCEPTION_V2 = {
    "3a": ((256, 28, 28), 192, 64, (64, 64), (64, 96), 32),
    "3b": ((320, 28, 28), 256, 64, (64, 96), (64, 96), 64),
    "3c": ((576, 14, 14), 320, 0, (128, 160), (64, 96), 0),
    "4a": ((576, 14, 14), 576, 224, (64, 96), (96, 128), 128),
    "4b": ((576, 14, 14), 576, 192, (96, 128), (96, 128), 128),
    "4c": ((608, 14, 14), 576, 160, (128, 160), (128, 160), 128),
    "4d": ((608, 14, 14), 608, 96, (128, 192), (160, 192), 128),
    "4e": ((1056, 7, 7), 608, 0, (128, 192), (192, 256), 0),
    "5a": ((1024, 7, 7), 1056, 352, (192, 320), (160, 224), 128),
    "5b": ((1024, 7, 7), 1024, 352, (192, 320), (192, 224), 128),
}


def test_inception_v2_figure_5() -> None:
    network = _meta("inception-v2")
    total = 64 * 7 * 7 * 3 + 64 * 64 + 192 * 64 * 9 + 3 * (64 + 64 + 192)
    for name, (shape, inputs, one, three, double, pool) in INCEPTION_V2.items():
        layer = f"features.inception{name}"
        assert _shape(network, layer) == shape
        channels = one + sum(three) + double[0] + 2 * double[1] + pool
        # A bias, a scale and a shift for each channel besides the kernels.
        by_hand = inputs * (one + three[0] + double[0] + pool) + 3 * channels
        by_hand += 9 * (three[0] * three[1] + double[0] * double[1] + double[1] ** 2)
        assert count_parameters(network.get_submodule(layer)) == by_hand
        total += by_hand
    assert total + 1000 * 1025 == count_parameters(network) == 11_295_240
    kinds = {name: network.get_submodule(f"features.inception{name}.branch_pool") for name in ("5a", "5b")}
    assert isinstance(kinds["5a"][0], nn.AvgPool2d)
    assert isinstance(kinds["5b"][0], nn.MaxPool2d)


def test_squeezenet_table_1() -> None:
    # "# of parameters before pruning".
    network = _meta("squeezenet1.0")
    layers = [layer for layer in network.features if any(True for _ in layer.parameters())]
    assert [count_parameters(layer) for layer in (*layers, network.classifier)] == [
        *(14_208, 11_920, 12_432, 45_344, 49_440, 104_880, 111_024, 188_992, 197_184),
        513_000,
    ]


# Table 1: blocks a stage; each has two or three convolutions.
@pytest.mark.parametrize(
    ("name", "depths", "convolutions"),
    [
        ("resnet18", (2, 2, 2, 2), 2),
        ("resnet34", (3, 4, 6, 3), 2),
        ("resnet50", (3, 4, 6, 3), 3),
        ("resnet101", (3, 4, 23, 3), 3),
        ("resnet152", (3, 8, 36, 3), 3),
    ],
)
def test_resnet_table_1(name: str, depths: tuple[int, ...], convolutions: int) -> None:
    network = _meta(name)
    width = 1 if convolutions == 2 else 4
    for stage, depth in enumerate(depths, start=1):
        side = 112 >> stage
        assert len(network.get_submodule(f"layer{stage}")) == depth
        assert _shape(network, f"layer{stage}") == (32 * width << stage, side, side)
    # The name counts the layers with weights: first convolution, blocks, dense layer.
    assert int(name.removeprefix("resnet")) == 2 + convolutions * sum(depths)


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_resnet_for_cifar(depth: int) -> None:
    # §4.2: 6n + 2 layers, n blocks a stage of 16, 32, 64 channels; batch normalisation 2 a channel.
    n = (depth - 2) // 6
    by_hand = 27 * 16 + 2 * 16 + 2 * n * (9 * 16 * 16 + 2 * 16)
    for channels in (32, 64):
        by_hand += 9 * channels // 2 * channels + (2 * n - 1) * 9 * channels**2 + 2 * n * 2 * channels
    network = _meta(f"resnet{depth}")
    assert count_parameters(network) == by_hand + 65 * 10
    assert [_shape(network, f"layer{stage}") for stage in (1, 2, 3)] == [
        (16, 32, 32),
        (32, 16, 16),
        (64, 8, 8),
    ]
    assert _weights(network)[0] == 432

"""A network's few parts: which layers make one, and what they are called."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prunelle.networks import build
from prunelle.networks.outline import Part, outline


def parts_of(name: str) -> list[Part]:
    with torch.device("meta"):
        network = build(name)
    return outline(network, network.input_shape)  # type: ignore[arg-type]


def test_vgg16_is_five_blocks_five_poolings_and_three_dense_layers() -> None:
    parts = parts_of("vgg16")
    assert [(part.kind, part.shape, len(part.names)) for part in parts] == [
        ("convolution", (64, 224, 224), 2),
        ("pooling", (64, 112, 112), 1),
        ("convolution", (128, 112, 112), 2),
        ("pooling", (128, 56, 56), 1),
        ("convolution", (256, 56, 56), 3),
        ("pooling", (256, 28, 28), 1),
        ("convolution", (512, 28, 28), 3),
        ("pooling", (512, 14, 14), 1),
        ("convolution", (512, 14, 14), 3),
        ("pooling", (512, 7, 7), 1),
        ("dense", (4096,), 1),
        ("dense", (4096,), 1),
        ("dense", (1000,), 1),
    ]
    assert parts[4].name == "features.10–14"


def test_resnet50_is_its_stages() -> None:
    parts = parts_of("resnet50")
    assert [(part.kind, part.name, len(part.names)) for part in parts] == [
        ("convolution", "conv1", 1),
        ("pooling", "maxpool", 1),
        ("residual", "layer1.0–2", 3),
        ("residual", "layer2.0–3", 4),
        ("residual", "layer3.0–5", 6),
        ("residual", "layer4.0–2", 3),
        ("pooling", "avgpool", 1),
        ("dense", "fc", 1),
    ]


def test_inception_modules_with_their_branches() -> None:
    parts = {part.name: part for part in parts_of("googlenet-bn")}
    assert parts["inception3a"].kind == parts["inception4a–c"].kind == "branches"
    assert parts["inception4a–c"].branches == 4
    assert (len(parts["inception4a–c"].names), parts["inception4a–c"].shape) == (3, (512, 14, 14))
    # A convolution with its normalisation and activation is one layer, under the name of the three.
    assert (parts["conv1"].kind, parts["conv1"].details) == ("convolution", ("7×7, stride 2, padding 3",))
    # Auxiliary classifiers act in training alone.
    assert not any("aux" in name for name in parts)


def test_inception_with_a_shortcut_is_residual() -> None:
    kinds = [part.kind for part in parts_of("inception-resnet-v2")]
    assert kinds.count("residual") == 3
    assert "branches" in kinds


def test_layers_of_ones_own_are_known_by_what_they_do() -> None:
    parts = parts_of("lenet5-1998")
    assert [part.kind for part in parts] == [
        *("convolution", "pooling", "convolution", "pooling", "convolution"),
        *("dense", "dense"),
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("conv1",), "conv1"),
        (("features.0", "features.2"), "features.0–2"),
        (("features.10", "features.12"), "features.10–12"),
        (("features.9", "features.12"), "features.9–12"),
        (("Mixed_6b", "Mixed_6c", "Mixed_6e"), "Mixed_6b–e"),
        (("to_4a.10", "to_4d.0", "to_4d.1"), "to_4a.10–to_4d.1"),
    ],
)
def test_names_of_several(names: tuple[str, ...], expected: str) -> None:
    assert Part("convolution", names, (), (1, 1, 1)).name == expected


def test_the_network_is_as_before() -> None:
    network = build("course-photos")
    network.features[3].eval()  # type: ignore[union-attr, index, operator]
    modes = [module.training for module in network.modules()]
    outline(network, (3, 64, 64))
    assert [module.training for module in network.modules()] == modes
    for module in network.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def test_time_series() -> None:
    network = nn.Sequential(nn.Conv1d(1, 4, 3), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(36, 2))
    assert [(part.kind, part.shape) for part in outline(network, (1, 20))] == [
        ("convolution", (4, 18)),
        ("pooling", (4, 9)),
        ("dense", (2,)),
    ]

from __future__ import annotations

import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle import networks
from prunelle.errors import ArgumentError
from prunelle.look.layers import check_channel, examine, outputs_of
from tests.unit.look.networks import images, residual


def test_a_layer_is_seen_after_its_normalisation_and_activation() -> None:
    found = examine(residual(), (3, 8, 8))
    assert [(layer.name, layer.last, layer.call, layer.kinds) for layer in found.layers] == [
        ("conv1", "relu", 0, ("Conv2d", "BatchNorm2d", "ReLU")),
        ("conv2", "conv2", 0, ("Conv2d",)),  # a sum stands between it and the ReLU
        ("relu:2", "relu", 1, ("ReLU",)),
        ("head", "head", 0, ("Linear",)),
    ]
    assert found.convolutions == ("conv1", "conv2")
    assert found.dense == "head"
    assert found.layers[0].label == "conv1 · Conv2d 3×3, padding 1 → BatchNorm2d → ReLU"


def test_outputs_are_those_after_the_activation() -> None:
    network, batch = residual().eval(), images()
    layers = examine(network, (3, 8, 8)).layers
    found = outputs_of(network, batch, layers)
    with torch.no_grad():
        expected = torch.relu(network.norm(network.conv1(batch)))
    torch.testing.assert_close(found["conv1"], expected)
    assert (found["conv2"] < 0).any()
    assert (found["relu:2"] >= 0).all()


# Where the last maps are before pooling: read off the papers' tables and the network's own listing.
@pytest.mark.parametrize(
    ("name", "attention", "shape"),
    [
        ("course-look", "features.3", (16, 28, 28)),
        ("course-photos", "features.9", (64, 16, 16)),
        ("lenet5", "features.4", (16, 10, 10)),
        ("lenet5-1998", "features.tanh3", (16, 10, 10)),
        ("vgg16", "features.29", (512, 14, 14)),
        ("resnet20", "layer3", (64, 8, 8)),
        ("resnet18", "layer4", (512, 7, 7)),
        ("squeezenet1.1", "classifier.2", (1000, 13, 13)),
        ("dense", None, None),
    ],
)
def test_where_grad_cam_looks_by_itself(
    name: str, attention: str | None, shape: tuple[int, ...] | None
) -> None:
    with torch.device("meta"):
        network = pn.build(name)
    found = examine(network, network.input_shape)
    assert found.attention == attention
    if attention is not None:
        module = dict(network.named_modules())[attention]
        seen: list[tuple[int, ...]] = []
        module.register_forward_hook(lambda _m, _i, output: seen.append(tuple(output.shape[1:])))
        with torch.no_grad():
            network.eval()(torch.zeros(1, *network.input_shape, device="meta"))
        assert seen == [shape]


PICTURES = [name for name in networks.names() if len(networks.natural_shape(name)) == 3]


@pytest.mark.parametrize("name", PICTURES)
def test_every_network_of_the_zoo_can_be_examined(name: str) -> None:
    with torch.device("meta"):
        network = pn.build(name)
    found = examine(network, network.input_shape)
    assert found.layers
    assert found.layers[-1].channels >= 1
    assert (found.attention is None) == (name == "dense")


def test_pooling_that_changes_nothing_is_no_layer() -> None:
    with torch.device("meta"):
        network = pn.build("vgg16")
    names = [layer.name for layer in examine(network, (3, 224, 224)).layers]
    assert "avgpool" not in names
    assert len(names) == 13 + 5 + 3


def test_an_unknown_layer_lists_those_there_are() -> None:
    found = examine(pn.build("course-look"), (1, 28, 28))
    with pytest.raises(ArgumentError) as error:
        found.layer("features.9")
    assert "unknown layer 'features.9'" in str(error.value)
    assert "features.0 (16), features.2 (16), features.4 (16), head.1 (10)" in str(error.value)
    # The module of an activation is part of its layer.
    assert found.layer("features.3").name == "features.2"


def test_channels_count_from_1() -> None:
    layer = examine(pn.build("course-look"), (1, 28, 28)).layers[0]
    assert check_channel(layer, 16) == 15
    for wrong in (0, 17):
        with pytest.raises(ArgumentError, match=f"between 1 and 16, which features.0 has; received {wrong}"):
            check_channel(layer, wrong)


def test_a_module_without_children_is_a_layer_itself() -> None:
    found = examine(nn.Conv2d(3, 5, 3), (3, 8, 8))
    assert [(layer.name, layer.shape) for layer in found.layers] == [("network", (5, 6, 6))]

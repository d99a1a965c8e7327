"""A new classifier on an old trunk."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prunelle import networks
from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.classifier import with_classifier


@pytest.mark.parametrize(
    ("name", "stage", "features"),
    [
        ("course-photos", None, 64 * 8 * 8),  # the maps of its last pooling, flattened
        ("resnet20", None, 64),  # its pooled features
        ("resnet20", "layer1", 16 * 16 * 16),
        ("resnet18", "layer1", 64 * 8 * 8),  # 64·56·56 are too many: 8² places of 64 maps are 4,096
    ],
)
def test_what_the_classifier_sees(name: str, stage: str | None, features: int) -> None:
    network = networks.build(name, num_classes=10).eval()
    made = with_classifier(network, 3, stage=stage).eval()
    assert made.head[-1].weight.shape == (3, features)
    assert made(torch.zeros(1, *network.input_shape)).shape == (1, 3)


def test_maps_are_averaged_where_the_network_does_so_itself() -> None:
    network = networks.build("squeezenet1.1", num_classes=10, input_size=64).eval()
    made = with_classifier(network, 3).eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        last = made.head[-1]
        expected = network.features(images).mean(dim=(2, 3)) @ last.weight.T + last.bias  # type: ignore[operator]
        assert torch.allclose(made(images), expected, atol=1e-4)
    name, options = made.built_as  # type: ignore[misc]
    assert options["average"]
    again = networks.build(name, num_classes=3, input_size=64, **options)
    again.load_state_dict(made.state_dict())
    # A run of before says nothing of it, and has a weight for each place: 512 maps of 3×3.
    before = networks.build(
        name, num_classes=3, input_size=64, **{key: options[key] for key in options if key != "average"}
    )
    assert before.head[-1].weight.shape == (3, 512 * 9)  # type: ignore[union-attr, index]
    assert "average" not in before.built_as[1]  # type: ignore[index]
    # An earlier stage, and a network that does not, keep their places.
    assert with_classifier(network, 3, stage="features.5").head[-1].weight.shape[1] > 128
    assert with_classifier(networks.build("course-photos"), 3).head[-1].weight.shape == (3, 64 * 8 * 8)


def test_it_is_the_linear_map_of_the_stage() -> None:
    network = networks.build("resnet20", num_classes=10).eval()
    made = with_classifier(network, 3, stage="layer3").eval()
    maps = {}
    network.layer3.register_forward_hook(lambda _module, _inputs, output: maps.update(layer3=output))
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        network(images)
        last = made.head[-1]
        assert torch.allclose(made(images), maps["layer3"].flatten(1) @ last.weight.T + last.bias, atol=1e-5)


def test_it_can_be_built_again_by_name_and_takes_the_weights() -> None:
    network = networks.build("resnet20", num_classes=10)
    made = with_classifier(network, 3, stage="layer3", classifier="hidden")
    name, options = made.built_as  # type: ignore[misc]
    again = networks.build(name, num_classes=3, **options)
    again.load_state_dict(made.state_dict())
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(again.eval()(images), made.eval()(images))
    assert [type(layer) for layer in made.head] == [nn.Flatten, nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]


def test_another_classifier_after_another() -> None:
    made = with_classifier(networks.build("resnet20", num_classes=10), 3, stage="layer2")
    other = with_classifier(made, 5, classifier="hidden")
    assert other.features is made.features
    assert networks.build(other.built_as[0], num_classes=5, **other.built_as[1]).state_dict().keys() == (  # type: ignore[index]
        other.state_dict().keys()
    )
    with pytest.raises(ArgumentError, match="cut at layer2 before; received stage layer1"):
        with_classifier(made, 5, stage="layer1")


def test_wrong_names() -> None:
    network = networks.build("resnet20", num_classes=10)
    with pytest.raises(UnknownName, match=r"unknown classifier 'liner'\. Did you mean 'linear'"):
        with_classifier(network, 3, classifier="liner")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match=r"unknown stage 'layr2'\. Did you mean 'layer2'"):
        with_classifier(network, 3, stage="layr2")

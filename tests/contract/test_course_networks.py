"""The networks of the courses: weights worked by hand layer by layer, and what every network promises."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks import FAMILIES, build, names, natural_shape, variant
from prunelle.networks.summary import count_parameters

OURS = ("course-mnist", "course-cifar", "course-photos", "course-look", "lenet5", "dense")

# Convolution: k·k·in·out + out. Dense: in·out + out. In the order the layers run.
WEIGHTS = {
    "course-mnist": [9 * 1 * 32 + 32, 9 * 32 * 16 + 16, 28 * 28 * 16 * 10 + 10],
    "course-cifar": [
        9 * 3 * 64 + 64,
        9 * 64 * 64 + 64,
        9 * 64 * 64 + 64,
        9 * 64 * 64 + 64,
        8 * 8 * 64 * 10 + 10,
    ],
    "course-photos": [
        9 * 3 * 64 + 64,
        9 * 64 * 64 + 64,
        9 * 64 * 64 + 64,
        8 * 8 * 64 * 32 + 32,
        32 * 1 + 1,
    ],
    "course-look": [9 * 1 * 16 + 16, 9 * 16 * 16 + 16, 14 * 14 * 16 * 10 + 10],
    "lenet5": [25 * 1 * 6 + 6, 25 * 6 * 16 + 16, 5 * 5 * 16 * 120 + 120, 120 * 84 + 84, 84 * 10 + 10],
    "dense": [28 * 28 * 128 + 128, 128 * 10 + 10],
}
TOTALS = {
    "course-mnist": 130_394,
    "course-cifar": 153_546,
    "course-photos": 206_785,
    "course-look": 33_850,
    "lenet5": 61_706,
    "dense": 101_770,
}
INPUTS = {
    "course-mnist": (1, 28, 28),
    "course-cifar": (3, 32, 32),
    "course-photos": (3, 64, 64),
    "course-look": (1, 28, 28),
    "lenet5": (1, 32, 32),
    "dense": (1, 28, 28),
}
SMALLEST = {"course-cifar": 4, "course-photos": 8, "course-look": 2, "lenet5": 16}


def images(network: nn.Module, n: int = 2) -> torch.Tensor:
    return torch.randn(n, *network.input_shape, generator=torch.Generator().manual_seed(0))  # type: ignore[misc]


def layers(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


@pytest.mark.parametrize("name", OURS)
def test_weights_are_those_worked_by_hand(name: str) -> None:
    network = build(name)
    assert [sum(p.numel() for p in layer.parameters()) for layer in layers(network)] == WEIGHTS[name]
    assert count_parameters(network) == sum(WEIGHTS[name]) == TOTALS[name]
    assert network.input_shape == INPUTS[name] == natural_shape(name)


@pytest.mark.parametrize("name", OURS)
def test_forward_is_the_head_on_the_features(name: str) -> None:
    network = build(name).eval()
    x = images(network)
    answer = network(x)
    assert answer.shape == (2, 1 if name == "course-photos" else 10)
    assert torch.equal(network.head(network.features(x)), answer)  # type: ignore[operator]
    assert not torch.equal(answer[0], answer[1])


def test_course_photos_is_the_course_written_out() -> None:
    network = build("course-photos").eval()
    x = images(network)
    convolutions, dense = layers(network)[:3], layers(network)[3:]
    maps = x
    for layer in convolutions:
        maps = F.max_pool2d(F.relu(F.conv2d(maps, layer.weight, layer.bias, padding=1)), 2)  # type: ignore[arg-type]
    hidden = F.relu(F.linear(maps.flatten(1), dense[0].weight, dense[0].bias))  # type: ignore[arg-type]
    answer = F.linear(hidden, dense[1].weight, dense[1].bias)  # type: ignore[arg-type]
    torch.testing.assert_close(network(x), answer)
    dropouts = [m for m in network.features.modules() if isinstance(m, nn.Dropout)]  # type: ignore[union-attr]
    assert [m.p for m in dropouts] == [0.5] * 3


def test_course_cifar_is_the_course_written_out() -> None:
    network = build("course-cifar").eval()
    x = images(network)
    a, b, c, d, e = layers(network)

    def same(maps: torch.Tensor, layer: nn.Module) -> torch.Tensor:
        return F.relu(F.conv2d(maps, layer.weight, layer.bias, padding=1))  # type: ignore[arg-type]

    maps = F.max_pool2d(same(same(x, a), b), 2)
    maps = same(F.max_pool2d(same(maps, c), 2), d)
    torch.testing.assert_close(network(x), F.linear(maps.flatten(1), e.weight, e.bias))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", OURS)
def test_gradients_reach_every_weight_and_are_finite(name: str) -> None:
    torch.manual_seed(0)
    network = build(name)
    network(images(network, 8)).square().sum().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert bool(parameter.grad.isfinite().all()), key
        assert bool(parameter.grad.any()), key


@pytest.mark.parametrize("name", OURS)
def test_saved_and_loaded_is_the_same_network(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, other = build(name).eval(), build(name).eval()
    x = images(network)
    assert not torch.equal(network(x), other(x))
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(network(x), other(x))


@pytest.mark.parametrize("name", OURS)
def test_the_seed_decides_the_first_weights(name: str) -> None:
    def weights(seed: int) -> bytes:
        torch.manual_seed(seed)
        return layers(build(name))[0].weight.detach().numpy().tobytes()  # type: ignore[union-attr, operator]

    assert weights(1) == weights(1) != weights(2)


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(
    ("num_classes", "in_channels", "size"), [(3, 3, (40, 24)), (7, 1, 33), (2, 3, 16), (2, 1, (16, 50))]
)
def test_other_classes_channels_and_sizes(
    name: str, num_classes: int, in_channels: int, size: tuple[int, int] | int
) -> None:
    network = build(name, num_classes=num_classes, in_channels=in_channels, input_size=size).eval()
    height, width = (size, size) if isinstance(size, int) else size
    assert network.input_shape == (in_channels, height, width)
    outputs = 1 if name == "course-photos" and num_classes == 2 else num_classes
    assert network(images(network, 3)).shape == (3, outputs)


@pytest.mark.parametrize(("name", "least"), SMALLEST.items())
def test_the_smallest_size_works_and_one_less_is_refused(name: str, least: int) -> None:
    network = build(name, input_size=least).eval()
    assert network(images(network)).isfinite().all()
    for size in ((least - 1, 64), (64, least - 1)):
        with pytest.raises(
            ArgumentError,
            match=f"{name} needs pictures of at least {least}×{least} pixels; received {size[0]}×{size[1]}",
        ):
            build(name, input_size=size)


@pytest.mark.parametrize("name", OURS)
def test_first_weights_are_pytorchs(name: str) -> None:
    # Uniform up to 1/√fan_in, biases too: the network that docs/lab/results.md measured.
    torch.manual_seed(0)
    for layer in layers(build(name, num_classes=10)):
        weight, bias = dict(layer.named_parameters())["weight"], dict(layer.named_parameters())["bias"]
        bound = 1 / math.sqrt(weight[0].numel())
        assert 0.95 * bound < weight.abs().max().item() <= bound
        assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)
        assert 0 < bias.abs().max().item() <= bound


def test_dense_by_its_hidden_layers() -> None:
    network = build("dense", hidden=(30, 20), num_classes=4, input_size=(5, 6), in_channels=3)
    assert count_parameters(network) == 90 * 30 + 30 + 30 * 20 + 20 + 20 * 4 + 4
    assert count_parameters(build("dense", hidden=())) == 784 * 10 + 10


@pytest.mark.parametrize("wanted", [130_394, 61_706, 100_000, 805, 1_234_567])
@pytest.mark.parametrize(("num_classes", "side"), [(10, 28), (2, 8)])
def test_dense_meets_a_number_of_weights_as_nearly_as_can_be(
    wanted: int, num_classes: int, side: int
) -> None:
    network = build("dense", parameters=wanted, num_classes=num_classes, input_size=side)
    # Whatever number of hidden units one tries, none comes nearer.
    sizes = [
        (side * side) * h + h + h * num_classes + num_classes for h in range(1, wanted // (side * side) + 2)
    ]
    nearest = min(abs(size - wanted) for size in sizes)
    assert abs(count_parameters(network) - wanted) == nearest
    assert len(layers(network)) == 2


def test_dense_refuses_what_cannot_be() -> None:
    with pytest.raises(ArgumentError, match="dense takes hidden or parameters, not both"):
        build("dense", hidden=(5,), parameters=1000)
    # One unit: 784 + 1 + 10 + 10.
    with pytest.raises(ArgumentError, match=r"parameters must be at least 805 .* received 100"):
        build("dense", parameters=100)
    for hidden in ((5, 0), 128, (2.5,), "12"):
        message = rf"hidden must be whole numbers of at least 1, .* received {re.escape(repr(hidden))}"
        with pytest.raises(ArgumentError, match=message):
            build("dense", hidden=hidden)


def test_names_are_those_of_the_families_files() -> None:
    assert set(OURS) <= set(names())
    assert len(set(names())) == len(names())
    for family, variants in FAMILIES.items():
        module = __import__(f"prunelle.networks.{family}", fromlist=["VARIANTS"])
        assert tuple(module.VARIANTS) == variants


def test_what_build_refuses() -> None:
    with pytest.raises(UnknownName, match=r"unknown network 'lenet'\. Did you mean 'lenet5'"):
        build("lenet")
    with pytest.raises(ArgumentError, match="num_classes must be at least 1; received 0"):
        build("lenet5", num_classes=0)
    with pytest.raises(ArgumentError, match="lenet5 does not take hidden; its options are: none"):
        build("lenet5", hidden=(3,))
    with pytest.raises(ArgumentError, match="dense does not take depth; its options are: hidden, parameters"):
        build("dense", depth=3)


@pytest.mark.parametrize("name", OURS)
def test_every_name_says_its_weights_and_shapes(name: str) -> None:
    said = inspect.getdoc(variant(name)) or ""
    assert "(N, num_classes)" in said
    if name != "dense":
        assert f"{TOTALS[name]:,} weights" in said

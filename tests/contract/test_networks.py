"""What every network of ``networks.names()`` keeps to; a new one is covered once ``FAMILIES`` lists it."""

from __future__ import annotations

import importlib
import io
import re
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunelle import networks
from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.summary import count_parameters
from tests.unit.training.helpers import NoReads

NAMES = networks.names()
NUM_CLASSES = 5
# Half a gigabyte of weights each: seconds a network instead of tenths.
LARGE = 100_000_000


def _smallest(name: str) -> int:
    """The side that the network's own error states as the minimum; 1 where it takes a single pixel."""
    try:
        networks.build(name, input_size=1)
    except ArgumentError as error:
        return int(re.findall(r"at least (\d+)(?:×\1 pixels| steps)", str(error))[0])
    return 1


def _axes(name: str) -> int:
    """2 for pictures, 1 for series."""
    return len(networks.natural_shape(name)) - 1


def _all_logits(output: object) -> list[torch.Tensor]:
    return [output] if isinstance(output, torch.Tensor) else list(output)  # type: ignore[call-overload]


def _images(network: nn.Module, count: int = 4) -> torch.Tensor:
    return torch.randn(count, *network.input_shape)


@pytest.mark.parametrize("name", NAMES)
def test_as_the_catalogue_says_at_the_natural_size(name: str) -> None:
    entry = networks.catalogue()[name]
    with torch.device("meta"):
        network = networks.build(name)
        logits = network.eval()(_images(network, 2))
    assert count_parameters(network) == entry.parameters
    assert network.input_shape == networks.natural_shape(name) == entry.input_shape
    assert name in networks.FAMILIES[entry.family]
    # One logit for the two classes of course-photos; the papers' 1,000 for pictures of photo size, else 10.
    outputs = 1 if name == "course-photos" else 1000 if entry.input_shape[1] >= 224 else 10
    assert logits.shape == (2, outputs)


@pytest.mark.parametrize("name", NAMES)
def test_other_classes_channels_and_an_oblong_picture(name: str) -> None:
    side = _smallest(name)
    shape = (1, side, side + 9) if _axes(name) == 2 else (1, side + 9)
    with torch.device("meta"):
        network = networks.build(name, num_classes=7, in_channels=1, input_size=shape[1:])
        evaluated = network.eval()(_images(network, 2))
        trained = _all_logits(network.train()(_images(network, 2)))
    assert network.input_shape == shape
    assert evaluated.shape == (2, 7)
    assert [logits.shape for logits in trained] == [(2, 7)] * len(trained)
    assert len(trained) == 1 + len(getattr(network, "auxiliary_weights", ()))


@pytest.mark.parametrize("name", [name for name in NAMES if _smallest(name) > 1])
def test_below_the_minimum_the_error_names_it(name: str) -> None:
    side = _smallest(name)
    if _axes(name) == 1:
        with pytest.raises(
            ArgumentError, match=rf"{name} needs series of at least {side} steps; received {side - 1}"
        ):
            networks.build(name, input_size=side - 1)
        return
    for size in ((side - 1, side + 40), (side + 40, side - 1)):
        with pytest.raises(
            ArgumentError, match=rf"{re.escape(name)} needs .*{side}×{side}.*{size[0]}×{size[1]}"
        ):
            networks.build(name, input_size=size)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[pytest.mark.slow] * (networks.catalogue()[name].parameters > LARGE))
        for name in NAMES
    ],
)
def network(request: pytest.FixtureRequest) -> nn.Module:
    """Each network once, at its smallest size; the tests that use it run one after the other."""
    torch.manual_seed(0)
    return networks.build(request.param, num_classes=NUM_CLASSES, input_size=_smallest(request.param))


def test_forward_is_head_of_features(network: nn.Module) -> None:
    images = _images(network)
    with torch.no_grad():
        network.eval()
        assert torch.equal(network(images), network.head(network.features(images)))


def test_saved_and_loaded_it_gives_the_same(network: nn.Module, request: pytest.FixtureRequest) -> None:
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    name = request.node.callspec.params["network"]
    with torch.device("meta"):
        loaded = networks.build(name, num_classes=NUM_CLASSES, input_size=network.input_shape[1:])
    # The meta device has no values to fall back on: whatever the state does not hold would fail here.
    loaded.load_state_dict(torch.load(file, weights_only=True), strict=True, assign=True)
    images = _images(network)
    with torch.no_grad():
        assert torch.equal(loaded.eval()(images), network.eval()(images))


def test_three_training_steps(network: nn.Module) -> None:
    images = _images(network)
    labels = torch.arange(len(images)) % NUM_CLASSES
    before = {name: p.detach().clone() for name, p in network.named_parameters() if p.numel() < 1e7}
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    network.train()
    for step in range(3):
        optimizer.zero_grad()
        with NoReads():  # a GPU would be waited for at every step, and the step fit in no CUDA graph
            logits, *auxiliary = _all_logits(network(images))
        loss = F.cross_entropy(logits, labels)
        for weight, extra in zip(getattr(network, "auxiliary_weights", ()), auxiliary, strict=True):
            loss = loss + weight * F.cross_entropy(extra, labels)
        loss.backward()
        assert loss.isfinite()
        for name, parameter in network.named_parameters() if step == 0 else ():
            assert parameter.grad is not None, name
            assert parameter.grad.norm().isfinite(), name
        optimizer.step()
    unchanged = [
        name
        for name, parameter in network.named_parameters()
        if name in before and parameter.dim() > 1 and torch.equal(parameter, before[name])
    ]
    assert not unchanged


def test_families_list_what_their_modules_have() -> None:
    for family, listed in networks.FAMILIES.items():
        assert tuple(importlib.import_module(f"prunelle.networks.{family}").VARIANTS) == listed
    assert len(set(NAMES)) == len(NAMES)
    assert set(networks.catalogue()) == set(NAMES)


def test_second_names() -> None:
    assert not set(networks.ALIASES) & set(NAMES)
    for alias, name in networks.ALIASES.items():
        assert networks.variant(alias) is networks.variant(name)
    with pytest.raises(UnknownName, match="Did you mean 'vgg16'"):
        networks.build("vgg-16")


def test_names_and_catalogue_without_torch() -> None:
    program = (
        "import sys; from prunelle import networks; "
        "assert len(networks.names()) == len(networks.catalogue()); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_accuracies_say_where_they_are_from() -> None:
    for entry in networks.catalogue().values():
        figures = [figure for figure in (entry.top1, entry.top5) if figure is not None]
        assert bool(figures) == bool(entry.accuracy_source), entry.name
        assert all(50 < figure < 100 for figure in figures)
        assert figures == sorted(figures)


def test_where_accuracies_are_from_is_said_in_french() -> None:
    for entry in networks.catalogue().values():
        if entry.accuracy_source is not None:
            note = entry.accuracy_note
            assert note.en == entry.accuracy_source
            english, french = note.en.split(", "), note.fr.split(", ")
            assert all(a != b for a, b in zip(english, french, strict=True)), note

"""What every network of ``networks.names()`` keeps to; a new one is covered once ``FAMILIES`` lists it."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunelle import networks
from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.catalogue import Entry
from prunelle.networks.summary import count_parameters
from tests.unit.training.helpers import NoReads

NAMES = networks.names()
HOME = Path(networks.__file__).parent
WRITTEN = sorted(
    file.stem for file in HOME.glob("*.py") if re.search(r"^VARIANTS\b", file.read_text(), re.MULTILINE)
)
"""Modules that make networks, listed or not."""
REFUSE = "What is too small is refused by require_size(…) of networks/blocks.py, first thing in __init__."
NUM_CLASSES = 5
# Half a gigabyte of weights each: seconds a network instead of tenths.
LARGE = 100_000_000
GIANT = 10_000_000
"""Numbers in a tensor."""


def _entry(name: str) -> Entry:
    try:
        entry = networks.catalogue().get(name)
    except KeyError as paper:
        pytest.fail(f"networks/catalogue.toml has no [papers.{paper.args[0]}], which a network there names")
    assert entry is not None, f"networks/catalogue.toml has no [networks.{name}]"
    return entry


def _is_large(name: str) -> bool:
    """Asked while tests are collected: what the catalogue lacks is a failure of ``_entry`` in one of them."""
    with contextlib.suppress(KeyError, TypeError):
        return networks.catalogue()[name].parameters > LARGE
    return False


def _takes_what_build_gives(name: str) -> None:
    parameters = inspect.signature(networks.variant(name)).parameters
    for keyword in ("num_classes", "in_channels", "input_size"):
        if keyword not in parameters or parameters[keyword].default is inspect.Parameter.empty:
            pytest.fail(f"{name} must take {keyword}, with a default that is the network's own")


def _smallest(name: str) -> int:
    """The side that the network's own error states as the minimum; 1 where it takes a single pixel."""
    _takes_what_build_gives(name)
    try:
        networks.build(name, input_size=1)
    except ArgumentError as error:
        stated = re.findall(r"at least (\d+)(?:×\1 pixels| steps)", str(error))
        if stated:
            return int(stated[0])
        pytest.fail(
            f"{name} must say its least size as require_size does (networks/blocks.py); it says: {error}"
        )
    except (RuntimeError, ValueError, ArithmeticError) as error:
        pytest.fail(f"{name} cannot be built for a single pixel ({error!r}). {REFUSE}")
    return 1


def _axes(name: str) -> int:
    """2 for pictures, 1 for series."""
    return len(networks.natural_shape(name)) - 1


def _all_logits(output: object) -> list[torch.Tensor]:
    return [output] if isinstance(output, torch.Tensor) else list(output)  # type: ignore[call-overload]


def _has(network: nn.Module, attribute: str, advice: str) -> None:
    if not hasattr(network, attribute):
        pytest.fail(f"{type(network).__name__} has no {attribute}: {advice}")


def _images(network: nn.Module, count: int = 4) -> torch.Tensor:
    _has(network, "input_shape", "say self.input_shape = (in_channels, *input_size) in __init__")
    return torch.randn(count, *network.input_shape)


def _answer(network: nn.Module, images: torch.Tensor) -> Any:
    try:
        return network(images)
    except RuntimeError as error:
        pytest.fail(
            f"{type(network).__name__} was built for {tuple(images.shape[1:])} and cannot take it ({error}). {REFUSE}"
        )


@pytest.mark.parametrize("family", sorted({*WRITTEN, *networks.FAMILIES}))
def test_families_list_what_their_modules_have(family: str) -> None:
    assert family in networks.FAMILIES, (
        f'networks/{family}.py has VARIANTS, and FAMILIES in networks/__init__.py no line "{family}": (…),'
    )
    variants = tuple(importlib.import_module(f"prunelle.networks.{family}").VARIANTS)
    assert networks.FAMILIES[family] == variants, (
        f"FAMILIES in networks/__init__.py must list the VARIANTS of networks/{family}.py, in their order"
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_what_build_gives(name: str) -> None:
    _takes_what_build_gives(name)


@pytest.mark.parametrize("name", NAMES)
def test_as_the_catalogue_says_at_the_natural_size(name: str) -> None:
    entry = _entry(name)
    with torch.device("meta"):
        network = networks.build(name)
        logits = network.eval()(_images(network, 2))
    counted, stated = count_parameters(network), entry.parameters
    assert counted == stated, "weights, counted and as networks/catalogue.toml states them"
    assert network.input_shape == networks.natural_shape(name) == entry.input_shape
    assert name in networks.FAMILIES[entry.family]
    # One logit for the two classes of course-photos; the papers' 1,000 for pictures of photo size, else 10.
    outputs = 1 if name == "course-photos" else 1000 if entry.input_shape[1] >= 224 else 10
    assert logits.shape == (2, outputs), f"num_classes must be {outputs} by default, of such an input"


@pytest.mark.parametrize("name", NAMES)
def test_other_classes_channels_and_an_oblong_picture(name: str) -> None:
    side = _smallest(name)
    shape = (1, side, side + 9) if _axes(name) == 2 else (1, side + 9)
    with torch.device("meta"):
        network = networks.build(name, num_classes=7, in_channels=1, input_size=shape[1:])
        evaluated = _answer(network.eval(), _images(network, 2))
        trained = _all_logits(network.train()(_images(network, 2)))
    assert network.input_shape == shape
    assert evaluated.shape == (2, 7)
    assert [logits.shape for logits in trained] == [(2, 7)] * len(trained)
    assert len(trained) == 1 + len(getattr(network, "auxiliary_weights", ()))


@pytest.mark.parametrize("name", NAMES)
def test_below_the_minimum_the_error_names_it(name: str) -> None:
    side = _smallest(name)
    if side == 1:
        pytest.skip("nothing is smaller than a single pixel")
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
    params=[pytest.param(name, marks=[pytest.mark.slow] * _is_large(name)) for name in NAMES],
)
def network(request: pytest.FixtureRequest) -> nn.Module:
    """Each network once, at its smallest size; the tests that use it run one after the other."""
    torch.manual_seed(0)
    return networks.build(request.param, num_classes=NUM_CLASSES, input_size=_smallest(request.param))


def test_forward_is_head_of_features(network: nn.Module) -> None:
    images = _images(network)
    for part in ("features", "head"):
        _has(network, part, "a module, or a method; forward is head(features(images))")
    with torch.no_grad():
        network.eval()
        whole, parts = network(images), network.head(network.features(images))
    assert whole.shape == parts.shape
    most = float((whole - parts).abs().max())
    assert most == 0, "in evaluation mode forward(images) must be head(features(images)), to the bit"


def test_saved_and_loaded_it_gives_the_same(network: nn.Module, request: pytest.FixtureRequest) -> None:
    state = network.state_dict()
    # Half a gigabyte of a dense layer's weights goes by: that a tensor comes back from a file is PyTorch's to hold.
    giants = {key: tensor for key, tensor in state.items() if tensor.numel() > GIANT}
    file = io.BytesIO()
    torch.save({key: tensor for key, tensor in state.items() if key not in giants}, file)
    file.seek(0)
    name = request.node.callspec.params["network"]
    with torch.device("meta"):
        loaded = networks.build(name, num_classes=NUM_CLASSES, input_size=network.input_shape[1:])
    # The meta device has no values to fall back on: whatever the state does not hold would fail here.
    loaded.load_state_dict(torch.load(file, weights_only=True) | giants, strict=True, assign=True)
    images = _images(network)
    with torch.no_grad():
        assert torch.equal(loaded.eval()(images), network.eval()(images))


def test_three_training_steps(network: nn.Module) -> None:
    images = _images(network)
    labels = torch.arange(len(images)) % NUM_CLASSES
    before = {name: p.detach().clone() for name, p in network.named_parameters() if p.numel() <= GIANT}
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
            assert parameter.grad is not None, f"{name} has no gradient: forward does not use it"
            assert parameter.grad.norm().isfinite(), name
        optimizer.step()
    unchanged = [
        name
        for name, parameter in network.named_parameters()
        if name in before and parameter.dim() > 1 and torch.equal(parameter, before[name])
    ]
    assert not unchanged


def test_every_name_is_listed_once() -> None:
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

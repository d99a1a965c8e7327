"""Exploring what really comes: networks of programs for Keras, series, padded series, published weights."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

import prunelle as pn
from prunelle.errors import BadPicture
from prunelle.jobs.exploring import Explorer
from prunelle.look.edits import ChannelOff
from tests import oracles
from tests.integration.test_program_runs import BRANCHES, PROGRAMS, digits, home, run_of  # noqa: F401
from tests.integration.test_weights import SHARED
from tests.series import wave_data, waves, write_ts
from tests.unit.look.opened import Opened, check_everywhere

STRIDED = """
model = Sequential([Conv2D(8, 3, strides=2, padding='same', activation='elu', input_shape=(8, 8, 1)),
                    BatchNormalization(), SeparableConv2D(6, 3, activation='swish', padding='same'), LeakyReLU(),
                    MaxPooling2D(),
                    Flatten(), Dropout(0.2), Dense(10, activation='softmax')])
"""
ALL_PROGRAMS = {**PROGRAMS, "strided": digits(model=STRIDED), "residual": digits(model=BRANCHES)}


def opened(explorer: Explorer, index: int = 0) -> Opened:
    at_hand = explorer.at_hand
    assert at_hand is not None
    return Opened(
        explorer.explored.network, explorer.explored.batch(at_hand.pixels.images[index : index + 1])
    )


@pytest.mark.parametrize("name", [name for name in ALL_PROGRAMS if name != "standardised"])
def test_networks_of_programs(home: Path, name: str) -> None:  # noqa: F811
    path, _ = run_of(home, name, ALL_PROGRAMS[name])
    explorer = pn.explore(path, style="quiet")
    run = pn.Run.open(path)
    at_hand = explorer.at_hand
    assert at_hand is not None
    look = explorer.look()
    answer = look.show_sample(0)
    with torch.no_grad():
        logits = run.network(explorer.explored.batch(np.asarray(at_hand.pixels.images[:1])))[0].double()
    expected = (
        logits.softmax(0) if len(logits) > 1 else torch.stack([1 - logits.sigmoid(), logits.sigmoid()])[:, 0]
    )
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-6)
    kinds = check_everywhere(opened(explorer))
    assert "dense" in kinds
    for layer in explorer.anatomy.layers:
        # PyTorch's order of axes, and nothing that only moves values.
        assert not {"Outward", "SamePad", "Unflattened", "CalledAsItIs", "KerasOrder"} & set(layer.kinds)
    first = explorer.anatomy.layers[0]
    look.edit([ChannelOff(first.name, 0)])
    assert look.answer().probabilities.shape == answer.probabilities.shape
    look.learn(0, 0.01)
    assert look.answer().probabilities[0] > 0
    assert look.where(1).heat.shape[-1] == explorer.explored.preprocess.input_shape[-1]
    look.close()


def test_layers_of_a_program_have_their_names(home: Path) -> None:  # noqa: F811
    path, _ = run_of(home, "strided", ALL_PROGRAMS["strided"])
    layers = pn.explore(path, style="quiet").anatomy.layers
    assert [layer.kinds for layer in layers] == [
        ("Conv2d", "elu"),
        ("BatchNorm",),
        ("SeparableConv2D", "LeakyReLU"),
        ("MaxPool2d",),
        ("Linear",),
    ]
    assert layers[2].shape == (6, 4, 4)


def test_a_program_that_scaled_its_pictures_itself_is_said(home: Path) -> None:  # noqa: F811
    path, _ = run_of(home, "arrays", PROGRAMS["arrays"])
    assert any("scaled its pictures itself" in note.en for note in pn.explore(path, style="quiet").notes)


# ---- Series


@pytest.mark.parametrize("unequal", [False, True])
def test_series(tmp_path: Path, unequal: bool) -> None:
    data = wave_data(channels=2, unequal=unequal)
    run = pn.train(
        "fcn",
        data,
        pn.Recipe(epochs=2),
        fit="pad" if unequal else None,
        output=tmp_path / "run",
        style="quiet",
    )
    explorer = pn.explore(run, data=data, style="quiet")
    assert explorer.explored.kind == "series"
    look = explorer.look()
    series, labels = waves(4, channels=2, seed=5, unequal=unequal)
    file = write_ts(tmp_path / "some.ts", series, labels)
    answer = look.show(explorer.explored.medium.of_array(series[0].T))
    expected = dict(pn.predict(run, [file], style="quiet")[0].top)
    np.testing.assert_allclose(answer.probabilities, [expected[name] for name in run.classes], atol=1e-5)
    of_file = look.show(explorer.explored.medium.of_file(file.read_bytes(), "../../some.ts"))
    np.testing.assert_allclose(of_file.probabilities, answer.probabilities, atol=1e-6)
    assert of_file.shown.shape[:2] == (2, 1)
    with pytest.raises(BadPicture):
        explorer.explored.medium.of_file(b"no series", "some.\0/../ts")
    for index in range(3):
        check_everywhere(opened(explorer, index))
    look.show_sample(1)
    first = explorer.anatomy.layers[0]
    found = look.excite(first.name, 3).found
    assert found.windows is not None
    at_hand = explorer.at_hand
    assert at_hand is not None
    with torch.no_grad():
        maps = explorer.explored.network.features[:3](
            explorer.explored.batch(np.asarray(at_hand.pixels.images))
        )[:, 3]
    for row, (start, stop), value in zip(found.rows, found.windows, found.values, strict=True):
        assert value == pytest.approx(float(maps[row].nan_to_num(nan=-9).max()), rel=1e-4, abs=1e-5)
        assert start <= int(maps[row].nan_to_num(nan=-9).argmax()) < stop
    assert look.where(0).heat.shape[0] == 1
    before = look.answer().probabilities[1]
    look.learn(1, 0.01)
    assert look.answer().probabilities[1] > before
    look.close()


# ---- Published weights, where they are


def test_squeezenet_with_its_published_weights() -> None:
    weights, archive = (
        SHARED / "weights" / "squeezenet1.0-imagenet.safetensors",
        SHARED / "imagenet-samples.tar.xz",
    )
    if not weights.is_file() or not archive.is_file():
        pytest.skip(f"{weights.name} and {archive.name} are not in ../shared/data")
    explorer = pn.explore("squeezenet1.0", weights=weights, style="quiet")
    with tarfile.open(archive) as photos:
        member = next(each for each in photos if each.isfile())
        content = photos.extractfile(member)
        assert content is not None
        example = explorer.explored.medium.of_file(content.read(), member.name)
    look = explorer.look()
    answer = look.show(example)
    with torch.no_grad():
        logits = explorer.explored.network(explorer.explored.batch(example[None]))[0].double()
    np.testing.assert_allclose(answer.probabilities, logits.softmax(0), atol=1e-6)
    kinds = check_everywhere(
        Opened(explorer.explored.network, explorer.explored.batch(example[None])), count=1
    )
    assert kinds == {"convolution", "pooling", "activation"}


# ---- Networks of other libraries, where these are


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        # Convolutions padded in their own forward, normalisations with an activation inside, standardised weights.
        ("tf_efficientnet_b0", {"convolution", "sum", "activation", "pooling", "dense"}),
        ("eca_nfnet_l0", {"convolution", "sum", "activation", "pooling", "dense"}),
        ("convnext_atto", {"convolution", "sum", "activation", "pooling", "dense", "normalisation"}),
    ],
)
def test_networks_of_timm(name: str, kinds: set[str]) -> None:
    timm = oracles.timm()
    torch.manual_seed(0)
    image = torch.randn(1, 3, 64, 64)
    assert check_everywhere(Opened(timm.create_model(name), image, multiplies=True), count=1) == kinds

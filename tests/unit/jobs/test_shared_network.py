"""One network for many: whose turn it is, and pictures that pass together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle.jobs.shared_network import SharedNetwork
from prunelle.jobs.turns import Turns
from prunelle.look.edits import ChannelOff, Edits
from prunelle.look.recording import Recording


def shared(network: nn.Module, side: int = 32, channels: int = 1) -> SharedNetwork:
    settings = pn.Preprocess(
        size=(side, side), channels=channels, mean=(0.5,) * channels, std=(0.25,) * channels
    )
    return pn.explore(network.eval(), preprocess=settings, style="quiet").shared


def at_once(
    one: SharedNetwork, images: list[torch.Tensor], edits: Edits
) -> tuple[list[Recording], list[int]]:
    """What is recorded of pictures that all wait before the first is taken; how many went at a time."""
    sizes: list[int] = []
    record = one._recorder.record

    def counted(image: torch.Tensor) -> Recording:
        sizes.append(len(image))
        return record(image)

    found: dict[int, Recording] = {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: one.record(edits, images[i])}))  # type: ignore[misc]
        for i in range(len(images))
    ]
    one._recorder.record = counted  # type: ignore[method-assign]
    with one.turns.foreground():
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 20
        while len(one._waiting) < len(images) and not edits and time.monotonic() < deadline:
            time.sleep(0.01)
    for thread in threads:
        thread.join(30)
    one._recorder.record = record  # type: ignore[method-assign]
    return [found[i] for i in range(len(images))], sizes


def pictures(count: int, *shape: int) -> list[torch.Tensor]:
    return [torch.randn(1, *shape, generator=torch.Generator().manual_seed(i)) for i in range(count)]


def same(one: SharedNetwork, found: list[Recording], images: list[torch.Tensor]) -> None:
    for recording, image in zip(found, images, strict=True):
        assert recording.image.equal(image)
        with torch.no_grad():
            torch.testing.assert_close(recording.output, one.explored.network(image), rtol=1e-4, atol=1e-5)
        for layer in one.anatomy.layers:
            assert recording.output_of(layer).shape == (1, *layer.shape)


def test_those_who_wait_pass_together() -> None:
    torch.manual_seed(0)
    one, images = shared(pn.build("resnet20", num_classes=5), 32, 3), pictures(6, 3, 32, 32)
    found, sizes = at_once(one, images, Edits())
    same(one, found, images)
    assert sizes == [6, *[1] * 6, 6]  # tried out once, against each alone
    found, sizes = at_once(one, images, Edits())
    same(one, found, images)
    assert sizes == [6]
    value = found[3].output_of(one.anatomy.layers[2])[0, 1, 2, 3]
    alone = one.record(Edits(), images[3]).output_of(one.anatomy.layers[2])[0, 1, 2, 3]
    assert float(value) == pytest.approx(float(alone), rel=1e-4, abs=1e-6)


def test_a_network_that_mixes_pictures_gets_them_one_by_one() -> None:
    """Normalisation by the statistics of the batch: beside others a picture's answer would be another."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, track_running_stats=False), nn.Flatten(), nn.Linear(144, 3)
    )
    one, images = shared(network, 8), pictures(4, 1, 8, 8)
    for _ in range(2):
        found, _ = at_once(one, images, Edits())
        same(one, found, images)
    assert at_once(one, images, Edits())[1] == [1] * 4


def test_an_edited_network_is_its_persons_alone() -> None:
    torch.manual_seed(0)
    one, images = shared(pn.build("lenet5", num_classes=4)), pictures(3, 1, 32, 32)
    name = one.anatomy.layers[0].name
    found, sizes = at_once(one, images, Edits(made=(ChannelOff(name, 1),)))
    assert sizes == [1, 1, 1]
    for recording in found:
        maps = recording.output_of(one.anatomy.layers[0])[0]
        assert (maps[1] == 0).all()
        assert not (maps[0] == 0).all()


def test_many_draw_while_one_edits() -> None:
    """Nobody ever sees what another has edited."""
    torch.manual_seed(0)
    one = shared(pn.build("lenet5", num_classes=4))
    (image,) = pictures(1, 1, 32, 32)
    with torch.no_grad():
        expected = one.explored.network(image)
    wrong: list[float] = []
    over = threading.Event()

    def draw() -> None:
        while not over.is_set():
            off = (one.record(Edits(), image).output - expected).abs().max()
            if off > 1e-5:
                wrong.append(float(off))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    edited = Edits(made=tuple(ChannelOff(one.anatomy.layers[0].name, channel) for channel in range(5)))
    for _ in range(40):
        assert (one.record(edited, image).output - expected).abs().max() > 1e-4
        one.probabilities(edited, np.zeros((2, 32, 32, 1), np.uint8), waiting=False)
    over.set()
    for thread in threads:
        thread.join(30)
    assert not wrong


# ---- Turns


def started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_people_go_before_the_background() -> None:
    turns, order = Turns(), []

    def background() -> None:
        with turns.background():
            order.append("background")

    def person() -> None:
        with turns.foreground():
            order.append("person")

    with turns.foreground():
        threads = [started(background)]
        time.sleep(0.05)
        threads += [started(person) for _ in range(3)]
        time.sleep(0.05)
    for thread in threads:
        thread.join(10)
    assert order == ["person", "person", "person", "background"]


def test_the_background_gets_its_turn_though_somebody_always_waits() -> None:
    turns, over = Turns(), threading.Event()

    def person() -> None:
        while not over.is_set():
            with turns.foreground():
                time.sleep(0.002)

    people = [started(person) for _ in range(3)]
    begun = time.monotonic()
    for _ in range(3):
        with turns.background():
            pass
    taken = time.monotonic() - begun
    over.set()
    for thread in people:
        thread.join(10)
    assert taken < 10


def test_a_turn_that_fails_is_given_back() -> None:
    turns = Turns()
    for turn in (turns.foreground, turns.background):
        with pytest.raises(RuntimeError, match="stop"), turn():
            raise RuntimeError("stop")
    with turns.foreground():
        pass

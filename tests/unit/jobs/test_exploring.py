"""A network opened to be touched: the same answers as everywhere else, and what every layer makes of a picture."""

from __future__ import annotations

import copy
import hashlib
import io
import math
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import prunelle as pn
from prunelle.errors import ArgumentError, BadPicture
from prunelle.jobs.background_accuracy import PAUSE_S, Score
from prunelle.jobs.exploring import Explorer
from prunelle.jobs.live_look import Watched
from prunelle.look.edits import ChannelOff, KernelChange
from prunelle.look.value.steps import ConvolutionStep, OtherStep, SoftmaxStep


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    """Two epochs on the digits that come with scikit-learn: 8×8 grey pictures."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    return pn.train("course-look", pn.load("digits"), pn.Recipe(epochs=2), output=folder, style="quiet")


@pytest.fixture(scope="module")
def explorer(run: pn.Run) -> Explorer:
    return pn.explore(run.path, style="quiet")


def digests(run: pn.Run) -> dict[str, str]:
    files = sorted(file for file in run.path.rglob("*") if file.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def drawing(seed: int = 0, side: int = 40) -> np.ndarray:
    """Grey bytes: a few strokes."""
    generator = np.random.default_rng(seed)
    canvas = np.zeros((side, side), np.uint8)
    for y, x in generator.integers(4, side - 8, (6, 2)):
        canvas[y : y + 6, x : x + 4] = 230
    return canvas


def test_a_drawing_is_answered_as_predict_answers_its_file(
    run: pn.Run, explorer: Explorer, tmp_path: Path
) -> None:
    canvas = drawing()
    Image.fromarray(canvas).save(tmp_path / "drawing.png")
    answer = explorer.look().show(explorer.explored.medium.of_array(canvas))
    expected = dict(pn.predict(run, [tmp_path / "drawing.png"], top=10, style="quiet")[0].top)
    np.testing.assert_allclose(answer.probabilities, [expected[name] for name in run.classes], atol=1e-5)
    assert answer.shown.shape == (*run.preprocess.input_size, 1)
    content = (tmp_path / "drawing.png").read_bytes()
    of_file = explorer.look().show(explorer.explored.medium.of_file(content, "drawing.png"))
    np.testing.assert_array_equal(of_file.probabilities, answer.probabilities)


def test_colour_and_alpha_are_drawn_on_white(explorer: Explorer) -> None:
    medium = explorer.explored.medium
    clear = np.zeros((16, 16, 4), np.uint8)
    assert (medium.of_array(clear) == 255).all()
    grey = np.full((16, 16), 77, np.uint8)
    np.testing.assert_array_equal(medium.of_array(np.stack([grey] * 3, axis=2)), medium.of_array(grey))


def test_watched_layers_show_their_maps_in_bytes(explorer: Explorer) -> None:
    look, network = explorer.look(), explorer.explored.network
    layers = explorer.anatomy.layers
    assert look.watch({layer.name: Watched(0, layer.channels, 64) for layer in layers}) is None
    example = explorer.explored.medium.of_array(drawing())
    answer = look.show(example)
    assert [seen.layer for seen in answer.seen] == [layer.name for layer in layers]
    with torch.no_grad():
        maps = network.features[:2](explorer.explored.batch(example[None]))[0].numpy()  # convolution, ReLU
    seen = answer.seen[0].maps
    assert seen is not None
    np.testing.assert_allclose(seen.low, maps.min(axis=(1, 2)))
    np.testing.assert_allclose(seen.high, maps.max(axis=(1, 2)), rtol=1e-6)
    spread = np.maximum(seen.high - seen.low, 1e-30)[:, None, None]
    np.testing.assert_array_equal(seen.maps, np.floor((maps - seen.low[:, None, None]) / spread * 255 + 0.5))
    with torch.no_grad():
        logits = network(explorer.explored.batch(example[None]))[0].numpy()
    np.testing.assert_allclose(answer.seen[-1].values, logits, rtol=1e-5)


def test_only_what_is_watched_is_sent(explorer: Explorer) -> None:
    look = explorer.look()
    look.show(explorer.explored.medium.of_array(drawing()))
    first = explorer.anatomy.layers[0]
    answer = look.watch({first.name: Watched(1, 3, 4)})
    assert answer is not None
    assert [seen.maps.maps.shape for seen in answer.seen if seen.maps] == [(2, 4, 4)]
    with pytest.raises(ArgumentError, match="channels 0 to"):
        look.watch({first.name: Watched(0, first.channels + 1, 4)})
    with pytest.raises(ArgumentError, match="unknown layer 'nowhere'"):
        look.watch({"nowhere": Watched(0, 1, 4)})


def test_samples_are_test_pictures_with_their_truth(run: pn.Run, explorer: Explorer) -> None:
    data = pn.load("digits")
    at_hand = explorer.at_hand
    assert at_hand is not None
    assert at_hand.split == "test"
    assert len(at_hand.labels) == at_hand.whole == len(data.test)
    test = {
        picture.tobytes(): data.classes[label]
        for picture, label in zip(data.test.decode(run.preprocess).images, data.test.labels, strict=True)
    }
    for picture, name, label in zip(at_hand.pixels.images, at_hand.names, at_hand.labels, strict=True):
        assert test[picture.tobytes()] == name == run.classes[label]
    answer = explorer.look().show_sample(3)
    assert answer.label == at_hand.names[3]
    np.testing.assert_array_equal(answer.shown, at_hand.pixels.images[3])
    with pytest.raises(ArgumentError, match="index must be that of an example at hand"):
        explorer.look().show_sample(len(at_hand.labels))


def test_nothing_is_answered_before_a_picture(explorer: Explorer) -> None:
    with pytest.raises(ArgumentError, match="there is no picture yet"):
        explorer.look().answer()


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 4), np.float32), "bytes; received float32"),
        (np.zeros((4, 4, 2), np.uint8), r"received uint8 of \(4, 4, 2\)"),
        (np.zeros((0, 4), np.uint8), r"received uint8 of \(0, 4\)"),
        (np.zeros((1, 5000), np.uint8), "at most 4096 pixels a side"),
    ],
)
def test_what_is_no_drawing_is_refused(explorer: Explorer, array: np.ndarray, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        explorer.explored.medium.of_array(array)


def test_what_is_no_picture_is_refused(explorer: Explorer) -> None:
    with pytest.raises(BadPicture, match="not a picture"):
        explorer.explored.medium.of_file(b"<script>", "photo.png")
    with pytest.raises(BadPicture, match=r"a\\x1b\[2J\.png"):
        explorer.explored.medium.of_file(b"<script>", "a\x1b[2J.png")
    bomb = io.BytesIO()
    Image.new("1", (20000, 20000)).save(bomb, "png")
    with pytest.raises(BadPicture, match="decompression bomb"):
        explorer.explored.medium.of_file(bomb.getvalue(), "bomb.png")
    with pytest.raises(ArgumentError, match="at most 32 MB"):
        explorer.explored.medium.of_file(bytes(33_000_000), "large.png")


def test_nothing_of_a_run_changes(run: pn.Run, explorer: Explorer) -> None:
    before, weights = digests(run), {k: v.clone() for k, v in explorer.explored.network.state_dict().items()}
    modes = [module.training for module in explorer.explored.network.modules()]
    look = explorer.look()
    look.show_sample(0)
    first = explorer.anatomy.layers[0]
    look.edit([ChannelOff(first.name, 0), KernelChange(first.name, 1, 0, ((0.5,) * 3,) * 3)])
    look.learn(3, 0.5)
    look.value(explorer.anatomy.layers[-1].name, (0, 0, 0))
    look.follow(explorer.anatomy.layers[-1].name, (0, 0, 0), (0, 0, 0))
    look.excite(first.name, 0)
    look.where(1)
    look.close()
    assert digests(run) == before
    for name, tensor in explorer.explored.network.state_dict().items():
        torch.testing.assert_close(tensor, weights[name], rtol=0, atol=0)
    assert [module.training for module in explorer.explored.network.modules()] == modes
    assert not any(
        module._forward_hooks or module._forward_pre_hooks for module in explorer.explored.network.modules()
    )


def test_what_the_data_look_like(explorer: Explorer) -> None:
    assert (explorer.explored.medium.ink, explorer.explored.medium.drawable) == ("light", True)
    paper = pn.Preprocess(size=(28, 28), channels=1, mean=(0.9,), std=(0.2,))
    network = pn.build("lenet5", input_size=(32, 32))
    of_paper = pn.explore(
        network, preprocess=paper.__class__(size=(32, 32), channels=1, mean=(0.9,), std=(0.2,))
    )
    assert of_paper.explored.medium.ink == "dark"
    assert not pn.explore("resnet18", size=64, style="quiet").explored.medium.drawable


# ---- What if


def edited_copy(explorer: Explorer, change: Callable[[Any], None]) -> Any:
    network = copy.deepcopy(explorer.explored.network)
    with torch.no_grad():
        change(network)
    return network


def probabilities(network: Any, explorer: Explorer, examples: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network(explorer.explored.batch(examples)).double().softmax(dim=1).numpy()  # type: ignore[no-any-return]


class Told:
    """Waits for the last score."""

    def __init__(self) -> None:
        self.scores: list[Score] = []
        self._done = threading.Event()

    def __call__(self, score: Score) -> None:
        self.scores.append(score)
        if score.share.n == score.total:
            self._done.set()

    def last(self) -> Score:
        assert self._done.wait(60)
        self._done.clear()
        return self.scores[-1]


def test_an_edited_network_is_judged_beside_the_unchanged_one(explorer: Explorer) -> None:
    told = Told()
    look = explorer.look(told)
    first = explorer.anatomy.layers[0]
    look.show_sample(0)
    off = tuple(ChannelOff(first.name, channel) for channel in range(first.channels - 1))
    look.edit(off)
    answer = look.answer()

    def silence(network: Any) -> None:
        network.features[0].weight[:-1] = 0
        network.features[0].bias[:-1] = 0

    by_hand = edited_copy(explorer, silence)
    at_hand = explorer.at_hand
    assert at_hand is not None
    examples = np.asarray(at_hand.pixels.images)
    expected, before = (
        probabilities(one, explorer, examples) for one in (by_hand, explorer.explored.network)
    )
    np.testing.assert_allclose(answer.probabilities, expected[0], atol=1e-6)
    np.testing.assert_allclose(answer.unchanged, before[0], atol=1e-6)
    score = told.last()
    right, was_right = (each.argmax(axis=1) == at_hand.labels for each in (expected, before))
    assert right.sum() < was_right.sum()
    assert score.edited
    assert (score.share.correct, score.share.n) == (right.sum(), len(right))
    assert score.before is not None
    assert (score.before.correct, score.before.n) == (was_right.sum(), len(right))
    assert score.before.accuracy == pytest.approx(explorer.explored.run.metrics()["test"]["accuracy"])
    low, high = score.share.interval
    assert low < score.share.accuracy < high
    # Wilson's interval, from its definition: the shares p whose own error reaches the share seen.
    for bound in (low, high):
        error = 1.959964 * math.sqrt(bound * (1 - bound) / len(right))
        assert abs(bound - score.share.accuracy) == pytest.approx(error, rel=1e-5)
    assert score.difference is not None
    value, below, above = score.difference
    assert value == pytest.approx(right.mean() - was_right.mean())
    assert below < value < above < 0

    look.edit(())
    score = told.last()
    assert (score.edited, score.before, score.share.correct) == (False, None, was_right.sum())
    assert look.answer().unchanged is None
    look.close()


def test_what_changes_again_is_given_up(explorer: Explorer) -> None:
    told = Told()
    look = explorer.look(told)
    first = explorer.anatomy.layers[0]
    for channel in range(first.channels):
        look.edit([ChannelOff(first.name, channel)])
    look.reset()
    assert not told.last().edited
    assert [score.edited for score in told.scores] == [False] * len(told.scores)
    look.edit([ChannelOff(first.name, 0)])
    look.close()
    time.sleep(2 * PAUSE_S)
    assert not any(score.edited for score in told.scores)


def test_learning_is_undone_and_reset(explorer: Explorer) -> None:
    look = explorer.look()
    look.show_sample(1)
    start = look.answer().probabilities
    target = int(start.argmin())
    shares = []
    for _ in range(3):
        look.learn(target, 0.002)
        shares.append(look.answer().probabilities)
    assert start[target] < shares[0][target] < shares[1][target] < shares[2][target]
    assert look.state()["steps"] == 3
    look.undo()
    np.testing.assert_allclose(look.answer().probabilities, shares[1], atol=1e-6)
    look.edit([ChannelOff(explorer.anatomy.layers[0].name, 0)])
    look.reset()
    np.testing.assert_array_equal(look.answer().probabilities, start)
    assert look.state() == {"edits": 0, "steps": 0, "epoch": None}
    look.undo()  # nothing to take back
    for label, rate, words in [
        (10, 0.1, "0 to 9; received 10"),
        (0, 0.0, "rate must be above 0"),
        (0, math.nan, "rate"),
    ]:
        with pytest.raises(ArgumentError, match=words):
            look.learn(label, rate)
    look.close()


def test_edits_are_one_persons(explorer: Explorer) -> None:
    one, other = explorer.look(), explorer.look()
    one.show_sample(0)
    before = other.show_sample(0).probabilities
    one.learn(0, 1.0)
    one.edit([ChannelOff(explorer.anatomy.layers[0].name, 0)])
    assert not np.allclose(one.answer().probabilities, before)
    np.testing.assert_array_equal(other.show_sample(0).probabilities, before)
    one.close()


def test_a_channel_off_is_explained_as_one(explorer: Explorer) -> None:
    look, first = explorer.look(), explorer.anatomy.layers[0]
    look.show_sample(0)
    look.edit([ChannelOff(first.name, 1)])
    found = look.value(first.name, (1, 2, 2))
    assert found.value == 0
    assert [step.name for step in found.steps if isinstance(step, OtherStep)] == ["off"]
    assert look.value(first.name, (0, 2, 2)).steps[0].kind == "convolution"
    look.close()


def test_values_are_explained_with_the_changed_kernel(explorer: Explorer) -> None:
    look, first = explorer.look(), explorer.anatomy.layers[0]
    look.show_sample(0)
    kernel = look.channel(first.name, 0).kernel
    assert kernel is not None
    values = tuple(tuple(float(value) + 1 for value in row) for row in kernel[0])
    look.edit([KernelChange(first.name, 0, 0, values)])
    step = look.value(first.name, (0, 2, 2)).steps[0]
    assert isinstance(step, ConvolutionStep)
    np.testing.assert_allclose(step.weights[0], values, rtol=1e-6)
    assert step.exact < 1e-5
    np.testing.assert_allclose(look.channel(first.name, 0).kernel[0], values, rtol=1e-6)  # type: ignore[index]
    look.close()


def test_probabilities_are_explained(explorer: Explorer) -> None:
    look = explorer.look()
    answer = look.show_sample(0)
    found = look.value("probabilities", (4, 0, 0))
    (step,) = found.steps
    assert isinstance(step, SoftmaxStep)
    assert found.value == step.result == answer.probabilities[4]
    exponents = np.exp(step.logits.astype(float))
    assert found.value == pytest.approx(exponents[4] / exponents.sum(), rel=1e-5)


# ---- What a channel looks for, and where the network looked


def test_what_excites_a_channel_most(explorer: Explorer) -> None:
    first, network, at_hand = explorer.anatomy.layers[0], explorer.explored.network, explorer.at_hand
    assert at_hand is not None
    explorer.shared.excited.clear()  # what other tests asked for
    heard: list[tuple[int, int]] = []
    found = explorer.look().excite(first.name, 2, lambda done, total: heard.append((done, total)))
    with torch.no_grad():
        maps = network.features[:2](explorer.explored.batch(np.asarray(at_hand.pixels.images)))[:, 2]
    peaks = maps.flatten(1).amax(dim=1).numpy()
    assert np.sort(-peaks)[: len(found.found.values)].tolist() == pytest.approx(
        [-value for value in found.found.values]
    )
    for row, value, label in zip(found.found.rows, found.found.values, found.labels, strict=True):
        assert peaks[row] == pytest.approx(value)
        assert label == at_hand.names[row]
    field = first.field
    assert field is not None
    assert found.found.crops.shape == (len(found.found.values), *field.size, 3)
    assert heard[-1] == (len(peaks), len(peaks))
    again: list[tuple[int, int]] = []
    explorer.look().excite(first.name, 3, lambda done, total: again.append((done, total)))
    assert not again  # of another channel of a layer all is known


def test_where_it_looked(explorer: Explorer) -> None:
    look = explorer.look()
    look.show_sample(0)
    heat = look.where(3).heat
    assert heat.shape == explorer.explored.preprocess.input_size
    assert heat.min() >= 0
    assert heat.max() == pytest.approx(1, abs=1e-6)
    with pytest.raises(ArgumentError, match="class must be the index of one, 0 to 9; received 10"):
        look.where(10)


# ---- Epochs that a run kept


def test_weights_of_an_epoch(run: pn.Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run.path, folder)
    kept = pn.Run.open(folder)
    other = {name: tensor * 0.5 for name, tensor in kept.best_weights().items()}
    kept.save_weights("epoch-1", other)
    kept.save_weights("epoch-12", kept.best_weights())
    explorer = pn.explore(folder, style="quiet")
    assert explorer.epochs == [1, 12]
    look = explorer.look()
    best = look.show_sample(0).probabilities
    look.at_epoch(1)
    by_hand = edited_copy(explorer, lambda network: network.load_state_dict(other))
    at_hand = explorer.at_hand
    assert at_hand is not None
    expected = probabilities(by_hand, explorer, np.asarray(at_hand.pixels.images[:1]))
    np.testing.assert_allclose(look.answer().probabilities, expected[0], atol=1e-6)
    look.at_epoch(None)
    np.testing.assert_array_equal(look.answer().probabilities, best)
    with pytest.raises(ArgumentError, match=r"keeps \(1, 12\); received 2"):
        look.at_epoch(2)


def test_data_that_are_gone_are_missed_by_nothing_else(run: pn.Run, tmp_path: Path) -> None:
    pictures = tmp_path / "photos"
    for name in ("a", "b"):
        (pictures / name).mkdir(parents=True)
        for number in range(6):
            pixels = np.random.default_rng(number).integers(0, 255, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(pictures / name / f"{number}.png")
    photos = pn.train(
        "course-look", pictures, pn.Recipe(epochs=1), size=16, output=tmp_path / "run", style="quiet"
    )
    shutil.rmtree(pictures)
    explorer = pn.explore(photos.path, style="quiet")
    assert explorer.at_hand is None
    assert any("are gone" in note.en for note in explorer.notes)
    look = explorer.look()
    assert look.show(np.zeros((16, 16, 3), np.uint8)).probabilities.shape == (2,)
    look.edit([ChannelOff(explorer.anatomy.layers[0].name, 0)])
    with pytest.raises(ArgumentError, match="no labelled examples at hand"):
        look.excite(explorer.anatomy.layers[0].name, 0)
    look.close()

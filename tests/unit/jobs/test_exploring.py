"""A network opened to be touched: the same answers as everywhere else, and what every layer makes of a picture."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import prunelle as pn
from prunelle.errors import ArgumentError, BadPicture
from prunelle.jobs.exploring import Explorer
from prunelle.jobs.live_look import Watched


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

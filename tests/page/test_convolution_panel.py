"""The panel "convolution", without a browser: its numbers are those of the verb and of NumPy, its errors the verb's."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage, signal
from sklearn.datasets import load_digits, load_sample_image

import prunelle as pn
from prunelle.errors import ArgumentError, BadPicture, UnknownName
from prunelle.page.convolution import MOST_PADDING, MOST_STEP, MOST_VALUES, ConvolutionPanel
from prunelle.page.house import House
from prunelle.page.panel import Opening
from prunelle.page.wire import Frame, Message, decode, encode
from tests.integration.command import prunelle

FOUR = load_digits().images[4]


@pytest.fixture
def panel(tmp_path):
    return opened(tmp_path)


def opened(tmp_path: Path, language="en", **options) -> ConvolutionPanel:
    house = House(runs_folder=tmp_path / "runs")
    return ConvolutionPanel(Opening(house=house, push=lambda _: None, language=language, options=options))


def asked(panel: ConvolutionPanel, name: str | None = "digit:4", **settings) -> Message:
    """The answer, as the browser has it: through a frame."""
    question = {"type": "convolve", "kernel": None} | settings
    if name is not None:
        question["input"] = {"name": name}
    answer = panel.receive(Message(question))
    return decode(encode(Frame("convolution", 1, answer))).message


def content(panel, name="digit:4", **settings):
    return asked(panel, name, **settings).content


def numbers(table) -> np.ndarray:
    return np.array(table, dtype=np.float64)


def test_what_there_is_to_choose_from(tmp_path):
    state = opened(tmp_path, input="china", at="3,4").opened().content
    assert {"china", "flower", "digit:0", "digit:9", "step", "bump", "noise"} <= set(state["inputs"])
    assert set(state["kernels"]["colour"]) - set(state["kernels"]["picture"]) == {"redness"}
    assert "derivative" in state["kernels"]["signal"]
    assert state["options"] == {"input": "china", "at": "3,4"}


def test_every_choice_has_words():
    from prunelle.look.convolution import kernels
    from prunelle.page.convolution_words import Words

    words = Words("fr")
    for name in {*kernels.names(1), *kernels.names(2, channels=True)}:
        assert words(name)


def test_a_digit_by_hand(panel):
    """Scikit-learn's first 4, the kernel of Sobel as it is printed in a book."""
    found = content(panel, kernel="sobel-x")
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    expected = np.array([[(FOUR[i : i + 3, j : j + 3] * sobel).sum() for j in range(6)] for i in range(6)])
    part = found["part"]
    np.testing.assert_array_equal(numbers(part["output"])[..., 0], expected)
    np.testing.assert_array_equal(numbers(part["padded"])[..., 0], FOUR)
    np.testing.assert_array_equal(numbers(found["kernel"]["weights"])[..., 0], sobel)
    assert found["kernel"]["cells"] == [[["-1", "0", "1"], ["-2", "0", "2"], ["-1", "0", "1"]]]
    assert (part["start"], part["corner"], found["output"]["shape"]) == ([0, 0], [0, 0], [6, 6])
    assert found["formula"] == "y[i, j] = Σ(u=0..2) Σ(v=0..2) k[u, v] · x[i + u, j + v]"
    assert found["sizes"] == ["⌊(8 + 0 − 3) / 1⌋ + 1 = 6"] * 2
    # Without a place, a telling one: the largest of them all.
    row, column = part["at"]
    assert abs(expected[row, column]) == np.abs(expected).max()


SETTINGS = [
    {"padding": "same"},
    {"padding": "full", "border": "replicate"},
    {"padding": 2, "border": "reflect", "stride": 2},
    {"padding": [1, 0], "stride": [2, 1]},
    {"dilation": 2},
    {"dilation": [2, 1], "padding": 1, "border": "circular"},
    {"flip": True, "kernel": "sobel-y"},
    {"kernel": "1,2;3,4"},
    {"kernel": "gaussian:5", "padding": "same"},
    {"kernel": "-1.5,1/3;"},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_numbers_are_the_verbs(panel, settings):
    found = content(panel, **settings)
    kernel = settings.get("kernel")
    expected = pn.convolve("digit:4", kernel, **{k: v for k, v in settings.items() if k != "kernel"})
    np.testing.assert_array_equal(numbers(found["part"]["output"])[..., 0], expected.output)
    np.testing.assert_array_equal(numbers(found["part"]["padded"])[..., 0], expected.padded)
    assert found["output"]["shape"] == list(expected.output.shape)
    assert found["formula"] == expected.formula()
    assert found["sizes"] == list(expected.size_formulas())


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_every_output_is_its_window_times_the_weights(panel, settings):
    """What the browser writes out: the window begins at place · stride − corner, its cells a dilation apart."""
    found = content(panel, **settings)
    padded, weights = numbers(found["part"]["padded"])[..., 0], numbers(found["kernel"]["weights"])[..., 0]
    output, corner = numbers(found["part"]["output"])[..., 0], found["part"]["corner"]
    for place in np.ndindex(*output.shape):
        top, left = (
            (a + first) * s - c
            for a, first, s, c in zip(place, found["part"]["start"], found["stride"], corner, strict=True)
        )
        total = 0.0
        for (u, v), weight in np.ndenumerate(weights):
            total += weight * padded[top + u * found["dilation"][0], left + v * found["dilation"][1]]
        assert output[place] == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *(("digit:4", settings) for settings in SETTINGS),
        ("china", {"kernel": "redness", "padding": "same"}),
        ("flower", {"channels": "each", "stride": 3}),
        ("flower", {"channels": "grey", "kernel": "laplacian", "flip": True}),
        ("noise", {"kernel": "gaussian:5", "padding": "full"}),
        ("bump", {"kernel": "-1,0,1", "stride": 2}),
    ],
    ids=str,
)
def test_the_command_gives_the_same(panel, name, settings):
    """The line that the page shows, run as it stands."""
    found = content(panel, name, **settings)
    line = shlex.split(found["command"])
    done = prunelle(*line[1:], "--json") if "--" not in line else prunelle(*line[1:-2], "--json", *line[-2:])
    assert done.code == 0, done.err
    theirs = json.loads(done.out)
    assert (theirs["formula"], theirs["size_formulas"]) == (found["formula"], found["sizes"])
    whole = numbers(theirs["output"])
    start, ours = found["part"]["start"], numbers(found["part"]["output"])
    if whole.ndim == 1:
        whole = whole[None]
    if whole.ndim == 2:
        whole = whole[..., None]
    cut = whole[start[0] : start[0] + ours.shape[0], start[1] : start[1] + ours.shape[1]]
    np.testing.assert_array_equal(ours, cut)


@pytest.mark.parametrize(
    "values",
    [[[0, 3, -2.5], [4, 5, 0.5], [7, 8, 1e-5]], [[-1, 2, 3]], [-1, 0.5, 2, 4], [[1, 2], [3, 4]]],
    ids=str,
)
def test_a_drawn_input(panel, values):
    weights = [1, 2] if np.ndim(values) == 1 else [[1, 2]]
    kernel = "1,2" if np.ndim(values) == 1 else "1,2;"
    found = content(panel, None, input={"values": values}, kernel=kernel)
    expected = signal.correlate(
        np.array(values, float), np.array(weights, float), mode="valid", method="direct"
    )
    ours = numbers(found["part"]["output"])[..., 0]
    np.testing.assert_allclose(ours[0] if np.ndim(values) == 1 else ours, expected, rtol=0, atol=1e-12)
    # The command has every one of its numbers.
    line = shlex.split(found["command"])
    at = line.index("--") if "--" in line else len(line)
    done = prunelle(*line[1:at][: None if "--" in line else -1], "--json", "--", line[-1])
    assert done.code == 0, done.err
    np.testing.assert_array_equal(numbers(json.loads(done.out)["input"]), numbers(values))


def test_a_signal_is_one_row(panel):
    found = content(panel, "bump", kernel="derivative", padding="same", stride=2)
    bump = np.array([0, 0, 0, 1, 3, 5, 5, 5, 4, 2, 0, 0, -1, -1, 0, 0.0])
    expected = pn.convolve(bump, [-1, 0, 1], padding="same", stride=2)
    assert found["signal"] == {"padded": expected.padded.tolist(), "output": expected.output.tolist()}
    assert numbers(found["part"]["output"]).shape == (1, 8, 1)
    assert (found["stride"], found["padding"][0], found["dilation"]) == ([1, 2], [0, 0], [1, 1])
    assert found["output"]["picture"] is None


def test_a_photo_is_shown_whole_and_read_in_part(panel):
    photo = load_sample_image("china.jpg").astype(np.float64)
    answer = asked(panel, "china", kernel="laplacian", padding="same", at=[100, 200])
    found = answer.content
    laplacian = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0.0]])
    expected = sum(ndimage.correlate(photo[..., c], laplacian, mode="constant") for c in range(3))
    part = found["part"]
    assert part["at"] == [100, 200]
    first, output = part["start"], numbers(part["output"])[..., 0]
    rows, columns = (slice(a, a + n) for a, n in zip(first, output.shape, strict=True))
    assert rows.start <= 100 < rows.stop
    assert columns.start <= 200 < columns.stop
    np.testing.assert_allclose(output, expected[rows, columns], rtol=0, atol=1e-9)
    # The window of y[100, 200] is x[99..101, 199..201]; the padding is before it.
    padded = numbers(part["padded"])
    assert padded.shape[-1] == 3
    top, left = (at - corner for at, corner in zip((100, 200), part["corner"], strict=True))
    np.testing.assert_array_equal(padded[top : top + 3, left : left + 3], photo[99:102, 199:202])
    # As pictures: the photo itself, and levels around zero.
    pixels = answer.arrays[found["input"]["picture"]["array"]]
    np.testing.assert_array_equal(pixels, photo)
    levels = answer.arrays[found["output"]["picture"]["array"]].astype(np.float64)
    low, high = found["output"]["levels"]
    assert low == -high
    wanted = np.clip((expected - low) / (high - low) * 255, 0, 255)
    assert np.abs(levels - wanted).max() <= 0.5 + 1e-9
    # It is sent once; another input is sent again.
    assert content(panel, "china", kernel="box")["input"]["picture"] is None
    assert content(panel, "flower")["input"]["picture"] is not None
    assert content(panel, "china")["input"]["picture"] is not None
    # A browser that draws again from nothing says so.
    assert content(panel, "china")["input"]["picture"] is None
    assert content(panel, "china", anew=True)["input"]["picture"] is not None


def test_another_place(panel):
    content(panel, "china", kernel="box", channels="grey")
    there = panel.receive(Message({"type": "around", "at": [424, 0]})).content["part"]
    assert there["at"] == [424, 0]
    expected = pn.convolve("china", "box", channels="grey").output
    output = numbers(there["output"])[..., 0]
    rows, columns = output.shape
    np.testing.assert_array_equal(output, expected[-rows:, :columns])
    # Beyond the edge, the nearest.
    beyond = panel.receive(Message({"type": "around", "at": [9999, -3]})).content["part"]
    assert beyond == there


@pytest.mark.parametrize("channels", ["each", "sum"])
def test_channels(panel, channels):
    found = content(panel, "flower", kernel="box", channels=channels, at=[50, 60])
    photo = load_sample_image("flower.jpg").astype(np.float64)
    means = photo[50:53, 60:63].mean(axis=(0, 1))
    row, column = (a - first for a, first in zip((50, 60), found["part"]["start"], strict=True))
    value = found["part"]["output"][row][column]
    assert value == pytest.approx(list(means) if channels == "each" else [means.sum()], abs=1e-9)
    assert found["summed"] == (channels == "sum")


def test_slices_of_a_filter(panel):
    found = content(panel, "china", kernel="1,0;0,0|0,1;0,0|0,0;1/2,0", at=[10, 20])
    photo = load_sample_image("china.jpg").astype(np.float64)
    row, column = (a - first for a, first in zip((10, 20), found["part"]["start"], strict=True))
    expected = photo[10, 20, 0] + photo[10, 21, 1] + photo[11, 20, 2] / 2
    assert found["part"]["output"][row][column] == pytest.approx([expected], abs=1e-9)
    assert [slice_[1][0] for slice_ in found["kernel"]["cells"]] == ["0", "0", "0.5"]


@pytest.mark.parametrize(("how", "keep"), [("max", np.max), ("mean", np.mean)])
def test_pooling(panel, how, keep):
    answer = asked(panel, kernel="identity", padding="same", pooling=how)
    expected = [[keep(FOUR[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]) for j in range(4)] for i in range(4)]
    pooled = answer.content["part"]["pooled"]
    assert pooled["start"] == [0, 0]
    np.testing.assert_array_equal(numbers(pooled["output"])[..., 0], expected)
    assert answer.content["pooled"]["shape"] == [4, 4]
    assert answer.arrays[answer.content["pooled"]["picture"]["array"]].shape == (4, 4)
    assert "--only pooling" in answer.content["command"]


def test_pooling_in_a_part_begins_at_whole_windows(panel):
    found = content(panel, "china", kernel="identity", channels="grey", pooling="max", at=[101, 203])
    grey = pn.convolve("china", "identity", channels="grey").output
    part = found["part"]
    rows, columns, _ = numbers(part["pooled"]["output"]).shape
    for (i, j), value in np.ndenumerate(numbers(part["pooled"]["output"])[..., 0]):
        y, x = 2 * (i + part["pooled"]["start"][0]), 2 * (j + part["pooled"]["start"][1])
        assert value == grey[y : y + 2, x : x + 2].max()
        assert part["start"][0] <= y
        assert y + 1 < part["start"][0] + len(part["output"])
    assert rows >= 2
    assert columns >= 2


def test_what_is_too_small_to_be_pooled_is_said(panel):
    found = content(panel, None, input={"values": [[1, 2], [3, 4]]}, kernel="1,1;1,1", pooling="max")
    assert found["pooled"] is None
    assert "pooling needs an output of at least 2 values a side" in found["left_out"]
    assert "--only" not in found["command"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_verbs_sentences(tmp_path, language):
    """Those of ``pn.convolve``, word by word; what was there before still answers."""
    panel = opened(tmp_path, language)
    before = content(panel)
    for settings in (
        {"kernel": "1,2;3"},
        {"kernel": "sobel"},
        {"kernel": "1,0,1", "padding": "valid"},
        {"dilation": 8, "kernel": "sobel-x"},
        {"padding": "valid", "border": "reflect"},
        {"channels": "gray"},
        {"padding": "some"},
        {"padding": 9, "border": "mirror"},
    ):
        with pytest.raises(ArgumentError) as theirs:
            pn.convolve("digit:4", **settings)
        with pytest.raises(ArgumentError) as ours:
            content(panel, **settings)
        assert str(ours.value) == str(theirs.value)
    assert (
        panel.receive(Message({"type": "around", "at": before["part"]["at"]})).content["part"]
        == before["part"]
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"padding": MOST_PADDING + 1}, "padding must be a whole number from 0 to 64 here."),
        ({"stride": MOST_STEP + 1}, "stride must be a whole number from 1 to 8 here."),
        ({"stride": 0}, "stride must be a whole number from 1 to 8 here."),
        ({"dilation": [1, 2.5]}, "dilation must be a whole number from 1 to 8 here."),
        ({"dilation": True}, "dilation must be a whole number from 1 to 8 here."),
        ({"stride": [1, 1, 1]}, "stride must be a whole number from 1 to 8 here."),
        (
            {"kernel": "gaussian:9"},
            "The page shows kernels of at most 7 × 7; prunelle convolve takes larger ones.",
        ),
        ({"kernel": "box:99999999999"}, "The page shows kernels of at most 7 × 7"),
        ({"kernel": ",".join("1" * 8)}, "The page shows kernels of at most 7 × 7"),
        ({"kernel": "1" * 5000}, "The page shows kernels of at most 7 × 7"),
        ({"kernel": 3}, "The page shows kernels of at most 7 × 7"),
    ],
)
def test_more_than_a_page_shows(panel, settings, sentence):
    with pytest.raises(ArgumentError) as caught:
        content(panel, "china", **settings)
    assert sentence in str(caught.value)


def test_sentences_of_its_own_are_in_french(tmp_path):
    with pytest.raises(ArgumentError) as caught:
        content(opened(tmp_path, "fr"), stride=99)
    assert str(caught.value) == "pas (stride) doit être ici un nombre entier de 1 à 8."


@pytest.mark.parametrize(
    "given",
    [
        {"values": []},
        {"values": [[1, 2], [3]]},
        {"values": "secret"},
        {"values": [1, None]},
        {"values": [[[1]]]},
        {"values": [1e999]},
        {"values": [0] * (4 * MOST_VALUES + 1)},
        {"values": [[0]] * (MOST_VALUES + 1)},
        {"uploaded": True},
        {},
        None,
        "china",
    ],
    ids=lambda given: str(given)[:40],
)
def test_what_is_no_input(panel, given):
    with pytest.raises(ArgumentError):
        content(panel, None, input=given)


def test_no_path_is_opened(panel, tmp_path):
    """A file that is there, and that the verb would read, is none for a browser."""
    file = tmp_path / "a.png"
    Image.new("L", (9, 9)).save(file)
    assert pn.convolve(str(file)).input.shape == (9, 9)
    for name in (str(file), "/etc/passwd", "../a.png", "1,2,3"):
        with pytest.raises(UnknownName, match="unknown input"):
            content(panel, name)
        with pytest.raises(ArgumentError):
            content(panel, None, input={"values": name})


def picture(mode="RGB", size=(31, 20), form="PNG") -> tuple[np.ndarray, np.ndarray]:
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return pixels, np.frombuffer(file.getvalue(), np.uint8)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(
    "name", ["photo.png", "<img src=x onerror=alert(1)>.png", "-l 'a b'.png", "china", "1,2"]
)
def test_a_picture_of_ones_own(panel, tmp_path, monkeypatch, mode, name):
    pixels, data = picture(mode)
    assert panel.receive(Message({"type": "upload", "name": name}, [data])).content["name"] == name
    found = content(panel, None, input={"uploaded": True}, kernel="sharpen", at=[5, 6])
    assert found["input"]["name"] == name
    row, column = (at - corner for at, corner in zip((5, 6), found["part"]["corner"], strict=True))
    window = numbers(found["part"]["padded"])[row : row + 3, column : column + 3]
    np.testing.assert_array_equal(window, pixels.reshape(20, 31, -1)[5:8, 6:9])
    # The command, in the folder that the file is in.
    monkeypatch.chdir(tmp_path)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data.tobytes())
    line = shlex.split(found["command"])
    done = prunelle(*line[1:-2], "--json", *line[-2:]) if "--" in line else prunelle(*line[1:], "--json")
    assert done.code == 0, done.err
    np.testing.assert_array_equal(np.array(json.loads(done.out)["input"]), pixels)


def test_a_large_picture_is_reduced_as_the_command_does(panel, tmp_path):
    _, data = picture(size=(1500, 800))
    panel.receive(Message({"type": "upload", "name": "large.png"}, [data]))
    found = content(panel, None, input={"uploaded": True})
    file = tmp_path / "large.png"
    file.write_bytes(data.tobytes())
    assert found["input"]["shape"] == list(pn.convolve(file).input.shape) == [341, 640, 3]


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_picture(panel, data):
    with pytest.raises(BadPicture, match=r"^a\.png: "):
        panel.receive(Message({"type": "upload", "name": "a.png"}, [np.frombuffer(data, np.uint8)]))
    # Nothing of it stays.
    with pytest.raises(ArgumentError, match="not here any more"):
        content(panel, None, input={"uploaded": True})


def test_what_is_no_question(panel):
    for question in (
        {"type": "delete"},
        {},
        {"type": "around", "at": [0, 0]},
        {"type": "upload", "name": "a"},
    ):
        with pytest.raises(ArgumentError, match="knows no question"):
            panel.receive(Message(question))

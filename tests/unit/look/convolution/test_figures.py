"""What the figures and animations show: numbers, places, sizes and languages, read back from what was drawn."""

from __future__ import annotations

import base64
import io
import json
import re

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from scipy import signal

from prunelle.drawing import figures, fonts
from prunelle.drawing.film import Animation, film
from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.convolution import drawing, equivariance, journey, page, pooling, steps
from prunelle.look.convolution.operation import sum_text
from prunelle.look.convolution.result import convolve
from prunelle.look.convolution.views import VIEWS
from prunelle.texts import Note

RNG = np.random.default_rng(5)
SMALL = np.round(RNG.uniform(0, 9, (8, 8)))
PHOTO = np.round(RNG.uniform(0, 255, (90, 130)))
COLOUR = np.round(RNG.uniform(0, 255, (60, 80, 3)))
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
GAUSS = np.outer([1, 2, 1], [1, 2, 1]) / 16

CASES = {
    "numbers": convolve(SMALL, SOBEL, padding="same", input_name="digit:4", kernel_name="sobel-x"),
    "stride": convolve(SMALL, GAUSS, padding=1, stride=2, kernel_name="gaussian"),
    "photo": convolve(PHOTO, SOBEL, padding="same", stride=2, input_name="a photo", flip=True),
    "wide": convolve(RNG.uniform(0, 255, (20, 400)), RNG.normal(size=(5, 5)), dilation=2),
    "fives": convolve(PHOTO, RNG.normal(size=(5, 5)), padding="same"),
    "tall": convolve(RNG.uniform(0, 1, (400, 20)), GAUSS, input_name="x" * 24, kernel_name="gaussian"),
    "colour": convolve(COLOUR, RNG.normal(size=(3, 3, 3)), padding="full", border="circular"),
    "each": convolve(COLOUR, GAUSS, channels="each", stride=(2, 1)),
    "two channels": convolve(COLOUR[..., :2], SOBEL),
    "signal": convolve([0, 0, 1, 5, -3, 0, 0, 2], [-1, 0, 1], padding="same", kernel_name="derivative"),
    "long signal": convolve(RNG.normal(size=300), np.ones(9) / 9, padding="same", border="reflect"),
    "dilated signal": convolve(RNG.normal(size=40), [1, 2, 1], stride=3, dilation=4, padding=2),
}


def texts(figure: Figure) -> list[str]:
    found = [text.get_text() for text in figure.findobj(Text)]
    return [text.replace("\xa0", " ") for text in found if text]


def boxes(figure: Figure) -> list[tuple[str, np.ndarray]]:
    """Every text that is seen, with its rectangle ``(x0, y0, x1, y1)`` in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    seen = list(figure.texts)
    for axes in figure.axes:
        seen += axes.texts
        low, high = axes.get_ylim()
        # Ticks beyond the axis exist, and are not drawn.
        seen += [
            tick for tick in axes.get_yticklabels() if axes.axison and low <= tick.get_position()[1] <= high
        ]
    return [(text.get_text(), text.get_window_extent(renderer).extents) for text in seen if text.get_text()]


STILLS = [
    (case, view)
    for case, result in CASES.items()
    for view, found in VIEWS.items()
    if found.still and found.fits(result)
]


@pytest.mark.parametrize(("case", "view"), STILLS)
def test_no_text_overlaps_or_leaves_the_figure(case, view):
    assert_apart(CASES[case].figure(view, "fr"))


@pytest.mark.parametrize("case", ["numbers", "colour", "fives", "signal", "dilated signal", "long signal"])
def test_no_text_overlaps_in_an_animation(case, monkeypatch):
    seen = []

    def measured(figure, frames, frame_s):
        frames = list(frames)
        for frame in (frames[0], frames[len(frames) // 2], frames[-1]):
            staying, going = frame()
            assert_apart(figure)
            for artist in (*staying, *going):
                artist.remove()
            seen.append(frame)

    monkeypatch.setattr(steps, "film", measured)
    monkeypatch.setattr(equivariance, "film", measured)
    result = CASES[case]
    steps.steps(result, "fr")
    equivariance.moving(journey.journey(result), "fr")
    assert len(seen) == 6


def assert_apart(figure: Figure) -> None:
    found = boxes(figure)
    assert len(found) > 3
    width, height = figure.bbox.size
    for index, (text, (x0, y0, x1, y1)) in enumerate(found):
        # A pixel of tolerance: outlines are rounded to pixels.
        assert x0 >= -1, text
        assert y0 >= -1, text
        assert x1 <= width + 1, text
        assert y1 <= height + 1, text
        for other, (a0, b0, a1, b1) in found[index + 1 :]:
            across, down = min(x1, a1) - max(x0, a0), min(y1, b1) - max(y0, b0)
            assert across <= 2 or down <= 2, f"{text!r} meets {other!r}"


def test_operation_shows_shapes_formula_and_a_worked_value():
    shown = texts(CASES["stride"].figure("operation", "en"))
    assert {"8 × 8", "3 × 3", "4 × 4", "Input", "gaussian", "× 1/16"} <= set(shown)
    assert any(r"k[u,\,v] \cdot x[2i + u - 1,\,2j + v - 1]" in text for text in shown)
    assert "Size of the output: ⌊(8 + 2 − 3) / 2⌋ + 1 = 4 and ⌊(8 + 2 − 3) / 2⌋ + 1 = 4" in shown
    assert "cross-correlation · padding: 1 (zeros) · stride: 2 · dilation: 1" in shown
    worked = next(text for text in shown if text.startswith("Framed: "))
    terms, divisor, total = re.fullmatch(r"Framed: \((.*)\) / (\d+) = (.*)", worked).groups()
    products = [np.prod([float(n) for n in term.split("·")]) for term in terms.split(" + ")]
    assert len(products) == 9
    assert sum(products) / int(divisor) == pytest.approx(float(total), abs=1e-3)
    assert np.isclose(CASES["stride"].output, float(total), atol=1e-3).any()


def test_every_number_is_written():
    shown = texts(CASES["numbers"].figure("operation", "en"))
    expected = signal.correlate(SMALL, SOBEL, mode="same")
    for value in (*SMALL.ravel(), *expected.ravel()):
        assert str(int(value)).replace("-", "−") in shown


def test_french_has_commas_and_its_words():
    result = convolve([[0.5, 1.25], [2, 3]], [[1, 1]], kernel_name="k")
    shown = texts(result.figure("operation", "fr"))
    assert {"Entrée", "Noyau", "Sortie", "0,5", "1,25", "1,75"} <= set(shown)
    assert not any("." in text for text in shown if re.fullmatch(r"[\d.,]+", text))


def test_channels_are_summed_as_written():
    result = CASES["colour"]
    worked = next(text for text in texts(result.figure("channels", "en")) if "ringed" in text)
    terms, total = re.fullmatch(r"At the ringed place: (.*) = (.*)", worked).groups()
    numbers = [float(term.strip("()").replace("−", "-")) for term in terms.split(" + ")]
    assert sum(numbers) == pytest.approx(float(total.replace("−", "-")), rel=0.01)
    assert np.isclose(result.output, float(total.replace("−", "-")), rtol=1e-3).any()


def test_conventions_leave_a_point_turned_over_or_not():
    kernel = np.arange(1, 10).reshape(3, 3)
    figure = convolve(SMALL, kernel).figure("conventions", "en")
    grids = [[int(text.get_text()) for text in axes.texts] for axes in figure.axes if len(axes.texts) == 25]
    correlation, proper = (np.reshape(grid, (5, 5))[1:4, 1:4] for grid in grids)
    np.testing.assert_array_equal(correlation, kernel[::-1, ::-1])
    np.testing.assert_array_equal(proper, kernel)
    same = texts(convolve(SMALL, GAUSS).figure("conventions", "en"))
    assert "Turned over, this kernel stays the same: both give the same output." in same


@pytest.mark.parametrize("shape", [(8, 8), (7, 9), (2, 2), (11,), (2,)])
def test_pooling_equals_torch(shape):
    values = RNG.normal(size=shape)
    inputs = torch.from_numpy(values)[None, None]
    pools = torch.nn.functional
    maximum, mean = (
        (pools.max_pool2d, pools.avg_pool2d) if len(shape) == 2 else (pools.max_pool1d, pools.avg_pool1d)
    )
    np.testing.assert_array_equal(pooling.pool(values, "max"), maximum(inputs, 2)[0, 0].numpy())
    np.testing.assert_allclose(pooling.pool(values, "mean"), mean(inputs, 2)[0, 0].numpy(), atol=1e-15)


def test_pooling_frames_what_max_pooling_keeps():
    figure = pooling.pooling(np.arange(16.0).reshape(4, 4)[:, ::-1].copy(), "en")
    grid, maximum, mean = (axes for axes in figure.axes if axes.texts)
    assert [text.get_text() for text in maximum.texts] == ["7", "5", "15", "13"]
    assert [text.get_text() for text in mean.texts] == ["4.5", "2.5", "12.5", "10.5"]
    assert {text.get_text() for text in grid.texts if text.get_fontweight() == "bold"} == {
        "7",
        "5",
        "15",
        "13",
    }
    assert "max(3, 2, 7, 6) = 7" in texts(figure)
    assert "(3 + 2 + 7 + 6) / 4 = 4.5" in texts(figure)


@pytest.mark.parametrize("case", ["numbers", "stride", "photo", "wide", "signal", "dilated signal"])
def test_the_map_of_what_moved_is_the_moved_map(case):
    trip = journey.journey(CASES[case])
    result = CASES[case]
    assert len(trip.shifts) > 2
    first = trip.fields[0]
    for shift, field, map_ in zip(trip.shifts, trip.fields, trip.maps, strict=True):
        # Rolled, since nothing of it reaches the edge.
        np.testing.assert_array_equal(np.roll(first, shift, range(first.ndim)), field)
        wide = np.zeros(result.extent)
        wide[tuple(slice(None, None, gap) for gap in result.dilation)] = result.weights
        expected = signal.correlate(field, wide, mode="valid", method="direct")
        expected = expected[tuple(slice(None, None, step) for step in result.stride)]
        np.testing.assert_allclose(map_, expected, atol=1e-9)
        steps = [by // step for by, step in zip(shift, result.stride, strict=True)]
        np.testing.assert_allclose(np.roll(trip.maps[0], steps, range(first.ndim)), map_, atol=1e-9)
    assert trip.difference < 1e-9


def test_a_map_that_did_not_move_along_would_be_told(monkeypatch):
    """The check that is printed is no ornament: with maps that stay behind, it is not 0."""
    real = journey.slide
    maps = []

    def stuck(*arguments):
        maps.append(real(*arguments))
        return maps[0]

    monkeypatch.setattr(journey, "slide", stuck)
    assert journey.journey(CASES["numbers"]).difference > 1


@pytest.mark.parametrize("case", ["stride", "signal"])
def test_steps_fill_the_output_one_by_one(case):
    film = steps.steps(CASES[case], "en")
    assert len(film.frames) == CASES[case].output.size
    differences = [
        (before != after).any(axis=2).sum()
        for before, after in zip(film.frames, film.frames[1:], strict=False)
    ]
    # Something moves in each, and most of the picture does not.
    assert min(differences) > 100
    assert max(differences) < film.frames[0][..., 0].size / 4


def test_long_sums_are_broken_into_lines_that_fit():
    result = convolve(RNG.normal(size=30), RNG.normal(size=15), padding="same")
    for place in np.ndindex(result.output.shape):
        text = sum_text(result, place, "fr")
        figure = drawing.canvas(2)
        figures.write(figure, 6.4, 1, text, size=fonts.LABEL + 1)
        ((_, (x0, _, x1, _)),) = boxes(figure)
        assert x0 > 0
        assert x1 < figure.bbox.width
        terms, _, total = text.replace(",", ".").replace("−", "-").partition(" = ")
        products = [term.strip().replace("(", "").replace(")", "").split("·") for term in terms.split(" +")]
        assert len(products) == 15
        found = sum(float(weight) * float(value) for weight, value in products)
        # Four digits of each factor are written.
        assert found == pytest.approx(float(total), abs=0.02)
        assert float(total) == pytest.approx(result.output[place], rel=1e-4)


def moving_square() -> Animation:
    frames = []
    for step in range(5):
        frame = np.full((40, 60, 3), 255, np.uint8)
        frame[10:20, 10 * step : 10 * step + 10] = (0, 114, 178)
        frames.append(frame)
    return Animation(tuple(frames), 0.2)


def test_gif_holds_the_frames(tmp_path):
    moving_square().save_gif(tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 5
        assert gif.info["loop"] == 0
        times = []
        for index, frame in enumerate(moving_square().frames):
            gif.seek(index)
            times.append(gif.info["duration"])
            shown = np.asarray(gif.convert("RGB")).astype(int)
            assert np.abs(shown - frame).max() <= 8
    assert times == [200, 200, 200, 200, 1700]


def test_page_holds_all_it_shows_and_loads_nothing():
    still = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(still, "WEBP")
    sections = [
        page.Section("A <b>", "x & y", moving_square()),
        page.Section("B", "", still.getvalue()),
    ]
    written = page.page("Title </script>", "", sections, "fr")
    assert "<h2>A &lt;b&gt;</h2><p>x &amp; y</p>" in written
    assert "Lecture" in written
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|https?:", written)
    assert written.count("</script>") == 1
    players = json.loads(re.search(r"const players = (.*);\n", written)[1])
    assert players[0]["ms"] == 200
    for encoded, frame in zip(players[0]["frames"], moving_square().frames, strict=True):
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")).astype(int)
        assert np.abs(shown - frame).max() <= 8


def test_film_draws_what_goes_once_and_what_stays_ever_after():
    figure = drawing.canvas(2)
    axes = figures.place(figure, 0, 0, 12.8, 2)
    axes.set_xlim(0, 4)
    axes.set_ylim(0, 2)

    def frame(step):
        stays = axes.fill_between([step, step + 1], 0, 1, color="black", linewidth=0)
        goes = axes.fill_between([step, step + 1], 1, 2, color="black", linewidth=0)
        return [stays], [goes]

    shown = film(figure, [lambda step=step: frame(step) for step in range(4)], 0.1)
    for step, shot in enumerate(shown.frames):
        dark = shot[[120, 40]][:, [128, 384, 640, 896], 0] < 128
        np.testing.assert_array_equal(dark[0], np.arange(4) <= step)
        np.testing.assert_array_equal(dark[1], np.arange(4) == step)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("colour", {"operation", "steps", "conventions", "channels", "equivariance", "pooling"}),
        ("signal", {"operation", "steps", "conventions", "equivariance", "pooling"}),
    ],
)
def test_views_that_fit(case, expected):
    assert {name for name, view in VIEWS.items() if view.fits(CASES[case])} == expected


def test_a_single_value_is_shown_too(tmp_path):
    result = convolve([[7]], [[2]])
    files = result.save(tmp_path, language="en")
    assert {path.name for path in files} >= {"convolve.html", "operation.png", "steps.gif"}
    assert "pooling.png" not in {path.name for path in files}


def test_all_zero_is_shown_too():
    for view in ("operation", "conventions", "pooling"):
        convolve(np.zeros((20, 30)), SOBEL).figure(view, "en")


def test_views_unknown_unfit_or_moving():
    with pytest.raises(UnknownName, match="Did you mean 'channels'"):
        CASES["numbers"].figure("chanels")
    with pytest.raises(ArgumentError, match="makes no sense here: channels needs a colour picture"):
        CASES["numbers"].figure("channels")
    with pytest.raises(ArgumentError, match=r"steps is an animation; save\(folder, only=\['steps'\]\)"):
        CASES["numbers"].figure("steps")


def test_saves_every_file_light_and_readable(tmp_path):
    before = dict(matplotlib.rcParams)
    seen = []
    files = CASES["stride"].save(
        tmp_path / "new" / "folder", language="fr", progress=lambda *at: seen.append(at)
    )
    assert dict(matplotlib.rcParams) == before
    names = {path.name for path in files}
    stills = {"operation", "conventions", "equivariance", "pooling"}
    expected = {f"{name}.{end}" for name in stills for end in ("png", "svg")}
    expected |= {f"{name}.{end}" for name in ("steps", "equivariance") for end in ("gif", "html")} | {
        "convolve.html"
    }
    assert names == expected
    assert files[0].name == "convolve.html"
    assert seen[0] == (Note("drawing operation", "dessin de operation"), 0, 5)
    assert seen[-1] == (Note("drawing", "dessin"), 5, 5)
    for path in files:
        assert path.stat().st_size < 1_000_000, path.name
    with Image.open(tmp_path / "new/folder/operation.png") as picture:
        assert picture.width == 1920
    page = files[0].read_text(encoding="utf-8")
    assert page.count("<section") == 5
    assert 'lang="fr"' in page
    assert "Équivariance par translation" in page

"""The panel "look" in a real browser; what it shows is computed again with NumPy, from the run's files alone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.page.server import Server
from tests.series import wave_data

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    folder = tmp_path_factory.mktemp("runs") / "digits"
    return pn.train(
        "course-look",
        pn.load("digits"),
        pn.Recipe(epochs=2),
        output=folder,
        style="quiet",
        keep=lambda line: True,
    )


class Oracle:
    """``course-look`` by the book: two convolutions of 3×3 with ReLU, maximum of 2×2, a dense layer."""

    def __init__(self, run: pn.Run, weights: str = "best") -> None:
        from safetensors.numpy import load_file

        self.weights = {
            name: value.astype(np.float64)
            for name, value in load_file(run.path / "weights" / f"{weights}.safetensors").items()
        }
        self.mean, self.std = run.preprocess.mean[0], run.preprocess.std[0]
        self.off: tuple[int, ...] = ()

    def convolution(self, maps: np.ndarray, name: str) -> np.ndarray:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        return np.einsum("cyxij,ocij->oyx", windows, weight) + bias[:, None, None]

    def first(self, picture: np.ndarray) -> np.ndarray:
        return np.maximum(self.convolution((picture[None] / 255 - self.mean) / self.std, "features.0"), 0)

    def second(self, picture: np.ndarray) -> np.ndarray:
        maps = np.maximum(self.convolution(self.first(picture), "features.2"), 0)
        maps[list(self.off)] = 0
        return maps

    def shares(self, picture: np.ndarray) -> np.ndarray:
        maps = self.second(picture)
        pooled = maps.reshape(16, 4, 2, 4, 2).max((2, 4)).ravel()
        logits = self.weights["head.1.weight"] @ pooled + self.weights["head.1.bias"]
        exponentials = np.exp(logits - logits.max())
        return exponentials / exponentials.sum()


@pytest.fixture
def oracle(run: pn.Run) -> Oracle:
    return Oracle(run)


@pytest.fixture
def look(serve: Serve, run: pn.Run, visit) -> Callable[..., Any]:
    """``look(language="fr", …)``: the run's panel, its first picture shown."""

    def go(**options: Any) -> Any:
        page = visit(serve(subject=run), "look", **options)
        page.locator(".look-class.first").wait_for()
        return page

    return go


def picture_of(page: Any) -> np.ndarray:
    """The picture as the network gets it, off the page's canvas."""
    values, width = page.evaluate(
        """() => {
          const canvas = document.querySelector(".look-stack canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return [Array.from(data).filter((_, i) => i % 4 === 0), canvas.width];
        }"""
    )
    return np.array(values, np.float64).reshape(-1, width)


def written(text: str) -> float:
    return float(
        text.replace("−", "-").replace(",", ".").replace("\N{NARROW NO-BREAK SPACE}", "").rstrip("%\xa0 ")
    )


def shown_shares(page: Any) -> np.ndarray:
    return np.array([written(text) / 100 for text in page.locator(".look-class b").all_inner_texts()])


def agree(page: Any, expected: Callable[[np.ndarray], np.ndarray]) -> None:
    """The bars, to the digit that is written, with what is expected of the picture that stands beside them."""
    for _ in range(200):
        found, wanted = shown_shares(page), expected(picture_of(page))
        if np.abs(found - wanted).max() < 6e-4:
            return
        page.wait_for_timeout(100)
    np.testing.assert_allclose(found, wanted, atol=6e-4)


def draw(page: Any, points: list[tuple[float, float]]) -> None:
    """A stroke over the canvas, in parts of its sides."""
    box = page.locator(".look-drawing").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


SEVEN = [(0.28, 0.25), (0.72, 0.25), (0.6, 0.5), (0.45, 0.82)]


def map_of(page: Any, layer: str, channel: int) -> Any:
    return page.get_by_role(
        "button",
        name=re.compile(rf"(Map of channel|Carte du canal) {channel + 1} (of|de) {re.escape(layer)}$"),
    )


def point_at(page: Any, layer: str, channel: int, place: tuple[int, int], side: int = 8) -> None:
    box = map_of(page, layer, channel).bounding_box()
    y, x = ((at + 0.5) / side for at in place)
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])


def told(page: Any, title: str) -> float:
    """The value that is explained, once its title is that and it no longer changes: strokes are answered one by one."""
    page.locator(".look-inspector h3", has_text=re.compile(f"^{re.escape(title)}$")).wait_for()
    last, value = "", page.locator(".look-result").inner_text()
    while value != last:
        page.wait_for_timeout(1_000)
        last, value = value, page.locator(".look-result").inner_text()
    return written(value)


def test_a_drawing_is_answered_as_numpy_answers_it(look, oracle: Oracle) -> None:
    page = look()
    first = shown_shares(page)
    draw(page, SEVEN)
    page.wait_for_function("document.querySelector('.look-truth').textContent === ''")
    agree(page, oracle.shares)
    assert picture_of(page).max() > 200
    assert np.abs(shown_shares(page) - first).max() > 0.01
    drawn = picture_of(page)
    draw(page, [(0.3, 0.55), (0.7, 0.55)])
    agree(page, oracle.shares)
    assert np.abs(picture_of(page) - drawn).max() > 50
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(1_500)
    np.testing.assert_array_equal(picture_of(page), drawn)
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(1_500)
    assert picture_of(page).max() == 0
    agree(page, oracle.shares)


def test_an_example_is_shown_with_its_class(look, run: pn.Run, oracle: Oracle) -> None:
    page = look()
    page.get_by_role("button", name="Examples").click()
    sample = page.locator(".look-sample").nth(4)
    label = sample.locator("bdi").inner_text()
    sample.click()
    page.locator(".look-sample[aria-pressed=true]").nth(0).wait_for()
    agree(page, oracle.shares)
    assert label in page.locator(".look-truth").inner_text()
    right = run.classes[int(np.argmax(oracle.shares(picture_of(page))))] == label
    assert page.locator(".look-truth").inner_text().endswith("right." if right else "wrong.")


def test_maps_are_those_of_the_network(look, oracle: Oracle) -> None:
    page = look()
    draw(page, SEVEN)
    agree(page, oracle.shares)
    page.get_by_label("Colours").nth(-1).select_option("grey")
    grey = page.evaluate(
        """() => Array.from(document.querySelector(".look-layer").querySelectorAll(".look-map canvas"), (canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return Array.from(data).filter((_, i) => i % 4 === 0);
        })"""
    )
    maps = oracle.first(picture_of(page)).reshape(16, -1)
    low, high = maps.min(1, keepdims=True), maps.max(1, keepdims=True)
    expected = 255 * (maps - low) / np.where(high > low, high - low, 1)
    np.testing.assert_allclose(np.array(grey), expected, atol=1.01)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_value_under_the_pointer_is_explained(look, oracle: Oracle, language: str) -> None:
    page = look(language=language)
    draw(page, SEVEN)
    agree(page, oracle.shares)
    maps = oracle.second(picture_of(page))
    channel, y, x = np.unravel_index(maps.argmax(), maps.shape)
    point_at(page, "features.2", int(channel), (int(y), int(x)))
    title = {
        "en": f"features.2, channel {channel + 1}, row {y + 1}, column {x + 1}",
        "fr": f"features.2, canal {channel + 1}, ligne {y + 1}, colonne {x + 1}",
    }[language]
    assert told(page, title) == pytest.approx(maps[channel, y, x], rel=6e-4)
    assert ("," in page.locator(".look-result").inner_text()) is (language == "fr")

    # What it reads, times the kernel, in the channel that counts most; and what all of them add up to.
    given = np.pad(oracle.first(picture_of(page)), ((0, 0), (1, 1), (1, 1)))[:, y : y + 3, x : x + 3]
    products = given * oracle.weights["features.2.weight"][channel]
    strongest = int(np.abs(products.sum((1, 2))).argmax())
    for at, values in enumerate((given, oracle.weights["features.2.weight"][channel], products)):
        cells = page.locator(".look-matrix").nth(at).locator("td").all_inner_texts()
        numbers = [written(text) if text else 0.0 for text in cells]
        np.testing.assert_allclose(numbers, values[strongest].ravel(), atol=0.051)
    formula = page.locator(".look-step .look-formula").first.inner_text()
    total, bias, result = (written(part) for part in re.findall(r"[−\d.,]+", formula))
    assert total == pytest.approx(products.sum(), rel=6e-4)
    assert bias == pytest.approx(oracle.weights["features.2.bias"][channel], rel=6e-4)
    assert result == pytest.approx(products.sum() + oracle.weights["features.2.bias"][channel], rel=6e-4)
    # The window is framed on the maps it lies in.
    page.locator(".look-layer:first-child .look-window:not([hidden])").first.wait_for()
    frame = page.locator(".look-layer:first-child .look-window").first.evaluate(
        "frame => [frame.style.left, frame.style.top]"
    )
    assert frame == [f"{max(0, 12.5 * (x - 1)):g}%", f"{max(0, 12.5 * (y - 1)):g}%"]


def test_another_channel_of_what_is_read_is_chosen(look, oracle: Oracle) -> None:
    page = look()
    draw(page, SEVEN)
    agree(page, oracle.shares)
    map_of(page, "features.2", 6).click()
    page.get_by_label("Channel of its input").wait_for()
    y, x = (
        int(number) - 1 for number in re.findall(r"\d+", page.locator(".look-inspector h3").inner_text())[2:]
    )
    given = np.pad(oracle.first(picture_of(page)), ((0, 0), (1, 1), (1, 1)))[:, y : y + 3, x : x + 3]
    sums = (given * oracle.weights["features.2.weight"][6]).sum((1, 2))
    order = np.argsort(-np.abs(sums))
    listed = page.get_by_label("Channel of its input").locator("option").all_inner_texts()
    assert listed[:8] == [f"channel {channel + 1}" for channel in order[:8]]
    page.get_by_label("Channel of its input").select_option(str(order[9]))
    page.get_by_text(re.compile("these products add up")).wait_for()
    cells = page.locator(".look-matrix").nth(1).locator("td").all_inner_texts()
    kernel = oracle.weights["features.2.weight"][6, order[9]]
    np.testing.assert_allclose([written(text) for text in cells], kernel.ravel(), atol=0.051)
    # It stays chosen while the picture changes.
    draw(page, [(0.3, 0.5), (0.7, 0.5)])
    page.wait_for_timeout(1_500)
    assert page.get_by_label("Channel of its input").input_value() == str(order[9])


def test_the_weights_of_every_epoch_answer(look, run: pn.Run, oracle: Oracle) -> None:
    page = look()
    draw(page, SEVEN)
    agree(page, oracle.shares)
    slider = page.get_by_label("Weights")
    slider.fill("0")
    page.get_by_text("after epoch 1").wait_for()
    first = Oracle(run, "epoch-1")
    agree(page, first.shares)
    assert np.abs(first.shares(picture_of(page)) - oracle.shares(picture_of(page))).max() > 2e-3
    assert slider.get_attribute("aria-valuetext") == "after epoch 1"
    slider.fill("2")
    page.get_by_text("those kept").wait_for()
    agree(page, oracle.shares)


def test_keys_move_follow_and_return(look, oracle: Oracle) -> None:
    page = look()
    draw(page, SEVEN)
    agree(page, oracle.shares)
    maps = oracle.second(picture_of(page))
    map_of(page, "features.2", 0).focus()
    page.keyboard.press("Shift")  # the browser shows the focus of a keyboard's user
    map_of(page, "features.2", 0).evaluate("map => map.blur()")
    map_of(page, "features.2", 0).focus()
    told(page, "features.2, channel 1, row 5, column 5")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert told(page, "features.2, channel 2, row 4, column 6") == pytest.approx(
        maps[1, 3, 5], rel=6e-4, abs=1e-6
    )
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # over the edge lies the next channel
    assert told(page, "features.2, channel 3, row 4, column 1") == pytest.approx(
        maps[2, 3, 0], rel=6e-4, abs=1e-6
    )
    page.keyboard.press("Enter")
    page.locator(".look-inspector h3", has_text="features.0, channel").wait_for()
    page.wait_for_timeout(1_000)
    title = page.locator(".look-inspector h3").inner_text()
    channel, row, column = (int(number) - 1 for number in re.findall(r"\d+", title)[1:])
    before = oracle.first(picture_of(page))
    assert written(page.locator(".look-result").inner_text()) == pytest.approx(
        before[channel, row, column], rel=6e-4, abs=1e-6
    )
    assert (row, column) in {(y, x) for y in (2, 3, 4) for x in (0, 1)}
    # It is what counts most there.
    window = np.pad(before, ((0, 0), (1, 1), (1, 1)))[:, 3:6, 0:3]
    products = np.abs(window * oracle.weights["features.2.weight"][2])
    assert products[channel, row - 2, column + 1] == pytest.approx(products.max())
    page.keyboard.press("Enter")
    page.locator(".look-inspector h3", has_text="picture, channel 1").wait_for()
    page.locator(".look-trail button", has_text="features.2, channel 3").click()
    told(page, "features.2, channel 3, row 4, column 1")
    page.keyboard.press("Escape")
    page.get_by_text("Point at any value").wait_for()


def test_the_number_of_a_class_is_followed_from_its_bar(look, oracle: Oracle) -> None:
    page = look()
    agree(page, oracle.shares)
    picture = picture_of(page)
    page.locator(".look-class").nth(3).click()
    share = oracle.shares(picture)[3]
    assert told(page, "probability of “3”") == pytest.approx(share, rel=6e-4)
    # Every line of the softmax is true as it stands, and the lines are the whole sum.
    lines = page.locator(".look-step .look-parts li").evaluate_all(
        "lines => lines.map(line => [line.querySelector('span').textContent, line.querySelector('b').textContent])"
    )
    sums = [re.search(r"exp\((\S+) − \(?([^)]*)\)", text) for text, _ in lines]
    for found, (_, value) in zip(sums, lines, strict=True):
        if found:
            exponent = written(found[1]) - written(found[2])
            assert written(value) == pytest.approx(np.exp(exponent), rel=0.15)  # of two digits each
    above, below = (
        written(number)
        for number in page.locator(".look-formula").last.inner_text().split(" = ")[0].split(" ÷ ")
    )
    assert above / below == pytest.approx(share, rel=2e-3)
    assert sum(written(value) for _, value in lines) == pytest.approx(below, rel=0.05)
    page.get_by_role("button", name="Follow it back").click()
    pooled = oracle.second(picture).reshape(16, 4, 2, 4, 2).max((2, 4)).ravel()
    logit = oracle.weights["head.1.weight"][3] @ pooled + oracle.weights["head.1.bias"][3]
    assert told(page, "head.1, class “3”") == pytest.approx(logit, rel=6e-4)
    page.get_by_role("button", name="Follow it back").click()
    strongest = int(np.abs(oracle.weights["head.1.weight"][3] * pooled).argmax())
    channel, row, column = np.unravel_index(strongest, (16, 4, 4))
    assert told(
        page, f"features.4, channel {channel + 1}, row {row + 1}, column {column + 1}"
    ) == pytest.approx(pooled[strongest], rel=6e-4)
    assert page.locator(".look-matrix td.chosen").count() == 1


def open_channel(page: Any, layer: str, channel: int) -> None:
    page.get_by_role("button", name=f"Open channel {channel + 1} of {layer}", exact=True).click()
    page.get_by_role("heading", name=f"{layer}, channel {channel + 1}", exact=True).wait_for()


def test_a_channel_is_switched_off_and_on_again(look, oracle: Oracle) -> None:
    page = look()
    agree(page, oracle.shares)
    whole = oracle.shares(picture_of(page))
    oracle.off = (5,)
    assert np.abs(oracle.shares(picture_of(page)) - whole).max() > 2e-3, "a channel that matters"
    assert page.locator(".look-was:not([hidden])").count() == 0
    open_channel(page, "features.2", 5)
    page.get_by_role("button", name="Switch off").click()
    agree(page, oracle.shares)
    # Where the bars ended before is marked.
    marks = page.locator(".look-was").evaluate_all(
        "marks => marks.map((mark) => parseFloat(mark.style.marginLeft))"
    )
    np.testing.assert_allclose(np.array(marks) / 99, whole, atol=1e-4)
    trying = page.locator(".look-trying")
    trying.get_by_text("before:").wait_for()
    # Another picture, still without it.
    page.get_by_role("button", name="Examples").click()
    page.locator(".look-sample").nth(7).click()
    agree(page, oracle.shares)
    trying.get_by_role("button", name="Put back").click()
    oracle.off = ()
    agree(page, oracle.shares)
    assert page.locator(".look-edits li").count() == 0


def test_a_kernel_is_typed_dragged_and_put_back(look, oracle: Oracle) -> None:
    page = look(language="fr")
    agree(page, oracle.shares)
    kernel = oracle.weights["features.0.weight"]
    original = kernel[2, 0].copy()
    page.get_by_role("button", name="Ouvrir le canal 3 de features.0", exact=True).click()
    cell = page.get_by_label("Poids, ligne 2, colonne 1")
    cell.fill("1,25")
    kernel[2, 0, 1, 0] = 1.25
    agree(page, oracle.shares)
    assert abs(1.25 - original[1, 0]) > 0.1
    cell.fill("beaucoup")
    assert cell.get_attribute("aria-invalid") == "true"
    agree(page, oracle.shares)
    # Up is more.
    other = page.get_by_label("Poids, ligne 3, colonne 3")
    box = other.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] - 90, steps=4)
    page.mouse.up()
    dragged = written(other.input_value())
    assert dragged > original[2, 2] + 0.1
    kernel[2, 0, 2, 2] = dragged
    agree(page, oracle.shares)
    page.locator(".look-trying").get_by_role("button", name="Remettre").first.click()
    kernel[2, 0] = original
    agree(page, oracle.shares)
    assert written(cell.input_value()) == pytest.approx(original[1, 0], rel=6e-3)


def test_a_step_is_learned_and_undone(look, oracle: Oracle) -> None:
    page = look()
    agree(page, oracle.shares)
    before = oracle.shares(picture_of(page))
    wrong = int(np.argsort(before)[0])
    page.get_by_label("This is").select_option(str(wrong))
    page.get_by_label("Rate").select_option("0.1")
    page.get_by_role("button", name="Learn it, one step").click()
    page.get_by_text("Steps of gradient: 1").wait_for()
    assert shown_shares(page)[wrong] > before[wrong] + 0.01
    page.get_by_role("button", name="Undo a step").click()
    agree(page, oracle.shares)
    page.get_by_role("button", name="Learn it, one step").click()
    page.get_by_text("Steps of gradient: 1").wait_for()
    page.get_by_role("button", name="Put everything back").click()
    agree(page, oracle.shares)


def test_what_a_channel_looks_for_and_where_it_looked(look) -> None:
    page = look()
    open_channel(page, "features.2", 0)
    page.get_by_role("button", name="What excites it most").click()
    page.locator(".look-crops li").nth(3).wait_for()
    values = [written(text) for text in page.locator(".look-crops span").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    page.get_by_role("button", name="Where it looked").click()
    page.locator(".look-heat:not([hidden])").wait_for()
    page.get_by_label("For which class").select_option("4")
    page.get_by_text("What speaks for “4”").wait_for()


def test_a_drawing_outlives_a_change_of_language_and_a_reload_begins_anew(look, oracle: Oracle) -> None:
    page = look()
    draw(page, SEVEN)
    agree(page, oracle.shares)
    open_channel(page, "features.2", 5)
    page.get_by_role("button", name="Switch off").click()
    oracle.off = (5,)
    agree(page, oracle.shares)
    drawn = picture_of(page)
    page.get_by_label("Language").select_option("fr")
    page.get_by_role("button", name="Éteindre").wait_for()
    agree(page, oracle.shares)
    np.testing.assert_array_equal(picture_of(page), drawn)
    # In the middle of a stroke.
    box = page.locator(".look-drawing").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 90, steps=3)
    page.reload()
    page.mouse.up()
    page.locator(".look-class.first").wait_for()
    oracle.off = ()
    agree(page, oracle.shares)
    draw(page, SEVEN)
    page.wait_for_timeout(1_000)
    agree(page, oracle.shares)


def test_two_tabs_change_nothing_for_each_other(
    look, serve: Serve, run: pn.Run, visit, oracle: Oracle
) -> None:
    server = serve(subject=run)
    pages = [visit(server, "look") for _ in range(2)]
    for page in pages:
        page.locator(".look-class.first").wait_for()
    open_channel(pages[0], "features.2", 5)
    pages[0].get_by_role("button", name="Switch off").click()
    pages[1].get_by_role("button", name="Examples").click()
    pages[1].locator(".look-sample").nth(3).click()
    pages[1].locator(".look-sample[aria-pressed=true]").nth(0).wait_for()
    agree(pages[1], oracle.shares)
    oracle.off = (5,)
    agree(pages[0], oracle.shares)


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def test_files_are_chosen_and_what_is_no_picture_says_so_as_text(look, oracle: Oracle) -> None:
    page = look()
    picture = np.random.default_rng(3).integers(0, 256, (8, 8), np.uint8)
    page.get_by_role("button", name="File").click()
    file = page.get_by_label("Choose a file")
    file.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": png(picture)})
    page.wait_for_timeout(1_500)
    np.testing.assert_array_equal(picture_of(page), picture)
    agree(page, oracle.shares)
    file.set_input_files({"name": "<img src=x>.png", "mimeType": "image/png", "buffer": b"no picture"})
    page.get_by_role("alert").get_by_text("<img src=x>").wait_for()
    assert page.locator("main img").count() == 0


def test_a_value_behind_a_concatenation_is_followed_into_its_branch(serve: Serve, visit) -> None:
    page = visit(serve(subject="squeezenet1.0", options={"size": 64}), "look")
    picture = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    file = page.get_by_label("Choose a file")
    file.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": png(picture)})
    map_of(page, "features.3.expand_activation", 2).wait_for()
    page.wait_for_timeout(1_500)
    map_of(page, "features.3.expand_activation", 2).scroll_into_view_if_needed()
    point_at(page, "features.3.expand_activation", 2, (3, 3), side=14)
    page.mouse.down()
    page.mouse.up()
    page.locator(".look-formula", has_text="ReLU").wait_for()
    (before,) = re.findall(r"ReLU\((\S+)\)", page.locator(".look-formula").inner_text())
    page.get_by_role("button", name="Follow it back").click()
    page.locator(
        ".look-inspector h3", has_text=re.compile(r"^features\.3\.expand1x1, channel 3, ")
    ).wait_for()
    page.wait_for_timeout(1_000)
    assert written(page.locator(".look-result").inner_text()) == pytest.approx(
        written(before), rel=6e-4, abs=1e-9
    )


def test_a_camera_that_is_refused_says_so(look) -> None:
    page = look()
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_role("status").get_by_text(re.compile("not allowed|No camera")).wait_for()


def test_names_of_classes_stay_text(serve: Serve, visit) -> None:
    from prunelle import networks

    names = ["<b>bold</b>", "<img src=x onerror=alert(1)>", "plain"]
    network = networks.build("course-look", num_classes=3, in_channels=1, input_size=(8, 8))
    page = visit(serve(subject=network, options={"class_names": names}), "look")
    page.locator(".look-drawing").wait_for()
    draw(page, SEVEN)
    page.locator(".look-class.first").wait_for()
    assert page.locator(".look-class bdi").all_inner_texts() == names
    assert page.locator("main b:has-text('bold') b, main img").count() == 0


def test_a_deep_network_stays_a_page_long(serve: Serve, visit) -> None:
    page = visit(serve(subject="resnet18", options={"size": 64}), "look")
    page.locator(".look-fold").first.wait_for()
    page.get_by_text("Its weights are random").wait_for()
    stages, layers = page.locator(".look-stage").count(), page.locator(".look-layer").count()
    assert layers == stages < 10
    page.locator(".look-fold", has_text="layer2").click()
    assert page.locator(".look-layer").count() > stages
    # A page of channels at a time.
    pager = page.locator(
        ".look-layer", has=page.locator("h4", has_text=re.compile(r"^layer2\.0\.conv1$"))
    ).locator(".look-pager")
    pager.get_by_text("1–16 of 128").wait_for()
    pager.get_by_role("button", name="Next").click()
    pager.get_by_text("17–32 of 128").wait_for()
    map_of(page, "layer2.0.conv1", 17).wait_for()
    # Classes that nobody names are counted from 0, as by `prunelle predict`.
    classes = page.get_by_label("This is").locator("option").all_inner_texts()
    assert (classes[0], classes[-1], len(classes)) == ("0", "999", 1000)


def test_a_series_is_bent_and_answered(serve: Serve, visit, tmp_path: Path) -> None:
    run = pn.train(data=wave_data(), recipe=pn.Recipe(epochs=3), output=tmp_path / "waves", style="quiet")
    page = visit(serve(subject=run), "look")
    page.locator(".look-class.first").wait_for()
    first, texts = shown_shares(page), page.locator(".look-class b").all_inner_texts()
    box = page.locator(".look-curve").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 10, steps=8)
    page.mouse.up()
    page.wait_for_function(
        "shares => [...document.querySelectorAll('.look-class b')].map((b) => b.textContent).join() !== shares",
        arg=",".join(texts),
    )
    assert np.abs(shown_shares(page) - first).max() > 1e-3
    page.locator(".look-tiles .look-map").nth(3).click()
    page.locator(".look-inspector h3", has_text=re.compile(r"channel 4, step \d+$")).wait_for()


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 390), (True, 390)])
def test_axe_finds_nothing_serious(look, dark: bool, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = look(dark=dark, width=width)

    def serious() -> list[tuple[str, list[str]]]:
        found = axe.run(page).response["violations"]
        return [
            (one["id"], [node["html"][:200] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    assert serious() == []
    map_of(page, "features.2", 3).click()
    page.locator(".look-formula").first.wait_for()
    assert serious() == []
    if width > 1000:
        page.get_by_role("button", name="Examples").click()
    page.get_by_role("button", name="Open the channel").click()
    page.get_by_role("button", name="Switch off").click()
    page.locator(".look-edits li").wait_for()
    assert serious() == []
    # Nothing sticks out to the side.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

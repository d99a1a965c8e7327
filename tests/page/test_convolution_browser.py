"""The panel "convolution" in a browser: what is typed, dragged and stepped through, against NumPy."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_sample_image

FOUR = load_digits().images[4]
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1.0]])
BUMP = np.array([0, 0, 0, 1, 3, 5, 5, 5, 4, 2, 0, 0, -1, -1, 0, 0.0])


def slid(values: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """By hand: every window times the kernel, summed."""
    sizes = [(n - k) // stride + 1 for n, k in zip(values.shape, kernel.shape, strict=True)]
    output = np.zeros(sizes)
    for place in np.ndindex(*sizes):
        window = values[
            tuple(slice(p * stride, p * stride + k) for p, k in zip(place, kernel.shape, strict=True))
        ]
        output[place] = (window * kernel).sum()
    return output


@pytest.fixture
def look(serve, visit):
    """``look("input=china", language="fr")``: the panel, once it has answered."""

    def go(options: str = "", **how):
        page = visit(serve(), f"convolution?{options}", **how)
        page.wait_for_selector(".sum strong")
        return page

    return go


def menu(page, name: str):
    return page.get_by_role("combobox", name=name, exact=True)


def value(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "."))


def numbers(page, name: str) -> np.ndarray:
    """The numbers of a grid, as they stand on the page."""
    rows = page.get_by_role("grid", name=name, exact=True).get_by_role("row")
    texts = rows.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    return np.array([[value(text) for text in row] for row in texts])


def settled(page, name: str, expected: np.ndarray) -> None:
    """Waits until the grid has these numbers; they are shown with four digits."""
    expected = np.atleast_2d(expected)
    for _ in range(400):
        found = numbers(page, name)
        if found.shape == expected.shape and np.allclose(found, expected, rtol=5e-4, atol=1e-9):
            return
        page.wait_for_timeout(50)
    np.testing.assert_allclose(found, expected, rtol=5e-4, atol=1e-9)


def weight(page, u: int, v: int | None = None):
    place = f"{u}" if v is None else f"{u}, {v}"
    return page.get_by_role("spinbutton", name=re.compile(rf"k\[{place}\]"))


def summed(page) -> float:
    return value(page.locator(".sum strong").inner_text())


def marked(page, name: str, kind: str) -> list[str]:
    """What a screen reader says of the cells that are marked."""
    cells = page.get_by_role("grid", name=name, exact=True).locator(f"td.{kind}")
    return cells.evaluate_all("cells => cells.map(cell => cell.getAttribute('aria-label'))")


def test_a_digit(look):
    page = look()
    expected = slid(FOUR, SOBEL)
    settled(page, "Input", FOUR)
    settled(page, "Output", expected)
    page.get_by_role("button", name="First place").click()
    assert summed(page) == expected[0, 0]
    assert page.locator(".sum").inner_text().startswith("y[0, 0] = (−1)·0 + 0·0 + 1·0 + (−2)·0")
    assert len(marked(page, "Input", "window")) == 9
    assert marked(page, "Output", "window") == [f"y[0, 0] = {expected[0, 0]:g}"]
    assert "y[i, j] = Σ(u=0..2) Σ(v=0..2) k[u, v] · x[i + u, j + v]" in page.locator("dl").inner_text()
    assert "⌊(8 + 0 − 3) / 1⌋ + 1 = 6" in page.locator("dl").inner_text()
    assert page.locator(".command code").inner_text() == "prunelle convolve --kernel=sobel-x digit:4"
    # Window, weights and products.
    tables = page.locator(".working table")
    shown = [
        [value(text) for text in tables.nth(index).locator("td").all_inner_texts()] for index in range(3)
    ]
    window = FOUR[:3, :3].ravel()
    assert shown == [list(window), list(SOBEL.ravel()), list(window * SOBEL.ravel())]


def test_step_by_step(look):
    page = look("at=0,0")
    expected = slid(FOUR, SOBEL)
    forward = page.get_by_role("button", name="One step on")
    for place in list(np.ndindex(6, 6))[1:9]:
        forward.click()
        assert summed(page) == expected[place]
        assert marked(page, "Output", "window")[0].startswith(f"y[{place[0]}, {place[1]}] = ")
    # Outputs fill up: those after this one are not seen.
    assert page.locator("td.later").count() == 36 - 9
    # They come back with another convolution, and when they are asked for.
    page.get_by_role("button", name="All outputs").click()
    assert page.locator("td.later").count() == 0
    forward.click()
    assert page.locator("td.later").count() == 36 - 10
    menu(page, "Kernel").select_option("box")
    settled(page, "Output", slid(FOUR, np.full((3, 3), 1 / 9)))
    assert page.locator("td.later").count() == 0
    assert not page.get_by_role("button", name="All outputs").is_visible()
    menu(page, "Kernel").select_option("sobel-x")
    settled(page, "Output", expected)
    page.get_by_role("button", name="One step back").click()
    page.get_by_role("button", name="One step back").click()
    assert summed(page) == expected[1, 1]
    # By the keyboard, from an output to the next; a place as a number.
    page.get_by_role("grid", name="Output").locator("td[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    place = [int(index) for index in re.findall(r"\d+", focused)[:2]]
    assert summed(page) == expected[tuple(place)]
    assert page.get_by_label("Row i").input_value() == str(place[0])
    page.get_by_label("Column j").fill("4")
    page.keyboard.press("Enter")
    page.get_by_label("Row i").fill("99")
    page.keyboard.press("Enter")
    assert summed(page) == expected[5, 4]
    assert page.get_by_role("status").last.inner_text() == f"y[5, 4] = {expected[5, 4]:g}".replace("-", "−")


def test_played(look):
    page = look("at=0,0")
    speed = page.get_by_label("Steps a second")
    # A step a second: a browser that is asked late still sees it play.
    speed.fill("1")
    play = page.get_by_role("button", name="Play")
    assert play.is_visible()  # nothing moves by itself
    play.click()
    page.get_by_role("button", name="Pause").wait_for()
    # Faster, while it plays.
    speed.fill("20")
    page.get_by_text("36 of 36").wait_for()
    play.wait_for()
    assert summed(page) == slid(FOUR, SOBEL)[5, 5]


def test_what_reads_an_input(look):
    page = look("padding=1&stride=2")
    settled(page, "Output", slid(np.pad(FOUR, 1), SOBEL, 2))
    # x[1, 1] lies at [2, 2] of the padded input: windows of stride 2 begin at 0, 2, …: those of 0 and 1 have it.
    page.get_by_role("gridcell", name="x[1, 1] =").hover()
    readers = [text.split(" = ")[0] for text in marked(page, "Output", "reads")]
    assert readers == ["y[0, 0]", "y[0, 1]", "y[1, 0]", "y[1, 1]"]
    assert "is read by 4 outputs" in page.locator(".sum").inner_text()
    cells = page.get_by_role("grid", name="Output").locator("td.reads")
    weights = cells.evaluate_all("cells => cells.map(cell => cell.dataset.weight)")
    assert weights == ["1", "−1", "1", "−1"]  # k[2, 2], k[2, 0], k[0, 2], k[0, 0]
    page.get_by_role("gridcell", name="x[−1, −1]").hover()
    assert "padding" in page.locator(".sum").inner_text()
    assert [text.split(" = ")[0] for text in marked(page, "Output", "reads")] == ["y[0, 0]"]
    # An output that is pointed at shows its window, for as long as it is; clicked, it stays.
    page.get_by_role("gridcell", name="y[3, 2] =").hover()
    cells = [text.split(" = ")[0] for text in marked(page, "Input with its padding", "window")]
    assert cells[:3] == ["x[5, 3]", "x[5, 4]", "x[5, 5]"]
    page.get_by_role("gridcell", name="y[3, 2] =").click()
    page.locator("h1").hover()
    assert marked(page, "Output", "window")[0].startswith("y[3, 2]")


@pytest.mark.parametrize(("language", "typed", "local"), [("en", "0.5", "0.5"), ("fr", "0,5", "0,5")])
def test_typed(look, language, typed, local):
    page = look("padding=same", language=language)
    output = {"en": "Output", "fr": "Sortie"}[language]
    kernel = SOBEL.copy()
    weight(page, 0, 0).fill(typed)
    weight(page, 2, 1).fill("1/3")
    weight(page, 1, 1).fill("−2")
    kernel[0, 0], kernel[2, 1], kernel[1, 1] = 0.5, 1 / 3, -2
    settled(page, output, slid(np.pad(FOUR, 1), kernel))
    assert weight(page, 0, 0).input_value() == local
    assert (
        "--kernel='0.5,0,1;-2,-2,2;-1,1/3,1' --padding same digit:4"
        in page.locator(".command code").inner_text()
    )
    assert weight(page, 2, 1).input_value() == "1/3"
    # Reloaded, it is all there again.
    page.reload()
    page.wait_for_selector(".sum strong")
    settled(page, output, slid(np.pad(FOUR, 1), kernel))
    assert weight(page, 2, 1).input_value() == "1/3"
    assert weight(page, 0, 0).input_value() == local


def test_what_is_no_number_stays_and_is_said(look):
    page = look()
    weight(page, 1, 1).fill("1.x")
    page.get_by_text("“1.x” is no number.").wait_for()
    assert weight(page, 1, 1).get_attribute("aria-invalid") == "true"
    assert weight(page, 1, 1).input_value() == "1.x"
    weight(page, 1, 1).fill("1.5")
    kernel = SOBEL.copy()
    kernel[1, 1] = 1.5
    settled(page, "Output", slid(FOUR, kernel))
    assert page.get_by_role("alert").inner_text() == ""


def test_dragged(look):
    page = look()
    box = weight(page, 1, 1).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 7):
        page.mouse.move(x, y - 5 * step)
    page.mouse.up()
    kernel = SOBEL.copy()
    kernel[1, 1] = 3
    settled(page, "Output", slid(FOUR, kernel))
    page.mouse.move(x, y - 200)  # let go: nothing more
    assert weight(page, 1, 1).input_value() == "3"
    page.mouse.move(x, y)
    page.mouse.wheel(0, 100)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    kernel[1, 1] = 0.9
    settled(page, "Output", slid(FOUR, kernel))
    # From cell to cell as in a spreadsheet.
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    kernel[1, 0] = -1
    settled(page, "Output", slid(FOUR, kernel))


def test_a_fraction_is_changed_in_its_numerator(look):
    page = look("kernel=box")
    assert weight(page, 1, 1).input_value() == "1/9"
    weight(page, 1, 1).press("ArrowUp")
    kernel = np.full((3, 3), 1 / 9)
    kernel[1, 1] = 2 / 9
    settled(page, "Output", slid(FOUR, kernel))
    assert weight(page, 1, 1).input_value() == "2/9"
    # What stands on the window is what the kernel has, not its numerators.
    on_window = page.locator("td[data-weight]").evaluate_all(
        "cells => cells.map(cell => cell.dataset.weight)"
    )
    assert on_window == ["0.11"] * 4 + ["0.22"] + ["0.11"] * 4


def test_sizes(look):
    page = look("kernel=gaussian:5&padding=full")
    row = np.array([1, 4, 6, 4, 1]) / 16
    menu(page, "Rows").select_option("3")  # cut: the middle stays
    whole = slid(np.pad(FOUR, ((2, 2), (4, 4))), (row[:, None] * row)[1:4])
    page.get_by_text("prunelle convolve --kernel='1/64,").wait_for()
    start = [int(index) for index in re.findall(r"\d+", marked(page, "Output", "window")[0])[:2]]
    assert summed(page) == pytest.approx(whole[tuple(start)], rel=1e-5)
    # A mean comes in sizes of its own, where it is square.
    menu(page, "Padding").select_option("valid")
    menu(page, "Kernel").select_option("box")
    settled(page, "Output", slid(FOUR, np.full((3, 3), 1 / 9)))
    menu(page, "Columns").select_option("1")
    settled(page, "Output", slid(FOUR, np.full((3, 1), 1 / 9)))
    menu(page, "Rows").select_option("2")
    settled(page, "Output", slid(FOUR, np.full((2, 1), 1 / 9)))
    weight(page, 0, 0).fill("1")
    weight(page, 1, 0).fill("-1")
    settled(page, "Output", slid(FOUR, np.array([[1.0], [-1.0]])))
    assert "An even size has no middle" in page.locator("fieldset").nth(1).inner_text()
    menu(page, "Rows").select_option("1")
    settled(page, "Output", FOUR)
    menu(page, "Columns").select_option("3")
    settled(page, "Output", slid(FOUR, np.array([[0, 1.0, 0]])))
    menu(page, "Kernel").select_option("gaussian")
    settled(page, "Output", slid(FOUR, np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16))


def test_settings(look):
    page = look()
    menu(page, "Padding").select_option("")
    page.get_by_label("Padding on each side").fill("2")
    page.get_by_label("Padding on each side").press("Enter")
    menu(page, "The padding holds").select_option("reflect")
    page.get_by_label("Stride").fill("2")
    page.get_by_label("Stride").press("Enter")
    page.get_by_label("Turn the kernel over first").check()
    padded = np.pad(FOUR, 2, mode="reflect")
    settled(page, "Output", slid(padded, SOBEL[::-1, ::-1], 2))
    settled(page, "Input with its padding", padded)
    command = page.locator(".command code").inner_text()
    assert (
        command == "prunelle convolve --kernel=sobel-x --padding 2 --stride 2 --border reflect --flip digit:4"
    )
    assert "Turned over" in page.locator(".working").inner_text()
    assert "convolution proper" in page.locator("dl").inner_text()
    page.get_by_label("Dilation").press("ArrowUp")
    page.get_by_label("Turn the kernel over first").uncheck()
    wide = np.zeros((5, 5))
    wide[::2, ::2] = SOBEL
    settled(page, "Output", slid(padded, wide, 2))
    # What rows and columns have each.
    page.get_by_label("Stride").fill("1x3")
    page.get_by_label("Stride").press("Enter")
    settled(page, "Output", slid(padded, wide)[:, ::3])


def test_pooling(look):
    page = look("kernel=identity&padding=same&pooling=max")
    expected = FOUR.reshape(4, 2, 4, 2).max(axis=(1, 3))
    settled(page, "After pooling", expected)
    page.get_by_role("gridcell", name="p[1, 2] =").hover()
    window = FOUR[2:4, 4:6].ravel()
    text = f"p[1, 2] = max({'; '.join(f'{one:g}' for one in window)}) = {window.max():g}"
    assert page.locator(".sum").inner_text() == text
    assert len(marked(page, "Output", "reads")) == 4
    menu(page, "Then pooling 2 × 2").select_option("mean")
    settled(page, "After pooling", FOUR.reshape(4, 2, 4, 2).mean(axis=(1, 3)))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_verbs_sentence_is_shown_and_nothing_lost(look, language):
    page = look(language=language)
    output = {"en": "Output", "fr": "Sortie"}[language]
    before = numbers(page, output)
    dilation = page.get_by_label({"en": "Dilation", "fr": "Dilatation"}[language])
    dilation.fill("5")
    dilation.press("Enter")
    page.get_by_text(
        "kernel must fit into the padded input; it spans 11 values where there are 8."
    ).wait_for()
    assert dilation.input_value() == "5"
    np.testing.assert_array_equal(numbers(page, output), before)
    assert page.locator(".results.stale").count() == 1
    padding = menu(page, {"en": "Padding", "fr": "Bordure ajoutée"}[language])
    padding.select_option("same")
    dilation.fill("2")
    dilation.press("Enter")
    wide = np.zeros((5, 5))
    wide[::2, ::2] = SOBEL
    settled(page, output, slid(np.pad(FOUR, 2), wide))
    assert page.locator(".results.stale").count() == 0
    assert page.get_by_role("alert").inner_text() == ""


def test_a_link_that_makes_no_sense(look):
    page = look("input=%3Cb%3Ex&kernel=sobel-x")
    assert "unknown input '<b>x'" in page.get_by_role("alert").inner_text()
    settled(page, "Output", slid(FOUR, SOBEL))


def test_a_photo(look):
    page = look("input=china&padding=same")
    grey = np.pad(load_sample_image("china.jpg").astype(float).sum(axis=-1), 1)
    expected = slid(grey[100:110, 300:310], SOBEL)
    # A place as numbers, then one on the picture.
    page.get_by_label("Row i").fill("103")
    page.get_by_label("Row i").press("Enter")
    page.get_by_label("Column j").fill("304")
    page.get_by_label("Column j").press("Enter")
    page.get_by_role("gridcell", name="y[103, 304] =").wait_for()
    page.wait_for_timeout(800)
    assert summed(page) == expected[3, 4]
    picture = page.get_by_role("img", name=re.compile("^Output, 427 × 640")).bounding_box()
    page.mouse.click(picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 4)
    page.wait_for_timeout(1_500)
    row, column = (
        int(page.get_by_label("Row i").input_value()),
        int(page.get_by_label("Column j").input_value()),
    )
    assert abs(row - 427 / 4) <= 2
    assert abs(column - 320) <= 2
    whole = slid(grey[row : row + 3, column : column + 3], SOBEL)
    assert summed(page) == whole[0, 0]
    # The pixels of the canvas are the photo's.
    pixel = page.get_by_role("img", name=re.compile("^Input")).evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(320, 100, 1, 1).data]"
    )
    assert pixel[:3] == load_sample_image("china.jpg")[100, 320].tolist()


def test_channels_of_a_photo(look):
    page = look("input=flower&kernel=redness&at=200,300")
    photo = load_sample_image("flower.jpg").astype(float)
    means = photo[200:203, 300:303].mean(axis=(0, 1)) * [1, -0.5, -0.5]
    assert summed(page) == pytest.approx(means.sum(), rel=1e-5)
    menu(page, "Channel shown").select_option("green")
    assert weight(page, 0, 0).input_value() == "-1/18".replace("-", "−")
    text = page.locator(".sum").inner_text()
    assert text.startswith("green = ")
    assert value(re.search(r"\)* / 18 = (−?[\d.]+)", text)[1]) == pytest.approx(means[1], rel=1e-4)
    menu(page, "Channels").select_option("each")
    page.get_by_role("gridcell", name="y[200, 300] =").wait_for()
    for _ in range(200):
        if page.locator(".sum").inner_text().startswith("y[200, 300] = ("):
            break
        page.wait_for_timeout(50)
    assert summed(page) == pytest.approx(means[1], rel=1e-4)


def test_a_signal(look):
    page = look("input=bump&padding=same&at=0,4")
    expected = slid(np.pad(BUMP, 1), np.array([-1, 0, 1.0]))
    settled(page, "Output", expected)
    assert summed(page) == expected[4]
    assert page.locator("svg.chart circle.now").count() == 3 + 1
    menu(page, "Length").select_option("2")
    weight(page, 0).fill("1")
    weight(page, 1).fill("2")
    settled(page, "Output", slid(np.pad(BUMP, (0, 1)), np.array([1, 2.0])))
    page.get_by_label("Index i").fill("15")
    page.keyboard.press("Enter")
    assert summed(page) == BUMP[15]


def test_a_signal_that_is_drawn(look):
    page = look("input=step")
    menu(page, "Input").select_option("signal")
    settled(page, "Input", np.zeros(16))
    chart = page.locator("svg.chart").bounding_box()
    for index, up in ((3, 40), (4, 20)):
        x, y = chart["x"] + chart["width"] * (index + 0.5) / 16, chart["y"] + chart["height"] * 200 / 344
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y - up / 2)
        page.mouse.move(x, y - up)
        page.mouse.up()
        page.wait_for_timeout(800)
    drawn = numbers(page, "Input")[0]
    assert drawn[3] > drawn[4] > 0
    assert not drawn[5:].any()
    settled(page, "Output", slid(drawn, np.array([-1, 0, 1.0])))
    # By the keyboard.
    page.get_by_role("gridcell", name="x[0] =").focus()
    for key in ("ArrowRight", "+", "+", "ArrowRight", "-", "ArrowRight", "Delete"):
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    drawn[1:4] = [2, -1, 0]
    settled(page, "Input", drawn)
    settled(page, "Output", slid(drawn, np.array([-1, 0, 1.0])))
    assert page.locator(".command code").inner_text().endswith(" " + ",".join(f"{one:g}" for one in drawn))


def test_a_picture_that_is_drawn(look):
    page = look()
    page.get_by_label("Draw on the input").check()
    page.get_by_role("gridcell", name="x[0, 0] =").hover()
    page.mouse.down()
    page.get_by_role("gridcell", name="x[0, 1] =").hover()
    page.get_by_role("gridcell", name="x[0, 2] =").hover()
    page.mouse.up()
    drawn = FOUR.copy()
    drawn[0, :3] = 16
    settled(page, "Input", drawn)
    settled(page, "Output", slid(drawn, SOBEL))
    page.reload()
    page.wait_for_selector(".sum strong")
    settled(page, "Input", drawn)
    page.get_by_label("Draw on the input").check()
    page.get_by_role("button", name="Clear").click()
    settled(page, "Input", np.zeros((8, 8)))


def test_the_name_of_a_file_stays_text(look):
    page = look()
    name = "<img src=x onerror=alert(1)>.png"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}
    )
    page.get_by_role("img", name=re.compile("^Input, 40 × 50")).wait_for()
    assert page.locator("img").count() == 0
    assert menu(page, "Input").evaluate("one => one.selectedOptions[0].textContent") == name
    page.get_by_label("Row i").fill("10")
    page.keyboard.press("Enter")
    page.get_by_label("Column j").fill("20")
    page.keyboard.press("Enter")
    page.get_by_role("gridcell", name="y[10, 20] =").wait_for()
    page.wait_for_timeout(800)
    assert summed(page) == slid(pixels[10:13, 20:23].astype(float), SOBEL)[0, 0]
    assert f"'./{name}'" in page.locator(".command code").inner_text()
    # In another language the panel is opened anew; the picture is still there.
    menu(page, "Language").select_option("fr")
    page.get_by_role("img", name=re.compile("^Entrée, 40 × 50")).wait_for()
    assert summed(page) == slid(pixels[10:13, 20:23].astype(float), SOBEL)[0, 0]
    # Once reloaded the browser has it no more, and says so.
    page.reload()
    page.get_by_text("Votre image n’est plus là").wait_for()
    settled(page, "Sortie", slid(FOUR, SOBEL))


def test_what_is_no_picture(look):
    page = look()
    page.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"none"}
    )
    page.get_by_role("alert").get_by_text("a.png: ").wait_for()
    settled(page, "Output", slid(FOUR, SOBEL))


def test_another_theme_keeps_what_was_chosen(look):
    page = look("kernel=laplacian&at=1,2")
    weight(page, 0, 0).fill("7")
    kernel = np.array([[7, 1, 0], [1, -4, 1], [0, 1, 0.0]])
    settled(page, "Output", slid(FOUR, kernel))
    menu(page, "Colours").select_option("dark")
    settled(page, "Output", slid(FOUR, kernel))
    assert summed(page) == slid(FOUR, kernel)[1, 2]
    menu(page, "Language").select_option("fr")
    settled(page, "Sortie", slid(FOUR, kernel))


def test_a_photo_is_there_in_another_theme(look):
    page = look("input=china")
    for theme in ("dark", "light"):
        menu(page, "Colours").select_option(theme)
        page.wait_for_timeout(100)
        page.get_by_role("img", name=re.compile("^Input, 427")).wait_for()
        pixel = page.get_by_role("img", name=re.compile("^Input")).evaluate(
            "canvas => [...canvas.getContext('2d').getImageData(320, 100, 1, 1).data]"
        )
        assert pixel[:3] == load_sample_image("china.jpg")[100, 320].tolist()

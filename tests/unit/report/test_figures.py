import base64
import dataclasses
import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from PIL import Image

from prunelle.report import figures
from prunelle.report.words import Words

EN, FR = Words("en"), Words("fr")


def texts(svg: str) -> list[str]:
    return [element.text.replace("\xa0", " ") for element in ET.fromstring(svg).iter("text")]


def polyline(svg: str, colour: str) -> np.ndarray:
    """The points of the first line in that colour, ``(n, 2)``, y downwards; NaN between its pieces."""
    paths = [p for p in ET.fromstring(svg).iter("path") if f"stroke: {colour}" in p.get("style", "")]
    # The legend's own line comes after.
    tokens = next(p.get("d").split() for p in paths if "fill: none" in p.get("style"))
    points: list[tuple[float, float]] = []
    for command, x, y in zip(tokens[::3], tokens[1::3], tokens[2::3], strict=True):
        if command == "M" and points:
            points.append((np.nan, np.nan))
        points.append((float(x), float(y)))
    return np.array(points)


def count_near(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    return int((np.abs(pixels - colour).max(axis=2) < 12).sum())


@pytest.mark.parametrize(("svg", "name"), [(figures.loss_svg, "loss"), (figures.accuracy_svg, "accuracy")])
def test_curves_follow_the_values(content, svg, name):
    drawn = svg(content, EN)
    for split, colour in (("train", "var(--orange)"), ("val", "var(--blue)")):
        points = polyline(drawn, colour)
        values = np.array([row[f"{split}_{name}"] for row in content.results])
        assert points[1, 0] - points[0, 0] == pytest.approx(points[2, 0] - points[1, 0], abs=1e-3)
        # Up is smaller y: proportional to the values, by the same factor at each step.
        rise, steps = -np.diff(points[:, 1]), np.diff(values)
        np.testing.assert_allclose(rise / steps, rise[0] / steps[0], rtol=1e-3)
        assert rise[0] / steps[0] > 0
    assert "best epoch (2)" in texts(drawn)
    assert {"training", "validation"} <= set(texts(drawn))
    assert "meilleure époque (2)" in texts(svg(content, FR))


def test_best_epoch_is_ringed_at_its_validation_value(content):
    drawn = figures.loss_svg(content, EN)
    ring = re.findall(r'<use href="#\w+" x="([\d.]+)" y="([\d.]+)" style="fill-opacity: 0', drawn)
    assert len(ring) == 1
    np.testing.assert_allclose(np.array(ring[0], float), polyline(drawn, "var(--blue)")[1], atol=1e-3)


def test_missing_and_infinite_values_leave_a_gap(content):
    results = [{**row, "epoch": i + 1} for i, row in enumerate([*content.results, *content.results])]
    results[2]["train_loss"] = None
    results[3]["train_loss"] = float("inf")
    results[3]["val_loss"] = float("nan")
    drawn = figures.loss_svg(dataclasses.replace(content, results=results), EN)
    assert len(polyline(drawn, "var(--orange)")) == 2 + 1 + 2
    assert len(polyline(drawn, "var(--blue)")) == 3 + 1 + 2


def test_a_single_epoch_is_drawn_as_points(content):
    drawn = figures.accuracy_svg(dataclasses.replace(content, results=content.results[:1], best_epoch=1), EN)
    style = 'y="([\\d.]+)" style="fill: var\\(--(orange|blue)\\)'
    # The legend's own marks come after.
    heights = {colour: float(y) for y, colour in reversed(re.findall(style, drawn))}
    # Validation (60 %) stands above training (50 %), and the axis shows it all.
    assert heights["blue"] < heights["orange"]
    assert {"1", "0 %", "100 %"} <= set(texts(drawn))
    assert "best epoch (1)" not in texts(drawn)


def test_nothing_known_is_said(content):
    results = [{"epoch": 1, "train_loss": None}]
    assert "no value" in texts(figures.loss_svg(dataclasses.replace(content, results=results), EN))


def test_ticks_are_written_in_the_language(content):
    assert {"0.5", "0,5"} & set(texts(figures.loss_svg(content, FR))) == set()
    assert {"0,2", "0,4"} <= set(texts(figures.loss_svg(content, FR)))
    assert {"0.2", "0.4"} <= set(texts(figures.loss_svg(content, EN)))


def test_learning_rate_is_drawn_where_it_varies(content):
    assert figures.learning_rate_svg(content, EN) is None
    constant = [{**row, "learning_rate": 0.001} for row in content.results]
    assert figures.learning_rate_svg(dataclasses.replace(content, results=constant), EN) is None
    falling = [{**row, "learning_rate": 0.001 / row["epoch"]} for row in content.results]
    drawn = figures.learning_rate_svg(dataclasses.replace(content, results=falling), EN)
    points = polyline(drawn, "var(--ink)")
    # 1, 1/2, 1/3: the second step falls a third as much as the first.
    assert np.diff(points[:, 1])[1] / np.diff(points[:, 1])[0] == pytest.approx((1 / 6) / (1 / 2), rel=1e-3)


def test_confusion_carries_counts_and_shares(evaluation):
    drawn = " ".join(texts(figures.confusion_svg(evaluation, FR)))
    for name in ("chat été", "dog", "<script>alert(1)</s…"):
        assert name in drawn
    # Row by row, what is not 0.
    assert "2 50,0 % 1 25,0 % 1 25,0 % 1 33,3 % 2 66,7 % 1 100,0 %" in drawn


def test_heat_map_beyond_thirty_classes_has_the_truth_in_rows(with_classes):
    drawn = figures.confusion_svg(with_classes(40).evaluation, EN)
    assert not any("class-" in text for text in texts(drawn))
    image = ET.fromstring(drawn).find(".//image")
    # No flip between the file and the page.
    assert float(image.get("transform").removeprefix("matrix(").split()[3]) > 0
    data = base64.b64decode(image.get("href").partition("base64,")[2])
    opacity = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))[..., 3]
    assert opacity.shape == (40, 40)
    seen = {(row, column) for row, column in zip(*np.nonzero(opacity), strict=True)}
    # One picture of class 0 was taken for class 1.
    assert seen == {(i, i) for i in range(40)} | {(0, 1)}
    assert opacity[5, 5] == 255
    assert opacity[0, 0] == pytest.approx(128, abs=1)


def test_reliability_points_are_confidence_and_accuracy(evaluation):
    drawn = figures.reliability_svg(evaluation, EN)
    points = polyline(drawn, "var(--blue)")
    diagonal = polyline(drawn, "var(--muted)")
    (x0, y0), (x1, y1) = diagonal
    confidence, accuracy = (points[:, 0] - x0) / (x1 - x0), (points[:, 1] - y0) / (y1 - y0)
    np.testing.assert_allclose(confidence, [0.5, 0.54, 0.62, 0.7, 0.81, 0.9, 0.95], atol=1e-3)
    np.testing.assert_allclose(accuracy, [1, 1, 0, 1, 0.5, 1, 0], atol=1e-3)


def test_ids_of_figures_in_one_page_differ(content, evaluation):
    drawn = [
        figures.loss_svg(content, EN),
        figures.accuracy_svg(content, EN),
        figures.reliability_svg(evaluation, EN),
        figures.confusion_svg(evaluation, EN),
    ]
    ids = [identifier for svg in drawn for identifier in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids)) > 0
    for svg in drawn:
        own = set(re.findall(r'\bid="([^"]+)"', svg))
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) <= {(i, "") for i in own} | {
            ("", i) for i in own
        }
        assert "<style" not in svg
        assert "http" not in svg


def test_names_with_dollars_are_no_mathematics(evaluation, tmp_path, content, recwarn):
    odd = dataclasses.replace(evaluation, classes=("$\\frac{$", "猫", "x" * 300))
    drawn = texts(figures.confusion_svg(odd, EN))
    assert "$\\frac{$" in drawn
    assert "猫" in drawn
    assert "x" * 19 + "…" in drawn
    figures.save_figures(dataclasses.replace(content, evaluation=odd), tmp_path, "fr")
    assert [str(warning.message) for warning in recwarn if "Glyph" in str(warning.message)] == []


def test_saves_three_pictures(content, tmp_path):
    before = dict(matplotlib.rcParams)
    figures.save_figures(content, tmp_path / "figures", "en")
    assert dict(matplotlib.rcParams) == before
    folder = tmp_path / "figures"
    assert {path.name for path in folder.iterdir()} == {"curves.png", "confusion.png", "reliability.png"}
    blue, orange = (0, 114, 178), (213, 94, 0)
    with Image.open(folder / "curves.png") as curves:
        assert curves.format == "PNG"
        assert curves.width > 1000
        assert count_near(curves, blue) > 500
        assert count_near(curves, orange) > 500
    with Image.open(folder / "confusion.png") as confusion:
        # The third row is all right: blue at 65 % over white.
        full = tuple(round(255 - 0.65 * (255 - channel)) for channel in blue)
        assert count_near(confusion, full) > 1000
    without = [{**row, "val_loss": None, "val_accuracy": None} for row in content.results]
    figures.save_figures(dataclasses.replace(content, results=without), folder, "en")
    with Image.open(folder / "curves.png") as curves:
        assert count_near(curves, blue) == 0


def test_pyplot_is_never_imported():
    code = "import sys, prunelle.report.html; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

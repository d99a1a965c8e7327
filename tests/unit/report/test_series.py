"""Reports of series: drawings in place of pictures, and sentences that speak of series."""

from __future__ import annotations

import base64
import dataclasses
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.drawing.palette import CHANNELS
from prunelle.networks import build
from prunelle.report import html, series
from prunelle.report.content import ReportContent
from prunelle.report.words import TEXTS
from prunelle.training.inference import evaluate
from tests.series import wave_data


@pytest.fixture
def of_series(content: ReportContent) -> ReportContent:
    data = wave_data(12, channels=2, unequal=True)
    preprocess = dataclasses.replace(data.preprocess, fit="pad")
    assert isinstance(preprocess, SeriesPreprocess)
    pixels = data.train.decode(preprocess)
    preprocess = preprocess.with_statistics(pixels.images)
    network = build("fcn", num_classes=2, in_channels=2, input_size=24, masked=True)
    evaluation = evaluate(network, pixels, data.classes, preprocess, "test")
    return dataclasses.replace(
        content,
        evaluation=evaluation,
        images=pixels.images,
        examples=dict.fromkeys(data.classes, pixels.images[:3]),
        counts={"train": [6, 6]},
        metrics={},
        preprocess=preprocess,
        plates=series.plates(network, evaluation, pixels.images, preprocess, "fr"),
    )


def test_the_page_speaks_of_series(of_series: ReportContent) -> None:
    english, french = html.render(of_series, "en"), html.render(of_series, "fr")
    assert "12 test series it never saw" in english
    assert "12 séries de test" in french
    assert "up to 24 steps, 2 channels" in english
    assert "jusqu’à 24 pas, 2 canaux" in french
    assert "Ce que le réseau a regardé" in french
    assert "The first layer’s filters" in english
    for page, word in ((english, r"\bpictures?\b"), (french, r"\bimages?\b")):
        text = re.sub(r"<style.*?</style>|<meta[^>]*>|data:image[^\"]*|reason[^<]*", "", page, flags=re.S)
        assert not re.search(word, re.sub(r"<[^>]*>", " ", text)), re.search(f".{{60}}{word}.{{20}}", text)


def test_every_sentence_in_place_of_another_has_its_placeholders() -> None:
    for key, note in series.TEXTS.items():
        for mine, its in ((note.en, TEXTS[key].en), (note.fr, TEXTS[key].fr)):
            assert set(re.findall(r"{\w+}", mine)) == set(re.findall(r"{\w+}", its)), key


def test_a_drawing_has_a_line_a_channel_and_stops_where_the_series_does(of_series: ReportContent) -> None:
    one = np.full((24, 2), np.nan, np.float32)
    one[:12, 0], one[:12, 1] = np.linspace(-1, 3, 12), 7
    between = np.array([[-1.0, 7.0], [3.0, 7.0]])
    uri = series.drawing_uri(one, between)
    root = ET.fromstring(base64.b64decode(uri.split(",")[1]))
    lines = [line.get("points", "").split() for line in root if line.tag.endswith("polyline")]
    assert [len(line) for line in lines] == [12, 12]
    first, last = (tuple(map(float, point.split(","))) for point in (lines[0][0], lines[0][-1]))
    # From the lower left; up to the top after 11 of 23 steps.
    assert first == (series.MARGIN, series.HEIGHT - series.MARGIN)
    assert last[1] == series.MARGIN
    assert last[0] == pytest.approx(series.MARGIN + (series.WIDTH - 2 * series.MARGIN) * 11 / 23, abs=0.06)


def test_ranges_are_those_of_all_examples_without_the_padding() -> None:
    examples = [np.array([[[1.0, 5], [np.nan, np.nan]]]), np.array([[[-2.0, 9], [0, 6]]])]
    np.testing.assert_array_equal(series.value_range(examples), [[-2, 5], [1, 9]])


def test_networks_without_class_activation_have_filters_alone(of_series: ReportContent) -> None:
    preprocess = of_series.preprocess
    assert isinstance(preprocess, SeriesPreprocess)
    found = series.plates(
        build("t-lenet", num_classes=2, in_channels=2, input_size=24),
        of_series.evaluation,
        of_series.images,
        preprocess,
        "en",
    )
    assert [plate.title.en for plate in found] == ["The first layer’s filters"]


def test_the_drawings_are_in_the_file(of_series: ReportContent, tmp_path: Path) -> None:
    page = html.render(of_series, "en")
    assert page.count("data:image/svg+xml;base64,") >= 6 + 2
    assert 'src="http' not in page


def test_nothing_stays_white_when_the_page_is_dark(of_series: ReportContent) -> None:
    preprocess = of_series.preprocess
    assert isinstance(preprocess, SeriesPreprocess)
    network = build("fcn", num_classes=2, in_channels=2, input_size=24)
    shown = of_series.evaluation, of_series.images, preprocess
    page = html.render(dataclasses.replace(of_series, plates=series.plates(network, *shown, "en")), "en")
    drawings = [base64.b64decode(one).decode() for one in re.findall(r"svg\+xml;base64,([^\"]+)", page)]
    assert drawings
    inline = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    # Two plates, two curves, the mark at the top, the reliability diagram.
    assert len(inline) >= 6
    for svg in (*drawings, *inline):
        assert not re.search(r"#fff\b|#ffffff|white", svg)
    for svg in drawings:
        light, dark = svg.split("@media(prefers-color-scheme:dark)")
        assert set(re.findall(r"#\w{6}", light)) & set(CHANNELS)
        assert "#0072b2" not in dark

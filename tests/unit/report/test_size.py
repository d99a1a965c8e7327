"""A report stays below 20 MB whatever the classes, pictures, series, channels and files left out."""

from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
import torch

from prunelle.data.pixels import Skipped
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.networks import build
from prunelle.report import figures, html, series
from prunelle.report.content import ReportContent
from prunelle.texts import Note
from prunelle.training.metrics import Evaluation
from prunelle.views.series_where import class_activation_figure
from tests.unit.report.test_html import Page, plain

MEGABYTE = 10**6


def with_many(content: ReportContent, num_classes: int, n: int, name: str = "a class") -> ReportContent:
    """n answers, a third of them wrong, on classes with names of 200 letters."""
    random = np.random.default_rng(0)
    labels = random.integers(0, num_classes, n)
    probabilities = np.zeros((n, num_classes), np.float32)
    answers = np.where(random.random(n) < 2 / 3, labels, (labels * 7 + 1) % num_classes)
    probabilities[np.arange(n), answers] = 1
    names = tuple(f"{name} {'é' * 190} {i}" for i in range(num_classes))
    return dataclasses.replace(
        content,
        evaluation=Evaluation(
            "test", names, labels, probabilities, 2.0, tuple(f"/{'x' * 200}/{i}" for i in range(n))
        ),
        images=np.broadcast_to(random.integers(0, 256, (1, 64, 64, 3), dtype=np.uint8), (n, 64, 64, 3)),
        examples={one: random.integers(0, 256, (8, 64, 64, 3), dtype=np.uint8) for one in names[:100]},
        counts={"train": [3] * num_classes},
        metrics={},
        skipped=[Skipped(f"/{'y' * 300}/{i}.jpg", "empty file") for i in range(20_000)],
    )


def test_five_thousand_classes_and_twenty_thousand_files_left_out(content: ReportContent) -> None:
    many = with_many(content, 5000, 2000)
    tracemalloc.start()
    page = html.render(many, "en")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(page.encode()) < 5 * MEGABYTE
    # Not the 25 million pairs of classes, each in eight bytes, several times over.
    assert peak < 150 * MEGABYTE
    text = plain(Page(page).text)
    assert "… and 4,000 more classes: prunelle evaluate RUN --json lists them all." in text
    assert "… and 19,000 more, in run.json." in text
    assert "Each cell stands for 10×10 of them and shows the largest share among these." in text
    assert "40 of the 5,000 classes." in text


def test_shares_of_a_cell_are_the_largest_of_its_classes() -> None:
    # Classes 0 to 3 in two cells: of class 0 one of two right, the other taken for 3; of 1, both taken for 0.
    labels, answers = np.array([0, 0, 1, 1, 2, 3]), np.array([0, 3, 0, 0, 2, 2])
    found = Evaluation("test", tuple("abcd"), labels, np.eye(4, dtype=np.float32)[answers], 1.0)
    whole = figures.pooled_shares(found)
    assert whole.tolist() == [[0.5, 0, 0, 0.5], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "MOST_CELLS", 2)
        assert figures.classes_a_cell(4) == 2
        # Errors within a cell are in none; right answers stand on the diagonal.
        assert figures.pooled_shares(found).tolist() == [[0.5, 0.5], [0, 1]]


@pytest.mark.parametrize(("channels", "length"), [(1, 5000), (40, 3000)])
def test_long_series_of_many_channels(
    content: ReportContent, with_classes: Callable[[int], ReportContent], channels: int, length: int
) -> None:
    many = with_classes(60)
    random = np.random.default_rng(0)
    one = random.normal(size=(1, length, channels)).astype(np.float32)
    labels = many.evaluation.labels
    wrong = np.roll(many.evaluation.probabilities, 1, axis=1)
    whole = dataclasses.replace(
        many,
        evaluation=dataclasses.replace(many.evaluation, probabilities=wrong),
        images=np.broadcast_to(one, (len(labels), length, channels)),
        examples={name: np.broadcast_to(one, (8, length, channels)) for name in many.evaluation.classes},
        preprocess=SeriesPreprocess(
            length=length, channels=channels, mean=(0.0,) * channels, std=(1.0,) * channels
        ),
    )
    page = html.render(whole, "en")
    assert len(page.encode()) < 15 * MEGABYTE
    assert ("12 of the 40 channels." in plain(Page(page).text)) == (channels == 40)


def test_a_class_activation_map_of_a_long_series_is_drawn_with_what_can_be_seen() -> None:
    network = build("fcn", num_classes=2, in_channels=3, input_size=4000)
    figure = class_activation_figure(network, torch.randn(2, 3, 4000), [0, 1], ["a", "b"], "en")
    assert len(series.Plate(Note("a", "a"), Note("b", "b"), figure).svg()) < 2 * MEGABYTE

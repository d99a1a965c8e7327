"""Probabilities and the evaluation of a split, against NumPy in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError
from prunelle.texts import Note
from prunelle.training.inference import evaluate, predict_logits
from prunelle.training.outputs import class_logits, evaluation_mode
from tests.unit.training.helpers import bars, preprocess_of, small


def test_one_output_is_the_logit_of_the_second_class() -> None:
    z = torch.linspace(-30, 30, 61, dtype=torch.float64)
    labels = torch.arange(61) % 2
    logits = class_logits(z[:, None], 2)
    assert logits.shape == (61, 2)
    assert torch.allclose(logits.softmax(dim=1)[:, 1], torch.sigmoid(z), atol=1e-15)
    cross_entropy = F.cross_entropy(logits, labels, reduction="none")
    binary = F.binary_cross_entropy_with_logits(z, labels.double(), reduction="none")
    # Equal up to float64's own rounding of a difference of numbers up to 30.
    assert torch.allclose(cross_entropy, binary, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("shape", "num_classes", "message"),
    [
        (
            (4, 1),
            3,
            r"must give \(N, 3\) logits for 3 classes; it gave \(4, 1\)\. Build it with num_classes=3",
        ),
        ((4, 3), 2, r"must give \(N, 2\) logits for 2 classes \(or \(N, 1\) for two\); it gave \(4, 3\)"),
        ((4,), 2, r"it gave \(4,\)"),
        ((4, 2, 1, 1), 2, r"it gave \(4, 2, 1, 1\)"),
    ],
)
def test_other_shapes_are_refused(shape: tuple[int, ...], num_classes: int, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        class_logits(torch.zeros(shape), num_classes)


def test_logits_of_the_right_shape_pass_unchanged() -> None:
    logits = torch.randn(4, 3)
    assert class_logits(logits, 3) is logits


class Sums(nn.Module):
    """Logits that NumPy makes as easily: the sum of the normalised picture times 1, 2, 3."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.sum(dim=(1, 2, 3))[:, None] * torch.tensor([0.01, 0.02, 0.03])


def test_an_evaluation_is_numpys() -> None:
    pixels = bars(600)
    pixels = Pixels(pixels.images, pixels.labels, files=tuple(f"{i}.png" for i in range(600)))
    preprocess = preprocess_of(pixels)
    found = evaluate(Sums(), pixels, ("a", "b", "c"), preprocess, "test")
    x = (pixels.images / 255 - preprocess.mean[0]) / preprocess.std[0]
    logits = x.sum(axis=(1, 2, 3))[:, None] * np.array([0.01, 0.02, 0.03])
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    # The network computes in float32.
    np.testing.assert_allclose(found.probabilities, probabilities, rtol=0, atol=1e-5)
    assert found.loss == pytest.approx(-np.log(probabilities[np.arange(600), pixels.labels]).mean(), rel=1e-5)
    assert found.accuracy == pytest.approx((probabilities.argmax(axis=1) == pixels.labels).mean())
    assert found.probabilities.dtype == np.float32
    assert (found.split, found.classes, found.files) == ("test", ("a", "b", "c"), pixels.files)
    assert np.array_equal(found.labels, pixels.labels)


def test_predictions_do_not_depend_on_the_batch_size_and_tell_how_far_they_are() -> None:
    pixels, network = bars(50), small(dropout=0.5)
    heard: list[tuple[str, int, int]] = []
    parts = predict_logits(
        network, pixels, preprocess_of(pixels), 3, batch_size=7, progress=lambda *args: heard.append(args)
    )
    whole = predict_logits(network, pixels, preprocess_of(pixels), 3)
    # Sums may run in another order in another batch.
    assert torch.allclose(parts, whole, atol=1e-5)
    assert heard[0] == (Note("predicting", "prédiction"), 7, 50)
    assert heard[-1] == (Note("predicting", "prédiction"), 50, 50)
    assert len(heard) == 8


def test_no_pictures_give_no_predictions() -> None:
    pixels = bars(4)
    empty = Pixels(pixels.images[:0], pixels.labels[:0])
    assert predict_logits(small(), empty, preprocess_of(pixels), 3).shape == (0, 3)


def test_evaluating_leaves_the_network_as_it_was() -> None:
    pixels, network = bars(20), small(dropout=0.5)
    network.train()
    network[1].eval()  # a frozen normalisation
    modes = [module.training for module in network.modules()]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    evaluate(network, pixels, ("a", "b", "c"), preprocess_of(pixels), "train")
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert network(torch.zeros(2, 1, 8, 8)).requires_grad


def test_modes_come_back_after_an_error() -> None:
    network = small()

    def fail() -> None:
        with evaluation_mode(network):
            assert not network.training
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert network.training

"""Each change of a batch against NumPy, SciPy or Pillow, or a value worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from prunelle.data import transforms
from prunelle.data.augment import Augment


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int, channels: int = 3, height: int = 24, width: int = 20) -> torch.Tensor:
    values = np.random.default_rng(0).integers(0, 256, (n, channels, height, width), dtype=np.uint8)
    return torch.from_numpy(values).float()


def draw(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    """Every uniform draw in [0, 1) becomes ``value``."""
    monkeypatch.setattr(torch, "rand", lambda n, **_: torch.full((n,), value))


CHANGES = ["blur=2", "contrast=0.5", "colour=0.5", "noise=0.1", "erase=0.5", "elastic=0.05", "vertical-flip"]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_every_change_keeps_shape_and_range_and_leaves_its_input(
    change: str, channels: int, layout: torch.memory_format
) -> None:
    images = pictures(16, channels).contiguous(memory_format=layout)
    before = images.clone()
    augment = Augment.parse(change)
    answers = augment.apply(images, generator(3))
    assert torch.equal(images, before)
    assert answers.shape == images.shape
    assert answers.dtype == torch.float32
    assert answers.min() >= 0
    assert answers.max() <= 255.001
    assert not torch.equal(answers, images)
    # The layout in memory and the type are no part of the answer; the generator is all of it.
    assert torch.equal(augment.apply(images.to(torch.uint8).contiguous(), generator(3)).float(), answers)
    assert not torch.equal(augment.apply(images, generator(4)), answers)
    # Each picture of a batch has draws of its own.
    same = augment.apply(images[:1].expand(16, -1, -1, -1), generator(3))
    assert len({picture.numpy().tobytes() for picture in same}) >= 2


def test_blur_is_scipys_gaussian_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(2)
    draw(monkeypatch, 0.75)  # of a largest sigma of 2 pixels: 1.5
    answers = Augment(blur=2).apply(images, generator()).numpy()
    expected = [
        [ndimage.gaussian_filter(plane, 1.5, mode="nearest", radius=6) for plane in picture]
        for picture in images.double().numpy()
    ]
    assert np.abs(answers - np.array(expected)).max() < 1e-3  # float32 sums of values up to 255


@pytest.mark.parametrize(("value", "factor"), [(0.0, 0.6), (0.5, 1.0), (1.0, 1.4)])
def test_contrast_is_about_each_channels_own_mean(
    monkeypatch: pytest.MonkeyPatch, value: float, factor: float
) -> None:
    images = pictures(3)
    draw(monkeypatch, value)
    answers = Augment(contrast=0.4).apply(images, generator()).numpy()
    x = images.double().numpy()
    mean = x.mean(axis=(2, 3), keepdims=True)
    assert np.abs(answers - np.clip(mean + factor * (x - mean), 0, 255)).max() < 1e-3


def test_channels_get_contrasts_of_their_own() -> None:
    images = torch.rand(1, 3, 16, 16) * 60 + 100  # far from 0 and 255: nothing is cut
    answers = Augment(contrast=0.5).apply(images, generator())
    factors = answers.std(dim=(2, 3)) / images.std(dim=(2, 3))
    assert len({round(float(f), 3) for f in factors[0]}) == 3
    assert torch.allclose(answers.mean(dim=(2, 3)), images.mean(dim=(2, 3)), atol=1e-3)


def test_without_saturation_a_picture_is_pillows_grey() -> None:
    images = pictures(1)
    matrix = transforms._saturation(torch.zeros(1))[0].numpy()
    answers = np.einsum("ij,jhw->hwi", matrix, images[0].numpy())
    grey = np.asarray(Image.fromarray(images[0].permute(1, 2, 0).numpy().astype(np.uint8)).convert("L"))
    assert np.abs(answers - grey[..., None]).max() <= 1  # Pillow rounds to whole levels


def test_a_third_of_a_turn_of_hue_moves_each_channel_to_the_next() -> None:
    matrix = transforms._hue(torch.tensor([2 * math.pi / 3]))[0].numpy()
    assert np.allclose(matrix @ [1, 0, 0], [0, 1, 0], atol=1e-6)
    assert np.allclose(matrix @ [0, 1, 0], [0, 0, 1], atol=1e-6)
    assert np.allclose(transforms._hue(torch.tensor([0.7]))[0].numpy() @ [90, 90, 90], 90, atol=1e-4)


def test_colour_on_grey_pictures_is_brightness(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(2, channels=1)
    draw(monkeypatch, 1.0)
    answers = Augment(colour=0.3).apply(images, generator())
    assert torch.allclose(answers, (images * 1.3).clamp(max=255), atol=1e-3)


def test_colour_composes_hue_then_saturation_then_brightness(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(1) * 0.2 + 100  # far from 0 and 255
    draw(monkeypatch, 1.0)
    answers = Augment(colour=0.2).apply(images, generator()).double().numpy()[0]
    angle, x = 0.2 * math.pi, images[0].double().numpy()
    # Rodrigues' formula for a turn about (1, 1, 1)/√3, written out.
    mean = x.mean(axis=0)
    rolled = np.stack([x[2] - x[1], x[0] - x[2], x[1] - x[0]]) / math.sqrt(3)
    turned = mean + math.cos(angle) * (x - mean) + math.sin(angle) * rolled
    luma = 0.299 * turned[0] + 0.587 * turned[1] + 0.114 * turned[2]
    assert np.abs(answers - 1.2 * (luma + 1.2 * (turned - luma))).max() < 1e-3


def test_noise_has_the_standard_deviation_asked_for_and_no_mean() -> None:
    images = torch.full((64, 3, 32, 32), 128.0)
    noise = Augment(noise=0.05).apply(images, generator()) - images
    # 196,608 draws: the standard error of the deviation is 0.2 %, of the mean 0.03.
    assert float(noise.std()) == pytest.approx(0.05 * 255, rel=0.01)
    assert abs(float(noise.mean())) < 0.15


def test_erasing_paints_one_rectangle_of_the_mean_on_half_of_the_pictures() -> None:
    images = pictures(400, 3, 20, 30)
    answers = Augment(erase=0.3).apply(images, generator())
    changed = (answers != images).any(dim=1).numpy()
    touched = [mask for mask in changed if mask.any()]
    assert 140 <= len(touched) <= 260  # half of 400, within six standard deviations
    areas = []
    for mask, answer, image in zip(changed, answers, images, strict=True):
        if not mask.any():
            continue
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        hole = answer[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert torch.allclose(hole, image.mean(dim=(1, 2))[:, None, None].expand_as(hole), atol=1e-3)
        areas.append(hole[0].numel() / mask.size)
    assert max(areas) <= 0.34  # 0.3, rounded to whole rows and columns
    assert max(areas) > 0.25
    assert min(areas) < 0.06


def test_rectangles_meet_their_area_and_reach_every_corner() -> None:
    shape = torch.Size((500, 3, 40, 40))
    inside = transforms.boxes(shape, torch.full((500,), 0.25), torch.ones(500), generator())
    assert torch.all(inside.sum(dim=(1, 2, 3)) == 400)
    corners = inside[:, 0][:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert torch.all(corners.any(dim=0))
    # A rectangle taller than the picture is bent until it fits, its area kept.
    tall = transforms.boxes(shape, torch.full((500,), 0.5), torch.full((500,), 8.0), generator())
    assert torch.all(tall.sum(dim=(1, 2, 3)) == 800)


def test_an_elastic_field_that_is_the_same_everywhere_is_a_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(2, 3, 20, 20)
    randn = torch.randn

    def ones(*shape: int, **options: Any) -> torch.Tensor:
        return torch.ones_like(randn(*shape, **options))

    monkeypatch.setattr(torch, "randn", ones)
    answers = Augment(elastic=0.1).apply(images, generator()).numpy()
    # A displacement of 0.1 of the side: two pixels of twenty, both ways; the edge repeats.
    expected = ndimage.shift(images.numpy(), (0, 0, -2, -2), order=1, mode="nearest")
    assert np.abs(answers - expected).max() < 0.01


def test_an_elastic_field_is_smooth_and_has_the_deviation_asked_for() -> None:
    field = transforms.elastic_field(torch.Size((64, 1, 70, 70)), 0.05, generator()) / 2
    # At a knot (a corner is one) the deviation is exactly the strength: 128 draws a corner, four corners.
    corners = field[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert float(corners.std()) == pytest.approx(0.05, rel=0.15)
    steps = (field[:, 1:] - field[:, :-1]).abs()
    assert float(steps.max()) < 0.05  # neighbours move together
    assert abs(float(field.mean())) < 0.01


def flats(n: int) -> torch.Tensor:
    """Pictures of one value each: 10, 20, 30…"""
    return (torch.arange(1, n + 1) * 10.0).view(n, 1, 1, 1).expand(n, 3, 20, 20)


def test_mixup_mixes_pictures_and_labels_in_one_proportion() -> None:
    images, labels = flats(8), torch.arange(8)
    mixed, targets = Augment(mixup=1.0).mix(images, labels, 8, generator())
    values = torch.arange(1, 9) * 10.0
    assert torch.allclose(targets.sum(dim=1), torch.ones(8))
    assert torch.all((targets > 0).sum(dim=1) == 2)
    assert torch.allclose(mixed, (targets @ values).view(-1, 1, 1, 1).expand_as(mixed), atol=1e-4)


def test_cutmix_shares_are_the_areas() -> None:
    images, labels = flats(8), torch.arange(8)
    mixed, targets = Augment(cutmix=1.0).mix(images, labels, 8, generator())
    for picture, target in zip(mixed, targets, strict=True):
        values, counts = np.unique(picture[0].numpy(), return_counts=True)
        assert len(values) <= 2
        for value, count in zip(values, counts, strict=True):
            assert float(target[int(value) // 10 - 1]) == pytest.approx(count / 400)


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixing_proportions_are_betas(alpha: float) -> None:
    n = 20_000
    _, targets = Augment(mixup=alpha).mix(torch.zeros(n, 1, 1, 1), torch.arange(n) % 2, 2, generator())
    kept = targets[torch.arange(n), torch.arange(n) % 2]
    # Beta(a, a): mean 1/2, variance 1/(4(2a + 1)).
    assert float(kept.mean()) == pytest.approx(0.5, abs=0.02)
    assert float(kept.var()) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_with_both_a_batch_is_either_blended_or_cut() -> None:
    augment = Augment(mixup=1.0, cutmix=1.0)
    kinds = set()
    for seed in range(20):
        mixed, _ = augment.mix(flats(4), torch.arange(4), 4, generator(seed))
        kinds.add(all(len(picture.unique()) == 1 for picture in mixed))
    assert kinds == {True, False}


def test_a_batch_of_one_stays_itself() -> None:
    images = pictures(1)
    for augment in (Augment(mixup=0.2), Augment(cutmix=1.0)):
        mixed, targets = augment.mix(images, torch.tensor([1]), 3, generator())
        assert torch.allclose(mixed, images, atol=1e-4)
        assert torch.allclose(targets, torch.tensor([[0.0, 1, 0]]))

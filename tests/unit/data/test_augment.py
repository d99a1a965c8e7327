"""Every random change against a geometry worked without it: NumPy, or resampling by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from prunelle.data.augment import Augment
from prunelle.errors import ArgumentError, UnknownName


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int, channels: int = 3, height: int = 6, width: int = 8) -> torch.Tensor:
    values = np.random.default_rng(0).integers(0, 256, (n, channels, height, width), dtype=np.uint8)
    return torch.from_numpy(values)


def ramps(n: int, height: int, width: int) -> torch.Tensor:
    """``(n, 2, height, width)``: the first channel is the column of each pixel, the second its row."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([columns, rows]).float().expand(n, -1, -1, -1).contiguous()


def window(answers: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """What part of the ramps each answer shows: centre x, centre y, step in x, step in y, in pixels.

    Read in the middle, away from repeated edges.
    """
    _, _, height, width = answers.shape
    x, y = answers[:, 0].double(), answers[:, 1].double()
    h, w = height // 2, width // 2
    centre_x = x[:, h - 1 : h + 1, w - 1 : w + 1].mean(dim=(1, 2))
    centre_y = y[:, h - 1 : h + 1, w - 1 : w + 1].mean(dim=(1, 2))
    return centre_x, centre_y, x[:, h, w] - x[:, h, w - 1], y[:, h, w] - y[:, h - 1, w]


def test_nothing_changes_nothing() -> None:
    images = pictures(4)
    before = generator()
    assert Augment().apply(images, before) is images
    assert torch.equal(before.get_state(), generator().get_state())
    assert not Augment()
    assert Augment(flip=True)
    assert Augment(crop=0.5)


def test_flips_are_exact_and_keep_uint8() -> None:
    images = pictures(64)
    answers = Augment(flip=True).apply(images, generator())
    assert answers.dtype == torch.uint8
    same = [np.array_equal(a, i) for a, i in zip(answers.numpy(), images.numpy(), strict=True)]
    mirrored = [np.array_equal(a, i[..., ::-1]) for a, i in zip(answers.numpy(), images.numpy(), strict=True)]
    assert all(s != m for s, m in zip(same, mirrored, strict=True))
    # Half of 64 within four standard deviations (4 · 4).
    assert 16 <= sum(mirrored) <= 48


def test_flips_among_other_changes_are_flips_too() -> None:
    # A zoom of nothing to speak of makes flips go through the sampling.
    images = pictures(64).float()
    answers = Augment(flip=True, zoom=1e-7).apply(images, generator())
    plain = (answers - images).abs().amax(dim=(1, 2, 3)) < 0.01
    mirrored = (answers - images.flip(3)).abs().amax(dim=(1, 2, 3)) < 0.01
    assert torch.equal(plain, ~mirrored)
    assert 16 <= int(mirrored.sum()) <= 48


def test_shifts_are_whole_pixels_and_repeat_the_edge() -> None:
    n, height, width = 400, 10, 20
    images = pictures(1, 3, height, width).expand(n, -1, -1, -1)
    answers = Augment(shift=0.2).apply(images, generator()).numpy()
    expected = {}
    for dy in range(-2, 3):
        for dx in range(-4, 5):
            rows = np.clip(np.arange(height) + dy, 0, height - 1)
            columns = np.clip(np.arange(width) + dx, 0, width - 1)
            expected[dy, dx] = images[0].numpy()[:, rows][:, :, columns].astype(np.float64)
    counts = dict.fromkeys(expected, 0)
    for answer in answers:
        # Sampling coordinates are float32: positions are right to about 1e-6 of a side, times 255.
        fits = [shift for shift, want in expected.items() if np.abs(answer - want).max() < 0.01]
        assert len(fits) == 1
        counts[fits[0]] += 1
    # Every shift of up to 0.2 of either side comes up, and both ways.
    assert {dx for (_, dx), count in counts.items() if count} == set(range(-4, 5))
    assert {dy for (dy, _), count in counts.items() if count} == set(range(-2, 3))


def test_a_quarter_turn_of_a_square_is_rot90(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(2, 3, 7, 7)
    for draw, turns in ((0.0, 1), (1.0, -1), (0.5, 0)):
        monkeypatch.setattr(torch, "rand", lambda n, generator, draw=draw: torch.full((n,), draw))
        answers = Augment(rotation=90).apply(images, generator()).numpy()
        expected = [np.rot90(images.numpy(), k, axes=(2, 3)) for k in (turns, -turns)]
        errors = [np.abs(answers - e).max() for e in expected]
        # Which way a positive angle turns is free (draws are symmetric); the picture is not.
        assert min(errors) < 0.01


def test_the_two_ends_of_the_rotation_turn_opposite_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(1, 1, 6, 6)
    found = []
    for draw in (0.0, 1.0):
        monkeypatch.setattr(torch, "rand", lambda n, generator, draw=draw: torch.full((n,), draw))
        found.append(Augment(rotation=90).apply(images, generator()).numpy()[0, 0])
    np.testing.assert_allclose(found[0], np.rot90(found[1], 2), atol=0.01)
    assert np.abs(found[0] - found[1]).max() > 1


def test_rotation_keeps_shapes_where_a_picture_is_not_square() -> None:
    # Wherever it is not edge, the picture turned by t shows x·cos t - y·sin t and so on, in pixels.
    height, width = 21, 41
    answers = Augment(rotation=30).apply(ramps(50, height, width), generator()).double()
    h, w = height // 2, width // 2
    dx_x = answers[:, 0, h, w + 1] - answers[:, 0, h, w]
    dx_y = answers[:, 1, h, w + 1] - answers[:, 1, h, w]
    dy_x = answers[:, 0, h + 1, w] - answers[:, 0, h, w]
    dy_y = answers[:, 1, h + 1, w] - answers[:, 1, h, w]
    # A rotation in pixels: columns of length 1, at right angles, determinant 1; 1e-4 for float32.
    assert torch.allclose(dx_x**2 + dx_y**2, torch.ones(50).double(), atol=1e-4)
    assert torch.allclose(dx_x * dy_x + dx_y * dy_y, torch.zeros(50).double(), atol=1e-4)
    assert torch.allclose(dx_x * dy_y - dx_y * dy_x, torch.ones(50).double(), atol=1e-4)
    angles = torch.rad2deg(torch.atan2(dx_y, dx_x))
    assert angles.abs().max() <= 30.01
    assert angles.min() < -20
    assert angles.max() > 20
    # The middle stays where it is.
    assert torch.allclose(answers[:, 0, h, w], torch.full((50,), float(w)).double(), atol=1e-4)


def test_zoom_scales_both_sides_alike_within_its_range() -> None:
    n, zoom = 3000, 0.25
    centre_x, centre_y, step_x, step_y = window(Augment(zoom=zoom).apply(ramps(n, 12, 16), generator()))
    assert torch.allclose(step_x, step_y, atol=1e-4)
    assert torch.allclose(centre_x, torch.full((n,), 7.5).double(), atol=1e-4)
    assert torch.allclose(centre_y, torch.full((n,), 5.5).double(), atol=1e-4)
    scale = 1 / step_x  # how much larger things look
    assert scale.min() >= 1 - zoom - 1e-4
    assert scale.max() <= 1 + zoom + 1e-4
    # Uniform on [0.75, 1.25]: mean 1, standard deviation 0.5/√12, both within five standard errors.
    assert abs(scale.mean() - 1) < 5 * 0.5 / math.sqrt(12 * n)
    assert abs(scale.std() - 0.5 / math.sqrt(12)) < 0.01


def bilinear(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """``image: (C, H, W)`` read at fractional rows and columns, its edge repeated outside."""
    _, height, width = image.shape
    rows, columns = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = (rows - top)[:, None], (columns - left)[None, :]
    upper = image[:, top][:, :, left] * (1 - across) + image[:, top][:, :, right] * across
    lower = image[:, bottom][:, :, left] * (1 - across) + image[:, bottom][:, :, right] * across
    return np.asarray(upper * (1 - down) + lower * down)


@pytest.mark.parametrize(("draw", "scale"), [(1.0, 1.5), (0.0, 0.5), (0.75, 1.25)])
def test_a_zoom_is_bilinear_about_the_middle(
    monkeypatch: pytest.MonkeyPatch, draw: float, scale: float
) -> None:
    monkeypatch.setattr(torch, "rand", lambda n, generator: torch.full((n,), draw))
    images = pictures(2, 3, 6, 9)
    answers = Augment(zoom=0.5).apply(images, generator())
    rows, columns = (np.arange(6) - 2.5) / scale + 2.5, (np.arange(9) - 4) / scale + 4
    expected = np.stack([bilinear(image, rows, columns) for image in images.numpy().astype(float)])
    # 255 times the float32 error of a position.
    np.testing.assert_allclose(answers.numpy(), expected, atol=0.01)


def test_crops_lie_inside_with_the_area_and_proportions_asked_for() -> None:
    n, height, width, least = 4000, 12, 24, 0.4
    centre_x, centre_y, step_x, step_y = window(
        Augment(crop=least).apply(ramps(n, height, width), generator())
    )
    area = step_x * step_y  # the share of each side that is seen
    assert area.min() >= least - 1e-4
    assert area.max() <= 1 + 1e-4
    # Uniform on [0.4, 1], within five standard errors.
    assert abs(area.mean() - 0.7) < 5 * 0.6 / math.sqrt(12 * n)
    ratio = step_x / step_y
    assert ratio.min() >= 3 / 4 - 1e-4
    assert ratio.max() <= 4 / 3 + 1e-4
    assert ratio.min() < 0.8
    assert ratio.max() > 1.25
    # No crop leaves the picture, and crops reach its sides.
    left, right = centre_x + 0.5 - step_x * width / 2, centre_x + 0.5 + step_x * width / 2
    top, bottom = centre_y + 0.5 - step_y * height / 2, centre_y + 0.5 + step_y * height / 2
    assert left.min() > -1e-3
    assert top.min() > -1e-3
    assert right.max() < width + 1e-3
    assert bottom.max() < height + 1e-3
    assert left.max() > 0.25 * width
    assert top.max() > 0.25 * height


def test_a_crop_is_bilinear_from_its_corner(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every draw at the top of its range: the whole area, so 1:1 whatever the proportions drawn.
    monkeypatch.setattr(torch, "rand", lambda n, generator: torch.ones(n))
    images = pictures(1, 3, 8, 8)
    whole = Augment(crop=0.25).apply(images, generator())
    np.testing.assert_allclose(whole.numpy(), images.numpy(), atol=0.01)
    # At the bottom: a quarter of the area, 3:4, in a corner: √(3/16) of the width by √(1/3) of the height.
    monkeypatch.setattr(torch, "rand", lambda n, generator: torch.zeros(n))
    corner = Augment(crop=0.25).apply(images, generator())
    rows = (np.arange(8) + 0.5) * math.sqrt(1 / 3) - 0.5
    columns = (np.arange(8) + 0.5) * math.sqrt(3 / 16) - 0.5
    expected = bilinear(images[0].numpy().astype(float), rows, columns)
    np.testing.assert_allclose(corner[0].numpy(), expected, atol=0.01)


EVERYTHING = Augment(flip=True, shift=0.1, rotation=20, zoom=0.2, crop=0.6)


@pytest.mark.parametrize(
    "augment",
    [
        Augment(flip=True),
        Augment(shift=0.3),
        Augment(rotation=40),
        Augment(zoom=0.4),
        Augment(crop=0.3),
        EVERYTHING,
    ],
)
def test_pictures_of_a_batch_get_draws_of_their_own(augment: Augment) -> None:
    images = pictures(1).expand(16, -1, -1, -1)
    answers = augment.apply(images, generator())
    different = {answer.numpy().tobytes() for answer in answers}
    assert len(different) >= (2 if augment == Augment(flip=True) else 8)


def test_the_generator_decides_everything() -> None:
    images = pictures(8)
    torch.manual_seed(1)
    first = EVERYTHING.apply(images, generator(5))
    torch.manual_seed(2)
    assert torch.equal(EVERYTHING.apply(images, generator(5)), first)
    assert not torch.equal(EVERYTHING.apply(images, generator(6)), first)


def test_everything_at_once_keeps_shape_and_range_and_leaves_the_input() -> None:
    images = pictures(32)
    before = images.clone()
    answers = EVERYTHING.apply(images, generator())
    assert answers.shape == images.shape
    assert answers.dtype == torch.float32
    assert torch.equal(images, before)
    # Bilinear sampling with repeated edges never leaves the range of the picture.
    assert answers.min() >= 0
    assert answers.max() <= 255 + 1e-3


@pytest.mark.parametrize(
    ("text", "augment"),
    [
        ("", Augment()),
        ("none", Augment()),
        ("flip", Augment(flip=True)),
        ("flip, shift=0.2 ,rotation=30", Augment(flip=True, shift=0.2, rotation=30)),
        ("flip,vertical-flip,cutmix", Augment(flip=True, vertical_flip=True, cutmix=1.0)),
        ("light", Augment(flip=True, rotation=10, zoom=0.1, shift=0.1)),
        ("light,flip,zoom=0,noise=0.1", Augment(flip=True, rotation=10, shift=0.1, noise=0.1)),
        ("shift,rotation,zoom,crop", Augment(shift=0.1, rotation=15, zoom=0.1, crop=0.5)),
    ],
)
def test_parse(text: str, augment: Augment) -> None:
    assert Augment.parse(text) == augment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flop", r"unknown augmentation 'flop'\. Did you mean 'flip'\?"),
        ("flip=0.5", r"augment flip takes no number; received '0\.5'"),
        ("shift=a", r"augment shift needs a number; received 'a'"),
        ("shift=0.6", r"augment shift must be from 0 to 0\.5; received 0\.6"),
        ("zoom=nan", r"augment zoom must be from 0 to 0\.9; received nan"),
        ("noise=2", r"augment noise must be from 0 to 1; received 2"),
        ("mixup=-1", r"augment mixup must be from 0 to 10; received -1"),
        ("vertical-flip=1", r"augment vertical_flip takes no number; received '1'"),
        ("flip,strong", r"augment strong names a policy, which comes first; received 'flip,strong'"),
        ("rotation=-5", r"augment rotation must be from 0 to 180; received -5"),
        ("crop=0", r"augment crop must be above 0 and at most 1 \(an area\); received 0"),
    ],
)
def test_what_cannot_be_parsed_is_named(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Augment.parse(text)


def test_an_unknown_augmentation_is_an_unknown_name() -> None:
    with pytest.raises(
        UnknownName, match="Known: blur, colour, contrast, crop, cutmix, elastic, erase, flip"
    ):
        Augment.parse("solarise")


def test_policies_mirror_photos_and_no_digits() -> None:
    for name in ("light", "strong"):
        assert Augment.policy(name, 3).flip
        assert not Augment.policy(name, 1).flip
        assert Augment.parse(name, 1) == Augment.policy(name, 1)
    assert Augment.policy("none", 3) == Augment()
    with pytest.raises(UnknownName, match=r"Did you mean 'strong'"):
        Augment.policy("stronger", 3)

"""What stands before the network in a file: Pillow's own resizing is the oracle."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from prunelle.data.preprocess import Preprocess
from prunelle.data.resizing import fit_array, resize
from prunelle.exports.inputs import inputs_of

SETTINGS = {
    "crop": Preprocess(size=(24, 32), mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "part": Preprocess(size=(24, 24), crop_fraction=0.875, mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "squash": Preprocess(size=(24, 32), fit="squash", mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "pad": Preprocess(size=(24, 32), fit="pad", mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "border": Preprocess(size=(28, 28), border=2, channels=1, mean=(0.13,), std=(0.31,)),
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("shape", [(24, 32), (300, 400), (37, 29), (10, 7), (29, 600)], ids=str)
def test_a_picture_becomes_what_pillow_makes_of_it(name: str, shape: tuple[int, int]) -> None:
    settings = SETTINGS[name]
    draw = np.random.default_rng(0)
    small = draw.integers(0, 256, (max(2, shape[0] // 5), max(2, shape[1] // 5), 3), dtype=np.uint8)
    picture = np.array(Image.fromarray(small).resize(shape[::-1], Image.Resampling.BICUBIC))
    with Image.fromarray(picture) as image:
        plain = image.convert("L") if settings.channels == 1 else image
        levels = resize(plain, settings.size, settings.fit, crop_fraction=settings.crop_fraction)
    bordered = np.pad(levels, ((settings.border,) * 2, (settings.border,) * 2, (0, 0)))
    wanted = settings.normalise(torch.from_numpy(bordered).permute(2, 0, 1).unsqueeze(0))
    given = inputs_of(settings).layer(settings)(torch.from_numpy(picture))
    assert given.shape == wanted.shape
    assert given.dtype == torch.float32
    # Of small pictures that become much lower and little narrower, Pillow 13 makes rows first: a level of difference.
    level = 1 / (255 * min(settings.std))
    assert (given - wanted).abs().max() < 1.01 * level
    if shape != (37, 29):
        assert ((given - wanted).abs() > 1e-5).float().mean() < 0.004


def test_pictures_of_the_networks_size_stay_as_they_are() -> None:
    settings = SETTINGS["crop"]
    picture = np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    wanted = settings.normalise(torch.from_numpy(fit_array(picture[None], settings)).permute(0, 3, 1, 2))
    assert torch.allclose(inputs_of(settings).layer(settings)(torch.from_numpy(picture)), wanted, atol=1e-6)


def test_numbers_that_a_program_made_of_a_picture_are_no_picture() -> None:
    inputs = inputs_of(SETTINGS["border"])
    assert inputs.is_decoded(np.zeros((8, 8, 1), np.uint8))
    assert not inputs.is_decoded(np.zeros((8, 8, 1), np.float32))

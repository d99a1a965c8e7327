"""Pictures: from ``(H, W, 3)`` uint8 of any size to the network's input, as layers of a graph.

All resizing of Prunelle is Pillow's antialiased bilinear one (``data.resizing``). It is two matrix products: each
output row is a weighted mean of input rows, by a triangle as wide as the step between outputs (at least two pixels),
and each column likewise; Pillow rounds to whole levels after each, and its weights to 2⁻²². So the layer makes the two
matrices of the picture's height and width and multiplies, in float64, where such sums are exact: at the half of a level
(where an eighth of all pixels may lie: weights are fractions of small numbers) both round alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import nn

from prunelle.data.decode import read_image
from prunelle.data.preprocess import Preprocess
from prunelle.errors import DataError
from prunelle.exports.inputs.input import Input
from prunelle.exports.sample_photos import ORIGIN, sample_photos
from prunelle.exports.samples import Samples
from prunelle.texts import Note

_GREY = (19595, 38470, 7471, 32768)
"""Pillow's weights of red, green and blue in units of 1/65536 (ITU-R 601), and half of one."""

_DRAWABLE_PX = 64
_ONE = 1 << 22
"""Pillow's weights of pixels are whole numbers of its inverse."""


class PictureInput(Input):
    """``(H, W, 3)`` uint8, upright RGB."""

    raw = "picture"
    axes = ("height", "width")
    one = Note("picture", "image")

    def layer(self, settings: Preprocess) -> nn.Module:
        return PreparePicture(settings)

    def example(self, settings: Preprocess) -> torch.Tensor:
        """Neither square nor of the network's size, so that nothing of it stays in the graph."""
        height, width = settings.size
        generator = torch.Generator().manual_seed(0)
        return torch.randint(0, 256, (height + 37, 2 * width + 11, 3), dtype=torch.uint8, generator=generator)

    def read(self, file: Path, settings: Preprocess) -> np.ndarray:
        """Pillow alone: upright by the EXIF block, converted to RGB."""
        try:
            with Image.open(file) as image:
                return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        except Exception as error:  # Pillow's readers raise nearly anything
            raise DataError(f"{file} cannot be read by Pillow: {error}.") from error

    def of_array(self, example: np.ndarray, settings: Preprocess) -> np.ndarray:
        picture = example if example.ndim == 3 else example[..., np.newaxis]
        return picture if picture.shape[-1] == 3 else np.repeat(picture, 3, axis=-1)

    def is_decoded(self, source: Any) -> bool:
        return not isinstance(source, np.ndarray) or source.dtype == np.uint8

    def drawn(self, settings: Preprocess) -> str | None:
        """Small grey ones. Paper is most of a drawing, as where a run is opened (``jobs.explore_pictures``)."""
        if settings.channels != 1 or max(settings.input_size) > _DRAWABLE_PX:
            return None
        return "light" if settings.mean[0] <= 0.5 else "dark"

    def samples(self, settings: Preprocess, number: int) -> Samples:
        photos = sample_photos(number)
        prepared = np.stack([read_image(Image.fromarray(photo), settings) for photo in photos])
        names = [f"part {k}" for k in range(number)]
        return Samples(names=names, prepared=prepared, raw=photos, labels=None, origin=ORIGIN)


class PreparePicture(nn.Module):
    """``(H, W, 3)`` uint8 → ``(1, C, h, w)`` float32: grey if so, resized, fitted, a border, normalised."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, settings: Preprocess) -> None:
        super().__init__()
        self.settings = settings
        mean, std = settings.mean, settings.std
        self.register_buffer("scale", torch.tensor([1 / (255 * s) for s in std]).view(-1, 1, 1))
        shift = [-m / s for m, s in zip(mean, std, strict=True)]
        self.register_buffer("shift", torch.tensor(shift).view(-1, 1, 1))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """See the class."""
        settings = self.settings
        levels = picture.permute(2, 0, 1).double()
        if settings.channels == 1:
            red, green, blue, half = _GREY
            grey = (levels[0] * red + levels[1] * green + levels[2] * blue + half) / 65536
            levels = torch.floor(grey).unsqueeze(0)
        rows, columns = self._matrices(picture.shape[0], picture.shape[1])
        levels = torch.floor(torch.matmul(levels, columns.t()) + 0.5)
        levels = torch.floor(torch.matmul(rows, levels) + 0.5)
        if settings.border:
            levels = nn.functional.pad(levels, (settings.border,) * 4)
        return (levels.float() * self.scale + self.shift).unsqueeze(0)

    def _matrices(self, num_rows: int, num_columns: int) -> tuple[torch.Tensor, torch.Tensor]:
        """``(h, H)`` and ``(w, W)`` float64: what each row and column of the result is made of."""
        (h, w), fit = self.settings.size, self.settings.fit
        height, width = _double(num_rows), _double(num_columns)
        if fit == "pad":
            scale = torch.minimum(h / height, w / width)
            inner_h = torch.clamp(torch.round(height * scale), 1, h)
            inner_w = torch.clamp(torch.round(width * scale), 1, w)
            return _padded(num_rows, h, inner_h), _padded(num_columns, w, inner_w)
        scale_y, scale_x = h / height, w / width
        if fit == "crop":
            scale_y = scale_x = torch.maximum(scale_y, scale_x) / self.settings.crop_fraction
        part_h, part_w = torch.minimum(height, h / scale_y), torch.minimum(width, w / scale_x)
        rows = _weights(num_rows, torch.arange(h, dtype=torch.float64), (height - part_h) / 2, part_h / h)
        columns = _weights(
            num_columns, torch.arange(w, dtype=torch.float64), (width - part_w) / 2, part_w / w
        )
        return rows, columns


def _double(number: int) -> torch.Tensor:
    """A scalar in float64: in float32 the place of a pixel in a picture of 10,000 would be known to a thousandth."""
    return torch.scalar_tensor(number, dtype=torch.float64)


def _weights(num: int, at: torch.Tensor, start: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
    """``(len(at), num)`` float64: of ``num`` pixels in a row what each output pixel is made of; rows add up to 1.

    Args:
        at: which output pixels, from 0, float64.
        start: where the first begins. step: how wide one is, in input pixels.
    """
    centres = start + (at + 0.5) * step
    pixels = torch.arange(num, dtype=torch.float64) + 0.5
    away = torch.abs(pixels.unsqueeze(0) - centres.unsqueeze(1)) / torch.clamp(step, min=1.0)
    triangle = torch.clamp(1 - away, min=0.0)
    weights = triangle / triangle.sum(dim=1, keepdim=True)
    return torch.floor(weights * _ONE + 0.5) / _ONE


def _padded(num: int, size: int, inner: torch.Tensor) -> torch.Tensor:
    """``(size, num)``: ``inner`` output pixels show the whole row, in the middle; what is around them is black."""
    at = torch.arange(size, dtype=torch.float64) - torch.floor((size - inner) / 2)
    inside = (at >= 0) & (at < inner)
    at = torch.minimum(torch.clamp(at, min=0.0), inner - 1)
    return _weights(num, at, torch.zeros((), dtype=torch.float64), num / inner) * inside.unsqueeze(1)

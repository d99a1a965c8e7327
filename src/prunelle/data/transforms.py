"""The random changes of a batch, one function a kind: where pixels go, their colours, blur, noise, holes.

Each takes ``images: (N, C, H, W)`` float32 in [0, 255] and a generator on the CPU, gives every picture draws of
its own, and returns the same shape without touching its input. ``Augment`` says which and how strong.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

ELASTIC_KNOTS = 7
"""Knots a side of the elastic field: bumps of a seventh of the picture, the ratio of Simard 2003 (σ of 4 in 28)."""

ERASE_CHANCE = 0.5
"""Share of the pictures that get a hole (Zhong 2017 §5)."""

# Luma of Rec. 601, what "grey" means to Pillow and to the rest of the house.
_LUMA = (0.299, 0.587, 0.114)


def uniform(n: int, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    """``(n,)`` draws from [low, high)."""
    return torch.rand(n, generator=generator) * (high - low) + low


def on_device(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Without waiting for what a GPU still has to do: CUDA takes values from a CPU's memory before it returns."""
    return values.to(device, non_blocking=device.type == "cuda")


def per_picture(values: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """``(N,)`` → ``(N, 1, 1, 1)`` on the pictures' device."""
    return on_device(values, images.device).view(-1, 1, 1, 1)


def affine(
    shape: torch.Size,
    generator: torch.Generator,
    *,
    mirror: bool,
    vertical_mirror: bool,
    shift: float,
    rotation: float,
    zoom: float,
    crop: float,
) -> torch.Tensor:
    """``(N, 2, 3)``: where each pixel of the result is read from, all geometry but the elastic in one matrix.

    Coordinates run over [-1, 1] on both axes, as ``affine_grid`` takes them. Arguments as ``Augment``'s.
    """
    n, _, height, width = shape

    def signs(wanted: bool) -> torch.Tensor:
        return torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0) if wanted else torch.ones(n)

    sign_x = signs(mirror)
    angle = uniform(n, -rotation, rotation, generator) * (math.pi / 180)
    # A scale above 1 reads a wider field, which makes the picture smaller.
    scale = 1 / uniform(n, 1 - zoom, 1 + zoom, generator)
    # By whole pixels, so that a shift alone interpolates nothing.
    shift_x = torch.round(uniform(n, -shift, shift, generator) * width) * 2 / width
    shift_y = torch.round(uniform(n, -shift, shift, generator) * height) * 2 / height
    scale_x, scale_y = scale, scale
    if crop < 1:
        area = uniform(n, crop, 1, generator)
        ratio = torch.exp(uniform(n, math.log(3 / 4), math.log(4 / 3), generator))
        # No side longer than the picture's, and the area that was drawn.
        crop_x = torch.sqrt(area * ratio).clamp(max=1).maximum(area)
        crop_y = area / crop_x
        shift_x = shift_x + uniform(n, -1, 1, generator) * (1 - crop_x)
        shift_y = shift_y + uniform(n, -1, 1, generator) * (1 - crop_y)
        scale_x, scale_y = scale * crop_x, scale * crop_y
    sign_y = signs(vertical_mirror)
    # The sides' proportions enter the rotation, since [-1, 1] is another length on each axis.
    aspect = height / width
    cos, sin = torch.cos(angle), torch.sin(angle)
    row_x = torch.stack([sign_x * scale_x * cos, -sign_x * scale_x * sin * aspect, shift_x], dim=1)
    row_y = torch.stack([sign_y * scale_y * sin / aspect, sign_y * scale_y * cos, shift_y], dim=1)
    return torch.stack([row_x, row_y], dim=1)


def elastic_field(shape: torch.Size, strength: float, generator: torch.Generator) -> torch.Tensor:
    """``(N, H, W, 2)``: displacements in units of half a side, smooth and zero on average (Simard 2003 §2).

    Gaussian at ``ELASTIC_KNOTS`` × ``ELASTIC_KNOTS`` knots, with ``strength`` (a fraction of the side) as standard
    deviation, bicubic in between; the paper smooths a draw a pixel instead, which costs more for the same bumps.
    """
    n, _, height, width = shape
    knots = torch.randn(n, 2, ELASTIC_KNOTS, ELASTIC_KNOTS, generator=generator) * (2 * strength)
    field = F.interpolate(knots, size=(height, width), mode="bicubic", align_corners=True)
    return field.permute(0, 2, 3, 1)


def sample(images: torch.Tensor, theta: torch.Tensor, field: torch.Tensor | None = None) -> torch.Tensor:
    """Each picture read once, bilinearly, through its matrix and field; outside it, its edge repeats."""
    grid = F.affine_grid(on_device(theta, images.device), list(images.shape), align_corners=False)
    if field is not None:
        grid = grid + on_device(field, images.device)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def blur(images: torch.Tensor, largest_px: float, generator: torch.Generator) -> torch.Tensor:
    """Gaussian blur, its σ drawn from [0, ``largest_px``); kernels reach 3 of the largest σ, edges repeat."""
    n, channels, height, width = images.shape
    # A σ of 0 would be divided by; a thousandth of a pixel leaves the picture as it is.
    sigma = uniform(n, 0, largest_px, generator).clamp(min=1e-3)
    reach = max(1, math.ceil(3 * largest_px))
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernels = torch.exp(-(offsets**2) / (2 * sigma[:, None] ** 2))
    kernels = on_device(kernels / kernels.sum(dim=1, keepdim=True), images.device).repeat_interleave(
        channels, 0
    )
    # One group a picture and channel: the two passes of the separable kernel, every picture with its own.
    planes = images.reshape(1, n * channels, height, width)
    planes = F.pad(planes, (reach, reach, reach, reach), mode="replicate")
    planes = F.conv2d(planes, kernels[:, None, None, :], groups=n * channels)
    planes = F.conv2d(planes, kernels[:, None, :, None], groups=n * channels)
    return planes.view(n, channels, height, width)


def recolour(
    images: torch.Tensor, contrast: float, colour: float, generator: torch.Generator
) -> torch.Tensor:
    """Contrast by channel, then brightness, saturation and hue: one affine map of RGB a picture.

    Args:
        images: grey pictures have no hue and no saturation; their brightness changes alone.
        contrast: each channel's distance from its own mean times a factor from 1 ± this.
        colour: brightness and saturation times a factor from 1 ± this; hue turned by up to this share of a
            half turn, about the grey axis of RGB.
        generator: as everywhere here.
    """
    n, channels, _, _ = images.shape
    matrix = torch.eye(channels).expand(n, channels, channels)
    offset = torch.zeros(n, channels, device=images.device)
    if contrast:
        factors = uniform(n * channels, 1 - contrast, 1 + contrast, generator).view(n, channels)
        matrix = torch.diag_embed(factors)
        offset = images.mean(dim=(2, 3)) * on_device(1 - factors, images.device)
    if colour:
        turned = uniform(n, 1 - colour, 1 + colour, generator).view(n, 1, 1) * torch.eye(channels)
        if channels == 3:
            turned = turned @ _saturation(uniform(n, 1 - colour, 1 + colour, generator))
            turned = turned @ _hue(uniform(n, -colour, colour, generator) * math.pi)
        matrix = turned @ matrix
        offset = (on_device(turned, images.device) @ offset[..., None]).squeeze(-1)
    weights = on_device(matrix, images.device)
    flat = images.permute(0, 2, 3, 1).flatten(1, 2)  # (N, H·W, C)
    mapped = torch.baddbmm(offset[:, None, :], flat, weights.transpose(1, 2))
    return mapped.view(n, *images.shape[2:], channels).permute(0, 3, 1, 2).clamp(0, 255)


def _saturation(factors: torch.Tensor) -> torch.Tensor:
    """``(N, 3, 3)``: towards grey below 1, away from it above; the luma stays."""
    grey = torch.tensor(_LUMA).expand(3, 3)
    return factors.view(-1, 1, 1) * (torch.eye(3) - grey) + grey


def _hue(angles: torch.Tensor) -> torch.Tensor:
    """``(N, 3, 3)``: rotations of RGB about its grey axis (Rodrigues' formula); greys stay what they are."""
    cos, sin = torch.cos(angles).view(-1, 1, 1), torch.sin(angles).view(-1, 1, 1)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    return cos * torch.eye(3) + (1 - cos) / 3 + sin * cross


def add_noise(images: torch.Tensor, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Gaussian noise, each pixel and channel by itself, of a standard deviation of ``strength`` · 255."""
    # Drawn in the pictures' own memory order: another order would cost a copy of the batch.
    noise = torch.randn(images.permute(0, 2, 3, 1).shape, generator=generator).permute(0, 3, 1, 2)
    return torch.add(images, on_device(noise, images.device), alpha=255 * strength).clamp_(0, 255)


def erase(images: torch.Tensor, largest: float, generator: torch.Generator) -> torch.Tensor:
    """Random erasing (Zhong 2017): one picture in two gets a rectangle of its own mean colour.

    Its area is drawn from 2 % to ``largest`` (a fraction), its proportions from 3:10 to 10:3.
    """
    n = len(images)
    area = uniform(n, min(0.02, largest), largest, generator)
    ratio = torch.exp(uniform(n, math.log(0.3), math.log(1 / 0.3), generator))
    inside = boxes(images.shape, area, ratio, generator)
    chosen = torch.rand(n, generator=generator) < ERASE_CHANCE
    hole = on_device(inside & chosen.view(-1, 1, 1, 1), images.device)
    return torch.where(hole, images.mean(dim=(2, 3), keepdim=True), images)


def boxes(
    shape: torch.Size, area: torch.Tensor, ratio: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """``(N, 1, H, W)`` bool: a rectangle a picture, wholly inside it, anywhere with equal chances.

    Args:
        shape: of the pictures.
        area: ``(N,)``, fractions of the picture; met to the pixel's rounding.
        ratio: ``(N,)``, height by width in units of the sides; bent where the rectangle would not fit.
        generator: as everywhere here.
    """
    n, _, height, width = shape
    tall = torch.sqrt(area * ratio).clamp(max=1).maximum(area)
    rows = torch.round(tall * height)
    columns = torch.round(area / tall.clamp(min=1e-12) * width)
    top = torch.floor(torch.rand(n, generator=generator) * (height - rows + 1))
    left = torch.floor(torch.rand(n, generator=generator) * (width - columns + 1))
    y, x = torch.arange(height), torch.arange(width)
    in_rows = (y >= top[:, None]) & (y < (top + rows)[:, None])
    in_columns = (x >= left[:, None]) & (x < (left + columns)[:, None])
    return (in_rows[:, :, None] & in_columns[:, None, :])[:, None]

"""What a channel looks for: the patches of pictures that excite it most, and a picture made to excite it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from prunelle.data.preprocess import Preprocess
from prunelle.look.hooks import first_tensor, undisturbed
from prunelle.look.layers import Layer

STEPS = 96
_LEARNING_RATE = 0.05
_JITTER = 16  # a picture moves by up to one part in so many of its side at each step
_DECAY = 0.5
# Of brightness, and of two differences of colours, into red, green and blue: photos vary more in the first.
_COLOURS = ((0.6, 0.3, 0.1), (0.6, 0.0, -0.2), (0.6, -0.3, 0.1))


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a picture excites a channel most.

    Attributes:
        picture: its index in the survey.
        value: of the channel there.
        top, left, height, width: the receptive field, in pixels; it may reach beyond the picture.
    """

    picture: int
    value: float
    top: int
    left: int
    height: int
    width: int


def best_places(
    peaks: np.ndarray, where: np.ndarray, layer: Layer, size: tuple[int, int], most: int = 10
) -> list[Place]:
    """Where the pictures that excite a channel most do so, the strongest first, one place a picture.

    Args:
        peaks: ``(N,)``, the channel's highest value in each picture.
        where: ``(N,)``, where that is: row times width plus column.
        size: height and width of the pictures; a layer whose field is not known, or all of the picture, has that.
    """
    order = np.argsort(-peaks, kind="stable")[:most]
    places = []
    for picture in order.tolist():
        top, left, height, width = 0, 0, *size
        if layer.has_maps and layer.field is not None and not layer.field.flat:
            row, column = divmod(int(where[picture]), layer.shape[2])
            down, across = layer.field.spans
            top, height = down.start + row * down.jump, down.size
            left, width = across.start + column * across.jump, across.size
        places.append(
            Place(
                picture=picture, value=float(peaks[picture]), top=top, left=left, height=height, width=width
            )
        )
    return places


def peaks_of(network: nn.Module, images: torch.Tensor, layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """How much each picture excites each channel of a layer most, and where: ``(n, C)`` float32, ``(n, C)`` int64.

    The network stops at the layer. What is not there (NaN) excites nothing.

    Args:
        images: ``(n, C, …)`` float32, normalised.
    """
    with undisturbed(network), torch.no_grad():
        output = _stopped(network, layer, images)
    values = output.float().flatten(2) if output.ndim > 2 else output.float().unsqueeze(2)
    peaks, where = torch.where(values.isnan(), -torch.inf, values).max(dim=2)
    return peaks.cpu().numpy(), where.cpu().numpy()


def cut(pixels: np.ndarray, place: Place) -> np.ndarray:
    """The patch of ``pixels: (H, W, C)`` uint8 at a place, mid-grey where it reaches beyond the picture.

    A field larger than the picture gives the picture.
    """
    height, width = pixels.shape[:2]
    if place.height >= height and place.width >= width:
        return pixels
    patch = np.full((place.height, place.width, pixels.shape[2]), 128, np.uint8)
    top, left = max(0, place.top), max(0, place.left)
    bottom, right = min(height, place.top + place.height), min(width, place.left + place.width)
    if bottom > top and right > left:
        patch[top - place.top : bottom - place.top, left - place.left : right - place.left] = pixels[
            top:bottom, left:right
        ]
    return patch


class _ReachedError(Exception):
    """The layer has run; what comes after it need not."""


def synthesise(
    network: nn.Module,
    layer: Layer,
    channels: Sequence[int],
    preprocess: Preprocess,
    *,
    steps: int = STEPS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[np.ndarray]:
    """Pictures that excite channels as much as they can: activation maximisation (Erhan et al. 2009).

    Gradient ascent (Adam) on the channel's value in the middle of its map, before the activation, which may be
    flat (ReLU). Without more, that finds noise; the
    picture is kept readable as by Olah et al. ("Feature visualization", Distill 2017): it is described by the
    amplitudes of its frequencies, the high ones made small, through a sigmoid that keeps it between black and white;
    it moves a little at random at each step, and contrast that excites nothing decays.

    Args:
        network: any module; it is left as it was.
        layer: a layer with maps, or a dense one.
        channels: indices from 0; all are made together.
        preprocess: with the mean and std that the network wants.
        seed: of the first picture and of the moves.
        progress: told how many steps are done.

    Returns:
        For each channel ``(h, w, C)`` uint8: the receptive field of the value that was excited, or the whole picture
        where that is smaller.
    """
    height, width, window = _stage(layer, preprocess.input_size)
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    generator = torch.Generator().manual_seed(seed)
    count, depth = len(channels), preprocess.channels
    frequencies = torch.sqrt(
        torch.fft.fftfreq(height)[:, None] ** 2 + torch.fft.rfftfreq(width)[None, :] ** 2
    ).clamp(min=1 / max(height, width))
    # Almost grey at first: structure comes from what excites the channel.
    start = 0.01 * torch.randn(count, depth, *frequencies.shape, 2, generator=generator)
    spectrum = start.to(device).requires_grad_()
    weight = (1 / frequencies**1.5 / (height * width) ** 0.5).to(device)
    colours = torch.tensor(_COLOURS, device=device)
    optimiser = torch.optim.Adam([spectrum], lr=_LEARNING_RATE)

    def picture() -> torch.Tensor:
        waves = torch.view_as_complex(spectrum) * weight
        drawn: torch.Tensor = torch.fft.irfft2(waves, s=(height, width), norm="ortho")
        drawn = torch.mul(drawn, (height * width) ** 0.5)
        if depth == 3:
            drawn = torch.einsum("nchw,dc->ndhw", drawn, colours)
        return drawn

    with undisturbed(network), torch.enable_grad():
        for step in range(steps):
            moves = [
                int(torch.randint(-(side // _JITTER), side // _JITTER + 1, (), generator=generator))
                for side in (height, width)
            ]
            drawn = picture()
            images = preprocess.normalise(255 * torch.sigmoid(drawn.roll(moves, (2, 3))))
            values = _excited(network, layer, images)
            middle = values if values.ndim == 2 else values[..., values.shape[2] // 2, values.shape[3] // 2]
            excited = middle[torch.arange(count), list(channels)]
            loss = (
                -excited.sum()
                + _DECAY * drawn.square().mean(dim=(1, 2, 3)).sum() * excited.detach().abs().mean()
            )
            # Not backward(), which would leave gradients in the network's weights, too.
            (spectrum.grad,) = torch.autograd.grad(loss, [spectrum])
            optimiser.step()
            if progress is not None:
                progress(step + 1, steps)
    made = (255 * torch.sigmoid(picture().detach())).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    top, left, bottom, right = window
    return [np.ascontiguousarray(one[top:bottom, left:right]) for one in made]


def _stage(layer: Layer, size: tuple[int, int]) -> tuple[int, int, tuple[int, int, int, int]]:
    """The size of the picture to make, and the window in it that its middle value sees."""
    field = layer.field
    if not layer.has_maps or field is None or field.flat or not all(span.jump for span in field.spans):
        return *size, (0, 0, *size)
    sides, window = [], []
    for span, side, places in zip(field.spans, size, layer.shape[1:], strict=True):
        # Two steps of the map around the field, so that no padding of the convolutions shows.
        needed = min(side, (-(-span.size // span.jump) + 4) * span.jump)
        # As many places as the layer makes of a picture of that side, about.
        middle = max(1, places * needed // side) // 2
        start = max(0, span.start + middle * span.jump)
        sides.append(needed)
        window.append((start, min(needed, max(start + 1, span.start + middle * span.jump + span.size))))
    return *sides, (window[0][0], window[1][0], window[0][1], window[1][1])  # type: ignore[return-value]


def _excited(network: nn.Module, layer: Layer, images: torch.Tensor) -> torch.Tensor:
    """What goes into a layer's activation, or comes out of a layer without one; the network stops there."""
    return _stopped(network, layer, images, before=layer.activated)


def _stopped(network: nn.Module, layer: Layer, images: torch.Tensor, *, before: bool = False) -> torch.Tensor:
    """What comes out of a layer's last module, or, ``before``, goes into it; the network stops there."""
    module = dict(network.named_modules()).get(layer.last, network)
    tensors: list[torch.Tensor] = []

    def keep(value: object) -> None:
        tensor = first_tensor(value)
        assert tensor is not None
        tensors.append(tensor)
        if len(tensors) > layer.call:
            raise _ReachedError

    if before:
        handle = module.register_forward_pre_hook(lambda _, inputs: keep(inputs))
    else:
        handle = module.register_forward_hook(lambda _, inputs, output: keep(output))
    try:
        network(images)
    except _ReachedError:
        pass
    finally:
        handle.remove()
    return tensors[layer.call]

"""``tf.signal``: Fourier transforms, frames and windows, what sound is looked at by."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.functions import axes, function, kind_of, offered, sizes
from prunelle.keras.eager.signal import windows
from prunelle.keras.eager.tensor import convert, plain

Torch = torch.Tensor
Window = Callable[..., Any]


def _last(number: int) -> tuple[int, ...]:
    return tuple(range(-number, 0))


def _enough(x: Torch, number: int, name: str) -> None:
    if x.ndim < number:
        raise InvalidArgumentError(
            f"tf.signal.{name} goes along the last {number} axes; received shape {tuple(x.shape)}."
        )


def _complex(name: str, number: int, transform: Callable[..., Torch]) -> Any:
    def transformed(input: Torch, name: str | None = None) -> Torch:
        if not input.is_complex():
            raise WrongType(
                f"tf.signal.{title} takes complex numbers; received {as_dtype(input.dtype).name}. Convert them, "
                f"tf.cast(x, tf.complex64), or use tf.signal.rfft."
            )
        _enough(input, number, title)
        return transform(input, dim=_last(number))

    title = name
    transformed.__name__ = transformed.__qualname__ = name
    way = "back from frequencies" if name.startswith("i") else "to frequencies"
    transformed.__doc__ = (
        f"Complex numbers {way}, along the last {'axis' if number == 1 else f'{number} axes'}."
    )
    return function(alone="input")(transformed)


fft, fft2d, fft3d = (
    _complex(name, n, torch.fft.fftn) for n, name in ((1, "fft"), (2, "fft2d"), (3, "fft3d"))
)
ifft, ifft2d, ifft3d = (
    _complex(name, n, torch.fft.ifftn) for n, name in ((1, "ifft"), (2, "ifft2d"), (3, "ifft3d"))
)


def _real(name: str, number: int, back: bool) -> Any:
    def transformed(input_tensor: Torch, fft_length: Any = None, name: str | None = None) -> Any:
        if input_tensor.is_complex() != back or not (back or input_tensor.is_floating_point()):
            raise WrongType(
                f"tf.signal.{title} takes {'complex' if back else 'floating-point'} numbers; received "
                f"{as_dtype(input_tensor.dtype).name}."
            )
        _enough(input_tensor, number, title)
        length = None if fft_length is None else sizes(fft_length)
        if length is not None and len(length) != number:
            raise InvalidArgumentError(f"fft_length is of {number} numbers; received {list(length)}.")
        transform = torch.fft.irfftn if back else torch.fft.rfftn
        if not back and input_tensor.dtype.itemsize < 4:
            input_tensor = input_tensor.float()
        return transform(input_tensor, s=length, dim=_last(number))

    title = name
    transformed.__name__ = transformed.__qualname__ = name
    way = (
        "Back from half of the frequencies to real numbers"
        if back
        else "Real numbers to half of the frequencies"
    )
    along = "axis" if number == 1 else f"{number} axes"
    transformed.__doc__ = f"{way}, along the last {along}, cut off or filled with zeros to ``fft_length``."
    return function(alone="input_tensor")(transformed)


rfft, rfft2d, rfft3d = (_real(name, n, False) for n, name in ((1, "rfft"), (2, "rfft2d"), (3, "rfft3d")))
irfft, irfft2d, irfft3d = (_real(name, n, True) for n, name in ((1, "irfft"), (2, "irfft2d"), (3, "irfft3d")))


@function(alone="x")
def fftshift(x: Torch, axes: Any = None, name: str | None = None) -> Any:
    """Frequency 0 in the middle of some axes, of all of them for None."""
    return torch.fft.fftshift(x, None if axes is None else sizes(axes))


@function(alone="x")
def ifftshift(x: Torch, axes: Any = None, name: str | None = None) -> Any:
    """What undoes ``fftshift``."""
    return torch.fft.ifftshift(x, None if axes is None else sizes(axes))


# Frames.


def _framed(signal: Torch, length: int, step: int, pad_end: bool, pad_value: Any, axis: int) -> Torch:
    if length < 0 or step <= 0:
        raise InvalidArgumentError(f"frame_length and frame_step are above 0; received {length} and {step}.")
    moved = signal.movedim(axis, -1)
    if pad_end:
        missing = max(0, length + step * (-(-moved.shape[-1] // step) - 1) - moved.shape[-1])
        moved = F.pad(moved, (0, missing), value=convert(pad_value).item())
        number = -(-signal.shape[axis] // step)
    else:
        number = max(0, 1 + (moved.shape[-1] - length) // step)
    if not number:
        found = moved.new_zeros((*moved.shape[:-1], 0, length))
    else:
        found = moved.unfold(-1, length, step)[..., :number, :]
    return found.movedim((-2, -1), (axis, axis + 1)) if axis < signal.ndim - 1 else found


@function(alone="signal")
def frame(
    signal: Torch,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Any = -1,
    name: str | None = None,
) -> Torch:
    """Parts of ``frame_length``, one every ``frame_step``: the axis becomes ``(frames, frame_length)``."""
    along = axes(axis, signal.ndim)[0]
    return _framed(
        signal,
        int(convert(frame_length)),
        int(convert(frame_step)),
        pad_end=pad_end,
        pad_value=pad_value,
        axis=along,
    )


@function(alone="signal")
def overlap_and_add(signal: Torch, frame_step: Any, name: str | None = None) -> Torch:
    """``(…, frames, frame_length)`` laid over each other every ``frame_step`` and summed."""
    if signal.ndim < 2:
        raise InvalidArgumentError(f"frames are (…, frames, frame_length); received {tuple(signal.shape)}.")
    return _laid_over(signal, int(convert(frame_step)))


def _laid_over(frames: Torch, step: int) -> Torch:
    number, length = frames.shape[-2:]
    total = step * (number - 1) + length
    places = torch.arange(number, device=frames.device)[:, None] * step + torch.arange(
        length, device=frames.device
    )
    empty = frames.new_zeros((*frames.shape[:-2], total))
    return empty.index_add(-1, places.reshape(-1), frames.reshape(*frames.shape[:-2], -1))


def _window(make: Window | None, length: int, kind: torch.dtype) -> Torch | None:
    return None if make is None else plain(convert(make(length, dtype=as_dtype(kind)))).to(kind)


def _power_of_two(length: int) -> int:
    return 1 << max(0, math.ceil(math.log2(length))) if length > 0 else 1


@function(alone="signals")
def stft(
    signals: Torch,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = windows.hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Any:
    """Frequencies of each part of a signal: ``(…, samples)`` → ``(…, frames, fft_length // 2 + 1)`` complex.

    Args:
        fft_length: the next power of 2 from ``frame_length`` on.
        window_fn: of a length and ``dtype=``; None for none.
    """
    length, step = int(convert(frame_length)), int(convert(frame_step))
    if not signals.is_floating_point():
        raise WrongType(f"signals are floating-point numbers; received {as_dtype(signals.dtype).name}.")
    _enough(signals, 1, "stft")
    wanted = _power_of_two(length) if fft_length is None else int(convert(fft_length))
    frames = _framed(signals, length, step, pad_end=pad_end, pad_value=0, axis=signals.ndim - 1)
    if 0 in frames.shape:
        return torch.fft.rfft(frames.new_zeros(1, wanted)).new_zeros((*frames.shape[:-1], wanted // 2 + 1))
    window = _window(window_fn, length, signals.dtype)
    if window is not None:
        frames = frames * window.to(frames.device)
    return torch.fft.rfft(frames, n=wanted)


def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Window = windows.hann_window, name: str | None = None
) -> Window:
    """The window for ``inverse_stft`` that gives the signal back which ``stft`` had with a window."""
    step = int(convert(frame_step))

    def window(frame_length: Any, dtype: Any = "float32") -> Any:
        length, kind = int(convert(frame_length)), kind_of(dtype)
        forward = plain(convert(forward_window_fn(length, dtype=as_dtype(kind))))
        overlaps = -(-length // step)
        sums = F.pad(forward.square(), (0, overlaps * step - length)).reshape(overlaps, step).sum(0)
        every = sums.repeat(overlaps)[:length]
        return torch.where(every == 0, torch.zeros_like(forward), forward / every)

    return window


@function(alone="stfts")
def inverse_stft(
    stfts: Torch,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = windows.hann_window,
    name: str | None = None,
) -> Torch:
    """Signals of ``stft``'s frequencies. The whole signal comes back with ``inverse_stft_window_fn``'s window."""
    if not stfts.is_complex():
        raise WrongType(f"stfts are complex numbers; received {as_dtype(stfts.dtype).name}.")
    _enough(stfts, 2, "inverse_stft")
    length, step = int(convert(frame_length)), int(convert(frame_step))
    wanted = _power_of_two(length) if fft_length is None else int(convert(fft_length))
    frames = torch.fft.irfft(stfts, n=wanted)
    frames = frames[..., :length] if wanted >= length else F.pad(frames, (0, length - wanted))
    window = _window(window_fn, length, frames.dtype)
    if window is not None:
        frames = frames * window.to(frames.device)
    return _laid_over(frames, step)


# Cosines, and the scale of mels.


def _cosine(x: Torch, kind: int, norm: str | None) -> Torch:
    """The discrete cosine transform along the last axis, by its matrix."""
    number = x.shape[-1]
    rows = torch.arange(number, dtype=torch.float64)[:, None]
    columns = torch.arange(number, dtype=torch.float64)
    if kind == 1:
        matrix = 2 * torch.cos(math.pi * rows * columns / (number - 1))
        matrix[0], matrix[-1] = 1, torch.cos(math.pi * columns)
    elif kind == 2:
        matrix = 2 * torch.cos(math.pi * (rows + 0.5) * columns / number)
    elif kind == 3:
        matrix = 2 * torch.cos(math.pi * rows * (columns + 0.5) / number)
        matrix[0] = 1
    else:
        matrix = 2 * torch.cos(math.pi * (rows + 0.5) * (columns + 0.5) / number)
    if norm == "ortho":
        matrix *= math.sqrt(0.5 / number)
        if kind == 2:
            matrix[:, 0] *= math.sqrt(0.5)
        elif kind == 3:
            matrix[0] *= math.sqrt(2)
    return x @ matrix.to(x)


def _for_cosine(x: Torch, kind: Any, n: Any, axis: Any, norm: Any) -> Torch:
    """``n`` numbers long.

    Raises:
        InvalidArgumentError: there is no such transform.
    """
    if kind not in (1, 2, 3, 4) or axis != -1 or norm not in (None, "ortho") or (kind == 1 and norm):
        raise InvalidArgumentError(
            f"type is 1 to 4, axis -1, norm None or 'ortho' (not with type 1); received {kind!r}, {axis!r}, {norm!r}."
        )
    if n is not None and x.ndim:
        length = int(convert(n))
        if length <= 0:
            raise InvalidArgumentError(f"n is above 0; received {length}.")
        x = F.pad(x[..., :length], (0, max(0, length - x.shape[-1])))
    if not x.is_floating_point() or x.ndim == 0 or (kind == 1 and x.shape[-1] < 2):
        raise InvalidArgumentError(
            f"a cosine transform is of floating-point numbers along the last axis (2 or more with type 1); received "
            f"{as_dtype(x.dtype).name} of shape {tuple(x.shape)}."
        )
    return x


@function(alone="input")
def dct(
    input: Torch,
    type: Any = 2,
    n: Any = None,
    axis: Any = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Torch:
    """The discrete cosine transform along the last axis, cut off or filled with zeros to ``n``."""
    return _cosine(_for_cosine(input, type, n, axis, norm), type, norm)


@function(alone="input")
def idct(
    input: Torch,
    type: Any = 2,
    n: Any = None,
    axis: Any = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Torch:
    """What undoes ``dct`` with ``norm="ortho"``; twice the numbers without, for each of them."""
    return _cosine(_for_cosine(input, type, n, axis, norm), {1: 1, 2: 3, 3: 2, 4: 4}[type], norm)


@function(alone="log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Torch, name: str | None = None) -> Torch:
    """Mel-frequency cepstral coefficients of ``(…, num_mel_bins)``, in the order and scale of HTK."""
    number = log_mel_spectrograms.shape[-1]
    if not number:
        raise InvalidArgumentError("there is one mel bin at least; received none.")
    return _cosine(log_mel_spectrograms, 2, None) / math.sqrt(2 * number)


def _mels(hertz: Any) -> Any:
    return 1127.0 * np.log(1.0 + hertz / 700.0)


@function()
def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = "float32",
    name: str | None = None,
) -> Torch:
    """``(num_spectrogram_bins, num_mel_bins)``: what ``stft``'s sizes are multiplied by for a mel spectrogram."""
    bins, rows = int(convert(num_mel_bins)), int(convert(num_spectrogram_bins))
    rate, low, high = (float(convert(each)) for each in (sample_rate, lower_edge_hertz, upper_edge_hertz))
    if bins <= 0 or rate <= 0 or low < 0 or not low < high <= rate / 2:
        raise InvalidArgumentError(
            f"num_mel_bins and sample_rate are above 0, and 0 ≤ lower_edge_hertz < upper_edge_hertz ≤ sample_rate / 2; "
            f"received {bins}, {rate:g}, {low:g} and {high:g}."
        )
    frequencies = _mels(np.linspace(0, rate / 2, rows)[1:])[:, None]
    edges = np.linspace(_mels(low), _mels(high), bins + 2)
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    return torch.from_numpy(np.pad(weights, ((1, 0), (0, 0)))).to(kind_of(dtype))


globals().update({name: vars(windows)[name] for name in offered(vars(windows))})

__all__ = offered(globals(), "inverse_stft_window_fn")

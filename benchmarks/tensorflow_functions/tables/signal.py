"""``tf.signal``."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from tensorflow_functions.cases import Case, Entry, T, by_types, calls, case

FLOATING = ("float32", "float64")
Tensors = Callable[..., T]


def _complex(*shapes: tuple[int, ...]) -> Entry:
    return by_types(
        lambda t: [case(t(*shape)) for shape in shapes],
        ("complex64", "complex128", "float32", "int32"),
        loose=10,
    )


def _real(number: int, *shapes: tuple[int, ...], back: bool = False) -> Entry:
    lengths = (None, [4, 6, 5][:number], [7] * number)

    def make(t: Tensors) -> list[Case]:
        return [case(t(*shape), length) for shape in shapes for length in lengths]

    kinds = ("complex64", "complex128", "float32") if back else ("float32", "float64", "complex64", "int32")
    return by_types(make, kinds, loose=10)


def _transforms(t: Tensors) -> list[Case]:
    found = [case(t(2, 6), kind, norm=norm) for kind in (1, 2, 3, 4, 5) for norm in (None, "ortho", "other")]
    return [*found, case(t(1)), case(t(5), 2, 3), case(t(5), 2, 8), case(t(5), axis=0), case(t(5), n=0)]


def _typed(name: str) -> Callable[..., Any]:
    """A type is an object: TensorFlow asks it whether it is of floating-point numbers."""

    def run(tf: Any, *args: Any, dtype: str = "float32", **given: Any) -> Any:
        return getattr(tf.signal, name)(*args, dtype=getattr(tf, dtype), **given)

    return run


def _windows(name: str, *options: dict[str, Any]) -> Entry:
    lengths = (1, 2, 5, 8, 15)
    made = (Case((length,), given) for length in lengths for given in (*options, {"dtype": "float64"}))
    return calls(*made, case(-1), case(8, dtype="int32"), run=_typed(name), loose=2)


_STFT = [
    {"frame_length": length, "frame_step": step, **more}
    for (length, step), more in itertools.product(
        ((8, 4), (6, 3), (10, 3)),
        ({}, {"fft_length": 16}, {"window_fn": None}),
    )
]


def _there_and_back(tf: Any, x: Any, length: int, step: int) -> Any:
    there = tf.signal.stft(x, length, step, pad_end=True)
    return tf.signal.inverse_stft(there, length, step, window_fn=tf.signal.inverse_stft_window_fn(step))


ENTRIES: dict[str, Entry] = {
    "fft": _complex((8,), (2, 5), (1,)),
    "ifft": _complex((8,), (2, 5), (1,)),
    "fft2d": _complex((4, 6), (2, 3, 5), (8,)),
    "ifft2d": _complex((4, 6), (2, 3, 5), (8,)),
    "fft3d": _complex((2, 3, 4), (2, 2, 3, 5), (3, 3)),
    "ifft3d": _complex((2, 3, 4), (2, 2, 3, 5), (3, 3)),
    "rfft": _real(1, (8,), (2, 5), (1,)),
    "rfft (gradient)": by_types(
        lambda t: [case(t(8)), case(t(2, 5))],
        FLOATING,
        loose=10,
        gradient=True,
        run=lambda tf, x: tf.signal.rfft(x),
    ),
    "irfft": _real(1, (5,), (2, 4), back=True),
    "rfft2d": _real(2, (4, 6), (2, 3, 5), (8,)),
    "irfft2d": _real(2, (4, 4), (2, 3, 5), back=True),
    "rfft3d": _real(3, (2, 3, 4), (2, 2, 3, 5)),
    "irfft3d": _real(3, (2, 3, 4), (2, 2, 3, 5), back=True),
    "fftshift": by_types(
        lambda t: [case(t(5)), case(t(4, 5)), case(t(4, 5), 1), case(t(4, 5), [0, 1])],
        ("float32", "int32", "complex64"),
    ),
    "ifftshift": by_types(
        lambda t: [case(t(5)), case(t(4, 5)), case(t(4, 5), 1), case(t(4, 5), [0, 1])],
        ("float32", "int32", "complex64"),
    ),
    "frame": by_types(
        lambda t: [
            *(
                case(t(2, 11), length, step, pad_end=end)
                for length, step, end in itertools.product((3, 5, 11, 12), (1, 2, 4), (False, True))
            ),
            case(t(11, 2), 4, 3, axis=0),
            case(t(3, 11, 2), 4, 3, True, 7, 1),
            case(t(11), 4, 0),
            case(t(11), -1, 2),
        ],
        ("float32", "int32", "complex64"),
    ),
    "overlap_and_add": by_types(
        lambda t: [case(t(3, 4), step) for step in (1, 2, 4, 6)] + [case(t(2, 5, 4), 2), case(t(4), 2)],
        ("float32", "float64", "int32"),
        gradient=True,
    ),
    "stft": by_types(
        lambda t: [
            *(Case((t(2, 25),), given) for given in _STFT),
            case(t(25), 8, 3, pad_end=True),
            case(t(5), 8, 3),
        ],
        FLOATING,
        loose=10,
    ),
    "stft (gradient)": by_types(
        lambda t: [case(t(2, 25), 8, 4), case(t(25), 10, 3, pad_end=True)],
        FLOATING,
        loose=10,
        gradient=True,
        run=lambda tf, *args, **given: tf.signal.stft(*args, **given),
    ),
    "inverse_stft": by_types(
        lambda t: [
            case(t(2, 6, 5), 8, 4),
            case(t(6, 9), 10, 3),
            case(t(6, 9), 10, 3, window_fn=None),
            case(t(6, 5), 10, 3, fft_length=8),
            case(t(5), 8, 4),
        ],
        ("complex64", "complex128", "float32"),
        loose=10,
    ),
    "inverse_stft_window_fn": by_types(
        lambda t: [case(t(40), 8, 4), case(t(2, 37), 10, 3), case(t(16), 6, 6)],
        FLOATING,
        loose=20,
        run=_there_and_back,
    ),
    "hann_window": _windows("hann_window", {}, {"periodic": False}),
    "hamming_window": _windows("hamming_window", {}, {"periodic": False}),
    "kaiser_window": _windows("kaiser_window", {}, {"beta": 3.0}),
    "kaiser_bessel_derived_window": calls(
        *(case(length, beta) for length in (2, 6, 16) for beta in (4.0, 12.0)), loose=10
    ),
    "vorbis_window": _windows("vorbis_window", {}),
    "dct": by_types(_transforms, FLOATING, loose=20, gradient=True),
    "idct": by_types(_transforms, FLOATING, loose=20),
    "mfccs_from_log_mel_spectrograms": by_types(
        lambda t: [case(t(2, 5, 12)), case(t(1)), case(t(3, 0))], FLOATING, loose=20
    ),
    "linear_to_mel_weight_matrix": calls(
        case(),
        case(40, 257, 16000, 80.0, 7600.0),
        case(10, 65, 22050, 20.0, 8000.0),
        case(10, 65, 8000, 20.0, 8000.0),
        case(0),
        case(10, dtype="float64"),
        run=_typed("linear_to_mel_weight_matrix"),
        loose=20,
    ),
}

"""``tf.signal``: the values are what TensorFlow 2.21 gave, or are worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.errors import ArgumentError

WAVE = np.sin(np.arange(16)).astype(np.float32)


def test_fourier_transforms(tf_keras: None) -> None:
    import tensorflow as tf

    there = tf.signal.fft(tf.constant([1, 0, 0, 0], tf.complex64))
    assert there.numpy().tolist() == [1, 1, 1, 1]
    assert tf.signal.ifft(there).numpy().real.tolist() == [1, 0, 0, 0]
    half = tf.signal.rfft(WAVE[:6], [8])
    assert half.dtype == tf.complex64
    assert half.shape == (5,)
    back = tf.signal.irfft(half, [6]).numpy()
    assert back == pytest.approx([0.04794, 1.2823, 0.64939, -1.09996, -0.8175, 0.11398], abs=1e-5)
    assert tf.signal.fftshift([0, 1, 2, 3, 4]).numpy().tolist() == [3, 4, 0, 1, 2]
    with pytest.raises(ArgumentError, match=r"tf\.signal\.fft takes complex numbers; received float32"):
        tf.signal.fft(WAVE)


def test_short_time_fourier_transform_and_back(tf_keras: None) -> None:
    import tensorflow as tf

    found = tf.abs(tf.signal.stft(WAVE, 8, 4)).numpy()
    expected = [
        [0.92046, 1.8993, 1.40721, 0.13978, 0.03673],
        [1.2033, 1.85934, 1.41571, 0.14262, 0.04802],
        [0.6526, 1.92683, 1.40123, 0.13775, 0.02604],
    ]
    assert found == pytest.approx(np.array(expected), abs=2e-5)
    frames = tf.signal.stft(WAVE, 8, 4)
    window = tf.signal.inverse_stft_window_fn(4)
    again = tf.signal.inverse_stft(frames, 8, 4, window_fn=window).numpy()
    assert again[4:12] == pytest.approx(WAVE[4:12], abs=1e-6)  # where two frames lie over each other
    assert tf.signal.stft(WAVE[:5], 8, 4).shape == (0, 5)


def test_frames(tf_keras: None) -> None:
    import tensorflow as tf

    parts = tf.signal.frame(tf.range(7), 3, 2, pad_end=True)
    assert parts.numpy().tolist() == [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6, 0, 0]]
    assert tf.signal.overlap_and_add([[1.0, 2, 3], [4, 5, 6]], 2).numpy().tolist() == [1, 2, 7, 5, 6]


def test_windows(tf_keras: None) -> None:
    import tensorflow as tf

    assert tf.signal.hann_window(4).numpy() == pytest.approx([0, 0.5, 1, 0.5])
    assert tf.signal.hann_window(5).numpy() == pytest.approx([0, 0.5, 1, 0.5, 0])  # periodic or not
    assert tf.signal.hamming_window(4, periodic=False).numpy() == pytest.approx([0.08, 0.77, 0.77, 0.08])
    assert tf.signal.kaiser_window(4).numpy() == pytest.approx(
        [5.277345e-5, 0.5188446, 0.5188446, 5.277345e-5]
    )


def test_cosine_transforms(tf_keras: None) -> None:
    import tensorflow as tf

    expected = {
        1: [3.64266, -0.20895, -1.60965, -0.00547],
        2: [3.78378, -0.31267, -2.27639, 0.01732],
        3: [2.94878, -0.90266, -1.66922, -0.3769],
        4: [2.46473, -2.26878, -1.06114, 0.3003],
    }
    for kind, values in expected.items():
        assert tf.signal.dct(WAVE[:4], kind).numpy() == pytest.approx(values, abs=2e-5)
    there = tf.signal.dct(WAVE[:4], norm="ortho")
    assert there.numpy() == pytest.approx([0.94594, -0.11054, -0.80482, 0.00612], abs=2e-5)
    assert tf.signal.idct(there, norm="ortho").numpy() == pytest.approx(WAVE[:4], abs=1e-6)
    with pytest.raises(ArgumentError, match="type is 1 to 4"):
        tf.signal.dct(WAVE, 5)


def test_mels(tf_keras: None) -> None:
    import tensorflow as tf

    expected = [
        *([0, 0, 0], [0.94098, 0.05902, 0], [0.03125, 0.96875, 0], [0, 0.35784, 0.64216]),
        *([0, 0, 0.82295], [0, 0, 0.3792], [0, 0, 0], [0, 0, 0], [0, 0, 0]),
    ]
    matrix = tf.signal.linear_to_mel_weight_matrix(3, 9, 8000, 100.0, 3000.0)
    assert matrix.numpy() == pytest.approx(np.array(expected), abs=2e-5)
    found = tf.signal.mfccs_from_log_mel_spectrograms(WAVE[:5]).numpy()
    assert found == pytest.approx([0.71789, 0.71557, -1.15436, -0.13992, -0.07558], abs=2e-5)

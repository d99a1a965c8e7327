"""``tf.image``: the values are what TensorFlow 2.21 gave, on its own decoders and kernels."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prunelle.errors import ArgumentError
from prunelle.keras import compat
from prunelle.keras.eager.errors import InvalidArgumentError

SQUARES = np.arange(12, dtype=np.float32).reshape(3, 4, 1) ** 2
COLOURS = np.array([[[10, 200, 30], [250, 128, 7]]], np.uint8)
RGB = np.array([[[0.2, 0.5, 0.9], [1, 0.1, 0.1], [0.4, 0.4, 0.4]]], np.float32)

JPEG = base64.b85decode(
    "|JeWF01!$>Nk#wx0RR9200961|JwjV01XKW3knDg3knMk4h;_zAQcl55)&sJ9v2`kDKRiEDJ?8BI!Zn>HbyrrEkIX6ModmpQ&KWM"
    "T47pHU`kO^PygEhLjevB4iga*CKVMXPc<zyPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPft%zPf!2A"
    "01*fP5C9MZ0U`hb5di}c0sq7R6#xMN000000000000000000FB|HJ?o5C8%L000000000000000000C9A~FBO02KiN0RR9100000"
    "00000000021^>hV8W8{j0s{a50000000000000050ucifA^+L{3<CiG0ucid06zebQa36xq-IoIINYf6ahXzVGHn{hbzMLI*#"
)
"""16x16 RGB, colours at half of the size: columns are redder to the right, rows greener to the bottom."""


def _values(tensor: Any, digits: int = 4) -> Any:
    return np.round(tensor.numpy().astype(float).ravel(), digits).tolist()


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("bilinear", [4.0, 6.1, 9.5, 14.1, 19.0, 52.0, 62.5, 75.5, 89.7, 103.0]),
        ("nearest", [0.0, 1.0, 4.0, 4.0, 9.0, 64.0, 81.0, 100.0, 100.0, 121.0]),
        ("bicubic", [1.8844, 3.362, 6.25, 10.7597, 15.2881, 54.5657, 65.2492, 79.4763, 95.3251, 109.0594]),
        ("area", [5.3333, 8.0833, 11.8333, 16.5833, 22.3333, 48.0, 58.75, 70.5, 83.25, 97.0]),
        ("lanczos3", [-0.0551, 1.1071, 3.3929, 8.1945, 12.2151, 55.5082, 65.7913, 80.55, 97.8246, 110.9661]),
        ("lanczos5", [-2.0169, -0.7421, 0.6845, 5.3131, 9.2359, 56.2569, 68.23, 82.1201, 99.2121, 113.8333]),
        (
            "gaussian",
            [4.5652, 6.6452, 10.0304, 14.6217, 19.1628, 52.3258, 61.9227, 74.3635, 88.0105, 100.0685],
        ),
        (
            "mitchellcubic",
            [3.1229, 4.8714, 8.0982, 12.8153, 17.2901, 53.1453, 63.019, 76.6173, 91.7059, 104.3059],
        ),
    ],
)
def test_resize(tf_keras: None, method: str, expected: list[float]) -> None:
    import tensorflow as tf

    found = tf.image.resize(SQUARES, (2, 5), method=method)
    assert found.shape == (2, 5, 1)
    assert _values(found) == pytest.approx(expected, abs=3e-4)
    several = tf.image.resize(np.stack([SQUARES, 2 * SQUARES]), (2, 5), method=method)
    assert _values(several[1]) == pytest.approx([2 * each for each in expected], abs=6e-4)


def test_resize_keeps_proportions_and_smoothes(tf_keras: None) -> None:
    import tensorflow as tf

    assert _values(tf.image.resize(SQUARES, (2, 2), antialias=True)) == [9.1429, 18.5714, 56.2857, 81.4286]
    cubic = tf.image.resize(SQUARES, (2, 2), tf.image.ResizeMethod.BICUBIC, antialias=True)
    assert _values(cubic) == pytest.approx([5.7301, 15.736, 56.3834, 86.5594], abs=2e-4)
    assert tf.image.resize(SQUARES, (9, 8), preserve_aspect_ratio=True).shape == (6, 8, 1)
    padded = tf.image.resize_with_pad(SQUARES, 4, 4).numpy()
    assert padded[:3].ravel().tolist() == SQUARES.ravel().tolist()
    assert not padded[3].any()


def test_resize_has_tensorflows_types(tf_keras: None) -> None:
    import tensorflow as tf

    pixels = tf.constant(COLOURS)
    assert tf.image.resize(pixels, (4, 4)).dtype == tf.float32
    assert tf.image.resize(pixels, (1, 2)).dtype == tf.float32
    assert tf.image.resize(pixels, (4, 4), "nearest").dtype == tf.uint8
    with pytest.raises(ArgumentError, match=r"method is one of 'nearest'.*received 'cubic'"):
        tf.image.resize(pixels, (4, 4), "cubic")
    with pytest.raises(ArgumentError, match=r"size is a height and a width; received 4"):
        tf.image.resize(pixels, 4)


def test_nan_does_not_spread_over_a_picture(tf_keras: None) -> None:
    """A product with a matrix of weights would make all of it NaN."""
    import tensorflow as tf

    broken = SQUARES.copy()
    broken[0, 0] = np.nan
    assert np.isnan(tf.image.resize(broken, (6, 8)).numpy()).sum() == 9


def test_pixels_are_where_tensorflow_1_had_them() -> None:
    with compat("2.3"):
        import tensorflow as tf

        old = tf.compat.v1.image.resize_images(SQUARES, (2, 5))
        assert _values(old) == [0.0, 0.8, 2.8, 6.0, 9.0, 40.0, 50.4, 62.0, 74.8, 85.0]
        corners = tf.compat.v1.image.resize_images(SQUARES, (2, 5), align_corners=True)
        assert _values(corners) == [0.0, 0.75, 2.5, 5.25, 9.0, 64.0, 76.75, 90.5, 105.25, 121.0]


def test_gradients_of_resize_and_of_hsv(tf_keras: None) -> None:
    import tensorflow as tf

    picture = tf.Variable(SQUARES[None])
    colours = tf.Variable([[[0.2, 0.5, 0.9], [1, 0.1, 0.3], [0.4, 0.7, 0.3]]])
    with tf.GradientTape(persistent=True) as tape:
        resized = tf.reduce_sum(tf.image.resize(picture, (2, 5)) * tf.reshape(tf.range(10.0), (1, 2, 5, 1)))
        hsv = tf.reduce_sum(tf.image.rgb_to_hsv(colours) * tf.constant([1.0, 2.0, 3.0]))
        part = tf.reduce_sum(tf.image.crop_to_bounding_box(picture, 1, 1, 2, 2))
    expected = [0.225, 1.275, 2.325, 3.675, 1.775, 2.35, 3.05, 4.075, 5.1, 5.775, 6.825, 8.55]
    assert _values(tape.gradient(resized, picture)) == pytest.approx(expected, abs=1e-4)
    slopes = [-2.08617, -0.2381, 3.59587, 3.24115, -1.85597, -0.18519, -0.41667, 4.32866, -2.54464]
    assert _values(tape.gradient(hsv, colours), 5) == pytest.approx(slopes, abs=1e-4)
    assert _values(tape.gradient(part, picture)) == [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0]


def test_crop_and_resize(tf_keras: None) -> None:
    import tensorflow as tf

    boxes = [[0.0, 0.0, 1.0, 1.0], [0.25, 0.25, 1.5, 0.75]]
    found = tf.image.crop_and_resize(SQUARES[None], boxes, [0, 0], (2, 2), extrapolation_value=-1.0)
    assert _values(found) == [0.0, 9.0, 64.0, 121.0, 11.75, 22.25, -1.0, -1.0]
    with pytest.raises(ArgumentError, match="box_indices are from 0 to before 1"):
        tf.image.crop_and_resize(SQUARES[None], boxes, [0, 1], (2, 2))


def test_crops_and_borders(tf_keras: None) -> None:
    import tensorflow as tf

    assert tf.image.central_crop(SQUARES, 0.5).shape == (3, 2, 1)
    both = tf.image.resize_with_crop_or_pad(SQUARES, 5, 2).numpy()[..., 0]
    assert both.tolist() == [[0, 0], [1, 4], [25, 36], [81, 100], [0, 0]]
    with pytest.raises(
        ArgumentError, match="3x3 pixels from row 1 and column 0 on are not all in a picture of 3x4"
    ):
        tf.image.crop_to_bounding_box(SQUARES, 1, 0, 3, 3)
    assert tf.image.rot90(SQUARES).numpy()[:, 0, 0].tolist() == [9, 4, 1, 0]
    parts = tf.image.extract_patches(
        np.arange(16).reshape(1, 4, 4, 1), [1, 2, 2, 1], [1, 3, 3, 1], [1, 1, 1, 1], "SAME"
    )
    assert parts.numpy().tolist() == [[[[0, 1, 4, 5], [3, 0, 7, 0]], [[12, 13, 0, 0], [15, 0, 0, 0]]]]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("adjust_brightness", (0.3,), [[[86, 255, 106], [255, 204, 83]]]),
        ("adjust_contrast", (1.7,), [[[0, 225, 38], [255, 103, 0]]]),
        ("adjust_hue", (0.3,), [[[10, 28, 200], [7, 250, 79]]]),
        ("adjust_saturation", (0.4,), [[[124, 200, 132], [250, 201, 153]]]),
        ("adjust_gamma", (2.2,), [[[0, 149, 2], [244, 56, 0]]]),
        ("rgb_to_grayscale", (), [[[124], [150]]]),
    ],
)
def test_colours_of_8_bits(tf_keras: None, name: str, arguments: tuple[float, ...], expected: Any) -> None:
    import tensorflow as tf

    found = getattr(tf.image, name)(COLOURS, *arguments)
    assert found.dtype == tf.uint8
    assert found.numpy().tolist() == expected


def test_colour_spaces(tf_keras: None) -> None:
    import tensorflow as tf

    hsv = tf.image.rgb_to_hsv(RGB)
    assert _values(hsv) == [0.5952, 0.7778, 0.9, 0.0, 0.9, 1.0, 0.0, 0.0, 0.4]
    assert tf.image.hsv_to_rgb(hsv).numpy() == pytest.approx(RGB, abs=1e-6)
    yuv = tf.image.rgb_to_yuv(RGB)
    assert _values(yuv) == [0.4559, 0.2185, -0.2245, 0.3691, -0.1324, 0.5535, 0.4, 0.0, 0.0]
    assert tf.image.yuv_to_rgb(yuv).numpy() == pytest.approx(RGB, abs=1e-5)
    standard = tf.image.per_image_standardization(COLOURS)  # not from 0 to 1 first
    assert _values(standard) == pytest.approx([-0.9851, 1.0025, -0.7758, 1.5256, 0.2493, -1.0165], abs=1e-4)


def test_types_of_pixels(tf_keras: None) -> None:
    import tensorflow as tf

    convert = tf.image.convert_image_dtype
    floats = tf.constant([-0.2, 0, 0.25, 0.5, 1, 1.2])
    assert convert(floats, tf.uint8, saturate=True).numpy().tolist() == [0, 0, 63, 127, 255, 255]
    assert convert(tf.constant([0, 1, 128, 255], tf.uint8), tf.int16).numpy().tolist() == [
        0,
        128,
        16384,
        32640,
    ]
    assert convert(tf.constant([0, 256, 32767], tf.int16), "uint8").numpy().tolist() == [0, 2, 255]


def test_measures(tf_keras: None) -> None:
    import tensorflow as tf

    rows, columns = np.indices((16, 16))
    one = ((rows + columns) * 8).astype(np.float32)[..., None]
    other = one * np.float32(0.9) + 5 + 7 * (rows * columns % 3)[..., None].astype(np.float32)
    assert float(tf.image.ssim(one, other, 255.0)) == pytest.approx(0.9415885, abs=1e-5)
    assert float(tf.image.psnr(one, other, 255.0)) == pytest.approx(29.894123, abs=1e-4)
    assert float(tf.image.total_variation(one)) == 3840
    assert tf.image.sobel_edges(SQUARES[None]).numpy()[0, 1, 1].tolist() == [[320, 80]]


def test_boxes(tf_keras: None) -> None:
    import tensorflow as tf

    boxes = [[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3.0], [0, 0.6, 1, 1.6]]
    kept = tf.image.non_max_suppression(boxes, [0.9, 0.95, 0.3, 0.8], 3, iou_threshold=0.4)
    assert kept.dtype == tf.int32
    assert kept.numpy().tolist() == [1, 3, 2]
    drawn = tf.image.draw_bounding_boxes(tf.zeros((1, 4, 5, 1)), [[[0.1, 0.2, 0.7, 0.9]]], [[1.0]])
    assert drawn.numpy()[0, ..., 0].tolist() == [[1, 1, 1, 1, 0], [1, 0, 0, 1, 0], [1, 1, 1, 1, 0], [0] * 5]


def test_jpegs_have_tensorflows_own_pixels(tf_keras: None) -> None:
    import tensorflow as tf

    picture = tf.io.decode_jpeg(JPEG)
    assert picture.dtype == tf.uint8
    assert picture.shape == (16, 16, 3)
    row = [[4, 46, 0], [13, 49, 5], [32, 50, 10], [48, 50, 13], [66, 47, 15], [83, 48, 20]]
    assert picture.numpy()[3, :6].tolist() == row
    assert int(picture.numpy().sum()) == 75658
    exact = tf.image.decode_jpeg(JPEG, dct_method="INTEGER_ACCURATE").numpy()
    assert exact[3, :3].tolist() == [[7, 46, 2], [15, 48, 5], [32, 50, 12]]
    assert int(exact.sum()) == 76265
    assert tf.image.decode_jpeg(JPEG, channels=1).numpy()[3, :6, 0].tolist() == [28, 33, 40, 45, 49, 55]
    half = tf.image.decode_jpeg(JPEG, ratio=2).numpy()
    assert half[3, :3].tolist() == [[5, 107, 7], [38, 108, 19], [72, 104, 29]]
    assert tf.image.extract_jpeg_shape(JPEG).numpy().tolist() == [16, 16, 3]
    floats = tf.image.decode_image(JPEG, dtype=tf.float32).numpy()
    assert floats == pytest.approx(picture.numpy() / 255, abs=1e-6)


def test_pngs_and_gifs(tf_keras: None) -> None:
    import tensorflow as tf

    pixels = np.array([[[0, 0, 0], [16, 0, 0], [32, 0, 0]], [[0, 16, 0], [16, 16, 1], [32, 16, 2]]], np.uint8)
    png = tf.io.encode_png(pixels)
    assert tf.image.decode_png(png).numpy().tolist() == pixels.tolist()
    assert tf.image.decode_png(png, channels=1).numpy().ravel().tolist() == [0, 4, 9, 9, 14, 19]
    assert tf.image.decode_png(png, dtype=tf.uint16).numpy().ravel()[:6].tolist() == [0, 0, 0, 4112, 0, 0]
    buffer = io.BytesIO()
    frames = [Image.fromarray(pixels), Image.fromarray(pixels[::-1].copy())]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert tf.image.decode_image(buffer.getvalue()).shape == (2, 2, 3, 3)
    assert tf.image.decode_image(buffer.getvalue(), expand_animations=False).shape == (2, 3, 3)
    with pytest.raises(InvalidArgumentError, match=r"an animated GIF of 2 frames, which tf\.io\.decode_gif"):
        tf.image.decode_png(buffer.getvalue())


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"no picture", "contents are a JPEG, PNG, GIF or BMP; received bytes that begin with b'no pictu'"),
        (b"", "received nothing"),
        (JPEG[:-20], "a JPEG that ends too early; try_recover_truncated=True takes what there is"),
        ([JPEG, JPEG], "the bytes of one file, as tf.io.read_file"),
    ],
)
def test_what_is_no_picture_is_told(tf_keras: None, contents: Any, message: str) -> None:
    import tensorflow as tf

    with pytest.raises(InvalidArgumentError) as caught:
        tf.image.decode_jpeg(contents)
    assert message in str(caught.value)


def test_a_file_that_announces_a_bomb_is_not_decoded(tf_keras: None) -> None:
    import tensorflow as tf

    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    with pytest.raises(InvalidArgumentError, match="decompression bomb"):
        tf.image.decode_png(buffer.getvalue())


def test_random_changes(tf_keras: None) -> None:
    import tensorflow as tf

    batch = np.stack([SQUARES] * 64)
    mirrored = tf.image.random_flip_left_right(batch).numpy()
    kinds = [np.array_equal(each, SQUARES) for each in mirrored]
    assert all(np.array_equal(each, SQUARES) or np.array_equal(each, SQUARES[:, ::-1]) for each in mirrored)
    assert 10 < sum(kinds) < 54  # 64 throws of a coin: outside in one run of 10^8
    change = tf.image.random_brightness(SQUARES, 0.2).numpy() - SQUARES
    assert abs(change).max() <= 0.2 + 1e-5
    first = tf.image.stateless_random_crop(SQUARES, (2, 2, 1), seed=(1, 2)).numpy()
    assert np.array_equal(first, tf.image.stateless_random_crop(SQUARES, (2, 2, 1), seed=(1, 2)).numpy())
    with pytest.raises(ArgumentError, match=r"size \[9, 2, 1\] is one for each axis of shape \(3, 4, 1\)"):
        tf.image.random_crop(SQUARES, (9, 2, 1))
    begin, size, box = tf.image.sample_distorted_bounding_box(
        [50, 60, 3], [[[0.1, 0.2, 0.7, 0.9]]], min_object_covered=0.5
    )
    part = tf.slice(tf.zeros((50, 60, 3)), begin, size)
    assert part.shape == (int(size[0]), int(size[1]), 3)
    assert box.shape == (1, 1, 4)


def test_inside_a_model_and_its_file(tf_keras: None, tmp_path: Any) -> None:
    import tensorflow as tf

    inputs = tf.keras.Input((None, None, 3))
    changed = tf.image.per_image_standardization(tf.image.resize(inputs, (8, 6)))
    model = tf.keras.Model(inputs, tf.keras.layers.Flatten()(changed))
    assert changed.shape == (None, 8, 6, 3)
    batch = np.random.default_rng(0).random((2, 5, 7, 3)).astype("float32")
    expected = tf.image.per_image_standardization(tf.image.resize(batch, (8, 6))).numpy().reshape(2, -1)
    assert model.predict(batch, verbose=0) == pytest.approx(expected, abs=1e-5)
    model.save(tmp_path / "model.keras")
    again = tf.keras.models.load_model(tmp_path / "model.keras")
    assert again.predict(batch, verbose=0) == pytest.approx(expected, abs=1e-5)


def test_inside_a_data_set(tf_keras: None, tmp_path: Any) -> None:
    import tensorflow as tf

    file = tmp_path / "a.jpg"
    file.write_bytes(JPEG)

    def load(name: Any, label: Any) -> Any:
        picture = tf.image.decode_jpeg(tf.io.read_file(name), channels=3)
        return tf.image.resize(tf.image.random_flip_left_right(picture), (4, 4)) / 255.0, label

    data = tf.data.Dataset.from_tensor_slices(([str(file)] * 3, [0, 1, 0])).map(load).batch(3)
    for pictures, _ in data:
        assert tuple(pictures.shape) == (3, 4, 4, 3)
        assert 0 <= float(pictures[0, 0, 0, 0]) <= 1

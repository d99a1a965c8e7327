"""Decoding, against Pillow's own full decode and hand-worked geometry."""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import os
import warnings

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from prunelle.data import Preprocess, decode, limits
from prunelle.data.resizing import fit_array, resize, shrink
from prunelle.errors import ArgumentError, BadPicture
from tests.pictures import bad_pictures, encoded, jpeg_with_size, make_bad_pictures, photo

RAMP = np.arange(256, dtype=np.uint16).reshape(4, 64)


def read(content, size, **settings):
    return decode.read_picture(content, "picture", Preprocess(size=size, **settings))


def of_file(content):
    """Pillow's full decode, by Pillow's own choice of reader."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG"])
def test_every_format_gives_pillows_pixels(kind):
    content = encoded(photo(80, 60), kind)
    np.testing.assert_array_equal(read(content, (60, 80)), of_file(content))


def test_grey_of_a_colour_jpeg_is_its_luminance():
    content = encoded(photo(80, 60), "JPEG", quality=95)
    expected = np.asarray(Image.open(io.BytesIO(content)).convert("L"), int)
    difference = np.abs(read(content, (60, 80), channels=1)[..., 0] - expected)
    # The JPEG stores the luminance; Pillow gets it back from RGB that was rounded, and clipped where JPEG noise
    # leaves the range of colours.
    assert np.median(difference) <= 1
    assert difference.max() <= 12


def test_grey_jpeg_read_as_colour():
    content = encoded(photo(80, 60).convert("L"), "JPEG")
    np.testing.assert_array_equal(read(content, (60, 80)), of_file(content))


def resized_by_pillow(content, size):
    """Full decode, the whole picture resized, then the square middle by crop(): no box, no scaled decoding.

    For pictures of 3:2, whose width then is a whole number.
    """
    image = Image.open(io.BytesIO(content)).convert("RGB")
    whole = image.resize((size * 3 // 2, size), Image.Resampling.BILINEAR)
    return np.asarray(whole.crop((size // 4, 0, size // 4 + size, size)), int)


def test_resized_png_is_pillows_antialiased_resize():
    content = encoded(photo(90, 60), "PNG")
    assert np.abs(read(content, (20, 20)) - resized_by_pillow(content, 20)).max() <= 1


@pytest.mark.parametrize("side", [600, 1200])
@pytest.mark.parametrize("size", [32, 64, 224])
def test_scaled_jpeg_is_close_to_a_full_decode(side, size):
    content = encoded(photo(side * 3 // 2, side), "JPEG", quality=90)
    difference = np.abs(read(content, (size, size)) - resized_by_pillow(content, size))
    # Smooth pictures: decoding at a half or a quarter loses next to nothing; a middle that is one pixel off
    # already differs by more.
    assert difference.mean() < 0.7
    assert difference.max() <= 6


def test_jpeg_is_decoded_at_twice_the_target_at_least(monkeypatch):
    decoded = []
    original = simplejpeg.decode_jpeg

    def spy(*args, **kwargs):
        decoded.append(original(*args, **kwargs))
        return decoded[-1]

    monkeypatch.setattr(simplejpeg, "decode_jpeg", spy)
    content = encoded(photo(800, 400), "JPEG")
    for size, expected in ((25, (50, 100)), (26, (100, 200)), (100, (200, 400)), (101, (400, 800))):
        assert read(content, (size, size)).shape == (size, size, 3)
        assert decoded.pop().shape[:2] == expected
    # Only one side counts for pad: the longer one becomes 100, so 200 is enough, and 50 is not for squash.
    read(content, (100, 100), fit="pad")
    assert decoded.pop().shape[:2] == (100, 200)
    read(content, (100, 25), fit="squash")
    assert decoded.pop().shape[:2] == (200, 400)


CORNERS = np.zeros((16, 32, 3), np.uint8)
CORNERS[:8, :16], CORNERS[:8, 16:], CORNERS[8:, :16] = (255, 0, 0), (0, 255, 0), (0, 0, 255)

# What a camera stores for each EXIF orientation so that the viewer shows CORNERS (EXIF 2.32, table of tag 274:
# where the 0th row and the 0th column are), worked out with NumPy.
STORED = {
    1: CORNERS,
    2: CORNERS[:, ::-1],
    3: CORNERS[::-1, ::-1],
    4: CORNERS[::-1],
    5: CORNERS.transpose(1, 0, 2),
    6: np.rot90(CORNERS),  # shown after turning 90° clockwise
    7: CORNERS[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(CORNERS, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "slow JPEG", "PNG", "WEBP", "TIFF"])
def test_pictures_come_out_upright(kind, orientation, monkeypatch):
    if kind == "slow JPEG":
        monkeypatch.setattr(decode, "read_jpeg", lambda *_: None)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    name = kind.removeprefix("slow ")
    content = encoded(stored, name, exif=exif, **options.get(name, {}))
    # 24 levels of tolerance: JPEG at quality 95; the colours are 255 apart.
    np.testing.assert_allclose(read(content, (16, 32)).astype(int), CORNERS, atol=24)


def test_large_turned_jpeg_is_scaled_on_the_right_side():
    stored = Image.fromarray(np.ascontiguousarray(STORED[6])).resize((800, 1600), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(stored, "JPEG", quality=95, exif=exif)
    assert np.abs(read(content, (16, 32)).astype(int) - CORNERS).mean() < 10


def test_broken_exif_does_not_make_a_picture_bad():
    content = encoded(photo(20, 20), "JPEG", exif=b"Exif\0\0garbage that is no TIFF header")
    np.testing.assert_array_equal(read(content, (20, 20)), of_file(content))


def test_transparent_pixels_become_white():
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:2] = (200, 100, 0, 255)
    rgba[2] = (200, 100, 0, 0)
    rgba[3] = (0, 0, 0, 51)  # a fifth of black on white: 204
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        pixels = read(encoded(Image.fromarray(rgba), kind, **options), (4, 4))
        assert pixels[:, 0].tolist() == [[200, 100, 0], [200, 100, 0], [255, 255, 255], [204, 204, 204]]


def test_grey_with_alpha():
    grey = np.array([[[0, 255], [0, 51]], [[0, 0], [90, 255]]], np.uint8)
    content = encoded(Image.fromarray(grey, "LA"), "PNG")
    assert read(content, (2, 2), channels=1)[..., 0].tolist() == [[0, 204], [255, 90]]


def test_palette_with_a_transparent_colour():
    image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    opaque = read(encoded(image, "PNG"), (2, 2))
    assert opaque.tolist() == [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [0, 255, 0]]]
    for kind in ("PNG", "GIF"):
        pixels = read(encoded(image, kind, transparency=1), (2, 2))
        assert pixels.tolist() == [[[255, 0, 0], [255, 255, 255]], [[0, 0, 255], [255, 255, 255]]]


def test_sixteen_bits_are_scaled_not_clipped():
    content = encoded(Image.fromarray(RAMP * 257), "PNG")
    np.testing.assert_array_equal(read(content, (4, 64), channels=1)[..., 0], RAMP)
    np.testing.assert_array_equal(read(content, (4, 64))[..., 2], RAMP)


@pytest.mark.parametrize(
    "stored",
    [
        Image.fromarray(RAMP * 257),
        Image.frombytes("I;16B", (64, 4), (RAMP * 257).astype(">u2").tobytes()),
        Image.fromarray(RAMP.astype(np.int32) * 257),
        Image.fromarray((RAMP / 255).astype(np.float32)),
        Image.fromarray(RAMP.astype(np.float32)),
    ],
    ids=["16-bit", "16-bit big-endian", "32-bit", "float 0..1", "float 0..255"],
)
def test_deep_grey_tiffs(stored):
    np.testing.assert_array_equal(read(encoded(stored, "TIFF"), (4, 64), channels=1)[..., 0], RAMP)


def test_one_bit():
    content = encoded(Image.fromarray(np.eye(16, dtype=bool)), "PNG")
    np.testing.assert_array_equal(read(content, (16, 16), channels=1)[..., 0], np.eye(16) * 255)


def test_cmyk_jpegs_have_their_colours():
    image = photo(80, 60)
    content = encoded(image.convert("CMYK"), "JPEG", quality=95, subsampling=0)
    assert b"Adobe" in content  # Pillow writes these inverted, as Photoshop does
    assert np.abs(read(content, (60, 80)).astype(int) - np.asarray(image)).mean() < 3


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "TIFF"):
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        red = read(content, (8, 8))[0, 0].astype(int)
        assert red[0] > 240
        assert red[2] < 15


def test_multi_picture_files_of_phones():
    first, second = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (16, 16), "blue")
    content = encoded(first, "MPO", save_all=True, append_images=[second])
    assert Image.open(io.BytesIO(content)).format == "MPO"
    assert read(content, (16, 16))[0, 0, 0] > 240


STRIPES = np.repeat(np.array([10, 20, 30, 40], np.uint8), 4)[np.newaxis].repeat(8, axis=0)  # (8, 16)


def test_crop_keeps_the_middle():
    # 8×16 to 4×4: halved, the middle 8 columns kept, which are all 20 then all 30.
    pixels = read(encoded(Image.fromarray(STRIPES), "PNG"), (8, 8), channels=1)[..., 0]
    assert pixels.tolist() == [[20] * 4 + [30] * 4] * 8
    turned = read(encoded(Image.fromarray(STRIPES.T.copy()), "PNG"), (8, 8), channels=1)[..., 0]
    assert turned.tolist() == [[20] * 8] * 4 + [[30] * 8] * 4


def test_pad_keeps_all_and_centres():
    pixels = read(encoded(Image.new("L", (16, 8), 90), "PNG"), (8, 8), channels=1, fit="pad")[..., 0]
    assert pixels.tolist() == [[0] * 8] * 2 + [[90] * 8] * 4 + [[0] * 8] * 2
    tall = read(encoded(Image.new("L", (8, 16), 90), "PNG"), (8, 8), channels=1, fit="pad")[..., 0]
    assert tall.tolist() == [[0, 0, 90, 90, 90, 90, 0, 0]] * 8
    thin = read(encoded(Image.new("L", (1000, 1), 90), "PNG"), (8, 8), channels=1, fit="pad")[..., 0]
    assert thin.sum() == 8 * 90


def test_squash_changes_the_proportions():
    pixels = read(encoded(Image.fromarray(STRIPES), "PNG"), (8, 4), channels=1, fit="squash")[..., 0]
    # Antialiasing mixes neighbours; each column stays nearest to its own stripe.
    assert (np.abs(pixels.astype(int) - [10, 20, 30, 40]) <= 2).all()


def test_border_is_black_and_outside():
    pixels = read(encoded(Image.new("RGB", (4, 4), "white"), "PNG"), (4, 4), border=2)
    expected = np.zeros((8, 8, 3))
    expected[2:6, 2:6] = 255
    np.testing.assert_array_equal(pixels, expected)
    jpeg = read(encoded(Image.new("RGB", (4, 4), "white"), "JPEG"), (4, 4), border=2)
    np.testing.assert_array_equal(jpeg, expected)


def test_a_jpeg_as_large_as_its_bordered_size_is_resized_before_the_border():
    content = encoded(Image.new("RGB", (12, 12), "white"), "JPEG")
    expected = np.zeros((12, 12, 3))
    expected[2:10, 2:10] = 255
    np.testing.assert_array_equal(read(content, (8, 8), border=2), expected)
    # And one that has the size before the border is only framed.
    framed = read(encoded(photo(8, 8), "JPEG"), (8, 8), border=2)
    np.testing.assert_array_equal(framed[2:10, 2:10], of_file(encoded(photo(8, 8), "JPEG")))
    assert framed.sum() == framed[2:10, 2:10].sum(dtype=int)


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
@pytest.mark.parametrize(("width", "height"), [(250, 188), (187, 250), (251, 129), (128, 128)])
def test_shrinking_an_array_is_pillows_resize(fit, width, height):
    """The same box worked out by Pillow: one level of rounding, and an eighth of a pixel of the slopes."""
    image = photo(width, height)
    for mode, crop in (("RGB", 1.0), ("L", 1.0), ("RGB", 0.875)):
        crop_fraction = crop if fit == "crop" else 1.0
        array = np.array(image.convert(mode)).reshape(height, width, -1)
        extent = (height - 0.5, width - 0.25)  # as a scaled decode leaves it
        found = shrink(array, (56, 64), fit, extent, crop_fraction).astype(int)
        expected = resize(image.convert(mode), (56, 64), fit, extent, crop_fraction)
        assert found.shape == expected.shape == (56, 64, array.shape[2])
        slope = (
            np.abs(np.diff(array.astype(int), axis=1)).max()
            + np.abs(np.diff(array.astype(int), axis=0)).max()
        )
        assert np.abs(found - expected).max() <= 1 + slope / 8


@pytest.mark.parametrize("blocks", ["xmp after a thumbnail", "stray bytes"])
def test_orientation_is_found_wherever_the_header_has_it(blocks):
    """A thumbnail has a start-of-scan marker of its own, and stray bytes stop the walk through the header."""
    stored = Image.fromarray(np.ascontiguousarray(STORED[3]))
    content = encoded(stored, "JPEG", quality=95, subsampling=0)
    xmp = (
        b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description tiff:Orientation="3"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )

    def block(marker, data):
        return b"\xff" + marker + (len(data) + 2).to_bytes(2, "big") + data

    before = block(b"\xed", b"Photoshop 3.0\0" + encoded(photo(8, 8), "JPEG"))
    if blocks == "stray bytes":
        before = block(b"\xfe", b"a comment") + bytes(3)
    content = content[:2] + before + block(b"\xe1", xmp) + content[2:]
    np.testing.assert_allclose(read(content, (16, 32)).astype(int), CORNERS, atol=24)


@pytest.mark.parametrize("name", bad_pictures())
@pytest.mark.parametrize("size", [(8, 8), (60, 80), (200, 200)], ids=str)
def test_bad_pictures_are_refused_with_their_reason(name, size, recwarn):
    content, reason = bad_pictures()[name]
    with pytest.raises(BadPicture) as caught:
        decode.read_picture(content, name, Preprocess(size=size))
    assert (caught.value.file, caught.value.reason) == (name, reason)
    assert not recwarn.list


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("slow", [False, True])
def test_a_jpeg_cut_anywhere_is_refused(progressive, slow, monkeypatch):
    if slow:
        monkeypatch.setattr(decode, "read_jpeg", lambda *_: None)
    content = encoded(photo(80, 60), "JPEG", progressive=progressive)
    # The two bytes of the end marker hold no pixel, and Pillow can do without them.
    for length in [*range(20, len(content) - 2, 97), len(content) - 3]:
        with pytest.raises(BadPicture, match="truncated or damaged"):
            read(content[:length], (16, 16))


def test_harmless_oddities_of_jpegs_are_read():
    content = encoded(photo(80, 60), "JPEG")
    whole = read(content, (60, 80))
    np.testing.assert_array_equal(read(content + bytes(100) + b"trailing garbage", (60, 80)), whole)
    table = content.index(b"\xff\xdb")
    np.testing.assert_array_equal(read(content[:table] + bytes(3) + content[table:], (60, 80)), whole)


def test_any_damage_is_a_bad_picture_or_a_picture():
    rng = np.random.default_rng(0)
    for kind in ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF"):
        content = np.frombuffer(encoded(photo(40, 30), kind), np.uint8)
        for _ in range(40):
            damaged = content.copy()
            places = rng.integers(0, min(len(content), 400), 6)
            damaged[places] = rng.integers(0, 256, 6)
            with contextlib.suppress(BadPicture):
                assert read(damaged.tobytes(), (8, 8)).shape == (8, 8, 3)


def test_large_but_not_a_bomb():
    content = encoded(Image.new("1", (8000, 5000), 1), "PNG")  # 40 Mpx: above the one-at-a-time limit
    assert (read(content, (4, 4)) == 255).all()


def test_bomb_limit_is_pillows():
    assert limits.MAX_PIXELS == 2 * Image.MAX_IMAGE_PIXELS
    jpeg = encoded(photo(80, 60), "JPEG")
    with pytest.raises(BadPicture, match="decompression bomb: 13378×13378 pixels"):
        read(jpeg_with_size(jpeg, 13378, 13378), (8, 8))
    # One row and column less is under the limit, and is then judged by its data.
    with pytest.raises(BadPicture, match="truncated or damaged"):
        read(jpeg_with_size(jpeg, 13377, 13377), (8, 8))


def test_files(tmp_path):
    expected = make_bad_pictures(tmp_path)
    expected["folder.jpg"] = "a folder, not a file"
    (tmp_path / "folder.jpg").mkdir()
    for name, reason in expected.items():
        with pytest.raises(BadPicture) as caught:
            decode.read_file(tmp_path / name, Preprocess(size=(8, 8)))
        assert caught.value.reason == reason
    (tmp_path / "fine").write_bytes(encoded(photo(8, 8), "PNG"))
    np.testing.assert_array_equal(
        decode.read_file(tmp_path / "fine", Preprocess(size=(8, 8))), np.asarray(photo(8, 8))
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_forbidden_file(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "a.jpg").chmod(0)
    with pytest.raises(BadPicture, match="cannot be opened: Permission denied"):
        decode.read_file(tmp_path / "a.jpg", Preprocess(size=(8, 8)))


def test_warning_filters_are_as_before_whatever_the_threads_did():
    content = encoded(photo(20, 20), "PNG")
    before = list(warnings.filters)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: read(content, (8, 8)), range(200)))
    assert list(warnings.filters) == before


def test_header(tmp_path):
    (tmp_path / "a").write_bytes(encoded(photo(20, 10), "JPEG"))
    (tmp_path / "b").write_bytes(encoded(photo(20, 10).convert("L"), "PNG"))
    (tmp_path / "c").write_bytes(b"text")
    assert decode.read_header(tmp_path / "a") == (10, 20, False)
    assert decode.read_header(tmp_path / "b") == (10, 20, True)
    assert decode.read_header(tmp_path / "c") is None


def test_arrays_of_the_right_size_are_not_copied():
    array = np.zeros((3, 8, 8, 3), np.uint8)
    assert fit_array(array, Preprocess(size=(8, 8))) is array


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("border", [0, 1])
def test_arrays_come_out_as_png_files_of_them(fit, channels, border):
    pictures = np.stack([np.asarray(photo(20, 12, seed)) for seed in range(3)])
    for size in ((6, 7), (12, 20)):
        settings = {"fit": fit, "channels": channels, "border": border}
        expected = [read(encoded(Image.fromarray(p), "PNG"), size, **settings) for p in pictures]
        np.testing.assert_array_equal(fit_array(pictures, Preprocess(size=size, **settings)), expected)


def test_grey_arrays():
    grey = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    np.testing.assert_array_equal(fit_array(grey, Preprocess(size=(4, 4), channels=1))[..., 0], grey)
    rgb = fit_array(grey, Preprocess(size=(4, 4), channels=3))
    np.testing.assert_array_equal(rgb, np.stack([grey] * 3, axis=-1))


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 4, 4, 2), np.uint8), np.zeros((2, 4, 4, 3), np.float32), np.zeros((4, 4), np.uint8)],
)
def test_other_arrays_are_refused(array):
    with pytest.raises(ArgumentError, match="array must be"):
        fit_array(array, Preprocess(size=(4, 4)))

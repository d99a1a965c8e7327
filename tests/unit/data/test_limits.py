"""The budget of a picture: what is refused, what it says, what it takes, and that nothing ordinary is lost.

The memory is measured in a process of its own; right values are Pillow's.
"""

from __future__ import annotations

import io
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from prunelle.data import Preprocess, decode, limits, pillow
from prunelle.errors import BadPicture
from prunelle.report.words import Words
from tests.hostile import bmp, jpeg_of_many_scans, not_whole, png, tiff, tiff_tags, too_costly
from tests.pictures import encoded, jpeg_with_size, photo

REFUSED = ("decompression bomb: ", "too costly: ", "too large: ")
SMALL = Preprocess(size=(8, 8))

_EVERY_WAY = """
import contextlib
import sys
from pathlib import Path
from prunelle.data import Preprocess, decode
from prunelle.errors import BadPicture
from prunelle.keras.preprocessing.pictures import load_img
from prunelle.tasks.convolving import convolve

def refuse():
    raise BadPicture("", "too costly: to decode, but its header may be read")
WAYS = {
    "read_file": lambda file: decode.read_file(file, Preprocess(size=(8, 8))),
    "large": lambda file: decode.read_file(file, Preprocess(size=(2000, 2000))),
    "read_header": lambda file: (decode.read_header(file), refuse()),
    "upright_size": lambda file: decode.upright_size(decode.read_bytes(file), str(file)) and refuse(),
    "convolve": convolve,
    "load_img": load_img,
    "load_img small": lambda file: load_img(file, target_size=(8, 8), color_mode="rgba"),
}
def memory(line):
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith(line))
files = sorted(Path(sys.argv[1]).iterdir())
for name, way in WAYS.items():
    with contextlib.suppress(BadPicture):
        way(Path(sys.argv[2]))
    for file in files:
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
        try:
            way(file)
            print(file.name, name, "taken")
        except BadPicture as error:
            if not error.reason.startswith(("decompression bomb: ", "too costly: ", "too large: ")):
                print(file.name, name, error.reason)
        if memory("VmHWM") - before > 100_000:
            print(file.name, name, "took", memory("VmHWM") - before, "kB")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory by /proc")
def test_what_costs_too_much_is_refused_on_every_way_before_it_costs_anything(tmp_path):
    folder = tmp_path / "costly"
    folder.mkdir()
    for name, content in too_costly().items():
        if len(content) < 1_000_000:  # the others are of many parts: long to go through, as often as here
            (folder / name).write_bytes(content)
    with (folder / "sparse.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(6_000_000_000)
    (tmp_path / "fine.png").write_bytes(encoded(photo(20, 20), "PNG"))
    done = subprocess.run(
        [sys.executable, "-c", _EVERY_WAY, str(folder), str(tmp_path / "fine.png")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("name", too_costly())
def test_reasons_have_figures_and_french(name):
    with pytest.raises(BadPicture) as caught:
        decode.read_picture(too_costly()[name], name, SMALL)
    reason = caught.value.reason
    assert reason.startswith(REFUSED)
    assert any(character.isdigit() for character in reason)
    french = Words("fr").reason(reason)
    assert french.startswith(("bombe", "trop"))
    assert "{" not in french


def test_figures_are_what_the_file_needs():
    with pytest.raises(BadPicture) as caught:
        decode.read_picture(png(13_000, 13_000, 8, 6, data=b""), "a.png", SMALL)
    # RGBA and its copy, four bytes a pixel each: 1,352 MB; and the weights of resizing.
    assert caught.value.reason == (
        "too costly: 13000×13000 pixels would take 1,353 MB to decode; at most 560 MB are given"
    )


@pytest.mark.parametrize("name", not_whole())
def test_damage_that_decoders_overlook_is_said(name):
    with pytest.raises(BadPicture) as caught:
        decode.read_picture(not_whole()[name], name, SMALL)
    reason = caught.value.reason
    assert reason.startswith(
        ("damaged, a checksum is wrong: " if "checksum" in name else "truncated or damaged", "damaged")
    )
    if name.startswith("checksum of ") and name.endswith(".png"):
        assert (
            reason
            == f"damaged, a checksum is wrong: {name.removeprefix('checksum of ').removesuffix('.png')}"
        )
    assert Words("fr").reason(reason) != reason


def test_what_follows_the_end_is_no_damage():
    for kind in ("PNG", "GIF", "WEBP", "BMP", "TIFF"):
        content = encoded(photo(20, 20), kind)
        np.testing.assert_array_equal(
            decode.read_picture(content + b"more", "a", SMALL), decode.read_picture(content, "a", SMALL)
        )


def test_scans_are_counted():
    once, often = (decode.inspect(jpeg_of_many_scans(320, 240, scans), "a").steps for scans in (1, 101))
    # Half a step for each of the 320 × 240 coefficients of each scan, and forty a byte.
    sizes = [len(jpeg_of_many_scans(320, 240, scans)) for scans in (1, 101)]
    assert often - once == 100 * 320 * 240 // 2 + 40 * (sizes[1] - sizes[0])
    # A small picture may have many.
    assert decode.read_picture(jpeg_of_many_scans(64, 64, 1000), "a", SMALL).shape == (8, 8, 3)


JPEG, PROGRESSIVE = (encoded(photo(64, 64), "JPEG", progressive=progressive) for progressive in (False, True))
# Their headers, and how large such a file is.
LARGE = {
    "100 Mpx JPEG": (jpeg_with_size(JPEG, 11_600, 8700), 60_000_000),
    "100 Mpx progressive JPEG": (jpeg_with_size(PROGRESSIVE, 11_600, 8700), 12_000_000),
    "50 Mpx PNG": (png(8192, 6144, 8, 2, data=b""), 100_000_000),
    "50 Mpx PNG with alpha": (png(8192, 6144, 8, 6, data=b""), 120_000_000),
    "100 Mpx grey PNG": (png(10_000, 10_000, 8, 0, data=b""), 50_000_000),
    "50 Mpx TIFF of 16 bits": (tiff(tiff_tags(8192, 6144, [16] * 3, photometric=2)), 302_000_000),
    "25 Mpx TIFF of 16 bits, LZW": (
        tiff(tiff_tags(6000, 4000, [16] * 3, photometric=2, compression=5)),
        130_000_000,
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_ordinary_large_pictures_are_within_the_limits(name):
    content, size = LARGE[name]
    announced = decode.inspect(content + bytes(72), name)
    # An eighth of a JPEG's sides is decoded; all of the others.
    if "JPEG" in name:
        announced.check_bytes(name, announced.pixels // 64 * 6 + size)
        assert announced.steps + 10 * size * (4 if "progressive" in name else 1) <= limits.MAX_STEPS
    else:
        announced.check(name, size)


MODES = {
    "I;16": np.arange(6000, dtype=np.uint16).reshape(60, 100) * 10,
    "I": np.arange(6000, dtype=np.int32).reshape(60, 100) * 20 - 20_000,
    "F": np.arange(6000, dtype=np.float32).reshape(60, 100) / 6000,
    "F to 255": np.arange(6000, dtype=np.float32).reshape(60, 100) / 20 - 10,
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "mode", [*MODES, "RGBA", "LA", "CMYK", "P", "P transparent", "RGB transparent", "1", "L", "RGB"]
)
def test_bands_give_what_the_whole_picture_gives(mode, channels, monkeypatch):
    image = in_mode(mode)
    expected = np.asarray(whole(image, channels))
    for pixels in (1, 730, 1 << 20):
        monkeypatch.setattr(pillow, "_BAND_PIXELS", pixels)
        np.testing.assert_array_equal(
            np.asarray(pillow.to_plain(image, "RGB" if channels == 3 else "L")), expected
        )


def in_mode(mode):
    """A picture with all its levels, in a mode of Pillow."""
    if mode in MODES:
        return Image.fromarray(MODES[mode])
    name, _, transparent = mode.partition(" ")
    image = photo(100, 60)
    if name in ("RGBA", "LA"):
        image.putalpha(photo(100, 60, 1).convert("L"))
    image = image.quantize(16) if name == "P" else image.convert(name)
    if transparent:
        image.info["transparency"] = 3 if name == "P" else image.getpixel((5, 5))
    return image


def whole(image, channels):
    """Of the whole picture at once, in float64."""
    if image.mode in ("I", "F", "I;16"):
        levels = np.nan_to_num(np.asarray(image, np.float64))
        levels = levels / 257 if image.mode != "F" else levels * (255 if levels.max() <= 1 else 1)
        image = Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.convert("RGB" if channels == 3 else "L")


def test_a_large_jpeg_that_is_not_scaled_goes_through_pillow_with_the_same_pixels(monkeypatch):
    content = encoded(photo(120, 90), "JPEG", quality=95)
    usual = decode.read_picture(content, "a", Preprocess(size=(80, 80)))
    monkeypatch.setattr(limits, "MAX_BYTES", 120 * 90 * 5 + len(content) + 60_000)
    np.testing.assert_array_equal(decode.read_picture(content, "a", Preprocess(size=(80, 80))), usual)


def test_rows_at_their_new_width_count():
    tall = png(1, 4_000_000, 8, 0)
    assert decode.read_picture(tall, "a.png", Preprocess(size=(64, 64), fit="crop")).shape == (64, 64, 3)
    with pytest.raises(BadPicture, match="too costly: 1×4000000 pixels would take 1,"):
        decode.read_picture(tall, "a.png", Preprocess(size=(64, 64), fit="squash"))


def test_all_threads_share_the_budget():
    order = []
    inside, leave = threading.Event(), threading.Event()

    def first():
        with limits.hold(limits.MAX_BYTES - 10):
            inside.set()
            leave.wait(30)
            order.append("first")

    def second():
        with limits.hold(11), limits.hold(limits.MAX_BYTES):  # what is held within what is held is part of it
            order.append("second")

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    inside.wait(30)
    with limits.hold(10):  # fits beside the first
        pass
    two.start()
    two.join(0.2)
    assert order == []
    leave.set()
    one.join(30)
    two.join(30)
    assert order == ["first", "second"]


def test_whoever_fails_gives_back_what_it_held():
    for _ in range(3):
        with pytest.raises(BadPicture), limits.hold(limits.MAX_BYTES):
            raise BadPicture("a", "damaged")
    with pytest.raises(BadPicture):
        decode.read_picture(bmp(8, 8, 8, 1, b"\x08\x05"), "a.bmp", SMALL)
    with limits.hold(limits.MAX_BYTES):
        pass


def test_a_file_of_another_format_that_keras_reads_has_a_limit_too(monkeypatch):
    from prunelle.keras.preprocessing.pictures import load_img

    content = encoded(photo(200, 100), "PPM")
    assert load_img(io.BytesIO(content)).size == (200, 100)
    with pytest.raises(BadPicture, match="too costly"):
        load_img(io.BytesIO(content.replace(b"200 100", b"9000 9000")))


_IN_THREADS = """
import sys, threading
from pathlib import Path
from prunelle.data import decode
from prunelle.data.preprocess import Preprocess
SMALL = Preprocess(size=(8, 8))
def kept():
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1000
decode.read_file(Path(sys.argv[1]), SMALL)
for file in sys.argv[2:]:
    before = kept()
    thread = threading.Thread(target=lambda: decode.read_file(Path(file), SMALL))
    thread.start()
    thread.join()
    print(round(kept() - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory by /proc, and glibc's")
def test_what_a_large_picture_took_is_given_back_before_the_next_is_decoded(tmp_path):
    """Each thread of a C library keeps what it freed: pictures of 500 MB by turns took 800 MB together."""
    Image.new("L", (40, 40)).save(tmp_path / "small.png")
    Image.new("P", (9000, 4000)).save(tmp_path / "palette.png")
    Image.new("I", (5000, 5000)).save(tmp_path / "grey.tiff", compression="tiff_lzw")
    Image.new("RGB", (6000, 6000)).save(tmp_path / "colour.jpg")
    large = [str(tmp_path / name) for name in ("palette.png", "grey.tiff", "colour.jpg")]
    done = subprocess.run(
        [sys.executable, "-c", _IN_THREADS, str(tmp_path / "small.png"), *large, *large[::-1]],
        capture_output=True,
        text=True,
        check=True,
    )
    kept_mb = [int(line) for line in done.stdout.split()]
    assert len(kept_mb) == 6
    assert max(kept_mb) < 40, kept_mb  # each takes 180 to 250 MB; a thread's own memory is a few

"""HEIC and AVIF: right pixels, upright, within the limits; damaged ones left out; what is said where one is not read.

Right pixels are those that the file was made of. HEIC needs the extra, and its tests are skipped without.
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from prunelle.data import Preprocess, decode, high_efficiency, limits, load
from prunelle.data.file_facts import file_facts
from prunelle.data.headers import av1, heif
from prunelle.data.reasons import reason_note
from prunelle.errors import BadPicture, DataError
from tests.pictures import encoded, make_folder, photo
from tests.unit.data.test_colours import LEVELS, PROFILES, expected
from tests.unit.data.test_decode import CORNERS, STORED

try:
    import pillow_heif
except ImportError:
    pillow_heif = None
else:
    pillow_heif.register_heif_opener()

needs_heic = pytest.mark.skipif(
    pillow_heif is None, reason=f"HEIC is not read here: {high_efficiency.INSTALL}"
)
needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow was built without AVIF")
KINDS = [pytest.param("HEIF", marks=needs_heic), pytest.param("AVIF", marks=needs_avif)]
EXACT = {"HEIF": {"quality": -1, "chroma": 444}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}
SMALL = Preprocess(size=(8, 8))


def exactly(image: Image.Image, kind: str, **options: object) -> bytes:
    """As nearly without loss as the format goes; without colours where it has none."""
    exact = EXACT[kind] | ({"subsampling": "4:0:0"} if (kind, image.mode) == ("AVIF", "L") else {})
    return encoded(image, kind, **exact, **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_pixels_are_those_that_it_was_made_of(kind, mode):
    image = photo(90, 60)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 90).astype(np.uint8), (60, 1))))
    image = image.convert(mode)
    right = encoded(image, "PNG")
    for channels in (1, 3):
        settings = Preprocess(size=(60, 90), channels=channels)
        read = decode.read_picture(exactly(image, kind), "a", settings).astype(int)
        # Colours go by YCbCr of 8 bits and back.
        assert np.abs(read - decode.read_picture(right, "a", settings)).max() <= 4
    header = decode.upright_size(exactly(image, kind), "a")
    assert header == (60, 90, mode == "L")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", STORED)
def test_pictures_come_out_upright(kind, orientation):
    """HEIC and AVIF say by a property of their own how they are turned, and may say it again in EXIF."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    content = exactly(stored, kind, exif=exif.tobytes())
    assert decode.upright_size(content, "a")[:2] == CORNERS.shape[:2]
    read = decode.read_picture(content, "a", Preprocess(size=CORNERS.shape[:2])).astype(int)
    assert np.abs(read - CORNERS).max() <= 40  # beside the edges; a wrong corner differs by 255


@pytest.mark.parametrize("kind", KINDS)
def test_facts_are_those_of_the_upright_picture(kind, tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0110], exif[0x0132] = 6, "Pear", "Phone 12", "2024:05:06 07:08:09"
    path = tmp_path / "IMG_0412.HEIC"
    path.write_bytes(encoded(photo(90, 60), kind, exif=exif.tobytes()))
    facts = file_facts(path)
    assert facts is not None
    assert (facts.width, facts.height, facts.format, facts.grey) == (60, 90, kind, False)
    assert facts.camera == "Pear Phone 12"
    assert facts.taken == pytest.approx(1714979289)


@pytest.mark.parametrize("kind", KINDS)
def test_wide_colours_become_srgbs(kind):
    picture = np.repeat(np.repeat(LEVELS[np.newaxis], 16, 0), 16, 1)
    content = exactly(Image.fromarray(picture), kind, icc_profile=PROFILES["P3"])
    read = decode.read_picture(content, "a", Preprocess(size=picture.shape[:2]))
    middles = read[8, 8::16].astype(float)
    assert np.abs(middles - expected(LEVELS, "P3")).max() <= 5
    assert np.abs(expected(LEVELS, "P3") - LEVELS).max() > 15


@pytest.mark.parametrize("kind", KINDS)
def test_colours_told_by_code_become_srgbs_too(kind):
    """``colr`` of the kind ``nclx``, as Android phones write it: primaries 12 are P3's."""
    picture = np.repeat(np.repeat(LEVELS[np.newaxis], 16, 0), 16, 1)
    content = exactly(Image.fromarray(picture), kind)
    assert content.count(b"nclx\0\x01\0\x0d") == 1
    assert heif.colour_code(content, "a") == (1, 13)
    wide = content.replace(b"nclx\0\x01\0\x0d", b"nclx\0\x0c\0\x0d")
    read = decode.read_picture(wide, "a", Preprocess(size=picture.shape[:2]))
    assert np.abs(read[8, 8::16].astype(float) - expected(LEVELS, "P3")).max() <= 5


@needs_heic
@pytest.mark.parametrize("mode", ["RGB;16", "L;16", "RGBA;16"])
def test_ten_bits_are_as_bright_as_eight(mode):
    image = photo(64, 48).convert(mode.partition(";")[0])
    deep = np.asarray(image).astype(np.uint16) * 257
    stream = io.BytesIO()
    pillow_heif.encode(mode, image.size, deep.tobytes(), stream, quality=-1, chroma=444)
    settings = Preprocess(size=(48, 64))
    read = decode.read_picture(stream.getvalue(), "a", settings).astype(int)
    assert np.abs(read - decode.read_picture(encoded(image, "PNG"), "a", settings)).max() <= 4


@needs_heic
def test_only_the_primary_picture_is_read():
    """Not the first, no thumbnail, none of a burst."""
    burst = pillow_heif.from_pillow(photo(64, 48, seed=1))
    burst.add_from_pillow(photo(90, 60, seed=2))
    stream = io.BytesIO()
    burst.save(stream, primary_index=1, quality=-1, chroma=444, thumbnails=[16])
    read = decode.read_picture(stream.getvalue(), "a", Preprocess(size=(60, 90))).astype(int)
    assert np.abs(read - np.asarray(photo(90, 60, seed=2))).max() <= 4


@needs_heic
def test_tiles_are_put_together_and_counted():
    """As iPhones write them: a grid of squares, cut at the border."""
    image = photo(200, 150)
    content = encoded(image, "HEIF", quality=-1, chroma=444, tile_size=64)
    read = decode.read_picture(content, "a", Preprocess(size=(150, 200))).astype(int)
    assert np.abs(read - np.asarray(image)).max() <= 4
    announced = decode.inspect(content, "a")
    assert (announced.width, announced.height) == (200, 150)
    assert announced.steps >= 24 * 12 * 64 * 64


def with_size(content: bytes, width: int, height: int) -> bytes:
    """Another size in the first ``ispe``."""
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


@pytest.mark.parametrize("kind", KINDS)
def test_what_announces_too_much_is_refused_before_it_is_decoded(kind, monkeypatch):
    content = encoded(photo(64, 64), kind)
    monkeypatch.setattr(decode, "_decoded", None)
    for size, reason in (
        ((60_000, 60_000), "decompression bomb: 60000×60000"),
        ((11_000, 11_000), "too costly"),
    ):
        with pytest.raises(BadPicture) as caught:
            decode.read_picture(with_size(content, *size), "a", SMALL)
        assert caught.value.reason.startswith(reason)
        assert decode.read_header(Path("/nowhere")) is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_larger_than_it_says_is_refused(kind):
    """Of a coded picture of 256×256 that says 64×64: nothing as large as it is may be made."""
    content = encoded(photo(256, 256), kind)
    with pytest.raises(BadPicture, match="truncated or damaged"):
        decode.read_picture(with_size(content, 64, 64), "a", SMALL)


@needs_heic
def test_what_is_made_of_others_without_bounds_is_refused():
    """An overlay may lay one picture on itself thousands of times; a grid's tile may be a grid."""
    content = encoded(photo(200, 150), "HEIF", tile_size=64)
    at = content.index(b"grid", content.index(b"iinf"))
    with pytest.raises(BadPicture) as caught:
        decode.read_picture(content[:at] + b"iovl" + content[at + 4 :], "a", SMALL)
    assert caught.value.reason == heif.OTHER_CODING
    nested = content.replace(b"hvc1", b"grid", 1)
    with pytest.raises(BadPicture):
        decode.read_picture(nested, "a", SMALL)


@needs_avif
def test_av1_says_its_size():
    for width, height in ((16, 16), (17, 300), (640, 33)):
        for speed in (6, 10):
            content = encoded(photo(width, height), "AVIF", speed=speed)
            start = content.index(b"mdat") + 4
            assert av1.largest_size(content[start:]) == (width, height)
    assert av1.largest_size(b"") == (0, 0)
    with pytest.raises(IndexError):
        av1.largest_size(b"\x0a")


_FUZZ = """
import resource, sys
from pathlib import Path
import numpy as np
from prunelle.data import Preprocess, decode
from prunelle.errors import BadPicture
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
read = 0
for path in sys.argv[2:]:
    whole = Path(path).read_bytes()
    rng = np.random.default_rng(int(sys.argv[1]))
    for turn in range(40):
        content = bytearray(whole)
        if turn % 4 == 0:
            content = content[: rng.integers(len(content))]
        else:
            end = min(len(content), 600) if turn % 2 else len(content)
            for at in rng.integers(0, end, 1 + turn % 5):
                content[at] = rng.integers(256)
        try:
            shape = decode.read_picture(bytes(content), "a", Preprocess(size=(8, 8))).shape
            assert shape == (8, 8, 3)
            read += 1
        except BadPicture as error:
            assert error.reason
        try:
            decode.upright_size(bytes(content), "a")
        except BadPicture:
            pass
print(read)
"""


def test_damaged_ones_are_left_out_and_stop_nothing(tmp_path):
    """In a process of its own, since decoders are C: it must neither crash nor hang."""
    transparent = photo(70, 50)
    transparent.putalpha(128)
    kinds = [("HEIF", {"tile_size": 64})] if pillow_heif else []
    kinds += [("AVIF", {"speed": 10})] if features.check("avif") else []
    for kind, options in kinds:
        (tmp_path / f"plain-{kind}").write_bytes(
            encoded(photo(150, 100), kind, **options, icc_profile=PROFILES["P3"])
        )
        (tmp_path / f"transparent-{kind}").write_bytes(encoded(transparent, kind))
    files = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        [sys.executable, "-c", _FUZZ, "0", *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) < 40 * len(files) or not files  # some are found to be damaged


@pytest.mark.parametrize("kind", KINDS)
def test_every_cut_is_noticed(kind):
    content = encoded(photo(40, 30), kind)
    for end in {*range(0, len(content), 37), len(content) - 1}:
        with pytest.raises(BadPicture):
            decode.read_picture(content[:end], "a", SMALL)


@pytest.fixture
def without(monkeypatch):
    """Neither is read, as where nothing is installed."""
    monkeypatch.setattr(high_efficiency, "_heic_reader", lambda: None)
    monkeypatch.setattr(high_efficiency, "_avif_reader", lambda: None)


def media(brand: bytes, *compatible: bytes) -> bytes:
    """The first box of an ISO base media file, and some of the next."""
    inside = b"ftyp" + brand + b"\0\0\0\0" + b"".join(compatible)
    return (len(inside) + 4).to_bytes(4, "big") + inside + b"\0\0\1\0meta" + bytes(200)


@pytest.mark.parametrize(
    ("brands", "word"),
    [
        ((b"heic", b"mif1", b"heic"), "HEIC"),
        ((b"mif1", b"mif1", b"heic", b"miaf"), "HEIC"),
        ((b"mif1", b"miaf"), "HEIC"),
        ((b"avif", b"mif1"), "AVIF"),
        ((b"mif1", b"miaf", b"avif"), "AVIF"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("without")
def test_what_is_missing_is_named_with_how_to_install_it(brands, word, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(media(*brands))
    with pytest.raises(BadPicture) as caught:
        decode.read_file(path, SMALL)
    assert word in caught.value.reason
    assert "pip install" in caught.value.reason
    french = reason_note(caught.value.reason).fr
    assert french != caught.value.reason
    assert "pip install" in french


@pytest.mark.parametrize(
    "broken", [b"", b"\0\0\0\x08meta", b"\0\0\0\1meta" + b"\xff" * 8, b"\0\0\0\0meta" + bytes(4)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_files_without_a_picture_in_them_are_damaged(kind, broken):
    brand = {"HEIF": b"heic", "AVIF": b"avif"}[kind]
    with pytest.raises(BadPicture, match="truncated or damaged"):
        decode.read_picture(b"\0\0\0\x10ftyp" + brand + bytes(4) + broken, "a", SMALL)


@pytest.mark.usefixtures("without")
def test_a_folder_of_what_is_not_read_says_so_at_once(tmp_path, monkeypatch):
    """Before a picture is decoded; one among many is left out when it comes."""
    folder = make_folder(tmp_path / "photos", ("cat", "dog"), 30, (8, 8))
    (folder / "cat" / "IMG_0001.HEIC").write_bytes(media(b"heic"))
    data = load(folder)
    assert sum(map(len, data.splits())) == 61
    for number in range(10):
        (folder / "cat" / f"IMG_{number:04}.HEIC").write_bytes(media(b"heic"))
    monkeypatch.setattr(decode, "read_picture", None)
    with pytest.raises(
        DataError, match=r"IMG_000\d.HEIC is a HEIC picture \(iPhone\), which needs pillow-heif: pip "
    ):
        load(folder)


def test_limits_let_phones_pictures_through():
    """48 megapixels of an iPhone in 8 MB, as tiles; 24 of 10 bits."""
    for width, height, size_bytes in ((8064, 6048, 8_000_000), (5712, 4284, 6_000_000)):
        pixels = width * height
        steps = heif._STEPS_PIXEL * pixels + heif._STEPS_BYTE * size_bytes
        announced = limits.Announced(width, height, 4, 1, heif._DECODER_BYTES * pixels, steps)
        announced.check("a", size_bytes)

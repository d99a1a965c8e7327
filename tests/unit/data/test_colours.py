"""Colours of wide profiles as sRGB, held to matrices that are written out here and computed with in NumPy.

Profiles are made byte by byte (ICC.1:2022, a matrix and curves), not by what is tested.
"""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from prunelle.data import Preprocess, colours, decode, fast_jpeg
from prunelle.data.colour_codes import profile_of_code
from prunelle.data.file_facts import file_facts
from tests.pictures import encoded, photo

# Linear RGB → XYZ adapted to D50, as published: SMPTE EG 432-1 by Apple's Display P3 profile, Adobe RGB (1998) 4.3.5.3,
# ROMM RGB (ISO 22028-2), IEC 61966-2-1.
P3 = np.array([[0.51512, 0.29198, 0.1571], [0.2412, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
PROPHOTO = np.array([[0.79767, 0.13519, 0.03134], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.8249]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.7141]])
GAMMAS = {"P3": None, "Adobe RGB": 563 / 256, "ProPhoto": 1.8}
MATRICES = {"P3": P3, "Adobe RGB": ADOBE, "ProPhoto": PROPHOTO}


def curve(gamma: float | None) -> np.ndarray:
    """Of 4096 levels to light; None for that of sRGB."""
    values = np.linspace(0, 1, 4096)
    return values**gamma if gamma else to_light(values)


def to_light(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def to_levels(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def expected(levels: np.ndarray, name: str) -> np.ndarray:
    """``(…, 3)`` levels of a profile's space as those of sRGB."""
    values = levels / 255
    gamma = GAMMAS[name]
    light = values**gamma if gamma else to_light(values)
    return to_levels(light @ (np.linalg.inv(SRGB) @ MATRICES[name]).T)


def profile(space: bytes, **tags: bytes) -> bytes:
    """An ICC profile, version 2."""
    start, table, data = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name.encode() + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"", 0x02400000, b"mntr", space, b"XYZ ")
    if space == b"CMYK":
        head = struct.pack(">I4sI4s4s4s", start + len(data), b"", 0x02400000, b"prtr", space, b"Lab ")
    head += bytes(12) + b"acsp" + bytes(28) + xyz([0.9642, 1, 0.8249])[8:]
    return head.ljust(128, b"\0") + table + data


def xyz(values: object) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def curv(values: np.ndarray) -> bytes:
    return (
        b"curv" + bytes(4) + struct.pack(">I", len(values)) + np.rint(values * 65535).astype(">u2").tobytes()
    )


def matrix_profile(matrix: np.ndarray, gamma: float | None) -> bytes:
    columns = dict(zip(("rXYZ", "gXYZ", "bXYZ"), map(xyz, matrix.T), strict=True))
    curves = dict.fromkeys(("rTRC", "gTRC", "bTRC"), curv(curve(gamma)))
    return profile(b"RGB ", wtpt=xyz([0.9642, 1, 0.8249]), **columns, **curves)


PROFILES = {name: matrix_profile(matrix, GAMMAS[name]) for name, matrix in MATRICES.items()}
LEVELS = np.array(
    [[0, 0, 0], [255, 255, 255], [128, 128, 128], [200, 100, 50], [90, 160, 120], [60, 70, 140], [255, 0, 0]],
    np.uint8,
)


@pytest.mark.parametrize("name", PROFILES)
def test_known_colours(name):
    picture = np.repeat(np.repeat(LEVELS[np.newaxis], 2, 0), 2, 1)
    for kind in ("PNG", "TIFF", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = encoded(Image.fromarray(picture), kind, icc_profile=PROFILES[name], **options)
        read = decode.read_picture(content, "a", Preprocess(size=picture.shape[:2])).astype(float)
        # Half a level of rounding, and Little CMS's fixed point.
        assert np.abs(read - expected(picture, name)).max() <= 1.5


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(200, 300), (90, 120), (20, 30)], ids=str)
def test_jpegs_on_the_fast_path_are_converted(size, channels, monkeypatch):
    """Whether decoded whole, resized, or decoded at a part of the size; and grey is the grey of the right colours."""
    image = photo(300, 200)
    content = encoded(image, "JPEG", quality=95, subsampling=0, icc_profile=PROFILES["ProPhoto"])
    plain = encoded(image, "JPEG", quality=95, subsampling=0)
    monkeypatch.setattr(decode, "_decoded", None)  # what Pillow would do
    preprocess = Preprocess(size=size, fit="squash")
    unchanged = decode.read_picture(plain, "a", preprocess)
    right = np.rint(expected(unchanged, "ProPhoto"))
    if channels == 1:
        right = (right @ [299, 587, 114])[..., np.newaxis] / 1000
    read = decode.read_picture(content, "a", Preprocess(size=size, fit="squash", channels=channels))
    assert np.abs(read - right).max() <= 2
    assert np.abs(right - unchanged).mean() > 10


def test_an_srgb_profile_stays_on_the_fast_path_and_changes_nothing(monkeypatch):
    """Three of them: Little CMS's, the published matrix with its curve, and with a coarse one."""
    columns = dict(zip(("rXYZ", "gXYZ", "bXYZ"), map(xyz, SRGB.T), strict=True))
    profiles = [
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        matrix_profile(SRGB, None),
        profile(b"RGB ", **columns, **dict.fromkeys(("rTRC", "gTRC", "bTRC"), curv(curve(None)[::63]))),
    ]
    monkeypatch.setattr(decode, "_decoded", None)
    for each in profiles:
        assert colours.conversion_of(each, "RGB") is None
        assert colours.profile_name(each, "RGB") == ""
        content = encoded(photo(90, 60), "JPEG", icc_profile=each)
        plain = encoded(photo(90, 60), "JPEG")
        settings = Preprocess(size=(20, 20))
        np.testing.assert_array_equal(
            decode.read_picture(content, "a", settings), decode.read_picture(plain, "a", settings)
        )


def test_a_profile_in_several_segments_is_put_together():
    """At most 65,519 bytes of it fit into one (ICC.1:2022, B.4)."""
    large = matrix_profile(P3, None)
    large = large[:128] + large[128:] + bytes(150_000)
    large = struct.pack(">I", len(large)) + large[4:]
    content = encoded(photo(90, 60), "JPEG", icc_profile=large)
    assert content.count(b"ICC_PROFILE\0") == 3
    assert fast_jpeg._header(content)[1] == large
    settings = Preprocess(size=(20, 20))
    small = encoded(photo(90, 60), "JPEG", icc_profile=PROFILES["P3"])
    np.testing.assert_array_equal(
        decode.read_picture(content, "a", settings), decode.read_picture(small, "a", settings)
    )


GREY = profile(b"GRAY", wtpt=xyz([0.9642, 1, 0.8249]), kTRC=curv(curve(1.0)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "16 bits"])
def test_grey_profiles(kind, channels):
    """Of linear light: the middle is much brighter than it looks as it is."""
    ramp = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[np.newaxis], 8, 0)
    image = Image.fromarray(ramp.astype(np.uint16) * 257 if kind == "16 bits" else ramp)
    options = {"quality": 100} if kind == "JPEG" else {}
    content = encoded(image, "JPEG" if kind == "JPEG" else "PNG", icc_profile=GREY, **options)
    read = decode.read_picture(content, "a", Preprocess(size=ramp.shape, channels=channels))
    assert read.shape == (*ramp.shape, channels)
    right = to_levels(ramp / 255.0)[..., np.newaxis]
    assert np.abs(read.astype(float) - right)[:, 3:].max() <= (8 if kind == "JPEG" else 1.5)


def cmyk_profile() -> bytes:
    """Two points an ink, and lightness alone: no ink is white, black ink is black, each other takes a quarter of it."""
    inks = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), -1).reshape(16, 4)
    lightness = np.clip(1 - inks @ [0.25, 0.25, 0.25, 1.0], 0, 1)
    lab = np.stack([lightness * 255, np.full(16, 128), np.full(16, 128)], -1)
    table = np.rint(lab).astype(np.uint8).tobytes()
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + ramp * 4 + table + ramp * 3
    return profile(b"CMYK", wtpt=xyz([0.9642, 1, 0.8249]), A2B0=lut, A2B1=lut)


@pytest.mark.parametrize("fit", ["squash", "pad"])
def test_cmyk_jpegs_have_their_profiles_colours(fit):
    """Half of cyan is an eighth of the way to black there; and what pads it is black, not the colour of no ink."""
    image = Image.new("CMYK", (80, 40), (128, 0, 0, 0))
    content = encoded(image, "JPEG", quality=100, icc_profile=cmyk_profile())
    read = decode.read_picture(content, "a", Preprocess(size=(20, 20), fit=fit)).astype(float)
    light = ((100 * (1 - 0.25 * 128 / 255) + 16) / 116) ** 3  # CIE L* to Y
    assert np.abs(read[10, 10] - to_levels(np.array(light))).max() <= 3
    assert (read[0] == 0).all() == (fit == "pad")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_profiles_that_cannot_be_used_are_passed_over(kind):
    plain = encoded(photo(90, 60), kind)
    settings = Preprocess(size=(20, 20))
    whole = PROFILES["P3"]
    unusable = {
        "noise": np.random.default_rng(0).bytes(500),
        "cut": whole[:300],
        "of greys": GREY,
        "of inks": cmyk_profile(),
        "enormous": whole + bytes(colours.MAX_PROFILE_BYTES),
    }
    for name, each in unusable.items():
        assert colours.profile_name(each, "RGB") == colours.UNUSABLE, name
        if kind == "PNG" and name == "enormous":  # Pillow takes the whole file for damaged
            continue
        content = encoded(photo(90, 60), kind, icc_profile=each)
        np.testing.assert_array_equal(
            decode.read_picture(content, "a", settings), decode.read_picture(plain, "a", settings)
        )


def test_profiles_are_facts_of_a_file(tmp_path):
    path = tmp_path / "a.jpg"
    for profile_bytes, name in ((None, ""), (PROFILES["P3"], "RGB"), (GREY, colours.UNUSABLE)):
        path.write_bytes(encoded(photo(20, 20), "JPEG", icc_profile=profile_bytes))
        facts = file_facts(path)
        assert facts is not None
        assert facts.colours == name


def test_changed_bytes_in_profiles_never_stop_a_picture():
    rng = np.random.default_rng(0)
    levels = np.zeros((4, 4, 3), np.uint8)
    for whole in (PROFILES["P3"][: 132 + 12 * 7 + 400], GREY[:600], cmyk_profile()):
        for _ in range(60):
            changed = bytearray(whole)
            for at in rng.integers(0, min(len(whole), 300), 3):
                changed[at] = rng.integers(256)
            for mode in ("RGB", "L", "CMYK"):
                conversion = colours.conversion_of(bytes(changed), mode)
                if conversion is not None and conversion.mode == "RGB":
                    assert conversion.apply(levels, 3).shape == (4, 4, 3)


def test_images_in_memory_are_converted_like_their_files():
    image = photo(30, 20)
    image.info["icc_profile"] = PROFILES["P3"]
    content = encoded(image, "PNG", icc_profile=PROFILES["P3"])
    settings = Preprocess(size=(20, 30))
    np.testing.assert_array_equal(
        decode.read_image(image, settings), decode.read_picture(content, "a", settings)
    )
    image.info["icc_profile"] = "what a program put there"
    assert decode.read_image(image, settings).shape == (20, 30, 3)


def test_codes_of_colours_become_the_profiles_that_say_the_same():
    """P3's white, primaries and curve: the very levels that the published matrix gives."""
    code = profile_of_code(12, 13)
    assert code is not None
    conversion = colours.conversion_of(code, "RGB")
    assert conversion is not None
    made = conversion.apply(LEVELS[np.newaxis], 3)[0].astype(float)
    assert np.abs(made - expected(LEVELS, "P3")).max() <= 1.5
    for ordinary in ((1, 13), (1, 1), (2, 2), (5, 6), (1, 8)):
        assert profile_of_code(*ordinary) is None
    opened = ImageCms.getOpenProfile(io.BytesIO(code))
    assert opened.profile.xcolor_space == "RGB "


@pytest.mark.parametrize(("transfer", "white"), [(16, 148), (18, 191)], ids=["PQ", "HLG"])
def test_diffuse_white_of_high_dynamic_range_becomes_white(transfer, white):
    """ITU-R BT.2408, table 1: 203 cd/m² is 58 % of PQ and 75 % of HLG."""
    conversion = colours.conversion_of(profile_of_code(9, transfer), "RGB")
    assert conversion is not None
    levels = np.array([0, 64, white - 20, white - 1, white + 1, 255], np.uint8)
    made = conversion.apply(np.repeat(levels[np.newaxis, :, np.newaxis], 3, 2), 3)[0].astype(int)
    assert (np.ptp(made, axis=1) <= 1).all()
    dark, low, below, just_below, above, brightest = made[:, 0]
    assert dark == 0
    assert 0 < low < below < 240
    assert just_below >= 250
    assert above >= 253
    assert brightest == 255

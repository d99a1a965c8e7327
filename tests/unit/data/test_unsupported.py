"""Files that are taken for pictures and are none that is read: said by their content, whatever their name."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from prunelle.data import decode, unsupported
from prunelle.data.pictures import Pictures
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.load import load_series
from prunelle.errors import BadPicture, DataError, PrunelleError, RunError, WeightsError
from prunelle.files import KINDS_FR, no_file
from prunelle.networks.weights import read_weights
from tests.pictures import encoded, photo

PREPROCESS = Preprocess(size=(8, 8))


def media(brand: bytes, *compatible: bytes) -> bytes:
    """The first box of an ISO base media file, and some of the next."""
    inside = b"ftyp" + brand + b"\0\0\0\0" + b"".join(compatible)
    return (len(inside) + 4).to_bytes(4, "big") + inside + b"\0\0\1\0meta" + bytes(200)


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("a.jpg", b"a")
    return stream.getvalue()


def numpy_file() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


FILES = {
    "film, AVIF": media(b"avis", b"avif", b"mif1"),
    "RAW": media(b"crx ", b"isom"),
    "film": media(b"isom", b"avc1"),
    "film, QuickTime": media(b"qt  "),
    "film, AVI": b"RIFF\1\2\3\4AVI LIST" + bytes(50),
    "JPEG XL": b"\xff\x0a" + bytes(50),
    "JPEG 2000": encoded(photo(20, 20), "JPEG2000"),
    "PPM": encoded(photo(20, 20), "PPM"),
    "PGM": encoded(photo(20, 20).convert("L"), "PPM"),
    "icon": encoded(photo(32, 32), "ICO"),
    "PDF": encoded(photo(20, 20), "PDF"),
    "PostScript": encoded(photo(20, 20), "EPS"),
    "Photoshop": b"8BPS\0\1" + bytes(50),
    "RAW, Fuji": b"FUJIFILMCCD-RAW 0201" + bytes(50),
    "DICOM": bytes(128) + b"DICM" + bytes(50),
    "SVG": b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "SVG, without a header": b"\xef\xbb\xbf \n<svg/>",
    "web page": b"<!DOCTYPE HTML>\n<html><title>404</title></html>",
    "Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
    "archive": archive(),
    "archive, gzip": gzip.compress(b"a"),
    "arrays": numpy_file(),
}


@pytest.mark.parametrize("name", FILES)
def test_what_it_is_and_what_to_do(name: str, tmp_path: Path) -> None:
    """Whatever the suffix says."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(FILES[name])
    with pytest.raises(BadPicture) as caught:
        decode.read_file(path, PREPROCESS)
    word = name.partition(",")[0]
    assert word.lower() in caught.value.reason.lower()
    assert any(
        verb in caught.value.reason for verb in ("convert", "develop", "take", "fetch", "unpack", "load")
    )
    french = unsupported.IN_FRENCH[caught.value.reason]
    assert french != caught.value.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF"])
def test_what_is_read_is_none_of_them(kind: str) -> None:
    assert unsupported.known(encoded(photo(20, 20), kind)) is None


def test_text_and_noise_are_none_of_them() -> None:
    rng = np.random.default_rng(0)
    for content in (b"", b"P", b"P6", b"Paris is a city", b"<", b"ftyp", b"plain text\n" * 9):
        assert unsupported.known(content) is None
    for size in range(200):
        unsupported.known(rng.bytes(size))


def special_files(folder: Path) -> dict[str, Path]:
    os.mkfifo(folder / "pipe.jpg")
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(folder / "socket.jpg"))
    bound.close()
    (folder / "folder.jpg").mkdir()
    (folder / "zeros.jpg").symlink_to("/dev/zero")
    (folder / "link.jpg").symlink_to(folder / "pipe.jpg")
    return {
        "a named pipe": folder / "pipe.jpg",
        "a socket": folder / "socket.jpg",
        "a folder": folder / "folder.jpg",
        "a device": folder / "zeros.jpg",
    }


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such files")
def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    """A pipe would be waited for, a device read for ever; so this test runs in a process that can be stopped."""
    paths = special_files(tmp_path)
    assert {kind: no_file(path) for kind, path in paths.items()} == {kind: kind for kind in paths}
    assert no_file(tmp_path / "link.jpg") == "a named pipe"
    assert no_file(tmp_path / "nothing") is None
    assert set(paths) == set(KINDS_FR)
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from tests.unit.data import test_unsupported
test_unsupported.open_all(Path({str(tmp_path)!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


def open_all(folder: Path) -> None:
    """Everything that opens a file of a person's, on each kind of what is no file."""
    from prunelle.csv_files import read_table
    from prunelle.data.listing import pictures
    from prunelle.runs.run import Run
    from prunelle.tasks import augment
    from prunelle.tasks.convolving import convolve
    from prunelle.training.checkpoint import load_tensors

    listed = pictures(folder)[0]
    assert listed == []
    for name in ("pipe.jpg", "socket.jpg", "folder.jpg", "zeros.jpg", "link.jpg"):
        path = folder / name
        kind = str(no_file(path))
        found = dict(Pictures().read(path, PREPROCESS))
        assert found == {str(path): f"{kind}, not a file"}
        assert decode.read_header(path) is None
        for opened, error in (
            (lambda path=path: augment([path], folder / "out.png"), BadPicture),
            (lambda path=path: convolve(str(path), "sobel-x"), PrunelleError),
            (lambda path=path: read_table(path, ()), DataError),
            (lambda path=path: load_tensors(path), RunError),
            (lambda path=path: load_series(path.rename(path.with_suffix(".ts"))), DataError),
        ):
            with pytest.raises(error, match=r"not a file|no picture"):
                opened()
        path.with_suffix(".ts").rename(path)
        if name != "folder.jpg":
            with pytest.raises(WeightsError, match="not a file"):
                read_weights(path)
    run = folder / "run"
    run.mkdir()
    network = {"name": "lenet5", "num_classes": 2, "input_shape": [1, 8, 8], "options": {}}
    data = {"name": "digits", "source": None, "notes": []}
    info = {"status": "training", "recipe": {}, "network": network, "data": data}
    (run / "run.json").write_text(json.dumps(info))
    os.mkfifo(run / "classes.json")
    with pytest.raises(RunError, match="a named pipe"):
        Run.open(run)

"""Files of series that are damaged, or say more than they hold: a sentence, before the memory is taken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.data.series import long, npz, prepare, text
from prunelle.data.series.container import Series
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.series.reading import read_file
from prunelle.errors import DataError

HEAD = "@problemName p\n@timeStamps false\n@classLabel true a b\n"


def header(shape: tuple[int, ...], descr: Any = "<f4") -> bytes:
    """Of an ``.npy`` file."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            header((10**6, 10**6)) + b"\0" * 100,
            r"X.npy says it has shape \(1000000, 1000000\), .* and holds 100",
        ),
        (header((10**30,)), "says it has shape"),
        (header((1,), "|V1000000000") + b"\0", "1,000,000,000 bytes, and holds 1"),
        (header((-3, 4)), "cannot be read as .npz|says it has shape"),
        (header((2,), "|O") + b"junk", r"holds Python objects \(X.npy\).*dtype=str"),
        (header((2,), [("a", "<f4"), ("b", "<i4")]) + b"\0" * 16, "X must be numbers"),
        (header((2,), "<c8") + b"\0" * 16, "X must be numbers"),
        (b"\x93NUMPY\x01\x00\x10\x00{(((((((((((((((", "cannot be read as .npz"),
        (b"\x93NUMPY\x09\x00\x10\x00{}", "cannot be read as .npz"),
        (b"hello", "cannot be read as .npz"),
        (b"", "cannot be read as .npz"),
    ],
)
def test_npz_that_lies_or_is_damaged(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_file(archive(tmp_path / "p.npz", X=content))


def test_npz_far_larger_than_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npz, "_FREE", 1 << 16)
    path = archive(tmp_path / "p.npz", X=header((100, 1000)) + b"\0" * 400_000)
    with pytest.raises(DataError, match=r"0.0 GB out of 0.0 MB, more than 20 times as much.*numpy.savez"):
        read_file(path)
    # As it comes from numpy.savez_compressed, values that differ stay below that.
    values = np.random.default_rng(0).normal(size=(100, 1000)).astype(np.float32)
    np.savez_compressed(path, X=values)
    np.testing.assert_array_equal(read_file(path).series.values.reshape(100, 1000), values)


@pytest.mark.parametrize("cut", range(0, 700, 23))
def test_npz_cut_or_flipped_anywhere(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "p.npz"
    np.savez_compressed(path, X=np.arange(12.0).reshape(3, 4), y=[0, 1, 0])
    content = bytearray(path.read_bytes())
    for damaged in (
        content[:cut],
        content[:cut] + bytes([content[cut % len(content)] ^ 0xFF]) + content[cut + 1 :],
    ):
        path.write_bytes(damaged)
        try:
            found = read_file(path)
        except DataError:
            continue
        else:
            np.testing.assert_array_equal(found.series.values.ravel(), np.arange(12.0))


@pytest.mark.parametrize("name", ["p.ts", "p.csv", "p.tsv", "p.txt", "p.arff", "p_TRAIN"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0" * 5000, "line 1: a NUL character"),
        ("1,2,a\n".encode("utf-32"), "a NUL character"),
        (b"1,2,\xff\n", "is no UTF-8 text"),
        (b"\x1f\x8b\x08junk", r"is compressed \(gzip\); unpack it first"),
        (b"PK\x03\x04junk", "is an archive or a spreadsheet; save it as CSV"),
        (b"", "has no series"),
        (b"1," * 3000, "line 1: more than 4,096 characters"),
    ],
)
def test_text_that_is_none(
    tmp_path: Path, name: str, content: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "MOST_CHARACTERS", 1 << 12)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_file(tmp_path / name)


@pytest.mark.parametrize(
    ("head", "body", "message"),
    [
        (
            "@seriesLength " + "9" * 5000 + "\n",
            "1:a\n",
            r"@serieslength must be a whole number; received '9{40}'\.",
        ),
        (
            "@seriesLength 9" + "0" * 30 + "\n@equalLength true\n",
            "1:a\n",
            "1 values; @seriesLength says 9000",
        ),
        ("@dimensions 99999999999\n", "1:a\n", "1 channels; @dimensions says 99999999999"),
        ("", ":" * 20_000 + "a\n", "line 5: more than 10,000 channels"),
    ],
)
def test_ts_that_promises_too_much(tmp_path: Path, head: str, body: str, message: str) -> None:
    path = tmp_path / "p.ts"
    path.write_text(HEAD + head + "@data\n" + body)
    with pytest.raises(DataError, match=message):
        read_file(path)


def test_a_name_without_end(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f't0,"{"x" * 5000}\n1,2\n3,4\n')
    with pytest.raises(
        DataError, match="taken for a header, and names a column in more than 1,000 characters"
    ):
        read_file(path)


def test_a_channel_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "_MOST_CELLS", 1 << 10)
    path = tmp_path / "p.csv"
    path.write_text("series,time,channel,value\n" + "".join(f"a,{i},c{i},1\n" for i in range(100)))
    with pytest.raises(
        DataError, match="100 channels and 100 times for 100 values; nearly all would be missing"
    ):
        read_file(path)


def test_one_long_series_does_not_pad_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_FREE", 1 << 16)
    series = Series.of([np.zeros((5000, 1), np.float32), *[np.zeros((1, 1), np.float32)] * 500])
    padded = SeriesPreprocess(length=5000, fit="pad")
    with pytest.raises(DataError, match=r"501 series would take 0.0 GB at 5,000 steps each.*--size STEPS"):
        prepare.prepare(series, padded)
    assert prepare.prepare(series.take(np.arange(4)), padded).shape == (4, 5000, 1)

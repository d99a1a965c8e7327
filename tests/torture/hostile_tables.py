"""Tables of labels and of series, damaged, odd, or of a size that only a header claims."""

from __future__ import annotations

import functools
import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable

import numpy as np

from tests.torture.materials import CLASSES, wave
from tests.torture.mutations import damaged

_CELLS = (
    "",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "1e-400",
    "0x10",
    "1_000",
    "1,5",
    "١",
    "½",
    "--1",
    "1e",
    "?",
    "None",
    '"',
    '""',
    "\0",
    "\x1b[31m",
    "=1+1",
    "\u2028",
    "\ufeff",
    "9" * 400,
    "a" * 200_000,
    "../../../etc/passwd",
    "/dev/zero",
    "",
    "\r",
    "NA",
    "0.0",
    "late ",
)
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-32")


def _series(count: int = 12) -> list[tuple[str, list[str]]]:
    return [
        (name, [f"{value:.4f}" for value in wave(late, 100 + number)])
        for number in range(count)
        for late, name in enumerate(("early", "late"))
    ]


def _ts() -> str:
    lines = [
        "@problemName w",
        "@univariate true",
        "@equalLength true",
        "@seriesLength 16",
        "@classLabel true early late",
    ]
    return "\n".join([*lines, "@data", *(f"{','.join(values)}:{name}" for name, values in _series())]) + "\n"


def _tsv(separator: str = "\t") -> str:
    return "\n".join(separator.join([name, *values]) for name, values in _series()) + "\n"


def _csv() -> str:
    header = ",".join(["label", *(f"t{step}" for step in range(16))])
    return f"{header}\n{_tsv(',')}"


def _long() -> str:
    lines = ["series,time,value,label"]
    for number, (name, values) in enumerate(_series(6)):
        lines += [f"{number},{step},{value},{name}" for step, value in enumerate(values)]
    return "\n".join(lines) + "\n"


def _arff() -> str:
    lines = [
        "@relation w",
        *(f"@attribute t{step} numeric" for step in range(16)),
        "@attribute target {early,late}",
        "@data",
    ]
    return "\n".join([*lines, *(",".join([*values, name]) for name, values in _series())]) + "\n"


def _labels() -> str:
    rows = [f"{name}/{number:02}.jpg,{name}" for name in CLASSES for number in range(14)]
    return "\n".join(["file,label", *rows]) + "\n"


TABLES: dict[str, tuple[str, ...]] = {
    # the table's kind, and the suffixes it goes by
    "ts": (".ts",),
    "tsv": (".tsv", ".txt"),
    "csv": (".csv",),
    "long": (".csv",),
    "arff": (".arff",),
    "labels": (".csv",),
}
_WHOLE = {"ts": _ts, "tsv": _tsv, "csv": _csv, "long": _long, "arff": _arff, "labels": _labels}


@functools.cache
def whole(kind: str) -> str:
    """A good table."""
    return _WHOLE[kind]()


def table(kind: str, draw: random.Random) -> tuple[str, bytes]:
    """``(suffix, content)``."""
    suffix, chance = draw.choice(TABLES[kind]), draw.random()
    text = whole(kind)
    if chance < 0.05:
        return suffix, text.encode()
    if chance < 0.35:
        other = whole(draw.choice(tuple(TABLES))).encode()
        return suffix, damaged(text.encode(), other, draw)
    for _ in range(draw.choice((1, 1, 2, 3))):
        text = draw.choice(_CHANGES)(text, draw)
    encoding = draw.choice(("utf-8",) * 6 + _ENCODINGS)
    return suffix, text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")


def _rows(text: str) -> list[str]:
    return text.split("\n")


def _other_cell(text: str, draw: random.Random) -> str:
    rows = _rows(text)
    for _ in range(draw.choice((1, 1, 5))):
        at = draw.randrange(len(rows))
        cells = rows[at].split(",")
        cells[draw.randrange(len(cells))] = draw.choice(_CELLS)
        rows[at] = ",".join(cells)
    return "\n".join(rows)


def _other_line(text: str, draw: random.Random) -> str:
    rows = _rows(text)
    rows.insert(
        draw.randrange(len(rows) + 1),
        draw.choice(
            (
                "",
                "@data",
                "@classLabel true",
                "@attribute x {",
                "#",
                "a,b",
                ",",
                "x" * 10**6,
                "," * 10**6,
                "@seriesLength 99999999999",
                "@dimensions -3",
                "@timeStamps true",
                "@missing true",
                '"open',
                "%",
                "1,2,3:a:b:c",
            )
        ),
    )
    return "\n".join(rows)


def _fewer_lines(text: str, draw: random.Random) -> str:
    rows = _rows(text)
    return "\n".join(rows[: draw.choice((0, 1, 2, 3, 6))] + rows[len(rows) - draw.choice((0, 1, 2)) :])


def _shuffled(text: str, draw: random.Random) -> str:
    rows = _rows(text)
    draw.shuffle(rows)
    return "\n".join(rows)


def _other_ends(text: str, draw: random.Random) -> str:
    return text.replace("\n", draw.choice(("\r\n", "\r", "\n\n", "\x0b", "\u2028", "\n \n", "\x00\n")))


def _other_separator(text: str, draw: random.Random) -> str:
    return text.replace(draw.choice((",", "\t", ":")), draw.choice((";", "\t", "|", " ", ",,", ":", ", ")))


def _many_labels(text: str, draw: random.Random) -> str:
    for name in ("early", "late", *CLASSES):
        rows = text.split(f"{name}\n")
        text = "".join(f"{row}{name}{i if draw.random() < 0.9 else ''}\n" for i, row in enumerate(rows))
    return text


def _twice(text: str, draw: random.Random) -> str:
    return text + text


_CHANGES: tuple[Callable[[str, random.Random], str], ...] = (
    _other_cell,
    _other_cell,
    _other_cell,
    _other_line,
    _other_line,
    _fewer_lines,
    _shuffled,
    _other_ends,
    _other_separator,
    _many_labels,
    _twice,
)


# --- arrays ---------------------------------------------------------------------------------------------------


def npy(header: str, data: bytes, version: int = 1) -> bytes:
    """An ``.npy`` with this header, whatever it says."""
    text = header.encode("latin-1")
    size = struct.pack("<H", len(text) & 0xFFFF) if version == 1 else struct.pack("<I", len(text))
    return b"\x93NUMPY" + bytes((version, 0)) + size + text + data


def _good_npz() -> bytes:
    values = np.stack([wave(late, number) for number in range(12) for late in (0, 1)]).astype(np.float32)
    stream = io.BytesIO()
    np.savez(stream, X=values, y=np.array(["early", "late"] * 12))
    return stream.getvalue()


_SHAPES = (
    "(24, 16)",
    "(24, 16, 1)",
    "(0,)",
    "()",
    "(-1, 16)",
    "(10**9,)",
    "(99999999999, 16)",
    "(2**62, 16)",
    "(24, 16",
    "[24, 16]",
    "(1,) * 99999",
    "__import__('os')",
)
_TYPES = (
    "<f4",
    ">f8",
    "|O",
    "<U4",
    "<U999999999",
    "|V8",
    "<c16",
    "|b1",
    "<M8[s]",
    "<f2",
    "x",
    "[('a', '<f4')]",
    "<i8",
)


def npz(draw: random.Random) -> tuple[str, bytes]:
    """An archive of arrays: damaged, lying, or much larger inside."""
    chance = draw.random()
    if chance < 0.05:
        return ".npz", _good_npz()
    if chance < 0.4:
        return ".npz", damaged(_good_npz(), whole("csv").encode(), draw)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name in draw.choice(
            (
                ("X", "y"),
                ("X_train", "y_train", "X_test", "y_test"),
                ("X",),
                ("a", "b", "c"),
                ("../X", "y"),
                (),
            )
        ):
            kind, order, shape = draw.choice(_TYPES), draw.choice((True, False)), draw.choice(_SHAPES)
            header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
            data = bytes(draw.choice((0, 100, 1536, 10**6)))
            if draw.random() < 0.1:
                data = bytes(3 * 10**8)
                header = "{'descr': '<f4', 'fortran_order': False, 'shape': (75000000,), }"
            packed = zipfile.ZIP_DEFLATED if len(data) > 10**8 else archive.compression
            content = npy(header + "\n", data, draw.choice((1, 1, 2, 3, 9)))
            archive.writestr(f"{name}.npy", content, packed, 1)
    return ".npz", stream.getvalue()


def idx(draw: random.Random) -> dict[str, bytes]:
    """The four files of MNIST, small, one of them not as it should be."""
    images, labels = np.zeros((20, 28, 28), np.uint8), np.arange(20, dtype=np.uint8) % 10
    files = {}
    for part in ("train", "t10k"):
        files[f"{part}-images-idx3-ubyte.gz"] = (
            struct.pack(">4BIII", 0, 0, 8, 3, 20, 28, 28) + images.tobytes()
        )
        files[f"{part}-labels-idx1-ubyte.gz"] = struct.pack(">4BI", 0, 0, 8, 1, 20) + labels.tobytes()
    name, packed = draw.choice(tuple(files)), draw.random() < 0.5
    how = draw.randrange(4)
    if how == 0:
        files[name] = (
            files[name][:4] + struct.pack(">I", draw.choice((0, 2**31, 2**32 - 1))) + files[name][8:]
        )
    elif how == 1:
        files[name] += bytes(draw.choice((1, 8 * 10**8)))
    elif not packed:
        files[name] = damaged(files[name], b"", draw)
    made = {each: gzip.compress(content, 1) for each, content in files.items()}
    if packed:
        made[name] = damaged(made[name], whole("csv").encode(), draw)
    return made

"""Which examples are the same, whatever their files are called: by what they decode to.

Two examples are the same when a network receives the same numbers: equal bytes, the same picture under another name or
in another lossless format, the same series in another kind of file. A JPEG decoded at a fraction of its size (see
``decode``) does not give, to the last level, what a PNG of the same pixels gives. Pictures from files therefore also
have a sketch, the mean grey of 8×8 parts. Where two sketches almost agree, the files are compared at their full size:
they are the same when they are equally large and no block of 8×8 pixels differs in its mean by more than saving it anew
as a JPEG would explain. So a small mark on one of two pictures from a fixed camera keeps them apart.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from prunelle.data import decode
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.errors import BadPicture, DataError

DIGEST_BYTES = 16
SKETCH_SIDE = 8
_NEAR = 4.0  # levels, mean over a sketch. JPEG against PNG: at most 1.4 over 150 photos; other photos: 12 at least
_UNSEEN = 1.0  # the same where a file is gone, so that nothing but the sketches can be compared
_CONTRAST = 4.0  # levels, standard deviation; flatter pictures are alike without being the same
_BLOCK = 8  # pixels: JPEG's blocks
_SAME_BLOCK = 2.5  # levels
_SAME_FLAT = 0.25
_NEIGHBOURS = 3
_CHUNK = 1024


@dataclasses.dataclass(frozen=True, eq=False)
class Contents:
    """What N examples hold, at one preprocessing.

    Attributes:
        digests: N, hexadecimal; equal where the decoded examples are.
        sketches: ``(N, 64)`` uint8, the mean grey of 8×8 parts; None of what is no picture from a file.
        files: N, where they came from; None without sketches.
        near: ``(N,)`` int64, the same number for near copies (``near_copies``) and for what is the same, -1 for what is
            there once; None where nobody has compared them.
    """

    digests: tuple[str, ...]
    sketches: np.ndarray | None = None
    files: tuple[str, ...] | None = None
    near: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.digests)

    def take(self, rows: Sequence[int] | np.ndarray) -> Contents:
        """Those of ``rows``, in that order."""
        return Contents(
            tuple(self.digests[row] for row in rows),
            None if self.sketches is None else self.sketches[np.asarray(rows, np.int64)],
            None if self.files is None else tuple(self.files[row] for row in rows),
            None if self.near is None else self.near[np.asarray(rows, np.int64)],
        )

    def moved(self, files: tuple[str, ...]) -> Contents:
        """The same in other files."""
        return self if self.files is None else dataclasses.replace(self, files=files)

    def written(self, row: int) -> str:
        """Row ``row`` as a text without commas."""
        if self.sketches is None:
            return self.digests[row]
        return f"{self.digests[row]}:{base64.b64encode(self.sketches[row].tobytes()).decode()}"

    @classmethod
    def read(cls, texts: Sequence[str], files: Sequence[str] | None) -> Contents:
        """The inverse of ``written``, row by row.

        Raises:
            DataError: a text that ``written`` does not give.
        """
        digests, sketches = [], []
        for text in texts:
            digest, colon, sketch = text.partition(":")
            try:
                levels = np.frombuffer(base64.b64decode(sketch, validate=True), np.uint8)
                if len(bytes.fromhex(digest)) != DIGEST_BYTES or len(levels) not in (0, SKETCH_SIDE**2):
                    raise ValueError
            except (ValueError, binascii.Error):
                raise DataError(f"{text[:40]!r} does not say what an example holds.") from None
            digests.append(digest)
            sketches += [levels] if colon else []
        if files is None or not sketches or len(sketches) < len(digests):
            return cls(tuple(digests))
        return cls(tuple(digests), np.stack(sketches), tuple(files))

    @classmethod
    def joined(cls, parts: Sequence[Contents]) -> Contents:
        """One after the other; sketches only where all have them."""
        digests = tuple(digest for part in parts for digest in part.digests)
        sketches = [part.sketches for part in parts if part.sketches is not None]
        groups = [part.near for part in parts if part.near is not None]
        near = np.concatenate(groups) if parts and len(groups) == len(parts) else None
        if not parts or len(sketches) < len(parts):
            return cls(digests, near=near)
        files = tuple(file for part in parts for file in part.files or ())
        return cls(digests, np.concatenate(sketches), files, near)


def contents_of(pixels: Pixels) -> Contents:
    """Of decoded pictures, or prepared series."""
    digests: list[str] = []
    sketches: list[np.ndarray] = []
    pictures = pixels.images.dtype == np.uint8
    for start in range(0, len(pixels), _CHUNK):
        chunk = np.ascontiguousarray(pixels.images[start : start + _CHUNK])
        digests += [_digest(_without_padding(one) if one.ndim == 2 else one) for one in chunk]
        if pictures and pixels.files is not None:
            sketches.append(_sketches(chunk))
    if not sketches:
        return Contents(tuple(digests))
    return Contents(tuple(digests), np.concatenate(sketches), pixels.files)


def _digest(example: np.ndarray) -> str:
    state = hashlib.blake2b(repr(example.shape).encode(), digest_size=DIGEST_BYTES)
    state.update(example.data)
    return state.hexdigest()


def _without_padding(series: np.ndarray) -> np.ndarray:
    """``(T, C)`` without the NaN at its end, and with one kind of zero."""
    there = np.flatnonzero(~np.isnan(series).all(axis=1))
    # -0 + 0 is 0, so both zeros have the same bytes.
    return np.ascontiguousarray(series[: there[-1] + 1 if len(there) else 0] + np.float32(0))


def _sketches(images: np.ndarray) -> np.ndarray:
    """``(N, H, W, C)`` uint8 → ``(N, 64)`` uint8."""
    grey = torch.from_numpy(images.astype(np.float32)).mean(dim=3).unsqueeze(1)
    means = F.adaptive_avg_pool2d(grey, SKETCH_SIDE)
    return means.round_().to(torch.uint8).reshape(len(images), -1).numpy()


def groups(contents: Contents) -> np.ndarray:
    """``(N,)`` int64: the same number for the same example, numbers in the order of their first one."""
    number: dict[str, int] = {}
    of = np.array([number.setdefault(digest, len(number)) for digest in contents.digests], np.int64)
    first = np.unique(of, return_index=True)[1]
    parent = list(range(len(number)))

    def root(group: int) -> int:
        while parent[group] != group:
            group = parent[group]
        return group

    alike = _Alike()
    for one, other in _near(contents.take(first), None):
        first_root, other_root = sorted((root(one), root(other)))
        if first_root != other_root and alike(*(_files(contents, first[i]) for i in (one, other))):
            parent[other_root] = first_root
    return np.array([root(group) for group in range(len(number))], np.int64)[of]


def _surely(one: Contents, row: int, other: Contents, other_row: int) -> bool:
    """Whether sketches alone tell that two pictures are the same."""
    assert one.sketches is not None
    assert other.sketches is not None
    levels, others = one.sketches[row].astype(float), other.sketches[other_row].astype(float)
    return bool(levels.std() >= _CONTRAST and np.abs(levels - others).mean() <= _UNSEEN)


def _files(contents: Contents, row: int) -> str:
    assert contents.files is not None
    return contents.files[row]


def matching_rows(examples: Contents, known: Contents) -> np.ndarray:
    """``(N,)`` int64: for each example, the row of the same one among ``known``; -1 where it is not there.

    Where the file of a known picture is gone, sketches that agree even better are enough.
    """
    row_of: dict[str, int] = {}
    for row, digest in enumerate(known.digests):
        row_of.setdefault(digest, row)
    rows = np.array([row_of.get(digest, -1) for digest in examples.digests], np.int64)
    left = np.flatnonzero(rows < 0)
    alike = _Alike()
    for place, row in _near(examples.take(left), known):
        example = left[place]
        if rows[example] >= 0:
            continue
        same = alike(_files(examples, example), _files(known, row))
        if _surely(examples, example, known, row) if same is None else same:
            rows[example] = row
    return rows


def near_groups(examples: Contents, known: Contents) -> np.ndarray:
    """``(N,)`` int64: the group of near copies among ``known`` that each example is of; -1 where it is of none.

    An example is found there by its digest: it is one of those that were compared.
    """
    if known.near is None:
        return np.full(len(examples), -1)
    group_of = dict(zip(known.digests, known.near.tolist(), strict=True))
    return np.array([group_of.get(digest, -1) for digest in examples.digests], np.int64)


def _near(examples: Contents, known: Contents | None) -> Iterator[tuple[int, int]]:
    """Pairs whose sketches almost agree: of an example and a known one, or of two examples; the nearest few of each."""
    from scipy.spatial import cKDTree

    others = examples if known is None else known
    if examples.sketches is None or others.sketches is None or not len(examples) or not len(others):
        return
    ours, theirs = (one.sketches.astype(np.float32) for one in (examples, others) if one.sketches is not None)
    # Means of means cannot differ by more, and a tree of 16 dimensions is thirty times as fast as one of 64.
    nearest = min(_NEIGHBOURS + (known is None), len(theirs))
    _, neighbours = cKDTree(_coarse(theirs)).query(
        _coarse(ours), k=range(1, nearest + 1), p=1, distance_upper_bound=_NEAR * SKETCH_SIDE**2 / 4
    )
    for row, nearest_rows in enumerate(neighbours.tolist()):
        for other in nearest_rows:
            if other == len(theirs):
                break  # no more that are so near
            if (known is not None or other != row) and np.abs(ours[row] - theirs[other]).mean() <= _NEAR:
                yield row, other


def _coarse(levels: np.ndarray) -> np.ndarray:
    """``(N, 64)`` → ``(N, 16)``."""
    half = SKETCH_SIDE // 2
    return np.asarray(levels.reshape(-1, half, 2, half, 2).mean(axis=(2, 4)).reshape(-1, half**2))


class _Alike:
    """Whether two files hold the same picture, at its full size; None where one is gone. Each is decoded once."""

    def __init__(self) -> None:
        self._blocks: dict[str, np.ndarray | None] = {}

    def __call__(self, one: str, other: str) -> bool | None:
        blocks, others = (self._of(file) for file in (one, other))
        if blocks is None or others is None:
            return None
        if blocks.shape != others.shape:
            return False
        most = _SAME_BLOCK if blocks.std() >= _CONTRAST else _SAME_FLAT
        return bool(np.abs(blocks - others).max(initial=0) <= most)

    def _of(self, file: str) -> np.ndarray | None:
        if file not in self._blocks:
            self._blocks[file] = _block_means(Path(file))
        return self._blocks[file]


def _block_means(file: Path) -> np.ndarray | None:
    """Mean grey of the blocks of a picture, the last ones smaller; None where it cannot be read."""
    try:
        content = decode.read_bytes(file)
        height, width, _ = decode.upright_size(content, str(file))
        grey = decode.read_picture(content, str(file), Preprocess(size=(height, width))).mean(axis=2)
    except BadPicture:
        return None
    starts = [np.arange(0, side, _BLOCK) for side in (height, width)]
    sums = np.add.reduceat(np.add.reduceat(grey, starts[0], axis=0), starts[1], axis=1)
    counts = [np.diff(np.append(start, side)) for start, side in zip(starts, (height, width), strict=True)]
    return np.asarray(sums / np.outer(*counts))

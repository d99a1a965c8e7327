"""What a frozen trunk makes of pictures, computed once and kept on disk.

A store is a folder of the cache, named by a digest of all that changes what the trunk gives: its weights and
operations, the normalisation, and, of augmented views, the augmentation and the view's number. In it, ``rows`` holds
features one after the other, and ``keys`` the digest of each row's pixels and one of the row itself. Both only grow,
rows first, so a key on disk has its row on disk: what was interrupted goes on, and a picture that changed is computed
alone. Rows are compared with their digests each time they are used; one that was altered is computed anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import io
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import fx, nn

from prunelle.data import cache_files
from prunelle.data.augment import Augment
from prunelle.data.batches import derive_seed
from prunelle.data.kinds import AnyAugment
from prunelle.data.pixels import Pixels, Progress
from prunelle.disk import held, is_full, reason
from prunelle.errors import CannotWrite, DiskFull
from prunelle.texts import EN, FR, Note
from prunelle.training.fast import answering
from prunelle.training.inference import Normaliser
from prunelle.training.outputs import evaluation_mode
from prunelle.training.speed import channels_last

BATCH = 32
"""Pictures that go through the trunk together; the last are filled up with black ones, so that sums are always
rounded alike."""
_VERSION = 3
_KEY_BYTES = 16  # of the picture's digest, and as many of the row's


@dataclasses.dataclass(frozen=True)
class View:
    """How the pictures are changed before the trunk sees them.

    Attributes:
        augment: how; the default changes nothing.
        seed: of the training.
        number: 0 is the pictures as they are, whatever ``augment`` says.
    """

    augment: AnyAugment = dataclasses.field(default_factory=Augment)
    seed: int = 0
    number: int = 0

    def name(self) -> str:
        """What tells it from others."""
        if not self.number:
            return "as they are"
        return f"{json.dumps(dataclasses.asdict(self.augment))} {self.seed} {self.number}"

    def of(self, image: np.ndarray, digest: bytes) -> torch.Tensor:
        """``(H, W, C)`` uint8 → ``(C, H, W)`` float32 in [0, 255]: the same for the same pixels, always."""
        tensor = torch.from_numpy(np.array(image)).movedim(-1, 0)
        if self.number:
            seed = derive_seed(self.seed, "view", self.number, digest.hex())
            tensor = self.augment.apply(tensor[None], torch.Generator().manual_seed(seed))[0]
        return tensor.to(torch.float32)


class NoNormalisation:
    """The normalisation of features: none."""

    def normalise(self, images: torch.Tensor, /) -> torch.Tensor:
        """The same."""
        return images


class FeatureStore:
    """Features of one trunk, in one view, on disk.

    Args:
        trunk: ``(N, C, H, W)`` → ``(N, …)``; its device is where it runs.
        normaliser: what its batches go through first.
        settings: text that says all that ``normaliser`` does.
        shape: of the trunk's output without the batch dimension.
        view: of the pictures.
    """

    def __init__(
        self,
        trunk: fx.GraphModule,
        normaliser: Normaliser,
        settings: str,
        shape: Sequence[int],
        view: View | None = None,
    ) -> None:
        self._trunk, self._normaliser = trunk, normaliser
        self._faster: fx.GraphModule | None = None  # made where there is something to compute
        self._view = view or View()
        # Rows are kept channels last, as pictures are.
        self.shape = (*shape[1:], shape[0])
        key = hashlib.blake2b(
            repr((_VERSION, settings, self.shape, self._view.name())).encode(), digest_size=20
        )
        key.update(trunk_digest(trunk))
        self.folder = cache_files.cache_folder() / "features" / key.hexdigest()

    @property
    def row_bytes(self) -> int:
        """Of one picture's features."""
        return 4 * math.prod(self.shape)

    def take(
        self, pixels: Pixels, what: str, *, memory_budget: int, progress: Progress | None = None
    ) -> Pixels:
        """The features of a split, in its order: ``images`` is ``(N, …, C)`` float32.

        What is not there yet, or is damaged, is computed and stays there; ``notes`` says what was damaged.

        Args:
            pixels: decoded.
            what: its name, for ``progress``.
            memory_budget: bytes up to which they are in memory; beyond, in a file that is mapped.
            progress: told how far it is.

        Raises:
            DiskFull: no room for them.
        """
        digests = [_digest(pixels.images[row]) for row in range(len(pixels))]
        try:
            with self._opened(len(pixels) * self.row_bytes) as store:
                damaged = store.forget_damaged(digests)
                self._complete(store, pixels, digests, what, progress)
                rows = np.array([store.index[digest] for digest in digests], np.int64)
                images = self._read(store, rows, memory_budget)
        except OSError as error:
            if is_full(error):
                needed = len(pixels) * self.row_bytes
                raise DiskFull(
                    f"no room for the features of the {what} split in {self.folder}: {needed:,} bytes are needed. "
                    f"What was computed is kept. Free some, or name a folder on another disk with the environment "
                    f"variable PRUNELLE_CACHE."
                ) from None
            raise CannotWrite(
                f"features cannot be kept in {self.folder}: {reason(error)}. Name another folder with the environment "
                f"variable PRUNELLE_CACHE."
            ) from None
        notes = (_recompute_note(what, damaged, self.folder),) if damaged else ()
        return dataclasses.replace(pixels, images=images, notes=notes)

    @contextlib.contextmanager
    def _opened(self, needed: int) -> Iterator[_Rows]:
        self.folder.mkdir(parents=True, exist_ok=True)
        _make_room(self.folder, needed)
        # Unbuffered: what a full disk refuses is not written later.
        with (
            held(self.folder / "lock", "", wait=True),
            open(self.folder / "keys", "a+b", buffering=0) as keys,
            open(self.folder / "rows", "a+b", buffering=0) as rows,
        ):
            yield _Rows(keys, rows, self.row_bytes)

    def _complete(
        self, store: _Rows, pixels: Pixels, digests: Sequence[bytes], what: str, progress: Progress | None
    ) -> None:
        # By digest: copies of a picture are computed once.
        missing = list({d: row for row, d in enumerate(digests) if d not in store.index}.items())
        if not missing:
            return
        # Said before anything is computed, not when the disk is full halfway.
        if shutil.disk_usage(self.folder).free < len(missing) * self.row_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        device = next((weight.device for weight in self._trunk.parameters()), torch.device("cpu"))
        if self._faster is None:
            self._faster = answering(self._trunk) if device.type == "cpu" else self._trunk
        with evaluation_mode(self._faster):
            for start in range(0, len(missing), BATCH):
                some = missing[start : start + BATCH]
                views = [self._view.of(pixels.images[row], digest) for digest, row in some]
                views += [torch.zeros_like(views[0])] * (BATCH - len(some))
                images = channels_last(torch.stack(views).to(device))
                features = self._faster(self._normaliser.normalise(images)).float()[: len(some)]
                store.append(
                    [digest for digest, _ in some], features.movedim(1, -1).cpu().contiguous().numpy()
                )
                if progress is not None:
                    progress(
                        Note(f"features of {what}", f"caractéristiques de {what}"),
                        start + len(some),
                        len(missing),
                    )

    def _read(self, store: _Rows, rows: np.ndarray, memory_budget: int) -> np.ndarray:
        if not len(rows):
            return np.empty((0, *self.shape), np.float32)
        mapped = np.memmap(self.folder / "rows", np.float32, "r", shape=(store.num_rows, *self.shape))
        if len(rows) * self.row_bytes <= memory_budget:
            images = np.empty((len(rows), *self.shape), np.float32)
            # In the file's order, so that a disk reads forward.
            order = np.argsort(rows, kind="stable")
            images[order] = mapped[rows[order]]
            return images
        if np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            return mapped[rows[0] : rows[0] + len(rows)]
        # Its name is gone at once, its bytes with the process.
        with tempfile.TemporaryFile(dir=self.folder) as file:
            for row in rows:
                file.write(mapped[row].data)
            file.flush()
            return np.memmap(file, np.float32, "r", shape=(len(rows), *self.shape))


class _Rows:
    """The two files of a store, opened to append; what a killed process left half written is cut off."""

    def __init__(self, keys: io.FileIO, rows: io.FileIO, row_bytes: int) -> None:
        self._keys, self._rows = keys, rows
        self._row_bytes = row_bytes
        keys.seek(0)
        content, entry = keys.readall(), 2 * _KEY_BYTES
        whole = min(len(content) // entry, os.fstat(rows.fileno()).st_size // row_bytes)
        keys.truncate(whole * entry)
        rows.truncate(whole * row_bytes)
        entries = [content[i * entry : (i + 1) * entry] for i in range(whole)]
        self.num_rows = whole
        # Of a row that was computed anew, the last one counts.
        self.index = {record[:_KEY_BYTES]: row for row, record in enumerate(entries)}
        self._checks = {record[:_KEY_BYTES]: record[_KEY_BYTES:] for record in entries}

    def forget_damaged(self, digests: Sequence[bytes]) -> int:
        """Leaves the rows of ``digests`` that are not as written out of ``index``; gives how many they are."""
        wanted = sorted((self.index[digest], digest) for digest in set(digests) if digest in self.index)
        damaged = 0
        for row, digest in wanted:
            self._rows.seek(row * self._row_bytes)
            content = bytearray(self._row_bytes)
            view = memoryview(content)
            while view and (read := self._rows.readinto(view)):
                view = view[read:]
            if _check(digest, content) != self._checks[digest]:
                del self.index[digest]
                damaged += 1
        return damaged

    def append(self, digests: Sequence[bytes], rows: np.ndarray) -> None:
        """Rows on the disk first; then their keys, which make them count."""
        entries = b"".join(
            digest + _check(digest, row.tobytes()) for digest, row in zip(digests, rows, strict=True)
        )
        for file, content in ((self._rows, rows.tobytes()), (self._keys, entries)):
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())
        self.index |= {digest: self.num_rows + i for i, digest in enumerate(digests)}
        self.num_rows += len(digests)


def trunk_digest(trunk: fx.GraphModule) -> bytes:
    """Of its operations and weights."""
    digest = hashlib.blake2b(trunk.code.encode(), digest_size=20)
    for name, module in trunk.named_modules():
        if not any(module.children()):
            digest.update(f"{name} {module!r}".encode())
    for name, tensor in sorted(trunk.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.digest()


def _check(digest: bytes, row: bytes | bytearray) -> bytes:
    """Of a row and of whose it is."""
    return hashlib.sha256(digest + row).digest()[:_KEY_BYTES]


def _recompute_note(what: str, number: int, folder: Path) -> Note:
    return Note(
        f"The features of {EN.integer(number)} pictures of the {what} split in the cache are damaged ({folder}); they "
        f"are computed again.",
        f"Les caractéristiques de {FR.integer(number)} images du jeu {what} dans le cache sont abîmées ({folder}) ; "
        f"elles sont calculées à nouveau.",
    )


def _digest(image: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=_KEY_BYTES).digest()


def _make_room(folder: Path, needed: int) -> None:
    """Removes the stores unused for longest until ``needed`` more bytes stay below the cache's limit.

    ``folder`` itself, used just now, stays.
    """
    os.utime(folder)
    stores = []
    for store in folder.parent.iterdir():
        with contextlib.suppress(OSError):
            stores.append((store.stat().st_mtime, (store / "rows").stat().st_size, store))
    kept = needed + sum(size for _, size, _ in stores)
    for _, size, store in sorted(stores):
        if kept <= cache_files.CACHE_LIMIT_BYTES:
            return
        if store != folder:
            shutil.rmtree(store, ignore_errors=True)
            kept -= size


def output_shape(trunk: nn.Module, input_shape: Sequence[int]) -> tuple[int, ...]:
    """Of ``trunk`` without the batch dimension, for pictures of ``(C, H, W)``."""
    device = next((weight.device for weight in trunk.parameters()), torch.device("cpu"))
    with evaluation_mode(trunk):
        return tuple(trunk(torch.zeros(1, *input_shape, device=device)).shape[1:])

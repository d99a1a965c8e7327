"""From decoded pixels to batches, with every random draw a function of (seed, epoch, step).

No generator carries state from one step to the next, so a training that goes on from any step draws exactly
what the uninterrupted one would have drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from prunelle.data.kinds import AnyAugment
from prunelle.data.pixels import Pixels
from prunelle.data.transforms import on_device


def derive_seed(seed: int, *where: int | str) -> int:
    """A 63-bit seed for one purpose at one place: ``derive_seed(0, "order", epoch)``."""
    text = ":".join(map(str, (seed, *where)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def epoch_order(n: int, seed: int, epoch: int) -> torch.Tensor:
    """The order of the n training pictures in an epoch: ``(n,)`` int64, a permutation."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(derive_seed(seed, "order", epoch)))


class Batches:
    """Batches of a decoded split, on a device.

    Args:
        pixels: ``(N, H, W, C)`` uint8; a memory map is read as batches need it. Or series, ``(N, T, C)`` float32, or
            features, ``(N, …, C)`` float32.
        device: where batches go. On an accelerator the whole split is copied there once when it fits in half
            of the free memory.

    Attributes:
        per_epoch: how many examples an epoch of training takes.
    """

    def __init__(self, pixels: Pixels, device: torch.device) -> None:
        self.device = device
        self._feed = pixels.feed
        self.per_epoch = len(pixels) if pixels.feed is None else pixels.feed.examples
        self.labels = torch.from_numpy(np.ascontiguousarray(pixels.labels)).to(device)
        self._mapped = pixels.images if isinstance(pixels.images, np.memmap) else None
        if self._mapped is None:
            self._images = torch.from_numpy(np.ascontiguousarray(pixels.images))
            if device.type == "cuda" and pixels.images.nbytes < torch.cuda.mem_get_info(device)[0] / 2:
                self._images = self._images.to(device)

    def __len__(self) -> int:
        return len(self.labels)

    def order(self, seed: int, epoch: int) -> torch.Tensor:
        """Of an epoch, ``(per_epoch,)``, where the pictures are: a copy an epoch instead of one a step."""
        order = None if self._feed is None else self._feed.order(seed, epoch)
        if order is None:
            order = epoch_order(self.per_epoch, seed, epoch)
        return order if self._mapped is not None else order.to(self._images.device)

    def shortest(self) -> int:
        """The place of an example with the fewest values that are there; the first where none is missing."""
        if self._mapped is not None or not self._images.is_floating_point():
            return 0
        return int(self._images.isnan().flatten(1).sum(dim=1).argmax())

    def take(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """``indices: (n,)`` int64 → images ``(n, C, H, W)`` uint8 in channels-last memory, labels.

        Series and features: ``(n, C, …)`` float32.
        """
        if self._mapped is not None:
            # In the file's order, so that a disk reads forward; put back in the asked order in memory.
            wanted = indices.numpy(force=True)
            order = np.argsort(wanted, kind="stable")
            rows = np.empty((len(order), *self._mapped.shape[1:]), self._mapped.dtype)
            rows[order] = self._mapped[wanted[order]]
            images = torch.from_numpy(rows)
        else:
            # index_select copies whole pictures, where indexing copies value by value.
            images = self._images.index_select(0, indices.to(self._images.device))
        # (n, H, W, C) in memory is exactly channels-last (n, C, H, W): a change of strides, not of bytes.
        images = on_device(images.movedim(-1, 1), self.device)
        return images, self.labels.index_select(0, on_device(indices, self.device))

    def training_batches(
        self, sizes: Sequence[int], first: int, augment: AnyAugment, seed: int, epoch: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The batches of an epoch, of so many examples each, from number ``first`` on.

        Labels are ``(n,)`` int64, or distributions over the classes ``(n, num_classes)`` float32, where a loader of the
        caller's mixes examples.
        """
        orders = torch.split(self.order(seed, epoch), list(sizes))
        if self._feed is None or not self._feed.anew:
            for step, order in enumerate(orders[first:], first):
                yield self.training_batch(order, step, augment, seed, epoch)
            return
        fed = self._feed.batches(orders, first, seed, epoch)
        for step, (images, labels) in enumerate(fed, first):
            images, labels = on_device(images, self.device), on_device(labels, self.device)
            yield self._changed(images, step, augment, seed, epoch), labels

    def training_batch(
        self, indices: torch.Tensor, step: int, augment: AnyAugment, seed: int, epoch: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Those of ``indices: (n,)``, augmented as batch ``step`` of an epoch."""
        images, labels = self.take(indices)
        return self._changed(images, step, augment, seed, epoch), labels

    @staticmethod
    def _changed(images: torch.Tensor, step: int, augment: AnyAugment, seed: int, epoch: int) -> torch.Tensor:
        if not augment:
            return images
        generator = torch.Generator().manual_seed(derive_seed(seed, "augment", epoch, step))
        changed: torch.Tensor = augment.apply(images, generator)
        return changed

    def in_order(self, batch_size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Every picture once, in the split's order."""
        for start in range(0, len(self), batch_size):
            yield self.take(torch.arange(start, min(start + batch_size, len(self))))

"""Batches: the right pictures, each once an epoch, the same bytes from memory and from disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prunelle.data.augment import Augment
from prunelle.data.batches import Batches, derive_seed, epoch_order
from prunelle.data.pixels import Pixels

CPU = torch.device("cpu")


def numbered(n: int, channels: int = 3) -> Pixels:
    """Pictures that all differ, and labels that tell which is which."""
    images = np.random.default_rng(0).integers(0, 256, (n, 5, 4, channels), dtype=np.uint8)
    return Pixels(images, np.arange(n, dtype=np.int64))


def on_disk(pixels: Pixels, folder: Path) -> Pixels:
    file = folder / "pixels.bin"
    file.write_bytes(pixels.images.tobytes())
    return Pixels(np.memmap(file, np.uint8, "r", shape=pixels.images.shape), pixels.labels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mapped", [False, True])
def test_take_gives_the_asked_pictures_in_the_asked_order(
    tmp_path: Path, channels: int, mapped: bool
) -> None:
    pixels = numbered(12, channels)
    batches = Batches(on_disk(pixels, tmp_path) if mapped else pixels, CPU)
    asked = [7, 0, 11, 7, 3]
    images, labels = batches.take(torch.tensor(asked))
    assert images.dtype == torch.uint8
    assert images.shape == (5, channels, 5, 4)
    assert labels.tolist() == asked
    np.testing.assert_array_equal(images.numpy(), pixels.images[asked].transpose(0, 3, 1, 2))


def test_batches_are_channels_last_without_a_copy_of_bytes(tmp_path: Path) -> None:
    pixels = numbered(9)
    for batches in (Batches(pixels, CPU), Batches(on_disk(pixels, tmp_path), CPU)):
        images, _ = batches.take(torch.arange(6))
        # (N, C, H, W) = (6, 3, 5, 4), channels fastest: strides H·W·C, 1, W·C, C.
        assert images.stride() == (60, 1, 12, 3)
        assert images.is_contiguous(memory_format=torch.channels_last)


def test_memory_and_disk_give_the_same_training_batches(tmp_path: Path) -> None:
    pixels = numbered(10)
    memory, disk = Batches(pixels, CPU), Batches(on_disk(pixels, tmp_path), CPU)
    order = epoch_order(10, 3, 1)
    augment = Augment(flip=True, shift=0.2)
    for step in range(3):
        images, labels = memory.training_batch(order[4 * step : 4 * step + 4], step, augment, 3, 1)
        others, same = disk.training_batch(order[4 * step : 4 * step + 4], step, augment, 3, 1)
        assert torch.equal(images, others)
        assert torch.equal(labels, same)


def test_what_a_batch_holds_is_its_own(tmp_path: Path) -> None:
    pixels = numbered(4)
    for source in (pixels, on_disk(pixels, tmp_path)):
        batches = Batches(source, CPU)
        images, _ = batches.take(torch.arange(4))
        kept = images.clone()
        images.zero_()
        assert torch.equal(batches.take(torch.arange(4))[0], kept)


@pytest.mark.parametrize(("n", "batch_size"), [(10, 3), (9, 3), (2, 8), (1, 1)])
def test_every_picture_comes_exactly_once_an_epoch(n: int, batch_size: int) -> None:
    pixels = numbered(n)
    batches = Batches(pixels, CPU)
    order = epoch_order(n, 0, 0)
    seen: list[int] = []
    steps = -(-n // batch_size)
    for step in range(steps):
        rows = order[step * batch_size : (step + 1) * batch_size]
        images, labels = batches.training_batch(rows, step, Augment(), 0, 0)
        assert len(labels) == (batch_size if step < steps - 1 else n - batch_size * (steps - 1))
        np.testing.assert_array_equal(images.numpy(), pixels.images[labels.numpy()].transpose(0, 3, 1, 2))
        seen += labels.tolist()
    assert sorted(seen) == list(range(n))


def test_in_order_is_the_order_of_the_split() -> None:
    batches = Batches(numbered(10), CPU)
    parts = [labels.tolist() for _, labels in batches.in_order(4)]
    assert parts == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_the_order_depends_on_epoch_and_seed_alone() -> None:
    torch.manual_seed(1)
    order = epoch_order(100, 0, 0)
    torch.manual_seed(2)
    assert torch.equal(epoch_order(100, 0, 0), order)
    others = [epoch_order(100, 0, 1), epoch_order(100, 1, 0), epoch_order(100, 1, 1)]
    for other in others:
        assert sorted(other.tolist()) == list(range(100))
        assert not torch.equal(other, order)
    # Seed 1 in epoch 0 is not seed 0 in epoch 1.
    assert not torch.equal(others[0], others[1])


def test_orders_are_uniform() -> None:
    # Where picture 0 comes: each of 5 places in about 400 of 2,000 epochs (standard deviation 18).
    places = [int((epoch_order(5, 0, epoch) == 0).nonzero()) for epoch in range(2000)]
    assert all(320 < count < 480 for count in np.bincount(places))


def test_augmentation_depends_on_seed_epoch_and_step() -> None:
    batches = Batches(numbered(1), CPU)
    augment = Augment(rotation=90)
    rows = torch.zeros(1, dtype=torch.int64)

    def draw(step: int, seed: int, epoch: int) -> bytes:
        return batches.training_batch(rows, step, augment, seed, epoch)[0].numpy().tobytes()

    assert draw(0, 0, 0) == draw(0, 0, 0)
    assert len({draw(0, 0, 0), draw(1, 0, 0), draw(0, 1, 0), draw(0, 0, 1)}) == 4


def test_no_batch_touches_the_global_random_numbers() -> None:
    state = torch.get_rng_state()
    batches = Batches(numbered(8), CPU)
    batches.training_batch(epoch_order(8, 0, 0)[:4], 0, Augment(flip=True, crop=0.5), 0, 0)
    assert torch.equal(torch.get_rng_state(), state)


def test_seeds_differ_by_purpose_and_place_and_fit_in_63_bits() -> None:
    seeds = [derive_seed(s, purpose, e) for s in range(5) for purpose in ("order", "step") for e in range(50)]
    assert len(set(seeds)) == 500
    assert all(0 <= seed < 2**63 for seed in seeds)
    # Fixed for ever: a run made today is done again with the same draws by a later version.
    # (printf 0:order:0 | b2sum -l 64)
    assert derive_seed(0, "order", 0) == int.from_bytes(bytes.fromhex("dccfdd64cd1e05c6"), "little") >> 1

"""Features on disk: computed once, right, and whole whatever happens."""

from __future__ import annotations

import os
import random
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from prunelle import Augment, Preprocess
from prunelle.data import cache_files
from prunelle.data.pixels import Pixels
from prunelle.errors import DiskFull
from prunelle.networks.freezing import freeze
from prunelle.networks.trunk import split_frozen
from prunelle.training.fast import winograd
from prunelle.transfer import features as module
from prunelle.transfer.features import FeatureStore, View, output_shape
from tests.integration.trainings import CONTEXT

PREPROCESS = Preprocess(size=(8, 8), mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    made = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2)
    )
    freeze(made, 1)
    return made


def pictures(n: int, seed: int = 0) -> Pixels:
    rng = np.random.default_rng(seed)
    return Pixels(rng.integers(0, 256, (n, 8, 8, 3), np.uint8), np.arange(n) % 2)


def store(made: nn.Module | None = None, view: View | None = None, settings: str = "") -> FeatureStore:
    trunk, _ = split_frozen(made or network()) or (None, None)
    assert trunk is not None
    return FeatureStore(trunk, PREPROCESS, settings, (36,), view)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were added, each time."""
    counts: list[int] = []
    append = module._Rows.append

    def counting(self: module._Rows, digests: list[bytes], rows: np.ndarray) -> None:
        counts.append(len(digests))
        append(self, digests, rows)

    monkeypatch.setattr(module._Rows, "append", counting)
    return counts


def take(features: FeatureStore, pixels: Pixels, budget: int = 1 << 30) -> np.ndarray:
    return features.take(pixels, "train", memory_budget=budget).images


def by_hand(pixels: Pixels) -> np.ndarray:
    made = network().eval()
    images = (pixels.images / 255 - PREPROCESS.mean) / np.array(PREPROCESS.std)
    with torch.no_grad():
        return made[:5](torch.from_numpy(images).permute(0, 3, 1, 2).float()).numpy()  # type: ignore[no-any-return]


def test_wide_convolutions_are_computed_by_fewer_products(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, 192, 1),
        nn.ReLU(),
        nn.Conv2d(192, 192, 3, padding=1),
        nn.Flatten(),
        nn.Linear(192 * 64, 2),
    )
    freeze(made, 2)
    trunk, _ = split_frozen(made) or (None, None)
    assert trunk is not None
    sizes = []
    original = winograd.WinogradConv2d.forward

    def counted(self: winograd.WinogradConv2d, x: torch.Tensor) -> torch.Tensor:
        sizes.append(len(x))
        return original(self, x)

    monkeypatch.setattr(winograd.WinogradConv2d, "forward", counted)
    features = FeatureStore(trunk, PREPROCESS, "", output_shape(trunk, (3, 8, 8)))
    found = take(features, pictures(40))
    assert sizes == [32, 32]
    images = torch.from_numpy(pictures(40).images).movedim(-1, 1).float()
    expected = trunk(PREPROCESS.normalise(images)).detach()
    found = torch.from_numpy(found)
    found = found.movedim(-1, 1) if expected.ndim == 4 else found
    assert float((found - expected).abs().max() / expected.abs().max()) < 3e-5


@pytest.mark.parametrize("budget", [1 << 30, 0], ids=["in memory", "mapped"])
def test_features_are_the_trunks_outputs_in_the_order_of_the_split(budget: int) -> None:
    pixels = pictures(70)
    features = store()
    # float32 sums in another order
    assert np.allclose(take(features, pixels, budget), by_hand(pixels), atol=1e-5)
    backwards = Pixels(pixels.images[::-1], pixels.labels[::-1])
    assert np.array_equal(take(features, backwards, budget), take(features, pixels, budget)[::-1])


def test_nothing_is_computed_twice_and_a_changed_picture_alone(computed: list[int]) -> None:
    pixels = pictures(40)
    first = take(store(), pixels)
    assert computed == [32, 8]
    computed.clear()
    assert np.array_equal(take(store(), pixels), first)
    assert computed == []
    images = pixels.images.copy()
    images[7, 3, 3, 0] ^= 1
    changed = take(store(), Pixels(images, pixels.labels))
    assert computed == [1]
    assert np.array_equal(np.delete(changed, 7, 0), np.delete(first, 7, 0))
    assert not np.array_equal(changed[7], first[7])


def test_other_weights_stages_preparation_and_views_are_other_features() -> None:
    pixels = pictures(8)
    one = store()
    other_weights = store(network(seed=1))
    statistics = network()
    statistics[1].running_mean += 1
    later = network()
    freeze(later, "2")
    folders = {
        each.folder
        for each in (
            one,
            other_weights,
            store(statistics),
            store(settings="other"),
            store(view=View(Augment(flip=True), 0, 1)),
            store(view=View(Augment(flip=True), 1, 1)),
            store(view=View(Augment(flip=True), 0, 2)),
        )
    }
    assert len(folders) == 7
    assert store().folder == one.folder
    # View 0 is the picture itself, whatever the augmentation.
    assert store(view=View(Augment(flip=True), 5, 0)).folder == one.folder
    take(one, pixels)
    assert not np.allclose(take(one, pixels), take(other_weights, pixels))


def test_a_view_depends_on_the_picture_alone() -> None:
    pixels = pictures(12)
    view = View(Augment(shift=0.3, noise=0.1), 3, 1)
    whole = take(store(view=view), pixels)
    assert not np.allclose(whole, take(store(), pixels))
    elsewhere = store(view=view)
    elsewhere.folder = elsewhere.folder.with_name("other")
    assert np.array_equal(take(elsewhere, Pixels(pixels.images[5:7], pixels.labels[5:7])), whole[5:7])


def test_an_interrupted_extraction_goes_on(computed: list[int]) -> None:
    pixels = pictures(100)
    expected = take(store(), pixels)
    features = store()
    computed.clear()
    # What a kill leaves: rows without keys, half a row, half a key.
    for keys, rows in ((64, 64), (64, 80), (33, 33)):
        os.truncate(features.folder / "keys", keys * 32 + 7)
        os.truncate(features.folder / "rows", rows * features.row_bytes + 5)
        assert np.array_equal(take(features, pixels), expected)
        assert sum(computed) == 100 - keys
        computed.clear()


def killed(cache: str, after: int) -> None:
    os.environ["PRUNELLE_CACHE"] = cache
    written = 0
    fsync = os.fsync

    def deadly(file: int) -> None:
        nonlocal written
        fsync(file)
        written += 1
        if written == after:
            os.kill(os.getpid(), signal.SIGKILL)

    module.os.fsync = deadly  # type: ignore[assignment]
    take(store(), pictures(100))


@pytest.mark.parametrize("file", ["rows", "keys"])
def test_no_altered_bit_gives_other_features(file: str, computed: list[int]) -> None:
    pixels = pictures(40)
    first = take(store(), pixels)
    folder = store().folder
    whole = {name: (folder / name).read_bytes() for name in ("rows", "keys")}
    draw = random.Random(11)
    for budget in (1 << 30, 0) * 5:
        for name, content in whole.items():
            (folder / name).write_bytes(content)
        altered = bytearray(whole[file])
        bit = draw.randrange(8 * len(altered))
        altered[bit // 8] ^= 1 << bit % 8
        (folder / file).write_bytes(altered)
        computed.clear()
        found = store().take(pixels, "train", memory_budget=budget)
        assert np.array_equal(found.images, first), bit
        # A picture whose own digest was altered is one that was never there.
        assert len(found.notes) == (1 if file == "rows" or bit // 8 % 32 >= 16 else 0)
        # What was computed anew counts from now on.
        assert store().take(pixels, "train", memory_budget=budget).notes == ()
        assert computed == [1]


def test_a_store_of_zeros_is_made_anew(computed: list[int]) -> None:
    pixels = pictures(40)
    first = take(store(), pixels)
    for name in ("rows", "keys"):
        file = store().folder / name
        file.write_bytes(bytes(file.stat().st_size))
    assert np.array_equal(take(store(), pixels), first)


@pytest.mark.parametrize("after", [1, 2, 5])
def test_killed_while_writing(cache: Path, after: int, computed: list[int]) -> None:
    process = CONTEXT.Process(target=killed, args=(str(cache), after))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    pixels = pictures(100)
    assert np.allclose(take(store(), pixels), by_hand(pixels), atol=1e-5)
    assert sum(computed) == 100 - 32 * (after // 2)


def limited(cache: str) -> None:
    os.environ["PRUNELLE_CACHE"] = cache
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50 * 36 * 4, 50 * 36 * 4))
    try:
        take(store(), pictures(100))
    except DiskFull as error:
        said = cache in str(error) and "14,400 bytes" in str(error) and "PRUNELLE_CACHE" in str(error)
        raise SystemExit(77 if said else 1) from None


def test_a_full_disk_is_said_and_what_was_computed_stays(cache: Path, computed: list[int]) -> None:
    process = CONTEXT.Process(target=limited, args=(str(cache),))
    process.start()
    process.join()
    assert process.exitcode == 77
    pixels = pictures(100)
    assert np.allclose(take(store(), pixels), by_hand(pixels), atol=1e-5)
    assert sum(computed) == 68


def test_the_stores_unused_for_longest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = pictures(64)
    stores = [store(settings=str(number)) for number in range(3)]
    for number, each in enumerate(stores[:2]):
        take(each, pixels)
        os.utime(each.folder, (1e9 + number, 1e9 + number))
    monkeypatch.setattr(cache_files, "CACHE_LIMIT_BYTES", 2 * 64 * 36 * 4)
    take(stores[2], pixels)
    assert [each.folder.exists() for each in stores] == [False, True, True]


def test_no_pictures() -> None:
    assert take(store(), pictures(0)).shape == (0, 36)

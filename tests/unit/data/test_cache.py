"""Decoding whole splits, and the cache folder, which must survive kills and full disks."""

from __future__ import annotations

import concurrent.futures
import errno
import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from prunelle.data import Pixels, Preprocess, Skipped, Split, cache, cache_entry, cache_files, decode
from prunelle.errors import BadPictures, CannotWrite, DiskFull
from prunelle.texts import Note
from tests.pictures import encoded, make_bad_pictures, photo

SMALL = Preprocess(size=(8, 8))


@pytest.fixture
def split(tmp_path):
    """40 PNGs of 8×8, picture i filled with i, labels 0, 1, 2, 0, …"""
    files = []
    for i in range(40):
        files.append(tmp_path / f"{i}.png")
        files[-1].write_bytes(encoded(Image.new("RGB", (8, 8), (i, i, i)), "PNG"))
    return Split("train", np.arange(40) % 3, tuple(files))


@pytest.fixture
def split_with_bad(split, tmp_path):
    """The same, with one of each kind of bad picture among them; and what is expected of each."""
    expected = make_bad_pictures(tmp_path / "bad")
    files = list(split.files)
    for i, name in enumerate(expected):
        files.insert(2 * i + 1, tmp_path / "bad" / name)
    return Split("train", np.arange(len(files)), tuple(files)), expected


def decode_both(split, preprocess=SMALL):
    return [split.decode(preprocess, in_memory=in_memory) for in_memory in (True, False)]


def test_pictures_come_in_order_whatever_the_threads_do(split, monkeypatch):
    original = decode.read_file

    def slow_first(path, preprocess):
        time.sleep(0.02 if path.stem in ("0", "17") else 0)
        return original(path, preprocess)

    monkeypatch.setattr(decode, "read_file", slow_first)
    monkeypatch.setattr(cache, "_num_cores", lambda: 8)
    monkeypatch.setattr(cache, "_GROUP", 2)
    for pixels in decode_both(split):
        assert pixels.images.shape == (40, 8, 8, 3)
        assert pixels.images.dtype == np.uint8
        assert pixels.images[:, 3, 3, 1].tolist() == list(range(40))
        assert pixels.labels.tolist() == split.labels.tolist()
        assert pixels.files == tuple(str(file) for file in split.files)
        assert pixels.skipped == ()


def test_bad_pictures_are_left_out_and_listed_in_order(split_with_bad):
    split, expected = split_with_bad
    for _ in range(2):  # the second time, the cache file answers
        for pixels in decode_both(split):
            assert [(os.path.basename(bad.file), bad.reason) for bad in pixels.skipped] == list(
                expected.items()
            )
            assert len(pixels) == len(pixels.files) == len(pixels.images) == 40
            assert pixels.images[:, 0, 0, 0].tolist() == list(range(40))
            good = [i for i, file in enumerate(split.files) if file.parent.name != "bad"]
            assert pixels.labels.tolist() == good
            assert pixels.files == tuple(str(split.files[i]) for i in good)


def test_nothing_but_bad_pictures(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    for pixels in decode_both(Split("test", np.array([0]), (tmp_path / "a.jpg",))):
        assert pixels.images.shape == (0, 8, 8, 3)
        assert pixels.skipped == (Skipped(str(tmp_path / "a.jpg"), "empty file"),)


def test_arrays(cache):
    array = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), dtype=np.uint8)
    split = Split("train", np.arange(50), array=array)
    in_memory, on_disk = decode_both(split)
    np.testing.assert_array_equal(in_memory.images, array)
    np.testing.assert_array_equal(on_disk.images, array)
    assert in_memory.files is on_disk.files is None


def test_progress(split):
    seen = []
    split.decode(SMALL, progress=lambda *args: seen.append(args))
    assert seen[-1] == (Note("decoding train", "décodage de train"), 40, 40)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_few_files_are_held_at_a_time(split, monkeypatch):
    """Decoding stays a bounded number of pictures ahead of what was taken."""
    started = []
    original = decode.read_file
    monkeypatch.setattr(decode, "read_file", lambda path, p: (started.append(path), original(path, p))[1])
    monkeypatch.setattr(cache, "_num_cores", lambda: 2)
    monkeypatch.setattr(cache, "_GROUP", 1)
    decoded = cache._decoded(split, SMALL, None)
    next(decoded)
    time.sleep(0.1)
    assert len(started) <= 2 * 2 + 1
    decoded.close()


def test_the_cache_file_is_a_plain_npy_that_is_mapped_read_only(split, cache):
    pixels = split.decode(SMALL, in_memory=False)
    assert isinstance(pixels.images, np.memmap)
    assert not pixels.images.flags.writeable
    (file,) = cache.glob("*.npy")
    np.testing.assert_array_equal(np.load(file), pixels.images)
    assert sorted(path.suffix for path in cache.iterdir()) == [".json", ".npy"]


def forbid_decoding(monkeypatch):
    def fail(path, preprocess):
        raise AssertionError(f"{path} was decoded again")

    monkeypatch.setattr(decode, "read_file", fail)


def test_the_cache_is_reused_for_the_same_bytes_elsewhere(split, tmp_path, monkeypatch):
    first = split.decode(SMALL, in_memory=False)
    moved = []
    (tmp_path / "elsewhere").mkdir()
    for file in split.files:
        moved.append(tmp_path / "elsewhere" / file.name)
        moved[-1].write_bytes(file.read_bytes())
    forbid_decoding(monkeypatch)
    other_labels = Split("train", np.zeros(40, np.int64), tuple(moved))
    second = other_labels.decode(Preprocess(size=(8, 8), mean=(0.5,) * 3, std=(1.0,) * 3), in_memory=False)
    np.testing.assert_array_equal(second.images, first.images)
    assert second.files[0] == str(moved[0])
    assert second.labels.tolist() == [0] * 40


@pytest.mark.parametrize(
    "other",
    [
        Preprocess(size=(8, 9)),
        Preprocess(size=(8, 8), fit="pad"),
        Preprocess(size=(8, 8), channels=1),
        Preprocess(size=(6, 6), border=1),
    ],
)
def test_another_preprocessing_is_another_entry(split, cache, other):
    split.decode(SMALL, in_memory=False)
    pixels = split.decode(other, in_memory=False)
    assert pixels.images.shape[1:] == (*other.input_size, other.channels)
    assert len(list(cache.glob("*.npy"))) == 2


def test_a_changed_picture_is_decoded_again(split, cache):
    split.decode(SMALL, in_memory=False)
    split.files[5].write_bytes(encoded(Image.new("RGB", (8, 8), (200, 0, 0)), "PNG"))
    assert split.decode(SMALL, in_memory=False).images[5, 0, 0].tolist() == [200, 0, 0]


def test_order_matters_to_the_key(split):
    split.decode(SMALL, in_memory=False)
    turned = Split("train", split.labels, split.files[::-1]).decode(SMALL, in_memory=False)
    assert turned.images[0, 0, 0, 0] == 39


DAMAGE = {
    "empty pixels": lambda file, about: file.write_bytes(b""),
    "short": lambda file, about: file.write_bytes(file.read_bytes()[:-100]),
    "long": lambda file, about: file.write_bytes(file.read_bytes() + b"more"),
    "not npy": lambda file, about: file.write_bytes(b"something else"),
    "an archive": lambda file, about: np.savez(file.open("wb"), a=np.zeros(3)),
    "other shape": lambda file, about: np.save(file, np.zeros((40, 8, 8), np.uint8)),
    "floats": lambda file, about: np.save(file, np.zeros((40, 8, 8, 3), np.float32)),
    "one bit of a pixel": lambda file, about: flip(file, 8 * 5000 + 3),
    "no pixels": lambda file, about: file.unlink(),
    "pixels are a folder": lambda file, about: into_folder(file),
    "empty json": lambda file, about: about.write_text(""),
    "wrong json": lambda file, about: about.write_text("{"),
    "deep json": lambda file, about: about.write_text("[" * 100_000),
    "a list": lambda file, about: about.write_text("[1, 2]"),
    "other entries": lambda file, about: about.write_text('{"shape": null, "digest": 3}'),
    "json is a folder": lambda file, about: into_folder(about),
}


def flip(file, bit):
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def into_folder(file):
    file.unlink()
    file.mkdir()
    (file / "somebody's").write_text("precious")


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_made_anew_and_said(split, cache, damage):
    first = split.decode(SMALL, in_memory=False)
    expected = np.array(first.images)
    assert first.notes == ()
    (file,) = cache.glob("*.npy")
    (about,) = cache.glob("*.json")
    DAMAGE[damage](file, about)
    again = split.decode(SMALL, in_memory=False)
    np.testing.assert_array_equal(again.images, expected)
    (note,) = again.notes
    assert "of the train split in the cache cannot be used" in note.en
    assert file.stem in note.en
    assert "décodées à nouveau" in note.fr
    assert split.decode(SMALL, in_memory=False).notes == ()
    # What was there and is not ours is put aside, not removed.
    assert len(list(cache.rglob("somebody's"))) == ("folder" in damage)


def test_an_entry_whose_making_was_killed_is_made_without_a_word(split, cache):
    split.decode(SMALL, in_memory=False)
    next(cache.glob("*.json")).unlink()
    assert split.decode(SMALL, in_memory=False).notes == ()


def test_no_flipped_bit_of_an_entry_gives_other_pixels(split, cache):
    split.files[7].write_bytes(b"")  # so that there is a reason to alter too
    split.decode(SMALL, in_memory=False)
    expected = split.decode(SMALL)  # in memory: the file is altered in place
    originals = {file: file.read_bytes() for file in cache.iterdir()}
    draw = random.Random(17)
    for file, content in originals.items():
        for bit in draw.sample(range(8 * len(content)), 60):
            flip(file, bit)
            found = split.decode(SMALL, in_memory=False)
            assert found.files == expected.files, (file.suffix, bit)
            assert found.skipped == expected.skipped
            np.testing.assert_array_equal(found.images, expected.images)
            assert found.notes, (file.suffix, bit)


def test_blocks_are_of_any_number_of_pictures(split, monkeypatch):
    whole = np.array(split.decode(SMALL, in_memory=False).images)
    for size in (1, 100, 192, 193, 7680, 10**6):
        monkeypatch.setattr(cache_entry, "_BLOCK", size)
        part = Split("train", split.labels[: size % 7 + 3], split.files[: size % 7 + 3])
        for _ in range(2):
            found = part.decode(SMALL, in_memory=False)
            np.testing.assert_array_equal(found.images, whole[: len(part)])
            assert found.notes == ()
        monkeypatch.setenv("PRUNELLE_CACHE", f"{os.environ['PRUNELLE_CACHE']}-{size}")


def test_a_failure_leaves_no_temporary_file(split, cache, monkeypatch):
    def fail(path, preprocess):
        raise KeyboardInterrupt

    monkeypatch.setattr(decode, "read_file", fail)
    with pytest.raises(KeyboardInterrupt):
        split.decode(SMALL, in_memory=False)
    assert list(cache.iterdir()) == []


def test_leftovers_of_dead_processes_go_and_those_of_live_ones_stay(split, cache):
    cache.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (cache / f"abc.{dead.pid}.xyz.tmp").write_bytes(b"left")
    (cache / f"abc.{os.getppid()}.xyz.tmp").write_bytes(b"at work")
    split.decode(SMALL, in_memory=False)
    assert [path.name for path in cache.glob("*.tmp")] == [f"abc.{os.getppid()}.xyz.tmp"]


def test_two_at_once(split, cache):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for pixels in pool.map(lambda _: split.decode(SMALL, in_memory=False), range(8)):
            assert pixels.images[:, 0, 0, 0].tolist() == list(range(40))
    assert len(list(cache.iterdir())) == 2


def test_full_disk_before_writing(split, cache, monkeypatch):
    usage = type("Usage", (), {"free": 40 * 8 * 8 * 3 - 1})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(DiskFull, match=f"{cache}.* 7,680 bytes.*PRUNELLE_CACHE"):
        split.decode(SMALL, in_memory=False)


def test_full_disk_while_writing(split, cache, monkeypatch):
    def full(file_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="PRUNELLE_CACHE"):
        split.decode(SMALL, in_memory=False)
    assert list(cache.iterdir()) == []


def test_a_cache_folder_that_cannot_be_made(split, cache):
    cache.write_text("a file is in the way")
    with pytest.raises(CannotWrite, match=r"File exists\. Name another folder .* PRUNELLE_CACHE"):
        split.decode(SMALL, in_memory=False)


def test_the_least_recently_used_goes_first(split, cache, monkeypatch):
    size = 40 * 8 * 8 * 3 + 128  # with the header
    monkeypatch.setattr(cache_files, "CACHE_LIMIT_BYTES", 2 * size + 100)
    splits = [Split("train", split.labels, split.files[i:] + split.files[:i]) for i in range(3)]
    kept = [s.decode(SMALL, in_memory=False).images.filename for s in splits[:2]]
    for file, age in zip(kept, (200, 100), strict=True):
        os.utime(file, (time.time() - age,) * 2)
    splits[0].decode(SMALL, in_memory=False)  # used again, so the other one is older now
    third = splits[2].decode(SMALL, in_memory=False).images.filename
    assert sorted(map(str, cache.glob("*.npy"))) == sorted(map(str, (kept[0], third)))
    assert len(list(cache.glob("*.json"))) == 2


def test_default_cache_folder_is_the_users(monkeypatch):
    monkeypatch.delenv("PRUNELLE_CACHE")
    assert cache_files.cache_folder().name == "pixels"
    assert "prunelle" in str(cache_files.cache_folder()).lower()


def test_decoded_bytes(split):
    assert split.decoded_bytes(Preprocess(size=(10, 20), border=1, channels=3)) == 40 * 12 * 22 * 3


def pixels_with(labels, num_bad=0, prefix="bad"):
    labels = np.array(labels)
    skipped = tuple(Skipped(f"{prefix}{i}.jpg", "empty file") for i in range(num_bad))
    return Pixels(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, None, skipped)


def test_five_percent_may_be_bad():
    cache.check_readable({"train": pixels_with([0, 1] * 40, 4), "test": pixels_with([0] * 15, 1)}, ("a", "b"))
    with pytest.raises(BadPictures, match="6 of 100 pictures") as caught:
        cache.check_readable(
            {"train": pixels_with([0, 1] * 40, 4), "test": pixels_with([0] * 14, 2, "t")}, ("a", "b")
        )
    assert "bad3.jpg: empty file" in str(caught.value)
    assert "t1.jpg: empty file" in str(caught.value)


def test_a_single_bad_picture_stops_nothing():
    cache.check_readable({"train": pixels_with([0, 1, 1, 0], num_bad=1)}, ["a", "b"])
    with pytest.raises(BadPictures, match="2 of 6 pictures"):
        cache.check_readable({"train": pixels_with([0, 1, 1, 0], num_bad=2)}, ["a", "b"])


def test_at_most_ten_bad_pictures_are_named():
    with pytest.raises(BadPictures) as caught:
        cache.check_readable({"train": pixels_with([0, 1], 13)}, ("a", "b"))
    assert "bad9.jpg" in str(caught.value)
    assert "bad10.jpg" not in str(caught.value)
    assert "and 3 more" in str(caught.value)


def test_a_class_without_a_good_picture():
    with pytest.raises(BadPictures, match=r"'dogs'.*\n.*bad0.jpg"):
        cache.check_readable({"train": pixels_with([0, 2] * 40, 1)}, ("cats", "dogs", "fish"))


def test_a_split_without_a_good_picture():
    with pytest.raises(BadPictures, match="validation"):
        cache.check_readable(
            {"train": pixels_with([0, 1] * 40), "validation": pixels_with([], 1)}, ("a", "b")
        )


def test_photos_are_decoded_as_one_by_one(tmp_path):
    files = []
    for i in range(5):
        files.append(tmp_path / f"{i}.jpg")
        files[-1].write_bytes(encoded(photo(200 + 10 * i, 150, i), "JPEG"))
    split = Split("train", np.zeros(5, np.int64), tuple(files))
    one_by_one = [decode.read_picture(file.read_bytes(), "", SMALL) for file in files]
    for pixels in decode_both(split):
        np.testing.assert_array_equal(pixels.images, one_by_one)

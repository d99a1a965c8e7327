"""Files that are whole or not there, on a real file system and a really full one."""

from __future__ import annotations

import errno
import json
import math
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from prunelle.errors import DiskFull, RunError
from prunelle.training import checkpoint
from prunelle.training.checkpoint import (
    load_tensors,
    save_tensors,
    write_atomically,
    write_json,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_tensors_of_every_kind_come_back(tmp_path: Path) -> None:
    tensors = {
        "float32": torch.tensor([1.5, -0.0, math.inf, math.nan]),
        "bfloat16": torch.randn(3, 4).bfloat16(),
        "float64": torch.tensor([[math.pi]], dtype=torch.float64),
        "int64": torch.tensor([2**62, -1]),
        "bool": torch.tensor([True, False]),
        "uint8": torch.arange(6, dtype=torch.uint8).reshape(1, 2, 3),
        "scalar": torch.tensor(7.0),
        "counter": torch.tensor(12),
        "empty": torch.empty(0, 3),
        "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "transposed": torch.arange(6.0).reshape(2, 3).T,
        "with gradient": torch.ones(2, requires_grad=True),
    }
    save_tensors(tmp_path / "x.safetensors", tensors, {})
    found, meta = load_tensors(tmp_path / "x.safetensors")
    assert meta == {}
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert found[name].shape == tensor.shape
        same = found[name] == tensor.detach()
        assert bool((same | (found[name] != found[name])).all()), name
    assert torch.signbit(found["float32"][1])
    # Other programs read it too.
    assert torch.equal(load_file(tmp_path / "x.safetensors")["int64"], tensors["int64"])


def test_numbers_beside_them_come_back_bit_for_bit(tmp_path: Path) -> None:
    meta = {"loss": 0.1 + 0.2, "best": math.inf, "rows": [{"epoch": 1, "val_loss": None}], "text": "é"}
    save_tensors(tmp_path / "x", {"a": torch.zeros(1)}, meta)
    assert load_tensors(tmp_path / "x")[1] == meta


@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
def test_who_may_read_the_folder_may_read_the_weights(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save_tensors(tmp_path / "weights.safetensors", {"a": torch.zeros(2)}, {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "weights.safetensors").stat().st_mode) == 0o640


def test_tied_weights_are_saved_under_both_names(tmp_path: Path) -> None:
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    network = nn.Sequential(first, second)
    base = torch.arange(6.0)
    tensors = {**network.state_dict(), "head": base[:2], "tail": base[2:], "all": base}
    save_tensors(tmp_path / "x", tensors, {})
    found, _ = load_tensors(tmp_path / "x")
    assert torch.equal(found["0.weight"], first.weight)
    assert torch.equal(found["1.weight"], first.weight)
    assert found["tail"].tolist() == [2, 3, 4, 5]
    assert found["all"].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("error", [KeyError("no"), KeyboardInterrupt(), OSError(errno.EACCES, "no")])
def test_a_writer_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "results.csv"
    target.write_text("old")

    def write(path: Path) -> None:
        path.write_text("half of the n")
        raise error

    with pytest.raises(type(error)):
        write_atomically(target, write)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["results.csv"]


def test_the_file_is_flushed_before_it_takes_the_old_ones_place_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "state"
    target.write_text("old")
    happened = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        happened.append(("flush", path == tmp_path, target.read_text()))
        fsync(descriptor)

    def watched_replace(source: Path, destination: Path) -> None:
        happened.append(("replace", Path(source).read_text(), Path(destination).read_text()))
        replace(source, destination)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to tell which file is flushed")
    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    write_text(target, "new")
    assert happened == [("flush", False, "old"), ("replace", "new", "old"), ("flush", True, "new")]
    assert names(tmp_path) == ["state"]


def test_texts_and_json_are_utf8(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"classe": "épagneul"})
    assert (tmp_path / "run.json").read_bytes() == '{\n  "classe": "épagneul"\n}\n'.encode()
    write_text(tmp_path / "a.txt", "ligne\nligne\n")
    assert (tmp_path / "a.txt").read_bytes() == b"ligne\nligne\n"


FULL = """
    import resource, sys
    from pathlib import Path
    import torch
    from prunelle.errors import DiskFull
    from prunelle.training.checkpoint import save_tensors, write_text

    target = Path(sys.argv[1])
    # The system lets no file of this process grow beyond 10,000 bytes.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        if sys.argv[2] == "tensors":
            save_tensors(target, {"a": torch.zeros(100_000)}, {})
        else:
            write_text(target, "x" * 100_000)
    except DiskFull as error:
        print(error)
        sys.exit(7)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("what", ["tensors", "text"])
def test_a_disk_that_is_full_keeps_what_was_saved(tmp_path: Path, what: str) -> None:
    target = tmp_path / "state.safetensors"
    target.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(target), what],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith(
        f"no room on the disk to write {target}. What was saved before is untouched"
    )
    assert target.read_text() == "old"
    assert names(tmp_path) == ["state.safetensors"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_every_way_to_be_full(tmp_path: Path, number: int) -> None:
    def write(path: Path) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(DiskFull, match="make room, then go on with --resume"):
        write_atomically(tmp_path / "x", write)


def test_other_errors_are_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "no such folder" / "x", "x")
    assert not checkpoint._is_full(checkpoint.SafetensorError("I/O error (os error 2)"))
    assert checkpoint._is_full(checkpoint.SafetensorError("I/O error: No space left on device (os error 28)"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"best\.safetensors is not there"):
        load_tensors(tmp_path / "best.safetensors")


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "header", "folder", "meta"])
def test_a_file_that_is_damaged(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "state.safetensors"
    save_tensors(file, {"a": torch.zeros(1000)}, {"epoch": 1})
    content = file.read_bytes()
    if damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut":
        file.write_bytes(content[:-10])
    elif damage == "text":
        file.write_text("not a tensor in sight")
    elif damage == "header":
        file.write_bytes(content[:20] + b"\xff" + content[21:])
    elif damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes(
            content.replace(json.dumps(json.dumps({"epoch": 1})).encode()[1:-1], b'{\\"epoch\\": 1;')
        )
    with pytest.raises(RunError, match=r"state\.safetensors cannot be read as safetensors"):
        load_tensors(file)

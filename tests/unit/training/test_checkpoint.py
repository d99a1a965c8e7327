"""Files that are whole or not there, on a real file system and a really full one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import random
import resource
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from prunelle.disk import replacing, sweep, write_json, write_text
from prunelle.errors import CannotWrite, Damaged, DiskFull, RunError
from prunelle.training.checkpoint import load_tensors, save_tensors


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


@pytest.mark.parametrize(
    ("error", "seen"),
    [(KeyError("no"), KeyError), (KeyboardInterrupt(), KeyboardInterrupt), (OSError(5, "no"), CannotWrite)],
)
def test_a_writer_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, error: BaseException, seen: type[BaseException]
) -> None:
    target = tmp_path / "results.csv"
    target.write_text("old")

    def write() -> None:
        with replacing(target) as file:
            file.write(b"half of the n")
            file.flush()
            raise error

    with pytest.raises(seen):
        write()
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
    from prunelle.disk import write_text
    from prunelle.training.checkpoint import save_tensors

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
    with (
        pytest.raises(DiskFull, match=r"What was saved before is untouched\. Make room"),
        replacing(tmp_path / "x"),
    ):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (errno.EIO, "What was saved before is untouched"),
        (errno.EROFS, "Make that place writable"),
        (errno.EMFILE, "allow more open files"),
        (errno.ENOENT, "or name another"),
    ],
)
def test_other_refusals_say_which_file_why_and_what_to_do(tmp_path: Path, number: int, step: str) -> None:
    with pytest.raises(CannotWrite, match=f"(?i){step}") as raised, replacing(tmp_path / "x.json"):
        raise OSError(number, os.strerror(number))
    assert f"{tmp_path / 'x.json'} cannot be written: {os.strerror(number)}." in str(raised.value)
    assert not isinstance(raised.value, DiskFull)


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
    with pytest.raises(RunError, match=r"state\.safetensors (cannot be read as safetensors|is damaged)"):
        load_tensors(file)


def samples() -> dict[str, torch.Tensor]:
    return {
        "network.weight": torch.arange(300.0).reshape(20, 15),
        "network.half": torch.randn(7, generator=torch.Generator().manual_seed(0)).bfloat16(),
        "nan": torch.tensor([math.nan, -0.0, math.inf]),
        "empty": torch.empty(0, 4),
        "step": torch.tensor(12),
    }


def same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    def raw(tensor: torch.Tensor) -> bytes:
        return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()

    return found.keys() == expected.keys() and all(
        (t.dtype, t.shape, raw(t)) == (expected[name].dtype, expected[name].shape, raw(expected[name]))
        for name, t in found.items()
    )


@pytest.mark.parametrize("region", ["length", "header", "tensors"])
def test_no_flipped_bit_gives_other_tensors_in_silence(tmp_path: Path, region: str) -> None:
    file, meta = tmp_path / "state.safetensors", {"epoch": 3, "loss": 0.1 + 0.2}
    save_tensors(file, samples(), meta)
    content = file.read_bytes()
    header = 8 + int.from_bytes(content[:8], "little")
    begin, end = {"length": (0, 8), "header": (8, header), "tensors": (header, len(content))}[region]
    draw, harmless = random.Random(20261128), 0
    bits = range(8 * begin, 8 * end)
    for bit in draw.sample(bits, min(len(bits), 400)):
        altered = bytearray(content)
        altered[bit // 8] ^= 1 << bit % 8
        file.write_bytes(altered)
        try:
            tensors, said = load_tensors(file)
        except Damaged:
            continue
        # The name of the digest's own entry says nothing of the content.
        harmless += 1
        assert same(tensors, samples()), (region, bit)
        assert said == meta
    assert harmless <= (20 if region == "header" else 0)


def test_what_others_wrote_is_read_without_a_claim(tmp_path: Path) -> None:
    file = tmp_path / "theirs.safetensors"
    save_file(samples(), file, metadata={"format": "pt", "prunelle": json.dumps({"epoch": 1})})
    tensors, meta = load_tensors(file)
    assert same(tensors, samples())
    assert meta == {"epoch": 1}


def test_the_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    """Worked out by hand, from what another reader of the format gives."""
    file = tmp_path / "ours.safetensors"
    save_tensors(file, samples(), {"epoch": 1})
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
    listed = [[name, str(t.dtype), list(t.shape)] for name, t in sorted(tensors.items())]
    content = json.dumps([[["prunelle", '{"epoch": 1}']], listed]).encode()
    content += b"".join(bytes(t.reshape(-1).view(torch.uint8).tolist()) for _, t in sorted(tensors.items()))
    assert metadata["prunelle_sha256"] == hashlib.sha256(content).hexdigest()
    assert file.read_bytes() == (save_tensors(file, samples(), {"epoch": 1}), file.read_bytes())[1]


def test_the_state_before_is_kept(tmp_path: Path) -> None:
    now, before = tmp_path / "now", tmp_path / "before"
    for number in range(3):
        save_tensors(now, {"a": torch.tensor(number)}, {}, keep=before)
    assert [int(load_tensors(file)[0]["a"]) for file in (now, before)] == [2, 1]
    assert names(tmp_path) == ["before", "now"]


def test_leftovers_go_and_what_is_at_work_or_anothers_stays(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    ours, theirs = os.getpid(), os.getppid()
    kept = ["notes.tmp", ".notes.tmp", f".x.{theirs}-0.tmp", f".x.{theirs}.tmp", ".x.1e5.tmp", "x.12-3.tmp"]
    gone = [f".x.{dead.pid}-0.tmp", f".x.{dead.pid}.tmp", f".x.json.{ours}-999999.tmp"]
    for name in (*kept, *gone):
        (tmp_path / name).write_text("half")
    with replacing(tmp_path / "y.json") as file:
        file.write(b"at work")
        sweep(tmp_path)
        (at_work,) = (name for name in names(tmp_path) if name.startswith(".y.json."))
        assert names(tmp_path) == sorted([*kept, at_work])
    assert names(tmp_path) == sorted([*kept, "y.json"])


@pytest.mark.skipif(os.name != "posix", reason="needs RLIMIT_NOFILE")
def test_too_many_open_files_are_no_damage(tmp_path: Path) -> None:
    file = tmp_path / "state.safetensors"
    save_tensors(file, samples(), {})
    load_tensors(file)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, before[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                opened.append(os.open(os.devnull, os.O_RDONLY))
        # However many are left, until there are enough.
        for _ in range(3):
            try:
                found, _meta = load_tensors(file)
            except RunError as error:
                said = str(error)
                assert not isinstance(error, Damaged)  # noqa: PT017 (each of them, or none)
                assert "Too many open files" in said
            else:
                assert same(found, samples())
            os.close(opened.pop())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for descriptor in opened:
            os.close(descriptor)

"""Where exports are made: nothing of one that was killed stays, nothing of one at work goes."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

import prunelle as pn
from prunelle.errors import PrunelleError
from prunelle.exports.place import file_place

_AT_WORK = """
import sys, time
from pathlib import Path
from prunelle.exports.place import file_place
with file_place(Path(sys.argv[1])).made() as folder:
    (folder / "photos.onnx").write_bytes(b"half of it")
    print(folder, flush=True)
    time.sleep(600)
"""


def at_work(output: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that has begun to write, and the folder where it does."""
    process = subprocess.Popen([sys.executable, "-c", _AT_WORK, output], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_export_left_goes_with_the_next(tmp_path: Path) -> None:
    process, left = at_work(tmp_path / "photos.onnx")
    try:
        assert (left / "photos.onnx").is_file()
        with file_place(tmp_path / "photos.onnx").made() as other:
            assert left.is_dir()  # of one that is at work
            assert other != left
    finally:
        process.kill()
        process.wait()
    assert (left / "photos.onnx").is_file()
    with file_place(tmp_path / "photos.onnx").made():
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_nothing_stays(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 62 * 62, 3))
    preprocess = pn.Preprocess(size=(64, 64), mean=(0.4, 0.4, 0.4), std=(0.2, 0.2, 0.2))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(PrunelleError, match=r"full.onnx"):
            pn.export(module, output=tmp_path / "full.onnx", preprocess=preprocess, style="quiet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []

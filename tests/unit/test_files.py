"""Files whose names are no text, for the libraries that read weights."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

from prunelle.files import in_text
from prunelle.networks.weights import read_weights
from prunelle.tensors import read_tensors, write_tensors

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xe9sult\x1b\n=x"))
    folder.mkdir()
    return folder


def test_the_same_file_by_a_path_that_is_text(odd: Path) -> None:
    (odd / "a").write_bytes(b"a")
    with in_text(odd / "a") as path:
        assert os.fsencode(path).decode()
        assert path.read_bytes() == b"a"
    with in_text(odd.parent) as path:
        assert path == odd.parent
    with pytest.raises(FileNotFoundError), in_text(odd / "gone"):
        pass


def test_weights_come_back_from_such_a_folder(odd: Path) -> None:
    tensors = {"a.weight": torch.arange(6.0).reshape(2, 3)}
    write_tensors(odd / "w.safetensors", tensors, {"said": "x"})
    found, metadata = read_tensors(odd / "w.safetensors")
    assert metadata == {"said": "x"}
    assert torch.equal(found["a.weight"], tensors["a.weight"])
    torch.save(tensors, odd.parent / "w.pth")
    (odd.parent / "w.pth").rename(odd / "w.pth")
    for name in ("w.safetensors", "w.pth"):
        assert torch.equal(read_weights(odd / name).tensors["a.weight"], tensors["a.weight"])

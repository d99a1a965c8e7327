"""Faster, and the same: memory formats and devices."""

from __future__ import annotations

import sys

import pytest
import torch

from prunelle import memory
from prunelle.errors import ArgumentError
from prunelle.training import speed
from tests.unit.training.helpers import small


def test_auto_takes_cuda_then_mps_then_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for cuda, mps, expected in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert speed.choose_device("auto") == torch.device(expected)


def test_a_device_by_name() -> None:
    assert speed.choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "", "cuda:99", "mps:7"])
def test_a_device_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"device must be auto, cpu, cuda or mps, .* received '{name}'"):
        speed.choose_device(name)


def test_preparing_changes_the_memory_format_and_nothing_else() -> None:
    network, images = small(), torch.randn(4, 1, 8, 8)
    network.eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    answer = network(images)
    # Channels-last shows in strides from two channels on.
    wide = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(4, 2))
    speed.prepare(network, torch.device("cpu"))
    speed.prepare(wide, torch.device("cpu"))
    after = network.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)
    # The same sums, maybe in another order.
    assert torch.allclose(network(images), answer, atol=1e-6)
    assert wide[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert not wide[0].weight.is_contiguous()


def test_the_allocator_is_told_once_and_only_where_it_is_glibcs(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, option: int, value: int) -> int:
            calls.append((option, value))
            return 1

    def missing(_name: str) -> Library:
        raise OSError("no such library")

    inner = speed.keep_large_blocks.__wrapped__
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _name: Library())
    monkeypatch.setattr(sys, "platform", "darwin")
    inner()
    assert calls == []
    monkeypatch.setattr(sys, "platform", "linux")
    inner()
    # M_MMAP_THRESHOLD is -3, M_TRIM_THRESHOLD is -1 in glibc's malloc.h; 1 GiB, and all an int can say.
    assert calls == [(-3, 2**30), (-1, 2**31 - 1)]
    monkeypatch.setattr(memory.ctypes, "CDLL", missing)
    inner()
    assert len(calls) == 2

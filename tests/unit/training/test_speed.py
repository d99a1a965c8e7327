"""Faster, and the same: memory formats and devices."""

from __future__ import annotations

import pickle
import sys

import pytest
import torch

from prunelle import memory
from prunelle.errors import ArgumentError
from prunelle.training import speed
from tests.unit.training.helpers import AVX2, assert_right_without_avx512, small


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


OVERRUN = """
import sys
import torch
from torch import nn
from prunelle.training import speed
assert torch.backends.cpu.get_cpu_capability() == "AVX2"
torch.manual_seed(0)
for channels, stride, size in ((3, 2, 8), (4, 2, 16), (7, 2, 32), (3, 3, 9), (8, 2, 8)):
    network = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.Conv2d(channels, 8, 1, stride=stride))
    exact = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.Conv2d(channels, 8, 1, stride=stride)).double()
    exact.load_state_dict(network.state_dict())
    speed.prepare(network, torch.device("cpu"))
    speed.prepare(network, torch.device("cpu"))
    assert all(len(module._forward_pre_hooks) <= 1 for module in network)
    images = torch.randn(2, 3, size, size)
    for _ in range(20):
        network.zero_grad()
        answers = network(speed.channels_last(images))
        projection = torch.randn(answers.shape)
        (answers * projection).sum().backward()
        exact.zero_grad()
        (exact(images.double()) * projection).sum().backward()
        for ours, truth in zip(network.parameters(), exact.parameters()):
            torch.testing.assert_close(ours.grad.double(), truth.grad, rtol=1e-3, atol=1e-3)
print("right")
"""


@AVX2
def test_gradients_of_strided_1x1_convolutions_without_avx512() -> None:
    """Without ``avoid_overrun`` the process dies, or its gradients are wrong (against float64)."""
    assert_right_without_avx512(OVERRUN)


def test_strided_1x1_convolutions_are_left_alone_with_avx512(monkeypatch: pytest.MonkeyPatch) -> None:
    convolution = torch.nn.Conv2d(3, 4, 1, stride=2)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    speed.prepare(convolution, torch.device("cpu"))
    assert not convolution._forward_pre_hooks
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    speed.prepare(torch.nn.Conv2d(8, 4, 1, stride=2), torch.device("cpu"))
    before = convolution.weight.detach().clone()
    speed.prepare(convolution, torch.device("cpu"))
    assert len(convolution._forward_pre_hooks) == 1
    assert torch.equal(convolution.weight, before)
    assert convolution.weight.stride() == (3, 1, 1, 1)  # planar, and so told from channels-last memory
    exact = torch.nn.Conv2d(3, 4, 1, stride=2, dtype=torch.float64)
    speed.prepare(exact, torch.device("cpu"))
    assert exact.weight.dtype == torch.float64
    assert pickle.loads(pickle.dumps(convolution))(torch.ones(1, 3, 4, 4)).shape == (1, 4, 2, 2)

"""Tracing beside other threads: torch.fx patches ``nn.Module`` for the whole process meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch
from torch import nn

from prunelle.networks.graph import trace


class Meanwhile(nn.Module):
    """Twice a dense layer; ``does`` is done in the middle of its forward pass."""

    def __init__(self, does: Callable[[], object]) -> None:
        super().__init__()
        self.dense = nn.Linear(2, 2)
        self.does = does

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.does()
        return 2 * self.dense(x)  # type: ignore[no-any-return]


def test_what_another_thread_runs_is_no_part_of_the_graph() -> None:
    other, given = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)).eval(), torch.ones(1, 3)
    wanted, got = other(given), []
    weights = dict(other.named_parameters())

    def beside() -> None:
        thread = threading.Thread(target=lambda: got.append((other(given), other[0].weight)))
        thread.start()
        thread.join()

    traced = trace(Meanwhile(beside))
    assert torch.equal(got[0][0], wanted)
    assert got[0][1] is weights["0.weight"]
    assert [node.op for node in traced.graph.nodes] == [
        "placeholder",
        "call_module",
        "call_function",
        "output",
    ]


def test_two_that_trace_at_once_leave_modules_as_they_were() -> None:
    calls, begun, ended = nn.Module.__call__, threading.Event(), threading.Event()
    second = Meanwhile(lambda: (begun.set(), ended.wait(0.5)))
    thread = threading.Thread(target=lambda: trace(second))
    trace(Meanwhile(lambda: (thread.start(), begun.wait(0.5))))
    ended.set()
    thread.join()
    assert nn.Module.__call__ is calls

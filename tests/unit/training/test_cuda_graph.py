"""Passes captured in a CUDA graph, on a CPU: the calls of ``torch.cuda`` are imitated by a tape.

The tape notes every operation of PyTorch under the autograd, spoils what they gave (a capture computes nothing), and
replays them into the same memory. What is not an operation (Python, a value read back) is not on it, as in a graph.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from prunelle.training.engine import Training
from prunelle.training.fast import cuda_graph, passes
from prunelle.training.fast.one_pass import Pass
from prunelle.training.recipe import Recipe
from tests.unit.training.helpers import (
    RECIPES,
    CountsInPython,
    NoReads,
    ReadsBack,
    TwoHeads,
    bars,
    check_captured,
    check_resumed,
    differing,
    small,
    training,
)


def tensors(values: Any) -> list[torch.Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, torch.Tensor)]


def memory(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


class Tape(TorchDispatchMode):
    """A ``torch.cuda.CUDAGraph``."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, Any]] = []
        self.replays = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        # The memory, wherever the tensors may point later.
        where = tree_map_only(torch.Tensor, torch.Tensor.detach, (args, kwargs or {}, result))
        self.calls.append((func, *where))
        return result

    def made(self) -> list[torch.Tensor]:
        """What the operations gave in memory of its own."""
        given: set[int] = set()
        made = []
        for _, args, kwargs, result in self.calls:
            given.update(memory(tensor) for tensor in tensors((args, kwargs)))
            made += [tensor for tensor in tensors(result) if memory(tensor) not in given]
        return made

    def replay(self) -> None:
        self.replays += 1
        with torch.no_grad():
            for func, args, kwargs, result in self.calls:
                for kept, new in zip(tensors(result), tensors(func(*args, **kwargs)), strict=True):
                    if memory(kept) != memory(new):
                        kept.copy_(new)


class Imitation:
    """Of the parts of ``torch.cuda`` that a capture takes; counts what happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.default = self.current = Stream()
        self.sync_mode, self.reads_refused = 0, contextlib.ExitStack()
        self.capturing = False
        self.clock = 0.0
        self.busy_s = 0.0  # how long the device works after all has been asked
        self.streams: list[Stream] = []
        self.tapes: list[Tape] = []
        self.tape: type[Tape] = Tape
        self.fails = False
        for name in ("device", "stream", "current_stream", "synchronize", "graph"):
            monkeypatch.setattr(torch.cuda, name, getattr(self, name))
        monkeypatch.setattr(torch.cuda, "Stream", self.new_stream)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", self.new_tape)
        monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: self.sync_mode)
        monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", self.set_sync_debug_mode)
        monkeypatch.setattr(passes, "_CAPTURES", {"cpu": cuda_graph.capture})
        monkeypatch.setattr(passes, "CAPTURE_AFTER", 2)
        for module in (passes, cuda_graph):
            monkeypatch.setattr(module, "time", self)
        monkeypatch.setattr(passes.TrainingPass, "_wait", lambda _: self.synchronize())
        run = Pass.__call__

        def asked(self_: Any, *given: torch.Tensor) -> Any:
            self.clock += 1  # as it takes longer to ask for all than for a graph
            return run(self_, *given)

        monkeypatch.setattr(Pass, "__call__", asked)
        seed = passes.seed_device

        def seed_device(device: torch.device, number: int) -> None:
            assert not self.capturing  # PyTorch forbids it
            seed(device, number)

        monkeypatch.setattr(passes, "seed_device", seed_device)

    def perf_counter(self) -> float:
        self.clock += 1
        return self.clock

    def synchronize(self) -> None:
        self.clock += self.busy_s

    def new_stream(self) -> Stream:
        self.streams.append(Stream())
        return self.streams[-1]

    def current_stream(self) -> Stream:
        return self.current

    @contextlib.contextmanager
    def device(self, device: torch.device) -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def stream(self, stream: Stream) -> Iterator[None]:
        before, self.current = self.current, stream
        try:
            yield
        finally:
            self.current = before

    def set_sync_debug_mode(self, mode: int | str) -> None:
        self.sync_mode = {"default": 0, "error": 2}[mode] if isinstance(mode, str) else mode
        self.reads_refused.close()
        if self.sync_mode == 2:
            self.reads_refused.enter_context(NoReads())

    def new_tape(self) -> Tape:
        self.tapes.append(self.tape())
        return self.tapes[-1]

    @contextlib.contextmanager
    def graph(self, tape: Tape, stream: Stream) -> Iterator[None]:
        assert stream is not self.default  # CUDA cannot capture it
        before, self.current = self.current, stream
        self.capturing = True
        try:
            with tape:
                yield
        finally:
            self.capturing = False
        if self.fails:  # the stream stays where it is, as PyTorch leaves it
            raise RuntimeError("CUDA error: operation failed due to a previous error during capture")
        self.current = before
        with torch.no_grad():
            for tensor in tape.made():
                tensor.fill_(float("nan") if tensor.is_floating_point() else 77)


class Stream:
    def __init__(self) -> None:
        self.waited: list[Stream] = []

    def wait_stream(self, other: Stream) -> None:
        self.waited.append(other)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Imitation]:
    # What makes a CPU faster is not there on a GPU, and counts as Python that a graph would leave out.
    monkeypatch.setattr(passes, "accelerated", lambda network: contextlib.nullcontext())
    imitation = Imitation(monkeypatch)
    yield imitation
    assert imitation.current is imitation.default
    assert imitation.sync_mode == 0
    # Neither reads what the other has not written yet, also where something failed.
    assert imitation.default.waited == imitation.streams
    assert all(stream.waited == [imitation.default] for stream in imitation.streams)


def check(gpu: Imitation, make: Callable[[], Training], replays: list[int]) -> None:
    """The training ends bit for bit as without graphs; ``replays`` of each graph, the four of its trial included."""
    run = check_captured(make)
    assert [tape.replays for tape in gpu.tapes] == replays
    # No memory of a graph is held any longer.
    assert not run._passes.captured
    assert not replays or max(replays) < 5 or all(p.grad is None for p in run.network.parameters())


@pytest.mark.parametrize("name", RECIPES)
def test_a_training_is_the_same_to_the_bit(gpu: Imitation, name: str) -> None:
    recipe = dataclasses.replace(RECIPES[name], epochs=3, batch_size=8)

    def make() -> Training:
        return training(small(dropout=0.5), bars(22), recipe, bars(9, seed=1))

    # Two whole batches and a smaller one an epoch: the third whole batch is tried, it and the next three replayed.
    check(gpu, make, [8])


def test_outputs_besides_the_logits_count(gpu: Imitation) -> None:
    check(gpu, lambda: training(TwoHeads(), bars(20), Recipe(epochs=2, batch_size=4)), [12])


def test_layers_that_join_later_are_captured_anew(gpu: Imitation) -> None:
    recipe = Recipe(epochs=2, batch_size=4, unfreeze_epochs=1)

    def make() -> Training:
        return training(small(dropout=0.5), bars(20), recipe)

    check(gpu, make, [7, 7])


def test_a_training_resumed_between_two_replays_ends_the_same(gpu: Imitation) -> None:
    check_resumed()


@pytest.mark.parametrize("kind", [ReadsBack, CountsInPython])
def test_what_a_graph_cannot_hold_goes_on_as_it_is(gpu: Imitation, kind: type[nn.Sequential]) -> None:
    check(gpu, lambda: training(kind(*small(dropout=0.5)), bars(20), Recipe(epochs=2, batch_size=4)), [])


@pytest.mark.parametrize("where", ["module", "weight"])
def test_a_hook_is_called_at_every_step(gpu: Imitation, where: str) -> None:
    run = training(small(), bars(20), Recipe(epochs=2, batch_size=4))
    last: nn.Linear = run.network[6]  # type: ignore[index, assignment]
    calls: list[int] = []
    for number, _ in enumerate(run.run(), 1):
        if number == 4:
            assert run._passes.captured
            if where == "module":
                last.register_forward_hook(lambda *_: calls.append(1))
            else:
                last.weight.register_hook(lambda _: calls.append(1))
    assert len(calls) == 6  # the rest of the ten steps
    assert not run._passes.captured


def test_a_busy_device_is_left_alone(gpu: Imitation) -> None:
    gpu.busy_s = 4.0
    recipe = Recipe(epochs=2, batch_size=4, unfreeze_epochs=1)
    check(gpu, lambda: training(small(), bars(20), recipe), [])
    assert len(gpu.streams) == 1  # tried once, not again when more layers learn


def test_a_graph_that_wins_nothing_is_not_used(gpu: Imitation) -> None:
    class Slow(Tape):
        def replay(self) -> None:
            gpu.clock += 5
            super().replay()

    gpu.tape = Slow
    check(gpu, lambda: training(small(dropout=0.5), bars(20), Recipe(epochs=2, batch_size=4)), [4])


def test_after_a_capture_that_fails_the_training_goes_on_as_it_is(gpu: Imitation) -> None:
    gpu.fails = True
    check(gpu, lambda: training(small(dropout=0.5), bars(20), Recipe(epochs=2, batch_size=4)), [0])


class OldPictures(Tape):
    """Never looks at other pictures than those of the capture."""

    pictures: torch.Tensor | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.pictures is None:
            self.given = next(tensor for tensor in tensors(args) if tensor.ndim == 4)
            self.pictures = self.given.clone()
        return super().__torch_dispatch__(func, types, args, kwargs)

    def replay(self) -> None:
        assert self.pictures is not None
        self.given.copy_(self.pictures)
        super().replay()


class OldNumbers(Tape):
    """Draws the same random numbers at each replay."""

    def replay(self) -> None:
        torch.manual_seed(0)
        super().replay()


@pytest.mark.parametrize("wrong", [OldPictures, OldNumbers])
def test_a_graph_that_gives_something_else_is_not_used(gpu: Imitation, wrong: type[Tape]) -> None:
    gpu.tape = wrong
    check(gpu, lambda: training(small(dropout=0.5), bars(20), Recipe(epochs=2, batch_size=4)), [1])


CHANGES: dict[str, Callable[[nn.Sequential], object]] = {
    "another weight": lambda network: setattr(network[6].weight, "data", torch.zeros(3, 96)),
    "a frozen weight": lambda network: network[6].weight.requires_grad_(False),
    "another mean": lambda network: setattr(network[1].running_mean, "data", torch.ones(6)),
    "another mean, put in its place": lambda network: setattr(network[1], "running_mean", torch.ones(6)),
    "another mode": lambda network: network[1].eval(),
    "another momentum": lambda network: setattr(network[1], "momentum", 0.5),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_network_is_seen(gpu: Imitation, name: str) -> None:
    def state_after(captured: bool) -> dict[str, torch.Tensor]:
        network = small()
        run = training(network, bars(20), Recipe(epochs=2, batch_size=4))
        for number, _ in enumerate(run.run(), 1):
            if number == 4:
                assert run._passes.captured is captured
                CHANGES[name](network)
        return network.state_dict()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "_CAPTURES", {})
        expected = state_after(captured=False)
    found = state_after(captured=True)
    assert differing(expected, found) == []

"""Passes written down as TorchScript: the same to the bit as those of the network, or not used."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import prunelle
from prunelle.training.engine import Training
from prunelle.training.fast import chain, passes, script
from prunelle.training.fast.acceleration import accelerated
from prunelle.training.fast.one_pass import Pass
from prunelle.training.recipe import Recipe
from tests.unit.training.helpers import (
    RECIPES,
    CountsInPython,
    ReadsBack,
    TwoHeads,
    bars,
    capture_early,
    check_captured,
    check_resumed,
    finish,
    small,
    training,
)


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> list[script.Script]:
    return capture_early(monkeypatch)


@pytest.mark.parametrize("name", RECIPES)
def test_a_training_is_the_same_to_the_bit(early: list[script.Script], name: str) -> None:
    recipe = dataclasses.replace(RECIPES[name], epochs=3, batch_size=8)
    check_captured(lambda: training(small(dropout=0.5), bars(22), recipe, bars(9, seed=1)))
    assert len(early) == 1


def test_a_training_that_is_dropped_is_gone_at_once(early: list[script.Script]) -> None:
    """With its gradients, moments and captures: nothing of it waits for Python's collector."""
    run = training(small(dropout=0.5), bars(20), Recipe(epochs=2, batch_size=4))
    gc.collect()
    gc.disable()
    try:
        finish(run)
        gone = [weakref.ref(each) for each in (run, run.network, run._optimizer, run._passes, early.pop())]
        del run
        assert [each() for each in gone] == [None] * 5
    finally:
        gc.enable()


def test_outputs_besides_the_logits_count(early: list[script.Script]) -> None:
    check_captured(lambda: training(TwoHeads(), bars(20), Recipe(epochs=2, batch_size=4)))
    assert len(early) == 1


def test_layers_that_join_later_are_captured_anew(early: list[script.Script]) -> None:
    recipe = Recipe(epochs=2, batch_size=4, unfreeze_epochs=1)
    check_captured(lambda: training(small(dropout=0.5), bars(20), recipe))
    assert len(early) == 2


def test_a_training_resumed_between_two_captured_passes_ends_the_same(early: list[script.Script]) -> None:
    check_resumed()
    assert len(early) == 2


@pytest.mark.parametrize("kind", [ReadsBack, CountsInPython])
def test_what_cannot_be_written_down_goes_on_as_it_is(
    early: list[script.Script], kind: type[nn.Sequential]
) -> None:
    check_captured(lambda: training(kind(*small(dropout=0.5)), bars(20), Recipe(epochs=2, batch_size=4)))
    assert early == []


def test_a_program_that_gives_something_else_is_not_used(early: list[script.Script]) -> None:
    class RemembersThePictures(nn.Sequential):
        """Takes the means of pictures behind PyTorch's back: in a program they stay those of its capture."""

        __module__ = "prunelle.networks.imagined"

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            mean = torch.from_numpy(x.numpy().mean(axis=(1, 2, 3)))
            return super().forward(x - mean[:, None, None, None])  # type: ignore[no-any-return]

    def make() -> Training:
        return training(RemembersThePictures(*small()), bars(20), Recipe(epochs=2, batch_size=4))

    check_captured(make)
    run = make()
    assert not any(run._passes.captured for _ in run.run())
    assert len(early) == 2  # captured, compared, and left


@pytest.mark.parametrize(("factor", "used"), [(1.05, True), (1.15, False)])
def test_a_slower_program_is_not_used(
    early: list[script.Script], monkeypatch: pytest.MonkeyPatch, factor: float, used: bool
) -> None:
    """But what is not clearly slower is: times are noisy."""
    seconds = {True: 0.1, False: 0.1 * factor}
    monkeypatch.setattr(
        passes.TrainingPass, "_seconds", lambda _, run, *given: seconds[isinstance(run, Pass)]
    )
    run = training(small(), bars(20), Recipe(epochs=2, batch_size=4))
    assert any(run._passes.captured for _ in run.run()) is used
    assert len(early) == 1


def test_a_pytorch_without_torchscript_trains_on(
    early: list[script.Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch.jit, "CompilationUnit")
    script._number.cache_clear()
    check_captured(lambda: training(small(dropout=0.5), bars(20), Recipe(epochs=2, batch_size=4)))
    assert early == []


def test_long_passes_are_not_written_down(
    early: list[script.Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes.TrainingPass, "_seconds", lambda _, run, *given: 0.3 * isinstance(run, Pass))
    finish(training(small(), bars(20), Recipe(epochs=2, batch_size=4)))
    assert early == []


def test_it_begins_after_a_hundred_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes.TrainingPass, "_seconds", lambda _, run, *given: 0.1 * isinstance(run, Pass))
    run = training(small(), bars(420), Recipe(epochs=1, batch_size=4))
    assert [run._passes.captured for _ in run.run()].index(True) == 100


# Of each family of networks one, on pictures as small as it takes.
NETWORKS = {
    "course-mnist": (1, 28, 28),
    "course-photos": (3, 64, 64),  # dropout on maps
    "lenet5-1998": (1, 32, 32),  # its own layers
    "dense": (1, 28, 28),
    "nin-cifar": (3, 32, 32),
    "googlenet": (3, 64, 64),  # auxiliary outputs, local response normalisation
    "resnet20": (3, 32, 32),
    "xception": (3, 64, 64),  # separable convolutions
    "squeezenet1.1": (3, 64, 64),
    "fcn": (1, 150),
    "inceptiontime": (1, 150),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_networks_pass_is_the_same_to_the_bit(name: str) -> None:
    torch.manual_seed(0)
    network = prunelle.build(name)
    images = torch.randn(3, *NETWORKS[name])
    if images.ndim == 4:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        images = images.contiguous(memory_format=torch.channels_last)
    targets = torch.tensor([0, 1, 0])

    def forward(images: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        outputs = network(images)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return sum(output.square().mean() for output in outputs), outputs[0]  # type: ignore[return-value]

    buffers = [buffer.clone() for buffer in network.buffers()]

    def found(run: Any) -> list[torch.Tensor | None]:
        with torch.no_grad():
            for buffer, kept in zip(network.buffers(), buffers, strict=True):
                buffer.copy_(kept)
        torch.manual_seed(1)
        outcome = run(images.flip(0), targets)
        gradients = [None if p.grad is None else p.grad.clone() for p in network.parameters()]
        return [*outcome, *gradients, *(buffer.clone() for buffer in network.buffers())]

    with accelerated(network):
        whole = Pass(forward, list(network.parameters()))
        written = script.Script(whole, [images, targets])
        expected, received = found(whole), found(written)
    for a, b in zip(expected, received, strict=True):
        assert (a is None) is (b is None)
        assert a is None or b is None or torch.equal(a, b)


def gradients_of(
    loss: Callable[..., torch.Tensor], *parameters: nn.Parameter
) -> tuple[list[Any], list[Any], script.Script]:
    """Of ``loss(images, targets, *parameters)``, from backward and from a program."""

    def forward(images: torch.Tensor, targets: torch.Tensor) -> list[torch.Tensor]:
        return [loss(images, targets, *parameters)]

    images, targets = torch.arange(6.0).view(2, 3), torch.tensor([0, 1])
    whole = Pass(forward, list(parameters))
    written = script.Script(whole, [images, targets])
    both = []
    for run in (whole, written):
        outcome = run(images + 1, targets)
        both.append([outcome[0], *(parameter.grad for parameter in parameters)])
    return both[0], both[1], written


def parameter(*values: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values))


def test_gradients_have_memory_of_their_own() -> None:
    """What scales one in place, as clipping does, must not scale another, nor what the program keeps."""
    a, b, unused = parameter(1.0, 2.0, 3.0), parameter(0.0, 0.0, 0.0), parameter(5.0)
    # Autograd hands one tensor on to both.
    expected, found, written = gradients_of(lambda x, t, a, b, unused: ((a + b) * x).sum(), a, b, unused)
    assert unused.grad is None
    # The sums of two rows of pictures, 1 2 3 and 4 5 6.
    assert found[1].tolist() == found[2].tolist() == expected[1].tolist() == [5.0, 7.0, 9.0]
    assert a.grad is not None
    assert b.grad is not None
    a.grad.mul_(0)
    assert b.grad.tolist() == [5.0, 7.0, 9.0]
    written(torch.ones(2, 3), torch.tensor([0, 1]))
    assert a.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradients_lie_in_memory_as_their_parameters() -> None:
    weight = nn.Parameter(torch.arange(6.0).view(2, 3).t())  # stored by columns
    expected, found, _ = gradients_of(lambda x, t, w: (w * x.reshape(3, 2)).sum(), weight)
    assert torch.equal(expected[1], found[1])
    assert expected[1].stride() == found[1].stride() == (1, 3)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, t, a: (x * a).clamp(max=float("inf")).sum(),
        lambda x, t, a: (x * a).masked_fill(x > 3, float("-inf")).exp().sum(),
        lambda x, t, a: (x * a).sum().view([]) * 2,
        lambda x, t, a: torch.cat([part * a[0] for part in x.split(2, dim=1)], dim=1).sum(),
        lambda x, t, a: (x.to(torch.float64) * a).sum().float(),
        lambda x, t, a: (x[t] * a).sum(),
        lambda x, t, a: F.gelu(x * a, approximate="tanh").sum(),
    ],
    ids=["infinity", "minus infinity", "no sides", "parts", "other numbers", "places", "a word"],
)
def test_arguments_of_every_kind(loss: Callable[..., torch.Tensor]) -> None:
    expected, found, _ = gradients_of(loss, parameter(0.5, -1.0, 2.0))
    assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (
            lambda x, t, a: (x * a).sum() * float(x.sum() > 0),
            "_local_scalar_dense.default gives what Python may have looked at",
        ),
        (lambda x, t, a: (x * a * torch.rand(3, generator=torch.Generator())).sum(), "Generator"),
        # TorchScript knows no cast of bits.
        (lambda x, t, a: (x.view(torch.int32).view(torch.float32) * a).sum(), "not provided"),
    ],
    ids=["a number read", "a generator", "bits"],
)
def test_what_has_no_text_is_refused(loss: Callable[..., torch.Tensor], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        gradients_of(loss, parameter(0.5, -1.0, 2.0))


def test_what_torchscript_would_read_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    line = script._line
    monkeypatch.setattr(
        script, "_line", lambda call, names: (line(call, names)[0], "aten::another() -> Tensor")
    )
    with pytest.raises(script.Unwritable, match="reads other operations"):
        gradients_of(lambda x, t, a: (x * a).sum(), parameter(0.5, -1.0, 2.0))


def test_ctrl_c_in_a_captured_pass_ends_the_training(
    early: list[script.Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    """TorchScript makes its own error of an exception in Python that it calls, a dropout mask's here."""
    run = training(small(dropout=0.5), bars(20), Recipe(epochs=2, batch_size=4))
    words = chain._random_words

    def interrupted(n: int) -> torch.Tensor:
        if run._passes.captured:
            raise KeyboardInterrupt
        return words(n)

    monkeypatch.setattr(chain, "_random_words", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finish(run)
    assert early

"""3×3 convolutions with fewer products, against NumPy in float64 and PyTorch's own convolution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import fx, nn

from prunelle.training.fast import prediction
from prunelle.training.fast.prediction import predictor
from prunelle.training.fast.winograd import FEWEST_PRODUCTS, WinogradConv2d, pays, with_winograd
from prunelle.training.outputs import evaluation_mode


def by_numpy(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """The definition: for each place, the sum of nine shifted products, in float64."""
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = x.shape[2:]
    found = sum(
        np.einsum("nchw,oc->nohw", padded[:, :, i : i + height, j : j + width], weight[:, :, i, j])
        for i in range(3)
        for j in range(3)
    )
    return found if bias is None else found + bias[:, None, None]


def convolution(channels: int, outputs: int, *, bias: bool = True, seed: int = 0) -> nn.Conv2d:
    torch.manual_seed(seed)
    return nn.Conv2d(channels, outputs, 3, padding=1, bias=bias)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize(
    ("n", "height", "width"),
    [(1, 4, 4), (3, 7, 10), (2, 1, 1), (5, 2, 9), (32, 14, 14), (7, 9, 5), (1, 64, 61)],
)
def test_it_is_the_convolution(n: int, height: int, width: int, channels_last: bool, bias: bool) -> None:
    direct = convolution(6, 5, bias=bias)
    x = torch.randn(n, 6, height, width)
    if channels_last:
        x = x.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        found = WinogradConv2d(direct)(x)
    expected = by_numpy(
        x.numpy(), direct.weight.detach().double().numpy(), direct.bias.detach().numpy() if bias else None
    )
    assert found.shape == expected.shape
    assert min(height, width) < 4 or found.is_contiguous(memory_format=torch.channels_last)
    # Six channels in float32: the paper's transforms lose about one digit.
    assert np.abs(found.numpy() - expected).max() < 2e-5


def test_many_channels_stay_close() -> None:
    direct = convolution(512, 512)
    x = torch.randn(2, 512, 9, 9)
    with torch.inference_mode():
        found = WinogradConv2d(direct)(x).double()
    expected = torch.nn.functional.conv2d(
        x.double(), direct.weight.double(), direct.bias.double(), padding=1
    ).detach()
    assert float((found - expected).abs().max() / expected.abs().max()) < 5e-5


def test_a_picture_gets_the_same_bits_wherever_it_is_in_a_batch() -> None:
    """A store of features depends on it."""
    faster = WinogradConv2d(convolution(160, 224))
    x = torch.randn(32, 160, 13, 13)
    with torch.inference_mode():
        found = faster(x)
        order = torch.randperm(32, generator=torch.Generator().manual_seed(1))
        assert torch.equal(faster(x[order]), found[order])


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv2d(256, 256, 5, padding=1),
        nn.Conv2d(256, 256, 3),
        nn.Conv2d(256, 256, 3, padding=1, stride=2),
        nn.Conv2d(256, 256, 3, padding=1, dilation=2),
        nn.Conv2d(256, 256, 3, padding=1, groups=2),
        nn.Conv2d(256, 256, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.Conv1d(256, 256, 3, padding=1),
        nn.Linear(512, 512),
    ],
    ids=repr,
)
def test_what_it_is_not_for(module: nn.Module) -> None:
    assert not pays(module)


def test_what_it_is_for() -> None:
    assert FEWEST_PRODUCTS <= 256 * 256
    assert pays(nn.Conv2d(256, 256, 3, padding=1))
    assert pays(nn.Conv2d(128, 256, 3, padding="same", bias=False))


class Wide(nn.Module):
    """One of the wide convolutions is called twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner = nn.ModuleDict({"first": nn.Conv2d(3, 192, 1), "wide": convolution(192, 192)})
        self.last = convolution(192, 192, seed=1)
        self.normalisation = nn.BatchNorm2d(192)
        self.head = nn.Linear(192, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.inner["wide"](torch.relu(self.inner["wide"](self.inner["first"](x))))
        return self.head(torch.relu(self.normalisation(self.last(x))).mean(dim=(2, 3)))


def test_the_network_itself_stays_as_it_is() -> None:
    traced = fx.symbolic_trace(Wide().eval())
    before = {name: tensor.clone() for name, tensor in traced.state_dict().items()}
    faster = with_winograd(traced)
    x = torch.randn(3, 3, 6, 6)
    with torch.inference_mode():
        assert torch.allclose(faster(x), traced(x), atol=1e-5)
    assert isinstance(faster.get_submodule("inner.wide"), WinogradConv2d)
    assert type(traced.get_submodule("inner.wide")) is nn.Conv2d
    assert faster.get_submodule("head") is traced.get_submodule("head")
    assert all(torch.equal(tensor, before[name]) for name, tensor in traced.state_dict().items())


def test_weights_that_are_read_elsewhere_stay_where_they_are() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.other = convolution(192, 192), convolution(192, 192, seed=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.conv_transpose2d(self.other(self.wide(x)), self.wide.weight, padding=1)

    traced = fx.symbolic_trace(Tied().eval())
    faster = with_winograd(traced)
    x = torch.randn(2, 192, 6, 6)
    with torch.inference_mode():
        assert torch.allclose(faster(x), traced(x), atol=1e-4)
    assert type(faster.get_submodule("wide")) is nn.Conv2d
    assert isinstance(faster.get_submodule("other"), WinogradConv2d)


def test_hooks_are_called() -> None:
    direct = convolution(192, 192)
    direct.register_forward_hook(lambda module, given, found: found * 2)
    assert not pays(direct)
    assert not pays(nn.utils.spectral_norm(convolution(192, 192)))


def test_other_kinds_of_numbers_go_through_the_convolution() -> None:
    direct = convolution(4, 4).double()
    x = torch.randn(2, 4, 5, 5, dtype=torch.float64)
    with torch.inference_mode():
        assert torch.equal(WinogradConv2d(direct)(x), direct(x))
        assert WinogradConv2d(convolution(4, 4))(torch.empty(0, 4, 5, 5)).shape == (0, 4, 5, 5)


@pytest.mark.parametrize("way", ["_folded", "_compiled"])
def test_predicting_goes_through_it(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With normalisation folded into it, and compiled, for batches that are not whole ones too."""
    called = []
    original = WinogradConv2d.forward

    def counted(self: WinogradConv2d, x: torch.Tensor) -> torch.Tensor:
        called.append(len(x))
        return original(self, x)

    monkeypatch.setattr(WinogradConv2d, "forward", counted)
    if way == "_folded":
        monkeypatch.setattr(prediction, "_compiled", prediction._folded)
    else:
        monkeypatch.setattr(prediction, "_seconds", lambda *_: pytest.fail("not the first way"))
    network = Wide().eval()
    network.normalisation.running_mean.normal_()
    images = torch.randn(10, 3, 6, 6)
    answer = predictor(network, num_examples=len(images), compile="always")
    with evaluation_mode(network):
        found = torch.cat([answer.outputs(part) for part in images.split(4)])
        expected = network.double()(images.double())
    assert answer.compiled
    # Three convolutions for the batch that compares, and as many for the second and the last (filled up).
    assert called == [4] * 9
    assert torch.allclose(found.double(), expected, atol=1e-5)
    assert torch.equal(found.argmax(dim=1), expected.argmax(dim=1))

"""One value explained: the window, the products and the sum against NumPy and against what was worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import prunelle as pn
from prunelle.errors import ArgumentError
from prunelle.look.recording import maps_shape
from prunelle.look.sources import Sources
from prunelle.look.value.explain import Place
from prunelle.look.value.steps import (
    ActivationStep,
    ConvolutionStep,
    DenseStep,
    NormalisationStep,
    OtherStep,
    PoolingStep,
    SoftmaxStep,
)
from tests.unit.look.networks import residual, set_weights
from tests.unit.look.opened import Opened, check_everywhere, check_followed, noise, places

# ---- By hand


def test_a_convolution_by_hand() -> None:
    """Picture 1…9, kernel (1, 2; 3, 4), bias 0.5: in the middle 5 + 2·6 + 3·8 + 4·9 + 0.5 = 77.5."""
    convolution = nn.Conv2d(1, 1, 2)
    set_weights(convolution, [1, 2, 3, 4], [0.5])
    opened = Opened(nn.Sequential(convolution, nn.ReLU()), torch.arange(1.0, 10).view(1, 1, 3, 3))
    found = opened.explain("0", 0, 1, 1)
    step, activation = found.steps
    assert isinstance(step, ConvolutionStep)
    np.testing.assert_array_equal(step.window, [[[5, 6], [8, 9]]])
    np.testing.assert_array_equal(step.weights, [[[1, 2], [3, 4]]])
    assert (step.parts.tolist(), step.bias, step.result, step.exact) == ([77.0], 0.5, 77.5, 0.0)
    assert (step.at.y0, step.at.x0, step.at.dy, step.at.dx) == (1, 1, 1, 1)
    assert step.inside.tolist() == [[1, 1], [1, 1]]
    assert isinstance(activation, ActivationStep)
    assert (activation.name, activation.before, activation.result) == ("ReLU", 77.5, 77.5)
    assert found.value == 77.5
    assert found.receptive == (1, 1, 2, 2)


def test_padding_is_outside() -> None:
    """Kernel of ones over zeros around 1…4: at the corner 1 + 2 + 3 + 4 = 10 from four of nine places."""
    convolution = nn.Conv2d(1, 1, 3, padding=1)
    set_weights(convolution, [1] * 9, [0.0])
    opened = Opened(nn.Sequential(convolution), torch.arange(1.0, 5).view(1, 1, 2, 2))
    (step,) = opened.explain("0", 0, 0, 0).steps
    assert isinstance(step, ConvolutionStep)
    np.testing.assert_array_equal(step.window, [[[0, 0, 0], [0, 1, 2], [0, 3, 4]]])
    assert step.inside.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1]]
    assert (step.at.y0, step.at.x0, step.result) == (-1, -1, 10.0)
    assert opened.follow("0", (0, 0, 0), (0, 0, 0)) == Sources(0.0, (), 0, 0.0, linear=True)
    (source,) = opened.follow("0", (0, 0, 0), (0, 2, 1)).found
    assert (source.layer, source.channel, source.y, source.x, source.weight, source.value) == (
        "input",
        0,
        1,
        0,
        1,
        3,
    )


def test_pooling_by_hand() -> None:
    picture = torch.tensor([[1.0, 5, 2, 0], [3, 4, 9, 1], [0, 0, 1, 1], [0, 8, 1, 1]]).view(1, 1, 4, 4)
    largest = Opened(nn.Sequential(nn.MaxPool2d(2)), picture)
    (step,) = largest.explain("0", 0, 0, 1).steps
    assert isinstance(step, PoolingStep)
    assert (step.how, step.window.tolist(), step.chosen, step.result) == ("max", [[2, 0], [9, 1]], (1, 0), 9)
    (source,) = largest.follow("0", (0, 0, 1), (0, 1, 0)).found
    assert (source.y, source.x, source.value) == (1, 2, 9)
    mean = Opened(nn.Sequential(nn.AvgPool2d(2)), picture)
    (step,) = mean.explain("0", 0, 1, 0).steps
    assert isinstance(step, PoolingStep)
    assert (step.how, step.window.tolist(), step.divisor, step.result) == ("average", [[0, 0], [0, 8]], 4, 2)


def test_a_normalisation_by_hand() -> None:
    """(3 − 1) / √(4 − 10⁻⁵ + 10⁻⁵) · 5 + 0.25 = 5.25."""
    norm = nn.BatchNorm2d(1)
    norm.running_mean[0], norm.running_var[0] = 1.0, 4.0 - norm.eps
    set_weights(norm, [5.0], [0.25])
    (step,) = Opened(nn.Sequential(norm), torch.full((1, 1, 2, 2), 3.0)).explain("0", 0, 1, 1).steps
    assert isinstance(step, NormalisationStep)
    assert (step.before, step.mean, step.weight, step.bias, step.over) == (3, 1, 5, 0.25, "training")
    assert step.std == pytest.approx(2, rel=1e-7)
    assert step.result == pytest.approx(5.25, rel=1e-6)


def test_softmax_by_hand() -> None:
    (step,) = (
        Opened(nn.Sequential(nn.Softmax(dim=1)), torch.tensor([[0.0, math.log(3)]]))
        .explain("0", 1, 0, 0)
        .steps
    )
    assert isinstance(step, SoftmaxStep)
    assert (step.index, step.log) == (1, False)
    assert step.result == pytest.approx(0.75, rel=1e-6)
    assert step.exact < 1e-6


# ---- Against NumPy


def padded(values: np.ndarray, before: int, after: int, mode: str) -> np.ndarray:
    names = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    around = [(0, 0), *[(before, after)] * (values.ndim - 1)]
    return np.pad(values, around, mode=names[mode])  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize(
    ("groups", "stride", "padding", "dilation"),
    [(1, 1, 0, 1), (1, 2, 2, 1), (2, 1, 1, 2), (4, 3, 2, 1), (2, 1, "same", 2), (1, 1, "valid", 1)],
)
@pytest.mark.parametrize("axes", [1, 2])
def test_convolutions(axes: int, groups: int, stride: int, padding: Any, dilation: int, mode: str) -> None:
    torch.manual_seed(0)
    kind: Any = nn.Conv1d if axes == 1 else nn.Conv2d
    module = kind(
        4, 8, 3, stride=stride, padding=padding, dilation=dilation, groups=groups, padding_mode=mode
    )
    opened = Opened(nn.Sequential(module), noise(4, *(9,) * axes))
    border = {"same": dilation, "valid": 0}.get(padding, padding)
    read = padded(opened.image[0].numpy(), border, border, mode)
    for channel, y, x in places(opened.sides("0"), 4):
        (step,) = opened.explain("0", channel, y, x).steps
        assert isinstance(step, ConvolutionStep)
        first = channel // (8 // groups) * (4 // groups)
        starts = (x,) if axes == 1 else (y, x)
        window = read[first : first + 4 // groups]
        for axis, start in enumerate(starts):
            window = np.take(window, start * stride + np.arange(3) * dilation, axis=axis + 1)
        weights = module.weight[channel].detach().numpy()
        np.testing.assert_array_equal(step.window.reshape(window.shape), window)
        np.testing.assert_array_equal(step.weights.reshape(weights.shape), weights)
        assert step.first == first
        products = window.astype(np.float64) * weights
        assert step.result == pytest.approx(products.sum() + module.bias[channel].item(), rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(step.parts.sum() + step.bias, step.result, rtol=1e-4, atol=1e-5)
        for element in [(0, 0, 0), (4 // groups - 1, *((0, 2) if axes == 1 else (2, 1)))]:
            check_followed(opened, "0", (channel, y, x), element, float(step.window[element]))


POOLINGS: list[Callable[[], nn.Module]] = [
    lambda: nn.MaxPool2d(3, stride=2, padding=1),
    lambda: nn.MaxPool2d(2, stride=1, dilation=2),
    lambda: nn.MaxPool2d((3, 2), ceil_mode=True),
    lambda: nn.AvgPool2d(3, stride=2, padding=1),
    lambda: nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
    lambda: nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True),
    lambda: nn.AvgPool2d(2, divisor_override=7),
    lambda: nn.AdaptiveAvgPool2d((3, 2)),
    lambda: nn.AdaptiveMaxPool2d(4),
]


@pytest.mark.parametrize("make", POOLINGS)
def test_poolings(make: Callable[[], nn.Module]) -> None:
    opened = Opened(nn.Sequential(make()), noise(3, 10, 10))
    for place in places(opened.sides("0"), 6):
        (step,) = opened.explain("0", *place).steps
        assert isinstance(step, PoolingStep)
        there = step.window[~np.isnan(step.window)]
        if step.how == "max":
            assert step.chosen is not None
            assert step.result == there.max() == step.window[step.chosen]
        else:
            assert step.result == pytest.approx(there.sum() / step.divisor, rel=1e-5, abs=1e-6)
        ys = step.at.y0 + step.at.dy * np.arange(step.window.shape[0])
        xs = step.at.x0 + step.at.dx * np.arange(step.window.shape[1])
        for (row, column), value in np.ndenumerate(step.window):
            inside = 0 <= ys[row] < 10 and 0 <= xs[column] < 10
            assert np.isnan(value) != inside
            if inside:
                assert value == opened.image[0, place[0], ys[row], xs[column]]
        if np.isnan(step.window[1, 1]):
            assert opened.follow("0", place, (0, 1, 1)).count == 0
        else:
            check_followed(opened, "0", place, (0, 1, 1), float(step.window[1, 1]))


@pytest.mark.parametrize(
    "make", [lambda: nn.MaxPool1d(3, 2, 1), lambda: nn.AvgPool1d(3, 2, 1), lambda: nn.AdaptiveAvgPool1d(3)]
)
def test_poolings_of_series(make: Callable[[], nn.Module]) -> None:
    opened = Opened(nn.Sequential(make()), noise(2, 11))
    for channel, y, x in places(opened.sides("0"), 4):
        (step,) = opened.explain("0", channel, y, x).steps
        assert isinstance(step, PoolingStep)
        assert step.window.shape[0] == 1
        there = step.window[~np.isnan(step.window)]
        expected = there.max() if step.how == "max" else there.sum() / step.divisor
        assert step.result == pytest.approx(float(expected), rel=1e-5, abs=1e-6)


def test_dense_layers() -> None:
    torch.manual_seed(0)
    opened = Opened(nn.Sequential(nn.Flatten(), nn.Linear(18, 5), nn.Tanh()), noise(2, 3, 3))
    weight, bias = (tensor.detach().double().numpy() for tensor in opened.network[1].parameters())
    dense, activation = opened.explain("1", 3, 0, 0).steps
    assert isinstance(dense, DenseStep)
    assert isinstance(activation, ActivationStep)
    inputs = opened.image.flatten().double().numpy()
    np.testing.assert_allclose(dense.inputs, inputs, rtol=1e-6)
    np.testing.assert_allclose(dense.weights, weight[3], rtol=1e-6)
    assert dense.result == pytest.approx(inputs @ weight[3] + bias[3], rel=1e-5)
    assert (activation.name, activation.before) == ("Tanh", dense.result)
    assert activation.result == pytest.approx(math.tanh(dense.result), rel=1e-5)
    # The 11th input was channel 1, row 0, column 2 of the picture before it was flattened.
    (source,) = check_followed(opened, "1", (3, 0, 0), (11, 0, 0), float(inputs[11])).found
    assert (source.layer, source.channel, source.y, source.x) == ("input", 1, 0, 2)


NORMALISATIONS: dict[str, Callable[[np.ndarray, Place], tuple[float, float]]] = {
    # How mean and variance are found, by NumPy.
    "GroupNorm(2, 6)": lambda x, p: (x[p[0] // 3 * 3 :][:3].mean(), x[p[0] // 3 * 3 :][:3].var()),
    "InstanceNorm2d(6, affine=True)": lambda x, p: (x[p[0]].mean(), x[p[0]].var()),
    "LayerNorm([6, 5, 5])": lambda x, p: (x.mean(), x.var()),
    "LayerNorm([5, 5])": lambda x, p: (x[p[0]].mean(), x[p[0]].var()),
    "LayerNorm(5)": lambda x, p: (x[p[0], p[1]].mean(), x[p[0], p[1]].var()),
    "BatchNorm2d(6, track_running_stats=False)": lambda x, p: (x[p[0]].mean(), x[p[0]].var()),
}


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_normalisations(name: str) -> None:
    torch.manual_seed(0)
    module = eval(f"nn.{name}", {"nn": nn})
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    opened = Opened(nn.Sequential(module), noise(6, 5, 5) * 3 + 1)
    values = opened.image[0].double().numpy()
    for place in places(opened.sides("0"), 4):
        (step,) = opened.explain("0", *place).steps
        assert isinstance(step, NormalisationStep)
        mean, variance = NORMALISATIONS[name](values, place)
        assert (step.mean, step.std) == pytest.approx((mean, math.sqrt(variance + 1e-5)), rel=1e-5)
        computed = (values[place] - mean) / math.sqrt(variance + 1e-5) * step.weight + step.bias
        assert step.result == pytest.approx(computed, rel=1e-4, abs=1e-5)
        assert step.over == "picture"


def test_local_response_normalisation() -> None:
    module = nn.LocalResponseNorm(5, alpha=1e-2, beta=0.75, k=2.0)
    opened = Opened(nn.Sequential(module), noise(7, 3, 3) * 10)
    values = opened.image[0].double().numpy()
    for place in places(opened.sides("0"), 5):
        channel, y, x = place
        (step,) = opened.explain("0", *place).steps
        assert isinstance(step, NormalisationStep)
        around = values[max(0, channel - 2) : channel + 3, y, x]
        expected = values[place] / (2.0 + 1e-2 * (around**2).sum() / 5) ** 0.75
        assert step.result == pytest.approx(expected, rel=1e-5)
        assert step.before / step.std == pytest.approx(expected, rel=1e-5)
        assert step.over == "neighbours"


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "ReLU(inplace=True)": lambda x: max(0.0, x),
    "ReLU6()": lambda x: min(max(0.0, x), 6.0),
    "LeakyReLU(0.1)": lambda x: x if x > 0 else 0.1 * x,
    "PReLU(6)": lambda x: x if x > 0 else 0.25 * x,
    "ELU()": lambda x: x if x > 0 else math.exp(x) - 1,
    "GELU()": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "SiLU()": lambda x: x / (1 + math.exp(-x)),
    "Sigmoid()": lambda x: 1 / (1 + math.exp(-x)),
    "Tanh()": math.tanh,
    "Softplus()": lambda x: math.log1p(math.exp(x)),
    "Hardswish()": lambda x: x * min(max(x + 3, 0), 6) / 6,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    torch.manual_seed(0)
    activation = eval(f"nn.{name}", {"nn": nn})
    opened = Opened(nn.Sequential(nn.Conv2d(3, 6, 1), activation), noise(3, 4, 4))
    for place in places(opened.sides("0"), 5):
        # PReLU has weights of its own, and is a layer of its own.
        step = opened.explain(opened.anatomy.layers[-1].name, *place).steps[-1]
        assert isinstance(step, ActivationStep)
        assert step.name == name.partition("(")[0]
        assert step.result == pytest.approx(ACTIVATIONS[name](step.before), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("kind", [nn.Softmax, nn.LogSoftmax])
@pytest.mark.parametrize("dim", [1, -1])
def test_softmax_of_maps(kind: Any, dim: int) -> None:
    opened = Opened(nn.Sequential(kind(dim=dim)), noise(4, 3, 5))
    channel, y, x = 2, 1, 3
    (step,) = opened.explain("0", channel, y, x).steps
    assert isinstance(step, SoftmaxStep)
    values = opened.image[0].double().numpy()
    logits = values[:, y, x] if dim == 1 else values[channel, y]
    share = np.exp(logits[step.index]) / np.exp(logits).sum()
    assert step.result == pytest.approx(math.log(share) if kind is nn.LogSoftmax else share, rel=1e-5)
    np.testing.assert_allclose(step.logits, logits, rtol=1e-6)


def test_the_receptive_field_is_what_a_value_changes_with() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=2),
        nn.Tanh(),
        nn.MaxPool2d(2),
        nn.Conv2d(2, 1, 2),
        nn.Flatten(),
        nn.Linear(9, 2),
    )
    opened = Opened(network, noise(1, 18, 18))
    for name, place in [("0", (1, 2, 3)), ("2", (0, 1, 0)), ("3", (0, 2, 1)), ("5", (1, 0, 0))]:
        found = opened.explain(name, *place)
        assert found.receptive is not None
        y, x, height, width = found.receptive
        picture = opened.image.clone().requires_grad_()
        output = picture
        for module in network[: int(name) + 1]:
            # A mean in place of the largest: every value of the window counts.
            output = F.avg_pool2d(output, 2) if isinstance(module, nn.MaxPool2d) else module(output)
        output.reshape(maps_shape(tuple(output.shape[1:])))[place].backward()
        rows, columns = picture.grad[0, 0].nonzero().T  # type: ignore[index]
        assert (int(rows.min()), int(columns.min())) == (y, x)
        assert (int(rows.max()) - y + 1, int(columns.max()) - x + 1) == (height, width)


# ---- What stands between modules


class Branches(nn.Module):
    """A concatenation, a difference, a product, a functional pooling; then what reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 3, padding=1)
        self.after_cat = nn.Conv2d(4, 1, 1)
        self.after_sum, self.after_product = nn.ReLU(), nn.ReLU()
        self.head = nn.Linear(2, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        a, b = self.a(images), self.b(images)
        mixed = self.after_cat(torch.cat([a, b], dim=1))
        both = self.after_sum(a - 2 * b) + self.after_product(a * b) + mixed
        return self.head(F.avg_pool2d(both, 2).flatten(2).mean(dim=2))  # type: ignore[no-any-return]


def test_what_is_made_between_modules() -> None:
    torch.manual_seed(0)
    opened = Opened(Branches(), noise(1, 4, 4))
    a, b = (opened.recording.output_of(opened.layer(name))[0] for name in ("a", "b"))

    (source,) = check_followed(opened, "after_cat", (0, 1, 2), (3, 0, 0), float(b[1, 1, 2])).found
    assert (source.layer, source.channel, source.y, source.x) == ("b", 1, 1, 2)

    added, relu = opened.explain("after_sum", 1, 2, 3).steps
    assert isinstance(added, OtherStep)
    assert isinstance(relu, ActivationStep)
    assert (added.kind, added.name, added.count) == ("sum", "forward", 2)
    assert {(part.layer, round(part.weight, 6)) for part in added.parts} == {("a", 1), ("b", -2)}
    assert added.result == pytest.approx(float(a[1, 2, 3] - 2 * b[1, 2, 3]), rel=1e-5)
    assert relu.before == added.result

    product, _ = opened.explain("after_product", 0, 0, 1).steps
    assert isinstance(product, OtherStep)
    assert product.kind == "other"
    value = float(a[0, 0, 1] * b[0, 0, 1])
    assert product.result == pytest.approx(value, rel=1e-5)
    assert product.rest == pytest.approx(-value, rel=1e-4)  # a·b + b·a is twice as much

    found = opened.follow("head", (0, 0, 0), (1, 0, 0))
    # A mean over four means of four places, each of three layers' values.
    assert found.linear
    assert {source.layer for source in found.found} == {"after_sum", "after_product", "after_cat"}
    assert all(source.weight == pytest.approx(1 / 16) for source in found.found)


def test_what_is_written_over_is_shown_as_it_was() -> None:
    """A ReLU in place after a sum in place: the values before each are those of the same steps out of place."""
    network, image = residual().eval(), noise(3, 8, 8)
    opened = Opened(network, image)
    with torch.no_grad():
        first = F.conv2d(image, network.conv1.weight, network.conv1.bias, padding=1)
        normalised = network.norm(first)
        maps = torch.relu(normalised)
        second = F.conv2d(maps, network.conv2.weight, network.conv2.bias, padding=1)
    for place in places(opened.sides("conv1"), 3):
        convolution, norm, relu = opened.explain("conv1", *place).steps
        assert convolution.result == pytest.approx(float(first[0][place]), rel=1e-5, abs=1e-6)
        assert norm.result == pytest.approx(float(normalised[0][place]), rel=1e-5, abs=1e-6)
        assert relu.result == float(maps[0][place])
        added, _ = opened.explain("relu:2", *place).steps
        assert isinstance(added, OtherStep)
        assert added.result == pytest.approx(float((maps + second)[0][place]), rel=1e-5, abs=1e-6)
        assert {part.layer for part in added.parts} <= {"conv1", "conv2"}
        assert added.kind == "sum"


class Odd(nn.Module):
    """Twice the largest of its map: nothing that is known."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return 2 * maps.amax(dim=(2, 3), keepdim=True)


def test_what_is_not_known_is_said_honestly() -> None:
    opened = Opened(nn.Sequential(nn.Conv2d(1, 2, 1), Odd()), noise(1, 4, 4))
    found = opened.explain("1", 1, 0, 0)
    (step,) = found.steps
    assert isinstance(step, OtherStep)
    assert (step.name, step.count, len(step.parts)) == ("Odd", 1, 1)
    maps = opened.recording.output_of(opened.layer("0"))[0, 1]
    assert (step.parts[0].weight, step.parts[0].value) == (2, float(maps.max()))
    assert step.result == found.value == 2 * float(maps.max())
    with pytest.raises(ArgumentError, match="nothing says which of its inputs"):
        opened.follow("1", (1, 0, 0), (0, 0, 0))


def test_what_moves_values_is_not_taken_for_an_activation() -> None:
    """Of four channels in two groups, the second that comes out is the third that went in."""
    opened = Opened(nn.Sequential(nn.Conv2d(1, 4, 1), nn.ChannelShuffle(2)), noise(1, 3, 3))
    found = opened.explain("0", 1, 2, 0)
    (step,) = found.steps
    assert isinstance(step, OtherStep)
    assert (step.name, step.count) == ("Conv2d → ChannelShuffle", 1)
    weight, bias = opened.network[0].weight[2].item(), opened.network[0].bias[2].item()
    assert (step.parts[0].layer, step.parts[0].weight) == ("input", pytest.approx(weight))
    assert step.parts[0].value == float(opened.image[0, 0, 2, 0])
    assert step.rest == pytest.approx(bias, rel=1e-4, abs=1e-6)
    assert found.value == step.result


def test_a_convolution_with_more_in_it_is_not_taken_for_a_plain_one() -> None:
    class Scaled(nn.Conv2d):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return 3 * super().forward(images)

    opened = Opened(nn.Sequential(Scaled(1, 1, 3)), noise(1, 5, 5))
    (step,) = opened.explain("0", 0, 1, 1).steps
    assert isinstance(step, OtherStep)
    assert step.count == 9
    assert step.rest == pytest.approx(3 * opened.network[0].bias.item(), rel=1e-4)


def test_a_place_that_is_none_is_refused() -> None:
    opened = Opened(nn.Sequential(nn.Conv2d(1, 2, 3)), noise(1, 5, 5))
    with pytest.raises(ArgumentError, match=r"within \(2, 3, 3\), which 0 gives; received \(2, 0, 0\)"):
        opened.explain("0", 2, 0, 0)
    with pytest.raises(ArgumentError, match=r"within the window, \(1, 3, 3\); received \(0, 3, 0\)"):
        opened.follow("0", (0, 0, 0), (0, 3, 0))


# ---- Series


def test_padded_series() -> None:
    """What is not there counts as 0 in a window, and gives no value."""
    torch.manual_seed(0)
    network = pn.build("fcn", num_classes=3, in_channels=2, input_size=(20,), masked=True)
    series = noise(2, 20)
    series[..., 14:] = torch.nan
    opened = Opened(network, series)
    first = opened.anatomy.layers[0]
    step = opened.explain(first.name, 5, 0, 13).steps[0]
    assert isinstance(step, ConvolutionStep)
    kernel = step.window.shape[2]
    before = (kernel - 1) // 2
    read = np.pad(np.nan_to_num(series[0].numpy()), ((0, 0), (before, kernel)))
    np.testing.assert_array_equal(step.window[:, 0], read[:, 13 : 13 + kernel])
    weight = network.get_parameter(f"{first.name}.weight")[5].detach().double().numpy()
    assert step.result == pytest.approx(
        float((step.window[:, 0] * weight).sum() + (step.bias or 0)), rel=1e-4
    )
    assert step.at is not None
    assert step.at.x0 == 13 - before
    assert math.isnan(opened.explain(first.name, 5, 0, 15).value)


def test_an_ensemble_is_explained_member_by_member() -> None:
    torch.manual_seed(0)
    network = pn.build("fcn", num_classes=3, in_channels=1, input_size=(24,), ensemble=2)
    opened = Opened(network, noise(1, 24))
    names = [layer.name for layer in opened.anatomy.layers]
    assert any(name.startswith("members.1") for name in names)
    check_everywhere(opened)


# ---- Networks of the zoo: every layer at places drawn at random


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("lenet5", 32),
        ("lenet5-1998", 32),
        ("course-mnist", 28),
        ("course-cifar", 32),
        ("course-photos", 64),
        ("alexnet", 127),
        ("vgg11-bn", 64),
        ("nin-cifar", 32),
        ("googlenet", 64),
        ("resnet20", 32),
        ("resnet18", 64),
        ("squeezenet1.1", 96),
        ("inception-v3", 139),
        ("xception", 96),
        ("dense", 16),
        ("resnet1d", 40),
        ("inceptiontime", 40),
        ("course-series", 40),
    ],
)
def test_every_layer_of(name: str, size: int) -> None:
    torch.manual_seed(0)
    channels, *sides = pn.networks.natural_shape(name)
    sides = [size] * len(sides)
    network = pn.build(name, num_classes=5, in_channels=channels, input_size=tuple(sides))
    check_everywhere(Opened(network, noise(channels, *sides)))

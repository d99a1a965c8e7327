"""Networks for series against the papers' reference implementations, rebuilt in the real Keras, and by hand."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.networks import build
from prunelle.networks.summary import count_parameters, summarise


@pytest.fixture(scope="module")
def keras() -> object:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", reason="the real Keras is the oracle here")


def reference(keras: object, name: str, channels: int, classes: int) -> object:
    """The layers of fcn.py, resnet.py, tlenet.py (hfawaz/dl-4-tsc) and inception.py (hfawaz/InceptionTime)."""
    layers = keras.layers  # type: ignore[attr-defined]
    x = first = keras.Input((100, channels))  # type: ignore[attr-defined]

    def conv(maps: object, filters: int, kernel: int, *, bias: bool = True) -> object:
        return layers.Conv1D(filters, kernel, padding="same", use_bias=bias)(maps)

    def norm(maps: object) -> object:
        return layers.BatchNormalization()(maps)

    def relu(maps: object) -> object:
        return layers.ReLU()(maps)

    if name == "fcn":
        for filters, kernel in ((128, 8), (256, 5), (128, 3)):
            x = relu(norm(conv(x, filters, kernel)))
        x = layers.GlobalAveragePooling1D()(x)
    elif name == "resnet1d":
        for filters, expands in ((64, True), (128, True), (128, False)):
            y = relu(norm(conv(x, filters, 8)))
            y = relu(norm(conv(y, filters, 5)))
            y = norm(conv(y, filters, 3))
            shortcut = norm(conv(x, filters, 1)) if expands else norm(x)
            x = relu(layers.add([shortcut, y]))
        x = layers.GlobalAveragePooling1D()(x)
    elif name == "inceptiontime":
        residual = x
        for depth in range(6):
            inner = conv(x, 32, 1, bias=False) if x.shape[-1] > 1 else x
            branches = [conv(inner, 32, kernel, bias=False) for kernel in (40, 20, 10)]
            pooled = layers.MaxPooling1D(3, strides=1, padding="same")(x)
            x = relu(norm(layers.concatenate([*branches, conv(pooled, 32, 1, bias=False)])))
            if depth % 3 == 2:
                x = relu(layers.add([norm(conv(residual, 128, 1, bias=False)), x]))
                residual = x
        x = layers.GlobalAveragePooling1D()(x)
    else:
        x = layers.MaxPooling1D(2)(relu(conv(x, 5, 5)))
        x = layers.MaxPooling1D(4)(relu(conv(x, 20, 5)))
        x = relu(layers.Dense(500)(layers.Flatten()(x)))
    return keras.Model(first, layers.Dense(classes)(x))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["t-lenet", "fcn", "resnet1d", "inceptiontime"])
@pytest.mark.parametrize("channels", [1, 6])
def test_as_many_weights_as_the_reference(keras: object, name: str, channels: int) -> None:
    model = reference(keras, name, channels, 4)
    expected = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)  # type: ignore[attr-defined]
    assert count_parameters(build(name, in_channels=channels, num_classes=4, input_size=100)) == expected


def test_fcn_gives_what_the_reference_gives_with_its_weights(keras: object) -> None:
    torch.manual_seed(0)
    model = reference(keras, "fcn", 2, 3)
    network = build("fcn", in_channels=2, num_classes=3, input_size=100).eval()
    theirs = [np.asarray(w.value.detach()) for w in model.weights]  # type: ignore[attr-defined]
    ours = [
        module for module in network.modules() if isinstance(module, nn.Conv1d | nn.BatchNorm1d | nn.Linear)
    ]
    with torch.no_grad():
        for module in ours:
            if isinstance(module, nn.BatchNorm1d):
                values = [torch.rand(len(module.weight)) + 0.5 for _ in range(4)]
                for mine, value in zip(
                    (module.weight, module.bias, module.running_mean, module.running_var), values, strict=True
                ):
                    mine.copy_(value)
                theirs[:4], module.eps = [], 1e-3
                continue
            kernel, bias = (torch.tensor(theirs.pop(0)) for _ in range(2))
            # Keras: (kernel, in, out) and (in, out).
            module.weight.copy_(kernel.permute(2, 1, 0) if kernel.ndim == 3 else kernel.T)
            module.bias.copy_(bias)
    assert not theirs
    norms = [m for m in ours if isinstance(m, nn.BatchNorm1d)]
    for layer, mine in zip(
        [layer for layer in model.layers if "batch" in layer.name],
        norms,
        strict=True,  # type: ignore[attr-defined]
    ):
        layer.set_weights(
            [t.detach().numpy() for t in (mine.weight, mine.bias, mine.running_mean, mine.running_var)]
        )
    series = torch.randn(4, 2, 100)
    expected = torch.as_tensor(np.array(model(series.permute(0, 2, 1)).detach()))  # type: ignore[operator]
    # Float32 sums of up to 128·5 products in another order.
    torch.testing.assert_close(network(series), expected, rtol=1e-4, atol=1e-5)


def test_receptive_fields_worked_by_hand() -> None:
    rows = {row.name: row for row in summarise(build("fcn"), (1, 128))}
    # 8, then 5 and 3 more steps: 8 + 4 + 2.
    assert [rows[name].receptive_field for name in ("features.0", "features.3", "features.6")] == [
        (8,),
        (12,),
        (14,),
    ]
    assert rows["features.6"].jump == (1,)
    assert rows["features.0"].multiply_adds == 8 * 128 * 128
    assert rows["head.0"].receptive_field == (128,)
    rows = {row.name: row for row in summarise(build("t-lenet"), (1, 128))}
    # 5; pooling 2: 6, jump 2; 5 of those: 14; pooling 4: 20, jump 8.
    assert rows["features.5"].receptive_field == (20,)
    assert rows["features.5"].jump == (8,)
    rows = {row.name: row for row in summarise(build("inceptiontime"), (1, 500))}
    # Six kernels of 40, all others are smaller: 1 + 6·39.
    assert rows["features.1.relu"].receptive_field == (235,)


MASKED = ("fcn", "resnet1d", "inceptiontime")


def padded(parts: list[torch.Tensor], length: int) -> torch.Tensor:
    return torch.stack([F.pad(part, (0, length - part.shape[1]), value=torch.nan) for part in parts])


@pytest.mark.parametrize("name", MASKED)
def test_padding_counts_nowhere(name: str) -> None:
    torch.manual_seed(0)
    plain = build(name, in_channels=2, num_classes=3, input_size=30)
    masked = build(name, in_channels=2, num_classes=3, input_size=30, masked=True)
    masked.load_state_dict(plain.state_dict())
    parts = [torch.randn(2, length) for length in (30, 17, 5, 1)]
    for network in (plain, masked):
        network.eval()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.running_mean = torch.linspace(-1, 1, len(module.weight))  # zeros would hide a mistake
    with torch.no_grad():
        alone = torch.cat([plain(part[None]) for part in parts])
        torch.testing.assert_close(masked(padded(parts, 30)), alone, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(masked(padded(parts, 64)), alone, rtol=1e-4, atol=1e-5)
        maps = masked.features(padded(parts, 30))
        assert bool(maps[1, :, 17:].isnan().all())
        assert not bool(maps[1, :, :17].isnan().any())
        assert torch.equal(masked.head(maps), masked(padded(parts, 30)))
        # Without a mask the padding does count: the test above sees it.
        assert (plain(padded(parts, 64).nan_to_num(0)) - alone).abs().max() > 1e-2


@pytest.mark.parametrize("name", MASKED)
def test_training_on_padded_series_knows_only_what_is_there(name: str) -> None:
    torch.manual_seed(0)
    # float64: batch normalisations in a row make much of rounding.
    network = build(name, num_classes=2, input_size=20, masked=True).double().train()
    parts = [torch.randn(1, length, dtype=torch.float64) for length in (20, 9, 12, 3)]
    results = []
    for length in (20, 50):
        network.load_state_dict(build_state := {k: v.clone() for k, v in network.state_dict().items()})
        network.zero_grad()
        network(padded(parts, length)).square().sum().backward()
        gradients = {k: p.grad.clone() for k, p in network.named_parameters() if p.grad is not None}
        running = {k: v.clone() for k, v in network.state_dict().items() if "running" in k}
        results.append((gradients, running))
        network.load_state_dict(build_state)
    assert len(results[0][0]) == len(list(network.parameters()))
    for key, gradient in results[0][0].items():
        assert bool(gradient.isfinite().all()), key
        torch.testing.assert_close(gradient, results[1][0][key], rtol=1e-6, atol=1e-8)
    for key, value in results[0][1].items():
        torch.testing.assert_close(value, results[1][1][key], rtol=1e-4, atol=1e-5)


def test_batch_norm_of_padded_series_by_hand() -> None:
    network = build("fcn", input_size=4, masked=True).train()
    norm = network.features[1]  # type: ignore[index]
    maps = torch.full((2, 128, 4), torch.nan)
    maps[0] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    maps[1, :, :2] = torch.tensor([5.0, 9.0])
    values = np.array([1.0, 2, 3, 4, 5, 9])
    expected = (values - values.mean()) / np.sqrt(values.var() + 1e-5)
    there = norm(maps)[:, 0].flatten()  # type: ignore[operator]
    np.testing.assert_allclose(there[~there.isnan()].detach(), expected, rtol=1e-5)
    assert float(norm.running_mean[0]) == pytest.approx(0.1 * values.mean())  # type: ignore[index]


def test_what_goes_with_series_alone() -> None:
    with pytest.raises(ArgumentError, match="fcn is a network for series; input_size must have 1 number"):
        build("fcn", input_size=(32, 32))
    with pytest.raises(
        ArgumentError, match="lenet5 is a network for pictures; input_size must have 2 numbers"
    ):
        build("lenet5", input_size=(32,))
    with pytest.raises(ArgumentError, match="t-lenet does not take masked"):
        build("t-lenet", masked=True)


class TestEnsemble:
    def test_the_mean_of_the_members_probabilities(self) -> None:
        torch.manual_seed(0)
        network = build("fcn", ensemble=3, num_classes=4).eval()
        series = torch.randn(5, 1, 40)
        each = [member(series).softmax(1) for member in network.members]  # type: ignore[union-attr]
        assert not torch.allclose(each[0], each[1])
        torch.testing.assert_close(network(series).softmax(1), (each[0] + each[1] + each[2]) / 3)

    def test_one_output_for_two_classes(self) -> None:
        torch.manual_seed(0)
        network = build("course-photos", ensemble=2, input_size=16).eval()
        images = torch.randn(5, 3, 16, 16)
        yes = sum(member(images).sigmoid() for member in network.members) / 2  # type: ignore[union-attr, misc]
        torch.testing.assert_close(network(images).softmax(1)[:, 1:], yes)

    def test_each_member_learns_from_its_own_loss(self) -> None:
        torch.manual_seed(0)
        network = build("fcn", ensemble=2, num_classes=3).train()
        series, labels = torch.randn(8, 1, 30), torch.arange(8) % 3
        outputs = network(series)
        assert network.auxiliary_weights == (1.0,)
        sum(F.cross_entropy(output, labels) for output in outputs).backward()  # type: ignore[union-attr]
        for member in network.members:  # type: ignore[union-attr]
            alone = build("fcn", num_classes=3).train()
            alone.load_state_dict(member.state_dict())
            F.cross_entropy(alone(series), labels).backward()
            for mine, its in zip(alone.parameters(), member.parameters(), strict=True):
                torch.testing.assert_close(mine.grad, its.grad)

    def test_auxiliary_classifiers_stay_with_their_member(self) -> None:
        with torch.device("meta"):
            network = build("googlenet", ensemble=2)
            outputs = network.train()(torch.empty(2, 3, 224, 224))
        assert network.auxiliary_weights == (0.3, 0.3, 1.0, 0.3, 0.3)
        assert len(outputs) == 6

    def test_one_is_none(self) -> None:
        with pytest.raises(ArgumentError, match="ensemble must be at least 2 networks; received 1"):
            build("fcn", ensemble=1)

"""Accelerated training computes what the untouched network computes; only dropout draws other numbers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from prunelle import build
from prunelle.training.fast.acceleration import accelerated
from prunelle.training.fast.chain import dropout_mask, keep_probability

NETWORKS = [("course-mnist", 1, 28), ("course-cifar", 3, 32), ("course-photos", 3, 32), ("lenet5", 1, 32)]


def without_dropout(name: str, channels: int, size: int) -> nn.Module:
    torch.manual_seed(0)
    network = build(name, in_channels=channels, input_size=size)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return network.to(memory_format=torch.channels_last)


@pytest.mark.parametrize(("name", "channels", "size"), NETWORKS)
def test_outputs_and_gradients_are_those_of_the_untouched_network(
    name: str, channels: int, size: int
) -> None:
    network = without_dropout(name, channels, size)
    untouched = copy.deepcopy(network)
    images = torch.randn(8, channels, size, size).to(memory_format=torch.channels_last)
    with accelerated(network):
        assert any("forward" in module.__dict__ for module in network.modules())
        output = network(images)
        output.square().sum().backward()
    expected = untouched(images)
    expected.square().sum().backward()
    # The same sums in another order: a few units in the last place of float32.
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-6)
    for (parameter, theirs), own in zip(untouched.named_parameters(), network.parameters(), strict=True):
        assert own.grad is not None
        assert theirs.grad is not None
        scale = theirs.grad.abs().max().item()
        torch.testing.assert_close(own.grad, theirs.grad, rtol=1e-4, atol=1e-5 * scale, msg=parameter)
    assert list(network.state_dict()) == list(untouched.state_dict())


def test_nothing_is_left_behind_even_after_an_error() -> None:
    network = build("course-photos")
    with pytest.raises(ZeroDivisionError), accelerated(network):
        raise ZeroDivisionError
    assert not any("forward" in module.__dict__ for module in network.modules())


def test_evaluation_inside_is_untouched() -> None:
    network = build("course-photos", input_size=16).eval()
    images = torch.randn(4, 3, 16, 16)
    expected = network(images)
    seen: list[torch.Tensor] = []
    with accelerated(network):
        hook = network.features[1].register_forward_hook(lambda _m, _i, output: seen.append(output.clone()))
        assert torch.equal(network(images), expected)
        hook.remove()
    # Whoever hooks a ReLU in evaluation sees a ReLU's output.
    assert seen[0].min() >= 0


def test_shared_modules_are_left_alone() -> None:
    relu = nn.ReLU()
    shared = nn.Sequential(nn.Conv2d(1, 2, 3), relu, nn.Conv2d(2, 2, 3), relu)
    images = torch.randn(2, 1, 8, 8)
    with accelerated(shared):
        assert "forward" not in relu.__dict__
        torch.testing.assert_close(shared(images), shared[3](shared[2](shared[1](shared[0](images)))))


@pytest.mark.parametrize("early", [True, False])
def test_who_hooks_a_relu_sees_a_relus_output(early: bool) -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2))
    seen: list[torch.Tensor] = []

    def hook(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        seen.append(output)

    if early:
        network[1].register_forward_hook(hook)
    images = torch.randn(2, 1, 8, 8)
    with accelerated(network):
        if not early:
            network[1].register_forward_hook(hook)
        network(images)
    assert len(seen) == 1
    assert torch.equal(seen[0], torch.relu(network[0](images)))


def test_a_part_that_is_frozen_in_evaluation_mode_stays_so() -> None:
    network = nn.Sequential(nn.Linear(4, 100), nn.Dropout(0.5), nn.ReLU()).train()
    network[1].eval()
    x = torch.randn(3, 4)
    with accelerated(network):
        assert torch.equal(network(x), torch.relu(network[0](x)))


CHAINS = {
    "ties": [nn.Conv2d(3, 4, 1), nn.MaxPool2d(2)],
    "narrow maps": [nn.Conv2d(3, 6, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(6, 16, 3)],
    "odd sides": [nn.Conv2d(3, 6, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 25, 40)],
    "overlapping windows": [nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)],
    "rounding up": [nn.MaxPool2d(2, ceil_mode=True), nn.ReLU()],
    "pooling twice": [nn.MaxPool2d(2), nn.MaxPool2d(2), nn.ReLU(), nn.ReLU()],
    "few outputs after maps": [
        nn.Conv2d(3, 8, 3, bias=False),
        nn.Flatten(),
        nn.Linear(8 * 100, 2, bias=False),
    ],
    "many outputs after maps": [nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(2 * 100, 30), nn.ReLU()],
    "flatten alone": [nn.Conv2d(3, 2, 3), nn.Flatten()],
    "relu on a view": [nn.Flatten(), nn.ReLU(inplace=True), nn.Linear(3 * 144, 3)],
    "strides and groups": [nn.Conv2d(3, 6, 3, stride=2, padding=1, groups=3), nn.ReLU(), nn.Conv2d(6, 2, 1)],
    "what a chain cannot hold": [
        *(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(
            nn.Conv2d(4, 4, 3, padding="same"),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, 5),
        ),
    ],
    "dense and nothing else": [nn.Linear(12, 7), nn.ReLU(), nn.Linear(7, 3)],
    "dense on sequences": [nn.Linear(12, 7), nn.ReLU(), nn.Dropout(0.0), nn.Linear(7, 3)],
    "pooling of what a dense layer gives": [nn.Linear(12, 8), nn.MaxPool2d(2), nn.Conv2d(3, 2, 1)],
    "dropout of nothing": [nn.Dropout(0.0)],
}


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("learns", ["everything", "the last layer", "biases", "everything, and the input"])
@pytest.mark.parametrize("name", CHAINS)
def test_every_chain_gives_the_gradients_of_its_modules(
    name: str, learns: str, memory_format: torch.memory_format
) -> None:
    torch.manual_seed(5)
    plain = copy.deepcopy(nn.Sequential(*CHAINS[name])).train().to(memory_format=memory_format)
    for parameter in list(plain.parameters())[: -2 if learns == "the last layer" else 0]:
        parameter.requires_grad_(False)
    if learns == "biases":
        for parameter_name, parameter in plain.named_parameters():
            parameter.requires_grad_(parameter_name.endswith("bias"))
    chained = copy.deepcopy(plain)
    # Few values, so that many squares have several largest ones: the first of them gets the gradient.
    images = torch.randint(-1, 2, (5, 3, 12, 12)).float().contiguous(memory_format=memory_format)
    given, expected_given = images.clone(), images.clone()
    if learns == "everything, and the input":
        given.requires_grad_()
        expected_given.requires_grad_()
    expected = plain(expected_given * 1)
    direction = torch.randn_like(expected)
    kept = direction.clone()
    with accelerated(chained):
        assert "forward" in chained.__dict__
        output = chained(given * 1)
        if output.requires_grad:
            output.backward(direction)
    if expected.requires_grad:
        expected.backward(direction)
    assert output.requires_grad == expected.requires_grad
    assert torch.equal(direction, kept)
    torch.testing.assert_close(output, expected, rtol=1e-5, atol=1e-5)
    if given.requires_grad:
        torch.testing.assert_close(given.grad, expected_given.grad, rtol=1e-4, atol=1e-5)
    for own, theirs in zip(chained.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(own.grad, theirs.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("channels", [6, 24])
def test_the_gradient_may_be_a_part_of_another(channels: int) -> None:
    """Of maps that are laid beside others, as branches of a network are."""
    torch.manual_seed(6)
    chained = nn.Sequential(nn.Conv2d(2, channels, 3))
    plain = copy.deepcopy(chained)
    images = torch.randn(8, 2, 18, 18).to(memory_format=torch.channels_last)
    direction = torch.randn(8, channels + 3, 16, 16).to(memory_format=torch.channels_last)[:, 3:]
    with accelerated(chained):
        chained(images).backward(direction)
    plain(images).backward(direction)
    for own, theirs in zip(chained.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(own.grad, theirs.grad, rtol=1e-4, atol=1e-3)


def test_a_subclass_keeps_its_own_forward() -> None:
    class Doubling(nn.ReLU):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(x)

    network = nn.Sequential(nn.Conv2d(1, 1, 1), Doubling(), nn.MaxPool2d(2))
    images = torch.randn(2, 1, 4, 4)
    expected = network(images)
    with accelerated(network):
        torch.testing.assert_close(network(images), expected)


@pytest.mark.parametrize("p", [0.5, 0.25, 0.1, 0.3, 0.9])
def test_the_mask_keeps_as_often_as_dropout_does(p: float) -> None:
    torch.manual_seed(1)
    x = torch.empty(2_000_003)
    mask = dropout_mask(x, p)
    keep = keep_probability(p)
    assert abs(keep - (1 - p)) <= 1 / 131072
    assert set(mask.unique().tolist()) == {0.0, torch.tensor(1 / keep).item()}
    # Five standard errors of a binomial proportion.
    assert abs((mask > 0).double().mean().item() - (1 - p)) < 5 * (p * (1 - p) / len(x)) ** 0.5 + 1e-5


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_neighbours_are_kept_independently(p: float) -> None:
    torch.manual_seed(2)
    kept = (dropout_mask(torch.empty(1_600_000), p) > 0).double()
    kept -= kept.mean()
    # The last two: neighbours in a byte, where a bit of it is drawn for each value.
    for lag in (1, 2, 3, 4, 7, 8, 16, 64, len(kept) // 8, len(kept) // 2):
        correlation = (kept[:-lag] * kept[lag:]).mean() / kept.square().mean()
        assert abs(correlation) < 5 / len(kept) ** 0.5, lag
    # Every lane of a random word: none is always kept or always dropped.
    by_lane = (kept > 0).view(-1, 8).double().mean(dim=0)
    assert (by_lane - (1 - p)).abs().max() < 5 * (p * (1 - p) / len(by_lane) / 1000) ** 0.5


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_the_mask_has_the_layout_of_the_input(memory_format: torch.memory_format) -> None:
    x = torch.randn(3, 5, 4, 6).to(memory_format=memory_format)
    assert dropout_mask(x, 0.5).stride() == x.stride()
    assert dropout_mask(x[:, :, ::2], 0.5).shape == (3, 5, 2, 6)


@pytest.mark.parametrize("pool", [True, False])
def test_relu_with_dropout_drops_the_same_in_both_directions(pool: bool) -> None:
    layers = [nn.ReLU(inplace=True), *([nn.MaxPool2d(2)] if pool else []), nn.Dropout(0.5)]
    network = nn.Sequential(nn.Identity(), *layers).train()
    x = torch.randn(4, 8, 16, 16, requires_grad=True)
    with accelerated(network):
        torch.manual_seed(3)
        output = network(x)
        output.backward(torch.ones_like(output))
    # The oracle: the same mask, by plain autograd.
    y = x.detach().clone().requires_grad_()
    torch.manual_seed(3)
    activated = nn.functional.relu(y)
    activated = nn.functional.max_pool2d(activated, 2) if pool else activated
    expected = activated * dropout_mask(activated, 0.5)
    expected.backward(torch.ones_like(expected))
    assert torch.equal(output, expected)
    assert torch.equal(x.grad, y.grad)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_dropout_of_nothing_and_of_everything(p: float) -> None:
    network = nn.Sequential(nn.Identity(), nn.ReLU(), nn.Dropout(p)).train()
    x = torch.randn(100)
    with accelerated(network):
        assert torch.equal(network(x), torch.relu(x) * (1 - p))


def test_dropout_alone_is_scaled_and_changes_each_time() -> None:
    network = nn.Sequential(nn.Linear(4, 1000), nn.Dropout(0.25)).train()
    x = torch.ones(1, 4)
    with accelerated(network):
        first, second = network(x), network(x)
    plain = network[0](x)
    kept = first != 0
    torch.testing.assert_close(first[kept], plain[kept] / 0.75)
    assert 0.6 < kept.float().mean() < 0.9
    assert not torch.equal(first, second)


def test_the_same_seed_draws_the_same_mask() -> None:
    masks = []
    for _ in range(2):
        torch.manual_seed(4)
        masks.append(dropout_mask(torch.empty(1000), 0.3))
    assert torch.equal(*masks)


def test_inside_itself_it_changes_nothing_more() -> None:
    """A callback of a training may train the same network: the outer one goes on as it was."""
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3))
    with accelerated(network):
        forward = network.forward
        with accelerated(network):
            assert network.forward is forward
        assert network.forward is forward
    assert "forward" not in vars(network)


def test_a_forward_that_somebody_replaced_stays() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    network[1].forward = lambda x: x + 1  # type: ignore[method-assign]
    image = torch.randn(1, 1, 5, 5)
    expected = network[0](image) + 1
    with accelerated(network):
        assert torch.equal(network(image), expected)
    assert torch.equal(network(image), expected)

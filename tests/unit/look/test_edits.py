"""What if: against a copy of the network that was edited by hand, and against gradients in float64."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import prunelle as pn
from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.edits import ChannelOff, Edit, Edits, KernelChange, applied, check, learned
from prunelle.look.layers import examine
from tests.unit.look.networks import images, residual


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 2, 3, groups=2),
        nn.Flatten(),
        nn.Linear(32, 5),
    ).eval()


def outputs(network: nn.Module, batch: torch.Tensor, *made: Edit) -> torch.Tensor:
    anatomy = examine(network, tuple(batch.shape[1:]))
    check(network, anatomy, made)
    with torch.no_grad(), applied(network, anatomy, Edits(made=made)):
        return network(batch)  # type: ignore[no-any-return]


def test_a_changed_kernel_is_that_of_a_network_changed_by_hand() -> None:
    network, batch = small(), images()
    values = ((1.0, -2.0, 0.5), (0.0, 3.0, 0.0), (0.25, 0.0, -1.0))
    by_hand = copy.deepcopy(network)
    with torch.no_grad():
        by_hand[3].weight[1, 1] = torch.tensor(values)
        expected, before = by_hand(batch), network(batch)
    changed = KernelChange("3", channel=1, input=1, values=values)
    torch.testing.assert_close(outputs(network, batch, changed), expected, rtol=0, atol=0)
    assert not torch.equal(expected, before)
    with torch.no_grad():
        torch.testing.assert_close(network(batch), before, rtol=0, atol=0)


def test_a_channel_off_is_one_whose_maps_are_zero() -> None:
    """After the ReLU: with the weights that read it at 0, the rest of a network cannot tell the difference."""
    network, batch = small(), images()
    by_hand = copy.deepcopy(network)
    with torch.no_grad():
        by_hand[3].weight[1, 0] = 0  # the second group reads channels 2 and 3
        by_hand[5].weight[3] = by_hand[5].bias[3] = 0
        expected = by_hand(batch)
    found = outputs(network, batch, ChannelOff("0", 2), ChannelOff("5", 3))
    torch.testing.assert_close(found, expected)
    assert (found[:, 3] == 0).all()


def test_of_a_module_that_runs_twice_one_call_is_switched_off() -> None:
    network, batch = residual().eval(), images()
    with torch.no_grad():
        maps = torch.relu(network.norm(network.conv1(batch)))
        later = torch.relu(network.conv2(maps) + maps)
        later[:, 1] = 0
        expected = network.head(torch.relu(later - 0.1).mean(dim=(2, 3)))
    torch.testing.assert_close(outputs(network, batch, ChannelOff("relu:2", 1)), expected)


def test_where_there_is_no_value_there_is_none_afterwards() -> None:
    network = pn.build("fcn", num_classes=3, in_channels=1, input_size=(16,), masked=True).eval()
    series = torch.randn(1, 1, 16)
    series[..., 10:] = torch.nan
    kept: list[torch.Tensor] = []
    anatomy = examine(network, (1, 16))
    first = anatomy.layers[0]
    with applied(network, anatomy, Edits(made=(ChannelOff(first.name, 0),))), torch.no_grad():
        handle = network.get_submodule(first.last).register_forward_hook(
            lambda _m, _i, output: kept.append(output)
        )
        network(series)
        handle.remove()
    assert (kept[0][0, 0, :10] == 0).all()
    assert kept[0][0, 0, 10:].isnan().all()


def test_a_kernel_of_a_series_is_one_row() -> None:
    network, series = (
        nn.Sequential(nn.Conv1d(2, 3, 5), nn.Flatten(), nn.Linear(12, 2)).eval(),
        torch.randn(2, 2, 8),
    )
    by_hand = copy.deepcopy(network)
    with torch.no_grad():
        by_hand[0].weight[2, 1] = torch.arange(5.0)
        expected = by_hand(series)
    changed = KernelChange("0", channel=2, input=1, values=((0, 1, 2, 3, 4),))
    torch.testing.assert_close(outputs(network, series, changed), expected, rtol=0, atol=0)


def test_what_is_shared_is_changed_wherever_it_is() -> None:
    shared = nn.Conv2d(2, 2, 1)
    network = nn.Sequential(shared, nn.Tanh(), nn.Conv2d(2, 2, 1), nn.Flatten(), nn.Linear(18, 2)).eval()
    network[2].weight = shared.weight
    batch = torch.randn(1, 2, 3, 3)
    by_hand = copy.deepcopy(network)
    with torch.no_grad():
        by_hand[0].weight[0, 1, 0, 0] = 5
        expected = by_hand(batch)
    changed = KernelChange("0", channel=0, input=1, values=((5.0,),))
    torch.testing.assert_close(outputs(network, batch, changed), expected, rtol=0, atol=0)
    assert network[2].weight is shared.weight


def test_everything_is_put_back_even_after_an_error() -> None:
    network, batch = small(), images()
    anatomy = examine(network, (3, 8, 8))
    parameters = dict(network.named_parameters())
    values = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    made = (KernelChange("0", 0, 0, ((1.0,) * 3,) * 3), ChannelOff("3", 0))

    def stopped() -> None:
        with applied(network, anatomy, Edits(made=made)):
            network(batch)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stopped()
    assert all(parameter is parameters[name] for name, parameter in network.named_parameters())
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, values[name], rtol=0, atol=0)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


# ---- A step of gradient


def by_hand(network: nn.Module, image: torch.Tensor, label: int, rate: float) -> dict[str, torch.Tensor]:
    """The step in float64."""
    wide = copy.deepcopy(network).double().eval()
    for module in wide.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    logits = wide(image.double())
    logits = F.pad(logits, (1, 0)) if logits.shape[1] == 1 else logits
    loss = logits.logsumexp(dim=1) - logits[0, label]
    names = dict(wide.named_parameters())
    gradients = torch.autograd.grad(loss.sum(), list(names.values()))
    return {
        name: tensor.detach() - rate * gradient
        for (name, tensor), gradient in zip(names.items(), gradients, strict=True)
    }


def close(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in found.items():
        torch.testing.assert_close(tensor.double(), expected[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["small", "residual", "one output"])
def test_a_step_is_that_of_float64(name: str) -> None:
    network = residual().eval() if name == "residual" else small()
    if name == "one output":
        network[5] = nn.Linear(32, 1)
    image = images(1)
    before = copy.deepcopy(network.state_dict())
    anatomy = examine(network, (3, 8, 8))
    found = learned(network, anatomy, Edits(), image, label=1, rate=0.5)
    close(found, by_hand(network, image, 1, 0.5))
    for key, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, before[key], rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in network.parameters())
    with applied(network, anatomy, Edits(found)), torch.no_grad():
        after = network(image)
    with torch.no_grad():
        logits = network(image)
    pair = (F.pad(each, (1, 0)) if each.shape[1] == 1 else each for each in (after, logits))
    now, then = (each.softmax(dim=1)[0, 1] for each in pair)
    assert now > then


def test_a_second_step_begins_where_the_first_ended() -> None:
    network, image = small(), images(1)
    anatomy = examine(network, (3, 8, 8))
    once = learned(network, anatomy, Edits(), image, label=2, rate=0.1)
    twice = learned(network, anatomy, Edits(once), image, label=0, rate=0.2)
    moved = copy.deepcopy(network)
    moved.load_state_dict(once, strict=False)
    close(twice, by_hand(moved, image, 0, 0.2))


def test_a_step_is_made_with_the_edits_in_force() -> None:
    """The gradient is that of the edited network; what lies under the changed kernel moves by it."""
    network, image = small(), images(1)
    anatomy = examine(network, (3, 8, 8))
    values = ((2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 2.0))
    edits = Edits(made=(KernelChange("0", 1, 2, values), ChannelOff("0", 3)))
    found = learned(network, anatomy, edits, image, label=4, rate=0.3)
    edited = copy.deepcopy(network)
    with torch.no_grad():
        edited[0].weight[1, 2] = torch.tensor(values)
        edited[3].weight[1, 1] = 0  # of channel 3, which is off
    expected = by_hand(edited, image, 4, 0.3)
    own, changed = network[0].weight.detach().double(), edited[0].weight.detach().double()
    expected["0.weight"] = expected["0.weight"] - changed + own
    expected["3.weight"][1, 1] = (
        network[3].weight[1, 1].detach().double()
    )  # what it reads is 0, so it does not move
    # Nothing goes back through a channel that is off.
    for name in ("0.weight", "0.bias", "1.weight", "1.bias"):
        expected[name][3] = network.state_dict()[name][3].double()
    close(found, expected)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (ChannelOff("nowhere", 0), "unknown layer 'nowhere'"),
        (ChannelOff("0", 4), "channel must be between 0 and 3, which 0 has; received 4"),
        (
            KernelChange("0", 0, 3, ((0.0,) * 3,) * 3),
            "input must be between 0 and 2, which 0 has; received 3",
        ),
        (KernelChange("0", -1, 0, ((0.0,) * 3,) * 3), "channel must be between 0 and 3"),
        (
            KernelChange("0", 0, 0, ((0.0,) * 3,) * 2),
            "3 rows of 3, as the kernels of 0 are; received rows of",
        ),
        (KernelChange("0", 0, 0, ((0.0,) * 3, (0.0,) * 2, (0.0,) * 3)), "3 rows of 3"),
        (KernelChange("0", 0, 0, ((float("nan"),) * 3,) * 3), "values must be finite numbers"),
    ],
)
def test_what_cannot_be_edited_is_said(edit: Edit, words: str) -> None:
    network = small()
    with pytest.raises(ArgumentError, match=words):
        check(network, examine(network, (3, 8, 8)), [edit])


def test_a_dense_layer_has_no_kernels() -> None:
    network = small()
    with pytest.raises(UnknownName, match="convolution"):
        check(network, examine(network, (3, 8, 8)), [KernelChange("5", 0, 0, ((0.0,),))])

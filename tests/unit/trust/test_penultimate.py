"""The features that hooks catch, against the layers called one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from prunelle import networks
from prunelle.trust.penultimate import MOST_FEATURES, recorded


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "squeezenet1.0"])
def test_they_are_what_the_last_layer_is_given(name: str) -> None:
    network = networks.build(name, num_classes=3, in_channels=3, input_size=(64, 64)).eval()
    last = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.Linear)][-1]
    given: list[torch.Tensor] = []
    handle = last.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    images = torch.randn(5, 3, 64, 64)
    with torch.inference_mode(), recorded(network) as seen:
        network(images[:2])
        network(images[2:])
        found = seen.take()
    handle.remove()
    wanted = torch.cat([each.flatten(2).mean(2) if each.ndim > 2 else each for each in given])
    assert found is not None
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-5, atol=1e-6)


def test_every_third_example_of_batches_of_any_size() -> None:
    network = nn.Sequential(nn.Linear(4, 2))
    rows = torch.arange(44.0).reshape(11, 4)
    with torch.inference_mode(), recorded(network, every=3) as seen:
        for batch in rows.split([2, 5, 1, 3]):
            network(batch)
        found = seen.take()
    np.testing.assert_array_equal(found, rows[::3].numpy())


def test_no_hook_stays_and_nothing_is_made_up() -> None:
    network = nn.Sequential(nn.Flatten(), nn.ReLU())
    with recorded(network) as seen:
        network(torch.zeros(2, 3))
        assert seen.take() is None
    assert not network._forward_hooks
    assert not any(each._forward_pre_hooks for each in network.modules())


def test_very_many_features_are_averaged() -> None:
    network = nn.Linear(4 * MOST_FEATURES, 2)
    row = torch.randn(1, 4 * MOST_FEATURES)
    with torch.inference_mode(), recorded(network) as seen:
        network(row)
        found = seen.take()
    np.testing.assert_allclose(found, row.reshape(1, -1, 4).mean(2).numpy(), rtol=1e-5, atol=1e-6)

"""Kernels as pictures, of convolutions over one, two and three axes."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.look.filters import filters_of


def test_a_row_of_a_signal_planes_side_by_side() -> None:
    network = nn.Sequential(
        nn.Conv1d(2, 3, 5), nn.Conv2d(1, 2, (3, 4)), nn.Conv3d(1, 1, (2, 3, 4)), nn.Linear(1, 1)
    )
    row = filters_of(network, "0").weights.numpy()
    assert row.shape == (3, 2, 1, 5)
    np.testing.assert_array_equal(row[:, :, 0], network[0].weight.detach().numpy())
    np.testing.assert_array_equal(filters_of(network, "1").weights, network[1].weight.detach())
    planes, weights = filters_of(network, "2").weights.numpy(), network[2].weight.detach().numpy()
    assert planes.shape == (1, 1, 3, 8)
    np.testing.assert_array_equal(planes[0, 0], np.hstack([weights[0, 0, 0], weights[0, 0, 1]]))
    with pytest.raises(ArgumentError, match="Linear"):
        filters_of(network, "3")

"""What several of these files ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from prunelle.keras import compat


@pytest.fixture
def keras_2() -> Iterator[None]:
    """The test is a program of Keras 2.3."""
    with compat("2.3"):
        yield


@pytest.fixture
def tf_keras() -> Iterator[None]:
    """The test is a program of tf.keras."""
    with compat("tf2"):
        yield

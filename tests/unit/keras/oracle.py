"""The real Keras 3 on its torch backend, to hold ``prunelle.keras`` against."""

from __future__ import annotations

import functools
import os
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch


@functools.cache
def real_keras() -> ModuleType:
    """``keras``, or the test is skipped."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import keras
    except Exception as reason:
        pytest.skip(f"needs Keras 3 (pip install keras): {reason!r}")
    if keras.backend.backend() != "torch":
        pytest.skip("needs Keras on its torch backend (KERAS_BACKEND=torch)")
    # Keras goes to an accelerator where there is one; both sides are compared on the CPU.
    keras.config.set_floatx("float32")
    return keras


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Standard normal float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def with_gradients(
    layer: Any, module_call: Any, arrays: list[np.ndarray], weights: list[torch.Tensor]
) -> Any:
    """Output of a call, and the gradients of a fixed random projection of it by inputs and weights."""
    inputs = [torch.from_numpy(array).requires_grad_() for array in arrays]
    output = module_call(inputs if len(inputs) > 1 else inputs[0])
    projection = torch.from_numpy(numbers(*output.shape, seed=9))
    gradients = torch.autograd.grad(
        (output * projection).sum(), [*inputs, *weights], allow_unused=True, materialize_grads=True
    )
    return output.detach().numpy(), [gradient.numpy() for gradient in gradients]

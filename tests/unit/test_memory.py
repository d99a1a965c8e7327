"""Too little memory, as PyTorch, NumPy and Python really say it: more is asked for than any machine can address."""

from __future__ import annotations

import errno
from collections.abc import Callable

import numpy as np
import pytest
import torch

from prunelle.errors import OutOfMemory
from prunelle.memory import explain_memory_errors, is_out_of_memory


def of_a_gpu() -> None:
    raise torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 8 GiB"
    )


def of_the_system() -> None:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


@pytest.mark.parametrize(
    ("ask", "asked"),
    [
        (lambda: torch.empty(1 << 58, dtype=torch.uint8), ": 288,230,376.2 GB more"),
        (lambda: np.empty(1 << 58, np.uint8), ""),
        (lambda: bytearray(1 << 60), ""),
        (of_a_gpu, ": 20.00 GiB more"),
        (of_the_system, ""),
    ],
    ids=["torch", "numpy", "python", "gpu", "system"],
)
def test_it_ends_in_a_sentence_that_says_what_to_make_smaller(ask: Callable[[], object], asked: str) -> None:
    with pytest.raises(OutOfMemory) as caught, explain_memory_errors():
        ask()
    assert f"out of memory{asked}" in str(caught.value).replace("Tried", "tried")
    for option in ("--memory", "--batch-size", "--size"):
        assert option in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        OSError(errno.ENOSPC, "full"),
        ValueError("out of memory"),
    ],
)
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)), explain_memory_errors():
        raise error

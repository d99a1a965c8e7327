"""A network as a plain list of operations, which ``engine.js`` carries out one by one.

PyTorch's exporter gives the graph of one example, in the few operations that PyTorch calls its core; ``operations.py``
says what the page does for each.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence

import torch
from torch import nn

from prunelle.errors import ExportError
from prunelle.exports.format import first_line
from prunelle.exports.html.lowering import Lowering, Program
from prunelle.exports.html.operations import handler_of


def program_of(module: nn.Module, input_shape: Sequence[int]) -> Program:
    """``(1, *input_shape)`` float32 → ``(1, K)``, in evaluation mode.

    Raises:
        ExportError: it cannot be traced, or has an operation that the page does not.
    """
    example = torch.zeros(1, *input_shape)
    try:
        with _quiet(), torch.no_grad():
            exported = torch.export.export(module, (example,)).run_decompositions()
    except Exception as error:  # the exporter's own, of many kinds
        raise ExportError(f"the network cannot be written as a page: {first_line(error)}") from error
    return Lowering(exported, module, handler_of).program()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of what is no news to anybody."""
    logger = logging.getLogger("torch.export")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

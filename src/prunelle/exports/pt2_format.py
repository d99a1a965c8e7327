"""``torch.export``: programs of PyTorch's own operators, for C++ by AOTInductor and for devices by ExecuTorch.

One from a decoded example to answers, one beside it from prepared batches, each with its weights. They need nothing of
Prunelle to be opened, and nothing but PyTorch to be written. Of what a program says of itself, the lines of source that
it came from are left out: they have the paths of this machine.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle.errors import ExportError
from prunelle.exports.format import Format, Runtime, Settings, batch_file, first_line
from prunelle.exports.inputs import inputs_of
from prunelle.exports.metadata import metadata
from prunelle.exports.subject import Subject
from prunelle.texts import Note


class Pt2(Format):
    """See the module."""

    name = "pt2"
    suffix = ".pt2"
    one = Note("PyTorch's programs, for C++ and devices", "programmes de PyTorch, pour C++ et appareils")

    def write(self, subject: Subject, path: Path, settings: Settings) -> tuple[Path, ...]:
        beside = batch_file(path)
        for program, file in ((program_of_raw(subject), path), (program_of_batch(subject), beside)):
            torch.export.save(program, file, extra_files=metadata(subject))
        return path, beside

    def open(self, path: Path, subject: Subject) -> Runtime:
        return Pt2Runtime(path, batch_file(path))


class Pt2Runtime:
    """Both files, loaded by PyTorch, on the processor."""

    def __init__(self, path: Path, beside: Path) -> None:
        self._raw = torch.export.load(path).module()
        self._batch = torch.export.load(beside).module()

    def batch(self, batch: np.ndarray) -> np.ndarray:
        """See ``Runtime``."""
        return _answers(self._batch, batch)

    def raw(self, example: np.ndarray) -> np.ndarray:
        """See ``Runtime``."""
        return _answers(self._raw, example)


def program_of_raw(subject: Subject) -> torch.export.ExportedProgram:
    """Of one example as it was decoded, of any size.

    Raises:
        ExportError: the network has something that no program can say.
    """
    inputs = inputs_of(subject.preprocess)
    axes = {place: torch.export.Dim(name) for place, name in enumerate(inputs.axes) if name != "channels"}
    return _program(subject.of_raw(), inputs.example(subject.preprocess), axes)


def program_of_batch(subject: Subject) -> torch.export.ExportedProgram:
    """Of prepared batches, of any number.

    Raises:
        ExportError: the network has something that no program can say.
    """
    inputs = inputs_of(subject.preprocess)
    axes = {place: torch.export.Dim(name) for place, name in inputs.batch_axes(subject.preprocess).items()}
    return _program(subject.of_batch(), torch.zeros(2, *subject.preprocess.input_shape), axes)


def _program(
    module: nn.Module, example: torch.Tensor, axes: Mapping[int, Any]
) -> torch.export.ExportedProgram:
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.export.export(module, (example,), dynamic_shapes=(dict(axes),))
    except Exception as error:  # the exporter's own, of many kinds
        raise ExportError(
            f"the network cannot be written as a program of PyTorch: {first_line(error)}"
        ) from error
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    return program


def _answers(module: nn.Module, given: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return np.asarray(module(torch.from_numpy(given)).numpy())

"""ONNX, by PyTorch's current exporter: one file from a decoded example to answers, one beside it from prepared batches.

Two files and not one with two entries: what a runtime does not need it would have to be fed, and converters to other
formats take the plain one. Both have the weights, so that each can be sent alone.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle.errors import ExportError
from prunelle.exports.format import Format, Runtime, Settings, first_line
from prunelle.exports.inputs import inputs_of
from prunelle.exports.metadata import metadata
from prunelle.exports.subject import Subject
from prunelle.texts import Note

OPSET = 20
BATCH = ".batch"
"""Between stem and suffix of the file for prepared batches."""


class Onnx(Format):
    """See the module."""

    name = "onnx"
    suffix = ".onnx"
    one = Note("ONNX, for every runtime", "ONNX, pour tous les moteurs")
    needs = ("onnx", "onnxscript", "onnxruntime")

    def write(self, subject: Subject, path: Path, settings: Settings) -> tuple[Path, ...]:
        inputs, about = inputs_of(subject.preprocess), metadata(subject)
        raw = inputs.example(subject.preprocess)
        axes = {place: torch.export.Dim(name) for place, name in enumerate(inputs.axes) if name != "channels"}
        _save(subject.of_raw(), raw, {inputs.raw: axes}, path, about)
        batch = torch.zeros(2, *subject.preprocess.input_shape)
        beside = path.with_name(f"{path.stem}{BATCH}{self.suffix}")
        axes = {
            place: torch.export.Dim(name) for place, name in inputs.batch_axes(subject.preprocess).items()
        }
        _save(subject.of_batch(), batch, {"batch": axes}, beside, about)
        return path, beside

    def open(self, path: Path, subject: Subject) -> Runtime:
        return OnnxRuntime(path, path.with_name(f"{path.stem}{BATCH}{self.suffix}"))


class OnnxRuntime:
    """Both files in onnxruntime, on the processor."""

    def __init__(self, path: Path, beside: Path) -> None:
        import onnxruntime

        self._raw = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self._batch = onnxruntime.InferenceSession(beside, providers=["CPUExecutionProvider"])

    def batch(self, batch: np.ndarray) -> np.ndarray:
        """See ``Runtime``."""
        return _answers(self._batch, batch)

    def raw(self, example: np.ndarray) -> np.ndarray:
        """See ``Runtime``."""
        return _answers(self._raw, example)


def _answers(session: Any, given: np.ndarray) -> np.ndarray:
    (entry,) = session.get_inputs()
    try:
        return np.asarray(session.run(None, {entry.name: given})[0])
    except Exception as error:  # onnxruntime's own, one a kind of failure
        raise ExportError(f"onnxruntime cannot run what was written: {first_line(error)}") from error


def _save(
    module: nn.Module, example: torch.Tensor, axes: Mapping[str, Any], path: Path, about: Mapping[str, str]
) -> None:
    (name,) = axes
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                module,
                (example,),
                dynamo=True,
                dynamic_shapes=tuple(axes.values()),
                input_names=[name],
                output_names=["answers"],
                opset_version=OPSET,
            )
    except Exception as error:  # the exporter's own, of many kinds
        raise ExportError(f"the network cannot be written as ONNX: {first_line(error)}") from error
    assert program is not None
    for node in program.model.graph:
        node.metadata_props.pop("pkg.torch.onnx.stack_trace", None)  # it has the paths of this machine
    program.model.metadata_props.update(about)
    program.save(str(path))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints and warns of what is no news to anybody."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def read_metadata(path: Path) -> dict[str, Any]:
    """What ``metadata`` gave, of a file that was written.

    Raises:
        ExportError: Prunelle has not written it.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.get_modelmeta().custom_metadata_map
    if "prunelle" not in found:
        raise ExportError(f"{path} has no metadata of Prunelle: prunelle export writes some.")
    described: dict[str, Any] = json.loads(found["prunelle"])
    return described

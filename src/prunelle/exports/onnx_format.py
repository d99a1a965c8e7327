"""ONNX, by PyTorch's current exporter: one file from a decoded example to answers, one beside it from prepared batches.

Two files and not one with two entries: what a runtime does not need it would have to be fed, and converters to other
formats take the plain one. Both have the weights, so that each can be sent alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle.errors import ArgumentError, ExportError
from prunelle.exports.format import Format, Runtime, Settings, batch_file, first_line
from prunelle.exports.inputs import inputs_of
from prunelle.exports.metadata import metadata
from prunelle.exports.onnx_int8 import behind, quantize
from prunelle.exports.quiet import quiet
from prunelle.exports.subject import Subject
from prunelle.texts import Note

OPSET = 20


class Onnx(Format):
    """See the module."""

    name = "onnx"
    suffix = ".onnx"
    one = Note("ONNX, for every runtime", "ONNX, pour tous les moteurs")
    needs = ("onnx", "onnxscript", "onnxruntime")
    quantizes = ("int8",)

    def check(self, subject: Subject, settings: Settings) -> None:
        super().check(subject, settings)
        if (
            settings.quantize is not None
            and len(inputs_of(subject.preprocess).batch_axes(subject.preprocess)) > 1
        ):
            raise ArgumentError(
                "quantize (--quantize) is not for series that are padded: steps that are not there are no number, and "
                "int8 has none for that. Train on series of one length (--fit resample), or leave it out."
            )

    def write(self, subject: Subject, path: Path, settings: Settings) -> tuple[Path, ...]:
        inputs, about, beside = inputs_of(subject.preprocess), metadata(subject), batch_file(path)
        write_batch(subject, beside)
        raw = inputs.example(subject.preprocess)
        entry = inputs.raw, {place: name for place, name in enumerate(inputs.axes) if name != "channels"}
        if settings.calibration is None:
            _save(subject.of_raw(), raw, entry, path, about)
            return path, beside
        quantize(beside, subject, settings.calibration, about)
        preparation = path.with_name(f"{path.stem}.preparation{self.suffix}")
        _save(inputs.layer(subject.preprocess).eval(), raw, entry, preparation, {})
        behind(preparation, beside, path, about)
        preparation.unlink()
        return path, beside

    def open(self, path: Path, subject: Subject) -> Runtime:
        return OnnxRuntime(path, batch_file(path))


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


def write_batch(subject: Subject, path: Path) -> None:
    """Only the file for prepared batches, at ``path``.

    Raises:
        ExportError: the exporter cannot write it.
    """
    batch = torch.zeros(2, *subject.preprocess.input_shape)
    entry = "batch", inputs_of(subject.preprocess).batch_axes(subject.preprocess)
    _save(subject.of_batch(), batch, entry, path, metadata(subject))


def _save(
    module: nn.Module,
    example: torch.Tensor,
    entry: tuple[str, Mapping[int, str]],
    path: Path,
    about: Mapping[str, str],
) -> None:
    """Writes ``module``, whose input has that name; axes that have one are the caller's to choose."""
    name, axes = entry
    try:
        with quiet(), torch.no_grad():
            program = torch.onnx.export(
                module,
                (example,),
                dynamo=True,
                dynamic_shapes=({place: torch.export.Dim(each) for place, each in axes.items()},),
                input_names=[name],
                output_names=["answers"],
                opset_version=OPSET,
            )
    except Exception as error:  # the exporter's own, of many kinds
        raise ExportError(
            f"the network cannot be written as ONNX: {first_line(_cause(error))} torch.export must be able to follow "
            f"it: what it does may depend on shapes, and not on what is in the examples."
        ) from error
    assert program is not None
    for node in program.model.graph:
        node.metadata_props.pop("pkg.torch.onnx.stack_trace", None)  # it has the paths of this machine
    program.model.metadata_props.update(about)
    program.save(str(path))


def _cause(error: BaseException) -> BaseException:
    """Of the exporter's error, which says that there was one, what it was."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


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

"""int8 for ONNX: onnxruntime's static quantisation, weights by channel, ranges chosen on training examples.

What is quantised is the file for prepared batches; the one from decoded examples is made of it, with the layers that
prepare put in front: these compute in float64, and a level more or less there is not theirs to lose. Classifiers give
floats, as do softmax and sigmoid: of 8 bits, two classes would tie.

Weights have 7 bits. Processors without VNNI add products of 8 by 8 bits in 16, where they overflow: the same file would
answer otherwise on another machine, and no check made here would see it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.exports.quiet import quiet
from prunelle.exports.samples import Samples
from prunelle.exports.subject import Subject

_QUANTIZED = (
    "Conv",
    "Gemm",
    "MatMul",
    "Add",
    "Concat",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "Relu",
    "Clip",
)
_OF_FLOAT_OUTPUT = ("Gemm", "MatMul")
_TOGETHER = 32


def quantize(path: Path, subject: Subject, calibration: Samples, about: Mapping[str, str]) -> None:
    """Writes a file that takes ``batch`` anew, with int8 in place of float32.

    Args:
        calibration: training examples.
        about: its metadata, which does not come through.
    """
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        ready = Path(folder) / path.name
        with quiet():
            # Folds batch normalisations into convolutions, so that one range and not two is chosen.
            quant_pre_process(path, ready, skip_symbolic_shape=True)
            quantization.quantize_static(
                ready,
                path,
                _reader(subject, calibration),
                quant_format=quantization.QuantFormat.QDQ,
                op_types_to_quantize=list(_QUANTIZED),
                per_channel=True,
                reduce_range=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                extra_options={"OpTypesToExcludeOutputQuantization": list(_OF_FLOAT_OUTPUT)},
            )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, dict(about))
    onnx.save(model, path)


def behind(preparation: Path, batch: Path, path: Path, about: Mapping[str, str]) -> None:
    """Writes ``path``: one decoded example → ``(K,)``.

    Args:
        preparation: a file that makes ``(1, C, …)`` of it. batch: one that takes ``batch``.
    """
    import onnx
    from onnx import TensorProto, compose, helper

    first, second = onnx.load(preparation), onnx.load(batch)
    first = compose.add_prefix(first, "prepare/", rename_inputs=False, rename_outputs=True)
    second = compose.add_prefix(second, "network/")
    # The rest of both is the same: one exporter wrote them.
    first.ir_version = second.ir_version = max(first.ir_version, second.ir_version)
    joined = compose.merge_models(
        first, second, io_map=[(first.graph.output[0].name, second.graph.input[0].name)]
    )
    (scores,) = joined.graph.output
    classes = scores.type.tensor_type.shape.dim[1].dim_value
    zero = helper.make_tensor("first_axis", TensorProto.INT64, [1], [0])
    joined.graph.initializer.append(zero)
    joined.graph.node.append(helper.make_node("Squeeze", [scores.name, "first_axis"], ["answers"]))
    joined.graph.output.remove(scores)
    joined.graph.output.append(helper.make_tensor_value_info("answers", TensorProto.FLOAT, [classes]))
    del joined.metadata_props[:]
    helper.set_model_props(joined, dict(about))
    onnx.checker.check_model(joined)
    onnx.save(joined, path)


def _reader(subject: Subject, calibration: Samples) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Batches of prepared examples, one after the other."""

        def __init__(self) -> None:
            self.batches: Iterator[np.ndarray] = calibration.batches(subject.preprocess, _TOGETHER)

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(self.batches, None)
            return None if batch is None else {"batch": batch}

    return Reader()

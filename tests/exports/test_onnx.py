"""What an ONNX file is: onnx checks it, onnxruntime runs it, and NumPy and Pillow say what it should answer."""

from __future__ import annotations

import getpass
import json
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle.console.listeners import make_listener
from prunelle.errors import ArgumentError, ExportError
from prunelle.exports import checking
from prunelle.exports.checking import Check, Row
from prunelle.exports.format import Settings
from prunelle.exports.formats import FORMATS
from prunelle.exports.inputs import inputs_of
from prunelle.exports.onnx_format import OPSET, Onnx
from prunelle.exports.subject import Subject
from prunelle.jobs import exporting
from prunelle.texts import Note

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

PREPROCESS = pn.Preprocess(size=(12, 16), mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))
CLASSES = ("chat", "chien", "été")


def subject_of(*layers: nn.Module) -> Subject:
    torch.manual_seed(0)
    given = exporting.Module(network=nn.Sequential(*layers).eval(), preprocess=PREPROCESS, classes=CLASSES)
    return exporting.subject_of(given, make_listener("quiet"))


@pytest.fixture(scope="module")
def dense() -> Subject:
    torch.manual_seed(1)
    return subject_of(nn.Flatten(), nn.Linear(3 * 12 * 16, 3))


@pytest.fixture(scope="module")
def written(dense: Subject, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return Onnx().write(dense, tmp_path_factory.mktemp("onnx") / "dense.onnx", Settings())


def test_both_files_are_onnx_of_one_input_and_one_output(written: tuple[Path, ...]) -> None:
    seen = []
    for file in written:
        model = onnx.load(file)
        onnx.checker.check_model(model, full_check=True)
        assert {each.domain: each.version for each in model.opset_import}[""] == OPSET
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        seen += [
            (each.name, each.shape, each.type) for each in (*session.get_inputs(), *session.get_outputs())
        ]
    assert [file.name for file in written] == ["dense.onnx", "dense.batch.onnx"]
    assert seen == [
        ("picture", ["height", "width", 3], "tensor(uint8)"),
        ("answers", [3], "tensor(float)"),
        ("batch", ["examples", 3, 12, 16], "tensor(float)"),
        ("answers", ["examples", 3], "tensor(float)"),
    ]


def test_it_answers_what_numpy_computes_of_what_pillow_resizes(
    dense: Subject, written: tuple[Path, ...]
) -> None:
    layer = dense.network[1]  # type: ignore[index]
    weight, bias = layer.weight.numpy().astype(np.float64), layer.bias.numpy()
    draw = np.random.default_rng(0)

    def answered(levels: np.ndarray) -> np.ndarray:
        """``(h, w, 3)`` levels → three probabilities."""
        normalised = (levels / 255 - PREPROCESS.mean) / PREPROCESS.std
        logits = weight @ normalised.transpose(2, 0, 1).ravel() + bias
        return np.exp(logits) / np.exp(logits).sum()  # type: ignore[no-any-return]

    raw, batch = (onnxruntime.InferenceSession(file) for file in written)
    pictures = draw.integers(0, 256, (33, 24, 32, 3), dtype=np.uint8)
    resized = [Image.fromarray(each).resize((16, 12), Image.Resampling.BILINEAR) for each in pictures]
    wanted = np.stack([answered(np.asarray(each, np.float64)) for each in resized])
    given = np.stack([raw.run(None, {"picture": each})[0] for each in pictures])
    assert np.abs(given - wanted).max() < 1e-5
    prepared = (np.stack([np.asarray(each) for each in resized]) / 255 - PREPROCESS.mean) / PREPROCESS.std
    prepared = prepared.transpose(0, 3, 1, 2).astype(np.float32)
    for n in (1, 2, 33):
        assert np.abs(batch.run(None, {"batch": prepared[:n]})[0] - wanted[:n]).max() < 1e-5


def test_it_says_what_its_outputs_are_and_nothing_of_this_machine(
    written: tuple[Path, ...], tmp_path: Path
) -> None:
    here = Path(__file__).resolve().parents[2]
    for file in written:
        found = onnxruntime.InferenceSession(file).get_modelmeta().custom_metadata_map
        assert json.loads(found["classes"]) == list(CLASSES)
        assert json.loads(found["preprocess"])["mean"] == list(PREPROCESS.mean)
        about = json.loads(found["prunelle"])
        assert about["kind"] == "pictures"
        assert about["target"]["kind"] == "class"
        assert about["facts"]["parameters"] == 3 * (3 * 12 * 16 + 1)
        content = file.read_bytes()
        for secret in (str(here), str(Path.home()) + "/", str(tmp_path.parent), socket.gethostname()):
            assert secret.encode() not in content
        assert f"/{getpass.getuser()}/".encode() not in content


def test_what_the_exporter_cannot_say_is_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    class Chooses(nn.Module):
        """One of two ways, by what is in the pictures: Python's own ``if`` is in no graph."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.flatten(1)[:, :3] if images.sum() > 0 else images.flatten(1)[:, 3:6]

    with pytest.raises(ExportError, match="the network cannot be written as ONNX: ") as caught:
        Onnx().write(subject_of(Chooses()), tmp_path / "chooses.onnx", Settings())
    assert "\n" not in caught.value.message
    assert "data-dependent" in caught.value.message
    assert capfd.readouterr() == ("", "")  # not the pages that the exporter writes


def test_int8_is_of_the_network_alone(tmp_path: Path) -> None:
    subject = subject_of(
        *(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 3 * 5, 3)),
    )
    samples = inputs_of(PREPROCESS).samples(PREPROCESS, 64)
    files = Onnx().write(subject, tmp_path / "small.onnx", Settings(quantize="int8", calibration=samples))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["small.batch.onnx", "small.onnx"]
    raw, batch = (onnx.load(file) for file in files)
    onnx.checker.check_model(raw, full_check=True)
    for model in (raw, batch):
        whole = {each.name: each.data_type for each in model.graph.initializer}
        made_by = {output: node for node in model.graph.node for output in node.output}
        for node in model.graph.node:
            if node.op_type in ("Conv", "Gemm", "MatMul") and not node.name.startswith("prepare/"):
                weight = made_by[node.input[1]]
                assert weight.op_type == "DequantizeLinear"
                assert whole[weight.input[0]] == onnx.TensorProto.INT8
        (softmax,) = (node for node in model.graph.node if node.op_type == "Softmax")
        assert made_by[softmax.input[0]].op_type == "Gemm"
    assert not any("Quantize" in each.op_type for each in raw.graph.node if each.name.startswith("prepare/"))
    assert sum(each.name.startswith("prepare/") for each in raw.graph.node) > 10
    assert onnxruntime.InferenceSession(files[0]).get_inputs()[0].shape == ["height", "width", 3]
    about = onnxruntime.InferenceSession(files[0]).get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == list(CLASSES)
    # 64 real pictures: 7 bits of a weight and 8 of a map are worth a percent of a probability or two.
    runtime, network = Onnx().open(files[0], subject), subject.of_batch()
    (given,) = samples.batches(PREPROCESS, 64)
    wanted = network(torch.from_numpy(given)).detach().numpy()
    together = runtime.batch(given)
    assert 0 < np.abs(together - wanted).max() < 0.03
    alone = np.stack([runtime.raw(each) for each in samples.raw])
    assert np.abs(alone - together).max() < 0.03


def test_int8_that_costs_too_much_is_refused() -> None:
    row = Row(
        entry="batch",
        n=600,
        otherwise=(),
        tied=0,
        apart=0.2,
        milliseconds=1.0,
        network_milliseconds=1.0,
    )
    found = Check(rows=(row,), origin=Note("", ""), lost=0.004, labelled=600)
    checking.refuse(found, quantized=True)
    with pytest.raises(
        ExportError, match=r"int8 costs 0.6 points of accuracy on 600 examples, and may cost 0.5"
    ):
        checking.refuse(Check(rows=(row,), origin=Note("", ""), lost=0.006, labelled=600), quantized=True)


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    class Undefined(nn.Module):
        """Zero by zero."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.flatten(1)[:, :3] * 0 / 0

    with pytest.raises(ExportError, match="does not answer as the network does"):
        pn.export(
            nn.Sequential(Undefined()),
            output=tmp_path / "undefined.onnx",
            preprocess=PREPROCESS,
            classes=CLASSES,
            style="quiet",
        )
    assert list(tmp_path.iterdir()) == []


def test_padded_series_have_no_int8() -> None:
    settings = pn.SeriesPreprocess(length=20, fit="pad", mean=(0.0,), std=(1.0,))
    given = exporting.Module(network=nn.Flatten(), preprocess=settings, classes=tuple(map(str, range(20))))
    subject = exporting.subject_of(given, make_listener("quiet"))
    with pytest.raises(ArgumentError, match=r"quantize .* is not for series that are padded"):
        FORMATS["onnx"].check(subject, Settings(quantize="int8"))

"""What computes the answers of a network that stands ready: PyTorch, or onnxruntime.

A runtime takes decoded examples and gives scores. One of PyTorch also gives what "I don't know" goes by.
"""

from __future__ import annotations

import dataclasses
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from prunelle.data.decode import read_picture, upright_size
from prunelle.data.kinds import AnyPreprocess, kind_of, preprocess_from_json
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.data.targets import Target, target_from_json
from prunelle.errors import ArgumentError, BadPicture, ExportError
from prunelle.exports.answered import answers_of
from prunelle.exports.format import CLOSE, batch_file
from prunelle.exports.onnx_format import write_batch
from prunelle.exports.subject import Subject
from prunelle.runs.judging import Classifier
from prunelle.runs.predictions import stacked
from prunelle.texts import EN, FR, Note
from prunelle.training import inference
from prunelle.training.fast import predictor
from prunelle.training.objectives import objective_of
from prunelle.trust.penultimate import recorded

GAIN = 1.05
"""Below, two runtimes are taken for equally fast."""
_REPEATS, _TRYING_SECONDS = 7, 2.0
Example = np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """What a network gives for one example.

    Attributes:
        scores: ``(K,)`` float: probabilities, or numbers in their own unit.
        logits: ``(K,)`` float64, and ``features``, ``(F,)``, where somebody asked with caution; else None.
    """

    scores: np.ndarray
    logits: np.ndarray | None = None
    features: np.ndarray | None = None


class Runtime(Protocol):
    """One way to have answers computed; by one thread at a time."""

    name: str

    def read(self, content: bytes, name: str) -> Iterator[tuple[str, Example | str]]:
        """Every example of a file in memory, decoded, or why it cannot be; by several threads at a time."""

    def rows(self, examples: Sequence[Example], *, cautious: bool) -> list[Row]:
        """One a decoded example, in order."""


class TorchRuntime:
    """The network itself, through ``prunelle.predictor``."""

    name = "torch"

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._objective = objective_of(classifier.target, classifier.classes)
        # Copies are compiled for one size of batch, and here each may be another.
        self._answers = predictor(classifier.network, compile="never")

    def read(self, content: bytes, name: str) -> Iterator[tuple[str, Example | str]]:
        """See ``Runtime``."""
        settings = self._classifier.preprocess
        return kind_of(settings).read_content(content, name, settings)

    def rows(self, examples: Sequence[Example], *, cautious: bool) -> list[Row]:
        """See ``Runtime``."""
        pixels = Pixels(stacked(examples), np.zeros(len(examples), np.int64))
        if not cautious:
            return [Row(scores) for scores in self._objective.scores(self._logits(pixels))]
        with recorded(self._classifier.network) as seen:
            logits = self._logits(pixels)
            features = seen.take()
        scores, wide = self._objective.scores(logits), logits.double().numpy()
        return [
            Row(scores[i], wide[i], None if features is None else features[i]) for i in range(len(examples))
        ]

    def _logits(self, pixels: Pixels) -> torch.Tensor:
        told = self._classifier
        return inference.predict_logits(
            told.network,
            pixels,
            told.preprocess,
            len(told.classes),
            batch_size=len(pixels),
            answers=self._answers,
        )


class OnnxBatchRuntime:
    """An ONNX file for prepared batches; with caution, ``torch`` answers."""

    name = "onnx"

    def __init__(self, session: Any, preprocess: AnyPreprocess, torch_runtime: TorchRuntime | None) -> None:
        self._session = session
        self._preprocess = preprocess
        self._torch = torch_runtime

    def read(self, content: bytes, name: str) -> Iterator[tuple[str, Example | str]]:
        """See ``Runtime``."""
        return kind_of(self._preprocess).read_content(content, name, self._preprocess)

    def rows(self, examples: Sequence[Example], *, cautious: bool) -> list[Row]:
        """See ``Runtime``."""
        if cautious and self._torch is not None:
            return self._torch.rows(examples, cautious=True)
        return [Row(scores) for scores in self.scores(stacked(examples))]

    def scores(self, batch: np.ndarray) -> np.ndarray:
        """``(N, …, C)`` decoded → ``(N, K)`` float32."""
        channels_first = torch.from_numpy(batch).movedim(-1, 1)
        prepared = self._preprocess.normalise(channels_first).numpy()
        return np.asarray(self._session.run(None, {"batch": np.ascontiguousarray(prepared)})[0])


def _whole_picture(content: bytes, name: str) -> tuple[str, Example | str]:
    try:
        height, width, _ = upright_size(content, name)
        return name, read_picture(content, name, Preprocess(size=(height, width), fit="squash", channels=3))
    except BadPicture as error:
        return name, error.reason


_WHOLE = {"pictures": _whole_picture}
"""By the kind of data, what decodes an example that a file prepares itself; of others, as prepared as they are."""


class OnnxRawRuntime:
    """An ONNX file that takes one example as it was decoded: it resizes pictures itself."""

    name = "onnx"

    def __init__(self, session: Any, preprocess: AnyPreprocess) -> None:
        self._session = session
        self._preprocess = preprocess
        self._input = session.get_inputs()[0].name

    def read(self, content: bytes, name: str) -> Iterator[tuple[str, Example | str]]:
        """Pictures whole; see ``Runtime``."""
        kind = kind_of(self._preprocess)
        if kind.name in _WHOLE:
            yield _WHOLE[kind.name](content, name)
        else:
            yield from kind.read_content(content, name, self._preprocess)

    def rows(self, examples: Sequence[Example], *, cautious: bool) -> list[Row]:
        """See ``Runtime``."""
        return [Row(np.asarray(self._session.run(None, {self._input: one})[0])) for one in examples]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Exported:
    """What an exported file says of itself.

    Attributes:
        runtime: what answers.
        name, classes, preprocess, target: as the run had them.
    """

    runtime: Runtime
    name: str
    classes: tuple[str, ...]
    preprocess: AnyPreprocess
    target: Target


def open_onnx(path: Path) -> Exported:
    """A file of ``prunelle export --format onnx``, either of the two; the one for batches answers where it is there.

    Raises:
        ArgumentError: onnxruntime is not installed.
        ExportError: it is no such file.
    """
    session = session_of(path)
    if session.get_inputs()[0].name != "batch":
        beside = batch_file(path)
        session = session_of(beside) if beside.is_file() else session
    described = session.get_modelmeta().custom_metadata_map.get("prunelle")
    if described is None:
        raise ExportError(
            f"{path} does not say which classes it tells and how examples are prepared: it is not of "
            f"prunelle export, which writes that into its files."
        )
    about = json.loads(described)
    try:
        preprocess = preprocess_from_json(about["preprocess"])
        entry = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in about["target"].items()
        }
        target, classes, name = target_from_json(entry), tuple(about["classes"]), str(about["name"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ExportError(f"{path} says things of itself that are not known here: {error}.") from None
    runtime: Runtime = (
        OnnxBatchRuntime(session, preprocess, None)
        if session.get_inputs()[0].name == "batch"
        else OnnxRawRuntime(session, preprocess)
    )
    return Exported(runtime=runtime, name=name, classes=classes, preprocess=preprocess, target=target)


def session_of(path: Path) -> Any:
    """onnxruntime's, on the processor; it does not spin between batches, since others decode meanwhile."""
    try:
        import onnxruntime
    except ImportError:
        raise ArgumentError(
            f"{path.name} is answered by onnxruntime; install it: pip install 'prunelle[export,serve]'."
        ) from None
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own, of many kinds
        raise ExportError(f"{path} cannot be opened by onnxruntime: {str(error).splitlines()[0]}.") from None


def as_onnx(subject: Subject, torch_runtime: TorchRuntime) -> OnnxBatchRuntime:
    """The network of ``torch_runtime`` in onnxruntime.

    Raises:
        ArgumentError, ExportError: that takes what is not installed; it cannot be written, or answers otherwise.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ArgumentError(
            f"runtime (--runtime) onnx needs {error.name}; install it: pip install 'prunelle[export,serve]'."
        ) from None
    with tempfile.TemporaryDirectory(prefix="prunelle-") as folder:
        file = Path(folder, "network.onnx")
        write_batch(subject, file)
        runtime = OnnxBatchRuntime(session_of(file), subject.preprocess, torch_runtime)
    for number in (1, 3):
        examples = noise(subject.preprocess, number)
        wanted = np.stack([row.scores for row in torch_runtime.rows(examples, cautious=False)])
        apart = answers_of(subject).apart(wanted, runtime.scores(np.stack(examples)))
        if not apart <= CLOSE:
            raise ExportError(
                f"onnxruntime does not answer as the network does: scores are {apart:.2g} apart, and may be {CLOSE:g}. "
                f"Say runtime='torch' (--runtime torch)."
            )
    return runtime


def faster(first: Runtime, second: Runtime, preprocess: AnyPreprocess, batch: int) -> float:
    """How many times as fast ``second`` is: the geometric mean over one example, and over ``batch`` together."""
    gains = []
    for number in (1, batch):
        examples = noise(preprocess, number)
        took: tuple[list[float], list[float]] = ([], [])
        begin = time.monotonic()
        while len(took[0]) < _REPEATS and (len(took[0]) < 2 or time.monotonic() - begin < _TRYING_SECONDS):
            for runtime, seconds in zip((first, second), took, strict=True):
                seconds.append(_seconds(runtime, examples))
        gains.append(statistics.median(took[0]) / statistics.median(took[1]))
    return math.sqrt(gains[0] * gains[1])


def _seconds(runtime: Runtime, examples: Sequence[Example]) -> float:
    begin = time.perf_counter()
    runtime.rows(examples, cautious=False)
    return time.perf_counter() - begin


def noise(preprocess: AnyPreprocess, number: int) -> list[Example]:
    """Examples that are decoded already, to try with: ``(…, C)``."""
    channels, *axes = preprocess.input_shape
    values = np.random.default_rng(0).random((number, *axes, channels), np.float32)
    return list(_DECODED.get(kind_of(preprocess).name, np.asarray)(values))


_DECODED: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "pictures": lambda shares: (256 * shares).astype(np.uint8)
}
"""By the kind of data, what makes decoded examples of values in [0, 1); of others they are such."""


def told(gain: float) -> Note:
    """Which of the two answers, and why."""
    if gain < GAIN:
        return Note(
            "PyTorch answers: onnxruntime is not faster here.",
            "PyTorch répond : onnxruntime n’est pas plus rapide ici.",
        )
    return Note(
        f"onnxruntime answers: {EN.decimal(gain, 1)} times as fast as PyTorch here.",
        f"onnxruntime répond : {FR.decimal(gain, 1)} fois aussi vite que PyTorch ici.",
    )

"""The panel "convolution": what ``prunelle convolve`` does, under the hand.

The browser sends what it would have typed; ``prunelle.tasks.convolve`` answers, with the same numbers and the same
sentences where something does not fit. Nothing the browser says is taken for a path: an input is a name of ``INPUTS``,
numbers, or a picture whose bytes it sent.
"""

from __future__ import annotations

import dataclasses
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prunelle import tasks
from prunelle.drawing import grids
from prunelle.errors import ArgumentError, UnknownName
from prunelle.jobs.convolving import INPUTS, picture_of
from prunelle.look.convolution import drawing, kernels
from prunelle.look.convolution.neighbourhood import around
from prunelle.look.convolution.operation import strongest
from prunelle.look.convolution.pooling import WINDOW, pool
from prunelle.look.convolution.result import ConvolutionResult
from prunelle.look.convolution.views import VIEWS
from prunelle.page.convolution_words import Words
from prunelle.page.panel import Opening
from prunelle.page.wire import Message
from prunelle.texts import quoted

MOST_WEIGHTS = 7
"""A kernel's sides: more numbers are not typed by hand."""
MOST_VALUES = 64
"""A drawn picture's sides; a drawn signal may have four times as many values."""
MOST_DRAWN = 256
"""Values of an input that can be drawn on."""
MOST_PADDING, MOST_STEP = 64, 8
MOST_TEXT = 4000
"""Characters of a kernel."""

_CHANNELS = 3


@dataclasses.dataclass(frozen=True, eq=False)
class _Asked:
    """An input: what the verb takes, its name, and how it is typed on a command line."""

    source: str | np.ndarray
    name: str
    typed: str


class ConvolutionPanel:
    """One tab's.

    Questions, by ``type``:

    - ``convolve``: ``input`` (``{"name"}``, ``{"values": rows}`` or ``{"uploaded": true}``), ``kernel`` (a name or
      numbers as the command takes them, or null), ``padding``, ``stride``, ``dilation``, ``border``, ``flip``,
      ``channels``, ``pooling`` (null, ``max`` or ``mean``), ``at`` (a place, or null for a telling one), ``anew`` (true
      where the browser has nothing of it yet).
    - ``around``: ``at``; what lies around another place of the last result.
    - ``upload``: ``name``, and the bytes of a picture as an array.

    Numbers that a person reads are sent as JSON, exactly as float64 has them; what is only seen, as bytes.
    """

    def __init__(self, opening: Opening) -> None:
        self._words = Words(opening.language)
        self._uploaded: _Asked | None = None
        self._result: ConvolutionResult | None = None
        self._pooling: str | None = None
        self._shown: object = None
        self._options = {key: value for key, value in opening.options.items() if isinstance(value, str)}

    def opened(self) -> Message:
        """What there is to choose from, and what the page's address says was chosen."""
        return Message(
            {
                "inputs": list(INPUTS),
                "kernels": {
                    "signal": list(kernels.names(1)),
                    "picture": list(kernels.names(2)),
                    "colour": list(kernels.names(2, channels=True)),
                },
                "most": MOST_WEIGHTS,
                "options": self._options,
            }
        )

    def receive(self, message: Message) -> Message | None:
        """The answer; ``ArgumentError`` has the verb's sentence."""
        content = message.content
        kind = content.get("type")
        if kind == "convolve":
            return self._convolve(content)
        if kind == "around" and self._result is not None:
            return Message({"type": "around", "part": self._part(self._result, content.get("at"))})
        if kind == "upload" and len(message.arrays) == 1:
            return self._upload(str(content.get("name", "")), message.arrays[0])
        raise ArgumentError(f"the panel convolution knows no question {kind!r}.")

    def close(self) -> None:
        """Nothing goes on."""

    def _upload(self, name: str, data: np.ndarray) -> Message:
        """Keeps a picture, at the size in which the command would look at it."""
        values = picture_of(data.tobytes(), name)
        self._uploaded = _Asked(values, name, _typed_file(name))
        return Message({"type": "uploaded", "name": name})

    def _convolve(self, content: Mapping[str, Any]) -> Message:
        asked = self._asked(content.get("input"))
        kernel = content.get("kernel")
        given = self._kernel(kernel)
        settings = {
            "padding": self._padding(content.get("padding", "valid")),
            "stride": self._counts("stride", content.get("stride", 1), 1, MOST_STEP),
            "dilation": self._counts("dilation", content.get("dilation", 1), 1, MOST_STEP),
            "border": str(content.get("border", "zeros")),
            "flip": content.get("flip") is True,
            "channels": str(content.get("channels", "sum")),
        }
        result = tasks.convolve(asked.source, given, **settings)
        self._result = dataclasses.replace(result, input_name=asked.name)
        pooling = content.get("pooling")
        self._pooling = pooling if pooling in ("max", "mean") and _can_pool(result) else None
        command = _command(
            asked.typed, given or result.kernel_name, settings, pooled=self._pooling is not None
        )
        answer = self._answer(
            self._result, asked, command, content.get("at"), anew=content.get("anew") is True
        )
        if pooling is not None and self._pooling is None:
            missing = self._words.note(VIEWS["pooling"].missing)
            answer = Message({**answer.content, "left_out": missing}, answer.arrays)
        return answer

    def _asked(self, given: object) -> _Asked:
        """The input that the browser names, draws, or has sent."""
        if isinstance(given, Mapping):
            if given.get("uploaded") is True and self._uploaded is not None:
                return self._uploaded
            if "values" in given:
                return self._drawn(given["values"])
            if given.get("name") in INPUTS:
                name = str(given["name"])
                return _Asked(name, name, name)
            if "name" in given:
                raise UnknownName("input", str(given["name"]), INPUTS)
        raise ArgumentError(self._words("upload_lost"))

    def _drawn(self, rows: object) -> _Asked:
        try:
            values = np.array(rows, dtype=np.float64)
        except (TypeError, ValueError):
            values = np.empty(0)
        if values.ndim not in (1, 2) or not values.size or not np.isfinite(values).all():
            raise ArgumentError("a drawn input must be numbers in rows of one length.")
        most = MOST_VALUES if values.ndim == 2 else 4 * MOST_VALUES
        if max(values.shape) > most:
            raise ArgumentError(self._words("too_many_values", most=most))
        text = ";".join(",".join(map(_exact, row)) for row in np.atleast_2d(values))
        # Of a single row, the semicolon says that it is a picture.
        return _Asked(values, "", shlex.quote(f"{text};" if values.ndim == 2 and len(values) == 1 else text))

    def _kernel(self, given: object) -> str | None:
        if given is None:
            return None
        if not isinstance(given, str) or len(given) > MOST_TEXT:
            raise ArgumentError(self._words("too_many_weights", most=MOST_WEIGHTS))
        numbers, size = kernels.from_text(given), given.partition(":")[2]
        most = max(numbers.shape[:2]) if numbers is not None else int(size) if size.isdecimal() else 0
        if most > MOST_WEIGHTS:
            raise ArgumentError(self._words("too_many_weights", most=MOST_WEIGHTS))
        return given

    def _padding(self, given: object) -> Any:
        return given if isinstance(given, str) else self._counts("padding", given, 0, MOST_PADDING)

    def _counts(self, what: str, given: object, least: int, most: int) -> int | list[int]:
        """A whole number or one for each axis, within what a page can show."""
        asked: list[Any] = given if isinstance(given, list) else [given]
        counts = [count for count in asked if type(count) is int and least <= count <= most]
        if len(counts) < len(asked) or not 1 <= len(counts) <= 2:
            raise ArgumentError(
                self._words("out_of_range", what=self._words(what).lower(), least=least, most=most)
            )
        return counts if len(set(counts)) > 1 else counts[0]

    def _answer(
        self, result: ConvolutionResult, asked: _Asked, command: str, at: object, *, anew: bool
    ) -> Message:
        pictures = _Pictures()
        # A photo is sent once, not at every number of a kernel that is dragged.
        key = (id(self._uploaded) if asked is self._uploaded else asked.typed, result.input.shape)
        fresh, self._shown = anew or key != self._shown, key
        content = {
            "type": "convolution",
            "dims": result.dims,
            "input": {
                "name": asked.name,
                "shape": list(result.input.shape),
                **pictures.shown(result.input, fresh=fresh),
                "values": _drawable(result),
            },
            "kernel": {
                "name": result.kernel_name,
                "cells": _cells(result),
                "weights": _table(result.weights, result.dims).tolist(),
                "divisor": drawing.fraction(result.weights)[1],
            },
            "output": {
                "shape": list(result.output.shape),
                **pictures.shown(result.output),
            },
            "signal": _signal(result),
            "padding": _pair(result.padding, [0, 0]),
            "stride": _pair(result.stride, 1),
            "dilation": _pair(result.dilation, 1),
            "flip": result.flip,
            "summed": result.summed,
            "formula": result.formula(),
            "sizes": list(result.size_formulas()),
            "command": command,
            "pooled": self._pooled(result, pictures),
            "part": self._part(result, at),
        }
        return Message(content, pictures.arrays)

    def _pooled(self, result: ConvolutionResult, pictures: _Pictures) -> dict[str, Any] | None:
        if self._pooling is None:
            return None
        values = _pool(result, self._pooling)
        return {
            "how": self._pooling,
            "shape": list(values.shape),
            **pictures.shown(values),
        }

    def _part(self, result: ConvolutionResult, at: object) -> dict[str, Any]:
        """What lies around a place, as numbers; the place moved inside where the output has become smaller."""
        place = _place(result, at)
        part = around(result, place)
        found = {
            "at": _pair(place, 0),
            "start": _pair(part.start, 0),
            "output": _table(part.output, result.dims).tolist(),
            "corner": _pair(part.corner, 0),
            "padded": _table(part.padded, result.dims).tolist(),
        }
        if self._pooling is not None:
            # Of the windows that lie in the part as a whole.
            first = [-(-start // WINDOW) for start in part.start]
            ends = [
                (start + count) // WINDOW for start, count in zip(part.start, part.output.shape, strict=False)
            ]
            cut = tuple(slice(a, max(a, b)) for a, b in zip(first, ends, strict=True))
            values = _pool(result, self._pooling)[cut]
            found["pooled"] = {"start": _pair(first, 0), "output": _table(values, result.dims).tolist()}
        return found


class _Pictures:
    """Arrays of a message, as they are made."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []

    def shown(self, values: np.ndarray, *, fresh: bool = True) -> dict[str, Any]:
        """``levels``, the range that ``values`` are shown on, and the ``picture`` of it.

        ``(H, W)`` is shown as bytes from 0 (the lowest of the levels) to 255, ``(H, W, 3)`` as colours; a signal is
        not, nor what the browser has already, which is not ``fresh``.
        """
        low, high = grids.limits(values)
        found: dict[str, Any] = {"levels": [low, high], "picture": None}
        if fresh and values.ndim > 1:
            if grids.is_colour(values):
                pixels = grids.colours(values, (low, high)) * 255
            else:
                pixels = (values - low) / (high - low) * 255
            self.arrays.append(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
            found["picture"] = {"array": len(self.arrays) - 1}
        return found


def _table(values: np.ndarray, dims: int) -> np.ndarray:
    """``(H, W, C)``, whatever there is: to the browser a signal is one row, and what has no channels has one."""
    rows = values if dims == 2 else values[None]
    return rows if rows.ndim == _CHANNELS else rows[..., None]


def _pair(sides: Sequence[Any], first: Any) -> list[Any]:
    """One for each axis of such a table; ``first`` of the only row of a signal."""
    return [first, *sides] if len(sides) == 1 else list(sides)


def _place(result: ConvolutionResult, at: object) -> tuple[int, ...]:
    """The place that the browser names, moved inside; a telling one where it names none."""
    sizes = result.output.shape[: result.dims]
    if isinstance(at, list) and len(at) == 2 and all(type(index) is int for index in at):
        return tuple(
            min(max(0, index), size - 1) for index, size in zip(at[2 - result.dims :], sizes, strict=True)
        )
    return strongest(result) or tuple(size // 2 for size in sizes)


def _can_pool(result: ConvolutionResult) -> bool:
    return bool(min(result.output.shape[: result.dims]) >= WINDOW)


def _pool(result: ConvolutionResult, how: str) -> np.ndarray:
    """The output pooled, every channel for itself."""
    if result.output.ndim == result.dims:
        return pool(result.output, how)
    return np.stack([pool(channel, how) for channel in np.moveaxis(result.output, -1, 0)], axis=-1)


def _drawable(result: ConvolutionResult) -> list[list[float]] | None:
    """The input in rows, where it is small enough to be drawn on."""
    if result.input.ndim == _CHANNELS or result.input.size > MOST_DRAWN:
        return None
    rows: list[list[float]] = np.atleast_2d(result.input).tolist()
    return rows


def _signal(result: ConvolutionResult) -> dict[str, Any] | None:
    """A signal, whole: its stems are drawn by the browser."""
    if result.dims == 2:
        return None
    return {"padded": result.padded.tolist(), "output": result.output.tolist()}


def _cells(result: ConvolutionResult) -> list[list[list[str]]]:
    """The kernel's numbers as they are typed, slice by slice; one slice where all are alike."""
    kernel = _table(result.kernel, result.dims)
    if (kernel == kernel[..., :1]).all():
        kernel = kernel[..., :1]
    whole, divisor = drawing.fraction(kernel)
    return [
        [[_typed(float(value), divisor) for value in row] for row in whole[..., channel]]
        for channel in range(kernel.shape[-1])
    ]


def _typed(value: float, divisor: int) -> str:
    """``1/9``, ``0.25``, ``-1``: what is shorter of a fraction and of a number that says the same."""
    text = _exact(value / divisor)
    if len(text) <= 5 or divisor == 1:
        return text
    common = math.gcd(int(value), divisor)
    return f"{int(value) // common}/{divisor // common}"


def _exact(value: float) -> str:
    """The shortest text that reads back as this number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))


def _command(source: str, kernel: str, settings: Mapping[str, Any], *, pooled: bool) -> str:
    """The line that gives these numbers; what has its default is left out. ``source`` is quoted already."""
    # In one word, or numbers that begin with a minus would pass for an option.
    line = ["prunelle", "convolve", f"--kernel={shlex.quote(kernel)}"]
    usual = {"padding": "valid", "stride": 1, "dilation": 1, "border": "zeros", "channels": "sum"}
    for name, value in settings.items():
        if name != "flip" and value != usual[name]:
            line += [f"--{name}", "x".join(map(str, value)) if isinstance(value, list) else value]
    if settings["flip"]:
        line.append("--flip")
    if pooled:
        line += ["--output", "convolution", "--only", "pooling"]
    if source.lstrip("'").startswith("-"):
        line.append("--")
    return " ".join(map(str, [*line, source]))


def _typed_file(name: str) -> str:
    """A file's name as an argument that is taken for nothing else: ``./china`` is no photo of scikit-learn's."""
    plain = name[:1].isalpha() and name not in INPUTS
    return quoted(name if plain else f"./{name}")

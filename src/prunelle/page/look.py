"""The panel "look": what the browser asks of a network, and what it is answered.

Everything is done by a ``LiveLook``; here are the messages. The list of them, with what each holds, is in
``docs/page.md``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import tasks
from prunelle.errors import ArgumentError
from prunelle.jobs.exploring import Explorer
from prunelle.jobs.live_look import LiveAnswer, Watched
from prunelle.look.recording import maps_shape
from prunelle.look.stages import stages
from prunelle.page.house import House, key_of
from prunelle.page.panel import Opening
from prunelle.page.wire import Message
from prunelle.runs.run import Run


class LookPanel:
    """One browser's look at a network."""

    def __init__(self, opening: Opening) -> None:
        self._push = opening.push
        self._language = opening.language
        self._explorer, self._key = _explorer(opening.house, opening.options)
        self._look = self._explorer.look()
        self._answers: dict[str, Callable[[Asked], Message | None]] = {
            "samples": self._samples,
            "picture": self._picture,
            "watch": self._watch,
        }

    def opened(self) -> Message:
        """See ``docs/page.md``."""
        explorer = self._explorer
        explored, layers = explorer.explored, explorer.anatomy.layers
        at_hand = explorer.at_hand
        channels, *size = explored.preprocess.input_shape
        notes = [note.fr if self._language == "fr" else note.en for note in explorer.notes]
        return Message(
            {
                "name": explored.name,
                "kind": explored.kind,
                "trained": explored.trained,
                "note": " ".join(notes) or None,
                "size": [1, *size] if len(size) == 1 else size,
                "channels": channels,
                "outputs": explorer.outputs,
                "classes": None if explored.classes is None else list(explored.classes),
                "ink": explored.medium.ink,
                "drawable": explored.medium.drawable,
                "layers": [
                    {
                        "name": layer.name,
                        "label": layer.label,
                        "kinds": list(layer.kinds),
                        "detail": layer.detail,
                        "shape": list(maps_shape(layer.shape)) if len(layer.shape) > 1 else [layer.channels],
                        "stage": stage,
                        "field": None if layer.field is None else {"size": list(layer.field.size)},
                    }
                    for layer, stage in zip(layers, stages(layers), strict=True)
                ],
                "samples": 0 if at_hand is None else len(at_hand.labels),
                "epochs": list(explorer.epochs),
                "run": self._key,
            }
        )

    def receive(self, message: Message) -> Message | None:
        """The answer to one of the browser's questions."""
        asked = Asked(message)
        kind = asked.content.get("type")
        answer = self._answers.get(kind) if isinstance(kind, str) else None
        if answer is None:
            raise ArgumentError(f"the panel look has no {kind!r}; it has {', '.join(self._answers)}.")
        return answer(asked)

    def close(self) -> None:
        """Ends what runs in the background."""
        self._look.close()

    def _samples(self, asked: Asked) -> Message:
        first, last = asked.whole("first"), asked.whole("last")
        at_hand = self._explorer.at_hand
        if at_hand is None:
            raise ArgumentError("there are no labelled examples at hand.")
        rows = slice(max(0, first), max(0, min(last, first + _MOST_SAMPLES)))
        small = self._explorer.explored.medium.small(np.asarray(at_hand.pixels.images[rows]))
        return packed({"type": "samples", "pictures": small, "labels": list(at_hand.names[rows])})

    def _picture(self, asked: Asked) -> Message:
        medium, source = self._explorer.explored.medium, asked.text("source")
        if source == "sample":
            return _answer(self._look.show_sample(asked.whole("index")))
        array = asked.array()
        if source == "file":
            content = np.ascontiguousarray(array, np.uint8).tobytes()
            return _answer(self._look.show(medium.of_file(content, str(asked.content.get("name", "file")))))
        if source not in ("canvas", "series"):
            raise ArgumentError(f"source must be canvas, file, sample or series; received {source!r}.")
        return _answer(self._look.show(medium.of_array(array)))

    def _watch(self, asked: Asked) -> Message:
        maps = asked.content.get("maps")
        if not isinstance(maps, Mapping):
            raise ArgumentError(f"maps must name layers; received {maps!r}.")
        watched = {
            str(name): Watched(*(_whole(one, key) for key in ("first", "last", "side")))
            for name, one in maps.items()
        }
        answer = self._look.watch(watched)
        return Message({"type": "watched"}) if answer is None else _answer(answer)


_MOST_SAMPLES = 200


def _explorer(house: House, options: Mapping[str, Any]) -> tuple[Explorer, str | None]:
    """What is looked at, shared by all who look at it: a run that was listed, else what was named at the start.

    Raises:
        ArgumentError: nothing was named.
    """
    subject, given = house.subject, house.options
    chosen = options.get("subject")
    if chosen is not None:
        subject, given = house.run_path(chosen), {}
    if subject is None:
        raise ArgumentError("nothing was chosen yet; open a run.")
    if isinstance(subject, Run):
        subject_key: Any = key_of(subject.path)
    elif chosen is not None:
        subject_key = chosen
    else:
        subject_key = None
    named = subject

    def make() -> Explorer:
        return tasks.explore(named, style="quiet", **given)

    return house.shared(("look", subject_key, _stamp(named)), make), subject_key


def _stamp(subject: object) -> int:
    """When a run's weights were written last: one that has gone on is opened anew."""
    folder = subject.path if isinstance(subject, Run) else subject
    if not isinstance(folder, Path):
        return 0
    files = (folder / "weights").glob("*.safetensors")
    return max((file.stat().st_mtime_ns for file in files), default=0)


class Asked:
    """A question of the browser's, read with care: nothing in it is believed."""

    def __init__(self, message: Message) -> None:
        self.content = message.content
        self._arrays = message.arrays

    def whole(self, key: str) -> int:
        """A whole number.

        Raises:
            ArgumentError: it is none.
        """
        return _whole(self.content, key)

    def text(self, key: str) -> str:
        """A text.

        Raises:
            ArgumentError: it is none.
        """
        value = self.content.get(key)
        if not isinstance(value, str):
            raise ArgumentError(f"{key} must be a text; received {value!r}.")
        return value

    def array(self) -> np.ndarray:
        """The one array that came with it.

        Raises:
            ArgumentError: none came, or several.
        """
        if len(self._arrays) != 1:
            raise ArgumentError(f"one array must come with it; received {len(self._arrays)}.")
        return self._arrays[0]


def _whole(values: object, key: str) -> int:
    value = values.get(key) if isinstance(values, Mapping) else None
    if type(value) is not int:
        raise ArgumentError(f"{key} must be a whole number; received {value!r}.")
    return value


def _answer(answer: LiveAnswer) -> Message:
    maps = [
        {"layer": seen.layer, "first": seen.first, "last": seen.last}
        | (
            {"values": seen.values}
            if seen.maps is None
            else {"maps": seen.maps.maps, "low": seen.maps.low.tolist(), "high": seen.maps.high.tolist()}
        )
        for seen in answer.seen
    ]
    return packed(
        {
            "type": "answer",
            "probabilities": answer.probabilities,
            "input": answer.shown,
            "label": answer.label,
            "maps": maps,
            "ms": answer.ms,
        }
    )


def packed(content: Mapping[str, Any]) -> Message:
    """A message of what holds arrays, dataclasses and numbers that may not be finite (which become null)."""
    arrays: list[np.ndarray] = []

    def pack(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(value if value.dtype == np.uint8 else value.astype(np.float32))
            return {"array": len(arrays) - 1}
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, Mapping):
            return {key: pack(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [pack(each) for each in value]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: pack(getattr(value, field.name)) for field in dataclasses.fields(value)}
            kind = getattr(type(value), "kind", None)
            return {"kind": kind, **fields} if isinstance(kind, str) else fields
        return value

    return Message(pack(content), arrays)

"""The panel "look": what the browser asks of a network, and what it is answered.

Everything is done by a ``LiveLook``; here are the messages. The list of them, with what each holds, is in
``docs/page.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import tasks
from prunelle.data.targets import BETWEEN, Number, SeveralLabels, Target
from prunelle.errors import ArgumentError
from prunelle.jobs.background_accuracy import Score, Share
from prunelle.jobs.exploring import Explorer
from prunelle.jobs.live_look import LiveAnswer, Watched
from prunelle.look.edits import ChannelOff, Edit, KernelChange
from prunelle.look.recording import maps_shape
from prunelle.look.stages import stages
from prunelle.look.value.steps import OtherStep, Step
from prunelle.page.house import key_of, stamp_of
from prunelle.page.panel import Opening
from prunelle.page.questions import Asked, a_number, fields_of, packed, whole_number
from prunelle.page.wire import Message
from prunelle.runs.run import Run
from prunelle.texts import Note, Typography


class LookPanel:
    """One browser's look at a network."""

    def __init__(self, opening: Opening) -> None:
        self._push = opening.push
        self._explorer, self._key = _explorer(opening)
        self._folder = None if self._key is None else opening.house.run_path(self._key).name
        self._words = Typography(opening.language)
        self._look = self._explorer.look(lambda score: self._push(_accuracy(score)))
        self._explorer.prepare()
        self._answers: dict[str, Callable[[Asked], Message | None]] = {
            "samples": self._samples,
            "picture": self._picture,
            "watch": self._watch,
            "value": self._value,
            "follow": self._follow,
            "channel": self._channel,
            "excite": self._excite,
            "where": self._where,
            "edit": self._edit,
            "learn": self._learn,
            "undo": lambda _: self._after(self._look.undo),
            "reset": lambda _: self._after(self._look.reset),
            "epoch": self._epoch,
        }

    def opened(self) -> Message:
        """See ``docs/page.md``."""
        explorer = self._explorer
        explored, layers = explorer.explored, explorer.anatomy.layers
        samples = explorer.sample_count  # before the notes: that data are gone is one
        channels, *size = explored.preprocess.input_shape
        notes = [self._words.note(note) for note in explorer.notes]
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
                **_told(explored.target, explorer.outputs),
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
                "samples": samples,
                "epochs": list(explorer.epochs),
                "run": self._key,
                "folder": self._folder,
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
            return self._answer(self._look.show_sample(asked.whole("index")))
        array = asked.array()
        if source == "file":
            content = np.ascontiguousarray(array, np.uint8).tobytes()
            return self._answer(
                self._look.show(medium.of_file(content, str(asked.content.get("name", "file"))))
            )
        if source not in ("canvas", "series"):
            raise ArgumentError(f"source must be canvas, file, sample or series; received {source!r}.")
        return self._answer(self._look.show(medium.of_array(array)))

    def _watch(self, asked: Asked) -> Message:
        maps = asked.content.get("maps")
        if not isinstance(maps, Mapping):
            raise ArgumentError(f"maps must name layers; received {maps!r}.")
        watched = {
            str(name): Watched(*(whole_number(one, key) for key in ("first", "last", "side")))
            for name, one in maps.items()
        }
        answer = self._look.watch(watched)
        return Message({"type": "watched"}) if answer is None else self._answer(answer)

    def _value(self, asked: Asked) -> Message:
        layer, place = asked.text("layer"), asked.place("channel", "y", "x")
        found = self._look.value(layer, place)
        steps = [packed_step(step) for step in found.steps]
        position = {"layer": found.layer, "channel": found.channel, "y": found.y, "x": found.x}
        about = {"value": found.value, "position": position, "receptive": found.receptive}
        return packed({"type": "value", "steps": steps, **about})

    def _follow(self, asked: Asked) -> Message:
        place, element = asked.place("channel", "y", "x"), asked.place("c", "wy", "wx")
        return packed(
            {"type": "follow"}
            | fields_of(self._look.follow(asked.text("layer"), place, element), found="sources")
        )

    def _channel(self, asked: Asked) -> Message:
        found = self._look.channel(asked.text("layer"), asked.whole("channel"))
        there = found.values[np.isfinite(found.values)]
        return packed(
            {
                "type": "channel",
                "map": found.values,
                "low": float(there.min()) if len(there) else None,
                "high": float(there.max()) if len(there) else None,
                "kernel": found.kernel,
                "bias": found.bias,
                "module": found.module,
            }
        )

    def _excite(self, asked: Asked) -> Message:
        def passed(done: int, total: int) -> None:
            self._push(Message({"type": "progress", "of": "excite", "done": done, "total": total}))

        excited = self._look.excite(asked.text("layer"), asked.whole("channel"), passed)
        fields = fields_of(excited.found) | {"labels": excited.labels, "total": excited.total}
        return packed({"type": "excite"} | fields)

    def _where(self, asked: Asked) -> Message:
        where = self._look.where(asked.whole("class"))
        return packed({"type": "where", "heat": where.heat, "how": self._words.note(where.how)})

    def _edit(self, asked: Asked) -> Message:
        edits = asked.content.get("edits")
        if not isinstance(edits, list) or len(edits) > _MOST_EDITS:
            raise ArgumentError(f"edits must be a list of at most {_MOST_EDITS}.")
        made = [_edit_of(one) for one in edits]
        return self._after(lambda: self._look.edit(made))

    def _learn(self, asked: Asked) -> Message:
        label, rate = asked.whole("label"), asked.number("rate")
        return self._after(lambda: self._look.learn(label, rate))

    def _epoch(self, asked: Asked) -> Message:
        epoch = None if asked.content.get("epoch") is None else asked.whole("epoch")
        return self._after(lambda: self._look.at_epoch(epoch))

    def _after(self, change: Callable[[], None]) -> Message:
        """The answer once something was changed; where there is no picture yet, that it was."""
        change()
        if not self._look.has_picture:
            return Message({"type": "watched", **self._look.state()})
        return self._answer(self._look.answer())

    def _answer(self, answer: LiveAnswer) -> Message:
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
                "unchanged": answer.unchanged,
                "input": answer.shown,
                "label": answer.label,
                "maps": maps,
                "ms": answer.ms,
                **self._look.state(),
            }
        )


def _told(target: Target, outputs: int) -> dict[str, Any]:
    """What the network tells of an example, and what ``views/answers.js`` tells that by."""
    told: dict[str, Any] = {"target": target.kind}
    if isinstance(target, SeveralLabels):
        told |= {"thresholds": target.answered_from(outputs).tolist(), "between": BETWEEN}
    if isinstance(target, Number):
        # Where a bar begins and ends: nearly all that was learned is within.
        told["range"] = {"low": target.mean - 3 * target.std, "high": target.mean + 3 * target.std}
    return told


_MOST_SAMPLES = 200
_MOST_EDITS = 1000


_NOTHING = Note(
    "nothing was chosen yet, and there is no run: start a training, or name a network, prunelle open lenet5.",
    "rien n’est encore choisi, et il n’y a aucun entraînement fait : lancez-en un, ou nommez un réseau, "
    "prunelle open lenet5.",
)


def _explorer(opening: Opening) -> tuple[Explorer, str | None]:
    """What is looked at, shared by all who look at it: a run that was listed, else what was named at the start, else
    the run that learned last.

    Raises:
        ArgumentError: there is none of these.
    """
    house = opening.house
    subject, given = house.subject, house.options
    chosen = opening.options.get("subject")
    if chosen is None and subject is None:
        chosen = house.newest()
    if chosen is not None:
        subject, given = house.run_path(chosen), {}
    if subject is None:
        raise ArgumentError(Typography(opening.language).note(_NOTHING))
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
    return stamp_of(folder) if isinstance(folder, Path) else 0


def _edit_of(content: object) -> Edit:
    """One of the list that the browser keeps.

    Raises:
        ArgumentError: it is none.
    """
    asked = Asked(Message(content if isinstance(content, dict) else {}))
    kind = asked.text("kind")
    if kind == "off":
        return ChannelOff(asked.text("layer"), asked.whole("channel"))
    if kind == "kernel":
        values = asked.content.get("values")
        rows = values if isinstance(values, list) else []
        numbers = tuple(
            tuple(a_number(value) for value in row) if isinstance(row, list) else () for row in rows
        )
        return KernelChange(asked.text("module"), asked.whole("channel"), asked.whole("input"), numbers)
    raise ArgumentError(f"an edit is off or kernel; received {kind!r}.")


def _accuracy(score: Score) -> Message:
    def share(one: Share) -> dict[str, Any]:
        low, high = one.interval
        return {"correct": one.correct, "n": one.n, "accuracy": one.accuracy, "low": low, "high": high}

    difference = None
    if score.difference is not None:
        difference = dict(zip(("value", "low", "high"), score.difference, strict=True))
    return Message(
        {
            "type": "accuracy",
            "edited": score.edited,
            **share(score.share),
            "before": None if score.before is None else share(score.before),
            "difference": difference,
            "split": score.split,
            "total": score.total,
            "done": score.share.n == score.total,
        }
    )


def packed_step(step: Step) -> dict[str, Any]:
    """A step's fields; the parts of a sum by the names of their layers."""
    fields = fields_of(step) | {"kind": step.kind}
    if isinstance(step, OtherStep):
        fields["parts"] = [
            {"name": part.layer, "share": part.share, **fields_of(part)} for part in step.parts
        ]
        # What is beside the parts that are listed, and how much of it nothing explains.
        fields |= {"rest": step.others + step.rest, "unexplained": step.rest}
    return fields

"""A run folder for each training of a program: what ``prunelle run`` turns on.

::

    fit-1/
      run.json              the program, the model, how it is compiled and trained; versions, host
      classes.json, preprocess.json   for classifiers of pictures
      results.csv           a line an epoch; the figures by Keras's names too
      metrics.json          the last figures, by split
      weights/last.safetensors        the model: keras.models.load_model reads it
      report.html           for classifiers of pictures

Trainings of one model that was not compiled anew go on in one folder. What cannot be written is told as a
warning; the program's own work is never stopped by its recording.
"""

from __future__ import annotations

import dataclasses
import time
import warnings
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.csv_files import table_text
from prunelle.data.preprocess import Preprocess
from prunelle.disk import write_json, write_text
from prunelle.errors import PrunelleError
from prunelle.keras import optimizers
from prunelle.keras.answers import Answers
from prunelle.keras.plain import plain
from prunelle.networks.summary import LayerRow, summarise
from prunelle.report import html
from prunelle.report.content import ReportContent
from prunelle.report.repeating import PROGRAM
from prunelle.texts import Language, Note, default_language
from prunelle.training.records import RESULT_FIELDS
from prunelle.training.verdicts import summary


@dataclasses.dataclass
class _Session:
    """What is said once, for all trainings of a program."""

    directory: Path
    program: str
    versions: Mapping[str, str]
    host: Mapping[str, str]
    language: Language
    trainings: list[Recording] = dataclasses.field(default_factory=list)


_session: _Session | None = None
_REPORT_EVERY_S = 10.0
# Those of the training split are made while it trains: enough for examples of each class.
_PICTURE_BYTES = {"train": 4 << 20, "held out": 48 << 20}
_NOTES = (
    Note(
        "The weights are those after the last epoch. Figures of the training split are of the answers given "
        "while it was learned, dropout included, as Keras counts them.",
        "Les poids sont ceux d’après la dernière époque. Les résultats du jeu d’entraînement portent sur les "
        "réponses données pendant l’apprentissage, dropout compris, comme Keras les compte.",
    ),
)


def start(
    directory: Path,
    program: str,
    *,
    versions: Mapping[str, str] | None = None,
    host: Mapping[str, str] | None = None,
    language: Language | None = None,
) -> None:
    """From now on each ``fit`` leaves a folder in ``directory``, which is made when there is something to write.

    Args:
        program: as the command line names it.
        versions, host: for ``run.json`` and the report.
        language: of the report; None for the locale's.
    """
    global _session
    _session = _Session(Path(directory), program, versions or {}, host or {}, language or default_language())


def stop() -> None:
    """Finishes what is open; trainings leave nothing any more."""
    global _session
    session, _session = _session, None
    if session is not None:
        for recording in session.trainings:
            recording.write_report()


def current() -> Path | None:
    """The folder of the training that is going on or was the last; None where there is none."""
    return _session.trainings[-1].folder if _session is not None and _session.trainings else None


def recording_of(model: Any, source: Any, validation: Any, arguments: Mapping[str, Any]) -> Recording | None:
    """What records a ``fit`` that begins: that of the model's last one, unless it was compiled anew since."""
    if _session is None:
        return None
    for recording in _session.trainings:
        if recording.compiled() is model.compiled:
            return recording
    for recording in _session.trainings:
        recording.write_report()
        recording.answers.clear()
    made = Recording(
        session=_session,
        number=len(_session.trainings) + 1,
        model=model,
        source=source,
        validation=validation,
        arguments=arguments,
    )
    _session.trainings.append(made)
    return made


def recorded(model: Any) -> Recording | None:
    """What has recorded the training of ``model``, if anything has."""
    for recording in reversed(_session.trainings if _session is not None else []):
        if recording.compiled() is model.compiled:
            return recording
    return None


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong inside becomes a warning."""
    try:
        yield
    except (OSError, PrunelleError) as error:
        warnings.warn(f"this training's run folder is not complete: {error}", stacklevel=4)


class Recording:
    """One training on disk.

    Attributes:
        folder: where.
        compiled: the model's ``compile`` that it belongs to, weakly: recording keeps no model alive.
        answers: by split, those of the last pass.
    """

    def __init__(
        self,
        session: _Session,
        number: int,
        model: Any,
        source: Any,
        validation: Any,
        arguments: Mapping[str, Any],
    ) -> None:
        self.folder = session.directory / f"fit-{number}"
        compiled = model.compiled
        self.compiled = weakref.ref(compiled)
        self.answers: dict[str, Answers] = {}
        self._session, self._model = session, weakref.ref(model)
        self._written = float("-inf")
        self._rows: list[dict[str, Any]] = []
        self._created = datetime.now().astimezone()
        self._classes = _class_names(source) or _class_names(validation)
        self._data_name = _data_name(source)
        self._reported = True
        self._seen = {"train": _place(source), "validation": _place(validation)}
        optimizer = compiled.optimizer
        self._settings = {
            "optimizer": type(optimizer).__name__.lower(),
            "learning_rate": float(optimizer.learning_rate),
            "loss": _named(plain(compiled.arguments["loss"])),
            **{name: value for name, value in arguments.items() if value is not None},
        }
        self._info = {
            "status": "training",
            "created": self._created.isoformat(timespec="seconds"),
            "command": f"prunelle run {session.program}",
            "program": session.program,
            "network": {
                "name": model.name,
                "parameters": model.count_params(),
                "input_shape": plain(model.input_shape),
                "output_shape": plain(model.output_shape),
            },
            "compile": {
                "optimizer": optimizers.serialize(optimizer),
                **{name: plain(value) for name, value in compiled.arguments.items()},
            },
            "fit": dict(arguments),
            "versions": dict(session.versions),
            "host": dict(session.host),
        }
        with _told():
            (self.folder / "weights").mkdir(parents=True, exist_ok=True)
            write_json(self.folder / "run.json", self._info)

    def begin_pass(self, split: str) -> Answers:
        """Answers of a pass over ``train``, ``validation`` or ``test`` that begins."""
        self.answers[split] = Answers(_PICTURE_BYTES["train" if split == "train" else "held out"])
        return self.answers[split]

    def split_of(self, x: Any) -> str:
        """What an evaluation's data is to this training: ``test`` unless it was trained or validated on."""
        place = _place(x)
        for split, known in self._seen.items():
            if place is not None and known is not None and known.meets(place):
                return split
        return "test"

    def epoch(self, logs: Mapping[str, Any], rate: float, seconds: float, examples: int) -> None:
        """A line of ``results.csv``."""
        accuracy = next((name for name in logs if "acc" in name and not name.startswith("val_")), None)
        known = {
            "epoch": len(self._rows) + 1,
            "train_loss": logs["loss"],
            "train_accuracy": logs.get(accuracy or ""),
            "val_loss": logs.get("val_loss"),
            "val_accuracy": logs.get(f"val_{accuracy}"),
            "learning_rate": rate,
            "seconds": seconds,
            "images_per_second": examples / max(seconds, 1e-9),
        }
        shown = {"loss", "val_loss", accuracy, f"val_{accuracy}", "learning_rate"}
        more = {name: value for name, value in logs.items() if name not in shown and np.ndim(value) == 0}
        self._rows.append(known | more)
        self._reported = False
        with _told():
            names = list(dict.fromkeys([*RESULT_FIELDS, *(name for row in self._rows for name in row)]))
            rows = ([row.get(name) for name in names] for row in self._rows)
            write_text(self.folder / "results.csv", table_text(names, rows))

    def end(self) -> None:
        """The model as it is now, and the report; not for every ``fit`` of a program that calls it in a loop."""
        with _told():
            self._save_model()
            self._info["status"] = "finished"
            write_json(self.folder / "run.json", self._info)
        if time.monotonic() - self._written > _REPORT_EVERY_S:
            self.write_report()

    def _save_model(self) -> None:
        model = self._model()
        assert model is not None
        target = self.folder / "weights" / "last.safetensors"
        try:
            model.save(target)
        except PrunelleError:
            # A function of the program's own in it: the weights alone, for the model built again.
            model.save_weights(target)

    def evaluated(self) -> None:
        """There are answers on test examples."""
        self._reported = False

    def write_report(self) -> None:
        """``metrics.json`` and, for a classifier of pictures, the report, when there is something new to say."""
        model = self._model()
        if self._reported or not self._rows or model is None:
            return
        self._reported, self._written = True, time.monotonic()
        with _told():
            self._write_report(model)

    def _write_report(self, model: Any) -> None:
        usable = {split: a for split, a in self.answers.items() if a.usable and len(a.labels)}
        seconds = sum(row["seconds"] for row in self._rows)
        metrics: dict[str, Any] = {
            "epochs": len(self._rows),
            "best_epoch": len(self._rows),
            "seconds": round(seconds, 3),
            "parameters": model.count_params(),
            "last": {k: v for k, v in self._rows[-1].items() if v is not None},
        }
        if not usable:
            write_json(self.folder / "metrics.json", metrics)
            return
        judged = next(split for split in ("test", "validation", "train") if split in usable)
        number = usable[judged].num_classes
        classes = self._classes if self._classes and len(self._classes) == number else None
        classes = classes or tuple(map(str, range(number)))
        evaluations = {split: answers.evaluation(split, classes) for split, answers in usable.items()}
        metrics |= {split: summary(evaluation) for split, evaluation in evaluations.items()}
        write_json(self.folder / "metrics.json", metrics)
        write_json(self.folder / "classes.json", list(classes))
        pictures = usable[judged].pictures
        if not len(pictures):
            return
        # Mistakes are shown with their pictures; of very many examples the first are kept.
        evaluation = usable[judged].evaluation(judged, classes, most=len(pictures))
        _, height, width, channels = pictures.shape
        preprocess = Preprocess(size=(height, width), fit="squash", channels=channels)
        write_json(self.folder / "preprocess.json", preprocess.to_json())
        content = ReportContent(
            run_name=f"{self._session.directory.name}/{self.folder.name}",
            data_name=self._data_name,
            network_name=model.name,
            command=str(self._info["command"]),
            again=PROGRAM,
            evaluation=evaluation,
            images=pictures,
            examples=usable.get("train", usable[judged]).examples(classes),
            counts={s: np.bincount(a.labels, minlength=number).tolist() for s, a in usable.items()},
            results=[{name: row.get(name) for name in RESULT_FIELDS} for row in self._rows],
            best_epoch=len(self._rows),
            metrics=metrics,
            skipped=(),
            notes=_NOTES,
            warnings=(),
            layers=_layers(model),
            num_parameters=model.count_params(),
            recipe={name: _named(value) for name, value in self._settings.items()},
            preprocess=preprocess,
            versions=self._session.versions,
            host=self._session.host,
            started=str(self._info["created"]),
            seconds=seconds,
        )
        write_text(self.folder / "report.html", html.render(content, self._session.language))


def _layers(model: Any) -> list[LayerRow]:
    """The modules with what each costs, under the names of their layers."""
    network = model.module
    names = {id(part): layer.name for layer in model.all_layers() for part in layer.parts}
    shape = model.input_shape
    if isinstance(shape, list) or None in shape[1:]:
        return [
            LayerRow(layer.name, type(layer).__name__, "", (), layer.count_params()) for layer in model.layers
        ]
    rows = summarise(network, (shape[-1], *shape[1:-1]))
    modules = dict(network.named_modules())
    return [
        dataclasses.replace(row, name=names.get(id(modules[row.name]), row.name))
        for row in rows
        if row.kind not in ("Outward", "Inward")
    ]


def _class_names(data: Any) -> tuple[str, ...] | None:
    found = getattr(data, "class_names", None)
    if found is None and isinstance(getattr(data, "class_indices", None), Mapping):
        indices: Mapping[str, int] = data.class_indices
        found = sorted(indices, key=lambda name: indices[name])
    return tuple(map(str, found)) if found is not None else None


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where data is: an array's part of its memory, or a generator itself; it keeps neither alive."""

    owner: weakref.ref[Any]
    start: int = 0
    end: int = 1

    def meets(self, other: _Place) -> bool:
        same = self.owner() is not None and self.owner() is other.owner()
        return same and self.start < other.end and other.start < self.end


def _place(data: Any) -> _Place | None:
    """None for what cannot be remembered."""
    if isinstance(data, tuple | list) and len(data):
        data = data[0]
    owner = data
    while isinstance(owner, np.ndarray) and isinstance(owner.base, np.ndarray):
        owner = owner.base
    try:
        if isinstance(data, np.ndarray):
            return _Place(weakref.ref(owner), *np.lib.array_utils.byte_bounds(data))
        return _Place(weakref.ref(owner))
    except TypeError:  # lists, and what C iterators are
        return None


def _data_name(data: Any) -> str:
    folder = getattr(data, "directory", None)
    if isinstance(folder, str | Path):
        return Path(folder).name
    return "arrays" if isinstance(data, np.ndarray | list | tuple) else type(data).__name__


def _named(value: Any) -> str:
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    return str(value)

"""The run that a program's training becomes: what of a model, its data and its answers goes into which file.

Whatever ``fit`` was given is what is recorded: its scaling as far as it can be known (``keras/scaling.py``), and the
examples on which the network was judged, as it got them, since nobody else keeps them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Pixels
from prunelle.keras.answers import Answers
from prunelle.keras.as_network import as_network
from prunelle.keras.eager.boundary import takes_logits
from prunelle.keras.floor import keras
from prunelle.keras.recorded_examples import RECORDED, preprocess_of
from prunelle.runs.refused import Refused
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.runs.stored_examples import write_kept
from prunelle.texts import Note
from prunelle.training.verdicts import summary

EXAMPLES = 8
"""Of each class, of the training split, that a run keeps."""

_OF_ITS_ANSWERS = Note(
    "The weights are those after the last epoch. Figures of the training split are of the answers given "
    "while it was learned, dropout included, as Keras counts them.",
    "Les poids sont ceux d’après la dernière époque. Les résultats du jeu d’entraînement portent sur les "
    "réponses données pendant l’apprentissage, dropout compris, comme Keras les compte.",
)
_OF_A_LOOP = Note(
    "The program trained it batch by batch in a loop of its own: a line of the curves is {batches} of its batches.",
    "Le programme l’a entraîné lot par lot dans sa propre boucle : une ligne des courbes représente {batches} lots.",
)
INTERRUPTED = Note(
    "The program did not come to its end: this is what there was when it was interrupted.",
    "Le programme n’est pas allé jusqu’à son terme : voici ce qu’il y avait quand il a été interrompu.",
)
_SOME_KEPT = Note(
    "The run keeps the first {kept} of the {n} examples it was judged on; the report is of those.",
    "L’entraînement garde les {kept} premiers des {n} exemples sur lesquels il a été jugé ; le rapport porte sur eux.",
)


def gives_logits(model: Any) -> bool:
    """Whether the model's output is logits, as its loss says."""
    losses = keras.tree.flatten(getattr(model, "loss", None))
    return len(losses) == 1 and takes_logits(losses[0])


def begin(
    folder: Path,
    info: Mapping[str, Any],
    model: Any,
    source: Any,
    names: tuple[str, ...] | None,
    seen: Answers,
    logits: bool,
) -> Run | Refused:
    """The folder of a training whose first epoch has just ended.

    Args:
        info: entries of ``run.json`` that need neither answers nor examples; ``data`` has its name.
        source: what ``fit`` was given.
        names: of the classes, where the data have them.
        seen: the answers of the epoch.
        logits: the model's outputs are logits.
    """
    examples = seen.examples
    reason = _why_refused(model, seen, examples)
    if reason is not None:
        file = folder / "weights" / "last.safetensors"
        reads = "keras.models.load_model reads them" if is_graph(model) else "model.load_weights reads them"
        told = f"{reason.en} Its weights are in {file}; {reads}."
        model_of = {"name": model.name, "parameters": num_parameters(model)}
        return Refused(folder, {**info, "why": dataclasses.asdict(reason), "model": model_of}, told)
    number = seen.num_classes
    classes = names if names and len(names) == number else tuple(map(str, range(number)))
    preprocess, scaling, note = preprocess_of(source, examples)
    batches = info["fit"].get("batches_a_line")
    looped = [Note(*(words.format(batches=batches) for words in dataclasses.astuple(_OF_A_LOOP)))]
    notes = [_OF_ITS_ANSWERS, *(looped if batches else []), *([] if note is None else [note])]
    data = {
        **info["data"],
        "source": None,
        "notes": [dataclasses.asdict(each) for each in notes],
        **({} if note is None else {"scaling": {"how": scaling, "note": dataclasses.asdict(note)}}),
    }
    network = {
        "name": model.name,
        "num_classes": number,
        "input_shape": list(preprocess.input_shape),
        "options": {},
        "parameters": num_parameters(model),
        "rebuild": "keras",
        "outputs": "logits" if logits else "probabilities",
    }
    built = as_network(model, logits, of_vectors=examples.ndim == 2)
    return Run.create(folder, {**info, "data": data, "network": network}, classes, preprocess, built)


def num_parameters(model: Any) -> int:
    """How many there are; Keras does not count those of a model that its own step built."""
    return sum(math.prod(weight.shape) for weight in model.weights)


def finish(run: Run, model: Any, answers: Mapping[str, Answers], metrics: dict[str, Any]) -> None:
    """Figures, answers and examples of a training, as they are now.

    Args:
        answers: by split, those of the last pass.
        metrics: those that no answers are needed for.
    """
    usable = {split: a for split, a in answers.items() if a.usable and a.num_classes == len(run.classes)}
    evaluations = {split: each.evaluation(split, run.classes) for split, each in usable.items()}
    judged = next((split for split in JUDGED_BY if split in usable), None)
    if judged is None:
        run.write_metrics(metrics)
        return
    # A model that is evaluated after another was trained has no answers from its own training any more.
    before, figures = run.kept(), run.metrics()
    kept = {judged: _pixels(run, usable[judged])}
    if judged != "train" and "train" in usable:
        kept["train"] = _some(_pixels(run, usable["train"]), len(run.classes))
    elif judged != "train" and before is not None:
        kept["train"] = before.train.decode(run.preprocess)
    write_kept(run.path, kept)
    run.write_predictions(evaluations[judged])
    known = {split: figures[split] for split in JUDGED_BY if split in figures}
    run.write_metrics(known | metrics | {split: summary(each) for split, each in evaluations.items()})
    data = dict(run.info["data"])
    data["per_class"] = data.get("per_class", {}) | {
        split: np.bincount(each.labels, minlength=len(run.classes)).tolist() for split, each in usable.items()
    }
    if len(kept[judged]) < evaluations[judged].n:
        numbers = {"kept": len(kept[judged]), "n": evaluations[judged].n}
        some = {"en": _SOME_KEPT.en.format(**numbers), "fr": _SOME_KEPT.fr.format(**numbers)}
        data["notes"] = [note for note in data["notes"] if "keeps the first" not in note["en"]] + [some]
    run.update(data=data)
    if is_graph(model):
        run.attach(as_network(model, run.info["network"]["outputs"] == "logits"))


def _why_refused(model: Any, seen: Answers, examples: np.ndarray) -> Note | None:
    """Why no verb can use this training; None where they can."""
    for what, french in (("inputs", "entrées"), ("outputs", "sorties")):
        number = len(getattr(model, what, None) or ())
        if number > 1:
            return Note(
                f"its model has {number} {what}, and a run has one.",
                f"son modèle a {number} {french}, et un entraînement en a une.",
            )
    if not seen.usable or not seen.num_classes:
        return Note(
            "its model tells no classes apart (a regression, a generator of pictures, several classes at once).",
            "son modèle ne distingue pas de classes (une régression, un générateur d’images, plusieurs classes à la "
            "fois).",
        )
    if examples.ndim not in (2, 3, 4) or not len(examples):
        shape = examples.shape[1:]
        return Note(
            f"its examples, of shape {shape}, are neither pictures nor series.",
            f"ses exemples, de forme {shape}, ne sont ni des images ni des séries.",
        )
    if examples.ndim == 4 and examples.shape[-1] not in (1, 3):
        channels = examples.shape[-1]
        return Note(
            f"its pictures have {channels} channels; grey (1) and colour (3) are read.",
            f"ses images ont {channels} canaux ; le gris (1) et la couleur (3) sont lus.",
        )
    return None


def is_graph(model: Any) -> bool:
    """Whether the model is a graph of layers; else its ``call`` is the program's own, and no file can hold it."""
    return getattr(model, "inputs", None) is not None and getattr(model, "outputs", None) is not None


def note(run: Run | Refused, before: Sequence[Note], notes: Sequence[Note]) -> None:
    """Puts ``notes`` into ``run.json`` in the place of those that were there ``before``."""
    if before == notes:
        return
    data = dict(run.info["data"])
    gone = [dataclasses.asdict(each) for each in before]
    kept = [each for each in data.get("notes", []) if each not in gone]
    data["notes"] = [*kept, *(dataclasses.asdict(each) for each in notes)]
    run.update(data=data)


MOST_PICTURES = 16
"""That a model made, of which a run keeps some."""


def pictures_of(last: torch.Tensor | None, answers: Mapping[str, Answers]) -> np.ndarray | None:
    """Some of the pictures that a model made, ``(n, H, W, C)`` uint8; None where it makes none.

    Values within 0 and 1, or -1 and 1, are taken for what they mostly are; others are stretched.
    """
    made = (
        last
        if last is not None
        else next((a.pictures for a in answers.values() if a.pictures is not None), None)
    )
    if made is None or not made.numel():
        return None
    values = made[:MOST_PICTURES].detach().float().cpu().numpy()
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    if low >= 0 and high <= 1.001:
        low, high = 0.0, 1.0
    elif low >= -1.001 and high <= 1.001:
        low, high = -1.0, 1.0
    scaled = (np.nan_to_num(values) - low) / max(high - low, 1e-9)
    return np.asarray(np.clip(scaled, 0, 1) * 255 + 0.5, np.uint8)


def _pixels(run: Run, answers: Answers) -> Pixels:
    """The examples of a pass, before the run's preprocessing normalises them."""
    examples = RECORDED[kind_of(run.preprocess).name].stored(answers.examples, run.preprocess)
    return Pixels(examples, answers.labels[: len(examples)])


def _some(pixels: Pixels, num_classes: int) -> Pixels:
    """A few of each class."""
    rows = np.sort(
        np.concatenate([np.flatnonzero(pixels.labels == label)[:EXAMPLES] for label in range(num_classes)])
    )
    return Pixels(pixels.images[rows], pixels.labels[rows])

"""What the terminal says of a training that is done: how good it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunelle.data.kinds import kind_of_shape
from prunelle.report import beside, costs, judgement, labels_words, numbers_words
from prunelle.runs import judging
from prunelle.texts import EN, Note, Typography, quoted

# Photos a class up to which weights learned elsewhere are worth more than some points (docs/lab/results.md).
_FEW = 500

_ON = Note(
    "{accuracy} (95 % interval {low} to {high}) on {n} examples",
    "{accuracy} (intervalle à 95 % : {low} à {high}) sur {n} exemples",
)
_ACCURACY = {
    "test": Note(f"Test accuracy: {_ON.en}", f"Exactitude de test : {_ON.fr}"),
    "validation": Note(f"Validation accuracy: {_ON.en}", f"Exactitude de validation : {_ON.fr}"),
    "train": Note(f"Train accuracy: {_ON.en}", f"Exactitude d’entraînement : {_ON.fr}"),
}
_NEXT = Note(
    "Next: prunelle open {run}, prunelle review {run}, prunelle predict {run} {example}, or prunelle look "
    "{run} {example} --output looks",
    "Ensuite : prunelle open {run}, prunelle review {run}, prunelle predict {run} {example}, ou prunelle look "
    "{run} {example} --output looks",
)
_REUSE = Note(
    "{n} photos are few to learn from nothing; reuse what a network has learned: {command}",
    "{n} photos sont peu pour apprendre de rien ; réutilisez ce qu’un réseau a appris : {command}",
)


def finished_text(metrics: Mapping[str, Any], words: Typography = EN) -> str:
    """``Test accuracy: 98.33 % (95 % interval 95.20 % to 99.40 %) on 180 examples``, and what it is beside chance, over
    unbalanced classes, and with five answers of many classes."""
    split = next(name for name in ("test", "validation", "train") if name in metrics)
    judged = metrics[split]
    if "mean_average_precision" in judged:
        return _labels(judged, split, words)
    low, high = judged["interval"]
    if "mean_absolute_error" in judged:
        return _off(judged, split, words)
    learned, chance = judging.learned_note(judged), judgement.chance_of(metrics, split)
    top_5 = beside.top_5(judged, words, digits=2)
    said = [] if learned is None else [words.note(learned)]
    said += [] if top_5 is None else [top_5]
    cost = costs.figures_of(judged)
    return (
        words.note(
            _ACCURACY[split],
            accuracy=words.percent(judged["accuracy"], digits=2),
            low=words.percent(low, digits=2),
            high=words.percent(high, digits=2),
            n=words.integer(judged["n"]),
        )
        + judgement.chance_sentence(chance, words)
        + beside.balanced_sentence(judged, chance, words)
        + "".join(f". {sentence.removesuffix('.')}" for sentence in said)
        + "".join(
            f"\n{sentence}"
            for sentence in (() if cost is None else costs.sentences(cost, judged["n"], words))
        )
    )


def _off(figures: Mapping[str, Any], split: str, words: Typography) -> str:
    """The same where a number is told."""
    learned = judging.learned_note(figures)
    said = [numbers_words.off(figures, words, split=split).removesuffix(".")]
    return ". ".join([*said, *([] if learned is None else [words.note(learned)])])


def _labels(figures: Mapping[str, Any], split: str, words: Typography) -> str:
    """The same where several labels are told."""
    learned, k = judging.learned_note(figures), labels_words.num_told(figures)
    sentences = [
        labels_words.precise(figures, words, k=k, split=split),
        *labels_words.others(figures, words),
    ][:2]
    said = ". ".join(each.removesuffix(".") for each in sentences)
    return said if learned is None else f"{said}. {words.note(learned)}"


def next_text(path: Path, info: Mapping[str, Any], words: Typography = EN) -> str:
    """What can be done with a finished run; and with few photos that a network learned from nothing.

    Args:
        info: the content of its ``run.json``.
    """
    shape, num_classes = info["network"]["input_shape"], info["network"]["num_classes"]
    kind = kind_of_shape(tuple(shape))
    run, example = quoted(path), words.note(kind.one if kind else Note("file", "fichier")).upper()
    text = words.note(_NEXT, run=run, example=example)
    pretrained = kind.pretrained if kind and shape[0] == 3 else None  # published weights are of colours
    reused = info["network"].get("weights") is not None or info.get("transfer") is not None
    number = info["data"]["counts"]["train"]
    if pretrained is not None and not reused and number < _FEW * num_classes:
        source = info["data"]["source"]
        command = ["prunelle", "train", source["data"]]
        if source.get("labels") is not None:
            command += ["--labels", source["labels"]]
        for asked in ("groups", "task"):
            if source.get(asked) is not None:
                command += [f"--{asked}", str(source[asked])]
        command += ["--network", pretrained, "--weights", "imagenet"]
        command += ["--strategy", "auto"]
        text += "\n" + words.note(_REUSE, n=words.integer(number), command=" ".join(map(quoted, command)))
    return text

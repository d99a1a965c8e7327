"""How far a network can be trusted, said of its ``trust.json``: on its page, and by ``prunelle evaluate``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prunelle.drawing.axes import legend
from prunelle.drawing.figures import new_chart
from prunelle.drawing.files import svg_element
from prunelle.drawing.palette import BLUE, MUTED
from prunelle.report.axes import accuracy_axis, percent_ticks
from prunelle.report.words import Words
from prunelle.texts import NO_VALUE, Note, Typography

_NOT_CHOSEN = Note(
    "There is no validation split, and only examples that the network did not learn say how far it can be trusted: "
    "nothing is promised.",
    "Il n’y a pas de jeu de validation, et seuls des exemples que le réseau n’a pas appris disent jusqu’où s’y fier : "
    "rien n’est promis.",
)
_CHOSEN = Note(
    "{n} validation examples chose the thresholds below",
    "{n} exemples de validation ont choisi les seuils ci-dessous",
)
_MEASURED = Note(
    "; the {n} test examples, which chose nothing, measured them.",
    " ; les {n} exemples de test, qui n’ont rien choisi, les ont mesurés.",
)
_NOT_MEASURED = Note(
    "; there is no test split, so nothing measured them.", " ; sans jeu de test, rien ne les a mesurés."
)
_TEMPERATURE = Note(
    "Divided by a temperature of {temperature}, its logits give probabilities that can be believed",
    "Divisés par une température de {temperature}, ses logits donnent des probabilités dignes de foi",
)
_ERROR = Note(
    ": on the test examples the calibration error goes from {before} to {after} points, the loss from {loss} to "
    "{then}.",
    " : sur les exemples de test, l’erreur de calibration passe de {before} à {after} points, la perte de {loss} à "
    "{then}.",
)
_SETS = Note(
    "Sets of classes that may miss the truth for {share} of the pictures hold it for {held} of the test pictures (95 % "
    "interval {low} to {high}), with {size} classes on average{worst}.",
    "Des ensembles de classes qui peuvent manquer la vérité pour {share} des images la contiennent pour {held} des "
    "images de test (intervalle à 95 % : {low} à {high}), avec {size} classes en moyenne{worst}.",
)
_WORST = Note("; least of all for {name}: {held}", " ; le moins souvent pour {name} : {held}")
_UNLIKE = Note(
    "At most {rate} of pictures like these should be called “none of these”; {flagged} of the {n} test pictures were "
    "(95 % interval {low} to {high}).",
    "Au plus {rate} d’images comme celles-ci devraient être dites « d’aucune de ces classes » ; {flagged} des {n} "
    "images de test l’ont été (intervalle à 95 % : {low} à {high}).",
)
_LEAST = Note(
    "The least share of wrong answers that so many validation examples can promise is {share}.",
    "La plus petite part de réponses fausses que tant d’exemples de validation peuvent promettre est {share}.",
)
_NONE = Note(
    "So few validation examples, or so many wrong answers among them, can promise no share of wrong answers.",
    "Si peu d’exemples de validation, ou tant de réponses fausses parmi eux, ne permettent de promettre aucune part.",
)
_IMPOSSIBLE = Note("cannot be promised", "impossible à promettre")
_INTERVAL = Note(
    "{wrong} of {answered}: {share} ({low} to {high})", "{wrong} sur {answered} : {share} ({low} à {high})"
)
_HEADS = (
    Note("At most so many wrong among the answered", "Au plus tant de fausses parmi les réponses"),
    Note("Answered (validation)", "Répondues (validation)"),
    Note("Answered (test)", "Répondues (test)"),
    Note("Wrong among them (95 % interval)", "Fausses parmi elles (intervalle à 95 %)"),
)
TITLE = Note("How far to trust it", "Jusqu’où s’y fier")
_CURVE = Note("Accuracy against the share answered", "Exactitude selon la part de réponses")
_COVERAGE = Note("Share answered, the surest first", "Part de réponses, les plus sûres d’abord")
_THIS = Note("test pictures", "images de test")
_ALL = Note("all answered", "tout recevant une réponse")
_HOW = Note(
    "prunelle predict RUN FILES --unsure 0.05 answers by them, and says “I don’t know” of the rest.",
    "prunelle predict RUN FICHIERS --unsure 0.05 répond d’après eux, et dit « je ne sais pas » du reste.",
)


def sentences(record: Mapping[str, Any], words: Typography) -> Iterator[str]:
    """What was chosen, and what became of it; without the shares of the table."""
    chosen = record["chosen_on"]
    if chosen is None:
        yield words.note(_NOT_CHOSEN)
        return
    measured = record["measured_on"]
    tail = (
        words.note(_NOT_MEASURED)
        if measured is None
        else words.note(_MEASURED, n=words.integer(measured["n"]))
    )
    yield words.note(_CHOSEN, n=words.integer(chosen["n"])) + tail
    calibration = record["calibration"]
    error = "."
    if calibration is not None:
        before, after = calibration["before"], calibration["after"]
        error = words.note(
            _ERROR,
            before=words.points(before["expected_calibration_error"]),
            after=words.points(after["expected_calibration_error"]),
            loss=words.decimal(before["loss"], 3),
            then=words.decimal(after["loss"], 3),
        )
    yield words.note(_TEMPERATURE, temperature=words.decimal(record["temperature"], 2)) + error
    least = record["least_unsure"]
    if least is None:
        yield words.note(_NONE)
    elif any(each["validation"] is None for each in record["unsure"]):
        yield words.note(_LEAST, share=words.percent(least["share"], digits=0))
    for each in record["sets"]:
        if each["test"] is not None and each["share"] == 0.1:
            yield _set_sentence(each, words)
    for each in record["unlike"]["rates"]:
        if each["test"] is not None:
            test = each["test"]
            low, high = test["interval"]
            yield words.note(
                _UNLIKE,
                rate=words.percent(each["rate"], digits=0),
                flagged=words.integer(test["flagged"]),
                n=words.integer(test["n"]),
                low=words.percent(low),
                high=words.percent(high),
            )


def _set_sentence(entry: Mapping[str, Any], words: Typography) -> str:
    test = entry["test"]
    low, high = test["interval"]
    there = [each for each in test["by_class"] if each["n"]]
    worst = min(there, key=lambda each: each["held"] / each["n"])
    tail = words.note(_WORST, name=worst["class"], held=words.percent(worst["held"] / worst["n"]))
    return words.note(
        _SETS,
        share=words.percent(entry["share"], digits=0),
        held=words.percent(test["held"] / test["n"]),
        low=words.percent(low),
        high=words.percent(high),
        size=words.decimal(test["size"], 2),
        worst=tail if len(there) > 1 else "",
    )


def heads(words: Typography) -> list[str]:
    """Of the table."""
    return [words.note(each) for each in _HEADS]


def rows(record: Mapping[str, Any], words: Typography) -> list[list[str]]:
    """A line a share: what is answered, and how much of it is wrong; none where nothing was chosen."""
    lines = []
    for each in record.get("unsure", []):
        validation, test = each["validation"], each["test"]
        line = [words.percent(each["share"], digits=0)]
        if validation is None:
            lines.append([*line, words.note(_IMPOSSIBLE), NO_VALUE, NO_VALUE])
            continue
        line.append(words.percent(validation["answered"] / record["chosen_on"]["n"]))
        if test is None:
            lines.append([*line, NO_VALUE, NO_VALUE])
            continue
        low, high = test["interval"]
        wrong = words.note(
            _INTERVAL,
            wrong=words.integer(test["wrong"]),
            answered=words.integer(test["answered"]),
            share=words.percent(test["wrong"] / test["answered"] if test["answered"] else 0.0),
            low=words.percent(low),
            high=words.percent(high),
        )
        lines.append([*line, words.percent(test["answered"] / record["measured_on"]["n"]), wrong])
    return lines


def section(record: Mapping[str, Any] | None, words: Words) -> dict[str, Any] | None:
    """What the page's section shows; None of a run of before."""
    if record is None:
        return None
    curve = record.get("curve")
    return {
        "title": words.note(TITLE),
        "sentences": [
            *sentences(record, words),
            *([] if record["chosen_on"] is None else [words.note(_HOW)]),
        ],
        "heads": heads(words),
        "rows": rows(record, words),
        "curve": words.note(_CURVE),
        "svg": curve_svg(curve, words) if curve else "",
    }


def curve_svg(curve: list[list[float]], words: Words) -> str:
    """Accuracy against coverage, as an ``<svg>`` element."""
    figure, axes = new_chart(5.2, 3.2)
    coverage, accuracy = zip(*curve, strict=True)
    axes.plot(coverage, accuracy, color=BLUE, linewidth=1.8, label=words.note(_THIS))
    axes.axhline(accuracy[-1], color=MUTED, linestyle=(0, (4, 3)), linewidth=1.2, label=words.note(_ALL))
    axes.set_xlim(0, 1.01)
    axes.set_xlabel(words.note(_COVERAGE))
    axes.set_ylabel(words("accuracy"))
    accuracy_axis(axes, words, whole=False)
    percent_ticks(axes.xaxis, words, 0, most=6)
    legend(axes)
    return svg_element(figure, "trust")

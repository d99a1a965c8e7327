"""What a network was measured to be worth: the sentences of ``prunelle evaluate`` and of the report, and a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prunelle.exports.model_card.markdown import joined, listed, table, text
from prunelle.exports.subject import Facts, Subject
from prunelle.report import beside, judgement, labels_words, numbers_words, trust
from prunelle.report.judgement import SPLITS
from prunelle.runs.judging import learned_note
from prunelle.texts import NO_VALUE, Note, Typography
from prunelle.training.verdicts import Calibration

MOST_PARTS = 50
"""Lines of the table by class; of more the worst."""

_UNMEASURED = Note(
    "Nothing was measured of it here, but that the file answers as the network does (below).",
    "Rien n’en a été mesuré ici, sinon que le fichier répond comme le réseau (plus bas).",
)
_PUBLISHED = Note(
    "{publisher} states for these weights: {top1} of first answers right (top-1){top5}; {source}. Not measured here.",
    "{publisher} donne pour ces poids : {top1} de premières réponses justes (top-1){top5} ; {source}. Non mesuré ici.",
)
_TOP5 = Note(", {top5} among five (top-5)", ", {top5} parmi cinq (top-5)")
_RIGHT = Note(
    "{accuracy} of the answers to {n} {split} examples are right (95 % interval {interval}){tail}.",
    "{accuracy} des réponses à {n} exemples de {split} sont justes (intervalle à 95 % : {interval}){tail}.",
)
_WORST = Note("The {most} of {n} with the lowest figures:", "Les {most} sur {n} aux résultats les plus bas :")
_CLASS_HEADS = (
    Note("class", "classe"),
    Note("recall", "rappel"),
    Note("95 % interval", "intervalle à 95 %"),
    Note("precision", "précision"),
    Note("F1", "F1"),
    Note("examples", "exemples"),
)
_RANGE_HEADS = (
    Note("{name} from", "{name} de"),
    Note("to", "à"),
    Note("examples", "exemples"),
    Note("mean error", "erreur moyenne"),
    Note("95 % interval", "intervalle à 95 %"),
    Note("bias", "biais"),
)
_LABEL_COLUMNS = 8
"""Of the report's table by label: what is missed and invented stays there."""


def figures(subject: Subject, words: Typography) -> str:
    """Sentences, the table by class, by label or by range, what can be promised."""
    facts = subject.facts
    if facts.judged is None:
        return words.note(_UNMEASURED) if facts.published is None else _as_published(facts.published, words)
    return _BY_KIND[subject.target.kind](subject, facts.figures[facts.judged], words)


def _as_published(told: Mapping[str, Any], words: Typography) -> str:
    top5 = "" if told["top5"] is None else words.note(_TOP5, top5=words.percent(told["top5"] / 100, digits=2))
    return text(
        words.note(
            _PUBLISHED,
            publisher=told["publisher"],
            top1=words.percent(told["top1"] / 100, digits=2),
            top5=top5,
            source=told["source"],
        )
    )


def _of_classes(subject: Subject, of: Mapping[str, Any], words: Typography) -> str:
    facts = subject.facts
    assert facts.judged is not None
    chance = judgement.chance_of(facts.figures, facts.judged)
    said = [
        words.note(
            _RIGHT,
            accuracy=words.percent(of["accuracy"]),
            n=words.integer(of["n"]),
            split=words.note(SPLITS[facts.judged]),
            interval=words.interval(*of["interval"]),
            tail=judgement.chance_sentence(chance, words) + beside.balanced_sentence(of, chance, words),
        )
    ]
    if (top_5 := beside.top_5(of, words)) is not None:
        said.append(top_5)
    said += [words.note(note) for note in _notes(facts, of)]
    rows = [
        [
            text(each["name"]),
            words.percent(each["recall"]) if each["support"] else NO_VALUE,
            words.interval(*each["recall_interval"]) if each["support"] else NO_VALUE,
            words.percent(each["precision"]),
            words.percent(each["f1"]),
            words.integer(each["support"]),
        ]
        for each in _worst(facts.parts, lambda part: part["recall"] if part["support"] else 2.0)
    ]
    promised = _promised(facts.trust, words)
    return joined(
        [
            *map(text, said),
            _too_many(len(facts.parts), words),
            table([words.note(head) for head in _CLASS_HEADS], rows),
            promised,
        ]
    )


def _notes(facts: Facts, of: Mapping[str, Any]) -> Iterator[Note]:
    assert facts.judged is not None
    if (leak := learned_note(of)) is not None:
        yield leak
    if (heart := judgement.by_heart(facts.figures, facts.judged)) is not None:
        yield heart
    if facts.sureness is not None:
        told = dict(facts.sureness)
        confidence = told.pop("confidence")
        yield from judgement.sureness(Calibration(**told), confidence, of["accuracy"])


def _promised(record: Mapping[str, Any] | None, words: Typography) -> str:
    """By the report's sentences and its table: what validation examples let one promise."""
    if record is None:
        return ""
    rows = trust.rows(record, words)
    return joined(
        [
            f"**{words.note(trust.TITLE)}**",
            listed(text(each) for each in trust.sentences(record, words)),
            table(trust.heads(words), rows) if rows else "",
        ]
    )


def _of_labels(subject: Subject, of: Mapping[str, Any], words: Typography) -> str:
    facts = subject.facts
    said = [
        f"{labels_words.precise(of, words, k=labels_words.num_told(of), split=str(facts.judged))}.",
        *labels_words.others(of, words),
        *_leak(of, words),
    ]
    rows = [
        [text(cell) for cell in labels_words.row(each, words)[:_LABEL_COLUMNS]]
        for each in labels_words.worst_first(facts.parts)[:MOST_PARTS]
    ]
    heads = [words.note(head) for head in labels_words.HEADS[:_LABEL_COLUMNS]]
    return joined([*map(text, said), _too_many(len(facts.parts), words), table(heads, rows)])


def _of_number(subject: Subject, of: Mapping[str, Any], words: Typography) -> str:
    facts, error = subject.facts, of["mean_absolute_error"]
    said = [
        f"{numbers_words.off(of, words, split=str(facts.judged))}.",
        *numbers_words.others(of, words),
        *numbers_words.widths(facts.trust, words),
        *_leak(of, words),
    ]
    rows = [
        [
            numbers_words.written(each["low"], error, words),
            numbers_words.written(each["high"], error, words),
            words.integer(each["n"]),
            words.number(each["mean_absolute_error"]),
            numbers_words.interval(each["interval"], words),
            numbers_words.signed(each["mean_error"], words),
        ]
        for each in facts.parts
    ]
    heads = [words.note(head, name=text(subject.classes[0])) for head in _RANGE_HEADS]
    return joined([*map(text, said), table(heads, rows)])


def _leak(of: Mapping[str, Any], words: Typography) -> Iterator[str]:
    if (leak := learned_note(of)) is not None:
        yield words.note(leak)


def _worst(parts: Any, worth: Callable[[Mapping[str, Any]], float]) -> list[Mapping[str, Any]]:
    """All in their order, or of very many the worst."""
    return list(parts) if len(parts) <= MOST_PARTS else sorted(parts, key=worth)[:MOST_PARTS]


def _too_many(n: int, words: Typography) -> str:
    if n <= MOST_PARTS:
        return ""
    return words.note(_WORST, most=words.integer(MOST_PARTS), n=words.integer(n))


_BY_KIND: Mapping[str, Callable[[Subject, Mapping[str, Any], Typography], str]] = {
    "class": _of_classes,
    "labels": _of_labels,
    "number": _of_number,
}
"""By the kind of target."""

"""The report of a cross-validation: what all folds say together, fold by fold, and the worst errors of all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from markupsafe import Markup

from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Skipped
from prunelle.disk import write_text
from prunelle.report import beside, html, judgement
from prunelle.report.content import ReportContent
from prunelle.report.reproducibility import repeating
from prunelle.report.words import Words
from prunelle.runs.folds import OUT_OF_FOLD, Folds
from prunelle.texts import Language, Note, Typography, quoted
from prunelle.training.verdicts import against_chance

_HEADLINE = Note(
    "{network} recognises {accuracy} of {n} {what}, each judged by a network that never saw it (95 % interval "
    "{interval}){tail}.",
    "{network} reconnaît {accuracy} des {n} {what}, chacune jugée par un réseau qui ne l’a jamais vue (intervalle à "
    "95 % : {interval}){tail}.",
)
_RESULT = Note(
    "Out of fold: {accuracy} of {n} {what} are right (95 % interval {low} to {high}), each answered by a network that "
    "never saw it",
    "Hors pli : {accuracy} de réponses justes sur {n} {what} (intervalle à 95 % : {low} à {high}), chacune jugée par "
    "un réseau qui ne l’a jamais vue",
)
_EACH = Note("Fold by fold: {accuracies}", "Pli par pli : {accuracies}")
_TEST = Note(
    "Test, by the {k} networks together: {accuracy} of {n} {what} are right (95 % interval {low} to {high})",
    "Test, par les {k} réseaux ensemble : {accuracy} de réponses justes sur {n} {what} (intervalle à 95 % : {low} à "
    "{high})",
)
_MEANS = Note(
    "These are figures of {k} networks, which learned from {learned} of the {n} {what} at most. One that learns from "
    "all of them will usually be a little better; how much cannot be measured on {what} that it has learned.",
    "Ce sont les résultats de {k} réseaux, qui ont appris de {learned} des {n} {what} au plus. Un réseau qui les "
    "apprend toutes sera en général un peu meilleur ; de combien, on ne peut le mesurer sur des {what} qu’il a "
    "apprises.",
)
_INTERVAL = Note(
    "The interval says how far other {what} like these could move the figure. It takes each answer for a draw of its "
    "own, although the networks share most of what they learned. Folds went from {low} to {high}.",
    "L’intervalle dit de combien d’autres {what} semblables pourraient déplacer ce résultat. Il prend chaque réponse "
    "pour un tirage à part, bien que les réseaux aient appris en grande partie des mêmes {what}. Les plis vont de "
    "{low} à {high}.",
)
_GROUPED = Note(
    "Among the {what} are groups or copies that belong together: they are alike, and count here as if they were not. "
    "Where such groups are large, the interval is too narrow.",
    "Parmi les {what}, des groupes ou des copies vont ensemble : elles se ressemblent, et comptent ici comme si de "
    "rien n’était. Si ces groupes sont grands, l’intervalle est trop étroit.",
)
FOLD, _FOLDS, _BY_FOLD = Note("Fold", "Pli"), Note("Folds", "Plis"), Note("Fold by fold", "Pli par pli")
_ALL, _TOGETHER = Note("all folds", "tous les plis"), Note("test, all networks", "test, tous les réseaux")
_OF = Note("of {n} {what}", "de {n} {what}")
_NEXT = Note(
    "Next: prunelle predict {path} {example} (the {k} networks together), prunelle evaluate {path} DATA, or "
    "prunelle look {run} {example} --output looks",
    "Ensuite : prunelle predict {path} {example} (les {k} réseaux ensemble), prunelle evaluate {path} DATA, ou "
    "prunelle look {run} {example} --output looks",
)

Examples = Callable[[np.ndarray], np.ndarray | None]
"""Rows of the examples, as ``Folds.assigned`` has them → ``(n, …, C)``, decoded; None where they are gone."""


def write(folds: Folds, examples: Examples, language: Language) -> None:
    """``report.html`` in the folder of a cross-validation."""
    write_text(folds.path / "report.html", render(folds, examples, language))


def render(folds: Folds, examples: Examples, language: Language) -> str:
    """The whole page in ``language``, to be written as UTF-8."""
    content = _content(folds)
    words = content.words(language)
    wrong = html.most_wrong(content)
    shown = examples(np.array(wrong, np.int64)) if wrong else None
    page = html.template("folds.html").render(
        html.frame(content, words)
        | html.answers_of_classes(content, words)
        | {
            "headline": headline(folds, words),
            "caveats": caveats(folds, words),
            "facts": _facts(folds, content, words),
            "by_fold": words.note(_BY_FOLD),
            "fold_title": words.note(FOLD),
            "lines": list(lines(folds, words)),
            "wrong": html.wrong_cards(_only(content, wrong, shown, words), words),
            **dict.fromkeys(("change", "trust", "told")),
            **dict.fromkeys(("looks", "filters", "examples"), ()),
        }
    )
    return html.writable(page)


def finished_text(folds: Folds, words: Typography) -> str:
    """What the terminal says at the end."""
    what = words.note(kind_of(folds.preprocess).many)
    each, figures = folds.metrics["each"], folds.metrics[OUT_OF_FOLD]
    chance = against_chance(folds.evaluation)
    said = [
        _figure(_RESULT, figures, words, what=what)
        + judgement.chance_sentence(chance, words)
        + beside.balanced_sentence(figures, chance, words),
        words.note(_EACH, accuracies=", ".join(words.percent(one["accuracy"]) for one in each)),
    ]
    if (top_5 := beside.top_5(figures, words, digits=2)) is not None:
        said.insert(1, top_5)
    if "test" in folds.metrics:
        said.append(_figure(_TEST, folds.metrics["test"], words, what=what, k=len(each)))
    return "\n".join(said)


def next_text(folds: Folds, words: Typography) -> str:
    """What can be done with it."""
    example = words.note(kind_of(folds.preprocess).one).upper()
    return words.note(
        _NEXT, path=quoted(folds.path), example=example, k=len(folds.runs), run=quoted(folds.runs[0].path)
    )


def _figure(note: Note, figures: Any, words: Typography, **more: object) -> str:
    low, high = figures["interval"]
    return words.note(
        note,
        accuracy=words.percent(figures["accuracy"], digits=2),
        low=words.percent(low, digits=2),
        high=words.percent(high, digits=2),
        n=words.integer(figures["n"]),
        **more,
    )


def _content(folds: Folds) -> ReportContent:
    """What the parts of a run's report that are the same here need; they speak of the folds as of a test."""
    info, first = folds.info, folds.runs[0]
    return ReportContent(
        run_name=folds.path.name,
        data_name=info["data"]["name"],
        network_name=first.info["network"]["name"],
        command=info["command"],
        reproducibility=repeating({**first.info, **info}),
        evaluation=dataclasses.replace(folds.evaluation, split="test"),
        images=None,
        examples={},
        counts={},
        results=(),
        best_epoch=0,
        metrics=folds.metrics,
        skipped=[Skipped(entry["file"], entry["reason"]) for entry in info["skipped"]],
        notes=[Note(**note) for note in info["data"]["notes"]],
        warnings=(),
        layers=(),
        num_parameters=0,
        recipe=first.recipe,
        preprocess=first.preprocess,
        versions=info["versions"],
        host=info["host"],
        started=info["created"],
        seconds=folds.metrics["seconds"],
    )


def _only(
    content: ReportContent, rows: list[int], examples: np.ndarray | None, words: Words
) -> ReportContent:
    """``content`` of some of its examples alone, with their pictures."""
    evaluation = content.evaluation
    files = evaluation.files or [words("index", n=row) for row in range(evaluation.n)]
    some = dataclasses.replace(
        evaluation,
        labels=evaluation.labels[rows],
        probabilities=evaluation.probabilities[rows],
        files=tuple(files[row] for row in rows),
        kept_ranks=None,
    )
    images = None if examples is None else content.shown.viewable(examples, of_bytes=True)
    return dataclasses.replace(content, evaluation=some, images=images)


def headline(folds: Folds, words: Words) -> Markup:
    evaluation = folds.evaluation
    return Markup(words.note(_HEADLINE)).format(
        network=Markup("<bdi>{}</bdi>").format(folds.runs[0].info["network"]["name"]),
        accuracy=Markup("<strong>{}</strong>").format(words.percent(evaluation.accuracy)),
        n=words.integer(evaluation.n),
        what=words.note(kind_of(folds.preprocess).many),
        interval=words.interval(*evaluation.interval),
        tail=html.chance_tail(evaluation, words),
    )


def caveats(folds: Folds, words: Words) -> list[str]:
    """What the figure means, and what it does not."""
    what = words.note(kind_of(folds.preprocess).many)
    n, k = folds.evaluation.n, len(folds.runs)
    low, high = _span(folds, words)
    caveats = [
        words.note(
            _MEANS,
            k=k,
            learned=words.integer(n - int(np.bincount(folds.assigned.fold)[1:].min())),
            n=words.integer(n),
            what=what,
        ),
        words.note(_INTERVAL, what=what, low=low, high=high),
    ]
    if folds.assigned.groups:
        caveats.append(words.note(_GROUPED, what=what))
    if blind := judgement.blind_loss(folds.evaluation.loss, against_chance(folds.evaluation)):
        caveats.append(words.note(blind))
    return caveats


def _span(folds: Folds, words: Words) -> tuple[str, str]:
    accuracies = [one["accuracy"] for one in folds.metrics["each"]]
    return words.percent(min(accuracies)), words.percent(max(accuracies))


def _facts(folds: Folds, content: ReportContent, words: Words) -> list[tuple[str, str, str]]:
    """``(what, value, detail)`` for the top of the page."""
    evaluation = folds.evaluation
    classes = words("classes_count", n=words.integer(len(evaluation.classes)))
    sizes = np.bincount(folds.assigned.fold)[1:]
    between = words.integer(int(sizes.min()))
    if sizes.min() < sizes.max():
        between += f"–{words.integer(int(sizes.max()))}"
    what = words.note(kind_of(folds.preprocess).many)
    facts = [
        (
            words("data"),
            content.data_name,
            f"{classes}, {content.shown.input_text(content.preprocess, words)}",
        ),
        (words("network"), content.network_name, ""),
        (words.note(_FOLDS), words.integer(len(folds.runs)), words.note(_OF, n=between, what=what)),
        (words("training_time"), words.duration(content.seconds), words.date(content.started)),
    ]
    if chance := against_chance(evaluation):
        detail = words("baseline_detail", name=chance.name)
        facts.append((words("baseline"), words.percent(chance.accuracy), detail))
    if (top_5 := evaluation.top_5) is not None:
        facts.append(
            (
                words("top_5"),
                words.percent(top_5[0]),
                words("top_5_detail", interval=words.interval(*top_5[1])),
            )
        )
    return facts


def lines(folds: Folds, words: Words) -> Iterator[dict[str, Any]]:
    """A line a fold, one of all of them, and one of a test that was given."""
    for one, run in zip(folds.metrics["each"], folds.runs, strict=True):
        yield _line(words.integer(one["fold"]), one, words) | {
            "epochs": words.integer(one["epochs"]),
            "report": f"runs/{run.path.name}/report.html",
        }
    yield _line(words.note(_ALL), folds.metrics[OUT_OF_FOLD], words) | {"whole": True}
    if "test" in folds.metrics:
        yield _line(words.note(_TOGETHER), folds.metrics["test"], words)


def _line(name: str, figures: Any, words: Words) -> dict[str, Any]:
    return {
        "name": name,
        "n": words.integer(figures["n"]),
        "accuracy": words.percent(figures["accuracy"]),
        "interval": words.interval(*figures["interval"]),
        "loss": words.decimal(figures["loss"], 4),
        "epochs": "",
        "report": "",
        "whole": False,
    }

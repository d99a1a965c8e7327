"""The cards of a run, and of a table of runs: the figures are those of ``metrics.json``, as the report has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prunelle.cards.curves import curves
from prunelle.drawing import card
from prunelle.errors import PrunelleError
from prunelle.report.closing_lines import finished_text
from prunelle.report.words import Words
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.runs.table import Runs
from prunelle.texts import NO_VALUE, Note, default_language

_ON = Note("{network} on {data}", "{network} sur {data}")
_STATES = {
    "training": Note("Not finished", "Pas terminé"),
    "interrupted": Note("Interrupted", "Interrompu"),
    "diverged": Note("Diverged: its loss is no number any more", "A divergé : sa perte n’est plus un nombre"),
    "finished": Note("Finished", "Terminé"),
}
_GO_ON = Note("To go on: {line}", "Pour continuer : {line}")
_RUNS = Note("Runs: {n}", "Entraînements : {n}")
_REFUSED = Note("{path} cannot be opened: {why}", "{path} ne s’ouvre pas : {why}")
_MORE = Note("… and {n} more: .frame() has them all.", "… et {n} de plus : .frame() les donne tous.")
_STATUS = Note("Status", "État")

MOST_RUNS = 40


def run(shown: Run) -> str:
    """What it reached, on every split; its curves; where it is."""
    language = shown.info.get("language", default_language())
    words = Words(language)
    info = shown.info
    title = words.note(_ON, network=info["network"]["name"], data=info["data"]["name"])
    try:
        parts = list(_parts(shown, words))
    except PrunelleError as error:  # a file that is damaged: the rest is still worth showing
        parts = [card.sentence(error, strong=True)]
    return card.card(title, parts, language, kind=words("run"))


def _parts(shown: Run, words: Words) -> Iterator[str]:
    metrics = shown.metrics()
    judged = [split for split in JUDGED_BY if split in metrics]
    if judged:
        yield card.sentence(finished_text(metrics, words))
    status = str(shown.info["status"])
    if status != "finished":
        yield card.sentence(words.note(_STATES[status]) if status in _STATES else status, strong=True)
    if status in ("training", "interrupted") and shown.has_recipe:
        line = card.code(f"prunelle.train(resume={str(shown.path)!r})")
        yield card.sentence(card.filled(words.note(_GO_ON), line=line))
    rows = shown.results() if (shown.path / "results.csv").is_file() else []
    best = metrics.get("best_epoch")
    epochs = words.integer(len(rows))
    if best is not None and len(rows) > 1:
        epochs += f" ({words('best_epoch', n=words.integer(best))})"
    yield card.facts(
        [
            (words("parameters"), _integer(shown.info["network"].get("parameters"), words)),
            (words("epochs"), epochs),
            (words("training_time"), words.duration(metrics["seconds"]) if "seconds" in metrics else None),
            (words("started"), words.date(shown.info["created"]) if "created" in shown.info else None),
        ]
    )
    if judged:
        yield card.table(
            [words("split"), words("pictures"), *(words(each) for each in _FIGURES[shown.target.kind])],
            [_split(split, metrics[split], shown, words) for split in reversed(judged)],
            numbers=range(1, 2 + len(_FIGURES[shown.target.kind])),
        )
    if len(rows) > 1:
        yield curves(rows, words)
    report = shown.path / "report.html"
    yield card.facts(
        [(words("run"), card.code(str(shown.path))), (words("report"), card.code(str(report)))]
        if report.is_file()
        else [(words("run"), card.code(str(shown.path)))]
    )


_FIGURES = {
    "class": ("accuracy", "interval", "loss"),
    "labels": ("mean_average_precision", "interval", "exact_match", "loss"),
    "number": ("mean_absolute_error", "interval", "r2", "loss"),
}
"""What is told of a split, by the kind of target."""


def _split(split: str, metrics: dict[str, Any], shown: Run, words: Words) -> tuple[str, ...]:
    figures = {
        "accuracy": words.percent(metrics.get("accuracy")),
        "exact_match": words.percent(metrics.get("accuracy")),
        "mean_average_precision": words.percent(metrics.get("mean_average_precision")),
        "mean_absolute_error": _number(metrics.get("mean_absolute_error"), words),
        "r2": words.decimal(metrics.get("r2"), 3),
        "interval": _interval(metrics, shown, words),
        "loss": words.decimal(metrics["loss"], 4),
    }
    return words(split), words.integer(metrics["n"]), *(figures[each] for each in _FIGURES[shown.target.kind])


def _reached(metrics: dict[str, Any], shown: Run, words: Words) -> str:
    """The figure that speaks for a run; what it is of, where it is no accuracy."""
    if shown.target.kind == "labels":
        return f"{words.percent(metrics.get('mean_average_precision'), digits=2)} mAP"
    if shown.target.kind == "number":
        return f"± {_number(metrics.get('mean_absolute_error'), words)}"
    return words.percent(metrics["accuracy"], digits=2)


def _interval(metrics: dict[str, Any], shown: Run, words: Words) -> str:
    if shown.target.kind == "labels":
        return words.interval(*metrics["mean_average_precision_interval"])
    if shown.target.kind == "number":
        low, high = (_number(end, words) for end in metrics["interval"])
        return f"{low} – {high}"
    return words.interval(*metrics["interval"])


def _number(value: float | None, words: Words) -> str:
    return NO_VALUE if value is None else words.number(value)


def _integer(number: int | None, words: Words) -> str:
    return "" if number is None else words.integer(number)


def runs(shown: Runs) -> str:
    """A line a run."""
    language = default_language()
    words = Words(language)
    heads = ("run", "network", "data", "epochs", "accuracy", "interval", "training_time")
    rest = len(shown) - MOST_RUNS
    parts: list[str] = [
        card.table(
            [*map(words, heads), words.note(_STATUS)],
            [_line(each, words) for each in shown[:MOST_RUNS]],
            numbers=(3, 4, 5, 6),
        )
    ]
    if rest > 0:
        parts.append(card.sentence(words.note(_MORE, n=words.integer(rest)), muted=True))
    parts.append(
        card.listed([words.note(_REFUSED).format(path=path, why=why) for path, why in shown.refused.items()])
    )
    return card.card(words.note(_RUNS, n=words.integer(len(shown))), parts, language)


def _line(shown: Run, words: Words) -> tuple[object, ...]:
    try:
        metrics = shown.metrics()
    except PrunelleError:
        metrics = {}
    judged = next((metrics[split] for split in JUDGED_BY if split in metrics), None)
    status = str(shown.info["status"])
    return (
        card.code(shown.path.name),
        shown.info["network"]["name"],
        shown.info["data"]["name"],
        _integer(metrics.get("epochs"), words),
        "" if judged is None else _reached(judged, shown, words),
        "" if judged is None else _interval(judged, shown, words),
        words.duration(metrics["seconds"]) if "seconds" in metrics else "",
        words.note(_STATES[status]) if status in _STATES else status,
    )

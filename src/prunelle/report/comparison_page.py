"""The comparison's report: one HTML page that needs nothing else, and its picture as a PNG."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from prunelle.disk import write_text
from prunelle.report import comparison_figures as figures
from prunelle.report.comparison_words import ComparisonWords
from prunelle.report.html import host_rows, recipe_rows, template, writable
from prunelle.report.words import Words
from prunelle.runs.comparison import Comparison, Difference, Standing
from prunelle.texts import NO_VALUE, Language
from prunelle.training.paired import Estimate
from prunelle.training.recipe import Recipe
from prunelle.training.yardsticks import Yardstick


def write(comparison: Comparison, language: Language) -> None:
    """``report.html`` and ``figures/comparison.png`` into the comparison's folder."""
    write_text(comparison.path / "report.html", render(comparison, language))
    figures.save_figure(
        comparison, comparison.path / "figures" / "comparison.png", words_of(comparison, language)
    )


def words_of(comparison: Comparison, language: Language) -> ComparisonWords:
    """The page's words, for what these networks tell."""
    return ComparisonWords(language, comparison.yardstick.kind)


def render(comparison: Comparison, language: Language) -> str:
    """The whole page in ``language``, to be written as UTF-8."""
    words = words_of(comparison, language)
    info = comparison.info
    seeds = {outcome.seed for standing in comparison.standings for outcome in standing.outcomes}
    validated = figures.has_validation(comparison)
    differences = comparison.differences()
    page = template("comparison.html").render(
        t=words,
        comparison=comparison,
        info=info,
        title=words(
            "comparison_title",
            networks=", ".join(standing.contestant.label for standing in comparison.standings),
            data=info["data"]["name"],
        ),
        headline=headline(comparison, differences[0], words),
        caveats=caveats(comparison, seeds, words),
        facts=_facts(comparison, words),
        rows=[standing_row(index, standing, words) for index, standing in enumerate(comparison.standings)],
        standings_text=(
            words("standings_text", n=words.integer(len(seeds)))
            if any(standing.figure.interval for standing in comparison.standings)
            else words("standings_text_one")
        ),
        with_intervals=any(standing.figure.interval for standing in comparison.standings),
        dots=Markup(figures.dots_svg(comparison, words)),
        dots_alt=" ".join(
            words(
                "dots_alt",
                label=item.contestant.label,
                mean=item.yardstick.written(item.figure.mean, words, digits=2),
            )
            + "."
            for item in comparison.standings
        ),
        other_heads=[words(name) for name in comparison.others],
        others=_others(comparison, words),
        figure_name=words(comparison.yardstick.figure),
        curves=[
            _curve(comparison, quantity, validated, words) for quantity in figures.quantities(comparison)
        ],
        curves_text=words("curves_mean" if validated else "curves_training_only"),
        differences_text=words(
            "differences_text" if "recipe" in info else "runs_text",
            n=words.integer(comparison.n),
            split=words(comparison.split),
        ),
        differences=[difference_row(item, comparison.yardstick, words) for item in differences],
        trainings=_trainings(comparison, words),
        recipe=recipe_rows(Recipe.from_json(info["recipe"])) if "recipe" in info else None,
        host=host_rows(info["host"], words),
    )
    return writable(page)


def headline(comparison: Comparison, first: Difference, words: Words) -> Markup:
    """Which is better, in a sentence; ``first`` is between the two best."""
    best, second = comparison.ranking[:2]
    name, written = Markup("<bdi>{}</bdi>"), comparison.yardstick.written
    return Markup(words.template(f"headline_{first.verdict}")).format(
        best=name.format(best.contestant.label),
        second=name.format(second.contestant.label),
        value=Markup("<strong>{}</strong>").format(written(best.figure.mean, words, digits=2)),
        other=written(second.figure.mean, words, digits=2),
        gap=comparison.yardstick.bare(abs(first.mean), words, digits=2),
        n=words.integer(comparison.n),
        split=words(comparison.split),
    )


def caveats(comparison: Comparison, seeds: set[int], words: Words) -> list[str]:
    """What keeps the figures from meaning what they seem to."""
    found = []
    if comparison.split != "test":
        found.append(words(f"judged_{comparison.split}"))
    if chance_note := at_chance(comparison, words):
        found.append(chance_note)
    if len(seeds) < 2:
        found.append(words("one_seed"))
    for standing in comparison.standings:
        if standing.diverged:
            diverged_seeds = ", ".join(words.integer(seed) for seed in standing.diverged)
            found.append(words("has_diverged", label=standing.contestant.label, seeds=diverged_seeds))
    return found


def at_chance(comparison: Comparison, words: Words) -> str:
    """Which networks are no better than chance; empty where none."""
    if not comparison.at_chance:
        return ""
    yardstick, answers = comparison.yardstick, comparison.standings[0].outcomes[0].answers
    return words(
        "at_chance",
        labels=", ".join(comparison.at_chance),
        name=yardstick.blind_answer(answers, words),
        share=yardstick.written(yardstick.blind(answers), words),
    )


def _facts(comparison: Comparison, words: Words) -> list[tuple[str, str, str]]:
    """``(what, value, detail)`` for the top of the page."""
    outcomes = [outcome for standing in comparison.standings for outcome in standing.outcomes]
    epochs = sorted({len(outcome.results) for outcome in outcomes})
    trainings_each = sorted({len(standing.outcomes) for standing in comparison.standings})

    def span(numbers: list[int]) -> str:
        return words.integer(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"

    return [
        (words("data"), comparison.info["data"]["name"], ""),
        (
            words("judged_on"),
            words("n_pictures", n=words.integer(comparison.n)),
            words("the_split", split=words(comparison.split)),
        ),
        (words("trainings"), words.integer(len(outcomes)), words("trainings_each", n=span(trainings_each))),
        (words("epochs"), span(epochs), ""),
        (
            words("time_in_all"),
            words.duration(sum(outcome.seconds for outcome in outcomes)),
            words.date(comparison.info["created"]),
        ),
    ]


def _spread(
    estimate: Estimate, bare: Callable[[float], str], spread: Callable[[float], str], unit: str = ""
) -> str:
    """``98.96 ± 0.05 %``."""
    deviation = "" if estimate.sd is None else f" ± {spread(estimate.sd)}"
    return f"{bare(estimate.mean)}{deviation}{unit}"


def standing_row(index: int, standing: Standing, words: Words) -> dict[str, Any]:
    """A line of the table of standings."""
    entry, yardstick = standing.contestant, standing.yardstick
    bare = functools.partial(yardstick.bare, words=words, digits=2)
    loss = functools.partial(words.decimal, digits=4)
    options = ", ".join(
        f"{key}={'×'.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for key, value in entry.options.items()
    )
    return {
        "colour": figures.colour_variable(index),
        "label": entry.label,
        "detail": options,
        "figure": _spread(
            standing.figure, bare, functools.partial(yardstick.spread, words=words), yardstick.sign
        ),
        "interval": _interval(standing.figure.interval, bare, words),
        "each": [bare(outcome.value) for outcome in standing.outcomes],
        "loss": _spread(standing.loss, loss, loss),
        "parameters": words.integer(entry.parameters),
        "multiply_adds": NO_VALUE if entry.multiply_adds is None else words.integer(entry.multiply_adds),
        "seconds": words.duration(standing.seconds_per_epoch.mean),
    }


def _interval(interval: tuple[float, float] | None, bare: Callable[[float], str], words: Words) -> str:
    """``98.50 – 99.50``."""
    if interval is None:
        return NO_VALUE
    between = " – " if words.language == "en" else " à "
    return between.join(bare(end) for end in interval)


def difference_row(difference: Difference, yardstick: Yardstick, words: Words) -> dict[str, Any]:
    """A line of the table of differences."""
    signed = functools.partial(yardstick.bare, words=words, digits=2, signed=True)

    def ends(interval: tuple[float, float] | None) -> str:
        if interval is None:
            return NO_VALUE
        between = " to " if words.language == "en" else " à "
        return between.join(signed(end) for end in interval)

    return {
        "first": difference.first,
        "second": difference.second,
        "points": signed(difference.mean),
        "over_seeds": ends(difference.over_seeds),
        "over_pictures": ends(difference.over_pictures),
        "verdict": words(f"verdict_{difference.verdict}"),
        "is_clear": difference.clear,
    }


def _curve(comparison: Comparison, quantity: str, validated: bool, words: Words) -> tuple[str, str, Markup]:
    """``(title, text for who cannot see it, svg)``."""
    column = f"{'val' if validated else 'train'}_{quantity}"
    last = []
    for standing in comparison.standings:
        last_values = standing.curve(column)[:, -1]
        mean = float(last_values.mean())
        shown = words.decimal(mean, 4) if quantity == "loss" else comparison.yardstick.written(mean, words)
        last.append(words("curve_series", label=standing.contestant.label, last=shown))
    title = words(f"{quantity}_by_epoch")
    return title, f"{title}. {'; '.join(last)}.", Markup(figures.curves_svg(comparison, quantity, words))


def _others(comparison: Comparison, words: Words) -> list[tuple[str, list[str]]]:
    """By network, the other figures that all runs tell."""
    written = comparison.yardstick.written
    return [
        (
            standing.contestant.label,
            [written(standing.others[name], words, digits=2) for name in comparison.others],
        )
        for standing in comparison.standings
    ]


def _trainings(comparison: Comparison, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "label": standing.contestant.label,
            "seed": words.integer(outcome.seed),
            "figure": comparison.yardstick.written(outcome.value, words, digits=2),
            "loss": words.decimal(outcome.loss, 4),
            "epochs": words.integer(len(outcome.results)),
            "seconds": words.duration(outcome.seconds_per_epoch),
            "report": "/".join(
                (*os.path.relpath(outcome.path, comparison.path).split(os.sep), "report.html")
            ),
            "run": outcome.path.name,
        }
        for standing in comparison.standings
        for outcome in standing.outcomes
    ]

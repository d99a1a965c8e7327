"""``prunelle compare``."""

from __future__ import annotations

import functools
import json
import shlex
import sys
from typing import TYPE_CHECKING, Unpack

import click
from click.core import ParameterSource

from prunelle.cli.options import (
    DataOptions,
    GroupsOptions,
    LanguageOptions,
    LogOptions,
    PreparationOptions,
    StyleOptions,
    TaskOptions,
    log_option,
    memory_budget,
    refuse_without_effect,
    style_options,
)
from prunelle.cli.output import REPORT_LINE, echo, say, spoken
from prunelle.cli.train import RECIPE_FIELDS, RecipeOptions, recipe_fields
from prunelle.cli.train import train as train_command
from prunelle.texts import NO_VALUE, Note

if TYPE_CHECKING:
    from prunelle.runs.comparison import Comparison
    from prunelle.texts import Language

_COLUMNS = (
    Note("network", "réseau"),
    Note("{figure}", "{figure}"),
    Note("each seed", "chaque graine"),
    Note("loss", "perte"),
    Note("parameters", "paramètres"),
    Note("multiply-adds", "multiplications-additions"),
    Note("s/epoch", "s/époque"),
)
_OVER_SEEDS = Note("{low} to {high} over seeds", "{low} à {high} sur les graines")
_OVER_PICTURES = Note("{low} to {high} over pictures", "{low} à {high} sur les images")
_DIFFERENCE = Note(
    "{first} − {second}: {gap}{unit} (95 %: {intervals}): {verdict}",
    "{first} − {second} : {gap}{unit} (95 % : {intervals}) : {verdict}",
)
_VERDICTS = {
    "few seeds": Note("too few seeds to tell", "trop peu de graines pour le dire"),
    "clear": Note("clear", "nette"),
    "not clear": Note("not clear", "pas nette"),
}

# Options of train that say the same of every training of a comparison.
_OF_TRAIN = {
    *(field for field in RECIPE_FIELDS if field != "seed"),
    *(
        "augment",
        "size",
        "fit",
        "normalisation",
        "mean",
        "std",
        "hidden",
        "labels",
        "groups",
        "task",
        "data_dir",
        "validation",
        "test",
        "runs",
        "memory",
    ),
    "language",
}


class _Options(
    RecipeOptions,
    DataOptions,
    GroupsOptions,
    TaskOptions,
    PreparationOptions,
    LanguageOptions,
    StyleOptions,
    LogOptions,
):
    networks: tuple[str, ...]
    data: str | None
    match_parameters: bool
    seeds: int
    hidden: tuple[int, ...] | None
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    validation: float | None
    test: float | None
    memory: int | None
    output: str | None
    runs: str
    resume: str | None
    as_json: bool


_WITH_RESUME = ("resume", "memory", "language", "progress", "log", "as_json")


def _options_of_train(command: click.Command) -> click.Command:
    """Adds them, as they stand there."""
    ours = next(i for i, option in enumerate(command.params) if option.name == "output")
    command.params[ours:ours] = [option for option in train_command.params if option.name in _OF_TRAIN]
    return command


@_options_of_train
@click.command()
@click.argument("networks", nargs=-1, metavar="NETWORK NETWORK… | RUN RUN…")
@click.option("--data", metavar="DATA", help="As for train. Default: scikit-learn's handwritten digits.")
@click.option(
    "--match-parameters", is_flag=True, help="Size dense to the number of weights of the first other network."
)
@click.option("--seeds", type=int, default=3, show_default=True, help="Trainings a network: seeds 0, 1, 2…")
@click.option("--output", type=click.Path(), help="The comparison's folder. Default: a new one under --runs.")
@click.option("--resume", type=click.Path(), metavar="FOLDER", help="Go on with a comparison.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON on standard output.")
@log_option
@style_options
@click.pass_context
def compare(context: click.Context, /, **given: Unpack[_Options]) -> None:
    """Train several networks under the same budget and compare what they reach.

    All learn the same pictures by the same recipe, once a seed, and answer the same test pictures. The report
    says which differences are more than luck. Finished runs are compared as they are.

    prunelle compare lenet5 dense --data mnist --match-parameters --epochs 5 --seeds 3
    """
    from prunelle import tasks
    from prunelle.data.augment import Augment
    from prunelle.errors import ArgumentError

    set_here = {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }
    refused = [flag for name, flag in set_here.items() if name not in _WITH_RESUME]
    if given["resume"] is not None and refused:
        raise ArgumentError(
            f"--resume goes on with the comparison's own settings. Leave out: {', '.join(refused)}."
        )
    refuse_without_effect(
        context,
        (given["output"] is not None, "--runs", "is where new folders go, and --output names the folder"),
    )
    fields = recipe_fields(given)
    if given["augment"] is not None:
        fields["augment"] = Augment.parse(given["augment"])
    recipe = functools.partial(tasks.named_recipe("usual"), **fields)
    if given["hidden"] is not None and "dense" not in given["networks"]:
        raise ArgumentError("--hidden is for dense, which is not compared.")
    comparison = tasks.compare(
        given["networks"],
        given["data"],
        recipe if fields else None,
        seeds=given["seeds"],
        match_parameters=given["match_parameters"],
        options=None if given["hidden"] is None else {"dense": {"hidden": given["hidden"]}},
        size=given["size"],
        fit=given["fit"],
        normalisation=given["normalisation"],
        mean=given["mean"],
        std=given["std"],
        labels=given["labels"],
        groups=given["groups"],
        task=given["task"],
        data_dir=given["data_dir"],
        validation=given["validation"],
        test=given["test"],
        resume=given["resume"],
        output=given["output"],
        runs=given["runs"],
        memory_budget=memory_budget(given["memory"]),
        language=given["language"],
        style=given["progress"],
        log=given["log"],
        command=shlex.join(["prunelle", *sys.argv[1:]]),
    )
    if given["as_json"]:
        echo(json.dumps(comparison.to_json()))
    elif given["progress"] == "json":
        echo(json.dumps({"event": "finished", **comparison.to_json()}))
    elif given["progress"] != "quiet":
        _show(comparison, given["language"])
        say(REPORT_LINE, given["language"], page=comparison.path / "report.html")


def _show(comparison: Comparison, language: Language | None) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.report.comparison_page import at_chance, words_of

    words, yardstick = spoken(language), comparison.yardstick
    page_words = words_of(comparison, words.language)
    bare = functools.partial(yardstick.bare, words=words, digits=2)
    signed = functools.partial(bare, signed=True)
    # Wider than any terminal: a line that does not fit is continued, no cell is cut.
    terminal = Terminal(width=250)
    heads = [words.note(column, figure=_in_line(page_words(yardstick.figure))) for column in _COLUMNS]
    others = [_in_line(page_words(name)) for name in comparison.others]
    table = Table(*heads[:3], *others, *heads[3:], box=None)
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for standing in comparison.standings:
        reached, entry = standing.figure, standing.contestant
        spread = "" if reached.sd is None else f" ± {yardstick.spread(reached.sd, words)}"
        table.add_row(
            entry.label,
            yardstick.written(reached.mean, words, digits=2) + spread,
            " ".join(bare(outcome.value) for outcome in standing.outcomes),
            *(yardstick.written(standing.others[name], words, digits=2) for name in comparison.others),
            words.decimal(standing.loss.mean, 4),
            words.integer(entry.parameters),
            NO_VALUE if entry.multiply_adds is None else words.integer(entry.multiply_adds),
            words.decimal(standing.seconds_per_epoch.mean, 1),
        )
    terminal.print(table)
    for difference in comparison.differences():
        over = [(_OVER_PICTURES, difference.over_pictures)]
        if difference.over_seeds is not None:
            over.insert(0, (_OVER_SEEDS, difference.over_seeds))
        intervals = ", ".join(
            words.note(what, low=signed(low), high=signed(high)) for what, (low, high) in over
        )
        line = words.note(
            _DIFFERENCE,
            first=difference.first,
            second=difference.second,
            gap=signed(difference.mean),
            unit=words.note(yardstick.unit),
            intervals=intervals,
            verdict=words.note(_VERDICTS[difference.verdict]),
        )
        terminal.print(line, soft_wrap=True)
    if chance_note := at_chance(comparison, page_words):
        terminal.print(chance_note, soft_wrap=True)


def _in_line(name: str) -> str:
    """``Mean absolute error`` → ``mean absolute error``; ``F1`` stays."""
    return name[0].lower() + name[1:] if name[1:2].islower() else name

"""``prunelle retrain``."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import (
    BytesType,
    DecisionsOptions,
    LanguageOptions,
    LogOptions,
    StyleOptions,
    decisions_option,
    log_option,
    memory_budget,
    refuse_without_effect,
    style_options,
)
from prunelle.cli.output import REPORT_LINE, echo, spoken

if TYPE_CHECKING:
    from prunelle.runs.change import Change
    from prunelle.texts import Language


class _Options(DecisionsOptions, LanguageOptions, StyleOptions, LogOptions):
    epochs: int | None
    data_root: str | None
    output: str | None
    runs: str | None
    name: str | None
    memory: int | None
    as_json: bool


@click.command()
@click.argument("run")
@decisions_option
@click.option("--epochs", type=int, help="In place of those of RUN.")
@click.option(
    "--data-root",
    type=click.Path(),
    metavar="PATH",
    help="Where the data of RUN are now, if they were moved.",
)
@click.option(
    "--output", type=click.Path(), help="The folder of the new run. Default: a new one under --runs."
)
@click.option("--runs", type=click.Path(), help="Where new run folders go. Default: where RUN is.")
@click.option("--name", help="Goes into the new folder's name.")
@click.option("--memory", type=BytesType(), help="Decoded pictures kept in memory, else on disk.  [1GB]")
@click.option(
    "--language", type=click.Choice(("en", "fr")), help="Of report and terminal. Default: the locale's."
)
@click.option("--json", "as_json", is_flag=True, help="What changed, as JSON on standard output.")
@log_option
@style_options
@click.pass_context
def retrain(context: click.Context, run: str, **given: Unpack[_Options]) -> None:
    """Train RUN again by the labels that were corrected, and say what that changed.

    Network, first weights, splits, recipe and seed are those of RUN; the decisions of prunelle review RUN, or those of
    --decisions, are applied, and nothing else is different. Both networks are judged on the same pictures, by the old
    labels and by the new ones.
    """
    from prunelle import tasks

    refuse_without_effect(
        context,
        (given["output"] is not None, "--runs", "is where new folders go, and --output names the folder"),
    )
    made = tasks.retrain(
        run,
        decisions=given["decisions"],
        data=given["data_root"],
        epochs=given["epochs"],
        output=given["output"],
        runs=given["runs"],
        name=given["name"],
        memory_budget=memory_budget(given["memory"]),
        language=given["language"],
        style="quiet" if given["as_json"] and given["progress"] == "auto" else given["progress"],
        log=given["log"],
        command=shlex.join(["prunelle", *sys.argv[1:]]),
    )
    told = {"run": str(made.run.path), **made.change.to_json()}
    if given["as_json"]:
        echo(json.dumps(told))
    elif given["progress"] == "json":
        echo(json.dumps({"event": "finished", **told}))
    elif given["progress"] != "quiet":
        _show(made.change, given["language"])
        echo(spoken(given["language"]).note(REPORT_LINE, page=made.run.path / "report.html"))


def _show(change: Change, language: Language | None) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.report import label_change

    words = spoken(language)
    table = Table(*map(words.note, label_change.head(change)), box=None)
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for row in label_change.rows(change, words):
        table.add_row(*row)
    # Wider than any terminal: a line that does not fit is continued, no cell is cut.
    terminal = Terminal(width=250)
    terminal.print(table)
    for sentence in label_change.sentences(change, words):
        terminal.print(sentence, soft_wrap=True)

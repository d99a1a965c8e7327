"""``prunelle decisions``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from prunelle.cli.output import echo, say, spoken
from prunelle.texts import Note, visible

if TYPE_CHECKING:
    from prunelle.jobs.merging import Merged

_COUNTS = {
    "keep": Note("keep", "garder"),
    "relabel": Note("another label", "autre étiquette"),
    "leave out": Note("leave out", "écarter"),
    "not sure": Note("not sure", "pas sûr"),
}
_ALL = Note("all together", "tous ensemble")
_FILE, _DECISIONS = Note("file", "fichier"), Note("decisions", "décisions")
_TORN = Note(
    "{n} pictures were decided in several ways, and are in no merged file until that is settled:",
    "{n} images ont reçu des décisions différentes ; aucun fichier réuni ne les a tant que ce n’est pas réglé :",
)
_ONE_TORN = Note(
    "One picture was decided in several ways, and is in no merged file until that is settled:",
    "Une image a reçu des décisions différentes ; aucun fichier réuni ne l’a tant que ce n’est pas réglé :",
)
_OUT = Note("left out", "écartée")
_UNLABELLED = Note("no label", "aucune étiquette")
_MORE = Note("… and {n} more; --json has all.", "… et {n} de plus ; --json les donne toutes.")
_WRITTEN = Note("Written: {file}", "Écrit : {file}")
_MOST_LINES = 40


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path())
@click.option(
    "--output",
    type=click.Path(),
    metavar="MERGED.csv",
    help="Write what all agree on; conflicts are left out of it.",
)
@click.option("--json", "as_json", is_flag=True, help="Counts and conflicts, as JSON on standard output.")
def decisions(files: tuple[str, ...], output: str | None, as_json: bool) -> None:
    """Show what was decided about labels, and merge the decisions of several people.

    FILE is what prunelle review writes (RUN/decisions.csv), a CSV of file,label, or a CSV export of Label Studio or
    FiftyOne. Where people disagree about a picture it is shown, and is in no merged file; who was not sure agrees with
    everybody. The status is 1 where they disagree, unless --output writes what they agree on.
    """
    from prunelle import tasks

    found = tasks.merge_decisions(files, output)
    if as_json:
        echo(json.dumps(found.to_json()))
    else:
        _show(found)
        if output is not None:
            say(_WRITTEN, file=output)
    if found.conflicts and output is None:
        sys.exit(1)


def _show(found: Merged) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal

    words = spoken()
    terminal = Terminal(width=250)
    table = Table(words.note(_FILE), *map(words.note, _COUNTS.values()), box=None)
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    everybody = {words.note(_ALL): found.merged} if len(found.people) > 1 else {}
    for name, theirs in {**found.people, **everybody}.items():
        of = theirs.counts()
        table.add_row(visible(name), *(words.integer(of[action]) for action in of))
    terminal.print(table)
    conflicts = found.conflicts
    if not conflicts:
        return
    terminal.print(words.note(_ONE_TORN if len(conflicts) == 1 else _TORN, n=words.integer(len(conflicts))))
    table = Table(words.note(_FILE), words.note(_DECISIONS), box=None)
    for conflict in conflicts[:_MOST_LINES]:
        said = ", ".join(
            f"{words.note(_OUT) if one.answer is None else one.answer or words.note(_UNLABELLED)}"
            f"{f' ({one.by})' if one.by else ''}"
            for one in conflict.decisions
        )
        table.add_row(visible(conflict.file), visible(said))
    terminal.print(table)
    if len(conflicts) > _MOST_LINES:
        terminal.print(words.note(_MORE, n=words.integer(len(conflicts) - _MOST_LINES)))

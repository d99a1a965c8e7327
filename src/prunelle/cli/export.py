"""``prunelle export``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import (
    PretrainedOptions,
    StyleOptions,
    data_root_option,
    pretrained_options,
    run_or_pretrained,
    style_options,
)
from prunelle.cli.output import echo, say, spoken
from prunelle.texts import Note, Typography, visible

if TYPE_CHECKING:
    from prunelle.exports.checking import Check, Row

_ENTRIES = {
    "batch of 1": Note("prepared, one by one", "préparés, un par un"),
    "batch": Note("prepared, 32 together", "préparés, par 32"),
    "raw": Note("as decoded", "comme décodés"),
}
_COLUMNS = (
    Note("examples", "exemples"),
    Note("how many", "combien"),
    Note("answered otherwise", "autre réponse"),
    Note("scores apart by", "écart des scores"),
    Note("ms each", "ms l’un"),
    Note("PyTorch, ms", "PyTorch, ms"),
)
_CHECKED = Note("Checked on {origin}.", "Vérifié sur {origin}.")
_LOST = Note(
    "int8 costs {lost} points of accuracy on {n} labelled examples.",
    "int8 coûte {lost} points de justesse sur {n} exemples étiquetés.",
)
_WRITTEN = Note("Written: {files}", "Écrit : {files}")
_OTHERWISE = Note("Answered otherwise, {entry}: {names}", "Autre réponse, {entry} : {names}")
_MOST = 8


class _Options(PretrainedOptions, StyleOptions):
    data_root: str | None
    labels: str | None
    quantize: str | None
    output: str | None


@click.command()
@click.argument("arguments", nargs=-1, metavar="[RUN]")
@click.option("--format", "form", default="onnx", show_default=True, metavar="NAME", help="What is written.")
@click.option("--output", type=click.Path(), metavar="FILE", help="Default: the run's name, here.")
@click.option(
    "--quantize", metavar="int8", help="Smaller and faster; kept only if it costs at most half a point."
)
@click.option("--check", metavar="DATA", help="Labelled data to check on. Default: the run's own.")
@click.option("--labels", metavar="filename|folder|CSV", help="Of DATA, as for train.")
@click.option("--examples", type=int, metavar="N", help="How many to check on.  [200; of int8 1000]")
@data_root_option
@pretrained_options
@click.option(
    "--json", "as_json", is_flag=True, help="What was written and seen, as JSON on standard output."
)
@style_options
def export(
    arguments: tuple[str, ...],
    form: str,
    check: str | None,
    examples: int | None,
    as_json: bool,
    **given: Unpack[_Options],
) -> None:
    """Write the network of RUN as a file that answers alike without Prunelle, and check that it does.

    A network without a run: prunelle export --network vgg16 --weights imagenet
    """
    from prunelle import tasks

    run, rest = run_or_pretrained(arguments, given, given["progress"])
    if rest:
        raise click.UsageError(f"Got unexpected extra argument ({rest[0]}).")
    made = tasks.export(
        run,
        format=form,
        output=given["output"],
        quantize=given["quantize"],
        check=check,
        labels=given["labels"],
        data_root=given["data_root"],
        examples=examples,
        style=given["progress"],
    )
    if as_json:
        echo(json.dumps({"files": [str(file) for file in made.files], **made.check.to_json()}, indent=1))
        return
    _show(made.check)
    say(_WRITTEN, files=", ".join(visible(str(file)) for file in made.files))


def _show(check: Check) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal

    terminal, words = Terminal(soft_wrap=True), spoken()
    table = Table(*map(words.note, _COLUMNS), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in check.rows:
        table.add_row(*_cells(row, words))
    terminal.print(table)
    terminal.print(words.note(_CHECKED, origin=words.note(check.origin)))
    if check.lost is not None:
        terminal.print(
            words.note(_LOST, lost=words.decimal(100 * check.lost, 1), n=words.integer(check.labelled))
        )
    for row in check.rows:
        if row.otherwise:
            more = len(row.otherwise) - _MOST
            names = ", ".join(row.otherwise[:_MOST]) + (f" (+ {words.integer(more)})" if more > 0 else "")
            terminal.print(words.note(_OTHERWISE, entry=words.note(_ENTRIES[row.entry]), names=names))


def _cells(row: Row, words: Typography) -> tuple[str, ...]:
    return (
        words.note(_ENTRIES[row.entry]),
        words.integer(row.n),
        words.integer(len(row.otherwise)),
        f"{row.apart:.1e}",
        words.decimal(row.milliseconds, 2),
        words.decimal(row.network_milliseconds, 2),
    )

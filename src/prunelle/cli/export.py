"""``prunelle export``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import (
    LanguageOptions,
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
    from prunelle.exports.checking import Check

_WRITTEN = Note("Written: {files}", "Écrit : {files}")
_FOLDER = Note("Written: {folder}, with {files}", "Écrit : {folder}, avec {files}")


class _Options(PretrainedOptions, StyleOptions, LanguageOptions):
    data_root: str | None
    labels: str | None
    quantize: str | None
    output: str | None
    bundle: bool
    licence: str | None
    names: bool


@click.command()
@click.argument("arguments", nargs=-1, metavar="[RUN]")
@click.option("--format", "form", default="onnx", show_default=True, metavar="NAME", help="What is written.")
@click.option("--output", type=click.Path(), metavar="FILE", help="Default: the run's name, here.")
@click.option(
    "--bundle", is_flag=True, help="A folder for a colleague: it answers with onnxruntime and Pillow alone."
)
@click.option(
    "--quantize", metavar="int8", help="Smaller and faster; kept only if it costs at most half a point."
)
@click.option("--check", metavar="DATA", help="Labelled data to check on. Default: the run's own.")
@click.option("--labels", metavar="filename|folder|CSV", help="Of DATA, as for train.")
@click.option("--examples", type=int, metavar="N", help="How many to check on.  [200; of int8 1000]")
@data_root_option
@pretrained_options
@click.option(
    "--licence", "--license", metavar="NAME", help="For the card.  [that of the weights it began with]"
)
@click.option(
    "--names", is_flag=True, help="Name in the .json which examples are answered otherwise; not to give away."
)
@click.option(
    "--language", type=click.Choice(("en", "fr")), help="Of card and terminal. Default: the locale's."
)
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
        bundle=given["bundle"],
        quantize=given["quantize"],
        check=check,
        labels=given["labels"],
        data_root=given["data_root"],
        examples=examples,
        licence=given["licence"],
        names=given["names"],
        language=given["language"],
        style=given["progress"],
    )
    if as_json:
        files = [str(file) for file in made.files]
        echo(json.dumps({"files": files, **made.check.to_json(names=True)}, indent=1))
        return
    words = spoken(given["language"])
    _show(made.check, words)
    if given["bundle"]:
        names = ", ".join(file.name for file in made.files)
        say(_FOLDER, given["language"], folder=visible(str(made.path)), files=names)
        return
    say(_WRITTEN, given["language"], files=", ".join(visible(str(file)) for file in made.files))


def _show(check: Check, words: Typography) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.exports import check_words

    terminal = Terminal(soft_wrap=True)
    table = Table(*map(words.note, check_words.HEADS), box=None, pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for row in check.rows:
        table.add_row(*check_words.row(row, words))
    terminal.print(table)
    for sentence in (*check_words.sentences(check, words), *check_words.otherwise(check, words)):
        terminal.print(sentence)

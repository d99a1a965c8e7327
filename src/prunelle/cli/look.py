"""``prunelle look``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import (
    DataOptions,
    LanguageOptions,
    SizeType,
    WeightsOptions,
    data_options,
    style_options,
    weights_options,
)
from prunelle.cli.output import echo, say
from prunelle.texts import Note
from prunelle.views import names as view_names

if TYPE_CHECKING:
    from prunelle.console.listeners import Style
    from prunelle.views.picture_look import Scale

_ASKED = {
    "pictures": "PICTURE",
    "layers": "--layer",
    "classes": "--class",
}
"""What is typed otherwise than its argument is called."""


class _Options(DataOptions, WeightsOptions, LanguageOptions):
    output: str
    channel: int | None
    classes: tuple[str, ...]
    between: tuple[str, str] | None
    data: str | None
    sample: int | None
    scale: Scale
    size: tuple[int, int] | None


@click.command()
@click.argument("run")
@click.argument("pictures", nargs=-1, type=click.Path(), metavar="PICTURE...")
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="A new folder for the page and the figures."
)
@click.option(
    "--view", "views", multiple=True, type=click.Choice(view_names()), help="Only this; may be repeated."
)
@click.option("--layer", "layers", multiple=True, metavar="NAME", help="Only this layer; may be repeated.")
@click.option("--channel", type=int, help="Only this channel of each layer, from 1.")
@click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="NAME",
    help="Where it looked for this class; may be repeated.",
)
@click.option("--between", nargs=2, metavar="NAME NAME", help="Two classes to tell apart.")
@click.option("--data", metavar="DATA", help="Labelled pictures, as for train. Default: those of the run.")
@data_options
@click.option("--sample", type=click.IntRange(min=3), help="How many of them to look at. Default: up to 500.")
@click.option(
    "--scale",
    type=click.Choice(("channel", "shared")),
    default="channel",
    show_default=True,
    help="Of activation maps: each channel its own, or one for the layer.",
)
@weights_options
@click.option("--size", type=SizeType(), help="Of a named network's input.")
@click.option(
    "--language",
    type=click.Choice(("en", "fr")),
    help="Of page, figures and terminal. Default: the locale's.",
)
@style_options
def look(
    run: str,
    pictures: tuple[str, ...],
    views: tuple[str, ...],
    layers: tuple[str, ...],
    progress: Style,
    **given: Unpack[_Options],
) -> None:
    """Show what a network sees: filters, activations, where it looked…

    RUN is a run, or the name of a network (then with --weights, else its weights are random). Pictures are
    prepared as training did; a folder stands for the pictures in it. Of a run on time series, files of series; without
    any, some of its own test series. equivariance is for series alone.

    A page, DIR/index.html, and each figure as PNG and SVG in DIR/figures.
    """
    from prunelle import tasks

    made = tasks.look_into(run, pictures, views=views or None, layers=layers or None, style=progress, **given)
    number = len(made.figures)
    say(
        Note(
            f"{number} figure{'' if number == 1 else 's'}: {{page}}",
            f"{number} figure{'' if number < 2 else 's'} : {{page}}",
        ),
        given["language"],
        page=made.page,
    )
    for name, why in made.unmet.items():
        echo(f"Error: not shown: {_ASKED.get(name, f'--{name}')}: {why.en}", err=True)
    if made.unreadable and progress == "quiet":
        # Notes have said it otherwise; a status of 1 without a word would leave one guessing.
        left_out = "; ".join(str(bad) for bad in made.unreadable)
        echo(f"Error: left out, as they cannot be read: {left_out}", err=True)
    if made.unreadable or made.unmet:
        sys.exit(1)

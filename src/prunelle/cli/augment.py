"""``prunelle augment``."""

from __future__ import annotations

from typing import Unpack

import click

from prunelle.cli.options import LanguageOptions, SizeType
from prunelle.cli.output import echo


class _Options(LanguageOptions):
    changes: str | None
    size: tuple[int, int]
    columns: int
    seed: int


@click.command()
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURES...")
@click.option(
    "--augment",
    "changes",
    metavar="LIST",
    help="As of prunelle train: flip,rotation=15. Default: every change there is, and the policies.",
)
@click.option("--size", "--img-size", type=SizeType(), default="128", help="Of the pictures.  [128]")
@click.option("--columns", type=int, default=8, show_default=True, help="Draws a row.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False),
    default="augment.png",
    show_default=True,
    help=".png, .svg or .pdf.",
)
@click.option("--language", type=click.Choice(("en", "fr")), help="Of the labels. Default: the locale's.")
def augment(pictures: tuple[str, ...], output: str, **given: Unpack[_Options]) -> None:
    """Draw what the random changes of a training do to PICTURES: a sheet, one row a change."""
    from prunelle import tasks

    echo(tasks.augment(pictures, output, **given))

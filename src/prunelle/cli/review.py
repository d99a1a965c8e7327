"""``prunelle review``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.open import ServingOptions, serve, serving_options

if TYPE_CHECKING:
    from prunelle.texts import Language


class _Options(ServingOptions):
    decisions: str | None
    runs: str | None


@click.command()
@click.argument("run")
@click.option(
    "--decisions",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Where they are written. Default: decisions.csv in the run's folder.",
)
@click.option(
    "--runs", type=click.Path(), help="Where other runs are. Default: the folder that the run is in."
)
@serving_options
def review(
    run: str, exposed: bool, browser: bool, language: Language | None, **given: Unpack[_Options]
) -> None:
    """See what RUN gets wrong, and decide about its pictures or series: keep, relabel, leave out, not sure.

    A part of the page (prunelle open): its confusions, the examples behind each, where the network looked. Those come
    first whose label is most surely wrong. Each decision is a line of a small CSV file, undone at any time; no picture
    is moved or changed.
    """
    from prunelle import page

    serve(page.open_review(run, exposed=exposed, browser=False, **given), exposed, browser, language)

"""``prunelle report``."""

from __future__ import annotations

import click

from prunelle.cli.options import data_root_option, style_options
from prunelle.cli.output import REPORT_LINE, say


@click.command()
@click.argument("run")
@click.option(
    "--language", type=click.Choice(("en", "fr")), help="Of page and terminal. Default: the locale's."
)
@click.option("--data-dir", metavar="FOLDER", help="Where the files of a named set are now.")
@data_root_option
@style_options
def report(
    run: str, language: str | None, data_dir: str | None, data_root: str | None, progress: str
) -> None:
    """Write the report of RUN again: in another language, say.

    Nothing is trained or evaluated again. Examples are read where they were; the page says so where they are gone.
    """
    from prunelle import tasks

    page = tasks.write_report(
        run,
        language=language,  # type: ignore[arg-type]
        data_dir=data_dir,
        data_root=data_root,
        style=progress,  # type: ignore[arg-type]
    )
    say(REPORT_LINE, language, page=page)  # type: ignore[arg-type]

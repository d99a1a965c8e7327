"""``prunelle cache``."""

from __future__ import annotations

import click

from prunelle.cli.output import confirm, echo, say, spoken
from prunelle.texts import Note

_SURE = Note(
    "Remove {size} of decoded pictures and features?",
    "Supprimer {size} d’images décodées et de caractéristiques ?",
)
_LEFT = Note(
    "Left, because another process has it: {path}",
    "Gardé, parce qu’un autre processus s’en sert : {path}",
)


@click.command()
@click.option(
    "--clear", is_flag=True, help="Empty the caches: decoded pictures and features. Never runs or downloads."
)
@click.option("--yes", is_flag=True, help="With --clear: do not ask.")
@click.option("--runs", default="runs", show_default=True, metavar="FOLDER", help="Where runs are.")
def cache(clear: bool, yes: bool, runs: str) -> None:
    """Show what caches, downloads and runs occupy on the disk.

    What is in a cache is made again when it is needed.
    """
    from prunelle.tasks import clear_caches, disk_usage

    if yes and not clear:
        raise click.UsageError("--yes goes with --clear.")
    words = spoken()
    usage = disk_usage(runs)
    names = [words.note(row.what) for row in usage]
    width = max(map(len, names))
    for name, row in zip(names, usage, strict=True):
        echo(f"{name:<{width}}  {words.integer(row.number):>7}  {words.size(row.size):>9}  {row.folder}")
    if not clear:
        return
    size = sum(row.size for row in usage if row.is_cache)
    if size and not yes:
        confirm(_SURE, size=words.size(size))
    done = clear_caches()
    for path in done.in_use:
        say(_LEFT, err=True, path=path)
    say(Note("Freed {size}.", "{size} libérés."), size=words.size(done.size))

"""``prunelle cache``."""

from __future__ import annotations

import click

from prunelle.cli.output import echo


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
    from prunelle.tasks import clear_caches, occupied
    from prunelle.texts import default_language

    if yes and not clear:
        raise click.UsageError("--yes goes with --clear.")
    french = default_language() == "fr"
    found = occupied(runs)
    width = max(len(each.what.fr if french else each.what.en) for each in found)
    for each in found:
        name = each.what.fr if french else each.what.en
        echo(f"{name:<{width}}  {each.number:>7,}  {_size_text(each.size):>9}  {each.folder}")
    if not clear:
        return
    size = sum(each.size for each in found if each.is_cache)
    if size and not yes:
        click.confirm(f"Remove {_size_text(size)} of decoded pictures and features?", abort=True)
    done = clear_caches()
    for path in done.in_use:
        echo(f"Left, because another process has it: {path}", err=True)
    echo(f"Freed {_size_text(done.size)}.")


def _size_text(size: int) -> str:
    """``1.2 GB``, in powers of ten, as disks are sold."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "B" else f"{value:.1f} {units[0]}"

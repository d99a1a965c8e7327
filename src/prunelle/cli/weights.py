"""``prunelle weights``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from prunelle.cli.options import style_options
from prunelle.cli.output import echo, spoken
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.console.listeners import Style

_COLUMNS = (
    Note("network", "réseau"),
    Note("weights", "poids"),
    Note("MiB", "Mio"),
    Note("top-1", "top-1"),
    Note("licence", "licence"),
    Note("here", "ici"),
    Note("by", "de"),
)
_YES, _NO = Note("yes", "oui"), Note("no", "non")


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@click.pass_context
def weights(context: click.Context, as_json: bool) -> None:
    """List published weights, and which of them are on this machine.

    They are used with --weights: prunelle predict --network vgg16 --weights imagenet photo.jpg
    """
    if context.invoked_subcommand is not None:
        return
    from prunelle.networks.published import on_this_machine, published

    rows: list[dict[str, str | float | None]] = []
    for weight_set in published():
        path = on_this_machine(weight_set)
        size = path.stat().st_size / 2**20 if path else weight_set.mib
        rows.append(
            {
                "network": weight_set.network,
                "weights": weight_set.name,
                "mib": None if size is None else round(size, 1),
                "top1": weight_set.top1,
                "accuracy_source": weight_set.accuracy_source,
                "publisher": weight_set.publisher,
                "licence": weight_set.licence,
                "address": weight_set.address,
                "path": str(path) if path else None,
            }
        )
    if as_json:
        echo(json.dumps(rows, indent=1))
        return
    line = "{:<20} {:<12} {:>8} {:>7}  {:<13} {:<12} {}"
    words = spoken()
    echo(line.format(*map(words.note, _COLUMNS)).rstrip())
    for row in rows:
        mib = "?" if row["mib"] is None else words.decimal(float(row["mib"]), 1)
        here = words.note(_YES if row["path"] else _NO)
        name = row["network"], row["weights"]
        echo(
            line.format(
                *name, mib, words.decimal(float(row["top1"] or 0), 2), row["licence"], here, row["publisher"]
            ).rstrip()
        )


@weights.command()
@click.argument("network")
@click.option("--weights", "name", metavar="NAME", help="Which set, where there are several.")
@style_options
def download(network: str, name: str | None, progress: Style) -> None:
    """Fetch the published weights of NETWORK, check them, and print where they are."""
    from prunelle import tasks

    echo(tasks.download_weights(network, name, style=progress))

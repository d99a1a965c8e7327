"""``prunelle networks``."""

from __future__ import annotations

import click


@click.command()
def networks() -> None:
    """List the networks that --network knows."""
    from prunelle.networks import names

    for name in names():
        click.echo(name)

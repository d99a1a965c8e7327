"""``prunelle advise``."""

from __future__ import annotations

import functools
from typing import Any

import click

from prunelle.cli.options import SizeType, data_options, style_options, weights_options
from prunelle.cli.output import echo


@click.command()
@click.argument("data")
@click.option("--network", "--model", metavar="NAME", help="See prunelle networks. Default: the run's.")
@weights_options
@click.option("--size", "--img-size", type=SizeType(), help="Of the network's input: 64, or 48x64.")
@click.option("--fit", metavar="crop|pad|squash", help="How pictures of other shapes get there.")
@data_options
@click.option("--seed", type=int, default=0, help="Of what is left out, and of trials.  [0]")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON on standard output.")
@style_options
def advise(**given: Any) -> None:
    """Try strategies of reusing weights on DATA (as for train), and recommend one."""
    from prunelle import tasks

    found = tasks.advise(
        given["network"],
        given["data"],
        given["weights"],
        functools.partial(tasks.choose_recipe, seed=given["seed"]),
        size=given["size"],
        fit=given["fit"],
        mean=given["mean"],
        std=given["std"],
        labels=given["labels"],
        data_dir=given["data_dir"],
        style="quiet" if given["as_json"] else given["progress"],
    )
    if given["as_json"]:
        import json

        echo(json.dumps(found.to_json()))
    else:
        from prunelle.texts import default_language

        for note in found.notes:
            echo(note.fr if default_language() == "fr" else note.en)

"""``prunelle advise``."""

from __future__ import annotations

import functools
from typing import Unpack

import click

from prunelle.cli.options import (
    BytesType,
    DataCommand,
    DataOptions,
    GroupsOptions,
    PreparationOptions,
    StyleOptions,
    TaskOptions,
    WeightsOptions,
    data_options,
    groups_option,
    memory_budget,
    preparation_options,
    style_options,
    task_option,
    weights_options,
)
from prunelle.cli.output import echo, say


class _Options(WeightsOptions, PreparationOptions, DataOptions, GroupsOptions, TaskOptions, StyleOptions):
    data: str
    network: str | None
    validation: float | None
    test: float | None
    device: str
    memory: int | None
    seed: int


@click.command(cls=DataCommand)
@click.argument("data")
@click.option("--network", "--model", metavar="NAME", help="See prunelle networks. Default: the run's.")
@weights_options
@preparation_options
@data_options
@groups_option
@task_option
@click.option("--validation", type=float, help="Share of examples for validation.  [0.1]")
@click.option("--test", type=float, help="Share of examples for the test, where none is given.  [0.1]")
@click.option("--device", default="auto", help="cpu, cuda, mps or auto.  [auto]")
@click.option("--memory", type=BytesType(), help="Decoded pictures kept in memory, else on disk.  [1GB]")
@click.option("--seed", type=int, default=0, help="Of what is left out, and of trials.  [0]")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON on standard output.")
@style_options
def advise(as_json: bool, **given: Unpack[_Options]) -> None:
    """Try strategies of reusing weights on DATA (as for train), and recommend one."""
    from prunelle import tasks

    advice = tasks.advise(
        given["network"],
        given["data"],
        given["weights"],
        functools.partial(tasks.choose_recipe, seed=given["seed"], device=given["device"]),
        size=given["size"],
        fit=given["fit"],
        normalisation=given["normalisation"],
        validation=given["validation"],
        test=given["test"],
        memory_budget=memory_budget(given["memory"]),
        mean=given["mean"],
        std=given["std"],
        labels=given["labels"],
        groups=given["groups"],
        task=given["task"],
        data_dir=given["data_dir"],
        style="quiet" if as_json else given["progress"],
    )
    if as_json:
        import json

        echo(json.dumps(advice.to_json()))
    else:
        for note in advice.notes:
            say(note)

"""``prunelle shots``."""

from __future__ import annotations

import shlex
import sys
from typing import Unpack

import click

from prunelle.cli.options import (
    DataCommand,
    DataOptions,
    GroupsOptions,
    LanguageOptions,
    LogOptions,
    NumbersType,
    PreparationOptions,
    StyleOptions,
    TaskOptions,
    WeightsOptions,
    data_options,
    groups_option,
    log_option,
    preparation_options,
    style_options,
    task_option,
    weights_options,
)
from prunelle.cli.output import echo, say, spoken
from prunelle.texts import Note


class _Options(
    WeightsOptions,
    PreparationOptions,
    DataOptions,
    GroupsOptions,
    TaskOptions,
    LanguageOptions,
    StyleOptions,
    LogOptions,
):
    data: str
    network: str | None
    shots: tuple[int, ...] | None
    strategies: str
    draws: int
    epochs: int | None
    augment: str | None
    device: str
    test: float | None
    output: str


@click.command(cls=DataCommand)
@click.argument("data")
@click.option("--network", "--model", metavar="NAME", help="See prunelle networks. Default: the run's.")
@weights_options
@click.option(
    "--shots",
    type=NumbersType(),
    help="Pictures a class, or a label; of numbers, in all.  [1,5,20,100; of numbers 10,50,200,1000]",
)
@click.option(
    "--strategies",
    default="scratch,features,full",
    show_default=True,
    metavar="NAME,…",
    help="Also features:STAGE, partial:STAGE.",
)
@click.option("--draws", type=int, default=3, show_default=True, help="Of the pictures, for each number.")
@click.option("--epochs", type=int, help="Of each training.  [what suits; at least 600 steps]")
@click.option(
    "--augment", metavar="LIST", help="As of train. Default: auto, what suits the data and the strategy."
)
@preparation_options
@click.option("--device", default="auto", help="cpu, cuda, mps or auto.  [auto]")
@data_options
@groups_option
@task_option
@click.option("--test", type=float, help="Share of pictures for the test, where there is no test folder.")
@click.option(
    "--output", type=click.Path(), default="shots", show_default=True, help="The folder; goes on there."
)
@click.option(
    "--language", type=click.Choice(("en", "fr")), help="Of plot and terminal. Default: the locale's."
)
@log_option
@style_options
def shots(**given: Unpack[_Options]) -> None:
    """Measure what is reached against the number of training pictures, on DATA (as for train)."""
    from prunelle import tasks

    curves = tasks.shots(
        given["data"],
        given["network"],
        given["weights"],
        numbers=given["shots"],
        strategies=given["strategies"].split(","),
        draws=given["draws"],
        epochs=given["epochs"],
        augment=None if given["augment"] == "auto" else given["augment"],
        size=given["size"],
        fit=given["fit"],
        normalisation=given["normalisation"],
        mean=given["mean"],
        std=given["std"],
        device=given["device"],
        output=given["output"],
        labels=given["labels"],
        groups=given["groups"],
        task=given["task"],
        data_dir=given["data_dir"],
        test=given["test"],
        language=given["language"],
        style=given["progress"],
        log=given["log"],
        command=shlex.join(["prunelle", *sys.argv[1:]]),
    )
    echo(curves.markdown(spoken(given["language"])))
    say(Note("Plot: {file}", "Courbes : {file}"), given["language"], file=curves.path / "shots.png")

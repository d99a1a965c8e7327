"""``prunelle check``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import (
    BytesType,
    DataCommand,
    DataOptions,
    DecisionsOptions,
    GroupsOptions,
    LanguageOptions,
    SizeType,
    StyleOptions,
    TaskOptions,
    WeightsOptions,
    data_options,
    decisions_option,
    groups_option,
    memory_budget,
    style_options,
    task_option,
    weights_options,
)
from prunelle.cli.output import echo, say, spoken
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.checks.checkup import Checkup
    from prunelle.texts import Language


class _Options(
    WeightsOptions, DataOptions, GroupsOptions, TaskOptions, DecisionsOptions, StyleOptions, LanguageOptions
):
    data: str | None
    run: str | None
    network: str | None
    size: tuple[int, int] | None
    output: str | None
    runs: str


@click.command(cls=DataCommand)
@click.argument("data", required=False)
@click.option(
    "--run", metavar="RUN", help="Whose network compares the examples; without DATA, also whose they are."
)
@click.option("--network", "--model", metavar="NAME", help="What compares them, with --weights.")
@weights_options
@click.option("--size", type=SizeType(), help="Of a named network's input.")
@data_options
@groups_option
@task_option
@decisions_option
@click.option("-o", "--output", type=click.Path(), help="A new folder for page, JSON and CSV.")
@click.option(
    "--runs", default="runs", show_default=True, help="Where a new folder goes if --output is not given."
)
@click.option("--memory", type=BytesType(), help="Decoded pictures kept in memory, else on disk.  [1GB]")
@click.option("--json", "as_json", is_flag=True, help="The findings, as JSON on standard output.")
@click.option(
    "--language", type=click.Choice(("en", "fr")), help="Of page and terminal. Default: the locale's."
)
@style_options
def check(as_json: bool, memory: int | None, **given: Unpack[_Options]) -> None:
    """Find what is odd about DATA (as for train) before a network learns it.

    Wrong labels, near copies, copies across splits, pictures that cannot be read, are blank or unlike all others, and
    metadata that tell the class by themselves. Nothing of the data is changed.

    A page, FOLDER/check.html, with the pictures; FOLDER/findings.json and findings.csv.
    """
    from prunelle import tasks

    found = tasks.check(
        given["data"],
        run=given["run"],
        network=given["network"],
        weights=given["weights"],
        size=given["size"],
        mean=given["mean"],
        std=given["std"],
        labels=given["labels"],
        groups=given["groups"],
        task=given["task"],
        data_dir=given["data_dir"],
        decisions=given["decisions"],
        output=given["output"],
        runs=given["runs"],
        memory_budget=memory_budget(memory),
        language=given["language"],
        style="quiet" if as_json else given["progress"],
    )
    if as_json:
        echo(json.dumps(found.to_json()))
    else:
        _table(found, given["language"])


def _table(found: Checkup, language: Language | None) -> None:
    words = spoken(language)
    if not found.findings:
        say(Note("Nothing odd was found.", "Rien d’étrange n’a été trouvé."), language)
    for note in found.summary():
        echo(f"  {words.note(note)}")
    say(Note("The page: {page}", "La page : {page}"), language, page=found.page)
    if found.findings:
        say(_NEXT, language)


_NEXT = Note(
    "Next: train on them (prunelle train), and decide about the examples one by one in a browser (prunelle review "
    "RUN); nothing of the data is changed.",
    "Ensuite : entraîner un réseau (prunelle train), et décider de chaque exemple dans un navigateur (prunelle review "
    "RUN) ; rien n’est changé aux données.",
)

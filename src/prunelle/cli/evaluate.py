"""``prunelle evaluate``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from prunelle.cli.options import data_options, style_options

if TYPE_CHECKING:
    from prunelle.training.metrics import Evaluation


@click.command()
@click.argument("run")
@click.argument("data", required=False)
@data_options
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON on standard output.")
@style_options
def evaluate(
    run: str, data: str | None, labels: str | None, data_dir: str | None, as_json: bool, progress: str
) -> None:
    """Measure RUN on the pictures it kept aside, or on DATA (as for train).

    Without DATA: the test split of what it was trained on, else validation.
    """
    from prunelle import tasks

    found = tasks.evaluate(run, data, labels=labels, data_dir=data_dir, style=progress)  # type: ignore[arg-type]
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        _show(found)


def _show(found: Evaluation) -> None:
    from rich.console import Console
    from rich.table import Table

    terminal = Console(highlight=False)
    low, high = found.interval
    terminal.print(
        f"[bold]{found.accuracy:.2%}[/bold] of {found.n:,} pictures of the {found.split} split are right "
        f"(95 % interval {low:.2%} to {high:.2%})."
    )
    terminal.print(
        f"Loss {found.loss:.4f}. Expected calibration error {found.calibration_error():.2%} (how far its "
        f"confidence is from how often it is right)."
    )
    table = Table("class", *(f"{name}" for name in ("precision", "recall", "F1", "pictures")), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for score in found.per_class():
        table.add_row(
            score.name,
            f"{score.precision:.1%}",
            f"{score.recall:.1%}",
            f"{score.f1:.1%}",
            f"{score.support:,}",
        )
    terminal.print(table)
    if len(found.classes) <= 20:
        # Wide enough for the widest count and the widest name: no cell is cut.
        matrix = Table("truth \\ predicted", *found.classes, box=None)
        for column in matrix.columns[1:]:
            column.justify, column.no_wrap = "right", True
        for name, row in zip(found.classes, found.confusion, strict=True):
            matrix.add_row(name, *(f"{count:,}" if count else "·" for count in row))
        terminal.print(matrix)
    for truth, predicted, count in found.most_confused(5):
        terminal.print(f"{count:,} × {truth} taken for {predicted}")

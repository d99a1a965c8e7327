"""``prunelle networks``."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import LanguageOptions, SizeType
from prunelle.cli.output import echo

if TYPE_CHECKING:
    from prunelle.jobs.describing import Description
    from prunelle.networks import Entry
    from prunelle.networks.summary import LayerRow


class _Options(LanguageOptions):
    input_size: tuple[int, int] | None
    channels: int | None
    classes: int | None
    draw: str | None


@click.command()
@click.argument("name", required=False)
@click.option("--input", "input_size", type=SizeType(), help="Size of the picture: 224, or 48x64.")
@click.option("--channels", type=int, help="Of the picture: 3 for colour, 1 for grey.")
@click.option("--classes", type=int, help="Outputs of the last layer.")
@click.option(
    "--draw", type=click.Path(dir_okay=False), metavar="FILE", help="Draw it: FILE.svg or FILE.png."
)
@click.option("--language", type=click.Choice(("en", "fr")), help="Of the drawing. Default: the locale's.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON on standard output.")
def networks(name: str | None, as_json: bool, **given: Unpack[_Options]) -> None:
    """List the networks, or show one layer by layer.

    With NAME: what comes out of each layer (height x width x channels), its weights, its multiply-adds, the
    square of the picture that each of its outputs sees, and the memory its output takes, for one picture.
    """
    if name is not None:
        _one(name, as_json, **given)
    elif option := next((option for option, value in given.items() if value is not None), None):
        flag = "--input" if option == "input_size" else f"--{option}"
        raise click.UsageError(f"{flag} needs the name of a network: prunelle networks NAME {flag} …")
    else:
        _list(as_json)


def _list(as_json: bool) -> None:
    # Not through tasks, which imports torch: a list is there at once.
    from prunelle.networks import ALIASES, FAMILIES, catalogue

    entries = catalogue()
    aliases = {name: alias for alias, name in ALIASES.items()}
    if as_json:
        listed = [vars(entry) | {"alias": aliases.get(name)} for name, entry in entries.items()]
        echo(json.dumps(listed, indent=1))
        return
    rows = []
    for family, names in FAMILIES.items():
        for name in names:
            entry = entries[name]
            label = f"{name} ({aliases[name]})" if name in aliases else name
            rows.append(
                (family, label, str(entry.year), f"{entry.parameters:,}", _accuracy(entry), _paper(entry))
            )
    header = ("", "name", "year", "parameters", "accuracy", "paper")
    head, *lines = _columns([header, *rows], right=(3,), skip=1)
    echo(head)
    for _, group in itertools.groupby(zip(rows, lines, strict=True), key=lambda pair: pair[0][0]):
        echo()
        for _, line in group:
            echo(line)
    echo("\nprunelle networks NAME shows one layer by layer; --draw FILE.svg draws it.")


def _paper(entry: Entry) -> str:
    authors = entry.authors.split(", ")
    return f"{' & '.join(authors) if len(authors) < 3 else authors[0] + ' et al.'}, {entry.source}"


def _accuracy(entry: Entry) -> str:
    """``92 % top-5, ImageNet``; top-1 where no top-5 was published, nothing where neither was."""
    if entry.top5 is None and entry.top1 is None:
        return ""
    value, which = (entry.top5, "top-5") if entry.top5 is not None else (entry.top1, "top-1")
    data = (entry.accuracy_source or "").split()[0]
    return f"{round(value or 0.0, 2):g} % {which}, {data}"


def _one(
    name: str,
    as_json: bool,
    **given: Unpack[_Options],
) -> None:
    from prunelle import tasks

    description = tasks.describe(
        name,
        input_size=given["input_size"],
        in_channels=given["channels"],
        num_classes=given["classes"],
    )
    if given["draw"] is not None:
        description.draw(given["draw"], given["language"])
    if as_json:
        echo(json.dumps(description.to_json(), indent=1))
    elif given["draw"] is not None:
        echo(f"Drawing: {given['draw']}")
    else:
        _show(description)


def _show(description: Description) -> None:
    entry = description.entry
    echo(f"{description.name}: {entry.authors}: {entry.title}. {entry.source}, {entry.year}.")
    if accuracy := _accuracy(entry):
        echo(f"Published accuracy: {accuracy} ({entry.accuracy_source}).")
    echo(f"Input: {_size(description.input_shape)}\n")
    header = ("layer", "kind", "kernel", "output", "parameters", "multiply-adds", "sees", "jump", "memory")
    lines = _columns([header, *map(_cells, description.layers)], right=(4, 5, 6, 7, 8))
    echo("\n".join(lines))
    echo()
    echo(f"Parameters:     {description.parameters:,}")
    if extra := description.training_only_parameters:
        echo(f"                of which {extra:,} act in training only and are not listed above")
    echo(f"Multiply-adds:  {description.multiply_adds:,} a picture (convolutions and dense layers)")
    echo(f"Activations:    {_memory(description.activation_bytes)} a picture, all outputs together")
    echo(f"Weights:        {_memory(4 * description.parameters)} in float32")


def _cells(row: LayerRow) -> tuple[str, ...]:
    return (
        row.name,
        row.kind,
        row.detail,
        _size(row.output_shape),
        f"{row.parameters:,}" if row.parameters else "",
        f"{row.multiply_adds:,}" if row.multiply_adds else "",
        _sides(row.receptive_field),
        _sides(row.jump),
        _memory(row.activation_bytes) if row.activation_bytes else "in place",
    )


def _size(shape: Sequence[int]) -> str:
    """Channels last, as papers and courses write sizes."""
    return "×".join(str(side) for side in (*shape[1:], *shape[:1]))


def _sides(sides: tuple[int, ...] | None) -> str:
    if not sides:
        return ""
    return str(sides[0]) if len(set(sides)) == 1 else "×".join(map(str, sides))


def _memory(number: int) -> str:
    """Units are powers of 1,000."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number} B"


def _columns(rows: Sequence[Sequence[str]], right: tuple[int, ...], skip: int = 0) -> list[str]:
    """Each row as a line, cells under each other; those of the columns ``right`` end together."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells[skip:]).rstrip())
    return lines

"""``prunelle networks``."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import LanguageOptions, SizeType
from prunelle.cli.output import echo, say, spoken
from prunelle.texts import NO_BREAK, Note, Typography

if TYPE_CHECKING:
    from prunelle.jobs.describing import Description
    from prunelle.networks import Entry
    from prunelle.networks.summary import LayerRow


_LIST = (
    Note("name", "nom"),
    Note("year", "année"),
    Note("parameters", "paramètres"),
    Note("accuracy", "exactitude"),
    Note("paper", "article"),
)
_MORE = Note(
    "prunelle networks NAME shows one layer by layer; --draw FILE.svg draws it.",
    "prunelle networks NOM en montre un couche par couche ; --draw FICHIER.svg le dessine.",
)
_PUBLISHED = Note("Published accuracy: {accuracy} ({source}).", "Exactitude publiée : {accuracy} ({source}).")
_INPUT = Note("Input: {size}", "Entrée : {size}")
_LAYERS = (
    Note("layer", "couche"),
    Note("kind", "type"),
    Note("kernel", "noyau"),
    Note("output", "sortie"),
    Note("parameters", "paramètres"),
    Note("multiply-adds", "multiplications-additions"),
    Note("sees", "voit"),
    Note("jump", "pas"),
    Note("memory", "mémoire"),
)
_PARAMETERS = Note("Parameters:", "Paramètres :")
_TRAINING_ONLY = Note(
    "of which {n} act in training only and are not listed above",
    "dont {n} ne servent qu’à l’entraînement et ne sont pas dans la liste",
)
_MULTIPLY_ADDS = Note("Multiply-adds:", "Multiplications-additions :")
_A_PICTURE = Note(
    "{n} a picture (convolutions and dense layers)", "{n} par image (convolutions et couches denses)"
)
_ACTIVATIONS = Note("Activations:", "Activations :")
_ALL_OUTPUTS = Note("{size} a picture, all outputs together", "{size} par image, toutes les sorties ensemble")
_WEIGHTS = Note("Weights:", "Poids :")
_IN_FLOAT32 = Note("{size} in float32", "{size} en float32")
_IN_PLACE = Note("in place", "sur place")


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
    square of the picture that each of its outputs sees, and the memory its output takes, for one picture. NAME
    is one of the list, timm:NAME, torchvision:NAME, or package.module:factory for what makes one of your own.
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
    words = spoken()
    rows = []
    for family, names in FAMILIES.items():
        for name in names:
            entry = entries[name]
            label = f"{name} ({aliases[name]})" if name in aliases else name
            rows.append(
                (
                    family,
                    label,
                    str(entry.year),
                    words.integer(entry.parameters),
                    _accuracy(entry, words),
                    _paper(entry),
                )
            )
    header = ("", *map(words.note, _LIST))
    head, *lines = _columns([header, *rows], right=(3,), skip=1)
    echo(head)
    for _, group in itertools.groupby(zip(rows, lines, strict=True), key=lambda pair: pair[0][0]):
        echo()
        for _, line in group:
            echo(line)
    echo()
    say(_MORE)


def _paper(entry: Entry) -> str:
    authors = entry.authors.split(", ")
    return f"{' & '.join(authors) if len(authors) < 3 else authors[0] + ' et al.'}, {entry.source}"


def _accuracy(entry: Entry, words: Typography) -> str:
    """``92 % top-5, ImageNet``; top-1 where no top-5 was published, nothing where neither was."""
    if entry.top5 is None and entry.top1 is None:
        return ""
    value, which = (entry.top5, "top-5") if entry.top5 is not None else (entry.top1, "top-1")
    data = (entry.accuracy_source or "").split()[0]
    return f"{words.number((value or 0.0), 4)}{NO_BREAK}% {which}, {data}"


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
        say(Note("Drawing: {file}", "Dessin : {file}"), given["language"], file=given["draw"])
    else:
        _show(description, spoken(given["language"]))


def _show(description: Description, words: Typography) -> None:
    entry = description.entry
    if entry is None:
        echo(description.name)
    else:
        echo(f"{description.name}: {entry.authors}: {entry.title}. {entry.source}, {entry.year}.")
        if accuracy := _accuracy(entry, words):
            echo(words.note(_PUBLISHED, accuracy=accuracy, source=words.note(entry.accuracy_note)))
    echo(words.note(_INPUT, size=_size(description.input_shape)) + "\n")
    rows = [_cells(row, words) for row in description.layers]
    lines = _columns([tuple(map(words.note, _LAYERS)), *rows], right=(4, 5, 6, 7, 8))
    echo("\n".join(lines))
    echo()
    totals = [
        (_PARAMETERS, words.integer(description.parameters)),
        (_MULTIPLY_ADDS, words.note(_A_PICTURE, n=words.integer(description.multiply_adds))),
        (_ACTIVATIONS, words.note(_ALL_OUTPUTS, size=words.size(description.activation_bytes))),
        (_WEIGHTS, words.note(_IN_FLOAT32, size=words.size(4 * description.parameters))),
    ]
    if extra := description.training_only_parameters:
        totals.insert(1, (Note("", ""), words.note(_TRAINING_ONLY, n=words.integer(extra))))
    width = max(len(words.note(name)) for name, _ in totals)
    for name, total in totals:
        echo(f"{words.note(name):<{width}}  {total}")


def _cells(row: LayerRow, words: Typography) -> tuple[str, ...]:
    return (
        row.name,
        row.kind,
        row.detail,
        _size(row.output_shape),
        words.integer(row.parameters) if row.parameters else "",
        words.integer(row.multiply_adds) if row.multiply_adds else "",
        _sides(row.receptive_field),
        _sides(row.jump),
        words.size(row.activation_bytes) if row.activation_bytes else words.note(_IN_PLACE),
    )


def _size(shape: Sequence[int]) -> str:
    """Channels last, as papers and courses write sizes."""
    return "×".join(str(side) for side in (*shape[1:], *shape[:1]))


def _sides(sides: tuple[int, ...] | None) -> str:
    if not sides:
        return ""
    return str(sides[0]) if len(set(sides)) == 1 else "×".join(map(str, sides))


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

"""``prunelle convolve``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

import click

from prunelle.cli.options import style_options
from prunelle.cli.output import echo, say, spoken
from prunelle.texts import Note, Typography

if TYPE_CHECKING:
    from prunelle.console.listeners import Style
    from prunelle.look.convolution.arithmetic import Border, Channels, Padding
    from prunelle.look.convolution.result import ConvolutionResult
    from prunelle.texts import Language

_ONE_CHANNEL = Note(
    "Note: the input has one channel: --channels each changes nothing.",
    "Remarque : l’entrée n’a qu’un canal ; --channels each n’y change rien.",
)
_TURNED = Note("convolution proper (kernel turned over)", "convolution au sens strict (noyau retourné)")
_AS_IT_IS = Note("cross-correlation", "corrélation croisée")

_PRINTED = 16
"""Rows and columns of an output that are still printed as numbers."""


class CountsType(click.ParamType[int | list[int]]):
    """``2``, or ``2x1`` for rows and columns."""

    name = "N|NxN"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | list[int]:
        """A number, or one for each axis."""
        try:
            counts = [int(part) for part in str(value).replace("×", "x").split("x")]
        except ValueError:
            self.fail(f"{value!r} is no whole number; give it as 2, or as 2x1 (rows x columns).", param, ctx)
        return counts[0] if len(counts) == 1 else counts


class PaddingType(click.ParamType[str | int | list[int]]):
    """``valid``, ``same``, ``full``, or numbers."""

    name = "valid|same|full|N"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | int | list[int]:
        """A name, a number, or one for each axis."""
        return CountsType().convert(value, param, ctx) if str(value)[:1].isdigit() else str(value)


class _Settings(TypedDict):
    padding: Padding | int | list[int]
    stride: int | list[int]
    dilation: int | list[int]
    border: Border
    flip: bool
    channels: Channels | Literal["grey"]


@click.command()
@click.argument("source", metavar="INPUT")
@click.option("--kernel", metavar="NAME|NUMBERS", help="sobel-x, gaussian:9, -1,0,1 or 1,2;3,4 (see below).")
@click.option("--padding", type=PaddingType(), default="valid", show_default=True, help="Around the input.")
@click.option("--stride", type=CountsType(), default=1, show_default=True, help="From window to window.")
@click.option("--dilation", type=CountsType(), default=1, show_default=True, help="From weight to weight.")
@click.option(
    "--border",
    type=click.Choice(("zeros", "replicate", "reflect", "circular")),
    default="zeros",
    show_default=True,
    help="What the padding holds.",
)
@click.option("--flip", is_flag=True, help="Convolution proper: turn the kernel over first.")
@click.option(
    "--channels",
    type=click.Choice(("sum", "each", "grey")),
    default="sum",
    show_default=True,
    help="Of a colour picture: summed into one map as in a network, each for itself, or in grey.",
)
@click.option(
    "--output", type=click.Path(file_okay=False), metavar="DIR", help="Draw figures and animations into DIR."
)
@click.option("--only", metavar="VIEW,VIEW…", help="Of these, draw only some; the page lists their names.")
@click.option("--language", type=click.Choice(("en", "fr")), help="Of the figures. Default: the locale's.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON on standard output.")
@style_options
def convolve(
    source: str,
    kernel: str | None,
    output: str | None,
    only: str | None,
    language: Language | None,
    as_json: bool,
    progress: Style,
    **settings: Unpack[_Settings],
) -> None:
    """Slide a kernel over INPUT: sizes, formula, numbers; with --output, figures and animations.

    INPUT is a picture's path; china, flower, digit:0 to digit:9 (they come with scikit-learn); the signals
    step, bump, noise; or numbers: 0,0,1,1,1 is a signal, "1,2,3;4,5,6;7,8,9" three rows.

    Kernels for pictures: box, emboss, gaussian, identity, laplacian, redness (colour), sharpen, sobel-x,
    sobel-y. For signals: box, derivative, gaussian, identity, laplacian, sharpen. box:9 and gaussian:9 are 9
    values wide.

    Views: operation, steps, conventions, channels, equivariance, pooling.
    """
    from prunelle import tasks

    if only is not None and output is None:
        raise click.UsageError("--only needs --output DIR.")
    if language is not None and output is None:
        raise click.UsageError("--language is of the figures, and needs --output DIR.")
    result = tasks.convolve(source, kernel, **settings)
    if settings["channels"] != "sum" and result.input.ndim == result.dims and settings["channels"] == "each":
        say(_ONE_CHANNEL, language, err=True)
    if as_json:
        echo(json.dumps(result.to_json()))
    else:
        _show(result, spoken(language))
    if output is not None:
        names = [name.strip() for name in only.split(",")] if only else []
        page = tasks.save_convolution(result, output, only=names, language=language, style=progress)[0]
        say(Note("Figures: {page}", "Figures : {page}"), language, err=as_json, page=page)


def _show(result: ConvolutionResult, words: Typography) -> None:
    lines = []
    for title, name, values in (
        (Note("Input:", "Entrée :"), result.input_name, result.input),
        (Note("Kernel:", "Noyau :"), result.kernel_name, result.kernel),
        (Note("Output:", "Sortie :"), "", result.output),
    ):
        shape = " × ".join(map(str, values.shape))
        lines.append((title, f"{name}, {shape}" if name else shape))
    kind = words.note(_TURNED if result.flip else _AS_IT_IS)
    lines.append((Note("Formula:", "Formule :"), f"{result.formula()}   ({kind})"))
    lines.append((Note("Size:", "Taille :"), ", ".join(result.size_formulas())))
    width = max(len(words.note(title)) for title, _ in lines)
    for title, text in lines:
        echo(f"{words.note(title):<{width}} {text}")
    if max(result.output.shape) <= _PRINTED and result.output.ndim == result.dims:
        echo()
        values = result.output.reshape(-1, result.output.shape[-1])
        rows = [[words.number(float(value), 6) for value in row] for row in values]
        width = max(len(cell) for row in rows for cell in row)
        for row in rows:
            echo("  ".join(cell.rjust(width) for cell in row))

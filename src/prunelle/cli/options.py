"""What several commands share: options, and the parsing of values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

STYLES = ("auto", "live", "lines", "json", "quiet")


def style_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--progress`` and its short form ``--quiet``; the command gets ``progress``."""
    command = click.option(
        "--progress",
        type=click.Choice(STYLES),
        default="auto",
        show_default=True,
        help="What to show meanwhile: a live line (in a terminal), a line an epoch, JSON lines, or nothing.",
    )(command)
    return click.option(
        "-q", "--quiet", "progress", flag_value="quiet", help="The same as --progress quiet."
    )(command)


def data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where labels and named sets come from."""
    command = click.option(
        "--data-dir",
        type=click.Path(),
        help="Where named sets are, or go. Default: $PRUNELLE_DATA, else a cache.",
    )(command)
    return click.option(
        "--labels",
        metavar="filename|CSV",
        help="For a flat folder: the class in each file's name (cat.123.jpg), or a CSV of file,label.",
    )(command)


class SizeType(click.ParamType[Any]):
    """``64`` or ``48x64`` (height x width), in pixels."""

    name = "PX"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """``(height, width)``."""
        found = re.fullmatch(r"(\d+)(?:[x×](\d+))?", str(value))
        if not found:
            self.fail(f"{value!r} is no size; give pixels, as 64 or 48x64 (height x width).", param, ctx)
        return int(found[1]), int(found[2] or found[1])


class BytesType(click.ParamType[Any]):
    """``800MB``, ``2GB``."""

    name = "BYTES"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A number of bytes; units are powers of 1,000."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([\d.]+)\s*([kMGT]?)i?B?", str(value), re.IGNORECASE)
        if not found:
            self.fail(f"{value!r} is no amount of memory; give it as 800MB or 2GB.", param, ctx)
        return int(float(found[1]) * 1000 ** " kmgt".index(found[2].lower() or " "))


class NumbersType(click.ParamType[Any]):
    """``256,128``."""

    name = "N,N…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of whole numbers."""
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of whole numbers; give it as 256,128.", param, ctx)

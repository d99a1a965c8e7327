"""The way from a command to the terminal: the one place that prints.

What is printed holds names of files, classes and settings that came from elsewhere, so a terminal must see nothing in
it that it would obey. Tables go through ``console.terminal.Terminal``, which does the same.
"""

from __future__ import annotations

import sys

import click

from prunelle.texts import visible


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """``click.echo``, with control characters made visible. JSON in ASCII comes out as it is."""
    click.echo(visible(str(text), keep="\n\t"), err=err, nl=nl)


def echo_data(text: str) -> None:
    """A file on standard output, to the byte; in a terminal, where it is only looked at, as ``echo`` shows it."""
    if sys.stdout.isatty():
        echo(text, nl=False)
        return
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:  # a stream of texts that a program has put there
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    binary.write(text.encode(errors="surrogateescape"))
    binary.flush()

"""The way from a command to the terminal: the one place that prints.

What is printed holds names of files, classes and settings that came from elsewhere, so a terminal must see nothing in
it that it would obey. Tables go through ``console.terminal.Terminal``, which does the same.
"""

from __future__ import annotations

import sys

import click

from prunelle.texts import Language, Note, Typography, default_language, visible


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """``click.echo``, with control characters made visible. JSON in ASCII comes out as it is."""
    click.echo(visible(str(text), keep="\n\t"), err=err, nl=nl)


REPORT_LINE = Note("Report: {page}", "Rapport : {page}")


_YES_OR_NO = Note("[y/N]:", "[o/N] :")


def spoken(language: Language | None = None) -> Typography:
    """How the terminal speaks: as ``--language`` says, where a command has it, else as the locale does."""
    return Typography(language or default_language())


def say(note: Note, language: Language | None = None, *, err: bool = False, **values: object) -> None:
    """``echo`` of a ``Note`` in that language, its ``{placeholders}`` filled."""
    echo(spoken(language).note(note, **values), err=err)


def confirm(question: Note, **values: object) -> None:
    """Goes on where the answer is yes: ``[y/N]``, in French ``[o/N]``; anything else is no.

    Raises:
        Abort: it is no, or there is nobody to answer.
    """
    words = spoken()
    asked = f"{words.note(question, **values)} {words.note(_YES_OR_NO)}"
    answer = click.prompt(asked, default="", show_default=False, prompt_suffix=" ")
    if answer.strip().lower() not in ("y", "yes", "o", "oui"):
        raise click.Abort


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

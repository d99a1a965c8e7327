"""``prunelle open``."""

from __future__ import annotations

import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

import click

from prunelle.cli.options import SizeType, WeightsOptions, weights_options
from prunelle.cli.output import echo, say
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.page.server import Server
    from prunelle.texts import Language


Command = TypeVar("Command", bound=Callable[..., object])


class ServingOptions(TypedDict):
    """Of ``serving_options``, beside exposed, browser and language, which ``serve`` takes."""

    host: str
    port: int | None


class _Options(WeightsOptions, ServingOptions):
    runs: str
    size: tuple[int, int] | None


def serving_options(command: Command) -> Command:
    """``--host``, ``--exposed``, ``--port``, ``--browser``, ``--language``: where the page is, and who comes to it."""
    for option in reversed(
        (
            click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at."),
            click.option(
                "--exposed",
                is_flag=True,
                help="That others may reach the page, where --host is beyond this machine.",
            ),
            click.option(
                "--port", type=click.IntRange(0, 65535), help="Default: 8710, or the next that is free."
            ),
            click.option("--browser/--no-browser", default=True, help="Whether to open one."),
            click.option(
                "--language",
                type=click.Choice(("en", "fr")),
                help="Of the terminal. Default: the locale's.",
            ),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.argument("subject", required=False, metavar="[RUN | NETWORK | FOLDER]")
@click.option(
    "--runs",
    default="runs",
    show_default=True,
    type=click.Path(),
    help="Where the runs are, and where new ones go.",
)
@serving_options
@weights_options
@click.option("--size", type=SizeType(), help="Of a named network's input.")
def open(
    subject: str | None, exposed: bool, browser: bool, language: Language | None, **given: Unpack[_Options]
) -> None:
    """Open a network in the browser, to look into and to play with.

    RUN is a run, NETWORK the name of one (then with --weights, else its weights are random), FOLDER one of runs, or
    of labelled photos to train on. Without any: the runs there are.

    The page is served on this machine alone, and works without a network connection. Ctrl-C ends it; trainings that it
    started go on.
    """
    from prunelle import page

    serve(page.open(subject, exposed=exposed, browser=False, **given), exposed, browser, language)


def serve(server: Server, exposed: bool, browser: bool, language: Language | None) -> None:
    """Says where the page is, opens it, and goes on until somebody ends it."""
    if exposed:
        say(
            Note(
                "Others reach this page: who has an address sees the runs and starts trainings, and what goes over the "
                "network is not encrypted.",
                "D’autres machines atteignent cette page : qui a une adresse voit les entraînements et en lance, et ce "
                "qui passe par le réseau n’est pas chiffré.",
            ),
            language,
        )
    address = server.address()
    opened = browser and webbrowser.open(address)
    say(
        Note("The page: {address}", "La page : {address}")
        if not opened
        else Note("The page is in your browser: {address}", "La page est dans votre navigateur : {address}"),
        language,
        address=address,
    )
    say(
        Note(
            "The address lets one browser in, once. Enter: another address. Ctrl-C: the end.",
            "L’adresse laisse entrer un navigateur, une fois. Entrée : une autre adresse. Ctrl-C : la fin.",
        ),
        language,
    )
    try:
        _until_stopped(server.address)
    except KeyboardInterrupt:
        say(Note("The page is closed.", "La page est fermée."), language)
    finally:
        server.close()


def _until_stopped(address: Callable[[], str]) -> None:
    """Enter gives another address; where nobody types, it waits."""
    if sys.stdin is not None and sys.stdin.isatty():
        for _ in sys.stdin:
            echo(address())
    threading.Event().wait()

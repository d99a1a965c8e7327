"""``prunelle``: the commands, their errors, and nothing that imports torch before it is needed."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys

import click

from prunelle.cli.output import echo
from prunelle.errors import CannotWrite, Interrupted, OutOfMemory, PrunelleError, did_you_mean
from prunelle.memory import explain_memory_errors
from prunelle.texts import quoted

COMMANDS = {
    "check": "Find what is odd about labelled examples: wrong labels, copies, leaks.",
    "train": "Train a classifier on labelled pictures or series.",
    "evaluate": "Measure a trained run on labelled pictures or series.",
    "predict": "Name what is on pictures, or in series.",
    "decisions": "Show and merge what people decided about labels.",
    "retrain": "Train a run again by corrected labels, and say what that changed.",
    "advise": "Try which strategy of reusing weights suits the pictures.",
    "compare": "Train several networks alike and compare them.",
    "shots": "Measure accuracy against pictures a class, strategy by strategy.",
    "export": "Write a network for use elsewhere: ONNX and others, checked.",
    "serve": "Answer over HTTP: pictures in, answers out, and a page to try it.",
    "report": "Write the report of a run again, in another language, say.",
    "open": "Open a network in the browser, to touch it.",
    "review": "Look at a run's errors, and decide about its examples.",
    "look": "Show what a network sees.",
    "augment": "Draw what random changes do to pictures.",
    "networks": "List the networks, or show one layer by layer.",
    "convolve": "Show convolution itself, on a picture or a signal.",
    "weights": "List published weights; download some.",
    "cache": "Show what caches and runs occupy, and empty the caches.",
    "run": "Run a program written for Keras.",
}
"""Each is a function of its name in ``prunelle.cli.<name>``."""


class LazyCommands(click.Group):
    """Imports a command's module when the command is used, so that ``--help`` is there at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a person's work, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command, from its own module."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"prunelle.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's own, with the nearest name for a wrong one."""
        if args and args[0] not in COMMANDS:
            ctx.fail(f"no such command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="prunelle", prog_name="prunelle")
def cli() -> None:
    """Prunelle: convolutional networks, seen, trained and trusted.

    Start with:  prunelle train YOUR-PHOTOS   (one folder a class)
    """


def typed() -> str:
    """The command as it was typed, for a shell."""
    return " ".join(map(quoted, ["prunelle", *sys.argv[1:]]))


def main() -> None:
    """The entry point: runs a command, prints its errors without a traceback, exits with their status."""
    _take_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names of files may hold bytes that are no text; they are written as escapes, and nothing stops.
            stream.reconfigure(errors="backslashreplace")
    try:
        with explain_memory_errors():
            status = cli.main(standalone_mode=False)
    except Interrupted as stopped:
        status = _failed(str(stopped), stopped.exit_code)
    except PrunelleError as error:
        if isinstance(error, CannotWrite | OutOfMemory) and error.next_line is None:
            error.then("Then start again with", typed())
        status = _failed(f"Error: {error}", error.exit_code)
    except click.ClickException as error:
        message = io.StringIO()
        error.show(message)
        status = _failed(message.getvalue().rstrip("\n"), error.exit_code)
    except click.Abort as abort:
        # Click makes this of a KeyboardInterrupt, and of a file that ends too early.
        if isinstance(abort.__cause__, EOFError):
            status = _failed(f"Error: a file ends before its content does ({abort.__cause__}).", 1)
        else:
            # A training that had begun saved its state, and said so.
            status = _failed(f"Interrupted. Start again with:\n  {typed()}", 130)
    except BrokenPipeError:
        # ``| head`` has read enough. Nothing more can be written, so nothing may be flushed at exit.
        sys.stdout = None
        status = 1
    except OSError as error:
        # A folder without permission, a disk that goes away: the system's words and the file say it best.
        status = _failed(f"Error: {error.filename or 'input/output'}: {error.strerror or error}.", 1)
    sys.exit(status if isinstance(status, int) else 0)


def _failed(message: str, status: int) -> int:
    """Says it, where somebody listens; gives ``status`` either way."""
    with contextlib.suppress(OSError):
        echo(message, err=True)
    return status


def _take_closed_streams() -> None:
    """Where a shell has closed one (``2>&-``), no file gets its number, to hold what is printed."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            taken = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            if taken != number:
                os.dup2(taken, number)
                os.close(taken)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, closefd=False))

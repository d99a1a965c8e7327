"""``prunelle serve``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from prunelle.cli.options import (
    BytesType,
    PretrainedOptions,
    StyleOptions,
    pretrained_options,
    run_or_pretrained,
    style_options,
)
from prunelle.cli.output import say
from prunelle.errors import ArgumentError
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.jobs.answerer import RuntimeName

KEY_VARIABLE = "PRUNELLE_KEY"
_MISSING = "serving needs packages that are not there ({name}): pip install 'prunelle[serve]'"


class _LimitsOptions(TypedDict):
    batch: int
    wait_ms: float
    queue: int
    patience: float
    examples: int
    body_bytes: int
    pixels: int
    seconds: float


class _Options(_LimitsOptions, PretrainedOptions, StyleOptions):
    top: int
    unsure: float | None
    sets: float | None
    unlike: float | None
    runtime: RuntimeName
    host: str
    port: int | None
    key_file: Path | None


@click.command()
@click.argument("arguments", nargs=-1, metavar="[RUN-OR-FILE]")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 8720, or the next that is free.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="The key that requests must have; or PRUNELLE_KEY in the environment. Beyond this machine there must be one.",
)
@click.option("--top", type=int, default=3, show_default=True, help="Classes named for each.")
@click.option("--unsure", type=float, metavar="SHARE", help="As predict, for who does not ask otherwise.")
@click.option("--sets", type=float, metavar="SHARE", help="As predict.")
@click.option("--unlike", type=float, metavar="SHARE", help="As predict.")
@click.option(
    "--runtime",
    type=click.Choice(("auto", "torch", "onnx")),
    default="auto",
    show_default=True,
    help="What computes; auto tries both, and takes the faster.",
)
@click.option("--batch", default=32, show_default=True, help="Examples the network takes at a time, at most.")
@click.option(
    "--wait", "wait_ms", default=2.0, show_default=True, metavar="MS", help="That one waits for others."
)
@click.option(
    "--queue", default=256, show_default=True, help="Examples that may wait; who comes then is told 503."
)
@click.option(
    "--patience",
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="That those who wait may take; likewise.",
)
@click.option("--examples", default=64, show_default=True, help="Of one request, at most.")
@click.option(
    "--body", "body_bytes", type=BytesType(), default="32MB", show_default=True, help="Of one request."
)
@click.option("--pixels", default=64_000_000, show_default=True, help="Of one picture, at most.")
@click.option("--seconds", default=30.0, show_default=True, help="From a request to its answer, at most.")
@pretrained_options
@style_options
def serve(arguments: tuple[str, ...], **given: Unpack[_Options]) -> None:
    """Answer over HTTP, with the network of a run or of an ONNX file that prunelle export wrote.

    Several pictures a request, as a form, as the body itself, or in JSON; a page to try it at /, what there is in
    /openapi.json, metrics for Prometheus. Ctrl-C or SIGTERM ends it, once what was taken is answered.

    A network without a run: prunelle serve --network resnet18 --weights imagenet
    """
    from prunelle import tasks

    try:
        from prunelle.serve.limits import Limits
        from prunelle.serve.server import Server, read_key
    except ImportError as error:
        raise ArgumentError(_MISSING.format(name=error.name)) from None

    limits = Limits(
        batch=given["batch"],
        wait_ms=given["wait_ms"],
        queue=given["queue"],
        patience=given["patience"],
        examples=given["examples"],
        body_bytes=given["body_bytes"],
        pixels=given["pixels"],
        seconds=given["seconds"],
    )
    file = given["key_file"]
    key = os.environ.get(KEY_VARIABLE) or None if file is None else read_key(file)
    run, rest = run_or_pretrained(arguments, given, given["progress"])
    if rest:
        raise click.UsageError(f"Got unexpected extra argument ({rest[0]}).")
    answerer = tasks.answerer(
        run,
        top=given["top"],
        unsure=given["unsure"],
        sets=given["sets"],
        unlike=given["unlike"],
        runtime=given["runtime"],
        batch=given["batch"],
        style=given["progress"],
    )
    server = Server(answerer, host=given["host"], port=given["port"], limits=limits, key=key)
    say(Note("Answering at {address}", "Réponses à {address}"), address=server.address)
    say(Note("Ctrl-C: the end.", "Ctrl-C : la fin."))
    server.serve()
    say(Note("All that was taken is answered.", "Tout ce qui a été pris a sa réponse."))

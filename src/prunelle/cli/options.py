"""What commands share: groups of options, each with the types of what it gives, and the parsing of values.

A command takes ``**given: Unpack[…]`` of the groups that it has, so that each value that it passes on is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

import click
from click.core import ParameterSource

from prunelle import networks

if TYPE_CHECKING:
    from prunelle.console.listeners import Style
    from prunelle.data.preprocess import Fit
    from prunelle.data.series.preprocess import Normalisation, SeriesFit
    from prunelle.planning.weights import Pretrained
    from prunelle.texts import Language
    from prunelle.training.fast import Compile
    from prunelle.transfer.strategies import Strategy

Command = TypeVar("Command", bound=Callable[..., object])

STYLES = ("auto", "live", "lines", "json", "quiet")


class StyleOptions(TypedDict):
    """Of ``style_options``."""

    progress: Style


class LogOptions(TypedDict):
    """Of ``log_option``."""

    log: tuple[str, ...]


class DataOptions(TypedDict):
    """Of ``data_options``."""

    labels: str | None
    data_dir: str | None


class GroupsOptions(TypedDict):
    """Of ``groups_option``."""

    groups: str | None


class TaskOptions(TypedDict):
    """Of ``task_option``."""

    task: str | None


class DecisionsOptions(TypedDict):
    """Of ``decisions_option``."""

    decisions: str | None


class CostsOptions(TypedDict):
    """Of ``costs_option``."""

    costs: str | None


class WeightsOptions(TypedDict):
    """Of ``weights_options``; mean and std per channel, in units of [0, 1]."""

    weights: str | None
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None


class PreparationOptions(TypedDict):
    """Of ``preparation_options``; size is (height, width)."""

    size: tuple[int, int] | None
    fit: Fit | SeriesFit | None
    normalisation: Normalisation | None


class ReuseOptions(TypedDict):
    """Of ``reuse_options``."""

    strategy: str | None
    stage: str | None
    freeze: str | None
    head: str | None
    views: int | None


class PretrainedOptions(WeightsOptions):
    """Of ``pretrained_options``."""

    network: str | None
    size: tuple[int, int] | None


class CompileOptions(TypedDict):
    """Of ``compile_option``."""

    compile: Compile


class LanguageOptions(TypedDict):
    """Of ``--language``."""

    language: Language | None


class DataCommand(click.Command):
    """A command whose argument is DATA: a network's name in its place is told where it goes, if anywhere."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Click's own."""
        typed = list(args)
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            named = next(filter(networks.is_known, typed), None)
            if named is None or "extra argument" not in error.message:
                raise
            raise click.UsageError(f"{error.message.rstrip('.')}. {self._how(named)}", ctx) from None
        data = ctx.params.get("data")
        if isinstance(data, str) and networks.is_known(data) and not Path(data).exists():
            raise click.UsageError(f"DATA is a folder, a file or a named set. {self._how(data)}", ctx)
        return rest

    def _how(self, named: str) -> str:
        if any("--network" in option.opts for option in self.params):
            return f"{named} is a network: --network {named}."
        return f"{named} is a network, which {self.name} does not take."


def style_options(command: Command) -> Command:
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


def decisions_option(command: Command) -> Command:
    """``--decisions``, of what reads labelled data."""
    return click.option(
        "--decisions",
        type=click.Path(),
        metavar="FILE",
        help="Labels corrected by people: a CSV of prunelle review, of file,label, of Label Studio or FiftyOne.",
    )(command)


def costs_option(command: Command) -> Command:
    """``--costs``, of what judges answers."""
    return click.option(
        "--costs",
        type=click.Path(),
        metavar="FILE",
        help="What each answer costs: a CSV with a row a true class and a column an answer. See docs/evaluate.md.",
    )(command)


def log_option(command: Command) -> Command:
    """``--log``, of what trains."""
    return click.option(
        "--log",
        metavar="tensorboard|mlflow|wandb",
        multiple=True,
        help="Tell a tracker too, which the training never waits for; may be given several times.",
    )(command)


def data_options(command: Command) -> Command:
    """Where labels and named sets come from."""
    command = click.option(
        "--data-dir",
        type=click.Path(),
        help="Where named sets are, or go. Default: $PRUNELLE_DATA, else a cache.",
    )(command)
    return click.option(
        "--labels",
        metavar="filename|folder|CSV|COLUMN",
        help="Where classes are: in files' names (cat.123.jpg); in folders, even one called train; in a CSV of "
        "file,label. Of a table of series: the label's column by its name, first, last, or its number.",
    )(command)


def groups_option(command: Command) -> Command:
    """``--groups``, of what splits, or judges by splits."""
    return click.option(
        "--groups",
        metavar="folder|name|COLUMN|CSV",
        help="What must not be divided (bursts, films, patients): what is in one folder below the class's; names that "
        "begin alike (IMG_0412_a, IMG_0412_b); a column of the CSV of labels, or of a table of series; a CSV of "
        "file,group.",
    )(command)


def task_option(command: Command) -> Command:
    """``--task``, of what learns from labels."""
    return click.option(
        "--task",
        metavar="classification|multilabel|regression[:COLUMN]",
        help="What is to be told: a class (unless anything is said); some of several labels (of a CSV: in one cell, "
        "cat;dog, or a column each); a number, of that column.",
    )(command)


def data_root_option(command: Command) -> Command:
    """Where data that were moved are now."""
    return click.option(
        "--data-root",
        type=click.Path(),
        metavar="FOLDER",
        help="Where the data of RUN are now, if they were moved; pictures are recognised by what they hold.",
    )(command)


def weights_options(command: Command) -> Command:
    """``--weights``, and the normalisation that goes with them."""
    command = click.option(
        "--std", type=FloatsType(), help="Standard deviation that the weights want, likewise."
    )(command)
    command = click.option(
        "--mean", type=FloatsType(), help="Mean that the weights want, a channel: 0.485,0.456,0.406."
    )(command)
    return click.option(
        "--weights",
        metavar="imagenet|FILE|RUN",
        help="Start from published weights (see prunelle weights), a file, or a run.",
    )(command)


def preparation_options(command: Command) -> Command:
    """``--size``, ``--fit`` and ``--normalisation``: how examples become the network's input."""
    command = click.option(
        "--normalisation",
        metavar="train|series|none",
        help="Of series: by the training series, each by its own, or not.  [train]",
    )(command)
    command = click.option(
        "--fit",
        metavar="crop|pad|squash",
        help="How pictures of other shapes get there. Series of other lengths: resample or pad.",
    )(command)
    return click.option(
        "--size",
        "--img-size",
        type=SizeType(),
        help="Of the network's input: 64, or 48x64; of series, in steps.",
    )(command)


def reuse_options(command: Command) -> Command:
    """``--strategy`` and what goes with it; ``strategy_of`` reads them."""
    for name, kind, metavar, text in (
        ("--views", int, "N", "Views of each picture that a frozen trunk sees once.  [1, with --augment 4]"),
        ("--head", str, "NAME", "A new classifier: linear, hidden, logistic or svm; of numbers, ridge."),
        (
            "--freeze",
            str,
            "STAGE|N",
            "With partial: the last stage, or how many layers, that stay as they are.",
        ),
        ("--stage", str, "STAGE", "With features: where the trunk ends. See prunelle networks NAME."),
        ("--strategy", str, "NAME", "What of the weights is kept: auto, features, partial, full or scratch."),
    ):
        command = click.option(name, type=kind, metavar=metavar, help=text)(command)
    return command


def strategy_of(given: ReuseOptions) -> Strategy | None:
    """A ``Strategy``, or None where none of its options is given."""
    name, freeze = given["strategy"], given["freeze"]
    if name is None:
        if all(given[key] is None for key in ("stage", "freeze", "head", "views")):
            return None
        name = "features" if freeze is None else "partial"
    from prunelle.transfer.strategies import Strategy

    return Strategy(
        name=name,  # type: ignore[arg-type]
        stage=given["stage"],
        freeze=int(freeze) if freeze is not None and freeze.isdigit() else freeze,
        head=given["head"],  # type: ignore[arg-type]
        views=given["views"],
    )


def pretrained_options(command: Command) -> Command:
    """A network by name in place of a run; ``run_or_pretrained`` reads what they give."""
    command = click.option(
        "--size", "--img-size", type=SizeType(), help="Of the network's input, with --network."
    )(command)
    command = weights_options(command)
    return click.option("--network", "--model", metavar="NAME", help="Instead of RUN, with --weights.")(
        command
    )


def compile_option(command: Command) -> Command:
    """``--compile``, of what may run a large network over many pictures."""
    return click.option(
        "--compile",
        type=click.Choice(("auto", "always", "never")),
        default="auto",
        show_default=True,
        help="Make a faster copy of the network first: where the work repays it, or always, compiled, or never.",
    )(command)


class SizeType(click.ParamType[tuple[int, int]]):
    """``64`` or ``48x64`` (height x width), in pixels."""

    name = "PX"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """``(height, width)``."""
        match = re.fullmatch(r"(\d+)(?:[x×](\d+))?", str(value))
        if not match:
            self.fail(f"{value!r} is no size; give pixels, as 64 or 48x64 (height x width).", param, ctx)
        return int(match[1]), int(match[2] or match[1])


class BytesType(click.ParamType[int]):
    """``800MB``, ``2GB``."""

    name = "BYTES"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """A number of bytes; units are powers of 1,000."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]?)B?", str(value), re.IGNORECASE)
        if not match:
            self.fail(f"{value!r} is no amount of memory; give it as 800MB or 2GB.", param, ctx)
        return int(float(match[1]) * 1000 ** " kmgt".index(match[2].lower() or " "))


class NumbersType(click.ParamType[tuple[int, ...]]):
    """``256,128``."""

    name = "N,N…"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """A tuple of whole numbers."""
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of whole numbers; give it as 256,128.", param, ctx)


class FloatsType(click.ParamType[tuple[float, ...]]):
    """``0.485,0.456,0.406``."""

    name = "X,X…"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """A tuple of numbers."""
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of numbers; give it as 0.485,0.456,0.406.", param, ctx)


def memory_budget(memory: int | None) -> int:
    """``--memory``, in bytes, or what is usual."""
    from prunelle.planning.request import MEMORY_BUDGET

    return MEMORY_BUDGET if memory is None else memory


def refuse_without_effect(context: click.Context, *rules: tuple[bool, str, str]) -> None:
    """Options that were typed and would have no effect are an error; those that were not typed have their defaults.

    Args:
        rules: whether it would have none, the option, and why.
    """
    for idle, flag, why in rules:
        option = next(one for one in context.command.params if flag in one.opts)
        assert option.name is not None
        if idle and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{flag} {why}; leave it out, or give both as they belong.")


def run_or_pretrained(
    arguments: tuple[str, ...], given: PretrainedOptions, style: Style
) -> tuple[str | Pretrained, tuple[str, ...]]:
    """What answers, and the arguments that are left: a run is the first of them, unless a network is named."""
    from prunelle import tasks

    network, weights, size = given["network"], given["weights"], given["size"]
    mean, std = given["mean"], given["std"]
    if network is not None:
        if weights is None:
            raise click.UsageError("--network needs --weights: imagenet, a file, or a run.")
        return tasks.pretrained(network, weights, size=size, mean=mean, std=std, style=style), arguments
    with_network = {"--weights": weights, "--size": size, "--mean": mean, "--std": std}
    if refused := [name for name, value in with_network.items() if value is not None]:
        raise click.UsageError(f"{', '.join(refused)} goes with --network; a run has its own.")
    if not arguments:
        raise click.UsageError("Missing argument 'RUN' (or --network NAME --weights imagenet|FILE|RUN).")
    return arguments[0], arguments[1:]

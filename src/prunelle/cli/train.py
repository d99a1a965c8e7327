"""``prunelle train``."""

from __future__ import annotations

import functools
import json
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

import click
from click.core import ParameterSource

from prunelle.cli.options import (
    BytesType,
    CostsOptions,
    DataCommand,
    DataOptions,
    DecisionsOptions,
    GroupsOptions,
    LanguageOptions,
    LogOptions,
    NumbersType,
    PreparationOptions,
    ReuseOptions,
    StyleOptions,
    TaskOptions,
    WeightsOptions,
    costs_option,
    data_options,
    data_root_option,
    decisions_option,
    groups_option,
    log_option,
    memory_budget,
    preparation_options,
    refuse_without_effect,
    reuse_options,
    strategy_of,
    style_options,
    task_option,
    weights_options,
)
from prunelle.cli.output import REPORT_LINE, echo, spoken
from prunelle.data.series import FORMATS

if TYPE_CHECKING:
    from prunelle.console.listeners import Style
    from prunelle.runs.folds import Folds
    from prunelle.runs.run import Run
    from prunelle.texts import Language

Trained = TypeVar("Trained")

# Options whose value, when given, replaces a field of the recipe that suits the data.
RECIPE_FIELDS = (
    "epochs",
    "batch_size",
    "learning_rate",
    "optimizer",
    "momentum",
    "nesterov",
    "weight_decay",
    "schedule",
    "warmup_epochs",
    "first_layer_rate",
    "unfreeze_epochs",
    "label_smoothing",
    "balance",
    "clip_norm",
    "ema_decay",
    "patience",
    "seed",
    "device",
    "precision",
)


class RecipeOptions(TypedDict):
    """``RECIPE_FIELDS`` (but for the seed) and ``--augment``; None for what suits the data."""

    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    optimizer: str | None
    momentum: float | None
    nesterov: bool | None
    weight_decay: float | None
    schedule: str | None
    warmup_epochs: float | None
    first_layer_rate: float | None
    unfreeze_epochs: int | None
    label_smoothing: float | None
    balance: bool | None
    clip_norm: float | None
    ema_decay: float | None
    patience: int | None
    device: str | None
    precision: str | None
    augment: str | None


class _DataOptions(DataOptions, GroupsOptions, TaskOptions, DecisionsOptions, CostsOptions):
    data: str | None
    validation: float | None
    test: float | None


class _NetworkOptions(WeightsOptions, PreparationOptions, ReuseOptions):
    network: str | None
    ensemble: int | None
    hidden: tuple[int, ...] | None
    parameters: int | None


class _FolderOptions(TypedDict):
    output: str | None
    runs: str
    name: str | None


class _Options(
    RecipeOptions, _DataOptions, _NetworkOptions, _FolderOptions, LanguageOptions, StyleOptions, LogOptions
):
    recipe_name: str
    seed: int | None
    memory: int | None
    resume: str | None
    data_root: str | None
    unlabelled: str | None
    rounds: int
    folds: int | None


WITH_RESUME = ("resume", "data", "data_root", "epochs", "memory", "language", "progress", "log")
"""What a run that goes on may be given anew."""


_HELP = f"""Train a classifier on DATA: photos, a file of series, or digits, mnist, fashion-mnist, cifar10, cifar100.

A folder holds one folder a class, or train/, val/ and test/ with one folder a class in each; for others
see --labels. Series come in files that end in {", ".join(FORMATS)}; NAME_TEST.ts beside
NAME_TRAIN.ts is their test. Without DATA, scikit-learn's handwritten digits are learned.
"""


@click.command(cls=DataCommand, help=_HELP)
@click.argument("data", required=False)
@click.option(
    "--network",
    "--model",
    metavar="NAME",
    help="See prunelle networks; or timm:NAME, torchvision:NAME, package.module:factory. Default: one that suits the "
    "data.",
)
@click.option(
    "--recipe",
    "recipe_name",
    metavar="usual|fast",
    default="usual",
    help="What the options below start from: fast is a short training.  [usual]",
)
@click.option("--epochs", type=int, help="Passes over the training examples.")
@click.option("-b", "--batch-size", type=int, help="Pictures a step.  [32]")
@click.option("--lr", "--learning-rate", "learning_rate", type=float, help="Learning rate.  [1e-3]")
@click.option("--optimizer", "--opt", metavar="NAME", help="adam, adamw, sgd or rmsprop.  [adam]")
@click.option("--momentum", type=float, help="Of sgd and rmsprop.")
@click.option("--nesterov/--no-nesterov", default=None, help="Nesterov's momentum, with sgd.")
@click.option("--weight-decay", type=float, help="On kernels and matrices.")
@click.option("--schedule", "--sched", metavar="NAME", help="constant, cosine or one-cycle.")
@click.option(
    "--warmup", "--warmup-epochs", "warmup_epochs", type=float, help="Epochs of rising learning rate."
)
@click.option("--first-layer-rate", type=float, help="Share of the learning rate for the first layer.  [1]")
@click.option(
    "--unfreeze",
    "--unfreeze-epochs",
    "unfreeze_epochs",
    type=int,
    help="Epochs over which layers join, last first.",
)
@click.option("--label-smoothing", "--smoothing", type=float, help="From 0 to below 1.")
@click.option("--balance/--no-balance", default=None, help="Weigh rare classes more.")
@click.option("--clip-norm", "--clip-grad", type=float, help="Largest norm of the gradient.")
@click.option(
    "--ema", "--ema-decay", "ema_decay", type=float, help="Average the weights with this decay a step."
)
@click.option("--patience", type=int, help="Stop after so many epochs without a better validation.")
@click.option(
    "--augment",
    metavar="LIST",
    help="light, strong or none, and single changes: flip,shift=0.1 (see prunelle augment). Of series: jitter, "
    "scaling, slicing, warping, shift. Default: auto, what suits the data.",
)
@click.option("--seed", type=int, help="Of weights, order, dropout, augmentation.  [0]")
@click.option("--device", help="cpu, cuda, mps or auto.  [auto]")
@click.option("--precision", metavar="NAME", help="float32 or bfloat16.  [float32]")
@preparation_options
@click.option("--ensemble", type=int, help="Train so many of the network, that answer together.")
@click.option("--hidden", type=NumbersType(), help="Hidden layers of dense: 256,128.")
@click.option("--parameters", type=int, help="Number of weights wanted of dense.")
@weights_options
@reuse_options
@data_options
@groups_option
@task_option
@decisions_option
@costs_option
@click.option(
    "--unlabelled",
    type=click.Path(),
    metavar="FOLDER",
    help="Learn from these pictures too, as far as validation allows: those the network is sure of, in rounds.",
)
@click.option(
    "--folds",
    type=int,
    metavar="N",
    help="Judge every example: N trainings, each of which leaves out another part and is judged on it.",
)
@click.option("--rounds", type=int, default=3, show_default=True, help="Of --unlabelled, at most.")
@click.option("--validation", type=float, help="Share of examples for validation.  [0.1]")
@click.option("--test", type=float, help="Share of examples for the test, where none is given.  [0.1]")
@click.option("--output", type=click.Path(), help="The run folder itself. Default: a new one under --runs.")
@click.option(
    "--runs", type=click.Path(), default="runs", show_default=True, help="Where new run folders go."
)
@click.option("--name", help="Goes into the new folder's name.")
@click.option("--resume", type=click.Path(), metavar="RUN", help="Go on with a run; --epochs extends it.")
@data_root_option
@click.option("--memory", type=BytesType(), help="Decoded pictures kept in memory, else on disk.  [1GB]")
@click.option(
    "--language", type=click.Choice(("en", "fr")), help="Of report and terminal. Default: the locale's."
)
@log_option
@style_options
@click.pass_context
def train(context: click.Context, /, **given: Unpack[_Options]) -> None:
    """Pass the words on to ``tasks.train``, with an unlabelled folder to ``train_with_unlabelled``."""
    from prunelle import tasks

    if given["resume"] is not None:
        _refuse_other_settings(context)
    refuse_without_effect(
        context,
        (given["unlabelled"] is None, "--rounds", "goes with --unlabelled FOLDER"),
        (given["resume"] is None, "--data-root", "says where the data of a run are now: --resume RUN"),
        (given["output"] is not None, "--runs", "is where new folders go, and --output names the folder"),
    )
    if given["unlabelled"] is not None and given["data"] is None:
        raise click.UsageError("--unlabelled goes with a folder of labelled photos: prunelle train PHOTOS.")
    if given["folds"] is not None and given["unlabelled"] is not None:
        raise click.UsageError("--folds and --unlabelled do not go together: leave one of them out.")
    if given["folds"] is not None and given["resume"] is None:
        learn = functools.partial(tasks.cross_validate, folds=given["folds"])
        _show_folds(_begun(learn, given), given["progress"], given["language"])
        return
    if given["resume"] is not None:
        run = tasks.train(
            data=given["data"],
            resume=given["resume"],
            data_root=given["data_root"],
            epochs=given["epochs"],
            memory_budget=memory_budget(given["memory"]),
            language=given["language"],
            style=given["progress"],
            log=given["log"],
        )
    else:
        train_it: Callable[..., Run] = tasks.train
        if given["unlabelled"] is not None:
            unlabelled = {"unlabelled": given["unlabelled"], "rounds": given["rounds"]}
            train_it = functools.partial(tasks.train_with_unlabelled, **unlabelled)  # type: ignore[arg-type]
        run = _begun(train_it, given)
    if given["progress"] == "json":
        echo(json.dumps({"event": "finished", "run": str(run.path), **run.metrics()}))
    elif given["progress"] != "quiet":
        from prunelle.planning.small_test import note_after
        from prunelle.report.closing_lines import finished_text, next_text

        words = spoken(given["language"])
        echo(finished_text(run.metrics(), words))
        if (few := note_after(run)) is not None:
            echo(words.note(few))
        echo(words.note(REPORT_LINE, page=run.path / "report.html"))
        echo(next_text(run.path, run.info, words))


def _show_folds(folds: Folds, progress: Style, language: Language | None) -> None:
    """The figures of all folds, the page, and what can be done with them."""
    if progress == "json":
        echo(json.dumps({"event": "finished", **folds.to_json()}))
    elif progress != "quiet":
        from prunelle.report.folds_page import finished_text, next_text

        words = spoken(language)
        echo(finished_text(folds, words))
        echo(words.note(REPORT_LINE, page=folds.path / "report.html"))
        echo(next_text(folds, words))


def _begun(learn: Callable[..., Trained], given: _Options) -> Trained:
    """What ``learn``, a verb that trains, makes of the words from its beginning."""
    from prunelle import tasks

    fields = recipe_fields(given)
    if given["augment"] == "auto":
        del fields["augment"]
    options = {
        "hidden": given["hidden"],
        "parameters": given["parameters"],
        "ensemble": given["ensemble"],
    }
    return learn(
        given["network"],
        given["data"],
        functools.partial(tasks.named_recipe(given["recipe_name"]), **fields),
        output=given["output"],
        runs=given["runs"],
        name=given["name"],
        size=given["size"],
        fit=given["fit"],
        normalisation=given["normalisation"],
        options={key: value for key, value in options.items() if value is not None} or None,
        weights=given["weights"],
        strategy=strategy_of(given),
        mean=given["mean"],
        std=given["std"],
        epochs=given["epochs"],
        labels=given["labels"],
        groups=given["groups"],
        task=given["task"],
        data_dir=given["data_dir"],
        validation=given["validation"],
        test=given["test"],
        decisions=given["decisions"],
        costs=given["costs"],
        memory_budget=memory_budget(given["memory"]),
        language=given["language"],
        style=given["progress"],
        log=given["log"],
        command=shlex.join(["prunelle", *sys.argv[1:]]),
    )


def recipe_fields(given: RecipeOptions) -> dict[str, object]:
    """The fields of ``Recipe`` that were typed."""
    fields = (*RECIPE_FIELDS, "augment")
    return {field: value for field, value in given.items() if field in fields and value is not None}


def _refuse_other_settings(context: click.Context) -> None:
    """A run that goes on keeps its settings; silence would let one believe otherwise."""
    from prunelle.data import NAMED
    from prunelle.errors import ArgumentError

    # A folder as DATA says where the run's own data are now; a named set can only be another.
    kept = [name for name in WITH_RESUME if name != "data" or context.params["data"] not in NAMED]
    refused = [
        parameter.human_readable_name.upper() if isinstance(parameter, click.Argument) else parameter.opts[0]
        for parameter in context.command.params
        if parameter.name
        and parameter.name not in kept
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]
    if refused:
        raise ArgumentError(
            f"--resume goes on with the run's own settings; only --epochs can change. Leave out: "
            f"{', '.join(refused)}."
        )

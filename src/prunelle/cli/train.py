"""``prunelle train``."""

from __future__ import annotations

import functools
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from prunelle.cli.options import (
    BytesType,
    NumbersType,
    data_options,
    data_root_option,
    preparation_options,
    refuse_without_effect,
    reuse_options,
    strategy_of,
    style_options,
    weights_options,
)
from prunelle.cli.output import echo
from prunelle.texts import quoted

# Photos a class up to which weights learned elsewhere are worth more than some points (docs/lab/results.md).
_FEW = 500

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

WITH_RESUME = ("resume", "data", "data_root", "epochs", "memory", "language", "progress")
"""What a run that goes on may be given anew."""


@click.command()
@click.argument("data", required=False)
@click.option(
    "--network", "--model", metavar="NAME", help="See prunelle networks. Default: one that suits the data."
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
@click.option(
    "--unlabelled",
    type=click.Path(),
    metavar="FOLDER",
    help="Learn from these pictures too, as far as validation allows: those the network is sure of, in rounds.",
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
@click.option("--language", type=click.Choice(("en", "fr")), help="Of the report. Default: the locale's.")
@style_options
@click.pass_context
def train(context: click.Context, /, **given: Any) -> None:
    """Train a classifier on DATA: photos, a file of series, or digits, mnist, fashion-mnist, cifar10, cifar100.

    A folder holds one folder a class, or train/, val/ and test/ with one folder a class in each; for others
    see --labels. Series come as .ts, .tsv, .txt, .csv, .arff or .npz; NAME_TEST.ts beside NAME_TRAIN.ts is
    their test. Without DATA, scikit-learn's handwritten digits are learned.
    """
    from prunelle import tasks

    fields = {field: given[field] for field in RECIPE_FIELDS if given[field] is not None}
    if given["augment"] not in (None, "auto"):
        fields["augment"] = given["augment"]
    strategy = strategy_of(given)
    if given["resume"] is not None:
        _refuse_other_settings(context)
    refuse_without_effect(
        context,
        (given["unlabelled"] is None, "--rounds", "goes with --unlabelled FOLDER"),
        (given["output"] is not None, "--runs", "is where new folders go, and --output names the folder"),
    )

    recipe = functools.partial(tasks.named_recipe(given["recipe_name"]), **fields)
    options = {key: given[key] for key in ("hidden", "parameters", "ensemble") if given[key] is not None}
    settings: dict[str, Any] = {}
    if given["unlabelled"] is not None:
        if given["data"] is None:
            raise click.UsageError(
                "--unlabelled goes with a folder of labelled photos: prunelle train PHOTOS."
            )
        learn: Any = tasks.train_with_unlabelled
        settings = {"unlabelled": given["unlabelled"], "rounds": given["rounds"]}
    else:
        learn = tasks.train
        settings = {"resume": given["resume"], "data_root": given["data_root"]}
    run = learn(
        given["network"],
        given["data"],
        None if given["resume"] is not None else recipe,
        output=given["output"],
        runs=given["runs"],
        name=given["name"],
        size=given["size"],
        fit=given["fit"],
        normalisation=given["normalisation"],
        options=options or None,
        weights=given["weights"],
        strategy=strategy,
        mean=given["mean"],
        std=given["std"],
        epochs=given["epochs"],
        labels=given["labels"],
        data_dir=given["data_dir"],
        validation=given["validation"],
        test=given["test"],
        memory_budget=tasks.MEMORY_BUDGET if given["memory"] is None else given["memory"],
        language=given["language"],
        style=given["progress"],
        command=shlex.join(["prunelle", *sys.argv[1:]]),
        **settings,
    )
    if given["progress"] == "json":
        import json

        echo(json.dumps({"event": "finished", "run": str(run.path), **run.metrics()}))
    elif given["progress"] != "quiet":
        echo(finished_text(run.metrics()))
        echo(f"Report: {run.path / 'report.html'}")
        echo(next_text(run.path, run.info))


def next_text(path: Path, info: Mapping[str, Any]) -> str:
    """What can be done with a finished run; and with few photos that a network learned from nothing.

    Args:
        info: the content of its ``run.json``.
    """
    shape, num_classes = info["network"]["input_shape"], info["network"]["num_classes"]
    run, example = quoted(path), "PICTURE" if len(shape) == 3 else "SERIES"
    text = f"Next: prunelle predict {run} {example}, or prunelle look {run} {example} --output looks"
    photos = len(shape) == 3 and shape[0] == 3
    reused = info["network"].get("weights") is not None or info.get("transfer") is not None
    number = info["data"]["counts"]["train"]
    if photos and not reused and number < _FEW * num_classes:
        source = info["data"]["source"]
        command = ["prunelle", "train", source["data"]]
        if source.get("labels") is not None:
            command += ["--labels", source["labels"]]
        command += ["--network", "resnet18", "--weights", "imagenet", "--strategy", "auto"]
        text += (
            f"\n{number:,} photos are few to learn from nothing; reuse what a network has learned: "
            f"{' '.join(map(quoted, command))}"
        )
    return text


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


def finished_text(metrics: dict[str, Any]) -> str:
    """``Test accuracy: 98.33 % (95 % interval 95.2 to 99.4 %) on 180 examples``, and what it is beside chance."""
    from prunelle.report import judgement
    from prunelle.runs import judging

    split = next(name for name in ("test", "validation", "train") if name in metrics)
    found = metrics[split]
    low, high = found["interval"]
    learned = judging.learned_note(found)
    return (
        f"{split.capitalize()} accuracy: {found['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}) on "
        f"{found['n']:,} examples{judgement.chance_told(judgement.chance_of(metrics, split))}"
        f"{'' if learned is None else f'. {learned}'}"
    )

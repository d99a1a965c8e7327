"""What of a run, or of weights from elsewhere, may be said of a network that is taken away: an explicit list.

A run knows paths, the host, the command line and every file. None of that goes out: whatever is not named here stays
at home, whoever adds it to ``run.json``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from prunelle import networks
from prunelle.data.datasets import NAMED
from prunelle.data.kinds import kind_of
from prunelle.exports.subject import Facts
from prunelle.networks.published import Published, published
from prunelle.networks.weights import source_of
from prunelle.planning.weights import Pretrained
from prunelle.runs.folds import Folds
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.texts import visible
from prunelle.training.metrics import Evaluation
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.training.verdicts import calibration

_RECIPE = (
    *(
        "epochs",
        "batch_size",
        "optimizer",
        "learning_rate",
        "momentum",
        "nesterov",
        "weight_decay",
        "schedule",
    ),
    *("warmup_epochs", "label_smoothing", "balance", "clip_norm", "ema_decay", "patience", "augment", "seed"),
    "precision",
)
_LABELLED_BY: Mapping[str, Mapping[str | None, str]] = {
    "pictures": {None: "folders", "folder": "folders", "filename": "names of files"},
    "series": {None: "file of series"},
}
"""By the kind of data and what ``labels`` were; else a table."""
_VERSIONS = ("python", "prunelle", "torch", "numpy", "pillow")
_TRUST = (
    "chosen_on",
    "measured_on",
    "temperature",
    "calibration",
    "unsure",
    "sets",
    "least_unsure",
    "widths",
)
_SPLITS: tuple[str, ...] = ("train", "validation", "test")
_DECISIONS = ("relabelled", "left out", "not sure", "kept")


def of_run(run: Run, licence: str | None) -> Facts:
    """Of a training.

    Args:
        licence: that was given; None for that of the weights it began with, where it is known.
    """
    info, metrics = run.info, run.metrics()
    described, data = info["network"], info["data"]
    figures = {split: metrics[split] for split in _SPLITS if split in metrics}
    judged = next((split for split in JUDGED_BY if split in figures), None)
    parts, sureness = _judged(run) if judged is not None else ((), None)
    began = _published(described.get("weights"))
    decisions = info.get("decisions", {}).get("counts", {})
    return Facts(
        network=network_name(described["name"]),
        parameters=size_of(run.network),
        data=visible(Path(data["name"]).name),
        counts=data.get("counts") or {split: entry["n"] for split, entry in figures.items()},
        class_counts=_class_counts(run),
        labelled_by=_labelled_by(run, data["source"]),
        grouped_by=_grouped_by(data["source"]),
        decisions={name: decisions[name] for name in _DECISIONS if decisions.get(name)},
        figures=figures,
        judged=judged,
        parts=parts,
        sureness=sureness,
        trust=_trust(run),
        recipe=_recipe(run),
        strategy=info.get("transfer", {}).get("strategy", {}).get("name"),
        weights=_weights(described.get("weights")),
        **_licence(licence, began),
        versions={name: info["versions"][name] for name in _VERSIONS if name in info["versions"]},
        created=str(info["created"])[:10] or None,
    )


def of_folds(given: Folds, licence: str | None) -> Facts:
    """Of a cross-validation, whose networks answer together: what the first of them says, but for its figures.

    Those are of a network that is not taken away alone. What is known of all together is of examples that each network
    but one has learned, unless there was a test.
    """
    test = given.metrics.get("test")
    return dataclasses.replace(
        of_run(given.runs[0], licence),
        parameters=sum(size_of(run.network) for run in given.runs),
        counts={"train": len(given.assigned)},
        class_counts={},
        figures={} if test is None else {"test": test},
        judged=None if test is None else "test",
        parts=(),
        sureness=None,
        trust=None,
    )


def of_pretrained(given: Pretrained, licence: str | None) -> Facts:
    """Of a network with weights from elsewhere."""
    theirs = _published(given.source)
    told = None
    if theirs is not None:
        told = {
            "top1": theirs.top1,
            "top5": theirs.top5,
            "source": theirs.accuracy_source,
            "publisher": theirs.publisher,
        }
    return Facts(
        network=network_name(networks.name_of(given.network)),
        parameters=size_of(given.network),
        weights=_weights(given.source),
        published=told,
        **_licence(licence, theirs),
    )


def of_module(network: nn.Module, licence: str | None) -> Facts:
    """Of a module, of which nobody knows anything else."""
    return Facts(
        network=network_name(networks.name_of(network)),
        parameters=size_of(network),
        **_licence(licence, None),
    )


def network_name(name: str) -> str:
    """Without where code of somebody's own is: ``small`` of ``mynets:small`` and of ``hub:FOLDER:small``."""
    return name.rpartition(":")[2] if networks.elsewhere.is_code(name) else name


def size_of(network: nn.Module) -> int:
    """How many weights it has."""
    return sum(parameter.numel() for parameter in network.parameters())


def _licence(given: str | None, began: Published | None) -> dict[str, Any]:
    if given is not None:
        return {"licence": given, "licence_of": "given"}
    return {} if began is None else {"licence": began.licence, "licence_of": "weights"}


def _published(source: str | None) -> Published | None:
    return next((each for each in published() if source_of(each) == source), None)


def _weights(source: str | None) -> str | None:
    """Of a file or a run its last name alone."""
    if source is None or _published(source) is not None:
        return source
    return visible(Path(source).name)


def _recipe(run: Run) -> dict[str, Any] | None:
    if not run.has_recipe:
        return None
    told = run.recipe.to_json()
    return {name: told[name] for name in _RECIPE}


def _judged(run: Run) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """``Facts.parts`` and ``Facts.sureness``."""
    evaluation = run.judged()
    if isinstance(evaluation, NumbersEvaluation):
        return [dataclasses.asdict(each) for each in evaluation.by_range()], None
    if not isinstance(evaluation, Evaluation):
        return list(evaluation.summary()["per_label"]), None
    sure = calibration(evaluation)
    parts = [dataclasses.asdict(score) for score in evaluation.per_class()]
    if sure is None:
        return parts, None
    return parts, {**dataclasses.asdict(sure), "confidence": float(evaluation.confidence.mean())}


def _trust(run: Run) -> dict[str, Any] | None:
    record = run.errors() if run.target.kind == "number" else run.trust_record()
    if record is None:
        return None
    told = {name: record[name] for name in _TRUST if name in record}
    return {**told, "unlike": {"rates": record["unlike"]["rates"]}} if "unlike" in record else told


def _class_counts(run: Run) -> dict[str, list[int]]:
    placed = run.placed()
    if run.target.kind == "number":
        return {}
    if placed is None:
        return dict(run.info["data"].get("per_class", {}))
    return {
        split: run.target.counts(placed.labels[rows], run.classes).tolist()
        for split in _SPLITS
        if len(rows := placed.rows(split))
    }


def _labelled_by(run: Run, source: Mapping[str, Any] | None) -> str | None:
    if source is None:
        return None
    if str(source["data"]) in NAMED:
        return "named set"
    said = _LABELLED_BY[kind_of(run.preprocess).name]
    return said.get(source.get("labels"), "table")


def _grouped_by(source: Mapping[str, Any] | None) -> str | None:
    groups = (source or {}).get("groups")
    if groups is None:
        return None
    return {"folder": "folders", "name": "names of files"}.get(str(groups).partition(":")[0], "table")

"""The report of a run: its content is read from the folder, whoever trained it, and rendered.

Training calls it at its end and ``prunelle report`` at any time after; what a run does not keep, its examples, is
given, or said to be gone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Pixels, Skipped
from prunelle.disk import write_text
from prunelle.networks.summary import summarise
from prunelle.planning.small_test import note_after
from prunelle.report import html
from prunelle.report.content import ReportContent
from prunelle.report.figures import save_figures
from prunelle.report.insight import Insight
from prunelle.report.kinds import SHOWN
from prunelle.report.reproducibility import repeating
from prunelle.report.transfer import sentences
from prunelle.runs.run import Run
from prunelle.texts import Language, Note

EXAMPLES = 8
"""Of each class, of the training split."""

_ORDER_OF_AXES = ("Inward", "Outward")
"""Modules of a program's network that only turn tensors from Keras's order to PyTorch's and back."""

_GONE = Note(
    "The examples are not where they were, or are not what they were: this page shows none of them.",
    "Les exemples ne sont plus là où ils étaient, ou ont changé : cette page n’en montre aucun.",
)


def write_page(
    run: Run, pixels: Mapping[str, Pixels], language: Language, on_note: Callable[[Note], None]
) -> None:
    """``report.html`` and ``figures/`` of a finished run.

    Args:
        pixels: decoded examples by split: all of the split that the run was judged on, and of the training split some
            of each class at least; a split is left out where they are gone.
        on_note: told what the page cannot show.
    """
    content = content_of(run, pixels, language, on_note)
    write_text(run.path / "report.html", html.render(content, language))
    told = html.OTHER_ANSWERS.get(content.target.kind)
    more = {} if told is None else told.figures(content, html.words_of(content, language))
    save_figures(content, run.path / "figures", language, more)


def content_of(
    run: Run, pixels: Mapping[str, Pixels], language: Language, on_note: Callable[[Note], None]
) -> ReportContent:
    """Everything the page shows; the arguments are those of ``write_page``."""
    metrics, data = run.metrics(), run.info["data"]
    evaluation, images = _shown(run.judged(), pixels)
    kind = SHOWN[kind_of(run.preprocess).name]
    # Only a program's examples may be on a scale that nobody knows.
    of_bytes = data.get("scaling", {}).get("how") != "unknown"
    shown = None if images is None else kind.viewable(images, of_bytes=of_bytes)
    notes = [Note(**note) for note in data["notes"]]
    return ReportContent(
        run_name=run.path.name,
        data_name=data["name"],
        network_name=run.info["network"]["name"],
        command=run.info["command"],
        reproducibility=repeating(run.info),
        evaluation=evaluation,
        images=shown,
        examples={
            name: kind.viewable(some, of_bytes=of_bytes)
            for name, some in _examples(run, pixels.get("train")).items()
        },
        counts=_counts(run, pixels),
        results=run.results(),
        best_epoch=metrics["best_epoch"],
        metrics=metrics,
        skipped=[Skipped(entry["file"], entry.get("reason", "")) for entry in run.info["skipped"]],
        notes=notes if images is not None else [*notes, _GONE],
        warnings=[Note(**warning) for warning in run.info.get("warnings", [])],
        layers=[
            row
            for row in summarise(run.network, run.preprocess.input_shape)
            if row.kind not in _ORDER_OF_AXES
        ],
        num_parameters=metrics["parameters"],
        recipe=run.recipe if run.has_recipe else run.info.get("settings", {}),
        own={name: part["name"] for name, part in run.info.get("own", {}).items()},
        preprocess=run.preprocess,
        versions=run.info["versions"],
        host=run.info["host"],
        started=run.info["created"],
        seconds=metrics["seconds"],
        insight=None
        if images is None or not run.target.exclusive
        else _inside(run, evaluation, images, shown, on_note),
        plates=[]
        if images is None or not evaluation.n or not run.target.exclusive
        else kind.plates(run.network, evaluation, images, run.preprocess, language),
        reused=sentences(run.info),
        trust=run.errors() if run.target.kind == "number" else run.trust_record(),
        target=run.target,
        costs=run.costs,
        thresholds=run.thresholds(),
        change=run.change(),
        few=note_after(run),
    )


def _shown(evaluation: Any, pixels: Mapping[str, Pixels]) -> tuple[Any, np.ndarray | None]:
    """The answers that the page speaks of, and their examples; None where they are gone, or are others now.

    Of very many examples a program's run keeps the first: the page then speaks of those.
    """
    part = pixels.get(evaluation.split)
    if part is None or not len(part) or not np.array_equal(part.labels, evaluation.labels[: len(part)]):
        return evaluation, None
    files = None if evaluation.files is None else evaluation.files[: len(part)]
    if files is not None and part.files is not None and files != part.files:
        return evaluation, None
    if len(part) < evaluation.n:
        evaluation = dataclasses.replace(
            evaluation,
            labels=evaluation.labels[: len(part)],
            probabilities=evaluation.probabilities[: len(part)],
            files=files,
            kept_ranks=None if evaluation.kept_ranks is None else evaluation.kept_ranks[: len(part)],
        )
    return evaluation, part.images


def _examples(run: Run, pixels: Pixels | None) -> dict[str, np.ndarray]:
    """Of each class that is shown; of thousands of classes the pictures of all would fill the memory."""
    if pixels is None:
        return {}
    rows = run.target.rows_of_each(pixels.labels, run.classes)
    return {name: np.asarray(pixels.images[rows[name][:EXAMPLES]]) for name in html.classes_shown(list(rows))}


def _counts(run: Run, pixels: Mapping[str, Pixels]) -> dict[str, list[int]]:
    """Examples of each class by split, as the run wrote them down."""
    if (counts := run.info["data"].get("per_class")) is not None:
        return dict(counts)
    placed = run.placed()
    if placed is None:  # a run of before
        labels = {split: part.labels for split, part in pixels.items()}
    else:
        labels = {str(split): placed.labels[placed.rows(str(split))] for split in np.unique(placed.splits)}
    return {split: run.target.counts(of, run.classes).tolist() for split, of in labels.items()}


def _inside(
    run: Run,
    evaluation: Any,
    images: np.ndarray,
    shown: np.ndarray | None,
    on_note: Callable[[Note], None],
) -> Insight | None:
    """What the kind of data has to show of the network's inside, as far as hooks can follow the network."""
    try:
        return SHOWN[kind_of(run.preprocess).name].insight(
            run.network, evaluation, images, run.preprocess, shown
        )
    except RuntimeError as error:
        # A module of the user's own may do what no hook can follow; the training is worth more than these pictures.
        on_note(
            Note(
                f"The report does not show where it looked: {error}",
                f"Le rapport ne montre pas où il a regardé : {error}",
            )
        )
        return None

"""What turns a trained network into a finished run: figures by split, predictions, the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prunelle.data.pixels import Skipped
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.disk import write_json, write_text
from prunelle.jobs import reusing, run_data
from prunelle.report import html, series
from prunelle.report.content import ReportContent
from prunelle.report.figures import save_figures
from prunelle.report.insight import Insight, look_inside
from prunelle.report.repeating import repeating
from prunelle.runs.judging import learned_in
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Language, Note
from prunelle.training.inference import evaluate
from prunelle.training.metrics import Evaluation
from prunelle.training.verdicts import summary

if TYPE_CHECKING:
    from prunelle.jobs.preparing import Prepared

_EXAMPLES = 8  # pictures a class in the report


def finish(run: Run, prepared: Prepared, listener: Listener, language: Language) -> None:
    """Evaluates the best weights on every split, writes the rest of the folder, marks the run finished."""
    training = prepared.training
    prepared.network.load_state_dict(run.best_weights())
    prepared.network.eval()
    seen = prepared.learning
    # A frozen trunk is not run again: its features are there.
    evaluations = {
        split: evaluate(
            training.network.eval(),
            pixels,
            run.classes,
            seen.normaliser,
            split,
            progress=listener.on_progress,
        )
        for split, pixels in seen.inputs.items()
    }
    judged = next(split for split in ("test", "validation", "train") if split in evaluations)
    rows = training.progress.rows
    seconds = sum(row["seconds"] or 0.0 for row in rows)
    metrics = {
        **{split: summary(evaluation) for split, evaluation in evaluations.items()},
        "best_epoch": training.progress.best_epoch,
        "epochs": len(rows),
        "seconds": round(seconds, 3),
        "parameters": prepared.description["parameters"],
    }
    if learned := _learned(run, prepared, evaluations[judged], listener):
        metrics[judged]["learned"] = learned
    run.write_predictions(evaluations[judged])
    train_pixels = prepared.pixels["train"]
    index = {name: label for label, name in enumerate(run.classes)}
    content = ReportContent(
        run_name=run.path.name,
        data_name=run.info["data"]["name"],
        network_name=prepared.description["name"],
        command=run.info["command"],
        again=repeating(run.info, training.device.type),
        evaluation=evaluations[judged],
        images=prepared.pixels[judged].images,
        examples={
            # Of thousands of classes the pictures of all would fill the memory.
            name: np.asarray(
                train_pixels.images[np.flatnonzero(train_pixels.labels == index[name])[:_EXAMPLES]]
            )
            for name in html.classes_shown(run.classes)
        },
        counts={
            split: np.bincount(pixels.labels, minlength=len(run.classes)).tolist()
            for split, pixels in prepared.pixels.items()
        },
        results=rows,
        best_epoch=training.progress.best_epoch,
        metrics=metrics,
        skipped=[Skipped(entry["file"], entry["reason"]) for entry in run.info["skipped"]],
        notes=[Note(**note) for note in run.info["data"]["notes"]],
        warnings=[Note(**warning) for warning in training.progress.warnings],
        layers=prepared.layers,
        num_parameters=prepared.description["parameters"],
        recipe=run.recipe,
        preprocess=run.preprocess,
        versions=run.info["versions"],
        host=run.info["host"],
        started=run.info["created"],
        seconds=seconds,
        insight=_insight(run, prepared, evaluations[judged], judged, listener),
        plates=_plates(run, prepared, evaluations[judged], judged, language),
        reused=reusing.sentences(run.info),
    )
    write_text(run.path / "report.html", html.render(content, language))
    save_figures(content, run.path / "figures", language)
    write_json(run.path / "metrics.json", metrics)
    run.update(status="finished")


def _learned(
    run: Run, prepared: Prepared, evaluation: Evaluation, listener: Listener
) -> dict[str, int] | None:
    """Of the examples that speak for the network, those it has learned all the same: a given split may hold copies of
    training examples, or what a run learned whose weights were the first ones."""
    split = next(split for split in prepared.data.splits() if split.name == evaluation.split)
    placed = run.placed()
    if split.name == "train" or placed is None or placed.contents is None:
        return None
    held = placed.contents.take(placed.rows(split.name))
    return learned_in(run_data.seen_by(run, split, held, listener) or (), evaluation)


def _insight(
    run: Run, prepared: Prepared, evaluation: Evaluation, split: str, listener: Listener
) -> Insight | None:
    images = prepared.pixels[split].images
    if not isinstance(run.preprocess, Preprocess) or not isinstance(images, np.ndarray):
        return None  # series
    try:
        return look_inside(prepared.network, evaluation, images, run.preprocess)
    except RuntimeError as error:
        # A module of one's own may do what no hook can follow; the training is worth more than these pictures.
        listener.on_note(
            Note(
                f"The report does not show where it looked: {error}",
                f"Le rapport ne montre pas où il a regardé : {error}",
            )
        )
        return None


def _plates(
    run: Run, prepared: Prepared, evaluation: Evaluation, split: str, language: Language
) -> list[series.Plate]:
    """Of series only."""
    if not isinstance(run.preprocess, SeriesPreprocess) or not evaluation.n:
        return []
    examples = prepared.pixels[split].images
    return series.plates(prepared.network, evaluation, examples, run.preprocess, language)

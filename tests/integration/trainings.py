"""A small training with dropout and augmentation, run in processes that can be killed."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.integration.command import figures

# Children are forked from a server that has imported everything and computed nothing: they start in
# milliseconds, and no thread pool is forked.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.integration.warm"])

TIMING_FIELDS = {"seconds", "images_per_second", "data_wait"}


def without_pictures() -> None:
    """In a process of its own: reports of a line; what they show is tested elsewhere, and takes most of the time."""
    from prunelle.disk import write_text
    from prunelle.jobs import few_shots
    from prunelle.report import comparison_page, folds_page, html, run_report

    def figures(_content: object, folder: Path, *_: object) -> None:
        write_text(folder / "a.png", "a figure")

    html.render = lambda *_: "a report"  # type: ignore[assignment]
    run_report.save_figures = figures  # type: ignore[assignment]
    run_report._inside = lambda *_: None  # type: ignore[assignment]
    comparison_page.write = (  # type: ignore[assignment]
        lambda comparison, _: write_text(comparison.path / "report.html", "a report")
    )
    folds_page.write = (  # type: ignore[assignment]
        lambda folds, *_: write_text(folds.path / "report.html", "a report")
    )
    few_shots.save_plot = lambda shots, file, _: write_text(file, "a plot")  # type: ignore[assignment]


def small_training(
    output: str, resume: bool = False, epochs: int | None = None, save_every_s: float = 0.0
) -> None:
    """Digits, 8×8, through the photo network (three dropouts), mirrored, turned and shifted."""
    import torch

    from prunelle import Augment, Recipe, from_arrays, tasks

    torch.set_num_threads(1)
    if multiprocessing.parent_process() is not None:
        without_pictures()
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.round(digits.images[:400] * 255 / 16).astype(np.uint8)
    data = from_arrays(images, digits.target[:400].tolist(), name="digits", validation=0.2, test=0.2, seed=0)
    recipe = Recipe(
        epochs=epochs or 3,
        batch_size=32,
        augment=Augment(flip=True, rotation=10, shift=0.1),
        schedule="constant",
        learning_rate=4e-3,  # in three epochs of eight steps, less than that learns or not by luck
        ema_decay=0.9,
        seed=3,
    )
    tasks.train(
        None if resume else "course-photos",
        data,
        recipe,
        resume=output if resume else None,
        output=output,
        epochs=epochs,
        save_every_s=save_every_s,
        style="quiet",
        language="en",
    )


def small_labels_training(output: str, resume: bool = False) -> None:
    """The same digits with several labels each, through a network with dropout."""
    import dataclasses

    import torch

    from prunelle import Augment, Recipe, from_arrays, tasks
    from prunelle.data.targets import SeveralLabels

    torch.set_num_threads(1)
    if multiprocessing.parent_process() is not None:
        without_pictures()
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.round(digits.images[:300] * 255 / 16).astype(np.uint8)
    data = from_arrays(images, digits.target[:300].tolist(), name="digits", validation=0.2, test=0.2, seed=0)

    def told(split: Any) -> Any:
        number = split.labels
        labels = np.stack([number % 2 == 0, number >= 5, number == 3], axis=1)
        return dataclasses.replace(split, labels=labels)

    splits = {split.name: told(split) for split in data.splits()}
    data = dataclasses.replace(
        data, classes=("even", "large", "three"), target=SeveralLabels(), source=None, **splits
    )
    recipe = Recipe(
        epochs=2, batch_size=32, augment=Augment(shift=0.1), learning_rate=4e-3, balance=True, seed=3
    )
    tasks.train(
        None if resume else "course-photos",
        data,
        recipe,
        resume=output if resume else None,
        output=output,
        save_every_s=0.0,
        style="quiet",
        language="en",
    )


def spawn(target: Any, *arguments: Any) -> Any:
    """Starts ``target(*arguments)`` in a process of its own."""
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    return process


def result(run: Path) -> dict[str, Any]:
    """All that must be the same however often a training was killed: bytes of weights, figures, answers."""
    from safetensors.numpy import load_file

    weights = {
        f"{which}.{name}": tensor.tobytes()
        for which in ("best", "last")
        for name, tensor in load_file(run / "weights" / f"{which}.safetensors").items()
    }
    with (run / "results.csv").open() as stream:
        rows = [{k: v for k, v in row.items() if k not in TIMING_FIELDS} for row in csv.DictReader(stream)]
    return {
        "weights": weights,
        "rows": rows,
        "metrics": figures(run),
        "predictions": (run / "predictions.csv").read_text(),
    }


def kill_at_write(
    output: str,
    resume: bool,
    number: int,
    after: bool,
    training: Callable[[str, bool], None] = small_training,
) -> None:
    """A training that SIGKILLs itself in its ``number``-th atomic write, just before or after the rename."""
    writes = 0
    replace = os.replace

    def deadly(source: str, target: str) -> None:
        nonlocal writes
        writes += 1
        if writes == number and not after:
            # The temporary file is cut in half: what a kill in the middle of writing leaves.
            if str(source).endswith(".tmp"):
                os.truncate(source, os.path.getsize(source) // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
        if writes == number:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = deadly  # type: ignore[assignment]
    training(output, resume)

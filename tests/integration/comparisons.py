"""A small comparison, run in processes that can be killed."""

from __future__ import annotations

import csv
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

EPOCHS, SEEDS = 2, 2


def digits() -> Any:
    from sklearn.datasets import load_digits

    from prunelle import from_arrays

    found = load_digits()
    images = np.round(found.images[:300] * 255 / 16).astype(np.uint8)
    return from_arrays(images, found.target[:300].tolist(), name="digits", validation=0.2, test=0.3, seed=0)


def small_comparison(output: str, resume: bool = False) -> Any:
    """Two networks, two seeds, two epochs of five steps."""
    import torch

    import prunelle as pn

    torch.set_num_threads(1)
    if resume:
        return pn.compare(data=digits(), resume=output, style="quiet", language="en")
    return pn.compare(
        ["course-look", "dense"],
        digits(),
        pn.Recipe(epochs=EPOCHS, batch_size=32),
        seeds=SEEDS,
        match_parameters=True,
        output=output,
        style="quiet",
        language="en",
    )


def figures(path: Path) -> list[dict[str, str]]:
    """The lines of ``results.csv``, without what a clock or a folder's name decides."""
    with (path / "results.csv").open() as stream:
        return [
            {key: value for key, value in row.items() if key not in ("seconds_per_epoch", "run")}
            for row in csv.DictReader(stream)
        ]


def kill_at_write(output: str, resume: bool, moment: int | str) -> None:
    """``small_comparison`` that SIGKILLs itself in an atomic write, the file cut in two.

    ``moment`` is the number of that write, or the name of a file in the comparison's own folder.
    """
    writes = 0
    replace = os.replace

    def deadly(source: str, target: str) -> None:
        nonlocal writes
        writes += 1
        if moment in (writes, os.path.relpath(target, output)):
            if str(source).endswith(".tmp"):
                os.truncate(source, os.path.getsize(source) // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    os.replace = deadly  # type: ignore[assignment]
    small_comparison(output, resume)


def interrupted_at_step(output: str, number: int, written: str) -> None:
    """``prunelle compare`` on the embedded digits, with SIGINT in its ``number``-th step."""
    import sys

    import torch

    from prunelle.cli.main import main
    from prunelle.training.engine import Training

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    original, steps = Training._step, 0

    def step(self: Any, *arguments: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == number:
            os.kill(os.getpid(), signal.SIGINT)
        original(self, *arguments)

    Training._step = step  # type: ignore[method-assign]
    sys.argv = ["prunelle", "compare", "course-look", "dense", *("--epochs", "1", "--seeds", "1")]
    sys.argv += ["--batch-size", "64", "--output", output, "--progress", "lines"]
    main()

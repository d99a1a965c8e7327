"""The weights of single epochs, where a training kept them (``keep`` of ``prunelle.train``)."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from prunelle.errors import ArgumentError
from prunelle.training.checkpoint import load_tensors

_NAME = re.compile(r"epoch-(\d{1,9})\.safetensors")


def kept_epochs(run: Path) -> list[int]:
    """Of a run's folder, in order; none where none are kept."""
    try:
        names = [file.name for file in (run / "weights").iterdir()]
    except OSError:
        return []
    return sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))


def epoch_weights(run: Path, epoch: int) -> dict[str, torch.Tensor]:
    """By name, as the network had them at the end of ``epoch``.

    Raises:
        ArgumentError: those of that epoch are not kept.
        Damaged: they are not what was written.
    """
    if epoch not in (kept := kept_epochs(run)):
        raise ArgumentError(
            f"epoch must be one whose weights {run} keeps ({', '.join(map(str, kept)) or 'none'}); received {epoch}."
        )
    return load_tensors(run / "weights" / f"epoch-{epoch}.safetensors")[0]

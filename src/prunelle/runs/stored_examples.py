"""Examples that a run keeps, because nothing else does: arrays that a program made and gave ``fit`` and ``evaluate``.

``examples.safetensors``: by split, those on which the run was judged (as many as there was room for) and a few of the
training ones, with their labels, as decoded: what a ``Preprocess`` normalises.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from prunelle.data.examples import Data, Split
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels
from prunelle.data.series.container import Series
from prunelle.errors import RunError
from prunelle.training.checkpoint import load_tensors, save_tensors

KEPT_FILE = "examples.safetensors"


def write_kept(run: Path, kept: Mapping[str, Pixels]) -> None:
    """``examples.safetensors`` in a run's folder, by split."""
    tensors = {}
    for split, pixels in kept.items():
        tensors[f"{split}.examples"] = torch.from_numpy(np.ascontiguousarray(pixels.images))
        tensors[f"{split}.labels"] = torch.from_numpy(np.ascontiguousarray(pixels.labels))
    save_tensors(run / KEPT_FILE, tensors, {"splits": list(kept)})


def read_kept(run: Path, classes: tuple[str, ...], preprocess: AnyPreprocess, name: str) -> Data | None:
    """What a run keeps, as data; None where it keeps nothing.

    Args:
        name: of the data.

    Raises:
        RunError: the file is damaged.
    """
    file = run / KEPT_FILE
    if not file.is_file():
        return None
    tensors, meta = load_tensors(file)
    splits = {}
    for split in meta.get("splits", ()):
        try:
            examples, labels = (tensors[f"{split}.{part}"].numpy() for part in ("examples", "labels"))
            array = Series.from_array(examples) if examples.ndim == 3 else examples
            if labels.dtype != np.int64 or not 0 <= labels.min() <= labels.max() < len(classes):
                raise ValueError("labels that are no classes")
            splits[split] = Split(split, labels, array=array)
        except (KeyError, ValueError) as error:
            raise RunError(f"{file} is damaged: {error}.") from None
    if "train" not in splits:
        raise RunError(f"{file} is damaged: it has no training examples.")
    return Data(
        name=name,
        classes=classes,
        train=splits["train"],
        validation=splits.get("validation"),
        test=splits.get("test"),
        preprocess=preprocess,
    )

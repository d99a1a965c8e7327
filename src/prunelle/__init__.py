"""Prunelle: a workbench for convolutional networks on PyTorch.

    >>> import prunelle as pn
    >>> data = pn.load("mnist")
    >>> network = pn.build("lenet5", num_classes=10)
    >>> run = pn.train(network, data, pn.Recipe(epochs=5, batch_size=32))
    >>> run.evaluate(data.test).accuracy
    >>> run.predict(["photo.jpg"], top=3)

Names are loaded when they are first used, so ``import prunelle`` does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prunelle.data import from_arrays, from_series, load
    from prunelle.data.augment import Augment
    from prunelle.data.examples import Data
    from prunelle.data.from_dataset import from_dataset
    from prunelle.data.preprocess import Preprocess
    from prunelle.data.series.augment import SeriesAugment
    from prunelle.data.series.preprocess import SeriesPreprocess
    from prunelle.errors import PrunelleError
    from prunelle.networks import build
    from prunelle.networks.classifier import with_classifier
    from prunelle.networks.freezing import freeze, unfreeze
    from prunelle.page import open as open
    from prunelle.runs.listener import Listener
    from prunelle.runs.run import Run
    from prunelle.runs.table import runs
    from prunelle.tasks import (
        advise,
        check,
        compare,
        convolve,
        cross_validate,
        evaluate,
        explore,
        export,
        look_into,
        predict,
        pretrained,
        retrain,
        shots,
        train,
        train_with_unlabelled,
        write_report,
    )
    from prunelle.training.fast import predictor
    from prunelle.training.recipe import Recipe
    from prunelle.transfer.strategies import Strategy

_HOMES = {
    "Augment": "prunelle.data.augment",
    "Data": "prunelle.data.examples",
    "Preprocess": "prunelle.data.preprocess",
    "Listener": "prunelle.runs.listener",
    "PrunelleError": "prunelle.errors",
    "Recipe": "prunelle.training.recipe",
    "Run": "prunelle.runs.run",
    "SeriesAugment": "prunelle.data.series.augment",
    "SeriesPreprocess": "prunelle.data.series.preprocess",
    "Strategy": "prunelle.transfer.strategies",
    "advise": "prunelle.tasks",
    "build": "prunelle.networks",
    "check": "prunelle.tasks",
    "compare": "prunelle.tasks",
    "convolve": "prunelle.tasks",
    "cross_validate": "prunelle.tasks",
    "evaluate": "prunelle.tasks",
    "explore": "prunelle.tasks",
    "export": "prunelle.tasks",
    "freeze": "prunelle.networks.freezing",
    "from_arrays": "prunelle.data",
    "from_dataset": "prunelle.data.from_dataset",
    "from_series": "prunelle.data",
    "load": "prunelle.data",
    "look_into": "prunelle.tasks",
    "open": "prunelle.page",
    "predict": "prunelle.tasks",
    "predictor": "prunelle.training.fast",
    "pretrained": "prunelle.tasks",
    "retrain": "prunelle.tasks",
    "runs": "prunelle.runs.table",
    "shots": "prunelle.tasks",
    "train": "prunelle.tasks",
    "train_with_unlabelled": "prunelle.tasks",
    "unfreeze": "prunelle.networks.freezing",
    "with_classifier": "prunelle.networks.classifier",
    "write_report": "prunelle.tasks",
}

# Without open: `from prunelle import *` must not hide Python's own.
__all__ = [
    "Augment",
    "Data",
    "Listener",
    "Preprocess",
    "PrunelleError",
    "Recipe",
    "Run",
    "SeriesAugment",
    "SeriesPreprocess",
    "Strategy",
    "advise",
    "build",
    "check",
    "compare",
    "convolve",
    "cross_validate",
    "evaluate",
    "explore",
    "export",
    "freeze",
    "from_arrays",
    "from_dataset",
    "from_series",
    "load",
    "look_into",
    "predict",
    "predictor",
    "pretrained",
    "retrain",
    "runs",
    "shots",
    "train",
    "train_with_unlabelled",
    "unfreeze",
    "with_classifier",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'prunelle' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext prunelle``: the kernel's ``import keras`` and ``tensorflow.keras`` are Prunelle's."""
    importlib.import_module("prunelle.extension").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext prunelle``: they are what they were."""
    importlib.import_module("prunelle.extension").unload(shell)

"""What every child of ``trainings.CONTEXT`` would import and read by itself, in its first half second."""

from __future__ import annotations

import gc
import os

import filelock  # noqa: F401
import matplotlib.figure  # noqa: F401
import sklearn.datasets
import sklearn.metrics  # noqa: F401
import torch._dynamo  # noqa: F401  what an optimiser imports, for seconds

import prunelle.cli.main
import prunelle.cli.train
import prunelle.data.folder
import prunelle.data.series.load
import prunelle.networks.dense
import prunelle.tasks  # noqa: F401
from prunelle.texts import Typography

for _language in ("en", "fr"):
    Typography(_language).integer(1000)  # reads how the language writes numbers

os.fsync = lambda _: None  # as in tests/conftest.py

# None of it is looked through again for what can go, in any child.
gc.collect()
gc.freeze()

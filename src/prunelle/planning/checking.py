"""The frozen request of a check of data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from torch import nn

from prunelle.planning.request import DataSource, Destination, Limits, Preparation
from prunelle.runs.run import Run
from prunelle.texts import Language


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CheckRequest:
    """Labelled examples to check, as it is asked for.

    Attributes:
        source: which; of a run its own where they are None.
        run: whose network compares them.
        network: by name, or a module, that compares them; None for what is at hand.
        weights: of ``network``.
        preparation: of ``network`` with ``weights``.
        limits: of memory.
        destination: of the folder.
        language: of the page.
    """

    source: DataSource
    run: Run | None
    network: nn.Module | str | None
    weights: str | Path | None
    preparation: Preparation
    limits: Limits
    destination: Destination
    language: Language

"""Networks that no family makes: those of programs, built again from what their runs keep.

``network.rebuild`` of a ``run.json`` names who builds one: a name of this table, and never a module or a function,
since a run may come from a stranger. The builders live in rooms above this one, which nothing here imports before it is
asked for such a network.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from prunelle.errors import RunError

WEIGHTS_FILE = "last.safetensors"
"""In ``weights/`` of such a run: a program's last epoch is what it went on with."""

_BUILDERS = {"keras": "prunelle.keras.rebuilding"}
"""Name → the module whose ``rebuild(file, described)`` gives the network with its weights, in evaluation mode."""


def is_rebuilt(described: Mapping[str, Any]) -> bool:
    """Whether the ``network`` entry of a ``run.json`` is of a network that is built again here."""
    return "rebuild" in described


def refuse_as_start(run: str | Path, described: Mapping[str, Any]) -> None:
    """Raises a ``RunError`` where a run is named as weights to begin with, and its network is none that trains here."""
    if is_rebuilt(described):
        raise RunError(
            f"{run} has a program's own network ({described['name']}), whose weights fit no network of Prunelle's. Go "
            f"on with it in a program: keras.models.load_model({str(Path(run) / 'weights' / WEIGHTS_FILE)!r})."
        )


def rebuild(run: Path, described: Mapping[str, Any]) -> nn.Module:
    """The network of a run, with its weights: it takes what the run's preprocessing gives, and gives logits.

    Args:
        run: the folder.
        described: the ``network`` entry of its ``run.json``.

    Raises:
        RunError: nobody here builds such a network, or there are no weights.
    """
    name = described["rebuild"]
    if name not in _BUILDERS:
        raise RunError(
            f"{run} has a network that {name!r} builds, which this Prunelle does not know "
            f"(it knows {', '.join(_BUILDERS)}). Update Prunelle to open it."
        )
    file = run / "weights" / WEIGHTS_FILE
    if not file.is_file():
        raise RunError(
            f"{run} has no weights: the program that trained it was stopped before they were written."
        )
    network: nn.Module = importlib.import_module(_BUILDERS[name]).rebuild(file, described)
    return network

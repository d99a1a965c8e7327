"""The network of a program's run, from the model that was saved there: what lies under ``Run.network``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from prunelle.errors import PrunelleError, RunError
from prunelle.keras import saving
from prunelle.keras.as_network import as_network


def rebuild(file: Path, described: Mapping[str, Any]) -> nn.Module:
    """``runs.rebuild``'s builder; ``described["outputs"]`` is what the model gives: ``logits``, ``probabilities``.

    Raises:
        RunError: the file holds no model that can be built.
    """
    try:
        model = saving.load_model(file, compile=False)
    except (PrunelleError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"the model of {file} cannot be built again: {error}") from error
    return as_network(model, described["outputs"] == "logits")

"""The network of a program's run, from the model that was saved there: what lies under ``Run.network``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from torch import nn

from prunelle.errors import PrunelleError, RunError
from prunelle.keras.as_network import as_network
from prunelle.keras.compat import compat
from prunelle.keras.generations import is_in_force
from prunelle.keras.own_files import generation_of, read_model


def rebuild(file: Path, described: Mapping[str, Any]) -> nn.Module:
    """``runs.rebuild``'s builder; ``described["outputs"]`` is what the model gives: ``logits``, ``probabilities``.

    Raises:
        RunError: the file holds no model that can be built.
    """
    try:
        with nullcontext() if is_in_force() else compat(generation_of(file)):
            model = read_model(file, compile=False)
            return as_network(model, described["outputs"] == "logits")
    except (PrunelleError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"the model of {file} cannot be built again: {error}") from error

"""The states of a training: the last two are kept, damage is told, and a damaged one never becomes the one before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from prunelle.disk import put_aside, writing
from prunelle.errors import Damaged
from prunelle.training.checkpoint import load_tensors, save_tensors


@dataclasses.dataclass(frozen=True, eq=False)
class State:
    """What a training goes on from.

    Attributes:
        tensors: by name; None where there is no state that is whole.
        progress: the numbers beside them.
        damaged: of newer ones, what is wrong with them.
    """

    tensors: dict[str, torch.Tensor] | None
    progress: dict[str, Any]
    damaged: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class States:
    """The two files of a run's ``state`` folder.

    Attributes:
        newest: where the state of an unfinished (or extendable) training is.
        before: the one before it; a training goes on from there to the same end.
    """

    folder: Path

    @property
    def newest(self) -> Path:
        return self.folder / "training.safetensors"

    @property
    def before(self) -> Path:
        return self.folder / "previous.safetensors"

    def any(self) -> bool:
        """Whether there is one, damaged or not."""
        return self.newest.exists() or self.before.exists()

    def save(self, tensors: Mapping[str, torch.Tensor], progress: Mapping[str, Any]) -> None:
        """The state of the training now; a kill may leave the one before under its new name alone."""
        save_tensors(self.newest, tensors, progress, keep=self.before)

    def load(self) -> State:
        """The newest that is whole. A damaged file is taken away, so that it never becomes the one before."""
        damaged = []
        for file in (self.newest, self.before):
            if not file.exists():
                continue
            try:
                tensors, progress = load_tensors(file)
            except Damaged as error:
                damaged.append(str(error))
                with writing(file):
                    if file.is_file():
                        file.unlink()
                    else:
                        put_aside(file)
            else:
                return State(tensors, progress, tuple(damaged))
        return State(None, {}, tuple(damaged))

    def forget(self) -> None:
        """Before a training begins again: a state of before would not be of the weights that are written now."""
        for file in (self.newest, self.before):
            with writing(file):
                file.unlink(missing_ok=True)

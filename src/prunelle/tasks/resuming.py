"""What a training that was stopped goes on from, and what is done where that is damaged."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from prunelle import networks
from prunelle.errors import RunError
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note, quoted


def state_of(run: Run, listener: Listener) -> tuple[dict[str, torch.Tensor] | None, dict[str, Any]]:
    """What a training goes on from, and a word about what is damaged; None for its beginning.

    What it saved after an older state is made again, to the same bits; so is everything from the beginning, where
    the seed alone decides the first weights.

    Raises:
        RunError: there is no state, and the first weights are nowhere else.
    """
    found = run.states.load()
    wrong = list(found.damaged)
    if found.tensors is not None and found.progress["best_epoch"]:
        # At the end they are needed; an epoch that is done again may not write them anew.
        try:
            run.best_weights()
        except RunError as error:
            wrong.append(error.message)
            found = dataclasses.replace(found, tensors=None)
    if found.tensors is None:
        if not networks.is_known(run.info["network"]["name"]) or "weights" in run.info["network"]:
            why = " ".join(wrong) or f"{run.path} was stopped before it had saved anything."
            raise _cannot_go_on(run, why)
        run.states.forget()
        if wrong:
            listener.on_note(
                Note(
                    f"{' '.join(wrong)} The training begins again, from its first step.",
                    f"{' '.join(wrong)} L’entraînement recommence à son premier pas.",
                )
            )
    elif wrong:
        listener.on_note(
            Note(
                f"{' '.join(wrong)} Going on from the state before it, to the same end.",
                f"{' '.join(wrong)} Reprise de l’état précédent, pour arriver au même point.",
            )
        )
    return found.tensors, found.progress


def _cannot_go_on(run: Run, why: str) -> RunError:
    """That only a new training helps, with its line where there is one."""
    error = RunError(f"{why} It can only be trained anew, in another folder")
    command = str(run.info.get("command", ""))
    if not command.startswith("prunelle train "):
        return RunError(f"{why} It can only be trained anew, in another folder.")
    number = 2
    while (other := run.path.with_name(f"{run.path.name}-{number}")).exists():
        number += 1
    # The last --output counts.
    return error.then("by", f"{command} --output {quoted(other)}")

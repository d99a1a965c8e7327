"""``answerer``: a network that stands ready, for who answers many askers."""

from __future__ import annotations

import contextlib
from pathlib import Path

from prunelle.console.listeners import Style, make_listener
from prunelle.jobs.answerer import Answerer, Asked, RuntimeName, answerer_of
from prunelle.jobs.answering import DEFAULT_TOP
from prunelle.planning.weights import Pretrained
from prunelle.runs.folds import Folds, answering_from
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.trust.trust import Caution


@plain_arguments
def answerer(
    run: Run | Folds | Pretrained | str | Path,
    *,
    top: int = DEFAULT_TOP,
    unsure: float | None = None,
    sets: float | None = None,
    unlike: float | None = None,
    runtime: RuntimeName = "auto",
    batch: int = 32,
    style: Style = "auto",
) -> Answerer:
    """Opens a network once, to be asked again and again.

    Args:
        run: or its folder; what ``pretrained`` gives; a cross-validation; or an ONNX file of ``export``. A run of a
            module of your own is opened first (``Run.open``).
        top, unsure, sets, unlike: as ``predict``, for whoever does not ask otherwise.
        runtime: ``torch`` for the network in PyTorch; ``onnx`` for onnxruntime, which takes the extra ``export``;
            ``auto`` for the faster of the two, tried here with one example and with ``batch`` together.
        style: what to show meanwhile.

    Raises:
        ArgumentError: a runtime that cannot be had of it.
        ExportError: a file that is not of ``export``.
        RunError: no run there, or one that cannot promise the share asked for.
    """
    asked = Asked(top=top, caution=Caution(unsure=unsure, sets=sets, unlike=unlike))
    with contextlib.closing(make_listener(style)) as listener:
        if isinstance(run, str | Path):
            run = Path(run) if Path(run).suffix == ".onnx" else answering_from(run)
        return answerer_of(run, asked=asked, runtime=runtime, batch=batch, listener=listener)

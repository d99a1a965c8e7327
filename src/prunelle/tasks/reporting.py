"""``write_report``: the page of a finished run again, from what the run keeps and the data where they are now."""

from __future__ import annotations

import contextlib
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.jobs import reporting, together
from prunelle.runs.folds import Folds, answering_from
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language


@plain_arguments
def write_report(
    run: Run | Folds | str | Path,
    *,
    language: Language | None = None,
    network: nn.Module | None = None,
    data_dir: str | Path | None = None,
    data_root: str | Path | None = None,
    style: Style = "auto",
) -> Path:
    """Writes ``report.html`` and ``figures/`` of a finished run again: in another language, say.

    Nothing is trained or evaluated again. The examples are read where they were; the page says so where they are gone.

    Args:
        run: or its folder; or a cross-validation.
        language: of the page; None for the locale's.
        network: the module, if the run trained one of your own.
        data_dir, data_root: where its data are now, as ``evaluate``.
        style: what to show meanwhile.

    Returns:
        The page.

    Raises:
        RunError: no run there, or one that is not finished.
    """
    with contextlib.closing(make_listener(style, language)) as listener:
        if not isinstance(run, Run | Folds):
            run = answering_from(run, network)
        if isinstance(run, Folds):
            return together.write_report(run, language or default_language(), listener)
        return reporting.write_report(
            run,
            language or default_language(),
            listener,
            data_dir=data_dir,
            data_root=data_root,
        )

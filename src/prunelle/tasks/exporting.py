"""``export``: a network taken away, as a file that answers alike without Prunelle."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess
from prunelle.exports.result import Export
from prunelle.jobs import exporting
from prunelle.jobs.exporting import ExportRequest, Telling
from prunelle.planning.request import DataSource
from prunelle.planning.weights import Pretrained
from prunelle.runs.folds import Folds
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language


@plain_arguments
def export(
    run: Run | Folds | Pretrained | nn.Module | str | Path,
    *,
    format: str = "onnx",
    output: str | Path | None = None,
    bundle: bool = False,
    quantize: str | None = None,
    check: Data | str | Path | None = None,
    labels: str | None = None,
    data_root: str | Path | None = None,
    examples: int | None = None,
    network: nn.Module | None = None,
    preprocess: AnyPreprocess | None = None,
    classes: Sequence[str] | None = None,
    licence: str | None = None,
    names: bool = False,
    language: Language | None = None,
    style: Style = "auto",
) -> Export:
    """Writes a network as a file that answers alike elsewhere, and checks that it does.

    Args:
        run: or its folder; or a cross-validation, whose networks answer together; or
            what ``pretrained`` gives; or a module that gives ``(N, K)`` logits.
        format: ``onnx``, ``pt2`` or ``html``.
        output: the file, or the bundle's folder; by default the run's name in the working directory.
        bundle: a folder that answers with onnxruntime and Pillow alone, with a script of twenty lines.
        quantize: ``int8``, calibrated on training examples; kept only if it costs at most half a point.
        check: other labelled data to check on than the run's own, as ``evaluate``; ``labels`` goes with it.
        data_root: where the data of the run are now, if they were moved.
        examples: how many to check on, at least 100. Default 200; of int8 1,000.
        network: the module, if the run trained one of your own.
        preprocess, classes: of a module: how its examples are prepared, and the names of its outputs.
        licence: of the network, for its card; by default that of the published weights it began with.
        names: in the ``.json``, those of the examples that are answered otherwise: for yourself, not to give away.
        language: of the card, ``en`` or ``fr``; None for the locale's.
        style: what to show meanwhile.

    Returns:
        What was written, and what was seen of it. A ``.json`` beside the file has the same, a ``.md`` is its model
        card; none of them has a picture, a path or a name of this machine.

    Raises:
        ExportError: the file does not answer as the network does, or cannot be written; nothing is left.
    """
    telling = Telling(language=language or default_language(), licence=licence, names=names)
    request = ExportRequest(
        format=format,
        output=output,
        bundle=bundle,
        quantize=quantize,
        source=DataSource(data=check, labels=labels),
        data_root=data_root,
        examples=examples,
        telling=telling,
    )
    with contextlib.closing(make_listener(style, language)) as listener:
        given = exporting.given_of(run, network, preprocess, classes)
        return exporting.export(given, request, listener)

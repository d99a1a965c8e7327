"""``evaluate`` and ``predict``: what a finished run, or a network with weights from elsewhere, answers."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.data.groups import AnyGroups
from prunelle.jobs import answering, together
from prunelle.jobs.answering import DEFAULT_TOP
from prunelle.planning.request import DataSource
from prunelle.planning.weights import Pretrained
from prunelle.runs.folds import Folds, answering_from
from prunelle.runs.predictions import Predictions
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.training.costs import GivenCosts
from prunelle.training.fast import Compile
from prunelle.training.objectives import AnyEvaluation
from prunelle.trust.trust import Caution


def evaluate(
    run: Run | Folds | Pretrained | str | Path,
    data: Data | AnyDataset | str | Path | None = None,
    *,
    network: nn.Module | None = None,
    labels: str | None = None,
    groups: AnyGroups | None = None,
    data_dir: str | Path | None = None,
    data_root: str | Path | None = None,
    decisions: Decisions | str | Path | None = None,
    costs: GivenCosts | None = None,
    compile: Compile = "auto",
    style: Style = "auto",
) -> AnyEvaluation:
    """A run's answers on labelled pictures.

    Args:
        run: or its folder; or what ``pretrained`` gives, and then data must be named. A cross-validation, or its
            folder: of its own examples what was measured, of others what its networks answer together.
        data: None, or the data the run was trained on, evaluates on the pictures kept aside then: the test
            split if there is one, else validation. Other data: its test split, else validation; a folder
            that is not split is a test set as a whole. Pictures that the run has learned are left out and counted,
            whatever they are called there (see ``Judged``).
        network: the module, if it was one of your own.
        labels, groups, data_dir: as ``prunelle.load``; groups that the run has learned from are told.
        data_root: where the data of the run are now, if they were moved.
        decisions: corrected labels to judge by, or the CSV that has them; as ``train``.
        costs: what each answer costs, by the truth, as ``train``; in place of the run's own.
        compile: ``auto`` makes a faster copy of the network where the work repays it; ``always``, ``never``.
        style: what to show meanwhile.

    Raises:
        DataError: ``data`` has a class that the run does not know, or more than 5 % of pictures (and more than
            one) that cannot be read.
    """
    source = DataSource(data=data, labels=labels, groups=groups, data_dir=data_dir, decisions=decisions)
    with contextlib.closing(make_listener(style)) as listener:
        if not isinstance(run, Run | Pretrained | Folds):
            run = answering_from(run, network)
        if isinstance(run, Folds):
            return together.evaluate(
                run, source, data_root=data_root, compile=compile, listener=listener, costs=costs
            )
        answers: AnyEvaluation = answering.evaluate(
            run, source, data_root=data_root, compile=compile, listener=listener, costs=costs
        )
    return answers


@plain_arguments
def predict(
    run: Run | Folds | Pretrained | str | Path,
    files: Sequence[str | Path] | AnyDataset,
    *,
    top: int = DEFAULT_TOP,
    unsure: float | None = None,
    sets: float | None = None,
    unlike: float | None = None,
    costs: GivenCosts | None = None,
    network: nn.Module | None = None,
    compile: Compile = "auto",
    style: Style = "auto",
) -> Predictions:
    """A run's answers on files, and on the pictures in folders (in name order).

    Of a folder, hidden files and those that are no pictures by their suffix are left out; a file that is named
    is always tried.

    A file that cannot be read gets an ``error``; the others are still predicted. ``compile`` as ``evaluate``.

    Args:
        run: or its folder; or what ``pretrained`` gives; or a cross-validation, whose networks answer together.
        files: files and folders, or a dataset of another library.
        top: classes named for each, the most probable first.
        unsure: at most that share of what is answered is wrong, as 0.05, with a certainty of 95 %, of pictures that
            come from where those of the training do. The others have no ``answer``, and ``doubt`` says so.
        sets: each has a set of classes, ``among``, and at most that share of the sets lacks the true class.
        unlike: what is unlike all that the run has learned has no ``answer`` either; at most that share of examples
            like those of the training is. 0.01 where ``unsure`` or ``sets`` is given; 0 for never.
        costs: each has ``least_cost``, the class that is expected to cost least by calibrated probabilities, and what;
            as ``train``, or ``"own"`` for those the run was trained with. The other answers stay as they are.
        network: the module, if it was one of your own.

    With any of the four the probabilities are calibrated (docs/predict.md), otherwise the network's own.

    Raises:
        ArgumentError: no file at all, ``top`` below 1, or no share.
        RunError: the validation examples cannot promise that share, or there are none.
    """
    caution = Caution(unsure=unsure, sets=sets, unlike=unlike)
    with contextlib.closing(make_listener(style)) as listener:
        if not isinstance(run, Run | Pretrained | Folds):
            run = answering_from(run, network)
        return answering.predict(
            run, files, top=top, caution=caution, compile=compile, listener=listener, costs=costs
        )

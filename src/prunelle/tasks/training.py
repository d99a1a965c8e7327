"""``train``: from labelled pictures to a finished run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from prunelle.console.listeners import Style
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.data.groups import AnyGroups
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.errors import ArgumentError
from prunelle.jobs import training
from prunelle.jobs.hearing import hearing
from prunelle.planning.request import MEMORY_BUDGET, SAVE_EVERY_S, request_of
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language
from prunelle.training.costs import GivenCosts
from prunelle.training.own import Loss, MakeOptimizer, Metric, Row, Schedule
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy


@plain_arguments
def train(
    network: nn.Module | str | None = None,
    data: Data | AnyDataset | str | Path | None = None,
    recipe: Recipe | Callable[..., Recipe] | None = None,
    *,
    resume: Run | str | Path | None = None,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit | SeriesFit | None = None,
    normalisation: Normalisation | None = None,
    options: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    strategy: Strategy | str | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    epochs: int | None = None,
    labels: str | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    data_dir: str | Path | None = None,
    data_root: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    decisions: Decisions | str | Path | None = None,
    costs: GivenCosts | None = None,
    memory_budget: int = MEMORY_BUDGET,
    save_every_s: float = SAVE_EVERY_S,
    language: Language | None = None,
    style: Style | Listener = "auto",
    log: str | Sequence[str] | None = None,
    listeners: Sequence[object] = (),
    loss: Loss | None = None,
    optimizer: MakeOptimizer | None = None,
    schedule: Schedule | None = None,
    metrics: Mapping[str, Metric] | Sequence[Metric] = (),
    stop: Callable[[Sequence[Row]], bool] | None = None,
    better: Callable[[Row, Row], bool] | None = None,
    keep: Callable[[Row], bool] | None = None,
    command: str | None = None,
) -> Run:
    """Trains a network on labelled pictures and leaves a run folder.

    Args:
        network: a module of your own, a name (``prunelle.networks.names()``), or None for one that suits
            the data. A module is trained in place and ends with its best weights.
        data: what ``prunelle.load`` takes, or its result; a dataset of another library (``from_dataset``): a
            ``Dataset`` or ``DataLoader``, a split of Hugging Face's, a table of pandas; None for the embedded digits.
        recipe: how; a function of the data, and of the strategy where there is one, that gives one; None for
            ``choose_recipe``.
        resume: a run to go on with instead; of all the rest only ``epochs``, ``network`` and ``data`` (those
            of your own), ``data_root``, ``language``, ``style``, ``log``, ``listeners``, ``memory_budget`` and
            ``save_every_s`` count then; and what was your own, from ``loss`` to ``keep``, must be given again.
        output: the run folder itself; None makes a new one under ``runs``.
        name: goes into the new folder's name in place of network and data.
        size: of the network's input in pixels, of series in steps; None for the network's own, or the data's.
        fit: how pictures of other shapes, or series of other lengths, get there.
        normalisation: of series: see ``SeriesPreprocess``.
        options: of a network by name (``{"hidden": (128,)}``; ``{"ensemble": 5}`` trains five that answer
            together).
        weights: to start from: a published set (``imagenet``), a file, or a run. Another number of classes than
            theirs gives a new last layer. Pictures are then prepared as the weights want them.
        strategy: what is kept of the weights and what learns: ``features``, ``partial``, ``full``, ``scratch``, or
            a ``Strategy`` that says more. None: everything learns alike.
        mean, std: per channel, in units of [0, 1]; None for the weights' own, or for those of the training
            pictures when no weights are given.
        epochs: in place of the recipe's; with ``resume``, extends the training to this many.
        labels, groups, task, data_dir, validation, test: as ``prunelle.load``.
        decisions: corrected labels, or the CSV that has them (``prunelle.data.decisions``): applied once the splits are
            drawn, so that these are those of a training without. No file is changed.
        costs: what each answer costs, by the truth: a CSV (``training.cost_files``), or ``{truth: {answer: cost}}``.
            Nothing is learned otherwise; figures say what answers cost, and what those of least expected cost would.
        data_root: with ``resume``: where the run's data are now, if they were moved. Pictures are recognised by what
            they hold, whatever they are called. A path as ``data`` means the same.
        memory_budget: bytes of decoded pixels kept in memory.
        save_every_s: seconds between saves within an epoch.
        language: of the report; None for the locale's.
        style: what to show meanwhile, or who is told.
        log: a tracker that is told too, or several: ``tensorboard``, ``mlflow``, ``wandb``, each an extra. It may be
            slow, fail or hang: the training does not wait for it.
        listeners: who is told too: objects with some of the methods of ``prunelle.Listener`` (``on_epoch``…), called
            in the training's own thread. What one raises ends the training, with what was saved kept.
        loss: of your own, in place of cross-entropy: ``(logits (N, K), targets)`` → a tensor of one number. The
            validation's loss stays cross-entropy.
        optimizer: of your own: groups of parameters → a ``torch.optim.Optimizer``; its rate is the schedule's peak.
        schedule: of your own: ``(step, steps)`` → the share of the peak that this step gets.
        metrics: with torchmetrics' ``update(preds, target)``, ``compute()`` and ``reset()``, by name or in a list: told
            the probabilities ``(N, K)`` of the validation after each epoch, and of each split at the end.
        stop: lines of ``results.csv`` so far → whether to stop, after each epoch.
        better: ``(line, best line so far)`` → whether an epoch's weights are the best; by validation accuracy if None.
        keep: line → whether the epoch's weights are kept too, as ``weights/epoch-N.safetensors``.
        command: the shell command to print in the report; None says it in Python.

    Returns:
        The run, its network loaded with the best weights.

    Raises:
        PrunelleError: see ``prunelle.errors``; ``Interrupted`` after SIGINT or SIGTERM, with the state saved.
    """
    request = request_of(locals())
    with contextlib.closing(hearing(style, language, log=log, listeners=listeners)) as listener:
        if resume is not None:
            return training.resume_from_request(resume, request, data_root, listener)
        if data_root is not None:
            raise ArgumentError(
                "data_root (--data-root) says where the data of a run that goes on are now; name the run with "
                "resume (--resume)."
            )
        return training.train(request, listener)

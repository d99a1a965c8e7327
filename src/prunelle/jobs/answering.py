"""What a run, or a network with weights from elsewhere, answers: on files, and on labelled examples it is judged on."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import data as datasets
from prunelle.data import cache
from prunelle.data.duplicates import Contents, contents_of
from prunelle.data.examples import Data, Split
from prunelle.data.from_dataset import AnyDataset, is_dataset, prepared
from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.label_files import find_label_file
from prunelle.data.leakage import readable_rows
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError, BadPictures, RunError, refuse_given
from prunelle.jobs import decoding, run_data, trusting
from prunelle.jobs.relabelling import relabelled
from prunelle.jobs.widening import widened
from prunelle.networks.published import imagenet_classes
from prunelle.planning.loading import ALREADY_LOADED, decided_data, load_data
from prunelle.planning.request import MEMORY_BUDGET, DataSource
from prunelle.planning.weights import Pretrained, outputs_note
from prunelle.runs.folds import Folds
from prunelle.runs.judging import Classifier, Origin, judge
from prunelle.runs.listener import Listener
from prunelle.runs.predictions import Predictions, predict_files, predict_pixels
from prunelle.runs.run import Run
from prunelle.runs.splits import SPLITS_FILE, Placed
from prunelle.texts import EN, FR, Note, quoted
from prunelle.training.cost_files import costs_for, costs_of
from prunelle.training.costs import Costs, GivenCosts
from prunelle.training.fast import Compile, predictor
from prunelle.trust.trust import Caution

OWN_COSTS = "own"
"""In place of costs, those that a run was trained with."""
DEFAULT_TOP = 3
"""Answers on a file, the most probable first."""


def evaluate(
    run: Run | Pretrained,
    source: DataSource,
    *,
    data_root: str | Path | None,
    compile: Compile,
    listener: Listener,
    costs: GivenCosts | None = None,
) -> Any:
    """What ``run`` answers on labelled pictures, its own or others; see ``prunelle.evaluate``."""
    given = None if costs is None else costs_of(costs)
    if given is not None and isinstance(run, Run):
        given = costs_for(given, run.target, run.classes)  # before anything is decoded
    evaluation = _evaluate(run, source, data_root=data_root, compile=compile, listener=listener)
    if given is not None:
        given = given.aligned(evaluation.classes)
        for note in given.notes:
            listener.on_note(note)
    own = run if isinstance(run, Run) else None
    weighed = given or (None if own is None else own.costs)
    if weighed is None:
        return evaluation
    return dataclasses.replace(
        evaluation, costs=weighed, temperature=None if own is None else own.temperature
    )


def _evaluate(
    run: Run | Pretrained,
    source: DataSource,
    *,
    data_root: str | Path | None,
    compile: Compile,
    listener: Listener,
) -> Any:
    if is_dataset(source.data):
        refuse_given("is for data that Prunelle reads, and this is a dataset", decisions=source.decisions)
        return _evaluate_dataset(run, source, compile, listener)
    labelled = labelled_examples(run, source, data_root, listener)
    if isinstance(run, Pretrained):
        data, run = _agree(labelled.data, run, listener)
        labelled = dataclasses.replace(labelled, data=data)
    split = part_to_judge(labelled.data, run)
    kept = labelled.own and isinstance(run, Run) and run.keeps_examples
    if isinstance(run, Run) and not kept:
        check_reads(run, listener)
    pixels = decoded(split, run.preprocess, listener)
    if kept:
        seen: list[tuple[Contents, Placed]] | None = run_data.seen_by_program(split, contents_of(pixels))
    elif isinstance(run, Run):
        seen = run_data.seen_by_run(run, split, contents_of(pixels), listener, data_root)
    else:
        seen = run_data.seen_by_weights(run.source, split, listener)
    # An earlier run says which files were its test, though not what they hold; named sets are always split alike.
    written = (
        labelled.own and isinstance(run, Run) and (run_data.placed_of(run) is not None or _is_named(run))
    )
    if seen is None and labelled.own and not written and isinstance(run, Run):
        raise RunError(
            f"{run.path} does not say which pictures it learned from (it has no {SPLITS_FILE}), and its data are "
            f"not what they were, so its test pictures can't be told from those. Name others: prunelle evaluate "
            f"{quoted(run.path)} DATA."
        )
    return judge(
        run,
        pixels,
        split.name,
        seen,
        groups=None if split.groups is None else split.groups[readable_rows(split, pixels)],
        origin=Origin(data=labelled.name, own=labelled.own, whole=labelled.whole, known=written),
        answers=predictor(run.network, num_examples=len(pixels), compile=compile, note=listener.on_note),
        progress=listener.on_progress,
    )


def decoded(split: Split, preprocess: AnyPreprocess, listener: Listener) -> Pixels:
    """A split to be judged on; what cannot be read is said.

    Raises:
        BadPictures: it is all of them, or too many.
    """
    pixels = split.decode(
        preprocess,
        in_memory=split.decoded_bytes(preprocess) <= MEMORY_BUDGET,
        progress=listener.on_progress,
    )
    for note in pixels.notes:
        listener.on_note(note)
    for skipped in pixels.skipped:
        listener.on_note(decoding.skipped_note(skipped))
    if not len(pixels):
        raise BadPictures(f"no picture of the {split.name} split can be read.")
    cache.check_share(pixels.skipped, len(pixels) + len(pixels.skipped))
    return pixels


def _evaluate_dataset(run: Run | Pretrained, source: DataSource, compile: Compile, listener: Listener) -> Any:
    """Every example of a dataset of another library, as a test set."""
    refuse_given(
        "is for data by name or path, and this is a dataset",
        labels=source.labels,
        groups=source.groups,
        data_dir=source.data_dir,
    )
    pixels = _taken_in(run, source.data, run.classes)
    _check_reads_pictures(run, pixels, listener)
    split = Split("test", pixels.labels, array=pixels.images)
    if isinstance(run, Run):
        seen = run_data.seen_by_run(run, split, contents_of(pixels), listener, None)
    else:
        seen = run_data.seen_by_weights(run.source, split, listener)
    return judge(
        run,
        pixels,
        "test",
        seen,
        origin=Origin(data=type(source.data).__name__, own=False, whole=True, known=False),
        answers=predictor(run.network, num_examples=len(pixels), compile=compile, note=listener.on_note),
        progress=listener.on_progress,
    )


_TAKEN_IN = {"pictures": prepared}
"""By the kind of data that a run is on: what takes in a dataset of another library."""


def _taken_in(run: Classifier, dataset: AnyDataset, classes: Sequence[str] | None) -> Pixels:
    kind = kind_of(run.preprocess).name
    if kind not in _TAKEN_IN:
        raise ArgumentError(f"a dataset of another library holds pictures, and the run is on {kind}.")
    settings: Any = run.preprocess
    return _TAKEN_IN[kind](dataset, settings, classes)


def _check_reads_pictures(run: Classifier, pixels: Pixels, listener: Listener) -> None:
    """Says what is assumed where pictures are prepared for the network of a program; tensors are prepared already."""
    if isinstance(run, Run) and pixels.images.dtype == np.uint8:
        check_reads(run, listener)


def predict(
    run: Run | Pretrained | Folds,
    files: Sequence[str | Path] | AnyDataset,
    *,
    top: int,
    caution: Caution,
    compile: Compile,
    listener: Listener,
    costs: GivenCosts | None = None,
) -> Predictions:
    """What ``run`` answers on files, and on what folders hold; see ``prunelle.predict``."""
    weighed = None if costs is None else _costs(run, costs, listener)
    doubts = trusting.doubts_of(run, caution, listener) if caution else None
    if weighed is not None:
        doubts = trusting.weighing(run, doubts, weighed, listener)
    dataset = _taken_in(run, files, None) if is_dataset(files) else None
    if dataset is not None:
        _check_reads_pictures(run, dataset, listener)
    elif isinstance(run, Run):
        check_reads(run, listener)
    if top > max(len(run.classes), DEFAULT_TOP) and run.target.kind != "number":
        listener.on_note(
            Note(
                f"top={top} names all classes there are: {EN.integer(len(run.classes))}.",
                f"top={top} nomme toutes les classes qu’il y a : {FR.integer(len(run.classes))}.",
            )
        )
    if dataset is not None:
        found = predict_pixels(run, dataset, top=top, doubts=doubts, compile=compile, note=listener.on_note)
    else:
        found = predict_files(
            run,
            expand_files(files, kind_of(run.preprocess).list_files),
            top=top,
            doubts=doubts,
            compile=compile,
            note=listener.on_note,
            progress=listener.on_progress,
        )
    return widened(found, run, listener)


def _costs(run: Run | Pretrained | Folds, given: GivenCosts, listener: Listener) -> Costs:
    """What was given, or the run's own, for its classes; what is odd about them is told.

    Raises:
        RunError: its own are asked for, and it has none.
    """
    if given != OWN_COSTS:
        costs = costs_for(given, run.target, run.classes)
        for note in costs.notes:
            listener.on_note(note)
        return costs
    told = run.runs[0] if isinstance(run, Folds) else run
    own = told.costs if isinstance(told, Run) else None
    if own is None:
        where = "a network with weights from elsewhere" if isinstance(run, Pretrained) else run.path
        raise RunError(
            f"{where} has no costs of its own (prunelle train --costs FILE gives some); name a file: --costs FILE."
        )
    return own


def check_reads(run: Run, listener: Listener) -> None:
    """Says what is assumed where files are prepared for the network of a program.

    Raises:
        RunError: nobody knows how they are.
    """
    run.check_reads_files()
    if (note := run.reading_note) is not None:
        listener.on_note(note)


def judged_split(run: Run, source: DataSource, listener: Listener) -> Split:
    """The split that a run is judged on (see ``evaluate``), its labels in the order of the run's classes."""
    return part_to_judge(labelled_examples(run, source, None, listener).data, run)


def part_to_judge(data: Data, run: Run | Pretrained) -> Split:
    """The test split, else validation, else all; its labels as ``run`` has them.

    Raises:
        DataError: the run tells something else, or does not know a class.
    """
    split = data.test or data.validation or data.train
    return dataclasses.replace(split, labels=relabelled(split.labels, data, run))


@dataclasses.dataclass(frozen=True, eq=False)
class Labelled:
    """Data to judge on: what they are called, whether they are the run's own, whether they have no splits."""

    data: Data
    name: str | None
    own: bool = False
    whole: bool = False


def labelled_examples(
    run: Run | Pretrained, source: DataSource, data_root: str | Path | None, listener: Listener
) -> Labelled:
    """The data to judge on.

    Raises:
        ArgumentError: something is given that has no effect on such data, or no data where they are needed.
    """
    data, labels, data_dir = source.data, source.labels, source.data_dir
    if data_root is not None and (data is not None or isinstance(run, Pretrained)):
        raise ArgumentError(
            "data_root (--data-root) says where the data of a run are now; it goes with a run, and without other data."
        )
    if source.groups is not None:
        _check_groups(run, source)
    if isinstance(data, Data):
        refuse_given(ALREADY_LOADED, labels=labels, groups=source.groups, data_dir=data_dir)
        return Labelled(_decided(data, source, listener), data.name)
    if isinstance(run, Pretrained):
        if data is None:
            raise ArgumentError(
                "a network with weights from elsewhere kept no pictures aside; name the data to evaluate on."
            )
    elif data is None or is_own(run, data, labels):
        if data is None:
            refuse_given("says where the classes of data are, and goes with it", labels=labels)
        refuse_given("are the run's own where its data are", groups=source.groups)
        own = run.info["data"]["source"]
        if own is None or own["data"] not in datasets.NAMED:
            refuse_given("is where named sets are, and the run's data are none", data_dir=data_dir)
        kept = _decided(run_data.data_of(run, listener, data_dir, data_root), source, listener)
        return Labelled(kept, None, own=True)
    if str(data) in datasets.NAMED:
        named = load_data(dataclasses.replace(source, decisions=None), listener)
        return Labelled(_decided(named, source, listener), str(data))
    refuse_given("is where named sets are, and data is a path", data_dir=data_dir)
    loaded = datasets.load_labelled(
        data, labels=labels, groups=source.groups, task=_task_of(run, labels), like=run.preprocess
    )
    for note in loaded.notes:
        listener.on_note(note)
    loaded = _decided(loaded, source, listener)
    if loaded.test or loaded.validation:
        return Labelled(loaded, str(data))
    whole = dataclasses.replace(loaded, test=dataclasses.replace(loaded.train, name="test"))
    return Labelled(whole, str(data), whole=True)


def _decided(data: Data, source: DataSource, listener: Listener) -> Data:
    """``data`` by the labels that people have decided, if they have."""
    if source.decisions is None:
        return data
    decided = decided_data(data, source.decisions, learned=False)
    listener.on_note(decided.note)
    return decided.data


def _check_groups(run: Run | Pretrained, source: DataSource) -> None:
    """Groups tell which examples have siblings that the run has learned.

    Raises:
        ArgumentError: it has learned none by groups.
    """
    placed = run_data.placed_of(run) if isinstance(run, Run) else None
    if placed is None or placed.groups is None:
        raise ArgumentError(
            f"groups (--groups) tells which examples are of groups that the run has learned from; {run} was trained "
            f"without groups. Leave it out."
        )


def _task_of(run: Run | Pretrained, labels: str | None) -> str | None:
    """What the labels of other data are: what the run tells, a number in the column of the same name."""
    if run.target.exclusive:
        return None
    in_table = run.target.kind == "number" and labels not in (None, "folder", "filename")
    return f"{run.target.task}:{run.classes[0]}" if in_table else run.target.task


def _is_named(run: Run) -> bool:
    source = run.info["data"]["source"]
    return source is not None and source["data"] in datasets.NAMED


def is_own(run: Run, data: str | Path, labels: str | None) -> bool:
    """Whether ``data`` is what the run was trained on, so that its training pictures must be left out."""
    datasets.check_is_named(data)
    source = run.info["data"]["source"]
    folder = Path(os.path.abspath(Path(data).expanduser()))
    if source is None or source["data"] not in (str(data), str(folder)):
        return False
    if labels is None or labels == source.get("labels"):
        return True
    # The same pictures under other labels are other data.
    return labels not in ("filename", "folder") and str(find_label_file(labels, folder)) == source.get(
        "labels"
    )


def _agree(data: Data, pretrained: Pretrained, listener: Listener) -> tuple[Data, Pretrained]:
    """The classes of the data and of the outputs under the same names, where one of them says too little."""
    if not pretrained.classes_known:
        source = pretrained.source
        pretrained = pretrained.named_by(data.classes)
        note = outputs_note(source, None, data.classes)
        if note is not None:
            listener.on_note(note)
    english = imagenet_classes()
    if pretrained.classes == tuple(english.values()) and all(name in english for name in data.classes):
        # ImageNet's own folders are called n02099601, and so on.
        data = dataclasses.replace(data, classes=tuple(english[name] for name in data.classes))
    return data, pretrained


def expand_files(files: Sequence[str | Path], inside_of: Callable[[Path], list[Path]]) -> list[str | Path]:
    """Files as they are, folders replaced by the files in them."""
    expanded: list[str | Path] = []
    for file in files:
        if Path(file).is_dir():
            inside = inside_of(Path(file))
            if not inside:
                raise ArgumentError(f"the folder {file} has no file that this network reads.")
            expanded += inside
        else:
            expanded.append(file)
    if not expanded:
        raise ArgumentError("name at least one file or folder to predict.")
    return expanded

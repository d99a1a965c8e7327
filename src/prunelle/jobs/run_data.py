"""The data of a run, located again: where they were, or where they are now; and what the run has learned of them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from prunelle import data as datasets
from prunelle.data import duplicates, leakage, listing
from prunelle.data.duplicates import Contents
from prunelle.data.examples import Data, Split
from prunelle.data.pixels import Pixels
from prunelle.data.series.classes import index_of
from prunelle.errors import DataError, MissingData, PrunelleError, RunError, refuse_given
from prunelle.jobs import decoding
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.runs.judging import kinds_of
from prunelle.runs.listener import Listener, Quiet
from prunelle.runs.run import Run
from prunelle.runs.splits import SPLITS, SPLITS_FILE, Placed
from prunelle.texts import EN, FR, Note, quoted, shown


def data_of(
    run: Run,
    listener: Listener,
    data_dir: str | Path | None = None,
    data_root: str | Path | None = None,
) -> Data:
    """The data a run was trained on, split as it was then.

    Args:
        run: the run.
        listener: told how far a download is.
        data_dir: where the files of a named set are now; None for where they were.
        data_root: where the data are now, if they were moved: the folder of pictures, whatever its files are called,
            since they are recognised by what they hold; the file of series; the folder of a named set.

    Raises:
        RunError: it was arrays, which no folder keeps.
        DataError: files are gone, or are not what they were; it names them.
    """
    kept = run.kept()
    if kept is not None:
        refuse_given(
            "is where data are now, and the run keeps its own", data_dir=data_dir, data_root=data_root
        )
        return kept
    placed = placed_of(run)
    if placed is not None and placed.files is not None:
        if data_root is not None:
            root = Path(os.path.abspath(Path(data_root).expanduser()))
            data = _arranged(run, placed, _files_under(root, run, placed, listener))
            source = None if data.source is None else data.source | {"data": str(root)}
            return dataclasses.replace(data, source=source)
        files = [Path(file) for file in placed.files]
        gone = [str(file) for file in files if not file.is_file()]
        if gone:
            raise DataError(
                f"{len(gone)} pictures that {run.path} was trained or tested on are gone: {shown(gone)}. Put them "
                f"back, name the folder where they are now (--data-root FOLDER, data_root=), or name other data."
            )
        return _arranged(run, placed, files)
    source = run.info["data"]["source"]
    if source is None:
        raise RunError(
            f"{run.path} was trained on arrays ({run.info['data']['name']}), which it does not keep; pass them: "
            f"data=prunelle.from_arrays(…)."
        )
    if data_root is not None:
        place = "data_dir" if source["data"] in datasets.NAMED else "data"
        source = source | {place: os.path.abspath(Path(data_root).expanduser())}
    if data_dir is not None:
        source = source | {"data_dir": data_dir}
    data = datasets.load(**source, progress=listener.on_progress)
    # A run of an earlier version may call the class 1 as its file writes it, 1.0; the order is the same.
    if [index_of(name, run.classes) for name in data.classes] != list(range(len(run.classes))):
        raise RunError(f"the data of {run.path} has other classes now: {shown(data.classes)}.")
    return as_trained(run, dataclasses.replace(data, classes=run.classes), listener)


def as_trained(run: Run, data: Data, listener: Listener, memory_budget: int = MEMORY_BUDGET) -> Data:
    """``data`` with copies on the side of the splits where the run had them, and as they were decided for it."""
    changed = run.info.get("decisions") is not None or run.info["data"].get("moved")
    placed = placed_of(run) if changed else None
    if placed is not None and placed.contents is not None:
        return _as_placed(run, data, placed, placed.contents, memory_budget)
    if run.info["data"].get("moved"):
        # A run of before, which says nowhere what its examples hold.
        data = decoding.decode_apart(data, run.preprocess, memory_budget, Quiet()).data
    return dataclasses.replace(data, drawn=())


def _as_placed(run: Run, data: Data, placed: Placed, contents: Contents, memory_budget: int) -> Data:
    """The examples of a run, under the run's labels, found among ``data`` by what they hold.

    The file of decisions may have changed since: what the run has learned is in its ``splits.csv``.

    Raises:
        RunError: some are not there.
    """
    pixels = decoding.decode_all(data, run.preprocess, memory_budget, Quiet())
    holding: dict[str, list[int]] = {}
    first = 0
    for split in data.splits():
        here = leakage.readable_rows(split, pixels[split.name])
        for row, digest in zip(here, duplicates.contents_of(pixels[split.name]).digests, strict=True):
            holding.setdefault(digest, []).append(first + int(row))
        first += len(split)
    everything = Split.joined("all", list(data.splits()))
    splits: dict[str, Split | None] = dict.fromkeys(SPLITS)
    for name in SPLITS:
        rows = []
        for row in placed.rows(name):
            held = holding.get(contents.digests[row])
            if held is None:
                raise RunError(
                    f"the data are not those that {run.path} was trained on: they lack an example of its {name} "
                    f"split (row {row + 2} of {SPLITS_FILE})."
                )
            rows.append(held.pop(0) if len(held) > 1 else held[0])  # of copies, each once
        if rows:
            taken = everything.take(np.array(rows))
            groups = taken.groups if placed.groups is None else placed.groups[placed.rows(name)]
            splits[name] = dataclasses.replace(
                taken, name=name, labels=placed.labels[placed.rows(name)], groups=groups
            )
    return dataclasses.replace(data, drawn=(), **splits)  # type: ignore[arg-type]


def _arranged(run: Run, placed: Placed, files: Sequence[Path]) -> Data:
    """The data of a run, each example in the file that is given for it."""
    splits = {}
    for name in SPLITS:
        if len(rows := placed.rows(name)):
            groups = None if placed.groups is None else placed.groups[rows]
            splits[name] = Split(name, placed.labels[rows], tuple(files[row] for row in rows), groups=groups)
    return Data(
        name=run.info["data"]["name"],
        classes=run.classes,
        target=run.target,
        train=splits["train"],
        validation=splits.get("validation"),
        test=splits.get("test"),
        preprocess=run.preprocess,
        source=run.info["data"]["source"],
        notes=tuple(Note(**note) for note in run.info["data"]["notes"]),
    )


def _files_under(root: Path, run: Run, placed: Placed, listener: Listener) -> list[Path]:
    """For each example of a run, the file in the folder ``root`` that holds it, by what it holds.

    Raises:
        DataError: there is none for some; it names them.
    """
    if not root.is_dir():
        raise MissingData(
            f"data_root (--data-root) must be the folder of the pictures; {str(root)!r} is none."
        )
    there = listing.pictures(root)[0]
    assert placed.files is not None
    if placed.contents is None:
        # A run of before: all there is to go by are the paths; what resumes compares the pictures.
        above = os.path.commonpath([os.path.dirname(file) for file in placed.files])
        if (source := run.info["data"]["source"]) is not None:
            above = source["data"]
        expected = [root / os.path.relpath(file, above) for file in placed.files]
        lost = [str(file) for file in expected if not file.is_file()]
        if lost:
            raise DataError(f"{len(lost)} pictures of {run.path} are not in {root}: {shown(lost)}.")
        return expected
    if not there:
        raise DataError(f"{root} holds no picture.")
    split = Split("data", np.zeros(len(there), np.int64), tuple(there))
    in_memory = split.decoded_bytes(run.preprocess) <= MEMORY_BUDGET
    pixels = split.decode(run.preprocess, in_memory=in_memory, progress=listener.on_progress)
    holding: dict[str, list[str]] = {}
    for digest, file in zip(duplicates.contents_of(pixels).digests, pixels.files or (), strict=True):
        holding.setdefault(digest, []).append(file)
    files, lost = [], []
    for digest, file in zip(placed.contents.digests, placed.files, strict=True):
        held = holding.get(digest)
        if held is None:
            lost.append(file)
            continue
        # Of copies, the one of the same name; each once, as long as there are enough.
        same = next((i for i, other in enumerate(held) if Path(other).name == Path(file).name), 0)
        files.append(Path(held.pop(same) if len(held) > 1 else held[0]))
    if lost:
        raise DataError(
            f"{len(lost)} of the {len(placed):,} pictures of {run.path} are not in {root} as they were: "
            f"{shown(_changed(lost, there))}. Put them back as they were; with other pictures it would be another "
            f"training."
        )
    return files


def _changed(lost: Sequence[str], there: Sequence[Path]) -> list[str]:
    """Each lost file, and the file of the same name and folder that holds something else now, if there is one."""
    by_name: dict[tuple[str, ...], Path] = {}
    for path in there:
        by_name.setdefault(path.parts[-2:], path)
    changed = []
    for file in lost:
        now = by_name.get(Path(file).parts[-2:])
        changed.append(f"{file} (missing)" if now is None else f"{now} (changed)")
    return changed


def placed_of(run: Run) -> Placed | None:
    """What ``splits.csv`` says; None where there is none.

    Raises:
        RunError: the file is damaged.
    """
    try:
        return run.placed()
    except RunError as error:
        raise RunError(
            f"{error} It says which pictures the run learned from and which it kept aside. Put back a copy of it. "
            f"Without it (move it away) nobody can tell what the run has learned, and pictures that it has not seen "
            f"must be named: prunelle evaluate {quoted(run.path)} DATA."
        ) from None


def recognisable_examples(run: Run, listener: Listener, data_root: str | Path | None = None) -> Placed | None:
    """The examples of a run with what they hold, so that they are recognised elsewhere.

    Of a run of before, which did not write it down, from its data if they are what they were; None if nobody can tell.

    Raises:
        RunError: it is written down, in a file that is damaged or cannot be read.
    """
    placed = placed_of(run)
    try:
        if placed is not None and placed.contents is not None:
            if data_root is None or placed.files is None:
                return placed
            files = _files_under(Path(data_root).expanduser(), run, placed, listener)
            return placed.moved(tuple(map(str, files)))
        data = data_of(run, listener, data_root=data_root)
        pixels = {
            split.name: split.decode(run.preprocess, progress=listener.on_progress) for split in data.splits()
        }
    except PrunelleError:
        return None
    if decoding.digest(pixels) != run.info["data"].get("digest"):
        return None
    contents = {name: duplicates.contents_of(part) for name, part in pixels.items()}
    return Placed.of(pixels, contents, leakage.groups_of(data, pixels))


def ancestor_runs(run: Run) -> Iterator[Run]:
    """The runs whose weights ``run`` began with, and those that these began with."""
    visited = {run.path.resolve()}
    while (source := run.info["network"].get("weights")) is not None:
        path = Path(source)
        if path.resolve() in visited or not (path / "run.json").is_file():
            return
        visited.add(path.resolve())
        try:
            run = Run.open(path)
        except RunError:
            return
        yield run


def seen_by_run(
    run: Run, split: Split, contents: Contents, listener: Listener, data_root: str | Path | None = None
) -> list[tuple[Contents, Placed]] | None:
    """What a split holds, beside what a run, and those whose weights it began with, have learned: see ``judge``.

    ``contents`` are the split's at the run's preprocessing.
    None where nobody can tell what the run itself has learned.
    """
    placed = recognisable_examples(run, listener, data_root)
    if placed is None:
        return None
    seen = [(contents, placed)]
    for earlier in ancestor_runs(run):
        placed = recognisable_examples(earlier, listener)
        if placed is not None and type(earlier.preprocess) is type(run.preprocess):
            seen.append((_contents_for(earlier, split, listener), placed))
    return seen


def seen_by_program(split: Split, contents: Contents) -> list[tuple[Contents, Placed]]:
    """``seen_by_run`` of the examples that a program's run keeps: they are what the program used them for.

    Validation did not choose its epoch: a program's run has the weights of the last one.
    """
    used = np.full(len(split), "train" if split.name == "train" else "test")
    return [(contents, Placed(used, split.labels, None, contents))]


def seen_by_weights(source: str, split: Split, listener: Listener) -> list[tuple[Contents, Placed]]:
    """``seen_by_run`` of a network with weights from ``source``, which may be a run."""
    if not (Path(source) / "run.json").is_file():
        return []
    run = Run.open(source)
    seen = []
    for earlier in (run, *ancestor_runs(run)):
        placed = recognisable_examples(earlier, listener)
        if placed is not None:
            seen.append((_contents_for(earlier, split, listener), placed))
    return seen


def learned_before(source: str, data: Data, listener: Listener) -> list[Note]:
    """That examples to be judged on were learned by the run that the first weights are from."""
    notes = []
    for split in (data.test, data.validation):
        seen = [] if split is None else seen_by_weights(source, split, listener)
        if split is None or not seen:
            continue
        kinds = kinds_of(seen, len(seen[0][0]))
        if count := int((kinds > 0).sum()):
            french = {"test": "de test", "validation": "de validation"}[split.name]
            notes.append(
                Note(
                    f"{EN.integer(count)} of the {EN.integer(len(kinds))} {split.name} examples were learned by "
                    f"{source}, "
                    f"whose weights are the first ones here, or chose its epoch: the {split.name} figure is flattered.",
                    f"{FR.integer(count)} des {FR.integer(len(kinds))} exemples {french} ont servi à "
                    f"l’apprentissage de "
                    f"{source}, dont viennent les premiers poids, ou au choix de son époque : le résultat {french} "
                    f"est flatté.",
                )
            )
    return notes


def _contents_for(run: Run, split: Split, listener: Listener) -> Contents:
    """What a split holds at a run's preprocessing."""
    in_memory = split.decoded_bytes(run.preprocess) <= MEMORY_BUDGET
    return duplicates.contents_of(
        split.decode(run.preprocess, in_memory=in_memory, progress=listener.on_progress)
    )


def record_data(run: Run, data: Data, pixels: Mapping[str, Pixels]) -> None:
    """Where the data of a run that goes on are now, and what they hold where nobody wrote that down before."""
    placed = run.placed()
    moved = data.source is not None and data.source != run.info["data"]["source"]
    if placed is None or placed.contents is None or (moved and placed.files is not None):
        contents = {name: duplicates.contents_of(part) for name, part in pixels.items()}
        now = Placed.of(pixels, contents, leakage.groups_of(data, pixels))
        if placed is not None and placed.contents is not None and now.contents is not None:
            near = duplicates.near_groups(now.contents, placed.contents)
            now = dataclasses.replace(now, contents=dataclasses.replace(now.contents, near=near))
        run.place(now)
    if moved:
        run.update(data=run.info["data"] | {"source": data.source})

"""Data for the tasks: read, decoded within a memory budget, remembered by a run, found again from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import numpy as np

from prunelle import data as datasets
from prunelle.csv_files import read_table, table_text
from prunelle.data import cache
from prunelle.data.examples import Data, Pixels, Skipped, Split
from prunelle.data.preprocess import AnyPreprocess
from prunelle.data.series.classes import index_of
from prunelle.disk import write_text
from prunelle.errors import DataError, RunError
from prunelle.report.console import Listener
from prunelle.report.run import Run
from prunelle.texts import Note, quoted, shown, visible
from prunelle.training import speed

SPLITS_FILE = "splits.csv"
SPLITS = ("train", "validation", "test")
SHOWN = 10

MEMORY_BUDGET = 1 << 30
"""Bytes of decoded pixels kept in memory; beyond it they live in a memory-mapped file."""


def load_data(
    data: Data | str | Path | None,
    listener: Listener,
    *,
    labels: str | None = None,
    data_dir: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
) -> Data:
    """``prunelle.load`` (the digits for None) with its progress and its notes shown; a ``Data`` as it is."""
    if not isinstance(data, Data):
        data = datasets.load(
            "digits" if data is None else data,
            labels=labels,
            data_dir=data_dir,
            validation=validation,
            test=test,
            seed=seed,
            progress=listener.progress,
        )
    for note in data.notes:
        listener.note(note)
    return data


def decode_all(
    data: Data, preprocess: AnyPreprocess, memory_budget: int, listener: Listener
) -> dict[str, Pixels]:
    """Every split, decoded; in memory when all of them fit the budget, in bytes, together.

    Raises:
        BadPictures: too many cannot be read, or a class of the training split is left with none.
    """
    speed.keep_large_blocks()
    size = sum(cache.decoded_bytes(split, preprocess) for split in data.splits())
    pixels = {
        split.name: split.decode(preprocess, in_memory=size <= memory_budget, progress=listener.progress)
        for split in data.splits()
    }
    for split in pixels.values():
        for note in split.notes:
            listener.note(note)
    cache.check_readable(pixels, data.classes)
    skipped = [picture for split in pixels.values() for picture in split.skipped]
    for picture in skipped[:SHOWN]:
        listener.note(skipped_note(picture))
    if len(skipped) > SHOWN:
        more = len(skipped) - SHOWN
        listener.note(Note(f"… and {more} more, in run.json.", f"… et {more} de plus, dans run.json."))
    if skipped:
        counts = [(len(split), len(split) + len(split.skipped), name) for name, split in pixels.items()]
        en, fr = (", ".join(f"{n} {of} {all_} ({name})" for n, all_, name in counts) for of in ("of", "sur"))
        listener.note(Note(f"Pictures that can be read: {en}.", f"Images lisibles : {fr}."))
    return pixels


def skipped_note(picture: Skipped) -> Note:
    """That a picture was left out, and why."""
    file = visible(picture.file)
    return Note(f"Skipped {file}: {picture.reason}", f"Écarté {file} : {picture.reason}")


def digest(pixels: Mapping[str, Pixels]) -> str:
    """Of the pictures and labels that a training sees, to know whether they are still the same."""
    state = blake2b(digest_size=16)
    for name in ("train", "validation"):
        if name in pixels:
            state.update(pixels[name].labels.tobytes())
            for start in range(0, len(pixels[name]), 4096):
                state.update(np.ascontiguousarray(pixels[name].images[start : start + 4096]).data)
    return state.hexdigest()


def write_splits(run: Run, pixels: Mapping[str, Pixels]) -> None:
    """``splits.csv``: which file went where, so that a test picture stays one whatever the folder becomes."""
    if any(split.files is None for split in pixels.values()):
        return
    rows = (
        (file, name, run.classes[label])
        for name, split in pixels.items()
        for file, label in zip(split.files or (), split.labels, strict=True)
    )
    write_text(run.path / SPLITS_FILE, table_text(("file", "split", "class"), rows))


def data_of(run: Run, listener: Listener, data_dir: str | Path | None = None) -> Data:
    """The data a run was trained on, split as it was then.

    Args:
        run: the run.
        listener: told how far a download is.
        data_dir: where the files of a named set are now; None for where they were.

    Raises:
        RunError: it was arrays, which no folder keeps.
        DataError: files are gone.
    """
    if (run.path / SPLITS_FILE).is_file():
        return _from_splits(run)
    source = run.info["data"]["source"]
    if source is None:
        raise RunError(
            f"{run.path} was trained on arrays ({run.info['data']['name']}), which it does not keep; pass them: "
            f"data=prunelle.from_arrays(…)."
        )
    if data_dir is not None:
        source = source | {"data_dir": data_dir}
    data = datasets.load(**source, progress=listener.progress)
    # A run of an earlier version may call the class 1 as its file writes it, 1.0; the order is the same.
    if [index_of(name, run.classes) for name in data.classes] != list(range(len(run.classes))):
        raise RunError(f"the data of {run.path} has other classes now: {shown(data.classes)}.")
    return dataclasses.replace(data, classes=run.classes)


def _from_splits(run: Run) -> Data:
    rows = _split_rows(run)
    gone = [str(file) for split in rows.values() for file, _ in split if not file.is_file()]
    if gone:
        shown = ", ".join(gone[:SHOWN]) + (f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else "")
        raise DataError(
            f"{len(gone)} pictures that {run.path} was trained or tested on are gone: {shown}. Put them back, or "
            f"name other data."
        )
    splits = {
        name: Split(name, np.array([label for _, label in found], np.int64), tuple(file for file, _ in found))
        for name, found in rows.items()
    }
    return Data(
        run.info["data"]["name"],
        run.classes,
        splits["train"],
        splits.get("validation"),
        splits.get("test"),
        run.preprocess,
        run.info["data"]["source"],
        tuple(Note(**note) for note in run.info["data"]["notes"]),
    )


def _split_rows(run: Run) -> dict[str, list[tuple[Path, int]]]:
    """The files of ``splits.csv`` with their labels, by split.

    Raises:
        RunError: the file is damaged.
    """
    path = run.path / SPLITS_FILE
    index = {name: label for label, name in enumerate(run.classes)}
    rows: dict[str, list[tuple[Path, int]]] = {}
    try:
        for row in read_table(path, ("file", "split", "class")):
            if row["split"] not in SPLITS:
                raise DataError(f"{path} is damaged: {row['split']!r} is no split.")
            if row["class"] not in index:
                raise DataError(f"{path} is damaged: {row['class']!r} is no class of the run.")
            if not row["file"] or "\0" in row["file"]:
                raise DataError(f"{path} is damaged: {row['file']!r} names no file.")
            rows.setdefault(row["split"], []).append((Path(row["file"]), index[row["class"]]))
        if "train" not in rows:
            raise DataError(f"{path} is damaged: it has no picture of the training split.")
    except DataError as error:
        raise RunError(
            f"{error} It says which pictures the run learned from and which it kept aside. Put back a copy of it, or "
            f"name pictures that the run has not seen: prunelle evaluate {quoted(run.path)} DATA."
        ) from None
    return rows

"""Data decoded within a memory budget, with no copies on both sides of a split; what a person should know is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from prunelle.data import cache, leakage
from prunelle.data.duplicates import Contents
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels, Skipped
from prunelle.data.reasons import reason_note
from prunelle.runs.listener import Listener
from prunelle.texts import EN, FR, Note, visible
from prunelle.training import speed

SHOWN = 10


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Data, decoded, with no copies on both sides of a split that was drawn.

    Attributes:
        data: its notes say which copies there are.
        pixels: by split.
        contents: by split, of ``pixels``; empty where a run that goes on has written them down already.
        copies: of which there are some in several splits or classes, for ``run.json``.
    """

    data: Data
    pixels: Mapping[str, Pixels]
    contents: Mapping[str, Contents] = dataclasses.field(default_factory=dict)
    copies: Sequence[Any] = ()


def decode_apart(data: Data, preprocess: AnyPreprocess, memory_budget: int, listener: Listener) -> Examples:
    """``decode_all``, copies kept on one side of splits that were drawn; what a person should know of them is said."""
    pixels = decode_all(data, preprocess, memory_budget, listener)
    copies = leakage.find_copies(data, pixels, listener.on_progress)
    names = leakage.names_of(pixels)
    notes = [note for note in leakage.notes_of(copies, names, data) if note not in data.notes]
    for note in notes:
        listener.on_note(note)
    contents = {name: copies.contents.take(copies.order(i)) for i, name in enumerate(copies.splits)}
    if len(copies.moved):
        data = leakage.moved(data, pixels, copies)
        pixels = decoded(data, preprocess, memory_budget, listener)
        contents = {name: contents[name] for name in pixels}
    return Examples(
        dataclasses.replace(
            data, notes=(*data.notes, *notes), drawn=(), moved=data.moved + len(copies.moved)
        ),
        pixels,
        contents,
        leakage.listed(copies, names),
    )


def decode_all(
    data: Data, preprocess: AnyPreprocess, memory_budget: int, listener: Listener
) -> dict[str, Pixels]:
    """Every split, decoded; in memory when all of them fit the budget, in bytes, together.

    Raises:
        BadPictures: too many cannot be read, or a class of the training split is left with none.
    """
    pixels = decoded(data, preprocess, memory_budget, listener)
    for split in pixels.values():
        for note in split.notes:
            listener.on_note(note)
    cache.check_readable(pixels, data.classes, data.target)
    skipped = [picture for split in pixels.values() for picture in split.skipped]
    for picture in skipped[:SHOWN]:
        listener.on_note(skipped_note(picture))
    if len(skipped) > SHOWN:
        more = len(skipped) - SHOWN
        listener.on_note(
            Note(
                f"… and {EN.integer(more)} more, in run.json.",
                f"… et {FR.integer(more)} de plus, dans run.json.",
            )
        )
    if skipped:
        counts = [(len(split), len(split) + len(split.skipped), name) for name, split in pixels.items()]
        en, fr = (
            ", ".join(f"{words.integer(n)} {of} {words.integer(all_)} ({name})" for n, all_, name in counts)
            for words, of in ((EN, "of"), (FR, "sur"))
        )
        listener.on_note(Note(f"Pictures that can be read: {en}.", f"Images lisibles : {fr}."))
    return pixels


def decoded(
    data: Data, preprocess: AnyPreprocess, memory_budget: int, listener: Listener
) -> dict[str, Pixels]:
    """``decode_all``, whatever can be read; nothing is said of the rest."""
    speed.keep_large_blocks()
    size = sum(split.decoded_bytes(preprocess) for split in data.splits())
    return {
        split.name: split.decode(preprocess, in_memory=size <= memory_budget, progress=listener.on_progress)
        for split in data.splits()
    }


def skipped_note(picture: Skipped) -> Note:
    """That a picture was left out, and why."""
    file, reason = visible(picture.file), reason_note(picture.reason)
    return Note(f"Skipped {file}: {reason.en}", f"Écarté {file} : {reason.fr}")


def digest(pixels: Mapping[str, Pixels]) -> str:
    """Of the pictures and labels that a training sees, to know whether they are still the same."""
    state = blake2b(digest_size=16)
    for name in ("train", "validation"):
        if name in pixels:
            state.update(pixels[name].labels.tobytes())
            feed = pixels[name].feed
            if feed is not None and not feed.exact:
                continue  # they are others each time
            # In parts: the pixels may be a mapped file larger than memory.
            for start in range(0, len(pixels[name]), 4096):
                state.update(np.ascontiguousarray(pixels[name].images[start : start + 4096]).data)
    return state.hexdigest()

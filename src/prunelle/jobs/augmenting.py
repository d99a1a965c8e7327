"""A sheet of what the random changes of a training do to pictures."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from prunelle.data import decode
from prunelle.data.augment import POLICIES, USUAL, Augment
from prunelle.data.preprocess import Preprocess
from prunelle.disk import writing
from prunelle.drawing.files import save
from prunelle.errors import ArgumentError
from prunelle.report.augmentation import Row, draw_sheet
from prunelle.runs.listener import Listener
from prunelle.texts import EN, FR, Language, Note

_ENDINGS = (".png", ".svg", ".pdf")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SheetRequest:
    """A sheet of random changes, as it is asked for: the arguments of ``prunelle.tasks.augment``."""

    pictures: Sequence[str | Path]
    output: str | Path
    changes: str | None
    size: int | tuple[int, int]
    columns: int
    seed: int
    language: Language


def draw(request: SheetRequest, listener: Listener) -> Path:
    """The file of the sheet; see ``prunelle.tasks.augment``."""
    columns = request.columns
    path = Path(request.output)
    if not request.pictures:
        raise ArgumentError("pictures must name at least one file; received none.")
    if path.suffix.lower() not in _ENDINGS:
        raise ArgumentError(f"output must end in .png, .svg or .pdf; received {str(request.output)!r}.")
    if not path.absolute().parent.is_dir():
        raise ArgumentError(
            f"output must name a file in a folder that exists; received {str(request.output)!r}."
        )
    if not 1 <= columns <= 24:
        raise ArgumentError(f"columns must be from 1 to 24; received {columns}.")
    files = [Path(picture) for picture in request.pictures]
    if len(files) > columns:
        listener.on_note(
            Note(
                f"{columns} of {EN.integer(len(files))} pictures are drawn, one a column; --columns 24 draws more.",
                f"{columns} images sur {FR.integer(len(files))} sont dessinées, une par colonne ; --columns 24 en "
                "dessine plus.",
            )
        )
        files = files[:columns]
    channels = 1 if all(_is_grey(file) for file in files) else 3
    size = request.size
    preprocess = Preprocess(size=(size, size) if isinstance(size, int) else size, channels=channels)
    fitted = np.stack([decode.read_file(file, preprocess) for file in files])
    shown = torch.from_numpy(fitted[np.arange(columns) % len(fitted)]).permute(0, 3, 1, 2)
    rows = [Row("original", "original", _pixels(shown))]
    for name, title, change in _rows_of(request.changes, channels, can_mix=len(files) > 1):
        generator = torch.Generator().manual_seed(request.seed)
        drawn = change.apply(shown, generator)
        if change.mixes:
            drawn, _ = change.mix(drawn, torch.zeros(columns, dtype=torch.int64), 1, generator)
        rows.append(Row(name, title, _pixels(drawn)))
    sheet = draw_sheet(rows, request.language)
    with writing(path):
        save(sheet, path)
    return path


def _is_grey(file: Path) -> bool:
    """By the picture's header; ``decode`` says what is wrong with one that has none."""
    header = decode.read_header(file)
    return header is not None and header[2]


def _pixels(images: torch.Tensor) -> np.ndarray:
    return images.float().round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


def _rows_of(changes: str | None, channels: int, *, can_mix: bool) -> list[tuple[str, str, Augment]]:
    """``(name, title, change)`` of every row but the first."""
    if changes is None:
        alone = ["flip", "vertical_flip", *USUAL]
        if channels == 1:
            alone.remove("flip")  # of digits and letters, which it would spoil
        if not can_mix:
            alone = [name for name in alone if name not in ("mixup", "cutmix")]
        rows = [_alone(Augment.parse(name), name) for name in alone]
        return rows + [(name, name, Augment.policy(name, channels)) for name in POLICIES if name != "none"]
    augment = Augment.parse(changes, channels)
    if augment.mixes and not can_mix:
        raise ArgumentError("mixup and cutmix mix several pictures; give at least two.")
    names = [f.name for f in dataclasses.fields(augment) if getattr(augment, f.name) != f.default]
    rows = [_alone(augment, name) for name in names]
    if len(rows) == 1:
        return rows
    return [*rows, ("together", textwrap.shorten(changes.replace(",", ", "), 28, placeholder="…"), augment)]


def _alone(augment: Augment, name: str) -> tuple[str, str, Augment]:
    value = getattr(augment, name)
    title = name if value is True else f"{name}={value:g}"
    return name, title.replace("_", "-"), Augment(**{name: value})

"""A figure with its fixed name."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from matplotlib.figure import Figure

from prunelle.drawing.files import save


@dataclasses.dataclass(frozen=True, eq=False)
class Plate:
    """A figure with its fixed name.

    Attributes:
        name: of its files, without the ending: ``activations-1-features.0-p2``.
        title: in the reader's language; also what stands for the figure where it cannot be seen.
        figure: what to save.
    """

    name: str
    title: str
    figure: Figure

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Writes ``name.png`` and ``name.svg``; the same figure gives the same bytes."""
        png, svg = folder / f"{self.name}.png", folder / f"{self.name}.svg"
        save(self.figure, png, svg)
        return png, svg


def file_name(*parts: object) -> str:
    """``activations-1-features.0``; of the names of modules, what file names may not hold becomes ``_``."""
    return "-".join(re.sub(r"[^\w.]+", "_", str(part)) for part in parts)


def paged(*parts: object, page: int) -> str:
    """``file_name``; the first page has the plain name, the second ``-p2``."""
    return file_name(*parts) + (f"-p{page + 1}" if page else "")

"""A backend of matplotlib for programs without a screen: ``plt.show()`` saves the figures and closes them.

Chosen with ``MPLBACKEND=module://prunelle.keras.plots``; nothing of matplotlib is changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BACKEND = f"module://{__name__}"


class _Figures:
    def __init__(self, folder: Callable[[], Path], saved: Callable[[Path], None]) -> None:
        self.folder, self.saved, self.count = folder, saved, 0

    def save(self, figure: Figure) -> None:
        self.count += 1
        path = self.folder() / f"figure-{self.count}.png"
        figure.savefig(path)
        self.saved(path)


_where = _Figures(Path, lambda path: None)


@contextlib.contextmanager
def saving(folder: Callable[[], Path], saved: Callable[[Path], None]) -> Iterator[None]:
    """Within, ``plt.show()`` saves to ``folder`` as ``figure-1.png``, ``figure-2.png``…

    Args:
        folder: gives the folder, which is there; called when there is something to save.
        saved: told of each file.
    """
    global _where
    before, _where = _where, _Figures(folder, saved)
    try:
        yield
    finally:
        _where = before


class FigureManager(FigureManagerBase):
    """Shows a figure by saving it."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """Every open figure, in the order they were made; they are then closed, as by someone who has seen them."""
        for manager in sorted(Gcf.get_all_fig_managers(), key=lambda manager: manager.num):
            _where.save(manager.canvas.figure)
        Gcf.destroy_all()


class FigureCanvas(FigureCanvasAgg):
    """Agg's, under this backend's manager."""

    manager_class = FigureManager

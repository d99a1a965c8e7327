"""A place in the output of a notebook's cell, whose content is replaced as a work goes on.

What is saved with the notebook is the last content alone: one ``display`` with an id, and updates of it, which is all
that Jupyter, VS Code, Colab and nbclient need; no widget and no script.
"""

from __future__ import annotations

import sys
import time
import uuid

EVERY_S = 0.5
"""A front end draws what it gets, and a person reads no faster."""


def in_notebook() -> bool:
    """Whether what is displayed now goes to a notebook: a kernel's, or that of ``prunelle run``; not to a terminal."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    terminal = sys.modules.get("IPython.terminal.interactiveshell")
    return shell is not None and not (
        terminal is not None and isinstance(shell, terminal.TerminalInteractiveShell)
    )


def number_of_cell() -> int:
    """Of the cell that runs: ``In [number]``."""
    from IPython import get_ipython

    return int(get_ipython().execution_count)


class Place:
    """Where something is shown, and shown again."""

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self._shown = time.monotonic()
        self.taken = False

    def due(self) -> bool:
        """Whether it is time to show something new: half a second after the last time, or after it was made."""
        return time.monotonic() - self._shown > EVERY_S

    def show(self, html: str, text: str) -> None:
        """In place of what was there.

        Args:
            text: for who shows no HTML.
        """
        from IPython.display import display

        data = {"text/html": html} | ({"text/plain": text} if text else {})
        display(data, raw=True, display_id=self._id, update=self.taken)
        self.taken, self._shown = True, time.monotonic()

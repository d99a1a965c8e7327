"""The one way to the terminal: texts as they are, control characters made visible, streams that may go away."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from prunelle.texts import visible


class Terminal(Console):
    """Rich's console for texts as they are: no markup, no emoji, and control characters are made visible.

    Class names hold brackets and colons, names of files hold anything; what rich itself sends to the terminal passes.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"highlight": False, "markup": False, "emoji": False} | options))

    def render_str(self, text: str, **options: Any) -> Text:
        """Rich's own, of the visible text, so that its width is known when tables are laid out."""
        return super().render_str(visible(text, keep="\n\t"), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Rich's own; what came in ready made is made visible here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text, keep="\n\t"))

    def on_broken_pipe(self) -> None:
        """Rich would end the program: what is told of a work may go unheard, and a result that nobody takes may not."""
        if not self.stderr:
            raise BrokenPipeError
        silence(sys.stderr)


def silence(stream: TextIO | None) -> None:
    """From now on what is written there goes nowhere, and no longer fails."""
    try:
        if stream is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
    except (OSError, ValueError):
        pass  # a stream of Python's own, without a file behind it, or one that is closed

"""What a program does itself that a loop of its own consists of, told to whoever records it.

Nobody listens but under ``prunelle run``, for programs with TensorFlow's face (``tape_loops``).
"""

from __future__ import annotations

from typing import Any, Protocol


class Watcher(Protocol):
    """Who is told, at once and in order; only of what the program itself does, not of what Keras does for it."""

    def called(self, model: Any, args: tuple[Any, ...], output: Any) -> None:
        """A layer was called by the program's code, or by a method of it that Keras calls."""

    def compared(self, truth: Any, answer: Any, logits: bool) -> None:
        """A loss or a metric is given labels and answers.

        Args:
            logits: it is said that the answers are logits.
        """

    def measured(self, metric: Any) -> None:
        """A metric has counted something."""

    def resetting(self, metric: Any) -> None:
        """A metric is about to forget what it counted."""

    def opened(self, tape: Any) -> None:
        """A tape is about to record, and no other does."""

    def asked(self, tape: Any, target: Any, sources: Any) -> None:
        """A tape gave gradients of ``target`` by ``sources``."""

    def applied(self, optimizer: Any, variables: list[Any]) -> None:
        """Variables took a step; ``optimizer`` is None where the program computed it."""


watcher: Watcher | None = None
"""Who is told now; laid over this with the rest (``loops.lay``)."""


def compared(labels: Any, logits: Any) -> None:
    """A function of ``tf.nn`` is given labels and logits."""
    if watcher is not None:
        watcher.compared(labels, logits, True)

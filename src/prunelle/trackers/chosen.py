"""Which trackers ``--log`` and ``log=`` name."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence

from prunelle.errors import ArgumentError, UnknownName, a_kind
from prunelle.runs.listener import Listener
from prunelle.trackers.background import Background
from prunelle.trackers.tracker import Tracker


def _tensorboard() -> Tracker:
    from prunelle.trackers.tensorboard import TensorBoard

    return TensorBoard()


def _mlflow() -> Tracker:
    from prunelle.trackers.mlflow import MLflow

    return MLflow()


def _wandb() -> Tracker:
    from prunelle.trackers.wandb import WandB

    return WandB()


TRACKERS: dict[str, Callable[[], Tracker]] = {
    "tensorboard": _tensorboard,
    "mlflow": _mlflow,
    "wandb": _wandb,
}
"""Each is called as its package and its extra are."""


def trackers(log: str | Sequence[str] | None, listener: Listener) -> list[Background]:
    """A listener for each tracker that is named; nothing of its package is imported yet.

    Args:
        log: a name, several, or None.
        listener: hears what trackers have to say.

    Raises:
        UnknownName: there is no such tracker.
        ArgumentError: its package is not there.
    """
    if log is None:
        return []
    names = [log] if isinstance(log, str) else log
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(
            f"log must be the name of a tracker, or several ({', '.join(TRACKERS)}); received {a_kind(log)}. What "
            f"listens to a training is passed as listeners=[…]."
        )
    for name in names:
        if name not in TRACKERS:
            raise UnknownName("tracker", name, TRACKERS)
        if importlib.util.find_spec(name) is None:
            raise ArgumentError(
                f"log={name!r} needs the package {name}, which is not there: pip install 'prunelle[{name}]'"
            )
    return [Background(name, TRACKERS[name], listener) for name in dict.fromkeys(names)]

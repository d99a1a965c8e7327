"""``python -m prunelle.page.worker FOLDER``: the process that trains what the page was asked to train.

It calls ``tasks.train`` with a listener that writes events (``page/events.py``). A person pauses it by a file: it then
interrupts itself as Ctrl-C would, so that the state is saved and the training goes on later to the same bits. A person
stops it by another: the training ends after its epoch, and is judged and reported.
"""

from __future__ import annotations

import _thread
import functools
import os
import shlex
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from prunelle.disk import held
from prunelle.errors import Diverged, Interrupted, PrunelleError
from prunelle.page.events import EventWriter, Telling
from prunelle.page.record import Record, Request

MOST_KEPT = 1 << 29
"""Bytes that the weights of a run's epochs may take together."""

_LOOK_EVERY_S = 0.2


def keeps_every(parameters: int, epochs: int) -> int:
    """Of which epochs the weights are kept: every so manieth; 0 for none, where two would already be too much."""
    most = MOST_KEPT // (4 * max(parameters, 1))
    return 0 if most < 2 else epochs // (most + 1) + 1


class Keep:
    """The ``keep`` of ``tasks.train``: as the listener says, who knows how large the network is."""

    by_hand = True

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    def __call__(self, row: Mapping[str, float | None]) -> bool:
        return bool(self._telling.every) and int(row["epoch"] or 0) % self._telling.every == 0


class Stop:
    """The ``stop`` of ``tasks.train``: when a person wants it."""

    by_hand = True

    def __init__(self, record: Record) -> None:
        self._record = record

    def __call__(self, rows: Sequence[Mapping[str, float | None]]) -> bool:
        return self._record.wants("stop")


def run(record: Record) -> int:
    """Trains what is asked; gives the status to exit with."""
    request = record.request()
    events = EventWriter(record.file("events.jsonl"))
    events.write("begin", pid=os.getpid(), at=time.time(), goes_on=request.resume is not None)
    how, message, status = "failed", None, 1
    try:
        _train(record, request, events)
        how, status = "finished", 0
    except (KeyboardInterrupt, Interrupted) as error:
        how, message, status = "paused", _said(error), 130
    except PrunelleError as error:
        how = "diverged" if isinstance(error, Diverged) else "failed"
        message, status = _said(error), error.exit_code
    except BaseException as error:
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}"
        if not isinstance(error, Exception):
            raise
    finally:
        events.write("end", how=how, message=message, at=time.time())
    return status


def _said(error: BaseException) -> str | None:
    """Without the line for a shell: here one goes on by a button."""
    return (error.message if isinstance(error, PrunelleError) else str(error)) or None


def _train(record: Record, request: Request, events: EventWriter) -> None:
    telling = Telling(events, keeps_every)
    threading.Thread(target=_interrupt_when_wanted, args=(record,), daemon=True).start()
    from prunelle import tasks

    stop, keep = Stop(record), Keep(telling)
    if request.resume is not None:
        tasks.train(resume=request.resume, language=request.language, style=telling, stop=stop, keep=keep)
        return
    if request.retrain is not None:
        tasks.retrain(
            request.retrain,
            decisions=request.decisions,
            runs=request.runs,
            language=request.language,
            style=telling,
            command=command(request),
        )
        return
    tasks.train(
        request.network,
        request.data,
        functools.partial(tasks.named_recipe(request.recipe), **request.fields),
        runs=request.runs,
        name=request.name,
        language=request.language,
        style=telling,
        command=command(request),
        stop=stop,
        keep=keep,
    )


def command(request: Request) -> str:
    """The line that trains the same in a shell."""
    if request.retrain is not None:
        decided = [] if request.decisions is None else ["--decisions", request.decisions]
        return shlex.join(["prunelle", "retrain", request.retrain, *decided])
    options = {
        "--network": request.network,
        "--recipe": None if request.recipe == "usual" else request.recipe,
        "--epochs": request.fields.get("epochs"),
        "--batch-size": request.fields.get("batch_size"),
        "--lr": request.fields.get("learning_rate"),
        "--seed": request.fields.get("seed"),
        "--name": request.name,
    }
    typed = [text for name, value in options.items() if value is not None for text in (name, f"{value}")]
    return shlex.join(["prunelle", "train", *([] if request.data is None else [request.data]), *typed])


def _interrupt_when_wanted(record: Record) -> None:
    """Once: a second interruption would end the process before it has saved."""
    while not record.wants("pause"):
        time.sleep(_LOOK_EVERY_S)
    _thread.interrupt_main(signal.SIGINT)


def main(folder: str) -> int:
    """Holds the record, so that whoever looks at it knows that this process lives."""
    # A parent in a shell's background would have handed down that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    record = Record(Path(folder))
    with held(record.file("lock"), "this training has a process already.", wait=True):
        return run(record)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

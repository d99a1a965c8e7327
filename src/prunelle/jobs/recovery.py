"""What a work that was stopped says last: the line that goes on with it, or that starts it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prunelle import networks
from prunelle.disk import refused
from prunelle.errors import CannotWrite, Interrupted, OutOfMemory, PrunelleError
from prunelle.memory import explain_memory_errors
from prunelle.runs.run import Run
from prunelle.texts import quoted


@contextmanager
def resume_hint(how: str, line: Callable[[], str | None], kept: str) -> Iterator[None]:
    """Inside, Ctrl-C, too little memory and whatever the system refuses end with a line that goes on.

    A work inside another one has said its own line; the outermost is the one to type.

    Args:
        how: what the line does: ``go on with``.
        line: makes the line; None where the caller's own program is to be run again, which knows how.
        kept: what Ctrl-C leaves, up to ``how``.
    """

    def with_next_line(error: CannotWrite | Interrupted | OutOfMemory) -> PrunelleError:
        text = line()
        if text is None:
            return error
        return error.then(how if isinstance(error, Interrupted) else f"Then {how}", text)

    try:
        with explain_memory_errors():
            yield
    except KeyboardInterrupt:
        if line() is None:
            raise
        raise with_next_line(Interrupted(f"Interrupted. {kept};", 130)) from None
    except (CannotWrite, Interrupted, OutOfMemory) as error:
        raise with_next_line(error) from error.__cause__
    except BrokenPipeError:
        raise
    except OSError as error:
        file = error.filename or "a file"
        raise with_next_line(refused(file, error, "cannot be used")) from error


def resume_call(run: Run, error: BaseException) -> str | None:
    """In Python, after an error with which all that was learned is saved; None after any other."""
    stopped = (Interrupted, KeyboardInterrupt, CannotWrite, OutOfMemory, MemoryError)
    return resume_command(run, in_python=True) if isinstance(error, stopped) else None


def resume_command(run: Run, epochs: int | None = None, *, in_python: bool = False) -> str:
    """For the shell; in Python where it is asked for, and where the network or the data are the caller's own.

    Args:
        run: to go on with.
        epochs: to which it was to be extended; the line says so as long as ``run.json`` does not.
    """
    if epochs == run.recipe.epochs:
        epochs = None
    own = [] if networks.is_known(run.info["network"]["name"]) else ["network=…"]
    if run.info["data"]["source"] is None:
        own.append("data=…")
    own += [f"{name}=…" for name in dict.fromkeys(part.split(".")[0] for part in run.info.get("own", {}))]
    if own or in_python:
        last = [f"resume={str(run.path)!r}", *([] if epochs is None else [f"epochs={epochs}"])]
        return f"prunelle.train({', '.join([*own, *last])})"
    line = f"prunelle train --resume {quoted(run.path)}"
    return line if epochs is None else f"{line} --epochs {epochs}"

"""Cells of a notebook run by a Jupyter kernel, in a process of its own, where ``begin`` and ``end`` are called."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prunelle.errors import PrunelleError
from prunelle.jobs.kernel_session import KernelRequest, KernelSession
from prunelle.jobs.program_session import ProgramSession
from prunelle.notebooks import INSTALL, commands, stand_ins
from prunelle.notebooks.failures import Runs

if TYPE_CHECKING:
    from prunelle.notebooks.documents import Document


@contextlib.contextmanager
def in_kernel(document: Document, session: ProgramSession) -> Iterator[Runs]:
    """A kernel of this interpreter, in the working folder; afterwards it is gone, its trainings finished."""
    if find_spec("ipykernel") is None:
        raise PrunelleError(f"--kernel needs ipykernel: {INSTALL}")
    from nbclient.exceptions import DeadKernelError

    from prunelle.notebooks.client import KernelCells, client

    made = client(Path.cwd())
    request = session.request
    asked = KernelRequest(
        keras=session.told.generation.option,
        seed=request.seed,
        epochs=request.epochs,
        folder=session.folder(),
        command=request.command,
    )
    values = {field.name: getattr(asked, field.name) for field in dataclasses.fields(asked)}
    values["folder"], values["runs"] = str(asked.folder), str(asked.runs)
    colab = not stand_ins.guarded_import(document.code())
    with made.setup_kernel():
        kernel = KernelCells(made)
        home = "from prunelle.jobs import notebook_kernel as _prunelle"
        kernel.silently(
            f"{home}; _prunelle.begin(get_ipython(), {values!r}, {request.notebook.shell}, {colab}); del _prunelle"
        )
        try:
            yield kernel
        finally:
            # A kernel that was interrupted does it as it exits: nbclient still waits for that cell's messages.
            with contextlib.suppress(DeadKernelError, RuntimeError):
                if not kernel.interrupted:
                    kernel.silently(f"{home}; _prunelle.end(); del _prunelle")


_begun = contextlib.ExitStack()


def begin(shell: Any, values: dict[str, Any], with_shell: bool, colab: bool) -> None:
    """In the kernel, before its first cell.

    Args:
        shell: the kernel's.
        values: of a ``KernelRequest``, its paths as texts.
        with_shell: lines for the system's shell go there.
        colab: ``google.colab`` has a stand-in.
    """
    request = KernelRequest(**{**values, "folder": Path(values["folder"]), "runs": Path(values["runs"])})
    session = KernelSession(shell, request, commands.say)
    session.begin()
    _begun.callback(session.end)
    _begun.enter_context(stand_ins.installed(commands.say, colab=colab))
    commands.add_magics(shell)
    commands.count_from_the_top(shell)
    if not with_shell:
        commands.keep_from_shell(shell)


def end() -> None:
    """In the kernel, after its last cell."""
    _begun.close()

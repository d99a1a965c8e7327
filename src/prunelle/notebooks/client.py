"""A Jupyter kernel that runs a notebook's cells, by nbclient."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbclient.util import run_sync
from nbformat.v4 import new_code_cell, new_notebook

from prunelle.errors import PrunelleError
from prunelle.notebooks.documents import Cell
from prunelle.notebooks.failures import Failure
from prunelle.notebooks.outputs import Told, tidy

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(
    r"^(?:Cell In\[\d+\], line |File <timed exec>:|  File <magic-timeit>:)(\d+)$", re.MULTILINE
)
"""Of a cell's own lines, not of a function's, in IPython's tracebacks."""


_SHUTDOWN_S = 60.0
"""For trainings to be finished in, where the notebook was interrupted."""


class Client(NotebookClient):  # type: ignore[misc]
    """What a cell prints goes to the terminal while it runs.

    Attributes:
        failed: what the kernel answered to the last cell, where that is an error.
    """

    failed: dict[str, Any] | None = None

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self._told = Told()

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """nbclient's, and what replaces a display is shown as far as it is new."""
        made = super().process_message(msg, cell, cell_index)
        if msg["msg_type"] == "update_display_data":
            self._show(msg["content"], msg["content"].get("transient", {}).get("display_id"))
        return made

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        """nbclient's, and shown."""
        made = super().output(outs, msg, display_id, cell_index)
        content = msg["content"]
        if msg["msg_type"] == "stream":
            stream = sys.stderr if content["name"] == "stderr" else sys.stdout
            stream.write(content["text"])
            stream.flush()
        else:
            self._show(content, display_id)
        return made

    def _show(self, content: dict[str, Any], display_id: str | None) -> None:
        if text := self._told.rest(display_id, content.get("data", {}).get("text/plain", "")):
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def keep(self, reply: dict[str, Any]) -> None:
        """What the kernel answered."""
        self.failed = reply if reply.get("status") == "error" else None


class KernelCells:
    """Cells go to the kernel of a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._number = 0
        self.interrupted = False

    def silently(self, code: str) -> None:
        """Runs code that is none of the notebook's."""
        cell = new_code_cell(code)
        self._client.nb.cells = [cell]
        self._client.execute_cell(cell, 0, store_history=False)
        failed = [each for each in cell.outputs if each.output_type == "error"]
        if failed:
            raise PrunelleError(f"the kernel cannot be made ready: {failed[0].ename}: {failed[0].evalue}")

    def run(self, cell: Cell) -> Failure | None:
        """See ``Runs``."""
        if cell.number != self._number + 1:
            self.silently(f"get_ipython().execution_count = {cell.number}")
        self._number = cell.number
        self._client.nb.cells = [cell.node]
        try:
            self._client.execute_cell(cell.node, 0)
        except DeadKernelError:
            said = f"the kernel died in cell {cell.number}: its memory may not have sufficed."
            return Failure(
                cell=cell,
                line=None,
                name="DeadKernelError",
                said=said,
                text=f"Error: {said}",
                stops=PrunelleError(said),
            )
        except KeyboardInterrupt as interrupt:
            self.interrupted = True
            run_sync(self._client.km.interrupt_kernel)()
            return Failure(cell=cell, line=None, name="KeyboardInterrupt", said="", text="", stops=interrupt)
        finally:
            tidy(cell.node)
            cell.node.execution_count = cell.number
        return self._failure(cell)

    def _failure(self, cell: Cell) -> Failure | None:
        # What %%capture has in it ends well, and shows what failed; a magic that is not there shows nothing.
        error = next((each for each in cell.node.outputs if each.output_type == "error"), None)
        error = error or self._client.failed
        if error is None:
            return None
        text = _COLOURS.sub("", "\n".join(error["traceback"])) or f"{error['ename']}: {error['evalue']}"
        lines = _LINE.findall(text)
        source = cell.source.lstrip()
        above = 0 if source.startswith("%%") else cell.source[: len(cell.source) - len(source)].count("\n")
        status = int(error["evalue"]) if error["evalue"].isdigit() else 0
        return Failure(
            cell=cell,
            line=int(lines[-1]) + above if lines else None,
            name=error["ename"],
            said=error["evalue"],
            text=text,
            stops=SystemExit(status) if error["ename"] == "SystemExit" else None,
        )


def client(folder: Path) -> Client:
    """Of a kernel of this interpreter, in ``folder``."""
    made = Client(
        new_notebook(),
        kernel_name="python3",
        timeout=None,
        allow_errors=True,
        coalesce_streams=False,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
    )
    made.create_kernel_manager().shutdown_wait_time = _SHUTDOWN_S
    made.on_cell_executed = lambda cell, cell_index, execute_reply: made.keep(execute_reply["content"])
    return made

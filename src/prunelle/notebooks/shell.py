"""IPython's own shell in this process: its magics, its ``display`` and its figures, without a terminal or a kernel."""

from __future__ import annotations

import atexit
import contextlib
import linecache
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.pyplot
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from matplotlib_inline import backend_inline
from matplotlib_inline.config import InlineBackend
from traitlets import Type
from traitlets.config import Config

from prunelle.errors import ArgumentError
from prunelle.notebooks.commands import add_magics, count_from_the_top, keep_from_shell, say
from prunelle.notebooks.documents import Cell
from prunelle.notebooks.outputs import Outputs, Stream, Told
from prunelle.texts import Note

_INLINE = "module://matplotlib_inline.backend_inline"
_NO_WINDOW = Note(
    "Figures are shown in the notebook: %matplotlib {gui} has no window here.",
    "Les figures sont dans le notebook : %matplotlib {gui} n’a pas de fenêtre ici.",
)
_INSIDE = ("<timed exec>", "<timed eval>", "<magic-timeit>")
"""What IPython calls the code of those; the rest of a cell is called after it."""


class _Result(DisplayHook):  # type: ignore[misc]
    """The value of a cell's last line."""

    def write_output_prompt(self) -> None:
        """None: it goes with the value."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Kept with all its forms; the terminal gets the text."""
        self.shell.outputs.result(format_dict, md_dict or {}, self.prompt_count)
        self.shell.show(format_dict.get("text/plain", ""))

    def finish_displayhook(self) -> None:
        """No empty line."""
        self._is_active = False


class _Display(DisplayPublisher):  # type: ignore[misc]
    """What ``display`` shows."""

    def publish(
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        """Kept with all its forms; the terminal gets the text."""
        display_id = (transient or {}).get("display_id")
        self.shell.outputs.display(data, metadata or {}, display_id, update)
        self.shell.show(self.shell.told.rest(display_id, data.get("text/plain", "")))

    def clear_output(self, wait: bool = False) -> None:
        """Of the file; what a terminal has shown stays."""
        self.shell.outputs.clear(wait)


class _Compiler(CachingCompiler):  # type: ignore[misc]
    """Names code after its cell, so that every traceback does."""

    name = "<notebook>"
    typed = ""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """``lesson.ipynb, cell 3``."""
        return self.name

    def format_code_name(self, name: str) -> None:
        """IPython's own tracebacks have the same name."""

    def __call__(self, source: Any, filename: str, symbol: str, **given: Any) -> Any:
        """Code of a magic's cell is the cell's."""
        return super().__call__(source, self.name if filename in _INSIDE else filename, symbol, **given)

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """Tracebacks show lines as they were typed; a cell within a cell, of ``%%capture``, is a part of it."""
        name: str = super().cache(transformed_code, number, raw_code)
        linecache.cache[name] = (len(self.typed), None, self.typed.splitlines(keepends=True), name)
        return name


class Shell(InteractiveShell):  # type: ignore[misc]
    """Runs cells of a notebook, one state for all.

    Attributes:
        outputs: of the cell that runs.
        failure: what stopped it.
    """

    displayhook_class = Type(_Result)
    display_pub_class = Type(_Display)
    compiler_class = Type(_Compiler)
    outputs: Outputs
    told: Told
    failure: BaseException | None = None
    as_shown: Callable[[BaseException], str]

    def run(self, cell: Cell, name: str) -> BaseException | None:
        """Runs a cell, whose outputs are then in its node; gives what stopped it.

        Args:
            name: that its code has in tracebacks.
        """
        self.failure, self.compile.name = None, name
        source = cell.source.lstrip()
        offset = cell.source[: len(cell.source) - len(source)].count("\n")
        if not source.startswith("%%"):
            source = "#\n" * offset + source  # IPython drops empty lines at the top, and counts from there
        self.compile.typed = f"{source}\n"
        before = sys.stdout, sys.stderr
        self.execution_count = cell.number
        self.outputs.begin(cell.node)
        sys.stdout = Stream(self.outputs, "stdout", before[0])
        sys.stderr = Stream(self.outputs, "stderr", before[1])
        try:
            result = self.run_cell(source, store_history=True)
            self.failure = self.failure or result.error_before_exec or result.error_in_exec
            if self.failure is not None:
                self.outputs.error(self.failure, self.shown(self.failure).splitlines())
        finally:
            sys.stdout, sys.stderr = before
            self.outputs.end()
            cell.node.execution_count = cell.number
        return self.failure

    def shown(self, error: BaseException) -> str:
        """An error as a person is shown it; of a magic that is not there, where it was called says nothing more."""
        if isinstance(error, UsageError):
            return f"{type(error).__name__}: {error}"
        return self.as_shown(error)

    def show(self, text: str) -> None:
        """On the terminal alone: the file has it."""
        out = sys.stdout.to if isinstance(sys.stdout, Stream) else sys.stdout
        if text:
            out.write(f"{text}\n")
            out.flush()

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **given: Any) -> None:
        """Not yet: ``run`` shows it, with the notebook's own lines."""
        self.failure = self.failure or (exc_tuple or sys.exc_info())[1]

    def showsyntaxerror(self, *args: Any, **given: Any) -> None:
        """As other errors."""
        self.showtraceback()

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Figures are always the notebook's."""
        if gui not in (None, "auto", "inline", "agg"):
            say(_NO_WINDOW, gui=gui)
        return super().enable_matplotlib("inline")

    def ask_exit(self) -> None:
        """What ``exit`` and ``quit`` ask for."""
        raise SystemExit

    def enable_gui(self, gui: Any = None) -> None:
        """There is no loop of events."""


def line_of(error: BaseException, name: str) -> int | None:
    """The line of a cell, from 1, that an error came out of; None where it came before any ran.

    Args:
        name: that the cell's code has.
    """
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    # Of %%time there are two: that of the magic, and within it that of its cell.
    at = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (frame.f_code.co_filename, frame.f_code.co_name) == (name, "<module>")
    ]
    return at[-1] if at else None


@contextlib.contextmanager
def session(
    module: ModuleType, as_shown: Callable[[BaseException], str], *, with_shell: bool
) -> Iterator[Shell]:
    """A shell whose cells run in ``module``; afterwards nothing is left of it.

    Args:
        as_shown: an error's traceback.
        with_shell: lines for the system's shell go there.

    Raises:
        ArgumentError: this process has one already.
    """
    if InteractiveShell.initialized():
        raise ArgumentError(
            "a notebook cannot be run from within a notebook: in Jupyter, %load_ext prunelle makes its own cells "
            "Prunelle's; prunelle run is for a terminal."
        )
    with tempfile.TemporaryDirectory() as own, _figures():
        config = Config()
        config.HistoryManager.enabled = False  # no database in the user's folder
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.ipython_dir = own
        hooks = sys.excepthook, sys.displayhook
        shell = Shell.instance(config=config, user_module=module, ipython_dir=own)
        shell.outputs, shell.told, shell.as_shown = Outputs(), Told(), as_shown
        shell.enable_matplotlib()
        add_magics(shell)
        count_from_the_top(shell)
        if not with_shell:
            keep_from_shell(shell)
        try:
            yield shell
        finally:
            shell.restore_sys_module_state()
            sys.excepthook, sys.displayhook = hooks
            shell.atexit_operations()
            atexit.unregister(shell.atexit_operations)
            Shell.clear_instance()


@contextlib.contextmanager
def _figures() -> Iterator[None]:
    """Figures go to the cell that made them."""
    before = matplotlib.get_backend() if "matplotlib.pyplot" in sys.modules else "agg"
    settings, interactive = matplotlib.rcParams.copy(), matplotlib.is_interactive()
    # What it keeps on itself is of a shell before.
    backend_inline.configure_inline_support.current_backend = "unset"
    InlineBackend.clear_instance()
    matplotlib.use(_INLINE)
    try:
        yield
    finally:
        matplotlib.pyplot.close("all")
        InlineBackend.clear_instance()
        matplotlib.rcParams.update(settings)
        matplotlib.use(before)
        matplotlib.interactive(interactive)


def named(path: Path, cell: Cell) -> str:
    """The name of a cell's code in tracebacks: ``lesson.ipynb, cell 3``."""
    return f"{path.name}, cell {cell.number}"

"""What a cell leaves: texts, results, figures and errors, in the order in which they came, as in Jupyter's files."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any, TextIO

from nbformat import NotebookNode
from nbformat.v4 import new_output

_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")


_LONG = 10_000


def as_on_screen(text: str) -> str:
    """What a terminal shows in the end of a text whose lines are drawn over with carriage returns."""
    return _OVERWRITTEN.sub("", text.replace("\r\n", "\n"))


def tidy(cell: NotebookNode) -> None:
    """Texts that follow each other are one, as a screen would show it."""
    kept: list[NotebookNode] = []
    for each in cell.outputs:
        last = kept[-1] if kept else None
        if last is not None and each.output_type == last.output_type == "stream" and each.name == last.name:
            last.text += each.text
        else:
            kept.append(each)
    for each in kept:
        if each.output_type == "stream":
            each.text = as_on_screen(each.text)
    cell.outputs = kept


class Told:
    """What a terminal was told of the displays that are replaced: of one that grows it is told the rest alone."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}

    def rest(self, display_id: str | None, text: str) -> str:
        """The lines of ``text`` that are new to who has read what was displayed there before."""
        if display_id is None:
            return text
        before, self._before[display_id] = self._before.get(display_id, ""), text
        return text[len(before) :].removeprefix("\n") if text.startswith(before) else text


class Outputs:
    """Those of the cell that runs; of the cells before, those that a ``display_id`` names can still change."""

    def __init__(self) -> None:
        self.cell: NotebookNode | None = None
        self._by_id: dict[str, list[NotebookNode]] = {}
        self._clear_first = False

    def begin(self, cell: NotebookNode) -> None:
        """From now on what comes is of ``cell``."""
        cell.outputs = []
        self.cell, self._clear_first = cell, False

    def end(self) -> None:
        """Nothing more comes."""
        if self.cell is not None:
            tidy(self.cell)
        self.cell = None

    def text(self, name: str, text: str) -> None:
        """What was written to ``stdout`` or ``stderr``."""
        last = self.cell.outputs[-1] if self.cell is not None and self.cell.outputs else None
        if (
            last is not None
            and not self._clear_first
            and (last.output_type, last.get("name")) == ("stream", name)
        ):
            last.text += text
            if "\r" in text and len(last.text) > _LONG:  # a bar that is drawn a thousand times is kept once
                last.text = as_on_screen(last.text)
        else:
            self._add("stream", name=name, text=text)

    def result(self, data: Mapping[str, Any], metadata: Mapping[str, Any], number: int) -> None:
        """The value of a cell's last line."""
        self._add("execute_result", data=_of_json(data), metadata=dict(metadata), execution_count=number)

    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None, update: bool
    ) -> None:
        """What ``display`` shows; with ``update`` in the place of what has this ``display_id``."""
        if update:
            for known in self._by_id.get(display_id or "", []):
                known.data, known.metadata = NotebookNode(_of_json(data)), NotebookNode(metadata)
            return
        made = self._add("display_data", data=_of_json(data), metadata=dict(metadata))
        if display_id is not None and made is not None:
            self._by_id.setdefault(display_id, []).append(made)

    def error(self, error: BaseException, lines: list[str]) -> None:
        """What stopped the cell."""
        self._add("error", ename=type(error).__name__, evalue=str(error), traceback=lines)

    def clear(self, wait: bool) -> None:
        """Nothing is left of what came; with ``wait``, when the next comes."""
        if wait:
            self._clear_first = True
        elif self.cell is not None:
            self.cell.outputs = []

    def _add(self, kind: str, **content: Any) -> NotebookNode | None:
        if self.cell is None:
            return None
        if self._clear_first:
            self.cell.outputs, self._clear_first = [], False
        made: NotebookNode = new_output(kind, **content)
        self.cell.outputs.append(made)
        return made


def _of_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """Pictures are texts in a file: IPython's formatter gives some of them as bytes."""
    import base64

    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a cell: what is written is kept, and goes on to where it went before."""

    def __init__(self, outputs: Outputs, name: str, to: TextIO) -> None:
        super().__init__()
        self._outputs, self._name, self.to = outputs, name, to

    def write(self, text: str) -> int:
        """Kept and handed on."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self._outputs.text(self._name, text)
            self.to.write(text)
        return len(text)

    def writable(self) -> bool:
        """It is."""
        return True

    def flush(self) -> None:
        """Of where it goes."""
        self.to.flush()

    def isatty(self) -> bool:
        """Whether somebody watches: bars are then drawn in place."""
        return self.to.isatty()

    def fileno(self) -> int:
        """Of where it goes: what a C library writes is not kept."""
        return self.to.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of where it goes."""
        return getattr(self.to, "encoding", None) or "utf-8"

    @property
    def buffer(self) -> Any:
        """Bytes pass by what is kept."""
        return self.to.buffer

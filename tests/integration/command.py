"""The command line, called within this process: no interpreter to start."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from safetensors.numpy import load_file


@dataclasses.dataclass(frozen=True)
class Finished:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def prunelle(*arguments: object) -> Finished:
    """``prunelle <arguments>``; an exception that the command line lets through goes through."""
    from prunelle.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    argv = ["prunelle", *map(str, arguments)]
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", argv),
    ):
        try:
            main()
        except SystemExit as error:
            return Finished(int(error.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("main() always exits")


def weights(run: Path, which: str = "best") -> dict[str, bytes]:
    """The bytes of every tensor of a weights file."""
    return {
        name: tensor.tobytes() for name, tensor in load_file(run / "weights" / f"{which}.safetensors").items()
    }


def figures(run: Path) -> dict[str, Any]:
    """``metrics.json`` of a run but for what tells one training from the same once more: its time, and so its seal."""
    content: dict[str, Any] = json.loads((run / "metrics.json").read_text())
    del content["seconds"], content["content_sha256"]
    return content

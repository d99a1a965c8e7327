"""Runs the notebooks of ``notebooks.toml``, one after the other: ``run.py SOURCES DATA RESULTS [PATTERN…]``.

``SOURCES`` has a checkout of each repository, ``owner+name``; each notebook runs in a fresh copy of its checkout, by
``prunelle run --epochs 1`` as a person calls it, in a process of its own, with ``startup/`` on its path. A line of JSON
each goes to ``RESULTS``: what was tried last counts, what ended is not run again (``--again`` does). What was written
lies in ``written/`` beside the results. ``--seconds`` is the limit, of one processor's time.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_EXAMPLES, _STEPS = "512", "8"
"""What ``fit`` and ``evaluate`` get of arrays, and of batches."""
_TOO_LONG = -1_000
_ERROR = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Failure)\b.*|^Error: .*", re.MULTILINE)


def chosen() -> dict[str, dict[str, Any]]:
    """``owner/name/path`` → author, repository, path, commit, topic, about."""
    found = {}
    for repository, own in tomllib.loads((HERE / "notebooks.toml").read_text(encoding="utf-8")).items():
        for path, about in own["notebooks"].items():
            found[f"{repository}/{path}"] = {
                "repository": repository,
                "path": path,
                "author": own["author"],
                "commit": own["commit"],
                **about,
            }
    return found


def results(path: Path) -> dict[str, dict[str, Any]]:
    """The last line of each notebook."""
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
    return {line["notebook"]: line for line in lines}


def beside(name: str) -> dict[str, str]:
    """Place → what lies there; see ``beside.toml``."""
    return matching(tomllib.loads((HERE / "beside.toml").read_text(encoding="utf-8")), name)


def matching(tables: dict[str, dict[str, str]], name: str) -> dict[str, str]:
    """The first table whose name is a pattern of a notebook's."""
    return next((own for pattern, own in tables.items() if fnmatch.fnmatchcase(name, pattern)), {})


@contextlib.contextmanager
def _put(places: dict[str, str], folder: Path, data: Path) -> Iterator[None]:
    made: list[Path] = []
    for place, of in places.items():
        path = folder / place
        if place == "keeps" or path.exists():
            continue
        first = next((each for each in reversed(path.parents) if not each.exists()), path)
        if place.startswith("/"):
            made.append(first)
        path.parent.mkdir(parents=True, exist_ok=True)
        source = folder / of[1:] if of.startswith("=") else data / of
        if source.is_dir():
            shutil.copytree(source, path, symlinks=True)
        elif source.exists():
            shutil.copy(source, path)
    try:
        yield
    finally:
        for path in made:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def run(name: str, about: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """A notebook's result."""
    with tempfile.TemporaryDirectory(prefix="notebook-") as made:
        checkout = Path(made, about["repository"].partition("/")[2])
        shutil.copytree(
            asked.sources / about["repository"].replace("/", "+"),
            checkout,
            symlinks=True,
            ignore=shutil.ignore_patterns(".git"),
        )
        path = checkout / about["path"]
        runs, places = Path(made, "left"), beside(name)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE / "startup"), os.environ.get("PYTHONPATH", "")]),
            "PRUNELLE_DATA": str(asked.data.resolve()),
            "KERAS_HOME": str(asked.data.resolve()),
            "COURSE_EXAMPLES": _EXAMPLES,
            "COURSE_STEPS": _STEPS,
            "NOTEBOOK_FETCHED": str((asked.data / "downloads").resolve()),
            "HOME": made,
        }
        environment.pop("DISPLAY", None)
        command = [sys.executable, "-m", "prunelle", "run", "--epochs", "1", "--runs", str(runs)]
        command += [*asked.option, path.name]
        log = asked.results.parent / "logs" / f"{_flat(name)}.txt"
        log.parent.mkdir(exist_ok=True)
        with _put(places, path.parent, asked.data), log.open("w") as out:
            process = subprocess.Popen(
                command,
                cwd=path.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(
                    signal.SIGINT, signal.SIG_DFL
                ),  # a shell's background ignores it
            )
            code, seconds = _wait(process, asked.seconds)
        if (keeps := places.get("keeps")) and (path.parent / keeps).exists():
            (asked.data / "kept").mkdir(exist_ok=True)
            shutil.copy(path.parent / keeps, asked.data / "kept")
        kept = asked.results.parent / "written" / _flat(name)
        shutil.rmtree(kept, ignore_errors=True)
        for left in sorted(runs.glob("*/*.ipynb")) + sorted(runs.glob("*/*.html")):
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(left, kept)
        printed = log.read_text(encoding="utf-8", errors="replace")
        return {
            "notebook": name,
            "ended": code == 0,
            "seconds": round(seconds, 1),
            **_cells(kept, path.stem),
            "error": f"not ended in {asked.seconds} s" if code == _TOO_LONG else _first(printed),
        }


def _wait(process: subprocess.Popen[bytes], seconds: int) -> tuple[int, float]:
    """Its exit status, and the seconds that its processes computed: other work on the machine doesn't count."""
    until = time.monotonic() + 6 * seconds
    try:
        while (used := _computed(process.pid)) < seconds and time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(1), used
        os.killpg(process.pid, signal.SIGINT)  # it writes what there was
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        return _TOO_LONG, used
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _computed(group: int) -> float:
    """Seconds of the processors, of all processes of a group, and of those that they waited for."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _flat(name: str) -> str:
    return re.sub(r"[^\w.]+", "_", name).removesuffix(".ipynb").removesuffix(".md")


def _cells(folder: Path, stem: str) -> dict[str, Any]:
    """Of what was written: cells of code, those that ran, those that failed, and the sizes."""
    path = folder / f"{stem}.ipynb"
    if not path.exists():
        return {"cells": 0, "ran": 0, "failed": []}
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    failed = [
        i + 1
        for i, cell in enumerate(cells)
        if any(each["output_type"] == "error" for each in cell["outputs"])
    ]
    return {
        "cells": len(cells),
        "ran": sum(cell["execution_count"] is not None for cell in cells),
        "failed": failed,
        "kilobytes": path.stat().st_size // 1000,
        "page_kilobytes": sum(page.stat().st_size for page in folder.glob("*.html")) // 1000,
    }


def _first(printed: str) -> str:
    """The first error of a cell, or of the whole."""
    at = re.search(r"^Error in cell \d+.*", printed, re.MULTILINE)
    if at is None:
        return printed[-400:] if "Traceback" in printed or "Error:" in printed else ""
    found = _ERROR.search(printed, at.end())
    return f"{at[0]} {found[0] if found else ''}"[:400]


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser()
    for name in ("sources", "data", "results"):
        parser.add_argument(name, type=Path)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--commit", default="")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--option", action="append", default=[], help="of prunelle run: --option=--kernel")
    asked = parser.parse_intermixed_args()
    tried = results(asked.results)
    for name, about in chosen().items():
        if not any(fnmatch.fnmatchcase(name, f"*{pattern}*") for pattern in asked.patterns):
            continue
        if name in tried and tried[name]["ended"] and not asked.again:
            continue
        result = {**run(name, about, asked), "commit": asked.commit}
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result, ensure_ascii=False) + "\n")
        word = "ended " if result["ended"] else "FAILED"
        cells = f"{result['ran']}/{result['cells']} {result['failed'][:9]}"
        print(f"{result['seconds']:6.1f} {word} {cells} {name} {result['error'][:200]}", flush=True)


if __name__ == "__main__":
    main()

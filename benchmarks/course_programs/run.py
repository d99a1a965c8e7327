"""Runs the programs that ``export.py`` wrote, one after the other: ``run.py PROGRAMS DATA RESULTS [PATTERN…]``.

Each runs as ``prunelle run`` has it, in a fresh copy of its folder, on one thread, with an import of ``course_cuts`` at
its top; in a process of its own, forked from this one, which has imported Prunelle once for all. A line of JSON a
program goes to ``RESULTS``: what was tried last counts, and what has ended is not run again (``--again`` does).
``--commit`` is written beside each. ``--seconds`` is the limit, of one processor's time: other work on the machine
doesn't count.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).parent
_EXAMPLES, _STEPS = 128, 2
_ERROR = re.compile(r"(\w+\.)*\w*(Error|Exception|Interrupted)\b|Error:|Killed")


def options(program: str) -> dict[str, Any]:
    """What ``programs.toml`` says of a program: lists of all that match together, else what comes last."""
    found: dict[str, Any] = {}
    for pattern, own in tomllib.loads((HERE / "programs.toml").read_text(encoding="utf-8")).items():
        if fnmatch.fnmatchcase(program, pattern):
            for key, value in own.items():
                found[key] = [*found.get(key, []), *value] if isinstance(value, list) else value
    return found


def results(path: Path) -> dict[str, dict[str, Any]]:
    """The last line of each program."""
    if not path.exists():
        return {}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["program"]: line for line in lines}


def run(folder: Path, data: Path, seconds: int) -> dict[str, Any]:
    """A program's result."""
    name = f"{folder.parent.name}/{folder.name}"
    own = options(name)
    program = max(
        (path for path in folder.glob("*.py") if folder.name.endswith(path.stem)), key=lambda p: len(p.stem)
    )
    text = program.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="course-") as made:
        here = Path(made, folder.parent.name, folder.name)
        shutil.copytree(folder, here)
        if (folder.parent / "data").is_dir():
            (here.parent / "data").symlink_to((folder.parent / "data").resolve())
        shutil.copy(HERE / "course_cuts.py", here)
        _put_beside(here, text, own, data)
        (here / program.name).write_text(_with_import(text), encoding="utf-8")
        environment = {
            "PRUNELLE_DATA": str(data.resolve()),
            "COURSE_EXAMPLES": str(own.get("examples", _EXAMPLES)),
            "COURSE_STEPS": str(own.get("steps", _STEPS)),
            "HOME": made,
        }
        log = Path(made, "log.txt")
        child = os.fork()
        if child == 0:
            _become([program.name, *own.get("arguments", [])], here, environment, log, seconds)
        code, used = _wait(child, seconds)
        for kept in own.get("keeps", ()):
            if (here / kept).exists():
                shutil.copy(here / kept, data / "beside")
        printed = log.read_text(encoding="utf-8", errors="replace")
        result = {
            "program": name,
            "seconds": round(used, 1),
            "ended": code == 0,
            "error": ""
            if code == 0
            else (
                f"not ended in {seconds} s" if code in (-signal.SIGXCPU, -signal.SIGKILL) else _last(printed)
            ),
            "where": "" if code == 0 else _where(printed, program.name, here / program.name),
        }
        (logs := data.parent / "logs").mkdir(exist_ok=True)
        (logs / f"{name.replace('/', '.')}.txt").write_text(printed, encoding="utf-8")
    return result


def _put_beside(here: Path, text: str, own: dict[str, Any], data: Path) -> None:
    """What the program's text names, of what there is; as copies, where a program may move files about."""
    for entry in sorted((data / "beside").iterdir()):
        named = len(entry.name) > 6 and entry.name in text and entry.name not in own.get("makes", ())
        place = here / entry.name
        if not (named or entry.name in own.get("beside", ())) or place.exists():
            continue
        if entry.is_dir() and entry.name != "train":  # the competition's, of thousands
            shutil.copytree(entry, place, symlinks=True)
        else:
            place.symlink_to(entry.resolve())


def _become(
    arguments: list[str], here: Path, environment: dict[str, str], log: Path, seconds: int
) -> NoReturn:
    """This process is ``prunelle run`` from now on."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    os.environ.update(environment)
    os.chdir(here)
    for stream, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, os.open(log, os.O_WRONLY | os.O_CREAT))):
        os.dup2(file, stream)
    os.dup2(1, 2)
    code = 1
    try:
        from prunelle.cli.main import main as prunelle

        sys.argv = ["prunelle", "run", *arguments]
        prunelle()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # what Prunelle doesn't catch is a failure like others
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _wait(child: int, seconds: int) -> tuple[int, float]:
    """Its exit status, and the seconds that it computed; what stands still is ended after six times the limit."""
    until = time.monotonic() + 6 * seconds
    done = 0
    while not done:
        done, status, used = os.wait4(child, os.WNOHANG)
        if not done and time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.1)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


def _with_import(text: str) -> str:
    """In the line of the first import, so that every line keeps its number."""
    future = list(re.finditer(r"^from __future__ .*$", text, re.MULTILINE))
    if future:
        at = future[-1].end()
        return f"{text[:at]}; import course_cuts{text[at:]}"
    return re.sub(r"^(?=(import|from) )", "import course_cuts; ", text, count=1, flags=re.MULTILINE)


def _last(printed: str) -> str:
    lines = [line for line in printed.replace("\b", "").splitlines() if line.strip()]
    errors = [i for i, line in enumerate(lines) if _ERROR.match(line)]
    return " ".join(lines[errors[-1] :])[:400] if errors else (lines[-1][:400] if lines else "")


def _where(printed: str, file: str, path: Path) -> str:
    found = re.findall(rf'{re.escape(file)}", line (\d+)', printed)
    if not found:
        return ""
    lines = path.read_text(encoding="utf-8").splitlines()
    number = int(found[-1])
    return f"{number}: {lines[number - 1].strip() if number <= len(lines) else ''}"


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--commit", default="")
    parser.add_argument("--seconds", type=int, default=600)
    asked = parser.parse_intermixed_args()
    os.environ["KERAS_HOME"] = str(asked.data.resolve())
    os.environ.pop("DISPLAY", None)
    sys.path.append(str(HERE / "notebook"))
    for module in (
        "prunelle.cli.run",
        "prunelle.jobs.running",
        "prunelle.keras.compat",
        "prunelle.keras.recording",
    ):
        importlib.import_module(module)
    exported = (path for path in sorted(asked.programs.glob("*/*")) if path.name != "data")
    folders = {f"{path.parent.name}/{path.name}": path for path in exported}
    wanted = [name for pattern in asked.patterns or ["*"] for name in fnmatch.filter(folders, pattern)]
    tried = results(asked.results)
    for name in sorted(dict.fromkeys(wanted), key=lambda name: name in tried):  # those that failed come last
        folder = folders[name]
        known = tried.get(name)
        if options(name).get("left_out") or (known is not None and known["ended"] and not asked.again):
            continue
        result = {**run(folder, asked.data, asked.seconds), "commit": asked.commit}
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result, ensure_ascii=False) + "\n")
        word = "ended" if result["ended"] else "FAILED"
        print(f"{result['seconds']:6.1f} {word} {name} {result['error'][:150]}", flush=True)


if __name__ == "__main__":
    main()

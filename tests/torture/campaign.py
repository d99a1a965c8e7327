"""Trials handed to workers, and what came of them, counted."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.torture.flipping import SUBJECTS
from tests.torture.materials import make_all
from tests.torture.reading import READERS
from tests.torture.scenarios import SCENARIOS
from tests.torture.shim import compile_shim

_ROOT = Path(__file__).parents[2]


@dataclasses.dataclass
class Tally:
    """Of the trials of one kind."""

    trials: int = 0
    wrong: int = 0
    answered: int = 0
    refused: int = 0
    slow: int = 0


def planned(kind: str, count: int, verbs: Sequence[str] | None) -> list[str]:
    """``count`` trials of a kind of interruption, over the commands in turn, each as often as its weight says."""
    turn = [
        scenario.name
        for scenario in SCENARIOS
        for _ in range(scenario.weight)
        if not verbs or scenario.verb in verbs or scenario.name in verbs
    ]
    numbers: collections.Counter[str] = collections.Counter()
    trials = []
    for i in range(count if turn else 0):
        name = turn[i % len(turn)]
        trials.append(f"{kind}:{name}:{numbers[name]}")
        numbers[name] += 1
    return trials


def planned_flips(count: int) -> list[str]:
    """``count`` files of Prunelle's own, damaged."""
    names = list(SUBJECTS)
    return [f"flip:{names[i % len(names)]}:{i // len(names)}" for i in range(count)]


def planned_files(count: int, verbs: Sequence[str] | None) -> list[str]:
    """Trials that read about ``count`` files, over the readers in turn."""
    turn = [
        name
        for name, reader in READERS.items()
        for _ in range(reader.weight)
        if not verbs or name in verbs or reader.argv.split()[0] in verbs
    ]
    random.Random(0).shuffle(turn)
    numbers: collections.Counter[str] = collections.Counter()
    trials, files = [], 0
    while files < count and turn:
        name = turn[len(trials) % len(turn)]
        trials.append(f"file:{name}:{numbers[name]}")
        numbers[name] += 1
        files += READERS[name].files
    return trials


def run(
    trials: Sequence[str],
    work: Path,
    *,
    seed: int,
    jobs: int,
    thorough: bool = True,
    told: Callable[[dict[str, Any]], None] = lambda answer: None,
) -> dict[str, Tally]:
    """Plays the trials in ``jobs`` processes; ``told`` is called with each answer.

    Raises:
        RuntimeError: the shim cannot be had here, or a worker does not start.
    """
    work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(work / "data", ignore_errors=True)
    shutil.rmtree(work / "failures", ignore_errors=True)
    make_all(work / "data")
    library, why_not = compile_shim(work)
    if library is None:
        raise RuntimeError(why_not)
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for trial in trials:
        waiting.put(trial)
    tallies: dict[str, Tally] = collections.defaultdict(Tally)
    lock = threading.Lock()
    problems: list[str] = []

    def take(answer: dict[str, Any]) -> None:
        with lock:
            tally = tallies[answer["trial"].split(":")[0]]
            tally.trials += 1
            tally.wrong += bool(answer["faults"])
            tally.answered += answer["answered"]
            tally.refused += answer["refused"]
            tally.slow += len(answer["slow"])
            told(answer)

    threads = [
        threading.Thread(
            target=_attend, args=(work, number, seed, thorough, library, waiting, take, problems)
        )
        for number in range(max(1, min(jobs, len(trials))))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError("; ".join(problems))
    return dict(tallies)


def _attend(
    work: Path,
    number: int,
    seed: int,
    thorough: bool,
    library: Path,
    waiting: queue.SimpleQueue[str],
    take: Callable[[dict[str, Any]], None],
    problems: list[str],
) -> None:
    """One worker: a trial at a time, until there is none."""
    shutil.rmtree(work / f"worker{number}", ignore_errors=True)
    environment = os.environ | {
        "LD_PRELOAD": str(library),
        "PYTHONPATH": os.pathsep.join([str(_ROOT / "src"), str(_ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "MPLBACKEND": "agg",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "200",
    }
    with (work / f"worker{number}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.worker", work, str(number), str(seed), str(int(thorough))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=_ROOT,
            env=environment,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        if not process.stdout.readline():
            problems.append(f"worker {number} does not start: see {log.name}")
            return
        while True:
            try:
                trial = waiting.get_nowait()
            except queue.Empty:
                break
            begin = time.monotonic()
            process.stdin.write(trial + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                problems.append(f"worker {number} died in {trial}: see {log.name}")
                break
            take(json.loads(line) | {"seconds": time.monotonic() - begin})
        process.stdin.close()
        process.wait()

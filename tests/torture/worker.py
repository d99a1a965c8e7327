"""A process that imports everything once, then plays trials that are named on its standard input."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sys
import traceback
from pathlib import Path
from typing import IO

from tests.torture import flipping, interrupting, reading
from tests.torture.report import Verdict
from tests.torture.scenarios import BY_NAME, Theatre
from tests.torture.victim import Outcome

_GOLDEN = 0.6180339887498949
_INTERRUPTIONS = {"kill": interrupting.kill, "fail": interrupting.fail, "signal": interrupting.interrupt}


def play(theatre: Theatre, trial: str, seed: int) -> Verdict:
    """The trial ``kind:subject:number``; what happens in it follows from its name and the seed alone."""
    kind, subject, number = trial.split(":")
    draw = random.Random(f"{seed} {trial}")
    if kind == "flip":
        return flipping.flip(theatre, subject, draw)
    if kind == "file":
        return reading.read(theatre, subject, draw)
    # Spread evenly over a command however many trials there are: the golden ratio's multiples.
    start = random.Random(f"{seed} {kind} {subject}").random()
    fraction = (start + int(number) * _GOLDEN) % 1
    return _INTERRUPTIONS[kind](theatre, BY_NAME[subject], fraction, draw)


def warm_up(theatre: Theatre, thorough: bool) -> None:
    """Imports, fonts, first tables: each command is run in this process once, so that forks of it have them.

    Without threads left over: a fork takes only its own along.
    """
    import torch

    torch.set_num_threads(1)
    import matplotlib.figure  # noqa: F401
    import sklearn.datasets
    import sklearn.metrics  # noqa: F401

    from prunelle.cli.main import main

    commands = ["train DATA/photos --network lenet5 --size 32 --epochs 1 --language en -q --output w1"]
    if thorough:
        commands += [
            "train DATA/photos --network lenet5 --size 32 --epochs 1 --language en -q --output w2 "
            "--weights w1 --strategy features",
            "train DATA/series/waves_TRAIN.ts --epochs 1 --language en -q --output w3",
            "evaluate w1 DATA/others --json",
            "predict w1 DATA/unlabelled",
            "look w1 DATA/others/ant/50.jpg --view filters -q --output w4",
            "convolve digit:3 --kernel box --only operation -q --output w5",
            "augment DATA/others/ant/50.jpg --augment flip --columns 2 --size 32 --output w6.png",
            "run --runs w7 DATA/program.py",
        ]
    shutil.rmtree(theatre.trial, ignore_errors=True)
    theatre.trial.mkdir(parents=True)
    here = Path.cwd()
    os.environ.update(theatre.environment)
    os.chdir(theatre.trial)
    for text in commands:
        sys.argv = ["prunelle", *theatre.argv(text)]
        try:
            main()
        except SystemExit as ended:
            if ended.code:
                raise RuntimeError(f"prunelle {text} ends with {ended.code}") from None
    os.chdir(here)
    os.environ["TMPDIR"] = str(theatre.place)
    shutil.rmtree(theatre.trial)


def serve(work: Path, number: int, seed: int, thorough: bool, requests: IO[str], answers: IO[str]) -> None:
    """Reads the names of trials, one a line; answers each with a line of JSON."""
    theatre = Theatre(work, number)
    warm_up(theatre, thorough)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in requests:
        trial = line.strip()
        try:
            verdict = play(theatre, trial, seed)
        except Exception:
            # Not Prunelle's fault, or so it seems: said apart, and nothing is hidden by it.
            verdict = Verdict(trial, [f"the campaign itself failed: {traceback.format_exc()}"])
        if verdict.faults:
            _save(theatre, trial, seed, verdict, work / "failures" / trial.replace(":", "-"))
        print(json.dumps({"trial": trial, **verdict.to_json()}), file=answers, flush=True)


def _save(theatre: Theatre, trial: str, seed: int, verdict: Verdict, folder: Path) -> None:
    """What is needed to see it again: the files, the folders after the fault and at the end, the words."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in verdict.inputs.items():
        (folder / name).write_bytes(content)
    for name in ("left", "trial"):
        if (theatre.place / name).is_dir() and not verdict.inputs:
            with contextlib.suppress(OSError, shutil.Error):
                shutil.copytree(theatre.place / name, folder / name, symlinks=True)
    lines = [f"trial {trial}, seed {seed}", f"again: {again(trial, seed)}", verdict.what, *verdict.faults]
    for outcome in verdict.outcomes:
        lines += ["", f"$ {outcome.command}", _words(outcome)]
    (folder / "what.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")


def _words(outcome: Outcome) -> str:
    return (
        f"{outcome.out}{outcome.err}-> status {outcome.code}, {outcome.cpu_s:.1f} s of CPU, "
        f"{outcome.peak_mb:.0f} MB {outcome.struck}"
    )


def again(trial: str, seed: int) -> str:
    """The command that plays one trial again."""
    return f"make torture ARGS='--seed {seed} --only {trial}'"


if __name__ == "__main__":
    # Commands write to the streams; answers go where standard output was.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1", sys.stdin, answers)

"""Five seeds of each program of ``programs.toml``: ``run.py RESULTS --programs … --mnist … --photos …``.

Run it twice, with Prunelle's interpreter and with that of an environment that has TensorFlow, ``tf_keras``, SciPy and
Matplotlib (``--side theirs``). ``programs`` is what ``course_programs/export.py`` wrote; ``mnist`` the folder of its
four files; ``photos`` one with ``cats/cat.*.jpg`` and ``dogs/dog.*.jpg``. Each run is a process of its own on one
thread, in a fresh copy of the program's folder, forked from this one, which has imported the libraries once for all.
A line of JSON a run goes to ``RESULTS``; what stands there is not run again. ``run.py RESULTS --table`` prints tables.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import importlib
import json
import math
import os
import re
import runpy
import shutil
import statistics
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
PROGRAMS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "programs.toml").read_text(encoding="utf-8"))
SEEDS = range(5)
SIDES = {
    "ours": (
        "prunelle.cli.run",
        "prunelle.jobs.running",
        "prunelle.keras.compat",
        "prunelle.keras.recording",
    ),
    "theirs": ("tensorflow", "tf_keras", "scipy", "matplotlib.pyplot"),
}
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_USE_LEGACY_KERAS": "1",  # tensorflow.keras is tf_keras
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "Agg",
}


def results(path: Path) -> dict[tuple[str, str, int], dict[str, Any]]:
    """By program, side and seed; of several tries the last."""
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines() if path.exists() else [])
    return {(line["program"], line["side"], line["seed"]): line for line in lines}


def cut(text: str, own: dict[str, Any], side: str) -> str:
    """The program as it runs on a side."""
    edits = [*own.get("replace", []), *(own.get("theirs", []) if side == "theirs" else [])]
    if "train" in own:
        edits += [[r"\b60000\b", str(own["train"])], [r"\b10000\b", str(own["test"])]]
    for pattern, new in edits:
        text = re.sub(pattern, new, text, flags=re.MULTILINE)
    if "until" in own:
        text = re.split(own["until"], text, maxsplit=1, flags=re.MULTILINE)[0]
    return text


def figure(wanted: dict[str, Any], noted: list[dict[str, Any]], printed: str) -> float:
    """What is compared, of a run's end."""
    if "printed" in wanted:
        return float(re.findall(wanted["printed"], printed, re.MULTILINE)[-1]) * float(wanted.get("scale", 1))
    call = "fit" if "fit" in wanted else "evaluate"
    last = next(line[call] for line in reversed(noted) if call in line)
    if call == "evaluate":
        return float(last[wanted[call]])
    short = {re.sub("accuracy$", "acc", key): value for key, value in last.items()}  # Keras 2.2 said acc
    return float(short[re.sub("accuracy$", "acc", wanted[call])])


def run(name: str, side: str, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """A line for the results."""
    own, folder = PROGRAMS[name], asked.programs / name
    program = max(
        (path for path in folder.glob("*.py") if folder.name.endswith(path.stem)), key=lambda p: len(p.stem)
    )
    with tempfile.TemporaryDirectory(prefix="seeds-") as made:
        here, noted, log = Path(made, folder.name), Path(made, "noted.jsonl"), Path(made, "log.txt")
        shutil.copytree(folder, here)
        if own.get("photos"):
            (here / "train").symlink_to(small_photos(asked.photos, asked.results.resolve().parent / "photos"))
        text = cut(program.read_text(encoding="utf-8"), own, side)
        if side == "ours":  # by its importing this file, which Prunelle's imports of Keras then reach
            text = re.sub(
                r"^(?=(import|from) (?!__future__))", "import _watch; ", text, count=1, flags=re.MULTILINE
            )
            watch = f"from course_seeds_run import begin; begin({own | {'cut': True}!r}, {str(noted)!r})"
            (here / "_watch.py").write_text(watch, encoding="utf-8")
        (here / program.name).write_text(text, encoding="utf-8")
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            os.environ.update({"HOME": made, "PRUNELLE_DATA": str(asked.mnist.resolve().parent)})
            body = functools.partial(
                _ours if side == "ours" else _theirs, program.name, seed, own, noted, asked
            )
            _become(body, here, log)
        _, status = os.waitpid(child, 0)
        printed = log.read_text(encoding="utf-8", errors="replace")
        if status:
            raise RuntimeError(printed[-3000:])
        lines = (
            [json.loads(line) for line in noted.read_text(encoding="utf-8").splitlines()]
            if noted.exists()
            else []
        )
        value = figure(own["figure"], lines, printed)
    seconds = round(time.monotonic() - started, 1)
    return {"program": name, "side": side, "seed": seed, "figure": value, "seconds": seconds, "noted": lines}


def _become(program: Callable[[], None], here: Path, log: Path) -> NoReturn:
    """This process runs the program and ends."""
    os.chdir(here)
    sys.path.insert(0, str(here))
    for stream, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, os.open(log, os.O_WRONLY | os.O_CREAT))):
        os.dup2(file, stream)
    os.dup2(1, 2)
    code = 1
    try:
        program()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _ours(program: str, seed: int, *_: Any) -> None:
    """``prunelle run`` as its users have it, but for the charts of its reports: they are composed and not painted."""
    figures = importlib.import_module("prunelle.report.figures")
    figures.save, figures.svg_element = (lambda *_: None), (lambda *_: "")
    sys.argv = ["prunelle", "run", "--seed", str(seed), program]
    importlib.import_module("prunelle.cli.main").main()


def _theirs(program: str, seed: int, own: dict[str, Any], noted: Path, asked: argparse.Namespace) -> None:
    """Under TensorFlow; where the program was written for Keras 2, Keras is ``tf_keras``."""
    if own["keras"] == "legacy":
        keras = sys.modules["keras"] = importlib.import_module("tf_keras")
        for part in ("layers", "models", "optimizers", "utils", "datasets", "datasets.mnist", "backend"):
            sys.modules[f"keras.{part}"] = functools.reduce(getattr, part.split("."), keras)
    else:
        keras = importlib.import_module("keras")
    keras.utils.set_random_seed(seed)
    for each in (keras, sys.modules["tensorflow"].keras):  # two modules with the same function
        each.datasets.mnist.load_data = functools.partial(_files_of_mnist, asked.mnist.resolve(), own)
    begin({"cut": False}, str(noted))
    sys.argv = [program]
    runpy.run_path(program, run_name="__main__")


def begin(own: dict[str, Any], noted: str) -> None:
    """From now on what ``fit`` and ``evaluate`` gave is noted; ours cuts MNIST."""
    keras = importlib.import_module("keras")
    running: list[str] = []
    for name in ("fit", "evaluate"):
        setattr(keras.Model, name, _noting(name, getattr(keras.Model, name), running, Path(noted)))
    if own["cut"]:
        load_mnist = keras.datasets.mnist.load_data
        keras.datasets.mnist.load_data = lambda *_: _first(load_mnist(), own)


def _first(sets: Any, own: dict[str, Any]) -> Any:
    """As many of MNIST's images as the program gets."""
    train, test = sets
    return tuple(array[: own["train"]] for array in train), tuple(array[: own["test"]] for array in test)


def _noting(name: str, original: Callable[..., Any], running: list[str], noted: Path) -> Callable[..., Any]:
    """``fit`` and ``evaluate`` as the program calls them (those that ``fit`` calls are not its own)."""

    @functools.wraps(original)
    def noting(self: Any, *args: Any, **given: Any) -> Any:
        running.append(name)
        try:
            answer = original(self, *args, **given)
        finally:
            running.pop()
        if not running:
            if name == "fit":
                line: Any = {key: float(values[-1]) for key, values in answer.history.items()}
            else:
                line = np.asarray(answer, dtype=float).reshape(-1).tolist()
            with noted.open("a", encoding="utf-8") as file:
                file.write(json.dumps({name: line}) + "\n")
        return answer

    return noting


def _files_of_mnist(folder: Path, own: dict[str, Any]) -> Any:
    """As ``load_data`` gives them, cut."""
    read = []
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        content = gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes())
        start, shape = (16, (-1, 28, 28)) if "images" in name else (8, (-1,))
        read.append(np.frombuffer(content, np.uint8, offset=start).reshape(shape))
    return _first((read[:2], read[2:]), own)


def small_photos(photos: Path, made: Path) -> Path:
    """All in one folder, as the competition had them; at most 128 pixels a side, so that decoding takes no time."""
    if not made.exists():
        making = Path(tempfile.mkdtemp(dir=made.parent))
        for path in (*photos.glob("cats/*.jpg"), *photos.glob("dogs/*.jpg")):
            picture = Image.open(path).convert("RGB")
            picture.thumbnail((128, 128))
            picture.save(making / path.name, quality=90)
        making.rename(made)
    return made


def table(found: dict[tuple[str, str, int], dict[str, Any]]) -> str:
    """In Markdown: whether means are no further apart than chance has them; then each seed's figure."""
    lines = [
        "| program | figure | Prunelle | TensorFlow | difference | allowed | within |",
        "| --- " * 7 + "|",
    ]
    every = ["| program | on | each seed | mean ± sd |", "| --- " * 4 + "|"]
    for name, own in PROGRAMS.items():
        what = own["figure"]
        kind = str(what.get("fit", "test loss" if what.get("evaluate") == 0 else "test accuracy"))
        kind = kind.replace("val_", "validation ").replace("_", " ")
        scale, unit = (100, " %") if kind.endswith("accuracy") else (1, "")
        means, errors, cells = [], [], []
        for side, title in zip(SIDES, ("Prunelle", "TensorFlow"), strict=True):
            lines_of = [found[name, side, seed] for seed in SEEDS if (name, side, seed) in found]
            if len(lines_of) < 2:
                break
            seeds = [line["figure"] * scale for line in lines_of]
            means.append(statistics.mean(seeds))
            errors.append(statistics.stdev(seeds) ** 2 / len(seeds))
            cells.append(f"{means[-1]:.2f}{unit} ± {statistics.stdev(seeds):.2f}")
            values = ", ".join(f"{value:.2f}" for value in seeds)
            cells[-1] += f" ({len(seeds)} seeds)" if len(seeds) < len(SEEDS) else ""
            every.append(f"| {name} | {title} | {values} | {cells[-1]} |")
        if len(cells) == len(SIDES):
            apart, allowed = means[0] - means[1], 2 * math.sqrt(sum(errors))
            cells += [f"{apart:+.2f}", f"{allowed:.2f}", "yes" if abs(apart) <= allowed else "**no**"]
            lines.append(f"| {name} | {kind} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *every])


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    for name in ("programs", "mnist", "photos"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--side", choices=tuple(SIDES), default="ours")
    parser.add_argument("--only", default="", help="programs whose name has this")
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS)
    parser.add_argument("--table", action="store_true", help="print the table, run nothing")
    asked = parser.parse_args()
    if asked.table:
        print(table(results(asked.results)))
        return
    os.environ.update(ENVIRONMENT)
    sys.modules["course_seeds_run"] = sys.modules["__main__"]
    for module in SIDES[asked.side]:
        importlib.import_module(module)
    for seed in asked.seeds:
        for name in PROGRAMS:
            if asked.only not in name or (name, asked.side, seed) in results(asked.results):
                continue
            try:
                line = run(name, asked.side, seed, asked)
            except (RuntimeError, LookupError, StopIteration) as error:
                print(f"FAILED {name} {asked.side} {seed}: {error}", flush=True)
                continue
            with asked.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            print(f"{line['seconds']:6.1f} s {line['figure']:.4f} {name} {asked.side} {seed}", flush=True)


if __name__ == "__main__":
    main()

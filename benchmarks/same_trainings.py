"""Whether two states of the code train alike: the same weights to the last bit, the same figures.

    python benchmarks/same_trainings.py 3e6f60c .              # a commit against this folder: about ten minutes
    python benchmarks/same_trainings.py 3e6f60c . --only lenet5 --only shots

Both run the same command lines on the same small data (drawn from a seed, or scikit-learn's digits), each training in
a process of its own on one thread. Compared are the SHA-256 of all weights that a training leaves (names, types,
shapes and bytes of the tensors, not the files: their metadata may differ) and what both say in ``metrics.json``.
Then the new code takes up what the old one left: it evaluates finished runs, extends one, and goes on with one that
was killed. Prints a table; ends with 1 where anything differs.

Nothing is stored: weights depend on the processor and on PyTorch, so only two trainings on one machine can be compared.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from checkouts import checkout, described, environment
from PIL import Image

TRAININGS = {
    # First: once there are runs in folders of these names, it is they that are compared.
    "compare": "compare lenet5 dense --data digits --match-parameters --epochs 2 --seeds 2",
    # The networks of the courses. More than a hundred steps each: then a pass is captured (training/fast/passes.py).
    "lenet5": "train digits --network lenet5 --epochs 10",
    "lenet5-1998": "train digits --network lenet5-1998 --epochs 4",
    "dense": "train digits --network dense --hidden 64,32 --epochs 6",
    "course-mnist": "train digits --network course-mnist --epochs 4",
    "course-look": "train digits --network course-look --epochs 4 --precision bfloat16",
    "course-cifar": "train ../data/textures --network course-cifar --size 32 --epochs 6 --batch-size 8",
    "course-photos": "train ../data/pairs --network course-photos --epochs 8 --batch-size 4",  # has dropout
    # The recipe.
    "ema": "train digits --network lenet5 --epochs 4 --ema 0.99 --schedule cosine",
    "recipe": "train ../data/textures --network resnet20 --size 32 --epochs 3 --augment strong --optimizer sgd "
    "--momentum 0.9 --nesterov --weight-decay 1e-3 --schedule one-cycle --warmup 1 --label-smoothing 0.1 --balance "
    "--clip-norm 1 --validation 0.2 --seed 3",
    "patience": "train ../data/textures --network course-look --size 16 --epochs 12 --patience 2 --lr 0.02",
    # Weights that are reused.
    "base": "train ../data/textures --network course-look --size 32 --epochs 3",
    "features": "train ../data/pairs --weights base --strategy features --epochs 6",
    "views": "train ../data/pairs --weights base --strategy features --augment light --views 2 --epochs 4",
    "hidden": "train ../data/pairs --weights base --head hidden --stage features.1 --epochs 4",
    "logistic": "train ../data/pairs --weights base --head logistic",
    "svm": "train ../data/pairs --weights base --head svm",
    "partial": "train ../data/pairs --weights base --strategy partial --freeze 1 --epochs 4",
    "full": "train ../data/pairs --weights base --strategy full --unfreeze 2 --epochs 4",
    "auto": "train ../data/pairs --weights base --strategy auto --epochs 2",
    # Series.
    "series": "train ../data/waves.ts --network fcn --epochs 12 --batch-size 4",
    "ensemble": "train ../data/waves.ts --network course-series --ensemble 2 --augment jitter,shift --epochs 8",
    # Several trainings under one command.
    "unlabelled": "train ../data/pairs --network course-look --size 32 --epochs 6 --validation 0.25 "
    "--unlabelled ../data/heap --rounds 2",
    "shots": "shots ../data/pairs --weights base --shots 2,6 --draws 2 --strategies scratch,features,full --epochs 4",
    # A program for Keras, which writes its own weights.
    "program": "run ../data/program.py program/kept.npz",
}
"""Name, which is the folder's too → what ``prunelle`` is asked for."""

EXTENDED, KILLED = "course-mnist", "lenet5"
EVALUATED = ("lenet5", "course-photos", "features", "logistic", "series", "ensemble", "unlabelled")
"""Of what the old code left: what the new one extends, goes on with, measures."""

FIGURES = ("accuracy", "loss", "n", "best_epoch", "epochs")
"""Of ``metrics.json``, whatever else either side writes there."""

PROGRAM = """\
import sys

import numpy as np
from keras.callbacks import EarlyStopping
from keras.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.utils import set_random_seed, to_categorical
from sklearn.datasets import load_digits

set_random_seed(0)
digits = load_digits()
x, y = digits.images[:600, :, :, None] / 16.0, to_categorical(digits.target[:600])
model = Sequential()
model.add(Conv2D(8, (3, 3), activation="relu", padding="same", input_shape=(8, 8, 1)))
model.add(BatchNormalization())
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dropout(0.25))
model.add(Dense(10, activation="softmax"))
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
stop = EarlyStopping(monitor="val_loss", patience=3)
history = model.fit(x, y, epochs=8, batch_size=16, validation_split=0.2, callbacks=[stop], verbose=0)
figures = {name: np.array(values) for name, values in history.history.items()}
weights = {f"weight {number}": values for number, values in enumerate(model.get_weights())}
np.savez(sys.argv[1], **weights, **figures)
"""


def write_data(folder: Path) -> None:
    """Pictures, series and a program that both sides learn from: as PNG, which decodes to the same bits everywhere."""
    random = np.random.default_rng(0)
    for name, classes, size, number in (
        ("textures", 3, 32, 60),
        ("pairs", 2, 64, 40),
        ("heap", 2, 64, 30),
    ):
        rows, columns = np.mgrid[:size, :size] / size
        for label in range(classes):
            # Nobody says which class those of the heap are.
            place = folder / name / ("" if name == "heap" else f"class-{label}")
            place.mkdir(parents=True, exist_ok=True)
            angle = np.pi * label / classes
            for i in range(number):
                phase = 2 * np.pi * (4 * (rows * np.sin(angle) + columns * np.cos(angle)) + random.random())
                grey = 128 + 60 * np.sin(phase) + random.normal(0, 25, (size, size))
                pixels = np.clip(grey[..., np.newaxis] * random.uniform(0.6, 1, 3), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{label}-{i:03}.png")
    lines = ["@problemName waves", "@univariate true", "@classLabel true early late", "@data"]
    for i in range(80):
        values = random.normal(0, 0.5, int(random.integers(24, 41)))
        values[len(values) // 4 + i % 2 * (len(values) // 2) :][:4] += 1.5
        lines.append(",".join(f"{value:.4f}" for value in values) + (":late" if i % 2 else ":early"))
    (folder / "waves.ts").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")


class Side:
    """One of the two: its code, and a folder where its trainings lie.

    Args:
        tree: the checkout.
        folder: where commands run; next to it is ``data``.
    """

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree, self.folder = tree, folder
        folder.mkdir()
        self.environment = environment(
            tree,
            OMP_NUM_THREADS="1",
            LC_ALL="C.UTF-8",
            MPLBACKEND="agg",
            # What one computes and keeps, features for instance, is no help to the other.
            PRUNELLE_CACHE=str(folder.parent / f"cache-{folder.name}"),
        )

    def command(self, words: str) -> list[str]:
        """A command line of ``prunelle``, as a process is given it."""
        return [sys.executable, "-m", "prunelle", *words.split()]

    def ask(self, words: str) -> str:
        """Standard output of ``prunelle`` with these words.

        Raises:
            RuntimeError: it did not end with 0.
        """
        done = subprocess.run(
            self.command(words), cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"{self.folder.name}: prunelle {words} ended with {done.returncode}:\n{done.stderr[-2000:]}"
            )
        return done.stdout

    def train(self, name: str) -> None:
        """One of ``TRAININGS``."""
        words = TRAININGS[name]
        if name == "program":
            (self.folder / name).mkdir()
            verb, _, rest = words.partition(" ")
            self.ask(f"{verb} --runs {name}/runs {rest}")
        else:
            self.ask(f"{words} --output {name} --quiet")

    def kill(self, name: str, output: str) -> None:
        """Begins one of ``TRAININGS`` in the folder ``output`` and kills it after its second epoch."""
        words = f"{TRAININGS[name]} --output {output} --quiet"
        process = subprocess.Popen(
            self.command(words), cwd=self.folder, env=self.environment, stderr=subprocess.PIPE
        )
        results = self.folder / output / "results.csv"
        while process.poll() is None:
            if results.exists() and len(results.read_text(encoding="utf-8").splitlines()) > 2:
                process.kill()
            time.sleep(0.01)
        assert process.stderr is not None
        if (self.folder / output / "metrics.json").exists() or not results.exists():
            raise RuntimeError(f"{name} was not killed in time:\n{process.stderr.read().decode()[-2000:]}")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a training left.

    ``digest``: of every weight; ``files``: digests of each file of weights, by its path; ``figures``: by path and name.
    """

    files: dict[str, str]
    figures: dict[str, float]

    @property
    def digest(self) -> str:
        """SHA-256 over all files of weights."""
        return hashlib.sha256(json.dumps(sorted(self.files.items())).encode()).hexdigest()


def outcome(folder: Path) -> Outcome:
    """Reads what a training, or all trainings below a folder, left."""
    programs = sorted(
        folder.glob("**/*.npz")
    )  # where a program keeps its own weights, its run's are not compared
    files = programs or sorted(folder.glob("**/weights/*.safetensors"))
    if not files:
        raise RuntimeError(f"{folder} has no weights.")
    figures = {}
    for file in sorted(folder.glob("**/metrics.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        for name, value in flattened(content):
            if name.rpartition(".")[2] in FIGURES:
                figures[f"{place(file, folder)}: {name}"] = value
    return Outcome({place(file, folder): digest(file) for file in files}, figures)


def place(file: Path, folder: Path) -> str:
    """A path within a folder, without the time that is part of new folders' names."""
    return re.sub(r"\d{8}-\d{6}-?", "", file.relative_to(folder).as_posix())


def flattened(content: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested dictionaries, with its path: ``test.accuracy``."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from flattened(value, f"{before}.{key}" if before else key)
    else:
        yield before, content


def digest(file: Path) -> str:
    """SHA-256 over names, types, shapes and bytes of a file's tensors, in the order of their names."""
    import torch
    from safetensors.torch import load_file

    if file.suffix == ".npz":
        with np.load(file) as arrays:
            tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    else:
        tensors = load_file(file)
    total = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        total.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        total.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table: what was done, what either came to in a few letters, and every difference in words."""

    name: str
    old: str
    new: str
    differences: tuple[str, ...]


def compared(name: str, old: Outcome, new: Outcome) -> Row:
    """What differs between two trainings."""
    differences = []
    if missing := sorted(old.files.keys() ^ new.files.keys()):
        differences.append(f"only one side has {', '.join(missing)}")
    differences += [
        f"weights in {file}" for file in old.files if old.files[file] != new.files.get(file, old.files[file])
    ]
    differences += [
        f"{figure}: {old.figures[figure]!r} before, {new.figures[figure]!r} now"
        for figure in old.figures
        if old.figures[figure] != new.figures.get(figure, old.figures[figure])
    ]
    if old.figures and not old.figures.keys() & new.figures.keys():
        differences.append("no figure that both have")
    return Row(name, old.digest[:16], new.digest[:16], tuple(differences))


def evaluated(name: str, old: Side, new: Side) -> Row:
    """What both answer when they measure the run that the old code left."""
    answers = [
        {
            key: value
            for key, value in flattened(json.loads(side.ask(f"evaluate {old.folder / name} --json --quiet")))
            if key.rpartition(".")[2] in FIGURES
        }
        for side in (old, new)
    ]
    before, now = answers
    differences = tuple(
        f"{key}: {before[key]!r} before, {now[key]!r} now"
        for key in before
        if before[key] != now.get(key, before[key])
    )
    words = [f"accuracy {answer['accuracy']:.4f}" for answer in answers]
    return Row(f"old run {name}, evaluated", words[0], words[1], differences)


def extended(old: Side, new: Side) -> Row:
    """A finished run of the old code gets two epochs more, from either."""
    outcomes = []
    epochs = int(re.findall(r"--epochs (\d+)", TRAININGS[EXTENDED])[0]) + 2
    for side in (old, new):
        shutil.copytree(old.folder / EXTENDED, side.folder / "extended")
        side.ask(f"train --resume extended --epochs {epochs} --quiet")
        outcomes.append(outcome(side.folder / "extended"))
    return compared(f"old run {EXTENDED}, extended", *outcomes)


def gone_on_with(old: Side, new: Side) -> Row:
    """A training of the old code is killed; the new code brings it where it would have ended."""
    old.kill(KILLED, "killed")
    shutil.copytree(old.folder / "killed", new.folder / "killed")
    new.ask("train --resume killed --quiet")
    return compared(
        f"old run {KILLED}, killed, gone on with",
        outcome(old.folder / KILLED),
        outcome(new.folder / "killed"),
    )


def rows(old: Side, new: Side, names: list[str], tell: Callable[[str], None]) -> Iterator[Row]:
    """Trains, and compares."""
    with ThreadPoolExecutor(2) as together:
        for name in names:
            tell(name)
            list(together.map(lambda side, name=name: side.train(name), (old, new)))
            yield compared(name, outcome(old.folder / name), outcome(new.folder / name))
    for name in EVALUATED:
        if name in names:
            tell(f"evaluate {name}")
            yield evaluated(name, old, new)
    for name, work in ((EXTENDED, extended), (KILLED, gone_on_with)):
        if name in names:
            tell(f"go on with {name}")
            yield work(old, new)


def main() -> None:
    """Prints a line a training, and every difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", help="A commit, or a folder with a checkout.")
    parser.add_argument("new", help="Likewise.")
    parser.add_argument(
        "--only", action="append", choices=TRAININGS, help="This training; several times for several.  [all]"
    )
    parser.add_argument("--keep", type=Path, help="A new folder in which all trainings stay.")
    given = parser.parse_args()
    # Those with --weights base begin from that one.
    names = [
        name
        for name in TRAININGS
        if not given.only
        or name in given.only
        or (name == "base" and any("--weights base" in TRAININGS[only] for only in given.only))
    ]
    with ExitStack() as stack:
        trees = [stack.enter_context(checkout(named)) for named in (given.old, given.new)]
        print(f"{described(trees[0])} against {described(trees[1])}\n")
        if given.keep:
            given.keep.mkdir(parents=True)
        folder = (
            given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="prunelle-same-")))
        ).resolve()
        write_data(folder / "data")
        old, new = Side(trees[0], folder / "old"), Side(trees[1], folder / "new")
        print("| training | old | new | same |\n| --- | --- | --- | --- |", flush=True)
        different = []
        for row in rows(old, new, names, lambda name: print(f"… {name}", file=sys.stderr, flush=True)):
            said = "no" if row.differences else "yes"
            print(f"| {row.name} | {row.old} | {row.new} | {said} |", flush=True)
            different += [f"{row.name}: {difference}" for difference in row.differences]
        print("\n" + ("\n".join(different) or "Nothing differs."))
    sys.exit(bool(different))


if __name__ == "__main__":
    main()

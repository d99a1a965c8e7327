"""Damaged and hostile files, given to the commands that read them: an answer or a sentence, soon, in little memory."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import random
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from safetensors.numpy import load_file

from tests.torture import hostile_pictures, hostile_tables, hostile_tensors
from tests.torture.judging import wrong_with
from tests.torture.materials import CLASSES, make_photos
from tests.torture.mutations import Sample, odd_name
from tests.torture.report import Verdict
from tests.torture.scenarios import Theatre
from tests.torture.victim import Outcome, apart

MEMORY_MB = 600
"""What one file may make a command take, beyond what it takes for a good one."""
SLOW_S = 3.0
"""Seconds of CPU, likewise; slow is counted apart from wrong: machines differ."""
PAGE_MB = 20
_RUNAWAY_MB = 3_500

# What a spreadsheet computes, wherever it may begin a cell; and the apostrophe that Prunelle puts before it.
_FORMULA = re.compile(r"(?:\A|(?<=[;\t\r\n]))\s*[=+@]")
_MARK = re.compile(r"""(?:\A|(?<=[;\t\r\n]))'(?=[\s'"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n])""")

_SERIES = ("train DATA/series/waves_TRAIN.ts --epochs 1 --language en -q --output series", None)

_PICTURES_PROGRAM = """\
import glob, sys
from keras.preprocessing import image
for path in sorted(glob.glob('files/*')):
    try:
        image.img_to_array(image.load_img(path, target_size=(32, 32)))
        print('taken')
    except MemoryError:
        raise
    except Exception as error:
        print('refused', type(error).__name__)
"""
_WEIGHTS_PROGRAM = """\
import glob
from keras.models import Sequential, load_model
from keras.layers import Conv2D, Dense, Flatten
model = Sequential([Conv2D(4, 3, activation='relu', input_shape=(8, 8, 1)), Flatten(), Dense(1, activation='sigmoid')])
for path in sorted(glob.glob('files/*')):
    for how in (model.load_weights, load_model):
        try:
            how(path)
            print('taken')
        except MemoryError:
            raise
        except Exception as error:
            print('refused', type(error).__name__)
"""


@dataclasses.dataclass(frozen=True)
class Reader:
    """A command, and how many files it is given at once.

    ``argv`` names ``FILES`` (the folder), ``EACH`` (every file), or ``FILE`` (the one).
    """

    make: Callable[[random.Random, Theatre], list[Sample]]
    argv: str
    weight: int = 1
    after: str = ""
    """A command that must succeed where the first did."""
    files: int = 1
    """How many it is given at once."""


def _pictures(count: int) -> Callable[[random.Random, Theatre], list[Sample]]:
    return lambda draw, theatre: hostile_pictures.samples(draw, count)


def _in_classes(count: int) -> Callable[[random.Random, Theatre], list[Sample]]:
    """In folders of classes, for a command that takes labelled pictures."""

    def make(draw: random.Random, theatre: Theatre) -> list[Sample]:
        return [
            dataclasses.replace(sample, name=f"{draw.choice(CLASSES)}/bad{sample.name}")
            for sample in hostile_pictures.samples(draw, count)
        ]

    return make


def _tables(kind: str, count: int) -> Callable[[random.Random, Theatre], list[Sample]]:
    def make(draw: random.Random, theatre: Theatre) -> list[Sample]:
        made = [hostile_tables.table(kind, draw) for _ in range(count)]
        return [Sample(f"{number}{suffix}", content) for number, (suffix, content) in enumerate(made)]

    return make


def _archives(draw: random.Random, theatre: Theatre) -> list[Sample]:
    suffix, content = hostile_tables.npz(draw)
    return [Sample(f"0{suffix}", content)]


def _named_set(draw: random.Random, theatre: Theatre) -> list[Sample]:
    return [Sample(f"mnist/{name}", content) for name, content in hostile_tables.idx(draw).items()]


def _safetensors(draw: random.Random, theatre: Theatre) -> list[Sample]:
    good = (theatre.trial / "runs/earlier/weights/best.safetensors").read_bytes()
    return [Sample("0.safetensors", hostile_tensors.safetensors(good, draw))]


def _pth(draw: random.Random, theatre: Theatre) -> list[Sample]:
    tensors = load_file(theatre.trial / "runs/earlier/weights/best.safetensors")
    content = hostile_tensors.pth(theatre.trial / "EXECUTED", tensors, draw)
    return [Sample(f"0{draw.choice(('.pth', '.pt', '.th', '.safetensors', '.bin'))}", content)]


def _keras_weights(draw: random.Random, theatre: Theatre) -> list[Sample]:
    made = []
    for number in range(4):
        suffix, content = hostile_tensors.keras_file(draw)
        made.append(Sample(f"{number}{suffix}", content))
    return made


def _run_files(draw: random.Random, theatre: Theatre) -> list[Sample]:
    name = draw.choice(
        ("run.json", "run.json", "preprocess.json", "classes.json", "splits.csv", "results.csv")
    )
    good = (theatre.trial / "runs/earlier" / name).read_bytes()
    return [Sample(f"../runs/earlier/{name}", hostile_tensors.run_file(name, good, draw))]


def _odd_names(draw: random.Random, theatre: Theatre) -> list[Sample]:
    make_photos(theatre.trial / "files")
    made = []
    for number in range(3):
        kind = draw.choice(CLASSES)
        content = (theatre.trial / "files" / kind / f"{number:02}.jpg").read_bytes()
        (theatre.trial / "files" / kind / f"{number:02}.jpg").unlink()
        made.append(Sample(f"{kind}/{odd_name(str(number), draw)}.jpg", content))
    if draw.random() < 0.3:
        (theatre.trial / "files" / "cat").rename(theatre.trial / "files" / odd_name("c", draw))
        made = [sample for sample in made if not sample.name.startswith("cat/")]
    return made


_TRAIN = "train FILES --network dense --hidden 4 --size 16 --epochs 1 --language en -q --output made"
READERS: dict[str, Reader] = {
    "predict": Reader(_pictures(12), "predict runs/earlier EACH --format json", 10, files=12),
    "evaluate": Reader(_in_classes(12), "evaluate runs/earlier FILES", 4, files=12),
    "train": Reader(_in_classes(2), _TRAIN, 2, "evaluate made", files=2),
    "look": Reader(
        _pictures(2), "look runs/earlier EACH --view where --language en -q --output made", 1, files=2
    ),
    "augment": Reader(
        _pictures(3),
        "augment EACH --augment flip --columns 2 --size 16 --language en --output made.png",
        2,
        files=3,
    ),
    "convolve": Reader(_pictures(1), "convolve FILE --kernel box", 2, files=1),
    "keras": Reader(_pictures(12), "run --runs made pictures.py", 5, files=12),
    "labels": Reader(_tables("labels", 1), "evaluate runs/earlier DATA/photos --labels FILE", 6),
    "labels-train": Reader(
        _tables("labels", 1), f"{_TRAIN} --labels FILE".replace("FILES", "DATA/photos"), 1
    ),
    **{
        kind: Reader(_tables(kind, 8), "predict series EACH --format json", 2, files=8)
        for kind in ("ts", "tsv", "csv", "long", "arff")
    },
    **{
        f"{kind}-evaluate": Reader(_tables(kind, 1), "evaluate series FILE", 3)
        for kind in ("ts", "tsv", "csv", "long", "arff")
    },
    "csv-train": Reader(
        _tables("csv", 1), _TRAIN.replace("FILES", "FILE").replace(" --size 16", ""), 1, "evaluate made"
    ),
    "npz": Reader(_archives, "evaluate series FILE", 4),
    "idx": Reader(_named_set, "evaluate runs/earlier mnist --data-dir FILES", 2),
    "safetensors": Reader(
        _safetensors, "predict --network lenet5 --weights FILE --size 32 DATA/unlabelled/70.jpg", 8
    ),
    "pth": Reader(_pth, "predict --network lenet5 --weights FILE --size 32 DATA/unlabelled/70.jpg", 8),
    "pth-train": Reader(
        _pth,
        f"{_TRAIN} --weights FILE".replace("FILES", "DATA/photos").replace(
            "dense --hidden 4 --size 16", "lenet5 --size 32"
        ),
        1,
    ),
    "keras-weights": Reader(_keras_weights, "run --runs made weights.py", 3, files=4),
    "run-evaluate": Reader(_run_files, "evaluate runs/earlier", 3),
    "run-predict": Reader(_run_files, "predict runs/earlier DATA/unlabelled", 3),
    "run-resume": Reader(_run_files, "train --resume runs/earlier --epochs 3 --language en -q", 1),
    "names": Reader(_odd_names, _TRAIN, 1, "evaluate made"),
}


def read(theatre: Theatre, subject: str, draw: random.Random) -> Verdict:
    """One command on files of its format; where it goes wrong, on each alone, to find the one."""
    reader = READERS[subject]
    theatre.set_up(_SERIES)
    # Bombs are large while they are made, and odd names need files of the trial's folder.
    samples = apart(lambda: reader.make(draw, theatre))
    usual = theatre.usual(subject, lambda: _usual(theatre, reader))
    verdict = Verdict(f"{len(samples)} file(s) for {subject}")
    outcome = _given(theatre, reader, samples)
    faults, slow = _judged(theatre, reader, samples, outcome, usual)
    if (faults or slow) and len(samples) > 1 and subject not in ("idx", "names"):
        for sample in samples:
            theatre.set_up(_SERIES)
            alone = _given(theatre, reader, [sample])
            found, too_slow = _judged(theatre, reader, [sample], alone, usual)
            if found or too_slow:
                verdict.add(alone, [f"{sample.name!r}: {fault}" for fault in found])
                verdict.slow += [f"{sample.name!r}: {each}" for each in too_slow]
                verdict.inputs[_plain(sample.name)] = sample.content
    if faults and not verdict.faults:
        verdict.add(outcome, faults)
        verdict.inputs = {_plain(sample.name): sample.content for sample in samples}
    elif slow and len(samples) == 1:
        verdict.slow += slow
        verdict.inputs = {_plain(samples[0].name): samples[0].content}
    answered = _answered(outcome, samples)
    verdict.answered, verdict.refused = answered, len(samples) - answered
    return verdict


def _plain(name: str) -> str:
    return name.rpartition("/")[2].encode("ascii", "backslashreplace").decode().replace("\\", "_")


def _given(theatre: Theatre, reader: Reader, samples: Sequence[Sample]) -> Outcome:
    """Puts the files in their place, and runs the command."""
    folder = theatre.trial / "files"
    folder.mkdir(exist_ok=True)
    if any("/" in sample.name and sample.name[0] != "." for sample in samples) and not any(folder.iterdir()):
        make_photos(folder)
    paths = []
    for sample in samples:
        path = folder / sample.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.content)
        if sample.length:
            os.truncate(path, sample.length)
        paths.append(str(path))
    (theatre.trial / "pictures.py").write_text(_PICTURES_PROGRAM)
    (theatre.trial / "weights.py").write_text(_WEIGHTS_PROGRAM)
    argv: list[str] = []
    for word in theatre.argv(reader.argv):
        argv += paths if word == "EACH" else [word.replace("FILES", str(folder)).replace("FILE", paths[0])]
    return theatre.run(argv, memory_mb=_RUNAWAY_MB)


def _usual(theatre: Theatre, reader: Reader) -> Outcome:
    """The command on a good file: what it takes of time and memory before any harm."""
    argv = [word for word in theatre.argv(reader.argv) if word not in ("EACH",)]
    good = theatre.data / "unlabelled" / "70.jpg"
    replaced = {"FILES": str(theatre.data / "photos"), "FILE": str(good)}
    argv = [replaced.get(word, word) for word in argv]
    if "EACH" in reader.argv:
        argv = [
            part for word in theatre.argv(reader.argv) for part in ([str(good)] if word == "EACH" else [word])
        ]
    theatre.set_up(_SERIES)
    (theatre.trial / "pictures.py").write_text(_PICTURES_PROGRAM)
    (theatre.trial / "weights.py").write_text(_WEIGHTS_PROGRAM)
    return theatre.run(argv)


def _judged(
    theatre: Theatre, reader: Reader, samples: Sequence[Sample], outcome: Outcome, usual: Outcome
) -> tuple[list[str], list[str]]:
    """What is wrong, and what is slow."""
    faults, slow = [], []
    if outcome.peak_mb > usual.peak_mb + MEMORY_MB:
        faults.append(
            f"takes {outcome.peak_mb:.0f} MB, {outcome.peak_mb - usual.peak_mb:.0f} more than usual"
        )
    faults += wrong_with(outcome)
    if outcome.cpu_s > usual.cpu_s + SLOW_S:
        slow.append(f"{outcome.cpu_s:.1f} s of CPU, {outcome.cpu_s - usual.cpu_s:.1f} more than usual")
    if (theatre.trial / "EXECUTED").exists():
        faults.append("runs code that is in the file")
    if "--format json" in reader.argv and outcome.code in (0, 1) and outcome.out.strip():
        entries = json.loads(outcome.out)
        if reader.argv.startswith("predict runs") and len(entries) != len(samples):
            faults.append(f"says something of {len(entries)} of {len(samples)} files")
    if reader.argv.startswith("run") and not outcome.hung and outcome.code:
        faults.append(f"the program ends with {outcome.code}: {outcome.err[-300:]}")
    made = theatre.trial / "made"
    if made.is_dir() and outcome.code == 0:
        faults += _made(made)
        if reader.after:
            after = theatre.run(theatre.argv(reader.after))
            faults += [f"afterwards, {after.command}: {fault}" for fault in wrong_with(after, codes=(0,))]
        shutil.rmtree(made)
    return faults, slow


def _made(folder: Path) -> list[str]:
    """Of what a command left: tables that read back as they were written, pages of a sane size that run nothing."""
    faults = []
    for path in folder.rglob("*.csv"):
        if path.name not in ("splits.csv", "predictions.csv"):
            continue
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            rows = list(csv.reader(stream))
        if any(len(row) != len(rows[0]) for row in rows):
            faults.append(f"{path.name}: rows of different lengths")
        if any(_FORMULA.search(cell) for row in rows for cell in row):
            faults.append(f"{path.name}: a formula")
        for row in rows[1:] if rows else []:
            if "/" in row[0] and not os.path.lexists(_MARK.sub("", row[0])):
                faults.append(f"{path.name}: {row[0]!r} is no file")
    for path in folder.rglob("*.html"):
        if path.stat().st_size > PAGE_MB * 2**20:
            faults.append(f"{path.name} has {path.stat().st_size / 2**20:.0f} MB")
    return faults


def _answered(outcome: Outcome, samples: Sequence[Sample]) -> int:
    """How many of the files were taken, as far as the command says."""
    if outcome.argv[0] == "run":
        taken = outcome.out.count("taken")
    elif outcome.argv[0] == "predict" and "json" in outcome.argv:
        try:
            taken = sum("error" not in entry for entry in json.loads(outcome.out))
        except ValueError:
            taken = 0
    else:
        taken = len(samples) if outcome.code == 0 else 0
    return min(taken, len(samples))  # a file of series has an answer for each

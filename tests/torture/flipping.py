"""Flipped bits in what Prunelle wrote: a sentence, or the right results all the same."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.torture.interrupting import keep
from tests.torture.judging import results_of, wrong_with
from tests.torture.report import Verdict
from tests.torture.scenarios import SMALL, STOPPED, TINY, Results, Theatre, of_output
from tests.torture.shim import Fault
from tests.torture.victim import Outcome


def _figures(folder: Path, outcome: Outcome) -> Any:
    """Weights and figures, without what only tells the story."""
    found = results_of(folder / "again")
    return {name: value for name, value in found.items() if not name.endswith(".html")}


def _compared(folder: Path, outcome: Outcome) -> Any:
    """What the comparison says: not the files of its runs, of which it reads some and writes none."""
    found = results_of(folder / "made")
    return {name: value for name, value in found.items() if not name.startswith("runs/")}


@dataclasses.dataclass(frozen=True)
class Subject:
    """A file of Prunelle's, and the command that reads it."""

    files: tuple[str, ...]
    """Patterns, below the folder."""
    argv: str
    base: tuple[tuple[str, Fault | None], ...] = ()
    results: Results = of_output


_FEATURES = f"{SMALL} --weights runs/earlier --strategy features --progress lines --output"
_ON_DISK = f"{TINY} --memory 1kB --progress lines --output"
_COMPARED = (
    "compare dense lenet5 --data DATA/photos --hidden 8 --size 32 --epochs 1 --seeds 1 -q --output made"
)

SUBJECTS = {
    "state": Subject(
        ("run/state/*.safetensors",),
        "train --resume run --progress lines",
        base=((f"{SMALL} --output run", STOPPED),),
        results=lambda folder, outcome: results_of(folder / "run"),
    ),
    "state-extended": Subject(
        ("run/state/*.safetensors",),
        "train --resume run --epochs 4 --progress lines",
        base=((f"{TINY} --output run", None),),
        results=lambda folder, outcome: results_of(folder / "run"),
    ),
    "weights-evaluated": Subject(("runs/earlier/weights/best.safetensors",), "evaluate runs/earlier --json"),
    "weights-predicting": Subject(
        ("runs/earlier/weights/best.safetensors",), "predict runs/earlier DATA/unlabelled --format csv"
    ),
    "weights-reused": Subject(
        ("runs/earlier/weights/best.safetensors",),
        f"{SMALL} --weights runs/earlier --progress lines --output again",
        results=_figures,
    ),
    "pixels": Subject(
        ("cache/*.npy", "cache/*.json"), f"{_ON_DISK} again", ((f"{_ON_DISK} run", None),), _figures
    ),
    "features": Subject(
        ("cache/features/*/*",), f"{_FEATURES} again", ((f"{_FEATURES} run", None),), _figures
    ),
    "splits": Subject(("runs/earlier/splits.csv",), "evaluate runs/earlier --json"),
    "described": Subject(
        ("runs/earlier/run.json", "runs/earlier/classes.json", "runs/earlier/preprocess.json"),
        "predict runs/earlier DATA/unlabelled --format csv",
    ),
    "asked": Subject(
        ("run/run.json", "run/classes.json", "run/preprocess.json", "run/splits.csv"),
        "train --resume run --progress lines",
        base=((f"{SMALL} --output run", STOPPED),),
        results=lambda folder, outcome: results_of(folder / "run"),
    ),
    "figures": Subject(
        ("run/results.csv", "run/metrics.json", "run/predictions.csv"),
        "compare runs/earlier run --json -q --output made",
        base=((f"{TINY} --output run", None),),
        results=lambda folder, outcome: results_of(folder / "made"),
    ),
    "compared": Subject(
        ("made/comparison.json", "made/runs/*/metrics.json", "made/runs/*/predictions.csv"),
        "compare --resume made --json -q",
        base=((_COMPARED, None),),
        results=_compared,
    ),
}


def flip(theatre: Theatre, name: str, draw: random.Random) -> Verdict:
    """Damages one file of Prunelle's own and has it read."""
    subject = SUBJECTS[name]
    key = f"flip {name}"
    if key not in theatre.references:
        theatre.set_up(*subject.base)
        ended = theatre.run(theatre.argv(subject.argv))
        assert ended.code == 0, f"{ended.command}: {ended.said}"
        theatre.references[key] = subject.results(theatre.trial, ended), 0
    wanted, _ = theatre.references[key]
    theatre.set_up(*subject.base)
    files = sorted(
        file for pattern in subject.files for file in theatre.trial.glob(pattern) if file.is_file()
    )
    assert files, f"{subject.files} are not there"
    file = draw.choice(files)
    damage = draw.choice((one_bit, one_bit, one_bit, one_bit, some_bits, cut, zeroed, emptied))
    before = file.read_bytes()
    after = damage(before, draw)
    file.write_bytes(after)
    verdict = Verdict(f"{damage.__name__} in {file.relative_to(theatre.trial)}: {_where(before, after)}")
    keep(theatre)
    ended = theatre.run(theatre.argv(subject.argv))
    verdict.add(ended, wrong_with(ended))
    verdict.refused, verdict.answered = int(ended.code != 0), int(ended.code == 0)
    if ended.code == 0:
        verdict.compare(lambda: subject.results(theatre.trial, ended), wanted, "other results in silence")
    return verdict


def _where(before: bytes, after: bytes) -> str:
    at = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    return f"from byte {at} of {len(before)}: {before[at : at + 12]!r} became {after[at : at + 12]!r}"


Damage = Callable[[bytes, random.Random], bytes]


def one_bit(content: bytes, draw: random.Random) -> bytes:
    """One bit is the other one."""
    return _flipped(content, [draw.randrange(max(1, 8 * len(content)))])


def some_bits(content: bytes, draw: random.Random) -> bytes:
    """Up to eight."""
    return _flipped(content, [draw.randrange(max(1, 8 * len(content))) for _ in range(draw.randint(2, 8))])


def _flipped(content: bytes, bits: list[int]) -> bytes:
    changed = bytearray(content)
    for bit in bits:
        if changed:
            changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def cut(content: bytes, draw: random.Random) -> bytes:
    """The end is not there."""
    return content[: draw.randrange(max(1, len(content)))]


def zeroed(content: bytes, draw: random.Random) -> bytes:
    """A block of zeros, as a disk gives after a power cut."""
    at = draw.randrange(max(1, len(content)))
    block = min(len(content) - at, draw.choice((16, 512, 4096)))
    return content[:at] + bytes(block) + content[at + block :]


def emptied(content: bytes, draw: random.Random) -> bytes:
    """Nothing is left but the name."""
    return b""

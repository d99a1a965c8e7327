"""The commands that are interrupted: what each starts from, what is typed after a kill, and what counts of its end."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.torture.judging import results_of
from tests.torture.shim import Fault
from tests.torture.victim import Outcome, Stage

Results = Callable[[Path, Outcome], Any]


def _of_run(folder: Path, outcome: Outcome) -> Any:
    return results_of(folder / "run")


def _of_made(folder: Path, outcome: Outcome) -> Any:
    return results_of(folder / "made")


def _of_last_run(folder: Path, outcome: Outcome) -> Any:
    """Of the newest run that was finished: a killed one may lie beside it."""
    finished = [
        path.parent for path in (folder / "runs").glob("*/metrics.json") if "earlier" not in path.parts
    ]
    return results_of(max(finished, key=lambda run: run.name))


def _of_program(folder: Path, outcome: Outcome) -> Any:
    """The newest folder of runs, and the files that the program itself wrote."""
    newest = max((folder / "made").iterdir(), key=lambda run: run.name)
    return results_of(newest) | {path.name: path.stat().st_size > 0 for path in folder.glob("*.h5")}


def of_output(folder: Path, outcome: Outcome) -> Any:
    """What counts of a command that only answers."""
    return {"standard output": outcome.out}


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A command of Prunelle.

    In its arguments ``DATA`` is the folder of materials. Each starts in a folder of its own with ``runs/earlier``, a
    finished run, and whatever ``base`` makes there.
    """

    name: str
    argv: str
    base: tuple[tuple[str, Fault | None], ...] = ()
    """Commands, run once before: what the folder holds when the campaign's command begins."""
    goes_on: tuple[str, ...] = ()
    """What a user may type after a kill, beside the same command again."""
    results: Results = _of_run
    sweeps: bool = True
    """The next start comes by the same folder, and so must sweep what the killed one left there."""
    weight: int = 1
    """How often it is drawn, beside the others."""

    @property
    def verb(self) -> str:
        """The first word."""
        return self.argv.split()[0]


TINY = "train DATA/photos --network dense --hidden 8 --size 16 --epochs 3 --language en -q"
SMALL = "train DATA/photos --network lenet5 --size 32 --epochs 2 --language en -q"
STOPPED = Fault("kill-before", at=-1)
"""Half way, wherever that is: the state of the first epoch is there, and the second is not."""
_RESUME = ("train --resume run -q --language en",)

SCENARIOS = (
    Scenario("train-folder", f"{SMALL} --augment flip,shift=0.1 --ema 0.9 --output run", goes_on=_RESUME, weight=3),
    Scenario("train-named-by-date", f"{TINY}", results=_of_last_run, sweeps=False),
    Scenario("train-csv", f"{TINY} --labels DATA/labels.csv --output run", goes_on=_RESUME),
    Scenario(
        "train-digits",
        "train --network dense --hidden 8 --epochs 1 -b 256 --language en -q --output run",
        goes_on=_RESUME,
    ),
    Scenario("train-on-disk", f"{TINY} --memory 1kB --output run", goes_on=_RESUME),
    Scenario(
        "train-series",
        "train DATA/series/waves_TRAIN.ts --epochs 2 --language en -q --output run",
        goes_on=_RESUME,
    ),
    Scenario("train-ensemble", f"{TINY} --ensemble 2 --output run", goes_on=_RESUME),
    Scenario("train-weights", f"{SMALL} --weights runs/earlier --output run", goes_on=_RESUME, weight=2),
    Scenario(
        "train-features",
        f"{SMALL} --weights runs/earlier --strategy features --output run",
        goes_on=_RESUME,
        weight=2,
    ),
    Scenario("train-solved", f"{SMALL} --weights runs/earlier --head logistic --output run", goes_on=_RESUME),
    Scenario("train-partial", f"{SMALL} --weights runs/earlier --freeze 1 --output run", goes_on=_RESUME),
    Scenario("train-views", f"{SMALL} --weights runs/earlier --strategy features --views 2 --augment flip --output run",
             goes_on=_RESUME),
    Scenario(
        "train-unlabelled",
        f"{TINY} --unlabelled DATA/unlabelled --rounds 1 --output run",
        weight=2,
    ),
    Scenario(
        "resume",
        "train --resume run -q --language en",
        base=((f"{SMALL} --output run", STOPPED),),
        weight=2,
    ),
    Scenario(
        "extend",
        "train --resume run --epochs 3 -q --language en",
        base=((f"{SMALL} --output run", None),),
        weight=2,
    ),
    Scenario(
        "shots",
        "shots DATA/photos --network dense --size 8 --shots 1,2 --strategies scratch --draws 1 --epochs 1 --test 0.3 "
        "--language en -q --output made",
        results=_of_made,
        weight=2,
    ),
    Scenario(
        "compare",
        "compare dense lenet5 --data DATA/photos --hidden 8 --size 32 --epochs 1 --seeds 1 --language en -q "
        "--output made",
        goes_on=("compare --resume made -q --language en",),
        results=_of_made,
        weight=2,
    ),
    Scenario(
        "compare-resume",
        "compare --resume made -q --language en",
        base=(
            (
                "compare dense lenet5 --data DATA/photos --hidden 8 --size 32 --epochs 1 --seeds 1 --language en -q "
                "--output made",
                STOPPED,
            ),
        ),
        results=_of_made,
    ),
    Scenario(
        "compare-runs",
        "compare runs/earlier run --language en -q --output made",
        base=((f"{TINY} --output run", None),),
        results=_of_made,
    ),
    Scenario("evaluate", "evaluate runs/earlier", results=of_output),
    Scenario("evaluate-data", "evaluate runs/earlier DATA/others --json", results=of_output),
    Scenario("predict", "predict runs/earlier DATA/unlabelled --format csv", results=of_output),
    Scenario("look", "look runs/earlier DATA/others/ant/50.jpg --view filters --language en -q --output made",
             results=_of_made),
    Scenario("convolve", "convolve digit:3 --kernel box --only operation --language en -q --output made",
             results=_of_made),
    Scenario(
        "augment",
        "augment DATA/others/ant/50.jpg --augment flip --columns 2 --size 32 --language en --output made.png",
        results=lambda folder, outcome: {"picture": (folder / "made.png").read_bytes()},
    ),
    Scenario("run", "run --runs made DATA/program.py", results=_of_program, sweeps=False),
)  # fmt: skip

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


class Theatre:
    """One worker's folders: the place where commands run, and what they start from."""

    def __init__(self, work: Path, number: int) -> None:
        self.data = work / "data"
        self.place = work / f"worker{number}"
        self.trial = self.place / "trial"
        """The working folder of every command, cleared before each trial."""
        self.stage = Stage(self.trial, self.place)
        self.counts: dict[str, int] = {}
        """Calls of other kinds, by command and kinds."""
        self._usual: dict[str, Outcome] = {}
        self._ready: dict[str, Path] = {}
        self.references: dict[str, tuple[Any, int]] = {}
        """By command: what it leaves when nothing befalls it, and how many calls change a file meanwhile."""
        self.place.mkdir(parents=True, exist_ok=True)

    def argv(self, text: str) -> list[str]:
        """Words, with the folder of materials in its place."""
        return [word.replace("DATA", str(self.data)) for word in text.split()]

    def run(self, argv: Sequence[str], fault: Fault | None = None, **options: Any) -> Outcome:
        """In the trial's folder, with its own cache."""
        return self.stage.run(argv, fault, environment=self.environment, **options)

    @property
    def environment(self) -> dict[str, str]:
        """Every cache is the trial's own."""
        return {"PRUNELLE_CACHE": str(self.trial / "cache"), "TMPDIR": str(self.trial)}

    def usual(self, name: str, run: Callable[[], Outcome]) -> Outcome:
        """How a command ends that nothing befalls; run once, then remembered."""
        if name not in self._usual:
            self._usual[name] = run()
        return self._usual[name]

    def set_up(self, *commands: tuple[str, Fault | None]) -> None:
        """The trial's folder anew: an earlier run, and what these commands leave; each is run once in a campaign."""
        key = "\n".join(f"{text} {fault}" for text, fault in commands)
        if key not in self._ready:
            self._clear()
            if commands:
                text, fault = commands[-1]
                self.set_up(*commands[:-1])
                if fault is not None and fault.at < 0:
                    calls = self.run(self.argv(text), Fault()).calls
                    fault = dataclasses.replace(fault, at=calls // 2)
                    self.set_up(*commands[:-1])
                ended = self.run(self.argv(text), fault)
                assert ended.code in (0, -9), f"{ended.command}: {ended.said}"
                assert (ended.code == 0) == (fault is None), f"{ended.command}: {fault} did not strike"
            else:
                self.trial.mkdir()
                earlier = "train DATA/photos --network lenet5 --size 32 --epochs 2 --language en -q --output"
                ended = self.run(self.argv(f"{earlier} runs/earlier"))
                assert ended.code == 0, ended.said
                shutil.rmtree(self.trial / "cache", ignore_errors=True)
            self._ready[key] = self.place / f"ready{len(self._ready)}"
            shutil.copytree(self.trial, self._ready[key], symlinks=True)
        self._clear()
        shutil.copytree(self._ready[key], self.trial, symlinks=True)

    def reference(self, scenario: Scenario) -> tuple[Any, int]:
        """What the command leaves when nothing befalls it, and how many calls change a file meanwhile."""
        if scenario.name not in self.references:
            self.set_up(*scenario.base)
            ended = self.run(self.argv(scenario.argv), Fault())
            assert ended.code == 0, f"{ended.command}: {ended.said}"
            self.references[scenario.name] = scenario.results(self.trial, ended), ended.calls
        return self.references[scenario.name]

    def _clear(self) -> None:
        shutil.rmtree(self.trial, ignore_errors=True)

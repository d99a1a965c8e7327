"""``make torture``: see the package's docstring."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.torture import campaign
from tests.torture.worker import again

_SHOWN = 3
"""Faults of a trial; all are in its folder."""

_SAY_EVERY_S = 60


def main() -> int:
    """Plays a campaign; the exit status is 1 where anything was wrong."""
    parser = argparse.ArgumentParser(
        "make torture", description="Kills, failing disks, damaged and hostile files."
    )
    parser.add_argument("--kills", type=int, default=500, help="SIGKILL at a system call  [500]")
    parser.add_argument("--fails", type=int, help="disks full or failing  [half of the kills]")
    parser.add_argument("--signals", type=int, help="SIGINT, SIGTERM  [a tenth of the kills]")
    parser.add_argument(
        "--flips", type=int, help="bits flipped in files of Prunelle's own  [four tenths of the kills]"
    )
    parser.add_argument(
        "--files", type=int, default=10_000, help="damaged and hostile files to read  [10000]"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbs", help="only these: train,look,… or names of commands: train-folder,…")
    parser.add_argument("--only", help="one trial, as a failure names it: kill:train-folder:3")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--work", type=Path, default=Path("build/torture"), help="[build/torture]")
    given = parser.parse_args()
    verbs = given.verbs.split(",") if given.verbs else None
    fails = given.kills // 2 if given.fails is None else given.fails
    signals = given.kills // 10 if given.signals is None else given.signals
    flips = 4 * given.kills // 10 if given.flips is None else given.flips
    trials = [given.only] if given.only else [
        *campaign.planned("kill", given.kills, verbs),
        *campaign.planned("fail", fails, verbs),
        *campaign.planned("signal", signals, verbs),
        *campaign.planned_flips(flips if verbs is None else 0),
        *campaign.planned_files(given.files, verbs),
    ]  # fmt: skip
    begin = shown = time.monotonic()
    done = 0

    def told(answer: dict[str, Any]) -> None:
        nonlocal done, shown
        done += 1
        for slow in answer["slow"]:
            print(f"slow  {answer['trial']}: {slow}", flush=True)
        if answer["faults"]:
            print(f"WRONG {answer['trial']}: {answer['what']}")
            for fault in answer["faults"][:_SHOWN]:
                print(f"      {fault}")
            if len(answer["faults"]) > _SHOWN:
                print(f"      … and {len(answer['faults']) - _SHOWN} more")
            print(f"      again: {again(answer['trial'], given.seed)}", flush=True)
        if time.monotonic() - shown > _SAY_EVERY_S:
            shown = time.monotonic()
            print(f"{done} of {len(trials)} trials, {shown - begin:.0f} s", flush=True)

    work = given.work.absolute()
    print(f"{len(trials)} trials, seed {given.seed}; what fails goes to {work / 'failures'}", flush=True)
    tallies = campaign.run(trials, work, seed=given.seed, jobs=given.jobs, told=told)
    print(f"\n{'kind':<8}{'trials':>8}{'wrong':>8}{'slow':>8}{'answered':>10}{'refused':>10}")
    for kind, tally in tallies.items():
        counts = (tally.answered, tally.refused) if tally.answered + tally.refused else ("", "")
        print(f"{kind:<8}{tally.trials:>8}{tally.wrong:>8}{tally.slow:>8}{counts[0]:>10}{counts[1]:>10}")
    wrong = sum(tally.wrong for tally in tallies.values())
    print(f"{'Nothing wrong' if not wrong else f'{wrong} wrong'}, {time.monotonic() - begin:.0f} s.")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())

"""The training step of two states of the code against each other, on the networks of the courses.

    python benchmarks/step_against.py 3e6f60c .                  # five rounds: some four minutes on two cores
    python benchmarks/step_against.py 3e6f60c . --rounds 1 --network lenet5

Each has a process of its own, trains on the same pictures, and waits while the other works; who begins alternates.
Ratios of pictures a second are taken round by round: their median, least and largest are printed. Ends with 1 where a
median is below ``--least``. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alternating import Contestant, serve
from checkouts import checkout, described, environment

PICTURES = {
    "course-mnist": 6400,
    "course-cifar": 1280,
    "course-photos": 640,
    "course-look": 6400,
    "lenet5": 12800,
    "dense": 32000,
}
"""Pictures a contestant trains on when it is its turn: one to two seconds of work."""

MORE_SHAPES = {"course-look": (28, 28, 1), "dense": (28, 28, 1)}
"""Of networks that no other benchmark measures."""


def prepare(tree: Path, network: str) -> Callable[[str], Any]:
    """The contestant's side: a checkout's own ``contestants.py``, since modules have moved between the two."""
    sys.path.insert(0, str(tree / "benchmarks"))
    import contestants

    contestants.SHAPES.update(MORE_SHAPES)
    n = PICTURES[network]
    epoch, about = contestants.prunelle_contest(network, n)
    for _ in range(math.ceil(contestants.WARM / n)):
        epoch()

    def answer(request: str) -> Any:
        if request == "about":
            import prunelle

            return [about["parameters"], about["threads"], prunelle.__file__]
        begin = time.perf_counter()
        epoch()
        return n / (time.perf_counter() - begin)

    return answer


def rates(trees: list[Path], network: str, rounds: int) -> list[list[float]]:
    """Pictures a second of each checkout, round by round."""
    sides = [
        Contestant(
            *(sys.executable, __file__, str(tree), str(tree), "--answer", network),
            environment=environment(tree),
        )
        for tree in trees
    ]
    # Both are warm when both have answered.
    abouts = [side.ask("about") for side in sides]
    assert [about[:2] for about in abouts] == [abouts[0][:2]] * 2, f"two different networks: {abouts}"
    assert all(Path(about[2]).is_relative_to(tree) for about, tree in zip(abouts, trees, strict=True)), abouts
    measured: list[list[float]] = [[], []]
    for turn in range(rounds):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            measured[side].append(sides[side].ask("epoch"))
        print(f"{network}: round {turn + 1} of {rounds}", end="\r", file=sys.stderr, flush=True)
    return measured


def main() -> None:
    """Prints a line a network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", help="A commit, or a folder with a checkout.")
    parser.add_argument("new", help="Likewise.")
    parser.add_argument(
        "--network", action="append", choices=PICTURES, help="This one; several times for several.  [all]"
    )
    parser.add_argument("--rounds", type=int, default=5, help="How often each has a turn.  [5]")
    parser.add_argument("--least", type=float, default=0.97, help="Smallest ratio that is enough.  [0.97]")
    parser.add_argument("--answer", choices=PICTURES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        serve(lambda: prepare(Path(given.old), given.answer))
        return
    slower = []
    with checkout(given.old) as old, checkout(given.new) as new:
        print(
            f"Pictures a second, {described(old)} and {described(new)}: medians of {given.rounds} rounds.\n"
        )
        print("| network | old | new | ratio |\n| --- | --- | --- | --- |", flush=True)
        for network in given.network or PICTURES:
            before, now = rates([old, new], network, given.rounds)
            ratios = [new_rate / old_rate for new_rate, old_rate in zip(now, before, strict=True)]
            ratio = statistics.median(ratios)
            print(
                f"| `{network}` | {statistics.median(before):,.0f} | {statistics.median(now):,.0f} | "
                f"{ratio:.3f} ({min(ratios):.3f} to {max(ratios):.3f}) |",
                flush=True,
            )
            slower += [network] if ratio < given.least else []
    print(f"\nBelow {given.least}: {', '.join(slower)}." if slower else f"\nNone is below {given.least}.")
    sys.exit(bool(slower))


if __name__ == "__main__":
    main()

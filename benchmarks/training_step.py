"""The training step of the course networks: Prunelle beside Keras on three back ends and plain PyTorch.

    make bench                 # sets up .venv-bench, then all of it
    make bench ARGS=--quick    # fewer and shorter rounds

Every contestant has a process of its own and waits while another works. Within a round all train on the same
pictures one after the other, so that a machine whose speed drifts slows all of them; ratios are taken round by
round, their median and range are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

PICTURES = {"course-mnist": 6400, "course-cifar": 1280, "course-photos": 640, "lenet5": 12800}
"""Pictures a contestant trains on when it is its turn: about two seconds of work."""

PEERS = {
    "Keras on TensorFlow": ("keras", {"KERAS_BACKEND": "tensorflow"}),
    "Keras on JAX": ("keras", {"KERAS_BACKEND": "jax"}),
    "Keras on PyTorch": ("keras", {"KERAS_BACKEND": "torch"}),
    "plain PyTorch": ("pytorch", {}),
    "Prunelle": ("prunelle", {}),
}


class Contestant:
    """A process that trains when it is told to."""

    def __init__(self, kind: str, environment: dict[str, str], network: str, pictures: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "contestants.py"), kind, network, str(pictures)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,  # TensorFlow, JAX and the profiler greet there
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore", **environment},
            text=True,
        )
        self.about = self._answer()

    def ask(self, what: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)  # type: ignore[no-any-return]
        assert self.process.wait() != 0
        assert self.process.stderr is not None
        sys.exit(f"{self.process.args!r} failed:\n{self.process.stderr.read()}")


def spread(values: list[float], form: str = ",.0f") -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def contest(network: str, rounds: int, quick: bool) -> list[str]:
    """Runs all contestants on one network; the lines of its tables."""
    n = PICTURES[network] // (2 if quick else 1)
    contestants = {
        name: Contestant(kind, environment, network, n) for name, (kind, environment) in PEERS.items()
    }
    peak = Contestant("peak", {}, network, 0)
    if len({c.about["parameters"] for c in contestants.values()}) != 1:
        sys.exit(f"{network}: the contestants' networks differ: {[c.about for c in contestants.values()]}")
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    peaks = []
    for turn in range(rounds):
        for name, contestant in contestants.items():
            rates[name].append(n / contestant.ask("epoch")["seconds"])
        peaks.append(peak.about["flops"] / peak.ask("epoch")["seconds"] / 1e9)
        print(f"{network}: round {turn + 1} of {rounds}", end="\r", file=sys.stderr, flush=True)
    parts = contestants["Prunelle"].ask("profile")
    about = {name: contestant.about for name, contestant in contestants.items()}
    for contestant in (*contestants.values(), peak):
        contestant.close()

    own, flops = rates["Prunelle"], about["Prunelle"]["flops"]
    limit = statistics.median(peaks)
    lines = [
        "",
        f"### `{network}`",
        "",
        f"{about['Prunelle']['parameters']:,} weights, {flops / 1e6:,.1f} million operations a picture; matrix "
        f"products reach {spread(peaks)} GFLOP/s.",
        "",
        "| | images/s | Prunelle's ratio to it | GFLOP/s | of the peak |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, rate in rates.items():
        ratio = spread([a / b for a, b in zip(own, rate, strict=True)], ".2f")
        speed = statistics.median(rate) * flops / 1e9
        lines.append(
            f"| {name} | {spread(rate)} | {'' if name == 'Prunelle' else ratio} | {speed:,.0f} | {speed / limit:.0%} |"
        )
    best = max((name for name in rates if "Keras" in name), key=lambda name: statistics.median(rates[name]))
    best_ratio = statistics.median(a / b for a, b in zip(own, rates[best], strict=True))
    plain_ratio = statistics.median(a / b for a, b in zip(own, rates["plain PyTorch"], strict=True))
    lines += [
        "",
        f"Best of Keras: {best}, **{best_ratio:.2f}**; plain PyTorch: **{plain_ratio:.2f}**. Prunelle's time: "
        + ", ".join(f"{part} {share:.0%}" for part, share in sorted(parts.items(), key=lambda p: -p[1]))
        + ".",
    ]
    if network == next(iter(PICTURES)):
        print("; ".join(dict.fromkeys(a["name"] for a in about.values())))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", help=f"Of {', '.join(PICTURES)}; all when none is named.")
    parser.add_argument("--quick", action="store_true", help="Fewer and shorter rounds.")
    parser.add_argument("--rounds", type=int, help="How often everyone has a turn.  [5, quick 3]")
    arguments = parser.parse_args()
    if unknown := set(arguments.networks) - set(PICTURES):
        parser.error(
            f"no network to measure: {', '.join(sorted(unknown))}; choose from {', '.join(PICTURES)}"
        )
    cpu = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        models = [
            line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = models[0] if models else cpu
    print(f"{cpu}, {os.cpu_count()} cores; Python {platform.python_version()}; batches of 32, Adam.")
    for network in arguments.networks or PICTURES:
        rounds = arguments.rounds or (3 if arguments.quick else 5)
        print("\n".join(contest(network, rounds, arguments.quick)), flush=True)


if __name__ == "__main__":
    main()

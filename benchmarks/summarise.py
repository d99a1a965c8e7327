"""Test accuracies of runs, and of lines that ``keras_baseline.py`` printed, as rows of a table.

python benchmarks/summarise.py runs/mnist-0 runs/mnist-1 runs/mnist-2 keras-mnist.jsonl
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path


def row(name: str, accuracies: list[float], seconds: list[float]) -> str:
    spread = f" ± {statistics.stdev(accuracies):.2%}" if len(accuracies) > 1 else ""
    each = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
    return (
        f"| {name} | {statistics.mean(accuracies):.2%}{spread} | {each} | {statistics.mean(seconds):.0f} s |"
    )


def main() -> None:
    runs: dict[str, list[dict[str, float]]] = {}
    for path in map(Path, sys.argv[1:]):
        if path.is_dir():
            metrics = json.loads((path / "metrics.json").read_text())
            name = json.loads((path / "run.json").read_text())["network"]["name"]
            found = {"accuracy": metrics["test"]["accuracy"], "seconds": metrics["seconds"]}
            runs.setdefault(f"Prunelle, {name}", []).append(found)
        else:
            for line in map(json.loads, path.read_text().splitlines()):
                found = {"accuracy": line["test_accuracy"], "seconds": line["seconds"]}
                runs.setdefault(f"Keras {line['keras']}, {line['network']}", []).append(found)
    print("| | test accuracy, mean ± sd | each seed | training |\n| --- | --- | --- | --- |")
    for name, found in runs.items():
        print(row(name, [f["accuracy"] for f in found], [f["seconds"] for f in found]))


if __name__ == "__main__":
    main()

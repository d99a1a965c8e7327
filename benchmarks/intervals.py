"""How often the intervals of balanced accuracies and of mean costs hold the truth, beside the usual ones.

Prints the two tables of docs/lab/results.md ("Intervals of balanced accuracy and of costs")::

    python benchmarks/intervals.py [--draws 4000]
"""

from __future__ import annotations

import argparse

import numpy as np

from prunelle.training.intervals import Z, balanced_interval, mean_interval

BALANCED = {
    "90 and 10 examples, 90 and 50 % right": ((90, 10), (0.9, 0.5)),
    "500 and 5, 99 and 90 %": ((500, 5), (0.99, 0.9)),
    "ten classes of 200 to 4, 98 to 50 %": (
        (200, 100, 80, 60, 40, 30, 20, 10, 6, 4),
        np.linspace(0.98, 0.5, 10),
    ),
    "a hundred of 5 each, 90 %": ((5,) * 100, (0.9,) * 100),
    "120 of 1 to 3 each, 20 to 100 %": ((1, 2, 3) * 40, np.linspace(0.2, 1, 120)),
}
COSTS = {
    "1 in a tenth, 100 in 2 of a thousand": ((0, 1, 100), (0.898, 0.1, 0.002)),
    "1 in 145 of a thousand, 20 in 5": ((0, 1, 20), (0.85, 0.145, 0.005)),
    "1, 2 and 10, in two, one and one tenths": ((0, 1, 2, 10), (0.6, 0.2, 0.1, 0.1)),
}
NUMBERS = (30, 200, 1000)


def held(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] - 1e-12 <= truth <= interval[1] + 1e-12


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=4000)
    draws = parser.parse_args().draws
    random = np.random.default_rng(0)
    print("| classes | Prunelle | normal |\n| --- | --- | --- |")
    for name, (counts, shares) in BALANCED.items():
        n, p = np.array(counts), np.array(shares, float)
        ours = normal = 0
        for right in random.binomial(n, p, (draws, len(n))):
            share = right / n
            half = Z * float(np.sqrt((share * (1 - share) / n).sum())) / len(n)
            ours += held(balanced_interval(right, n), p.mean())
            normal += held((share.mean() - half, share.mean() + half), p.mean())
        print(f"| {name} | {100 * ours / draws:.1f} % | {100 * normal / draws:.1f} % |")
    print("\n| costs | 30 examples | 200 | 1,000 |\n| --- | --- | --- | --- |")
    for name, (values, shares) in COSTS.items():
        cells, truth = [], float(np.dot(values, shares))
        for n in NUMBERS:
            ours = normal = 0
            for _ in range(draws // 4):
                drawn = random.choice(np.array(values, float), n, p=shares)
                half = Z * float(drawn.std(ddof=1)) / n**0.5
                ours += held(mean_interval(drawn, min(values), max(values)), truth)
                normal += held((drawn.mean() - half, drawn.mean() + half), truth)
            cells.append(f"{400 * ours / draws:.1f} % ({400 * normal / draws:.1f} %)")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()

"""Small series that a small network learns in a second, and the files that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prunelle.data.examples import Data
from prunelle.data.series.load import from_series


def waves(
    n: int, length: int = 24, channels: int = 1, seed: int = 0, *, unequal: bool = False
) -> tuple[list[np.ndarray], list[str]]:
    """Noise, with a bump early (``early``) or late (``late``): ``(T, C)`` arrays and labels."""
    random = np.random.default_rng(seed)
    series, labels = [], []
    for i in range(n):
        steps = int(random.integers(length // 2, length + 1)) if unequal else length
        one = random.normal(0, 0.2, (steps, channels))
        late = i % 2
        at = steps // 4 + late * (steps // 2)
        one[at - 2 : at + 3] += 2
        series.append(one.astype(np.float32))
        labels.append("late" if late else "early")
    if unequal:
        series[0] = np.concatenate([series[0], np.zeros((length - len(series[0]), channels), np.float32)])
    return series, labels


def wave_data(n: int = 40, **options: object) -> Data:
    """Training and test series of ``waves``."""
    series, labels = waves(n, **options)  # type: ignore[arg-type]
    test, test_labels = waves(20, **{**options, "seed": 99})  # type: ignore[arg-type]
    return from_series(series, labels, test_series=test, test_labels=test_labels, name="waves")


def write_ts(path: Path, series: Sequence[np.ndarray], labels: Sequence[str] | None) -> Path:
    """A ``.ts`` file, written as the format's description says."""
    channels = series[0].shape[1]
    equal = len({len(one) for one in series}) == 1
    head = [
        "# a comment",
        "@problemName Waves",
        "@timeStamps false",
        "@missing false",
        f"@univariate {str(channels == 1).lower()}",
        *([f"@dimensions {channels}"] if channels > 1 else []),
        f"@equalLength {str(equal).lower()}",
        *([f"@seriesLength {len(series[0])}"] if equal else []),
        f"@classLabel true {' '.join(sorted(set(labels)))}" if labels is not None else "@classLabel false",
        "@data",
    ]
    lines = []
    for i, one in enumerate(series):
        parts = [",".join("?" if np.isnan(v) else repr(float(v)) for v in channel) for channel in one.T]
        lines.append(":".join([*parts, *([labels[i]] if labels is not None else [])]))
    path.write_text("\n".join([*head, *lines]) + "\n")
    return path

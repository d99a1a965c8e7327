"""Groups of series: a column of a table, wide or long, an array of an ``.npz``, or one that a program gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from prunelle.data import load_labelled
from prunelle.data.examples import Data
from prunelle.data.series.kind import TimeSeries
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError, DataError
from tests.series import write_ts

N, STEPS = 60, 12


def waves() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Series, labels, and who each is of: five people in turn of twelve each, and both classes of each."""
    rng = np.random.default_rng(0)
    labels = np.arange(N) // 2 % 2
    series = np.sin(np.linspace(0, 6, STEPS) * (1 + labels[:, None])) + rng.normal(0, 0.1, (N, STEPS))
    return series.astype(np.float32), labels, [f"p{row // 4}" for row in range(N)]


def wide(path: Path, *, at: int = 1, header: bool = True, whom: str = "subject") -> Path:
    """A series a line: the label first, the person in column ``at``."""
    series, labels, people = waves()
    lines = []
    if header:
        names = ["label", *(f"t{step}" for step in range(STEPS))]
        names.insert(at, whom)
        lines.append(",".join(names))
    for row in range(N):
        cells = [str(labels[row]), *(f"{value:.4f}" for value in series[row])]
        cells.insert(at, people[row])
        lines.append(",".join(cells))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def long(path: Path, *, torn: bool = False) -> Path:
    series, labels, people = waves()
    lines = ["series,time,value,label,subject"]
    for row in range(N):
        for step in range(STEPS):
            whom = "nobody" if torn and row == step == 3 else people[row]
            lines.append(f"{row},{step},{series[row, step]:.4f},{labels[row]},{whom}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def undivided(data: Data) -> bool:
    sets = [set(split.groups.tolist()) for split in data.splits() if split.groups is not None]
    return len(sets) == 3 and sum(map(len, sets)) == len(set().union(*sets)) == 15


@pytest.mark.parametrize("at", [0, 1, 5, STEPS + 1])
def test_a_column_of_a_wide_table(tmp_path: Path, at: int) -> None:
    file = wide(tmp_path / "waves.csv", at=at)
    data = pn.load(file, groups="subject")
    assert undivided(data)
    assert isinstance(data.preprocess, SeriesPreprocess)
    assert (data.preprocess.length, data.preprocess.steps, data.preprocess.group) == (STEPS, STEPS, "subject")
    assert any("groups are in 'subject'" in note.en for note in data.notes)
    assert any("by whole groups" in note.en and "60 series in 15 groups" in note.en for note in data.notes)
    assert data.source is not None
    again = pn.load(**data.source)
    for one, other in zip(data.splits(), again.splits(), strict=True):
        assert np.array_equal(one.groups, other.groups)


def test_a_column_of_a_table_without_header(tmp_path: Path) -> None:
    data = pn.load(wide(tmp_path / "waves.csv", header=False), groups="2", labels="first")
    assert undivided(data)
    with pytest.raises(ArgumentError, match="by its number from 1"):
        pn.load(wide(tmp_path / "waves.csv", header=False), groups="subject", labels="first")


def test_a_column_of_a_long_table(tmp_path: Path) -> None:
    assert undivided(pn.load(long(tmp_path / "waves.csv"), groups="subject"))
    # Without it, the column is a value of no channel: it is text.
    with pytest.raises(DataError, match="series 3 is of the group 'nobody', and of 'p0' before"):
        pn.load(long(tmp_path / "torn.csv", torn=True), groups="subject")
    with pytest.raises(ArgumentError, match="holds times, values or labels"):
        pn.load(long(tmp_path / "waves.csv"), groups="label")


def test_an_array_of_an_npz(tmp_path: Path) -> None:
    series, labels, people = waves()
    np.savez(tmp_path / "waves.npz", X=series, y=labels.astype(str), person=np.array(people))
    assert undivided(pn.load(tmp_path / "waves.npz", groups="person"))
    with pytest.raises(ArgumentError, match=r"there is no 'preson'\. Did you mean 'person'\?"):
        pn.load(tmp_path / "waves.npz", groups="preson")


def test_what_a_program_gives(tmp_path: Path) -> None:
    series, labels, people = waves()
    assert undivided(pn.from_series(series, labels, classes=("slow", "fast"), groups=people))
    write_ts(tmp_path / "waves.ts", [one[:, None] for one in series], [str(label) for label in labels])
    data = pn.load(tmp_path / "waves.ts", groups=people)
    assert undivided(data)
    assert data.source is None
    with pytest.raises(ArgumentError, match=r"groups must be \(N,\)"):
        pn.load(tmp_path / "waves.ts", groups=people[1:])


def test_errors(tmp_path: Path) -> None:
    file = wide(tmp_path / "waves.csv")
    with pytest.raises(ArgumentError, match=r"received 'subjct'\. Did you mean 'subject'\?"):
        pn.load(file, groups="subjct")
    with pytest.raises(ArgumentError, match=r"groups .* and labels are one column"):
        pn.load(file, groups="label", labels="label")
    with pytest.raises(ArgumentError, match="names a column of their table"):
        pn.load(file, groups="folder:2")
    series, labels, _ = waves()
    write_ts(tmp_path / "waves.ts", [one[:, None] for one in series], [str(label) for label in labels])
    with pytest.raises(ArgumentError, match=r"waves\.ts has none\. In Python"):
        pn.load(tmp_path / "waves.ts", groups="subject")


def test_given_splits_that_divide_people_are_told(tmp_path: Path) -> None:
    wide(tmp_path / "waves_TRAIN.csv")
    wide(tmp_path / "waves_TEST.csv")
    data = pn.load(tmp_path / "waves_TRAIN.csv", groups="subject")
    assert any(
        "60 of the 60 test series are of 15 groups that train has too" in note.en for note in data.notes
    )


def test_other_tables_may_have_the_column_too_or_not(tmp_path: Path) -> None:
    """What was learned by people can be asked of a table with them, and of one without."""
    data = pn.load(wide(tmp_path / "waves.csv"), groups="subject")
    settings = data.preprocess.with_statistics(data.train.decode(data.preprocess).images)  # type: ignore[union-attr]
    assert isinstance(settings, SeriesPreprocess)
    assert SeriesPreprocess.from_json(settings.to_json()) == settings
    with_people = list(TimeSeries().read(tmp_path / "waves.csv", settings))
    series, labels, _ = waves()
    (tmp_path / "plain.csv").write_text(
        "\n".join(
            [
                ",".join(["label", *(f"t{step}" for step in range(STEPS))]),
                *(
                    ",".join([str(k), *(f"{v:.4f}" for v in one)])
                    for k, one in zip(labels, series, strict=True)
                ),
            ]
        ),
        encoding="utf-8",
    )
    without = list(TimeSeries().read(tmp_path / "plain.csv", settings))
    assert len(with_people) == len(without) == N
    for (_, one), (_, other) in zip(with_people, without, strict=True):
        assert np.array_equal(one, other)
    judged = load_labelled(tmp_path / "waves.csv", like=settings)
    assert judged.train.groups is not None
    assert load_labelled(tmp_path / "plain.csv", like=settings).train.groups is None


def test_without_groups_nothing_is_written_of_them(tmp_path: Path) -> None:
    file = wide(tmp_path / "waves.csv", whom="t99")
    text = file.read_text().replace("p", "")  # a number as any other
    file.write_text(text)
    data = pn.load(file)
    assert data.train.groups is None
    assert "group" not in data.preprocess.to_json()

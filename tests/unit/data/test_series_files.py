"""Files of series: what they hold, and every way in which they can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prunelle import data as datasets
from prunelle.data.series.container import Series
from prunelle.data.series.load import load_labelled_series, load_series
from prunelle.data.series.reading import read_file
from prunelle.errors import ArgumentError, DataError, MissingData
from tests.series import waves, write_ts

HEAD = "@problemName p\n@timeStamps false\n@classLabel true a b\n"


def ts(tmp_path: Path, body: str, head: str = HEAD, name: str = "p.ts") -> Path:
    path = tmp_path / name
    path.write_text(head + "@data\n" + body)
    return path


class TestTs:
    def test_values_channels_lengths_labels_and_missing_values(self, tmp_path: Path) -> None:
        found = read_file(ts(tmp_path, "1,2,-3e1:4,?,6:a\n\n7.5:8:b\n"))
        assert found.labels == ("a", "b")
        np.testing.assert_array_equal(found.series[0], [[1, 4], [2, np.nan], [-30, 6]])
        np.testing.assert_array_equal(found.series[1], [[7.5, 8]])
        assert found.series.lengths.tolist() == [3, 1]

    def test_without_labels(self, tmp_path: Path) -> None:
        found = read_file(ts(tmp_path, "1,2\n3,4\n", "@classLabel false\n"))
        assert found.labels is None
        assert found.series.lengths.tolist() == [2, 2]

    @pytest.mark.parametrize(
        ("body", "head", "message"),
        [
            ("1,2:a\n1,2:3,4:a\n", HEAD, r"p\.ts, line 6: 2 channels; the series before have 1"),
            ("1,2:3:a\n", HEAD, "line 5: channel 2 has 1 values, channel 1 has 2"),
            ("1,2:a\n1,2,3\n", HEAD, "line 6: the label is missing; a line ends with :label"),
            ("1,2:a\n1,2:3,4\n", HEAD, "line 6: the label '3,4' is not among .* a, b; is the label missing"),
            ("1,2:c\n", HEAD, "line 5: the label 'c' is not among those of @classLabel, a, b"),
            ("1,2x:a\n", HEAD, "line 5: value 2 is no number: '2x'"),
            ("1,1e99:a\n", HEAD, "line 5: value 2 is infinite, or too large"),
            ("?,?:a\n", HEAD, "line 5: the series has no value"),
            ("", HEAD, r"p\.ts has no series\."),
            ("1:a\n", "@problemName p\n", "line 2: no line above says whether there are labels"),
            ("1:a\n", HEAD + "@dimensions 2\n", "line 6: 1 channels; @dimensions says 2"),
            ("1:a\n", HEAD + "@dimensions x\n", "line 4: @dimensions must be a whole number; received 'x'"),
            (
                "1,2:a\n",
                HEAD + "@equalLength true\n@seriesLength 3\n",
                "line 7: 2 values; @seriesLength says 3",
            ),
            ("(0,1):a\n", HEAD + "@timeStamps true\n", "line 4: series with time stamps are not read"),
            ("1:2.5\n", "@targetLabel true\n", "line 1: this is a set for regression"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_line(
        self, tmp_path: Path, body: str, head: str, message: str
    ) -> None:
        with pytest.raises(DataError, match=message):
            read_file(ts(tmp_path, body, head))

    def test_no_header_no_text_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.ts").write_text("1,2,3:a\n")
        with pytest.raises(DataError, match="line 1: the header's lines start with @ and end with @data"):
            read_file(tmp_path / "a.ts")
        (tmp_path / "b.ts").write_bytes(b"@data\n1,2:\xe9t\xe9\n")
        with pytest.raises(DataError, match="is no UTF-8 text"):
            read_file(tmp_path / "b.ts")
        (tmp_path / "c.ts").write_text("@problemName x\n")
        with pytest.raises(DataError, match="no line says @data"):
            read_file(tmp_path / "c.ts")
        with pytest.raises(MissingData, match="is not there"):
            read_file(tmp_path / "d.ts")


class TestTables:
    def test_ucr_tsv(self, tmp_path: Path) -> None:
        path = tmp_path / "p.tsv"
        path.write_text("1\t0.5\t-1\t2\n10\t3\tNaN\t4\n2\t5\t6\tNaN\n")
        found = read_file(path)
        assert found.labels == ("1", "10", "2")
        np.testing.assert_array_equal(found.series[1], [[3], [np.nan], [4]])
        # NaN at the end is how UCR pads shorter series.
        np.testing.assert_array_equal(found.series[2], [[5], [6]])

    def test_wide_csv_with_the_label_anywhere_or_nowhere(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("t0,label,t1,t2\n1,cat,2,3\n4,dog,,6\n")
        found = read_file(path)
        assert found.labels == ("cat", "dog")
        np.testing.assert_array_equal(found.series[1], [[4], [np.nan], [6]])
        path.write_text("t0;kind;t1\n1;cat;2\n")
        assert read_file(path, "kind").labels == ("cat",)
        path.write_text("t0,t1\n1,2\n")
        assert read_file(path).labels is None
        with pytest.raises(
            ArgumentError, match=r"labels must name a column of p.csv; received 't11'\. Did you mean"
        ):
            read_file(path, "t11")

    def test_long_csv(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text(
            "series,time,channel,value,label\n"
            "b,2,y,6,dog\nb,1,x,1,dog\nb,1,y,4,dog\n"  # in any order; x has no value at time 2
            "a,2026-01-01T00:00:02,x,9,cat\na,2026-01-01,x,8,cat\na,2026-01-01,y,7,cat\n"
        )
        found = read_file(path)
        assert found.labels == ("dog", "cat")
        np.testing.assert_array_equal(found.series[0], [[1, 4], [np.nan, 6]])
        np.testing.assert_array_equal(found.series[1], [[8, 7], [9, np.nan]])

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("p.tsv", "1\t2\t3\n1\t2\n", r"p.tsv, line 2: 2 columns; the lines before have 3"),
            ("p.tsv", "1\t2\t3\n\t2\t3\n", "line 2: the label is missing"),
            ("p.tsv", "1\tx\t3\n", "line 1: value 1 is no number: 'x'"),
            ("p.csv", "label,a,b\nc,1,2\nc,,\n", "line 3: the series has no value"),
            ("p.csv", "series,time,value\na,1\n", "line 2: 2 values; the header has 3"),
            (
                "p.csv",
                "series,when,value\na,1,2\n",
                "line 1: the long form needs columns named series, time and",
            ),
            (
                "p.csv",
                "series,time,value\na,noon,2\n",
                "line 2: the time is neither a number nor a date: 'noon'",
            ),
            ("p.csv", "series,time,value\na,1,2\na,1,3\n", "series a has two values at time 1"),
            (
                "p.csv",
                "series,time,value,label\na,1,2,x\na,2,3,y\n",
                "line 3: series a has the label 'y', and 'x'",
            ),
            ("p.csv", "series,time,value,label\na,1,2,\n", "line 2: the label is missing"),
            ("p.csv", "", "p.csv has no series"),
            ("p.npz", "no zip", "p.npz cannot be read as .npz"),
            ("p.dat", "1", "p.dat is no file of series; those are .ts, .tsv, .csv, .txt, .arff, .npz"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_line(
        self, tmp_path: Path, name: str, text: str, message: str
    ) -> None:
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match=message):
            read_file(tmp_path / name)

    def test_npz(self, tmp_path: Path) -> None:
        series = np.arange(12, dtype=np.float64).reshape(2, 3, 2)
        series[1, 2] = np.nan  # one step shorter
        np.savez(tmp_path / "p.npz", X_train=series, y_train=[3, 4], X_test=series[:1], y_test=[4])
        data = load_series(tmp_path / "p.npz")
        assert data.classes == ("3", "4")
        assert data.test is not None
        assert (len(data.train), data.test.labels.tolist()) == (2, [1])
        assert isinstance(data.train.array, Series)
        np.testing.assert_array_equal(data.train.array[1], [[6, 7], [8, 9]])
        np.savez(tmp_path / "o.npz", X=np.array([np.zeros(2), np.zeros(3)], object), y=[0, 1])
        with pytest.raises(DataError, match=r"holds Python objects.*NaN beyond each series' end"):
            read_file(tmp_path / "o.npz")
        np.savez(tmp_path / "q.npz", images=series)
        with pytest.raises(DataError, match=r"needs arrays named X and y, .*; it has images"):
            read_file(tmp_path / "q.npz")
        np.savez(tmp_path / "r.npz", X=series, y=[1])
        with pytest.raises(DataError, match=r"y must be \(2,\), one a series; it is \(1,\)"):
            read_file(tmp_path / "r.npz")


class TestLoad:
    def test_the_test_file_beside(self, tmp_path: Path) -> None:
        series, labels = waves(12)
        for name, n in (("Waves_TRAIN.ts", 12), ("Waves_TEST.ts", 7)):
            write_ts(tmp_path / name, series[:n], labels[:n])
        data = datasets.load(tmp_path / "Waves_TRAIN.ts")
        assert data.name == "waves"
        assert data.classes == ("early", "late")
        assert [(split.name, len(split)) for split in data.splits()] == [("train", 12), ("test", 7)]
        assert "Waves_TEST.ts" in data.notes[0].en
        assert data.preprocess.input_shape == (1, 24)
        again = datasets.load(**data.source)  # type: ignore[arg-type]
        assert isinstance(again.train.array, Series)
        assert isinstance(data.train.array, Series)
        np.testing.assert_array_equal(again.train.array.values, data.train.array.values)
        with pytest.raises(ArgumentError, match=r"test is a share.*has a test split of its own"):
            datasets.load(tmp_path / "Waves_TRAIN.ts", test=0.2)
        drawn = datasets.load(tmp_path / "Waves_TRAIN.ts", validation=0.25)
        assert drawn.validation is not None
        assert (len(drawn.train), len(drawn.validation)) == (9, 3)

    def test_a_file_alone_is_split(self, tmp_path: Path) -> None:
        series, labels = waves(40)
        path = write_ts(tmp_path / "all.ts", series, labels)
        data = datasets.load(path)
        assert [len(split) for split in data.splits()] == [32, 4, 4]
        parts = {}
        for split in data.splits():
            assert isinstance(split.array, Series)
            for one, label in zip(split.array, split.labels, strict=True):
                parts[one.tobytes()] = data.classes[label]
        # Each series once, with its own label.
        assert parts == {one.tobytes(): label for one, label in zip(series, labels, strict=True)}
        assert len(load_labelled_series(path).train) == 40

    def test_classes_in_the_order_of_numbers(self, tmp_path: Path) -> None:
        path = tmp_path / "p.tsv"
        path.write_text("10\t1\t2\n9\t1\t2\n-1\t3\t4\n")
        assert load_labelled_series(path).classes == ("-1", "9", "10")

    def test_unequal_lengths_and_missing_values_are_counted(self, tmp_path: Path) -> None:
        data = load_series(ts(tmp_path, "1,?,3:a\n1,?:b\n4,5:a\n6,7:b\n"), validation=0, test=0)
        assert [note.en for note in data.notes] == [
            "p.ts: 4 series of 2 to 3 steps; labels after the last colon.",
            "2 missing values in 2 series were interpolated, linearly in time.",
        ]
        assert all(note.fr != note.en for note in data.notes)

    def test_a_test_class_that_training_lacks(self, tmp_path: Path) -> None:
        ts(tmp_path, "1,2:a\n3,4:b\n", name="p_TRAIN.ts")
        ts(tmp_path, "1,2:a\n3,4:c\n", "@classLabel true a b c\n", "p_TEST.ts")
        with pytest.raises(
            DataError, match="the test split has the class 'c' that training lacks; it has a, b"
        ):
            datasets.load(tmp_path / "p_TRAIN.ts")

    def test_a_test_with_other_channels(self, tmp_path: Path) -> None:
        ts(tmp_path, "1,2:a\n3,4:b\n", name="p_train.ts")
        ts(tmp_path, "1,2:3,4:a\n", name="p_test.ts")
        with pytest.raises(DataError, match="the test series have 2 channels, the training series 1"):
            datasets.load(tmp_path / "p_train.ts")

    def test_no_labels_one_class_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="has no labels; to train on"):
            datasets.load(ts(tmp_path, "1,2\n", "@classLabel false\n"))
        with pytest.raises(DataError, match="all of one class, a; at least two"):
            datasets.load(ts(tmp_path, "1,2:a\n3,4:a\n"))
        with pytest.raises(MissingData, match=r"Did you mean 'p\.ts'"):
            datasets.load(tmp_path / "q.ts")
        with pytest.raises(ArgumentError, match="labels names a column of a CSV"):
            datasets.load(tmp_path / "p.ts", labels="kind")


class TestFromSeries:
    def test_lists_and_arrays(self) -> None:
        data = datasets.from_series([np.zeros((3, 2)), np.ones((5, 2))], ["x", "y"], validation=0, test=0)
        assert isinstance(data.train.array, Series)
        assert data.train.array.lengths.tolist() == [3, 5]
        assert data.preprocess.input_shape == (2, 5)
        data = datasets.from_series(
            np.zeros((4, 7)), [0, 1, 0, 1], classes=["no", "yes"], validation=0, test=0
        )
        assert data.classes == ("no", "yes")
        assert data.train.labels.tolist() == [0, 1, 0, 1]

    @pytest.mark.parametrize(
        ("series", "labels", "message"),
        [
            (np.zeros((2, 3, 4, 5)), [0, 1], r"series must be \(N, T\) or \(N, T, C\).*\(2, 3, 4, 5\)"),
            (np.zeros((2, 3)), [0, 1, 1], "labels must be as many as the series, 2; received 3"),
            (np.array([["a"]]), [0], "series must be numbers"),
            (np.full((2, 3), np.inf), [0, 1], "series must be finite"),
            ([np.zeros((3, 2)), np.zeros(4)], [0, 1], r"series\[1\] has shape \(4, 1\), the first \(3, 2\)"),
            ([np.zeros(3), np.full(4, np.nan)], [0, 1], r"series\[1\] has no value at all"),
            (np.zeros((2, 3)), None, "series and labels go together"),
            (np.zeros((2, 3)), [0, 0], "all of one class"),
        ],
    )
    def test_what_cannot_be_used(self, series: object, labels: object, message: str) -> None:
        with pytest.raises(ArgumentError, match=message):
            datasets.from_series(series, labels)

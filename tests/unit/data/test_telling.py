"""Several labels and numbers read from tables and folders, held against what a person would read there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.data.splits import Shares
from prunelle.data.splits import draw as draw_splits
from prunelle.data.targets import Number, SeveralLabels, Task
from prunelle.data.telling import names_in, told, written
from prunelle.errors import ArgumentError, DataError, UnknownName

PICTURES = {
    "a.png": ("cat", "grass"),
    "b.png": ("dog",),
    "c.png": (),
    "d.png": ("cat", "dog"),
    "e.png": ("grass",),
    "f.png": ("cat",),
}
CLASSES = ("cat", "dog", "grass")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for shade, name in enumerate(PICTURES):
        Image.new("RGB", (8, 8), (40 * shade, 0, 255 - 40 * shade)).save(tmp_path / "photos" / name)
    return tmp_path / "photos"


def expected(files: tuple[Path, ...] | None) -> np.ndarray:
    assert files is not None
    return np.array([[name in PICTURES[file.name] for name in CLASSES] for file in files])


TABLES = {
    "a cell": "file,labels\n" + "".join(f"{file},{';'.join(has)}\n" for file, has in PICTURES.items()),
    "bars": "file,tags\n" + "".join(f"{file},{' | '.join(has)}\n" for file, has in PICTURES.items()),
    "commas": "file,labels\n" + "".join(f'{file},"{", ".join(has)}"\n' for file, has in PICTURES.items()),
    "lines": "file,label\n"
    + "".join(f"{file},{name}\n" for file, has in PICTURES.items() for name in has or ("",)),
    "a column each": "file,cat,dog,grass\n"
    + "".join(f"{file},{','.join(str(int(n in has)) for n in CLASSES)}\n" for file, has in PICTURES.items()),
    "words": "image;cat;remark;dog;grass\n"
    + "".join(
        f"{file};{'oui' if 'cat' in has else 'non'};soft;{'x' if 'dog' in has else ''};{str('grass' in has).upper()}\n"
        for file, has in PICTURES.items()
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_several_labels_are_read_however_a_table_has_them(folder: Path, table: str) -> None:
    (folder / "t.csv").write_text(TABLES[table])
    data = pn.load(folder, labels="t.csv", task="multilabel", validation=0, test=0)
    assert data.classes == CLASSES
    assert data.target == SeveralLabels()
    np.testing.assert_array_equal(data.train.labels, expected(data.train.files))
    again = pn.load(**data.source)
    np.testing.assert_array_equal(again.train.labels, data.train.labels)


def test_columns_that_are_named_are_the_labels(folder: Path) -> None:
    (folder / "t.csv").write_text(TABLES["a column each"])
    data = pn.load(folder, labels="t.csv", task="multilabel:dog,cat", validation=0, test=0)
    assert data.classes == ("cat", "dog")
    np.testing.assert_array_equal(data.train.labels, expected(data.train.files)[:, :2])


def test_folders_are_labels_and_a_picture_in_two_of_them_has_both(folder: Path) -> None:
    for file, has in PICTURES.items():
        for name in has:
            (folder / name).mkdir(exist_ok=True)
            (folder / name / file).write_bytes((folder / file).read_bytes())
    for file in PICTURES:
        (folder / file).unlink()
    data = pn.load(folder, task="multilabel", validation=0, test=0)
    assert data.classes == CLASSES
    assert sorted(file.name for file in data.train.files or ()) == [f for f, has in PICTURES.items() if has]
    np.testing.assert_array_equal(data.train.labels, expected(data.train.files))


@pytest.mark.parametrize(
    ("table", "task", "column"),
    [
        ("file,age\n{}", "regression", "age"),
        ("file,label\n{}", "regression", "label"),
        ("file,age,height\n{},1.0", "regression:age", "age"),
        ("file;age\n{}", "regression", "age"),
    ],
)
def test_a_number_is_the_column_that_says_so(folder: Path, table: str, task: str, column: str) -> None:
    header, _, row = table.partition("\n")
    comma = ";" in header
    ages = {file: 3.5 * number + 2 for number, file in enumerate(PICTURES)}
    lines = [
        (f"{file};{str(age).replace('.', ',')}" if comma else row.replace("{}", f"{file},{age}"))
        for file, age in ages.items()
    ]
    (folder / "t.csv").write_text("\n".join([header, *lines]) + "\n")
    data = pn.load(folder, labels="t.csv", task=task, validation=0, test=0)
    assert data.classes == (column,)
    wanted = np.array([ages[file.name] for file in data.train.files or ()])
    np.testing.assert_allclose(data.train.labels, wanted)
    assert isinstance(data.target, Number)
    assert (data.target.mean, data.target.std) == pytest.approx((wanted.mean(), wanted.std()))


@pytest.mark.parametrize(
    ("table", "task", "error", "message"),
    [
        ("file,age,height\na.png,1,2\n", "regression", ArgumentError, "it has age, height. Say --task regression:age"),
        ("file,age\na.png,old\n", "regression", DataError, "age must be a number for each example .* received 'old'"),
        ("file,age\na.png,nan\nb.png,2\n", "regression", DataError, "received 'nan'"),
        ("file,age\na.png,\n", "regression", DataError, "line 2: the label is empty"),
        ("file,age\na.png,3\nb.png,3\n", "regression", DataError, "must differ for anything to be learned; all are 3"),
        ("file,labels\na.png,\nb.png,\n", "multilabel", DataError, "no example of the training split has any label"),
        ("file,labels\na.png,x;y\nb.png,y;x\n", "multilabel", DataError, "has every label .* nothing to tell apart"),
        ("file,cat,dog\na.png,1,2\n", "multilabel:cat,dog", DataError, "line 2: dog must be 1 or 0, .*received '2'"),
        ("file,cat\na.png,1\n", "multilabel:cta", ArgumentError, "received 'cta'. Did you mean 'cat'"),
        ("file,remark\na.png,soft\n", "multilabel", DataError, "no column of labels .*a label that holds 1 and 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_said(
    folder: Path, table: str, task: str, error: type[Exception], message: str
) -> None:
    (folder / "t.csv").write_text(table)
    with pytest.raises(error, match=message):
        pn.load(folder, labels="t.csv", task=task, validation=0, test=0)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("regresion", UnknownName, "Did you mean 'regression'"),
        ("regression:", ArgumentError, "needs the name of a column"),
        ("regression:a,b", ArgumentError, "takes one column; received a, b"),
    ],
)
def test_a_task_that_is_none_is_refused(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Task.parse(text)


def test_a_named_set_has_classes() -> None:
    with pytest.raises(ArgumentError, match="task regression goes with data of your own; digits has classes"):
        pn.load("digits", task="regression")


def test_cells_are_split_by_what_the_column_has() -> None:
    assert written(["a, b|c", "d"]) == ["a, b;c", "d"]
    assert names_in(" a ;; b;a", ";") == ("a", "b")
    with pytest.raises(DataError, match="labels that the training split lacks: z"):
        told("labels", {"train": ["a", ""], "test": ["z"]}, "")


def test_a_drawn_split_leaves_every_label_something_to_be_learned_from() -> None:
    draw = np.random.default_rng(5)
    for seed in range(40):
        labels = draw.random((24, 5)) < (0.5, 0.3, 0.1, 0.06, 0.04)
        classes = tuple("abcde")
        drawn = draw_splits(
            labels,
            None,
            Shares(0.2, 0.2),
            target=SeveralLabels(),
            seed=seed,
            classes=classes,
            from_train=False,
        )
        together = np.concatenate([drawn.train, drawn.validation, drawn.test])
        assert sorted(together.tolist()) == list(range(24))
        assert labels[drawn.train].any(axis=0).tolist() == labels.any(axis=0).tolist()


def test_a_series_table_tells_a_number(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    waves = draw.normal(size=(40, 16))
    energy = (waves**2).sum(axis=1)
    lines = ["energy," + ",".join(f"t{step}" for step in range(16))]
    lines += [
        f"{value:.4f}," + ",".join(f"{x:.4f}" for x in wave)
        for value, wave in zip(energy, waves, strict=True)
    ]
    (tmp_path / "waves.csv").write_text("\n".join(lines) + "\n")
    data = pn.load(tmp_path / "waves.csv", task="regression:energy", validation=0, test=0)
    assert data.classes == ("energy",)
    np.testing.assert_allclose(data.train.labels, energy, atol=1e-4)
    again = pn.load(**data.source)
    np.testing.assert_array_equal(again.train.labels, data.train.labels)

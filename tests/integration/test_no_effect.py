"""What was asked for and has no effect, or cannot be done, is said where it was asked: never dropped without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from prunelle.errors import ArgumentError
from tests.integration.command import prunelle
from tests.pictures import make_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of stripes, and a run of one epoch on them."""
    path = tmp_path_factory.mktemp("stripes")
    make_folder(path / "data", ("a", "b"), 12, size=(16, 16))
    pn.train(
        "lenet5",
        path / "data",
        pn.Recipe(epochs=1),
        size=28,
        output=path / "run",
        style="quiet",
        language="en",
    )
    return path


def typed(folder: Path, tmp_path: Path, line: str):
    """``prunelle`` with a line in which RUN, DATA, PICTURE and NEW stand for paths."""
    paths = {
        "RUN": folder / "run",
        "DATA": folder / "data",
        "PICTURE": folder / "data" / "a" / "0000.jpg",
        "NEW": tmp_path / "new",
    }
    return prunelle(*(paths.get(word, word) for word in line.split()))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train DATA --rounds 2", "--rounds goes with --unlabelled"),
        ("train DATA --name mine --output NEW", "name goes into the name of a new folder"),
        ("train DATA --runs elsewhere --output NEW", "--runs is where new folders go"),
        ("train DATA --data-dir elsewhere", "data_dir goes with a named set"),
        ("train digits --labels folder", "labels goes with a folder"),
        ("compare lenet5 dense --runs elsewhere --output NEW", "--runs is where new folders go"),
        ("compare lenet5 resnet20 --hidden 20", "--hidden is for dense"),
        ("evaluate RUN --labels folder", "labels says where the classes of data are"),
        ("evaluate RUN --data-dir elsewhere", "data_dir is where named sets are"),
        ("evaluate RUN DATA --data-dir elsewhere", "data_dir is where named sets are"),
        ("shots DATA --strategies scratch --weights RUN --output NEW", "weights is what other strategies"),
        ("convolve step --border reflect", "border says what the padding holds"),
        ("convolve step --padding 0 --border circular", "border says what the padding holds"),
        ("convolve step --channels each", "channels is for pictures"),
        ("convolve digit:4 --language fr", "--language is of the figures"),
        ("convolve digit:4 --only steps", "--only needs --output"),
        ("run --covered program.py", "--covered lists"),
        ("look RUN --view filters --between a b --output NEW", "between is for the views classes"),
        ("look RUN --view filters --class a --output NEW", "classes is for the views where, classes"),
        ("look RUN --view filters --data DATA --output NEW", "data is for the views channel, classes"),
        ("look RUN --view space --sample 9 --channel 1 --output NEW", "channel is for the views filters"),
        ("look RUN --view filters --sample 9 --output NEW", "sample is for the views channel"),
        ("look RUN --view space --scale shared --output NEW", "scale is for the views activations"),
        ("look RUN --view space --layer features.0 --output NEW", "layers is for the views filters"),
        ("look RUN --view space --labels folder --output NEW", "labels says where the classes of data are"),
        ("look RUN --layer nosuch --output NEW", "unknown layer 'nosuch'"),
        ("look RUN --between a nosuch --output NEW", "unknown class 'nosuch'"),
    ],
)
def test_an_option_without_effect_is_an_error_that_names_it(folder, tmp_path, line, said):
    done = typed(folder, tmp_path, line)
    assert done.code == 2, done
    assert said in done.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("quiet", ["", " --quiet"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("look lenet5 --between 4 9 --output NEW", ["--between: it needs labelled pictures"]),
        ("look lenet5 --view classes --output NEW", ["--view classes: it needs labelled pictures"]),
        ("look RUN --view where --view filters --output NEW", ["--view where: it needs a picture"]),
        ("look lenet5 --class 3 --output NEW", ["--class: it needs a picture"]),
        ("look RUN --view activations --scale shared --output NEW", ["--view activations:", "--scale:"]),
    ],
)
def test_what_a_look_cannot_show_is_an_error_where_it_was_asked_for(folder, tmp_path, line, said, quiet):
    done = typed(folder, tmp_path, line + quiet)
    assert done.code == 1
    for each in said:
        assert f"Error: not shown: {each}" in done.err
    assert (tmp_path / "new" / "index.html").is_file()  # with what can be shown


def test_views_that_nobody_named_may_make_no_sense(folder, tmp_path):
    done = typed(folder, tmp_path, "look lenet5 --layer features.0 --output NEW")
    assert done.code == 0
    assert "classes: it needs labelled pictures" in done.out + done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("look RUN PICTURE --view filters --output NEW", "The pictures are not shown"),
        ("predict RUN PICTURE --top 9", "top=9 names all classes there are: 2"),
        ("convolve digit:4 --channels each", "--channels each changes nothing"),
        ("train digits --network lenet5 --epochs 1 --data-dir NEW --output NEW", "changes nothing for them"),
        (
            "train DATA --network lenet5 --weights RUN --strategy features --views 3 --epochs 1 --output NEW",
            "they have one view",
        ),
    ],
)
def test_what_is_no_mistake_but_has_no_effect_is_noted(folder, tmp_path, line, said):
    done = typed(folder, tmp_path, line)
    assert done.code == 0, done.err
    assert said in done.out + done.err


def test_pictures_beyond_the_columns_are_counted(folder, tmp_path):
    files = sorted((folder / "data" / "a").iterdir())
    done = prunelle("augment", *files, "--columns", 3, "--augment", "flip", "--output", tmp_path / "a.png")
    assert done.code == 0, done.err
    assert f"3 of {len(files)} pictures are drawn" in done.out + done.err
    done = prunelle("augment", files[0], folder / "nowhere.jpg", "--output", tmp_path / "b.png")
    assert done.code == 1
    assert "nowhere.jpg: cannot be opened" in done.err


def test_the_same_in_python(folder, tmp_path):
    data = pn.load(folder / "data")
    run = folder / "run"
    for call, said in (
        (
            lambda: pn.train("lenet5", data, labels="folder", output=tmp_path / "a"),
            "labels is for data by name",
        ),
        (
            lambda: pn.train("lenet5", data, validation=0.2, output=tmp_path / "a"),
            "validation is for data by name",
        ),
        (lambda: pn.evaluate(run, data, labels="folder"), "labels is for data by name"),
        (lambda: pn.train(resume=run, size=32), "size is of a new run"),
        (lambda: pn.train(resume=run, recipe=pn.Recipe(epochs=1, seed=9)), "recipe is of a new run"),
        (lambda: pn.train(resume=run, output=tmp_path / "a"), "output is of a new run"),
        (lambda: pn.convolve(np.eye(5), border="reflect"), "border says"),
    ):
        with pytest.raises(ArgumentError, match=said):
            call()
    made = pn.look_into("lenet5", between=("4", "9"), output=tmp_path / "look", style="quiet")
    assert set(made.unmet) == {"between"}
    assert "étiquetées" in made.unmet["between"].fr

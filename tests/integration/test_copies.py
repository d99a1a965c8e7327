"""Pictures that are there twice, that a run has learned already, or that were moved: recognised by what they hold."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import shutil
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.runs import judging
from tests.integration.command import Finished, prunelle
from tests.pictures import make_folder
from tests.series import waves, write_ts

SMALL = ("--network", "dense", "--hidden", "8", "--size", 16, "--language", "en")


def trained(data: Path, output: Path, *arguments: object) -> Finished:
    done = prunelle("train", data, *SMALL, *("--epochs", 1), "--output", output, *arguments)
    assert done.code == 0, done.err
    return done


def info(run: Path) -> Any:
    return json.loads((run / "run.json").read_text(encoding="utf-8"))


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "splits.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def files(run: Path, split: str) -> list[Path]:
    return [Path(row["file"]) for row in rows(run) if row["split"] == split]


def evaluated(*arguments: object) -> Any:
    done = prunelle("evaluate", *arguments, "--json", "--quiet")
    assert done.code == 0, done.err
    return json.loads(done.out)


def said(*arguments: object) -> str:
    done = prunelle("evaluate", *arguments, "--quiet")
    assert done.code == 0, done.err
    return done.out


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Larger than the network's input four times over, so that JPEGs are decoded at a half."""
    return make_folder(tmp_path_factory.mktemp("copies") / "pets", ("cat", "dog"), 20, (80, 80))


@pytest.fixture(scope="module")
def run(photos: Path) -> Path:
    trained(photos, photos.parent / "run")
    return photos.parent / "run"


def copied(sources: list[Path], folder: Path, *, png: bool = False) -> Path:
    for number, file in enumerate(sources):
        target = folder / file.parent.name / f"other{number}.{'png' if png else 'jpeg'}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if png:
            Image.open(file).save(target)
        else:
            shutil.copy(file, target)
    return folder


def new_pictures(folder: Path, per_class: int = 3) -> Path:
    return make_folder(folder, ("cat", "dog"), per_class, (80, 80), seed=99)


# Judged on other pictures.


@pytest.mark.parametrize("png", [False, True])
def test_learned_pictures_elsewhere_are_left_out_and_counted(run: Path, tmp_path: Path, png: bool) -> None:
    learned, chose = files(run, "train")[::4], files(run, "validation")
    other = copied([*learned, *chose], tmp_path / "other", png=png)
    new = new_pictures(tmp_path / "new")
    alone = evaluated(run, new)
    shutil.copytree(new, other, dirs_exist_ok=True)
    found = evaluated(run, other)
    judged = found["judged"]
    assert (judged["learned"], judged["validated"], judged["given"]) == (
        len(learned),
        len(chose),
        len(learned) + len(chose) + 6,
    )
    assert (found["n"], found["accuracy"], found["loss"]) == (
        6,
        alone["accuracy"],
        pytest.approx(alone["loss"], rel=1e-6),
    )
    text = said(run, other)
    assert f"of 6 examples of {other} are right" in text
    assert f"{len(learned)} of the {judged['given']} were left out: the network learned from them" in text
    assert f"{len(chose)} of the {judged['given']} were left out: in validation, they chose" in text
    assert "test split" not in text


@pytest.mark.parametrize("how", ["a failing disk", "no table"])
def test_splits_that_cannot_be_read_are_no_splits_that_nobody_wrote(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """What is written down and cannot be read is said; to go on as if nobody had written it would hide why."""
    other = tmp_path / "run"
    shutil.copytree(run, other)
    told = info(other)
    del told["sha256"]["splits.csv"]  # of earlier runs; a digest would tell first
    (other / "run.json").write_text(json.dumps(told))
    if how == "no table":
        (other / "splits.csv").write_text("nothing of the sort")
    else:
        read = Path.read_bytes

        def failing(path: Path) -> bytes:
            if path.name == "splits.csv":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", failing)
    done = prunelle("evaluate", other, new_pictures(tmp_path / "new"), "--json")
    assert (done.code, done.out) == (1, "")
    assert re.search(
        r"splits\.csv.*Put back a copy of it\. Without it \(move it away\) nobody can tell", done.err
    )


def test_learned_pictures_alone_are_said_to_be_that(run: Path, tmp_path: Path) -> None:
    learned = files(run, "train")
    found = evaluated(run, copied(learned, tmp_path / "other"))
    assert (found["judged"]["of"], found["n"]) == ("learned", len(learned))
    assert "learned from all of them" in said(run, tmp_path / "other")
    found = evaluated(run, copied(files(run, "validation"), tmp_path / "chose"))
    assert (found["judged"]["of"], found["n"]) == ("validation", len(files(run, "validation")))
    assert "They chose the epoch" in said(run, tmp_path / "chose")


def test_the_split_of_other_data_is_named(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    new_pictures(other / "train", 4)
    make_folder(other / "test", ("cat", "dog"), 2, (80, 80), seed=7)
    assert f"of 4 examples of {other} (its test split) are right" in said(run, other)
    assert "examples of the test split are right" in said(run)
    for note in judging.notes_of(pn.evaluate(run, other, style="quiet")):
        assert note.en
        assert note.fr


def test_the_figure_in_python(run: Path, tmp_path: Path) -> None:
    new = new_pictures(tmp_path / "other")
    copied(files(run, "train")[:5], new)
    data = pn.load(new, validation=0, test=0)
    found = pn.Run.open(run).evaluate(data.train)
    assert found.judged is not None
    assert (found.n, found.judged.learned, len(found.files or ())) == (6, 5, 6)
    assert not {Path(file).name for file in found.files or ()} & {f"other{i}.jpeg" for i in range(5)}
    with pytest.raises(pn.PrunelleError, match="no such split"):
        pn.Run.open(run).evaluate(data.test)


def test_weights_of_a_run_have_learned_its_pictures(photos: Path, tmp_path: Path) -> None:
    """Of a run that went on from another one, and of the weights by themselves; at another size too."""
    run, other = tmp_path / "run", new_pictures(tmp_path / "fresh", 6)
    course = ("--network", "course-cifar", "--epochs", 1, "--quiet")
    assert prunelle("train", photos, *course, "--size", 32, "--output", run).code == 0
    assert prunelle("train", other, *course, "--weights", run, "--output", tmp_path / "next").code == 0
    mixed = copied(files(run, "train")[:6], tmp_path / "mixed")
    make_folder(mixed, ("cat", "dog"), 2, (80, 80), seed=5)
    assert evaluated(tmp_path / "next", mixed)["judged"]["learned"] == 6
    found = evaluated("--network", "course-cifar", "--weights", run, mixed)
    assert (found["judged"]["learned"], found["n"]) == (6, 4)


# Runs that do not say what they learned.


@pytest.fixture
def earlier(run: Path, photos: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the photos, and a run on it whose ``splits.csv`` is gone."""
    folder = shutil.copytree(photos, tmp_path / "pets")
    trained(folder, tmp_path / "run")
    (tmp_path / "run" / "splits.csv").unlink()
    return tmp_path / "run", folder


def test_without_splits_the_unchanged_folder_tells(earlier: tuple[Path, Path], tmp_path: Path) -> None:
    run, folder = earlier
    metrics = json.loads((run / "metrics.json").read_text())
    assert evaluated(run)["accuracy"] == metrics["test"]["accuracy"]
    other = shutil.copytree(folder, tmp_path / "elsewhere")
    found = evaluated(run, other)
    assert (found["judged"]["learned"], found["n"]) == (32, 4)


def test_without_splits_a_changed_folder_is_not_judged_in_silence(
    earlier: tuple[Path, Path], tmp_path: Path
) -> None:
    run, folder = earlier
    other = shutil.copytree(folder, tmp_path / "elsewhere")
    make_folder(folder, ("cat", "dog"), 4, (80, 80), seed=3)
    done = prunelle("evaluate", run)
    assert done.code == 1
    assert "does not say which pictures it learned from" in done.err
    assert not evaluated(run, other)["judged"]["known"]
    assert "Nobody can tell any more which examples the run learned from" in said(run, other)


def test_a_run_that_goes_on_writes_down_what_it_learned(earlier: tuple[Path, Path], run: Path) -> None:
    done = prunelle("train", "--resume", earlier[0], "--epochs", 2)
    assert done.code == 0, done.err
    ours, theirs = ([(row["split"], row["content"]) for row in rows(each)] for each in (earlier[0], run))
    assert ours == theirs


def test_splits_are_there_before_the_run(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prunelle.runs import run as module

    written: list[bool] = []
    write = module.write_json

    def watched(target: Path, values: Any) -> None:
        if target.name == "run.json":
            written.append((target.parent / "splits.csv").is_file())
        write(target, values)

    monkeypatch.setattr(module, "write_json", watched)
    trained(photos, tmp_path / "run")
    assert written
    assert all(written)


# Copies in the data.


@pytest.fixture
def twice(photos: Path, tmp_path: Path) -> Path:
    """Each picture of cats twice, in two formats; nothing of dogs."""
    folder = shutil.copytree(photos, tmp_path / "twice")
    for file in sorted((folder / "cat").iterdir()):
        Image.open(file).save(file.with_suffix(".png"))
    return folder


def sides(run: Path) -> Iterator[set[str]]:
    """Of each picture, the splits where it is."""
    by_name: dict[tuple[str, str], set[str]] = {}
    for row in rows(run):
        file = Path(row["file"])
        by_name.setdefault((file.parent.name, file.stem), set()).add(row["split"])
    yield from by_name.values()


def test_copies_are_never_on_both_sides_of_a_draw(twice: Path, tmp_path: Path) -> None:
    done = trained(twice, tmp_path / "run")
    assert all(len(splits) == 1 for splits in sides(tmp_path / "run"))
    counts = info(tmp_path / "run")["data"]["counts"]
    assert sum(counts.values()) == 60
    assert counts["test"] >= 2  # of cats and dogs; the shares stay about what they were
    assert "Some pictures are there more than once" in done.err
    assert "cat/" in done.err
    assert any("more than once" in note["en"] for note in info(tmp_path / "run")["data"]["notes"])
    assert "more than once" in (tmp_path / "run" / "report.html").read_text()
    # The same when it goes on, and in a comparison.
    assert prunelle("train", "--resume", tmp_path / "run", "--epochs", 2).code == 0
    compared = prunelle(
        *("compare", "dense", "lenet5", "--data", twice, "--seeds", 1, "--epochs", 1, "--size", 16),
        *("--output", tmp_path / "compared"),
    )
    if compared.code == 0:
        for each in (tmp_path / "compared" / "runs").iterdir():
            assert all(len(splits) == 1 for splits in sides(each))


def test_a_draw_without_copies_is_what_it_was(run: Path, photos: Path) -> None:
    data = pn.load(photos)
    for split in data.splits():
        assert files(run, split.name) == list(split.files or ())
    assert "moved" not in info(run)["data"]
    assert "copies" not in info(run)["data"]
    assert "learned" not in json.loads((run / "metrics.json").read_text())["test"]
    assert "never saw" in (run / "report.html").read_text()


def test_copies_across_given_splits_are_said_and_stay(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    for split, first, last in (("train", 0, 12), ("val", 11, 15), ("test", 14, 20)):
        for name in ("cat", "dog"):
            sources = [photos / name / f"{i:04}.jpg" for i in range(first, last)]
            copied(sources, folder / split)
    shutil.copy(photos / "cat" / "0002.jpg", folder / "test" / "dog" / "again.jpg")
    done = trained(folder, tmp_path / "run")
    assert "1 of the 13 test pictures is in the train split too; the network learns them" in done.err
    assert "2 of the 8 validation pictures are in the train split too" in done.err
    assert "2 of the 13 test pictures are in the validation split too" in done.err
    assert "One of the pictures stands under several classes" in done.err
    assert "train/cat/other2.jpeg (cat) = test/dog/again.jpg (dog)" in done.err
    assert info(tmp_path / "run")["data"]["counts"] == {"train": 24, "validation": 8, "test": 13}
    found = evaluated(tmp_path / "run")
    assert (found["n"], found["judged"]["learned"], found["judged"]["validated"]) == (10, 1, 2)
    # The given split stays whole in the training's own figure, which says so, and no page claims that all are new.
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())["test"]
    assert (metrics["n"], metrics["learned"]["n"]) == (13, 1)
    right = round(13 * metrics["accuracy"]) - metrics["learned"]["right"]
    share = f"{100 * right / 12:.2f}\xa0%"
    said = f"learned from 1 of them, which flatters this figure: it is right on {share} of the 12 that do not leak"
    assert said in done.out
    page = (tmp_path / "run" / "report.html").read_text()
    assert said in page
    assert "it never saw" not in page


def test_copies_among_arrays_and_series(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    labels = np.arange(40) % 2
    data = pn.from_arrays(np.concatenate([images, images]), np.concatenate([labels, labels]))
    ours = pn.train(
        "dense", data, pn.Recipe(epochs=1), output=tmp_path / "run", style="quiet", options={"hidden": (4,)}
    )
    split_of: dict[str, set[str]] = {}
    for row in rows(ours.path):
        split_of.setdefault(row["content"], set()).add(row["split"])
    assert len(split_of) == 40
    assert all(len(splits) == 1 for splits in split_of.values())
    again = pn.train(resume=ours.path, data=data, epochs=2, style="quiet")
    assert again.finished
    found = pn.evaluate(ours.path, pn.from_arrays(images, labels, validation=0, test=0), style="quiet")
    assert found.judged is not None
    assert found.judged.learned == sum("train" in splits for splits in split_of.values())

    series, names = waves(40)
    data = pn.from_series([*series, *series], [*names, *names])
    ours = pn.train(
        "fcn", data, pn.Recipe(epochs=1, batch_size=16), output=tmp_path / "series", style="quiet"
    )
    split_of = {}
    for row in rows(ours.path):
        split_of.setdefault(row["content"], set()).add(row["split"])
    assert all(len(splits) == 1 for splits in split_of.values())


def test_a_learned_series_in_another_file(tmp_path: Path) -> None:
    series, names = waves(30)
    test, test_names = waves(10, seed=5)
    write_ts(tmp_path / "W_TRAIN.ts", series, names)
    write_ts(tmp_path / "W_TEST.ts", test, test_names)
    run = tmp_path / "run"
    done = prunelle("train", tmp_path / "W_TRAIN.ts", "--epochs", 1, "--output", run, "--network", "fcn")
    assert done.code == 0, done.err
    np.savez(
        tmp_path / "mixed.npz",
        X=np.stack([*series[:4], *test[:6]]),
        y=np.array([*names[:4], *test_names[:6]]),
    )
    found = evaluated(run, tmp_path / "mixed.npz")
    assert (found["n"], found["judged"]["learned"]) == (6, 4)


def test_finished_runs_on_other_arrays_are_not_compared(tmp_path: Path) -> None:
    """The same labels, other pictures: positions and classes alone are equal."""
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    runs = []
    for number, network in enumerate(("dense", "lenet5", "dense")):
        if number < 2:
            images = random.integers(0, 256, (40, 32, 32), dtype=np.uint8)
        data = pn.from_arrays(images, labels)
        recipe = pn.Recipe(epochs=1, seed=number)
        runs.append(pn.train(network, data, recipe, output=tmp_path / str(number), style="quiet"))
    with pytest.raises(pn.PrunelleError, match="judged on other pictures"):
        pn.compare(runs[:2], output=tmp_path / "x", style="quiet")
    assert pn.compare(runs[1:], output=tmp_path / "y", style="quiet").n == 4


def test_pictures_that_the_first_weights_learned_are_said_before_training(
    photos: Path, tmp_path: Path
) -> None:
    """A run on some of the photos; then its weights are trained on others, and tested on those."""
    first = copied(sorted(photos.rglob("*.jpg"))[::2], tmp_path / "first")
    trained(first, tmp_path / "run", "--validation", 0, "--test", 0)
    then = copied(sorted(photos.rglob("*.jpg"))[1::2], tmp_path / "then" / "train", png=True)
    copied(sorted(photos.rglob("*.jpg"))[:6], tmp_path / "then" / "test")
    copied(sorted(photos.rglob("*.jpg"))[20:26], tmp_path / "then" / "test")
    done = trained(then.parent, tmp_path / "next", "--weights", tmp_path / "run")
    assert f"6 of the 12 test examples were learned by {tmp_path / 'run'}" in done.err
    assert any("were learned by" in note["en"] for note in info(tmp_path / "next")["data"]["notes"])
    # Six by the run before, and the six others, copies of this training's own pictures, by this one.
    assert json.loads((tmp_path / "next" / "metrics.json").read_text())["test"]["learned"]["n"] == 12
    assert "learned from all of them" in done.out
    assert "it never saw" not in (tmp_path / "next" / "report.html").read_text()


def test_unlabelled_pictures_that_are_labelled_elsewhere_are_left_out(photos: Path, tmp_path: Path) -> None:
    pool = copied(sorted(photos.rglob("*.jpg"))[::5], tmp_path / "pool", png=True)
    make_folder(pool, ("new",), 3, (80, 80), seed=42)
    done = prunelle(
        "train", photos, *SMALL, "--epochs", 1, "--unlabelled", pool, "--output", tmp_path / "run"
    )
    assert done.code == 0, done.err
    assert "8 of the 11 unlabelled pictures are among the labelled ones" in done.err


def test_two_pictures_are_too_few_for_a_test_and_say_so(tmp_path: Path) -> None:
    data = pn.from_arrays(np.random.default_rng(0).integers(0, 256, (2, 8, 8), dtype=np.uint8), [0, 1])
    assert (data.validation, data.test) == (None, None)
    assert "there is no validation and no test split" in data.notes[0].en
    assert "il n’y a pas de jeu de validation ni de test" in data.notes[0].fr
    run = pn.train("dense", data, pn.Recipe(epochs=1), output=tmp_path / "run", style="quiet")
    assert run.evaluate(data.train).n == 2
    with pytest.raises(pn.PrunelleError, match="no such split"):
        run.evaluate(data.test)
    # As the documentation writes it, run.evaluate(data.test), for type checkers too.
    assert type(None) in typing.get_args(typing.get_type_hints(pn.Run.evaluate)["split"])


# Data that were moved.


def moved(photos: Path, run: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A run whose pictures are elsewhere now, under other names and in renamed folders."""
    ours = shutil.copytree(photos, tmp_path / "pets")
    trained(ours, tmp_path / "run")
    place = tmp_path / "archive" / "2026" / "animals"
    for name, other in (("cat", "felines"), ("dog", "canines")):
        (place / other).mkdir(parents=True)
        for number, file in enumerate(sorted((ours / name).iterdir())):
            shutil.move(file, place / other / f"IMG_{1000 - number}.jpg")
    shutil.rmtree(ours)
    return tmp_path / "run", place.parent


@pytest.mark.parametrize("way", ["--data-root", "DATA"])
def test_a_moved_folder_is_found_again_by_content(photos: Path, run: Path, tmp_path: Path, way: str) -> None:
    ours, place = moved(photos, run, tmp_path)
    done = prunelle("evaluate", ours)
    assert done.code == 1
    assert "--data-root FOLDER" in done.err
    metrics = json.loads((ours / "metrics.json").read_text())
    assert evaluated(ours, "--data-root", place)["accuracy"] == metrics["test"]["accuracy"]
    where = ("--data-root", place) if way == "--data-root" else (place,)
    done = prunelle("train", "--resume", ours, "--epochs", 2, *where)
    assert done.code == 0, done.err
    # The run knows its new place.
    assert {Path(row["file"]).parents[1] for row in rows(ours)} == {place / "animals"}
    assert evaluated(ours)["n"] == metrics["test"]["n"]
    # It is the training that it would have been.
    still = shutil.copytree(run, tmp_path / "still")
    assert prunelle("train", "--resume", still, "--epochs", 2).code == 0
    assert (ours / "weights" / "last.safetensors").is_file()
    from tests.integration.command import weights

    assert weights(ours, "last") == weights(still, "last")


def test_a_moved_folder_with_one_file_changed_is_refused_and_named(
    photos: Path, run: Path, tmp_path: Path
) -> None:
    ours = shutil.copytree(photos, tmp_path / "pets")
    trained(ours, tmp_path / "run")
    place = tmp_path / "other"
    shutil.move(ours, place)
    Image.open(place / "cat" / "0003.jpg").rotate(90).save(place / "cat" / "0003.jpg")
    (place / "dog" / "0005.jpg").unlink()
    for verb in (("train", "--resume"), ("evaluate",)):
        arguments = (tmp_path / "run", "--data-root", place, *(("--epochs", 2) if verb[0] == "train" else ()))
        done = prunelle(*verb, *arguments)
        assert done.code == 1
        assert "2 of the 40 pictures" in done.err
        assert f"{place / 'cat' / '0003.jpg'} (changed)" in done.err
        assert "dog/0005.jpg (missing)" in done.err


def test_data_root_goes_with_a_run(photos: Path, tmp_path: Path) -> None:
    assert "--data-root" in prunelle("train", photos, "--data-root", photos, "--output", tmp_path / "x").err
    assert not (tmp_path / "x").exists()

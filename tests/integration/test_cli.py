"""The command line, from pictures to answers, each held against what can be worked out without it."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

import prunelle as pn
from prunelle.csv_files import read_table
from prunelle.report.closing_lines import next_text
from tests.integration.command import Finished, prunelle, weights
from tests.pictures import encoded, make_folder

SMALL = ("--network", "dense", "--hidden", "16", "--language", "en")
CLASSES = ("cat", "dog", "fox")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """Two epochs on the digits, and what the command wrote."""
    run = tmp_path_factory.mktemp("digits") / "run"
    return run, prunelle("train", "digits", *SMALL, "--epochs", 2, "--augment", "shift", "--output", run)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("photos") / "pets", CLASSES, 20, (20, 24))


@pytest.fixture(scope="module")
def photo_run(photos: Path) -> Path:
    """A network that is better than chance on stripes, with classes and files to hold answers against."""
    run = photos.parent / "run"
    done = prunelle("train", photos, "--network", "course-look", "--epochs", 6, "--output", run, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    return run


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_recipe_that_is_not_there_is_told_before_anything_is_done(tmp_path: Path) -> None:
    done = prunelle("train", "digits", "--recipe", "fsat", "--runs", tmp_path)
    assert done.code != 0
    assert "unknown recipe 'fsat'. Did you mean 'fast'?" in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


def test_train_says_what_it_found_and_where_the_report_is(digits: tuple[Path, Finished]) -> None:
    run, done = digits
    assert done.code == 0
    test = read_json(run / "metrics.json")["test"]
    assert done.out.splitlines()[0].startswith(
        f"Test accuracy: {100 * test['accuracy']:.2f}\xa0% (95\xa0% interval "
    )
    assert done.out.splitlines()[0].endswith("on 180 examples")
    assert done.out.splitlines()[1:] == [
        f"Report: {run / 'report.html'}",
        f"Next: prunelle open {run}, prunelle review {run}, "
        f"prunelle predict {run} PICTURE, or prunelle look {run} PICTURE --output looks",
    ]
    epochs = [line for line in done.err.splitlines() if line.startswith("epoch")]
    assert [line.split()[1] for line in epochs] == ["1/2", "2/2"]


def told_next(number: int = 64, shape: tuple[int, ...] = (3, 64, 64), **reused: Any) -> list[str]:
    network = {"input_shape": list(shape), "num_classes": 2, "weights": reused.pop("weights", None)}
    source = {"data": "my photos", "labels": reused.pop("labels", None)}
    info = {"network": network, "data": {"counts": {"train": number}, "source": source}, **reused}
    return next_text(Path("runs/a run"), info).splitlines()


def test_few_photos_learned_from_nothing_are_told_what_else_there_is() -> None:
    first, second = told_next()
    assert (
        first
        == "Next: prunelle open 'runs/a run', prunelle review 'runs/a run', prunelle predict 'runs/a run' PICTURE, "
        "or prunelle look 'runs/a run' "
        "PICTURE --output looks"
    )
    assert second == (
        "64 photos are few to learn from nothing; reuse what a network has learned: prunelle train 'my photos' "
        "--network resnet18 --weights imagenet --strategy auto"
    )


def test_the_command_for_few_photos_reads_the_same_labels() -> None:
    assert (
        "prunelle train 'my photos' --labels 'my labels.csv' --network"
        in told_next(labels="my labels.csv")[1]
    )


def test_others_are_told_what_can_be_done_with_a_run_alone() -> None:
    for lines_told in (
        told_next(1000),
        told_next(weights="imagenet"),
        told_next(transfer={"strategy": {}}),
        told_next(shape=(1, 28, 28)),
    ):
        assert len(lines_told) == 1
    assert told_next(shape=(1, 150)) == [
        "Next: prunelle open 'runs/a run', prunelle review 'runs/a run', prunelle predict 'runs/a run' SERIES, "
        "or prunelle look 'runs/a run' SERIES "
        "--output looks"
    ]


def test_the_run_folder_holds_what_the_design_says(digits: tuple[Path, Finished]) -> None:
    run, _ = digits
    there = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert there >= {
        *("run.json", "classes.json", "preprocess.json", "results.csv", "metrics.json", "report.html"),
        *("weights/best.safetensors", "weights/last.safetensors", "predictions.csv"),
    }
    header = (run / "results.csv").read_text().splitlines()[0]
    assert header == (
        "epoch,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second,data_wait"
    )
    rows = lines(run / "results.csv")
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert all(0 <= float(row["data_wait"]) <= 1 and float(row["images_per_second"]) > 0 for row in rows)
    assert read_json(run / "classes.json") == list("0123456789")
    info = read_json(run / "run.json")
    assert info["status"] == "finished"
    assert info["data"]["counts"] == {"train": 1437, "validation": 180, "test": 180}
    assert info["recipe"]["epochs"] == 2
    assert info["recipe"]["augment"]["shift"] == 0.1
    # 64 inputs · 16 + 16, then 16 · 10 + 10.
    assert info["network"]["parameters"] == 64 * 16 + 16 + 16 * 10 + 10
    assert {"prunelle", "torch", "python"} <= info["versions"].keys()
    assert info["command"] == shlex.join(
        ["prunelle", "train", "digits", *SMALL, "--epochs", "2", "--augment", "shift", "--output", str(run)]
    )


def test_metrics_follow_from_the_predictions(digits: tuple[Path, Finished]) -> None:
    run, _ = digits
    metrics = read_json(run / "metrics.json")
    assert {split: metrics[split]["n"] for split in ("train", "validation", "test")} == {
        "train": 1437,
        "validation": 180,
        "test": 180,
    }
    answers = lines(run / "predictions.csv")
    assert {answer["split"] for answer in answers} == {"test"}
    right = sum(answer["class"] == answer["predicted"] for answer in answers)
    assert metrics["test"]["accuracy"] == right / 180
    low, high = metrics["test"]["interval"]
    assert 0 < low < right / 180 < high < 1
    best = max(lines(run / "results.csv"), key=lambda row: float(row["val_accuracy"]))
    assert metrics["best_epoch"] == int(best["epoch"])
    assert metrics["validation"]["accuracy"] == float(best["val_accuracy"])


def test_preprocess_is_that_of_the_training_pictures_alone(photo_run: Path) -> None:
    preprocess = read_json(photo_run / "preprocess.json")
    files = [row["file"] for row in lines(photo_run / "splits.csv") if row["split"] == "train"]
    pixels = np.stack([np.asarray(Image.open(file), np.float64) / 255 for file in files])
    assert preprocess["size"] == [20, 24]
    assert preprocess["channels"] == 3
    # simplejpeg and Pillow upsample colours a little differently.
    np.testing.assert_allclose(preprocess["mean"], pixels.mean(axis=(0, 1, 2)), atol=0.002)
    np.testing.assert_allclose(preprocess["std"], pixels.std(axis=(0, 1, 2)), atol=0.002)


def test_the_same_command_twice_gives_the_same_bits(
    digits: tuple[Path, Finished], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = digits
    common = ("train", "digits", *SMALL[:-2], "--epochs", 2, "--augment", "shift", "--quiet", "--output")
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert prunelle(*common, tmp_path / "again") == Finished(0, "", "")
    assert weights(tmp_path / "again") == weights(run)
    assert weights(tmp_path / "again", "last") == weights(run, "last")
    # The language of the environment, and of --language, for a report that is otherwise the same.
    assert '<html lang="fr"' in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="en"' in (run / "report.html").read_text(encoding="utf-8")

    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    assert prunelle(*common, tmp_path / "mapped", "--memory", "1kB", "--language", "fr").code == 0
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 3
    assert weights(tmp_path / "mapped") == weights(run)
    assert '<html lang="fr"' in (tmp_path / "mapped" / "report.html").read_text(encoding="utf-8")

    assert prunelle(*common, tmp_path / "other", "--seed", 1).code == 0
    assert weights(tmp_path / "other") != weights(run)


def test_json_lines(tmp_path: Path) -> None:
    done = prunelle("train", *SMALL, "--epochs", 2, "--runs", tmp_path, "--progress", "json")
    assert (done.code, done.err) == (0, "")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events] == ["note", "epoch", "epoch", "finished"]
    run = Path(events[-1]["run"])
    assert run.parent == tmp_path
    assert run.name.endswith("-dense-digits")
    rows = lines(run / "results.csv")
    assert [event["val_accuracy"] for event in events[1:3]] == [float(row["val_accuracy"]) for row in rows]
    assert events[-1]["test"] == read_json(run / "metrics.json")["test"]


@pytest.mark.parametrize("data", [None, "photos"])
def test_evaluate_finds_the_test_pictures_again(photo_run: Path, photos: Path, data: str | None) -> None:
    done = prunelle("evaluate", photo_run, *([photos] if data else []), "--json", "-q")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    kept = read_json(photo_run / "metrics.json")["test"]
    assert found["split"] == "test"
    assert {key: found[key] for key in ("accuracy", "interval", "n")} == {
        key: kept[key] for key in ("accuracy", "interval", "n")
    }
    assert found["loss"] == pytest.approx(kept["loss"], rel=1e-6)  # another memory layout of the weights
    assert list(found)[:4] == ["accuracy", "interval", "loss", "n"]
    answers = lines(photo_run / "predictions.csv")
    confusion = np.zeros((3, 3), int)
    for answer in answers:
        confusion[CLASSES.index(answer["class"]), CLASSES.index(answer["predicted"])] += 1
    assert found["confusion_matrix"] == confusion.tolist()


def test_evaluate_names_a_set(digits: tuple[Path, Finished]) -> None:
    run, _ = digits
    found = json.loads(prunelle("evaluate", run, "digits", "--json").out)
    assert found["n"] == 180
    assert found["accuracy"] == read_json(run / "metrics.json")["test"]["accuracy"]


def test_evaluate_for_people(photo_run: Path, digits: tuple[Path, Finished]) -> None:
    done = prunelle("evaluate", photo_run, "-q")
    kept = read_json(photo_run / "metrics.json")["test"]
    assert (
        f"{100 * kept['accuracy']:.2f}\xa0% of {kept['n']} examples of the test split are right" in done.out
    )
    for words in (*CLASSES, "precision", "recall", "F1", "calibration error", "truth \\ predicted"):
        assert words in done.out
    assert "…" not in prunelle("evaluate", digits[0], "-q").out


def test_evaluate_says_how_far_a_run_can_be_trusted_where_its_own_examples_say(
    digits: tuple[Path, Finished],
) -> None:
    done = prunelle("evaluate", digits[0], "-q")
    record = read_json(digits[0] / "trust.json")
    assert "How far to trust it" in done.out
    assert f"{record['chosen_on']['n']} validation examples chose the thresholds below" in done.out
    told = json.loads(prunelle("evaluate", digits[0], "--json").out)
    assert told["trust"]["temperature"] == record["temperature"]


def test_evaluate_on_another_folder_as_a_whole(photo_run: Path, tmp_path: Path) -> None:
    """Fewer classes, in another order than the run's: 'fox' is 0 there and 2 in the run."""
    other = make_folder(tmp_path / "other", ("fox",), 7, (20, 24), seed=5)
    answers = json.loads(prunelle("predict", photo_run, other / "fox", "--format", "json", "-q").out)
    right = sum(answer["predictions"][0]["class"] == "fox" for answer in answers)
    done = prunelle("evaluate", photo_run, other, "--json", "-q")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["split"], found["n"], found["accuracy"]) == ("test", 7, right / 7)
    assert found["classes"] == list(CLASSES)
    assert sum(found["confusion_matrix"][2]) == 7
    told = prunelle("evaluate", photo_run, other, "-q").out
    assert f" of 7 examples of {other} are right" in told
    assert "How far to trust it" not in told  # of other data its thresholds say nothing


def test_evaluate_on_the_same_pictures_with_other_labels(
    photo_run: Path, photos: Path, tmp_path: Path
) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,label\n" + "".join(f"cat/{i:04}.jpg,dog\n" for i in range(5)))
    # Of the five only those that the run has neither learned nor chosen its epoch by are judged.
    places = {Path(line["file"]): line["split"] for line in lines(photo_run / "splits.csv")}
    kept = sum(places[photos / "cat" / f"{i:04}.jpg"] == "test" for i in range(5))
    assert 0 < kept < 5
    found = json.loads(prunelle("evaluate", photo_run, photos, "--labels", table, "--json", "-q").out)
    assert found["n"] == kept
    assert sum(found["confusion_matrix"][1]) == kept


def test_evaluate_refuses_a_class_the_run_does_not_know(photo_run: Path, tmp_path: Path) -> None:
    other = make_folder(tmp_path / "other", ("cat", "dogs"), 2, (20, 24))
    done = prunelle("evaluate", photo_run, other)
    assert done.code == 1
    assert "the run does not know the class 'dogs'. Did you mean 'dog'?" in done.err


def test_evaluate_on_bad_pictures(photo_run: Path, tmp_path: Path) -> None:
    other = make_folder(tmp_path / "other", ("cat", "dog"), 1, (20, 24))
    (other / "cat" / "0000.jpg").write_bytes(b"")
    done = prunelle("evaluate", photo_run, other, "--json")
    assert json.loads(done.out)["n"] == 1
    assert "0000.jpg: empty file" in done.err.replace("\n", "")
    (other / "dog" / "0000.jpg").write_bytes(b"")
    done = prunelle("evaluate", photo_run, other, "--json")
    assert (done.code, done.out) == (1, "")
    assert "no picture of the test split can be read" in done.err


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lossless pictures of the run's own size, so that decoding leaves no doubt; and what is no picture."""
    folder = tmp_path_factory.mktemp("to predict")
    rng = np.random.default_rng(3)
    for name in ("b.png", "a.png", "album/c.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
        (folder / name).write_bytes(encoded(Image.fromarray(pixels), "PNG"))
    (folder / "album" / "notes.txt").write_text("not for prediction")
    (folder / "album" / ".hidden.png").write_bytes(b"")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


def expected(run: Path, file: Path) -> np.ndarray:
    """The probabilities, by another way through: Pillow, the JSON files, the weights, NumPy's softmax."""
    import torch

    preprocess = read_json(run / "preprocess.json")
    pixels = np.asarray(Image.open(file), np.float64) / 255
    pixels = (pixels - preprocess["mean"]) / preprocess["std"]
    network = pn.build("course-look", num_classes=3, in_channels=3, input_size=(20, 24))
    network.load_state_dict(load_file(run / "weights" / "best.safetensors"))
    network.eval()
    with torch.no_grad():
        images = torch.from_numpy(pixels.transpose(2, 0, 1)[np.newaxis].astype(np.float32))
        logits = network(images).double().numpy()[0]
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def test_predictions_are_those_of_the_network(photo_run: Path, pictures: Path) -> None:
    given = [str(pictures / "b.png"), str(pictures / "album"), str(pictures / "a.png")]
    done = prunelle("predict", photo_run, *given, "--format", "json", "--top", 2, "-q")
    assert (done.code, done.err) == (0, "")
    answers = json.loads(done.out)
    assert [answer["file"] for answer in answers] == [given[0], str(pictures / "album" / "c.png"), given[2]]
    for answer in answers:
        assert list(answer) == ["file", "predictions"]
        probabilities = expected(photo_run, Path(answer["file"]))
        order = np.argsort(-probabilities)[:2]
        assert [list(one) for one in answer["predictions"]] == [["class", "probability"]] * 2
        assert [one["class"] for one in answer["predictions"]] == [CLASSES[i] for i in order]
        # float32 through another memory layout.
        np.testing.assert_allclose(
            [one["probability"] for one in answer["predictions"]], probabilities[order], atol=1e-5
        )


def test_a_bad_file_does_not_stop_the_others(photo_run: Path, pictures: Path) -> None:
    given = [str(pictures / name) for name in ("broken.jpg", "a.png", "missing.png", "album/notes.txt")]
    answers = prunelle("predict", photo_run, *given, "--format", "json", "-q")
    assert answers.code == 1
    found = json.loads(answers.out)
    assert [answer["file"] for answer in found] == given
    assert [len(answer["predictions"]) for answer in found] == [0, 3, 0, 0]
    assert [answer.get("error", "")[:20] for answer in found] == [
        "truncated or damaged",
        "",
        "cannot be opened: No",
        "not a picture (of a ",
    ]
    table = prunelle("predict", photo_run, *given, "-q")
    assert table.code == 1
    assert len(table.out.splitlines()) == 1
    assert table.out.startswith(f"{given[1]} ")
    assert [line.split("  error: ")[0].strip() for line in table.err.splitlines()] == [
        given[0],
        given[2],
        given[3],
    ]
    rows = list(
        csv.DictReader(io.StringIO(prunelle("predict", photo_run, *given, "--format", "csv", "-q").out))
    )
    assert [(row["file"], row["rank"]) for row in rows] == [
        (given[0], ""),
        *((given[1], str(rank)) for rank in (1, 2, 3)),
        (given[2], ""),
        (given[3], ""),
    ]
    assert [bool(row["error"]) for row in rows] == [True, False, False, False, True, True]
    assert sum(float(row["probability"] or 0) for row in rows) == pytest.approx(1, abs=1e-5)


def test_files_are_called_as_they_were_given(
    photo_run: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pictures)
    done = prunelle("predict", photo_run, "./a.png", "album/../b.png", "--top", 99, "--format", "json", "-q")
    found = json.loads(done.out)
    assert [answer["file"] for answer in found] == ["./a.png", "album/../b.png"]
    assert [{one["class"] for one in answer["predictions"]} for answer in found] == [set(CLASSES)] * 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "--netwrok", "lenet5"], 2, "--network"),
        (["trian"], 2, "Did you mean 'train' or 'retrain'?"),
        (["train", "--network", "lenet6"], 2, "Did you mean 'lenet5'"),
        (["train", "--optimizer", "adan"], 2, "Did you mean 'adam'"),
        (["train", "--schedule", "cosin"], 2, "Did you mean 'cosine'?"),
        (["train", "--precision", "float23"], 2, "Did you mean 'float32'"),
        (["train", "--augment", "flop"], 2, "Did you mean 'flip'?"),
        (["train", "--fit", "corp"], 2, "Did you mean 'crop'?"),
        (["train", "digist"], 1, "Did you mean 'digits'?"),
        (["train", "--epochs", "0"], 2, "epochs must be at least 1; received 0."),
        (["train", "--epochs", "many"], 2, "'many' is not a valid integer"),
        (["train", "--lr", "-1"], 2, "learning_rate must be above 0; received -1.0."),
        (["train", "--batch-size", "0"], 2, "batch_size must be at least 1"),
        (["train", "--size", "big"], 2, "give pixels, as 64 or 48x64"),
        (["train", "--size", "0"], 2, "size must be a height and a width of at least 1 pixel"),
        (["train", "--memory", "1.2.3"], 2, "give it as 800MB or 2GB"),
        (["train", "--memory", "lots"], 2, "give it as 800MB or 2GB"),
        (["train", "--hidden", "a,b"], 2, "give it as 256,128"),
        (["train", "--network", "lenet5", "--hidden", "5"], 2, "lenet5 does not take hidden"),
        (["train", "--device", "tpu"], 2, "device must be auto, cpu, cuda or mps"),
        (["train", "--validation", "1.5"], 2, "validation must be a share"),
        (["train", "--language", "de"], 2, "'de' is not one of"),
        (["evaluate", "nowhere"], 1, "nowhere is no run"),
        (["predict", "nowhere", "a.jpg"], 1, "nowhere is no run"),
        (["predict", "nowhere"], 2, "Missing argument"),
        (["train", "--resume", "nowhere"], 1, "nowhere is no run"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_say_what_to_do_and_leave_no_run(
    arguments: list[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = prunelle(*arguments)
    assert words in " ".join(done.err.split())
    assert done.code == code
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_name_close_to_a_runs(digits: tuple[Path, Finished]) -> None:
    done = prunelle("evaluate", digits[0].with_name("rum"))
    assert "Did you mean 'run'?" in done.err


@pytest.mark.parametrize("content", ["{}", "[]", "not json", '{"recipe": {"epochs": 3}}'])
def test_a_folder_that_only_looks_like_a_run(
    digits: tuple[Path, Finished], tmp_path: Path, content: str
) -> None:
    for name in ("classes.json", "preprocess.json"):
        (tmp_path / name).write_bytes((digits[0] / name).read_bytes())
    (tmp_path / "run.json").write_text(content)
    done = prunelle("evaluate", tmp_path)
    assert done.code == 1
    assert done.err.startswith(f"Error: {tmp_path / 'run.json'}")


@pytest.mark.parametrize("kind", ["run", "folder", "file"])
def test_output_that_is_there_is_never_touched(
    digits: tuple[Path, Finished], tmp_path: Path, kind: str
) -> None:
    output = digits[0] if kind == "run" else tmp_path / "there"
    if kind == "folder":
        output.mkdir()
        (output / "precious.txt").write_text("precious")
    elif kind == "file":
        output.write_text("precious")
    before = {path: path.read_bytes() for path in [output, *output.rglob("*")] if path.is_file()}
    done = prunelle("train", *SMALL, "--epochs", 1, "--output", output)
    assert done.code == 1
    assert f"{output} is there already" in done.err
    assert ("--resume" in done.err) == (kind == "run")
    assert {path: path.read_bytes() for path in [output, *output.rglob("*")] if path.is_file()} == before
    # Refused before any work: nothing was said about the data.
    assert "split" not in done.err


def test_output_may_be_an_empty_folder_and_runs_never_a_file(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where runs should go")
    done = prunelle("train", *SMALL, "--epochs", 1, "--runs", tmp_path / "runs")
    assert done.code == 1
    assert f"Error: cannot make the run folder {tmp_path / 'runs'}" in done.err
    assert "Traceback" not in done.err
    (tmp_path / "empty").mkdir()
    assert prunelle("train", *SMALL, "--epochs", 1, "--output", tmp_path / "empty", "-q").code == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir(mode=0o500)
    done = prunelle("train", *SMALL, "--epochs", 1, "--runs", tmp_path / "runs")
    assert done.code == 1
    assert "Permission denied" in done.err


def test_the_systems_errors_have_no_traceback(
    digits: tuple[Path, Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(digits[0] / "run.json"))

    monkeypatch.setattr(Path, "read_text", read_only)
    done = prunelle("evaluate", digits[0])
    assert done.code == 1
    assert "run.json" in done.err
    assert "Permission denied" in done.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--seed", "0"], "--seed"),
        (["--lr", "0.1", "--network", "lenet5"], "--network, --lr"),
        (["digits"], "DATA"),
        (["--no-balance"], "--balance"),
        (["--validation", "0"], "--validation"),
        (["--output", "elsewhere"], "--output"),
        (["--hidden", "3"], "--hidden"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_resume_with_other_settings_is_refused(
    digits: tuple[Path, Finished], arguments: list[str], named: str
) -> None:
    before = (digits[0] / "run.json").read_bytes()
    done = prunelle("train", "--resume", digits[0], "--epochs", 5, *arguments)
    assert done.code == 2
    assert done.err.rstrip().endswith(f"Leave out: {named}.")
    assert (digits[0] / "run.json").read_bytes() == before


def test_resume_of_a_finished_run_says_how_to_extend_it(digits: tuple[Path, Finished]) -> None:
    before = weights(digits[0], "last")
    done = prunelle("train", "--resume", digits[0])
    assert done.code == 0
    assert "is finished (2 epochs). --epochs N extends it." in " ".join(done.err.split())
    assert done.out == digits[1].out
    assert weights(digits[0], "last") == before
    done = prunelle("train", "--resume", digits[0], "--epochs", 1)
    assert done.code == 2
    assert "--epochs must be at least the 2" in done.err
    assert read_json(digits[0] / "run.json")["recipe"]["epochs"] == 2


def test_epochs_extend_a_run(tmp_path: Path) -> None:
    common = ("train", *SMALL, "--schedule", "constant", "--warmup", 0, "--quiet")
    assert prunelle(*common, "--epochs", 1, "--output", tmp_path / "short").code == 0
    assert prunelle("train", "--resume", tmp_path / "short", "--epochs", 3, "--quiet") == Finished(0, "", "")
    assert prunelle(*common, "--epochs", 3, "--output", tmp_path / "long").code == 0
    assert weights(tmp_path / "short", "last") == weights(tmp_path / "long", "last")
    assert [row["epoch"] for row in lines(tmp_path / "short" / "results.csv")] == ["1", "2", "3"]
    assert read_json(tmp_path / "short" / "run.json")["status"] == "finished"
    metrics = [read_json(tmp_path / name / "metrics.json") for name in ("short", "long")]
    story = {"seconds": 0, "content_sha256": ""}
    assert metrics[0] | story == metrics[1] | story


def test_an_extension_that_cannot_begin_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    photos = make_folder(tmp_path / "photos", ("cat", "dog"), 20)
    run = tmp_path / "run"
    common = ("train", photos, "--network", "course-look", "--epochs", 1, "--quiet", "--output", run)
    assert prunelle(*common).code == 0
    before = (run / "run.json").read_bytes()
    with pn.Run.open(run).locked():
        done = prunelle("train", "--resume", run, "--epochs", 3)
    assert "is being trained by another process" in done.err
    assert (run / "run.json").read_bytes() == before
    next(photos.rglob("*.jpg")).unlink()
    done = prunelle("train", "--resume", run, "--epochs", 3)
    assert done.code == 1
    assert (run / "run.json").read_bytes() == before
    assert read_json(run / "run.json")["status"] == "finished"


def test_no_network_and_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    done = prunelle("train", "cifar10", "--data-dir", tmp_path / "data", "--runs", tmp_path / "runs")
    assert done.code == 1
    assert "cifar-10-binary.tar.gz" in done.err
    assert str(tmp_path / "data" / "cifar10") in done.err
    assert "--data-dir" in done.err
    assert not (tmp_path / "runs").exists()


def test_a_training_that_diverges_keeps_its_best_weights(tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = ("--optimizer", "sgd", "--lr", "1e30", "--epochs", 3, "--output", run, "-q")
    done = prunelle("train", *SMALL, *arguments, "--schedule", "constant", "--warmup", 0)
    assert done.code == 1
    assert "Try a learning rate ten times smaller (--lr 1e+29)" in done.err
    assert "No epoch was finished, so there are no weights to keep." in done.err
    assert "are kept" not in done.err
    assert read_json(run / "run.json")["status"] == "diverged"
    assert "has no weights: no epoch of its training was finished" in prunelle("evaluate", run).err


def test_names_of_files_that_are_no_text(tmp_path: Path) -> None:
    """As in an old archive of French photos: Latin-1 bytes in the names of a file and of a class."""
    folder = make_folder(tmp_path / "photos", ("chat", "chien"), 10, (16, 16))
    (folder / "chat" / "0000.jpg").rename(os.fsdecode(os.fsencode(folder / "chat") + b"/\xe9t\xe9.jpg"))
    (folder / "chat").rename(os.fsdecode(os.fsencode(folder) + b"/chat\xe9"))
    (folder / "chien" / "0001.jpg").write_bytes(b"")
    arguments = (*SMALL, "--epochs", 1, "--output", tmp_path / "run")
    done = prunelle("train", folder, *arguments)
    assert "1 of 20 pictures" not in done.err
    assert done.code == 0, done.err
    assert prunelle("evaluate", tmp_path / "run", "--json", "-q").code == 0
    done = prunelle("predict", tmp_path / "run", folder, "--format", "json", "-q")
    names = {os.path.basename(answer["file"]) for answer in json.loads(done.out)}
    assert os.fsdecode(b"\xe9t\xe9.jpg") in names


def test_networks_are_listed() -> None:
    assert set(prunelle("networks").out.split()) >= {"lenet5", "course-photos", "dense"}


@pytest.mark.parametrize(
    "arguments", [(), ("train", "--help"), ("evaluate", "--help"), ("predict", "--help"), ("--version",)]
)
def test_help(arguments: tuple[str, ...]) -> None:
    done = prunelle(*arguments)
    assert done.code in (0, 2)
    assert "Usage:" in done.out + done.err or "prunelle, version" in done.out


def test_the_real_thing_writes_names_of_files_that_are_no_text(photo_run: Path) -> None:
    """A process of its own: its streams are those of the system."""
    name = os.fsdecode(b"\xe9t\xe9.jpg")
    done = subprocess.run(
        [sys.executable, "-m", "prunelle", "predict", str(photo_run), name, "-q"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr == b"\\xe9t\\xe9.jpg  error: cannot be opened: No such file or directory\n"


def test_answers_as_csv_keep_names_to_the_byte(photos: Path, photo_run: Path, tmp_path: Path) -> None:
    names = [b"\xe9.jpg", b"a\rb.jpg", b"=1.jpg", "\u2028.jpg".encode()]
    picture = next(photos.rglob("*.jpg")).read_bytes()
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(picture)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "prunelle",
            "predict",
            str(photo_run),
            *map(os.fsdecode, names),
            "-q",
            "--format",
            "csv",
        ],
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    (tmp_path / "answers.csv").write_bytes(done.stdout)
    files = [os.fsencode(row["file"]) for row in read_table(tmp_path / "answers.csv", ("file", "class"))]
    assert list(dict.fromkeys(files)) == names

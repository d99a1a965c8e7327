"""What TensorBoard's own reader finds in the files of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

import prunelle as pn
from prunelle.csv_files import read_table
from tests.integration.command import Finished, prunelle

pytest.importorskip("tensorboard", reason="the extra tensorboard")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tensorboard") / "a run"


@pytest.fixture(scope="module")
def done(folder: Path) -> Finished:
    settings = ("--epochs", 3, "--batch-size", 512, "--network", "dense")
    return prunelle("train", "digits", *settings, "--output", folder, "--log", "tensorboard")


@pytest.fixture(scope="module")
def events(done: Finished, folder: Path) -> Any:
    assert done.code == 0, done.err
    return read(folder)


def read(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0, "images": 0})
    found.Reload()
    return found


def text(events: Any, tag: str) -> str:
    (event,) = events.Tensors(f"{tag}/text_summary")
    value: bytes = event.tensor_proto.string_val[0]
    return value.decode()


def test_curves_are_the_results(events: Any, folder: Path) -> None:
    rows = pn.Run.open(folder).results()
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate", "data_wait"):
        found = [(each.step, each.value) for each in events.Scalars(f"epoch/{name}")]
        expected = [(row["epoch"], pytest.approx(row[name], rel=1e-6)) for row in rows]  # float32
        assert found == expected, name
    assert events.Scalars("step/loss")[0].step == 1


def test_results_are_the_metrics(events: Any, folder: Path) -> None:
    metrics = pn.Run.open(folder).metrics()
    (found,) = events.Scalars("test/accuracy")
    assert (found.step, found.value) == (3, pytest.approx(metrics["test"]["accuracy"]))
    assert events.Scalars("parameters")[0].value == metrics["parameters"]


def test_the_confusion_matrix_is_scikit_learns(events: Any, folder: Path) -> None:
    rows = read_table(folder / "predictions.csv", ("class", "predicted"))
    expected = confusion_matrix([row["class"] for row in rows], [row["predicted"] for row in rows])
    lines = text(events, "confusion_matrix").splitlines()[2:]
    found = [[int(cell) for cell in line.strip("| ").split(" | ")[1:]] for line in lines]
    assert found == expected.tolist()


def test_pictures(events: Any, folder: Path) -> None:
    (examples,) = events.Images("examples")
    assert text(events, "examples").startswith("0, 1, 2, 3")
    assert examples.encoded_image_string[1:4] == b"PNG"
    (figure,) = events.Images("figures/curves")
    with Image.open(folder / "figures/curves.png") as image:
        assert (figure.width, figure.height) == image.size
        (folder / "shown.png").write_bytes(figure.encoded_image_string)
        with Image.open(folder / "shown.png") as shown:
            assert np.array_equal(np.asarray(shown), np.asarray(image.convert("RGB")))
    (folder / "shown.png").unlink()


def test_hyperparameters_are_the_recipe(events: Any) -> None:
    from tensorboard.plugins.hparams import plugin_data_pb2

    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    started = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    assert started["recipe.batch_size"].number_value == 512
    assert started["network"].string_value == "dense"
    content = events.SummaryMetadata("_hparams_/experiment").plugin_data.content
    shown = plugin_data_pb2.HParamsPluginData.FromString(content).experiment.metric_infos
    # Beside each run of the table, and there are such curves.
    assert {each.name.tag for each in shown} < set(events.Tags()["scalars"])


def test_the_network_and_its_files(events: Any, folder: Path) -> None:
    assert "| Linear" in text(events, "network").replace("layers", "")
    assert f"`{folder / 'weights/best.safetensors'}`" in text(events, "model")


def test_the_console_says_how_to_see_it(done: Finished, folder: Path) -> None:
    (line,) = [line for line in done.err.splitlines() if line.startswith("tensorboard: ")]
    assert f"tensorboard --logdir '{folder}' (" in line


def test_a_run_that_is_extended_goes_on(done: Finished, folder: Path) -> None:
    again = prunelle("train", "--resume", folder, "--epochs", 4, "--log", "tensorboard")
    assert again.code == 0, again.err
    assert [each.step for each in read(folder).Scalars("epoch/train_loss")] == [1, 2, 3, 4]


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where its folder would be: the system refuses."""
    import tensorboard.summary.writer.event_file_writer as writers

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writers.EventFileWriter, "add_event", refuse)
    done = prunelle(
        *("train", "digits", "--network", "dense", "--epochs", 1, "--output", tmp_path / "run"),
        *("--log", "tensorboard"),
    )
    assert done.code == 0
    assert done.err.count("tensorboard fails (OSError: [Errno 28] No space left on device)") == 1

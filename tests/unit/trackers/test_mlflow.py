"""What MLflow's own client finds in its database; ``make test-mlflow`` runs it with the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from tests.integration.command import Finished, prunelle

mlflow = pytest.importorskip(
    "mlflow", reason="the extra mlflow is not one of the extra test: make test-mlflow"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow") / "run"


@pytest.fixture(scope="module")
def database(folder: Path) -> Any:
    """Where trackers write, and what reads it."""
    uri = f"sqlite:///{folder.parent / 'mlflow.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        patch.chdir(folder.parent)
        yield mlflow.MlflowClient(uri)


@pytest.fixture(scope="module")
def done(folder: Path, database: Any) -> Finished:
    settings = ("--epochs", 2, "--batch-size", 512, "--network", "dense")
    return prunelle("train", "digits", *settings, "--output", folder, "--log", "mlflow")


def only_run(database: Any) -> Any:
    experiment = database.get_experiment_by_name("prunelle")
    (run,) = database.search_runs([experiment.experiment_id])
    return run


@pytest.fixture(scope="module")
def recorded(done: Finished, database: Any) -> Any:
    assert done.code == 0, done.err
    return only_run(database)


def test_settings_and_results(recorded: Any, folder: Path) -> None:
    assert (recorded.info.run_name, recorded.info.status) == ("run", "FINISHED")
    assert recorded.data.params["recipe.batch_size"] == "512"
    assert recorded.data.params["network"] == "dense"
    metrics = pn.Run.open(folder).metrics()
    assert recorded.data.metrics["test/accuracy"] == metrics["test"]["accuracy"]


def test_curves_are_the_results(recorded: Any, database: Any, folder: Path) -> None:
    for name in ("train_loss", "val_accuracy", "learning_rate"):
        history = database.get_metric_history(recorded.info.run_id, f"epoch/{name}")
        rows = pn.Run.open(folder).results()
        assert [(each.step, each.value) for each in history] == [(row["epoch"], row[name]) for row in rows]


def test_files(recorded: Any, database: Any, folder: Path, tmp_path: Path) -> None:
    got = Path(database.download_artifacts(recorded.info.run_id, "", str(tmp_path)))
    for name in ("weights/best.safetensors", "preprocess.json", "report.html"):
        assert (got / "model" / Path(name).name).read_bytes() == (folder / name).read_bytes()
    assert (got / "figures/confusion.png").read_bytes() == (folder / "figures/confusion.png").read_bytes()
    matrix = json.loads((got / "confusion_matrix.json").read_text())
    assert matrix["classes"] == list("0123456789")
    counts = np.array(matrix["counts"])
    accuracy = pn.Run.open(folder).metrics()["test"]["accuracy"]
    assert np.trace(counts) / counts.sum() == pytest.approx(accuracy)
    examples = sorted((got / "examples").glob("*.png"))
    assert [each.name for each in examples[:2]] == ["00-0.png", "01-1.png"]
    with Image.open(examples[0]) as image:
        assert image.size == (8, 8)


def test_a_run_that_is_extended_goes_on(recorded: Any, database: Any, folder: Path) -> None:
    again = prunelle("train", "--resume", folder, "--epochs", 3, "--log", "mlflow")
    assert again.code == 0, again.err
    assert only_run(database).info.run_id == recorded.info.run_id
    history = database.get_metric_history(recorded.info.run_id, "epoch/train_loss")
    assert [each.step for each in history] == [1, 2, 3]


def test_the_callers_own_run_is_left_alone(database: Any, tmp_path: Path) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'own.db'}")
    try:
        with mlflow.start_run() as own:
            pn.train(
                *("dense", "digits", pn.Recipe(epochs=1, batch_size=512)),
                output=tmp_path / "run",
                log="mlflow",
                style="quiet",
            )
            assert mlflow.active_run().info.run_id == own.info.run_id
        assert mlflow.get_run(own.info.run_id).data.params == {}
    finally:
        mlflow.set_tracking_uri(None)


def test_a_server_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    done = prunelle(
        *(
            "train",
            "digits",
            "--network",
            "dense",
            "--epochs",
            1,
            "--output",
            tmp_path / "run",
            "--log",
            "mlflow",
        ),
    )
    assert done.code == 0
    assert done.err.count("mlflow fails (") == 1
    assert pn.Run.open(tmp_path / "run").finished

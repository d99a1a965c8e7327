"""What Weights & Biases' own reader finds in an offline run; ``make test-wandb`` runs it with the package."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import prunelle as pn
from tests.integration.command import Finished, prunelle

wandb = pytest.importorskip("wandb", reason="the extra wandb is not one of the extra test: make test-wandb")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wandb") / "run"


@pytest.fixture(scope="module")
def done(folder: Path) -> Finished:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_DIR"):
            patch.delenv(name, raising=False)
        patch.setenv("NETRC", str(folder.parent / "netrc"))  # nobody is logged in
        settings = ("--epochs", 2, "--batch-size", 512, "--network", "dense")
        done = prunelle("train", "digits", *settings, "--output", folder, "--log", "wandb")
        wandb.teardown()  # as at a program's end: its own process has written all
        return done


@pytest.fixture(scope="module")
def records(done: Finished, folder: Path) -> list[Any]:
    assert done.code == 0, done.err
    return list(read(folder))


def read(folder: Path) -> Iterator[Any]:
    """Records of the package's own definition; its reader is in its program alone.

    The file is a log as LevelDB's: blocks of 32 KiB, of pieces with a header of checksum, length and kind (whole,
    first, middle, last), after 7 bytes of its own.
    """
    from wandb.proto import wandb_internal_pb2

    (file,) = folder.glob("wandb/offline-run-*/*.wandb")
    content, at, whole = file.read_bytes(), 7, b""
    assert content[:4] == b":W&B"
    while at < len(content):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        whole += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(whole)
            yield record
            whole = b""


def items(entries: Any) -> dict[str, Any]:
    return {entry.key or "/".join(entry.nested_key): json.loads(entry.value_json) for entry in entries}


def history(records: list[Any]) -> list[dict[str, Any]]:
    return [items(record.history.item) for record in records if record.WhichOneof("record_type") == "history"]


def test_curves_are_the_results(records: list[Any], folder: Path) -> None:
    rows = pn.Run.open(folder).results()
    points = [point for point in history(records) if "count/epoch" in point]
    for name in ("train_loss", "val_accuracy", "learning_rate"):
        found = [(point["count/epoch"], point[f"epoch/{name}"]) for point in points]
        assert found == [(row["epoch"], row[name]) for row in rows]
    axes = {
        record.metric.glob_name: record.metric.step_metric for record in records if record.metric.glob_name
    }
    assert axes == {"epoch/*": "count/epoch", "step/*": "count/step"}


def test_settings_and_results(records: list[Any], folder: Path) -> None:
    (run,) = [record.run for record in records if record.WhichOneof("record_type") == "run"]
    config = items(run.config.update)
    assert (run.project, run.display_name) == ("prunelle", "run")
    assert (config["recipe.batch_size"], config["network"]) == (512, "dense")
    summary: dict[str, Any] = {}
    for record in records:
        summary |= items(record.summary.update)
    assert summary["test/accuracy"] == pn.Run.open(folder).metrics()["test"]["accuracy"]
    (ended,) = [record.exit.exit_code for record in records if record.WhichOneof("record_type") == "exit"]
    assert ended == 0


def test_pictures_and_the_confusion_matrix(records: list[Any], folder: Path) -> None:
    logged = {key: value for point in history(records) for key, value in point.items()}
    assert logged["examples/captions"][:3] == ["0", "1", "2"]
    shown = {
        key.removesuffix("/path") for key in logged if key.startswith("figures/") and key.endswith("/path")
    }
    assert shown == {"figures/confusion", "figures/curves", "figures/reliability"}
    (table,) = folder.glob("wandb/offline-run-*/files/media/table/confusion_matrix*.json")
    content = json.loads(table.read_text())
    counted = {(row[0], row[1]): row[2] for row in content["data"]}
    right = sum(count for (actual, called), count in counted.items() if actual == called)
    accuracy = pn.Run.open(folder).metrics()["test"]["accuracy"]
    assert right / sum(counted.values()) == pytest.approx(accuracy)


def test_the_model_is_an_artifact(records: list[Any]) -> None:
    artifacts = [record.artifact for record in records if record.WhichOneof("record_type") == "artifact"]
    (artifact,) = [each for each in artifacts if each.type == "model"]
    assert artifact.name == "model-run"
    assert "best.safetensors" in {entry.path for entry in artifact.manifest.contents}


def test_the_console_says_how_to_send_it(done: Finished, folder: Path) -> None:
    (line,) = [line for line in done.err.splitlines() if line.startswith("wandb: wandb sync")]
    assert line.startswith(f"wandb: wandb sync {folder / 'wandb' / 'offline-run-'}")

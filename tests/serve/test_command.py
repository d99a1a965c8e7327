"""``prunelle serve``: the command, its files, its end; in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prunelle as pn
from prunelle import tasks
from prunelle.errors import ArgumentError, ExportError
from tests.integration.command import prunelle
from tests.serve.conftest import COLOURS, PREPROCESS, Mean, form, picture, probabilities

RED = picture(200, 40, 0, size=(40, 30))


@contextlib.contextmanager
def command(*arguments: object, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """``prunelle serve …`` at a free port, once it answers."""
    line = [
        sys.executable,
        "-m",
        "prunelle",
        "serve",
        *map(str, arguments),
        "--port",
        "0",
        "--progress",
        "quiet",
    ]
    process = subprocess.Popen(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment | {"LC_ALL": "C"},
    )
    assert process.stdout is not None
    try:
        told = ""
        while not (found := re.search(r"Answering at http://[\w.]+:(\d+)/", told)):
            line_ = process.stdout.readline()
            assert line_, told
            told += line_
        yield process, int(found[1])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ask(port: int, body: bytes, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        "POST", "/predict", body, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.pictures import make_folder

    folder = tmp_path_factory.mktemp("run")
    photos = make_folder(folder / "photos", ("oak", "birch"), 20, (24, 24))
    pn.train("lenet5", photos, pn.Recipe(epochs=1), output=folder / "run", style="quiet")
    return folder / "run"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_by_a_signal_once_what_was_taken_is_answered(run: Path, number: signal.Signals) -> None:
    with command(run, "--runtime", "torch", "--wait", "900") as (process, port):
        found: list[tuple[int, Any]] = []
        sent = form(("a.png", RED))
        asking = threading.Thread(target=lambda: found.append(ask(port, **sent)))
        asking.start()
        # Taken: the network waits for others for most of a second.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            connection.request("GET", "/metrics")
            if "prunelle_queue_examples 1.0" in connection.getresponse().read().decode() or found:
                break
        process.send_signal(number)
        out, _ = process.communicate(timeout=120)
        asking.join()
        assert found[0][0] == 200
        assert process.returncode == 0
        assert "All that was taken is answered." in out
        assert "Traceback" not in out
        with pytest.raises(ConnectionRefusedError):
            ask(port, **sent)


def test_a_key_comes_from_a_file_or_the_environment(run: Path, tmp_path: Path) -> None:
    key = "a-key-that-nobody-guesses"
    (tmp_path / "key").write_text(f"{key}\n")
    sent = form(("a.png", RED))
    with command(run, "--runtime", "torch", "--key-file", tmp_path / "key", "--host", "0.0.0.0") as (_, port):
        assert ask(port, **sent)[0] == 401
        assert ask(port, **sent, Authorization=f"Bearer {key}")[0] == 200
    with command(run, "--runtime", "torch", PRUNELLE_KEY=key) as (_, port):
        assert ask(port, **sent)[0] == 401
        assert ask(port, **sent, X_API_Key=key)[0] == 200


def test_what_cannot_be_served_is_said(run: Path, tmp_path: Path) -> None:
    done = prunelle("serve", run, "--host", "0.0.0.0", "--runtime", "torch")
    assert done.code == 2
    assert "without a key (--key-file, or PRUNELLE_KEY)" in done.err
    done = prunelle("serve", run, "--queue", "3")
    assert "queue must hold the examples of one request, 64; received 3" in done.err
    assert "key_file" in prunelle("serve", run, "--key-file", tmp_path / "none").err
    assert prunelle("serve", tmp_path).code == 1
    assert prunelle("serve").code == 2
    assert "goes with classes" not in prunelle("serve", "--help").out


def test_an_exported_file_answers_as_its_network(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    made = pn.export(
        Mean(), output=tmp_path / "mean.onnx", preprocess=PREPROCESS, classes=COLOURS, style="quiet"
    )
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "mean.onnx").write_bytes(made.path.read_bytes())
    for file in (made.path, made.path.with_name("mean.batch.onnx"), alone / "mean.onnx"):
        ready = tasks.answerer(file, style="quiet")
        (one,) = ready.read(RED, "a.png")
        (answer,) = ready.answers(["a.png"], ready.rows([one[1]], cautious=False), ready.asked)  # type: ignore[list-item]
        found = dict(answer.top)  # type: ignore[attr-defined]
        assert [found[name] for name in COLOURS] == pytest.approx(probabilities(200, 40, 0), abs=1e-5)
        assert ready.name.lower() == "mean"
        (bad,) = ready.read(RED[:50], "b.png")
        assert isinstance(bad[1], str)
    with pytest.raises(ArgumentError, match=r"runtime \(--runtime\) torch is for a run"):
        tasks.answerer(made.path, runtime="torch", style="quiet")
    (tmp_path / "no.onnx").write_bytes(b"no")
    with pytest.raises(ExportError, match="cannot be opened by onnxruntime"):
        tasks.answerer(tmp_path / "no.onnx", style="quiet")
    with command(alone / "mean.onnx") as (_, port):
        status, told = ask(port, **form(("a.png", RED)))
        assert status == 200
        assert told["answers"][0]["predictions"][0]["class"] == "red"


def test_a_run_in_onnxruntime_answers_as_in_pytorch_and_is_taken_where_it_is_faster(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxscript")
    by_torch, by_onnx = (tasks.answerer(run, runtime=name, style="quiet") for name in ("torch", "onnx"))
    assert (by_torch.runtime, by_onnx.runtime) == ("torch", "onnx")
    examples = [example for _, example in by_torch.read(RED, "a.png")]
    for cautious in (False, True):
        one, other = (each.rows(examples, cautious=cautious) for each in (by_torch, by_onnx))  # type: ignore[arg-type]
        assert np.allclose(one[0].scores, other[0].scores, atol=1e-5)
        assert (other[0].logits is not None) == cautious
    for gain, name in ((1.2, "onnx"), (1.0, "torch"), (0.5, "torch")):
        monkeypatch.setattr("prunelle.jobs.answerer.faster", lambda *_, gain=gain: gain)
        assert tasks.answerer(run, style="quiet").runtime == name

"""Trainings in a notebook: one picture, replaced in place, and what stays of it in the file; in real kernels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.lessons import nbformat, run

jupyter_client = pytest.importorskip("jupyter_client", reason="the extra notebook: make test-notebook")
nbclient = pytest.importorskip("nbclient", reason="the extra notebook is not installed: make test-notebook")
outputs = pytest.importorskip("prunelle.notebooks.outputs", reason="the extra notebook: make test-notebook")
new_code_cell, new_notebook = nbformat.v4.new_code_cell, nbformat.v4.new_notebook

MOST_BYTES = 30_000
"""Of a cell that trains twenty epochs, in the file."""

TRAIN = 'import prunelle as pn\nrun = pn.train("course-mnist", recipe=pn.Recipe(epochs=20, batch_size=256))'
MODEL = """\
import numpy as np
import keras
from keras.layers import Dense
model = keras.models.Sequential([Dense(8, activation="relu", input_shape=(4,)), Dense(3, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
x, y = np.random.RandomState(0).rand(9600, 4), np.arange(9600) % 3
"""
FIT = "h = model.fit(x, y, epochs=20, batch_size=32, validation_split=0.25)"
KERAS_3 = MODEL + "keras.ops.add(1, 2)\n"


def size(cell: Any) -> int:
    """Bytes of a cell in a file."""
    return len(nbformat.writes(new_notebook(cells=[cell])).encode())


def cards(cell: Any) -> list[str]:
    """The HTML that it displays."""
    return [each.data["text/html"] for each in cell.outputs if "text/html" in each.get("data", {})]


def printed(cell: Any) -> str:
    """On standard output."""
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")


def executed(*cells: str) -> list[Any]:
    """By a front end that does nothing to texts: what a kernel sent is what is kept."""
    node = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(node, kernel_name="python3", allow_errors=True, timeout=300).execute()
    nbformat.validate(node)
    return list(node.cells)


def test_twenty_epochs_leave_one_small_picture() -> None:
    """``pn.train`` after ``%load_ext prunelle``, which must not keep PyTorch from looking for TensorFlow."""
    _, trained = executed("%load_ext prunelle", TRAIN)
    (card,) = cards(trained)
    assert [each.output_type for each in trained.outputs if each.output_type == "error"] == []
    assert size(trained) < MOST_BYTES
    metrics = json.loads(next(Path("runs").glob("*/metrics.json")).read_text())
    assert f"Test accuracy: {100 * metrics['test']['accuracy']:.2f}\xa0%" in card
    (text,) = (each.data["text/plain"] for each in trained.outputs if "data" in each)
    assert text.count("\nepoch ") == 20
    assert "<script" not in card


@pytest.mark.parametrize("program", [MODEL, KERAS_3], ids=["Keras 2", "Keras 3"])
def test_fit_keeps_the_lines_of_its_epochs_and_no_bar(program: str) -> None:
    _, _, fitted, asked = executed("%load_ext prunelle", program, FIT, "model.evaluate(x, y)")
    (card,) = cards(fitted)
    assert fitted.outputs[0].output_type == "display_data"  # above the lines
    assert size(fitted) < MOST_BYTES
    lines = [line for line in printed(fitted).split("\n") if line]
    assert len(lines) == 40
    assert all(line.startswith(f"Epoch {n}/20") for n, line in enumerate(lines[::2], 1))
    assert all("225/225" in line and "val_loss: " in line for line in lines[1::2])
    assert "20 epochs done." in card
    assert card.count("<svg") == 2
    assert "300/300" in printed(asked)


def test_under_prunelle_run_the_file_is_as_small_and_the_terminal_has_each_line_once() -> None:
    done = run(
        KERAS_3 + FIT,
        TRAIN.replace("epochs=20, ", "epochs=3, ").replace("))", '), output="own")'),
        "model.fit(x, y, verbose=2)",
    )
    assert done.finished.code == 0, done.finished.err
    assert size(done.code[0]) < MOST_BYTES
    assert len(cards(done.code[0])) == len(cards(done.code[1])) == 1
    assert cards(done.code[2]) == []
    lines = [line for line in printed(done.code[0]).split("\n") if line]
    assert len(lines) == 40
    assert [done.finished.out.count(f"epoch {n}/3  loss") for n in (1, 2, 3)] == [1, 1, 1]
    assert done.finished.out.count("Epoch 20/20") == 1
    assert "<svg" in done.page


def test_a_loop_of_fits_goes_on_in_one_picture() -> None:
    _, _, looped = executed(
        "%load_ext prunelle", MODEL, "for _ in range(6):\n    model.fit(x, y, epochs=1, batch_size=320)"
    )
    (card,) = cards(looped)
    assert "6 epochs done." in card
    assert printed(looped).count("Epoch 1/1\n") == 6


def test_a_search_over_many_models_stays_small() -> None:
    search = (
        "for _ in range(20):\n"
        "    model = keras.models.Sequential([Dense(3, activation='softmax', input_shape=(4,))])\n"
        "    model.compile('sgd', 'sparse_categorical_crossentropy')\n"
        "    h = model.fit(x, y, epochs=2, batch_size=3200)"
    )
    _, _, searched = executed("%load_ext prunelle", MODEL, search)
    assert len(cards(searched)) == 8
    assert printed(searched).count("Epoch 2/2") == 20


class Kernel:
    """A real one, which can be interrupted."""

    def __init__(self, client: Any, interrupt: Callable[[], None]) -> None:
        self._client, self._interrupt = client, interrupt
        self.error: dict[str, Any] | None = None
        self.displays: dict[str, str] = {}

    def run(self, code: str, *, stop_after: int | None = None) -> str:
        """What it printed or gave; interrupted after so many displays and updates."""
        asked = self._client.execute(code)
        self.error, self.displays, seen, said = None, {}, 0, ""
        while True:
            message = self._client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind in ("display_data", "update_display_data"):
                self.displays[content["transient"]["display_id"]] = content["data"]["text/html"]
                seen += 1
                if seen == stop_after:
                    self._interrupt()
            elif kind == "stream":
                said += content["text"]
            elif kind == "execute_result":
                said += content["data"]["text/plain"]
            elif kind == "error":
                self.error = content
            elif kind == "status" and content["execution_state"] == "idle":
                return said

    @property
    def card(self) -> str:
        """The one that there is, as it was last, without its style."""
        (card,) = self.displays.values()
        return re.sub(r"<style>.*?</style>", "", card, flags=re.DOTALL)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    manager, client = jupyter_client.manager.start_new_kernel(kernel_name="python3")
    try:
        yield Kernel(client, manager.interrupt_kernel)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_an_interrupted_training_shows_where_it_is_and_goes_on(kernel: Kernel) -> None:
    kernel.run("import prunelle as pn\nrecipe = pn.Recipe(epochs=2000, batch_size=256)")
    kernel.run('pn.train("lenet5", recipe=recipe, output="long")', stop_after=5)
    assert kernel.error is not None
    assert kernel.error["ename"] == "Interrupted"
    assert len(kernel.error["traceback"]) == 1  # a sentence, and no list of files
    assert re.search(r"Stopped (in epoch|after) \d+ of 2000", kernel.card), kernel.card
    assert "prunelle.train(resume=&#39;long&#39;)" in kernel.card
    assert "pc-bar" not in kernel.card
    done = int(kernel.run("len(pn.Run.open('long').results())"))
    assert kernel.run("1 + 1") == "2"
    kernel.run(f"import prunelle\nrun = prunelle.train(resume='long', epochs={done + 3})")
    assert kernel.error is None
    assert "Test accuracy" in kernel.card
    assert kernel.run("run.info['status'], len(run.results())") == f"('finished', {done + 3})"


def test_an_interrupted_fit_leaves_the_model_and_says_how_to_go_on(kernel: Kernel) -> None:
    kernel.run("%load_ext prunelle")
    kernel.run(MODEL)
    kernel.run(FIT.replace("epochs=20", "epochs=2000"), stop_after=5)
    assert kernel.error is not None
    assert kernel.error["ename"] == "KeyboardInterrupt"
    (done,) = re.findall(r"Stopped in epoch \d+ of 2000\..*initial_epoch=(\d+) goes on", kernel.card)
    (file,) = Path("runs").glob("*/fit-1/run.json")
    assert json.loads(file.read_text())["status"] == "interrupted"
    assert (file.parent / "weights" / "last.safetensors").exists()
    said = kernel.run(
        FIT.replace("epochs=20", f"epochs={int(done) + 2}, initial_epoch={done}") + "\nlen(h.epoch)"
    )
    assert kernel.error is None
    assert said.endswith("\n2")
    assert json.loads(file.read_text())["status"] == "finished"


def test_a_terminal_is_told_what_is_new() -> None:
    told = outputs.Told()
    assert [told.rest("a", text) for text in ("one", "one\ntwo", "one\ntwo", "three")] == [
        "one",
        "two",
        "",
        "three",
    ]
    assert told.rest("b", "one") == "one"
    assert [told.rest(None, "one") for _ in range(2)] == ["one", "one"]

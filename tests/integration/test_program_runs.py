"""What ``prunelle run`` recorded is a run: every verb takes it, or says in a sentence why not."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import prunelle as pn
from prunelle import disk
from prunelle.errors import RunError
from prunelle.keras import compat, own_files, recording
from prunelle.keras.floor import keras
from tests.course_sets import write_photos
from tests.integration.command import Finished, prunelle

DIGITS = """
import numpy as np
from sklearn.datasets import load_digits
from keras.models import Sequential, Model
from keras.layers import *
np.random.seed({seed})
x, y = load_digits(return_X_y=True)
x = x.reshape(-1, 8, 8, 1)
{scaling}
{model}
model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(x[:300], y[:300], epochs=4, batch_size=16, validation_data=(x[300:400], y[300:400]), verbose=0)
print('exactitude', model.evaluate(x[400:500], y[400:500], verbose=0)[1])
"""
CONVOLUTION = """
model = Sequential([Conv2D(8, 3, activation='relu', padding='same', input_shape=(8, 8, 1)), MaxPooling2D(),
                    Flatten(), Dense(10, activation='softmax')])
"""
BRANCHES = """
entree = Input((8, 8, 1))
a = Conv2D(6, 3, activation='relu', padding='same')(entree)
b = Conv2D(6, 5, activation='relu', padding='same')(entree)
z = GlobalAveragePooling2D()(Concatenate()([a, b, Add()([a, b])]))
z = Concatenate()([z, Flatten()(MaxPooling2D()(a))])
model = Model(entree, Dense(10, activation='softmax')(z))
"""
FOLDERS = """
from keras.models import Sequential
from keras.layers import *
from keras.preprocessing.image import ImageDataGenerator
train = ImageDataGenerator(rescale=1. / 255, horizontal_flip=True).flow_from_directory(
    'data/train', target_size=(24, 32), batch_size=8, class_mode='binary')
test = ImageDataGenerator(rescale=1. / 255).flow_from_directory(
    'data/validation', target_size=(24, 32), batch_size=8, class_mode='binary', shuffle=False)
model = Sequential([Conv2D(8, 3, activation='relu', input_shape=(24, 32, 3)), MaxPooling2D(), Flatten(),
                    Dropout(0.2), Dense(1, activation='sigmoid')])
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
model.fit_generator(train, steps_per_epoch=4, epochs=3, validation_data=test, validation_steps=2, verbose=0)
print('exactitude', model.evaluate(test, verbose=0)[1])
"""
SERIES = """
import numpy as np
from keras.models import Sequential
from keras.layers import *
np.random.seed(0)
y = np.arange(240) % 3
x = np.sin(np.linspace(0, 6.3, 40) * (y[:, None] + 1)) + 0.2 * np.random.randn(240, 40)
model = Sequential([Conv1D(8, 5, activation='relu', padding='causal', input_shape=(40, 1)), BatchNormalization(),
                    GlobalAveragePooling1D(), Dense(3, activation='softmax')])
model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(x[:160, :, None], y[:160], epochs=3, verbose=0)
np.savetxt('serie.csv', x[200:203], delimiter=',')
print('exactitude', model.evaluate(x[160:, :, None], y[160:], verbose=0)[1])
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that all programs run in."""
    folder = tmp_path_factory.mktemp("programs")
    write_photos(folder)
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


def run_of(home: Path, name: str, program: str) -> tuple[Path, float]:
    """The run of the program's first training, and the accuracy that it printed last."""
    folders = list((home / "runs").glob(f"*-{name}"))
    if not folders:
        (home / f"{name}.py").write_text(program)
        keras.backend.clear_session()
        done = prunelle("run", home / f"{name}.py")
        keras.backend.clear_session()
        assert done.code == 0, done.err
        assert "not complete" not in done.err
        (home / f"{name}.out").write_text(done.out)
        folders = list((home / "runs").glob(f"*-{name}"))
    accuracy = re.findall(r"exactitude ([\d.]+)", (home / f"{name}.out").read_text())
    return folders[0] / "fit-1", float(accuracy[-1]) if accuracy else float("nan")


def digits(scaling: str = "x = x / 16", model: str = CONVOLUTION, seed: int = 0) -> str:
    return DIGITS.format(scaling=scaling, model=model, seed=seed)


PROGRAMS = {
    "arrays": digits(),
    "standardised": digits("x = (x - x.mean(0)) / (x.std(0) + 1e-3)"),
    "branches": digits(model=BRANCHES),
    "folders": FOLDERS,
    "series": SERIES,
    "vectors": digits("x = x.reshape(-1, 64) / 16", "model = Sequential([Dense(10, activation='softmax')])"),
    "logits": digits(model=CONVOLUTION.replace(", activation='softmax'", "")).replace(
        "loss='sparse_categorical_crossentropy'",
        "loss=__import__('keras').losses.SparseCategoricalCrossentropy(from_logits=True)",
    ),
}


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_it_answers_as_the_program_did(home: Path, name: str) -> None:
    path, accuracy = run_of(home, name, PROGRAMS[name])
    done = prunelle("evaluate", path, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert found["split"] == ("validation" if name == "folders" else "test")
    # What the run keeps is what the program used: all of it is judged, and nothing can have changed.
    assert found["judged"]["changed"] == found["judged"]["learned"] == 0
    assert found["n"] == found["judged"]["given"]
    assert found["accuracy"] == json.loads((path / "metrics.json").read_text())[found["split"]]["accuracy"]
    run = pn.Run.open(path)
    assert run.finished
    assert isinstance(run.network, torch.nn.Module)
    # What it takes and gives, beside the model itself.
    random = np.random.default_rng(0).random((3, *run.preprocess.input_shape), np.float32)
    with torch.inference_mode():
        logits = run.network(torch.from_numpy(random))
    theirs = np.moveaxis(random, 1, -1) if name != "vectors" else random[:, 0]
    with compat():
        model = own_files.read_model(path / "weights" / "last.safetensors")
        expected = torch.from_numpy(np.asarray(model.predict(theirs, verbose=0)))
    ours = {"folders": logits.sigmoid(), "logits": logits}.get(name, logits.softmax(1))
    torch.testing.assert_close(ours, expected.float(), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_its_report_is_written_again(home: Path, name: str) -> None:
    path, _ = run_of(home, name, PROGRAMS[name])
    language = re.findall('<html lang="(..)"', (path / "report.html").read_text())[0]
    before = (path / "report.html").read_text()
    done = prunelle("report", path, "--language", language)
    assert done.code == 0, done.err
    assert (path / "report.html").read_text() == before
    assert "<h1>" in before
    assert "data:image" in before
    assert "2.3 (import keras)" in before  # among the settings
    assert "0.001" in before  # Adam's rate; float32 has 0.0010000000474974513
    assert "0.00100000" not in before


def looked(path: Path, name: str, *arguments: object) -> Finished:
    done = prunelle("look", path, *arguments, "--output", path / name)
    assert done.code == 0, done.err
    assert (path / name / "index.html").is_file()
    return done


def test_pictures_of_files(home: Path, tmp_path: Path) -> None:
    path, _ = run_of(home, "arrays", PROGRAMS["arrays"])
    kept = pn.Run.open(path).kept()
    assert kept is not None
    assert kept.test is not None
    assert kept.test.array.dtype == np.float32 or kept.test.array.dtype == np.uint8
    picture = np.rint(np.asarray(kept.test.array[0, :, :, 0])).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "digit.png")
    done = prunelle("predict", path, tmp_path / "digit.png", "--format", "json")
    assert done.code == 0, done.err
    assert "black is taken for 0 and white for 1" in done.err
    (answer,) = json.loads(done.out)
    said = (path / "predictions.csv").read_text().splitlines()[1].split(",")
    assert answer["predictions"][0]["class"] == said[3]
    assert answer["predictions"][0]["probability"] == pytest.approx(float(said[4]), abs=0.02)
    looked(path, "looks", tmp_path / "digit.png")


def test_what_nobody_knows_is_not_guessed(home: Path, tmp_path: Path) -> None:
    path, _ = run_of(home, "standardised", PROGRAMS["standardised"])
    Image.new("L", (8, 8), 90).save(tmp_path / "digit.png")
    for verb in (("predict",), ("look", "--output", tmp_path / "looks")):
        done = prunelle(verb[0], path, tmp_path / "digit.png", *verb[1:])
        assert done.code != 0
        assert re.search(r"gave fit numbers from -.* to .*; how is not known", done.err)
    with pytest.raises(RunError, match="how is not known"):
        pn.Run.open(path).predict([tmp_path / "digit.png"])
    looked(path, "looks")  # the network itself


def test_folders(home: Path) -> None:
    path, _ = run_of(home, "folders", PROGRAMS["folders"])
    run = pn.Run.open(path)
    assert run.classes == ("chats", "chiens")
    assert run.preprocess.mean == (0.0, 0.0, 0.0)
    assert run.preprocess.std == pytest.approx((1.0, 1.0, 1.0))
    done = prunelle("evaluate", path, "data/validation", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["n"] == 16
    assert "resizes by the nearest pixel" in done.err
    done = prunelle("predict", path, "data/validation/chats", "--format", "json")
    assert len(json.loads(done.out)) == 8
    looked(path, "looks", next(Path("data/validation/chats").iterdir()))


def test_series(home: Path) -> None:
    path, _ = run_of(home, "series", PROGRAMS["series"])
    done = prunelle("predict", path, "serie.csv", "--format", "json")
    assert done.code == 0, done.err
    assert "must be scaled as the program scaled its own" in done.err
    assert len(json.loads(done.out)) == 3
    looked(path, "looks")


def test_two_of_them_compared(home: Path, tmp_path: Path) -> None:
    paths = [run_of(home, name, PROGRAMS[name])[0] for name in ("arrays", "branches", "standardised")]
    done = prunelle("compare", *paths, "--output", tmp_path / "comparison", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["n"] == 100
    assert len({one["label"] for one in found["networks"]}) == 3
    assert all(one["multiply_adds"] for one in found["networks"])


def test_it_is_looked_at_without_pictures(home: Path) -> None:
    path, _ = run_of(home, "branches", PROGRAMS["branches"])
    looked(path, "looks")


REFUSED = {
    "outputs": (
        digits(
            model=BRANCHES.replace("model = Model(entree, ", "sortie = ").replace("(z))", "(z)\n")
            + "model = Model(entree, [sortie, Dense(1, name='autre')(z)])\n"
        )
        .replace(
            "loss='sparse_categorical_crossentropy', metrics=['accuracy']",
            "loss=['sparse_categorical_crossentropy', 'mse']",
        )
        .replace("y[:300]", "[y[:300], y[:300]]")
        .replace("y[300:400]", "[y[300:400], y[300:400]]")
        .replace("print(", "0 and print("),
        "its model has 2 outputs, and a run has one",
    ),
    "regression": (
        digits(model="model = Sequential([Flatten(input_shape=(8, 8, 1)), Dense(1)])")
        .replace("sparse_categorical_crossentropy", "mse")
        .replace("'accuracy'", "'mae'"),
        "its model tells no classes apart",
    ),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_makes_no_sense_is_a_sentence(home: Path, tmp_path: Path, name: str) -> None:
    program, reason = REFUSED[name]
    path, _ = run_of(home, name, program)
    assert (path / "results.csv").is_file()
    page = (path / "report.html").read_text()  # of its curves alone
    assert "<svg" in page
    assert 'id="confusion"' not in page
    other, _ = run_of(home, "arrays", PROGRAMS["arrays"])
    for arguments in (
        ("evaluate", path),
        ("predict", path, other / "report.html"),
        ("look", path, "--output", tmp_path / "looks"),
        ("compare", path, other, "--output", tmp_path / "comparison"),
        ("report", path),
        ("train", "--resume", path),
    ):
        done = prunelle(*arguments)
        assert done.code != 0
        assert reason in done.err, arguments
        assert "Traceback" not in done.err


def test_a_layer_of_the_program_s_own(home: Path) -> None:
    program = digits(
        model="""
from keras import backend as K
model = Sequential([Lambda(lambda t: t * 2, input_shape=(8, 8, 1)), Flatten(), Dense(10, activation='softmax')])
"""
    )
    path, _ = run_of(home, "lambda", program)
    assert (path / "report.html").is_file()
    for verb in ("evaluate", "look"):
        done = prunelle(verb, path, *(() if verb == "evaluate" else ("--output", path / "looks")))
        assert done.code != 0
        assert "cannot be built again" in done.err
        assert "Traceback" not in done.err


def test_nothing_but_a_known_name_builds_a_network(home: Path, tmp_path: Path) -> None:
    path, _ = run_of(home, "arrays", PROGRAMS["arrays"])
    info = json.loads((path / "run.json").read_text())
    before = (path / "run.json").read_bytes()
    try:
        info["network"]["rebuild"] = "os.system"
        (path / "run.json").write_text(json.dumps(info))
        with pytest.raises(
            RunError, match=r"a network that 'os\.system' builds, which this Prunelle does not know"
        ):
            _ = pn.Run.open(path).network
    finally:
        (path / "run.json").write_bytes(before)


def test_it_has_no_recipe_to_go_on_with(home: Path) -> None:
    path, _ = run_of(home, "arrays", PROGRAMS["arrays"])
    done = prunelle("train", "--resume", path)
    assert done.code != 0
    assert "has no recipe to go by" in done.err
    done = prunelle("train", "data/train", "--weights", path)
    assert done.code != 0
    assert "whose weights fit no network of Prunelle's" in done.err


_TINY = """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
import matplotlib.pyplot as plt
x = np.eye(6)
model = Sequential([Dense(2, activation='softmax', input_shape=(6,))])
model.compile(optimizer='sgd', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(x, [0, 1, 0, 1, 0, 1], verbose=0)
plt.plot([1, 2])
plt.show()
"""


def test_programs_of_one_second_have_a_folder_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One started again right after it was killed, or beside another, goes into no folder but its own."""
    from prunelle.jobs import program_session
    from prunelle.tasks import run_program

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Stopped:
            return cls(2026, 11, 21, 14, 30, 0, tzinfo=tz)

    monkeypatch.setattr(program_session, "datetime", Stopped)
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "program.py").write_text(_TINY)
    earlier = tmp_path / "runs" / "20261121-143000-program" / "fit-1"
    (earlier / "weights").mkdir(parents=True)
    for name in ("run.json", "weights/last.safetensors"):
        (earlier / name).write_text("of the program that was killed")

    told: list[str] = []
    for _ in range(2):
        assert run_program("program.py", tell=told.append) == 0

    assert [line for line in told if line.startswith("Run: ")] == [
        f"Run: {Path('runs', f'20261121-143000-program-{number}')}" for number in (2, 3)
    ]
    for number in (2, 3):
        made = tmp_path / "runs" / f"20261121-143000-program-{number}"
        assert {each.name for each in made.iterdir()} == {"fit-1", "figure-1.png"}
        assert (made / "fit-1" / "report.html").is_file()
    assert {each.read_text() for each in earlier.rglob("*") if each.is_file()} == {
        "of the program that was killed"
    }


def _tiny_model() -> Any:
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    return model


def test_a_folder_of_someone_else_is_left_as_it_is(tmp_path: Path) -> None:
    """What could not begin to be recorded is not recorded at its end either."""
    fit = tmp_path / "runs" / "fit-1"
    (fit / "weights").mkdir(parents=True)
    for name in ("run.json", "weights/last.safetensors"):
        (fit / name).write_text("somebody's")
    recording.start(lambda: tmp_path / "runs", "program.py")
    try:
        with compat(), pytest.warns(UserWarning, match="run folder is not complete"):
            _tiny_model().fit(np.eye(6), [0, 1, 0, 1, 0, 1], verbose=0)
    finally:
        recording.stop()
    assert sorted(each.name for each in fit.rglob("*") if each.is_file()) == ["last.safetensors", "run.json"]
    assert {each.read_text() for each in fit.rglob("*") if each.is_file()} == {"somebody's"}


def test_a_recording_that_could_not_begin_begins_with_the_next_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of run.json was there, and not for sure: the folder had to be flushed. It is nobody else's run."""
    flush, refused = disk.flush_folder, []

    def once(folder: Path) -> None:
        if not refused and (folder / "run.json").exists():
            refused.append(folder)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        flush(folder)

    monkeypatch.setattr(disk, "flush_folder", once)
    recording.start(lambda: tmp_path / "runs", "program.py")
    try:
        with compat(), pytest.warns(UserWarning, match="run folder is not complete") as told:
            _tiny_model().fit(np.eye(6), np.arange(6) % 2, epochs=2, verbose=0)
    finally:
        recording.stop()
    assert refused == [tmp_path / "runs" / "fit-1"]
    assert len([each for each in told if "run folder" in str(each.message)]) == 1
    run = pn.Run.open(tmp_path / "runs" / "fit-1")
    assert run.info["status"] == "finished"
    assert (run.path / "report.html").is_file()
    assert len((run.path / "results.csv").read_text().splitlines()) == 3


LOOP = """
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model, Sequential


def train():
    random = np.random.RandomState(0)
    x = random.rand(60, 6)
    y = (x[:, :1] > 0.5).astype("float32")
    judge = Sequential([Dense(8, activation="relu", input_shape=(6,)), Dense(1, activation="sigmoid")])
    judge.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    judge.trainable = False
    noise = Input((3,))
    both = Model(noise, judge(Dense(6)(noise)))
    both.compile("adam", "binary_crossentropy")
    for step in range(230):
        rows = random.randint(60, size=10)
        figures = judge.train_on_batch(x[rows], y[rows])
        assert len(figures) == 2
        both.train_on_batch(random.rand(10, 3), np.ones((10, 1)))
    assert len(judge.evaluate(x, y, verbose=0)) == 2


train()
"""


def test_a_loop_of_the_program_s_own_is_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models by turns, made in a function: each has a folder, with lines for 100 batches and for the rest."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.py").write_text(LOOP)
    keras.backend.clear_session()
    done = prunelle("run", tmp_path / "loop.py")
    assert done.code == 0, done.err
    folders = sorted(tmp_path.glob("runs/*-loop/fit-*"))
    assert [folder.name for folder in folders] == ["fit-1", "fit-2"]
    for folder in folders:
        run = pn.Run.open(folder)
        assert run.info["status"] == "finished"
        assert run.info["fit"] == {"loop": "train_on_batch", "batches_a_line": 100}
        lines = (folder / "results.csv").read_text().splitlines()
        assert [line.partition(",")[0] for line in lines] == ["epoch", "1", "2", "3"]
        assert (folder / "report.html").is_file()
    judge = pn.Run.open(folders[0])
    assert judge.metrics()["train"]["n"] == 60  # evaluated on what it was trained on, last
    judged = prunelle("evaluate", folders[0])
    assert judged.code == 0, judged.err
    words = "a line of the curves is 100 of its batches"
    assert any(words in note["en"] for note in judge.info["data"]["notes"])

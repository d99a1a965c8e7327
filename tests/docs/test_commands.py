"""Every command and every program that the documentation prints is run, at small size."""

from __future__ import annotations

import ast
import contextlib
import itertools
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import prunelle as pn
from prunelle.keras.floor import keras
from prunelle.transfer import advice
from tests import oracles
from tests.course_sets import write_photos
from tests.docs import world as worlds
from tests.docs.reading import ROOT, Block, Command, answers, commands, documents, python_blocks, read
from tests.integration.command import Finished, prunelle
from tests.painting import painting

ALL = [command for document in documents() for command in commands(document)]
_ASKING = "docs/serve.md"
"""The page whose program asks a server: tests/serve/test_docs.py runs it."""
BLOCKS = [block for document in documents() if document != _ASKING for block in python_blocks(document)]

# What a word stands for on a page. ``RUN`` on the page about series is a run on series.
STANDS_FOR = {
    "docs/series.md": {"RUN": "runs/series"},
    "docs/several-labels.md": {"RUN": "runs/labels"},
    # A test folder without classes, and a folder that was moved.
    "docs/train.md": {"photos/test": "heap", "FOLDER": "photos"},
}
FOR_ALL = {"RUN": worlds.PHOTO_RUN, "runs/…": "runs/digits", "NAME": "lenet5", "$seed": "0", "S": "0"}

# Commands whose point is that they fail, and how.
FAILS = {
    "prunelle run programme.py": "nor Prunelle has keras.layers.Dence. Did you mean 'Dense'?",
    "prunelle run graphe.py": "this program is written for TensorFlow 1 (tf.placeholder)",
    # Of a dozen photos; the sentence is the page's.
    "prunelle predict RUN garden --unsure 0.05": "cannot be promised",
    "prunelle predict RUN garden --sets 0.1": "rule no class out",
    "prunelle run --until-error broken.ipynb": "Error in cell 2, line 1:",
    # Nothing is fetched here. docs/weights.md: "Without a network, the error says which file, from where, and where".
    "prunelle weights download resnet50 --weights imagenet-v2": "resnet50",
}

# What is answered depends on what was learned; the first words are always there.
BEGINS = {"prunelle train photos --unlabelled heap": "Round 1: "}


GRAPH = """\
import numpy
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 784])
y = tf.layers.dense(x, 10)
with tf.Session() as sess:
    print(sess.run(y, feed_dict={x: images}))
"""

LESSON = (
    "import numpy as np\nimport keras\nimport matplotlib.pyplot as plt",
    "model = keras.models.Sequential([\n    keras.layers.Dense(1, input_shape=(4,)),\n])\nmodel.compile('sgd', 'mse')\n"
    "x, y = np.zeros((64, 4)), np.zeros(64)",
    "history = model.fit(x, y, epochs=20)",
    'plt.plot(history.history["loss"])\nplt.show()',
)
BROKEN = ("def normalise(x):\n    return x / x", "normalise(0)")
_JUPYTER = "docs/notebooks.md"
"""The page whose commands need the extra ``notebook``, as all with a notebook do; ``make test-notebook``."""
_EXPORTS = ("prunelle export", "prunelle serve")
"""What needs the extras ``export`` and ``serve``; ``make test-export``."""

# Lines that say what one training came to: another may have it the other way round.
VARY = ("lenet5 − dense: ",)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNELLE_DATA", str(folder / "store"))
        patch.setenv("PRUNELLE_CACHE", str(folder / "cache"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setattr(advice, "AFFORDABLE", 0.0)  # the trials of an advice take a minute or two each
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"):
            patch.delenv(name, raising=False)
        worlds.build(folder)
        programs = ROOT / "tests" / "keras_programs"
        shutil.copy(programs / "chats_chiens_generateur.py", folder)
        shutil.copy(programs / "poids_a_la_main.py", folder / "program.py")
        lines = ["# Un réseau", "import numpy", "", "from keras.layers import Dence"]
        (folder / "programme.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "graphe.py").write_text(GRAPH, encoding="utf-8")
        shutil.copytree(ROOT / "docs" / "tutorials", folder / "docs" / "tutorials")
        _write_notebook(folder / "lesson.ipynb", LESSON)
        _write_notebook(folder / "broken.ipynb", BROKEN)
        yield folder


def _write_notebook(path: Path, cells: Sequence[str]) -> None:
    made = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "source": cell,
            "outputs": [],
            "execution_count": None,
        }
        for number, cell in enumerate(cells)
    ]
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture
def here(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each command, with all that the pages name."""
    worlds.enter(world, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


Answer = Callable[..., tuple[Finished, Path]]


@pytest.fixture(scope="module")
def answer(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """What a command ends in, and the folder in which it ran: once for all pages that print it."""
    known: dict[tuple[str, ...], tuple[Finished, Path]] = {}

    def answered(words: Sequence[str], *, painted: bool = True) -> tuple[Finished, Path]:
        if tuple(words) not in known:
            here = tmp_path_factory.mktemp("here")
            worlds.enter(world, here)
            with contextlib.chdir(here), painting() if painted else contextlib.nullcontext():
                known[tuple(words)] = _run(words), here
        return known[tuple(words)]

    return answered


def _run(words: Sequence[str]) -> Finished:
    if "chats_chiens_generateur.py" in words:
        write_photos(Path())
    for option, value in itertools.pairwise(words):
        if option == "--output" and Path(value).is_symlink():
            Path(value).unlink()
    if words[0] == "run":
        keras.backend.clear_session()
    with (
        mock.patch.object(sys, "path", [*sys.path]),
        # A page is open until Ctrl-C.
        mock.patch("prunelle.cli.open._until_stopped", side_effect=KeyboardInterrupt),
        mock.patch("webbrowser.open", return_value=False),
        # So is a server.
        _ended() if words[0] == "serve" else contextlib.nullcontext(),
    ):
        finished = prunelle(*worlds.expanded(words))
    sys.modules.pop("mynets", None)
    return finished


def _ended() -> contextlib.AbstractContextManager[object]:
    from prunelle.serve.server import Server

    return mock.patch.object(Server, "serve", Server.close)


def named(command: Command) -> str:
    return f"{command.document}: {command.text.partition('  #')[0].strip()}"


@pytest.mark.parametrize("command", ALL, ids=named)
def test_a_command_does_what_the_page_says(command: Command, answer: Answer) -> None:
    words = command.words
    runs_a_page = command.document == _JUPYTER and "run" in words and not command.inline
    if runs_a_page or any(word.endswith(".ipynb") or word.startswith("docs/tutorials/") for word in words):
        pytest.importorskip("IPython", reason="the extra notebook is not installed: make test-notebook")
    if command.text.startswith(_EXPORTS):
        pytest.importorskip("onnxruntime", reason="the extra export is not installed: make test-export")
    if words[0] == "for":
        # for seed in 0 1 2; do …; done
        words = words[words.index("do") + 1 : words.index("done")]
        words = [word.removesuffix(";") for word in words]
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert words[1] in targets
        return
    if words[0] == "python":
        benchmark_understands(command, words)
        return
    assert words[0] == "prunelle"
    if command.inline and len(words) == 2 and not words[1].startswith("-"):
        # A sentence that names the verb.
        assert answer([words[1], "--help"])[0].code == 0
        return
    stands_for = FOR_ALL | STANDS_FOR.get(command.document, {})
    words = [stands_for.get(word, word) for word in worlds.smaller(words[1:])]
    if any(word.startswith(("timm:", "torchvision:")) for word in words):
        oracles.timm()
    if {"filename", "labels.csv"} & set(words) and "photos" in words:
        words[words.index("photos")] = "flat"  # where the names, or a table, say the classes
    # A chart of each kind is on the first page, which comes first.
    finished, _ = answer(words, painted=command.document == "README.md")
    told = finished.out + finished.err
    typed = command.text.removeprefix("$ ").partition("  #")[0].strip()
    if typed in FAILS:
        assert finished.code == 1
        assert FAILS[typed] in told
    else:
        assert finished.code == 0, told
        assert "Traceback" not in told
    if typed in BEGINS:
        assert BEGINS[typed] in told
        return
    for line in command.output:
        # A program's own lines have its path, which is the reader's.
        own = line.startswith(("Traceback", "  File", "    ", *VARY)) and "→" not in line
        if line.strip("… .") and not own:
            assert shape(line) in shape(told), f"{line!r} is not in what is printed:\n{told}"


def shape(text: str) -> str:
    """``text`` with every number, time and name of a run made alike, and spaces of any width."""
    text = re.sub(r"convolve-china|[\w/…-]+(?=/report\.html)", "folder", text)
    text = re.sub(r"runs/\S+", "runs/…", text)
    text = re.sub(r"[-+−]?\d[\d.,:]*", "#", text).replace("#ms/step", "#s/step")
    # As many seeds as there are.
    return re.sub(r"#(?: #)+", "#", re.sub(r"[\s*]+", " ", text)).strip()


def benchmark_understands(command: Command, words: list[str]) -> None:
    """A benchmark that is printed takes the options that are printed; ``make bench`` and people run them whole."""
    script = ROOT / words[1]
    if words[1] == "program.py":
        return
    assert script.is_file()
    source = script.read_text(encoding="utf-8")  # not asked: some import what other environments have
    # With a space in it, it is a value: words for a command that the benchmark starts.
    for option in (word for word in words[2:] if word.startswith("--") and " " not in word):
        assert f'"{option}"' in source, f"{named(command)}: no option {option}"


class Tiny(nn.Sequential):
    """A module of one's own."""

    def __init__(self, channels: int = 3, classes: int = 2) -> None:
        super().__init__(nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.append(nn.Linear(4, classes))


def names_of(document: str, here: Path) -> dict[str, Any]:
    """What a program of a page takes as given."""
    torch.manual_seed(0)
    given: dict[str, Any] = {"pn": pn}
    if document == "docs/pytorch.md":
        noise = torch.rand(40, 3, 32, 32)
        dataset = TensorDataset(noise, torch.arange(40) % 2)
        loader = DataLoader(dataset, batch_size=8)
        given |= {"run": pn.Run.open(here / worlds.PHOTO_RUN), "dataset": dataset, "loader": loader}
    if document == "docs/look.md":
        given |= {
            "my_module": Tiny(),
            "network": pn.build("course-cifar"),
            "images": torch.rand(2, 3, 32, 32),
        }
    if document == "docs/export.md":
        pytest.importorskip("onnxruntime", reason="the extra export is not installed: make test-export")
        given |= {"network": Tiny()}
    if document == "docs/compare.md":
        given |= {"make_network": lambda: Tiny(1, 10), "data": pn.load("mnist")}
    if document == "docs/transfer.md":
        data = pn.load("photos")
        given |= {"network": pn.build("resnet20", num_classes=2), "data": data}
    if document == "docs/series.md":
        (here / "runs" / "…").unlink()
        (here / "runs" / "…").symlink_to((here / "runs" / "series").resolve())
        given["targets"] = torch.zeros(24, dtype=torch.int64)
    return given


# Of programs in Python: the same with less to do.
SMALLER = {
    'pn.train("vgg16", "photos", weights="imagenet",': (
        'pn.train("resnet18", "photos", weights="imagenet-resnet18.pth", size=32, epochs=1,'
    ),
    "pn.train(network, data)": "pn.train(network, data, epochs=1)",
    '"small": "dense"}, data,': '"small": "dense"}, data, epochs=1, seeds=1,',
    "(224, 224)": "(32, 32)",
    "(3, 224, 224)": "(3, 32, 32)",
}


@pytest.mark.parametrize(
    "block", BLOCKS, ids=lambda block: f"{block.document}: {block.text.splitlines()[-1]}"
)
def test_a_program_in_python_does_what_its_comments_say(block: Block, here: Path) -> None:
    text = re.sub(r"epochs=\d+", "epochs=1", re.sub(r"seeds=\d+", "seeds=1", block.text))
    for printed, instead in SMALLER.items():
        text = text.replace(printed, instead)
    names = names_of(block.document, here)
    for statement in ast.parse(text).body:
        source = ast.get_source_segment(text, statement) or ""
        line = text.splitlines()[statement.end_lineno - 1]  # type: ignore[operator]
        comment = line.partition("#")[2].strip()
        if not isinstance(statement, ast.Expr):
            exec(compile(ast.Module([statement], []), block.document, "exec"), names)
            continue
        value = eval(source, names)
        says = re.match(r"\(\d[^)]*\)|'[^']*'|array\([^)]*\)", comment)
        if says and "float64" not in source:
            assert repr(value) == says.group(), source


def table_of_files(document: str, heading: str) -> list[str]:
    """The files that the first cells of the table below a heading name."""
    below = read(document).partition(f"{heading}\n")[2]
    rows = re.findall(r"^\| (`.*?) \|", below.partition("\n## ")[0], re.MULTILINE)
    files: list[str] = []
    for row in rows:
        for name in re.findall(r"`([^`]+)`", row):
            # `operation.png`, `.svg`: the second has the first's name.
            files.append(str(Path(files[-1]).with_suffix(name)) if name.startswith(".") else name)
    return files


def test_what_a_run_folder_holds(here: Path) -> None:
    named = table_of_files("README.md", "## What you get")
    assert len(named) >= 8
    for name in named:
        folder = "weights" if name == "last.safetensors" else "."
        assert (here / worlds.PHOTO_RUN / folder / name).exists(), name


def test_what_a_comparison_holds(here: Path) -> None:
    named = table_of_files("docs/compare.md", "## What is in the folder")
    assert len(named) >= 5
    for name in named:
        assert (here / worlds.COMPARISON / name).exists(), name


def test_what_convolving_leaves(answer: Answer) -> None:
    named = table_of_files("docs/convolve.md", "## What comes out")
    assert len(named) >= 12
    (command,) = (each for each in ALL if each.document == "README.md" and "convolve flower" in each.text)
    _, here = answer(command.words[1:])
    for name in named:
        assert (here / "convolve-flower" / name).exists(), name


def test_the_table_of_vgg16(here: Path) -> None:
    (block,) = (answer for answer in answers("docs/networks.md") if "features.0" in answer)
    # A page is typed with ordinary spaces.
    printed = {line.rstrip() for line in prunelle("networks", "vgg16").out.replace("\xa0", " ").splitlines()}
    lines = [line.rstrip() for line in block.splitlines() if line.strip() != "…"]
    assert len(lines) >= 8
    assert set(lines) <= printed

"""``%load_ext prunelle`` in a real kernel, as Jupyter, VS Code and Colab have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.lessons import nbformat, run

nbclient = pytest.importorskip("nbclient", reason="the extra notebook is not installed: make test-notebook")
new_code_cell, new_notebook = nbformat.v4.new_code_cell, nbformat.v4.new_notebook

ON = "import keras and tensorflow.keras are Prunelle's from here on; %prunelle off switches back.\n"
FIT = """\
import numpy as np
model = keras.models.Sequential([keras.layers.Dense(3, activation="softmax", input_shape=(4,))])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
len(model.fit(np.random.rand(90, 4), np.arange(90) % 3, epochs=4, verbose=0).epoch)
"""


def executed(*cells: str) -> list[Any]:
    """The cells of a notebook that a kernel ran."""
    node = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(node, kernel_name="python3", allow_errors=True, timeout=300)
    client.execute()
    nbformat.validate(node)
    return list(node.cells)


def said(cell: Any) -> str:
    """Beside what it printed."""
    return "".join(each.text for each in cell.outputs if each.output_type == "stream")


def value(cell: Any) -> str:
    """Of its last line."""
    (found,) = (each.data["text/plain"] for each in cell.outputs if each.output_type == "execute_result")
    return str(found)


def test_two_lines_make_the_kernel_s_keras_prunelle_s() -> None:
    cells = executed(
        "%load_ext prunelle\nfrom keras.layers import Convolution2D\nimport keras",
        "keras.__version__, Convolution2D(8, 3, 3, border_mode='same').kernel_size",
        FIT,
        "%prunelle",
    )
    read_as = "Read as a program for Keras 2.0 to 2.3 (import keras); --keras says otherwise.\n"
    assert said(cells[0]) == ON + read_as
    assert value(cells[1]).endswith("(3, 3))")
    assert value(cells[2]) == "4"
    assert said(cells[3]).startswith("On, as Keras ")
    # The kernel is gone: its trainings were finished as it went.
    (folder,) = Path("runs").iterdir()
    assert folder.name.endswith("-notebook")
    assert (folder / "fit-1" / "report.html").exists()
    info = json.loads((folder / "fit-1" / "run.json").read_text())
    assert info["status"] == "finished"
    assert "torch" in info["versions"]


def test_tensorflow_s_keras_and_the_switch_back() -> None:
    cells = executed(
        "%load_ext prunelle",
        "%prunelle",
        "import tensorflow as tf\nfrom tensorflow import keras\ntype(tf.constant([1.0])).__name__, keras.__version__",
        FIT,
        "%prunelle off\nimport sys\n'tensorflow' in sys.modules",
        "import keras\nkeras.__version__, keras.config.backend(), keras.layers.Dense.__module__",
        "import tensorflow",
        "%prunelle",
        "%prunelle on --epochs 1 --keras 2.3",
        "import keras\nkeras.__version__",
        FIT,
        "%prunelle sideways",
        "%unload_ext prunelle",
        "import keras\nkeras.__version__",
        "%prunelle",
    )
    assert said(cells[1]) == "On; no cell has imported keras yet.\n"
    assert value(cells[2]) == "('EagerTensor', '2.15.0')"
    assert "Run: runs/" in said(cells[4])
    assert "keras and tensorflow are what they were: import them again." in said(cells[4])
    assert value(cells[4]) == "False"
    assert value(cells[5]) == "('3.15.1', 'torch', 'keras.src.layers.core.dense')"
    assert cells[6].outputs[0].ename == "ModuleNotFoundError"
    assert said(cells[7]) == "Off; %prunelle on switches it on.\n"
    assert said(cells[8]) == ON
    assert value(cells[9]) == "'2.3.1'"
    assert value(cells[10]) == "1"
    assert said(cells[11]).startswith("Error: Invalid value for")
    assert "Trainings shortened by --epochs 1: 1, which ask for 4 epochs." in said(cells[12])
    assert value(cells[13]) == "'3.15.1'"
    assert "`%prunelle` not found" in said(cells[14])


def test_removed_names_are_there_from_the_first_cell_on_and_nothing_is_loaded() -> None:
    cells = executed(
        "%load_ext prunelle",
        "import numpy as np\nimport sys\nnp.int, np.product([2, 3])",
        "[name for name in ('keras', 'prunelle.keras') if name in sys.modules]",
        "%prunelle off\nhasattr(np, 'product')",
    )
    assert value(cells[1]) == "(int, np.int64(6))"
    assert said(cells[1]).count("numpy has no int any more; here it is there as it was.") == 1
    assert value(cells[2]) == "[]"
    assert value(cells[3]) == "False"


def test_keras_that_was_imported_before_is_told() -> None:
    cells = executed(
        "import os\nos.environ['KERAS_BACKEND'] = 'torch'\nimport keras",
        "%load_ext prunelle",
        "import keras\nkeras.__version__",
        "%prunelle",
    )
    assert said(cells[1]) == (
        "Error: keras was imported before Prunelle: what came from it stays what it is. Restart the kernel, and put "
        "%load_ext prunelle before the first import of keras or tensorflow.\n"
    )
    assert value(cells[2]).startswith("'3.")
    assert said(cells[3]) == "Off; %prunelle on switches it on.\n"


def test_the_notebook_s_own_file_tells_its_generation() -> None:
    """VS Code puts its path into the kernel: what a later cell says counts."""
    later = new_notebook(cells=[new_code_cell("import keras"), new_code_cell("keras.ops.add(1, 2)")])
    nbformat.write(later, "cours.ipynb")
    cells = executed(
        "__vsc_ipynb_file__ = 'cours.ipynb'\n%load_ext prunelle", "import keras\nkeras.__version__", FIT
    )
    assert value(cells[1]) == "'3.15.1'"
    assert "Read as" not in said(cells[1])
    (folder,) = Path("runs").iterdir()
    assert folder.name.endswith("-cours")


def test_under_prunelle_run_it_is_there_already() -> None:
    for options in ((), ("--kernel",)):
        done = run("%load_ext prunelle\nimport keras\nkeras.__version__", options=options)
        assert done.finished.code == 0, done.finished.err
        assert done.shown(1) == [{"text/plain": "'2.3.1'"}]
        assert "prunelle run sees to it" in done.said(1)
        assert "Error" not in done.said(1) + done.said(1, "stderr")

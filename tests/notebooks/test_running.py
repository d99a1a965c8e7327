"""``prunelle run lesson.ipynb``: cells in order, one state, what they said in a notebook and a page."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.command import prunelle
from tests.notebooks.lessons import lesson, nbformat, run, run_file, write

FIT = """\
import numpy as np
import keras
from keras.layers import Dense
model = keras.models.Sequential([Dense(3, activation="softmax", input_shape=(4,))])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(np.random.rand(90, 4), np.arange(90) % 3, epochs=20, verbose=0)
print(len(history.history["loss"]))
"""


def test_cells_have_one_state_and_leave_what_they_said() -> None:
    done = run("x = 41\nprint('one')", "import sys\nprint('beside', file=sys.stderr)\nx + 1", "x;")
    assert done.finished.code == 0, done.finished.err
    assert done.said(1) == "one\n"
    assert done.said(2, "stderr") == "beside\n"
    assert done.shown(2) == [{"text/plain": "42"}]
    assert done.shown(3) == []
    assert [cell.execution_count for cell in done.code] == [1, 2, 3]
    # The terminal has the same, and how far it is.
    assert done.finished.out == "one\n42\n"
    assert "Cell 2 of 3: import sys" in done.finished.err
    assert "All 3 cells of code ran." in done.finished.err
    assert f"Page: {done.folder}/lesson.html" in done.finished.err


def test_the_page_asks_nothing_of_the_network_and_has_formulas() -> None:
    path = Path("lesson.md")
    path.write_text("# Leçon\n\n$x^2$ and\n\n$$\\sum_k f_k$$\n\n```python\nprint('hello ' + 'page')\n```\n")
    page = run_file(path).page
    assert "<script src=" not in page
    assert 'href="http' not in page
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page
    assert "<munder>" in page
    assert "hello page" in page


def test_figures_are_pictures_of_the_cell_that_made_them() -> None:
    done = run(
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2]);",
        "%matplotlib qt\nplt.figure(figsize=(3, 1), dpi=100); plt.plot([2, 1]); plt.show()\nprint(plt.get_fignums())",
        "%config InlineBackend.figure_format = 'svg'\nplt.plot([1]);",
    )
    assert done.finished.code == 0, done.finished.err
    (first,), (second,), (third,) = done.shown(1), done.shown(2), done.shown(3)
    sizes = [Image.open(io.BytesIO(base64.b64decode(each["image/png"]))).size for each in (first, second)]
    assert sizes[0][0] < sizes[1][0]
    assert done.said(2) == "[]\n"
    assert "no window here" in done.said(2, "stderr")
    assert third["image/svg+xml"].lstrip().startswith("<?xml")
    assert "data:image/png;base64," in done.page
    assert list(done.folder.glob("*.png")) == []


def test_what_ipython_shows_is_kept() -> None:
    done = run(
        "from IPython.display import HTML, Markdown, display, clear_output\ndisplay(HTML('<b>hi</b>'))",
        "shown = display('first', display_id='a')",
        "display('second', display_id='a', update=True);",
        "print('gone')\nclear_output(wait=True)\nprint('kept')",
        "get_ipython().__class__.__mro__[1].__name__",
    )
    assert done.shown(1)[0]["text/html"] == "<b>hi</b>"
    assert done.shown(2) == [{"text/plain": "'second'"}]
    assert done.shown(3) == []
    assert done.said(4) == "kept\n"
    assert done.shown(5) == [{"text/plain": "'InteractiveShell'"}]


def test_an_error_names_cell_and_line_and_the_rest_runs() -> None:
    done = run(
        "def f():\n    return 1 / 0\n", "\n\nx = 1\nf()\n", "print('still')", "import json\njson.loads('{')"
    )
    assert done.finished.code == 1
    assert (
        "Error in cell 2, line 4:\nTraceback (most recent call last):\n"
        '  File "lesson.ipynb, cell 2", line 4, in <module>\n'
        '    f()\n  File "lesson.ipynb, cell 1", line 2, in f\n    return 1 / 0\n' in done.finished.err
    )
    assert "json/decoder.py" not in done.finished.err  # the notebook's own lines
    assert done.error(2) == ("ZeroDivisionError", "division by zero")
    assert done.said(3) == "still\n"
    summary = (
        "Failed: cell 2, line 4 (ZeroDivisionError: division by zero); cell 4, line 2 (JSONDecodeError: "
    )
    assert summary in done.finished.err
    assert "Failed: cell 2, line 4" in done.note


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%%time\n\nx = 1\nnothere", 4),
        ("%%capture out\n\nx = 1\nnothere", 4),
        ("\n\nx = (1,\n", 3),
        ("!ls\nnothere", 2),
        ("def f():\n    nothere\n\nf()", 4),
        ("%nothere", 1),
    ],
)
@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
def test_the_line_is_that_of_the_cell_as_typed(cell: str, line: int, options: tuple[str, ...]) -> None:
    if options and cell.startswith(("%nothere", "\n\nx = (")):
        pytest.skip("a kernel says no line of these")
    done = run("pass", cell, options=options)
    assert f"Failed: cell 2, line {line} (" in done.finished.err


def test_until_error_stops_there_and_writes() -> None:
    done = run("print(1)", "nothere", "print(3)", options=("--until-error",))
    assert done.finished.code == 1
    assert "2 of 3 cells of code ran." in done.finished.err
    assert done.error(2)[0] == "NameError"
    assert done.code[2].outputs == []
    assert done.code[2].execution_count is None
    assert "NameError" in done.page


def test_what_an_earlier_run_said_is_gone_where_nothing_ran() -> None:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)") for _ in range(2)])
    node.cells[1].outputs = [nbformat.v4.new_output("stream", text="old")]
    node.cells[1].execution_count = 9
    nbformat.write(node, "lesson.ipynb")
    done = run_file(Path("lesson.ipynb"), ("--cells", "1"))
    assert (done.said(1), done.code[1].outputs, done.code[1].execution_count) == ("1\n", [], None)


@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
def test_a_curve_over_all_epochs_is_drawn_over_those_there_are(options: tuple[str, ...]) -> None:
    done = run(
        "import matplotlib.pyplot as plt\n" + FIT,
        """\
losses = history.history["loss"]
fig, axes = plt.subplots()
lines = axes.plot(range(20), losses, "b-", np.arange(1, 21), losses)
dots = axes.scatter(list(range(20)), losses)
[list(map(int, line.get_xdata())) for line in lines], len(dots.get_offsets())""",
        "axes.plot(range(19), losses)",  # nobody asked for 19
        "losses[19]",
        options=("--epochs", 3, *options),
    )
    assert done.shown(2)[0]["text/plain"] == "([[0, 1, 2], [1, 2, 3]], 3)"
    told = done.finished.err + done.said(2, "stderr") * bool(options)
    assert "Curves over 20 epochs are drawn over the 3 that --epochs left." in told
    assert [done.error(number)[0] for number in (3, 4)] == ["ValueError", "IndexError"]
    may = "The cell may count on as many epochs as the notebook asks for; --epochs 3 shortens its trainings."
    assert done.finished.err.count(may) == 2


def test_curves_of_trainings_that_nothing_shortened_are_theirs() -> None:
    plot = "import matplotlib.pyplot as plt\nplt.plot(range(21), history.history['loss'])"
    for options in ((), ("--epochs", 20)):
        assert run(FIT, plot, options=options).error(2)[0] == "ValueError"


@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
def test_what_libraries_had_is_there_without_keras(options: tuple[str, ...]) -> None:
    done = run(
        "import numpy as np\nnp.float(3)",
        "from IPython.display import set_matplotlib_formats\nset_matplotlib_formats('svg')",
        "import matplotlib.pyplot as plt\nplt.plot([1]);",
        options=options,
    )
    assert done.shown(1) == [{"text/plain": "3.0"}]
    assert "image/svg+xml" in done.shown(3)[0]
    assert "numpy has no float any more" in done.finished.err


def test_tags_of_a_cell_are_heeded() -> None:
    done = run("nothere", "print(2)", "print(3)", tags={1: ["raises-exception"], 2: ["skip-execution"]})
    assert done.finished.code == 0
    assert done.error(1)[0] == "NameError"
    assert done.code[1].outputs == []
    assert done.said(3) == "3\n"
    assert "All 2 cells of code ran." in done.finished.err


def test_cells_without_code_are_not_missed() -> None:
    done = run("1", "", "  \n", "2")
    assert "All 2 cells of code ran." in done.finished.err
    assert "Cell 4 of 4: 2" in done.finished.err  # they have their numbers, as in Jupyter


def test_some_cells() -> None:
    done = run("x = 1", "print('no')", "x = 2", "print(x)", options=("--cells", "1,3-"))
    assert done.said(4) == "2\n"
    assert "3 of 4 cells of code ran." in done.finished.err
    assert [cell.execution_count for cell in done.code] == [1, None, 3, 4]


@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
def test_epochs_shorten_every_fit_and_reports_say_so(options: tuple[str, ...]) -> None:
    done = run(FIT, "model", options=("--epochs", 2, *options))
    assert done.finished.code == 0, done.finished.err
    assert done.said(1) == "2\n"
    assert "Trainings shortened by --epochs 2: 1, which ask for 20 epochs." in done.finished.err
    assert "No fit took more epochs than --epochs 2; loops of the notebook's own are as long" in done.note
    info = json.loads((done.folder / "fit-1" / "run.json").read_text())
    assert info["fit"]["epochs"] == 2
    said = "Shortened by --epochs 2: the program asks for 20 epochs."
    assert said in [note["en"] for note in info["data"]["notes"]]
    assert said in (done.folder / "fit-1" / "report.html").read_text()


@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
@pytest.mark.parametrize(
    "cell", ["1 + 1", FIT.replace("epochs=20", "epochs=2")], ids=["no fit", "a short one"]
)
def test_where_epochs_shorten_nothing_it_is_said(cell: str, options: tuple[str, ...]) -> None:
    done = run(cell, options=("--epochs", 2, *options))
    assert done.finished.err.count("--epochs 2 shortened nothing: no fit asks for more") == 1
    assert "Trainings shortened" not in done.finished.err
    assert "shortened" not in run(cell, options=options).finished.err


def test_a_fit_that_goes_on_is_shortened_from_where_it_begins() -> None:
    more = "model.fit(np.zeros((9, 4)), np.zeros(9), epochs=30, initial_epoch=20, verbose=0).epoch"
    done = run(FIT, more, more.replace("30", "21"), options=("--epochs", 2))
    assert [done.shown(number)[0]["text/plain"] for number in (2, 3)] == ["[20, 21]", "[20]"]


def test_programs_are_shortened_too() -> None:
    Path("programme.py").write_text(FIT)
    done = prunelle("run", "--epochs", 3, "programme.py")
    assert done.out == "3\n"
    assert "Trainings shortened by --epochs 3: 1, which ask for 20 epochs." in done.err


def test_a_seed_repeats_a_notebook() -> None:
    cell = FIT + "model.get_weights()[0].tobytes().hex()"
    first, second = (run(cell, options=("--seed", 3, "--epochs", 1)) for _ in range(2))
    assert first.shown(1) == second.shown(1)


def test_the_generation_is_told_by_all_cells() -> None:
    """That of %%time is Python, one that no Python reads is none, magics are no names."""
    done = run(
        "!pip install keras", "x = (", "%%time\nimport tensorflow.keras", "import keras\nkeras.__version__"
    )
    assert done.finished.err.startswith("Read as a program for tf.keras 2 (tensorflow.keras)")
    assert done.shown(4) == [{"text/plain": "'2.15.0'"}]


def test_it_runs_where_it_lies_and_its_runs_are_where_you_are() -> None:
    Path("cours").mkdir()
    Path("cours/voisin.py").write_text("valeur = 7\n")
    path = write(
        "import os, sys, voisin\nprint(os.path.basename(os.getcwd()), voisin.valeur, sys.argv)\n"
        "del sys.modules['voisin']",
        path="cours/lesson.ipynb",
    )
    done = run_file(path)
    assert done.said(1) == "cours 7 ['cours/lesson.ipynb']\n"
    assert not Path("cours/runs").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "lesson.md",
            "---\nkernelspec:\n  name: python3\n---\n\n# A\n\n```{code-cell} ipython3\n:tags: [a]\n\n"
            "x = 3\nprint(x)\n```\n",
        ),
        (
            "lesson.md",
            "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n\n# A\n\n```{code-cell}\n"
            "x = 3\nprint(x)\n```\n",
        ),
        ("lesson.md", "# A\n\n```{code-cell} python\nx = 3\nprint(x)\n```\n"),
        ("lesson.md", "# A\n\n```python\nx = 3\nprint(x)\n```\n"),
        ("lesson.Rmd", "# A\n\n```{python}\nx = 3\nprint(x)\n```\n"),
        (
            "lesson.py",
            "# ---\n# jupyter:\n#   jupytext:\n#     text_representation: {extension: .py, format_name: percent}\n"
            "# ---\n\n# %% [markdown]\n# # A\n\n# %%\nx = 3\nprint(x)\n",
        ),
    ],
    ids=["myst", "myst, half a header", "myst, no header", "markdown", "rmarkdown", "percent"],
)
def test_texts_are_notebooks(name: str, text: str) -> None:
    Path(name).write_text(text)
    done = run_file(Path(name))
    assert done.said(1) == "3\n"
    assert "<h1" in done.page


@pytest.mark.filterwarnings("error:Cell is missing an id")
def test_a_notebook_without_ids_of_cells_warns_of_nothing() -> None:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")])
    node.nbformat_minor = 2
    del node.cells[0]["id"]
    nbformat.write(node, "lesson.ipynb")
    assert run_file(Path("lesson.ipynb")).said(1) == "1\n"


def test_an_old_notebook_with_old_outputs() -> None:
    """Of format 3, as of 2014, whose outputs are not those of this run."""
    cell = {
        "cell_type": "code",
        "collapsed": False,
        "input": ["print(1)"],
        "language": "python",
        "metadata": {},
        "outputs": [{"output_type": "stream", "stream": "stdout", "text": ["old\n"]}],
        "prompt_number": 7,
    }
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": [cell], "metadata": {}}],
    }
    Path("lesson.ipynb").write_text(json.dumps(old))
    assert run_file(Path("lesson.ipynb")).said(1) == "1\n"


@pytest.mark.parametrize(
    "widgets", [{"state": {}, "version": "1.1.2"}, {"0a1b": {"model_name": "HBoxModel"}}]
)
def test_widgets_of_an_earlier_run_are_gone(widgets: dict[str, object]) -> None:
    """As ipywidgets 6 and Colab kept their state: nbconvert looks for that of ipywidgets 7 in it, and fails."""
    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1])")]
    )
    node.metadata["widgets"] = widgets
    nbformat.write(node, "lesson.ipynb")
    done = run_file(Path("lesson.ipynb"))
    assert done.finished.code == 0, done.finished.err
    assert "data:image/png" in done.page or "image/png;base64" in done.page


def test_what_was_written_runs_again_with_one_note() -> None:
    once = run("print(1)")
    again = prunelle("run", once.folder / "lesson.ipynb")
    assert again.code == 0
    node = nbformat.read(lesson(again).folder / "lesson.ipynb", as_version=4)
    assert sum("Run by Prunelle" in cell.source for cell in node.cells) == 1


@pytest.mark.parametrize(
    ("content", "options", "code", "said"),
    [
        ("{}", (), 1, "Error: lesson.ipynb cannot be read as a notebook"),
        ("not json", (), 1, "Error: lesson.ipynb cannot be read as a notebook"),
        (None, ("--cells", "4"), 2, "Error: --cells 4: lesson.ipynb has cells of code 1 to 1."),
        (None, ("--cells", "x"), 2, "Error: --cells must be like 1-12 or 3,5-7,20-; received 'x'."),
        (None, ("--kernel", "--traceback"), 2, "Error: --traceback is for what runs in this process"),
        (None, ("--epochs", "0"), 2, "Error: --epochs must be 1 or more; received 0."),
    ],
)
def test_what_cannot_be_run(content: str | None, options: tuple[str, ...], code: int, said: str) -> None:
    write("print(1)")
    if content is not None:
        Path("lesson.ipynb").write_text(content)
    done = prunelle("run", *options, "lesson.ipynb")
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert not Path("runs").exists()


def test_other_languages_and_texts_without_code_are_refused() -> None:
    path = write("print(1)")
    node = nbformat.read(path, as_version=4)
    node.metadata.kernelspec = {"name": "ir", "language": "R", "display_name": "R"}
    nbformat.write(node, path)
    assert "is a notebook for R; only those for Python" in prunelle("run", path).err
    Path("LISEZMOI.md").write_text("# Rien\n")
    assert (
        "has no cells of code: in a .md file they begin with ```{code-cell}"
        in prunelle("run", "LISEZMOI.md").err
    )


def test_sys_exit_ends_it_with_its_status_and_it_is_written() -> None:
    done = run("print(1)", "import sys\nsys.exit(3)", "print(3)")
    assert done.finished.code == 3
    assert "It was stopped in cell 2." in done.finished.err
    assert done.code[2].outputs == []


@pytest.mark.parametrize("ends", ["exit()", "print(2)\nquit()", "quit"])
def test_exit_and_quit_end_it(ends: str) -> None:
    done = run("print(1)", ends, "print(3)")
    assert done.finished.code == 0
    assert "It was stopped in cell 2." in done.finished.err
    assert [cell.execution_count for cell in done.code] == [1, 2, None]


def test_nbconvert_says_nothing_to_who_runs_it(caplog: pytest.LogCaptureFixture) -> None:
    """Of pictures without alternative texts, once a cell has asked for logging."""
    assert run("import matplotlib.pyplot as plt\nplt.plot([1]);").finished.code == 0
    assert [record.message for record in caplog.records] == []


@pytest.mark.parametrize("options", [[], ["--kernel"]], ids=["here", "kernel"])
def test_ctrl_c_leaves_what_there_was(options: list[str]) -> None:
    write(
        "print('begun', flush=True)",
        "import time\nprint('waiting', flush=True)\ntime.sleep(100)",
        "print('never')",
    )
    command = [sys.executable, "-m", "prunelle", "run", *options, "lesson.ipynb"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in a shell's background would hand on that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        while "waiting" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    done = lesson(prunelle("--version"))
    assert (done.said(1), done.said(2)) == ("begun\n", "waiting\n")
    assert "It was stopped in cell 2." in done.note
    assert done.code[2].outputs == []
    assert "begun" in done.page


def test_a_kill_leaves_the_notebook_as_far_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        "print('begun')",
        "import time\ntime.sleep(0.1)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    )
    program = (
        "from prunelle.jobs import notebooks; notebooks._WRITE_EVERY_S = 0.05\n"
        "from prunelle.tasks import run_notebook; run_notebook('lesson.ipynb')"
    )
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    done = lesson(prunelle("--version"))
    assert done.said(1) == "begun\n"


def test_nothing_is_left_of_it() -> None:
    before = {
        "hooks": (sys.stdout, sys.stderr, sys.excepthook, sys.displayhook),
        "place": (os.getcwd(), list(sys.path), list(sys.meta_path), sys.argv),
        "main": sys.modules["__main__"],
    }
    for _ in range(2):
        done = run("import matplotlib.pyplot as plt\nplt.plot([1]);", "x = 1\n%time x\n1/0")
        assert "image/png" in done.shown(1)[0]
    assert before == {
        "hooks": (sys.stdout, sys.stderr, sys.excepthook, sys.displayhook),
        "place": (os.getcwd(), list(sys.path), list(sys.meta_path), sys.argv),
        "main": sys.modules["__main__"],
    }
    from IPython import get_ipython

    assert get_ipython() is None
    assert not Path(os.environ["IPYTHONDIR"]).exists()


def test_a_bar_that_moves_is_kept_once() -> None:
    done = run(
        "import sys\nfor i in range(5000):\n    sys.stdout.write(f'\\r{i} of 5000 ' + '=' * 30)\nprint()"
    )
    assert done.said(1) == "4999 of 5000 " + "=" * 30 + "\n"


def test_in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    done = run("nothere", "!nvidia-smi")
    assert "Cellule 1 sur 2" in done.finished.err
    assert "Erreur dans la cellule 1, ligne 1\xa0:" in done.finished.err
    assert "Pas exécuté" in done.said(2, "stderr")
    assert "En échec" in done.note
    assert '<html lang="fr">' in done.page


def test_a_kernel_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("print(1)", "import os\nos._exit(3)", "print(3)", options=("--kernel",))
    assert done.finished.code == 1
    assert "Error: the kernel died in cell 2" in done.finished.err
    assert done.said(1) == "1\n"
    assert done.code[2].outputs == []

"""``prunelle run`` runs a program as Python does, and shows its own lines when it fails."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest
from PIL import Image

from prunelle.keras import floor
from tests.integration.command import Finished, prunelle

READ_AS = "Read as a program for Keras 2.0 to 2.3 (import keras); --keras says otherwise."


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)


def run(program: str, *arguments: str, options: tuple[str, ...] = ()) -> Finished:
    Path("programme.py").write_text(program, encoding="utf-8")
    return prunelle("run", *options, "programme.py", *arguments)


def test_a_program_finds_what_it_finds_under_python(tmp_path: Path) -> None:
    Path("voisin.py").write_text("valeur = 41\n")
    program = (
        "import os, sys\nimport voisin\nimport __main__\n"
        "if __name__ == '__main__':\n"
        "    print(sys.argv, os.getcwd(), __file__, voisin.valeur + 1, __main__.voisin is voisin)\n"
    )
    Path("programme.py").write_text(program)
    arguments = ["--epochs", "3", "-v", "--help"]
    python = subprocess.run(
        [sys.executable, "programme.py", *arguments], capture_output=True, text=True, check=True
    )
    finished = prunelle("run", "programme.py", *arguments)
    assert (finished.code, finished.out, finished.err) == (0, python.stdout, "")
    assert f"{tmp_path} {tmp_path / 'programme.py'} 42 True" in finished.out
    assert sys.modules["__main__"].__dict__.get("voisin") is None
    del sys.modules["voisin"]


def test_the_models_of_a_program_are_gone_when_the_next_begins() -> None:
    """Without a collection of Python's own, which looks at how many objects there are and not at how large they are."""
    program = """
import weakref, sys
import numpy as np
from keras.layers import Dense
from keras.models import Model, Sequential
model = Sequential([Dense(4, activation='relu', input_shape=(3,)), Dense(1)])
model.compile('adam', 'mse', metrics=['mae'])
model.fit(np.ones((8, 3)), np.ones(8), epochs=2, verbose=0)
model.evaluate(np.ones((8, 3)), np.ones(8), verbose=0)
model.predict(np.ones((8, 3)))
whole = Model(model.input, model.layers[0].output)
sys.seen_by_a_test = [weakref.ref(model), weakref.ref(whole), weakref.ref(model.optimizer)]
"""
    gc.disable()
    try:
        assert run(program).code == 0
        seen: list[weakref.ref[object]] = vars(sys).pop("seen_by_a_test")
        assert len(seen) == 3
        assert run("print('next')").out == "next\n"
        assert [each() for each in seen] == [None] * 3
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("program", "code"), [("import sys; sys.exit(7)", 7), ("exit()", 0), ("raise SystemExit(0)", 0)]
)
def test_its_exit_status_is_the_command_s(program: str, code: int) -> None:
    assert run(program).code == code


def test_an_absent_name_is_shown_with_the_program_s_line_and_nothing_of_prunelle() -> None:
    finished = run(
        "import numpy as np\ndef construire():\n    from keras.layers import Dence\nconstruire()\n"
    )
    here = Path("programme.py").absolute()
    assert finished.code == 1
    assert finished.err.splitlines() == [
        READ_AS,
        "Traceback (most recent call last):",
        f'  File "{here}", line 4, in <module>',
        "    construire()",
        f'  File "{here}", line 3, in construire',
        "    from keras.layers import Dence",
        f"Error: neither Keras {floor.MINOR} nor Prunelle has keras.layers.Dence. Did you mean 'Dense'? What there is: "
        "docs/keras-coverage.md, or the command: prunelle run --covered.",
    ]


def test_a_wrong_argument_is_shown_the_same_way() -> None:
    program = "from keras.models import Sequential\nfrom keras.layers import Dense\nmodele = Sequential()\n"
    finished = run(program + "modele.add(Dense(0, input_dim=3))\n")
    assert finished.code == 1
    assert "line 4, in <module>\n    modele.add(Dense(0, input_dim=3))" in finished.err
    assert "src/prunelle" not in finished.err
    assert "site-packages" not in finished.err
    # Keras's own sentence.
    assert re.fullmatch("ValueError: .*units.*Received: units=0", finished.err.splitlines()[-1])


def test_an_error_of_its_own_is_shown_as_python_shows_it() -> None:
    finished = run("def f():\n    return {}['x']\nf()\n")
    assert finished.code == 1
    assert finished.err.splitlines()[-1] == "KeyError: 'x'"
    assert "line 2, in f" in finished.err
    assert "prunelle" not in finished.err.replace(str(Path.cwd()), "")


def test_a_library_s_lines_are_left_out_unless_asked_for() -> None:
    program = "import json\njson.loads('{')\n"
    finished = run(program)
    assert "json/decoder.py" not in finished.err
    assert "line 2, in <module>\n    json.loads('{')" in finished.err
    whole = run(program, options=("--traceback",))
    assert "json/decoder.py" in whole.err
    assert whole.err.splitlines()[1].endswith('programme.py", line 2, in <module>')


def test_a_chain_of_errors_stays_one() -> None:
    finished = run("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('non') from e\n")
    assert "ZeroDivisionError: division by zero\n\nThe above exception was the direct cause" in finished.err
    assert finished.err.endswith("ValueError: non\n")


def test_a_syntax_error_shows_its_place() -> None:
    finished = run("x = 1\nprint(x\n")
    assert finished.code == 1
    assert "line 2\n    print(x" in finished.err
    assert finished.err.endswith("SyntaxError: '(' was never closed\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("programe.py",), 1, "Error: program 'programe.py' is not there. Did you mean 'programme.py'?"),
        (("cours.ipynb", "3"), 2, "Error: a notebook has no arguments; options stand before cours.ipynb."),
        (
            ("--cells", "1", "programme.py"),
            2,
            "Error: cells is for notebooks, and programme.py is a program; leave it out.",
        ),
        (("--epochs", "0", "programme.py"), 2, "Error: --epochs must be 1 or more; received 0."),
        ((".",), 1, "Error: program '.' is a folder."),
        ((), 2, "Error: Missing argument 'PROGRAM'."),
    ],
)
def test_what_is_no_program(arguments: tuple[str, ...], code: int, said: str) -> None:
    Path("programme.py").touch()
    Path("cours.ipynb").write_text("{}")
    finished = prunelle("run", *arguments)
    assert finished.code == code
    assert said in finished.err


PLOTS = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(2, 1)); plt.plot([1, 2])
plt.figure(figsize=(3, 1)); plt.plot([2, 1])
plt.show()
print(len(plt.get_fignums()))
plt.figure(figsize=(4, 1)); plt.plot([0]); plt.show()
"""


def test_plots_are_saved_where_there_is_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    finished = run(PLOTS, options=("--runs", "sorties"))
    assert (finished.code, finished.out) == (0, "0\n")
    *figures, last = finished.err.splitlines()
    (folder,) = Path("sorties").iterdir()
    assert folder.name.endswith("-programme")
    assert last == f"Run: {folder}"
    assert figures == [f"Figure: {folder}/figure-{i}.png" for i in (1, 2, 3)]
    assert [Image.open(folder / f"figure-{i}.png").width for i in (1, 2, 3)] == [200, 300, 400]
    assert "MPLBACKEND" not in os.environ


def test_a_backend_that_is_asked_for_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    program = (
        "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()"
    )
    finished = run(program)
    assert finished.code == 0
    assert "Figure" not in finished.err
    assert not Path("runs").exists()


def test_a_program_that_leaves_nothing_makes_no_folder() -> None:
    assert run("print('bonjour')").out == "bonjour\n"
    assert not Path("runs").exists()


def test_a_training_leaves_its_run_folder_even_where_the_program_changes_folder() -> None:
    finished = run(
        "import os\nos.makedirs('ailleurs'); os.chdir('ailleurs')\nimport numpy as np\n"
        "from keras import Sequential\nfrom keras.layers import Dense\n"
        "m = Sequential([Dense(1, input_shape=(2,))])\nm.compile('sgd', 'mse')\n"
        "m.fit(np.zeros((4, 2)), np.zeros(4), epochs=2, verbose=0)\nos.chdir('..')\n"
    )
    assert finished.code == 0, finished.err
    (folder,) = Path("runs").iterdir()
    assert finished.err == f"{READ_AS}\nRun: {folder}\n"
    assert len((folder / "fit-1" / "results.csv").read_text().splitlines()) == 3


def test_the_generation_is_told_once_and_in_the_user_s_language(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import keras\nfrom keras.layers import Dense, Flatten\nprint(1)"
    assert run(program).err == f"{READ_AS}\n"
    assert run(program, options=("--keras", "2.3")).err == ""
    assert run("import keras\nprint(keras.ops.ones(1))").err == ""
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    french = "Lu comme un programme pour Keras 1 (nb_epoch)\N{NARROW NO-BREAK SPACE}; --keras en décide autrement.\n"
    assert run("import keras\ndef f(m): m.fit(0, nb_epoch=2)").err == french


@pytest.mark.parametrize("arguments", [["programme.py"], ["--covered"]])
def test_without_keras_it_says_how_to_install_it(arguments: list[str]) -> None:
    Path("programme.py").write_text("import keras\n")
    program = "import sys\nsys.modules['keras'] = None\nfrom prunelle.cli.main import main\nmain()"
    command = [sys.executable, "-c", program, "run", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: programs for Keras need Keras itself: pip install 'prunelle[keras]'\n"


def test_ctrl_c_ends_a_program_at_once() -> None:
    Path("programme.py").write_text("import time\nprint('pret', flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "prunelle", "run", "programme.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests themselves run in the background, Ctrl-C is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "pret\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().startswith("Interrupted. Start again with:\n  prunelle run ")


def test_the_list_of_what_is_covered_is_the_one_in_the_docs() -> None:
    kept = Path(__file__).parents[2] / "docs" / "keras-coverage.md"
    listed, heading, _ = kept.read_text(encoding="utf-8").partition(
        "\n## What of Keras's own tests fails, and why\n"
    )
    assert heading, "the section that is measured, not printed, is below the list"
    finished = prunelle("run", "--covered")
    assert finished.out == listed, (
        "docs/keras-coverage.md is not up to date: all above its last section is what prunelle run --covered prints"
    )
    for name in (
        "`Conv2D`",
        "- `LocallyConnected2D`: ",
        "`Deconvolution2D` (`Conv2DTranspose`)",
        "- `ImageDataGenerator`: ",
        "- `load_model`: ",
        "`keras.layers.convolutional`",
        "`VGG16`",
    ):
        assert name in finished.out


SEEDED = """
import hashlib, random
import numpy as np
from keras.layers import Conv2D, Dense, Dropout, Flatten, GaussianNoise
from keras.models import Sequential
from keras.preprocessing.image import ImageDataGenerator

x = np.arange(40 * 64).reshape(40, 8, 8, 1) % 251 / 251.0
y = np.arange(40) % 2
model = Sequential([Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)), GaussianNoise(0.1), Dropout(0.5),
                    Flatten(), Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(x, y, batch_size=8, epochs=2, verbose=0)
data = ImageDataGenerator(rotation_range=40, horizontal_flip=True, width_shift_range=0.2).flow(x, y, batch_size=8)
model.fit_generator(data, steps_per_epoch=5, epochs=2, verbose=0)
rows = [random.randrange(40) for _ in range(8)]
model.train_on_batch(x[rows], y[rows])
print(hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest(), np.random.rand())
"""


@pytest.mark.parametrize("generation", ["2.3", "3"])
def test_a_seed_repeats_a_program_to_the_bit(generation: str) -> None:
    """Initial weights, shuffling, dropout, augmentation, and what the program itself draws; without one, nothing is."""

    def answer(*seed: str) -> str:
        finished = run(SEEDED, options=("--keras", generation, *seed))
        assert finished.code == 0, finished.err
        return finished.out

    first, again, other = (answer("--seed", seed) for seed in ("5", "5", "6"))
    assert first == again
    assert first.split()[0] != other.split()[0]
    assert answer() != answer()

"""What a process was before Keras's door opened: environment, TensorFlow, Keras; and processes that never open it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import prunelle

SOURCE = Path(prunelle.__file__).parent
TRAINS = """
with compat({generation!r}):
    import numpy as np
    from keras.layers import Dense
    from keras.models import Sequential
    from keras.optimizers import Adadelta
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile(Adadelta(), "mse")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    print(float(model.optimizer.lr.numpy()))
"""


def run(program: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own; ``folder`` is on its path."""
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tensorflow(tmp_path: Path) -> Path:
    """A folder with a TensorFlow that must not be imported: Prunelle's view takes its place, and Keras needs none."""
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("raise SystemExit('TensorFlow was imported')")
    return tmp_path


def test_another_backend_in_the_environment_and_a_tensorflow_that_is_installed(tensorflow: Path) -> None:
    """Two programs in one process, of two generations; the environment stays as it was."""
    program = (
        "import os, sys\n"
        "from prunelle.keras import compat, floor\n"
        + TRAINS.format(generation="2.3")
        + TRAINS.format(generation="tf2")
        + "print(floor.keras.config.backend(), os.environ['KERAS_BACKEND'], 'tensorflow' in sys.modules)\n"
        "import importlib.util\n"
        "print(importlib.util.find_spec('tensorflow').origin.endswith('__init__.py'))\n"
    )
    done = run(program, tensorflow, KERAS_BACKEND="tensorflow")
    assert done.returncode == 0, done.stderr
    rates, rest = done.stdout.split()[:2], done.stdout.split()[2:]
    assert [round(float(rate), 6) for rate in rates] == [1.0, 0.001]
    assert rest == ["torch", "tensorflow", "False", "True"]


def test_a_keras_that_is_there_already_is_used_as_it_is(tmp_path: Path) -> None:
    program = (
        "import keras, keras.layers\nbefore = keras, keras.layers, keras.layers.Dense\n"
        "from prunelle.keras import compat, floor\n"
        "assert floor.keras is before[0]\n"
        "with compat('2.3'):\n    import keras as view\n    assert view is not before[0]\n"
        "import keras\nassert (keras, keras.layers, keras.layers.Dense) == before\n"
    )
    done = run(program, tmp_path, KERAS_BACKEND="torch")
    assert done.returncode == 0, done.stderr


def test_one_on_another_backend_is_told(tmp_path: Path) -> None:
    """A stand-in: that backend's own package need not be there."""
    (tmp_path / "keras.py").write_text(
        "import types\n__version__ = '3.15.1'\nconfig = types.SimpleNamespace(backend=lambda: 'jax')\n"
    )
    done = run("import keras\nimport prunelle.keras", tmp_path)
    assert (
        "Keras was imported with the jax backend before Prunelle came to it; Prunelle's is torch."
        in done.stderr
    )
    assert "set KERAS_BACKEND=torch before Keras is imported" in done.stderr
    (tmp_path / "keras.py").write_text("__version__ = '3.14.0'\n")
    done = run("import prunelle.keras", tmp_path)
    assert "programs for Keras need Keras 3.15; found 3.14.0. pip install 'prunelle[keras]'" in done.stderr


def test_nothing_but_run_imports_keras(tmp_path: Path) -> None:
    """Every module but the door itself and the job that opens it; and every verb's help."""
    (tmp_path / "keras.py").write_text("raise SystemExit('Keras was imported')")
    modules = [
        ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
        for file in sorted(SOURCE.rglob("*.py"))
    ]
    # Notebooks and serving need packages of their extras; tests/contract/test_dependencies.py has them.
    door = (
        "prunelle.keras",
        "prunelle.jobs.running",
        "prunelle.notebooks",
        "prunelle.serve",
        "prunelle.__main__",
    )
    program = (
        f"import importlib\nfor name in {[name for name in modules if not name.startswith(door)]}:\n"
        "    importlib.import_module(name)\n"
        "from click.testing import CliRunner\nfrom prunelle.cli.main import cli\n"
        "for verb in cli.list_commands(None):\n"
        "    assert CliRunner().invoke(cli, [verb, '--help']).exit_code == 0, verb\n"
    )
    done = run(program, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_shapes_are_found_without_pytorch_s_compiler_which_is_whole_afterwards() -> None:
    """It is seconds of a start; what was marked while it was away is marked by itself when it is there."""
    program = """
        import sys
        from prunelle.keras import compat
        with compat("tf2"):
            import tensorflow as tf
            class Own(tf.keras.Model):
                def __init__(self):
                    super().__init__()
                    self.dense = tf.keras.layers.Dense(3)
                def call(self, x):
                    return self.dense(x)
            Own()(tf.ones((2, 3)))
        assert "torch._dynamo" not in sys.modules
        import torch
        assert torch.compile(lambda x: torch.sin(x) + 1, backend="eager")(torch.zeros(2)).tolist() == [1, 1]
        assert hasattr(torch._dynamo, "explain")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""The lines of Keras 2 while a ``fit`` runs, for a terminal and for a file."""

from __future__ import annotations

import io

import numpy as np
import pytest

from prunelle.keras import compat
from prunelle.keras.progress import Progress


class Terminal(io.StringIO):
    """A stream that draws over its last line."""

    def isatty(self) -> bool:
        """It does."""
        return True


def test_a_file_gets_the_last_line_alone() -> None:
    out = io.StringIO()
    bar = Progress(3, 1, out)
    for step in (1, 2):
        bar.show(step, {"loss": 0.5})
    assert out.getvalue() == ""
    bar.end(3, {"loss": 0.25})
    assert out.getvalue().startswith("3/3 [==============================]")
    assert out.getvalue().count("\n") == 1


def test_a_callback_that_listens_to_batches_prints_no_bar_for_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with compat("2.3"):
        import keras

        class Listens(keras.callbacks.Callback):  # type: ignore[misc]
            def on_batch_end(self, batch: int, logs: object = None) -> None:
                pass

        model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,))])
        model.compile("sgd", "mse")
        model.fit(np.zeros((96, 2)), np.zeros(96), batch_size=32, epochs=1, callbacks=[Listens()])
    assert capsys.readouterr().out.count("[=") == 1


def test_the_bar_has_no_number_of_a_batch_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras 2.0 to 2.3 tell callbacks ``batch`` and ``size`` beside the figures, and their bar shows neither."""
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    with compat("2.3"):
        import keras

        model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,))])
        model.compile("sgd", "mse")
        model.fit(np.zeros((96, 2)), np.zeros(96), batch_size=32, epochs=1)
    assert "ETA" in out.getvalue()
    assert "size:" not in out.getvalue()
    assert "batch:" not in out.getvalue()

"""Models that subclass ``Model`` and give several outputs: losses and metrics of each, by tf.keras's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prunelle.keras import compat

X, Y = np.ones((8, 3), "float32"), np.full((8, 1), 2.0, "float32")


def two(keras: Any) -> Any:
    """Answers 1 and 5, whatever it is asked."""

    class Two(keras.Model):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.a = keras.layers.Dense(1, kernel_initializer="zeros", bias_initializer="ones")
            self.b = keras.layers.Dense(
                1, kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(5)
            )

        def call(self, x: Any) -> Any:
            return self.a(x), self.b(x)

    return Two()


@pytest.mark.parametrize("generation", ["2.3", "tf2"])
@pytest.mark.parametrize("loss", ["mse", ["mse", "mse"]], ids=str)
@pytest.mark.parametrize(("weights", "total"), [(None, 10.0), ([0.5, 0.25], 2.75)], ids=str)
@pytest.mark.parametrize(
    ("metrics", "more"), [(None, {}), (["mae"], {"output_1_mae": 1.0, "output_2_mae": 3.0})], ids=str
)
def test_each_output_has_its_loss_and_its_metrics(
    generation: str, loss: Any, weights: Any, total: float, metrics: Any, more: dict[str, float]
) -> None:
    """(2 - 1)² and (5 - 2)², and what the distances are."""
    with compat(generation):
        import keras

        model = two(keras)
        model.compile("sgd", loss, metrics, weights)
        found = model.evaluate(X, (Y, Y), verbose=0)
        assert dict(zip(model.metrics_names, found, strict=True)) == pytest.approx(
            {"loss": total, "output_1_loss": 1.0, "output_2_loss": 9.0, **more}
        )
        assert model.metrics_names[0] == "loss"
        history = model.fit(X, (Y, Y), verbose=0).history
        assert {"loss", "output_1_loss", "output_2_loss", *more} <= set(history)
        answers = model.predict(X, verbose=0)
        assert [answer.shape for answer in answers] == [(8, 1), (8, 1)]

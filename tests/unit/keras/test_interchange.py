"""Files written under the front door open in the real Keras, in a process without Prunelle, and answer alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from prunelle.keras import compat
from tests.unit.keras.oracle import numbers

READER = """
import json
import numpy as np
import keras

x, y, found = np.load("x.npy"), np.eye(3)[[0, 1, 2, 0]], {}
for generation in ("1", "2.3", "tf2", "3"):
    rebuilt = keras.models.model_from_json(open(f"{generation}.json").read())
    rebuilt.load_weights(f"{generation}.weights.h5")
    found[f"{generation}.weights.h5"] = rebuilt.predict(x, verbose=0).tolist()
    for name in (f"{generation}.h5", f"{generation}.keras"):
        model = keras.models.load_model(name)
        found[name] = model.predict(x, verbose=0).tolist()
        found[f"evaluated {name}"] = model.evaluate(x, y, verbose=0)
        found[f"optimizer {name}"] = [type(model.optimizer).__name__, int(model.optimizer.iterations)]
print(json.dumps(found))
"""


def test_the_real_keras_reads_what_is_written_here(tmp_path: Path) -> None:
    x, y = numbers(4, 9, 9, 3), np.eye(3)[[0, 1, 2, 0]]
    np.save(tmp_path / "x.npy", x)
    outputs, evaluated = {}, {}
    for generation in ("1", "2.3", "tf2", "3"):
        with compat(generation):
            from keras import optimizers
            from keras.layers import (
                BatchNormalization,
                Conv2D,
                Dense,
                Flatten,
                Input,
                MaxPooling2D,
                SeparableConv2D,
                concatenate,
            )
            from keras.models import Model, Sequential

            inputs = Input((9, 9, 3))
            left = Conv2D(4, 3, padding="same", activation="relu", kernel_initializer="he_normal")(inputs)
            joined = concatenate([left, SeparableConv2D(4, 3, padding="same")(inputs)])
            maps = MaxPooling2D()(BatchNormalization()(joined))
            dense = Dense(8, kernel_regularizer="l2")(Flatten()(maps))
            inner = Sequential([Dense(5, activation="tanh", input_shape=(8,))])
            model = Model(inputs, Dense(3, activation="softmax")(inner(dense)))
            model.compile(optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
            model.fit(x, y, epochs=2, verbose=0)
            outputs[generation] = model.predict(x)
            evaluated[generation] = model.evaluate(x, y, verbose=0)
            for ending in ("h5", "keras"):  # in this order, in which Keras itself loses the optimiser
                model.save(str(tmp_path / f"{generation}.{ending}"))
            model.save_weights(str(tmp_path / f"{generation}.weights.h5"))
            (tmp_path / f"{generation}.json").write_text(model.to_json())
    done = subprocess.run(
        [sys.executable, "-c", READER],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for generation, expected in outputs.items():
        for name in (f"{generation}.h5", f"{generation}.keras", f"{generation}.weights.h5"):
            np.testing.assert_allclose(found[name], expected, atol=1e-5, err_msg=name)
        for name in (f"{generation}.h5", f"{generation}.keras"):
            np.testing.assert_allclose(found[f"evaluated {name}"], evaluated[generation], rtol=1e-4)
            assert found[f"optimizer {name}"][0] == "Adam", name
        assert found[f"optimizer {generation}.keras"][1] == 2

"""What the same name meant in each generation: the table.

A row says what it is about, the value or the meaning of each generation, and where that is written (a tag of
keras-team/keras, a file, and where needed a line). What a row says is laid over Keras 3 by the room it names; where a
generation has None, Keras 3's own stands.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from prunelle.keras.generations import Generation


@dataclasses.dataclass(frozen=True)
class Difference:
    """One row.

    Attributes:
        about: what differs, in words.
        keras_1, keras_2, tf_keras_2: what it was; None where it is as in Keras 3.
        sources: where each is written.
    """

    about: str
    keras_1: Any
    keras_2: Any
    tf_keras_2: Any = None
    sources: tuple[str, ...] = ()

    def of(self, generation: Generation) -> Any:
        """The value of a generation; None where it is Keras 3's."""
        return (self.keras_1, self.keras_2, self.tf_keras_2, None)[generation - 1]


_OPTIMIZERS = ("1.2.2 keras/optimizers.py", "2.3.1 keras/optimizers.py")

OPTIMIZER_DEFAULTS: dict[str, dict[str, Difference]] = {
    "Adadelta": {"learning_rate": Difference("its learning rate", 1.0, 1.0, sources=_OPTIMIZERS)},
    "Adagrad": {
        "learning_rate": Difference("its learning rate", 0.01, 0.01, sources=_OPTIMIZERS),
        "initial_accumulator_value": Difference("its first sum of squares", 0.0, 0.0, sources=_OPTIMIZERS),
    },
    "Adamax": {"learning_rate": Difference("its learning rate", 0.002, 0.002, sources=_OPTIMIZERS)},
    "Nadam": {"learning_rate": Difference("its learning rate", 0.002, 0.002, sources=_OPTIMIZERS)},
}
"""Optimiser → argument → what it is where it is not given."""

EPSILON = Difference("an optimiser's epsilon", 1e-8, None, sources=_OPTIMIZERS)
CLIPNORM = Difference(
    "clipnorm is of all gradients together",
    True,
    True,
    sources=("2.3.1 keras/optimizers.py Optimizer.get_gradients",),
)
SQUARE_ROOT = Difference(
    "RMSprop and Adagrad divide by √v + ε, not by √(v + ε)", True, True, sources=_OPTIMIZERS
)
NADAM_SCHEDULE = Difference(
    "Nadam's momentum grows with 0.96^(0.004 t), not 0.96^t", 0.004, 0.004, sources=_OPTIMIZERS
)
HARD_SIGMOID = Difference(
    "hard_sigmoid is 0.2 x + 0.5 within 0 and 1, not x/6 + 0.5",
    True,
    True,
    True,
    sources=(
        "2.3.1 keras/backend/tensorflow_backend.py hard_sigmoid",
        "v2.15.0 keras/backend.py hard_sigmoid",
    ),
)
METRIC_NAME = Difference(
    "what the figure of 'accuracy' is called",
    "acc",
    None,
    sources=(
        "1.2.2 keras/engine/training.py compile",
        "2.3.1 keras/engine/training_utils.py get_metric_name",
    ),
)
FRESH_DRAWS = Difference(
    "a seeded initialiser draws other values at its second call",
    True,
    True,
    sources=("2.3.1 keras/initializers.py", "v3.15.1 keras/src/initializers/random_initializers.py"),
)
BINARY_CROSSENTROPY = Difference(
    "binary crossentropy adds ε inside the logarithm, too",
    None,
    True,
    True,
    sources=(
        "v2.15.0 keras/backend.py binary_crossentropy",
        "2.3.1 keras/backend/tensorflow_backend.py (calls tf.keras's)",
    ),
)
AFFINE_AXES = Difference(
    "apply_affine_transform takes tx along the rows, not along the columns",
    True,
    True,
    sources=(
        "keras-preprocessing 1.1.2 keras_preprocessing/image/affine_transformations.py",
        "v2.15.0 keras/preprocessing/image.py apply_affine_transform",
    ),
)

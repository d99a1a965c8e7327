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

_RECURRENT = ("1.2.2 keras/layers/recurrent.py", "2.3.1 keras/layers/recurrent.py")
LAYER_DEFAULTS: dict[str, dict[tuple[str, int], Difference]] = {
    "LSTM": {
        ("recurrent_activation", 2): Difference(
            "what its gates go through", "hard_sigmoid", None, sources=_RECURRENT
        )
    },
    "GRU": {
        ("recurrent_activation", 2): Difference(
            "what its gates go through", "hard_sigmoid", None, sources=_RECURRENT
        ),
        ("reset_after", 18): Difference(
            "its reset gate comes after the product with the recurrent kernel",
            False,
            False,
            sources=_RECURRENT,
        ),
    },
    "ConvLSTM2D": {
        ("recurrent_activation", 7): Difference(
            "what its gates go through",
            "hard_sigmoid",
            "hard_sigmoid",
            "hard_sigmoid",
            sources=(
                "2.3.1 keras/layers/convolutional_recurrent.py",
                "v2.15.0 keras/layers/rnn/conv_lstm2d.py",
            ),
        )
    },
}
"""Layer → argument and its place → what it is where it is not given."""

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
EARLY_STOPPING = Difference(
    "EarlyStopping puts the best weights back only where it stopped the training",
    True,
    True,
    True,
    sources=("2.3.1 keras/callbacks/callbacks.py EarlyStopping", "v2.15.0 keras/callbacks.py EarlyStopping"),
)
BASELINE = Difference(
    "EarlyStopping's baseline is the best figure before the first epoch",
    True,
    True,
    sources=("2.3.1 keras/callbacks/callbacks.py EarlyStopping.on_train_begin",),
)
ACTIVITY_SUM = Difference(
    "an activity regulariser's penalty is that of the whole batch, not divided by its size",
    True,
    True,
    sources=("2.3.1 keras/engine/base_layer.py __call__", "v2.15.0 keras/engine/base_layer.py"),
)
SAMPLE_VARIANCE = Difference(
    "the variance that BatchNormalization keeps is the batch's times n / (n - 1 - ε)",
    None,
    True,
    sources=("2.2.4, 2.3.1 keras/layers/normalization.py call (sample_size); not in 2.0.8",),
)
SAMPLE_VARIANCE_OF_PICTURES = Difference(
    "the variance that BatchNormalization keeps of pictures is the batch's times n / (n - 1)",
    None,
    None,
    True,
    sources=(
        "v2.15.0 keras/layers/normalization/batch_normalization.py _fused_batch_norm, measured on tf_keras 2.21",
    ),
)
FROZEN_BY_BATCH = Difference(
    "a BatchNormalization that is not trainable normalises by the batch while its model trains",
    True,
    True,
    sources=(
        "1.2.2 keras/layers/normalization.py call",
        "2.3.1 keras/layers/normalization.py call (asks for training alone)",
    ),
)
PICTURES_STACKED = Difference(
    "layers that prepare pictures stack a list of pictures, and take bytes as floats",
    None,
    None,
    True,
    sources=("v2.15.0 keras/layers/preprocessing/image_preprocessing.py convert_inputs",),
)
WHOLE_STEPS = Difference(
    "a step of steps_per_epoch takes all of the arrays, where no batch_size is given",
    True,
    True,
    sources=(
        "2.3.1 keras/engine/training.py _validate_or_infer_batch_size",
        "2.3.1 training_arrays.py fit_loop",
    ),
)
TRAINABLE = Difference(
    "which layers a step trains is what trainable was when compile was called",
    True,
    True,
    True,
    sources=(
        "2.3.1 keras/engine/training.py _collected_trainable_weights",
        "v2.15.0 guides: 'compile() is meant to freeze the behavior of that model'",
    ),
)
NUMBERED_FROM_ONE = Difference(
    "layers are called dense_1, dense_2, not dense, dense_1",
    True,
    True,
    sources=(
        "2.3.1 keras/engine/base_layer.py Layer.__init__",
        "v2.15.0 keras/engine/base_layer.py _init_set_name",
    ),
)
NAMED_INPUT_1 = Difference(
    "models and inputs are called model and input_1, not functional and input_layer",
    True,
    True,
    True,
    sources=(
        "2.3.1 keras/engine/input_layer.py",
        "v2.15.0 keras/engine/input_layer.py",
        "v3.15.1 keras/src/layers/core/input_layer.py",
    ),
)
RESNET50_NAMES = Difference(
    "layers of ResNet50 are called res2a_branch2a, not conv2_block1_1_conv",
    True,
    True,
    sources=("keras-applications 1.0.8 keras_applications/resnet50.py",),
)
KERNEL_BY_PLACE = Difference(
    "the 3, 3 of Conv2D(32, 3, 3) is a kernel, not a kernel and a stride",
    True,
    True,
    sources=(
        "1.2.2 keras/layers/convolutional.py",
        "2.3.1 keras/legacy/interfaces.py conv2d_args_preprocessor",
    ),
)
METRICS_THIRD = Difference(
    "the third argument of compile by its place is metrics, not loss_weights",
    True,
    True,
    True,
    sources=("2.3.1 keras/engine/training.py compile", "v2.15.0 keras/engine/training.py compile"),
)
EPOCHS = Difference(
    "the epochs of a fit that names none", 10, None, sources=("1.2.2 keras/models.py Sequential.fit",)
)
LABELS_AS_COLUMNS = Difference(
    "labels (N,) are (N, 1) to losses and metrics",
    True,
    True,
    True,
    sources=(
        "2.3.1 keras/engine/training_utils.py standardize_input_data",
        "v2.15.0 keras/engine/compile_utils.py match_dtype_and_rank",
    ),
)
SIZE_OF_BATCH = Difference(
    "on_batch_end is told the batch's number and size, too",
    True,
    True,
    sources=("2.3.1 keras/engine/training_arrays.py fit_loop",),
)
OLD_LINES = Difference(
    "fit prints [=====>....] and summary() a table of strokes, not Keras 3's",
    True,
    True,
    True,
    sources=("2.3.1 keras/utils/generic_utils.py Progbar", "v2.15.0 keras/utils/generic_utils.py Progbar"),
)
RATE_CALLED_LR = Difference(
    "the rate that LearningRateScheduler and ReduceLROnPlateau log is called lr",
    True,
    True,
    True,
    sources=("2.3.1 keras/callbacks/callbacks.py", "v2.15.0 keras/callbacks.py LearningRateScheduler"),
)
MONITOR_BY_NAME = Difference(
    "a callback's mode 'auto' goes by the figure's name, not by the metric's",
    True,
    True,
    True,
    sources=("2.3.1 keras/callbacks/callbacks.py EarlyStopping", "v2.15.0 keras/callbacks.py EarlyStopping"),
)
FRESH_DRAWS = Difference(
    "a seeded initialiser draws other values at its second call",
    True,
    True,
    sources=("2.3.1 keras/initializers.py", "v3.15.1 keras/src/initializers/random_initializers.py"),
)
SEEDS = Difference(
    "seeds that are not given, and the order of examples, come from NumPy's global generator",
    True,
    True,
    sources=(
        "2.3.1 keras/backend/tensorflow_backend.py random_uniform, dropout",
        "2.3.1 keras/engine/training_arrays.py fit_loop",
    ),
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

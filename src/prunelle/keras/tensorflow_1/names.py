"""The table: what only TensorFlow 1 had, and what to write in its place.

Names are below ``tensorflow``: ``layers.conv2d`` stands for ``tf.layers.conv2d`` and ``tf.compat.v1.layers.conv2d``.
One with ``()`` in it is of what a call gives: ``Session().run`` is the ``run`` of a session.
"""

from __future__ import annotations

from prunelle.keras.tensorflow_1.advice import code
from prunelle.keras.tensorflow_1.building import CONTRIB, GRAPHS, LAYERS
from prunelle.keras.tensorflow_1.training import DATA, LOSSES, SPACES, TRAINING

# Asked of tensorflow.compat.v1 and tensorflow of 2.21. What is here under its old name (tf.log1p) is not among them.
RENAMED = {
    **{name: f"math.{name}" for name in ("expm1", "bincount", "digamma", "real", "imag", "conj", "angle")},
    **{name: f"math.{name}" for name in ("segment_sum", "segment_mean", "unsorted_segment_sum")},
    "div": "math.divide",
    "lin_space": "linspace",
    "arg_max": "argmax",
    "arg_min": "argmin",
    "global_norm": "linalg.global_norm",
    "read_file": "io.read_file",
    "write_file": "io.write_file",
    "decode_raw": "io.decode_raw",
    "decode_csv": "io.decode_csv",
    "parse_single_example": "io.parse_single_example",
    "parse_example": "io.parse_example",
    "FixedLenFeature": "io.FixedLenFeature",
    "VarLenFeature": "io.VarLenFeature",
    "python_io.TFRecordWriter": "io.TFRecordWriter",
    "string_split": "strings.split",
    "string_to_number": "strings.to_number",
    "regex_replace": "strings.regex_replace",
    "space_to_depth": "nn.space_to_depth",
    "depth_to_space": "nn.depth_to_space",
    "extract_image_patches": "image.extract_patches",
    "image.resize_image_with_pad": "image.resize_with_pad",
    "nn.softmax_cross_entropy_with_logits_v2": "nn.softmax_cross_entropy_with_logits",
    "nn.depthwise_conv2d_native": "nn.depthwise_conv2d",
    # of TensorFlow before 1.0
    "mul": "multiply",
    "sub": "subtract",
    "neg": "negative",
    "pack": "stack",
    "unpack": "unstack",
}
"""Name → what TensorFlow 2 calls it."""

# Called with other arguments than today's.
_WRITTEN_OTHERWISE = {
    **{
        f"to_{name}": code(f"{{to}}tf.cast({{x}}, tf.{kind})", "x")
        for name, kind in {
            "float": "float32",
            "double": "float64",
            "int32": "int32",
            "int64": "int64",
        }.items()
    },
    "nn.xw_plus_b": code("{to}tf.matmul({x}, {weights}) + {biases}", "x weights biases"),
}

_OTHERWISE = {name: code(f"{{to}}tf.{new}({{all}})") for name, new in RENAMED.items()} | _WRITTEN_OTHERWISE

NAMES = GRAPHS | LAYERS | CONTRIB | TRAINING | LOSSES | DATA | _OTHERWISE

TABLE = NAMES | SPACES
"""Name → what to write in its place."""

_SAME = (("app.flags", "flags"), ("contrib.slim", "contrib.layers"), ("nn.rnn_cell", "contrib.rnn"))


ALSO_IN_2 = frozenset(
    {"data.Iterator", "feature_column", "gradients", "import_graph_def", "train.Coordinator"}
)
"""Names that TensorFlow 2 has, too."""

_SETTINGS = {
    *("Graph", "InteractiveSession", "Session", "get_default_graph", "reset_default_graph"),
    *("disable_eager_execution", "disable_v2_behavior", "enable_eager_execution"),
    *("global_variables_initializer", "initialize_all_variables", "local_variables_initializer"),
    *("contrib", "tables_initializer"),
}
NO_SIGN = ALSO_IN_2 | _SETTINGS
"""Names that do not show a program to be for TensorFlow 1: those for Keras make settings with some of them."""


def exact(name: str) -> str | None:
    """The name under which the table has just this one: ``app.flags.FLAGS`` is ``flags.FLAGS``; None: it has not."""
    if name in NAMES:
        return name
    for old, own in _SAME:
        if name.startswith(f"{old}.") and own + name.removeprefix(old) in NAMES:
            return own + name.removeprefix(old)
    return None


def known(name: str) -> str | None:
    """The name under which the table has one, if only as one of a module: ``layers.lstm`` is of ``layers``."""
    own = exact(name)
    if own is not None or f"{name}.".startswith("contrib.keras."):  # Keras itself, which is here
        return own
    while name and name not in SPACES:
        name = name.rpartition(".")[0]
    return name or None

"""What arguments were called before, for every generation alike: names that mean one thing only.

The names are those that Keras 2 itself took from Keras 1 (``keras/legacy/interfaces.py`` of 2.3.1) and those that
Keras 3 gave up. A new name beside its old one is an error, as it was there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras import differences, old_layers
from prunelle.keras.floor import MODULES, keras
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay, like

_WEIGHTED = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_PLACED = {"border_mode": "padding", "dim_ordering": "data_format"}
_CONVOLVED = {
    **_WEIGHTED,
    **_PLACED,
    "nb_filter": "filters",
    "subsample": "strides",
    "atrous_rate": "dilation_rate",
}
_DROPPED = {"p": "rate", "dim_ordering": "data_format"}
_RECURRENT = {
    "output_dim": "units",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "U_regularizer": "recurrent_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    **_WEIGHTED,
}

RENAMED: dict[str, Mapping[str, str]] = {
    "Dense": {**_WEIGHTED, "output_dim": "units"},
    "Conv1D": {**_CONVOLVED, "filter_length": "kernel_size", "subsample_length": "strides"},
    **dict.fromkeys(
        ("Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _CONVOLVED
    ),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _CONVOLVED),
    **{
        name: {**_CONVOLVED, "kernel_initializer": "depthwise_initializer"}
        for name in ("DepthwiseConv1D", "DepthwiseConv2D")
    },
    **{
        name: {**_PLACED, "pool_length": "pool_size", "stride": "strides"}
        for name in ("MaxPooling1D", "AveragePooling1D")
    },
    **dict.fromkeys(
        (
            *("MaxPooling2D", "MaxPooling3D", "AveragePooling2D", "AveragePooling3D"),
            *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalAveragePooling1D"),
            *("GlobalAveragePooling2D", "GlobalAveragePooling3D", "UpSampling2D", "UpSampling3D"),
            *("ZeroPadding2D", "ZeroPadding3D", "Cropping2D", "Cropping3D"),
        ),
        _PLACED,
    ),
    "UpSampling1D": {"length": "size"},
    **dict.fromkeys(
        (
            *("Dropout", "GaussianDropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D"),
            "SpatialDropout3D",
        ),
        _DROPPED,
    ),
    "GaussianNoise": {"sigma": "stddev"},
    "PReLU": {"init": "alpha_initializer"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "ReLU": {"alpha": "negative_slope"},
    "BatchNormalization": {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), _RECURRENT),
    "ConvLSTM2D": {**_CONVOLVED, **_RECURRENT},
}
"""Layer → old name of an argument → its name in Keras 3."""

IGNORED: dict[str, tuple[str, ...]] = {
    "BatchNormalization": ("fused", "virtual_batch_size", "adjustment"),
    **dict.fromkeys(
        ("SimpleRNN", "LSTM", "GRU", "ConvLSTM2D"), ("implementation", "consume_less", "time_major")
    ),
    "Conv2DTranspose": ("output_shape",),
    "Embedding": ("input_length", "dropout"),
}
"""Layer → arguments that said how something is computed, and not what."""

_OLD_VALUES: dict[str, Mapping[Any, Any]] = {
    "dim_ordering": {"tf": "channels_last", "th": "channels_first", "default": None},
}


def renamed(kind: str, given: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """``given`` with today's names.

    Raises:
        ArgumentError: a name beside the one that replaced it.
    """
    result: dict[str, Any] = {}
    for name, value in given.items():
        new = names.get(name, name)
        if new != name and new in given:
            raise ArgumentError(
                f"{kind} was given both {name} and {new}, which is the same: {new} is today's name."
            )
        result[new] = _OLD_VALUES[name].get(value, value) if name in _OLD_VALUES else value
    return result


def accept_old_names(overlay: Overlay, generation: Generation) -> None:
    """Keras's layers also know their arguments by their old names."""
    for kind, names in RENAMED.items():
        cls = getattr(keras.layers, kind)
        _translate(overlay, cls, functools.partial(_layer_arguments, kind, names, generation))


def accept_numbers_of_numpy(overlay: Overlay, generation: Generation) -> None:
    """``Dense(np.prod(shape))``, ``SGD(np.float32(0.1))``: Keras 3 asks Python's types; a Keras before took any."""
    every = [kind for name in _MADE_OF_NUMBERS for kind in vars(MODULES[f"keras.{name}"]).values()]
    kinds = [kind for kind in (*every, *old_layers.LAYERS) if isinstance(kind, type)]
    for kind in {next(base for base in kind.__mro__ if "__init__" in vars(base)) for kind in kinds}:
        if kind is not object:
            _translate(overlay, kind, _as_pythons)


_MADE_OF_NUMBERS = (
    *("callbacks", "constraints", "initializers", "layers", "losses", "metrics", "optimizers"),
    *("optimizers.schedules", "regularizers"),
)


def _as_pythons(args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(map(_pythons, args)), {name: _pythons(each) for name, each in given.items()}


def _pythons(value: Any) -> Any:
    if isinstance(value, (np.number, np.bool_)):
        return value.item()
    if type(value) in (list, tuple) and any(isinstance(each, (np.number, np.bool_, tuple)) for each in value):
        return type(value)(map(_pythons, value))
    return value


Translation = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]


def _translate(overlay: Overlay, cls: type, translation: Translation) -> None:
    """``cls(...)`` and ``super().__init__(...)`` of what derives from it take what ``translation`` takes."""
    original: Any = vars(cls)["__init__"]

    @like(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        args, kwargs = translation(args, kwargs)
        original(self, *args, **kwargs)

    overlay.put(cls, "__init__", __init__)


def _layer_arguments(
    kind: str, names: Mapping[str, str], generation: Generation, args: tuple[Any, ...], given: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if kind == "Embedding" and generation != Generation.KERAS_3:
        # So that it is built, and has its row in a summary, as soon as it is the first of a Sequential.
        length = given.get("input_length")
        if not {"input_shape", "batch_input_shape", "batch_shape"}.intersection(given):
            given = {
                **given,
                "input_shape": tuple(length) if isinstance(length, (list, tuple)) else (length,),
            }
    given = renamed(kind, {n: v for n, v in given.items() if n not in IGNORED.get(kind, ())}, names)
    rank = {"Conv1D": 1, "Conv3D": 3, "ConvLSTM2D": 2}.get(kind, 2 if "Conv2D" in kind else 0)
    if rank > 1:
        args, given = _kernel_size(kind, rank, generation, args, given)
    if kind.startswith("SeparableConv") and "kernel_initializer" in given:
        initializer = given.pop("kernel_initializer")
        given |= {"depthwise_initializer": initializer, "pointwise_initializer": initializer}
    if "input_length" in given and kind != "Embedding":
        given["input_shape"] = (given.pop("input_length"), given.pop("input_dim"))
    elif "input_dim" in given and kind in ("Conv1D", "SimpleRNN", "LSTM", "GRU"):
        given["input_shape"] = (None, given.pop("input_dim"))
    if kind == "ZeroPadding2D" and isinstance(given.get("padding"), dict):
        sides = given["padding"]
        given["padding"] = tuple(
            tuple(sides.get(f"{side}_pad", 0) for side in pair)
            for pair in (("top", "bottom"), ("left", "right"))
        )
    if kind == "BatchNormalization":
        mode = given.pop("mode", 0)
        if mode != 0:
            raise ArgumentError(
                f"BatchNormalization: mode {mode!r} is one of Keras 1's that Keras 2 gave up; 0 is left."
            )
        if isinstance(given.get("axis"), (list, tuple)) and len(given["axis"]) == 1:
            (given["axis"],) = given["axis"]
    if kind.startswith("AveragePooling") and not args:
        given.setdefault("pool_size", 2)
    for (name, place), difference in differences.LAYER_DEFAULTS.get(kind, {}).items():
        value = difference.of(generation)
        if value is not None and len(args) <= place:
            given.setdefault(name, value)
    if kind == "UpSampling2D" and generation == Generation.KERAS_1:
        given.pop("interpolation", None)
    return args, given


def _kernel_size(
    kind: str, rank: int, generation: Generation, args: tuple[Any, ...], given: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Keras 1 has the sides of a kernel as arguments of their own: ``Convolution2D(32, 3, 3)``.

    Keras 2.0 to 2.3 read it so, too; since tf.keras the third is the stride.
    """
    sides = ("nb_row", "nb_col") if rank == 2 else ("kernel_dim1", "kernel_dim2", "kernel_dim3")
    named = [side for side in sides if side in given]
    listed = args[1 : 1 + rank - len(named)]
    positional = len(listed) == rank - len(named) and all(isinstance(side, int) for side in listed)
    by_place = not named and differences.KERNEL_BY_PLACE.of(generation) and len(listed) == rank
    if positional and (named or by_place):
        size = (*listed, *(given.pop(side) for side in named))
        rest = args[1 + len(listed) :]
        if kind == "Conv2DTranspose" and rest and isinstance(rest[0], (list, tuple)):
            rest = rest[1:]  # ``Deconvolution2D`` was told the shape that it gives
        args = (*args[:1], *rest)
        given["kernel_size"] = size
    return args, given

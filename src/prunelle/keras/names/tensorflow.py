"""The few names of ``tensorflow`` itself that programs for ``tensorflow.keras`` use.

Tensors are torch's. There are no graphs and no sessions: such programs need TensorFlow.
"""

from __future__ import annotations

import contextlib
import inspect
import io as _python_io
import logging as python_logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError, did_you_mean
from prunelle.keras import tape
from prunelle.keras.data_set import DataSet
from prunelle.keras.floor import keras as _keras
from prunelle.keras.imports import NoAttribute
from prunelle.keras.preprocessing.pictures import img_to_array, load_img

__version__ = "2.15.0+prunelle"

newaxis = None
GradientTape = tape.GradientTape


def Variable(  # noqa: N802 (TensorFlow calls it so)
    initial_value: Any, trainable: bool = True, name: str | None = None, dtype: Any = None, **_: Any
) -> Any:
    """Values that ``assign``, ``assign_add`` and ``assign_sub`` change."""
    value = initial_value() if callable(initial_value) else initial_value
    kind = _keras.backend.standardize_dtype(dtype or getattr(value, "dtype", "float32"))
    if dtype is None and kind == "float64":
        kind = "float32"
    value = _keras.ops.convert_to_numpy(value)
    return _keras.Variable(value, trainable=trainable and "float" in kind, dtype=kind, name=name)


def executing_eagerly() -> bool:
    """Yes: there are no graphs."""
    return True


def set_random_seed(seed: int) -> None:
    """Seeds what is random."""
    _keras.utils.set_random_seed(seed)


def zeros(shape: Any, dtype: Any = None) -> torch.Tensor:
    """0 everywhere."""
    found: torch.Tensor = _keras.ops.zeros(tuple(shape), dtype=dtype or "float32")
    return found


def ones(shape: Any, dtype: Any = None) -> torch.Tensor:
    """1 everywhere."""
    found: torch.Tensor = _keras.ops.ones(tuple(shape), dtype=dtype or "float32")
    return found


def shape(input: Any) -> Any:
    """The shape."""
    return tuple(input.shape)


float32, float64, int32, int64, uint8 = torch.float32, torch.float64, torch.int32, torch.int64, torch.uint8


def convert_to_tensor(value: Any, dtype: torch.dtype | None = None) -> torch.Tensor:
    """A torch tensor of anything NumPy understands; float64 becomes float32, as TensorFlow takes it."""
    if isinstance(value, _keras.Variable):
        value = value.value
    if isinstance(dtype, str):
        dtype = getattr(torch, dtype)
    if isinstance(value, torch.Tensor):
        return value if dtype is None else value.to(dtype)
    array = np.asarray(value)
    if dtype is None and array.dtype == np.float64 and not isinstance(value, np.ndarray):
        array = array.astype(np.float32)
    return torch.as_tensor(array, dtype=dtype)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> torch.Tensor:
    """A tensor; one number fills ``shape``."""
    tensor = convert_to_tensor(value, dtype)
    return (
        tensor
        if shape is None
        else tensor.expand(tuple(shape))
        if tensor.ndim == 0
        else tensor.reshape(shape)
    )


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Of another type: ``tf.float32`` or its name."""
    return _keras.ops.cast(x, str(dtype).removeprefix("torch."))


def function(func: Any = None, **ignored: Any) -> Any:
    """``@tf.function``, with or without brackets: the function itself, there are no graphs."""
    return function if func is None else func


def device(name: str) -> contextlib.AbstractContextManager[None]:
    """Accepted, without effect: Prunelle chooses the device."""
    return contextlib.nullcontext()


def get_logger() -> python_logging.Logger:
    """TensorFlow's logger, to which nothing is written."""
    return python_logging.getLogger("tensorflow")


def _devices(device_type: str | None = None) -> list[SimpleNamespace]:
    found = [SimpleNamespace(name="/physical_device:CPU:0", device_type="CPU")]
    for i in range(torch.cuda.device_count()):
        found.append(SimpleNamespace(name=f"/physical_device:GPU:{i}", device_type="GPU"))
    return [device for device in found if device_type in (None, device.device_type)]


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Settings of TensorFlow's own that change nothing here."""


class ConfigProto:
    """TensorFlow 1's settings of a session: they can be set, and change nothing."""

    def __init__(self, **settings: Any) -> None:
        self.__dict__.update(settings)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        inner = self.__dict__[name] = ConfigProto()
        return inner


GPUOptions = ConfigProto


class Session:
    """TensorFlow 1's session, which programs make for its settings and give to ``K.set_session``."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        self.graph = graph

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def run(self, fetches: Any, feed_dict: Any = None) -> Any:
        """Nothing of a program that has no graph.

        Raises:
            ArgumentError: there is something to run.
        """
        if fetches is not None:
            raise ArgumentError(
                "Session.run needs TensorFlow's graphs, which are not here: values are there at once, "
                "K.get_value(x) or x.numpy()."
            )

    def close(self) -> None:
        """Nothing to close."""


def global_variables_initializer() -> None:
    """Variables have their values from the beginning."""


def disable_v2_behavior() -> None:
    """Without effect."""


disable_eager_execution = enable_eager_execution = enable_v2_behavior = disable_v2_behavior


def _resize(images: Any, size: tuple[int, int], method: str = "bilinear", **_: Any) -> torch.Tensor:
    tensor = convert_to_tensor(images).float()
    batch = tensor if tensor.ndim == 4 else tensor[None]
    options: dict[str, Any] = (
        {"mode": method} if method == "nearest" else {"mode": method, "align_corners": False}
    )
    resized = torch.nn.functional.interpolate(batch.movedim(-1, 1), tuple(size), **options).movedim(1, -1)
    return resized if tensor.ndim == 4 else resized[0]


def _l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Any:
    total = _keras.ops.sum(_keras.ops.square(x), axis=axis, keepdims=axis is not None)
    return x * _keras.ops.rsqrt(_keras.ops.maximum(total, epsilon))


def _uniform(shape: Any, minval: float = 0, maxval: float = 1, dtype: Any = None, **_: Any) -> torch.Tensor:
    if dtype in (torch.int32, torch.int64):
        return torch.randint(int(minval), int(maxval), tuple(shape), dtype=dtype)
    return torch.rand(tuple(shape)) * (maxval - minval) + minval


def _normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, **_: Any) -> torch.Tensor:
    return torch.randn(tuple(shape)) * stddev + mean


def _shuffled(value: Any, seed: int | None = None, name: str | None = None) -> torch.Tensor:
    tensor = convert_to_tensor(value)
    return tensor[torch.as_tensor(np.random.RandomState(seed).permutation(len(tensor)))]


def _contents(filename: Any) -> bytes:
    return Path(str(filename)).read_bytes()


def _decoded(contents: Any, channels: int = 0, **_: Any) -> torch.Tensor:
    """``(H, W, C)`` uint8; the picture's own channels for 0."""
    mode = {0: None, 1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    picture = load_img(_python_io.BytesIO(contents), color_mode=mode or "rgb")
    return torch.from_numpy(img_to_array(picture, dtype="uint8"))


def _grey(images: Any, name: str | None = None) -> torch.Tensor:
    """ITU-R BT.601's luma, as TensorFlow rounds its factors."""
    tensor = convert_to_tensor(images)
    grey = (tensor.float() @ torch.tensor([0.2989, 0.587, 0.114]))[..., None]
    return grey if tensor.is_floating_point() else grey.to(tensor.dtype)


def _confusion_matrix(
    labels: Any, predictions: Any, num_classes: int | None = None, **_: Any
) -> torch.Tensor:
    """``(K, K)`` int32: rows are the labels."""
    rows, columns = (convert_to_tensor(each).reshape(-1).long() for each in (labels, predictions))
    size = num_classes or int(torch.maximum(rows.max(), columns.max())) + 1
    counts = torch.bincount(rows * size + columns, minlength=size * size)
    return counts.reshape(size, size).to(torch.int32)


_OPS = {
    # TensorFlow's name: the name in keras.ops, and TensorFlow's arguments in the order of that one's.
    **{
        name: (name, "x")
        for name in ("abs", "exp", "log", "sqrt", "square", "sign", "sin", "cos", "tan", "floor")
    },
    **{name: (name, "x") for name in ("tanh", "sigmoid", "round", "rsqrt", "erf", "zeros_like", "ones_like")},
    **{name: (name, "x") for name in ("isfinite", "isinf")},
    **{
        name: (name, "x y")
        for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "equal")
    },
    **{name: (name, "x y") for name in ("not_equal", "greater", "greater_equal", "less", "less_equal")},
    **{
        f"reduce_{name}": (name, "input_tensor axis keepdims")
        for name in ("mean", "sum", "max", "min", "prod")
    },
    **{f"reduce_{name}": (name, "input_tensor axis keepdims") for name in ("std", "all", "any", "logsumexp")},
    "reduce_variance": ("var", "input_tensor axis keepdims"),
    "negative": ("negative", "x"),
    "pow": ("power", "x y"),
    "is_nan": ("isnan", "x"),
    "ceil": ("ceil", "x"),
    "matmul": ("matmul", "a b"),
    "tensordot": ("tensordot", "a b axes"),
    "einsum": ("einsum", "equation"),
    "transpose": ("transpose", "a perm"),
    "reshape": ("reshape", "tensor shape"),
    "expand_dims": ("expand_dims", "input axis"),
    "squeeze": ("squeeze", "input axis"),
    "stack": ("stack", "values axis"),
    "concat": ("concatenate", "values axis"),
    "tile": ("tile", "input multiples"),
    "gather": ("take", "params indices axis"),
    "where": ("where", "condition x y"),
    "clip_by_value": ("clip", "t clip_value_min clip_value_max"),
    "one_hot": ("one_hot", "indices depth"),
    "range": ("arange", "start limit delta"),
    "linspace": ("linspace", "start stop num"),
    "eye": ("eye", "num_rows num_columns"),
    "cumsum": ("cumsum", "x axis"),
    "reverse": ("flip", "tensor axis"),
    "pad": ("pad", "tensor paddings mode"),
    "stop_gradient": ("stop_gradient", "input"),
    "logical_and": ("logical_and", "x y"),
    "logical_or": ("logical_or", "x y"),
    "logical_not": ("logical_not", "x"),
}
_OF_NN = {
    **{name: (name, "features") for name in ("relu", "relu6", "elu", "selu", "softplus", "softsign", "gelu")},
    "softmax": ("softmax", "logits axis"),
    "log_softmax": ("log_softmax", "logits axis"),
    "leaky_relu": ("leaky_relu", "features alpha"),
    "sigmoid": ("sigmoid", "x"),
    "tanh": ("tanh", "x"),
}


def _as_named(own: str, order: str) -> Any:
    """A function of ``keras.ops`` under TensorFlow's names of its arguments; it takes symbolic tensors too."""
    operation = getattr(_keras.ops, own)
    renamed = dict(zip(order.split(), inspect.signature(operation).parameters, strict=False))

    def call(*args: Any, **given: Any) -> Any:
        given.pop("name", None)
        if "keep_dims" in given:  # TensorFlow 1
            given["keepdims"] = given.pop("keep_dims")
        return operation(*args, **{renamed.get(name, name): value for name, value in given.items()})

    call.__doc__ = f"``keras.ops.{own}``, with TensorFlow's names of its arguments."
    return call


def argmax(input: Any, axis: int | None = 0, output_type: Any = None, name: str | None = None) -> Any:
    """Along one dimension, TensorFlow's default being the first."""
    return _keras.ops.argmax(input, axis=0 if axis is None else axis)


_FUNCTIONS = {name: _as_named(*about) for name, about in _OPS.items()}
globals().update(_FUNCTIONS)


class _Space:
    """A module of TensorFlow's: what is not in it is told as Prunelle tells it."""

    def __init__(self, name: str, **names: Any) -> None:
        self.__dict__.update(names, __name__=f"tensorflow.{name}")

    def __getattr__(self, name: str) -> Any:
        spelling = f"{self.__dict__['__name__']}.{name}"
        near = did_you_mean(name, [each for each in vars(self) if not each.startswith("_")])
        raise NoAttribute(
            f"Prunelle has no {spelling}: it runs programs for Keras, not for TensorFlow.{near}"
        )


config = _Space(
    "config",
    list_physical_devices=_devices,
    set_visible_devices=_nothing,
    run_functions_eagerly=_nothing,
    experimental=_Space(
        "config.experimental",
        list_physical_devices=_devices,
        set_memory_growth=_nothing,
        set_virtual_device_configuration=_nothing,
    ),
    threading=_Space(
        "config.threading",
        set_intra_op_parallelism_threads=_nothing,
        set_inter_op_parallelism_threads=_nothing,
    ),
)
data = _Space(
    "data",
    AUTOTUNE=-1,
    Dataset=DataSet,
    experimental=_Space("data.experimental", AUTOTUNE=-1, cardinality=lambda dataset: dataset.cardinality()),
)
image = _Space(
    "image",
    resize=_resize,
    rgb_to_grayscale=_grey,
    decode_jpeg=_decoded,
    decode_png=_decoded,
    decode_image=_decoded,
    flip_left_right=lambda image: convert_to_tensor(image).flip(-2),
    flip_up_down=lambda image: convert_to_tensor(image).flip(-3),
    convert_image_dtype=lambda image, dtype, saturate=False: (
        convert_to_tensor(image).float() / 255
        if not convert_to_tensor(image).is_floating_point()
        else convert_to_tensor(image)
    ),
)
io = _Space("io", read_file=_contents, decode_jpeg=_decoded, decode_png=_decoded, decode_image=_decoded)
logging = _Space(
    "logging",
    set_verbosity=_nothing,
    DEBUG=10,
    INFO=20,
    WARN=30,
    ERROR=40,
    FATAL=50,
    get_logger=get_logger,
)
math = _Space(
    "math",
    **_FUNCTIONS,
    argmax=argmax,
    l2_normalize=_l2_normalize,
    confusion_matrix=_confusion_matrix,
    softplus=_as_named("softplus", "features"),
)
linalg = _Space("linalg", matmul=_FUNCTIONS["matmul"], norm=_keras.ops.norm, l2_normalize=_l2_normalize)
nn = _Space("nn", **{name: _as_named(*about) for name, about in _OF_NN.items()}, l2_normalize=_l2_normalize)
random = _Space("random", set_seed=set_random_seed, uniform=_uniform, normal=_normal, shuffle=_shuffled)
test = _Space(
    "test",
    is_gpu_available=torch.cuda.is_available,
    is_built_with_cuda=lambda: torch.version.cuda is not None,
    gpu_device_name=lambda: "/device:GPU:0" if torch.cuda.is_available() else "",
)

_INITIALIZERS = {
    "zeros": "Zeros", "ones": "Ones", "constant": "Constant", "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform", "truncated_normal": "TruncatedNormal", "orthogonal": "Orthogonal",
    "glorot_uniform": "GlorotUniform", "glorot_normal": "GlorotNormal",
}  # fmt: skip
for _name, _class in _INITIALIZERS.items():
    globals()[f"{_name}_initializer"] = getattr(_keras.initializers, _class)

_OTHERS = (
    *(f"{name}_initializer" for name in _INITIALIZERS),
    *("ConfigProto", "GPUOptions", "Session", "disable_eager_execution", "disable_v2_behavior"),
    *("enable_eager_execution", "enable_v2_behavior", "global_variables_initializer"),
    *(
        "GradientTape",
        "Variable",
        "argmax",
        "cast",
        "config",
        "constant",
        "convert_to_tensor",
        "data",
        "device",
    ),
    *("executing_eagerly", "float32", "float64", "function", "get_logger", "image", "int32", "int64", "io"),
    *("linalg", "logging", "math", "newaxis", "nn", "ones", "random", "set_random_seed", "shape", "test"),
    *("uint8", "zeros"),
)
__all__ = sorted({*_OTHERS, *_FUNCTIONS})

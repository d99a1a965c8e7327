"""The few names of ``tensorflow`` itself that programs for ``tensorflow.keras`` use.

Tensors are torch's. There are no graphs and no sessions: such programs need TensorFlow.
"""

from __future__ import annotations

import contextlib
import logging as python_logging
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from prunelle import keras
from prunelle.keras import absent
from prunelle.keras.data_set import DataSet
from prunelle.keras.seeds import set_global_seed
from prunelle.keras.tape import GradientTape, variable

__version__ = "2.15.0+prunelle"

__all__ = [
    "GradientTape",
    "Variable",
    "abs",
    "argmax",
    "cast",
    "concat",
    "config",
    "constant",
    "convert_to_tensor",
    "data",
    "device",
    "expand_dims",
    "float32",
    "float64",
    "function",
    "get_logger",
    "image",
    "int32",
    "int64",
    "keras",
    "logging",
    "math",
    "maximum",
    "minimum",
    "newaxis",
    "nn",
    "one_hot",
    "random",
    "reduce_max",
    "reduce_mean",
    "reduce_sum",
    "reshape",
    "sign",
    "square",
    "squeeze",
    "stack",
    "test",
    "uint8",
]

newaxis = None
Variable = variable
float32, float64, int32, int64, uint8 = torch.float32, torch.float64, torch.int32, torch.int64, torch.uint8


def convert_to_tensor(value: Any, dtype: torch.dtype | None = None) -> torch.Tensor:
    """A torch tensor of anything NumPy understands; float64 becomes float32, as TensorFlow takes it."""
    if isinstance(value, torch.Tensor):
        return value if dtype is None else value.to(dtype)
    array = np.asarray(value)
    if dtype is None and array.dtype == np.float64 and not isinstance(value, np.ndarray):
        array = array.astype(np.float32)
    return torch.as_tensor(array, dtype=dtype)


constant = convert_to_tensor


def cast(x: Any, dtype: Any) -> torch.Tensor:
    """Of another type: ``tf.float32`` or its name."""
    return convert_to_tensor(x).to(getattr(torch, dtype) if isinstance(dtype, str) else dtype)


def expand_dims(input: Any, axis: int) -> torch.Tensor:
    """One dimension of size 1 more."""
    return convert_to_tensor(input).unsqueeze(axis)


def squeeze(input: Any, axis: int | None = None) -> torch.Tensor:
    """Without its dimensions of size 1."""
    tensor = convert_to_tensor(input)
    return tensor.squeeze() if axis is None else tensor.squeeze(axis)


def reshape(tensor: Any, shape: Any) -> torch.Tensor:
    """The same values in another shape."""
    return convert_to_tensor(tensor).reshape(tuple(int(size) for size in shape))


def stack(values: Any, axis: int = 0) -> torch.Tensor:
    """Along a new dimension."""
    return torch.stack([convert_to_tensor(value) for value in values], axis)


def concat(values: Any, axis: int) -> torch.Tensor:
    """Along a dimension there is."""
    return torch.cat([convert_to_tensor(value) for value in values], axis)


def argmax(input: Any, axis: int = 0) -> torch.Tensor:
    """Along one dimension, TensorFlow's default being the first."""
    return convert_to_tensor(input).argmax(axis)


def reduce_mean(input_tensor: Any, axis: int | tuple[int, ...] | None = None) -> torch.Tensor:
    """Over all values, or along a dimension."""
    tensor = convert_to_tensor(input_tensor)
    return tensor.mean() if axis is None else tensor.mean(axis)


def reduce_sum(input_tensor: Any, axis: int | tuple[int, ...] | None = None) -> torch.Tensor:
    """Over all values, or along a dimension."""
    tensor = convert_to_tensor(input_tensor)
    return tensor.sum() if axis is None else tensor.sum(axis)


def reduce_max(input_tensor: Any, axis: int | tuple[int, ...] | None = None) -> torch.Tensor:
    """Over all values, or along a dimension."""
    tensor = convert_to_tensor(input_tensor)
    return tensor.max() if axis is None else tensor.amax(axis)


def maximum(x: Any, y: Any) -> torch.Tensor:
    """Place by place."""
    tensor = convert_to_tensor(x)
    return torch.maximum(tensor, convert_to_tensor(y, tensor.dtype))


def minimum(x: Any, y: Any) -> torch.Tensor:
    """Place by place."""
    tensor = convert_to_tensor(x)
    return torch.minimum(tensor, convert_to_tensor(y, tensor.dtype))


def abs(x: Any) -> torch.Tensor:
    """Without its sign."""
    return convert_to_tensor(x).abs()


def square(x: Any) -> torch.Tensor:
    """Multiplied by itself."""
    return convert_to_tensor(x).square()


def sign(x: Any) -> torch.Tensor:
    """-1, 0 or 1."""
    return convert_to_tensor(x).sign()


def function(func: Any = None, **ignored: Any) -> Any:
    """``@tf.function``, with or without brackets: the function itself, there are no graphs."""
    return function if func is None else func


def one_hot(indices: Any, depth: int) -> torch.Tensor:
    """float32, one more dimension of size ``depth``."""
    return torch.nn.functional.one_hot(convert_to_tensor(indices).long(), depth).float()


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


def _resize(images: Any, size: tuple[int, int], method: str = "bilinear", **_: Any) -> torch.Tensor:
    tensor = convert_to_tensor(images).float()
    batch = tensor if tensor.ndim == 4 else tensor[None]
    options = {"mode": method} if method == "nearest" else {"mode": method, "align_corners": False}
    resized = torch.nn.functional.interpolate(batch.movedim(-1, 1), tuple(size), **options).movedim(1, -1)
    return resized if tensor.ndim == 4 else resized[0]


def _l2_normalize(x: Any, axis: int | tuple[int, ...] | None = None, epsilon: float = 1e-12) -> torch.Tensor:
    tensor = convert_to_tensor(x)
    squares = tensor.square()
    total = squares.sum() if axis is None else squares.sum(axis, keepdim=True)
    return tensor * total.clamp(min=epsilon).rsqrt()


def _uniform(shape: Any, minval: float = 0, maxval: float = 1, **_: Any) -> torch.Tensor:
    return torch.rand(tuple(shape)) * (maxval - minval) + minval


def _normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, **_: Any) -> torch.Tensor:
    return torch.randn(tuple(shape)) * stddev + mean


_experimental = {
    "list_physical_devices": _devices,
    "set_memory_growth": _nothing,
    "set_virtual_device_configuration": _nothing,
}
config = SimpleNamespace(
    list_physical_devices=_devices,
    set_visible_devices=_nothing,
    run_functions_eagerly=_nothing,
    experimental=SimpleNamespace(**_experimental),
)
data = SimpleNamespace(AUTOTUNE=-1, Dataset=DataSet, experimental=SimpleNamespace(AUTOTUNE=-1))
image = SimpleNamespace(resize=_resize)
logging = SimpleNamespace(
    set_verbosity=_nothing, DEBUG=10, INFO=20, WARN=30, ERROR=40, FATAL=50, get_logger=get_logger
)
math = SimpleNamespace(
    argmax=argmax,
    reduce_mean=reduce_mean,
    reduce_sum=reduce_sum,
    reduce_max=reduce_max,
    maximum=maximum,
    minimum=minimum,
    abs=abs,
    square=square,
    sign=sign,
    sqrt=lambda x: convert_to_tensor(x).sqrt(),
    exp=lambda x: convert_to_tensor(x).exp(),
    log=lambda x: convert_to_tensor(x).log(),
    l2_normalize=_l2_normalize,
)
nn = SimpleNamespace(
    softmax=lambda logits, axis=-1: convert_to_tensor(logits).softmax(axis),
    relu=lambda features: convert_to_tensor(features).relu(),
    sigmoid=lambda x: convert_to_tensor(x).sigmoid(),
    leaky_relu=lambda features, alpha=0.2: torch.nn.functional.leaky_relu(convert_to_tensor(features), alpha),
)
random = SimpleNamespace(set_seed=set_global_seed, uniform=_uniform, normal=_normal)
test = SimpleNamespace(
    is_gpu_available=torch.cuda.is_available,
    is_built_with_cuda=lambda: torch.version.cuda is not None,
    gpu_device_name=lambda: "/device:GPU:0" if torch.cuda.is_available() else "",
)

__getattr__ = absent.reporter(__name__)

"""``tensorflow`` itself. Its modules (``tf.math``, ``tf.nn``…) are those beside this one, each by its name."""

from __future__ import annotations

import logging as python_logging

from prunelle.keras.eager import arrays, control, not_here, rearranging, tape
from prunelle.keras.eager.dtypes import DTYPES
from prunelle.keras.eager.dtypes import DType as DType
from prunelle.keras.eager.dtypes import as_dtype as as_dtype
from prunelle.keras.eager.image.random import random_crop as _cropped_at_random
from prunelle.keras.eager.nn import blocks as _blocks
from prunelle.keras.eager.shapes import TensorShape as TensorShape
from prunelle.keras.eager.tensor import Tensor as Tensor
from prunelle.keras.eager.variable import Variable as Variable
from prunelle.keras.floor import keras as _keras
from prunelle.keras.names.tensorflow import debugging as _debugging
from prunelle.keras.names.tensorflow import linalg as _linalg
from prunelle.keras.names.tensorflow import math as _math
from prunelle.keras.names.tensorflow import random as _random
from prunelle.keras.tensorflow_1 import sessions as _sessions

__version__ = "2.15.0+prunelle"

newaxis = None
GradientTape = tape.GradientTape

_OF_ARRAYS = (
    *("argsort", "bitcast", "boolean_mask", "broadcast_to", "cast", "clip_by_global_norm", "clip_by_norm"),
    *(
        "clip_by_value",
        "complex",
        "saturate_cast",
        "concat",
        "constant",
        "convert_to_tensor",
        "einsum",
        "ensure_shape",
    ),
    *("expand_dims", "eye", "fill", "gather", "gather_nd", "identity", "is_tensor", "linspace", "meshgrid"),
    *("one_hot", "ones", "ones_like", "pad", "range", "rank", "repeat", "reshape", "reverse", "roll"),
    *("scatter_nd", "searchsorted", "sequence_mask", "shape", "size", "sort", "split", "squeeze", "stack"),
    *("stop_gradient", "strided_slice", "tensor_scatter_nd_add", "tensor_scatter_nd_max"),
    *("tensor_scatter_nd_min", "tensor_scatter_nd_sub", "tensor_scatter_nd_update", "tensordot", "tile"),
    *("transpose", "unique", "unique_with_counts", "unstack", "where", "zeros", "zeros_like"),
)
_OF_CONTROL = (
    *("Assert", "Function", "IndexedSlices", "Module", "TensorArray", "TensorSpec", "UnconnectedGradients"),
    *("VariableAggregation", "VariableSynchronization", "case", "cond", "control_dependencies"),
    *("custom_gradient", "device", "executing_eagerly", "foldl", "foldr", "function", "group", "init_scope"),
    *("inside_function", "map_fn", "name_scope", "no_op", "numpy_function", "print", "py_function", "scan"),
    *("grad_pass_through", "recompute_grad", "switch_case", "vectorized_map", "while_loop"),
)
_OF_REARRANGING = (
    *("broadcast_dynamic_shape", "broadcast_static_shape", "dynamic_partition", "dynamic_stitch"),
    *("extract_volume_patches", "get_static_value", "guarantee_const", "histogram_fixed_width"),
    *("histogram_fixed_width_bins", "identity_n", "is_symbolic_tensor", "parallel_stack"),
    *("required_space_to_batch_paddings", "reverse_sequence", "shape_n", "timestamp", "tuple"),
    *("unravel_index",),
)
_OF_BLOCKS = ("batch_to_space", "space_to_batch")
_NOT_HERE = ("RaggedTensor", "RaggedTensorSpec", "SparseTensor", "SparseTensorSpec")
_ASSERTIONS = ("assert_equal", "assert_greater", "assert_less", "assert_rank")
_OF_MATH = (
    *("abs", "acos", "acosh", "add", "add_n", "argmax", "argmin", "asin", "asinh", "atan", "atan2", "atanh"),
    *("cos", "cosh", "cumsum", "divide", "equal", "exp", "floor", "greater", "greater_equal", "less"),
    *("less_equal", "logical_and", "logical_not", "logical_or", "maximum", "minimum", "multiply"),
    *("negative", "not_equal", "pow", "reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max"),
    *("reduce_mean", "reduce_min", "reduce_prod", "reduce_sum", "round", "sigmoid", "sign", "sin", "sinh"),
    *("realdiv", "scalar_mul", "sqrt", "square", "subtract", "tan", "tanh", "truediv", "truncatediv"),
    *("truncatemod",),
    # TensorFlow 1's:
    *("ceil", "count_nonzero", "cumprod", "erf", "floordiv", "floormod", "is_finite", "is_inf", "is_nan"),
    *("lgamma", "log", "log1p", "log_sigmoid", "mod", "reciprocal", "rint", "rsqrt", "squared_difference"),
    *("confusion_matrix",),
)
_OF_LINALG = ("matmul", "norm")
_OF_RANDOM = {
    "multinomial": "multinomial", "random_gamma": "gamma", "random_normal": "normal", "random_shuffle": "shuffle",
    "random_uniform": "uniform", "truncated_normal": "truncated_normal", "set_random_seed": "set_seed",
}  # fmt: skip
"""TensorFlow 1's names, and today's in ``tf.random``."""
_OF_MATRICES = {
    "cholesky": "cholesky", "cholesky_solve": "cholesky_solve", "cross": "cross", "diag": "tensor_diag",
    "diag_part": "tensor_diag_part", "matrix_band_part": "band_part", "matrix_determinant": "det",
    "matrix_diag": "diag", "matrix_diag_part": "diag_part", "matrix_inverse": "inv", "matrix_set_diag": "set_diag",
    "matrix_solve": "solve", "matrix_transpose": "matrix_transpose", "matrix_triangular_solve": "triangular_solve",
    "qr": "qr", "self_adjoint_eig": "eigh", "svd": "svd", "trace": "trace",
}  # fmt: skip
"""TensorFlow 1's names, and today's in ``tf.linalg``."""
for _today, _module in ((_OF_RANDOM, _random), (_OF_MATRICES, _linalg)):
    globals().update({name: vars(_module)[now] for name, now in _today.items()})
random_crop = _cropped_at_random
for _names, _module in (
    (_OF_LINALG, _linalg),
    (_OF_ARRAYS, arrays),
    (_OF_CONTROL, control),
    (_OF_MATH, _math),
    (_sessions.__all__, _sessions),
    (_OF_REARRANGING, rearranging),
    (_OF_BLOCKS, _blocks),
    (_NOT_HERE, not_here),
    (_ASSERTIONS, _debugging),
):
    globals().update({name: vars(_module)[name] for name in _names})
slice = arrays.slice_
space_to_batch_nd = vars(_blocks)["space_to_batch"]
for _kind in DTYPES.values():
    globals()[_kind.name] = _kind
half, double = DTYPES["float16"], DTYPES["float64"]


def get_logger() -> python_logging.Logger:
    """TensorFlow's logger, to which nothing is written."""
    return python_logging.getLogger("tensorflow")


_INITIALIZERS = {
    "zeros": "Zeros", "ones": "Ones", "constant": "Constant", "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform", "truncated_normal": "TruncatedNormal", "orthogonal": "Orthogonal",
    "glorot_uniform": "GlorotUniform", "glorot_normal": "GlorotNormal",
}  # fmt: skip
for _name, _class in _INITIALIZERS.items():
    globals()[f"{_name}_initializer"] = getattr(_keras.initializers, _class)

__all__ = sorted(
    {
        *_OF_ARRAYS,
        *_OF_CONTROL,
        *_OF_LINALG,
        *_OF_MATH,
        *_OF_REARRANGING,
        *_OF_BLOCKS,
        *_NOT_HERE,
        *_ASSERTIONS,
        "space_to_batch_nd",
        *DTYPES,
        *(f"{name}_initializer" for name in _INITIALIZERS),
        *(
            "DType",
            "GradientTape",
            "Tensor",
            "TensorShape",
            "Variable",
        ),
        *_sessions.__all__,
        *_OF_RANDOM,
        *_OF_MATRICES,
        *("as_dtype", "double", "get_logger", "half", "newaxis", "random_crop", "slice"),
    }
)

"""Why functions differ, for those whose entry does not say it: by name, else by what differs."""

from __future__ import annotations

_NAN = "the gradient at NaN, or at ∞"
_FIRST = "Python's numbers take the tensor's type, whichever comes first"
_SHARED = "of equal numbers each has the whole gradient, or the first: TensorFlow shares it"
_SORTED_NAN = "NaN comes last; TensorFlow's order of NaN is that of its kernel"

REASONS: dict[str, str] = {
    **dict.fromkeys((f"tf.math.{name}" for name in ("abs", "softsign", "pow", "atan2")), _NAN),
    **dict.fromkeys((f"tf.math.{name}" for name in ("maximum", "minimum", "floormod", "mod")), _NAN),
    **dict.fromkeys((f"tf.nn.{name}" for name in ("relu", "relu6", "softsign")), _NAN),
    **dict.fromkeys(
        (f"tf.math.{name}" for name in ("lgamma", "digamma")), "poles: ±∞ where TensorFlow has NaN"
    ),
    **dict.fromkeys((f"tf.math.{name}" for name in ("add", "truediv", "multiply_no_nan")), _FIRST),
    **dict.fromkeys(
        (f"tf.math.{name}" for name in ("igamma", "igammac", "zeta", "polygamma")), "PyTorch's at ∞"
    ),
    **dict.fromkeys(("tf.sort", "tf.argsort"), _SORTED_NAN),
    **dict.fromkeys((f"tf.tensor_scatter_nd_{name}" for name in ("max", "min")), _SHARED),
    **dict.fromkeys(
        (
            f"tf.math.special.{name}"
            for name in ("bessel_k0", "bessel_k0e", "bessel_k1", "bessel_k1e", "bessel_y0")
        ),
        "NaN where the function is not defined, ∞ in TensorFlow",
    ),
    **dict.fromkeys(
        ("tf.math.special.bessel_y1", "tf.math.special.expint"),
        "NaN where the function is not defined, ∞ in TensorFlow",
    ),
    **dict.fromkeys(
        ("tf.nn.isotonic_regression", "tf.nn.fractional_max_pool", "tf.nn.fractional_avg_pool"), "rare"
    ),
    **dict.fromkeys(
        ("tf.nn.gelu", "tf.nn.gelu (approximate)"), "TensorFlow's constants of 32 bits, in float64"
    ),
    "tf.math.erf": "TensorFlow's is NaN at ∞ in float64",
    "tf.math.angle": "TensorFlow takes no whole numbers",
    "tf.math.reduce_prod": "NaN where TensorFlow divides by a product of ∞",
    "tf.nn.conv2d": "TensorFlow has no gradient of groups on a processor, and gives an empty batch the input's shape",
    "tf.nn.max_pool3d": "of equal numbers one has the gradient, another than TensorFlow's",
    "tf.nn.pool": "more is taken than TensorFlow takes",
    "tf.saturate_cast": "TensorFlow clips int64 to its least number",
    "tf.clip_by_value": "the limits of unsigned numbers below 0 count as they are",
    "tf.where": "TensorFlow refuses a tape around the places where a condition is true",
    "tf.Tensor (operators)": "truths times numbers; NumPy's `&` of an array and a tensor",
    "tf.convert_to_tensor": "a hint beside NumPy's numbers in a list",
    "tf.concat": "a tensor in the place of a list is the list of its rows",
    "tf.debugging.assert_scalar": "what it gives is its argument, not a tensor of it",
    "tf.math.invert_permutation": "[] is of float32",
    "tf.parallel_stack": "TensorFlow has it in graphs alone",
}
BY_WORDS: dict[str, str] = {
    "no kernel there": "TensorFlow was not compiled for the type, PyTorch is",
    "a value there, an error here": "refused in a sentence",
    "value": "at edges, or in the last bits of float16",
    "an error there, a value here": "what TensorFlow refuses is taken",
    "gradient: value": "at edges",
}


def reason(function: str, most: str) -> str:
    """A sentence for the table.

    Args:
        most: what differs most often.
    """
    return REASONS.get(function) or BY_WORDS.get(most, "")

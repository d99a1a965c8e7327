"""``tf.debugging``: assertions of tensors. An assertion that holds gives None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from prunelle.keras.eager.control import Assert as Assert
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.functions import function
from prunelle.keras.eager.tensor import convert, matched

Torch = torch.Tensor


def _words(given: Any) -> str:
    return f" {given}" if given else ""


def _of_two(name: str, holds: Callable[[Torch, Torch], Torch], words: str) -> Any:
    def check(x: Any, y: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
        first, second = matched(x, y, name=f"tf.debugging.{title}")
        if first.is_meta:
            return
        try:
            fits = bool(holds(first, second).all())
        except RuntimeError:
            fits = False
        if not fits:
            raise InvalidArgumentError(
                f"tf.debugging.{title}: x {words} y everywhere; received {first.tolist()!s:.200} and "
                f"{second.tolist()!s:.200}.{_words(message)}"
            )

    title = check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raises: InvalidArgumentError: x {words} y, not everywhere."
    return check


def _of_one(name: str, holds: Callable[[Torch], Torch], words: str) -> Any:
    def check(x: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
        tensor = convert(x)
        if not tensor.is_meta and not bool(holds(tensor).all()):
            raise InvalidArgumentError(
                f"tf.debugging.{title}: x is {words} everywhere; received {tensor.tolist()!s:.200}.{_words(message)}"
            )

    title = check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raises: InvalidArgumentError: x is not {words} everywhere."
    return check


assert_equal = _of_two("assert_equal", torch.eq, "equals")
assert_none_equal = _of_two("assert_none_equal", torch.ne, "differs from")
assert_less = _of_two("assert_less", torch.lt, "is below")
assert_less_equal = _of_two("assert_less_equal", torch.le, "is not above")
assert_greater = _of_two("assert_greater", torch.gt, "is above")
assert_greater_equal = _of_two("assert_greater_equal", torch.ge, "is not below")
assert_positive = _of_one("assert_positive", lambda x: x > 0, "above 0")
assert_negative = _of_one("assert_negative", lambda x: x < 0, "below 0")
assert_non_negative = _of_one("assert_non_negative", lambda x: x >= 0, "not below 0")
assert_non_positive = _of_one("assert_non_positive", lambda x: x <= 0, "not above 0")


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: Any = None,
    summarize: Any = None,
    name: str | None = None,
) -> None:
    """Raises: InvalidArgumentError: x and y are further apart than ten times the smallest step of their type."""
    first, second = matched(x, y, name="tf.debugging.assert_near")
    if first.is_meta:
        return
    least = 10 * torch.finfo(first.dtype).eps if first.is_floating_point() else 0
    near = (first - second).abs() <= (least if atol is None else atol) + (
        least if rtol is None else rtol
    ) * second.abs()
    if not bool(near.all()):
        raise InvalidArgumentError(
            f"tf.debugging.assert_near: x is near y; received {first.tolist()!s:.200} and {second.tolist()!s:.200}."
            f"{_words(message)}"
        )


def _rank(name: str, fits: Callable[[int, Any], bool], words: str) -> Any:
    def check(x: Any, rank: Any, message: Any = None, name: str | None = None) -> None:
        shape = x.shape if hasattr(x, "shape") else convert(x).shape
        if not fits(len(shape), rank):
            raise InvalidArgumentError(
                f"tf.debugging.{title}: x has {words} {rank} axes; received shape {tuple(shape)}.{_words(message)}"
            )

    title = check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raises: InvalidArgumentError: x has not {words} so many axes."
    return check


assert_rank = _rank("assert_rank", lambda ndim, rank: ndim == int(rank), "exactly")
assert_rank_at_least = _rank("assert_rank_at_least", lambda ndim, rank: ndim >= int(rank), "at least")
assert_rank_in = _rank("assert_rank_in", lambda ndim, ranks: ndim in [int(each) for each in ranks], "one of")


def assert_scalar(tensor: Any, name: str | None = None, message: Any = None) -> Any:
    """The tensor. Raises: InvalidArgumentError: it has axes."""
    assert_rank(tensor, 0, message)
    return tensor


def assert_type(tensor: Any, tf_type: Any, message: Any = None, name: str | None = None) -> None:
    """Raises: WrongType: a tensor of another type."""
    kind = as_dtype(convert(tensor).dtype)
    if kind != as_dtype(tf_type):
        raise WrongType(
            f"tf.debugging.assert_type: a tensor of {as_dtype(tf_type).name}; received {kind.name}.{_words(message)}"
        )


def assert_integer(x: Any, message: Any = None, name: str | None = None) -> None:
    """Raises: WrongType: no tensor of whole numbers."""
    kind = as_dtype(convert(x).dtype)
    if not kind.is_integer:
        raise WrongType(
            f"tf.debugging.assert_integer: a tensor of whole numbers; received {kind.name}.{_words(message)}"
        )


def assert_shapes(
    shapes: Any, data: Any = None, summarize: Any = None, message: Any = None, name: str | None = None
) -> None:
    """Sizes by name: ``[(x, ("N", "D")), (y, ("N",))]``.

    Raises:
        InvalidArgumentError: a name that is of two sizes, or another number of axes.
    """
    known: dict[Any, int] = {}
    for tensor, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        found = tuple(tensor.shape)
        names = wanted if isinstance(wanted, (tuple, list, str)) else (wanted,)
        if len(found) != len(names):
            raise InvalidArgumentError(
                f"tf.debugging.assert_shapes: {names} is of {len(names)} axes; received {found}.{_words(message)}"
            )
        for size, each in zip(found, names, strict=True):
            if each is None or each in ("*", "..."):
                continue
            if known.setdefault(each, each if isinstance(each, int) else size) != size:
                raise InvalidArgumentError(
                    f"tf.debugging.assert_shapes: {each!r} is {known[each]}; received {found}.{_words(message)}"
                )


@function("tensor", numbers="float")
def check_numerics(tensor: Torch, message: Any = "", name: str | None = None) -> Torch:
    """The tensor.

    Raises:
        InvalidArgumentError: NaN or ∞ in it.
    """
    if not tensor.is_meta and not bool(torch.isfinite(tensor).all()):
        what = "NaN" if bool(torch.isnan(tensor).any()) else "Inf"
        raise InvalidArgumentError(f"{message} : Tensor had {what} values".strip())
    return tensor


def assert_all_finite(x: Any, message: Any = "", name: str | None = None) -> Any:
    """The tensor. Raises: InvalidArgumentError: NaN or ∞ in it."""
    return check_numerics(x, message)


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether it is a tensor of numbers; truths and texts are none."""
    return (
        hasattr(tensor, "numpy") and isinstance(tensor, torch.Tensor) and convert(tensor).dtype != torch.bool
    )


def enable_check_numerics(*_: Any, **__: Any) -> None:
    """Without effect: ``check_numerics`` checks a tensor."""


def disable_check_numerics() -> None:
    """Without effect."""


def set_log_device_placement(enabled: bool) -> None:
    """Without effect."""


def get_log_device_placement() -> bool:
    """No."""
    return False


def enable_traceback_filtering() -> None:
    """Without effect."""


disable_traceback_filtering = enable_traceback_filtering


def is_traceback_filtering_enabled() -> bool:
    """Yes: sentences are short."""
    return True


def assert_proper_iterable(values: Any) -> None:
    """Raises: WrongType: a tensor, a text, or nothing that can be gone through."""
    if isinstance(values, (torch.Tensor, str, bytes)) or not hasattr(values, "__iter__"):
        raise WrongType(
            f"tf.debugging.assert_proper_iterable: a list or a tuple; received {type(values).__name__}."
        )


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """The type that tensors have. Raises: WrongType: several types, or no floating-point numbers."""
    kinds = {as_dtype(convert(each).dtype) for each in tensors or ()} | (
        {as_dtype(dtype)} if dtype else set()
    )
    if len(kinds) > 1 or not all(kind.is_floating for kind in kinds):
        raise WrongType(
            f"tf.debugging.assert_same_float_dtype: one type of floating-point numbers; received {kinds}."
        )
    return next(iter(kinds), as_dtype("float32"))


_BEGINNINGS = ("assert_", "enable_", "disable_", "is_", "get_", "set_")
__all__ = sorted(["Assert", "check_numerics", *(name for name in globals() if name.startswith(_BEGINNINGS))])

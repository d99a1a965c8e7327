"""What the page can compute: PyTorch's core operations, each as one of ``engine.js``.

A handler takes the graph's node and the ``Lowering`` that asks, and says what the page does: by ``op`` a step of the
program, or a value that is there already. Two tables by PyTorch's name; to add an operation, write a line here and a
function of that name in ``engine.js``. Batch normalisation goes into the weights before it where nothing lies between.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.fx import Node

from prunelle.errors import ExportError
from prunelle.exports.html.lowering import Lowering, name_of

Handler = Callable[[Lowering, Node], None]

_ELEMENTWISE: Mapping[str, tuple[str, tuple[float | None, ...]]] = {
    "relu": ("relu", ()),
    "tanh": ("tanh", ()),
    "sigmoid": ("sigmoid", ()),
    "exp": ("exp", ()),
    "log": ("log", ()),
    "sqrt": ("sqrt", ()),
    "rsqrt": ("rsqrt", ()),
    "neg": ("neg", ()),
    "abs": ("abs", ()),
    "reciprocal": ("reciprocal", ()),
    "erf": ("erf", ()),
    "elu": ("elu", (1.0, 1.0, 1.0)),
    "leaky_relu": ("leaky", (0.01,)),
    "hardtanh": ("clamp", (-1.0, 1.0)),
    "clamp": ("clamp", (None, None)),
    "pow.Tensor_Scalar": ("power", (None,)),
    "log1p": ("log1p", ()),
    "expm1": ("expm1", ()),
}
"""Of one value: the page's name, and the numbers behind it where PyTorch's call leaves them out."""

_PAIRS: Mapping[str, str] = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "div": "div",
    "maximum": "max",
    "minimum": "min",
    "pow.Tensor_Tensor": "pow",
    "gt": "gt",
    "ge": "ge",
    "lt": "lt",
    "le": "le",
    "eq": "eq",
    "ne": "ne",
}
"""Of two values, by PyTorch's rule of shapes that fit."""

_SAME = ("clone", "alias", "_to_copy", "to", "contiguous", "detach", "lift_fresh_copy")
_VIEWS = (
    "view",
    "_unsafe_view",
    "reshape",
    "squeeze",
    "unsqueeze",
    "permute",
    "transpose",
    "t",
    "slice",
    "select",
    "expand",
    "as_strided",
    "diagonal",
    "split",
    "split_with_sizes",
    "unbind",
)
_REDUCED: Mapping[str, str] = {"mean": "mean", "sum": "sum", "amax": "max", "amin": "min"}


def handler_of(node: Node) -> Handler | None:
    """Of a node's operation; None where the page has none."""
    if node.target is operator.getitem:
        return _item
    name = name_of(node)
    plain = name.split(".")[0]
    if name in _ELEMENTWISE or plain in _ELEMENTWISE:
        return _elementwise
    if name in _PAIRS or plain in _PAIRS:
        return _pair
    if plain in _SAME:
        return _same
    if plain in _VIEWS:
        return _view
    if plain in _REDUCED:
        return _reduced
    return _OTHERS.get(plain)


def _given(node: Node, *names: str) -> list[Any]:
    """Arguments in the order of the operation's own description, defaults where they are left out."""
    target: Any = node.target
    defaults = {each.name: each.default_value for each in target._schema.arguments}
    positions = {each.name: place for place, each in enumerate(target._schema.arguments)}
    return [
        node.args[positions[name]]
        if positions[name] < len(node.args)
        else node.kwargs.get(name, defaults[name])
        for name in names
    ]


def _item(to: Lowering, node: Node) -> None:
    of, at = node.args
    assert isinstance(of, Node)
    assert isinstance(at, int)
    parts = to.parts[of]
    if at not in parts:
        raise ExportError(
            f"format html has no second result of {name_of(of)}; write another format: --format onnx."
        )
    to.values[node] = parts[at]


def _elementwise(to: Lowering, node: Node) -> None:
    name = name_of(node)
    op, defaults = _ELEMENTWISE.get(name) or _ELEMENTWISE[name.split(".")[0]]
    x, *rest = node.args
    given = [*rest, *defaults[len(rest) :]]
    to.op(node, op, [x], values=given)


def _gelu(to: Lowering, node: Node) -> None:
    (approximate,) = _given(node, "approximate")
    to.op(node, "gelu" if approximate == "none" else "gelu_tanh", [node.args[0]], values=[])


def _pair(to: Lowering, node: Node) -> None:
    name = name_of(node)
    op = _PAIRS.get(name) or _PAIRS[name.split(".")[0]]
    first, second = node.args[:2]
    if node.kwargs.get("alpha", 1) != 1 or node.kwargs.get("rounding_mode") is not None:
        raise ExportError(
            f"format html has no {name} with {dict(node.kwargs)}; write another format: --format onnx."
        )
    to.op(node, op, [first, second], layer=op == "add" and to.both_computed(node))


def _where(to: Lowering, node: Node) -> None:
    to.op(node, "where", list(node.args))


def _same(to: Lowering, node: Node) -> None:
    to.values[node] = to.value(node.args[0])


def _view(to: Lowering, node: Node) -> None:
    """Where each value lies is what PyTorch says of a tensor without values."""
    x = node.args[0]
    assert isinstance(x, Node)
    target: Any = node.target
    made = target(torch.empty(tuple(x.meta["val"].shape), device="meta"), *node.args[1:], **node.kwargs)
    if isinstance(made, torch.Tensor):
        to.values[node] = _seen(to, x, made)
    else:
        to.parts[node] = {place: _seen(to, x, part) for place, part in enumerate(made)}


def _seen(to: Lowering, x: Node, made: torch.Tensor) -> int:
    offset = made.storage_offset()
    if made.is_contiguous() and not offset and made.numel() == x.meta["val"].numel():
        return to.add("reshape", [to.value(x)], made.shape)
    strides = list(made.stride())
    return to.add("view", [to.value(x)], made.shape, strides=strides, offset=offset)


def _convolution(to: Lowering, node: Node) -> None:
    names = ("input", "weight", "bias", "stride", "padding", "dilation", "transposed", "groups")
    x, weight, bias, stride, padding, dilation, transposed, groups = _given(node, *names)
    kernel = to.constant(weight)
    if transposed or len(kernel.shape) > 4:
        kind = "transposed convolution" if transposed else "convolution in three dimensions"
        raise ExportError(f"format html has no {kind}; write another format: --format onnx.")
    two = _two(stride), _two(padding, 0), _two(dilation)
    shape = kernel.shape if kernel.ndim == 4 else (*kernel.shape[:2], 1, kernel.shape[2])
    kernel, offsets = to.normalised(node, kernel, None if bias is None else to.constant(bias))
    to.op(
        node,
        "conv",
        [x],
        layer=True,
        weight=to.tensor(kernel.reshape(shape), narrow=True),
        bias=to.tensor(offsets),
        stride=two[0],
        padding=two[1],
        dilation=two[2],
        groups=groups,
    )


def _linear(to: Lowering, node: Node) -> None:
    """``addmm(bias, x, weight)`` and ``mm(x, weight)``, weight ``(inputs, outputs)``."""
    bias, x, weight = (None, *node.args[:2]) if name_of(node) == "mm" else node.args[:3]
    if node.kwargs:
        raise ExportError(
            f"format html has no {name_of(node)} with {dict(node.kwargs)}; write another format: --format onnx."
        )
    matrix = to.constant(weight).t()
    matrix, offsets = to.normalised(node, matrix, None if bias is None else to.constant(bias))
    to.op(node, "linear", [x], layer=True, weight=to.tensor(matrix, narrow=True), bias=to.tensor(offsets))


def _batch_norm(to: Lowering, node: Node) -> None:
    x = node.args[0]
    if isinstance(x, Node) and x in to.folded:
        to.parts[node] = {0: to.values[x]}
        return
    scale, shift = to.scale_and_shift(node)
    made = to.add(
        "affine", [to.value(x)], node.meta["val"][0].shape, scale=to.tensor(scale), shift=to.tensor(shift)
    )
    to.follows(made, x)
    to.parts[node] = {0: made}


def _layer_norm(to: Lowering, node: Node) -> None:
    x, shape, weight, bias, eps = _given(node, "input", "normalized_shape", "weight", "bias", "eps")
    length = torch.Size(shape).numel()
    whole = node.meta["val"][0].shape
    made = to.add("normalise", [to.value(x)], whole, length=length, eps=eps)
    for op, each in (("mul", weight), ("add", bias)):
        if each is not None:
            made = to.add(op, [made, to.value(each)], whole)
    to.parts[node] = {0: made}


def _group_norm(to: Lowering, node: Node) -> None:
    names = ("input", "weight", "bias", "C", "HxW", "group", "eps")
    x, weight, bias, channels, area, groups, eps = _given(node, *names)
    whole = node.meta["val"][0].shape
    made = to.add("normalise", [to.value(x)], whole, length=channels // groups * area, eps=eps)
    if weight is not None or bias is not None:
        scale = torch.ones(channels) if weight is None else to.constant(weight)
        shift = torch.zeros(channels) if bias is None else to.constant(bias)
        made = to.add("affine", [made], whole, scale=to.tensor(scale), shift=to.tensor(shift))
    to.parts[node] = {0: made}


def _max_pool(to: Lowering, node: Node) -> None:
    x, kernel, stride, padding, dilation = _given(
        node, "self", "kernel_size", "stride", "padding", "dilation"
    )
    window = _three(kernel), _three(stride or kernel), _three(padding, 0), _three(dilation)
    made = to.add("maxpool", [to.value(x)], node.meta["val"][0].shape, window=window)
    to.layer(made, node)
    to.parts[node] = {0: made}


def _avg_pool(to: Lowering, node: Node) -> None:
    names = ("self", "kernel_size", "stride", "padding", "count_include_pad")
    x, kernel, stride, padding, count_padding = _given(node, *names)
    divisor = _given(node, "divisor_override")[0] if "1d" not in name_of(node) else None
    window = _three(kernel), _three(stride or kernel), _three(padding, 0), (1, 1, 1)
    to.op(
        node,
        "avgpool",
        [x],
        layer=to.is_module(node),
        window=window,
        count_padding=count_padding,
        divisor=divisor or 0,
    )


def _adaptive(to: Lowering, node: Node) -> None:
    to.op(node, "adaptive", [node.args[0]], layer=True, most=False)


def _adaptive_max(to: Lowering, node: Node) -> None:
    made = to.add("adaptive", [to.value(node.args[0])], node.meta["val"][0].shape, most=True)
    to.layer(made, node)
    to.parts[node] = {0: made}


def _reduced(to: Lowering, node: Node) -> None:
    shape = _shape(node.args[0])
    axes: Any = node.args[1] if len(node.args) > 1 and node.args[1] else range(len(shape))
    whole = sorted(axis % len(shape) for axis in axes)
    pooled = len(shape) > 2 and whole == list(range(2, len(shape)))
    to.op(
        node,
        "reduce",
        [node.args[0]],
        layer=pooled and name_of(node).startswith("mean"),
        axes=whole,
        how=_REDUCED[name_of(node).split(".")[0]],
    )


def _cat(to: Lowering, node: Node) -> None:
    parts, axis = _given(node, "tensors", "dim")
    to.op(node, "cat", list(parts), layer=True, axis=axis % len(node.meta["val"].shape))


def _pad(to: Lowering, node: Node) -> None:
    x, pad, value = _given(node, "self", "pad", "value")
    around = [(0, 0)] * len(_shape(x))
    for place in range(len(pad) // 2):
        around[-1 - place] = (pad[2 * place], pad[2 * place + 1])
    to.op(node, "pad", [x], before=[before for before, _ in around], value=value)


def _softmax(to: Lowering, node: Node) -> None:
    x, axis = node.args[:2]
    assert isinstance(axis, int)
    to.op(
        node,
        "softmax",
        [x],
        axis=axis % len(node.meta["val"].shape),
        log=name_of(node).startswith("_log"),
    )


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(x.meta["val"].shape)


def _two(values: Any, before: int = 1) -> list[int]:
    """Of one axis or two: two."""
    given = list(values)
    return [before] * (2 - len(given)) + given


def _three(values: Any, before: int = 1) -> tuple[int, ...]:
    """Of one to three axes: three. A list of one stands for as many as there are, as PyTorch has it: it is the last."""
    given = [values] if isinstance(values, int) else list(values)
    return tuple([before] * (3 - len(given)) + given)


_OTHERS: Mapping[str, Handler] = {
    "gelu": _gelu,
    "where": _where,
    "convolution": _convolution,
    "addmm": _linear,
    "mm": _linear,
    "_native_batch_norm_legit_no_training": _batch_norm,
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    "max_pool2d_with_indices": _max_pool,
    "max_pool3d_with_indices": _max_pool,
    "avg_pool1d": _avg_pool,
    "avg_pool2d": _avg_pool,
    "avg_pool3d": _avg_pool,
    "_adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive_max,
    "cat": _cat,
    "constant_pad_nd": _pad,
    "_softmax": _softmax,
    "_log_softmax": _softmax,
}

"""``tf.train.Example`` and its parts, and how they become tensors.

The messages are protobuf's own, of descriptors made here (TensorFlow's ``core/example/feature.proto``,
``example.proto``, ``framework/tensor.proto``): what they write, TensorFlow reads.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from prunelle.errors import PrunelleError
from prunelle.keras.eager.dtypes import DType, as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import sizes
from prunelle.keras.eager.tensor import convert, wrap
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import INSTALL

_LISTS = {
    "bytes_list": ("BytesList", "bytes"),
    "float_list": ("FloatList", "float"),
    "int64_list": ("Int64List", "int64"),
}
_KINDS = {"string": "bytes_list", "float32": "float_list", "int64": "int64_list"}
# The numbers of framework/types.proto.
_NUMBERS = {
    "float32": 1,
    "float64": 2,
    "int32": 3,
    "uint8": 4,
    "int16": 5,
    "int8": 6,
    "string": 7,
    "complex64": 8,
    "int64": 9,
    "bool": 10,
    "bfloat16": 14,
    "uint16": 17,
    "float16": 19,
    "uint32": 22,
    "uint64": 23,
}


@functools.cache
def messages() -> dict[str, Any]:
    """The classes of messages by their names.

    Raises:
        PrunelleError: protobuf is not there.
    """
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError as error:
        raise PrunelleError(f"tf.train.Example needs protobuf: {INSTALL}") from error
    file = descriptor_pb2.FileDescriptorProto(
        name="prunelle/example.proto", package="prunelle", syntax="proto3"
    )
    types = descriptor_pb2.FieldDescriptorProto

    def message(name: str, *fields: tuple[str, int, str, bool]) -> Any:
        made = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            own = kind[0].isupper()
            added = made.field.add(
                name=field,
                number=number,
                label=types.LABEL_REPEATED if repeated else types.LABEL_OPTIONAL,
                type=types.TYPE_MESSAGE if own else getattr(types, f"TYPE_{kind.upper()}"),
            )
            if own:
                added.type_name = f".prunelle.{kind}"
        return made

    def mapping(name: str, field: str, kind: str) -> None:
        made = message(name, (field, 1, f"{name}.Entry", True))
        entry = made.nested_type.add(name="Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=types.LABEL_OPTIONAL, type=types.TYPE_STRING)
        value = entry.field.add(name="value", number=2, label=types.LABEL_OPTIONAL, type=types.TYPE_MESSAGE)
        value.type_name = f".prunelle.{kind}"
        entry.name = f"{''.join(part.title() for part in field.split('_'))}Entry"
        made.field[0].type_name = f".prunelle.{name}.{entry.name}"

    for name, kind in _LISTS.values():
        message(name, ("value", 1, kind, True))
    feature = message(
        "Feature", *((field, i, name, False) for i, (field, (name, _)) in enumerate(_LISTS.items(), 1))
    )
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    mapping("Features", "feature", "Feature")
    message("FeatureList", ("feature", 1, "Feature", True))
    mapping("FeatureLists", "feature_list", "FeatureList")
    message("Example", ("features", 1, "Features", False))
    message("SequenceExample", ("context", 1, "Features", False), ("feature_lists", 2, "FeatureLists", False))
    message("Dim", ("size", 1, "int64", False))
    message("Shape", ("dim", 2, "Dim", True))
    message(
        "Tensor",
        *(
            ("dtype", 1, "int32", False),
            ("tensor_shape", 2, "Shape", False),
            ("tensor_content", 4, "bytes", False),
        ),
        ("string_val", 8, "bytes", True),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        each.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"prunelle.{each.name}"))
        for each in file.message_type
    }


@dataclasses.dataclass(frozen=True)
class FixedLenFeature:
    """A feature of the same shape in every example; without ``default_value`` each must have it."""

    shape: Any
    dtype: Any
    default_value: Any = None


@dataclasses.dataclass(frozen=True)
class FixedLenSequenceFeature:
    """A feature of any number of rows of a shape."""

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


@dataclasses.dataclass(frozen=True)
class VarLenFeature:
    """A feature of any number of values, which come as a flat tensor."""

    dtype: Any


def parse_single_example(
    serialized: Any, features: Mapping[str, Any], example_names: Any = None, name: Any = None
) -> dict[str, Any]:
    """One example's features, each as its description says.

    Raises:
        InvalidArgumentError: bytes that are no example; a feature that is not there, or of another type or size.
    """
    content = convert(serialized)
    return {key: wrap(value) for key, value in _parsed(content.numpy(), features).items()}


def parse_example(
    serialized: Any, features: Mapping[str, Any], example_names: Any = None, name: Any = None
) -> dict[str, Any]:
    """The features of several examples, each stacked: shorter rows of a ``VarLenFeature`` are filled at their end."""
    contents = convert(serialized).numpy()
    if isinstance(contents, bytes):
        return parse_single_example(serialized, features)
    rows = [_parsed(content, features) for content in contents.reshape(-1)]
    return {key: wrap(_stacked([row[key] for row in rows])) for key in features}


def _parsed(content: bytes, features: Mapping[str, Any]) -> dict[str, Any]:
    example = messages()["Example"]()
    try:
        example.ParseFromString(content)
    except Exception as error:
        raise InvalidArgumentError(
            "this record is no tf.train.Example: its bytes cannot be read as one."
        ) from error
    there = example.features.feature
    held = {
        key: there[key] for key in features if key in there
    }  # a map of messages makes what it is asked for
    return {key: _value(key, held.get(key), about) for key, about in features.items()}


def _value(key: str, feature: Any, about: Any) -> Any:
    kind: DType = as_dtype(about.dtype)
    if kind.name not in _KINDS:
        raise InvalidArgumentError(
            f"feature {key!r}: an Example holds int64, float32 and string; received {kind.name}."
        )
    field = _KINDS[kind.name]
    held = None if feature is None else feature.WhichOneof("kind")
    if held is None:
        return _absent(key, about, kind)
    if held != field:
        raise InvalidArgumentError(f"feature {key!r} is a {held}; its description says {kind.name}.")
    values = list(getattr(feature, field).value)
    if isinstance(about, VarLenFeature):
        return _tensor(values, (len(values),), kind)
    shape = sizes(about.shape)
    if isinstance(about, FixedLenSequenceFeature):
        shape = (-1, *shape) if values else (0, *shape)
    elif len(values) != int(np.prod(shape)):
        raise InvalidArgumentError(
            f"feature {key!r} has {len(values)} values; its description says shape {shape}."
        )
    return _tensor(values, shape, kind)


def _absent(key: str, about: Any, kind: DType) -> Any:
    if isinstance(about, VarLenFeature) or (
        isinstance(about, FixedLenSequenceFeature) and about.allow_missing
    ):
        shape = (0,) if isinstance(about, VarLenFeature) else (0, *sizes(about.shape))
        return _tensor([], shape, kind)
    if about.default_value is None:
        raise InvalidArgumentError(
            f"an example has no feature {key!r}, and its description no default_value."
        )
    shape = sizes(about.shape)
    given = np.asarray(about.default_value, dtype=object if kind.name == "string" else kind.as_numpy_dtype)
    return _tensor(np.broadcast_to(given, shape).reshape(-1).tolist(), shape, kind)


def _tensor(values: list[Any], shape: tuple[int, ...], kind: DType) -> Any:
    if kind.name == "string":
        array = np.array(values, dtype=object).reshape(shape)
        return Text(array if array.ndim else array[()])
    return torch.tensor(values, dtype=kind.torch).reshape(shape)


def _stacked(rows: list[Any]) -> Any:
    if isinstance(rows[0], Text):
        arrays = [np.asarray(row) for row in rows]
        if len({array.shape for array in arrays}) > 1:
            longest = max(len(array) for array in arrays)
            arrays = [np.concatenate([a, np.full(longest - len(a), b"", dtype=object)]) for a in arrays]
        return Text(np.stack(arrays))
    if len({row.shape for row in rows}) > 1:
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return torch.stack(rows)


def serialize_tensor(tensor: Any, name: str | None = None) -> Text:
    """A tensor as bytes, which ``parse_tensor`` reads, TensorFlow's too."""
    value = convert(tensor)
    array = np.asarray(value) if isinstance(value, Text) else value.detach().cpu().numpy()
    kind = "string" if isinstance(value, Text) else as_dtype(value.dtype).name
    made = messages()["Tensor"](dtype=_NUMBERS[kind])
    made.tensor_shape.SetInParent()
    for size in array.shape:
        made.tensor_shape.dim.add(size=size)
    if kind == "string":
        made.string_val.extend(array.reshape(-1).tolist())
    else:
        made.tensor_content = array.tobytes()
    return Text(made.SerializeToString())


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Any:
    """The tensor of bytes that ``serialize_tensor`` gave.

    Raises:
        InvalidArgumentError: other bytes, or a tensor of another type.
    """
    kind, made = as_dtype(out_type), messages()["Tensor"]()
    try:
        made.ParseFromString(convert(serialized).numpy())
    except Exception as error:
        raise InvalidArgumentError("these bytes are no tensor that tf.io.serialize_tensor gave.") from error
    if made.dtype != _NUMBERS[kind.name]:
        names = {number: name for name, number in _NUMBERS.items()}
        raise InvalidArgumentError(
            f"the tensor is of {names.get(made.dtype, 'another type')}; out_type says {kind.name}."
        )
    shape = tuple(dim.size for dim in made.tensor_shape.dim)
    if kind.name == "string":
        return _tensor(list(made.string_val), shape, kind)
    array = np.frombuffer(made.tensor_content, dtype=kind.as_numpy_dtype).reshape(shape)
    return wrap(torch.from_numpy(array.copy()))

"""Weight files, damaged or lying: safetensors, what ``torch.save`` writes, HDF5, and Keras's archives."""

from __future__ import annotations

import collections
import io
import json
import pickle
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.torture.mutations import damaged


def safetensors(good: bytes, draw: random.Random) -> bytes:
    """From a good file: damaged, or with a header that lies."""
    if draw.random() < 0.35:
        return damaged(good, good[::-1], draw)
    size = struct.unpack("<Q", good[:8])[0]
    header: dict[str, Any] = json.loads(good[8 : 8 + size])
    names = [name for name in header if name != "__metadata__"]
    name = draw.choice(names)
    entry = header[name]
    how = draw.randrange(12)
    if how == 0:
        entry["shape"] = draw.choice(([2**40], [-1], [], [0], [1.5], "x", None, [2**63, 2**63], [1] * 5_000))
    elif how == 1:
        entry["data_offsets"] = draw.choice(([0, 2**62], [-8, 8], [8, 0], [0], "x", None, [0, 0]))
    elif how == 2:
        entry["dtype"] = draw.choice(("F64", "BOOL", "I8", "F8_E4M3", "F4", "x", None, 3, "C64"))
    elif how == 3:
        del header[name]
    elif how == 4:
        header["\x1b[31m\n" + name] = header.pop(name)
    elif how == 5:
        meta = header.setdefault("__metadata__", {})
        meta["prunelle"] = draw.choice(
            (
                "",
                "[",
                "[" * 100_000,
                "null",
                "3",
                '{"classes": 3}',
                '{"classes": ["\\u001b[31m"]}',
                '{"preprocess": {}}',
                '{"classes": []}',
                '{"preprocess": {"size": [1e9, 1e9]}}',
                "NaN",
            )
        )
    elif how == 6:
        header["__metadata__"] = draw.choice(({}, {"a": "b" * 10**6}, {"a": 3}, [], None))
    elif how == 7:
        return struct.pack("<Q", draw.choice((0, 1, 2**32, 2**63, 2**64 - 1, 10**8, len(good)))) + good[8:]
    elif how == 8:
        text = draw.choice(("[]", "{", "{}", "null", "[" * 200_000, '{"a":' * 50_000, "\xff", '{"a": {}}'))
        return struct.pack("<Q", len(text.encode())) + text.encode() + good[8 + size :]
    elif how == 9:
        for each in names:
            header[each] = entry
    elif how == 10:
        data = bytearray(good)
        at = draw.randrange(8 + size, len(good) - 8) // 4 * 4
        data[at : at + 4] = draw.choice(
            (b"\0\0\x80\x7f", b"\0\0\xc0\x7f", b"\xff\xff\x7f\x7f")
        )  # inf, NaN, the largest
        return bytes(data)
    else:
        for i in range(20_000):
            header[f"extra{i}"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    text = json.dumps(header)
    return struct.pack("<Q", len(text.encode())) + text.encode() + good[8 + size :]


class _Evil:
    """Would make a file, were it to be unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return open, (str(self.mark), "w")


def pth(mark: Path, tensors: dict[str, np.ndarray], draw: random.Random) -> bytes:
    """What ``torch.save`` writes, damaged, nested, of other types, with code in it, or larger inside.

    ``mark`` is the file that appears should code in it run.
    """
    import torch

    state: Any = {name: torch.from_numpy(array.copy()) for name, array in tensors.items()}
    how = draw.randrange(10)
    name = draw.choice(list(state))
    if how == 0:
        state = {draw.choice(("state_dict", "model", "net", "model_state_dict", "x")): state}
    elif how == 1:
        state = draw.choice(
            ([], 3, None, "text", state[name], {}, {"a": 3}, {3: state[name]}, collections.OrderedDict())
        )
    elif how == 2:
        state[name] = draw.choice(
            (3, None, "text", state[name].double(), state[name].flatten(), state[name][:0], torch.zeros(()))
        )
    elif how == 3:
        state[name] = _Evil(mark)
    elif how == 4:
        state[name] = torch.zeros(1).expand(*draw.choice(((10**6, 10**6), (10**5, 500))))
    elif how == 5:
        for _ in range(draw.choice((3, 500))):
            state = {"state_dict": state}
    elif how == 6:
        return pickle.dumps(
            draw.choice((_Evil(mark), state, [_Evil(mark)], {"a": np.zeros(3)})), draw.choice((0, 2, 4))
        )
    stream = io.BytesIO()
    try:
        torch.save(state, stream, _use_new_zipfile_serialization=draw.random() < 0.8)
    except Exception:
        return b""
    content = stream.getvalue()
    if how == 7 and zipfile.is_zipfile(io.BytesIO(content)):
        return _bomb(content, draw)
    return damaged(content, content[::-1], draw) if how > 7 else content


def _bomb(archive: bytes, draw: random.Random) -> bytes:
    """The same archive, its members longer, and packed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for number, member in enumerate(source.namelist()):
            extra = bytes(10**8) if number == draw.randrange(len(source.namelist())) else b""
            target.writestr(member, source.read(member) + extra)
    return stream.getvalue()


def run_file(name: str, good: bytes, draw: random.Random) -> bytes:
    """``run.json`` or one of its neighbours: damaged, or with other values in it."""
    if draw.random() < 0.3 or not name.endswith(".json"):
        return damaged(good, good[::-1], draw)
    values = json.loads(good)
    for _ in range(draw.choice((1, 1, 3))):
        values = _other_value(values, draw)
    text = json.dumps(values)
    return (draw.choice(("", "", "", "\ufeff", "[" * 100_000)) + text).encode(
        draw.choice(("utf-8", "utf-8", "utf-8", "utf-16"))
    )


_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\x1b[31m",
    "../../x",
    [],
    {},
    [[]],
    "lenet5",
    [3, 10**6, 10**6],
    "é" * 1000,
    2**31,
    1.5,
    "0",
    [None],
    {"a": {"a": {}}},
)


def _other_value(values: Any, draw: random.Random) -> Any:
    if isinstance(values, dict) and values and draw.random() < 0.9:
        key = draw.choice(list(values))
        if draw.random() < 0.15:
            return {each: value for each, value in values.items() if each != key}
        return values | {key: _other_value(values[key], draw)}
    if isinstance(values, list) and values and draw.random() < 0.8:
        at = draw.randrange(len(values))
        return [*values[:at], _other_value(values[at], draw), *values[at + 1 :]]
    return draw.choice(_VALUES)


def keras_file(draw: random.Random) -> tuple[str, bytes]:
    """Weights as Keras writes them in HDF5, or the archive of a whole model: damaged, or of other shapes."""
    import h5py

    stream = io.BytesIO()
    shapes = {
        "conv2d": [("kernel:0", (3, 3, 1, 4)), ("bias:0", (4,))],
        "dense": [("kernel:0", (144, 1)), ("bias:0", (1,))],
    }
    how = draw.randrange(8)
    with h5py.File(stream, "w") as file:
        file.attrs["layer_names"] = (
            [name.encode() for name in shapes] if how else draw.choice((3, [b"x"], "conv2d"))
        )
        file.attrs["backend"] = b"tensorflow"
        if how == 1:
            file.attrs["model_config"] = draw.choice(
                ("{}", "[" * 60_000, '{"class_name": "Lambda"}', "null", json.dumps(_MODEL))
            )
        for layer, weights in shapes.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{name}".encode() for name, _ in weights]
            for name, shape in weights:
                if how == 2 and draw.random() < 0.5:
                    shape = draw.choice(((), (0,), (4, 4), (1,) * 20))
                if how == 3 and draw.random() < 0.5:
                    group.create_dataset(
                        f"{layer}/{name}",
                        shape=(10**5, 10**6),
                        dtype="f4",
                        chunks=(1000, 1000),
                        compression="gzip",
                    )
                elif how == 4 and draw.random() < 0.5:
                    group.create_dataset(
                        f"{layer}/{name}", data=draw.choice((b"text", [1, 2], np.zeros(shape, "c8")))
                    )
                else:
                    group.create_dataset(f"{layer}/{name}", data=np.zeros(shape, np.float32))
    content = stream.getvalue()
    if how in (5, 6):
        content = damaged(content, content[::-1], draw)
    if draw.random() < 0.3:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            target.writestr(
                "config.json", draw.choice((json.dumps(_MODEL), "{}", "[" * 60_000, "\xff", '{"a":' * 5_000))
            )
            target.writestr("metadata.json", draw.choice(('{"keras_version": "3.0.0"}', "", "[]")))
            if draw.random() < 0.8:
                target.writestr("model.weights.h5", content + bytes(draw.choice((0, 0, 3 * 10**8))))
        content = archive.getvalue()
        if draw.random() < 0.4:
            content = damaged(content, content[::-1], draw)
        return ".keras", content
    return draw.choice((".h5", ".hdf5", ".keras")), content


_MODEL = {
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [
            {
                "class_name": "Dense",
                "config": {"name": "dense", "units": 10**6, "batch_input_shape": [None, 10**6]},
            }
        ],
    },
}

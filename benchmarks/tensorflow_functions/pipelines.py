"""Random pipelines of ``tf.data`` beside the real TensorFlow: elements in their order, structure, types, cardinality.

Run by a Python that has TensorFlow, it writes what that gave; by one that has Prunelle, it compares::

    python-with-tensorflow benchmarks/tensorflow_functions/pipelines.py --write answers.json --number 500
    python benchmarks/tensorflow_functions/pipelines.py --compare answers.json

What is drawn by lot (``shuffle``) is compared sorted, at the end of a pipeline. Exit status 1 where something differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

SOURCES = [
    "D.range({n})",
    "D.range({a}, {n}, {b})",
    "D.from_tensor_slices(np.arange({n}) * 3)",
    "D.from_tensor_slices(np.arange({n} * 2, dtype='float32').reshape({n}, 2))",
    "D.from_tensor_slices([float(i) for i in range({n})])",
    "D.from_tensor_slices((np.arange({n}), np.arange({n}) % 3))",
    "D.from_tensor_slices({{'z': np.arange({n}), 'a': [str(i) for i in range({n})]}})",
    "D.from_tensor_slices(((np.arange({n}), np.ones(({n}, 2), 'uint8')), {{'k': np.arange({n}) * 0.5}}))",
    "D.from_tensor_slices([str(i % 5) for i in range({n})])",
    "D.from_tensors([1, 2, {n}])",
    "D.from_generator(lambda: (i * i for i in range({n})), output_signature=tf.TensorSpec((), tf.int32))",
    "D.from_generator(lambda: ((i, [i] * 2) for i in range({n})), (tf.int64, tf.float32), ((), (2,)))",
    "D.from_generator(lambda: ([i] * (i % 4) for i in range({n})), tf.int32, (None,))",
    "D.zip((D.range({n}), D.range({b}, 30)))",
    "D.zip(D.range({n}), D.from_tensor_slices((np.arange(12), np.arange(12.0))))",
    "D.zip({{'x': D.range({n}), 'y': (D.range(7), D.range(9))}})",
    "D.range({n}).concatenate(D.range(100, 100 + {a}))",
    "D.range({n}).map(lambda x: tf.fill([x % 4], x))",
    "D.choose_from_datasets([D.range({n}), D.range(50, 55)], D.range(2).repeat({b}))",
]
STEPS = [
    ".batch({b})", ".batch({b}, drop_remainder=True)", ".take({a})", ".skip({a})", ".repeat({a})",
    ".repeat().take({n})", ".shard({b} + 1, {a} % ({b} + 1))", ".cache()", ".prefetch(2)", ".enumerate()",
    ".enumerate(start={a})", ".unbatch()",
    ".window({b}, shift={a} + 1, stride={a} % 2 + 1, drop_remainder={a} % 2 == 0)",
    ".window({b})", ".map(lambda *x: x)", ".map(lambda *x: (x[0], 1.5))", ".map(lambda *x: [x, x])",
    ".map(lambda *x: {{'q': x[0], 'b': ('t', 2)}})", ".map(first)", ".map(lambda *x: first(*x), num_parallel_calls=2)",
    ".filter(lambda *x: tf.reduce_all(tf.equal(tf.size(first(*x)) % 2, 0)))", ".filter(small)", ".take_while(small)",
    ".concatenate(d)", ".padded_batch({b})", ".padded_batch({b}, drop_remainder=True)",
    ".interleave(lambda *x: D.from_tensors(x).repeat({a}), cycle_length={b}, block_length={a} % 3 + 1)",
    ".interleave(lambda *x: D.range(tf.cast(tf.size(first(*x)), tf.int64) * 3), cycle_length={b}, block_length=2)",
    ".flat_map(lambda *x: D.from_tensors(x).repeat({a} % 3))", ".flat_map(lambda w: w.batch(3))", ".rebatch({b})",
    ".rebatch([{b}, 1])", ".unique()", ".apply(tf.data.experimental.assert_cardinality({n}))", ".skip(-1)", ".take(-1)",
    ".scan(np.int64(0), lambda s, *x: (s + 1, (s, x)))", ".shuffle({n})", ".shuffle(3, seed=1)", ".map(double)",
    ".group_by_window(lambda *x: tf.cast(tf.size(first(*x)), tf.int64) % 2, lambda k, w: w.batch({b}), {b})",
    ".map(lambda *x: tf.shape(first(*x)))", ".map(lambda *x: tf.cast(tf.size(first(*x)), tf.float32))",
    ".snapshot(folder())",
]  # fmt: skip


def programs(number: int, seed: int) -> list[tuple[str, list[str]]]:
    """A source and steps of each."""
    draw, found = random.Random(seed), []
    for _ in range(number):
        numbers = {"n": draw.choice([0, 1, 3, 7, 10]), "a": draw.randrange(5), "b": draw.randrange(1, 5)}
        steps = [draw.choice(STEPS) for _ in range(draw.randrange(1, 5))]
        steps = [s for i, s in enumerate(steps) if ".shuffle" not in s or i == len(steps) - 1]
        found.append((draw.choice(SOURCES).format(**numbers), [each.format(**numbers) for each in steps]))
    return found


def names(tf: Any) -> dict[str, Any]:
    """What the programs call."""

    def first(*element: Any) -> Any:
        leaf = tf.nest.flatten(element)[0] if hasattr(tf, "nest") else _leaf(element)
        return leaf.batch(100).get_single_element() if isinstance(leaf, tf.data.Dataset) else leaf

    def small(*element: Any) -> Any:
        leaf = first(*element)
        return tf.constant(True) if leaf.dtype == tf.string else tf.reduce_all(tf.cast(leaf, tf.int64) < 5)

    def double(*element: Any) -> Any:
        leaf = first(*element)
        return leaf + leaf

    def folder() -> str:
        import tempfile

        return tempfile.mkdtemp()

    return {
        "tf": tf,
        "np": np,
        "D": tf.data.Dataset,
        "first": first,
        "small": small,
        "double": double,
        "folder": folder,
    }


def _leaf(value: Any) -> Any:
    while isinstance(value, (tuple, list, dict)):
        value = value[sorted(value)[0]] if isinstance(value, dict) else value[0]
    return value


def answer(tf: Any, source: str, steps: list[str]) -> dict[str, Any]:
    """Elements, spec and cardinality of one program, or which error."""
    scope = names(tf)
    try:
        d = scope["d"] = eval(source, scope)
        for step in steps:
            d = scope["d"] = eval(f"d{step}", scope)
        twice = []
        for _ in range(2):
            elements = [described(tf, each) for each in d.take(60)]
            twice.append(sorted(elements, key=str) if ".shuffle" in (steps or [""])[-1] else elements)
        return {"elements": twice, "spec": repr(d.element_spec), "cardinality": int(d.cardinality())}
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)[:300]}


def described(tf: Any, element: Any) -> Any:
    """An element in JSON."""
    if isinstance(element, dict):
        return {key: described(tf, element[key]) for key in element}
    if isinstance(element, (tuple, list)):
        return [type(element).__name__, *(described(tf, each) for each in element)]
    if isinstance(element, tf.data.Dataset):
        return ["window", *(described(tf, each) for each in element.take(60))]
    if element is None:
        return None
    value = element.numpy()
    value = value.tolist() if hasattr(value, "tolist") else value
    return [element.dtype.name, list(element.shape), json.loads(json.dumps(value, default=bytes.decode))]


def differences(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """In words; kinds of errors are not compared."""
    if "error" in theirs or "error" in ours:
        return [] if ("error" in theirs) == ("error" in ours) else ["error"]
    return [key for key in ("elements", "cardinality", "spec") if theirs[key] != ours[key]]


def main() -> int:
    """Writes or compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--number", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=10)
    given = parser.parse_args()
    if given.write:
        import tensorflow as tf

        drawn = programs(given.number, given.seed)
        given.write.write_text(json.dumps([[s, steps, answer(tf, s, steps)] for s, steps in drawn]))
        return 0
    from prunelle.keras import compat

    counts: dict[str, int] = {}
    with compat("tf2"), contextlib.redirect_stderr(sys.stdout):
        import tensorflow as tf

        for source, steps, theirs in json.loads(given.compare.read_text()):
            ours = answer(tf, source, steps)
            found = differences(theirs, ours)
            key = ", ".join(found) or ("error in both" if "error" in theirs else "same")
            counts[key] = counts.get(key, 0) + 1
            if found and counts[key] <= given.show:
                print(f"{key}: {source}{''.join(steps)}\n  TensorFlow {theirs}\n  Prunelle   {ours}")
    print(counts)
    return int(any(key not in ("same", "error in both") for key in counts))


if __name__ == "__main__":
    sys.exit(main())

"""One side's answers: run by ``__main__.py`` in the interpreter of TensorFlow, and in that of Prunelle.

    PYTHON answer.py tensorflow|prunelle FILE [MODULE …]

Writes a pickle after another: ``(module, function, [answer, …])``. An answer is what came back without anything of its
side in it: ``("tensor", dtype, shape, array)``, ``("error", class, line)``, lists of these.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tensorflow_functions.cases import Case, Entry, T
from tensorflow_functions.tables import TABLES


def found(tf: Any, name: str) -> Any:
    """``tf.math.abs`` of its name."""
    for each in name.split(".")[1:]:
        tf = getattr(tf, each)
    return tf


def given(tf: Any, value: Any) -> Any:
    """Arguments with tensors in them."""
    if isinstance(value, T):
        return tf.constant(value.array)
    if type(value) in (list, tuple):
        return type(value)(given(tf, each) for each in value)
    if type(value) is dict:
        return {name: given(tf, each) for name, each in value.items()}
    return value


def described(tf: Any, value: Any) -> Any:
    """What came back, in terms of NumPy."""
    if isinstance(value, dict):
        return [(name, described(tf, value[name])) for name in sorted(value)]
    if isinstance(value, (list, tuple)) and not isinstance(value, tf.TensorShape):
        return [described(tf, each) for each in value]
    if hasattr(value, "numpy") and hasattr(value, "dtype"):
        array = np.asarray(value.numpy())
        kind = tf.as_dtype(value.dtype).name
        if kind in ("bfloat16", "string"):
            array = array.astype(np.float32 if kind == "bfloat16" else object)
        return "tensor", kind, tuple(array.shape), array
    if isinstance(value, (np.ndarray, np.generic)):
        return "array", np.asarray(value).dtype.name, np.shape(value), np.asarray(value)
    return "object", repr(value)


def answer(tf: Any, function: Any, case: Case, entry: Entry) -> Any:
    """The value, or the error."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            args, kwargs = given(tf, case.args), given(tf, case.kwargs)
            if not entry.gradient:
                return described(tf, function(*args, **kwargs))
            sources = [
                each
                for each in (*args, *kwargs.values())
                if hasattr(each, "dtype") and hasattr(each, "numpy") and each.dtype.is_floating
            ]
            with tf.GradientTape() as tape:
                for each in sources:
                    tape.watch(each)
                value = function(*args, **kwargs)
            value_there = described(tf, value)
            gradients = [
                tf.convert_to_tensor(each) if hasattr(each, "dense_shape") else each
                for each in tape.gradient(value, sources)
            ]
            return [value_there, ("gradients", described(tf, gradients))]
    except Exception as error:
        return "error", type(error).__name__, str(error).strip().split("\n")[0][:300]


def main() -> None:
    """Every function of the modules asked for."""
    side, file, *modules = sys.argv[1:]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.ExitStack() as stack:
        if side == "prunelle":
            from prunelle.keras import compat

            stack.enter_context(compat("tf2"))
        import tensorflow as tf

        out = stack.enter_context(Path(file).open("wb"))
        for module, entries in TABLES.items():
            if modules and module not in modules:
                continue
            for name, entry in entries.items():
                full = f"{module}.{name}"
                try:
                    if entry.run is not None:
                        run = entry.run
                        function = lambda *a, run=run, **k: run(tf, *a, **k)  # noqa: E731
                    else:
                        function = found(tf, full)
                except Exception as error:
                    pickle.dump((module, name, ("missing", str(error))), out)
                    continue
                answers = [answer(tf, function, case, entry) for case in entry.made(full)]
                pickle.dump((module, name, answers), out)
                out.flush()


if __name__ == "__main__":
    main()

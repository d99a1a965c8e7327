"""Cuts data and steps from outside: ``run.py`` puts an import of this at the top of each program.

Numbers come from the environment: ``COURSE_EXAMPLES``, how many of an array ``fit`` and ``evaluate`` get, and
``COURSE_STEPS``, how many batches of a generator or data set; ``predict`` answers for all it is given. Stand-ins have
other checksums than the real files: those are not looked at. Nothing else of the program's Keras is touched.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

EXAMPLES, STEPS = int(os.environ["COURSE_EXAMPLES"]), int(os.environ["COURSE_STEPS"])
_SLICEABLE = ("torch", "scipy", "pandas", "prunelle")
_STEPS = {"fit": ("steps_per_epoch", "validation_steps"), "evaluate": ("steps",)}


def _cut(value: Any) -> Any:
    """The first examples of arrays, however they are nested; anything else as it is."""
    if isinstance(value, (list, tuple)) and not any(isinstance(one, (int, float, str)) for one in value):
        return type(value)(_cut(one) for one in value)
    if isinstance(value, dict):
        return {key: _cut(one) for key, one in value.items()}
    sliceable = isinstance(value, np.ndarray) or type(value).__module__.partition(".")[0] in _SLICEABLE
    if sliceable and len(getattr(value, "shape", ())) > 0 and value.shape[0] > EXAMPLES:
        return value[:EXAMPLES]
    return value


def _drawn(value: Any) -> bool:
    """Whether it comes batch by batch."""
    return (
        value is not None
        and not isinstance(value, (np.ndarray, list, tuple, dict))
        and not hasattr(value, "shape")
    )


def _with_cuts(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    steps = _STEPS[name.removesuffix("_generator")]

    @functools.wraps(original)
    def cut(self: Any, *args: Any, **given: Any) -> Any:
        args = tuple(_cut(value) for value in args)
        given = {key: value if key == "class_weight" else _cut(value) for key, value in given.items()}
        first: Any = args[0] if args else given.get("x", given.get("generator"))
        if name.endswith("_generator") or (_drawn(first) and not hasattr(first, "take")):
            kept = int(given.get(steps[0]) or STEPS)
            if name != "fit_generator" or len(args) < 2:
                given[steps[0]] = min(kept, STEPS)
        elif _drawn(first):
            args = (first.take(STEPS), *args[1:]) if args else args
            given = {key: one.take(STEPS) if key == "x" else one for key, one in given.items()}
            if given.get(steps[0]):
                given[steps[0]] = min(given[steps[0]], STEPS)
        elif given.get(steps[0]):
            given[steps[0]] = min(given[steps[0]], STEPS)
        checked = given.get("validation_data")
        if name.startswith("fit") and checked is not None:
            if _drawn(checked) and hasattr(checked, "take"):
                given["validation_data"] = checked.take(STEPS)
            elif _drawn(checked):
                given["validation_steps"] = min(int(given.get("validation_steps") or STEPS), STEPS)
        return original(self, *args, **given)

    return cut


def begin() -> None:
    """From now on."""
    keras = importlib.import_module("keras")
    for name in ("fit", "evaluate", "fit_generator", "evaluate_generator"):
        original = getattr(keras.Model, name, None)
        if original is not None:
            setattr(keras.Model, name, _with_cuts(name, original))
    # Private names of ours and of Keras: where a checksum is compared.
    replaced: dict[str, tuple[str, Any]] = {
        "prunelle.keras.files": ("_has_hash", lambda path, expected: path.is_file()),
        "keras.src.utils.file_utils": ("validate_file", lambda *told, **given: True),
    }
    for module, (name, function) in replaced.items():
        setattr(importlib.import_module(module), name, function)


begin()

"""``keras.preprocessing.sequence``: what Keras 3 still has of it, under names that are not public."""

from __future__ import annotations

import json
from typing import Any

from prunelle.keras.floor import private

__all__ = ["TimeseriesGenerator", "make_sampling_table", "skipgrams", "timeseries_generator_from_json"]

_sequence: Any = private("legacy.preprocessing.sequence")
_remove_long_seq = private(
    "utils.python_utils"
).remove_long_seq  # under this name in Keras 2, and programs took it

make_sampling_table = _sequence.make_sampling_table
skipgrams = _sequence.skipgrams


class _Described:
    """Comes after Keras's classes: theirs asks for a description of its base, which has none."""

    def get_config(self) -> dict[str, Any]:
        """Nothing."""
        return {}


_Windows: Any = _sequence.TimeseriesGenerator


class TimeseriesGenerator(_Windows, _Described):  # type: ignore[misc]
    """Batches of windows ``(N, length / sampling_rate, …)`` of a series, each with the target of the step after it."""


def timeseries_generator_from_json(json_string: str) -> TimeseriesGenerator:
    """The generator that ``to_json`` described, with its data as lists."""
    config = json.loads(json_string)["config"]
    config["start_index"] -= config[
        "length"
    ]  # Keras keeps, and tells, the first target's place under this name
    return TimeseriesGenerator(**config | {name: json.loads(config[name]) for name in ("data", "targets")})

"""``tf.train``: checkpoints, and the messages of TFRecord files."""

from __future__ import annotations

from typing import Any

from prunelle.keras.eager import checkpoints
from prunelle.keras.pipeline import examples

Checkpoint, CheckpointManager = checkpoints.Checkpoint, checkpoints.CheckpointManager
latest_checkpoint = checkpoints.latest_checkpoint
_MESSAGES = (
    *("BytesList", "Example", "Feature", "FeatureList", "FeatureLists", "Features", "FloatList", "Int64List"),
    "SequenceExample",
)


def __getattr__(name: str) -> Any:
    if name in _MESSAGES:
        return examples.messages()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = sorted({*_MESSAGES, "Checkpoint", "CheckpointManager", "latest_checkpoint"})

"""``tf.train``: checkpoints."""

from __future__ import annotations

from prunelle.keras.eager.checkpoints import Checkpoint, CheckpointManager, latest_checkpoint

__all__ = ["Checkpoint", "CheckpointManager", "latest_checkpoint"]

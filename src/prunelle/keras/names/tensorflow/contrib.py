"""``tf.contrib``, of which ``tf.contrib.keras`` is here, and nothing else."""

__all__: list[str] = []

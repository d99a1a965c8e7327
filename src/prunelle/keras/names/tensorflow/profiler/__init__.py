"""``tf.profiler``: see ``tf.profiler.experimental``."""

__all__: list[str] = []

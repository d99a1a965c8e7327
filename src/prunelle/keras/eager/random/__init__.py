"""Numbers by chance: ``names/tensorflow/random/`` gathers what is ``tf.random``."""

"""Functions of ``tf.signal`` that are not in ``names/tensorflow/signal.py``."""

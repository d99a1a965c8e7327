"""Functions of ``tf.linalg`` that are not in ``names/tensorflow/linalg.py``."""

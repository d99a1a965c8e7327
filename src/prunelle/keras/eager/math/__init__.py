"""Functions of ``tf.math``, a kind a file: ``names/tensorflow/math.py`` gathers them."""

"""Functions of ``tf.nn``, a kind a file: ``names/tensorflow/nn.py`` gathers them."""

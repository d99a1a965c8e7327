"""Functions of ``tf.image``, a kind a file: ``names/tensorflow/image.py`` gathers them."""

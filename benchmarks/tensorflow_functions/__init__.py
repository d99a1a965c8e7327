"""Functions of ``tf`` beside the real TensorFlow: see README.md."""

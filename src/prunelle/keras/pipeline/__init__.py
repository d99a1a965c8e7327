"""``tf.data``: data sets with TensorFlow's meaning.

What a pass gives inside is plain: tensors of PyTorch, texts, data sets (windows), in the structure of the program's
tuples and dictionaries. Faces are put on where a program sees an element, and where its functions are called.
"""

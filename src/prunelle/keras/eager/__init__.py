"""TensorFlow's face on PyTorch: tensors, variables, gradients and functions as a program for TensorFlow means them.

Underneath there are PyTorch's tensors alone. ``tensor`` is the face: a tensor with TensorFlow's operators, types and
shapes. ``functions`` makes a function of PyTorch's one of ``tf``; ``boundary`` takes faces off where values go into
Keras and puts them on where they come back to the program. The names themselves are in
``prunelle.keras.names.tensorflow``.
"""

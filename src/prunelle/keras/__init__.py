"""The front door for programs of Keras 1, 2, tf.keras and 3: Keras 3 itself, with what they meant laid over it.

    >>> from prunelle.keras import compat
    >>> with compat("2.3"):
    ...     from keras.layers import Dense
    ...     from keras.optimizers import SGD
    ...     layer, optimizer = Dense(10, init="uniform"), SGD(lr=0.1, decay=1e-6)

``prunelle run program.py`` runs a program inside ``compat`` of the generation that it speaks.
"""

from __future__ import annotations

from prunelle.keras.compat import compat

__all__ = ["compat"]

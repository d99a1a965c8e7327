"""Keras's layers; each builds plain torch modules once it knows the shape of its input."""

from prunelle.keras import absent
from prunelle.keras.layers import augmentation, convolutional, core, merging, normalization, pooling
from prunelle.keras.layers.augmentation import *  # noqa: F403
from prunelle.keras.layers.base import Input, InputLayer, Layer
from prunelle.keras.layers.convolutional import *  # noqa: F403
from prunelle.keras.layers.core import *  # noqa: F403
from prunelle.keras.layers.merging import *  # noqa: F403
from prunelle.keras.layers.normalization import *  # noqa: F403
from prunelle.keras.layers.pooling import *  # noqa: F403

__all__ = ["Input", "InputLayer", "Layer"]
__all__ += augmentation.__all__
__all__ += convolutional.__all__
__all__ += core.__all__
__all__ += merging.__all__
__all__ += normalization.__all__
__all__ += pooling.__all__

__getattr__ = absent.reporter(__name__)

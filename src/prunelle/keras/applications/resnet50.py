"""``keras.applications.resnet50``: ResNet-50 alone."""

from prunelle.keras import absent
from prunelle.keras.applications.imagenet_utils import decode_predictions
from prunelle.keras.applications.resnet import ResNet50, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]

__getattr__ = absent.reporter(__name__)

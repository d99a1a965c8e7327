"""``keras.applications``: published architectures, on the weights of Prunelle's zoo."""

from prunelle.keras import absent
from prunelle.keras.applications import (
    imagenet_utils,
    inception_resnet_v2,
    inception_v3,
    resnet,
    resnet50,
    vgg16,
    vgg19,
    xception,
)
from prunelle.keras.applications.inception_resnet_v2 import InceptionResNetV2
from prunelle.keras.applications.inception_v3 import InceptionV3
from prunelle.keras.applications.resnet import ResNet50, ResNet101, ResNet152
from prunelle.keras.applications.vgg16 import VGG16
from prunelle.keras.applications.vgg19 import VGG19
from prunelle.keras.applications.xception import Xception

__all__ = [
    "VGG16",
    "VGG19",
    "InceptionResNetV2",
    "InceptionV3",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "Xception",
    "imagenet_utils",
    "inception_resnet_v2",
    "inception_v3",
    "resnet",
    "resnet50",
    "vgg16",
    "vgg19",
    "xception",
]

__getattr__ = absent.reporter(__name__)

"""ResNet: He, Zhang, Ren and Sun, arXiv:1512.03385, table 1, with biases as Keras has them.

With random weights, the first 1×1 convolution of a stage has its stride, as in the paper and in Keras. The published
weights are torchvision's, trained with the stride in the 3×3 convolution (arXiv:1812.01187, "ResNet-B"): models with
weights have it there. Shapes and numbers of weights are the same.
"""

from __future__ import annotations

from typing import Any

from prunelle.keras.applications.building import Made, Options, make, pooled_top
from prunelle.keras.applications.parts import PaddedConv2D
from prunelle.keras.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D
from prunelle.keras.models import Model

_EPSILON = 1.001e-5


def resnet(
    function: str, network: str, name: str, depths: tuple[int, int, int, int], options: Options
) -> Model:
    """The model with ``depths`` blocks in its four stages."""

    def maps(put: Made, x: Any) -> Any:
        x = ZeroPadding2D(((3, 3), (3, 3)), name="conv1_pad")(x)
        x = put(Conv2D(64, 7, strides=2, name="conv1_conv"))(x)
        x = put(BatchNormalization(epsilon=_EPSILON, name="conv1_bn"))(x)
        x = Activation("relu", name="conv1_relu")(x)
        x = ZeroPadding2D(((1, 1), (1, 1)), name="pool1_pad")(x)
        x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
        for stage, depth in enumerate(depths, 2):
            for number in range(1, depth + 1):
                stride = 2 if stage > 2 and number == 1 else 1
                x = _block(
                    put,
                    x,
                    32 * 2 ** (stage - 1),
                    stride,
                    project=number == 1,
                    stride_in_middle=options.weights is not None,
                    name=f"conv{stage}_block{number}",
                )
        return x

    return make(
        function,
        network,
        size=224,
        smallest=32,
        maps=maps,
        top=pooled_top,
        options=options,
        name=name,
        named_pooling=True,
    )


def _block(
    put: Made, x: Any, filters: int, stride: int, *, project: bool, stride_in_middle: bool, name: str
) -> Any:
    def convolved(x: Any, number: int, channels: int, size: int, strides: int) -> Any:
        padding = "same" if size > 1 else "valid"
        name_ = f"{name}_{number}_conv"
        if size == 3 and strides == 2:
            layer: Conv2D = PaddedConv2D(channels, name=name_)
        else:
            layer = Conv2D(channels, size, strides=strides, padding=padding, name=name_)
        x = put(layer)(x)
        return put(BatchNormalization(epsilon=_EPSILON, name=f"{name}_{number}_bn"))(x)

    first, second = (1, stride) if stride_in_middle else (stride, 1)
    shortcut = convolved(x, 0, 4 * filters, 1, stride) if project else x
    x = convolved(x, 1, filters, 1, first)
    x = Activation("relu", name=f"{name}_1_relu")(x)
    x = convolved(x, 2, filters, 3, second)
    x = Activation("relu", name=f"{name}_2_relu")(x)
    x = convolved(x, 3, 4 * filters, 1, 1)
    x = Add(name=f"{name}_add")([shortcut, x])
    return Activation("relu", name=f"{name}_out")(x)

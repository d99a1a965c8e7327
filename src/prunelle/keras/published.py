"""The zoo's published weights in Keras's models.

They were trained on pictures that were normalised in the publisher's way; ``preprocess_input`` does it in Keras's.
Both are affine by channel, so the difference goes into the first convolution, and the answers are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle import networks
from prunelle.errors import WeightsError
from prunelle.keras.floor import keras
from prunelle.networks.weights import load_weights, read_weights

CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Of ImageNet's blue, green and red, from 0 to 255."""

MODES = {
    **dict.fromkeys(("vgg-d", "vgg-e", "resnet50", "resnet101", "resnet152"), "caffe"),
    **dict.fromkeys(("inception-v3", "xception", "inception-resnet-v2"), "tf"),
}
"""Network of the zoo → how ``preprocess_input`` of Keras's model of it prepares pictures."""

_WITH_WEIGHTS = (nn.Conv2d, nn.BatchNorm2d, nn.Linear)


def load(made: Sequence[Any], network: str, source: str, *, include_top: bool) -> None:
    """Puts weights of a network of the zoo into a model's layers.

    Args:
        made: the layers with weights, in the order in which Keras's program creates them.
        network: whose weights they are.
        source: ``"imagenet"``, which is fetched where needed, or whatever else ``read_weights`` takes.
        include_top: the layers include the last, dense ones.

    Raises:
        WeightsError: the weights cannot be had, or do not fit.
    """
    weights = read_weights(source, network)
    with torch.device("meta"):  # no random weights for what is filled in the next line
        zoo = networks.build(network, **({"aux": False} if network == "inception-v3" else {}))
    load_weights(zoo.to_empty(device="cpu"), weights)
    mean, std = weights.preprocess.get("mean"), weights.preprocess.get("std")
    if mean is None or std is None:
        raise WeightsError(
            f"{source} does not say for which mean and std of its pictures its weights are; they cannot be fitted to "
            f"preprocess_input."
        )
    transfer(zoo, made, network, tuple(mean), tuple(std), include_top=include_top)


def transfer(
    zoo: nn.Module,
    made: Sequence[Any],
    network: str,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    *,
    include_top: bool,
) -> None:
    """Weights of a torch network into the layers of Keras's model of the same architecture.

    With pictures through ``preprocess_input`` there, and through ``mean`` and ``std`` here, both give the same answers.
    Where zeros are padded around the picture, they stand for a grey that is at most 0.9 % of a standard deviation from
    the other's.

    Raises:
        WeightsError: they do not fit.
    """
    theirs = list(_in_keras_order(zoo, network))
    if not include_top:
        theirs = [module for module in theirs if not isinstance(module, nn.Linear)]
    first = True
    modules = iter(theirs)
    previous: Any = None
    for layer in made:
        module = next(modules, None)
        if isinstance(layer, keras.layers.BatchNormalization):
            _batch_norm(layer, module, previous)
        elif isinstance(layer, keras.layers.SeparableConv2D):
            pointwise = next(modules, None)
            _set(layer, [_kernel(module).transpose(0, 1, 3, 2), _kernel(pointwise)], module)
        elif isinstance(layer, keras.layers.Conv2D):
            kernel, bias = _kernel(module), _bias(module)
            if first:
                kernel, bias = _renormalised(kernel, bias, MODES[network], mean, std)
                first = False
            if not layer.use_bias and np.any(bias):
                raise WeightsError(f"{layer.name} has no bias to take up the normalisation of {network}.")
            _set(layer, [kernel, bias] if layer.use_bias else [kernel], module)
        else:
            _set(layer, _dense(layer, module, network), module)
        previous = layer
    if next(modules, None) is not None:
        raise WeightsError(f"{network} has more layers than its Keras model.")


def _in_keras_order(zoo: nn.Module, network: str) -> Iterator[nn.Module]:
    """Modules with weights, in the order in which Keras's program creates its layers."""
    if network.startswith("resnet") or network == "xception":
        blocks = ("downsample",) if network.startswith("resnet") else ("skip", "skipbn")
        yield from _shortcuts_first(zoo, blocks)
    else:
        yield from (module for module in zoo.modules() if isinstance(module, _WITH_WEIGHTS))


def _shortcuts_first(module: nn.Module, shortcuts: tuple[str, ...]) -> Iterator[nn.Module]:
    if isinstance(module, _WITH_WEIGHTS):
        yield module
        return
    children = dict(module.named_children())
    for name in sorted(children, key=lambda name: name not in shortcuts):  # stable: the others stay in order
        yield from _shortcuts_first(children[name], shortcuts)


def _array(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().numpy(), np.float64)


def _kernel(module: Any) -> np.ndarray:
    """``(height, width, in, out)``."""
    return _array(module.weight).transpose(2, 3, 1, 0)


def _bias(module: Any) -> np.ndarray:
    return np.zeros(module.weight.shape[0]) if module.bias is None else _array(module.bias)


def _renormalised(
    kernel: np.ndarray, bias: np.ndarray, mode: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """The same function of ``preprocess_input``'s pictures as ``kernel`` and ``bias`` are of ``(x/255 - mean)/std``."""
    m, s = np.array(mean), np.array(std)
    if mode == "caffe":
        # x = reversed(z) + CAFFE_MEAN
        scale, shift = 1 / (255 * s), (np.array(CAFFE_MEAN)[::-1] / 255 - m) / s
    else:
        # x / 255 = (z + 1) / 2
        scale, shift = 1 / (2 * s), (0.5 - m) / s
    bias = bias + np.einsum("hwio,i->o", kernel, shift)
    kernel = kernel * scale[:, np.newaxis]
    return (kernel[:, :, ::-1] if mode == "caffe" else kernel), bias


def _batch_norm(layer: Any, module: Any, previous: Any) -> None:
    """With another epsilon, and perhaps without a scale: then the convolution before it takes it up."""
    variance = _array(module.running_var)
    factor = _array(module.weight) * np.sqrt((variance + layer.epsilon) / (variance + module.eps))
    beta, moving = _array(module.bias), _array(module.running_mean)
    if layer.scale:
        _set(layer, [factor, beta, moving, variance], module)
    else:
        kernel, *rest = previous.get_weights()
        _set(previous, [kernel * factor, *rest], module)
        _set(layer, [beta, moving * factor, variance], module)


def _dense(layer: Any, module: Any, network: str) -> list[np.ndarray]:
    weight = _array(module.weight)
    if network.startswith("vgg") and layer.name == "fc1":
        # Keras flattens (H, W, C), torch (C, H, W).
        weight = weight.reshape(-1, 512, 7, 7).transpose(0, 2, 3, 1).reshape(len(weight), -1)
    return [weight.T, _bias(module)]


def _set(layer: Any, values: list[np.ndarray], module: Any) -> None:
    shapes = [weight.shape for weight in layer.get_weights()]
    if shapes != [value.shape for value in values]:
        raise WeightsError(
            f"{layer.name} needs weights of {shapes}; those of {type(module).__name__} are "
            f"{[value.shape for value in values]}."
        )
    layer.set_weights([value.astype(np.float32) for value in values])

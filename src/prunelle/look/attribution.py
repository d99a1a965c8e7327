"""Which parts of a picture an answer rests on, by six methods, all of them captum's.

- Grad-CAM (Selvaraju et al. 2017): the maps of a layer, weighted by the mean gradient of the class's score.
- HiRes-CAM (Draelos & Carin 2020): the same maps, weighted place by place. It is Grad-CAM where the maps are averaged
  before the last layer; where they are flattened, Grad-CAM forgets what each place was worth, and may find nothing.
- Occlusion (Zeiler & Fergus 2014): how much the score falls when a square of the picture is covered.
- Integrated gradients (Sundararajan et al. 2017), from the mean picture to this one, 32 steps.
- Saliency (Simonyan et al. 2014): the size of the score's gradient.
- Guided backpropagation (Springenberg et al. 2015): the same with negative gradients stopped at each ReLU.

The score of a class is its logit. A network with one output for two classes gives the logit of the second; the
first class's score is minus that.
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

import torch
from torch import nn

from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.hooks import undisturbed

Method = Literal[
    "grad-cam", "hires-cam", "occlusion", "integrated-gradients", "saliency", "guided-backpropagation"
]
METHODS: tuple[Method, ...] = get_args(Method)
OF_A_LAYER: tuple[Method, ...] = ("grad-cam", "hires-cam")
"""Methods that look at the maps of a layer."""
SIGNED: tuple[Method, ...] = ("occlusion", "integrated-gradients")
"""Methods that tell what speaks for the class (above 0) from what speaks against it."""

IG_STEPS = 32
_OCCLUSION_PARTS = 6  # the covering square is this part of the picture's side, and moves by half of itself

StepDone = Callable[[int, int], None]


class Scores(nn.Module):
    """A network's outputs as ``(N, num_classes)`` scores; see the top of this module."""

    def __init__(self, network: nn.Module, done: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.network = network
        self._done = done

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)``."""
        outputs = self.network(images)
        if self._done is not None:
            self._done(len(images))
        if not isinstance(outputs, torch.Tensor) or outputs.ndim != 2:
            raise ArgumentError(
                "the network must give one tensor of (N, num_classes) logits in evaluation mode."
            )
        return torch.cat([-outputs, outputs], dim=1) if outputs.shape[1] == 1 else outputs


@dataclasses.dataclass(frozen=True)
class Attribution:
    """Where one method looked, for one picture and one class.

    Attributes:
        method: which.
        target: index of the class.
        values: ``(H, W)`` float32 on the CPU, at the size of the picture; the larger, the more the place speaks for
            the class. Below 0 only for the methods in ``SIGNED``.
    """

    method: Method
    target: int
    values: torch.Tensor


def to_probabilities(outputs: torch.Tensor) -> torch.Tensor:
    """``(N, num_classes)`` logits, or ``(N, 1)`` for two classes, → ``(N, num_classes)`` float64 probabilities."""
    logits = outputs.double().cpu()
    return (nn.functional.pad(logits, (1, 0)) if logits.shape[1] == 1 else logits).softmax(dim=1)


def attribute(
    network: nn.Module,
    image: torch.Tensor,
    target: int,
    method: Method = "grad-cam",
    *,
    layer: str | None = None,
    progress: StepDone | None = None,
) -> Attribution:
    """Where ``network`` looks in one picture for one class.

    Args:
        network: any module that gives ``(N, num_classes)`` logits; it is left as it was.
        image: ``(1, C, H, W)`` float32, normalised, on the network's device.
        target: index of the class, from 0.
        method: one of ``METHODS``.
        layer: for Grad-CAM and HiRes-CAM, the name of the module whose maps count (``examine(…).attention``).
        progress: told how many of the forward passes are done.

    Raises:
        UnknownName: no such method.
        ArgumentError: Grad-CAM or HiRes-CAM without a layer with maps; guided backpropagation without any ReLU.

    Example:
        >>> attribute(network, image, 3, layer=examine(network, image.shape[1:]).attention).values.shape
        torch.Size([28, 28])
    """
    with _quietly():
        from captum import attr

    if method not in METHODS:
        raise UnknownName("method", method, METHODS)
    if method == "guided-backpropagation" and not has_relu(network):
        raise ArgumentError(
            "guided backpropagation changes how ReLU modules pass gradients; this network has none."
        )
    total = 0
    done = 0

    def passed(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None and total:
            progress(min(done, total), total)

    scores = Scores(network, passed)
    image = image.detach().clone().requires_grad_(method != "occlusion")
    height, width = image.shape[2:]
    with undisturbed(network, in_place=False), _quietly(), torch.enable_grad():
        if method in OF_A_LAYER:
            modules = dict(network.named_modules())
            if layer not in modules:
                raise ArgumentError(f"{method} needs the name of a layer with maps; received {layer!r}.")
            of = attr.LayerGradCam if method == "grad-cam" else attr.LayerGradientXActivation
            relevance = of(scores, modules[layer]).attribute(image, target=target)
            if relevance.ndim != 4:
                raise ArgumentError(f"{method} needs a layer with maps; {layer} gives none.")
            relevance = relevance.sum(dim=1, keepdim=True).relu()
            relevance = nn.functional.interpolate(relevance, size=(height, width), mode="bilinear")
        elif method == "occlusion":
            window = tuple(max(1, math.ceil(side / _OCCLUSION_PARTS)) for side in (height, width))
            stride = tuple(max(1, side // 2) for side in window)
            total = 1 + math.prod(
                1 + math.ceil((side - w) / s)
                for side, w, s in zip((height, width), window, stride, strict=True)
            )
            with torch.no_grad():
                relevance = attr.Occlusion(scores).attribute(
                    image,
                    target=target,
                    sliding_window_shapes=(image.shape[1], *window),
                    strides=(image.shape[1], *stride),
                    baselines=0.0,
                    perturbations_per_eval=8,
                )
        elif method == "integrated-gradients":
            total = IG_STEPS
            relevance = attr.IntegratedGradients(scores).attribute(
                image, baselines=0.0, target=target, n_steps=IG_STEPS, internal_batch_size=8
            )
        elif method == "saliency":
            relevance = attr.Saliency(scores).attribute(image, target=target, abs=True)
        else:
            relevance = attr.GuidedBackprop(scores).attribute(image, target=target)
    return Attribution(method, target, _one_map(method, relevance.detach().float().cpu()))


def has_relu(network: nn.Module) -> bool:
    """Whether guided backpropagation has something to guide."""
    return any(isinstance(module, nn.ReLU) for module in network.modules())


def _one_map(method: Method, values: torch.Tensor) -> torch.Tensor:
    """``(1, C, H, W)`` → ``(H, W)``: the strongest channel's value where only size counts, else their sum.

    Occlusion covers all channels together, and captum repeats its value for each.
    """
    if method == "occlusion":
        return values[0].mean(dim=0)
    if method in (*SIGNED, *OF_A_LAYER):
        return values[0].sum(dim=0)
    return values[0].abs().amax(dim=0)


@contextmanager
def _quietly() -> Iterator[None]:
    """captum warns of the hooks it sets and removes, and on import, in a kernel without widgets, of tqdm's bars."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

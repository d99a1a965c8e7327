"""Running a trained network over pictures: probabilities, and the ``Evaluation`` of a labelled split."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.data.batches import Batches
from prunelle.data.examples import Pixels, Progress
from prunelle.errors import ArgumentError
from prunelle.training.metrics import Evaluation

EVALUATION_BATCH = 256


class Normaliser(Protocol):
    """What turns a batch of examples into a network's input: a ``Preprocess``, say."""

    def normalise(self, images: torch.Tensor, /) -> torch.Tensor:
        """``(N, C, …)`` as decoded → float32 of the same shape."""
        ...


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """``eval()`` and no gradients inside; every module's own mode back after."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


def class_logits(outputs: torch.Tensor, num_classes: int) -> torch.Tensor:
    """A network's outputs as ``(N, num_classes)`` logits.

    One output for two classes is the logit of the second: softmax over (0, z) is (1 - sigmoid(z), sigmoid(z)).

    Raises:
        ArgumentError: the outputs have another shape.
    """
    if not isinstance(outputs, torch.Tensor):
        raise ArgumentError(
            f"the network must give one tensor of logits in evaluation mode; it gave a {type(outputs).__name__}."
        )
    if num_classes == 2 and outputs.shape[1:] == (1,):
        return F.pad(outputs, (1, 0))
    if outputs.ndim != 2 or outputs.shape[1] != num_classes:
        raise ArgumentError(
            f"the network must give (N, {num_classes}) logits for {num_classes} classes"
            f"{' (or (N, 1) for two)' if num_classes == 2 else ''}; it gave {tuple(outputs.shape)}. Build it "
            f"with num_classes={num_classes}."
        )
    return outputs


def predict_logits(
    network: nn.Module,
    pixels: Pixels,
    preprocess: Normaliser,
    num_classes: int,
    *,
    batch_size: int = EVALUATION_BATCH,
    progress: Progress | None = None,
) -> torch.Tensor:
    """``(N, num_classes)`` float32 logits on the CPU, in the order of ``pixels``."""
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    batches = Batches(pixels, device)
    parts, done = [], 0
    with evaluation_mode(network):
        for images, _ in batches.in_order(batch_size):
            parts.append(class_logits(network(preprocess.normalise(images)), num_classes).float().cpu())
            done += len(images)
            if progress is not None:
                progress("predicting", done, len(batches))
    return torch.cat(parts) if parts else torch.empty(0, num_classes)


def evaluate(
    network: nn.Module,
    pixels: Pixels,
    classes: tuple[str, ...],
    preprocess: Normaliser,
    split: str,
    *,
    progress: Progress | None = None,
) -> Evaluation:
    """Every answer of ``network`` on a decoded split."""
    logits = predict_logits(network, pixels, preprocess, len(classes), progress=progress).double()
    labels = torch.from_numpy(np.array(pixels.labels))
    loss = F.cross_entropy(logits, labels).item() if len(labels) else float("nan")
    probabilities = logits.softmax(dim=1).float().numpy()
    return Evaluation(split, classes, labels.numpy(), probabilities, loss, pixels.files)

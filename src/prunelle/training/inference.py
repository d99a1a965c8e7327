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
from prunelle.data.pixels import Pixels, Progress
from prunelle.errors import ArgumentError
from prunelle.training.compiled import Predictor
from prunelle.training.metrics import Evaluation, Judged

EVALUATION_BATCH = 256
"""Pictures a batch at most."""

_ACTIVATION_BYTES = 1 << 29


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


def evaluation_batch(network: nn.Module, input_shape: tuple[int, ...]) -> int:
    """How many pictures at a time: a power of two, at most 256, whose activations take about half a gigabyte.

    One black picture goes through the network. What is alive at once is taken for twice the inputs and outputs
    of its largest layer, since a shortcut may hold as much again.

    Args:
        network: anything that takes ``(1, *input_shape)`` float32.
        input_shape: ``(C, H, W)``, or ``(C, T)``.
    """
    largest = 1

    def measure(_: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        nonlocal largest
        tensors = (*inputs, *(output if isinstance(output, tuple) else (output,)))
        held = sum(t.numel() * t.element_size() for t in tensors if isinstance(t, torch.Tensor))
        largest = max(largest, held)

    leaves = [module for module in network.modules() if next(module.children(), None) is None]
    handles = [module.register_forward_hook(measure) for module in leaves]
    try:
        with evaluation_mode(network):
            network(torch.zeros(1, *input_shape, device=_device(network)))
    finally:
        for handle in handles:
            handle.remove()
    fits = _ACTIVATION_BYTES // (2 * largest)
    return min(EVALUATION_BATCH, 1 << max(0, fits.bit_length() - 1))


def _device(network: nn.Module) -> torch.device:
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


def predict_logits(
    network: nn.Module,
    pixels: Pixels,
    preprocess: Normaliser,
    num_classes: int,
    *,
    batch_size: int | None = None,
    predictor: Predictor | None = None,
    progress: Progress | None = None,
) -> torch.Tensor:
    """``(N, num_classes)`` float32 logits on the CPU, in the order of ``pixels``.

    Args:
        batch_size: ``evaluation_batch`` if None.
        predictor: calls the network; one for several ``pixels`` compiles once. None calls it as it is.
    """
    if not len(pixels):
        return torch.empty(0, num_classes)
    answer = Predictor(network, len(pixels)) if predictor is None else predictor
    if batch_size is None:
        *axes, channels = pixels.images.shape[1:]
        batch_size = evaluation_batch(network, (channels, *axes))
    batches = Batches(pixels, _device(network))
    parts, done = [], 0
    with evaluation_mode(network):
        for images, _ in batches.in_order(batch_size):
            parts.append(class_logits(answer(preprocess.normalise(images)), num_classes).float().cpu())
            done += len(images)
            if progress is not None:
                progress("predicting", done, len(batches))
    return torch.cat(parts)


def evaluate(
    network: nn.Module,
    pixels: Pixels,
    classes: tuple[str, ...],
    preprocess: Normaliser,
    split: str,
    *,
    predictor: Predictor | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Every answer of ``network`` on a decoded split; ``predictor`` as ``predict_logits``."""
    logits = predict_logits(network, pixels, preprocess, len(classes), predictor=predictor, progress=progress)
    return evaluation_of(logits, pixels, classes, split)


def evaluation_of(
    logits: torch.Tensor,
    pixels: Pixels,
    classes: tuple[str, ...],
    split: str,
    judged: Judged | None = None,
) -> Evaluation:
    """What ``(N, num_classes)`` logits are worth on the pixels they are of; with ``judged``, on its rows alone."""
    labels, files = pixels.labels, pixels.files
    if judged is not None and len(judged.rows) < len(labels):
        logits, labels = logits[torch.from_numpy(judged.rows)], labels[judged.rows]
        files = None if files is None else tuple(files[row] for row in judged.rows)
    logits, wanted = logits.double(), torch.from_numpy(np.array(labels))
    loss = F.cross_entropy(logits, wanted).item() if len(wanted) else float("nan")
    probabilities = logits.softmax(dim=1).float().numpy()
    return Evaluation(split, classes, wanted.numpy(), probabilities, loss, files, judged)

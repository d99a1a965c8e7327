"""Running a trained network over pictures: probabilities, and the ``Evaluation`` of a labelled split."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import nn

from prunelle.data.batches import Batches
from prunelle.data.pixels import Pixels, Progress
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.texts import Note
from prunelle.training.fast import Predictor, predictor
from prunelle.training.metrics import Evaluation, Judged
from prunelle.training.objectives import objective_of
from prunelle.training.outputs import class_logits, evaluation_mode

EVALUATION_BATCH = 256
"""Pictures a batch at most."""

_ACTIVATION_BYTES = 1 << 29


class Normaliser(Protocol):
    """What turns a batch of examples into a network's input: a ``Preprocess``, say."""

    def normalise(self, images: torch.Tensor, /) -> torch.Tensor:
        """``(N, C, …)`` as decoded → float32 of the same shape."""
        ...


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
    answers: Predictor | None = None,
    progress: Progress | None = None,
) -> torch.Tensor:
    """``(N, num_classes)`` float32 logits on the CPU, in the order of ``pixels``.

    Args:
        batch_size: ``evaluation_batch`` if None.
        answers: calls the network; one for several ``pixels`` compiles once. None calls it as it is.
    """
    if not len(pixels):
        return torch.empty(0, num_classes)
    answers = predictor(network, compile="never") if answers is None else answers
    if batch_size is None:
        *axes, channels = pixels.images.shape[1:]
        batch_size = evaluation_batch(network, (channels, *axes))
    batches = Batches(pixels, _device(network))
    parts, done = [], 0
    with evaluation_mode(network):
        for images, _ in batches.in_order(batch_size):
            parts.append(
                class_logits(answers.outputs(preprocess.normalise(images)), num_classes).float().cpu()
            )
            done += len(images)
            if progress is not None:
                progress(Note("predicting", "prédiction"), done, len(batches))
    return torch.cat(parts)


def evaluate(
    network: nn.Module,
    pixels: Pixels,
    classes: tuple[str, ...],
    preprocess: Normaliser,
    split: str,
    *,
    answers: Predictor | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Every answer of ``network``, which tells classes, on a decoded split; ``answers`` as ``predict_logits``."""
    logits = predict_logits(network, pixels, preprocess, len(classes), answers=answers, progress=progress)
    evaluation: Evaluation = evaluation_of(logits, pixels, classes, split)
    return evaluation


def evaluation_of(
    logits: torch.Tensor,
    pixels: Pixels,
    classes: tuple[str, ...],
    split: str,
    judged: Judged | None = None,
    target: Target = ONE_CLASS,
) -> Any:
    """What ``(N, num_classes)`` outputs are worth on the pixels they are of; with ``judged``, on its rows alone.

    Returns:
        An ``Evaluation``; of other targets than classes, what their objective makes (``training.objectives``).
    """
    labels, files = pixels.labels, pixels.files
    if judged is not None and len(judged.rows) < len(labels):
        logits, labels = logits[torch.from_numpy(judged.rows)], labels[judged.rows]
        files = None if files is None else tuple(files[row] for row in judged.rows)
    objective = objective_of(target, classes)
    return objective.evaluation(logits, labels, split, files=files, judged=judged)

"""Losses of logits."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

from prunelle.keras.eager import watching
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import axes, function
from prunelle.keras.eager.tensor import convert, wrap

Torch = torch.Tensor


def _same_shape(one: Torch, other: Torch, title: str, words: str = "labels and logits") -> None:
    if one.shape != other.shape:
        raise InvalidArgumentError(
            f"{title}: {words} are of one shape; received {tuple(one.shape)} and {tuple(other.shape)}."
        )


def _exact(logits: Torch) -> Torch:
    """16 bits are added up in 32."""
    return logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits


@function("logits", numbers="float", alone="labels")
def softmax_cross_entropy_with_logits(
    labels: Torch, logits: Torch, axis: Any = -1, name: str | None = None
) -> Torch:
    """``-Σ labels · log softmax(logits)`` along an axis; labels are shares that sum to 1."""
    watching.compared(labels, logits)
    along = axes(axis, logits.ndim)[0]
    values = _exact(logits)
    shares = labels.to(values.dtype)
    try:
        shares, values = torch.broadcast_tensors(shares, values)  # type: ignore[no-untyped-call]
    except RuntimeError:
        _same_shape(labels, logits, "tf.nn.softmax_cross_entropy_with_logits")
    total = torch.logsumexp(values, along, keepdim=True)
    loss = (shares * (total - values)).sum(along)
    # TensorFlow's gradient is softmax - labels even where labels do not sum to 1.
    rest = ((1 - shares.sum(along, keepdim=True)).detach() * (total - total.detach())).squeeze(along)
    return (loss + rest).to(logits.dtype)


@function("logits", numbers="float", alone="labels")
def sparse_softmax_cross_entropy_with_logits(labels: Torch, logits: Torch, name: str | None = None) -> Torch:
    """``-log softmax(logits)`` at the place of each label: whole numbers, in the shape of all but the last axis.

    Raises:
        InvalidArgumentError: labels of another shape, or that are no class.
    """
    watching.compared(labels, logits)
    title = "tf.nn.sparse_softmax_cross_entropy_with_logits"
    if labels.is_floating_point() or labels.dtype == torch.bool:
        raise InvalidArgumentError(f"{title}: labels are whole numbers, tf.cast(labels, tf.int32).")
    if logits.ndim == 0 or labels.shape != logits.shape[:-1]:
        raise InvalidArgumentError(
            f"{title}: labels are of the shape of logits without its last axis; received {tuple(labels.shape)} and "
            f"{tuple(logits.shape)}. Labels that are shares: tf.nn.softmax_cross_entropy_with_logits."
        )
    classes = logits.shape[-1]
    if not labels.is_meta and labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise InvalidArgumentError(
            f"{title}: labels are from 0 to {classes - 1}, the classes that logits have."
        )
    logs = torch.log_softmax(_exact(logits), -1)
    return -logs.gather(-1, labels.long().unsqueeze(-1)).squeeze(-1).to(logits.dtype)


@function("labels logits", numbers="float")
def sigmoid_cross_entropy_with_logits(labels: Torch, logits: Torch, name: str | None = None) -> Torch:
    """``-labels · log σ(x) - (1 - labels) · log(1 - σ(x))`` of each number."""
    watching.compared(labels, logits)
    _same_shape(labels, logits, "tf.nn.sigmoid_cross_entropy_with_logits")
    above = logits >= 0
    positive = torch.where(above, logits, torch.zeros_like(logits))
    return positive - logits * labels + torch.log1p(torch.exp(torch.where(above, -logits, logits)))


@function("labels logits", numbers="float", alone="pos_weight")
def weighted_cross_entropy_with_logits(
    labels: Torch, logits: Torch, pos_weight: Torch, name: str | None = None
) -> Torch:
    """``sigmoid_cross_entropy_with_logits`` in which labels of 1 count ``pos_weight`` times."""
    _same_shape(labels, logits, "tf.nn.weighted_cross_entropy_with_logits")
    factor = 1 + (pos_weight.to(logits.dtype) - 1) * labels
    rest = torch.log1p(torch.exp(-logits.abs())) + torch.relu(-logits)
    return (1 - labels) * logits + factor * rest


@function("targets log_input", numbers="float")
def log_poisson_loss(
    targets: Torch, log_input: Torch, compute_full_loss: bool = False, name: str | None = None
) -> Torch:
    """``exp(c) - c · z``, with Stirling's approximation of ``log z!`` where the full loss is wanted."""
    _same_shape(targets, log_input, "tf.nn.log_poisson_loss", "targets and log_input")
    loss = torch.exp(log_input) - log_input * targets
    if compute_full_loss:
        stirling = targets * torch.log(targets) - targets + 0.5 * torch.log(2 * math.pi * targets)
        small = (targets >= 0) & (targets <= 1)
        loss = loss + torch.where(small, torch.zeros_like(targets), stirling)
    return loss


@function("t", numbers="float")
def l2_loss(t: Torch, name: str | None = None) -> Torch:
    """Half the sum of squares."""
    return t.square().sum() / 2


@function(alone="labels logits label_length logit_length")
def ctc_loss(
    labels: Torch,
    logits: Torch,
    label_length: Torch,
    logit_length: Torch,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = None,
    name: str | None = None,
) -> Torch:
    """Connectionist temporal classification: ``-log`` of all ways to write each label, ``(N,)``.

    Args:
        labels: ``(N, L)`` whole numbers.
        logits: ``(T, N, classes)``, ``(N, T, classes)`` where not ``logits_time_major``.
        blank_index: the class of no label, 0 unless it is given; from the end where it is negative.
    """
    blank = 0 if blank_index is None else int(blank_index)
    rows = logits if logits_time_major else logits.transpose(0, 1)
    logs = torch.log_softmax(rows, -1)
    return F.ctc_loss(
        logs,
        labels.long(),
        logit_length.long(),
        label_length.long(),
        blank=blank % logits.shape[-1],
        reduction="none",
    )


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """The sum of a penalty: there is one device to divide it by."""
    return wrap(convert(regularization_loss).sum())


def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """The sum of the examples' losses, weighted, divided by the size of a batch."""
    loss = convert(per_example_loss)
    if not loss.is_floating_point():
        loss = loss.float()
    if sample_weight is not None:
        loss = loss * convert(sample_weight).to(loss.dtype)
    count = loss.shape[0] if global_batch_size is None else int(global_batch_size)
    return wrap(loss.sum() / count)

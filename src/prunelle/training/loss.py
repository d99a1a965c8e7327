"""The loss that a training lowers."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def classification_loss(
    logits: torch.Tensor, targets: torch.Tensor, class_weights: torch.Tensor | None, label_smoothing: float
) -> torch.Tensor:
    """Mean cross-entropy, each example weighted by its class.

    Args:
        logits: ``(N, K)``.
        targets: ``(N,)`` int64 labels, or ``(N, K)`` float32 shares that sum to 1 (of mixed pictures, which weigh
            what their shares weigh).
        class_weights: ``(K,)``, or None for an even mean.
        label_smoothing: share of the target spread evenly over the classes.

    ``F.cross_entropy`` with both weights the smoothed target by class instead of the example: with a class of
    3 % and a smoothing of 0.1, it is lowest where every picture is called that rare class.
    """
    if class_weights is None:
        return F.cross_entropy(logits, targets, label_smoothing=label_smoothing)
    losses = F.cross_entropy(logits, targets, label_smoothing=label_smoothing, reduction="none")
    weights = targets @ class_weights if targets.is_floating_point() else class_weights[targets]
    return (weights * losses).sum() / weights.sum()

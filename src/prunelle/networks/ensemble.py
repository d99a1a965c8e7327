"""Several networks of one kind that answer together.

Each member starts from weights of its own and learns from its own loss alone; they share the batches. Together
they answer with the mean of their probabilities, as the five networks of InceptionTime do (Ismail Fawaz et al. 2020,
§3.2).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from prunelle.networks.blocks import Network


class Ensemble(Network):
    """The mean of its members' probabilities.

    ``images`` as the members take them → ``(N, K)`` log-probabilities, which are logits too. In training mode
    ``(logits of member 1, logits of member 2, …)``, auxiliary ones of each behind its own; the loss is the
    sum of all (``auxiliary_weights``). There is no single ``features`` and ``head``: each of ``members`` has its own.

    Args:
        members: at least two networks with the same ``input_shape`` and classes.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.input_shape = members[0].input_shape
        weights = [(1.0, *getattr(member, "auxiliary_weights", ())) for member in members]
        # The first member's own logits are the main ones.
        self.auxiliary_weights: tuple[float, ...] = tuple(w for one in weights for w in one)[1:]

    def forward(self, images: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """``images`` → log-probabilities; in training mode every member's outputs, one after the other."""
        outputs = [member(images) for member in self.members]
        if self.training:
            return tuple(
                one for output in outputs for one in (output if isinstance(output, tuple) else (output,))
            )
        # One output for two classes is the logit of the second.
        logits = [F.pad(output, (1, 0)) if output.shape[1] == 1 else output for output in outputs]
        log_probabilities = torch.stack([each.log_softmax(dim=1) for each in logits])
        return log_probabilities.logsumexp(dim=0) - torch.tensor(float(len(logits))).log()

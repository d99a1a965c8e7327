"""``tf.nn``: activations, convolutions, poolings, losses of logits. ``eager/nn/`` has them."""

from __future__ import annotations

from typing import Any

from prunelle.keras.eager.functions import offered
from prunelle.keras.eager.nn import activations, blocks, convolutions, losses, normalization, pooling
from prunelle.keras.names.tensorflow import math

scale_regularization_loss = losses.scale_regularization_loss
compute_average_loss = losses.compute_average_loss

for _module in (activations, blocks, convolutions, losses, normalization, pooling):
    _all: dict[str, Any] = vars(_module)
    globals().update({name: value for name, value in _all.items() if hasattr(value, "_of_tensorflow")})
for _name in (
    *("approx_max_k", "approx_min_k", "in_top_k", "l2_normalize", "sigmoid", "softplus", "softsign", "tanh"),
    *("top_k", "zero_fraction"),
):
    globals()[_name] = vars(math)[_name]

__all__ = offered(globals(), "compute_average_loss", "scale_regularization_loss")
__all__.remove("batch_to_space")

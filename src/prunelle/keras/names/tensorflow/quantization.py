"""``tf.quantization``: numbers rounded as if they had few bits."""

from __future__ import annotations

from prunelle.keras.eager.rearranging import fake_quant_with_min_max_args as fake_quant_with_min_max_args

__all__ = ["fake_quant_with_min_max_args"]

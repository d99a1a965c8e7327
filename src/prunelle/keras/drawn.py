"""Layers of a program's own that use symbolic tensors from around them, as graphs of Keras 1 and 2 let them.

``CustomVariationalLayer`` of many books reads ``z_mean`` of the program, not of its inputs. Keras 3 calls a layer anew
at each step, with values, and ``z_mean`` has none then. So what such a layer does to symbolic tensors becomes part of
the graph itself, operation by operation, and one node more carries the losses that it added.
"""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.graphs import is_symbolic

DRAWN = "_prunelle_drawn"
"""The attribute of a layer that is being drawn: the losses that it added."""


class Carrier(keras.layers.Layer):  # type: ignore[misc]
    """Gives the first ``outputs`` of its inputs; the others are losses of the model."""

    def __init__(self, outputs: int = 1, **given: Any) -> None:
        super().__init__(**given)
        self.outputs = outputs

    def call(self, inputs: Any) -> Any:
        for loss in inputs[self.outputs :]:
            self.add_loss(keras.ops.mean(loss))
        return inputs[: self.outputs] if self.outputs > 1 else inputs[0]

    def compute_output_spec(self, inputs: Any) -> Any:
        """Those that it gives, unchanged."""
        given = [keras.KerasTensor(each.shape, each.dtype) for each in inputs[: self.outputs]]
        return given if self.outputs > 1 else given[0]

    def get_config(self) -> dict[str, Any]:
        """How it is made again."""
        return {**super().get_config(), "outputs": self.outputs}


def drawn(layer: Any, args: Any, given: dict[str, Any], error: Exception) -> Any:
    """What ``layer`` gives when its ``call`` is a part of the graph.

    Raises:
        Exception: ``error``, where that is no way: it has weights, or symbolic tensors are not what it fails over.
    """
    if layer.weights or type(layer).__module__.partition(".")[0] in ("keras", "prunelle"):
        raise error
    given = {name: value for name, value in given.items() if name != "training"}
    losses: list[Any] = []
    layer.__dict__[DRAWN] = losses
    try:
        outputs = layer.call(*args, **given)
    except Exception:
        raise error from None
    finally:
        del layer.__dict__[DRAWN]
    flat = keras.tree.flatten(outputs)
    if not flat or not all(is_symbolic(each) for each in flat):
        raise error
    found = Carrier(len(flat), name=layer.name)([*flat, *losses])
    return keras.tree.pack_sequence_as(outputs, keras.tree.flatten(found))

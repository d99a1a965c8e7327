"""What of TensorFlow is not here: names that answer with what to use instead."""

from __future__ import annotations

from typing import Any

from prunelle.errors import ArgumentError

EXPORT = "model.save('model.keras') keeps a model, keras.models.load_model('model.keras') reads it."
DENSE = "PyTorch's tensors are neither sparse nor ragged here: pad what is shorter, and mask it (tf.sequence_mask)."


class NotHere(ArgumentError, NotImplementedError):
    """A part of TensorFlow that Prunelle leaves out."""


def absent(name: str, instead: str) -> Any:
    """A function of a name that says what to use instead."""

    def call(*args: Any, **given: Any) -> Any:
        raise NotHere(f"Prunelle has no {name}: {instead}")

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    call.__doc__ = f"Not here: {instead}"
    return call


def absent_class(name: str, instead: str) -> Any:
    """A class of a name that says so when one is made; ``isinstance`` says no."""

    def refuse(self: Any, *args: Any, **given: Any) -> None:
        raise NotHere(f"Prunelle has no {name}: {instead}")

    made = {"__init__": refuse, "__doc__": f"Not here: {instead}"}
    of_class = {
        each: staticmethod(absent(f"{name}.{each}", instead))
        for each in (
            "from_keras_model",
            "from_saved_model",
            "from_row_lengths",
            "from_row_splits",
            "from_tensor",
        )
    }
    return type(name.rpartition(".")[2], (), made | of_class)


SparseTensor = absent_class("tf.SparseTensor", DENSE)
RaggedTensor = absent_class("tf.RaggedTensor", DENSE)
SparseTensorSpec = absent_class("tf.SparseTensorSpec", DENSE)
RaggedTensorSpec = absent_class("tf.RaggedTensorSpec", DENSE)

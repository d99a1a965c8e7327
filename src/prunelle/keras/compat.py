"""``compat``: what ``prunelle run`` does to imports and to Keras, and undoes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prunelle.errors import PrunelleError
from prunelle.keras import (
    activations,
    arguments,
    callbacks,
    compiled,
    event_files,
    feeding,
    floor,
    imports,
    initializers,
    layers,
    losses,
    models,
    optimizers,
    saving,
    seeds,
    summaries,
    training,
)
from prunelle.keras.eager import boundary, checkpoints, loops, plain_tensors
from prunelle.keras.eager import variable as variables
from prunelle.keras.generations import Generation, named, speaking
from prunelle.keras.graphs import LEARNING_PHASE
from prunelle.keras.overlay import Overlay

_ROOMS = (
    *(
        arguments.accept_old_names,
        layers.lay,
        layers.lay_tensors,
        initializers.lay,
        activations.lay,
        losses.lay,
        optimizers.lay,
    ),
    *(
        models.lay,
        training.lay,
        compiled.lay,
        feeding.lay,
        saving.lay,
        callbacks.lay,
        plain_tensors.lay,
        seeds.lay,
    ),
    *(event_files.lay, summaries.lay, arguments.accept_numbers_of_numpy),
)


@contextmanager
def compat(generation: Generation | str = Generation.KERAS_2) -> Iterator[None]:
    """Inside, ``import keras`` and ``import tensorflow`` are a program's Keras of a generation, on Keras 3.

    Everything is as it was afterwards: ``sys.modules``, Keras's classes, its settings.

    Args:
        generation: ``"1"``, ``"2.3"``, ``"tf2"``, ``"3"``, or a ``Generation``.

    Raises:
        ArgumentError: it is in force already.
    """
    spoken = named(generation) if isinstance(generation, str) else generation
    overlay = Overlay()
    try:
        with speaking(spoken), floor.defaults(), imports.installed(lambda: _put_on_tensorflows_face(overlay)):
            # A sentence of Prunelle's says what is wrong; Keras would put the layer that was called around it.
            overlay.put(PrunelleError, "_keras_call_info_injected", True)
            for lay in _ROOMS:
                lay(overlay, spoken)
            if spoken is Generation.TF_KERAS_2:
                _put_on_tensorflows_face(overlay)
            yield
    finally:
        LEARNING_PHASE.value = None
        overlay.remove()


def _put_on_tensorflows_face(overlay: Overlay) -> None:
    """Of programs for tf.keras, and of all that import TensorFlow: what they have in their hands are its tensors."""
    if not boundary.is_laid():
        for room in (boundary, variables, loops, checkpoints):
            room.lay(overlay)

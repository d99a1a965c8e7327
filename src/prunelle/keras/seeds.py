"""Where random numbers come from: until Keras 2.3, NumPy's where a program gives no seed; ``--seed``.

A program that sets NumPy's seed alone, as courses of 2017 do, gets the same weights, order and dropout each time.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from prunelle.keras import differences
from prunelle.keras.eager.random import seeds as of_tensorflow
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation, in_force
from prunelle.keras.overlay import Overlay


def lay(overlay: Overlay, generation: Generation) -> None:
    """Seeds that are not given are drawn from NumPy's global generator; ``tf.random`` has no seed yet."""
    of_tensorflow.begin()
    homes = [private(home) for home in ("random.seed_generator", "backend.torch.random")]
    if differences.SEEDS.of(generation):
        for home in homes:
            overlay.put(home, "make_default_seed", _drawn)
        # Where one is, an earlier program has drawn its seed.
        name = private("random.seed_generator").GLOBAL_SEED_GENERATOR
        private("backend.common.global_state").set_global_attribute(name, None)
    else:
        for home in homes:
            overlay.put(home, "make_default_seed", _after(home.make_default_seed))


def _after(original: Callable[[], int]) -> Callable[[], int]:
    """Weights and dropout follow from ``tf.random.set_seed`` where it was called."""

    def make_default_seed() -> int:
        return original() if of_tensorflow.given() is None else int(torch.randint(1, 10**9, ()))

    return make_default_seed


def _drawn() -> int:
    return int(np.random.randint(1, 10**9))


@contextmanager
def of_a_training() -> Iterator[None]:
    """Inside, the order of examples and dropout follow from NumPy's generator; PyTorch's own goes on afterwards."""
    if not differences.SEEDS.of(in_force()):
        yield
        return
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(_drawn())
        yield


_ahead = contextvars.ContextVar("prunelle_ahead", default=True)


def ahead() -> bool:
    """Whether a batch may be made in another thread before it is asked for."""
    return _ahead.get()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, all that is drawn comes from ``seed``, and always in the same order.

    So no batch is made ahead: a generator and the program draw from the same random numbers of NumPy.
    """
    before = _ahead.set(False)
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        _ahead.reset(before)

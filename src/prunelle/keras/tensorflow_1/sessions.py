"""What programs for Keras 2.0 to 2.3 make settings of TensorFlow 1 with. All of it is accepted, and changes nothing.

::

    config = tf.ConfigProto()
    config.gpu_options.allow_growth = True
    K.set_session(tf.Session(config=config))
"""

from __future__ import annotations

import contextlib
from typing import Any, Self

from prunelle.keras.floor import keras
from prunelle.keras.imports import NotThere, not_there

__all__ = [
    *("ConfigProto", "GPUOptions", "Graph", "InteractiveSession", "Session"),
    *("disable_eager_execution", "disable_v2_behavior", "enable_eager_execution", "enable_v2_behavior"),
    *("get_default_graph", "global_variables_initializer", "initialize_all_variables"),
    *("local_variables_initializer", "reset_default_graph", "tables_initializer"),
]


class ConfigProto:
    """TensorFlow 1's settings of a session: they can be set, and change nothing."""

    def __init__(self, **settings: Any) -> None:
        self.__dict__.update(settings)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        inner = self.__dict__[name] = ConfigProto()
        return inner


GPUOptions = ConfigProto


class Graph:
    """TensorFlow 1's graph, which programs make current again in another thread: nothing is ever in it."""

    def as_default(self) -> contextlib.AbstractContextManager[Self]:
        """Without effect."""
        return contextlib.nullcontext(self)


_GRAPH = Graph()


def get_default_graph() -> Graph:
    """The one that there is."""
    return _GRAPH


def reset_default_graph() -> None:
    """Forgets the names of layers, as ``keras.backend.clear_session()`` does."""
    keras.backend.clear_session()


class Session:
    """TensorFlow 1's session, which programs make for its settings and give to ``K.set_session``."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        self.graph = _GRAPH if graph is None else graph

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def as_default(self) -> contextlib.AbstractContextManager[Self]:
        """Without effect."""
        return contextlib.nullcontext(self)

    def run(self, fetches: Any, feed_dict: Any = None) -> None:
        """Nothing: what gives variables their first values is None, and they have them.

        Raises:
            NotThere: there is something else to run.
        """
        several = fetches if isinstance(fetches, list | tuple) else [fetches]
        if any(each is not None for each in several):
            raise not_there(NotThere, "tensorflow.Session().run")

    def close(self) -> None:
        """Nothing to close."""


class InteractiveSession(Session):
    """A ``Session``, which is in force without ``with``."""


def global_variables_initializer() -> None:
    """Variables have their values from the beginning."""


initialize_all_variables = local_variables_initializer = tables_initializer = global_variables_initializer


def disable_v2_behavior() -> None:
    """Without effect."""


disable_eager_execution = enable_eager_execution = enable_v2_behavior = disable_v2_behavior

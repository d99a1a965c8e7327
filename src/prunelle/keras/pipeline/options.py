"""``tf.data.Options``: how TensorFlow carries a data set out. They can be set, and change nothing."""

from __future__ import annotations

from typing import Any


class Options:
    """Settings of any name, and settings inside of them."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        inner = self.__dict__[name] = Options()
        return inner

    def merge(self, options: Options) -> Options:
        """Both; those of ``options`` where both have one."""
        found = Options()
        found.__dict__.update(self.__dict__ | options.__dict__)
        return found

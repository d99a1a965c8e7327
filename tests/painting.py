"""Reports whose charts are composed and not painted: of a small training, two thirds of the time are for painting.

What is painted is looked at by the tests of ``report`` and ``drawing``, the README's commands, and the files and tests
that say so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prunelle.report import figures, series, trust

_PAINTERS = (figures, series, trust)


def _save(_: Any, *files: Path) -> None:
    for file in files:
        file.write_bytes(b"")


_INSTEAD = {"save": _save, "svg_element": lambda *_: "<svg></svg>"}
_TRUE = [
    (module, name, vars(module)[name]) for module in _PAINTERS for name in _INSTEAD if name in vars(module)
]


@pytest.fixture(scope="module", autouse=True)
def _unpainted(request: pytest.FixtureRequest) -> Iterator[None]:
    """In all tests of a file, and in what they share; not where the file says ``pytestmark = pytest.mark.painted``."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("painted") is None:
            for module, name, _ in _TRUE:
                patch.setattr(module, name, _INSTEAD[name])
        yield


@contextlib.contextmanager
def painting() -> Iterator[None]:
    """Within, charts are painted again."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, true in _TRUE:
            patch.setattr(module, name, true)
        yield

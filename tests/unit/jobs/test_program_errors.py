"""Whose lines a program's errors show."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import prunelle
from prunelle.jobs.program_errors import as_shown, is_library


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (json.__file__, True),
        (np.__file__, True),
        (prunelle.__file__, True),
        ("/usr/lib/python3/dist-packages/numpy/core.py", True),  # the system's, beside an environment's own
        ("/home/lea/.local/lib/python3.12/site-packages/seaborn/axisgrid.py", True),
        ("<frozen importlib._bootstrap>", True),
        ("<string>", True),
        ("/home/lea/programme.py", False),
        ("/tmp/ipykernel_12/3456.py", False),
        ("<ipython-input-3-0c1d2e3f>", False),
        ("lesson.ipynb, cell 3", False),
    ],
)
def test_whose_a_file_is(file: str, expected: bool) -> None:
    assert is_library(file) is expected


def test_lines_of_packages_elsewhere_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "lib" / "python3" / "site-packages"
    package.mkdir(parents=True)
    (package / "of_another_environment.py").write_text("def fail():\n    raise ValueError('there')\n")
    monkeypatch.syspath_prepend(package)
    code = compile("import of_another_environment\nof_another_environment.fail()", "programme.py", "exec")
    with pytest.raises(ValueError, match="there") as caught:
        exec(code, {})
    shown = as_shown(caught.value, whole=False)
    assert 'File "programme.py", line 2' in shown
    assert "of_another_environment.py" not in shown
    sys.modules.pop("of_another_environment")

"""Notebooks: files of cells, read, run in this process on IPython's own shell, and written with what they said.

``documents`` reads Jupyter's files and the texts of MyST and Jupytext, and writes what ran, ``page`` as HTML, with
MyST's ``directives``;
``shell`` is IPython's shell without a terminal or a kernel, ``outputs`` what its cells leave, ``client`` a kernel;
``commands`` are lines for a system's shell, which gets none unless it is asked for; ``stand_ins`` are what notebooks
import that only Colab and MyST have.

Jupyter's packages are an extra, and this room alone imports them.
"""

from __future__ import annotations

INSTALL = "pip install 'prunelle[notebook]'"

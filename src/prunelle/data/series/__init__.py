"""Labelled time series: the files they come in, and how they become what a network sees.

``container`` holds series of any lengths, ``preprocess`` says how they are prepared and ``prepare`` does it,
``augment`` changes training batches. A module a ``format`` parses files (``parsed``); they are listed here, and
``reading`` picks one. ``table`` stands on ``wide`` and ``long``; ``sniff`` sees what a table shows, ``layout`` decides
which column is what, ``classes`` what labels are called. ``load`` makes a ``Data`` of them; ``kind`` is what the rest
of the house calls.
"""

from __future__ import annotations

FORMATS = {
    ".ts": "ts",
    ".tsv": "table",
    ".csv": "table",
    ".txt": "table",
    ".arff": "arff",
    ".npz": "npz",
}
"""By a file's suffix, in small letters: the module that makes its ``FORMAT`` (see ``format``)."""

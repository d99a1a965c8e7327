"""Tables as pandas DataFrames, for who has pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from prunelle.errors import ArgumentError

INSTALL = "pip install 'prunelle[tables]'"

DataFrame: TypeAlias = Any
"""pandas's; it is not needed to check types here."""


def as_frame(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, whole: Sequence[str] = ()
) -> DataFrame:
    """A line a row; what a row has not is missing.

    Args:
        rows: values by column.
        columns: all of them, in order.
        whole: those that are whole numbers.

    Raises:
        ArgumentError: pandas is not there, and how to get it.
    """
    try:
        import pandas
    except Exception as error:  # a half-working installation raises anything
        raise ArgumentError(f"a frame needs pandas: {INSTALL} ({error}).") from error
    frame = pandas.DataFrame(list(rows), columns=list(columns))
    return frame.astype(dict.fromkeys(whole, "int64")) if len(frame) else frame

"""What a card is about."""

from __future__ import annotations

import dataclasses

from prunelle.exports.checking import Check
from prunelle.exports.subject import Subject


@dataclasses.dataclass(frozen=True, kw_only=True)
class Written:
    """A network that was written and checked.

    Attributes:
        subject: what was taken away.
        format: by its name.
        files: names of what was written, the network's own first.
        quantize: ``int8``, or None for float32.
        check: what was seen of its answers.
    """

    subject: Subject
    format: str
    files: tuple[str, ...]
    quantize: str | None
    check: Check

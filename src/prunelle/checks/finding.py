"""``Finding``: what is odd, how sure that is, of which examples, and what to do."""

from __future__ import annotations

import dataclasses

from prunelle.texts import Note


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a person should know of some examples, or of all.

    Attributes:
        kind: of a closed list (``checks.list.KINDS``): ``near copies across splits``, ``label``…
        rows: the examples, as rows of ``Inspected``, the one that it is most about first; empty where it is of the data
            as a whole.
        confidence: in [0, 1]; how likely it is that this is so, as far as the check can tell.
        what: in a sentence.
        advice: what to do.
        suggested: the class that the first example seems to be of; None where nothing is suggested.
        unread: files that it is about and that could not be read; they have no row.
    """

    kind: str
    rows: tuple[int, ...]
    confidence: float
    what: Note
    advice: Note
    suggested: str | None = None
    unread: tuple[str, ...] = ()

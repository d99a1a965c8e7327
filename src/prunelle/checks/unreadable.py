"""Files that cannot be read."""

from __future__ import annotations

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.data.reasons import reason_note
from prunelle.texts import Note, visible


def _find(inspected: Inspected) -> list[Finding]:
    found = []
    for part in inspected.pixels.values():
        for skipped in part.skipped:
            file, reason = visible(skipped.file), reason_note(skipped.reason)
            found.append(
                Finding(
                    kind="unreadable",
                    rows=(),
                    confidence=1.0,
                    what=Note(f"{file} cannot be read: {reason.en}.", f"{file} est illisible : {reason.fr}."),
                    advice=Note(
                        "It is left out of every training. Save it anew, or take it away.",
                        "Il est écarté de tout entraînement. Enregistrez-le à nouveau, ou retirez-le.",
                    ),
                    unread=(skipped.file,),
                )
            )
    return found


CHECK = Check(
    kinds={"unreadable": Note("Files that cannot be read", "Fichiers illisibles")},
    of=("pictures",),
    targets=EVERY_TARGET,
    cheap=True,
    told=True,
    find=_find,
)

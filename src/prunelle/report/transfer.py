"""What a run kept of weights learned before, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prunelle.texts import EN, FR, Note
from prunelle.transfer.strategies import Strategy


def strategy_note(entry: Mapping[str, Any]) -> Note:
    """What the strategy does, in a sentence."""
    strategy = Strategy.from_json(entry["strategy"])
    frozen, learned = entry["frozen_parameters"], entry["learned_parameters"]
    parts_en = [f"{EN.integer(learned)} weights learn, {EN.integer(frozen)} stay as they are"]
    parts_fr = [f"{FR.integer(learned)} poids apprennent, {FR.integer(frozen)} restent tels quels"]
    if entry["views"]:
        views = entry["views"]
        parts_en.append(
            "what the frozen ones make of each picture is computed once"
            + (f", in {views} views of each training picture" if views > 1 else "")
        )
        parts_fr.append(
            "ce que les poids gelés font de chaque image n’est calculé qu’une fois"
            + (f", pour {views} vues de chaque image d’entraînement" if views > 1 else "")
        )
    if strategy.solved:
        parts_en.append("the classifier is solved at once, in one epoch")
        parts_fr.append("le classifieur est calculé d’un coup, en une époque")
    return Note(
        f"Strategy {strategy.name}: {'; '.join(parts_en)}.",
        f"Stratégie {strategy.name} : {' ; '.join(parts_fr)}.",
    )


def sentences(info: Mapping[str, Any]) -> list[Note]:
    """What a report says of what was reused; ``info`` is the content of ``run.json``."""
    source, entry = info["network"].get("weights"), info.get("transfer")
    notes = []
    if source is not None:
        notes.append(Note(f"It started from {source}.", f"Point de départ : {source}."))
    if entry is not None:
        options = info["network"]["options"]
        if "classifier" in options:
            head, stage = entry["strategy"]["head"] or options["classifier"], options["stage"]
            notes.append(
                Note(
                    f"A new classifier ({head}) was put after {stage}.",
                    f"Un nouveau classifieur ({head}) a été placé après {stage}.",
                )
            )
        advice = entry["advice"] or {"notes": []}
        notes += [strategy_note(entry), *(Note(**note) for note in (*entry["notes"], *advice["notes"]))]
    return notes

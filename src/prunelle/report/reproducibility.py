"""What may be expected of the command that a report ends with: the same weights to the bit, or not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prunelle.texts import Note

_PROGRAM = Note(
    "This runs the program again. Weights come out the same only where the program sets the seed of every random "
    "number it draws; where it sets none, two runs differ.",
    "Ceci relance le programme. Les poids ne seront les mêmes que si le programme fixe la graine de tous ses tirages "
    "au hasard ; s’il n’en fixe aucune, deux exécutions diffèrent.",
)
_SAME = Note(
    "On the same CPU, with as many threads, the same versions and the same files, this gives the same weights, bit for "
    "bit.",
    "Sur le même processeur, avec autant de fils d’exécution, les mêmes versions et les mêmes fichiers, on retrouve "
    "les mêmes poids, au bit près.",
)
_EXTENDED = Note(
    "The training was extended afterwards, to {epochs} epochs: it takes this command, then prunelle train --resume "
    "with --epochs {steps}.",
    "L’entraînement a été prolongé ensuite, jusqu’à {epochs} époques : il faut cette commande, puis prunelle train "
    "--resume avec --epochs {steps}.",
)
_CUT = Note(
    "The training was stopped, and given another number of epochs before its end: no command alone does it again.",
    "L’entraînement a été arrêté, et son nombre d’époques changé avant la fin : aucune commande seule ne le refait.",
)
_NOT_ON_A_CPU = Note(
    "This does the same training again. Not on a CPU ({device}), sums are added up in an order of their own each time: "
    "the weights come out alike, not the same to the bit.",
    "Ceci refait le même entraînement. Ailleurs que sur un processeur ({device}), les sommes se font chaque fois dans "
    "leur ordre : les poids seront proches, pas identiques au bit près.",
)
_FROM_PYTHON = Note(
    "This training was called from Python; network, data and weights are those that the program had, and stand here by "
    "their names alone. Weights come out the same only where these are the same, first weights included.",
    "Cet entraînement a été appelé depuis Python ; le réseau, les données et les poids sont ceux du programme, et "
    "n’ont ici que leur nom. On ne retrouve les mêmes poids que si tout cela est le même, premiers poids compris.",
)


def repeating(info: Mapping[str, Any]) -> Note:
    """Of a run; ``info`` is the content of its ``run.json``."""
    if "recipe" not in info:
        return _PROGRAM
    device = str(info["host"].get("device", "cpu")).partition(":")[0]
    if not str(info["command"]).startswith("prunelle ") or info["data"]["source"] is None:
        return _FROM_PYTHON
    note = (
        _SAME
        if device == "cpu"
        else Note(*(t.format(device=device) for t in (_NOT_ON_A_CPU.en, _NOT_ON_A_CPU.fr)))
    )
    extended = info.get("extended")
    if not extended:
        return note
    if not all(step["whole"] for step in extended):
        return _CUT
    steps = [str(step["epochs"]) for step in extended]
    filled = {"epochs": steps[-1], "steps": ", ".join(steps)}
    return Note(f"{_EXTENDED.en.format(**filled)} {note.en}", f"{_EXTENDED.fr.format(**filled)} {note.fr}")

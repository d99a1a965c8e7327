"""Series without variation, with much missing, of unusual length, with single values far from all around them."""

from __future__ import annotations

from typing import cast

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.words import counted, some
from prunelle.data.series.container import Series
from prunelle.texts import EN, FR, Note, visible

MUCH_MISSING = 0.2
LONG = 3.0
"""Times the usual length that is unusual, or the usual length over it."""

RARE = 0.05
"""Share of all series up to which a length is unusual."""

SPIKE = 10.0
"""Times the usual largest jump there and back of a series."""

SPIKE_DEVIATIONS = 4.0
"""Of the values of that channel, that a jump must have too."""


def _find(inspected: Inspected) -> list[Finding]:
    given = {split.name: split for split in inspected.data.splits()}
    whole = [one for name in inspected.pixels for one in cast(Series, given[name].array)]
    asked = (_constant, _missing, _lengths, _spikes)
    return [one for ask in asked for one in ask(inspected, whole)] if whole else []


def _constant(inspected: Inspected, whole: list[np.ndarray]) -> list[Finding]:
    with np.errstate(invalid="ignore"):
        varying = np.array([np.nanmax(one, axis=0) > np.nanmin(one, axis=0) for one in map(_known, whole)])
    flat = np.flatnonzero(~varying.any(axis=1))
    found = []
    if len(flat):
        rows = flat.tolist()
        number, names = counted(inspected, len(rows)), some(inspected, rows)
        en, fr = ("does", "ne varie") if len(rows) == 1 else ("do", "ne varient")
        found.append(
            Finding(
                kind="constant",
                rows=tuple(rows),
                confidence=1.0,
                what=Note(
                    f"{number.en} {en} not vary at all: {names.en}.",
                    f"{number.fr} {fr} pas du tout : {names.fr}.",
                ),
                advice=Note(
                    "A sensor that was off? There is nothing to learn from them but their level: leave them out.",
                    "Un capteur débranché ? Il n’y a rien à en apprendre que leur niveau : écartez-les.",
                ),
            )
        )
    several = varying.shape[1] > 1 and len(flat) < len(whole)
    for channel in np.flatnonzero(~varying.any(axis=0)) if several else ():
        found.append(
            Finding(
                kind="constant",
                rows=(),
                confidence=1.0,
                what=Note(
                    f"Channel {channel} does not vary in any series.",
                    f"Le canal {channel} ne varie dans aucune série.",
                ),
                advice=Note(
                    "It says nothing: leave it out of the files, or look why it was not recorded.",
                    "Il ne dit rien : retirez-le des fichiers, ou cherchez pourquoi il n’a pas été enregistré.",
                ),
            )
        )
    return found


def _known(series: np.ndarray) -> np.ndarray:
    """``(T, C)``: a channel that has no value at all is 0."""
    return np.where(np.isnan(series).all(axis=0), np.float32(0), series)


def _missing(inspected: Inspected, whole: list[np.ndarray]) -> list[Finding]:
    shares = np.array([float(np.isnan(one).mean()) for one in whole])
    much = np.flatnonzero(shares > MUCH_MISSING)
    if not len(much):
        return []
    rows = much[np.argsort(-shares[much], kind="stable")].tolist()
    number, names = counted(inspected, len(rows)), some(inspected, rows)
    en, all_ = "lacks" if len(rows) == 1 else "lack", float(shares.mean())
    name, most = visible(inspected.names[rows[0]]), float(shares[rows[0]])
    return [
        Finding(
            kind="missing values",
            rows=tuple(rows),
            confidence=1.0,
            what=Note(
                f"{number.en} {en} more than {EN.percent(MUCH_MISSING, digits=0)} of their values: {names.en}. "
                f"{name} lacks {EN.percent(most, digits=0)}; of all values, {EN.percent(all_)} are missing.",
                f"Il manque plus de {FR.percent(MUCH_MISSING, digits=0)} des valeurs à {number.fr} : {names.fr}. "
                f"Il en manque {FR.percent(most, digits=0)} à {name} ; de toutes les valeurs, {FR.percent(all_)} "
                "manquent.",
            ),
            advice=Note(
                "What is missing is drawn as a straight line between its neighbours. Leave out series of which little "
                "is left, or record them anew.",
                "Ce qui manque est remplacé par une droite entre les valeurs voisines. Écartez les séries dont il "
                "reste peu, ou enregistrez-les à nouveau.",
            ),
        )
    ]


def _lengths(inspected: Inspected, whole: list[np.ndarray]) -> list[Finding]:
    lengths = np.array([len(one) for one in whole], float)
    usual = float(np.median(lengths)) if len(lengths) else 1.0
    ratio = np.maximum(lengths / usual, usual / np.maximum(lengths, 1))
    odd = np.flatnonzero(ratio >= LONG)
    if not len(odd) or len(odd) > max(1, RARE * len(lengths)):
        return []
    rows = odd[np.argsort(-ratio[odd], kind="stable")].tolist()
    number, names, name = (
        counted(inspected, len(rows)),
        some(inspected, rows),
        visible(inspected.names[rows[0]]),
    )
    en, fr = ("is", "a") if len(rows) == 1 else ("are", "ont")
    length = int(lengths[rows[0]])
    return [
        Finding(
            kind="unusual length",
            rows=tuple(rows),
            confidence=0.9,
            what=Note(
                f"{number.en} {en} of an unusual length: {names.en}. {name} has {EN.integer(length)} steps, the middle "
                f"one {EN.integer(round(usual))}.",
                f"{number.fr} {fr} une longueur inhabituelle : {names.fr}. {name} a {FR.integer(length)} pas, la série "
                f"médiane {FR.integer(round(usual))}.",
            ),
            advice=Note(
                "Were they cut off, or do they hold several recordings? Look; cut them alike, or leave them out.",
                "Ont-elles été coupées, ou contiennent-elles plusieurs enregistrements ? Regardez-les ; coupez-les de "
                "la même façon, ou écartez-les.",
            ),
        )
    ]


def _spikes(inspected: Inspected, whole: list[np.ndarray]) -> list[Finding]:
    jumps = np.array([_jump(one) for one in whole])
    if not len(jumps):
        return []
    usual = np.array([np.median(one[one > 0]) if (one > 0).any() else 0.0 for one in jumps.T])
    every = np.concatenate(whole)
    low, high = np.nanpercentile(every, [16, 84], axis=0)
    limit = np.maximum(SPIKE * usual, SPIKE_DEVIATIONS * (high - low) / 2)
    over = np.where(limit > 0, jumps / np.maximum(limit, 1e-30), 0.0).max(axis=1)
    odd = np.flatnonzero(over > 1)
    if not len(odd):
        return []
    rows = odd[np.argsort(-over[odd], kind="stable")].tolist()
    number, names, name = (
        counted(inspected, len(rows)),
        some(inspected, rows),
        visible(inspected.names[rows[0]]),
    )
    en, fr = ("has", "a") if len(rows) == 1 else ("have", "ont")
    channel = int((jumps[rows[0]] / np.maximum(limit, 1e-30)).argmax())
    step = _where(whole[rows[0]][:, channel])
    value = float(whole[rows[0]][step, channel])
    return [
        Finding(
            kind="spikes",
            rows=tuple(rows),
            confidence=0.8,
            what=Note(
                f"{number.en} {en} a single value far from those before and after it: {names.en}. {name} is "
                f"{EN.number(value)} at step {EN.integer(step)}; two values in three of that channel lie between "
                f"{EN.number(float(low[channel]))} and {EN.number(float(high[channel]))}.",
                f"{number.fr} {fr} une valeur isolée, loin de celles d’avant et d’après : {names.fr}. {name} vaut "
                f"{FR.number(value)} au pas {FR.integer(step)} ; deux valeurs sur trois de ce canal sont entre "
                f"{FR.number(float(low[channel]))} et {FR.number(float(high[channel]))}.",
            ),
            advice=Note(
                "A fault of the sensor, a wrong decimal point, a code for “missing” such as 9999? Write such values as "
                "missing.",
                "Un défaut du capteur, une virgule déplacée, un code pour « manquant » comme 9999 ? Notez de telles "
                "valeurs comme manquantes.",
            ),
        )
    ]


def _jumps(values: np.ndarray) -> np.ndarray:
    """``(T,)`` or ``(T, C)`` → how far each value is from both its neighbours, on one side of them; 0 elsewhere."""
    if len(values) < 3:
        return np.zeros(values.shape)
    before, after = values[1:-1] - values[:-2], values[1:-1] - values[2:]
    alone = np.where(before * after > 0, np.minimum(np.abs(before), np.abs(after)), 0.0)
    inside = np.nan_to_num(alone)
    return np.concatenate([np.zeros((1, *inside.shape[1:])), inside, np.zeros((1, *inside.shape[1:]))])


def _jump(series: np.ndarray) -> np.ndarray:
    """``(C,)``: the largest."""
    return np.asarray(_jumps(series.astype(float)).max(axis=0)) if len(series) else np.zeros(series.shape[1])


def _where(values: np.ndarray) -> int:
    return int(_jumps(values.astype(float)).argmax())


CHECK = Check(
    kinds={
        "constant": Note("Series without variation", "Séries sans variation"),
        "missing values": Note("Series with much missing", "Séries incomplètes"),
        "unusual length": Note("Series of unusual length", "Séries de longueur inhabituelle"),
        "spikes": Note("Series with single values far from all around", "Séries à valeurs isolées"),
    },
    of=("series",),
    targets=EVERY_TARGET,
    cheap=True,
    find=_find,
)

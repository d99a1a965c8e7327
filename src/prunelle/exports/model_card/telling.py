"""What a network tells, and of what: the first words of a card, and the data that it learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prunelle.exports.model_card.markdown import joined, listed, table, text
from prunelle.exports.subject import Subject
from prunelle.report.judgement import SPLITS
from prunelle.texts import Note, Typography

MOST_CLASSES = 50
"""Named one by one."""

_TELLS = {
    "class": Note(
        "Of {one} it tells which of {k} classes it is of, as a probability each that add up to 1.",
        "D’{one}, il dit de laquelle de {k} classes elle est, par une probabilité chacune, de somme 1.",
    ),
    "labels": Note(
        "Of {one} it tells which of {k} labels it has, as a probability each; a label is answered from its own "
        "threshold on, and none may be.",
        "D’{one}, il dit lesquelles de {k} étiquettes elle a, par une probabilité chacune ; une étiquette est répondue "
        "à partir de son propre seuil, et il peut n’y en avoir aucune.",
    ),
    "number": Note(
        "Of {one} it tells a number, {name}, in the unit of the labels that it learned.",
        "D’{one}, il dit un nombre, {name}, dans l’unité des étiquettes apprises.",
    ),
}
_ONES = {"pictures": Note("a picture", "une image"), "series": Note("a series", "une série")}
_CLASSES = Note("In the order of its outputs: {names}{more}.", "Dans l’ordre de ses sorties : {names}{more}.")
_MORE = Note(
    " and {n} more, which the file's metadata name", " et {n} de plus, que nomment les métadonnées du fichier"
)
_PREPARED = {
    "pictures": Note(
        "The file itself prepares a picture as the training did: {fit} {h}×{w} pixels, {colour}, normalised.",
        "Le fichier prépare lui-même l’image comme à l’entraînement : {fit} {h}×{w} pixels, {colour}, normalisée.",
    ),
    "series": Note(
        "The file itself prepares a series as the training did: {channels} channel(s), {length} steps, normalised.",
        "Le fichier prépare lui-même la série comme à l’entraînement : {channels} voie(s), {length} pas, normalisée.",
    ),
}
_FITS = {
    "crop": Note("resized and cut to", "redimensionnée et coupée à"),
    "pad": Note("resized and padded to", "redimensionnée et bordée à"),
    "squash": Note("squashed to", "ramenée (proportions perdues) à"),
}
_COLOURS = {1: Note("grey", "en gris"), 3: Note("RGB", "RVB")}
_UNKNOWN = Note(
    "Nobody wrote down which data it learned from.", "Rien ne dit sur quelles données il a appris."
)
_NAMED = Note("{name}: {n} examples.", "{name} : {n} exemples.")
_SOMEBODY = Note("data of a program", "données d’un programme")
_TOO_MANY = Note(
    "{k} classes; of the training examples the rarest has {least}, the most common {most}.",
    "{k} classes ; parmi les exemples d’entraînement, la plus rare en a {least}, la plus courante {most}.",
)
_LABELLED = {
    "named set": Note(
        "Labels are those that the set was published with.", "Les étiquettes sont celles du jeu publié."
    ),
    "folders": Note(
        "Labels are the folders that the pictures were in.",
        "Les étiquettes sont les dossiers où étaient les images.",
    ),
    "names of files": Note(
        "Labels came from the names of the files.", "Les étiquettes viennent des noms des fichiers."
    ),
    "table": Note("Labels came from a table.", "Les étiquettes viennent d’un tableau."),
    "file of series": Note(
        "Labels stand beside the series, in their file.",
        "Les étiquettes sont à côté des séries, dans leur fichier.",
    ),
}
_GROUPED = {
    "folders": Note(
        "Examples of one folder were kept on one side of every split.",
        "Les exemples d’un même dossier sont restés d’un seul côté de chaque division.",
    ),
    "names of files": Note(
        "Examples whose names belong together were kept on one side of every split.",
        "Les exemples dont les noms vont ensemble sont restés d’un seul côté de chaque division.",
    ),
    "table": Note(
        "Examples of one group, by a table, were kept on one side of every split.",
        "Les exemples d’un même groupe, d’après un tableau, sont restés d’un seul côté de chaque division.",
    ),
}
_ALONE = Note(
    "Nobody said which examples belong together (bursts, patients…): if some do, its figures are flattered.",
    "Personne n’a dit quels exemples vont ensemble (rafales, patients…) : s’il y en a, ses résultats sont flattés.",
)
_DECIDED = Note(
    "People decided about labels: {counts}.", "Des personnes ont statué sur des étiquettes : {counts}."
)
_DECISIONS = {
    "relabelled": Note("{n} corrected", "{n} corrigées"),
    "left out": Note("{n} examples left out", "{n} exemples écartés"),
    "not sure": Note("{n} not sure, left out", "{n} incertaines, écartées"),
    "kept": Note("{n} confirmed", "{n} confirmées"),
}
_CLASS, _LABEL, _ALL = Note("class", "classe"), Note("label", "étiquette"), Note("all", "en tout")


def told(subject: Subject, words: Typography) -> str:
    """What it tells, of what, and how that is prepared."""
    one = words.note(_ONES[subject.kind])
    k = words.integer(len(subject.classes))
    said = words.note(_TELLS[subject.target.kind], one=one, k=k, name=text(subject.classes[0]))
    names = ""
    if subject.target.kind != "number":
        rest = len(subject.classes) - MOST_CLASSES
        more = words.note(_MORE, n=words.integer(rest)) if rest > 0 else ""
        listed_names = ", ".join(map(text, subject.classes[:MOST_CLASSES]))
        names = words.note(_CLASSES, names=listed_names, more=more)
    return joined([said, names, _PREPARING[subject.kind](subject.preprocess, words)])


def _picture(settings: Any, words: Typography) -> str:
    height, width = settings.size
    return words.note(
        _PREPARED["pictures"],
        fit=words.note(_FITS[settings.fit]),
        h=words.integer(height),
        w=words.integer(width),
        colour=words.note(_COLOURS[settings.channels]),
    )


def _series(settings: Any, words: Typography) -> str:
    return words.note(
        _PREPARED["series"],
        channels=words.integer(settings.channels),
        length=words.integer(settings.length),
    )


_PREPARING: Mapping[str, Callable[[Any, Typography], str]] = {"pictures": _picture, "series": _series}
"""By the kind of data."""


def data(subject: Subject, words: Typography) -> str:
    """How many examples of what, how labels came, what was kept together, what people decided."""
    facts = subject.facts
    if not facts.counts:
        return words.note(_UNKNOWN)
    name = words.note(_SOMEBODY) if facts.data is None else text(facts.data)
    total = words.note(_NAMED, name=f"**{name}**", n=words.integer(sum(facts.counts.values())))
    return joined([total, _counts(subject, words), listed(_said(subject, words))])


def _counts(subject: Subject, words: Typography) -> str:
    facts = subject.facts
    splits = [split for split in ("train", "validation", "test") if split in facts.counts]
    exclusive = subject.target.exclusive
    heads = [words.note(_CLASS if exclusive else _LABEL), *(words.note(SPLITS[split]) for split in splits)]
    whole = [words.note(_ALL), *(words.integer(facts.counts[split]) for split in splits)]
    by_class = facts.class_counts
    if not by_class:
        return table(["", *heads[1:]], [whole])
    if len(subject.classes) > MOST_CLASSES:
        train = by_class["train"]
        return joined(
            [
                table(["", *heads[1:]], [whole]),
                words.note(
                    _TOO_MANY,
                    k=words.integer(len(subject.classes)),
                    least=words.integer(min(train)),
                    most=words.integer(max(train)),
                ),
            ]
        )
    rows = [
        [
            text(name),
            *(words.integer(by_class[split][k]) if split in by_class else "" for split in splits),
        ]
        for k, name in enumerate(subject.classes)
    ]
    return table(heads, [*rows, whole])


def _said(subject: Subject, words: Typography) -> Iterator[str]:
    facts = subject.facts
    if facts.labelled_by is not None:
        yield words.note(_LABELLED[facts.labelled_by])
    if facts.grouped_by is not None:
        yield words.note(_GROUPED[facts.grouped_by])
    elif facts.labelled_by not in (None, "named set"):
        yield words.note(_ALONE)
    if facts.decisions:
        counts = [words.note(_DECISIONS[name], n=words.integer(n)) for name, n in facts.decisions.items()]
        yield words.note(_DECIDED, counts=", ".join(counts))

"""Which split the name of a folder, or a value in a table, speaks of: ``training_set``, ``seg_train``, ``Testing``…"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORDS = {
    "train": ("train", "training", "trn", "trainval", "entrainement", "apprentissage"),
    "validation": ("val", "valid", "validation", "validating", "dev", "devel", "development"),
    "test": ("test", "tests", "testing", "tst", "eval", "evaluation", "holdout", "essai", "essais"),
}
_SPLIT_OF = {word: split for split, words in _WORDS.items() for word in words}
# Beside such a word, these change nothing.
_BESIDE = frozenset(
    (
        *("set", "sets", "data", "dataset", "datasets", "split", "splits", "folder", "folders", "dir"),
        *("image", "images", "img", "imgs", "picture", "pictures", "pic", "pics", "photo", "photos"),
        *(
            "sample",
            "samples",
            "example",
            "examples",
            "file",
            "files",
            "all",
            "full",
            "x",
            "y",
            "my",
            "new",
            "the",
        ),
        *(
            "jeu",
            "jeux",
            "de",
            "d",
            "des",
            "donnee",
            "donnees",
            "ensemble",
            "base",
            "dossier",
            "exemple",
            "exemples",
        ),
    )
)
_UNKNOWN = frozenset(
    (
        *("unknown", "unlabelled", "unlabeled", "unclassified", "no", "label", "labels", "class", "classes"),
        *("inconnu", "inconnue", "inconnus", "sans"),
    )
)
_GLUED = {
    glued: split
    for word, split in _SPLIT_OF.items()
    for other in _BESIDE
    if len(other) > 2
    for glued in (word + other, other + word)
}


def split_of(name: str) -> str | None:
    """``train``, ``validation`` or ``test`` where the name says no more than that; None for any other name.

    Case, accents, numbers, and words such as *set*, *images*, *data* make no difference.

    Example:
        >>> split_of("Training_Set"), split_of("val2017"), split_of("bullet_train")
        ('train', 'validation', None)
    """
    split, others = _read(name)
    return None if others else split


def splits_among(names: Iterable[str]) -> dict[str, str]:
    """The names that are splits, and which.

    What stands beside the word may be anything where several splits have it in common: ``seg_train`` and ``seg_test``.
    """
    read = {name: _read(name) for name in names}
    shared: dict[tuple[str, ...], set[str]] = {}
    for split, others in read.values():
        if split is not None:
            shared.setdefault(others, set()).add(split)
    return {
        name: split
        for name, (split, others) in read.items()
        if split is not None and (not others or len(shared[others]) > 1)
    }


def is_general(name: str) -> bool:
    """Whether nothing in it could be the name of a class: ``images``, ``unknown``, ``test1``."""
    return all(word in _UNKNOWN for word in _read(name)[1])


def speaks_of_splits(name: str) -> bool:
    """Whether one of its words means a split, whatever else it says: ``train_small``, ``bullet_train``."""
    return _read(name)[0] is not None


def _read(name: str) -> tuple[str | None, tuple[str, ...]]:
    """The split that one of its words means, and the words that mean something else."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower()
    splits, others = set(), []
    if "hold" in plain:
        plain = re.sub(r"hold[\W_]*out", "holdout", plain)
    for word in re.findall(r"[^\W\d_]+", plain):
        split = _SPLIT_OF.get(word) or _GLUED.get(word)
        if split is not None:
            splits.add(split)
        elif word not in _BESIDE:
            others.append(word)
    return (splits.pop() if len(splits) == 1 else None), tuple(others)

"""What the report of a comparison says otherwise where networks tell several labels, or a number."""

from __future__ import annotations

from collections.abc import Mapping

from prunelle.texts import Note

_ANY = {
    "one_seed": Note(
        "Each network was trained with a single seed. Another seed would give another figure, and nothing here says "
        "how far off; three seeds or more (--seeds 3) do.",
        "Chaque réseau n’a été entraîné qu’avec une seule graine. Une autre graine donnerait une autre mesure, et rien "
        "ici ne dit à quel point ; trois graines ou plus (--seeds 3) le disent.",
    ),
    "judged_validation": Note(
        "There is no test split. The validation pictures also chose which epoch’s weights to keep, so these figures "
        "are all a little flattering.",
        "Il n’y a pas de jeu de test. Le jeu de validation a aussi servi à choisir l’époque dont on garde les poids : "
        "ces mesures sont donc toutes un peu flatteuses.",
    ),
    "judged_train": Note(
        "There is neither a test nor a validation split: these figures say how well each network learned its pictures "
        "by heart, not what it is worth on new ones.",
        "Il n’y a ni jeu de test ni jeu de validation : ces mesures disent à quel point chaque réseau a appris ses "
        "images par cœur, pas ce qu’il vaut sur de nouvelles.",
    ),
    "standings_text": Note(
        "Means over the seeds, ± standard deviation. The interval is where the mean over many seeds lies, as far as "
        "{n} seeds can tell (Student, 95 %).",
        "Moyennes sur les graines, ± écart type. L’intervalle dit où se situe la moyenne sur beaucoup de graines, pour "
        "autant que {n} graines permettent de le dire (Student, 95 %).",
    ),
}

_LABELS = {
    "headline_clear": Note(
        "{best} reaches a mean average precision of {value} on the {n} {split} pictures, {gap} points more than "
        "{second}.",
        "{best} atteint une précision moyenne (mAP) de {value} sur les {n} images de {split}, {gap} points de plus que "
        "{second}.",
    ),
    "at_chance": Note(
        "No better than without looking, as far as these pictures can tell: {labels}. A mean average precision of "
        "{share} needs no network.",
        "Pas mieux que sans regarder, pour autant que ces images permettent de le dire : {labels}. Une précision "
        "moyenne (mAP) de {share} s’obtient sans réseau.",
    ),
    "accuracy": Note("All labels right", "Toutes les étiquettes justes"),
    "dots": Note("Mean average precision, seed by seed", "Précision moyenne (mAP), graine par graine"),
}

_NUMBER = {
    "headline_clear": Note(
        "{best} is off by {value} on average on the {n} {split} pictures, {gap} less than {second}.",
        "{best} est à {value} près en moyenne sur les {n} images de {split}, {gap} de moins que {second}.",
    ),
    "at_chance": Note(
        "No better than always the same answer, as far as these pictures can tell: {labels}. Always answering {name} "
        "is off by {share}.",
        "Pas mieux que toujours la même réponse, pour autant que ces images permettent de le dire : {labels}. Répondre "
        "toujours {name} se trompe de {share}.",
    ),
    "points": Note("Difference", "Différence"),
    "dots": Note("Mean absolute error, seed by seed", "Erreur absolue moyenne, graine par graine"),
}

OF_KIND: Mapping[str, Mapping[str, Note]] = {
    "class": {},
    "labels": {**_ANY, **_LABELS},
    "number": {**_ANY, **_NUMBER},
}
"""By the kind of target, in the place of ``comparison_words.TEXTS`` of the same name."""

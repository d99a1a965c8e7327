"""The sentences of a comparison's report, in English and French; numbers and the rest as in ``words.py``."""

from __future__ import annotations

from prunelle.data.targets import TargetKind
from prunelle.report.comparison_targets import OF_KIND
from prunelle.report.words import TEXTS as SHARED
from prunelle.report.words import Words
from prunelle.texts import Language, Note

TEXTS = SHARED | {
    "comparison_title": Note("{networks} on {data}: comparison", "{networks} sur {data} : comparaison"),
    "comparison": Note("Comparison", "Comparaison"),
    "headline_clear": Note(
        "{best} recognises {value} of the {n} {split} pictures, {gap} points more than {second}.",
        "{best} reconnaît {value} des {n} images de {split}, {gap} points de plus que {second}.",
    ),
    "headline_not clear": Note(
        "{best} ({value}) and {second} ({other}) cannot be told apart on these {n} {split} pictures.",
        "{best} ({value}) et {second} ({other}) ne se distinguent pas sur ces {n} images de {split}.",
    ),
    "headline_few seeds": Note(
        "{best} ({value}) is ahead of {second} ({other}) on these {n} {split} pictures, but so few seeds cannot "
        "tell whether other trainings would be: train more (--seeds 10).",
        "{best} ({value}) devance {second} ({other}) sur ces {n} images de {split}, mais si peu de graines ne "
        "permettent pas de dire si d’autres entraînements feraient de même : entraînez-en plus (--seeds 10).",
    ),
    "at_chance": Note(
        "No better than chance, as far as these pictures can tell: {labels}. Always answering {name} is right for "
        "{share}.",
        "Pas mieux que le hasard, pour autant que ces images permettent de le dire : {labels}. Répondre toujours "
        "{name} est juste pour {share}.",
    ),
    "one_seed": Note(
        "Each network was trained with a single seed. Another seed would give another accuracy, and nothing here "
        "says how far off; three seeds or more (--seeds 3) do.",
        "Chaque réseau n’a été entraîné qu’avec une seule graine. Une autre graine donnerait une autre exactitude, "
        "et rien ici ne dit à quel point ; trois graines ou plus (--seeds 3) le disent.",
    ),
    "judged_validation": Note(
        "There is no test split. The validation pictures also chose which epoch’s weights to keep, so these "
        "accuracies are all a little flattering.",
        "Il n’y a pas de jeu de test. Le jeu de validation a aussi servi à choisir l’époque dont on garde les "
        "poids : ces exactitudes sont donc toutes un peu flatteuses.",
    ),
    "judged_train": Note(
        "There is neither a test nor a validation split: these accuracies say how well each network learned its "
        "pictures by heart, not what it is worth on new ones.",
        "Il n’y a ni jeu de test ni jeu de validation : ces exactitudes disent à quel point chaque réseau a appris "
        "ses images par cœur, pas ce qu’il vaut sur de nouvelles.",
    ),
    "has_diverged": Note(
        "{label} diverged with seed {seeds}: its loss was no number any more. These trainings are in no mean, which "
        "flatters {label}.",
        "{label} a divergé avec la graine {seeds} : sa perte n’était plus un nombre. Ces entraînements ne sont dans "
        "aucune moyenne, ce qui avantage {label}.",
    ),
    "seeds": Note("Seeds", "Graines"),
    "trainings": Note("Trainings", "Entraînements"),
    "trainings_each": Note("{n} per network", "{n} par réseau"),
    "judged_on": Note("Judged on", "Jugés sur"),
    "n_pictures": Note("{n} pictures", "{n} images"),
    "the_split": Note("the {split} split", "le jeu de {split}"),
    "time_in_all": Note("Training time, in all", "Durée totale d’entraînement"),
    "standings": Note("What each network reaches", "Ce qu’atteint chaque réseau"),
    "standings_text": Note(
        "Means over the seeds, ± standard deviation. The interval is where the mean over many seeds lies, as far as "
        "{n} seeds can tell (Student, 95 %); accuracies are counted in pictures, so equal ones may still be a picture "
        "apart.",
        "Moyennes sur les graines, ± écart type. L’intervalle dit où se situe la moyenne sur beaucoup de graines, "
        "pour autant que {n} graines permettent de le dire (Student, 95 %) ; les exactitudes se comptent en images, "
        "deux exactitudes égales peuvent donc cacher une image d’écart.",
    ),
    "standings_text_one": Note("One training each.", "Un entraînement chacun."),
    "mean_interval": Note("95 % interval, seeds", "Intervalle à 95 %, graines"),
    "multiply_adds": Note("Multiply-adds", "Multiplications-additions"),
    "a_picture": Note("a picture", "par image"),
    "epoch_time": Note("Time per epoch", "Durée d’une époque"),
    "dots": Note("Accuracy, seed by seed", "Exactitude, graine par graine"),
    "dots_text": Note(
        "A dot a training; the upright bar is the mean, the band its 95 % interval over seeds.",
        "Un point par entraînement ; le trait vertical est la moyenne, la bande son intervalle à 95 % sur les graines.",
    ),
    "dots_text_one": Note("A dot a training.", "Un point par entraînement."),
    "dots_alt": Note("{label}: {mean}", "{label} : {mean}"),
    "top_5_accuracy": SHARED["top_5"],
    "balanced_accuracy": SHARED["balanced"],
    "median_absolute_error": SHARED["median_error"],
    "root_mean_squared_error": SHARED["root_error"],
    "others": Note("Other figures", "Autres mesures"),
    "others_text": Note(
        "Means over the seeds, of the same pictures.", "Moyennes sur les graines, sur les mêmes images."
    ),
    "curves_mean": Note(
        "Lines are means over the seeds, bands reach from the lowest seed to the highest. Solid: validation; dashed: "
        "training, averaged over each epoch while the weights still move, with dropout and augmentation where there "
        "are any, so it may lie below.",
        "Les lignes sont des moyennes sur les graines, les bandes vont de la plus basse à la plus haute. Trait plein : "
        "validation ; tirets : entraînement, moyenné sur chaque époque pendant que les poids changent encore, avec "
        "dropout et augmentation s’il y en a, d’où des valeurs parfois moins bonnes.",
    ),
    "curves_training_only": Note(
        "Lines are means over the seeds, bands reach from the lowest seed to the highest. Without a validation split, "
        "only training can be shown.",
        "Les lignes sont des moyennes sur les graines, les bandes vont de la plus basse à la plus haute. Sans jeu de "
        "validation, seul l’entraînement peut être montré.",
    ),
    "curve_series": Note("{label}: {last} in the last epoch", "{label} : {last} à la dernière époque"),
    "differences": Note("Which differences are real?", "Quelles différences sont réelles ?"),
    "differences_text": Note(
        "Every network learned the same pictures with the same seeds and answered the same {n} {split} pictures, so "
        "they are compared seed by seed and picture by picture. “Over seeds” is where the difference lies if all "
        "were trained again many times; “over pictures”, where it lies for these trained networks on other "
        "pictures of the same kind. A difference is clear when neither interval holds 0; where it might be clear with "
        "more trainings, there are too few seeds.",
        "Tous les réseaux ont appris les mêmes images avec les mêmes graines et ont répondu sur les mêmes {n} images "
        "de {split} : on les compare donc graine par graine et image par image. « Sur les graines » : où se situe la "
        "différence si l’on recommençait beaucoup de fois les entraînements ; « sur les images » : où elle se situe, "
        "pour ces réseaux entraînés, sur d’autres images du même genre. Une différence est nette quand aucun des deux "
        "intervalles ne contient 0 ; là où elle pourrait l’être avec plus d’entraînements, il y a trop peu de graines.",
    ),
    "runs_text": Note(
        "The networks answered the same {n} {split} pictures, so they are compared picture by picture, and seed by "
        "seed where they share some. “Over seeds” is where the difference lies if all were trained again many "
        "times; “over pictures”, where it lies for these trained networks on other pictures of the same kind. A "
        "difference is clear when neither interval holds 0; where it might be clear with more trainings, there are too "
        "few seeds.",
        "Les réseaux ont répondu sur les mêmes {n} images de {split} : on les compare donc image par image, et graine "
        "par graine quand ils en ont en commun. « Sur les graines » : où se situe la différence si l’on recommençait "
        "beaucoup de fois les entraînements ; « sur les images » : où elle se situe, pour ces réseaux entraînés, sur "
        "d’autres images du même genre. Une différence est nette quand aucun des deux intervalles ne contient 0 ; là "
        "où elle pourrait l’être avec plus d’entraînements, il y a trop peu de graines.",
    ),
    "many_pairs": Note(
        "With {n} pairs, expect one interval in twenty to miss by chance.",
        "Avec {n} paires, attendez-vous à ce qu’un intervalle sur vingt se trompe par hasard.",
    ),
    "better": Note("Ahead", "En tête"),
    "than": Note("of", "devant"),
    "points": Note("Points", "Points"),
    "over_seeds": Note("95 %, over seeds", "95 %, sur les graines"),
    "over_pictures": Note("95 %, over pictures", "95 %, sur les images"),
    "verdict": Note("Verdict", "Verdict"),
    "verdict_clear": Note("clear", "nette"),
    "verdict_not clear": Note("not clear", "pas nette"),
    "verdict_few seeds": Note("too few seeds", "trop peu de graines"),
    "every_training": Note("Every training", "Chaque entraînement"),
    "every_training_text": Note(
        "Each is an ordinary run, with a report of its own.",
        "Chacun est un entraînement ordinaire, avec son propre rapport.",
    ),
    "seed": Note("Seed", "Graine"),
    "same_recipe": Note(
        "The recipe is the same for all; of the seed, only the number changes.",
        "La recette est la même pour tous ; seul le numéro de la graine change.",
    ),
    "several_recipes": Note(
        "These runs were trained before, each by its own recipe: see their reports.",
        "Ces entraînements existaient déjà, chacun avec sa recette : voir leurs rapports.",
    ),
}


class ComparisonWords(Words):
    """The report's words, and these.

    Args:
        kind: what the networks tell.
    """

    texts = TEXTS

    def __init__(self, language: Language, kind: TargetKind = "class") -> None:
        super().__init__(language)
        self.texts = {**TEXTS, **OF_KIND[kind]}  # type: ignore[misc]

"""The report's sentences in English and French, and numbers written as each language writes them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from prunelle.data.reasons import reason_note
from prunelle.texts import NO_BREAK, Note, Typography

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}

TEXTS = {
    # The top of the page.
    "title": Note("{network} on {data}: report", "{network} sur {data} : rapport"),
    "report": Note("Training report", "Rapport d’entraînement"),
    "contents": Note("Contents", "Sommaire"),
    "result_test": Note(
        "{network} recognises {accuracy} of {n} test pictures it never saw (95 % interval {interval}){tail}.",
        "{network} reconnaît {accuracy} des {n} images de test, qu’il n’a jamais vues "
        "(intervalle à 95 % : {interval}){tail}.",
    ),
    "result_test_seen": Note(
        "{network} recognises {accuracy} of {n} test pictures (95 % interval {interval}){tail}.",
        "{network} reconnaît {accuracy} des {n} images de test (intervalle à 95 % : {interval}){tail}.",
    ),
    "result_validation": Note(
        "{network} recognises {accuracy} of {n} validation pictures (95 % interval {interval}){tail}.",
        "{network} reconnaît {accuracy} des {n} images de validation (intervalle à 95 % : {interval}){tail}.",
    ),
    "result_train": Note(
        "{network} recognises {accuracy} of the {n} pictures it learned on{tail}.",
        "{network} reconnaît {accuracy} des {n} images sur lesquelles il a appris{tail}.",
    ),
    "labels_result_test": Note(
        "{network} finds the labels of {n} test pictures it never saw with a mean average precision of {value} (95 % "
        "interval {interval}){tail}.",
        "{network} trouve les étiquettes de {n} images de test, qu’il n’a jamais vues, avec une précision moyenne de "
        "{value} (intervalle à 95 % : {interval}){tail}.",
    ),
    "labels_result_validation": Note(
        "{network} finds the labels of {n} validation pictures with a mean average precision of {value} (95 % interval "
        "{interval}){tail}.",
        "{network} trouve les étiquettes de {n} images de validation avec une précision moyenne de {value} (intervalle "
        "à 95 % : {interval}){tail}.",
    ),
    "labels_result_train": Note(
        "{network} finds the labels of the {n} pictures it learned on with a mean average precision of {value}{tail}.",
        "{network} trouve les étiquettes des {n} images sur lesquelles il a appris avec une précision moyenne de "
        "{value}{tail}.",
    ),
    "number_result_test": Note(
        "{network} tells {number} of {n} test pictures it never saw to within {value} on average (95 % interval "
        "{interval})",
        "{network} donne {number} de {n} images de test, qu’il n’a jamais vues, à {value} près en moyenne "
        "(intervalle à 95 % : {interval})",
    ),
    "number_result_validation": Note(
        "{network} tells {number} of {n} validation pictures to within {value} on average (95 % interval "
        "{interval})",
        "{network} donne {number} de {n} images de validation à {value} près en moyenne "
        "(intervalle à 95 % : {interval})",
    ),
    "number_result_train": Note(
        "{network} tells {number} of the {n} pictures it learned on to within {value} on average (95 % interval "
        "{interval})",
        "{network} donne {number} des {n} images sur lesquelles il a appris à {value} près en moyenne "
        "(intervalle à 95 % : {interval})",
    ),
    "caveat_validation": Note(
        "There is no test split. The validation pictures also chose which epoch’s weights to keep, so this "
        "figure is a little flattering: expect slightly less on new pictures, and set some aside as a test "
        "split to know how much.",
        "Il n’y a pas de jeu de test. Le jeu de validation a aussi servi à choisir l’époque dont on garde les "
        "poids : ce résultat est donc un peu flatteur. Attendez-vous à un peu moins sur de nouvelles images ; "
        "pour le mesurer, mettez-en de côté pour former un jeu de test.",
    ),
    "caveat_last": Note(
        "There is no test split. Where these pictures also chose settings of the program, the figure is a "
        "little flattering: expect slightly less on new pictures.",
        "Il n’y a pas de jeu de test. Si ces images ont aussi servi à choisir des réglages du programme, ce "
        "résultat est un peu flatteur : attendez-vous à un peu moins sur de nouvelles images.",
    ),
    "caveat_train": Note(
        "There is neither a test nor a validation split: this figure does not say what the network is worth "
        "on new pictures.",
        "Il n’y a ni jeu de test ni jeu de validation : ce résultat ne dit rien de ce que vaut le réseau sur "
        "de nouvelles images.",
    ),
    "data": Note("Data", "Données"),
    "network": Note("Network", "Réseau"),
    "parameters": Note("Parameters", "Paramètres"),
    "epochs": Note("Epochs", "Époques"),
    "training_time": Note("Training time", "Durée d’entraînement"),
    "baseline": Note("For comparison", "Pour comparer"),
    "top_5": Note("Top-5", "Top-5"),
    "top_5_detail": Note(
        "the right class is among the five most probable; 95 % interval {interval}",
        "la bonne classe est parmi les cinq plus probables ; intervalle à 95 % : {interval}",
    ),
    "balanced": Note("Balanced accuracy", "Exactitude équilibrée"),
    "baseline_detail": Note("right by always answering {name}", "juste en répondant toujours {name}"),
    "classes_count": Note("{n} classes", "{n} classes"),
    "pixels": Note("{width}×{height} pixels, {channels}", "{width}×{height} pixels, {channels}"),
    "grey": Note("grey", "niveaux de gris"),
    "colour": Note("colour", "couleurs"),
    "best_epoch": Note("best: {n}", "la meilleure : {n}"),
    "kept_epoch": Note("kept: {n}", "gardée : {n}"),
    "split": Note("Split", "Jeu"),
    "train": Note("training", "entraînement"),
    "validation": Note("validation", "validation"),
    "test": Note("test", "test"),
    "folds": Note("folds", "plis"),
    "pictures": Note("Pictures", "Images"),
    "accuracy": Note("Accuracy", "Exactitude"),
    "exact_match": Note("All labels right", "Toutes les étiquettes justes"),
    "mean_average_precision": Note("Mean average precision", "Précision moyenne (mAP)"),
    "mean_average_precision_by_epoch": Note(
        "Mean average precision, by epoch", "Précision moyenne (mAP), par époque"
    ),
    "micro_f1": Note("F1 (micro)", "F1 (micro)"),
    "macro_f1": Note("F1 (macro)", "F1 (macro)"),
    "mean_absolute_error": Note("Mean absolute error", "Erreur absolue moyenne"),
    "median_error": Note("Median absolute error", "Erreur absolue médiane"),
    "root_error": Note("Root mean squared error", "Racine de l’erreur quadratique moyenne"),
    "r2": Note("R²", "R²"),
    "answers_to_truths": Note("Answers against the truth", "Les réponses face à la vérité"),
    "answers_drawn": Note("Answer against truth", "Réponse selon la vérité"),
    "answers_read": Note(
        "Each point is an example; on the dashed line the answer is the truth. A cloud that lies flat, along the "
        "dotted line, has learned little.",
        "Chaque point est un exemple ; sur la ligne en tirets, la réponse est la vérité. Un nuage à plat, le long de "
        "la ligne en pointillés, a peu appris.",
    ),
    "residuals_drawn": Note("Error against truth", "Erreur selon la vérité"),
    "residuals_read": Note(
        "Answer minus truth. Where the means of ranges slope downwards, small numbers are answered too large and large "
        "ones too small: the less a network sees, the nearer to the middle it stays (regression to the mean).",
        "Réponse moins vérité. Où les moyennes par tranche descendent, les petits nombres reçoivent une réponse trop "
        "grande et les grands une trop petite : moins un réseau y voit, plus il reste près du milieu (régression vers "
        "la moyenne).",
    ),
    "errors_drawn": Note("How far off answers are", "De combien les réponses s’écartent"),
    "errors_read": Note(
        "Answer minus truth; the few that are farther off than 99.5 % of all stand at the ends.",
        "Réponse moins vérité ; les rares réponses plus loin que 99,5 % d’entre elles sont aux extrémités.",
    ),
    "blind_answer": Note("always the same", "toujours la même"),
    "the_truth": Note("the truth", "la vérité"),
    "examples_title_of_numbers": Note("Examples, from small to large", "Des exemples, du petit au grand"),
    "true_number": Note("True {name}", "{name} : vérité"),
    "residual": Note("Answer minus truth", "Réponse moins vérité"),
    "mean_of_range": Note("range mean", "tranche : moyenne"),
    "by_range": Note("By range of the truth", "Par tranche de la vérité"),
    "by_range_text": Note(
        "As many examples in each range, where truths allow. Bias is the mean of answer minus truth: what it is wrong "
        "by on the whole.",
        "Autant d’exemples dans chaque tranche, si les vérités le permettent. Le biais est la moyenne de réponse moins "
        "vérité : ce dont il se trompe dans l’ensemble.",
    ),
    "range_from": Note("From", "De"),
    "range_to": Note("To", "À"),
    "bias": Note("Bias", "Biais"),
    "farthest": Note("Farthest off", "Les plus loin de la vérité"),
    "farthest_text": Note(
        "The answers that are farthest off.", "Les réponses les plus éloignées de la vérité."
    ),
    "examples_of_numbers": Note(
        "Training pictures, from the smallest number to the largest, as the network receives them before "
        "normalisation.",
        "Des images d’entraînement, du plus petit nombre au plus grand, telles que le réseau les reçoit avant "
        "normalisation.",
    ),
    "mean_absolute_error_by_epoch": Note("Mean absolute error by epoch", "Erreur absolue moyenne par époque"),
    "interval": Note("95 % interval", "Intervalle à 95 %"),
    "loss": Note("Loss", "Perte"),
    "by_split": Note("On each split, with the weights kept", "Sur chaque jeu, avec les poids gardés"),
    "warnings": Note("To look into", "À regarder de près"),
    "reused": Note("What was reused", "Ce qui a été réutilisé"),
    "notes": Note("How the data was read", "Comment les données ont été lues"),
    # Curves.
    "curves": Note("Learning curves", "Courbes d’apprentissage"),
    "curves_text": Note(
        "Training and validation should move together. When the training loss keeps falling while the "
        "validation loss rises, the network learns its pictures by heart (overfitting).",
        "Les deux courbes devraient avancer ensemble. Si la perte d’entraînement baisse encore alors que celle "
        "de validation remonte, le réseau apprend ses images par cœur (surapprentissage).",
    ),
    "curves_point": Note(
        "A single epoch is a point; train for more to see a curve.",
        "Une seule époque ne fait qu’un point ; entraînez plus longtemps pour voir une courbe.",
    ),
    "curves_alone": Note(
        "Without a validation split, these curves cannot show overfitting.",
        "Sans jeu de validation, ces courbes ne peuvent pas montrer de surapprentissage.",
    ),
    "loss_by_epoch": Note("Loss, by epoch", "Perte, par époque"),
    "accuracy_by_epoch": Note("Accuracy, by epoch", "Exactitude, par époque"),
    "learning_rate_by_epoch": Note("Learning rate, by epoch", "Taux d’apprentissage, par époque"),
    "figure_by_epoch": Note("{name}, by epoch", "{name}, par époque"),
    "epoch": Note("Epoch", "Époque"),
    "log_scale": Note("{name} (log scale)", "{name} (échelle logarithmique)"),
    "learning_rate": Note("Learning rate", "Taux d’apprentissage"),
    "best_epoch_mark": Note("best epoch ({n})", "meilleure époque ({n})"),
    "kept_epoch_mark": Note("epoch kept ({n})", "époque gardée ({n})"),
    "no_values": Note("no value", "aucune valeur"),
    "curve_alt": Note(
        "{title}: from {first} to {last}.",
        "{title} : de {first} à {last}.",
    ),
    # Confusion.
    "confusion": Note("Confusion matrix", "Matrice de confusion"),
    "confusion_text": Note(
        "Each row is a true class, each column what the network answered. Right answers are on the diagonal, "
        "in blue; everything else, in orange, is a mistake.",
        "Chaque ligne est une vraie classe, chaque colonne une réponse du réseau. Les bonnes réponses sont sur "
        "la diagonale, en bleu ; tout le reste, en orange, est une erreur.",
    ),
    "confusion_shares": Note(
        "Under each count, its share of the row.", "Sous chaque nombre, sa part de la ligne."
    ),
    "confusion_map": Note(
        "The darker, the larger the share of the row. Classes are numbered as in the table by class.",
        "Plus c’est foncé, plus la part de la ligne est grande. Les classes sont numérotées comme dans le "
        "tableau par classe.",
    ),
    "confusion_cells": Note(
        "Each cell stands for {n}×{n} of them and shows the largest share among these.",
        "Chaque case en regroupe {n}×{n} et montre la plus grande part parmi elles.",
    ),
    "confusion_cell": Note(
        "{truth} taken for {predicted}: {count}, {share} of the row",
        "{truth} pris pour {predicted} : {count}, {share} de la ligne",
    ),
    "truth": Note("True class", "Vraie classe"),
    "answer": Note("Answer", "Réponse"),
    "pairs": Note("Most-confused pairs", "Paires les plus confondues"),
    "pair_answer": Note("Taken for", "Prise pour"),
    "row_share": Note("Share of the class", "Part de la classe"),
    "no_errors": Note("Not a single mistake.", "Pas une seule erreur."),
    # By class.
    "by_class": Note("Class by class", "Classe par classe"),
    "by_class_text": Note(
        "The worst recall first. Recall: of the pictures of a class, the share that was recognised. "
        "Precision: of the answers naming a class, the share that was right. F1: their harmonic mean. "
        "The interval is of the recall, by the pictures there are of the class.",
        "Du plus faible rappel au plus fort. Rappel : parmi les images d’une classe, la part reconnue. "
        "Précision : parmi les réponses qui nomment une classe, la part qui est juste. F1 : leur moyenne "
        "harmonique. L’intervalle est celui du rappel, d’après le nombre d’images de la classe.",
    ),
    "number": Note("No.", "N°"),
    "class": Note("Class", "Classe"),
    "precision": Note("Precision", "Précision"),
    "recall": Note("Recall", "Rappel"),
    "f1": Note("F1", "F1"),
    "pictures_of": Note("Pictures ({split})", "Images ({split})"),
    "more_classes": Note(
        "… and {n} more classes: prunelle evaluate RUN --json lists them all.",
        "… et {n} classes de plus : prunelle evaluate RUN --json les donne toutes.",
    ),
    "more_skipped": Note("… and {n} more, in run.json.", "… et {n} de plus, dans run.json."),
    "other_classes": Note("The other {n} classes", "Les {n} autres classes"),
    # Several labels.
    "by_label": Note("Label by label", "Étiquette par étiquette"),
    "by_label_text": Note(
        "The lowest average precision first: the mean precision over all thresholds, which says how well pictures with "
        "the label are ranked before those without. F1, precision and recall are of the answers, from the threshold "
        "on; the interval is of F1. Missed: pictures that have the label, to which it was not given; invented: the "
        "contrary.",
        "De la plus basse précision moyenne à la plus haute : la précision moyenne sur tous les seuils, qui dit à quel "
        "point les images qui ont l’étiquette sont classées avant les autres. F1, précision et rappel sont ceux des "
        "réponses, à partir du seuil ; l’intervalle est celui du F1. Oubliée : images qui ont l’étiquette sans qu’elle "
        "leur soit donnée ; inventée : le contraire.",
    ),
    "average_precision": Note("average precision", "précision moyenne"),
    "f1_interval": Note("F1, with its 95 % interval", "F1, avec son intervalle à 95 %"),
    "labels_together": Note("Missed and invented together", "Oubliées et inventées ensemble"),
    "labels_together_text": Note(
        "In one picture the first label was missed and the second invented: it may have been taken for the other.",
        "Dans une même image, la première étiquette a été oubliée et la seconde inventée : l’une a pu être prise pour "
        "l’autre.",
    ),
    "labels_together_none": Note(
        "In no picture was one label missed and another invented.",
        "Dans aucune image une étiquette n’a été oubliée et une autre inventée.",
    ),
    "missed": Note("missed", "oubliée"),
    "invented": Note("invented", "inventée"),
    "labels_wrong": Note("Most-wrong pictures", "Les plus grosses erreurs"),
    "labels_wrong_text": Note(
        "Of {n} pictures with a wrong label, those whose true labels the network finds least probable. A wrong label "
        "in the data, if there is one, often shows here first.",
        "Parmi {n} images avec une étiquette fausse, celles dont le réseau trouve les vraies étiquettes les moins "
        "probables. S’il y a une étiquette fausse dans les données, c’est souvent ici qu’on la repère.",
    ),
    "no_label": Note("no label", "aucune étiquette"),
    # Pictures.
    "wrong": Note("Most-wrong pictures", "Les plus grosses erreurs"),
    "wrong_text": Note(
        "Of {n} mistakes, those made with the most confidence.",
        "Parmi {n} erreurs, celles que le réseau a faites avec le plus d’assurance.",
    ),
    "wrong_text_one": Note("Its only mistake.", "Sa seule erreur."),
    "wrong_labels": Note(
        "A wrong label in the data, if there is one, often shows here first.",
        "S’il y a une étiquette fausse dans les données, c’est souvent ici qu’on la repère.",
    ),
    "wrong_true": Note("is", "c’est"),
    "wrong_answer": Note("said", "répond"),
    "wrong_alt": Note(
        "{file}: {truth} taken for {predicted}, confidence {confidence}",
        "{file} : {truth} pris pour {predicted}, confiance {confidence}",
    ),
    "index": Note("index {n}", "indice {n}"),
    "examples": Note("What each class looks like", "À quoi ressemble chaque classe"),
    "examples_text": Note(
        "Training pictures, as the network receives them before normalisation.",
        "Des images d’entraînement, telles que le réseau les reçoit avant normalisation.",
    ),
    "examples_sample": Note("{shown} of the {n} classes.", "{shown} des {n} classes."),
    "channels_sample": Note("{shown} of the {n} channels.", "{shown} des {n} canaux."),
    "example_alt": Note("{name}, example {n}", "{name}, exemple {n}"),
    # The inside.
    "inside": Note("Where it looked", "Où il a regardé"),
    "inside_text": Note(
        "{method}: yellow marks the parts of the picture that spoke most for the answer given. Its most confident "
        "mistakes first, then right answers.",
        "{method} : en jaune, les parties de l’image qui ont le plus compté pour la réponse donnée. D’abord ses "
        "erreurs les plus sûres, puis des réponses justes.",
    ),
    "inside_learned": Note(
        "A network that looks beside the subject has learned something else.",
        "Un réseau qui regarde à côté du sujet a appris autre chose.",
    ),
    "inside_chance": Note(
        "As its answers are no better than chance, where it looks says nothing of the classes.",
        "Comme ses réponses ne valent pas mieux que le hasard, l’endroit où il regarde ne dit rien des classes.",
    ),
    "look_alt": Note(
        "Where it looked to answer {predicted}; the picture is {truth}",
        "Où il a regardé pour répondre {predicted} ; l’image est {truth}",
    ),
    "look_picture_alt": Note("The picture, {truth}", "L’image, {truth}"),
    "right": Note("right", "juste"),
    "filters": Note("The filters of its first layer", "Les filtres de sa première couche"),
    "filters_colour": Note(
        "{shown} of the {n} filters of {layer}; grey is 0, one scale for all. A filter answers most where the picture "
        "resembles it.",
        "{shown} des {n} filtres de {layer} ; le gris vaut 0, échelle commune. Un filtre répond le plus là où l’image "
        "lui ressemble.",
    ),
    "filters_signed": Note(
        "{shown} of the {n} filters of {layer}; orange is above 0, blue below, one scale for all. A filter answers "
        "most where the picture is bright under orange and dark under blue.",
        "{shown} des {n} filtres de {layer} ; orange au-dessus de 0, bleu au-dessous, échelle commune. Un filtre "
        "répond le plus là où l’image est claire sous l’orange et sombre sous le bleu.",
    ),
    "filter_alt": Note("filter {n}", "filtre {n}"),
    # Calibration.
    "reliability": Note("Can its confidence be trusted?", "Peut-on se fier à sa confiance ?"),
    "reliability_short": Note(
        "Reliability diagram (the larger the dot, the more pictures)",
        "Diagramme de fiabilité (plus le point est gros, plus il y a d’images)",
    ),
    "reliability_text": Note(
        "A network that says “90 % sure” should be right nine times in ten.",
        "Un réseau qui se dit « sûr à 90 % » devrait avoir raison neuf fois sur dix.",
    ),
    "confidence": Note("Confidence", "Confiance"),
    "perfect": Note("perfect calibration", "calibration parfaite"),
    "this_network": Note("this network", "ce réseau"),
    "gap": Note("gap", "écart"),
    "reliability_alt": Note(
        "Accuracy against confidence, in {n} groups: {groups}.",
        "Exactitude selon la confiance, en {n} groupes : {groups}.",
    ),
    # What was left out, and the rest.
    "skipped": Note("Pictures left out", "Images écartées"),
    "skipped_none": Note(
        "None: every picture could be read.", "Aucune : toutes les images ont pu être lues."
    ),
    "skipped_text": Note(
        "These files were neither learned nor counted.", "Ces fichiers n’ont été ni appris ni comptés."
    ),
    "all_skipped": Note("All {n} files", "Les {n} fichiers"),
    "file": Note("File", "Fichier"),
    "reason": Note("Reason", "Raison"),
    "layers": Note("The network, layer by layer", "Le réseau, couche par couche"),
    "layer": Note("Layer", "Couche"),
    "kind": Note("Kind", "Type"),
    "detail": Note("Detail", "Détail"),
    "shape": Note("Output shape", "Forme de sortie"),
    "total": Note("Total", "Total"),
    "again": Note("How to do it again", "Pour recommencer"),
    "recipe": Note("Recipe", "Recette"),
    "setting": Note("Setting", "Réglage"),
    "value": Note("Value", "Valeur"),
    "default": Note("Default", "Par défaut"),
    "changed": Note("chosen", "choisi"),
    "preprocess": Note("Preparation of the pictures", "Préparation des images"),
    "versions": Note("Versions", "Versions"),
    "host": Note("Machine", "Machine"),
    "host_system": Note("system", "système"),
    "host_processor": Note("processor", "processeur"),
    "host_threads": Note("threads", "fils d’exécution"),
    "host_device": Note("device", "calcul sur"),
    "started": Note("Started", "Début"),
    "run": Note("Run", "Entraînement"),
}


class Words(Typography):
    """One language: ``words("loss")`` is a text of ``TEXTS``, its methods write numbers and dates."""

    texts = TEXTS

    def saying(self, texts: Mapping[str, Note]) -> Words:
        """The same, those texts in place of their own."""
        mine = type(self)
        other: Words = type(mine.__name__, (mine,), {"texts": {**self.texts, **texts}})(self.language)
        return other

    def reason(self, reason: str) -> str:
        """Why a picture was left out; as it came where it is not one of the known reasons."""
        return self.note(reason_note(reason))

    def duration(self, seconds: float) -> str:
        """``4.2 s``, ``3 min 5 s``, ``2 h 14 min``."""
        if seconds < 10:
            return f"{self.decimal(seconds, 1)}{NO_BREAK}s"
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
        return " ".join(f"{value}{NO_BREAK}{unit}" for value, unit in parts if value)

    def date(self, iso: str) -> str:
        """``2026-11-21T14:30:00`` → ``21 November 2026, 14:30``, French ``21 novembre 2026 à 14 h 30``."""
        moment = datetime.datetime.fromisoformat(iso)
        month = _MONTHS[self.language].split()[moment.month - 1]
        if self.language == "en":
            return f"{moment.day} {month} {moment.year}, {moment:%H:%M}"
        day = "1er" if moment.day == 1 else str(moment.day)
        time = f"{moment.hour}{NO_BREAK}h{NO_BREAK}{moment:%M}"
        return f"{day} {month} {moment.year} à {time}"

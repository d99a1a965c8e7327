"""The sentences of the panel "review"."""

from __future__ import annotations

from prunelle.texts import Note, Typography

TEXTS = {
    # Those with an @ take the place of the others where another kind of target is told.
    "title": Note("Review", "Relecture"),
    "none": Note(
        "There is no run whose examples could be looked at: train one first, here or with prunelle train.",
        "Il n’y a aucun entraînement dont on puisse relire les exemples : faites-en un d’abord, ici ou par "
        "prunelle train.",
    ),
    "to_training": Note("Start a training", "Lancer un entraînement"),
    "intro": Note(
        "What the network gets wrong, and what may be wrong with the labels. Each decision is a line of {file}; no "
        "picture is moved or changed.",
        "Ce que le réseau confond, et ce qui est peut-être faux dans les étiquettes. Chaque décision est une ligne "
        "de {file} ; aucune image n’est déplacée ni modifiée.",
    ),
    "run": Note("Run", "Entraînement"),
    "examples_of": Note("Examples of", "Jeu"),
    "split_test": Note("test", "test"),
    "split_validation": Note("validation", "validation"),
    "split_train": Note("training", "apprentissage"),
    "busy": Note("{what} ({split}): {done} of {of}", "{what} ({split}) : {done} sur {of}"),
    "failed": Note("These examples cannot be shown: {why}", "Impossible de montrer ces exemples : {why}"),
    "waiting": Note("These examples are being read and judged…", "Lecture et jugement de ces exemples…"),
    # The confusions
    "confusions": Note("Confusions", "Confusions"),
    "matrix_given": Note("given ↓", "donnée ↓"),
    "matrix_answered": Note("answer →", "réponse →"),
    "confusions@labels": Note("Label by label", "Étiquette par étiquette"),
    "confusions@number": Note("Answers and truths", "Réponses et vérités"),
    "label": Note("label", "étiquette"),
    "none_row": Note("none", "aucune"),
    "no_label": Note("no label", "aucune étiquette"),
    "find_label": Note("Label", "Étiquette"),
    "way_right": Note("given, answered", "donnée, répondue"),
    "way_missed": Note("given, not answered", "donnée, pas répondue"),
    "way_invented": Note("answered, not given", "répondue, pas donnée"),
    "way_doubted": Note("seem wrong", "semblent fausses"),
    "cell_right": Note("{name}: {n} given and answered", "{name} : {n} données et répondues"),
    "cell_missed": Note("{name}: {n} given, not answered", "{name} : {n} données, pas répondues"),
    "cell_invented": Note("{name}: {n} answered, not given", "{name} : {n} répondues, pas données"),
    "cell_doubted": Note(
        "{name}: {n} that seem wrong, given or missing",
        "{name} : {n} qui semblent fausses, données ou absentes",
    ),
    "queue_right": Note("{name}, given and answered", "{name}, donnée et répondue"),
    "queue_missed": Note("{name}, given, not answered", "{name}, donnée, pas répondue"),
    "queue_invented": Note("{name}, answered, not given", "{name}, répondue, pas donnée"),
    "queue_doubted": Note("{name}, seems wrong", "{name}, semble fausse"),
    "scatter_label": Note(
        "Each example: what was given across, what is answered upwards. The list beside has them all.",
        "Chaque exemple : le nombre donné en abscisse, la réponse en ordonnée. La liste les a tous.",
    ),
    "scatter_how": Note(
        "On the line, both are the same. In orange: those that seem wrong. A point leads to its example.",
        "Sur la droite, les deux sont égaux. En orange : ceux qui semblent faux. Un point mène à son exemple.",
    ),
    "axis_given": Note("given", "donné"),
    "axis_answered": Note("answered", "répondu"),
    "range_of": Note("{low} to {high} ({n})", "{low} à {high} ({n})"),
    "queue_range": Note("Given from {low} to {high}", "Donnés de {low} à {high}"),
    "off_by": Note("off by {off}", "écart {off}"),
    "cell": Note("{n} given as {given}, answered {answered}", "{n} données pour {given}, réponse {answered}"),
    "pair": Note("{given} → {answered}", "{given} → {answered}"),
    "pairs_more": Note("{n} more confusions, each once or more.", "Encore {n} confusions."),
    "find_class": Note("Class", "Classe"),
    "no_confusion": Note("No confusion: every answer is the class that was given.", "Aucune confusion."),
    "suspicious": Note("Labels that seem wrong ({n})", "Étiquettes qui semblent fausses ({n})"),
    "suspicious@number": Note("Numbers that seem wrong ({n})", "Nombres qui semblent faux ({n})"),
    "errors": Note("All wrong answers ({n})", "Toutes les erreurs ({n})"),
    "everything": Note("All examples ({n})", "Tous les exemples ({n})"),
    "elsewhere@number": Note(
        "Numbers that seem wrong in {split}: {n}", "Nombres qui semblent faux, {split} : {n}"
    ),
    "elsewhere": Note(
        "Labels that seem wrong in {split}: {n}", "Étiquettes qui semblent fausses, {split} : {n}"
    ),
    "how": Note("How they are judged", "Comment ils sont jugés"),
    "busy_all": Note("{what}: {done} of {of}", "{what} : {done} sur {of}"),
    "odd": Note("What else is odd", "Ce qu’il y a d’autre"),
    "odd_text": Note(
        "Near copies, outliers, what gives a class away: what prunelle check looks for, with this network’s features.",
        "Quasi-copies, exemples à part, ce qui trahit une classe : ce que cherche prunelle check, avec les "
        "descripteurs de ce réseau.",
    ),
    "odd_do": Note("Look for it", "Chercher"),
    "odd_none": Note("Nothing was found.", "Rien n’a été trouvé."),
    "odd_kind": Note("{title} ({n})", "{title} ({n})"),
    # The list
    "queue_suspicious": Note("Labels that seem wrong", "Étiquettes qui semblent fausses"),
    "queue_suspicious@number": Note("Numbers that seem wrong", "Nombres qui semblent faux"),
    "queue_errors": Note("Wrong answers", "Réponses fausses"),
    "queue_everything": Note("All examples", "Tous les exemples"),
    "queue_cell": Note("{given}, answered {answered}", "{given}, réponse {answered}"),
    "show": Note("Show", "Montrer"),
    "show_all": Note("all", "tous"),
    "show_open": Note("those not decided", "ceux sans décision"),
    "show_decided": Note("those decided", "ceux avec décision"),
    "looked_at": Note("{done} of {of} looked at", "{done} sur {of} examinés"),
    "in_queue_none": Note("No such example.", "Aucun exemple de ce genre."),
    "thumb": Note(
        "{n}: given {given}, answered {answered}",
        "{n} : donnée {given}, réponse {answered}",
    ),
    "thumb_decided": Note("decided: {what}", "décision : {what}"),
    "before": Note("Back", "Précédents"),
    "after": Note("Further", "Suivants"),
    "range": Note("{first} to {last} of {n}", "{first} à {last} sur {n}"),
    # One example
    "one": Note("The example", "L’exemple"),
    "place": Note("{n} of {of}", "{n} sur {of}"),
    "given": Note("Given: {given}", "Étiquette donnée : {given}"),
    "given@labels": Note("Given: {given}", "Étiquettes données : {given}"),
    "given@number": Note("Given: {given}", "Nombre donné : {given}"),
    "labels_say": Note("The labels, and what the network says", "Les étiquettes, et ce que répond le réseau"),
    "mark_given": Note("given", "donnée"),
    "mark_answered": Note("answered", "répondue"),
    "doubted_given": Note(
        "{name} is given, and wrong with a probability of about {share}",
        "{name} est donnée, et fausse avec une probabilité d’environ {share}",
    ),
    "doubted_missing": Note(
        "{name} is missing, and there with a probability of about {share}",
        "{name} manque, et y est avec une probabilité d’environ {share}",
    ),
    "crossed_label": Note("By cross-validation: {name} {share}", "Par validation croisée : {name} {share}"),
    "crossed_number": Note(
        "By cross-validation: {answered}, {off}", "Par validation croisée : {answered}, {off}"
    ),
    "network_says": Note("The network says", "Le réseau répond"),
    "crossed_says": Note(
        "By cross-validation: {answered} ({sure})", "Par validation croisée : {answered} ({sure})"
    ),
    "wrong": Note(
        "Label wrong with a probability of about {share}",
        "Étiquette fausse avec une probabilité d’environ {share}",
    ),
    "where": Note("Where it looked", "Où il a regardé"),
    "where_for": Note("For {name}; {how}.", "Pour {name} ; {how}."),
    "nearest_with": Note(
        "Nearest training examples with {name}", "Exemples appris les plus proches avec {name}"
    ),
    "nearest_without": Note(
        "Nearest training examples without {name}", "Exemples appris les plus proches sans {name}"
    ),
    "nearest_numbers": Note(
        "Nearest training examples: {numbers}", "Exemples appris les plus proches : {numbers}"
    ),
    "nearest": Note("Nearest training examples given as {name}", "Exemples appris les plus proches, {name}"),
    "picture_of": Note("{name}, given as {given}", "{name}, étiquette {given}"),
    "heat_of": Note("What speaks for {name}", "Ce qui parle pour {name}"),
    "heat_off": Note("Nothing over the picture", "Rien sur l’image"),
    "reading": Note("One moment…", "Un instant…"),
    "channel": Note("channel {n}", "canal {n}"),
    # Training again
    "again": Note("Train again", "Entraîner de nouveau"),
    "again_text": Note(
        "The same training, with these decisions and nothing else changed; then both networks on the same examples.",
        "Le même entraînement, avec ces décisions et rien d’autre de changé ; puis les deux réseaux sur les mêmes "
        "exemples.",
    ),
    "again_do": Note("Train again with these decisions", "Entraîner de nouveau avec ces décisions"),
    "again_going": Note("Training: epoch {done} of {all}", "Entraînement : époque {done} sur {all}"),
    "again_preparing": Note("Preparing…", "Préparation…"),
    "again_judging": Note("Judging…", "Évaluation…"),
    "again_ended": Note("It did not come to its end: {why}", "Il n’est pas allé à son terme : {why}"),
    "again_paused": Note("paused", "en pause"),
    "again_follow": Note("Follow it", "Le suivre"),
    "again_report": Note("Report", "Rapport"),
    "again_review": Note("Review the new run", "Relire le nouveau"),
    "change_none": Note("What it changed was not measured.", "Ce que cela a changé n’a pas été mesuré."),
    "change_labels": Note("judged by", "jugé par"),
    "change_old": Note("the old labels", "les anciennes étiquettes"),
    "change_new": Note("the corrected ones", "les corrigées"),
    "change_before": Note("before", "avant"),
    "change_after": Note("after", "après"),
    "change_difference": Note("points", "points"),
    "change_difference@number": Note("difference", "différence"),
    "change_measure": Note("Shares of right answers.", "Parts de bonnes réponses."),
    "change_measure@labels": Note(
        "Mean average precisions over the labels.", "Précisions moyennes, moyennées sur les étiquettes (mAP)."
    ),
    "change_measure@number": Note(
        "Mean absolute errors: less is better.", "Erreurs absolues moyennes : moins vaut mieux."
    ),
    "change_interval": Note("{low} to {high}", "{low} à {high}"),
    "change_split": Note(
        "On the same examples ({split}), of which {relabelled} have another label now and {left_out} are left out; "
        "the difference with its 95 % interval.",
        "Sur les mêmes exemples ({split}), dont {relabelled} ont maintenant une autre étiquette et {left_out} sont "
        "écartés ; la différence avec son intervalle à 95 %.",
    ),
    "change_zero": Note(
        "By the corrected labels the interval holds 0: these examples do not tell the two networks apart.",
        "Par les étiquettes corrigées, l’intervalle contient 0 : ces exemples ne départagent pas les deux réseaux.",
    ),
    "change_clear": Note(
        "By the corrected labels the interval does not hold 0.",
        "Par les étiquettes corrigées, l’intervalle ne contient pas 0.",
    ),
    # Decisions
    "decide": Note("Decide", "Décider"),
    "keep": Note("Keep {name}", "Garder {name}"),
    "answer": Note("Make it {name}", "En faire {name}"),
    "leave_out": Note("Leave out", "Écarter"),
    "not_sure": Note("Not sure", "Pas sûr"),
    "set_labels": Note("Make it {names}", "En faire {names}"),
    "other_label": Note("Put on or take off", "Mettre ou ôter"),
    "other_number": Note("Another number", "Un autre nombre"),
    "set_number": Note("Make it that", "En faire cela"),
    "no_number": Note("That is no number.", "Ce n’est pas un nombre."),
    "other_class": Note("Another class", "Une autre classe"),
    "class_begins": Note("Type the beginning of its name", "Tapez le début de son nom"),
    "classes": Note("Make it", "En faire"),
    "previous": Note("Previous", "Précédent"),
    "next": Note("Next", "Suivant"),
    "next_list": Note("Next list", "Liste suivante"),
    "no_next_list": Note("No list has anything undecided.", "Aucune liste n’a plus rien à décider."),
    "undo": Note("Undo", "Annuler"),
    "keys": Note("Keys", "Touches"),
    "keys_help": Note(
        "The letters and numbers on the buttons are keys; the arrows go on without deciding.",
        "Les lettres et chiffres des boutons sont des touches ; les flèches passent sans décider.",
    ),
    "nothing_to_undo": Note(
        "Nothing was decided in this window; the list has all decisions.",
        "Rien n’a été décidé dans cette fenêtre ; la liste a toutes les décisions.",
    ),
    "undone": Note("Taken back: {name}", "Annulé : {name}"),
    "keys_help@labels": Note(
        "A number puts a label on or takes it off, S decides; the arrows go on without deciding.",
        "Un chiffre met une étiquette ou l’ôte, S décide ; les flèches passent sans décider.",
    ),
    "all_decided": Note("All of this list is decided.", "Toute cette liste est décidée."),
    "all_decided_next": Note(
        "All of this list is decided. N opens the next one.",
        "Toute cette liste est décidée. N ouvre la suivante.",
    ),
    "action_keep": Note("kept", "gardée"),
    "action_keep@labels": Note("kept", "gardées"),
    "action_keep@number": Note("kept", "gardé"),
    "action_relabel": Note("now {label}", "devient {label}"),
    "action_leave_out": Note("left out", "écartée"),
    "action_not_sure": Note("not sure", "pas sûr"),
    "decisions": Note("Decisions ({n})", "Décisions ({n})"),
    "no_decisions": Note("None yet.", "Aucune encore."),
    "take_back": Note("Take back", "Annuler"),
    "take_back_name": Note("Take back the decision about {name}", "Annuler la décision sur {name}"),
    "by_at": Note("{by}, {at}", "{by}, {at}"),
    "more": Note("{n} more", "encore {n}"),
    "not_here": Note("no example of this run", "aucun exemple de cet entraînement"),
}


class Words(Typography):
    """See the module."""

    texts = TEXTS

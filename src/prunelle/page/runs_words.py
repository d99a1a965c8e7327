"""The sentences of the panel "runs"."""

from __future__ import annotations

from prunelle.page.curve_words import CURVE_WORDS
from prunelle.texts import Note, Typography


class Words(Typography):
    """See the module."""

    texts = CURVE_WORDS | {
        "title": Note("Runs", "Entraînements faits"),
        "in_folder": Note("In {folder}", "Dans {folder}"),
        "none": Note(
            "There is no run here yet. Start a training from this page, or type: prunelle train",
            "Il n’y a encore rien ici. Lancez un entraînement depuis cette page, ou tapez : prunelle train",
        ),
        "to_training": Note("Start a training", "Lancer un entraînement"),
        "find": Note("Find", "Chercher"),
        "none_found": Note("No run fits.", "Aucun ne correspond."),
        "sort": Note("Order", "Ordre"),
        "sort_new": Note("newest first", "les plus récents d’abord"),
        "sort_accuracy": Note("most accurate first", "les plus exacts d’abord"),
        "sort_name": Note("by name", "par nom"),
        "on": Note("{network} on {data}", "{network} sur {data}"),
        "of_comparison": Note("part of {name}", "fait partie de {name}"),
        "state_finished": Note("finished", "terminé"),
        "state_going": Note("training now", "en cours"),
        "state_unfinished": Note("not finished", "pas terminé"),
        "state_diverged": Note(
            "diverged: its loss is no number any more", "a divergé : sa perte n’est plus un nombre"
        ),
        "state_refused": Note("damaged", "endommagé"),
        "epochs": Note("epochs: {done}", "époques : {done}"),
        "epochs_of": Note("epochs: {done} of {all}", "époques : {done} sur {all}"),
        "right_of": Note("{interval} of {n} ({split})", "{interval} sur {n} ({split})"),
        "interval": Note("95 %: {low} to {high}", "95 % : {low} à {high}"),
        "split_train": Note("training pictures", "exemples appris"),
        "split_validation": Note("validation", "validation"),
        "split_test": Note("test", "test"),
        "not_judged": Note("not judged yet", "pas encore évalué"),
        "curve_small": Note(
            "Accuracy by epoch, from {first} to {last}", "Exactitude par époque, de {first} à {last}"
        ),
        "look": Note("Look into it", "Regarder dedans"),
        "review": Note("Review its errors", "Relire ses erreurs"),
        "report": Note("Report", "Rapport"),
        "curves": Note("Curves", "Courbes"),
        "go_on": Note("Go on", "Continuer"),
        "choose": Note("Compare", "Comparer"),
        "choose_name": Note("Compare {name}", "Comparer {name}"),
        "follow": Note("Follow", "Suivre"),
        "side_by_side": Note("Side by side", "Côte à côte"),
        "side_hint": Note(
            "Choose two runs to see them side by side.", "Choisissez-en deux pour les voir côte à côte."
        ),
        "one_more": Note("One more, to compare it with {name}.", "Encore un, à comparer avec {name}."),
        "close": Note("Close", "Fermer"),
        "first": Note("first", "premier"),
        "second": Note("second", "second"),
        "run": Note("run", "entraînement"),
        "split": Note("split", "division"),
        "examples": Note("examples", "exemples"),
        "fact": Note("{what}: {value}", "{what} : {value}"),
        "best_epoch": Note("best epoch", "meilleure époque"),
        "parameters": Note("weights", "poids"),
        "duration": Note("time", "durée"),
        "seed": Note("seed", "graine"),
        "paired": Note(
            "On the same {n} examples ({split}), {first} is right {difference} points more often than {second} (95 % "
            "interval {low} to {high}). It alone is right on {only}, the other alone on {other}.",
            "Sur les mêmes {n} exemples ({split}), {first} a raison {difference} points plus souvent que {second} "
            "(intervalle à 95 % : {low} à {high}). Lui seul a raison sur {only}, l’autre seul sur {other}.",
        ),
        "paired_none": Note(
            "The interval holds 0: these examples do not tell the two apart.",
            "L’intervalle contient 0 : ces exemples ne départagent pas les deux.",
        ),
        "paired_clear": Note(
            "The interval does not hold 0: on other examples of this kind the order should stay. Another seed can "
            "still change it; prunelle compare --seeds tells.",
            "L’intervalle ne contient pas 0 : sur d’autres exemples de ce genre, l’ordre devrait rester. Une autre "
            "graine peut encore le changer ; prunelle compare --seeds le dit.",
        ),
        "not_paired": Note("No paired difference: {why}", "Pas de différence appariée : {why}"),
        "seconds": Note("{n} s", "{n} s"),
        "minutes": Note("{n} min", "{n} min"),
        "hours": Note("{n} h", "{n} h"),
        "updated": Note("Shown: {n}", "Affichés : {n}"),
    }

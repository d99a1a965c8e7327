"""The sentences of the panel "training"."""

from __future__ import annotations

from prunelle.page.curve_words import CURVE_WORDS
from prunelle.texts import Note, Typography


class Words(Typography):
    """See the module."""

    texts = CURVE_WORDS | {
        "title": Note("Training", "Entraîner"),
        "new": Note("New training", "Nouvel entraînement"),
        "data": Note("Data", "Données"),
        "data_other": Note(
            "another, in the folders named at the start", "autres, dans les dossiers nommés au départ"
        ),
        "data_path": Note("Path inside those folders", "Chemin dans ces dossiers"),
        "network": Note("Network", "Réseau"),
        "network_suits": Note("the one that suits ({name})", "celui qui convient ({name})"),
        "weights_count": Note("{name}, {n} weights", "{name}, {n} poids"),
        "recipe": Note("Recipe", "Recette"),
        "recipe_usual": Note("usual: as accurate as can be", "habituelle : le plus exact possible"),
        "recipe_fast": Note("fast: a good accuracy soon", "rapide : une bonne exactitude vite"),
        "epochs": Note("Epochs", "Époques"),
        "batch_size": Note("Batch size", "Taille des lots"),
        "learning_rate_field": Note("Learning rate", "Taux d’apprentissage"),
        "seed": Note("Seed", "Graine"),
        "name": Note("Name", "Nom"),
        "optional": Note("automatic", "automatique"),
        "why": Note("What will be done, and why", "Ce qui sera fait, et pourquoi"),
        "counts": Note("Examples: {counts}.", "Exemples : {counts}."),
        "split_train": Note("training {n}", "entraînement {n}"),
        "split_validation": Note("validation {n}", "validation {n}"),
        "split_test": Note("test {n}", "test {n}"),
        "classes": Note("Classes ({n}): {names}", "Classes ({n}) : {names}"),
        "input": Note("Each comes to the network as {shape}.", "Chacun arrive au réseau en {shape}."),
        "start": Note("Start", "Lancer"),
        "starting_now": Note("Starting…", "Lancement…"),
        "all": Note("Trainings", "Entraînements"),
        "none": Note(
            "None was started from here yet. One goes on when the page is closed, and when its server ends.",
            "Aucun n’a encore été lancé d’ici. Un entraînement continue quand la page se ferme, et quand son serveur "
            "s’arrête.",
        ),
        "on": Note("{network} on {data}", "{network} sur {data}"),
        "unnamed": Note("a training", "un entraînement"),
        "state_starting": Note("starting", "démarre"),
        "state_preparing": Note("reading the data", "lit les données"),
        "state_training": Note("training", "en cours"),
        "state_pausing": Note("pausing: saves its state", "se met en pause : enregistre son état"),
        "state_stopping": Note("stops after this epoch", "s’arrête après cette époque"),
        "state_judging": Note("being judged", "en évaluation"),
        "state_paused": Note("paused", "en pause"),
        "state_finished": Note("finished", "terminé"),
        "state_diverged": Note("diverged", "a divergé"),
        "state_failed": Note("failed", "a échoué"),
        "state_killed": Note("its process ended without a word", "son processus s’est arrêté sans un mot"),
        "killed_help": Note(
            "What it saved last is kept: Go on takes it from there, to the same end.",
            "Le dernier état enregistré est là : Continuer reprend de là, jusqu’à la même fin.",
        ),
        "paused_help": Note(
            "It goes on to the very same weights as without a pause.",
            "Il continuera vers exactement les mêmes poids que sans pause.",
        ),
        "pause": Note("Pause", "Pause"),
        "resume": Note("Go on", "Continuer"),
        "stop": Note("Stop after this epoch", "Arrêter après cette époque"),
        "finish": Note("End here, and judge", "Finir ici, et évaluer"),
        "forget": Note("Take off the list", "Retirer de la liste"),
        "forget_help": Note("The run itself stays.", "L’entraînement lui-même reste."),
        "judged": Note(
            "Accuracy: {accuracy} (95 % interval {low} to {high}) on {n} examples ({split}).",
            "Exactitude : {accuracy} (intervalle à 95 % : {low} à {high}) sur {n} exemples ({split}).",
        ),
        "judged_train": Note("those that it learned", "ceux qu’il a appris"),
        "judged_validation": Note("validation", "validation"),
        "judged_test": Note("test", "test"),
        "report": Note("Report", "Rapport"),
        "look": Note("Look into it", "Regarder dedans"),
        "at_epoch": Note(
            "epoch {epoch} of {epochs}, step {step} of {steps}",
            "époque {epoch} sur {epochs}, pas {step} sur {steps}",
        ),
        "after_epoch": Note("{epoch} of {epochs} epochs done", "{epoch} époques faites sur {epochs}"),
        "left": Note("{time} left", "encore {time}"),
        "speed": Note("{n} examples/s", "{n} exemples/s"),
        "less_minute": Note("{n} s", "{n} s"),
        "minutes": Note("{n} min", "{n} min"),
        "hours": Note("{n} h {m} min", "{n} h {m} min"),
        "how_far": Note("How far it is", "Où il en est"),
        "notes": Note("What it said", "Ce qu’il a dit"),
        "warning": Note("It does not learn", "Il n’apprend pas"),
        "choose_one": Note(
            "Choose a training, or start one.", "Choisissez un entraînement, ou lancez-en un."
        ),
        "no_points": Note("The curves begin with the first step.", "Les courbes commencent au premier pas."),
        "epoch_by_epoch": Note("Epoch by epoch", "Époque par époque"),
        "after": Note("After epoch {n}", "Après l’époque {n}"),
        "latest": Note("the latest", "la dernière"),
        "kept_all": Note("The weights of every epoch are kept.", "Les poids de chaque époque sont gardés."),
        "kept_some": Note(
            "The network is large: the weights of every {n} epochs are kept.",
            "Le réseau est grand : les poids sont gardés toutes les {n} époques.",
        ),
        "kept_none": Note(
            "The network is too large for the weights of single epochs to be kept; the best and the last are.",
            "Le réseau est trop grand pour garder les poids de chaque époque ; les meilleurs et les derniers le sont.",
        ),
        "filters": Note("Kernels of {layer}", "Noyaux de {layer}"),
        "filters_scale": Note(
            "Grey is 0, white {limit}, black −{limit}. {shown} of {of}.",
            "Le gris vaut 0, le blanc {limit}, le noir −{limit}. {shown} sur {of}.",
        ),
        "answer": Note("Its answer at this epoch", "Sa réponse à cette époque"),
        "draw_here": Note("Draw here", "Dessinez ici"),
        "drawing": Note("Drawing for the network", "Dessin pour le réseau"),
        "clear": Note("Clear", "Effacer"),
        "examples_test": Note("Examples that it does not learn from", "Exemples qu’il n’apprend pas"),
        "examples_train": Note("Examples that it learns from", "Exemples qu’il apprend"),
        "example": Note("Example {n}: {label}", "Exemple {n} : {label}"),
        "truth": Note("It is: {label}", "C’est : {label}"),
        "answers_by_epoch": Note("Probability by epoch", "Probabilité par époque"),
        "no_run_yet": Note("This training has no run yet.", "Cet entraînement n’a pas encore de dossier."),
        "nothing_yet": Note(
            "After the first epoch there is something to see.", "Il y aura à voir après la première époque."
        ),
    }

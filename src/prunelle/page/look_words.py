"""What the part of the page says that shows a network at work: ``views/activations.js`` and the modules beside it."""

from __future__ import annotations

from prunelle.texts import Note, Typography

_GIVEN = {
    "title": Note("Look", "Regarder"),
    "shown": Note("What the network is shown", "Ce qu’on montre au réseau"),
    "source": Note("Where it comes from", "D’où cela vient"),
    "source_draw": Note("Draw", "Dessin"),
    "source_curve": Note("Draw", "Tracé"),
    "source_samples": Note("Examples", "Exemples"),
    "source_file": Note("File", "Fichier"),
    "source_camera": Note("Camera", "Caméra"),
    "draw_label": Note(
        "Drawing surface for mouse, finger or pen. Without one of these, choose an example instead.",
        "Surface de dessin, pour la souris, le doigt ou le stylet. Sans eux, choisissez plutôt un exemple.",
    ),
    "draw_hint": Note("Draw here", "Dessinez ici"),
    "pen": Note("Pen", "Crayon"),
    "undo_stroke": Note("Undo", "Annuler"),
    "clear": Note("Clear", "Effacer"),
    "curve_label": Note(
        "The series, to be drawn over with mouse, finger or pen. Without one of these, choose an example instead.",
        "La série, à redessiner à la souris, au doigt ou au stylet. Sans eux, choisissez plutôt un exemple.",
    ),
    "curve_hint": Note("Drag over the curve to bend it.", "Tracez sur la courbe pour la déformer."),
    "channel": Note("Channel", "Canal"),
    "channel_n": Note("channel {n}", "canal {n}"),
    "flat": Note("Flat", "Aplatir"),
    "sample": Note("example {n}: {label}", "exemple {n} : {label}"),
    "any_sample": Note("Any", "Au hasard"),
    "page": Note("{first}–{last} of {n}", "{first}–{last} sur {n}"),
    "page_before": Note("Previous", "Précédents"),
    "page_after": Note("Next", "Suivants"),
    "file": Note("Choose a file", "Choisir un fichier"),
    "file_hint": Note(
        "Or drop one anywhere on this page, or paste a picture. It stays on this machine.",
        "Ou déposez-le n’importe où sur cette page, ou collez une image. Rien ne quitte cette machine.",
    ),
    "camera_label": Note("What the camera sees", "Ce que voit la caméra"),
    "camera_start": Note("Start the camera", "Allumer la caméra"),
    "camera_snap": Note("Take a picture", "Prendre une photo"),
    "camera_live": Note("Live", "En direct"),
    "camera_hint": Note(
        "The pictures go to the network on this machine, and nowhere else.",
        "Les images vont au réseau, sur cette machine, et nulle part ailleurs.",
    ),
    "camera_denied": Note(
        "The browser was not allowed to use the camera: allow it in the address bar, then try again.",
        "Le navigateur n’a pas le droit d’utiliser la caméra : autorisez-la dans la barre d’adresse, puis réessayez.",
    ),
    "camera_absent": Note(
        "No camera was found. Browsers give one only to pages of this machine: open the page as 127.0.0.1.",
        "Aucune caméra trouvée. Les navigateurs ne la donnent qu’aux pages de cette machine : ouvrez la page en "
        "127.0.0.1.",
    ),
    "as_given": Note("As the network gets it", "Tel que le réseau le reçoit"),
    "nothing_yet": Note("Nothing is shown to it yet.", "On ne lui montre rien encore."),
    "steps_of": Note("{n} steps", "{n} instants"),
    "where": Note("Where it looked", "Où il a regardé"),
    "where_class": Note("For which class", "Pour quelle classe"),
    "where_answer": Note("for its answer", "pour sa réponse"),
    "where_busy": Note("Computing…", "Calcul en cours…"),
    "where_told": Note(
        "What speaks for “{name}” is covered in orange ({how}).",
        "Ce qui parle pour « {name} » est couvert d’orange ({how}).",
    ),
}

_ANSWER = {
    "answer": Note("Its answer", "Sa réponse"),
    "explain_class": Note("Where the number of “{name}” comes from", "D’où vient le nombre de « {name} »"),
    "unchanged": Note("before the changes: {share}", "avant les changements : {share}"),
    "truth_right": Note("It is “{label}”: right.", "C’est « {label} » : juste."),
    "truth_wrong": Note("It is “{label}”: wrong.", "C’est « {label} » : faux."),
    "labels_some_right": Note("It has {label}: right.", "Elle a {label} : juste."),
    "labels_some_wrong": Note("It has {label}: not all is right.", "Elle a {label} : tout n’est pas juste."),
    "labels_none_right": Note("It has no label: right.", "Elle n’a aucune étiquette : juste."),
    "labels_none_wrong": Note("It has no label: wrong.", "Elle n’a aucune étiquette : faux."),
    "truth_number": Note("It is {label}: off by {off}.", "C’est {label} : écart de {off}."),
    "spoken_none": Note("Answer: no label", "Réponse : aucune étiquette"),
    "spoken": Note("Answer: {name}, {share}", "Réponse : {name}, {share}"),
    "untrained": Note(
        "Its weights are random: it has learned nothing yet.",
        "Ses poids sont tirés au hasard : il n’a rien appris.",
    ),
    "epoch": Note("Weights", "Poids"),
    "epoch_n": Note("after epoch {n}", "après l’époque {n}"),
    "epoch_kept": Note("those kept", "ceux retenus"),
}

_LAYERS = {
    "layers": Note("What every layer makes of it", "Ce que chaque couche en fait"),
    "scale": Note("Colours", "Couleurs"),
    "scale_own": Note("scale by map", "échelle par carte"),
    "scale_shared": Note("scale by layer", "échelle par couche"),
    "scale_grey": Note("black to white", "noir à blanc"),
    "legend": Note(
        "From blue, below zero, over the paper, zero, to orange, above it",
        "Du bleu, sous zéro, par le papier, zéro, à l’orange, au-dessus",
    ),
    "unfold_all": Note("Unfold all", "Tout déplier"),
    "fold_all": Note("Fold all", "Tout replier"),
    "stage_layers": Note("{n} layers", "{n} couches"),
    "units": Note("units: {n}", "unités : {n}"),
    "field": Note("sees {size}", "voit {size}"),
    "map_of": Note("Map of channel {n} of {layer}", "Carte du canal {n} de {layer}"),
    "units_of": Note("Units of {layer}", "Unités de {layer}"),
    "open_channel": Note("Open channel {n} of {layer}", "Ouvrir le canal {n} de {layer}"),
    "keys": Note("Keys", "Touches"),
    "keys_text": Note(
        "In a map: arrows move from value to value, Page Up and Page Down from channel to channel; Enter follows a "
        "value back to what it comes from, Backspace returns; O opens the channel; Escape lets go.",
        "Dans une carte : les flèches vont de valeur en valeur, Page précédente et Page suivante de canal en canal ; "
        "Entrée remonte à l’origine d’une valeur, Retour arrière revient ; O ouvre le canal ; Échap relâche.",
    ),
}

_VALUE = {
    "value": Note("One value", "Une valeur"),
    "value_hint": Note(
        "Point at any value of any map: here is what it was computed from, number by number. A click holds it.",
        "Pointez une valeur de n’importe quelle carte : voici de quoi elle est calculée, nombre par nombre. Un clic la "
        "retient.",
    ),
    "picture": Note("picture", "image"),
    "series": Note("series", "série"),
    "at_place": Note(
        "{layer}, channel {n}, row {row}, column {column}",
        "{layer}, canal {n}, ligne {row}, colonne {column}",
    ),
    "at_time": Note("{layer}, channel {n}, step {column}", "{layer}, canal {n}, instant {column}"),
    "at_unit": Note("{layer}, unit {n}", "{layer}, unité {n}"),
    "at_probability": Note("probability of “{name}”", "probabilité de « {name} »"),
    "at_number": Note("the number “{name}”", "le nombre « {name} »"),
    "at_class": Note("{layer}, class “{name}”", "{layer}, classe « {name} »"),
    "is_picture": Note(
        "This is a number of the picture itself, from 0 to 255, before it is normalised: here the way ends.",
        "C’est un nombre de l’image même, de 0 à 255, avant normalisation : le chemin s’arrête ici.",
    ),
    "is_series": Note(
        "This is a number of the series itself: here the way ends.",
        "C’est un nombre de la série même : le chemin s’arrête ici.",
    ),
    "trail": Note("The way here", "Le chemin parcouru"),
    "follow": Note("Follow it back", "Remonter"),
    "open_this": Note("Open the channel", "Ouvrir le canal"),
    "close": Note("Close", "Fermer"),
    "held": Note("Held: Escape lets go.", "Retenue : Échap la relâche."),
    "not_held": Note("A click holds it.", "Un clic la retient."),
    "several": Note(
        "The layers before are added up here: which one to follow?",
        "Plusieurs couches s’ajoutent ici : laquelle suivre ?",
    ),
    "step_convolution": Note("Convolution", "Convolution"),
    "step_max": Note("Max pooling", "Pooling par le maximum"),
    "step_average": Note("Average pooling", "Pooling par la moyenne"),
    "step_dense": Note("Dense layer", "Couche dense"),
    "step_normalisation": Note("Normalisation", "Normalisation"),
    "step_unit": Note("In its own unit", "Dans son unité"),
    "step_softmax": Note("Softmax", "Softmax"),
    "step_sum": Note("Sum", "Somme"),
    "sum_parts": Note("sum", "somme"),
    "window": Note("what it reads", "ce qui est lu"),
    "kernel": Note("kernel", "noyau"),
    "products": Note("products", "produits"),
    "sum_products": Note("sum of the products", "somme des produits"),
    "bias": Note("bias", "biais"),
    "of_channel": Note(
        "of its input: these products add up to {sum}.", "de son entrée : la somme de ces produits est {sum}."
    ),
    "which_channel": Note("Channel of its input", "Canal de son entrée"),
    "others": Note("{n} others", "{n} autres"),
    "is_max": Note("largest of {n}", "le plus grand des {n}"),
    "is_average": Note("average of {n}", "moyenne des {n}"),
    "before": Note("before", "avant"),
    "mean": Note("mean", "moyenne"),
    "deviation": Note("standard deviation", "écart type"),
    "gain": Note("weight", "poids"),
    "shift": Note("bias", "biais"),
    "softmax_text": Note(
        "exp of each score less the largest ({most}), divided by their sum.",
        "exp de chaque score moins le plus grand ({most}), divisée par leur somme.",
    ),
    "exact": Note(
        "This is exactly what the network computed.", "C’est exactement ce que le réseau a calculé."
    ),
    "near": Note(
        "Added up from these numbers, it differs by {difference} from what the network computed.",
        "La somme de ces nombres diffère de {difference} de ce que le réseau a calculé.",
    ),
}

_CHANGES = {
    "channel_of": Note("{layer}, channel {n}", "{layer}, canal {n}"),
    "range": Note("From {low} to {high}", "De {low} à {high}"),
    "switch_off": Note("Switch off", "Éteindre"),
    "over_channel": Note("over", "sur le"),
    "step_input": Note("The input itself", "L’entrée même"),
    "weight": Note("Weight in row {row}, column {column}", "Poids, ligne {row}, colonne {column}"),
    "kernel_hint": Note(
        "Type a number, or drag it up and down.", "Tapez un nombre, ou tirez-le vers le haut ou le bas."
    ),
    "no_kernel": Note("It has no kernel of its own.", "Il n’a pas de noyau à lui."),
    "bias_is": Note("Bias: {value}", "Biais : {value}"),
    "put_back": Note("Put back", "Remettre"),
    "to_zero": Note("All to zero", "Tout à zéro"),
    "excite_text": Note(
        "Among the examples at hand, in the network as it was trained, without what is changed here.",
        "Parmi les exemples disponibles, dans le réseau tel qu’il a été entraîné, sans les changements faits ici.",
    ),
    "excite": Note("What excites it most", "Ce qui l’excite le plus"),
    "what_if": Note("What if…", "Et si…"),
    "what_if_text": Note(
        "Open a channel to switch it off or to change its kernel. All of this happens in this tab; the run and its "
        "files stay as they are.",
        "Ouvrez un canal pour l’éteindre ou changer son noyau. Tout se passe dans cet onglet ; l’entraînement et ses "
        "fichiers restent tels quels.",
    ),
    "edit_off": Note("{layer}, channel {n}: off", "{layer}, canal {n} : éteint"),
    "edit_kernel": Note(
        "{layer}, channel {n}: kernel over channel {input}", "{layer}, canal {n} : noyau sur le canal {input}"
    ),
    "edit_steps": Note("Steps of gradient: {n}", "Pas de gradient : {n}"),
    "accuracy": Note("{share} ({low} to {high})", "{share} ({low} à {high})"),
    "accuracy_busy": Note("Trying it on the test set…", "Essai sur le jeu de test…"),
    "accuracy_plain": Note("On {n} test examples:", "Sur {n} exemples de test :"),
    "accuracy_now": Note("On {n} test examples now:", "Sur {n} exemples de test, maintenant :"),
    "accuracy_difference": Note(
        "difference: {value} points ({low} to {high})", "différence : {value} points ({low} à {high})"
    ),
    "accuracy_before": Note("before:", "avant :"),
    "learn": Note("Learn it, one step", "L’apprendre, un pas"),
    "learn_label": Note("This is", "C’est"),
    "rate": Note("Rate", "Taux"),
    "undo_step": Note("Undo a step", "Annuler un pas"),
    "reset": Note("Put everything back", "Tout remettre"),
}


class LookWords(Typography):
    """Of both languages; the browser fills in what stands in braces."""

    texts = _GIVEN | _ANSWER | _LAYERS | _VALUE | _CHANGES

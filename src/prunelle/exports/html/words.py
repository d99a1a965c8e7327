"""What the page says, in both languages; it has them both and a switch."""

from __future__ import annotations

from collections.abc import Mapping

from prunelle.texts import Language, Note, Typography

_WORDS: Mapping[str, Note] = {
    "language": Note("Language", "Langue"),
    "theme": Note("Theme", "Thème"),
    "theme_auto": Note("auto", "auto"),
    "theme_light": Note("light", "clair"),
    "theme_dark": Note("dark", "sombre"),
    "shown": Note("What the network is shown", "Ce qu’on montre au réseau"),
    "source": Note("Where it comes from", "D’où cela vient"),
    "source_draw": Note("Draw", "Dessin"),
    "source_file": Note("Picture", "Image"),
    "draw_label": Note(
        "Drawing surface for mouse, finger or pen. Without one of these, choose a picture instead.",
        "Surface de dessin, pour la souris, le doigt ou le stylet. Sans eux, choisissez plutôt une image.",
    ),
    "draw_hint": Note("Draw here, large", "Dessinez ici, en grand"),
    "undo": Note("Undo", "Annuler"),
    "clear": Note("Clear", "Effacer"),
    "pen": Note("Pen", "Crayon"),
    "choose": Note("Choose a picture", "Choisir une image"),
    "photograph": Note("Take a photo", "Prendre une photo"),
    "file_hint": Note(
        "Or drop one anywhere on this page, or paste it. It stays on this device.",
        "Ou déposez-la n’importe où sur cette page, ou collez-la. Rien ne quitte cet appareil.",
    ),
    "no_picture": Note(
        "{name} is no picture that this browser reads. JPEG and PNG always are.",
        "{name} n’est pas une image que ce navigateur lit. JPEG et PNG le sont toujours.",
    ),
    "series_label": Note("Values of a series", "Valeurs d’une série"),
    "series_hint": Note(
        "Paste or type numbers, a line a step, a column a channel (here {channels}); a file of them may be dropped or "
        "chosen. Any number of steps becomes {length}. It stays on this device.",
        "Collez ou tapez des nombres, une ligne par pas, une colonne par canal (ici {channels}) ; un fichier peut être "
        "déposé ou choisi. Les pas, quel que soit leur nombre, deviennent {length}. Rien ne quitte cet appareil.",
    ),
    "choose_series": Note("Choose a CSV file", "Choisir un fichier CSV"),
    "no_series": Note(
        "Line {line}: numbers are wanted, {channels} a line; received “{text}”.",
        "Ligne {line} : il faut des nombres, {channels} par ligne ; reçu « {text} ».",
    ),
    "few_values": Note("At least two steps are wanted.", "Il faut au moins deux pas."),
    "as_given": Note("As the network gets it", "Tel que le réseau le reçoit"),
    "nothing_yet": Note("Nothing is shown to it yet.", "On ne lui montre rien encore."),
    "answer": Note("Answer", "Réponse"),
    "said": Note("Answer: {name}, {share}", "Réponse : {name}, {share}"),
    "said_labels": Note("Answer: {names}", "Réponse : {names}"),
    "no_label": Note("none of the labels", "aucune des étiquettes"),
    "threshold": Note("answered from {share} on", "donné à partir de {share}"),
    "took": Note("{ms} ms", "{ms} ms"),
    "more": Note("All {n}", "Les {n}"),
    "fewer": Note("Fewer", "Moins"),
    "layers": Note("What its layers make of it", "Ce qu’en font ses couches"),
    "legend": Note(
        "orange above zero, blue below; each map by its own largest value",
        "orange au-dessus de zéro, bleu au-dessous ; chaque carte selon sa plus grande valeur",
    ),
    "touch": Note("Touch a map to enlarge it.", "Touchez une carte pour l’agrandir."),
    "conv": Note("convolution {detail}", "convolution {detail}"),
    "dense": Note("dense", "dense"),
    "pool": Note("pooling {detail}", "sous-échantillonnage {detail}"),
    "sum": Note("sum", "somme"),
    "join": Note("joined", "réunion"),
    "units": Note("{n} units", "{n} unités"),
    "maps": Note("{n} maps {size}", "{n} cartes {size}"),
    "map_of": Note("map {n} of {layer}", "carte {n} de {layer}"),
    "units_of": Note("units of {layer}", "unités de {layer}"),
    "range": Note("from {low} to {high}", "de {low} à {high}"),
    "before": Note("Previous map", "Carte précédente"),
    "after": Note("Next map", "Carte suivante"),
    "close": Note("Close", "Fermer"),
    "about": Note(
        "{network}, {n} weights in {bits} bits ({size} kB). Nothing is loaded and nothing is sent: this file works "
        "offline.",
        "{network}, {n} poids sur {bits} bits ({size} ko). Rien n’est chargé ni envoyé : ce fichier marche hors ligne.",
    ),
    "trained": Note("Trained on {data}.", "Entraîné sur {data}."),
    "not_sure": Note(
        "It answers whatever it is shown, also what it was never trained for.",
        "Il répond quoi qu’on lui montre, même ce pour quoi il n’a jamais été entraîné.",
    ),
}


class Words(Typography):
    """See the module."""

    texts = _WORDS


def words_in(language: Language) -> dict[str, str]:
    """By name, with their ``{placeholders}``."""
    words = Words(language)
    return {name: words.template(name) for name in _WORDS}

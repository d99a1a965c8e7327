"""What the figures say, in English and French."""

from __future__ import annotations

from prunelle.texts import Note, Typography

TEXTS = {
    "page": Note("page {n} of {of}", "page {n} sur {of}"),
    "channels": Note("{n} channels of {size}", "{n} canaux de {size}"),
    "units": Note("{n} units", "{n} unités"),
    "picture": Note("picture", "image"),
    "low": Note("low", "bas"),
    "high": Note("high", "haut"),
    "filters": Note("Filters of {layer}", "Filtres de {layer}"),
    "filters_colour": Note(
        "{n} filters of {size}×3, in colour; grey is 0, all on the same scale.",
        "{n} filtres de {size}×3, en couleurs ; le gris vaut 0, échelle commune à tous.",
    ),
    "filters_grey": Note(
        "{n} filters of {size}; orange above 0, blue below, all on the same scale.",
        "{n} filtres de {size} ; orange au-dessus de 0, bleu au-dessous, échelle commune à tous.",
    ),
    "filters_deep": Note(
        "{n} filters of {size}×{inputs}, channel by channel, on one scale: filters {first}–{last}, inputs "
        "{first_in}–{last_in}.",
        "{n} filtres de {size}×{inputs}, canal par canal, à la même échelle : filtres {first} à {last}, entrées "
        "{first_in} à {last_in}.",
    ),
    "filter_one": Note(
        "Filter {channel} of {n}, size {size}×{inputs}: its input channels {first_in}–{last_in}.",
        "Filtre {channel} sur {n}, taille {size}×{inputs} : ses canaux d’entrée {first_in} à {last_in}.",
    ),
    "filter_axis": Note("filter", "filtre"),
    "input_axis": Note("input channel", "canal d’entrée"),
    "activations": Note("Activations of {layer}", "Activations de {layer}"),
    "scale_channel": Note(
        "Each channel on its own scale: black its lowest value, white its highest.",
        "Chaque canal a son échelle : noir pour sa plus petite valeur, blanc pour la plus grande.",
    ),
    "scale_shared": Note(
        "One scale for all channels: black {low}, white {high}.",
        "Une seule échelle pour tous les canaux : noir {low}, blanc {high}.",
    ),
    "flat": Note("A grey number: the same value everywhere.", "Numéro grisé : même valeur partout."),
    "unit_axis": Note("unit", "unité"),
    "class_axis": Note("class", "classe"),
    "activation_axis": Note("activation", "activation"),
    "logit_axis": Note("score before softmax", "score avant softmax"),
    "where": Note("Where it looked: {file}", "Où il a regardé : {file}"),
    "where_text": Note(
        "{name} says {predicted} ({probability}). Grad-CAM looks at {layer}.",
        "{name} répond {predicted} ({probability}). Grad-CAM regarde {layer}.",
    ),
    "where_text_alone": Note(
        "{name} says {predicted} ({probability}).", "{name} répond {predicted} ({probability})."
    ),
    "for_class": Note("{name} ({probability})", "{name} ({probability})"),
    "grad-cam": Note("Grad-CAM", "Grad-CAM"),
    "occlusion": Note("Occlusion", "Occlusion"),
    "integrated-gradients": Note("Integrated gradients", "Gradients intégrés"),
    "saliency": Note("Saliency", "Saillance"),
    "guided-backpropagation": Note("Guided backprop.", "Rétroprop. guidée"),
    "little": Note("little", "peu"),
    "much": Note("much", "beaucoup"),
    "against": Note("against", "contre"),
    "speaks_for": Note("for", "pour"),
}


class Words(Typography):
    """One language: ``words("page", n=1, of=3)``."""

    texts = TEXTS

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
        "{name} says {predicted} ({probability}). Both CAMs look at {layer}.",
        "{name} répond {predicted} ({probability}). Les deux CAM regardent {layer}.",
    ),
    "where_text_alone": Note(
        "{name} says {predicted} ({probability}).", "{name} répond {predicted} ({probability})."
    ),
    "for_class": Note("{name} ({probability})", "{name} ({probability})"),
    "grad-cam": Note("Grad-CAM", "Grad-CAM"),
    "hires-cam": Note("HiRes-CAM", "HiRes-CAM"),
    "nothing": Note("found nothing", "n’a rien trouvé"),
    "occlusion": Note("Occlusion", "Occlusion"),
    "integrated-gradients": Note("Integrated grad.", "Gradients intégrés"),
    "saliency": Note("Saliency", "Saillance"),
    "guided-backpropagation": Note("Guided backprop.", "Rétroprop. guidée"),
    "little": Note("little", "peu"),
    "much": Note("much", "beaucoup"),
    "against": Note("against", "contre"),
    "speaks_for": Note("for", "pour"),
    "channel": Note("Channel {channel} of {layer}", "Canal {channel} de {layer}"),
    "channel_text": Note(
        "A picture of the class and, beside it, the channel’s map; one scale for all: black {low}, white {high}.",
        "Une image de la classe et, à côté, la carte du canal ; une seule échelle : noir {low}, blanc {high}.",
    ),
    "pair": Note("What tells {first} from {second}", "Ce qui distingue {first} de {second}"),
    "pair_none": Note(
        "Does a channel tell {first} from {second}?", "Un canal distingue-t-il {first} de {second} ?"
    ),
    "pair_none_text": Note(
        "None for sure, as far as these pictures tell; these come closest. Score: the probability that the class "
        "excites it more.",
        "Aucun à coup sûr, d’après ces images ; voici les plus proches. Score : probabilité que la classe l’excite "
        "davantage.",
    ),
    "pair_text": Note(
        "The channels whose responses separate them best. Score: the probability that {first} (or {second}) excites "
        "the channel more.",
        "Les canaux dont les réponses les séparent le mieux. Score : probabilité que {first} (ou {second}) excite "
        "davantage le canal.",
    ),
    "channel_of": Note("{layer} · {channel}", "{layer} · {channel}"),
    "score_for": Note("{score} for {name}", "{score} pour {name}"),
    "mean_map": Note("mean map, {name}", "carte moyenne, {name}"),
    "response": Note("response", "réponse"),
    "share_of": Note("share of pictures", "part des images"),
    "alone": Note("Does a channel answer to one class alone?", "Un canal ne répond-il qu’à une classe ?"),
    "alone_text": Note(
        "Median response to each class, and its middle half. Score: against the class it is confused with most. Alone: "
        "surely above {least}; {n} of {of} here.",
        "Réponse médiane à chaque classe, et sa moitié centrale. Score : face à la classe la plus confondue. Seule : "
        "sûrement plus de {least} ; {n} sur {of} ici.",
    ),
    "score_alone": Note("{score} for {name}: alone", "{score} pour {name} : seule"),
    "score_most": Note("{score} for {name}: most of all", "{score} pour {name} : le plus"),
    "score_not_alone": Note("{score} for {name}: not alone", "{score} pour {name} : pas seule"),
    "patches": Note("What channels of {layer} look for", "Ce que cherchent des canaux de {layer}"),
    "patches_text": Note(
        "Left, a picture synthesised to excite the channel; then the {n} strongest patches of {field} pixels, of "
        "{pictures} pictures.",
        "À gauche, une image synthétisée pour exciter le canal ; puis les {n} morceaux de {field} pixels qui "
        "l’excitent le plus, parmi {pictures} images.",
    ),
    "synthesised": Note("synthesised", "synthétisée"),
    "not_made": Note("not made", "non faite"),
    "strongest": Note("strongest patches →", "morceaux les plus forts →"),
    "space_pca": Note("The space of features: PCA", "L’espace des caractéristiques : ACP"),
    "space_tsne": Note("The space of features: t-SNE", "L’espace des caractéristiques : t-SNE"),
    "space_pca_text": Note(
        "{n} pictures by their {d} features; the two axes keep {share} of the variance.",
        "{n} images par leurs {d} caractéristiques ; les deux axes gardent {share} de la variance.",
    ),
    "space_tsne_text": Note(
        "{n} pictures by their {d} features. Neighbours are alike; distances between groups mean nothing.",
        "{n} images par leurs {d} caractéristiques. Les voisins se ressemblent ; les distances entre groupes ne "
        "disent rien.",
    ),
    "mistakes": Note("{n} mistakes", "{n} erreurs"),
    "one_mistake": Note("1 mistake", "1 erreur"),
    "other_classes": Note("other classes", "autres classes"),
    "health": Note("Dead, saturated, redundant", "Morts, saturés, redondants"),
    "health_text": Note(
        "Share of each layer, over {n} pictures. Redundant: correlation above {twins} with an earlier channel.",
        "Part de chaque couche, sur {n} images. Redondant : corrélation de plus de {twins} avec un canal précédent.",
    ),
    "dead": Note("dead", "morts"),
    "saturated": Note("saturated", "saturés"),
    "redundant": Note("redundant", "redondants"),
    "layer": Note("layer", "couche"),
    "number_of": Note("channels", "canaux"),
}


class Words(Typography):
    """One language: ``words("page", n=1, of=3)``."""

    texts = TEXTS

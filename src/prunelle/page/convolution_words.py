"""What the panel "convolution" says."""

from __future__ import annotations

from prunelle.texts import Note, Typography

TEXTS = {
    "title": Note("Convolution", "Convolution"),
    "intro": Note(
        "A kernel slides over the input; at every place, the numbers under it are multiplied by it and summed.",
        "Un noyau glisse sur l’entrée ; à chaque endroit, les nombres sous lui sont multipliés par lui et "
        "additionnés.",
    ),
    # What goes in
    "input": Note("Input", "Entrée"),
    "photos": Note("Photos", "Photos"),
    "digits": Note("Digits", "Chiffres"),
    "signals": Note("Signals", "Signaux"),
    "yours": Note("Your own", "À vous"),
    "china": Note("China, a temple", "Chine, un temple"),
    "flower": Note("Flower", "Fleur"),
    "digit": Note("Digit {n}", "Chiffre {n}"),
    "step": Note("Step", "Marche"),
    "bump": Note("Bump", "Bosse"),
    "noise": Note("Noise on a wave", "Onde bruitée"),
    "own_picture": Note("Draw a picture", "Dessiner une image"),
    "own_signal": Note("Draw a signal", "Dessiner un signal"),
    "upload": Note("Your picture…", "Votre image…"),
    "draw": Note("Draw on the input", "Dessiner sur l’entrée"),
    "brush": Note("Brush", "Pinceau"),
    "clear": Note("Clear", "Effacer"),
    "draw_how": Note(
        "Drag over the input. With the keyboard: the arrow keys move, + and − change a value, space paints, "
        "delete empties.",
        "Glissez sur l’entrée. Au clavier : les flèches déplacent, + et − changent une valeur, espace peint, "
        "suppr efface.",
    ),
    "upload_lost": Note(
        "Your picture is not here any more: choose it again.",
        "Votre image n’est plus là : choisissez-la de nouveau.",
    ),
    # The kernel
    "kernel": Note("Kernel", "Noyau"),
    "typed": Note("your own numbers", "vos propres nombres"),
    "rows": Note("Rows", "Lignes"),
    "columns": Note("Columns", "Colonnes"),
    "length": Note("Length", "Longueur"),
    "slices": Note("a slice of its own for each channel", "une tranche propre à chaque canal"),
    "kernel_how": Note(
        "Type a number or a fraction (1/9), drag it up or down, or use the wheel and the arrow keys.",
        "Tapez un nombre ou une fraction (1/9), tirez-le vers le haut ou le bas, ou utilisez la molette et les "
        "flèches.",
    ),
    "kernel_cell": Note("Weight k[{place}]", "Poids k[{place}]"),
    "no_number": Note("“{text}” is no number.", "« {text} » n’est pas un nombre."),
    "turned": Note(
        "Turned over: this is how it lies on the input.",
        "Retourné : voici comment il se pose sur l’entrée.",
    ),
    "kernel_sum": Note("The weights sum to {sum}.", "La somme des poids est {sum}."),
    "kernel_even": Note(
        "An even size has no middle: “same” puts the odd value of padding after.",
        "Une taille paire n’a pas de milieu : « same » met la valeur impaire de la bordure après.",
    ),
    "box": Note(
        "The mean of the window: it blurs, every value counting alike.",
        "La moyenne de la fenêtre : elle rend flou, chaque valeur comptant autant.",
    ),
    "gaussian": Note(
        "A mean in which the middle counts most (binomial weights): a softer blur, without the square marks "
        "of the plain mean.",
        "Une moyenne où le milieu compte le plus (poids binomiaux) : un flou plus doux, sans les traces carrées "
        "de la moyenne simple.",
    ),
    "identity": Note(
        "Only the middle counts: the input comes out as it is.",
        "Seul le milieu compte : l’entrée ressort telle quelle.",
    ),
    "sharpen": Note(
        "The value, plus what sets it off from its neighbours: edges get crisper, and noise too.",
        "La valeur, plus ce qui la distingue de ses voisines : les contours deviennent plus nets, le bruit aussi.",
    ),
    "laplacian": Note(
        "The neighbours less the middle: zero on even ground and on even slopes, strong at points and edges, "
        "whatever their direction.",
        "Les voisines moins le milieu : zéro sur un aplat ou une pente régulière, fort aux points et aux contours, "
        "quelle que soit leur direction.",
    ),
    "sobel-x": Note(
        "What is right less what is left: it answers to vertical edges, positive where it gets brighter to the "
        "right.",
        "Ce qui est à droite moins ce qui est à gauche : il répond aux contours verticaux, positif là où cela "
        "s’éclaircit vers la droite.",
    ),
    "sobel-y": Note(
        "What is below less what is above: it answers to horizontal edges, positive where it gets brighter "
        "downwards.",
        "Ce qui est dessous moins ce qui est dessus : il répond aux contours horizontaux, positif là où cela "
        "s’éclaircit vers le bas.",
    ),
    "emboss": Note(
        "The value, plus the difference along a diagonal: a relief, as if lit from a corner.",
        "La valeur, plus la différence le long d’une diagonale : un relief, comme éclairé depuis un coin.",
    ),
    "redness": Note(
        "A filter of depth 3: the mean of red, less half of those of green and blue. It answers to red things.",
        "Un filtre de profondeur 3 : la moyenne du rouge, moins la moitié de celles du vert et du bleu. Il répond "
        "à ce qui est rouge.",
    ),
    "derivative": Note(
        "What comes after less what came before: twice the slope. Zero where the signal is level.",
        "Ce qui suit moins ce qui précède : deux fois la pente. Zéro là où le signal est plat.",
    ),
    # How it slides
    "settings": Note("How it slides", "Comment il glisse"),
    "padding": Note("Padding", "Bordure ajoutée"),
    "valid": Note("none (valid)", "aucune (valid)"),
    "same": Note("same size (same)", "même taille (same)"),
    "full": Note("wherever they touch (full)", "partout où ils se touchent (full)"),
    "by_number": Note("a number…", "un nombre…"),
    "padding_number": Note("Padding on each side", "Bordure de chaque côté"),
    "border": Note("The padding holds", "La bordure contient"),
    "zeros": Note("zeros", "des zéros"),
    "replicate": Note("the last value (replicate)", "la dernière valeur (replicate)"),
    "reflect": Note("a mirror image (reflect)", "un reflet (reflect)"),
    "circular": Note("the other side (circular)", "l’autre bord (circular)"),
    "counts_how": Note(
        "A number, or one for rows and one for columns: 2x1",
        "Un nombre, ou un pour les lignes et un pour les colonnes : 2x1",
    ),
    "no_count": Note(
        "“{text}” is no whole number; give it as 2, or as 2x1 (rows x columns).",
        "« {text} » n’est pas un nombre entier ; donnez-le comme 2, ou 2x1 (lignes x colonnes).",
    ),
    "stride": Note("Stride", "Pas (stride)"),
    "dilation": Note("Dilation", "Dilatation"),
    "flip": Note(
        "Turn the kernel over first (convolution proper)",
        "Retourner d’abord le noyau (convolution au sens strict)",
    ),
    "channels": Note("Channels", "Canaux"),
    "sum": Note("summed, as in a network", "additionnés, comme dans un réseau"),
    "each": Note("each for itself", "chacun pour soi"),
    "grey": Note("in grey first", "d’abord en gris"),
    "pooling": Note("Then pooling 2 × 2", "Puis pooling 2 × 2"),
    "pooling_signal": Note("Then pooling by 2", "Puis pooling par 2"),
    "none": Note("none", "aucun"),
    "max": Note("largest value (max)", "plus grande valeur (max)"),
    "mean": Note("mean (average)", "moyenne (average)"),
    # What comes out
    "output": Note("Output", "Sortie"),
    "padded_input": Note("Input with its padding", "Entrée avec sa bordure"),
    "pooled": Note("After pooling", "Après le pooling"),
    "around": Note("around the chosen place", "autour de l’endroit choisi"),
    "channel": Note("Channel shown", "Canal montré"),
    "red": Note("red", "rouge"),
    "green": Note("green", "vert"),
    "blue": Note("blue", "bleu"),
    "scale": Note("{low} to {high}", "de {low} à {high}"),
    "scale_signed": Note(
        "blue: below zero, orange: above; {low} to {high}",
        "bleu : sous zéro, orange : au-dessus ; de {low} à {high}",
    ),
    "choose": Note(
        "Click or drag on a picture to choose a place.",
        "Cliquez ou glissez sur une image pour choisir un endroit.",
    ),
    "hover": Note(
        "Point at an output to see the window it reads, at an input to see which outputs read it; click to stay.",
        "Pointez une sortie pour voir la fenêtre qu’elle lit, une entrée pour voir quelles sorties la lisent ; "
        "cliquez pour y rester.",
    ),
    "chart_signal": Note("Kernel, input and output as stems", "Noyau, entrée et sortie en bâtons"),
    # Step by step
    "steps": Note("Step by step", "Pas à pas"),
    "show_all": Note("All outputs", "Toutes les sorties"),
    "first": Note("First place", "Premier endroit"),
    "back": Note("One step back", "Un pas en arrière"),
    "forward": Note("One step on", "Un pas en avant"),
    "play": Note("Play", "Lire"),
    "pause": Note("Pause", "Pause"),
    "speed": Note("Steps a second", "Pas par seconde"),
    "place_row": Note("Row i", "Ligne i"),
    "place_column": Note("Column j", "Colonne j"),
    "place_index": Note("Index i", "Indice i"),
    "step_of": Note("{step} of {steps}", "{step} sur {steps}"),
    "window": Note("Window", "Fenêtre"),
    "products": Note("Products", "Produits"),
    "read_by": Note("is read by {n} outputs", "est lu par {n} sorties"),
    "read_by_one": Note("is read by one output", "est lu par une sortie"),
    "read_by_none": Note("is read by no output", "n’est lu par aucune sortie"),
    "in_padding": Note("padding", "bordure"),
    # In words and signs
    "formula": Note("Formula", "Formule"),
    "size": Note("Size of the output", "Taille de la sortie"),
    "size_how": Note(
        "(input + padding − span of the kernel) / stride, rounded down, + 1",
        "(entrée + bordure − étendue du noyau) / pas, arrondi vers le bas, + 1",
    ),
    "correlation": Note(
        "cross-correlation, which networks call convolution",
        "corrélation croisée, que les réseaux appellent convolution",
    ),
    "proper": Note("convolution proper", "convolution au sens strict"),
    "command": Note("The same on the command line", "La même chose en ligne de commande"),
    "copy": Note("Copy", "Copier"),
    "copied": Note("Copied", "Copié"),
    "stale": Note("What is shown below is from before.", "Ce qui est montré ci-dessous date d’avant."),
    # What the panel refuses by itself
    "too_many_weights": Note(
        "The page shows kernels of at most {most} × {most}; prunelle convolve takes larger ones.",
        "La page montre des noyaux d’au plus {most} × {most} ; prunelle convolve en prend de plus grands.",
    ),
    "too_many_values": Note(
        "A drawn input has at most {most} values a side.",
        "Une entrée dessinée a au plus {most} valeurs de côté.",
    ),
    "out_of_range": Note(
        "{what} must be a whole number from {least} to {most} here.",
        "{what} doit être ici un nombre entier de {least} à {most}.",
    ),
}


class Words(Typography):
    """Of both of its sides; the browser's fills ``{}`` itself."""

    texts = TEXTS

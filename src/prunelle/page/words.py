"""What the page itself says, around its panels."""

from __future__ import annotations

from prunelle.texts import Note, Typography

TEXTS = {
    "page": Note("The page", "La page"),
    "here": Note("Open it in this browser", "L’ouvrir dans ce navigateur"),
    "panels": Note("Parts of the page", "Parties de la page"),
    "language": Note("Language", "Langue"),
    "theme": Note("Colours", "Couleurs"),
    "theme_auto": Note("as the system", "comme le système"),
    "theme_light": Note("light", "claires"),
    "theme_dark": Note("dark", "sombres"),
    "opening": Note("Opening…", "Ouverture…"),
    "lost": Note(
        "The server does not answer; trying again. Trainings that it started go on.",
        "Le serveur ne répond pas ; nouvel essai. Les entraînements lancés continuent.",
    ),
    "denied": Note(
        "This browser is not known to the server any more. In the terminal that runs prunelle open, press Enter for a "
        "new address.",
        "Le serveur ne connaît plus ce navigateur. Dans le terminal où tourne prunelle open, la touche Entrée donne "
        "une nouvelle adresse.",
    ),
    "failed": Note(
        "This part of the page cannot be shown: {message}",
        "Cette partie de la page ne peut être montrée : {message}",
    ),
    "again": Note("Try again", "Réessayer"),
    "skip": Note("To the content", "Au contenu"),
}


class Words(Typography):
    """The shell's sentences."""

    texts = TEXTS

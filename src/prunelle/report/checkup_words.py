"""The sentences of a check's page."""

from __future__ import annotations

from prunelle.texts import Note, Typography

TEXTS = {
    "check": Note("check of data", "examen de données"),
    "title": Note("What is odd about {name}", "Ce qui est étrange dans {name}"),
    "nothing": Note("Nothing odd was found.", "Rien d’étrange n’a été trouvé."),
    "contents": Note("Contents", "Sommaire"),
    "by": Note("Compared by {what}.", "Comparées par {what}."),
    "not_asked": Note("Not looked for: {kinds}.", "Non cherché : {kinds}."),
    "split": Note("Split", "Jeu"),
    "examples": Note("Examples", "Exemples"),
    "unreadable": Note("Unreadable", "Illisibles"),
    "class": Note("Class", "Classe"),
    "train": Note("training", "entraînement"),
    "validation": Note("validation", "validation"),
    "test": Note("test", "test"),
    "sure": Note("{share} sure", "sûr à {share}"),
    "very_sure": Note("more than {share} sure", "sûr à plus de {share}"),
    "labelled": Note("labelled {label}", "étiquetée {label}"),
    "perhaps": Note("rather {label}", "plutôt {label}"),
    "more_examples": Note("and {n} more", "et {n} de plus"),
    "more_findings": Note(
        "The {shown} surest of {n} are shown; findings.csv has all.",
        "Les {shown} plus sûrs sur {n} sont montrés ; findings.csv les a tous.",
    ),
    "next": Note("What to do with it", "Qu’en faire"),
    "next_review": Note(
        "After a training, prunelle review RUN shows what the network gets wrong and which labels seem wrong by its "
        "own features, and takes your decisions: keep, relabel, leave out. They go to a small CSV; no file is moved or "
        "changed.",
        "Après un entraînement, prunelle review RUN montre les erreurs du réseau et les étiquettes qui semblent "
        "fausses d’après ses propres caractéristiques, et prend vos décisions : garder, réétiqueter, écarter. Elles "
        "vont dans un petit CSV ; aucun fichier n’est déplacé ni changé.",
    ),
    "next_files": Note(
        "findings.json and findings.csv, beside this page, hold the same for a program or a spreadsheet.",
        "findings.json et findings.csv, à côté de cette page, disent la même chose à un programme ou à un tableur.",
    ),
}


class CheckupWords(Typography):
    """In one language."""

    texts = TEXTS

    def sure(self, confidence: float) -> str:
        """``0.934`` → ``93 % sure``; beyond 99 % no check knows how much."""
        most = 0.99
        if confidence > most:
            return self("very_sure", share=self.percent(most, digits=0))
        return self("sure", share=self.percent(confidence, digits=0))

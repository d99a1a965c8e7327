"""What is written on the page's curves, of a training and of runs."""

from __future__ import annotations

from prunelle.texts import Note

CURVE_WORDS = {
    "loss": Note("loss", "perte"),
    "accuracy": Note("accuracy", "exactitude"),
    "train": Note("training", "entraînement"),
    "validation": Note("validation", "validation"),
    "train_loss": Note("loss, training", "perte, entraînement"),
    "val_loss": Note("loss, validation", "perte, validation"),
    "train_accuracy": Note("accuracy, training", "exactitude, entraînement"),
    "val_accuracy": Note("accuracy, validation", "exactitude, validation"),
    "learning_rate": Note("learning rate", "taux d’apprentissage"),
    "epoch": Note("epoch", "époque"),
    "smoothing": Note("Smoothing", "Lissage"),
    "log_scale": Note("loss on a logarithmic scale", "perte en échelle logarithmique"),
    "whole": Note("Whole curve", "Courbe entière"),
    "zoom_help": Note(
        "Drag over a curve to enlarge a part; a double click shows it whole. With the arrow keys, point by point.",
        "Glissez sur une courbe pour en agrandir une partie ; un double clic la montre entière. Avec les flèches, "
        "point par point.",
    ),
    "numbers": Note("The numbers", "Les nombres"),
    "curve_of": Note("Curve: {what}", "Courbe : {what}"),
    "raw": Note("{what}, as it came", "{what}, tel quel"),
}

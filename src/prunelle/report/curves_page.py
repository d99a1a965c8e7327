"""The page of a training that no verb can use (a regression, a generator of pictures): its curves, what it made.

It is written while the training ends, like the report of a run, and like it needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from prunelle.disk import write_text, writing
from prunelle.report import html
from prunelle.report.pictures import data_uri
from prunelle.report.words import TEXTS, Words
from prunelle.runs.refused import Refused
from prunelle.texts import Language, Note

MADE = "figures/made.png"
"""Of the folder: some of the pictures that its model made last."""
_COLUMNS, _GAP_PX, _SIDE_PX = 8, 2, 128

_TEXTS: dict[str, Note] = {
    "curves_of": Note("{name} on {data}: curves", "{name} sur {data} : courbes"),
    "trained": Note(
        "A training of {name}: {n} lines of figures", "Un entraînement de {name} : {n} lignes de résultats"
    ),
    "trained_one": Note(
        "A training of {name}: 1 line of figures", "Un entraînement de {name} : 1 ligne de résultats"
    ),
    "why": Note(
        "There is no more here than curves, weights and settings: {reason}",
        "Il n’y a ici que des courbes, des poids et des réglages : {reason}",
    ),
    "made": Note("Pictures that it made last", "Les dernières images qu’il a produites"),
    "made_alt": Note("Picture {n} that the model made", "Image {n} produite par le modèle"),
    "curves_how": Note("A point for each line of results.csv.", "Un point pour chaque ligne de results.csv."),
    "notes_how": Note("How it was recorded", "Comment il a été enregistré"),
    "weights": Note("Weights", "Poids"),
}


class _Words(Words):
    texts = TEXTS | _TEXTS


def write_curves_page(
    training: Refused,
    results: Sequence[Mapping[str, float | None]],
    made: np.ndarray | None,
    language: Language,
) -> None:
    """``report.html``, and ``figures/made.png`` where there are pictures.

    Args:
        results: the lines of ``results.csv``.
        made: pictures that its model made, ``(n, H, W, 1 or 3)`` uint8.
    """
    words, info = _Words(language), training.info
    seconds = sum(row.get("seconds") or 0.0 for row in results)
    name = info["model"]["name"]
    page = html.template("curves.html").render(
        t=words,
        run_name=training.path.name,
        name=name,
        title=words("curves_of", name=name, data=info["data"]["name"]),
        headline=words(
            "trained_one" if len(results) == 1 else "trained", name=name, n=words.integer(len(results))
        ),
        why=words("why", reason=words.note(Note(**info["why"]))),
        notes=[Note(**note) for note in info["data"].get("notes", [])],
        facts=[
            (words("data"), info["data"]["name"]),
            (words("network"), name),
            (words("parameters"), words.integer(info["model"]["parameters"])),
            (words("training_time"), words.duration(seconds)),
            (words("weights"), "weights/last.safetensors"),
        ],
        curves=html.other_curves(results, words, loss_too=True),
        made=[] if made is None else [data_uri(picture, _SIDE_PX) for picture in made],
        crisp=made is not None and max(made.shape[1:3]) <= _SIDE_PX,
        command=info["command"],
        started=info["created"],
        recipe=html.recipe_rows(info["settings"]),
        versions=info["versions"],
        host=html.host_rows(info["host"], words),
    )
    write_text(training.path / "report.html", html.writable(page))
    if made is not None:
        target = training.path / MADE
        with writing(target):
            target.parent.mkdir(exist_ok=True)
            _sheet(made).save(target)


def _sheet(pictures: np.ndarray) -> Image.Image:
    """All on one, in rows, on white."""
    count, height, width, channels = pictures.shape
    rows, columns = -(-count // _COLUMNS), min(count, _COLUMNS)
    sheet = np.full((rows * (height + _GAP_PX), columns * (width + _GAP_PX), channels), 255, np.uint8)
    for number, picture in enumerate(pictures):
        y, x = number // _COLUMNS * (height + _GAP_PX), number % _COLUMNS * (width + _GAP_PX)
        sheet[y : y + height, x : x + width] = picture
    image = Image.fromarray(sheet[..., 0] if channels == 1 else sheet)
    times = max(1, _SIDE_PX // max(height, width))
    return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)

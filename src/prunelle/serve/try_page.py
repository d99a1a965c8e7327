"""The page to try it: one answer, with its style and its script inside, in the browser's language."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from importlib import resources

import jinja2
from markupsafe import Markup

from prunelle.jobs.answerer import Answerer
from prunelle.texts import Language, Note, Typography

POLICY = (
    "default-src 'none'; img-src blob: data:; connect-src 'self'; script-src 'sha256-{script}'; "
    "style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

TEXTS = {
    "title": Note("Try {name}", "Essayer {name}"),
    "pictures": Note("Choose, drop or photograph pictures", "Choisir, déposer ou photographier des images"),
    "series": Note("Choose or drop a file of series", "Choisir ou déposer un fichier de séries"),
    "key": Note("Key", "Clé"),
    "top": Note("Classes named", "Classes nommées"),
    "unsure": Note("Wrong answers, at most", "Réponses fausses, au plus"),
    "always": Note("always answer", "toujours répondre"),
    "asking": Note("Asking…", "En attente…"),
    "took": Note("Answers: {n}, in {ms} ms", "Réponses : {n}, en {ms} ms"),
    "nothing": Note("none of its labels", "aucune de ses étiquettes"),
    "unsure_said": Note("I don’t know", "je ne sais pas"),
    "unlike_said": Note("none of these", "aucune de ces classes"),
    "between": Note("{share} of such are from {low} to {high}", "{share} des cas sont entre {low} et {high}"),
    "unreachable": Note("The server does not answer.", "Le serveur ne répond pas."),
    "elsewhere": Note("From a terminal:", "Depuis un terminal :"),
    "described": Note("All that can be asked", "Tout ce qui peut être demandé"),
    "other": Note("En français", "In English"),
    "no_script": Note("This page needs JavaScript.", "Cette page a besoin de JavaScript."),
}


class Words(Typography):
    """This page's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True)
class Page:
    """HTML, and the SHA-256 of its ``script`` and its ``style`` in base64, by which a browser lets only these run."""

    text: str
    digests: Mapping[str, str]


def page(answerer: Answerer, *, key: bool, accepted: str) -> Page:
    """Of a network; ``key``: whether one is asked for. ``accepted``: a browser's ``Accept-Language``."""
    language: Language = "fr" if accepted.strip().lower().startswith("fr") else "en"
    house = resources.files("prunelle")
    style = house.joinpath("page/static/style.css").read_text("utf-8")
    style += house.joinpath("serve/static/try.css").read_text("utf-8")
    script = house.joinpath("serve/static/try.js").read_text("utf-8")
    words = Words(language)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("prunelle.serve", "static"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    known = {
        "kind": answerer.kind,
        "target": answerer.target.kind,
        "key": key,
        "words": {name: dataclasses.asdict(note) for name, note in TEXTS.items()},
    }
    text = environment.get_template("try.html").render(
        answerer=answerer,
        key=key,
        language=language,
        words=words,
        style=Markup(style),
        script=Markup(script),
        # Within a script element only these three could end it, or begin another.
        known=Markup(
            json.dumps(known).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        ),
    )
    return Page(text, {"script": _digest(script), "style": _digest(style)})


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

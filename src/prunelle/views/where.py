"""Where the network looked in each picture, by several methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from prunelle.drawing.maps import DIVERGING, SEQUENTIAL
from prunelle.drawing.palette import MUTED
from prunelle.drawing.pixels import mosaic, pages, to_bytes
from prunelle.drawing.plate import Plate, paged
from prunelle.drawing.sheet import MARGIN, TALLEST, TITLE_SPACE, WIDTH, Sheet
from prunelle.look.attribution import METHODS, OF_A_LAYER, SIGNED, Method, attribute, has_relu
from prunelle.texts import Language, Note, Typography
from prunelle.views.picture_look import Answer, PictureLook
from prunelle.views.view import View

MOST_CLASSES = 3
"""On one page."""
_GAP = 0.12


TEXTS = {
    "view": Note("Where it looked", "Où il a regardé"),
    "view_text": Note(
        "Six ways to ask which parts of the picture an answer rests on. They answer different questions, and a "
        "place that several of them name is more to be believed than one that a single one names.",
        "Six façons de demander sur quelles parties de l’image repose une réponse. Elles ne posent pas la même "
        "question ; un endroit que plusieurs désignent est plus crédible qu’un endroit désigné par une seule.",
    ),
    "title": Note("Where it looked: {file}", "Où il a regardé : {file}"),
    "says": Note("{name} says {said}.", "{name} répond {said}."),
    "says_none": Note("{name} finds no label.", "{name} ne trouve aucune étiquette."),
    "cams": Note("Both CAMs look at {layer}.", "Les deux CAM regardent {layer}."),
    "for_class": Note("{name} ({probability})", "{name} ({probability})"),
    "raises": Note("raises {name}", "augmente {name}"),
    "lowers": Note("lowers {name}", "diminue {name}"),
    "grad-cam": Note("Grad-CAM", "Grad-CAM"),
    "hires-cam": Note("HiRes-CAM", "HiRes-CAM"),
    "occlusion": Note("Occlusion", "Occlusion"),
    "integrated-gradients": Note("Integrated grad.", "Gradients intégrés"),
    "saliency": Note("Saliency", "Saillance"),
    "guided-backpropagation": Note("Guided backprop.", "Rétroprop. guidée"),
    "nothing": Note("found nothing", "n’a rien trouvé"),
    "little": Note("little", "peu"),
    "much": Note("much", "beaucoup"),
    "against": Note("against", "contre"),
    "speaks_for": Note("for", "pour"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class ForClass:
    """Where the network looked for one class.

    Attributes:
        name: of the class; of the number, where one is told. probability: that the network gives it.
        direction: of a number, ``raises`` or ``lowers``: what was looked for; None of a class.
        maps: ``(methods, H, W)`` float32: the larger, the more the place speaks for the class; below 0 only of methods
            that tell for from against.
    """

    name: str
    probability: float
    maps: np.ndarray
    direction: str | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Where:
    """One picture, the classes that were asked for, and what each method found.

    Attributes:
        network: its name.
        file: name of the picture. picture: its number, from 1. pixels: ``(H, W, C)`` uint8.
        said: the class answered, with its probability; of several labels, those answered.
        number: what is told, where it is one; ``said`` has its name then.
        layer: where the CAMs looked; None without maps.
        methods: in the order of ``ForClass.maps``.
    """

    network: str
    file: str
    picture: int
    pixels: np.ndarray
    said: tuple[tuple[str, float], ...]
    layer: str | None
    methods: tuple[Method, ...]
    classes: tuple[ForClass, ...]
    number: float | None = None


def compute(look: PictureLook) -> Iterator[Where]:
    """Picture by picture: for the classes named, else for the two most probable ones."""
    layer = look.anatomy.attention
    named = [one for one in look.layers or () if one.has_maps]
    if named:
        layer = named[-1].last
    methods = tuple(
        method
        for method in METHODS
        if (method != "guided-backpropagation" or has_relu(look.subject.network))
        and (method not in OF_A_LAYER or layer)
    )
    for number, answer in enumerate(look.answers, start=1):
        likely = np.argsort(-answer.probabilities, kind="stable")[:2].tolist()
        if answer.number is not None:
            # A single output is looked at as two scores, minus itself and itself (``look.attribution.Scores``).
            likely = [1, 0]
        targets = [list(answer.classes).index(name) for name in look.classes] or likely
        yield Where(
            network=look.subject.name,
            file=answer.file,
            picture=number,
            pixels=answer.pixels,
            said=answer.said,
            number=answer.number,
            layer=layer,
            methods=methods,
            classes=tuple(_for_class(look, answer, target, methods, layer) for target in targets),
        )


def _for_class(
    look: PictureLook, answer: Answer, target: int, methods: Sequence[Method], layer: str | None
) -> ForClass:
    images = look.batch(answer.pixels[np.newaxis])

    def passed(done: int, total: int) -> None:
        look.listener.on_progress(
            Note(f"where it looked: {answer.file}", f"où il a regardé : {answer.file}"), done, total + 1
        )

    maps = [
        attribute(look.subject.network, images, target, method, layer=layer, progress=passed).values
        for method in methods
    ]
    found = np.stack([one.numpy() for one in maps])
    if answer.number is not None:
        return ForClass(answer.classes[0], 1.0, found, direction=("lowers", "raises")[target])
    return ForClass(answer.classes[target], float(answer.probabilities[target]), found)


def overlay(pixels: np.ndarray, values: np.ndarray, method: Method) -> np.ndarray:
    """A picture in grey with what a method found laid over it in colour.

    Args:
        pixels: ``(H, W, C)`` uint8.
        values: ``(H, W)``, what the method found.

    Returns:
        ``(H, W, 3)`` uint8. Methods that tell for from against: orange and blue; others: viridis, stronger where more.
    """
    grey = to_bytes(pixels).mean(axis=2) / 255
    # A few extreme pixels would leave all others dark.
    top = float(np.quantile(np.abs(values), 0.995)) or float(np.abs(values).max()) or 1.0
    strength = np.clip(values / top, -1, 1)
    if method in SIGNED:
        coloured = DIVERGING(strength / 2 + 0.5)[..., :3] * (0.55 + 0.45 * grey[..., np.newaxis])
    else:
        share = 0.3 + 0.5 * strength[..., np.newaxis]
        coloured = (1 - share) * grey[..., np.newaxis] + share * SEQUENTIAL(strength)[..., :3]
    return to_bytes(coloured)


def draw(result: Where, language: Language) -> Iterator[Plate]:
    """A row for each class asked for, at most ``MOST_CLASSES`` on a page; a column for each method."""
    words = Words(language)
    title = words("title", file=result.file)
    for page, (first, last) in enumerate(pages(len(result.classes), MOST_CLASSES)):
        sheet = _sheet(result, result.classes[first:last], title, words)
        yield Plate(paged("where", result.picture, page=page), title, sheet.figure)


def _sheet(result: Where, classes: Sequence[ForClass], title: str, words: Words) -> Sheet:
    if result.number is not None:
        said = f"{result.said[0][0]} {words.number(result.number, 4)}"
    else:
        said = ", ".join(f"{name} ({words.percent(share)})" for name, share in result.said)
    text = words("says", name=result.network, said=said) if said else words("says_none", name=result.network)
    if "grad-cam" in result.methods:
        text = f"{text} {words('cams', layer=result.layer)}"
    height, width = result.pixels.shape[:2]
    columns = 1 + len(result.methods)
    top = TITLE_SPACE + 0.3
    tallest = min(2.6, (TALLEST - top - 0.65) / len(classes) - 0.34)
    across = min((WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns, 2.6, tallest * width / height)
    down = across * height / width
    step = down + 0.34
    sheet = Sheet(title, text, top + len(classes) * step + 0.65)
    for number, method in enumerate(result.methods):
        x = MARGIN + (number + 1) * (across + _GAP)
        sheet.text(x, top - 0.08, words(method), 11, weight="bold", width=across)
    for row, for_class in enumerate(classes):
        y = top + row * step
        if for_class.direction is None:
            caption = words(
                "for_class", name=for_class.name, probability=words.percent(for_class.probability)
            )
        else:
            caption = words(for_class.direction, name=for_class.name)
        sheet.text(MARGIN, y - 0.08, caption, 11, weight="bold", width=across)
        tiles = [to_bytes(result.pixels)]
        for number, (method, values) in enumerate(zip(result.methods, for_class.maps, strict=True), start=1):
            tiles.append(overlay(result.pixels, values, method))
            if not values.any():
                x = MARGIN + number * (across + _GAP)
                sheet.text(x, y + down + 0.16, words("nothing"), 10, colour=MUTED, width=across)
        whole = mosaic(tiles, columns, (across, down), (_GAP, 0))
        sheet.image(MARGIN, y, columns * (across + _GAP) - _GAP, down, whole)
    _legends(sheet, result.methods, words)
    return sheet


def _legends(sheet: Sheet, methods: Sequence[Method], words: Words) -> None:
    """A scale for each of the two kinds of method, with the methods it belongs to."""
    x, y = MARGIN, sheet.height - 0.42
    for colours, low, high, kind in (
        (SEQUENTIAL, "little", "much", [method for method in methods if method not in SIGNED]),
        (DIVERGING, "against", "speaks_for", [method for method in methods if method in SIGNED]),
    ):
        if kind:
            sheet.scale(x, y, 2.4, colours, words(low), high=words(high))
            names = ", ".join(words(method) for method in kind)
            sheet.text(x + 2.5, y + 0.14, names, 10, colour=MUTED, width=3.6)
            x += 6.3


VIEW = View(
    name="where",
    kind="pictures",
    words=Words,
    needs=("picture",),
    arguments=("pictures", "layers", "classes"),
    result_type=Where,
    compute=compute,
    draw=draw,
)

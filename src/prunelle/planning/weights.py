"""Networks that start from weights: published ones, a file's, another run's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from prunelle import networks
from prunelle.data.preprocess import Preprocess
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.errors import ArgumentError, WeightsError
from prunelle.networks.published import Published, fetch, find, on_this_machine, set_names
from prunelle.networks.weights import Weights, load_weights, read_weights, size_of
from prunelle.planning.request import Preparation
from prunelle.runs.listener import Listener
from prunelle.runs.rebuild import refuse_as_start
from prunelle.runs.run import Run
from prunelle.shown import Shown
from prunelle.texts import EN, FR, Note, composed, shown, visible

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Per channel, in units of [0, 1]; what weights of unknown origin are taken to want."""

_SHOWN = 6


@dataclasses.dataclass(frozen=True, eq=False)
class Pretrained(Shown):
    """A network with weights from elsewhere: ``evaluate`` and ``predict`` take it in place of a run.

    Attributes:
        network: in evaluation mode.
        classes: in the order of its outputs; "0", "1"… where nobody says what they are.
        classes_known: whether somebody does.
        preprocess: how its pictures are prepared.
        source: of the weights.
        target: what it tells of an example.
    """

    network: nn.Module
    classes: tuple[str, ...]
    classes_known: bool
    preprocess: Preprocess
    source: str
    target: Target = ONE_CLASS

    def __repr__(self) -> str:
        return f"Pretrained({networks.name_of(self.network)!r}, {self.source!r}, {len(self.classes)} classes)"

    def named_by(self, classes: tuple[str, ...]) -> Pretrained:
        """The same, its outputs called by the classes of labelled pictures, in their order.

        Raises:
            WeightsError: they are not as many.
        """
        if len(classes) != len(self.classes):
            raise WeightsError(
                f"{self.source} has {len(self.classes)} outputs, and nothing says what they are; the pictures have "
                f"{len(classes)} classes."
            )
        return dataclasses.replace(self, classes=classes, classes_known=True)


def load_pretrained(
    network: str, weights: str | Path, preparation: Preparation, listener: Listener
) -> Pretrained:
    """A network by name with weights from elsewhere, in evaluation mode; see ``prunelle.pretrained``."""
    options: Mapping[str, Any] = {}
    if (Path(weights) / "run.json").is_file():
        described = Run.open(weights).info["network"]
        refuse_as_start(weights, described)
        if described["name"] == networks.ALIASES.get(network, network):
            options = described["options"]
    networks.variant(network)
    start = fetch_weights(weights, network, listener)
    numbers = size_of(start, network, options)
    channels = numbers.get("in_channels", networks.natural_shape(network)[0])
    _, height, width = networks.natural_shape(network)
    natural = Preprocess(size=(height, width), channels=channels)
    preprocess = preprocess_for(start, natural, preparation, keep_crop=True)
    module = networks.build(
        network, **{**options, **numbers, "in_channels": channels, "input_size": preprocess.input_size}
    )
    for note in load_weights(module, start):
        listener.on_note(note)
    outputs = numbers.get("num_classes", 0)
    classes = start.classes or tuple(str(i) for i in range(outputs))
    return Pretrained(module.eval(), classes, start.classes is not None, preprocess, start.source)


def fetch_weights(weights: str | Path, network: str | None, listener: Listener) -> Weights:
    """``read_weights``, with a word before a download begins and a bar while it lasts."""
    if network is not None and networks.elsewhere.is_elsewhere(network) and str(weights) in set_names():
        listener.on_note(
            Note(
                f"The weights of {network} come from where its library has them, unless they are on this machine.",
                f"Les poids de {network} viennent de là où sa bibliothèque les garde, sauf s’ils sont déjà ici.",
            )
        )
    elif str(weights) in set_names() and network is not None:
        download(find(network, str(weights)), listener)
    return read_weights(weights, network)


def download(wanted: Published, listener: Listener) -> Path:
    """The file of a published set, fetched where it is not on this machine yet, and checked."""
    if on_this_machine(wanted) is None:
        size_en = size_fr = ""
        if wanted.mib is not None:
            size_en, size_fr = f" ({EN.decimal(wanted.mib, 0)} MiB)", f" ({FR.decimal(wanted.mib, 0)} Mio)"
        listener.on_note(
            Note(
                f"Fetching {wanted.network}'s {wanted.name} weights{size_en} from {wanted.address}",
                f"Téléchargement des poids {wanted.name} de {wanted.network}{size_fr} depuis {wanted.address}",
            )
        )
    return fetch(wanted, listener.on_progress)


def preprocess_for(
    weights: Weights, preprocess: Preprocess, preparation: Preparation, *, keep_crop: bool
) -> Preprocess:
    """``preprocess`` made what the weights want. What is asked for wins over what they say of themselves.

    Args:
        weights: with what is known of them.
        preprocess: fills in what they do not say.
        preparation: asked for.
        keep_crop: cut as published figures were measured. Learning goes on with whole pictures.
    """
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in weights.preprocess.items()
    }
    if not keep_crop:
        settings.pop("crop_fraction", None)
    if preparation.size_2d is not None:
        # A border belongs to the size that it was chosen with.
        settings |= {"size": preparation.size_2d, "border": 0}
    if preparation.fit is not None:
        settings |= {"fit": preparation.fit}
        if preparation.fit != "crop":
            settings.pop("crop_fraction", None)
    channels = settings.get("channels", preprocess.channels)
    if preparation.mean is not None:
        settings |= {"mean": preparation.mean, "std": preparation.std}
    elif "mean" not in settings or "std" not in settings:
        if channels != len(IMAGENET_MEAN):
            raise ArgumentError(
                f"nothing says which mean and std {weights.source} wants, and its pictures are grey, so they are "
                f"not ImageNet's; give --mean and --std, in units of [0, 1]."
            )
        settings |= {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    unknown = settings.keys() - {field.name for field in dataclasses.fields(preprocess)}
    if unknown:
        raise WeightsError(
            f"{weights.source} says how pictures are prepared in words that are not known here: "
            f"{shown(sorted(unknown))}."
        )
    return dataclasses.replace(preprocess, **settings)


def outputs_note(source: str, theirs: tuple[str, ...] | None, classes: tuple[str, ...]) -> Note | None:
    """Which output is taken for which class, and what follows from that order; None where names agree.

    Args:
        source: of the weights.
        theirs: the classes that the weights say their outputs are; None where nobody says.
        classes: of the data, as many.
    """
    if theirs is not None and tuple(map(composed, theirs)) == classes:
        return None
    pairs = [f"{number} → {visible(name)}" for number, name in enumerate(classes[:_SHOWN])]
    listed = ", ".join(pairs) + (", …" if len(classes) > _SHOWN else "")
    if theirs is None:
        why_en = f"Nothing says what the outputs of {source} are; they"
        why_fr = f"Rien ne dit ce que sont les sorties de {source} ; elles"
    else:
        why_en = f"The outputs of {source} were {EN.listed(theirs)}; they"
        why_fr = f"Les sorties de {source} étaient {FR.listed(theirs)} ; elles"
    order_en, order_fr = _order(classes)
    return Note(
        f"{why_en} are taken for the classes of the data in order: {listed}.{order_en}",
        f"{why_fr} sont prises pour les classes des données, dans l’ordre : {listed}.{order_fr}",
    )


def _order(classes: tuple[str, ...]) -> tuple[str, str]:
    """What it changes that classes are numbers in the order of text, or text that another program takes for numbers."""
    try:
        by_value = tuple(sorted(classes, key=float))
    except ValueError:
        return "", ""
    as_text = tuple(sorted(classes))
    if by_value == as_text or classes not in (by_value, as_text):
        return "", ""
    other = as_text if classes == by_value else by_value
    number = next(i for i, (one, another) in enumerate(zip(classes, other, strict=True)) if one != another)
    taken, would = classes[number], other[number]
    name_en, name_fr = ("text", "du texte") if classes == as_text else ("numbers", "des nombres")
    other_en, other_fr = ("numbers", "des nombres") if classes == as_text else ("text", "du texte")
    return (
        f" They are numbers in the order of {name_en}: output {number} is {taken}, and would be {would} in the order "
        f"of {other_en}. If the weights were made with that one, what is said of the classes is wrong; names with as "
        f"many digits each (00, 01, … 10) are in both orders the same.",
        f" Ce sont des nombres dans l’ordre {name_fr} : la sortie {number} est {taken}, et serait {would} dans l’ordre "
        f"{other_fr}. Si les poids ont été faits avec celui-ci, ce qui est dit des classes est faux ; des noms qui ont "
        f"tous autant de chiffres (00, 01, … 10) ont le même ordre des deux façons.",
    )

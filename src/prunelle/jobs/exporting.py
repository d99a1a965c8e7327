"""A network taken away: what it is, real examples to check it on, the file, the check; all, or nothing is left."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle.data.kinds import AnyPreprocess
from prunelle.data.preprocess import Preprocess
from prunelle.disk import write_json, write_text, writing
from prunelle.errors import ArgumentError, refuse_given
from prunelle.exports import bundle
from prunelle.exports.checking import FEWEST, check
from prunelle.exports.format import Format, Settings
from prunelle.exports.formats import format_of
from prunelle.exports.model_card import Written, card
from prunelle.exports.place import Place, bundle_place, file_place
from prunelle.exports.result import Export
from prunelle.exports.subject import Facts, Subject
from prunelle.jobs import answering, export_facts
from prunelle.jobs.export_samples import Gathered
from prunelle.planning.request import DataSource
from prunelle.planning.weights import IMAGENET_MEAN, IMAGENET_STD, Pretrained
from prunelle.runs.folds import Folds, answering_from
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Language, Note

EXAMPLES = 200
"""Checked on, unless another number is asked for."""
LABELLED_EXAMPLES = 1000
"""Of int8, whose accuracy is held against the network's."""
CALIBRATION = 256
"""Training examples by which the ranges of int8 are chosen."""
BUNDLED = "onnx"
"""The format of a bundle."""

_WRITING = Note("writing the file", "écriture du fichier")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Telling:
    """What is said of the file beside it.

    Attributes:
        language: of the card.
        licence: of the network; None for that of the weights it began with.
        names: those of examples that are answered otherwise are written down.
    """

    language: Language
    licence: str | None
    names: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What is asked for.

    Attributes:
        format: by its name.
        output: the file, or the bundle's folder; None for the subject's name in the working directory.
        bundle: a folder for a colleague, in place of files beside each other.
        quantize: ``int8``, or None.
        source: other examples to check on than the run's own; its ``data`` is None for those.
        data_root: where the run's own are now.
        examples: how many to check on; None for what suits.
        telling: what is said beside.
    """

    format: str
    output: str | Path | None
    bundle: bool
    quantize: str | None
    source: DataSource
    data_root: str | Path | None
    examples: int | None
    telling: Telling

    def __post_init__(self) -> None:
        if self.examples is not None and self.examples < FEWEST:
            raise ArgumentError(f"examples must be at least {FEWEST}; received {self.examples}.")
        if self.bundle and self.format != BUNDLED:
            raise ArgumentError(
                f"bundle (--bundle) is a folder that answers by onnxruntime, so its format is {BUNDLED}; received "
                f"{self.format}."
            )


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Module:
    """A module of the caller's own, and what nobody but the caller knows of it.

    Attributes:
        network: gives ``(N, K)`` logits.
        preprocess: how its examples are prepared; None for a network of Prunelle's: its size, ImageNet's mean and std.
        classes: K names; None for "0", "1"…
    """

    network: nn.Module
    preprocess: AnyPreprocess | None
    classes: tuple[str, ...] | None


def given_of(
    run: Run | Folds | Pretrained | nn.Module | str | Path,
    network: nn.Module | None,
    preprocess: AnyPreprocess | None,
    classes: Sequence[str] | None,
) -> Run | Folds | Pretrained | Module:
    """What is taken away, of a verb's arguments.

    Raises:
        ArgumentError: something is given that has no effect.
        RunError: no run there.
    """
    if isinstance(run, nn.Module):
        refuse_given("is the module of a run, and a module was given", network=network)
        return Module(network=run, preprocess=preprocess, classes=None if classes is None else tuple(classes))
    refuse_given("is of a module of your own; a run has its own", preprocess=preprocess, classes=classes)
    if isinstance(run, Run | Folds | Pretrained):
        return run
    return answering_from(run, network)


def export(given: Run | Folds | Pretrained | Module, request: ExportRequest, listener: Listener) -> Export:
    """Writes and checks it; see ``prunelle.export``."""
    form = format_of(request.format)
    subject = subject_of(given, listener, request.telling.licence)
    place = _place(request, form, subject)
    # What goes out has the name that it is given, not that of a folder at home.
    subject = dataclasses.replace(subject, name=file_name(place.name))
    settings = Settings(quantize=request.quantize, progress=listener.on_progress, note=listener.on_note)
    form.check(subject, settings)
    place.refuse_there()
    wanted = request.examples or (EXAMPLES if request.quantize is None else LABELLED_EXAMPLES)
    gathered = Gathered(subject, run_of(given), request.data_root, listener)
    samples = gathered.samples(request.source, wanted)
    settings = dataclasses.replace(settings, samples=samples)
    if request.quantize is not None:
        settings = dataclasses.replace(settings, calibration=gathered.calibration(CALIBRATION))
    with writing(place.output), place.made() as folder:
        listener.on_progress(_WRITING, 0, 1)
        files = form.write(subject, folder / place.main, settings)
        listener.on_progress(_WRITING, 1, 1)
        found = check(
            subject,
            form.open(files[0], subject),
            samples,
            quantized=request.quantize is not None,
            close=form.close(files[0]),
            progress=listener.on_progress,
        )
        names = [each.name for each in files]
        about = {"format": form.name, "files": names, **found.to_json(names=request.telling.names)}
        write_json(folder / place.check, about)
        if request.bundle:
            bundle.add(folder, subject)
            names += bundle.FILES
        names += [place.check, place.card]
        written = Written(
            subject=subject, format=form.name, files=tuple(names), quantize=request.quantize, check=found
        )
        write_text(folder / place.card, card(written, request.telling.language))
        placed = place.moved(folder, names)
    return Export(path=place.output, files=placed, check=found)


def _place(request: ExportRequest, form: Format, subject: Subject) -> Place:
    if request.bundle:
        return bundle_place(Path(request.output or subject.name), form.suffix)
    output = Path(request.output or subject.name + form.suffix)
    if output.suffix != form.suffix:
        raise ArgumentError(
            f"output (--output) of format {form.name} must end in {form.suffix}; received {output}."
        )
    return file_place(output)


# ---- What is taken away.


def run_of(given: Run | Folds | Pretrained | Module) -> Run | None:
    """Whose data are at hand; of a cross-validation the first fold's, which are all of them."""
    if isinstance(given, Folds):
        return given.runs[0]
    return given if isinstance(given, Run) else None


def subject_of(
    given: Run | Folds | Pretrained | Module, listener: Listener, licence: str | None = None
) -> Subject:
    """A run, a network with weights from elsewhere, or a module, as what is taken away.

    Args:
        licence: that was given.

    Raises:
        ArgumentError: nobody says how the examples of a module are prepared, or it has other outputs than names.
    """
    if isinstance(given, Run):
        answering.check_reads(given, listener)
        return _subject(given, given.path.resolve().name, export_facts.of_run(given, licence))
    if isinstance(given, Folds):
        return _subject(given, given.path.resolve().name, export_facts.of_folds(given, licence))
    if isinstance(given, Pretrained):
        facts = export_facts.of_pretrained(given, licence)
        return _subject(given, facts.network, facts)
    network = given.network
    preprocess: Any = given.preprocess or _usual(given.network)
    classes = given.classes or tuple(map(str, range(_outputs(network, preprocess))))
    facts = export_facts.of_module(network, licence)
    made = Pretrained(
        network=network,
        classes=classes,
        classes_known=True,
        preprocess=preprocess,
        source=facts.network,
    )
    return _subject(made, facts.network, facts)


def _subject(given: Run | Folds | Pretrained, name: str, facts: Facts) -> Subject:
    # A copy: what is exported is on the processor and in evaluation mode, whatever the caller goes on with.
    network = copy.deepcopy(given.network).cpu().eval().requires_grad_(False)
    return Subject(
        name=file_name(name),
        network=network,
        preprocess=given.preprocess,
        classes=given.classes,
        target=given.target,
        facts=facts,
    )


def file_name(name: str) -> str:
    """``name`` in letters, digits, ``-``, ``_`` and ``.``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "network"


def _usual(network: nn.Module) -> Preprocess:
    shape = getattr(network, "input_shape", None)
    if shape is None or len(shape) != 3:
        raise ArgumentError(
            "preprocess must say how the examples of a module of your own are prepared: "
            "prunelle.Preprocess(size=(224, 224), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))."
        )
    channels, *size = shape
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if channels == 3 else ((0.5,), (0.5,))
    return Preprocess(size=(size[0], size[1]), channels=channels, mean=mean, std=std)


def _outputs(network: nn.Module, preprocess: AnyPreprocess) -> int:
    with torch.inference_mode():
        outputs = copy.deepcopy(network).cpu().eval()(torch.zeros(1, *preprocess.input_shape))
    if not isinstance(outputs, torch.Tensor) or outputs.ndim != 2:
        raise ArgumentError("the module must give one tensor of logits, (N, K), in evaluation mode.")
    return max(2, outputs.shape[1])

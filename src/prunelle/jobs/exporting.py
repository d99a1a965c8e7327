"""A network taken away: what it is, real examples to check it on, the file, the check; all, or nothing is left."""

from __future__ import annotations

import copy
import dataclasses
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.preprocess import Preprocess
from prunelle.disk import write_json, writing
from prunelle.errors import ArgumentError, refuse_given
from prunelle.exports.checking import FEWEST, check
from prunelle.exports.format import Settings
from prunelle.exports.formats import format_of
from prunelle.exports.result import Export
from prunelle.exports.subject import Facts, Subject
from prunelle.jobs import answering
from prunelle.jobs.export_samples import Gathered
from prunelle.planning.request import DataSource
from prunelle.planning.weights import IMAGENET_MEAN, IMAGENET_STD, Pretrained
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import visible

EXAMPLES = 200
"""Checked on, unless another number is asked for."""
LABELLED_EXAMPLES = 1000
"""Of int8, whose accuracy is held against the network's."""
CALIBRATION = 256
"""Training examples by which the ranges of int8 are chosen."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What is asked for.

    Attributes:
        format: by its name.
        output: the file; None for the subject's name in the working directory.
        quantize: ``int8``, or None.
        source: other examples to check on than the run's own; its ``data`` is None for those.
        data_root: where the run's own are now.
        examples: how many to check on; None for what suits.
    """

    format: str
    output: Path | None
    quantize: str | None
    source: DataSource
    data_root: str | Path | None
    examples: int | None


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


def request_of(
    format: str,
    output: str | Path | None,
    quantize: str | None,
    source: DataSource,
    *,
    data_root: str | Path | None,
    examples: int | None,
) -> ExportRequest:
    """Of a verb's arguments.

    Raises:
        ArgumentError: one breaks a rule.
    """
    if examples is not None and examples < FEWEST:
        raise ArgumentError(f"examples must be at least {FEWEST}; received {examples}.")
    return ExportRequest(
        format=format,
        output=None if output is None else Path(output),
        quantize=quantize,
        source=source,
        data_root=data_root,
        examples=examples,
    )


def given_of(
    run: Run | Pretrained | nn.Module | str | Path,
    network: nn.Module | None,
    preprocess: AnyPreprocess | None,
    classes: Sequence[str] | None,
) -> Run | Pretrained | Module:
    """What is taken away, of a verb's arguments.

    Raises:
        ArgumentError: something is given that has no effect.
        RunError: no run there.
    """
    if isinstance(run, nn.Module):
        refuse_given("is the module of a run, and a module was given", network=network)
        return Module(network=run, preprocess=preprocess, classes=None if classes is None else tuple(classes))
    refuse_given("is of a module of your own; a run has its own", preprocess=preprocess, classes=classes)
    if isinstance(run, Run | Pretrained):
        return run
    return Run.open(run, network)


def export(given: Run | Pretrained | Module, request: ExportRequest, listener: Listener) -> Export:
    """Writes and checks it; see ``prunelle.export``."""
    form = format_of(request.format)
    subject = subject_of(given, listener)
    output = request.output or Path(subject.name + form.suffix)
    if output.suffix != form.suffix:
        raise ArgumentError(
            f"output (--output) of format {form.name} must end in {form.suffix}; received {output}."
        )
    settings = Settings(quantize=request.quantize, progress=listener.on_progress)
    form.check(subject, settings)
    _refuse_there(output)
    wanted = request.examples or (EXAMPLES if request.quantize is None else LABELLED_EXAMPLES)
    gathered = Gathered(subject, given if isinstance(given, Run) else None, request.data_root, listener)
    samples = gathered.samples(request.source, wanted)
    if request.quantize is not None:
        settings = dataclasses.replace(settings, calibration=gathered.calibration(CALIBRATION))
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{output.stem}-", dir=output.parent) as folder:
            written = form.write(subject, Path(folder) / output.name, settings)
            found = check(
                subject,
                form.open(written[0], subject),
                samples,
                quantized=request.quantize is not None,
                progress=listener.on_progress,
            )
            beside = Path(folder) / f"{output.stem}.json"
            write_json(
                beside, {"format": form.name, "files": [each.name for each in written], **found.to_json()}
            )
            placed = [each.replace(output.parent / each.name) for each in (*written, beside)]
    return Export(files=tuple(placed), check=found)


def _refuse_there(output: Path) -> None:
    """What is there is somebody's.

    Raises:
        ArgumentError: something of what would be written is there.
    """
    there = [each for each in (output, output.with_suffix(".json")) if each.exists()]
    if there:
        raise ArgumentError(f"{there[0]} is there already; name another file (--output), or remove it.")


# ---- What is taken away.


def subject_of(given: Run | Pretrained | Module, listener: Listener) -> Subject:
    """A run, a network with weights from elsewhere, or a module, as what is taken away.

    Raises:
        ArgumentError: nobody says how the examples of a module are prepared, or it has other outputs than names.
    """
    if isinstance(given, Run):
        answering.check_reads(given, listener)
        return _subject(given, given.path.name, _facts_of_run(given))
    if isinstance(given, Pretrained):
        name = networks.name_of(given.network)
        facts = Facts(network=name, parameters=_size(given.network), weights=visible(Path(given.source).name))
        return _subject(given, name, facts)
    network = given.network
    preprocess: Any = given.preprocess or _usual(given.network)
    classes = given.classes or tuple(map(str, range(_outputs(network, preprocess))))
    name = networks.name_of(network)
    made = Pretrained(
        network=network,
        classes=classes,
        classes_known=True,
        preprocess=preprocess,
        source=name,
    )
    return _subject(made, name, Facts(network=name, parameters=_size(network)))


def _subject(given: Run | Pretrained, name: str, facts: Facts) -> Subject:
    # A copy: what is exported is on the processor and in evaluation mode, whatever the caller goes on with.
    network = copy.deepcopy(given.network).cpu().eval().requires_grad_(False)
    return Subject(
        name=re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") or "network",
        network=network,
        preprocess=given.preprocess,
        classes=given.classes,
        target=given.target,
        facts=facts,
    )


def _facts_of_run(run: Run) -> Facts:
    described, metrics = run.info["network"], run.metrics()
    weights = described.get("weights")
    return Facts(
        network=described["name"],
        parameters=_size(run.network),
        data=Path(run.info["data"]["name"]).name,
        counts={
            split: entry["n"] for split, entry in metrics.items() if isinstance(entry, dict) and "n" in entry
        },
        figures={split: entry for split, entry in metrics.items() if isinstance(entry, dict)},
        recipe=run.recipe.to_json() if run.has_recipe else None,
        weights=None if weights is None else Path(str(weights)).name,
        created=str(run.info.get("created", ""))[:10] or None,
    )


def _size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


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

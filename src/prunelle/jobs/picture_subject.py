"""Which network is looked at: a run's, one with weights from elsewhere, a module, or one by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.data.kinds import kind_of_shape
from prunelle.data.pictures import Pictures
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, did_you_mean
from prunelle.jobs.look_request import SubjectRequest
from prunelle.planning.request import Preparation
from prunelle.planning.weights import IMAGENET_MEAN, IMAGENET_STD, Pretrained, load_pretrained
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.views.subject import Subject


def find_subject(request: SubjectRequest, listener: Listener) -> Subject:
    """A run, a network with weights from elsewhere, a module, a run's folder, or a network's name.

    Raises:
        ArgumentError: it is none of these, or its pictures are not known.
    """
    subject, weights, preprocess, preparation = (
        request.subject,
        request.weights,
        request.preprocess,
        request.preparation,
    )
    classes = None if request.class_names is None else tuple(request.class_names)
    if isinstance(subject, nn.Module):
        name = networks.name_of(subject)
        shape = getattr(subject, "input_shape", None)
        return Subject(name, subject, preprocess or _natural(shape, preparation), classes)
    if isinstance(subject, str | Path) and not (Path(subject) / "run.json").is_file():
        name = str(subject)
        if not networks.is_known(name):
            raise ArgumentError(
                f"{name} is neither a run (a folder with run.json) nor a network."
                f"{did_you_mean(name, (*networks.names(), *networks.ALIASES))} prunelle networks lists the networks."
            )
        if weights is None:
            shape = networks.natural_shape(name)
            if not isinstance(kind_of_shape(shape), Pictures):
                raise ArgumentError(f"look shows what networks see of pictures; {name} reads series.")
            preprocess = preprocess or _natural(shape, preparation)
            # The same pictures each time.
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(0)
                made = networks.build(name, in_channels=preprocess.channels, input_size=preprocess.input_size)
            return Subject(name, made.eval(), preprocess, classes, trained=False)
        subject = load_pretrained(name, weights, preparation, listener)
        names = subject.classes if subject.classes_known else None
        return Subject(name, subject.network, subject.preprocess, names)
    given = {
        "weights": weights,
        "size": preparation.size,
        "mean": preparation.mean,
        "std": preparation.std,
        "preprocess": preprocess,
    }
    if refused := [name for name, value in given.items() if value is not None]:
        raise ArgumentError(f"{', '.join(refused)}: a run has its own; name a network instead of the run.")
    if isinstance(subject, Pretrained):
        names = subject.classes if subject.classes_known else None
        return Subject(type(subject.network).__name__, subject.network, subject.preprocess, names)
    if not isinstance(subject, Run | str | Path):
        networks.variant(subject)  # says what it is in place of a network
    run = subject if isinstance(subject, Run) else Run.open(subject, request.network)
    settings: Any = run.preprocess  # of pictures: ``jobs.looking`` has asked the run
    return Subject(run.info["network"]["name"], run.network, settings, run.classes, run)


def _natural(shape: tuple[int, ...] | None, preparation: Preparation) -> Preprocess:
    """For pictures of a network that nothing more is known about: ImageNet's mean and std, 0.5 in grey."""
    if shape is None:
        raise ArgumentError(
            "nothing says which pictures the module takes; give preprocess=Preprocess(size=(height, width), "
            "channels=…, mean=…, std=…)."
        )
    channels, height, width = shape
    grey = (0.5,)
    return Preprocess(
        size=preparation.size_2d or (height, width),
        channels=channels,
        mean=preparation.mean or (IMAGENET_MEAN if channels == 3 else grey),
        std=preparation.std or (IMAGENET_STD if channels == 3 else grey),
    )

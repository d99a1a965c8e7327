"""Labelled examples checked: decoded, looked at by a network where there is one, and what is odd written down."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

from torch import nn

from prunelle import networks
from prunelle.checks import near_copies
from prunelle.checks.checkup import Checkup, checkup
from prunelle.checks.inspected import Inspected
from prunelle.checks.list import KINDS
from prunelle.checks.pixel_features import pixel_features
from prunelle.data import known_copies
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.disk import writing
from prunelle.errors import ArgumentError, BadPictures, PrunelleError
from prunelle.jobs import decoding, run_data
from prunelle.networks.published import find, on_this_machine
from prunelle.planning.checking import CheckRequest
from prunelle.planning.choosing import choose_network, choose_preprocess
from prunelle.planning.loading import load_whole
from prunelle.planning.weights import load_pretrained
from prunelle.report import checkup_files
from prunelle.runs.folder import CHECKUP, claimed, new_run_path, refuse_occupied
from prunelle.runs.listener import Listener
from prunelle.texts import Note
from prunelle.transfer.example_features import example_features

_PUBLISHED = "imagenet"


@dataclasses.dataclass(frozen=True, eq=False)
class _Comparing:
    """What compares examples: a network, or their pixels.

    Attributes:
        network: None for pixels.
        preprocess: how it wants them; None for what suits them.
        what: in words.
    """

    network: nn.Module | None
    preprocess: AnyPreprocess | None
    what: Note


def check(request: CheckRequest, listener: Listener) -> Checkup:
    """What is odd about the examples, in a folder that says so; see ``prunelle.check``."""
    destination = request.destination
    if destination.folder is not None:
        refuse_occupied(destination.folder, CHECKUP)
    data = _data(request, listener)
    by = _comparing(request, data, listener)
    inspected = _inspected(data, by.network, by.preprocess, what=by.what, request=request, listener=listener)
    listener.on_note(Note(f"Compared by {by.what.en}.", f"Comparées par {by.what.fr}."))
    found = checkup(inspected)
    if inspected.files is not None:
        known_copies.remember(inspected.files, near_copies.pairs_of(found.findings))
    for kind in found.not_asked:
        listener.on_note(Note(f"Not looked for: {KINDS[kind].en}.", f"Non cherché : {KINDS[kind].fr}."))
    name = f"check-{data.name}"
    path = destination.folder or new_run_path(Path(destination.runs), name, datetime.now().astimezone())
    with claimed(path, CHECKUP, made=destination.folder is None), writing(path):
        checkup_files.write(path, found, request.language)
    return dataclasses.replace(found, folder=path)


def _inspected(
    data: Data,
    network: nn.Module | None,
    preprocess: AnyPreprocess | None,
    *,
    what: Note,
    request: CheckRequest,
    listener: Listener,
) -> Inspected:
    """All examples, decoded, with their features.

    Raises:
        BadPictures: none can be read.
    """
    budget = request.limits.memory_budget
    settings = preprocess or choose_preprocess(
        data, choose_network(data, request.preparation), request.preparation
    )
    pixels = decoding.decoded(data, settings, budget, listener)
    if not any(map(len, pixels.values())):
        skipped = sum(len(part.skipped) for part in pixels.values())
        raise BadPictures(f"none of the {skipped:,} pictures can be read.")
    if network is None:
        features = pixel_features(pixels)
    else:
        features = example_features(
            network, settings, pixels, memory_budget=budget, progress=listener.on_progress
        )
    return Inspected(
        data=dataclasses.replace(data, preprocess=settings),
        pixels=pixels,
        features=features,
        features_of=what,
        progress=listener.on_progress,
    )


def _data(request: CheckRequest, listener: Listener) -> Data:
    if request.run is not None and request.source.data is None:
        return run_data.data_of(request.run, listener)
    return load_whole(request.source, listener)


def _comparing(request: CheckRequest, data: Data, listener: Listener) -> _Comparing:
    """The network that was asked for; else published weights that are on this machine; else none.

    Raises:
        ArgumentError: two are asked for, or one that is for another kind of data.
    """
    kind = kind_of(data.preprocess)
    network, weights, run = request.network, request.weights, request.run
    if run is not None:
        if network is not None or weights is not None:
            raise ArgumentError(
                "run (--run) has a network and weights of its own; leave --network and --weights out."
            )
        if kind_of(run.preprocess) is not kind:
            raise ArgumentError(
                f"the run {run.path} is on {kind_of(run.preprocess).name}; the data are {kind.name}."
            )
        name = run.info["network"]["name"]
        return _Comparing(
            run.network,
            run.preprocess,
            Note(
                f"the features of {name}, as the run {run.path.name} has trained it",
                f"les caractéristiques de {name}, tel que l’entraînement {run.path.name} l’a laissé",
            ),
        )
    if weights is None and isinstance(network, nn.Module):
        raise ArgumentError("a module of your own has learned something in a run: pass run=.")
    if network is not None and weights is None:
        raise ArgumentError(
            f"a network compares pictures by what it has learned; give weights for {network}: --weights imagenet, or "
            f"a file."
        )
    if weights is None:
        network = _at_hand(kind.pretrained)
        if network is None:
            if kind.pretrained is not None:
                listener.on_note(
                    Note(
                        f"No weights are given: pictures are compared by their colours and edges alone, which finds "
                        f"far fewer wrong labels. --weights {_PUBLISHED} fetches {kind.pretrained}'s, once.",
                        f"Aucun poids n’est donné : les images ne sont comparées que par leurs couleurs et leurs "
                        f"bords, ce qui trouve bien moins d’étiquettes fausses. --weights {_PUBLISHED} télécharge "
                        f"ceux de {kind.pretrained}, une fois.",
                    )
                )
            return _Comparing(None, None, _pixels_of(kind.name))
        weights = _PUBLISHED
    chosen = network or kind.pretrained
    if chosen is None or isinstance(chosen, nn.Module):
        raise ArgumentError(f"weights (--weights) are of a network for pictures; the data are {kind.name}.")
    pretrained = load_pretrained(chosen, weights, request.preparation, listener)
    if kind_of(pretrained.preprocess) is not kind:
        raise ArgumentError(f"{chosen} is for pictures; the data are {kind.name}.")
    return _Comparing(
        pretrained.network,
        pretrained.preprocess,
        Note(
            f"the features of {chosen} with the weights {pretrained.source}",
            f"les caractéristiques de {chosen}, avec les poids {pretrained.source}",
        ),
    )


def _pixels_of(kind: str) -> Note:
    """What stands for a network where there is none, by the kind of data."""
    return {
        "pictures": Note("their colours and edges", "leurs couleurs et leurs bords"),
        "series": Note("their values", "leurs valeurs"),
    }[kind]


def _at_hand(name: str | None) -> str | None:
    """A small network whose published weights are on this machine."""
    if name is None or networks.elsewhere.is_elsewhere(name):
        return None
    try:
        return name if on_this_machine(find(name, _PUBLISHED)) is not None else None
    except PrunelleError:
        return None

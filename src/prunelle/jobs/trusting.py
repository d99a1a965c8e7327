"""How far a run can be trusted: chosen and measured at the end of its training, or later of its data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
from torch import nn

from prunelle.data.pixels import Pixels, Progress
from prunelle.errors import ArgumentError, PrunelleError, RunError
from prunelle.jobs import run_data
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.planning.weights import Pretrained
from prunelle.runs.folds import Folds
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import EN, FR, Note
from prunelle.training.costs import Costs
from prunelle.training.inference import Normaliser, evaluation_batch, predict_logits
from prunelle.trust.abstaining import CERTAINTY
from prunelle.trust.measuring import record
from prunelle.trust.outputs import Outputs
from prunelle.trust.penultimate import recorded
from prunelle.trust.trust import Caution, Doubts, Trust, chosen, doubts

MOST_LEARNED = 5000
"""Training examples whose features say what is unlike all of them."""


def outputs_of(
    network: nn.Module,
    inputs: Mapping[str, Pixels],
    normaliser: Normaliser,
    num_classes: int,
    progress: Progress | None = None,
) -> dict[str, Outputs]:
    """What a network in evaluation mode gives on every split, with the features that it is made of."""
    found = {}
    for split, pixels in inputs.items():
        every = -(-len(pixels) // MOST_LEARNED) if split == "train" else 1
        *axes, channels = pixels.images.shape[1:]
        # Found first: it passes a picture through the network, too.
        batch_size = evaluation_batch(network, (channels, *axes)) if len(pixels) else None
        with recorded(network, max(1, every)) as seen:
            logits = predict_logits(
                network, pixels, normaliser, num_classes, batch_size=batch_size, progress=progress
            )
            features = seen.take()
        rows = np.arange(0, len(pixels), max(1, every))
        known = features is not None and len(features) == len(rows)
        found[split] = Outputs(
            logits=logits.double().numpy(),
            labels=pixels.labels,
            features=features if known else None,
            rows=rows if every > 1 else None,
        )
    return found


def write(run: Run, outputs: Mapping[str, Outputs]) -> Trust | None:
    """``trust.json`` and ``trust.safetensors``, of a run's best weights' outputs by split."""
    validation = outputs.get("validation")
    trust = None if validation is None or not validation.n else chosen(validation, outputs.get("train"))
    run.write_trust(trust, record(trust, outputs.get("test"), run.classes))
    return trust


def doubts_of(run: Run | Pretrained | Folds, caution: Caution, listener: Listener) -> Doubts:
    """The thresholds of a run for what is asked.

    Raises:
        ArgumentError: it is no run.
        RunError: its validation examples promise less, or it has none, or they are gone.
    """
    if isinstance(run, Pretrained):
        raise ArgumentError(
            "unsure, sets and unlike (--unsure, --sets, --unlike) go with a run, whose validation examples say how far "
            "it can be trusted; weights from elsewhere have none."
        )
    if isinstance(run, Folds):
        raise ArgumentError(
            f"unsure, sets and unlike (--unsure, --sets, --unlike) go with one run, whose validation examples say how "
            f"far it can be trusted; {run.path} is several. Ask one of them: {run.runs[0].path}."
        )
    if not run.target.exclusive:
        raise ArgumentError(
            f"unsure, sets and unlike (--unsure, --sets, --unlike) go with classes; {run.path} tells something else "
            f"({run.target.task})."
        )
    found = doubts(trust_of(run, listener), caution)
    for note in notes_of(found):
        listener.on_note(note)
    return found


def notes_of(found: Doubts) -> Iterator[Note]:
    """What is promised, and by how many examples."""
    threshold = found.threshold
    if threshold is not None:
        share, certainty = threshold.share, CERTAINTY
        yield Note(
            f"At most {EN.percent(share)} of what is answered is wrong, for examples that come from where the "
            f"training’s do (certainty {EN.percent(certainty, digits=0)}). Of {EN.integer(threshold.n)} validation "
            f"examples {EN.integer(threshold.answered)} are answered, {EN.integer(threshold.wrong)} of them wrongly.",
            f"Au plus {FR.percent(share)} de ce qui reçoit une réponse est faux, pour des exemples de même provenance "
            f"que ceux de l’entraînement (certitude {FR.percent(certainty, digits=0)}). Sur "
            f"{FR.integer(threshold.n)} exemples de validation, {FR.integer(threshold.answered)} reçoivent une "
            f"réponse, fausse pour {FR.integer(threshold.wrong)}.",
        )
    if found.novelty is not None:
        yield Note(
            f"What is unlike all that the network learned is said to be none of these; so are {EN.percent(found.rate)} "
            f"of examples that are not.",
            f"Ce qui ne ressemble à rien de ce que le réseau a appris est dit n’être d’aucune classe ; cela arrive "
            f"aussi à {FR.percent(found.rate)} des exemples qui en sont.",
        )
    yield _calibrated(found.temperature)


def weighing(run: Run | Pretrained | Folds, found: Doubts | None, costs: Costs, listener: Listener) -> Doubts:
    """``found``, that also says which answer is expected to cost least; what that goes by is told."""
    if found is not None:
        return dataclasses.replace(found, costs=costs)
    temperature = run.temperature if isinstance(run, Run) else None
    listener.on_note(_NOT_CALIBRATED if temperature is None else _calibrated(temperature))
    return Doubts(temperature=temperature or 1.0, costs=costs, cautious=False)


_NOT_CALIBRATED = Note(
    "Expected costs go by the network’s own probabilities: no validation examples calibrated them.",
    "Les coûts attendus suivent les probabilités du réseau : aucun exemple de validation ne les a calibrées.",
)


def _calibrated(temperature: float) -> Note:
    return Note(
        f"Probabilities are calibrated on the validation examples "
        f"(temperature {EN.decimal(temperature, 2)}).",
        f"Les probabilités sont calibrées sur les exemples de validation (température "
        f"{FR.decimal(temperature, 2)}).",
    )


def trust_of(run: Run, listener: Listener) -> Trust:
    """As the run wrote it; of a run of before, of what its data say now, which is then written.

    Raises:
        RunError: it had no validation examples, or its data are gone.
    """
    trust = run.trust()
    if trust is not None:
        return trust
    try:
        data = run_data.data_of(run, listener)
        wanted = {split.name: split for split in data.splits()}
        pixels = {
            name: split.decode(
                run.preprocess,
                in_memory=split.decoded_bytes(run.preprocess) <= MEMORY_BUDGET,
                progress=listener.on_progress,
            )
            for name, split in wanted.items()
        }
    except PrunelleError as error:
        raise RunError(
            f"{run.path} does not say how far it can be trusted (it has no trust.safetensors of its weights), and its "
            f"data, which would, cannot be read: {error} Without --unsure, --sets and --unlike it answers as it is."
        ) from error
    if "validation" not in wanted:
        raise RunError(
            f"{run.path} was trained without validation examples, and only such examples, which it did not learn, say "
            f"how far it can be trusted. Train again with some: prunelle train --validation 0.1 …"
        )
    outputs = outputs_of(run.network, pixels, run.preprocess, len(run.classes), listener.on_progress)
    trust = write(run, outputs)
    assert trust is not None
    return trust

"""What stands before the network, by the kind of its data: one module a kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.exports.inputs.input import Input
from prunelle.exports.inputs.pictures import PictureInput
from prunelle.exports.inputs.series import SeriesInput
from prunelle.exports.samples import Samples

INPUTS: Mapping[str, Input] = {"pictures": PictureInput(), "series": SeriesInput()}
"""By the kind's name."""


def inputs_of(preprocess: AnyPreprocess) -> Input:
    """Of the kind of data that is prepared so."""
    return INPUTS[kind_of(preprocess).name]


def raw_examples(samples: Samples, preprocess: AnyPreprocess) -> Iterator[np.ndarray]:
    """Each as ``Input.raw``, in order."""
    inputs = inputs_of(preprocess)
    for source in samples.raw:
        if isinstance(source, np.ndarray):
            yield inputs.of_array(source, preprocess)
        else:
            yield inputs.read(source, preprocess)

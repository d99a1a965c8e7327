"""Pictures to explore a network with: drawn, dropped, photographed, or its own test pictures."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from prunelle import data as datasets
from prunelle.data import decode
from prunelle.data.examples import Data, Split
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, BadPicture
from prunelle.jobs import answering
from prunelle.jobs.explored import Exciting, Explored, Ink, Where
from prunelle.jobs.look_request import SubjectRequest
from prunelle.jobs.picture_subject import find_subject
from prunelle.look.attribution import Method, attribute
from prunelle.look.layers import Anatomy, Layer
from prunelle.look.patches import best_places, cut
from prunelle.planning.loading import load_data
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener
from prunelle.texts import Note, visible
from prunelle.views.subject import Subject

THUMBNAIL_PX = 64
MOST_BYTES = 32_000_000
"""Of a file that comes through a browser; ``data.limits`` says what decoding it may take."""
MOST_DRAWN_PX = 4096
"""A side of what is drawn."""
MOST_CROPS, MOST_CROP_PX = 12, 128
_DRAWABLE_PX = 64
_WORTH_MORE = 1.2
"""So many times the network's pixels are worth decoding a picture again."""


class PictureMedium:
    """Pictures ``(H, W, C)`` uint8, prepared as ``prunelle predict`` prepares a file of the same picture."""

    def __init__(self, preprocess: Preprocess) -> None:
        self._preprocess = preprocess
        # Paper is most of a drawing. In the middle nobody knows: chalk, as in the digits that courses begin with.
        mean = float(np.mean(preprocess.mean)) if preprocess.mean else 0.5
        self.ink: Ink = "light" if mean <= 0.5 else "dark"
        self.drawable = preprocess.channels == 1 and max(preprocess.input_size) <= _DRAWABLE_PX

    def of_array(self, array: np.ndarray) -> np.ndarray:
        """``(h, w)`` grey, ``(h, w, 3)`` RGB or ``(h, w, 4)`` RGBA, uint8."""
        planes = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
        fits = planes.ndim == 2 or (planes.ndim == 3 and planes.shape[2] in (3, 4))
        if planes.dtype != np.uint8 or not fits or min(planes.shape[:2]) < 1:
            raise ArgumentError(
                f"a drawn picture must be (height, width), (height, width, 3) or (height, width, 4) bytes; received "
                f"{array.dtype} of {array.shape}."
            )
        if max(planes.shape[:2]) > MOST_DRAWN_PX:
            raise ArgumentError(
                f"a drawn picture must have at most {MOST_DRAWN_PX} pixels a side; received {array.shape}."
            )
        return decode.read_image(Image.fromarray(np.ascontiguousarray(planes)), self._preprocess)

    def of_file(self, content: bytes, name: str) -> np.ndarray:
        """A picture of any format that is read."""
        check_bytes(content)
        return decode.read_picture(content, visible(name), self._preprocess)

    def small(self, examples: np.ndarray, most_px: int = THUMBNAIL_PX) -> np.ndarray:
        """In colour, at most ``most_px`` a side."""
        factor = max(1.0, max(examples.shape[1:3]) / most_px)
        size = tuple(max(1, round(side / factor)) for side in examples.shape[2:0:-1])
        made = []
        for example in examples:
            planes = example[..., 0] if example.shape[2] == 1 else example
            image = Image.fromarray(np.ascontiguousarray(planes)).convert("RGB")
            made.append(np.asarray(image if factor == 1 else image.resize(size, Image.Resampling.BOX)))
        return np.stack(made) if made else np.empty((0, *size[::-1], 3), np.uint8)

    def exciting(self, examples: np.ndarray, peaks: np.ndarray, places: np.ndarray, layer: Layer) -> Exciting:
        """What the channel sees of each picture, cut out at its receptive field."""
        found = best_places(peaks, places, layer, self._preprocess.input_size, MOST_CROPS)
        crops = [cut(np.asarray(examples[place.picture]), place) for place in found]
        return Exciting(
            crops=self.small(np.stack(crops), MOST_CROP_PX),
            windows=None,
            rows=tuple(place.picture for place in found),
            values=tuple(place.value for place in found),
        )

    def where(self, network: nn.Module, anatomy: Anatomy, image: torch.Tensor, target: int) -> Where:
        """HiRes-CAM on the last maps; the size of the gradient where there are no maps."""
        method: Method = "saliency" if anatomy.attention is None else "hires-cam"
        heat = attribute(network, image, target, method, layer=anatomy.attention).values.clamp_min(0)
        how = (
            Note("the size of the gradient at each pixel", "la taille du gradient en chaque pixel")
            if anatomy.attention is None
            else Note(
                f"HiRes-CAM: the maps of {anatomy.attention}, each place weighted with its gradient",
                f"HiRes-CAM : les cartes de {anatomy.attention}, chaque endroit pondéré par son gradient",
            )
        )
        return Where((heat / heat.max().clamp_min(1e-30)).numpy(), how)

    def shown(self, example: np.ndarray) -> np.ndarray:
        """The picture itself."""
        return np.ascontiguousarray(example)

    def large(self, example: np.ndarray, file: str | None, most_px: int) -> np.ndarray:
        """Decoded again at more pixels; as it is where the file has no more, or is gone."""
        settings = self._preprocess
        if file is None or settings.border:
            return self.shown(example)
        with contextlib.suppress(BadPicture):
            content = decode.read_bytes(Path(file))
            height, width, _ = decode.upright_size(content, file)
            most = min(most_px / max(settings.size), min(height, width) / min(settings.size))
            if most > _WORTH_MORE:
                size = (round(settings.size[0] * most), round(settings.size[1] * most))
                return decode.read_picture(
                    content, file, dataclasses.replace(settings, size=size, channels=3)
                )
        return self.shown(example)


def check_bytes(content: bytes) -> None:
    """Raises an ``ArgumentError`` for a file that is too large to have come from a browser."""
    if len(content) > MOST_BYTES:
        raise ArgumentError(
            f"a file must have at most {MOST_BYTES // 1_000_000} MB here; received {len(content) / 1e6:.0f} MB."
        )


def find(request: SubjectRequest, source: DataSource, listener: Listener) -> Explored:
    """The network that is named, and what its pictures are.

    Raises:
        ArgumentError: it is none, or its pictures are not known.
    """
    subject = find_subject(request, listener)
    notes: tuple[Note, ...] = ()
    if subject.run is not None:
        subject.run.check_reads_files()
        assumed = subject.run.reading_note
        notes = () if assumed is None else (assumed,)
    return Explored(
        name=subject.name,
        network=subject.network,
        preprocess=subject.preprocess,
        classes=subject.classes,
        run=subject.run,
        trained=subject.trained,
        medium=PictureMedium(subject.preprocess),
        labelled=lambda: _labelled(subject, source, listener),
        listener=listener,
        notes=notes,
    )


def _labelled(subject: Subject, source: DataSource, listener: Listener) -> tuple[Split, Sequence[str]] | None:
    if subject.run is not None:
        return answering.judged_split(subject.run, source, listener), subject.run.classes
    data = source.data
    if data is None:
        return None
    if not isinstance(data, Data):
        named = str(data) in datasets.NAMED
        data = load_data(source, listener) if named else datasets.load_labelled(data, labels=source.labels)
    return data.test or data.validation or data.train, data.classes

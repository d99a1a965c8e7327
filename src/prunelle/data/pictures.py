"""Pictures, as a kind of data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from prunelle.data.augment import Augment
from prunelle.data.cache import decode_split
from prunelle.data.decode import read_file, read_image, read_picture
from prunelle.data.kind import Kind
from prunelle.data.listing import pictures
from prunelle.data.pixels import Pixels, Progress, Undecoded
from prunelle.data.preprocess import Preprocess
from prunelle.errors import BadPicture
from prunelle.texts import Note


class Pictures(Kind[Preprocess, np.ndarray]):
    """``(H, W, C)`` uint8, of files that hold one each, or of an array ``(N, H, W, C)`` uint8."""

    name = "pictures"
    one, many = Note("picture", "image"), Note("pictures", "images")
    unit = "images"
    axes = ("height", "width")
    settings, array, augmentations = Preprocess, np.ndarray, Augment
    pretrained = "resnet18"

    def list_files(self, folder: Path) -> list[Path]:
        """Every picture in a folder and in the folders inside."""
        return pictures(folder)[0]

    def read(
        self, file: str | Path, settings: Preprocess, note: Callable[[Note], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray | str]]:
        """The one picture of a file, by its name as given; pictures leave nothing to understand."""
        try:
            yield str(file), read_file(Path(file), settings)
        except BadPicture as error:
            yield str(file), error.reason

    def read_content(
        self, content: bytes, name: str, settings: Preprocess
    ) -> Iterator[tuple[str, np.ndarray | str]]:
        """The one picture that it is."""
        try:
            yield name, read_picture(content, name, settings)
        except BadPicture as error:
            yield name, error.reason

    def of_image(self, image: Image.Image, settings: Preprocess) -> np.ndarray:
        """As its file would be."""
        return read_image(image, settings)

    def decode(
        self,
        examples: Undecoded,
        settings: Preprocess,
        *,
        in_memory: bool = True,
        progress: Progress | None = None,
    ) -> Pixels:
        """In threads, into memory or the cache."""
        return decode_split(examples, settings, in_memory=in_memory, progress=progress)

    def take(self, array: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """A copy of those rows."""
        return np.asarray(array[rows])

    def joined(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Pictures of one size."""
        return np.concatenate(arrays)

    def parse_augmentation(self, text: str, settings: Preprocess) -> Augment:
        """See ``Augment.parse``: what changes colours is for pictures that have some."""
        return Augment.parse(text, settings.channels)

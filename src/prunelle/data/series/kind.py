"""Time series, as a kind of data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.kind import Kind
from prunelle.data.pixels import Pixels, Progress, Undecoded
from prunelle.data.series.augment import SeriesAugment
from prunelle.data.series.container import Series
from prunelle.data.series.parsed import Expected
from prunelle.data.series.prepare import prepare
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.series.reading import read_file, series_files
from prunelle.errors import ArgumentError, DataError
from prunelle.texts import Note


class TimeSeries(Kind[SeriesPreprocess, Series]):
    """``(T, C)`` float32, of files that hold many each, or of one ``Series``."""

    name = "series"
    one, many = Note("series", "série"), Note("series", "séries")
    unit = "series"
    axes = ("length",)
    settings, array, augmentations = SeriesPreprocess, Series, SeriesAugment

    def list_files(self, folder: Path) -> list[Path]:
        """Those of the folder itself, by their names."""
        return series_files(folder)

    def read(
        self, file: str | Path, settings: SeriesPreprocess, note: Callable[[Note], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray | str]]:
        """Every series of a file, by its name ``file:number`` from 1: ``(T, C)`` prepared, or why it cannot be."""
        try:
            parsed = read_file(Path(file), known=expected_by(settings))
            if note is not None:
                words = parsed.understood
                note(Note(f"{Path(file).name}: {words.en}.", f"{Path(file).name} : {words.fr}."))
            if parsed.series.channels != settings.channels:
                yield (
                    str(file),
                    f"its series have {parsed.series.channels} channels; the network was trained on "
                    f"{settings.channels}",
                )
                return
            prepared = prepare(parsed.series, settings)
        except DataError as error:
            yield str(file), str(error).removeprefix(f"{Path(file)}").lstrip(":, ")
            return
        yield from ((f"{file}:{number}", series) for number, series in enumerate(prepared, 1))

    def read_content(
        self, content: bytes, name: str, settings: SeriesPreprocess
    ) -> Iterator[tuple[str, np.ndarray | str]]:
        """By way of a file of its own for a moment: that is what readers of series take."""
        with tempfile.TemporaryDirectory(prefix="prunelle-") as folder:
            file = Path(folder, f"series{Path(name).suffix[:8]}")
            file.write_bytes(content)
            for called, example in self.read(file, settings):
                told = example.replace(str(file), name) if isinstance(example, str) else example
                yield called.replace(str(file), name, 1), told

    def of_numbers(self, values: Any, settings: SeriesPreprocess) -> list[np.ndarray]:
        """``(T,)`` or ``(T, C)`` each; None is a missing value."""
        try:
            series = Series.from_array([np.array(one, np.float32) for one in values])
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(f"series must be lists of numbers, (T,) or (T, C) each: {error}.") from None
        if series.channels != settings.channels:
            raise ArgumentError(
                f"series must have {settings.channels} channels, as those that the network was trained on; received "
                f"{series.channels}."
            )
        return list(prepare(series, settings))

    def decode(
        self,
        examples: Undecoded,
        settings: SeriesPreprocess,
        *,
        in_memory: bool = True,
        progress: Progress | None = None,
    ) -> Pixels:
        """Always in memory, where series are since they were read."""
        assert isinstance(examples.array, Series)
        return Pixels(
            prepare(
                examples.array,
                settings,
                progress,
                Note(f"preparing {examples.name}", f"préparation de {examples.name}"),
            ),
            examples.labels,
        )

    def take(self, array: Series, rows: np.ndarray) -> Series:
        """Their values, copied one after the other."""
        if not len(rows):
            return Series(array.values[:0], array.starts[:1])
        return array.take(rows)

    def joined(self, arrays: Sequence[Series]) -> Series:
        """Series of as many channels, of any lengths."""
        return Series.of([one for array in arrays for one in array])

    def parse_augmentation(self, text: str, settings: SeriesPreprocess) -> SeriesAugment:
        """See ``SeriesAugment.parse``."""
        return SeriesAugment.parse(text)


def expected_by(settings: SeriesPreprocess) -> Expected:
    """What reading other files may go by: how the training series were read."""
    return Expected(settings.label or None, False, settings.steps, settings.group or None)

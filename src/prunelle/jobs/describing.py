"""What a network is, layer by layer, without running it on anything: a table, totals, a drawing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from prunelle.cards import made
from prunelle.disk import writing
from prunelle.drawing.files import save
from prunelle.errors import ArgumentError
from prunelle.networks import ALIASES, Entry, build, catalogue, natural_shape
from prunelle.networks.outline import Part, outline
from prunelle.networks.summary import LayerRow, count_parameters, summarise
from prunelle.report import architecture
from prunelle.texts import Language, default_language


@dataclasses.dataclass(frozen=True, kw_only=True)
class Description:
    """A network's table and its totals, for one picture.

    Attributes:
        name: as it was asked for, which may be a second name (``vgg16``).
        entry: paper, year and published accuracy; None of a network from elsewhere.
        input_shape: ``(channels, height, width)`` that the sizes are for.
        parameters: of the whole network, auxiliary classifiers included.
        layers: in the order they run when the network predicts; auxiliary classifiers do not.
        parts: the same network in few parts, for drawing.
    """

    name: str
    entry: Entry | None
    input_shape: tuple[int, ...]
    parameters: int
    layers: tuple[LayerRow, ...]
    parts: tuple[Part, ...]

    @property
    def multiply_adds(self) -> int:
        """Of all layers; ``LayerRow.multiply_adds`` says what counts."""
        return sum(row.multiply_adds for row in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Of all layers' outputs together, about what training keeps of a picture."""
        return sum(row.activation_bytes for row in self.layers)

    @property
    def training_only_parameters(self) -> int:
        """Of auxiliary classifiers: in ``parameters``, not in ``layers``."""
        return self.parameters - sum(row.parameters for row in self.layers)

    def _repr_html_(self) -> str:
        """In a notebook, the table."""
        return made.description(self.name, self.input_shape, self.parameters, self.layers)

    def to_json(self) -> dict[str, Any]:
        """Shapes are ``[channels, height, width]``; lengths of receptive field and jump, ``[height, width]``."""
        return {
            **({} if self.entry is None else dataclasses.asdict(self.entry)),
            "name": self.name,
            "input_shape": self.input_shape,
            "parameters": self.parameters,
            "training_only_parameters": self.training_only_parameters,
            "multiply_adds": self.multiply_adds,
            "activation_bytes": self.activation_bytes,
            "layers": [dataclasses.asdict(row) for row in self.layers],
        }

    def draw(self, file: str | Path, language: Language | None = None) -> None:
        """Writes a drawing of the network, volumes with their sizes, to an ``.svg`` or ``.png`` file.

        Raises:
            ArgumentError: another ending, or a folder that does not exist.
        """
        path = Path(file)
        if path.suffix.lower() not in (".svg", ".png"):
            raise ArgumentError(f"draw must name an .svg or .png file; received {str(file)!r}.")
        if not path.absolute().parent.is_dir():
            raise ArgumentError(f"draw must name a file in a folder that exists; received {str(file)!r}.")
        figure = architecture.draw(
            self.name,
            self.parts,
            self.input_shape,
            parameters=self.parameters,
            multiply_adds=self.multiply_adds,
            language=language or default_language(),
        )
        with writing(path):
            save(figure, path)


def describe(
    name: str,
    *,
    input_size: tuple[int, int] | int | None,
    in_channels: int | None,
    num_classes: int | None,
) -> Description:
    """The table of a network; see ``prunelle.tasks.describe``."""
    if isinstance(input_size, tuple) and len(natural_shape(name)) == 2 and len(set(input_size)) == 1:
        input_size = input_size[0]  # of series: one number, however the command line reads it
    with torch.device("meta"):
        network = build(name, num_classes=num_classes, in_channels=in_channels, input_size=input_size)
    shape: tuple[int, ...] = network.input_shape  # type: ignore[assignment]
    return Description(
        name=name,
        entry=catalogue().get(ALIASES.get(name, name)),
        input_shape=shape,
        parameters=count_parameters(network),
        layers=tuple(summarise(network, shape)),
        parts=tuple(outline(network, shape)),
    )

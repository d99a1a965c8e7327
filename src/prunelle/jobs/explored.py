"""What is explored: a network with what is known of its examples, and how they come from a person's hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np
import torch
from torch import nn

from prunelle.data.examples import Split
from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.pixels import Pixels
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.look.layers import Anatomy, Layer
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note
from prunelle.views.subject import scores

Ink = Literal["light", "dark"]


@dataclasses.dataclass(frozen=True, eq=False)
class Exciting:
    """What excites a channel most, the strongest first.

    Attributes:
        crops: of pictures, what the channel sees of each, ``(n, h, w, 3)`` uint8; of series, all of it,
            ``(n, C, T)`` float32.
        windows: of series, from which step to which (excluded) the channel sees each; None of pictures.
        rows: which of the examples they are.
        values: of the channel there.
    """

    crops: np.ndarray
    windows: tuple[tuple[int, int], ...] | None
    rows: tuple[int, ...]
    values: tuple[float, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Where:
    """Where a network looked: ``heat: (H, W)`` float32 in [0, 1] (of series ``(1, T)``), and by which method."""

    heat: np.ndarray
    how: Note


class Medium(Protocol):
    """What a kind of data does differently when a person gives an example. An example is ``(…, C)``, channels last."""

    ink: Ink
    drawable: bool

    def of_array(self, array: np.ndarray) -> np.ndarray:
        """What was drawn, or typed → an example, prepared.

        Raises:
            ArgumentError: it is none.
        """
        ...

    def of_file(self, content: bytes, name: str) -> np.ndarray:
        """A file's bytes → its (first) example, prepared.

        Raises:
            BadPicture: it cannot be read, or is beyond the limits.
        """
        ...

    def small(self, examples: np.ndarray) -> np.ndarray:
        """``(n, …, C)`` → what a list of them shows: pictures ``(n, h, w, 3)`` uint8, series ``(n, C, T)`` float32."""
        ...

    def shown(self, example: np.ndarray) -> np.ndarray:
        """As the network is given it, before normalisation: ``(H, W, C)`` uint8, or ``(C, 1, T)`` float32."""
        ...

    def large(self, example: np.ndarray, file: str | None, most_px: int) -> np.ndarray:
        """As ``shown``, in more detail where the file that the example is from has it: the same part of the picture.

        Args:
            example: as the network is given it.
            file: None where it is from no file of its own.
            most_px: a side, where it is larger than the network's.
        """
        ...

    def exciting(self, examples: np.ndarray, peaks: np.ndarray, places: np.ndarray, layer: Layer) -> Exciting:
        """The examples that excite a channel of a layer most: ``peaks`` and ``places``, ``(n,)``, as ``peaks_of``."""
        ...

    def where(self, network: nn.Module, anatomy: Anatomy, image: torch.Tensor, target: int) -> Where:
        """Which parts of ``image: (1, C, …)`` speak for a class."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Explored:
    """A network to explore.

    Attributes:
        name: for titles.
        network: as it is; nothing is moved or changed.
        preprocess: how its examples are prepared, mean and std included.
        classes: in the order of its outputs; None where nobody says what they are.
        run: where it came from, if it is a run.
        trained: false for weights that are random.
        medium: how examples come from a person's hand.
        labelled: finds labelled examples that it has not learned, with the names of their classes; None where there
            are none.
        listener: told what should be known.
        notes: what a person should know before.
    """

    name: str
    network: nn.Module
    preprocess: AnyPreprocess
    classes: tuple[str, ...] | None
    run: Run | None
    trained: bool
    medium: Medium
    labelled: Callable[[], tuple[Split, Sequence[str]] | None]
    listener: Listener
    notes: tuple[Note, ...] = ()

    @property
    def kind(self) -> str:
        """``pictures`` or ``series``."""
        return kind_of(self.preprocess).name

    @property
    def target(self) -> Target:
        """What it tells of an example; classes where nobody says."""
        return ONE_CLASS if self.run is None else self.run.target

    def probabilities(self, outputs: torch.Tensor) -> np.ndarray:
        """What it gave, ``(N, K)``, or ``(N, 1)`` for two classes → ``(N, K)`` float64."""
        return scores(outputs, self.target, self.classes)

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return next((parameter.device for parameter in self.network.parameters()), torch.device("cpu"))

    def batch(self, examples: np.ndarray) -> torch.Tensor:
        """``(n, …, C)`` as decoded → ``(n, C, …)`` float32, normalised, where the network is."""
        tensor = torch.from_numpy(np.array(examples)).movedim(-1, 1).to(self.device)
        return self.preprocess.normalise(tensor)


@dataclasses.dataclass(frozen=True, eq=False)
class AtHand:
    """Labelled examples, decoded, in an order drawn once.

    Attributes:
        pixels: at most as many as there is room and time for.
        labels: ``(n,)`` indices into the network's outputs, -1 where they are of a class that it does not know.
        names: of each one's class.
        split: which they are of.
        whole: how many that split has.
    """

    pixels: Pixels
    labels: np.ndarray
    names: tuple[str, ...]
    split: str
    whole: int

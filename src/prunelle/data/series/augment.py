"""Random changes of training series, on whole batches.

Nothing here keeps state: the generator passed in decides everything, so a resumed training draws what the
uninterrupted one would have drawn.
"""

from __future__ import annotations

import dataclasses

import torch

from prunelle.data.transforms import on_device
from prunelle.errors import ArgumentError, UnknownName
from prunelle.scalars import plain_fields

_KNOTS = 5  # speeds drawn along a series for warping; in between they are interpolated


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeriesAugment:
    """Which changes, and how strong. The default changes nothing.

    Args:
        jitter: Gaussian noise, of this share of each channel's own standard deviation in the series.
        scaling: all channels times one factor drawn from [1 - scaling, 1 + scaling].
        slicing: a random window, of this share of the length to all of it, stretched back to the full length
            (after the window slicing of Le Guennec et al. 2016 §3.2); 1 for none.
        warping: time runs faster here and slower there, by up to this share, its ends kept (smooth speeds in
            place of the one window of Le Guennec et al. 2016 §3.3).
        shift: earlier or later by up to this share of the length.

    What comes in from outside the series repeats its first or last value. In padded series only the part that
    is there changes, and its length stays.

    Example:
        >>> SeriesAugment.parse("jitter,shift=0.2")
        SeriesAugment(jitter=0.05, scaling=0.0, slicing=1.0, warping=0.0, shift=0.2)
    """

    jitter: float = 0.0
    scaling: float = 0.0
    slicing: float = 1.0
    warping: float = 0.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        plain_fields(self)
        for name, low, high in (
            ("jitter", 0, 10),
            ("scaling", 0, 0.99),
            ("warping", 0, 0.9),
            ("shift", 0, 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ArgumentError(f"augment {name} must be from {low} to {high}; received {value}.")
        if not 0 < self.slicing <= 1:
            raise ArgumentError(
                f"augment slicing must be above 0 and at most 1 (a share of the length); received {self.slicing}."
            )

    def __bool__(self) -> bool:
        return self != _NOTHING

    @classmethod
    def parse(cls, text: str) -> SeriesAugment:
        """``jitter,shift=0.1`` → ``SeriesAugment(jitter=0.05, shift=0.1)``; a name alone takes a usual strength."""
        usual = {"jitter": 0.05, "scaling": 0.1, "slicing": 0.9, "warping": 0.2, "shift": 0.1}
        chosen: dict[str, float] = {}
        for part in (part.strip() for part in text.split(",")):
            name, _, strength = part.partition("=")
            if part in ("", "none"):
                continue
            if name not in usual:
                raise UnknownName("augmentation of series", name, [*usual, "none"])
            try:
                chosen[name] = float(strength) if strength else usual[name]
            except ValueError:
                raise ArgumentError(f"augment {name} needs a number; received {strength!r}.") from None
        return cls(**chosen)

    @property
    def mixes(self) -> bool:
        """Whether ``mix`` changes anything: no two series are mixed."""
        return False

    def mix(
        self, images: torch.Tensor, labels: torch.Tensor, num_classes: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See ``Augment.mix``: as they are."""
        return images, labels

    def apply(self, series: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """``series: (N, C, T)`` float32, NaN beyond the end of shorter ones → the same shape.

        ``generator`` is on the CPU.
        """
        if not self:
            return series
        n, channels, length = series.shape

        def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
            drawn = torch.rand(n, *shape, generator=generator) * (high - low) + low
            return on_device(drawn, series.device)

        absent = series[:, :1].isnan()
        if self.slicing < 1 or self.warping or self.shift:
            last = length - 1 - absent[:, 0].sum(dim=1, keepdim=True)  # (N, 1), index of the last step
            steps = torch.arange(length, device=series.device)
            places = (steps / last.clamp(min=1)).clamp(max=1)  # (N, T) in [0, 1]
            if self.warping:
                places = _warped(places, uniform(1 - self.warping, 1 + self.warping, _KNOTS))
            if self.slicing < 1:
                share = uniform(self.slicing, 1, 1)
                places = places * share + uniform(0, 1, 1) * (1 - share)
            if self.shift:
                places = places + uniform(-self.shift, self.shift, 1)
            series = _sampled(series, places.clamp(0, 1) * last)
        if self.scaling:
            series = series * uniform(1 - self.scaling, 1 + self.scaling, 1, 1)
        if self.jitter:
            there = (~absent).sum(dim=2, keepdim=True)
            centred = series - series.nanmean(dim=2, keepdim=True)
            deviation = (centred.square().nansum(dim=2, keepdim=True) / there).sqrt()
            noise = on_device(torch.randn(n, channels, length, generator=generator), series.device)
            series = series + self.jitter * deviation * noise
        return series.masked_fill(absent, torch.nan)


_NOTHING = SeriesAugment()


def _warped(places: torch.Tensor, speeds: torch.Tensor) -> torch.Tensor:
    """``places: (N, T)`` in [0, 1] → the same with the ``speeds: (N, K)`` along the way; 0 and 1 stay."""
    # The distance covered at each knot, and the parabola in between, since speeds change linearly there.
    pieces = (speeds[:, 1:] + speeds[:, :-1]) / 2
    covered = torch.cat([torch.zeros_like(pieces[:, :1]), pieces.cumsum(dim=1)], dim=1)
    at = places * pieces.shape[1]
    knot = at.floor().clamp(max=pieces.shape[1] - 1)
    rest, index = at - knot, knot.long()
    begin, end = speeds.gather(1, index), speeds.gather(1, index + 1)
    return (covered.gather(1, index) + begin * rest + (end - begin) * rest.square() / 2) / covered[:, -1:]


def _sampled(series: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """``series: (N, C, T)`` read at ``places: (N, T)`` steps, linearly between them."""
    below = places.floor()
    above = places.ceil()

    def read(at: torch.Tensor) -> torch.Tensor:
        return series.gather(2, at.long().unsqueeze(1).expand(series.shape))

    return torch.lerp(read(below), read(above), (places - below).unsqueeze(1).expand(series.shape))

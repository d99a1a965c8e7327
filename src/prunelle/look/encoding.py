"""Maps as bytes, for a screen."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F

from prunelle.look.recording import as_maps


@dataclasses.dataclass(frozen=True, eq=False)
class ByteMaps:
    """Some channels of a layer: ``maps: (n, h, w)`` uint8, 0 where it is ``low: (n,)`` and 255 where it is ``high``."""

    maps: np.ndarray
    low: np.ndarray
    high: np.ndarray


def byte_maps(values: torch.Tensor, first: int, last: int, side: int) -> ByteMaps:
    """Channels ``first`` to ``last`` (excluded) of ``values: (1, C, …)``, each on a scale of its own.

    Maps of more than ``side`` pixels a side are made smaller by the means of their parts, where they are. What is not
    there (NaN, beyond the end of a series) is 0.
    """
    maps = as_maps(values.detach())[first:last].float()
    height, width = maps.shape[1:]
    if max(height, width) > side:
        # Of a series, the length alone.
        size = (min(height, side), min(width, side)) if height > 1 else (1, min(width, side))
        maps = F.adaptive_avg_pool2d(maps[None], size)[0]
    low, high = maps.amin(dim=(1, 2)), maps.amax(dim=(1, 2))
    if bool(torch.isnan(low).any()):
        absent = maps.isnan()
        low = maps.masked_fill(absent, torch.inf).amin(dim=(1, 2)).nan_to_num(posinf=0.0)
        high = maps.masked_fill(absent, -torch.inf).amax(dim=(1, 2)).nan_to_num(neginf=0.0)
        maps = torch.where(absent, low[:, None, None], maps)
    scale = 255 / (high - low).clamp_min(1e-30)
    encoded = ((maps - low[:, None, None]) * scale[:, None, None]).add_(0.5).clamp_(0, 255).to(torch.uint8)
    return ByteMaps(encoded.cpu().numpy(), low.cpu().numpy(), high.cpu().numpy())

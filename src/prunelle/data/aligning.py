"""Two small pictures laid one on the other, and how well they then agree: what tells near copies from mere likeness.

A copy may have been cropped a little, made brighter or grey. So one picture is moved and stretched until its grey
levels, times a gain, fit the other's (Gauss-Newton on two shifts, two stretches, a gain and an offset, from coarse to
fine: Lucas and Kanade 1981). Then edges are compared, not levels: a sky above a meadow has the levels of any other, but
not its edges. Of a fixed camera two pictures share nearly all edges; that something else stands in one corner shows in
the worst window, not in the mean.
"""

from __future__ import annotations

import dataclasses

import torch
from torch.nn import functional as F

LUMA = (0.299, 0.587, 0.114)
"""The shares of red, green and blue (ITU-R BT.601, as Pillow and JPEG take them)."""

_COARSE = 16  # pixels a side
_STEPS = 5  # at the coarse size; 3 at the others
_PROMISING = 0.5  # of the agreement at the coarse size; copies: 0.7 at least
_MOST_STRETCH = 0.25  # natural logarithm
_MOST_SHIFT = 0.3  # of half a side


@dataclasses.dataclass(frozen=True, eq=False)
class Agreement:
    """Of P pairs, once aligned.

    Attributes:
        edges: ``(P,)`` correlation of their gradients, in [-1, 1].
        in_place: ``(P,)`` the same where neither is moved.
        worst: ``(P,)`` the share of the gradients that the other does not explain, in the window where it is largest.
        shared: ``(P,)`` the share of the first picture's area that both show.
        colours: ``(P,)`` cosine of their colours; 1 where one of them is grey.
        edge_share: ``(P,)`` the share of the pixels that are not flat, of the emptier picture.
    """

    edges: torch.Tensor
    in_place: torch.Tensor
    worst: torch.Tensor
    shared: torch.Tensor
    colours: torch.Tensor
    edge_share: torch.Tensor


def agreement(ones: torch.Tensor, others: torch.Tensor) -> Agreement:
    """How well the second picture of each pair can be made to lie on the first.

    Args:
        ones, others: ``(P, C, S, S)`` float32 levels, S at least 8.
    """
    pairs = len(ones)
    grey, other_grey = luma(ones), luma(others)
    side = ones.shape[2]
    moves = torch.zeros(pairs, 4)
    found = Agreement(*(torch.full((pairs,), value) for value in (-1.0, -1.0, 2.0, 0.0, -1.0, 0.0)))
    left = torch.arange(pairs)
    sides = sorted({min(size, side) for size in (_COARSE, 2 * _COARSE, side)})
    for size in sides:
        small, other_small = (_resized(pictures[left], size) for pictures in (grey, other_grey))
        moves[left] = _moved(small, other_small, moves[left], _STEPS if size == sides[0] else 3)
        if size < side:
            # Most candidates are out here, at a sixteenth of the price.
            left = left[_edges_alike(small, other_small, moves[left]) >= _PROMISING]
        if not len(left):
            break
    if len(left):
        compared = _compared(ones[left], others[left], moves[left])
        for field in dataclasses.fields(Agreement):
            getattr(found, field.name)[left] = getattr(compared, field.name)
    return found


def luma(pictures: torch.Tensor) -> torch.Tensor:
    """``(P, C, H, W)`` → ``(P, 1, H, W)``: what a colour picture is when it is saved as grey."""
    if pictures.shape[1] == 1:
        return pictures
    return torch.einsum("pchw,c->phw", pictures, torch.tensor(LUMA)).unsqueeze(1)


def _resized(pictures: torch.Tensor, side: int) -> torch.Tensor:
    return pictures if pictures.shape[2] == side else F.adaptive_avg_pool2d(pictures, side)


def _warped(pictures: torch.Tensor, moves: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``(P, C, S, S)`` moved by ``(P, 4)`` (stretches, shifts), and ``(P, S, S)``: 1 where they show something."""
    theta = torch.zeros(len(moves), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = moves[:, 0].exp(), moves[:, 1].exp()
    theta[:, :, 2] = moves[:, 2:]
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    inside = (grid.abs() <= 1 - 1 / pictures.shape[2]).all(dim=3).to(torch.float32)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False), inside


def _moved(ones: torch.Tensor, others: torch.Tensor, moves: torch.Tensor, steps: int) -> torch.Tensor:
    """``moves`` after a few steps that bring ``others: (P, 1, S, S)`` nearer to ``ones``."""
    pairs, _, side, _ = ones.shape
    places = (torch.arange(side) + 0.5) / side * 2 - 1
    across, down = places.view(1, 1, side), places.view(1, side, 1)
    target = ones.reshape(pairs, side * side, 1)
    for _ in range(steps):
        warped, inside = _warped(others, moves)
        inside[:, [0, -1]] = 0
        inside[:, :, [0, -1]] = 0
        levels = warped[:, 0]
        right, below = torch.zeros_like(levels), torch.zeros_like(levels)
        right[:, :, 1:-1] = (levels[:, :, 2:] - levels[:, :, :-2]) * (side / 4)
        below[:, 1:-1] = (levels[:, 2:] - levels[:, :-2]) * (side / 4)
        wide, high = moves[:, :2].exp().view(pairs, 2, 1, 1).unbind(1)
        slopes = torch.stack(
            [
                right * across,
                below * down,
                right / wide,
                below / high,
                levels,
                torch.ones_like(levels),
            ],
            dim=3,
        ).view(pairs, side * side, 6)
        weighted = (slopes * inside.view(pairs, side * side, 1)).transpose(1, 2)
        normal = weighted @ slopes
        # A little ridge: pictures without edges in one direction cannot be placed in it, and stay.
        normal += torch.diag_embed(normal.diagonal(dim1=1, dim2=2) * 1e-4 + 1e-3)
        solution = torch.linalg.solve(normal, weighted @ target)[..., 0]
        step = solution[:, :4] / solution[:, 4:5].clamp_min(0.2)
        moves = moves + step.clamp(-0.08, 0.08)
        moves = torch.cat(
            [
                moves[:, :2].clamp(-_MOST_STRETCH, _MOST_STRETCH),
                moves[:, 2:].clamp(-_MOST_SHIFT, _MOST_SHIFT),
            ],
            dim=1,
        )
    return moves


def _gradients(levels: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """``(P, S, S)`` → ``(P, 2, S-2, S-2)``, 0 where a neighbour is not ``inside``."""
    whole = inside[:, 1:-1, 1:-1] * inside[:, 2:, 1:-1] * inside[:, :-2, 1:-1]
    whole = whole * inside[:, 1:-1, 2:] * inside[:, 1:-1, :-2]
    right, below = levels[:, 1:-1, 2:] - levels[:, 1:-1, :-2], levels[:, 2:, 1:-1] - levels[:, :-2, 1:-1]
    return torch.stack([right, below], dim=1) * whole.unsqueeze(1)


def _edges_alike(ones: torch.Tensor, others: torch.Tensor, moves: torch.Tensor) -> torch.Tensor:
    warped, inside = _warped(others, moves)
    gradients, other_gradients = (_gradients(levels[:, 0], inside).flatten(1) for levels in (ones, warped))
    return F.cosine_similarity(gradients, other_gradients, dim=1)


def _compared(ones: torch.Tensor, others: torch.Tensor, moves: torch.Tensor) -> Agreement:
    side = ones.shape[2]
    warped, inside = _warped(others, moves)
    gradients, other_gradients = (_gradients(luma(levels)[:, 0], inside) for levels in (ones, warped))
    energy, other_energy = (each.square().sum((1, 2, 3)) for each in (gradients, other_gradients))
    gain = (energy / other_energy.clamp_min(1e-6)).sqrt().view(-1, 1, 1, 1)

    def windows(values: torch.Tensor) -> torch.Tensor:
        """Means in windows of a quarter of the side, half over one another."""
        return F.avg_pool2d(F.pad(values, (1, 1, 1, 1)), side // 4, side // 8).flatten(1)

    apart = windows((gradients - gain * other_gradients).square().sum(1, keepdim=True))
    both = [
        windows(each.square().sum(1, keepdim=True)) for each in (gradients, gain * other_gradients)
    ]  # (P, windows)
    seen = windows(inside.unsqueeze(1)[:, :, 1:-1, 1:-1])
    mean = (energy / inside.sum((1, 2)).clamp_min(1)).view(-1, 1)
    worst = apart / (torch.maximum(*both) + mean * seen.clamp_min(0.1)).clamp_min(1e-6)
    edge_share = torch.minimum(
        *(
            (each.square().sum((1)) > 0.05 * mean.unsqueeze(2)).to(torch.float32).sum((1, 2))
            for each in (gradients, gain * other_gradients)
        )
    ) / inside.sum((1, 2)).clamp_min(1)
    tints, other_tints = (
        F.avg_pool2d((each - each.mean(1, keepdim=True)) * inside.unsqueeze(1), side // 8).flatten(1)
        for each in (ones, warped)
    )
    coloured = torch.minimum(tints.abs().mean(1), other_tints.abs().mean(1)) > 2  # levels
    colours = torch.where(coloured, F.cosine_similarity(tints, other_tints, dim=1), torch.ones(len(ones)))
    return Agreement(
        edges=F.cosine_similarity(gradients.flatten(1), other_gradients.flatten(1), dim=1),
        in_place=_edges_alike(luma(ones), luma(others), torch.zeros_like(moves)),
        worst=worst.amax(1),
        shared=inside.mean((1, 2)),
        colours=colours,
        edge_share=edge_share,
    )

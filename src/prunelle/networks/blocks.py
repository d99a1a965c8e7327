"""What more than one family uses."""

from __future__ import annotations

from prunelle.errors import ArgumentError


def require_size(network: str, input_size: tuple[int, int], minimum: int) -> None:
    """Raises ``ArgumentError`` where a side of ``input_size``, in pixels, is below ``minimum``."""
    if min(input_size) < minimum:
        raise ArgumentError(
            f"{network} needs pictures of at least {minimum}×{minimum} pixels; received "
            f"{input_size[0]}×{input_size[1]}. Give a larger --size, or choose a smaller network."
        )

"""``describe``: what a network is, layer by layer."""

from __future__ import annotations

from prunelle.jobs import describing
from prunelle.jobs.describing import Description


def describe(
    name: str,
    *,
    input_size: tuple[int, int] | int | None = None,
    in_channels: int | None = None,
    num_classes: int | None = None,
) -> Description:
    """The table of a network that ``networks.names()`` lists; the network's own sizes where None.

    Built on the meta device: no weights exist, so it takes neither memory nor time.

    Raises:
        UnknownName: with the nearest names.
        ArgumentError: a size below the network's minimum.

    Example:
        >>> describe("vgg16").layers[0].parameters
        1792
    """
    return describing.describe(name, input_size=input_size, in_channels=in_channels, num_classes=num_classes)

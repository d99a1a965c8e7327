"""Networks that are not Prunelle's: timm's, torchvision's, and what code of one's own makes.

By name, wherever a network is named: ``timm:resnet18``, ``torchvision:resnet18``, ``package.module:factory``, and
``hub:FOLDER:entry`` for a ``hubconf.py`` on this machine. A name gives a ``Maker``, which is called as a family's own
``VARIANTS`` are; everything else (``build``, training, looking, runs) knows nothing of where a network is from.

Reading a name imports nothing; what it names is imported when a network is to be made.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

from prunelle.errors import WeightsError

if TYPE_CHECKING:
    from prunelle.networks.elsewhere.making import Maker, TheirWeights

_LIBRARIES = {"timm": "of_timm", "torchvision": "of_torchvision"}
"""What comes before the colon → the module here."""

_CODE = re.compile(r"hub:.+:\w+|[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
PUBLISHED = "imagenet"
"""What ``--weights`` calls the set that a library has for a network, whichever that is."""


def is_elsewhere(name: Any) -> bool:
    """Whether a name is of such a form."""
    return isinstance(name, str) and (_library(name) is not None or is_code(name))


def is_code(name: str) -> bool:
    """Whether it names code of somebody's own, which making the network runs."""
    return _library(name) is None and _CODE.fullmatch(name) is not None


def maker(name: str) -> Maker:
    """What makes the network ``name``.

    Raises:
        ArgumentError: what it names is not there, or cannot be imported, and why.
    """
    module = importlib.import_module(f"{__name__}.{_library(name) or 'of_code'}")
    found: Maker = module.maker(name)
    return found


def is_trusted(name: str) -> bool:
    """Whether making the network of a run runs nothing that this user has not named before; imports nothing of it."""
    if _library(name) is not None:
        return True
    trusted: bool = importlib.import_module(f"{__name__}.of_code").is_trusted(name)
    return trusted


def their_weights(name: str) -> TheirWeights:
    """The weights that a library publishes for its network, fetched where needed.

    Raises:
        WeightsError: there are none, or they cannot be had.
    """
    library = _library(name)
    if library is None:
        raise WeightsError(
            f"{name} is code of your own, for which nobody publishes weights; name a file or a run: --weights FILE."
        )
    found: TheirWeights = importlib.import_module(f"{__name__}.{library}").weights(name)
    return found


def _library(name: str) -> str | None:
    prefix, colon, rest = name.partition(":")
    return _LIBRARIES.get(prefix) if colon and rest else None

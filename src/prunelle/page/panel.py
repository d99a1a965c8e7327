"""What a panel is: a part of the page, with a side in Python and one in the browser.

The browser's side is one ES module, ``render({model, el})`` after anywidget's convention; what it may ask, and what
it is answered, is the panel's own. The page's server knows none by what it does: ``panels.PANELS`` lists them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from prunelle.page.house import House
from prunelle.page.wire import Message
from prunelle.texts import Language, Typography

Push = Callable[[Message], None]
"""Sends a message that nobody asked for, from any thread; after the panel is closed it goes nowhere."""


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Opening:
    """What a panel is made of.

    Attributes:
        house: what all who look share.
        push: to the browser.
        language: that the page is read in.
        options: of the page's address: which run, say. From the browser, so nothing in them is believed.
    """

    house: House
    push: Push
    language: Language
    options: Mapping[str, Any]


class Panel(Protocol):
    """A part of the page, as one browser's tab has it.

    ``receive`` is called in a thread of its own, one message after the other; it may take its time. Errors of the house
    become a sentence in the browser.
    """

    def opened(self) -> Message:
        """The state that the browser's side begins with: what its ``model.get`` gives."""

    def receive(self, message: Message) -> Message | None:
        """The answer to a question."""

    def close(self) -> None:
        """The tab shows something else, or is gone. Whatever is going on for it ends."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PanelKind:
    """A panel as the server lists it.

    Attributes:
        make: of an opening.
        module: address of its browser's side (``server.STATIC``).
        words: its sentences, which the browser's side gets as ``model.get("words")``.
        title: what its tab is called.
    """

    make: Callable[[Opening], Panel]
    module: str
    words: type[Typography]
    title: str

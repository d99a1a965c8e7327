"""One browser's tab: the panels that it has open, and the frames between them and the WebSocket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from prunelle.errors import PrunelleError
from prunelle.page.house import House
from prunelle.page.panel import Opening, Panel
from prunelle.page.panels import PANELS
from prunelle.page.wire import BadFrame, Frame, Message, decode, encode
from prunelle.page.words import Words
from prunelle.texts import Language

_LOG = logging.getLogger("prunelle.page")
SHELL = "shell"
_LANGUAGES: dict[object, Language] = {"en": "en", "fr": "fr"}


class Tab:
    """Its panels, each with a thread: a panel that takes long holds up none of the others."""

    def __init__(self, house: House, invite: Callable[[], str]) -> None:
        self._house = house
        self._invite = invite
        self._panels: dict[str, Panel] = {}
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._open = True

    async def serve(self, socket: WebSocket) -> None:
        """Until the browser goes."""
        await socket.accept()
        sender = asyncio.create_task(self._send(socket))
        try:
            while True:
                await self._take(await socket.receive_bytes())
        except (WebSocketDisconnect, KeyError):
            # KeyError: a text came, which is none of ours.
            pass
        finally:
            self._open = False
            sender.cancel()
            for name in list(self._panels):
                self._close(name)

    async def _send(self, socket: WebSocket) -> None:
        while True:
            data = await self._outgoing.get()
            try:
                await socket.send_bytes(data)
            except (WebSocketDisconnect, RuntimeError):
                return

    async def _take(self, data: bytes) -> None:
        try:
            frame = decode(data)
        except BadFrame as error:
            self._tell(Frame(SHELL, None, _error(str(error))))
            return
        if frame.panel == SHELL:
            self._shell(frame)
        elif frame.panel in self._panels:
            name = frame.panel
            panel = self._panels[name]
            self._threads[name].submit(self._answer, frame, lambda: panel.receive(frame.message))
        else:
            self._tell(Frame(SHELL, frame.id, _error("no such panel is open.")))

    def _shell(self, frame: Frame) -> None:
        """Questions to the page itself."""
        asked = frame.message.content
        language = _LANGUAGES.get(asked.get("language"), "en")
        kind, name = asked.get("type"), asked.get("panel")
        if kind == "words":
            words = Words(language)
            panels = [
                {"name": name, "module": panel.module, "title": panel.words(language)(panel.title)}
                for name, panel in PANELS.items()
            ]
            told = {"words": _all_words(words), "panels": panels, "start": self._house.start}
            self._tell(Frame(SHELL, frame.id, Message(told)))
        elif not isinstance(name, str) and kind in ("open", "close"):
            self._tell(Frame(SHELL, frame.id, _error("a panel is asked for by its name.")))
        elif kind == "open" and name in PANELS:
            self._close(name)
            thread = ThreadPoolExecutor(1, thread_name_prefix=f"page-{name}")
            self._threads[name] = thread
            thread.submit(
                self._answer, frame, lambda: self._opened(name, thread, asked.get("options"), language)
            )
        elif kind == "close" and name in PANELS:
            self._close(name)
        elif kind == "invite":
            self._tell(Frame(SHELL, frame.id, Message({"address": self._invite()})))
        else:
            self._tell(Frame(SHELL, frame.id, _error(f"the page has no {kind!r}.")))

    def _opened(
        self, name: str, thread: ThreadPoolExecutor, options: Any, language: Language
    ) -> Message | None:
        kind = PANELS[name]
        still = [True]

        def push(message: Message) -> None:
            if still[0]:
                self._tell(Frame(name, None, message))

        opening = Opening(
            house=self._house,
            push=push,
            language=language,
            options=options if isinstance(options, dict) else {},
        )
        panel = kind.make(opening)
        if self._threads.get(name) is not thread:  # closed again meanwhile
            panel.close()
            return None
        self._panels[name] = panel
        state = panel.opened()
        words = _all_words(kind.words(language))
        return Message({**state.content, "words": words, "language": language}, state.arrays)

    def _answer(self, frame: Frame, work: Callable[[], Message | None]) -> None:
        """In the panel's thread."""
        try:
            answer = work()
        except PrunelleError as error:
            answer = _error(str(error))
        except Exception as error:
            _LOG.exception("a panel of the page failed")
            answer = _error(f"{type(error).__name__}: {error}")
        if answer is None:
            answer = Message({})
        if frame.id is not None:
            self._tell(Frame(frame.panel, frame.id, answer))

    def _tell(self, frame: Frame) -> None:
        """From any thread."""
        try:
            data = encode(frame)
        except (TypeError, ValueError) as error:
            _LOG.exception("a message of the page cannot be sent")
            data = encode(Frame(frame.panel, frame.id, _error(f"{type(error).__name__}: {error}")))
        if self._open:
            self._loop.call_soon_threadsafe(self._outgoing.put_nowait, data)

    def _close(self, name: str) -> None:
        panel, thread = self._panels.pop(name, None), self._threads.pop(name, None)
        if thread is not None:
            # What it does is done to its end; then the panel is told, in its own thread.
            if panel is not None:
                thread.submit(panel.close)
            thread.shutdown(wait=False)


def _error(text: str) -> Message:
    return Message({"type": "error", "message": text})


def _all_words(words: Any) -> dict[str, str]:
    return {key: words.template(key) for key in words.texts}

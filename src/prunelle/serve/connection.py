"""One connection: uvicorn's, with an end to what a client may leave open.

Uvicorn waits without end for a request's head, and for somebody to take an answer, and takes as many connections as
there are descriptors. Here each is bounded. A client that has sent its request and closed its own half
(``shutdown(SHUT_WR)``) is still answered.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from prunelle.serve.limits import HEAD_SECONDS, STUCK_SECONDS

_LINGER_SECONDS = 2.0
_TURNED_AWAY = 64
"""Connections above the limit that are told so; beyond, they are closed without a word."""


def _said(status: str, text: str) -> bytes:
    body = f'{{"error": "{text}"}}'
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Retry-After: 1\r\nConnection: close\r\n\r\n{body}"
    ).encode()


_FULL = _said("503 Service Unavailable", "There are as many connections as this server takes; come again.")
_LATE = _said("408 Request Timeout", "The head of the request took too long.")


class Connection(H11Protocol):
    """See the module. ``most`` is set by ``connection_class``."""

    most = 500

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._idle = self.conn.their_state  # of a new connection: no request has begun
        self._head_since: float | None = None
        self._stuck_since: float | None = None
        self._away_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes it, or turns it away."""
        super().connection_made(transport)
        self._head_since = time.monotonic()
        if len(self.connections) > self.most + _TURNED_AWAY:
            transport.abort()
        elif len(self.connections) > self.most:
            self._turn_away(_FULL)

    def data_received(self, data: bytes) -> None:
        """Reads; of who was turned away, nothing."""
        if self._away_since is not None:
            return
        super().data_received(data)
        waits = self.conn.their_state is self._idle
        if not waits:
            self._head_since = None
        elif self._head_since is None:
            self._head_since = time.monotonic()

    def on_response_complete(self) -> None:
        """The next head's time begins with its first byte."""
        self._head_since = None
        super().on_response_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether our half stays open: for the answer to a request that is all here."""
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self.cycle.keep_alive = False
            return True
        return False

    def sweep(self, now: float) -> None:
        """Ends what takes too long."""
        if self._away_since is not None:
            if now - self._away_since > _LINGER_SECONDS:
                self.transport.abort()
            return
        if self._head_since is not None and now - self._head_since > HEAD_SECONDS:
            self._turn_away(_LATE)
            return
        if not self.transport.get_write_buffer_size():
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = now
        elif now - self._stuck_since > STUCK_SECONDS:
            self.transport.abort()

    def _turn_away(self, words: bytes) -> None:
        """Says why, and closes once the client has read it: closed at once, a reset would take the words back."""
        self._away_since = time.monotonic()
        self._unset_keepalive_if_required()
        self.transport.write(words)
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def shutdown(self) -> None:
        """The server stops."""
        if self._away_since is not None:
            self.transport.close()
            return
        super().shutdown()


def connection_class(most: int) -> type[Connection]:
    """Of a server that takes ``most`` at a time."""
    return type("LimitedConnection", (Connection,), {"most": most})

"""Who is let in: the outermost layer, through which every request goes.

Without a key the server is on loopback alone, and what may reach it there is another site in a browser of this
machine: by a name that is pointed here (DNS rebinding), or by a form that sends a picture without reading the answer.
So the name in ``Host`` and the ``Origin`` are checked. With a key everything but the page itself and two words for
whoever watches over the server (``/health``, ``/ready``) takes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prunelle.hosts import Hosts
from prunelle.serve.bodies import Refused
from prunelle.serve.metrics import Metrics

OPEN = ("/", "/health", "/ready")
"""Paths that take no key."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_BODY = "prunelle.body"
_DRAINED_BYTES = 32_000_000
_DRAINED_SECONDS = 5.0


class Door:
    """Wraps an application; counts and times what goes through.

    Args:
        hosts: names by which the server may be called; None where a key is asked for.
        key: that every request has; None where none is asked for.
        paths: that there are, for the metrics.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, paths: Sequence[str], hosts: Hosts | None, key: str | None
    ) -> None:
        self._app, self._metrics, self._paths = app, metrics, frozenset(paths)
        self._hosts, self._key = hosts, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what is refused, and passes on the rest."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, body = time.monotonic(), Body(receive)
        scope[_BODY] = body
        path = scope["path"] if scope["path"] in self._paths else "other"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                self._metrics.requests.labels(path, str(message["status"])).inc()
                self._metrics.seconds.labels(path).observe(time.monotonic() - begin)
            await send(message)

        try:
            self._check(scope)
        except Refused as refused:
            self._metrics.refusals.labels(refused.reason).inc()
            await refuse(refused, scope, sending)
            return
        await self._app(scope, body, sending)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        if self._hosts is not None and not self._hosts.has(host):
            raise Refused(421, "this server is called by another name.", "host")
        origins = headers.getlist("origin")
        if origins and [origin.partition("://")[2] for origin in origins] != [host]:
            raise Refused(403, "this comes from another site.", "origin")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and scope["method"] != "GET":
            raise Refused(403, "this comes from another site.", "origin")
        if self._key is not None and scope["path"] not in OPEN and not self._knows(headers):
            raise Refused(
                401,
                "a key is asked for: send it as Authorization: Bearer KEY.",
                "key",
                {"WWW-Authenticate": "Bearer"},
            )

    def _knows(self, headers: Headers) -> bool:
        assert self._key is not None
        kind, _, given = headers.get("authorization", "").partition(" ")
        given = given.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")
        return hmac.compare_digest(given.encode(), self._key.encode())


class Body:
    """A request's ``receive``, that knows whether its body has come to an end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False

    async def __call__(self) -> Message:
        """The next part."""
        message = await self._receive()
        self.whole = not message.get("more_body", False)  # of a disconnect, too
        return message


async def refuse(refused: Refused, scope: Scope, send: Send) -> None:
    """Answers. The body is read and dropped first, as far as that is cheap: who still sends would see no answer."""
    body, left = scope[_BODY], _DRAINED_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAINED_SECONDS):
            while left > 0 and not body.whole:
                left -= len((await body()).get("body", b""))
    headers = dict(refused.headers) if body.whole else {**refused.headers, "Connection": "close"}
    await JSONResponse({"error": refused.text}, refused.status, headers)(scope, body, send)

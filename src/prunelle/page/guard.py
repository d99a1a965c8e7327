"""Who is let in: the outermost layer of the server, through which every request and every WebSocket goes.

What it keeps out was done to others of this kind: another site whose name is pointed at this machine (DNS rebinding), a
page elsewhere that opens a WebSocket here, a WebSocket or a method that nobody had thought of (``docs/page.md`` lists
them with the tests that try each). So nothing is decided by path or by kind of request: the host's name, the origin and
the cookie of *everything* are checked, and then only GET and HEAD are there at all.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prunelle.hosts import Hosts

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; "
    "connect-src 'self' {sockets}"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
_KNOWN_S = 30 * 24 * 3600


class Doorkeeper:
    """Addresses that let in once, and the cookie that one is given for it.

    Attributes:
        cookie: its name: cookies belong to a host, whatever the port, so the port is part of it.
    """

    def __init__(self, port: int, secret: str) -> None:
        self.cookie = f"prunelle-{port}"
        self._secret = secret
        self._tokens: set[str] = set()
        self._lock = threading.Lock()

    def token(self) -> str:
        """A new word that lets one browser in, once."""
        made = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens.add(made)
        return made

    def spend(self, token: str) -> bool:
        """Whether it was given out, and not used yet; from now on it is."""
        with self._lock:
            known = next(
                (one for one in self._tokens if hmac.compare_digest(one.encode(), token.encode())), None
            )
            self._tokens.discard(known or "")
        return known is not None

    def knows(self, cookies: str) -> bool:
        """Whether a ``Cookie`` header has the right one."""
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self._secret.encode())

    def give(self, response: Response) -> None:
        """The cookie: not for scripts, not for other sites; whoever closes the browser finds the page again."""
        response.set_cookie(
            self.cookie, self._secret, max_age=_KNOWN_S, httponly=True, samesite="strict", path="/"
        )


class Guard:
    """Wraps an application; see the module."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper, hosts: Hosts) -> None:
        self._app = app
        self._doorkeeper = doorkeeper
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what is refused, and passes on the rest."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        refused = self._refuse(scope, headers, host)
        if refused is not None:
            if scope["type"] == "websocket":
                await _refuse_socket(receive, send)
            else:
                await self._dressed(refused, host)(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), host)
            await send(message)

        await self._app(scope, receive, sending)

    def _refuse(self, scope: Scope, headers: Headers, host: str) -> Response | None:
        """The answer to what is not let in; None for what is."""
        socket_ = scope["type"] == "websocket"
        if not self._hosts.has(host):
            return _said("This server is called by another name.", 421)
        origins = headers.getlist("origin")
        if origins != [f"http://{host}"] and (origins or socket_):
            return _said("This comes from another site.", 403)
        if not socket_ and scope["method"] not in ("GET", "HEAD"):
            return _said("There is only GET here.", 405, Allow="GET, HEAD")
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        # What only asks for the head is a program that looks at links, not the person who follows one.
        if token and not socket_ and scope["path"] == "/" and scope["method"] == "GET":
            # The word leaves the address, where a history would keep it.
            if self._doorkeeper.spend(token[-1]):
                response = RedirectResponse("/", 303)
                self._doorkeeper.give(response)
                return response
            if self._doorkeeper.knows(", ".join(headers.getlist("cookie"))):
                return RedirectResponse("/", 303)
            return _said(
                "This address was used already, or was not given out. The terminal that runs prunelle open gives "
                "another: press Enter there.",
                403,
            )
        if not self._doorkeeper.knows("; ".join(headers.getlist("cookie"))):
            return _said(
                "This page opens with the address that prunelle open printed. For a new one, press Enter in its "
                "terminal.",
                403,
            )
        # Other ports of this machine are the same site to a browser, cookie included. They may lead here, and no more.
        leads_here = (
            headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        )
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") and not leads_here:
            return _said("This comes from another site.", 403)
        return None

    def _dressed(self, response: Response, host: str) -> Response:
        _dress(response.headers, host if self._hosts.has(host) else "")
        return response


def _said(text: str, status: int, **headers: str) -> Response:
    return PlainTextResponse(text + "\n", status, headers=headers)


def _dress(headers: MutableHeaders, host: str) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    # 'self' is http alone for some browsers, and not the same server's WebSocket.
    headers.setdefault(
        "Content-Security-Policy", POLICY.format(sockets=f"ws://{host}" if host else "").strip()
    )


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})  # before it was accepted: the handshake is answered by 403

"""The server: a few files, one WebSocket, and the reports of runs; all behind the guard."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
import threading
from importlib import resources
from pathlib import Path

import platformdirs
import uvicorn
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from prunelle.disk import writing
from prunelle.drawing import card
from prunelle.errors import ArgumentError, PrunelleError
from prunelle.hosts import Hosts, bound, is_loopback
from prunelle.page.guard import Doorkeeper, Guard
from prunelle.page.house import House
from prunelle.page.tab import Tab
from prunelle.page.words import Words
from prunelle.texts import default_language

STATIC = {
    "icon.svg": "page/static/icon.svg",
    "app.js": "page/static/app.js",
    "kit.js": "page/static/kit.js",
    "style.css": "page/static/style.css",
    "curves.js": "page/static/curves.js",
    "runs.js": "page/static/runs.js",
    "review.js": "page/static/review.js",
    "confusions.js": "page/static/confusions.js",
    "queue.js": "page/static/queue.js",
    "one.js": "page/static/one.js",
    "of_class.js": "page/static/of_class.js",
    "of_labels.js": "page/static/of_labels.js",
    "of_number.js": "page/static/of_number.js",
    "decided.js": "page/static/decided.js",
    "again.js": "page/static/again.js",
    "odd.js": "page/static/odd.js",
    "by_epoch.js": "page/static/by_epoch.js",
    "new_training.js": "page/static/new_training.js",
    "training.js": "page/static/training.js",
    "uplot.js": "page/static/uplot.js",
    "uplot.css": "page/static/uplot.css",
    "convolution.js": "look/convolution/browser.js",
    "answer.js": "look/convolution/answer.js",
    "numbers.js": "look/convolution/numbers.js",
    "picture.js": "look/convolution/picture.js",
    "places.js": "look/convolution/places.js",
    "stems.js": "look/convolution/stems.js",
    "weights.js": "look/convolution/weights.js",
    "activations.js": "views/activations.js",
    "answers.js": "views/answers.js",
    "camera.js": "views/camera.js",
    "edits.js": "views/edits.js",
    "explanation.js": "views/explanation.js",
    "given.js": "views/given.js",
    "layers.js": "views/layers.js",
    "maps.js": "views/maps.js",
    "value.js": "views/value.js",
}
"""Name in an address → file in the package. Nothing else is ever read for a browser."""

PORT = 8710
MOST_BYTES = 32 * 2**20
"""Of one message from a browser: an uploaded picture."""
_TYPES = {".svg": "image/svg+xml", ".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
# A report has its style inside, and no script: it is shown without any right to do anything.
_REPORT_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"
)


def application(house: House, doorkeeper: Doorkeeper, hosts: Hosts) -> ASGIApp:
    """Everything that is served."""

    async def index(request: Request) -> Response:
        return _file("page/static/index.html")

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            return PlainTextResponse("There is no such file.\n", 404)
        return _file(STATIC[name])

    async def report(request: Request) -> Response:
        try:
            file = house.run_path(request.path_params["key"]) / "report.html"
            data = file.read_bytes()
        except (PrunelleError, OSError):
            return PlainTextResponse("There is no such report.\n", 404)
        return Response(data, media_type="text/html", headers={"Content-Security-Policy": _REPORT_POLICY})

    async def live(websocket: WebSocket) -> None:
        host = websocket.headers["host"]
        await Tab(house, lambda: f"http://{host}/?token={doorkeeper.token()}").serve(websocket)

    routes = [
        Route("/", index),
        Route("/static/{name}", static),
        Route("/report/{key}", report),
        WebSocketRoute("/live", live),
    ]
    return Guard(Starlette(routes=routes), doorkeeper, hosts)


def _file(name: str) -> Response:
    data = resources.files("prunelle").joinpath(name).read_bytes()
    return Response(data, media_type=_TYPES[Path(name).suffix])


class Server:
    """A server on this machine, in a thread of its own.

    Attributes:
        host, port: where it listens.
    """

    def __init__(self, house: House, *, host: str, port: int | None, exposed: bool) -> None:
        if not exposed and not is_loopback(host):
            raise ArgumentError(
                f"host={host!r} is reached from other machines: whoever has an address of the page sees the runs and "
                "the pictures, starts trainings and uses this machine's processor, and what goes over the network can "
                "be read there, as it is not encrypted. If that is meant, say exposed=True (--exposed)."
            )
        self.host = host
        self._socket = bound(host, port, PORT)
        self.port: int = self._socket.getsockname()[1]
        self.doorkeeper = Doorkeeper(self.port, _secret(self.port))
        app = application(house, self.doorkeeper, Hosts(self.port, exposed=not is_loopback(host)))
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                proxy_headers=False,
                access_log=False,
                server_header=False,
                ws="websockets-sansio",
                ws_max_size=MOST_BYTES,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=2,
                lifespan="off",
            )
        )
        self._thread = threading.Thread(target=self._run, name="page", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"Server({self.address().partition('?')[0]!r})"

    def _repr_html_(self) -> str:
        """In a notebook, a link: an address for one browser, once."""
        words = Words(default_language())
        link = Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(
            self.address(), words("here")
        )
        return card.card(words("page"), [card.sentence(link)], words.language)

    def address(self) -> str:
        """A new one that lets one browser in, once."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in ("0.0.0.0", "::"):
            name = socket.gethostname()
        return f"http://{name}:{self.port}/?token={self.doorkeeper.token()}"

    def close(self) -> None:
        """Nobody is served any more. Trainings go on."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _secret(port: int) -> str:
    """What the cookie holds: the same for a port each time; a server that is started again knows its browsers."""
    file = Path(platformdirs.user_state_dir("prunelle"), "page-key")
    try:
        key = file.read_bytes()
    except OSError:
        key = b""
    if len(key) != 32:
        key = secrets.token_bytes(32)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(key)
    return hmac.new(key, str(port).encode(), hashlib.sha256).hexdigest()

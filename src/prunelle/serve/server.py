"""The server: a socket, uvicorn's loop, and the end of it, at which what was taken is still answered."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from prunelle.errors import ArgumentError
from prunelle.hosts import Hosts, bound, is_loopback
from prunelle.jobs.answerer import Answerer
from prunelle.serve.application import Service, application
from prunelle.serve.connection import Connection, connection_class
from prunelle.serve.limits import HEAD_BYTES, IDLE_SECONDS, Limits

PORT = 8720
SHORTEST_KEY = 16
_BACKLOG = 128
_GRACE_SECONDS = 5
_WITHOUT_KEY = (
    "host={host!r} is reached from other machines, and without a key (--key-file, or PRUNELLE_KEY) everybody there "
    "could use this one's processor. A key of its own: python -c 'import secrets; print(secrets.token_urlsafe())' > key"
)


def read_key(file: Path) -> str:
    """The key in a file: its first line.

    Raises:
        ArgumentError: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"key_file {file} cannot be read: {error}.") from None


class Server:
    """A network that answers at ``host`` and ``port``.

    Args:
        answerer: ``tasks.answerer``.
        host: the address to listen at. port: None for 8720, or the next that is free; 0 for any.
        limits: what a request may take. key: that every request must have.

    Raises:
        ArgumentError: nothing can listen there; beyond loopback without a key; a key that can be guessed.
    """

    def __init__(
        self,
        answerer: Answerer,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        limits: Limits | None = None,
        key: str | None = None,
    ) -> None:
        if key is None and not is_loopback(host):
            raise ArgumentError(_WITHOUT_KEY.format(host=host))
        if key is not None and (
            len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable() or " " in key
        ):
            raise ArgumentError(
                f"key must have at least {SHORTEST_KEY} characters, all of them ASCII and none a space."
            )
        answerer.warm_up()
        self.host = host
        self.limits = limits or Limits()
        self._socket = bound(host, port, PORT)
        self.port: int = self._socket.getsockname()[1]
        self.service = Service(answerer, self.limits)
        hosts = None if key is not None else Hosts(self.port, exposed=False)
        config = uvicorn.Config(
            application(self.service, hosts=hosts, key=key),
            http=connection_class(_most_connections(self.limits.connections)),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",  # not of every request that is none
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            h11_max_incomplete_event_size=HEAD_BYTES,
            timeout_keep_alive=int(IDLE_SECONDS),
            timeout_graceful_shutdown=int(self.limits.seconds) + _GRACE_SECONDS,
        )
        self._server = _Loop(config, self.service)
        self._thread = threading.Thread(target=self._run, name="serve", daemon=True)

    def __repr__(self) -> str:
        return f"Server({self.address!r})"

    @property
    def address(self) -> str:
        """Of the page to try it, and of all else."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    def serve(self) -> None:
        """Answers until SIGTERM or SIGINT; then takes nothing more, and answers what it has. A second one ends it."""
        with _signals(self._server):
            self._run()

    def start(self) -> Server:
        """The same in a thread, until ``close``."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)
        return self

    def close(self) -> None:
        """Takes nothing more, and answers what it has."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


class _Loop(uvicorn.Server):
    """Uvicorn's, that looks after its connections and leaves signals to ``Server.serve``."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        service.metrics.watch(
            "prunelle_connections", "Open connections.", lambda: len(self.server_state.connections)
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None of them."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if counter % 10 == 0:
            now = time.monotonic()
            for each in list(self.server_state.connections):
                if isinstance(each, Connection):
                    each.sweep(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: Any = None) -> None:
        """Whoever asks meanwhile hears that nothing more is taken."""
        self._service.stopping = True
        await super().shutdown(sockets)


@contextlib.contextmanager
def _signals(server: uvicorn.Server) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _most_connections(wanted: int) -> int:
    """Half of the descriptors that this process may have: pictures, files and libraries need some, too."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if most == resource.RLIM_INFINITY else max(1, min(wanted, most // 2))

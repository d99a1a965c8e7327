"""A server on this machine, which misbehaves as real ones do where a test wants it to."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator, Mapping


class Server:
    """Serves ``content`` by path.

    Attributes:
        content: what is there, by path: ``/file``.
        cuts: after how many bytes the next answers end too early.
        ignore_range: it sends the whole, whatever it was asked.
        wrong_range: it sends another part than the one asked for.
        asked: paths, and the parts asked for.
    """

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self.content = dict(content)
        self.cuts: list[int] = []
        self.ignore_range = False
        self.wrong_range = False
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Range")))
                content = outer.content.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                start = 0
                if "Range" in self.headers and not outer.ignore_range:
                    start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
                    start += 1 if outer.wrong_range else 0
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
                else:
                    self.send_response(200)
                body = content[start:]
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body[: outer.cuts.pop(0)] if outer.cuts else body)

            def log_message(self, *args: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


@contextlib.contextmanager
def serving(content: Mapping[str, bytes]) -> Iterator[Server]:
    """Inside, a ``Server`` answers."""
    server = Server(content)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()

"""A server on this machine that speaks as much of the Hugging Face hub's protocol as its client needs.

``HEAD`` and ``GET`` of ``/<owner>/<repository>/resolve/<revision>/<file>`` carry the commit and the SHA-256 of the
file, as the hub's answers for large files do. Any other path is served as a plain file, for ``torch.hub``.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Files by path, and what was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.announced: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.address = ""

    def add(self, path: str, content: bytes, *, announced: str | None = None) -> str:
        """Serves ``content``, and returns its address; ``announced`` is the SHA-256 that the hub states."""
        self.files[path] = content
        self.announced[path] = announced or hashlib.sha256(content).hexdigest()
        return self.address + path


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> bytes:
            path = self.path.partition("?")[0]
            hub.asked.append((self.command, path))
            content = hub.files.get(path)
            if content is None:
                self.send_response(404)
                if "/resolve/" in path:
                    self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return b""
            self.send_response(200)
            if "/resolve/" in path:
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("X-Linked-Etag", f'"{hub.announced[path]}"')
                self.send_header("X-Linked-Size", str(len(content)))
                self.send_header("ETag", f'"{hub.announced[path]}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return content

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self.wfile.write(self._answer())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

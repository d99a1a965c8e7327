"""Where a server listens, and by which names it may be called: of the page and of ``prunelle serve``."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from prunelle.errors import ArgumentError

_TRIED = 20
"""Ports, where none was asked for."""


class Hosts:
    """Names by which this server may be called.

    A name of the network (DNS) can be made to point anywhere, an address of digits cannot: beyond loopback those are
    taken, and the machine's own name.
    """

    def __init__(self, port: int, *, exposed: bool) -> None:
        self._port = port
        self._exposed = exposed
        self._names = {"localhost", "127.0.0.1", "::1"}
        if exposed:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def has(self, netloc: str) -> bool:
        """Whether ``name:port`` is one."""
        try:
            parts = urlsplit(f"//{netloc}")
            name, port = parts.hostname, parts.port
        except ValueError:
            return False
        if name is None or parts.username is not None or parts.path or parts.query or parts.fragment:
            return False
        if (80 if port is None else port) != self._port:
            return False
        return name in self._names or (self._exposed and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def bound(host: str, port: int | None, usual: int) -> socket.socket:
    """A socket that listens at ``port``; None for ``usual``, or the next that is free.

    Raises:
        ArgumentError: nothing can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tried = range(usual, usual + _TRIED) if port is None else (port,)
    for one in tried:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, one))
            made.listen(128)  # at once: whoever comes before the server runs waits a moment
        except OSError as error:
            made.close()
            if one == tried[-1]:
                raise ArgumentError(
                    f"nothing can listen at {host}, port {one}: {error.strerror or error}. Choose another with "
                    "port=… (--port)."
                ) from None
            continue
        return made
    raise AssertionError

"""Who is let in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from prunelle.errors import ArgumentError
from prunelle.serve.server import Server
from tests.serve.conftest import answerer, ask, form, picture

KEY = "a-key-that-nobody-guesses"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW")
PATHS = (
    "/",
    "/predict",
    "/model",
    "/openapi.json",
    "/health",
    "/ready",
    "/metrics",
    "/nothing",
    "//",
    "/docs",
)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "x@127.0.0.1:{port}",
        "127.0.0.1:1",
        "",
    ],
)
def test_another_name_is_refused(server: Server, host: str) -> None:
    """DNS rebinding: a name of the attacker's that points here."""
    told = ask(server, "GET", "/model", Host=host.format(port=server.port))
    assert told.status in (400, 421)
    assert b"classes" not in told.body


def test_names_of_this_machine_are_known(server: Server) -> None:
    for name in ("localhost", "127.0.0.1", "[::1]"):
        assert ask(server, "GET", "/health", Host=f"{name}:{server.port}").status == 200


def test_another_site_in_a_browser_here_is_refused(server: Server) -> None:
    """A form that is sent without reading the answer needs nobody's leave, and would use this processor."""
    sent = form(("a.png", picture(1, 2, 3)))
    for origin in (
        "https://evil.example",
        "null",
        f"http://127.0.0.1:{server.port}.evil.example",
        "http://localhost",
    ):
        assert ask(server, "POST", "/predict", **sent, Origin=origin).status == 403
    assert ask(server, "POST", "/predict", **sent, Sec_Fetch_Site="cross-site").status == 403
    own = ask(server, "POST", "/predict", **sent, Origin=f"http://127.0.0.1:{server.port}")
    assert own.status == 200
    assert "access-control-allow-origin" not in own.headers


@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_what_is_meant_is_there(server: Server, path: str) -> None:
    for method in METHODS:
        meant = "POST" if path == "/predict" else "GET"
        status = ask(server, method, path).status
        if path in ("/nothing", "//", "/docs"):
            assert status == 404
        elif method == meant:
            assert status in (200, 415)
        elif method == "HEAD" and meant == "GET":
            assert status == 200
        else:
            assert status == 405


def test_every_answer_keeps_browsers_from_guessing(server: Server) -> None:
    for path in PATHS:
        headers = ask(server, "GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_with_a_key_nothing_is_told_without_it(serve: Callable[..., Server]) -> None:
    server = serve(key=KEY)
    sent = form(("a.png", picture(1, 2, 3)))
    for wrong in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": f"Basic {KEY}"},
        {"X_API_Key": KEY[:-1]},
        {"Authorization": "Bearer é"},
    ):
        for method, path, more in (
            ("POST", "/predict", sent),
            ("GET", "/model", {}),
            ("GET", "/metrics", {}),
            ("GET", "/openapi.json", {}),
            ("GET", "/nothing", {}),
        ):
            told = ask(server, method, path, **more, **wrong)
            assert told.status == 401, (path, wrong)
            assert told.headers["www-authenticate"] == "Bearer"
    for right in (
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"bearer  {KEY}"},
        {"X_API_Key": KEY},
    ):
        assert ask(server, "POST", "/predict", **sent, **right).status == 200
        # Behind a proxy the server has another name.
        assert ask(server, "GET", "/model", Host="photos.example", **right).status == 200
    for path in ("/health", "/ready", "/"):
        assert ask(server, "GET", path).status == 200
    assert KEY.encode() not in ask(server, "GET", "/").body


def test_beyond_loopback_there_must_be_a_key() -> None:
    with pytest.raises(ArgumentError, match=r"without a key \(--key-file, or PRUNELLE_KEY\)"):
        Server(answerer(), host="0.0.0.0", port=0)
    for key in ("short", "a" * 15, "é" * 20, "a b" * 10, ""):
        with pytest.raises(ArgumentError, match="key must have at least 16 characters"):
            Server(answerer(), host="0.0.0.0", port=0, key=key)


def test_a_port_that_is_taken_is_said(server: Server) -> None:
    with pytest.raises(ArgumentError, match=rf"port {server.port}.*--port"):
        Server(answerer(), port=server.port)


def test_a_closed_server_answers_nobody(serve: Callable[..., Server]) -> None:
    server = serve()
    server.close()
    with contextlib.suppress(ConnectionError):
        ask(server, "GET", "/health")
        pytest.fail("it answered")

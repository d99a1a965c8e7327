"""What a stranger may send, byte by byte: nothing crashes, nothing hangs, memory stays, and others are answered."""

from __future__ import annotations

import contextlib
import gc
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prunelle.serve import connection, door
from prunelle.serve.server import Server
from tests.hostile import not_whole, too_costly
from tests.serve.conftest import Slow, answerer, ask, form, picture, predict, raw, until

RED = picture(255, 0, 0)
HEAD = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: image/png\r\n"


def answered(server: Server) -> bool:
    """Whether somebody who means well is."""
    return predict(server, ("a.png", RED)).status == 200


def received(sock: socket.socket) -> bytes:
    """All, until the server closes."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := sock.recv(65536):
            parts.append(part)
    return b"".join(parts)


def head(server: Server) -> bytes:
    return HEAD.format(port=server.port).encode()


# ---- Pictures.


@pytest.mark.parametrize("files", [too_costly, not_whole], ids=["too costly", "not whole"])
def test_pictures_that_are_bombs_or_damaged_are_errors_of_their_own(
    server: Server, files: Callable[[], dict[str, bytes]]
) -> None:
    content = sorted(files().items())
    for start in range(0, len(content), 60):
        told = predict(server, *content[start : start + 60])
        assert told.status in (200, 422)
        # Some of what is not whole is read all the same, as `prunelle predict` does; none takes the server along.
        if files is too_costly:
            assert all(each.get("error") for each in told.json["answers"])
    assert answered(server)


# ---- Slow, and half.


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]) -> Server:
    """Heads have a second, bodies two."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(connection, "STUCK_SECONDS", 1.0)
    monkeypatch.setattr(door, "_DRAINED_SECONDS", 1.0)
    return serve(seconds=2)


@pytest.mark.parametrize("begin", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b"])
def test_a_head_that_never_ends_is_ended(impatient: Server, begin: bytes) -> None:
    """Slow loris: a byte now and then keeps nothing open."""
    with raw(impatient) as sock:
        sock.sendall(begin)
        stop = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                while begin and not stop.wait(0.2):
                    sock.sendall(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        assert b" 408 " in received(sock)
        stop.set()
        thread.join()
    assert answered(impatient)


def test_a_second_head_that_never_ends_is_ended_too(impatient: Server) -> None:
    with raw(impatient) as sock:
        sock.sendall(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{impatient.port}\r\n\r\n".encode())
        assert b" 200 " in sock.recv(65536)
        sock.sendall(b"GET / HT")
        assert b" 408 " in received(sock)


@pytest.mark.parametrize("coding", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_that_never_ends_is_ended(impatient: Server, coding: str) -> None:
    with raw(impatient) as sock:
        sock.sendall(
            head(impatient) + f"{coding}\r\n\r\n".encode() + (b"1\r\na\r\n" if "chunked" in coding else b"a")
        )
        told = received(sock)
    assert b" 408 " in told
    assert b"longer than 2 s" in told
    assert impatient.service.room.taken == 0
    assert answered(impatient)


def test_chunks_without_end_are_refused(serve: Callable[..., Server]) -> None:
    server = serve(body_bytes=100_000)
    with raw(server) as sock:
        sock.sendall(head(server) + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 100_000_000:
                sock.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
                sent += 65536
        assert sent < 100_000_000
    assert server.service.room.taken == 0
    with raw(server) as sock:
        sock.sendall(
            head(server)
            + b"Transfer-Encoding: chunked\r\n\r\n"
            + b"186A1\r\n"
            + bytes(100_001)
            + b"\r\n0\r\n\r\n"
        )
        assert b" 413 " in sock.recv(65536)
    assert answered(server)


def test_a_length_beyond_all_measure_is_refused_before_it_comes(impatient: Server) -> None:
    for length in ("32000001", "9" * 12, "9" * 200):
        with raw(impatient) as sock:
            sock.sendall(head(impatient) + f"Content-Length: {length}\r\n\r\n".encode())
            told = received(sock)
            assert b" 413 " in told or b" 400 " in told
    assert answered(impatient)


def test_who_closes_one_half_is_answered_and_who_has_not_sent_all_is_not(server: Server) -> None:
    with raw(server) as sock:
        sock.sendall(head(server) + f"Content-Length: {len(RED)}\r\n\r\n".encode() + RED)
        sock.shutdown(socket.SHUT_WR)
        told = received(sock)
    assert b" 200 " in told
    assert b'"red"' in told
    with raw(server) as sock:
        sock.sendall(head(server) + f"Content-Length: {len(RED) + 1}\r\n\r\n".encode() + RED)
        sock.shutdown(socket.SHUT_WR)
        assert received(sock) == b""
    until(lambda: server.service.room.taken == 0)
    assert answered(server)


def test_who_leaves_without_a_word_takes_nothing_along(server: Server) -> None:
    for _ in range(50):
        sock = raw(server)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.sendall(head(server) + f"Content-Length: {len(RED)}\r\n\r\n".encode() + RED[:-1])
        sock.close()
    assert answered(server)
    until(lambda: (server.service.room.taken, server.service.batcher.inside) == (0, 0))


def test_who_takes_no_answer_is_let_go(impatient: Server) -> None:
    """Thousands of requests in a row, of which no answer is read: what is written for them has an end."""
    one = f"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1:{impatient.port}\r\n\r\n".encode()
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(5)
    sock.connect(("127.0.0.1", impatient.port))
    with sock, contextlib.suppress(OSError):
        for _ in range(400):
            sock.sendall(one * 1000)
        pytest.fail("all of it was taken")
    until(lambda: not impatient._server.server_state.connections)
    assert answered(impatient)


# ---- Many.


def test_connections_beyond_the_limit_are_told_so_and_others_come_in_again(
    impatient: Server, serve: Callable[..., Server]
) -> None:
    server = serve(connections=20)
    with contextlib.ExitStack() as many:
        held = [many.enter_context(raw(server)) for _ in range(120)]
        until(lambda: len(server._server.server_state.connections) >= 20)
        late = many.enter_context(raw(server))
        late.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        told = received(late)
        assert told == b"" or (b" 503 " in told and b"Retry-After: 1" in told)
        assert any(b" 503 " in each.recv(4096) for each in held[20:22])
    until(lambda: answered(server))


def test_as_many_connections_as_there_are_descriptors(serve: Callable[..., Server]) -> None:
    """The limit follows that of the process: below it there is always one left for a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 64
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 300, hard))
    try:
        server = serve(connections=100_000)
        held = []
        with contextlib.suppress(OSError):
            while True:
                held.append(socket.create_connection(("127.0.0.1", server.port), timeout=5))
        assert len(held) > 100
        for each in held:
            each.close()
        del held
        gc.collect()
        until(lambda: answered(server))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ---- Bodies.


def test_a_part_without_end_and_parts_without_number_are_refused(serve: Callable[..., Server]) -> None:
    server = serve(body_bytes=2_000_000)
    assert predict(server, ("large.png", bytes(2_000_000))).status == 413
    assert predict(server, *[("a.png", b"")] * 5000).status == 413
    assert predict(server, *[("a.png", RED)] * 65).status == 413
    sent = form(("a.png", RED))
    header = b"X-A: " + b"a" * 100_000 + b"\r\n"
    sent["body"] = sent["body"].replace(b"Content-Type", header + b"Content-Type", 1)
    assert ask(server, "POST", "/predict", **sent).status == 400
    sent["body"] = form(("a.png", RED))["body"].replace(
        b"Content-Type", b"A: b\r\n" * 5000 + b"Content-Type", 1
    )
    assert ask(server, "POST", "/predict", **sent).status == 400
    for name in ("../../etc/passwd", "\x1b[2J<script>", "a" * 5000, ""):
        told = predict(server, (name, RED))
        assert told.status in (200, 400)
        assert told.status == 400 or len(told.json["answers"][0]["file"]) <= 200
    assert answered(server)


JSONS = {
    "deep": b'{"pictures": ' + b"[" * 1_000_000,
    "wide": b'{"pictures": [' + b'"",' * 500_000 + b'""]}',
    "long": b'{"pictures": ["' + b"A" * 5_000_000 + b'"]}',
    "number": b'{"pictures": ' + b"9" * 100_000 + b"}",
    "names": b"{" + b",".join(b'"%d": 1' % i for i in range(100_000)) + b"}",
    "not utf-8": b'{"pictures": ["\xff"]}',
    "halves": b'{"pictures": [{"data": "", "name": "\\ud800"}]}',
}


@pytest.mark.parametrize("name", JSONS)
def test_json_that_is_deep_or_wide_is_refused(server: Server, name: str) -> None:
    told = ask(server, "POST", "/predict", JSONS[name], Content_Type="application/json")
    assert told.status in (400, 413, 422)
    assert answered(server)


def test_a_type_that_is_not_its_body_s_is_no_matter(server: Server) -> None:
    told = ask(server, "POST", "/predict", RED, Content_Type="image/jpeg")
    assert told.json["answers"][0]["predictions"][0]["class"] == "red"
    for kind in (
        "multipart/form-data; boundary=" + "x" * 5000,
        'multipart/form-data; boundary="',
        "image/" + "x" * 9000,
        ";;;=,",
    ):
        assert ask(server, "POST", "/predict", RED, Content_Type=kind).status in (200, 400, 415)
    assert answered(server)


def lines(server: Server) -> Iterator[bytes]:
    host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
    yield b"\0" * 5000
    yield b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + host + b"\r\n"
    yield b"GET / HTTP/x\r\n" + host + b"\r\n"
    yield b"GET / HTTP/1.1\r\n" + host + host + b"\r\n"
    yield b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n"
    yield (
        b"POST /predict HTTP/1.1\r\n"
        + host
        + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    yield b"POST /predict HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n"
    yield b"POST /predict HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n"
    yield b"GET /live HTTP/1.1\r\n" + host + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield b"\x16\x03\x01\x02\x00\x01\x00"  # TLS


def test_what_is_no_http_is_the_end_of_that_connection_alone(impatient: Server) -> None:
    for line in lines(impatient):
        with raw(impatient) as sock, contextlib.suppress(OSError):
            sock.sendall(line)
            sock.shutdown(socket.SHUT_WR)
            told = received(sock)
            assert told == b"" or told.startswith(b"HTTP/1.1 4"), told
    assert answered(impatient)


def test_what_a_network_raises_is_one_answer(serve: Callable[..., Server]) -> None:
    ready = answerer()
    server = serve(ready)
    rows, ready.rows = ready.rows, lambda *_, **__: 1 / 0
    assert predict(server, ("a.png", RED)).status == 500
    ready.rows = rows
    assert answered(server)


def test_memory_stays(serve: Callable[..., Server]) -> None:
    """What all requests together may take has an end: beyond it is 503, not memory."""
    server = serve(answerer(Slow()), body_bytes=10_000_000, room_bytes=60_000_000)
    body = RED + bytes(9_000_000)
    statuses: list[int] = []

    def send() -> None:
        statuses.append(ask(server, "POST", "/predict", body, Content_Type="image/png").status)

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    most = 0
    while any(thread.is_alive() for thread in threads):
        most = max(most, server.service.room.taken)
        time.sleep(0.005)
    assert most <= 60_000_000
    assert set(statuses) <= {200, 422, 503}
    assert len(statuses) == 12
    assert 503 in statuses
    assert server.service.room.taken == 0
    assert answered(server)

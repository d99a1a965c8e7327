"""Who is let in. Each attack is one that worked on a peer; the request is sent as bytes, as an attacker's would be."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from prunelle.errors import ArgumentError
from prunelle.hosts import Hosts
from prunelle.page.house import House, key_of
from prunelle.page.panels import PANELS
from prunelle.page.server import MOST_BYTES, STATIC, Server
from prunelle.page.wire import Frame, Message, decode, encode
from tests.contract.test_dependencies import PROJECT

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW")
PATHS = ("/", "/static/app.js", "/report/0", "/live", "/nothing", "//", "/static/", "/docs", "/openapi.json")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all: none of them changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        made = Server(House(), host="127.0.0.1", port=0, exposed=False)
        yield made
        made.close()


def token_of(server: Server) -> str:
    return server.address().partition("token=")[2]


def cookie_of(server: Server) -> str:
    answer = request(server, "GET", f"/?token={token_of(server)}")
    assert answer.status == 303
    return answer.headers["set-cookie"].partition(";")[0]


class Answer:
    """Status, headers and text of an answer to bytes."""

    def __init__(self, raw: socket.socket, method: str) -> None:
        response = http.client.HTTPResponse(raw, method=method)
        response.begin()
        self.status, self.headers = response.status, {k.lower(): v for k, v in response.getheaders()}
        self.text = response.read().decode()


def request(
    server: Server, method: str, target: str, headers: dict[str, str] | str = "", body: str = ""
) -> Answer:
    """Sent byte by byte as it is: no client here makes a path or a header nicer. A text as headers is all of them."""
    if not isinstance(headers, str):
        headers = "".join(
            f"{name}: {value}\r\n" for name, value in ({"Host": here(server)} | headers).items()
        )
    headers = headers or f"Host: {here(server)}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(
            f"{method} {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n{body}".encode("latin-1")
        )
        return Answer(raw, method)


def here(server: Server) -> str:
    return f"127.0.0.1:{server.port}"


def open_socket(server: Server, **headers: str | None):
    """A WebSocket with the headers of a browser that is let in, but for those given; None leaves one out."""
    given = {"Cookie": cookie_of(server), "Origin": f"http://{here(server)}"} | headers
    origin = given.pop("Origin")
    host = given.pop("Host", None)
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    return connect(
        f"ws://{host or here(server)}/live",
        sock=raw,
        origin=origin,  # type: ignore[arg-type]
        additional_headers={name: value for name, value in given.items() if value is not None},
        proxy=None,
    )


def ask(connection, content: dict[str, object], panel: str = "shell") -> dict[str, object]:
    connection.send(encode(Frame(panel, 1, Message(content))))
    return dict(decode(connection.recv(timeout=10)).message.content)


# ---- The door.


def test_an_address_lets_in_once(server: Server) -> None:
    token = token_of(server)
    first = request(server, "GET", f"/?token={token}")
    assert (first.status, first.headers["location"]) == (303, "/")
    set_cookie = first.headers["set-cookie"]
    # It outlives the browser's windows.
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=2592000"} <= {
        part.strip() for part in set_cookie.split(";")
    }
    again = request(server, "GET", f"/?token={token}")
    assert again.status == 403
    assert "was used already" in again.text
    assert "set-cookie" not in again.headers
    # Who is in already may follow it once more.
    cookie = set_cookie.partition(";")[0]
    assert request(server, "GET", f"/?token={token}", {"Cookie": cookie}).status == 303
    assert "<title>Prunelle" in request(server, "GET", "/", {"Cookie": cookie}).text


def test_a_program_that_previews_links_spends_no_address(server: Server) -> None:
    token = token_of(server)
    assert request(server, "HEAD", f"/?token={token}").status == 403
    assert request(server, "GET", f"/?token={token}").status == 303


@pytest.mark.parametrize("token", ["", "x", "%C3%A9", "%ff", "%00", "a" * 5000])
def test_a_wrong_token_lets_nobody_in(server: Server, token: str) -> None:
    answer = request(server, "GET", f"/?token={token}")
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_without_the_cookie_nothing_is_served(server: Server, path: str) -> None:
    assert request(server, "GET", path).status == 403
    wrong = f"{server.doorkeeper.cookie}={'0' * 64}"
    for cookie in (wrong, f"{server.doorkeeper.cookie}=", "=;;=", f'{server.doorkeeper.cookie}="', "é=\xff"):
        assert request(server, "GET", path, {"Cookie": cookie}).status == 403


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", PATHS)
def test_no_method_is_forgotten(server: Server, method: str, path: str) -> None:
    """Ray, CVE-2026-27482: the check knew some methods, and another did the same unasked."""
    if method in ("CONNECT", "TRACE") and path == "//":
        pytest.skip("no request line that a parser takes")
    refused = request(server, method, path)
    assert refused.status in (403, 405, 400)
    cookie = cookie_of(server)
    answer = request(server, method, path, {"Cookie": cookie})
    if method not in ("GET", "HEAD"):
        assert answer.status in (405, 400)


# ---- Other sites.


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1:{port}@evil.example",
        "evil.example@127.0.0.1:{port}",
        "127.0.0.1:1",
        "127.0.0.1:{port}/x",
        "127.0.0.1:{port}, evil.example",
        "192.168.1.20:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_name_that_was_pointed_here_is_refused(server: Server, host: str, method: str) -> None:
    """DNS rebinding (MLflow, CVE-2025-14279): the browser believes to speak to evil.example, cookie or not."""
    given = {"Host": host.format(port=server.port), "Cookie": cookie_of(server)}
    assert request(server, method, "/", given).status in (421, 400)
    # Nor by what a proxy would say.
    for header in ("X-Forwarded-Host", "Forwarded", "X-Forwarded-For"):
        assert request(server, method, "/", given | {header: here(server)}).status in (421, 400)


def test_a_second_host_is_refused(server: Server) -> None:
    cookie = cookie_of(server)
    both = f"Host: {here(server)}\r\nHost: evil.example\r\nCookie: {cookie}\r\n"
    assert request(server, "GET", "/", both).status in (400, 421)
    none = f"Cookie: {cookie}\r\n"
    assert request(server, "GET", "/", none).status in (400, 421)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", ""]
)
@pytest.mark.parametrize("path", PATHS)
def test_another_origin_is_refused(server: Server, origin: str, path: str) -> None:
    """A page elsewhere that asks here (MLflow, CVE-2026-2611)."""
    given = {"Origin": origin.format(port=server.port), "Cookie": cookie_of(server)}
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        answer = request(server, method, path, given)
        assert answer.status in (403, 400)
        assert "access-control-allow-origin" not in answer.headers


def test_another_port_of_this_machine_may_lead_here_and_no_more(server: Server) -> None:
    """For browsers it is the same site, and its requests carry the cookie."""
    given = {"Cookie": cookie_of(server), "Sec-Fetch-Site": "same-site"}
    assert request(server, "GET", "/static/app.js", given | {"Sec-Fetch-Mode": "no-cors"}).status == 403
    framed = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert request(server, "GET", "/", given | framed).status == 403
    led = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert request(server, "GET", "/", given | led).status == 200


# ---- The WebSocket.


def test_a_socket_with_all_that_is_asked_opens(server: Server) -> None:
    with open_socket(server) as connection:
        assert "panels" in ask(connection, {"type": "words", "language": "fr"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": None},
        {"Cookie": "prunelle-1=x"},
        {"Origin": None},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_socket_is_checked_as_everything_is(server: Server, headers: dict[str, str | None]) -> None:
    """marimo, CVE-2026-39987: a WebSocket that skipped what every request had to pass."""
    with pytest.raises(InvalidStatus) as refused, open_socket(server, **headers):
        pass
    assert refused.value.response.status_code == 403


def test_a_token_opens_no_socket(server: Server) -> None:
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    with (
        pytest.raises(InvalidStatus),
        connect(
            f"ws://{here(server)}/live?token={token_of(server)}", sock=raw, origin=f"http://{here(server)}"
        ),  # type: ignore[arg-type]
    ):
        pass


def test_a_message_has_a_largest_size(server: Server) -> None:
    with open_socket(server) as connection:
        with contextlib.suppress(ConnectionClosed):
            connection.send(bytes(MOST_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=10)
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
    with open_socket(server) as connection:
        assert "panels" in ask(connection, {"type": "words"})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff\xff\xff",
        b"\x02\0\0\0{}",
        b"\x02\0\0\0[]",
        b"\x05\0\0\0\xff\xff\xff\xff\xff",
        b"\x40\x42\x0f\0" + b"[" * 1_000_000,
        encode(Frame("shell", 1, Message({"type": "open", "panel": "../../etc"}))),
        encode(Frame("shell", 1, Message({"type": "open", "panel": {"a": 1}}))),
        encode(Frame("look", 1, Message({"type": "picture"}))),
    ],
)
def test_what_is_no_frame_is_said_and_the_socket_goes_on(server: Server, data: bytes) -> None:
    with open_socket(server) as connection:
        connection.send(data)
        assert decode(connection.recv(timeout=10)).message.content["type"] == "error"
        assert "panels" in ask(connection, {"type": "words"})


def test_a_text_closes_the_socket_and_nothing_else(server: Server) -> None:
    with open_socket(server) as connection:
        connection.send("text")
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=10)
    assert request(server, "GET", "/", {"Cookie": cookie_of(server)}).status == 200


# ---- Files, and other hosts.


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/static/....//app.js",
        "/static//etc/passwd",
        "/static/app.js%00.css",
        "/static/..\\server.py",
        "/static/APP.JS",
        "/report/../static/app.js/x",
        "/report/..%2f..%2fetc%2fpasswd",
        "/report/%2fetc%2fpasswd",
        "/report/.",
        "/etc/passwd",
        "/file=/etc/passwd",
    ],
)
def test_no_path_leads_to_a_file(server: Server, path: str) -> None:
    """Gradio, CVE-2026-28414: a path from the browser that was opened."""
    answer = request(server, "GET", path, {"Cookie": cookie_of(server)})
    assert answer.status == 404
    assert "root:" not in answer.text
    assert "import" not in answer.text


def test_a_target_with_another_host_in_it_is_none(server: Server) -> None:
    given = {"Cookie": cookie_of(server)}
    assert request(server, "GET", "http://evil.example/", given).status in (200, 400, 404, 421)
    with open_socket(server) as connection:
        assert ask(connection, {"type": "open", "panel": "http://evil.example/"})["type"] == "error"


NAMING = (
    *("source", "name", "input", "data", "key", "run", "path", "network", "weights", "file", "subject"),
    *("folder", "url", "kernel", "picture"),
)
"""Keys under which a message could name a place."""


@pytest.mark.parametrize("panel", PANELS)
def test_nothing_fetches_what_it_is_told_to(panel: str, serve: Callable[..., Server], tmp_path: Path) -> None:
    """Gradio, CVE-2026-28416: a server that asked other hosts, and files of this one, on a browser's behalf."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    server = serve(subject="lenet5", runs_folder=tmp_path / "runs")
    with socket.create_server(("127.0.0.1", 0)) as listener, open_socket(server) as connection:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        places = [f"{scheme}://127.0.0.1:{port}/x" for scheme in ("http", "ftp", "git+http")]
        places += [f"file://{secret}", str(secret), "../secret.png", f"//127.0.0.1:{port}/x"]
        for place in places:
            ask(connection, {"type": "open", "panel": panel, "options": {"subject": place, "input": place}})
            for kind in (
                "picture",
                "convolve",
                "upload",
                "start",
                "propose",
                "compare",
                "curves",
                "look",
                place,
            ):
                fields = (
                    "source",
                    "name",
                    "input",
                    "data",
                    "key",
                    "run",
                    "path",
                    "network",
                    "weights",
                    "file",
                    "subject",
                )
                content = {"type": kind, **dict.fromkeys(fields, place)}
                told = json.dumps(ask(connection, content, panel))
                assert "secret" not in told.replace(json.dumps(place)[1:-1], "")
                ask(connection, content | {"input": {"name": place}, "source": "file"}, panel)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert not list((tmp_path / "runs").glob("*"))


def test_what_is_served_is_listed_and_starlette_serves_no_folder(server: Server) -> None:
    """Its published advisories are of forms, files by range and folders; none of these is used here."""
    cookie = cookie_of(server)
    for name, file in STATIC.items():
        assert request(server, "GET", f"/static/{name}", {"Cookie": cookie}).status == 200
        assert ".." not in file
    from prunelle.page import server as module

    source = Path(module.__file__).read_text()
    assert "StaticFiles" not in source
    assert "FileResponse" not in source
    assert ".form(" not in source
    app = module.application(House(), server.doorkeeper, Hosts(1, exposed=False))._app  # type: ignore[attr-defined]
    assert {type(route) for route in app.routes} == {Route, WebSocketRoute}
    wanted = PROJECT["optional-dependencies"]["page"]
    assert any(one.startswith("starlette>=1.10") for one in wanted)
    many = "bytes=" + ",".join(f"{i}-{i + 1}" for i in range(2000))
    assert request(server, "GET", "/static/app.js", {"Cookie": cookie, "Range": many}).status == 200


def test_a_report_from_a_stranger_runs_nothing(serve: Callable[..., Server], tmp_path: Path) -> None:
    run = tmp_path / "runs" / "theirs"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / "report.html").write_text("<script>document.title = 'owned'</script>")
    server = serve(runs_folder=tmp_path / "runs")
    answer = request(server, "GET", f"/report/{key_of(run)}", {"Cookie": cookie_of(server)})
    assert answer.status == 200
    rules = [rule.strip() for rule in answer.headers["content-security-policy"].split(";")]
    assert "sandbox" in rules
    assert "default-src 'none'" in rules
    assert not any(rule.startswith("script-src") for rule in rules)


def test_every_answer_says_what_a_page_may_do(server: Server) -> None:
    cookie = {"Cookie": cookie_of(server)}
    for answer in (
        request(server, "GET", "/", cookie),
        request(server, "GET", "/static/app.js", cookie),
        request(server, "GET", "/nothing", cookie),
        request(server, "POST", "/", cookie),
        request(server, "GET", "/"),
        request(server, "GET", "/", {"Host": "evil.example"}),
        request(server, "GET", f"/?token={token_of(server)}"),
    ):
        rules = [rule.strip() for rule in answer.headers["content-security-policy"].split(";")]
        assert rules[0] == "default-src 'self'"
        assert {
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        } <= set(rules)
        assert not any("unsafe" in rule for rule in rules)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


# ---- Beyond this machine.


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "::", "myhost"])
def test_beyond_loopback_needs_the_word(host: str) -> None:
    with pytest.raises(ArgumentError, match=r"reached from other machines.*exposed=True"):
        Server(House(), host=host, port=0, exposed=False)


def test_an_exposed_server_takes_addresses_and_its_own_name_alone() -> None:
    hosts = Hosts(8710, exposed=True)
    assert hosts.has("192.168.1.20:8710")
    assert hosts.has("[fe80::1]:8710")
    assert hosts.has(f"{socket.gethostname()}:8710")
    assert not hosts.has("evil.example:8710")
    assert not hosts.has("192.168.1.20:80")
    assert not hosts.has("192.168.1.20.evil.example:8710")
    server = Server(House(), host="0.0.0.0", port=0, exposed=True)
    try:
        assert server.address().startswith(f"http://{socket.gethostname()}:{server.port}/?token=")
        assert request(server, "GET", "/").status == 403
    finally:
        server.close()


# ---- The key of the cookies.


def test_a_server_that_is_started_again_knows_its_browsers(
    serve: Callable[..., Server], state_folder: Path
) -> None:
    first = serve()
    cookie = cookie_of(first)
    first.close()
    again = serve(port=first.port)
    assert request(again, "GET", "/", {"Cookie": cookie}).status == 200
    (file,) = state_folder.rglob("page-key")
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    other = serve()
    assert request(other, "GET", "/", {"Cookie": cookie}).status == 403


def test_a_port_that_is_taken_is_said(serve: Callable[..., Server]) -> None:
    first = serve()
    with pytest.raises(ArgumentError, match=rf"port {first.port}.*--port"):
        serve(port=first.port)


def test_an_invitation_is_an_address_that_lets_in_once(server: Server) -> None:
    with open_socket(server) as connection:
        address = str(ask(connection, {"type": "invite"})["address"])
    target = address.removeprefix(f"http://{here(server)}")
    assert request(server, "GET", target).status == 303
    assert request(server, "GET", target).status == 403
    assert json.dumps(address).isascii()


def test_a_closed_server_answers_nobody(serve: Callable[..., Server]) -> None:
    server = serve()
    server.close()
    with contextlib.suppress(ConnectionError):
        request(server, "GET", "/")
        pytest.fail("it answered")

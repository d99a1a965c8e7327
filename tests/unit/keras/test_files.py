"""``get_file``: files by their address, from this disk and from a server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import io
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.keras import compat
from prunelle.keras.names import utils
from tests.web import Server, serving

CONTENT = b"une rose est une rose"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({"/textes/rose.txt": CONTENT}) as server:
        yield server


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Prunelle's data folder, and Keras's own."""
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path / "prunelle"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "prunelle", tmp_path / "keras"


def test_a_file_by_its_address(tmp_path: Path, keras_2: None) -> None:
    source = tmp_path / "là-bas" / "fleurs.tgz"
    source.parent.mkdir()
    (tmp_path / "fleurs").mkdir()
    (tmp_path / "fleurs" / "a.txt").write_text("rose")
    with tarfile.open(source, "w:gz") as archive:
        archive.add(tmp_path / "fleurs", "fleurs")
    address, digest = source.as_uri(), hashlib.sha256(source.read_bytes()).hexdigest()
    cache = tmp_path / "cache"
    found = utils.get_file("fleurs", origin=address, untar=True, file_hash=digest, cache_dir=cache)
    assert found == str(cache / "datasets" / "fleurs")
    assert Path(found, "a.txt").read_text() == "rose"
    source.unlink()
    assert utils.get_file("fleurs", origin=address, untar=True, file_hash=digest, cache_dir=cache) == found
    with pytest.raises(MissingData, match="could not be fetched"):
        utils.get_file("autre.txt", origin=address, cache_dir=cache)
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(DataError, match="gave another file than the one with the hash 00"):
        utils.get_file(origin=(tmp_path / "x.txt").as_uri(), md5_hash="0" * 32, cache_dir=cache)
    assert not list((cache / "datasets").glob("x.txt*"))


@pytest.mark.parametrize("told", [True, False], ids=["length", "chunks"])
def test_a_file_that_is_cut_short_is_not_kept(tmp_path: Path, told: bool) -> None:
    content, sent = b"x" * 5000, [1000, 5000]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            part = content[: sent.pop(0)]
            self.send_response(200)
            if told:
                self.send_header("Content-Length", "5000")
            else:
                self.send_header("Transfer-Encoding", "chunked")
                part = b"1388\r\n" + part + (b"\r\n0\r\n\r\n" if len(part) == 5000 else b"")
            self.end_headers()
            self.wfile.write(part)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=lambda: [server.handle_request() for _ in range(2)])
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/data.bin"
        with pytest.raises(MissingData, match="the connection ended after"):
            utils.get_file(origin=address, cache_dir=tmp_path)
        assert list((tmp_path / "datasets").iterdir()) == []
        # What another process left half fetched goes with the next one.
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        (tmp_path / "datasets" / f".data.bin.{dead.pid}-0.tmp").write_bytes(b"half")
        (tmp_path / "datasets" / "mine.tmp").write_bytes(b"mine")
        found = Path(utils.get_file(origin=address, cache_dir=tmp_path))
        thread.join()
    assert found.read_bytes() == content
    assert sorted(path.name for path in found.parent.iterdir()) == ["data.bin", "mine.tmp"]


def test_a_file_is_fetched_once(server: Server, homes: tuple[Path, Path]) -> None:
    digest = hashlib.md5(CONTENT).hexdigest()
    for _ in range(2):
        found = utils.get_file("rose", origin=f"{server.url}/textes/rose.txt", md5_hash=digest.upper())
        assert found == str(homes[0] / "datasets" / "rose")
    assert Path(found).read_bytes() == CONTENT
    assert len(server.asked) == 1
    # The name is the address's last part where the program gives none; a question is no part of it.
    server.content["/textes/rose.txt?raw=1"] = CONTENT
    other = utils.get_file(origin=f"{server.url}/textes/rose.txt?raw=1", cache_subdir="textes")
    assert other == str(homes[0] / "textes" / "rose.txt")


def test_a_file_that_keras_has_is_taken(server: Server, homes: tuple[Path, Path]) -> None:
    kept = homes[1] / "datasets" / "rose.txt"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"rose")
    address = f"{server.url}/textes/rose.txt"
    assert utils.get_file("rose.txt", origin=address) == str(kept)
    assert server.asked == []
    # It is not the one that is asked for: fetched, beside it.
    digest = hashlib.sha256(CONTENT).hexdigest()
    found = utils.get_file("rose.txt", origin=address, file_hash=digest, hash_algorithm="sha256")
    assert found == str(homes[0] / "datasets" / "rose.txt")
    assert kept.read_bytes() == b"rose"
    assert utils.get_file("rose.txt", origin=address, force_download=True) == found
    assert len(server.asked) == 2


def test_a_file_that_is_another_takes_no_place(server: Server, tmp_path: Path) -> None:
    here = tmp_path / "datasets" / "rose.txt"
    here.parent.mkdir()
    here.write_bytes(b"mine")
    with pytest.raises(
        DataError, match=r"/textes/rose\.txt gave another file than the one with the hash 0{32}; it"
    ):
        utils.get_file("rose.txt", f"{server.url}/textes/rose.txt", md5_hash="0" * 32, cache_dir=tmp_path)
    assert here.read_bytes() == b"mine"
    assert list(here.parent.iterdir()) == [here]


def test_without_a_network_it_is_said_where_to_put_it(tmp_path: Path) -> None:
    with serving({}) as server:
        address = f"{server.url}/rose.txt"
        with pytest.raises(MissingData, match=r"rose\.txt could not be fetched: Not Found\. Fetch it where"):
            utils.get_file("rose.txt", address, cache_dir=tmp_path)
    with pytest.raises(MissingData) as failed:
        utils.get_file("rose.txt", address, cache_dir=tmp_path, cache_subdir=str(tmp_path / "ailleurs"))
    assert f"{address} could not be fetched" in str(failed.value)
    assert f"put it here as {tmp_path / 'ailleurs' / 'rose.txt'}" in str(failed.value)
    with pytest.raises(ArgumentError, match="get_file needs origin"):
        utils.get_file("rose.txt")
    with pytest.raises(ArgumentError, match="get_file needs fname where the address ends in no name"):
        utils.get_file(origin="http://127.0.0.1/")


def zipped(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, CONTENT)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("generation", "fname", "answer", "inside"),
    [
        # What tf.keras 2.15's and Keras 3.15's get_file say: beside the archive, or in a folder of its own.
        ("2.3", "roses.zip", "roses.zip", "a/rose.txt"),
        ("tf2", "roses.zip", "roses.zip", "a/rose.txt"),
        ("3", "roses.zip", "roses_extracted", "roses_extracted/a/rose.txt"),
        ("3", "roses", "roses", "roses/a/rose.txt"),
        ("3", None, "x.zip", "x.zip/a/rose.txt"),
    ],
)
def test_where_an_archive_is_unpacked(
    generation: str, fname: str | None, answer: str, inside: str, tmp_path: Path
) -> None:
    with serving({"/x.zip": zipped("a/rose.txt")}) as server, compat(generation):
        for _ in range(2):
            found = utils.get_file(fname, f"{server.url}/x.zip", extract=True, cache_dir=tmp_path)
            assert found == str(tmp_path / "datasets" / answer)
            assert (tmp_path / "datasets" / inside).read_bytes() == CONTENT
        assert len(server.asked) == 1

"""Downloads, from a real server on this machine that misbehaves as real ones do."""

from __future__ import annotations

import errno
import hashlib

import numpy as np
import pytest

from prunelle.data import download
from prunelle.errors import DiskFull, MissingData
from prunelle.texts import Note
from tests.web import Server, serving

CONTENT = np.random.default_rng(0).bytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    with serving({"/file": CONTENT}) as server:
        yield server


def fetch(target, *urls, progress=None):
    download.fetch(urls, target, sha256=SHA256, size=len(CONTENT), progress=progress)


def assert_fetched(target):
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_file_is_fetched(server, tmp_path):
    seen = []
    target = tmp_path / "made" / "on" / "the way.gz"
    fetch(target, f"{server.url}/file", progress=lambda *args: seen.append(args))
    assert_fetched(target)
    assert seen[-1] == (Note("downloading the way.gz", "téléchargement de the way.gz"), 1_000_000, 1_000_000)


def test_a_cut_connection_is_taken_up_where_it_was(server, tmp_path):
    server.cuts = [300_000, 100_000]
    fetch(tmp_path / "a", f"{server.url}/file")
    assert_fetched(tmp_path / "a")
    assert [asked for _, asked in server.asked] == [None, "bytes=300000-", "bytes=400000-"]


def test_a_killed_download_is_continued(server, tmp_path):
    (tmp_path / "a.part").write_bytes(CONTENT[:999_999])
    fetch(tmp_path / "a", f"{server.url}/file")
    assert_fetched(tmp_path / "a")
    assert server.asked == [("/file", "bytes=999999-")]


def test_a_download_killed_before_its_last_step(server, tmp_path):
    (tmp_path / "a.part").write_bytes(CONTENT)
    fetch(tmp_path / "a", f"{server.url}/file")
    assert_fetched(tmp_path / "a")
    assert server.asked == []


@pytest.mark.parametrize("wrong", [b"x" * 1_000_000, CONTENT + b"more"])
def test_a_wrong_part_is_thrown_away(server, tmp_path, wrong):
    (tmp_path / "a.part").write_bytes(wrong)
    fetch(tmp_path / "a", f"{server.url}/file")
    assert_fetched(tmp_path / "a")


def test_a_server_that_ignores_ranges(server, tmp_path):
    server.ignore_range = True
    (tmp_path / "a.part").write_bytes(CONTENT[:500_000])
    fetch(tmp_path / "a", f"{server.url}/file")
    assert_fetched(tmp_path / "a")
    assert len(server.asked) == 1


def test_a_server_that_ignores_ranges_and_always_cuts_ends(server, tmp_path):
    server.ignore_range = True
    server.cuts = [300_000] * 50
    with pytest.raises(MissingData, match="ended after 300,000 of 1,000,000 bytes"):
        fetch(tmp_path / "a", f"{server.url}/file")
    assert len(server.asked) == 2


def test_a_server_that_sends_another_range(server, tmp_path):
    server.wrong_range = True
    (tmp_path / "a.part").write_bytes(CONTENT[:500_000])
    with pytest.raises(MissingData, match="another part"):
        fetch(tmp_path / "a", f"{server.url}/file")
    assert not (tmp_path / "a").exists()


def test_the_wrong_content_leads_to_the_next_mirror(server, tmp_path):
    server.content["/bad"] = CONTENT[:-1] + b"!"
    fetch(tmp_path / "a", f"{server.url}/bad", f"{server.url}/file")
    assert_fetched(tmp_path / "a")


def test_a_page_instead_of_the_file(server, tmp_path):
    server.content["/page"] = b"<html>Please log in</html>"
    fetch(tmp_path / "a", f"{server.url}/page", f"{server.url}/nowhere", f"{server.url}/file")
    assert_fetched(tmp_path / "a")


@pytest.mark.parametrize("beginning", [b"<html>Please log in</html>", b"x" * 999_999])
def test_a_wrong_beginning_is_not_continued_for_ever(server, tmp_path, beginning):
    (tmp_path / "a.part").write_bytes(beginning)
    fetch(tmp_path / "a", f"{server.url}/file")
    assert_fetched(tmp_path / "a")


def test_wrong_content_everywhere(server, tmp_path):
    server.content["/bad"] = bytes(1_000_000)
    with pytest.raises(MissingData, match=r"/bad: not the expected content.*/gone: Not Found"):
        fetch(tmp_path / "a", f"{server.url}/bad", f"{server.url}/gone")
    assert list(tmp_path.iterdir()) == []


def test_no_server_at_all(server, tmp_path):
    gone = Server({})
    gone.http.server_close()
    with pytest.raises(MissingData, match=r"a could not be downloaded.*refused"):
        fetch(tmp_path / "a", f"{gone.url}/file")
    fetch(tmp_path / "a", f"{gone.url}/file", f"{server.url}/file")
    assert_fetched(tmp_path / "a")


def test_a_full_disk_keeps_what_is_there(server, tmp_path, monkeypatch):
    def full(file_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.os, "fsync", full)
    with pytest.raises(DiskFull, match=r"1,000,000 bytes.*PRUNELLE_DATA"):
        fetch(tmp_path / "a", f"{server.url}/file", f"{server.url}/file")
    assert [path.name for path in tmp_path.iterdir()] == ["a.part"]
    assert len(server.asked) == 1  # another mirror would not help

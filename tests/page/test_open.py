"""``prunelle open`` and ``prunelle.open``: what they take, what they refuse, and how they end."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import pytest

import prunelle as pn
from prunelle.errors import ArgumentError
from prunelle.page import INSTALL
from prunelle.page.server import STATIC
from tests.contract.sources import SOURCE
from tests.integration.command import prunelle

MOST_KB = 200
"""All that the wheel has for the browser, as the wheel has it: each file compressed by itself."""


def house_of(subject: object, **given: object):
    from prunelle.page import _house

    return _house(subject, Path("runs"), given)


def test_what_is_named_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = pn.train("dense", None, epochs=1, style="quiet", output="runs/one")
    assert house_of(None).subject is None
    assert house_of("runs/one").subject.path == run.path
    assert house_of(run.path).subject.path == run.path
    assert house_of(run).subject is run
    assert house_of("runs").runs_folder == tmp_path / "runs"
    assert house_of("runs").subject is None
    assert house_of("lenet5").subject == "lenet5"
    assert house_of("lenet5", size=(28, 28), weights=None).options == {"size": (28, 28)}
    module = pn.build("lenet5")
    assert house_of(module).subject is module
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    house = house_of("photos")
    assert (house.subject, house.folders) == (None, (tmp_path / "photos",))
    # What was named is what is shown first.
    starts = [house_of(named).start for named in (None, "runs", run, "lenet5", "photos")]
    assert starts == ["runs", "runs", "look", "look", "training"]


def test_what_is_nothing_is_said() -> None:
    with pytest.raises(ArgumentError, match=r"lenet6 is no run, no network, and no folder.*'lenet5'"):
        pn.open("lenet6", browser=False)
    done = prunelle("open", "nothing/there")
    assert done.code == 2
    assert "Error: nothing/there is no run" in done.err
    exposed = prunelle("open", "--host", "0.0.0.0", "--no-browser")
    assert exposed.code == 2
    assert "reached from other machines" in exposed.err


def test_without_the_extra_its_line_is_told() -> None:
    program = """
import sys
sys.modules["starlette"] = None
import prunelle
try:
    prunelle.open(browser=False)
except prunelle.PrunelleError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert INSTALL in done.stdout


def test_python_goes_on_and_closes_it() -> None:
    server = pn.open("lenet5", browser=False, port=0)
    try:
        assert repr(server) == f"Server('http://127.0.0.1:{server.port}/')"
        link = re.search(r'href="(http://[^"]+)"', server._repr_html_())
        assert link is not None
        with pytest.raises(urllib.error.HTTPError, match="403"):  # used up by the redirection
            urllib.request.urlopen(link[1])
        # The cookie comes with the first answer; this reader follows without it.
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(server.address())
    finally:
        server.close()
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(server.address())


def test_enter_gives_another_address_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    outside, inside = pty.openpty()
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path), "LC_ALL": "fr_FR.UTF-8", "LANGUAGE": "fr"}
    process = subprocess.Popen(
        [sys.executable, "-m", "prunelle", "open", "--no-browser", "--port", "0", "--language", "fr"],
        stdin=inside,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    os.close(inside)
    assert process.stdout is not None
    first = process.stdout.readline()
    (address,) = re.findall(r"http://\S+", first)
    assert first.startswith("La page")
    assert "Entrée" in process.stdout.readline()
    os.write(outside, b"\n")
    (another,) = re.findall(r"http://\S+", process.stdout.readline())
    assert another != address
    assert another.partition("?")[0] == address.partition("?")[0]
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    os.close(outside)
    assert "La page est fermée." in rest
    assert "Traceback" not in rest
    assert process.returncode == 0


def test_all_that_is_served_fits_in_the_wheel() -> None:
    files = {SOURCE / file for file in STATIC.values()} | set((SOURCE / "page" / "static").iterdir())
    assert sum(len(zlib.compress(file.read_bytes())) for file in files) <= MOST_KB * 1000


OWN_PAGES = ("exports/html/", "serve/static/")
"""Pages that are one file each, with what is beside them in it."""
ELSEWHERE = sorted(
    file.relative_to(SOURCE).as_posix()
    for folder in OWN_PAGES
    for file in (SOURCE / folder).iterdir()
    if file.suffix in (".js", ".html")
)


def test_no_module_for_the_browser_is_forgotten() -> None:
    there = {file.relative_to(SOURCE).as_posix() for file in SOURCE.rglob("*.js")}
    here = {file for file in there if not file.startswith(OWN_PAGES)}
    assert here == {file for file in STATIC.values() if file.endswith(".js")}
    assert there - here == {file for file in ELSEWHERE if file.endswith(".js")}


@pytest.mark.parametrize(
    "file", sorted([*(file for file in STATIC.values() if file.endswith((".js", ".html"))), *ELSEWHERE])
)
def test_nothing_is_fetched_from_elsewhere_and_no_text_becomes_markup(file: str) -> None:
    text = (SOURCE / file).read_text(encoding="utf-8")
    if file.endswith("uplot.js"):
        return
    assert not re.findall(r"https?://(?!www\.w3\.org)", text)
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "DOMParser",
    ):
        assert word not in text
    imported = set(re.findall(r"from \"(.*?)\"", text))
    beside = {f"./{each.name}" for each in (SOURCE / file).parent.iterdir() if file in ELSEWHERE}
    assert imported <= {f"./{name}" for name in STATIC} | beside


def test_colours_are_the_palettes() -> None:
    from prunelle.drawing import palette

    style = (SOURCE / "page" / "static" / "style.css").read_text(encoding="utf-8")
    for colour, variable in palette.PAGE.items():
        assert re.search(rf"{variable}: light-dark\({colour},", style), variable
    # Elsewhere they have the names that are given here, or there by a panel.
    rest = re.sub(r"--[\w-]+: [^;]*;", "", style)
    assert re.findall(r"(?<![&\w])#[0-9a-fA-F]{3,8}\b", rest) == []

"""``!`` lines and their like: done here, refused in a sentence, or the shell's where it is asked for."""

from __future__ import annotations

import io
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from tests.notebooks.lessons import run

REFUSED = "is for the system's shell, which a notebook gets with: prunelle run --shell."


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server that has ``data.txt``."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "data.txt").write_text("41\n")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
def test_what_is_known_is_done(options: tuple[str, ...]) -> None:
    Path("b.txt").write_text("first\nsecond\nthird\n")
    done = run(
        "!ls *.txt",
        "name = 'b.txt'\n!head -n 2 {name}",
        "found = !cat $name\nfound[2], type(found).__name__, _exit_code",
        "!mkdir -p new/folder && ls new",
        "%%bash\n# a comment\nmkdir other; ls \\\n  -l other\ncat b.txt",
        "%ls new",
        options=options,
    )
    assert done.finished.code == 0, done.finished.err
    assert done.said(1) == "b.txt\n"
    assert done.said(2) == "first\nsecond\n"
    assert done.shown(3) == [{"text/plain": "('third', 'SList', 0)"}]
    assert done.said(4) == "folder\n"
    assert done.said(5) == "first\nsecond\nthird\n"
    assert done.said(6) == "folder\n"


@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
@pytest.mark.parametrize(
    "line",
    [
        "!touch made",
        "!ls; touch made",
        "!echo made > made",
        "!ls | tee made",
        "!touch `echo made`",
        "!ls $(touch made)",
        "!touch 'made",
        "%sx touch made",
        "!!touch made",
        "%system touch made",
        "x = !touch made",
        "%%bash\ntouch made",
        "%%sh\ntouch made",
        "%%script bash\ntouch made",
        "%%!\ntouch made",
        "%%sx\ntouch made",
        "%%perl\nsystem 'touch made'",
        "get_ipython().system('touch made')",
        "get_ipython().getoutput('touch made')",
        "!curl -X POST http://127.0.0.1",
        "%man ls",
    ],
)
def test_everything_else_is_refused_and_nothing_runs(line: str, options: tuple[str, ...]) -> None:
    if options and not line.startswith(("!touch made", "%%script", "get_ipython().system")):
        pytest.skip("a kernel has the same functions")
    done = run(line, "print('on')", options=options)
    assert not Path("made").exists()
    assert REFUSED in done.said(1, "stderr") or (line == "%man ls" and done.finished.code == 1)
    assert done.said(2) == "on\n"


def test_the_shell_has_them_where_it_is_asked_for() -> None:
    done = run("!touch made", "found = !echo $((40 + 1))\nfound", options=("--shell",))
    assert Path("made").exists()
    assert done.shown(2) == [{"text/plain": "['41']"}]
    assert done.note.count("--shell") == 1


def test_pip_installs_nothing_and_says_what_is_there() -> None:
    done = run(
        "!pip install -q numpy 'no-such-thing>=2' tensorflow==1.15",
        "%pip install --upgrade keras",
        "!python -m pip install pillow",
        "%conda install -y numpy",
        "!pip uninstall -y numpy",
    )
    import numpy as np

    assert done.said(1, "stderr").splitlines() == [
        f"Nothing is installed here. numpy {np.__version__} is there.",
        "Nothing is installed here, and no-such-thing is not there: pip install 'no-such-thing>=2' in a terminal.",
        "Nothing is installed here. tensorflow is Prunelle's.",
    ]
    assert "keras is Prunelle's" in done.said(2, "stderr")
    assert "pillow" in done.said(3, "stderr")
    assert "numpy" in done.said(4, "stderr")
    assert REFUSED in done.said(5, "stderr")
    assert done.finished.code == 0


def test_files_are_fetched_once(address: str) -> None:
    done = run(
        f"!wget -q {address}/data.txt\nprint(open('data.txt').read())",
        f"!wget --no-check-certificate {address}/data.txt -O other.txt",
        f"!curl -LO {address}/data.txt",
        f"!curl -L {address}/data.txt -o third.txt",
        f"!wget {address}/absent.txt\n_exit_code",
        "!wget file:///etc/hostname",
        f"!curl {address}/data.txt",
    )
    assert done.said(1) == "41\n\n"
    assert Path("other.txt").read_text() == Path("third.txt").read_text() == "41\n"
    assert "data.txt is there already; it was not fetched." in done.said(3, "stderr")
    assert "could not be fetched" in done.said(5, "stderr")
    assert "put it here as absent.txt" in done.said(5, "stderr")
    assert done.shown(5) == [{"text/plain": "1"}]
    assert not Path("absent.txt").exists()
    assert REFUSED in done.said(6, "stderr")
    assert REFUSED in done.said(7, "stderr")


def test_archives_stay_in_their_folder() -> None:
    with zipfile.ZipFile("a.zip", "w") as archive:
        archive.writestr("inside/b.txt", "b")
        archive.writestr("../outside.txt", "no")
    with tarfile.open("a.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("c.txt"), io.BytesIO())
    with tarfile.open("bad.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("../outside.txt"), io.BytesIO())
    Path("notzip.zip").write_text("no")
    done = run(
        "!unzip -q a.zip -d made",
        "!tar -xzf a.tar.gz -C made",
        "!tar xf bad.tar",
        "!unzip notzip.zip",
        "!unzip no.zip",
    )
    assert Path("made/inside/b.txt").read_text() == "b"
    assert Path("made/c.txt").exists()
    assert not Path("../outside.txt").exists()
    assert "a.zip was unpacked into made." in done.said(1, "stderr")
    assert done.said(3, "stderr").startswith("tar: ")
    assert "File is not a zip file" in done.said(4, "stderr")
    assert "no.zip: No such file or directory" in done.said(5, "stderr")
    assert done.finished.code == 0


def test_an_extension_that_is_not_there_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("board.py").write_text(
        "def load_ipython_extension(shell):\n"
        "    shell.register_magic_function(lambda line: print('started'), 'line', 'tensorboard')\n"
    )
    monkeypatch.setitem(sys.modules, "board", ModuleType("board"))  # so that the imported one goes
    del sys.modules["board"]
    done = run(
        "%load_ext nothere\nprint(1)",
        "%load_ext autoreload\n%autoreload 0",
        "%tensorboard --logdir logs",
        "%tensorflow_version 2.x",
        # TensorBoard's, where it is installed: its magic starts a server that nobody ends.
        "%load_ext board\n%tensorboard --logdir logs",
        "%nothere -a me\nprint(6)",
    )
    assert done.said(6) == "6\n"
    assert "there is no extension nothere here (%nothere -a me)." in done.said(6, "stderr")
    assert done.said(5) == ""
    assert "In a terminal: tensorboard --logdir logs" in done.said(5, "stderr")
    assert done.said(1) == "1\n"
    assert "there is no extension nothere here" in done.said(1, "stderr")
    assert "In a terminal: tensorboard --logdir logs" in done.said(3, "stderr")
    assert "%tensorflow_version is of Colab" in done.said(4, "stderr")
    assert done.finished.code == 0

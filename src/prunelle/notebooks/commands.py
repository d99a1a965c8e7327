"""``!line``s of a notebook without a shell: a few are done here, the others are refused in a sentence.

``!pip install`` installs nothing and says what is there; ``!ls``, ``!cat``, ``!head``, ``!mkdir``, ``!wget``,
``!curl``, ``!unzip`` and ``!tar`` do what they do, in Python; so do ``%pip``, ``%ls`` and the lines of ``%%bash``. As
under Jupyter a line that fails stops nothing: ``_exit_code`` has its status.
"""

from __future__ import annotations

import contextlib
import glob
import io
import os
import re
import shlex
import sys
import tarfile
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

from prunelle.errors import PrunelleError
from prunelle.texts import Note, Typography, default_language

_REFUSED = Note(
    "Not run: !{line} is for the system's shell, which a notebook gets with: prunelle run --shell.",
    "Pas exécuté : !{line} s’adresse au shell du système, qu’un notebook obtient par : prunelle run --shell.",
)
_THERE = Note(
    "Nothing is installed here. {name} {version} is there.",
    "Rien n’est installé ici. {name} {version} est là.",
)
_NOT_THERE = Note(
    "Nothing is installed here, and {name} is not there: pip install {asked} in a terminal.",
    "Rien n’est installé ici, et {name} n’est pas là : pip install {asked} dans un terminal.",
)
_OURS = Note(
    "Nothing is installed here. {name} is Prunelle's.",
    "Rien n’est installé ici. {name} est celui de Prunelle.",
)
_KEPT = Note("{path} is there already; it was not fetched.", "{path} est déjà là ; rien n’a été téléchargé.")
_FETCHED = Note("{path} was fetched from {url}.", "{path} a été téléchargé de {url}.")
_UNPACKED = Note("{path} was unpacked into {folder}.", "{path} a été décompressé dans {folder}.")
_FAILED = Note("{command}: {reason}", "{command} : {reason}")
_EXTENSION = Note(
    "Not loaded: there is no extension {name} here ({reason}).",
    "Pas chargée : il n’y a pas d’extension {name} ici ({reason}).",
)
_BOARD = Note(
    "Not started: %tensorboard would stay in the background. In a terminal: tensorboard {line}",
    "Pas lancé : %tensorboard resterait en arrière-plan. Dans un terminal : tensorboard {line}",
)
_OF_COLAB = Note("%{name} is of Colab, and has no effect here.", "%{name} est de Colab, sans effet ici.")

_PYTHON_INSIDE = ("time", "timeit", "capture", "prun")
"""Cell magics that run their cell as Python."""
_SHELLS = ("bash", "sh", "shell")
"""Cell magics whose lines are those of a shell."""
_INTERPRETERS = ("script", "perl", "ruby", "pypy", "python2", "cmd", "powershell")
_INSTALLERS = ("pip", "pip3", "conda", "mamba", "micromamba", "uv")


def say(note: Note, to: TextIO | None = None, **values: object) -> None:
    """A sentence beside what the cell prints: on the standard error, which has a red ground in Jupyter, or ``to``."""
    print(Typography(default_language()).note(note, **values), file=to or sys.stderr)


def keep_from_shell(shell: Any) -> None:
    """An IPython shell that from now on gives no line to the system's.

    Args:
        shell: an ``InteractiveShell``, in this process or a kernel's.
    """

    def system(line: str) -> None:
        shell.user_ns["_exit_code"] = run(shell.var_expand(line, depth=1))

    def getoutput(line: str, split: bool = True, depth: int = 0) -> Any:
        from IPython.utils.text import LSString, SList

        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            shell.user_ns["_exit_code"] = run(shell.var_expand(line, depth=depth + 1))
        return SList(printed.getvalue().splitlines()) if split else LSString(printed.getvalue())

    def lines(line: str, cell: str) -> None:
        for each in cell.replace("\\\n", " ").splitlines():
            if each.strip() and not each.lstrip().startswith("#"):
                system(each.strip())

    def refused(name: str) -> Callable[[str, str], None]:
        return lambda line, cell: say(_REFUSED, line=f"%%{name} {line}".rstrip())

    def captured(line: str, cell: str | None = None) -> Any:
        return getoutput(line) if cell is None else lines(line, cell)

    for name in ("system", "system_raw", "system_piped"):
        setattr(shell, name, system)
    shell.getoutput = getoutput
    for name in ("sx", "system"):
        shell.register_magic_function(captured, "line_cell", name)
    shell.register_magic_function(captured, "cell", "!")
    for name in _SHELLS:
        shell.register_magic_function(lines, "cell", name)
    for name in _INTERPRETERS:
        shell.register_magic_function(refused(name), "cell", name)
    for name in _INSTALLERS:
        shell.register_magic_function(lambda line, name=name: system(f"{name} {line}"), "line", name)


def count_from_the_top(shell: Any) -> None:
    """Lines of what ``%%time`` and its like run are counted from the top of the whole cell, in every traceback."""
    run = shell.run_cell_magic

    def run_cell_magic(magic_name: str, line: str, cell: str) -> Any:
        __tracebackhide__ = True  # IPython's own sign
        return run(magic_name, line, f"#\n{cell}" if magic_name in _PYTHON_INSIDE else cell)

    shell.run_cell_magic = run_cell_magic


def add_magics(shell: Any) -> None:
    """Magics of Colab and of TensorBoard; an extension that cannot be loaded stops nothing."""
    load = shell.find_line_magic("load_ext")

    def load_ext(line: str) -> Any:
        try:
            loaded = load(line)
        except ImportError as error:
            name = line.strip()
            # The magic that it is named for, as %watermark is: it stops nothing, either.
            shell.register_magic_function(
                lambda said: say(_EXTENSION, name=name, reason=f"%{name} {said}".rstrip()),
                "line",
                name.rpartition(".")[2],
            )
            return say(_EXTENSION, name=name, reason=error)
        add_board()  # TensorBoard's own extension has a magic of that name, which starts a server
        return loaded

    def add_board() -> None:
        shell.register_magic_function(lambda line: say(_BOARD, line=line), "line", "tensorboard")

    def of_colab(name: str) -> Callable[[str], None]:
        return lambda line: say(_OF_COLAB, name=name)

    shell.register_magic_function(load_ext, "line", "load_ext")
    add_board()
    for name in ("tensorflow_version", "unload_ext tensorboard"):
        shell.register_magic_function(of_colab(name), "line", name)


def run(line: str) -> int:
    """A line of one or more commands; the status of the last.

    What it prints goes to ``sys.stdout``, what a person should know to ``sys.stderr``.
    """
    try:
        words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
    except ValueError:  # a quotation that does not end
        words = ["|"]
    if any(set(word) <= set("()<>|&;") and word not in ("&&", ";") for word in words) or re.search(
        r"`|\$\(", line
    ):
        say(_REFUSED, line=line)
        return 127
    status = 0
    for command in _commands(_split(line)):
        status = _one(command, line)
        if status:
            break
    return status


def _split(line: str) -> list[str]:
    # shlex without punctuation keeps --option=a,b and addresses whole; what separates commands stands alone.
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def _commands(words: Sequence[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if word in ("&&", ";"):
            yield command
            command = []
        else:
            command.append(word)
    if command:
        yield command


def _one(words: Sequence[str], line: str) -> int:
    name, *rest = words
    if name in ("python", "python3", sys.executable) and rest[:2] in (["-m", "pip"], ["-m", "conda"]):
        name, rest = rest[1], rest[2:]
    if name in _INSTALLERS and name == "uv" and rest[:1] == ["pip"]:
        rest = rest[1:]
    if name in _INSTALLERS and rest[:1] == ["install"]:
        return _installed(rest[1:])
    done = _COMMANDS.get(name)
    if done is None:
        say(_REFUSED, line=line)
        return 127
    try:
        return done([os.path.expanduser(word) for word in rest])
    except _Unknown:
        say(_REFUSED, line=line)
        return 127
    except PrunelleError as error:
        say(_FAILED, command=name, reason=error)
    except OSError as error:
        say(_FAILED, command=name, reason=f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, ValueError) as error:
        say(_FAILED, command=name, reason=error)
    return 1


class _Unknown(Exception):
    """An option that is not known here: what it would do is not guessed."""


def _parted(words: Sequence[str], flags: str, valued: Sequence[str] = ()) -> tuple[list[str], dict[str, str]]:
    """Names, and options with their values; ``flags`` are letters, or long options, that change nothing here."""
    names: list[str] = []
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if option in valued:
            options[option] = value if equals else (rest.pop(0) if rest else "")
        elif word.startswith("--"):
            if word not in flags.split():
                raise _Unknown
        elif word.startswith("-") and len(word) > 1:
            if not set(word[1:]) <= set(flags.split()[0]):
                raise _Unknown
        else:
            names.append(word)
    return names, options


def _globbed(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        found += sorted(glob.glob(name)) or [name]
    return found


def _installed(words: Sequence[str]) -> int:
    asked = [word for word in words if not word.startswith("-")]
    for requirement in asked:
        name = re.split(r"[\s\[<>=!~;@]", requirement, maxsplit=1)[0]
        if re.sub(r"[-_.](cpu|gpu|macos)$", "", name.lower()) in (
            "tensorflow",
            "keras",
            "tf-keras",
            "tf-nightly",
        ):
            say(_OURS, name=name)
            continue
        try:
            say(_THERE, name=name, version=metadata.version(name))
        except (metadata.PackageNotFoundError, ValueError):
            if find_spec(re.sub(r"\W", "_", name) or "_") is not None:
                say(_THERE, name=name, version="")
            else:
                say(_NOT_THERE, name=name, asked=shlex.quote(requirement))
    return 0


def _ls(words: Sequence[str]) -> int:
    names, _ = _parted(words, "lahtrFS1R --color")
    several = _globbed(names) if names else ["."]
    for i, name in enumerate(several):
        path = Path(name)
        if not path.is_dir():
            path.stat()
            print(name)
            continue
        if len(several) > 1:
            print(f"\n{name}:" if i else f"{name}:")
        for entry in sorted(path.iterdir()):
            if not entry.name.startswith("."):
                print(entry.name)
    return 0


def _cat(words: Sequence[str]) -> int:
    names, _ = _parted(words, "n")
    for name in _globbed(names):
        print(Path(name).read_text(encoding="utf-8", errors="replace"), end="")
    return 0


def _head(words: Sequence[str]) -> int:
    names, options = _parted(words, "q", ("-n",))
    with open(names[0] if names else "", encoding="utf-8", errors="replace") as file:
        for _, each in zip(range(int(options.get("-n", 10))), file, strict=False):
            print(each, end="")
    return 0


def _mkdir(words: Sequence[str]) -> int:
    for name in _parted(words, "pv")[0]:
        Path(name).mkdir(parents=True, exist_ok="-p" in words)
    return 0


def _wget(words: Sequence[str]) -> int:
    names, options = _parted(
        words,
        "qcN --no-check-certificate --quiet --continue --no-clobber --show-progress",
        ("-O", "-P", "--output-document"),
    )
    for url in names:
        target = options.get("-O") or options.get("--output-document") or _last(url)
        _get(url, Path(options.get("-P", "."), target))
    return 0


def _curl(words: Sequence[str]) -> int:
    names, options = _parted(words, "OLsSkf --location --silent --remote-name --insecure", ("-o", "--output"))
    if (
        not options
        and not any("O" in word for word in words if word.startswith("-"))
        and "--remote-name" not in words
    ):
        raise _Unknown  # what it would print is not for a screen
    for url in names:
        _get(url, Path(options.get("-o") or options.get("--output") or _last(url)))
    return 0


def _last(url: str) -> str:
    return Path(urllib.parse.urlsplit(url).path).name or "index.html"


def _get(url: str, path: Path) -> None:
    from prunelle.keras.files import fetch

    if path.exists():
        say(_KEPT, path=path)
        return
    if "://" not in url:
        url = f"http://{url}"
    if urllib.parse.urlsplit(url).scheme not in ("http", "https", "ftp"):
        raise _Unknown
    fetch(url, path)
    say(_FETCHED, path=path, url=url)


def _unzip(words: Sequence[str]) -> int:
    names, options = _parted(words, "qonu", ("-d",))
    folder = options.get("-d", ".")
    for name in _globbed(names):
        with zipfile.ZipFile(name) as archive:
            archive.extractall(folder)
        say(_UNPACKED, path=name, folder=folder)
    return 0


def _tar(words: Sequence[str]) -> int:
    letters = words[0].lstrip("-") if words else ""
    if "x" not in letters or not set(letters) <= set("xvzjJf"):
        raise _Unknown
    names, options = _parted(words[1:], "", ("-C", "--directory"))
    folder = options.get("-C") or options.get("--directory") or "."
    for name in names:
        with tarfile.open(name) as archive:
            archive.extractall(folder, filter="data")
        say(_UNPACKED, path=name, folder=folder)
    return 0


def _pwd(words: Sequence[str]) -> int:
    print(Path.cwd())
    return 0


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "ls": _ls,
    "cat": _cat,
    "head": _head,
    "mkdir": _mkdir,
    "wget": _wget,
    "curl": _curl,
    "unzip": _unzip,
    "tar": _tar,
    "pwd": _pwd,
}

"""What notebooks import that is only there on Colab, under MyST-NB, or with Jupyter's widgets.

Each is there only where the real one is not, and only once it is imported: notebooks ask ``sys.modules`` whether they
are on Colab.
"""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from prunelle.errors import MissingData
from prunelle.texts import Note

UPLOADS = "uploads"
"""The folder beside a notebook that stands for what ``files.upload()`` asks of a person."""

Say = Callable[..., None]
"""``say(note, **values)``: a sentence beside what the cell prints."""

_DRIVE = Note(
    "google.colab: there is no Drive to mount here. What the notebook reads below {path} must be put there, or its "
    "path changed.",
    "google.colab : il n’y a pas de Drive ici. Ce que le notebook lit sous {path} doit y être mis, ou son "
    "chemin changé.",
)
_UPLOADED = Note(
    "google.colab: files.upload() took what is in {path}: {names}.",
    "google.colab : files.upload() a pris ce qu’il y a dans {path} : {names}.",
)
_DOWNLOAD = Note("google.colab: the file is {path}.", "google.colab : le fichier est {path}.")
_NO_ACCOUNT = Note(
    "google.colab: nobody is asked for an account here.", "google.colab : ici, on ne demande pas de compte."
)


def guarded_import(code: str) -> bool:
    """Whether a notebook imports ``google.colab`` inside a ``try``: it then asks where it is, and knows what to do."""
    tree = ast.parse(code)
    tries = [each for each in ast.walk(tree) if isinstance(each, ast.Try)]
    return any(
        isinstance(node, ast.Import | ast.ImportFrom) and "google.colab" in _imported(node)
        for attempt in tries
        for body in attempt.body
        for node in ast.walk(body)
    )


def _imported(node: ast.Import | ast.ImportFrom) -> str:
    return " ".join(f"{getattr(node, 'module', None) or ''}.{each.name}".lstrip(".") for each in node.names)


@contextlib.contextmanager
def installed(say: Say, *, colab: bool) -> Iterator[None]:
    """Inside, they can be imported; afterwards nothing is left.

    Args:
        say: what a person should know.
        colab: ``google.colab`` is among them.
    """
    makers: dict[str, Callable[[], ModuleType]] = {}
    if colab and _absent("google.colab"):
        makers |= {
            "google.colab": lambda: _module("google.colab"),
            "google.colab.drive": lambda: _drive(say),
            "google.colab.files": lambda: _files(say),
            "google.colab.output": _output,
            "google.colab.patches": lambda: _module("google.colab.patches", cv2_imshow=_show_picture),
            "google.colab.auth": lambda: _module(
                "google.colab.auth", authenticate_user=lambda *_, **__: say(_NO_ACCOUNT)
            ),
            "google.colab.userdata": lambda: _module("google.colab.userdata", get=_secret),
        }
        if _absent("google"):
            makers["google"] = lambda: _module("google")
    if _absent("myst_nb"):
        makers["myst_nb"] = lambda: _module("myst_nb", glue=glue)
    if _absent("ipywidgets"):
        makers["tqdm.notebook"] = _bars
    finder = _Finder(makers)
    before = {name: sys.modules.pop(name) for name in makers if name in sys.modules}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in makers:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def _absent(name: str) -> bool:
    try:
        return find_spec(name) is None
    except (ImportError, ValueError):  # its package is not there; or it is something that a test put there
        return True


class _Finder(MetaPathFinder, Loader):
    def __init__(self, makers: dict[str, Callable[[], ModuleType]]) -> None:
        self._makers = makers

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec of what stands in."""
        if fullname not in self._makers:
            return None
        return ModuleSpec(fullname, self, is_package=any(n.startswith(f"{fullname}.") for n in self._makers))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Made."""
        return self._makers[spec.name]()

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it is made whole; ``from google.colab import drive`` finds the module below it."""
        parent = f"{module.__name__}."
        module.__dict__.setdefault(
            "__all__", [n.removeprefix(parent) for n in self._makers if n.startswith(parent)]
        )


def _module(name: str, **content: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(content)
    return module


def _drive(say: Say) -> ModuleType:
    def mount(mountpoint: str = "/content/drive", *_: Any, **__: Any) -> None:
        if not Path(mountpoint).is_dir():
            say(_DRIVE, path=mountpoint)

    return _module("google.colab.drive", mount=mount, flush_and_unmount=lambda *_, **__: None)


def _files(say: Say) -> ModuleType:
    def upload(*_: Any, **__: Any) -> dict[str, bytes]:
        folder = Path.cwd() / UPLOADS
        there = sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []
        if not there:
            raise MissingData(
                f"files.upload() of Google Colab asks a person for files. Put them into the folder {folder}, from "
                f"which they are taken."
            )
        for file in there:
            shutil.copy(file, Path.cwd() / file.name)
        say(_UPLOADED, path=folder, names=", ".join(file.name for file in there))
        return _Uploaded({file.name: file.read_bytes() for file in there})

    def download(path: str) -> None:
        say(_DOWNLOAD, path=Path(path).absolute())

    return _module("google.colab.files", upload=upload, download=download, view=download)


class _Uploaded(dict[str, bytes]):
    """What a cell shows of it, where that is its last line, is no key that somebody keeps, nor megabytes of a model."""

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name!r}: <{len(content)} bytes>" for name, content in self.items()) + "}"


def _output() -> ModuleType:
    from IPython.display import clear_output

    def clear(wait: bool = False, output_tags: Any = ()) -> None:
        clear_output(wait)

    return _module("google.colab.output", clear=clear, no_vertical_scroll=lambda: None)


def _secret(name: str) -> str:
    if name not in os.environ:
        raise MissingData(
            f"userdata.get({name!r}) reads what a person keeps at Google Colab. Here it is read from the environment: "
            f"set the variable {name}."
        )
    return os.environ[name]


def _show_picture(image: Any) -> None:
    """``cv2_imshow``: pixels in OpenCV's order, blue first."""
    import numpy as np
    from IPython.display import display
    from PIL import Image

    pixels = np.asarray(image).clip(0, 255).astype("uint8")
    display(Image.fromarray(pixels[..., ::-1] if pixels.ndim == 3 and pixels.shape[-1] == 3 else pixels))


def glue(name: str, variable: Any, display: bool = True) -> None:
    """MyST-NB's: keeps a value for the page's text, and shows it."""
    from IPython import get_ipython
    from IPython.display import display as show

    data, metadata = get_ipython().display_formatter.format(variable)
    prefix = "" if display else "application/papermill.record/"
    show(
        {f"{prefix}{kind}": value for kind, value in data.items()},
        raw=True,
        metadata=metadata | {"scrapbook": {"name": name, "mime_prefix": prefix}},
    )


def _bars() -> ModuleType:
    """``tqdm.notebook`` without Jupyter's widgets: the bars of a terminal."""
    import tqdm

    return _module(
        "tqdm.notebook", tqdm=tqdm.tqdm, trange=tqdm.trange, tqdm_notebook=tqdm.tqdm, tnrange=tqdm.trange
    )

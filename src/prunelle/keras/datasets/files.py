"""Files of Keras's data sets: looked for where Prunelle and Keras keep them, checked, and fetched from Keras's address.

A file counts only if its content is the one that Keras asks for. Those that are fetched go into Prunelle's data folder
(``PRUNELLE_DATA``), as all data sets do; Keras's own folder is read, never written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from prunelle.data.datasets import data_folder
from prunelle.errors import DataError, MissingData
from prunelle.keras.files import fetch, is_it, keras_home

ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
"""The folder that Keras fetches them from."""


@dataclasses.dataclass(frozen=True)
class SetFile:
    """One file.

    Attributes:
        folder: the set's, in Prunelle's data folder.
        hashes: SHA-256 or MD5 of its content: the first is that of the file at ``ADDRESS``, others are those of the
            file that earlier versions of Keras fetched.
    """

    folder: str
    hashes: tuple[str, ...]


FILES: Mapping[str, SetFile] = MappingProxyType(
    {
        # The second ones are those of Keras 2.0 to 2.3 (keras/datasets/imdb.py, reuters.py).
        "imdb.npz": SetFile(
            "imdb",
            (
                "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
                "599dadb1135973df5b59232a0e9a887c",
            ),
        ),
        "imdb_word_index.json": SetFile("imdb", ("bfafd718b763782e994055a2d397834f",)),
        "reuters.npz": SetFile(
            "reuters",
            (
                "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
                "87aedbeb0cb229e378797a632c1997b6",
            ),
        ),
        "reuters_word_index.json": SetFile("reuters", ("4d44cc38712099c9e383dc6e5f11a921",)),
        "boston_housing.npz": SetFile(
            "boston-housing", ("f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",)
        ),
        "california_housing.npz": SetFile(
            "california-housing", ("1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",)
        ),
        # The second one is that of Keras 2.0 to 2.3 (keras/datasets/mnist.py).
        "mnist.npz": SetFile(
            "mnist",
            (
                "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
                "8a61469f7ea1b51cbae51d4f78837e45",
            ),
        ),
    }
)
"""Every one, by Keras's name for it."""


def keras_folder() -> Path:
    """Where Keras itself keeps data sets."""
    return keras_home() / "datasets"


def set_file(name: str, path: str | None = None) -> Path:
    """A file of known content, fetched where it is not there.

    Args:
        name: one of ``FILES``.
        path: what the program calls it, below Keras's folder, or as a whole path; None for ``name``.

    Raises:
        MissingData: it is not there and cannot be fetched; what to put where, and what checks it.
    """
    known, places = FILES[name], _places(name, path)
    found = there(name, path)
    if found is not None:
        return found
    try:
        fetch(ADDRESS + name, places[0], known.hashes)
    except (MissingData, DataError) as error:
        others = [str(place) for place in places if place.is_file()]
        wrong = f" {' and '.join(others)} is another file: its checksum is not that." if others else ""
        # One that can be put by hand is sought where every program finds it.
        put = _places(name, None)
        raise MissingData(
            f"{known.folder} needs {name}, which is not here, and {_first_sentence(error)} Fetch it where there is a "
            f"network, and put it here as {put[0]} or {put[-1]}. Its {_kind(known.hashes[0])} must be "
            f"{known.hashes[0]}.{wrong}"
        ) from None
    return places[0]


def there(name: str, path: str | None = None) -> Path | None:
    """``set_file``, if nothing has to be fetched for it."""
    return next((place for place in _places(name, path) if is_it(place, FILES[name].hashes)), None)


def _places(name: str, path: str | None) -> list[Path]:
    """Where it may be, the place that it is fetched to first: the program's name for it, then Keras's own."""
    folders = (data_folder() / FILES[name].folder, data_folder(), keras_folder())
    names = dict.fromkeys([path or name, name])
    return list(dict.fromkeys(folder / Path(each).expanduser() for each in names for folder in folders))


def _first_sentence(error: Exception) -> str:
    """What happened, without the advice of a program's own file."""
    return str(error).partition(" Fetch it ")[0]


def _kind(digest: str) -> str:
    return "MD5" if len(digest) == 32 else "SHA-256"

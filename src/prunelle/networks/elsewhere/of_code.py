"""Networks that code of one's own makes: ``package.module:factory``, and ``hub:FOLDER:entry``.

A factory is a function or a class that gives a module. It may take ``num_classes``, ``in_channels`` and ``input_size``
(height and width, as a tuple), and is told those that it takes. What its signature leaves open is read from the
module's ``input_shape``; without one it is shown colour pictures of 224 pixels.

A name runs code. Where a user names it, that is what is meant, and it is remembered; where a run folder names it
(which may come from a stranger), it is run only if it was named here before (``is_trusted``).
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import platformdirs
import torch
from torch import nn

from prunelle.disk import write_json
from prunelle.errors import ArgumentError, CannotWrite, UnknownName, a_kind
from prunelle.networks.elsewhere.making import Maker, failure

_OURS = ("num_classes", "in_channels", "input_size")
_named: set[tuple[str, str | None]] = set()
"""In this process; nothing says where what a notebook defines itself is."""


def maker(name: str) -> Maker:
    """What makes it; remembered as named by this user.

    Raises:
        ArgumentError: it cannot be imported, is not there, or cannot be called.
    """
    module, path = _module_of(name), name.rpartition(":")[2]
    factory: Any = module
    for part in path.split("."):
        if not hasattr(factory, part):
            offered = [each for each, value in vars(factory).items() if callable(value) and each[0] != "_"]
            raise UnknownName(f"function of {name.rpartition(':')[0]}", path, offered)
        factory = getattr(factory, part)
    if isinstance(factory, nn.Module):
        raise ArgumentError(
            f"{name} is a module that is made already; name a function that makes one, so that each training starts "
            f"from fresh weights."
        )
    if not callable(factory):
        raise ArgumentError(
            f"{name} must be a function or a class that makes a network; it is {a_kind(factory)}."
        )
    _remember(name)
    return _maker(name, factory)


def is_trusted(name: str) -> bool:
    """Whether this user has named this code, in the place where it is found now; nothing is imported to know."""
    place = _place(name)
    return (name, place) in _named or (place is not None and place in _remembered().get(name, []))


def _maker(name: str, factory: Callable[..., nn.Module]) -> Maker:
    parameters = inspect.signature(factory).parameters
    anything = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    takes = {key: key for key in _OURS if key in parameters}
    if anything:
        takes["num_classes"] = "num_classes"  # what torch's own factories hand on to their class
    own = {key: parameters[key].default for key in takes if key in parameters}
    own = {key: value for key, value in own.items() if value not in (None, inspect.Parameter.empty)}
    if isinstance(size := own.get("input_size"), int):
        own["input_size"] = (size, size)
    if not {"in_channels", "input_size"} & takes.keys():
        channels, *sides = _shape_of(factory, "num_classes" in takes)
        own |= {"in_channels": channels, "input_size": tuple(sides)}
    options = None if anything else tuple(key for key in parameters if key not in _OURS)
    return Maker(name=name, make=factory, takes=takes, options=options, **own)


@functools.cache
def _shape_of(factory: Callable[..., nn.Module], told_classes: bool) -> tuple[int, ...]:
    """The ``input_shape`` of what it makes."""
    usual = (3, 224, 224)
    try:
        with torch.random.fork_rng(devices=[]):
            made = factory(num_classes=2) if told_classes else factory()
    except Exception:
        return usual  # told when the network is made in earnest
    return tuple(getattr(made, "input_shape", None) or usual)


def _module_of(name: str) -> ModuleType:
    """The module that a name names, imported: any failure is its absence, with the reason."""
    where = name.rpartition(":")[0]
    hub = name.startswith("hub:")
    if hub:
        folder = Path(where.removeprefix("hub:")).expanduser()
        if not (folder / "hubconf.py").is_file():
            raise ArgumentError(
                f"{name}: {folder} is no folder with a hubconf.py. What torch.hub fetches is taken from this machine "
                f"alone: clone the repository, and name hub:FOLDER:{name.rpartition(':')[2]}."
            )
    try:
        return _hubconf(folder.resolve()) if hub else _imported(where)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{where}.".startswith(f"{error.name}."):
            missing = f"there is no module {error.name} in {os.getcwd()}, nor among the installed packages"
            if where.endswith(".py"):
                missing = f"a module is named without .py, {where[:-3]}:{name.rpartition(':')[2]}"
            raise ArgumentError(f"{name} cannot be imported: {missing}.") from error
        raise ArgumentError(f"{name} cannot be imported: {failure(error)}.") from error


def _imported(module: str) -> ModuleType:
    # Modules of the folder that one is in, which the command ``prunelle`` does not have on its path. Installed ones
    # come first, so that nothing in that folder can stand in for them.
    if not _looks_here():
        sys.path.append(os.getcwd())
    return importlib.import_module(module)


@functools.cache
def _hubconf(folder: Path) -> ModuleType:
    """``hubconf.py`` of a folder, as ``torch.hub.load(source="local")`` reads it."""
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("hubconf", folder / "hubconf.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(folder))


def _looks_here() -> bool:
    return bool({"", os.getcwd()} & set(sys.path))


def _place(name: str) -> str | None:
    """The file that ``name`` would run first; None where it is not found."""
    where = name.rpartition(":")[0]
    if name.startswith("hub:"):
        return str((Path(where.removeprefix("hub:")).expanduser() / "hubconf.py").resolve())
    top = where.split(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # what was typed itself, ``__main__``
        return None
    if spec is None and not _looks_here():
        spec = PathFinder.find_spec(top, [os.getcwd()])
    if spec is None:
        return None
    return spec.origin or next(iter(spec.submodule_search_locations or ()), None)


def _file() -> Path:
    return Path(platformdirs.user_state_dir("prunelle"), "own-networks.json")


def _remembered() -> dict[str, list[str]]:
    """Name → the places where it was found when this user named it."""
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(_file().read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}


def _remember(name: str) -> None:
    place = _place(name)
    if (name, place) in _named:
        return
    _named.add((name, place))
    known = _remembered()
    if place is not None and place not in known.get(name, []):
        # Where nothing can be written it is asked again another time.
        with contextlib.suppress(OSError, CannotWrite):
            _file().parent.mkdir(parents=True, exist_ok=True)
            write_json(_file(), known | {name: [*known.get(name, []), place]})

"""Weights that others publish: what there is, what is on this machine, and how to get the rest.

The facts are data, in ``weights.toml`` and ``imagenet.txt``. Files come from the Hugging Face hub through its own
client (its cache, its ``HF_HUB_OFFLINE``), or from an address through ``torch.hub`` (its folder); either way they
are checked before they are used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import glob
import importlib.resources
import logging
import os
import re
import threading
import time
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prunelle.errors import UnknownName, WeightsError
from prunelle.files import sha256
from prunelle.networks import ALIASES, elsewhere, variant
from prunelle.texts import Note

OFFLINE_VARIABLE = "HF_HUB_OFFLINE"
"""Set to 1, nothing is asked of any network; the hub's client reads it too."""

_HUB = "https://huggingface.co"
_SHA256_DIGITS = 64
_DEAD_S = 3600.0
_HUB_LOCK = threading.Lock()

Progress = Callable[[Note, int, int], None]
"""Called with (what is done, how many are done, how many in all), from time to time."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Published:
    """One set of weights.

    Attributes:
        network: as in ``networks.names()``.
        name: what ``--weights`` calls it (``imagenet``).
        classes: what its outputs stand for; a key of ``class_names``.
        size, resize: the shorter side is resized to ``resize`` pixels, the middle ``size`` kept.
        mean, std: per channel, in units of [0, 1].
        publisher, licence: who, and under which terms.
        accuracy_source: on what ``top1`` and ``top5`` (in %) are, and who says so.
        url: an address; or
        repository, file, revision: on the hub.
        sha256: of the file, or its first digits; None where the hub alone knows it.
        mib: size in 2^20 bytes; None where unknown.
    """

    network: str
    name: str
    classes: str
    size: int
    resize: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    publisher: str
    licence: str
    accuracy_source: str
    top1: float
    top5: float | None = None
    url: str | None = None
    repository: str | None = None
    file: str | None = None
    revision: str | None = None
    sha256: str | None = None
    mib: float | None = None

    @property
    def address(self) -> str:
        """Where a browser gets the file."""
        return self.url or f"{_HUB}/{self.repository}/resolve/{self.revision}/{self.file}"

    @property
    def by_hand(self) -> Path:
        """Where a file that was fetched by hand is looked for: the folder of ``torch.hub``'s downloads."""
        import torch

        name = (
            os.path.basename(self.url)
            if self.url
            else str(self.repository).replace("/", "-") + ".safetensors"
        )
        return Path(torch.hub.get_dir()) / "checkpoints" / name


@functools.cache
def _tables() -> dict[str, Any]:
    text = importlib.resources.files(__package__).joinpath("weights.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache
def published() -> tuple[Published, ...]:
    """Every set, network by network; the first of a network is its usual one."""
    tables = _tables()
    published_sets = []
    for network, sets in tables["networks"].items():
        for name, facts in sets.items():
            facts = tables["prepared"][facts.pop("prepared")] | facts
            facts = tables["published"][facts.pop("published")] | facts
            facts |= {"mean": tuple(facts["mean"]), "std": tuple(facts["std"])}
            published_sets.append(Published(network=network, name=name, **facts))
    return tuple(published_sets)


def set_names() -> tuple[str, ...]:
    """The words that ``--weights`` takes besides paths."""
    return tuple(dict.fromkeys(weight_set.name for weight_set in published()))


def find(network: str, name: str | None = None) -> Published:
    """The set ``name`` of a network, or its first.

    Raises:
        UnknownName: no such network.
        WeightsError: nothing is published for it, or not under that name.
    """
    variant(network)
    if elsewhere.is_elsewhere(network):
        raise WeightsError(
            f"weights of {network} are fetched by its own library, when they are used: --network {network} --weights "
            f"{elsewhere.PUBLISHED}."
        )
    sets = {
        weight_set.name: weight_set
        for weight_set in published()
        if weight_set.network == ALIASES.get(network, network)
    }
    if not sets:
        available = dict.fromkeys(weight_set.network for weight_set in published())
        raise WeightsError(
            f"no weights are published for {network}. There are some for: {', '.join(available)}. Weights of your "
            f"own: --weights FILE-OR-RUN."
        )
    if name is None:
        return next(iter(sets.values()))
    if name not in sets:
        raise WeightsError(f"{network} has no weights called {name!r}. It has: {', '.join(sets)}.")
    return sets[name]


@functools.cache
def imagenet_classes() -> dict[str, str]:
    """WordNet's identifier (``n02099601``, as ImageNet's folders are called) → English name, in index order."""
    text = importlib.resources.files(__package__).joinpath("imagenet.txt").read_text(encoding="utf-8")
    return dict(line.split(" ", maxsplit=1) for line in text.splitlines())


def class_names(classes: str) -> tuple[str, ...]:
    """In index order.

    Raises:
        UnknownName: no such list.
    """
    lists: dict[str, list[str]] = _tables()["classes"]
    if classes == "imagenet-1k":
        return tuple(imagenet_classes().values())
    if classes not in lists:
        raise UnknownName("list of classes", classes, ("imagenet-1k", *lists))
    return tuple(lists[classes])


def on_this_machine(wanted: Published) -> Path | None:
    """The file, where it is here already; its content is not read."""
    if wanted.repository is not None:
        with warnings.catch_warnings(action="ignore"):  # tqdm's, in a kernel without Jupyter's widgets
            from huggingface_hub import try_to_load_from_cache

        cached = try_to_load_from_cache(wanted.repository, str(wanted.file), revision=wanted.revision)
        if isinstance(cached, str):
            return Path(cached)
    return wanted.by_hand if wanted.by_hand.is_file() else None


def fetch(wanted: Published, progress: Progress | None = None) -> Path:
    """The file, from this machine or from where it is published, and checked.

    Args:
        wanted: what to get.
        progress: told how many bytes are there, of how many.

    Raises:
        WeightsError: it cannot be had (which file, from where, to put where), or its content is not what was
            published.
    """
    path = on_this_machine(wanted)
    if path is None:
        get = _from_hub if wanted.repository is not None else _from_address
        path = get(wanted, _bar(wanted, progress))
    _check(wanted, path)
    return path


def of_file(path: Path, network: str) -> Published | None:
    """The published set of a network that this very file is, by its SHA-256."""
    sets = [
        weight_set
        for weight_set in published()
        if weight_set.network == ALIASES.get(network, network) and weight_set.sha256
    ]
    if not sets:
        return None
    digest = sha256(path)
    return next((weight_set for weight_set in sets if digest.startswith(str(weight_set.sha256))), None)


def _bar(wanted: Published, progress: Progress | None) -> type[Any]:
    """What both clients take for tqdm's bar. It draws nothing; whoever calls decides what is shown."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        """Tells ``progress`` how far the download is."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **(kwargs | {"disable": True}))
            self.all, self.done = kwargs.get("total"), kwargs.get("initial") or 0

        def update(self, n: float | None = 1) -> None:
            self.done += n or 0
            if progress is not None and self.all:
                progress(
                    Note(f"downloading {wanted.network}", f"téléchargement de {wanted.network}"),
                    int(self.done),
                    int(self.all),
                )

    return Bar


def _from_hub(wanted: Published, bar: type[Any]) -> Path:
    with warnings.catch_warnings(action="ignore"):  # as above
        from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    # It tells every retry; whether it came to nothing is told once, below.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        return Path(
            hf_hub_download(
                str(wanted.repository), str(wanted.file), revision=wanted.revision, tqdm_class=bar
            )
        )
    except LocalEntryNotFoundError as error:
        # Offline, or no answer: the cause underneath says which.
        raise _unavailable(wanted, str(error.__cause__ or "no network")) from error
    except (HfHubHTTPError, OSError) as error:
        raise _unavailable(wanted, str(error)) from error


def _from_address(wanted: Published, bar: type[Any]) -> Path:
    import torch

    if os.environ.get(OFFLINE_VARIABLE, "").upper() in ("1", "ON", "YES", "TRUE"):
        raise _unavailable(wanted, f"{OFFLINE_VARIABLE} is set")
    target = wanted.by_hand
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep_partial(target)
        with _bar_of_torch_hub(bar):
            torch.hub.download_url_to_file(str(wanted.url), str(target), hash_prefix=wanted.sha256)
    except RuntimeError as error:
        # torch.hub's word for a checksum that is not the expected one; nothing was kept.
        raise WeightsError(
            f"{wanted.address} gave another file than the one that was published ({error}). Nothing was kept; "
            f"try again, or from another network."
        ) from error
    except OSError as error:
        raise _unavailable(wanted, str(getattr(error, "reason", None) or error)) from error
    return target


def _sweep_partial(target: Path) -> None:
    """Removes what killed downloads of ``target`` left; torch.hub names them at random and never looks again."""
    for path in target.parent.glob(f"{glob.escape(target.name)}.*.partial"):
        with contextlib.suppress(OSError):
            # One that is under way was written to just now.
            if (
                re.fullmatch(r"[0-9a-f]{32}", path.suffixes[-2][1:])
                and time.time() - path.stat().st_mtime > _DEAD_S
            ):
                path.unlink()


@contextlib.contextmanager
def _bar_of_torch_hub(bar: type[Any]) -> Iterator[None]:
    """torch.hub can only be told whether to draw its bar, not where to: inside, its bar is ``bar``."""
    import torch

    with _HUB_LOCK:
        own = torch.hub.tqdm  # type: ignore[attr-defined]
        torch.hub.tqdm = bar  # type: ignore[attr-defined]
        try:
            yield
        finally:
            torch.hub.tqdm = own  # type: ignore[attr-defined]


def _unavailable(wanted: Published, reason: str) -> WeightsError:
    first_line = reason.strip().splitlines()[0] if reason.strip() else "no answer"
    size = "" if wanted.mib is None else f" ({wanted.mib:.0f} MiB)"
    return WeightsError(
        f"the {wanted.name} weights of {wanted.network} are not on this machine and could not be fetched: "
        f"{first_line}\nWhere there is a network, fetch{size}\n  {wanted.address}\nand put it here as\n  "
        f"{wanted.by_hand}\nor anywhere, and name it: --weights FILE."
    )


def _check(wanted: Published, path: Path) -> None:
    """Holds a file to its SHA-256: the one that is known, else the one that the hub announced."""
    expected = wanted.sha256
    # The hub's cache calls a large file by the SHA-256 that was announced for it.
    announced = path.resolve().name
    if expected is None and len(announced) == _SHA256_DIGITS and path.resolve().parent.name == "blobs":
        expected = announced
    if expected is not None and not (actual := sha256(path)).startswith(expected):
        raise WeightsError(
            f"{path} is not the file that was published: its SHA-256 is {actual}, and should begin with "
            f"{expected}. Delete {path.resolve()} and try again."
        )

"""Weights from files into networks, with an account of what fits and what does not.

Read are safetensors, and what ``torch.save`` writes (``.pth``, ``.pt``, ``.th``, ``.ckpt``), never running code
that is pickled in it. A run folder gives its best weights.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle.errors import ArgumentError, Damaged, RunError, WeightsError, did_you_mean
from prunelle.files import no_file
from prunelle.json_files import parse_json, read_json
from prunelle.networks import build, elsewhere, pickled
from prunelle.networks.published import (
    Published,
    class_names,
    fetch,
    find,
    of_file,
    published,
    set_names,
)
from prunelle.networks.unwrapping import NESTED, aligned, unwrapped
from prunelle.tensors import read_tensors
from prunelle.texts import EN, FR, Note, quoted, visible

FILE_BYTES = 4 << 30
"""Of a file of weights; the largest network here is of 0.6 GB, a checkpoint of its training of four times that."""

_SHOWN = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Weights:
    """The content of a weights file.

    Attributes:
        source: where it is from, for a person.
        tensors: by name, on the CPU.
        classes: what the outputs stand for, in order; None where nobody says.
        preprocess: fields of ``Preprocess`` by name, as far as they are known.
        entries: under which they stood in the file, and the prefix of their names, which they are without.
        notes: what a person should know of what was taken.
    """

    source: str
    tensors: Mapping[str, torch.Tensor]
    classes: tuple[str, ...] | None = None
    preprocess: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    entries: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    def aligned(self, expected: Iterable[str]) -> Weights:
        """The same under the names that a network expects, without what stands before or beside them in the file."""
        match = aligned(self.tensors, expected)
        notes = self.notes
        if match.left_out:
            notes += (
                Note(
                    f"Left out of {self.source}: {EN.listed(match.left_out)}, which is not under "
                    f"{match.prefix!r} as the network is.",
                    f"Laissé de côté dans {self.source} : {FR.listed(match.left_out)}, pas sous "
                    f"{match.prefix!r} comme le réseau.",
                ),
            )
        entries = self.entries + ((match.prefix,) if match.prefix else ())
        return dataclasses.replace(self, tensors=match.tensors, notes=notes, entries=entries)


def read_weights(source: str | Path, network: str | None = None) -> Weights:
    """Reads weights.

    Args:
        source: a file, a run folder, or the name of a published set (``imagenet``), which is fetched where
            needed. A file that is a published one, by its checksum, is known by it.
        network: the name of the network that they are for; published sets need it.

    Raises:
        WeightsError: no such weights, or a file that cannot be read.
    """
    path = Path(source).expanduser()
    if str(source) in set_names():
        if network is None:
            raise WeightsError(
                f"published weights ({source}) are for a network by name; load a file into a module of your own."
            )
        if elsewhere.is_elsewhere(network):
            return _from_elsewhere(network, str(source))
        wanted = find(network, str(source))
        return _published(wanted, read_file(fetch(wanted)))
    if path.is_dir():
        return _of_run(path)
    if not path.exists():
        near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        raise WeightsError(
            f"weights {str(source)!r} are neither a file, a run, nor a published set ({', '.join(set_names())})."
            f"{did_you_mean(path.name, [*near, *set_names()])}"
        )
    weights = read_file(path)
    known = of_file(path, network) if network is not None else None
    return weights if known is None else _published(known, weights)


def load_weights(network: nn.Module, source: Weights | str | Path) -> tuple[Note, ...]:
    """Puts weights into a network, in place.

    Where only the number of classes differs, the last layer (auxiliary ones too) keeps the fresh weights that it
    has. Auxiliary classifiers that the network was built without are left out.

    Args:
        network: any module; for a published set, one that ``build`` made.
        source: what ``read_weights`` gives or takes.

    Returns:
        What a person should know: what was replaced or left out.

    Raises:
        WeightsError: they cannot be read, or do not fit; a table says what is missing, what is not expected,
            and which shapes differ. The network is then as it was.
    """
    if not isinstance(source, Weights):
        source = read_weights(source, getattr(network, "built_as", (None,))[0])
    expected = network.state_dict()
    source = source.aligned(expected)
    given = dict(source.tensors)
    notes = list(source.notes)
    absent = {name for name in given if name not in expected and _built_without(network, name)}
    if absent:
        for name in absent:
            del given[name]
        parts = ", ".join(sorted({name.split(".")[0] for name in absent}))
        notes.append(
            Note(
                f"Left out of {source.source}: {parts}, which the network was built without.",
                f"Laissé de côté dans {source.source} : {parts}, que le réseau n’a pas.",
            )
        )
    # Batch normalisation counts its batches since PyTorch 0.4.1; older files do not, and nothing depends on it.
    missing = [name for name in expected if name not in given and not name.endswith(".num_batches_tracked")]
    unexpected = [name for name in given if name not in expected]
    misshapen = [name for name in expected if name in given and given[name].shape != expected[name].shape]
    if misshapen and not missing and not unexpected:
        head = _other_head([(given[name].shape, expected[name].shape) for name in misshapen])
        if head is not None:
            for name in misshapen:
                del given[name]
            theirs, ours = head
            layers = ", ".join(dict.fromkeys(name.rpartition(".")[0] for name in misshapen))
            notes.append(
                Note(
                    f"{source.source} has {theirs} outputs, this network {ours}: its last layer ({layers}) starts "
                    f"anew, all others are loaded.",
                    f"{source.source} a {theirs} sorties, ce réseau {ours} : sa dernière couche ({layers}) repart de "
                    f"zéro, toutes les autres sont chargées.",
                )
            )
            misshapen = []
    if missing or unexpected or misshapen:
        raise _does_not_fit(source, expected, missing, unexpected, misshapen)
    network.load_state_dict(given, strict=False)
    return tuple(notes)


def size_of(weights: Weights, network: str, options: Mapping[str, Any] | None = None) -> dict[str, int]:
    """``num_classes`` and ``in_channels`` with which ``build(network)`` makes what the weights are of.

    Both are found by which shapes change with them; what the weights do not tell stays the network's own.
    """

    def shapes(num_classes: int, in_channels: int) -> dict[str, torch.Size]:
        with torch.device("meta"):  # shapes alone: no memory, no random numbers
            made = build(network, num_classes=num_classes, in_channels=in_channels, **(options or {}))
        return {name: tensor.shape for name, tensor in made.state_dict().items()}

    sizes = {}
    base = shapes(11, 3)
    tensors = weights.aligned(base).tensors
    wider = shapes(13, 3)
    # Halved, as there are two classes more.
    values_a_class = sum(wider[name].numel() - base[name].numel() for name in base) // 2
    for name, other in wider.items():
        if other != base[name] and name in tensors and tensors[name].ndim:
            outputs = tensors[name].shape[0]
            # A network made to the measure of a few bytes, an empty tensor's say, could be of any size.
            if outputs * values_a_class <= 4 * sum(tensor.numel() for tensor in tensors.values()) + 1_000_000:
                sizes["num_classes"] = max(2, outputs)  # one output stands for two classes
            break
    try:
        grey = shapes(11, 1)
    except ArgumentError:
        return sizes
    for name, other in grey.items():
        if other != base[name] and name in tensors:
            if tensors[name].shape == other:
                sizes["in_channels"] = 1
            elif tensors[name].shape == base[name]:
                sizes["in_channels"] = 3
            break
    return sizes


def read_file(path: Path) -> Weights:
    """The tensors of a file, told by its content, without the wrappings that training programs leave around them.

    Raises:
        WeightsError: it is damaged, no weights file, or needs pickled code to be run.
    """
    if kind := no_file(path):
        raise WeightsError(f"{path} is {kind}, not a file of weights.")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise WeightsError(f"{path} cannot be opened: {error.strerror}.") from error
    if path.stat().st_size > FILE_BYTES:
        raise WeightsError(
            f"{path} is of {path.stat().st_size:,} bytes; files of weights may be of {FILE_BYTES >> 30} GB. Save the "
            f"weights alone, without the optimiser's state."
        )
    if head[8:9] == b"{":
        return _safetensors(path)
    if not (zipfile.is_zipfile(path) or head.startswith((b"PK\x03\x04", b"\x80"))):
        what = "is empty" if not head else "is no weights file"
        if head.startswith(b"\x89HDF"):
            what = "is no weights file of PyTorch but HDF5, as Keras writes it (a program under prunelle run reads it)"
        raise WeightsError(
            f"{path} {what}. Read are safetensors, and what torch.save writes (.pth, .pt, .th, .ckpt)."
        )
    content = _weights(path, pickled.read(path))
    pickled.check_tensors(path, content.tensors)
    return content


def _safetensors(path: Path) -> Weights:
    try:
        tensors, metadata = read_tensors(path)
    except Damaged as error:
        raise WeightsError(f"{error} Fetch or copy it again.") from error
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    fields = _metadata_fields(path, metadata)
    classes = fields.get("classes")
    return _weights(
        path,
        tensors,
        tuple(map(str, classes)) if isinstance(classes, list) else None,
        {**fields.get("preprocess", {}), **{key: fields[key] for key in ("mean", "std") if key in fields}},
    )


def _metadata_fields(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """What a safetensors file says of itself: ``mean``, ``std``, ``classes`` as JSON lists, or a run's entry."""
    fields: dict[str, Any] = {}
    try:
        if "prunelle" in metadata:
            fields |= _of_kind(parse_json(metadata["prunelle"]), dict)
        fields |= {
            key: _of_kind(parse_json(metadata[key]), list)
            for key in ("mean", "std", "classes")
            if key in metadata
        }
        _of_kind(fields.get("preprocess", {}), dict)
    except ValueError as error:
        raise WeightsError(
            f"the metadata of {path} should be JSON lists (mean, std, classes): {visible(str(error))}."
        ) from error
    return fields


def _of_kind(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"received {json.dumps(value)[:40]}")
    return value


def _weights(
    path: Path,
    content: Any,
    classes: tuple[str, ...] | None = None,
    preprocess: Mapping[str, Any] | None = None,
) -> Weights:
    """Those in what a file holds."""
    state = unwrapped(content)
    if not state.tensors:
        keys = ", ".join(map(repr, list(content)[:_SHOWN])) if isinstance(content, Mapping) else ""
        raise WeightsError(
            f"{path} holds no weights by name. It should hold a state_dict, by itself or under "
            f"{', '.join(map(repr, NESTED[:5]))}…{f'; it has {keys}' if keys else ''}."
        )
    notes: tuple[Note, ...] = ()
    if state.others:
        taken, others = ".".join(state.entries), ", ".join(map(repr, state.others))
        notes = (
            Note(
                f"{path} holds several sets of weights: {taken!r} is taken, {others} not.",
                f"{path} contient plusieurs jeux de poids : {taken!r} est pris, pas {others}.",
            ),
        )
    return Weights(str(path), state.tensors, classes, preprocess or {}, state.entries, notes)


def _of_run(folder: Path) -> Weights:
    """The best weights of a run, with its classes and its preprocessing."""
    best = folder / "weights" / "best.safetensors"
    if not best.is_file():
        raise WeightsError(f"{folder} is no run with weights: it has no {best.relative_to(folder)}.")
    try:
        weights = read_file(best)
    except WeightsError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno != errno.EIO:
            raise  # nothing is wrong with them: too many open files, no permission
        raise error.then("Make them again with", f"prunelle train --resume {quoted(folder)}") from None
    try:
        classes = tuple(read_json(folder / "classes.json", [str]))
        preprocess = read_json(folder / "preprocess.json", dict)
    except RunError as error:
        raise WeightsError(f"{folder} is no whole run: {error}.") from error
    return Weights(str(folder), weights.tensors, classes, preprocess)


def _published(wanted: Published, weights: Weights) -> Weights:
    preprocess = {
        "size": (wanted.size, wanted.size),
        "fit": "crop",
        "crop_fraction": wanted.size / wanted.resize,
        "channels": len(wanted.mean),
        "mean": wanted.mean,
        "std": wanted.std,
    }
    return Weights(source_of(wanted), weights.tensors, class_names(wanted.classes), preprocess)


def source_of(wanted: Published) -> str:
    """``Weights.source`` of a published set."""
    return f"{wanted.network}'s {wanted.name} weights"


def given_as(source: str) -> str:
    """What ``read_weights`` takes for weights of this ``source``: of a published set, its name."""
    return next((each.name for each in published() if source_of(each) == source), source)


def _from_elsewhere(network: str, name: str) -> Weights:
    if name != elsewhere.PUBLISHED:
        raise WeightsError(
            f"{network} has no weights called {name!r}: its own are called {elsewhere.PUBLISHED!r}."
        )
    theirs = elsewhere.their_weights(network)
    classes = class_names("imagenet-1k") if theirs.imagenet else None
    return Weights(theirs.source, theirs.tensors, classes, theirs.preprocess)


def _built_without(network: nn.Module, name: str) -> bool:
    """Whether the name is of a part that the network's class has, and this network was built without."""
    return getattr(network, name.split(".")[0], network) is None


def _other_head(shapes: list[tuple[torch.Size, torch.Size]]) -> tuple[int, int] | None:
    """Their and our number of outputs, if that is all by which the shapes differ.

    A hidden layer of another width also changes the second dimension of the layer after it.
    """
    if any(len(theirs) != len(ours) or not len(ours) or theirs[1:] != ours[1:] for theirs, ours in shapes):
        return None
    pairs = {(theirs[0], ours[0]) for theirs, ours in shapes}
    return pairs.pop() if len(pairs) == 1 else None


def _does_not_fit(
    weights: Weights,
    expected: Mapping[str, torch.Tensor],
    missing: list[str],
    unexpected: list[str],
    misshapen: list[str],
) -> WeightsError:
    rows = [("", "in the network", "in the file")]
    for names in (missing, misshapen, unexpected):
        for name in names[:_SHOWN]:
            ours = tuple(expected[name].shape) if name in expected else "—"
            theirs = tuple(weights.tensors[name].shape) if name in weights.tensors else "—"
            rows.append((visible(name), str(ours), str(theirs)))
        if len(names) > _SHOWN:
            rows.append((f"… and {len(names) - _SHOWN} more like these", "", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    table = "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    fitting = sum(name in weights.tensors for name in expected) - len(misshapen)
    where = f" (under {'.'.join(map(visible, weights.entries))!r})" if weights.entries else ""
    return WeightsError(
        f"{weights.source}{where} does not fit the network: {fitting} of its {len(expected)} tensors do; "
        f"{len(missing)} missing in the file, {len(misshapen)} of another shape, {len(unexpected)} not "
        f"expected.\n{table}\n"
        f"Name the network, with the number of channels and the options, that the weights were made with."
    )

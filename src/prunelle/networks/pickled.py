"""What ``torch.save`` wrote (``.pth``, ``.pt``, ``.th``, ``.ckpt``), read without running what is pickled in it.

``torch.load(weights_only=True)`` runs none of it either, but takes on trust how much memory a file asks for. So what a
file says is looked at first: its archive may not unpack to more than it is large, its pickle may be 64 MB, and may
name only what tensors are made of, and settings of training programs, which are passed over.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import torch

from prunelle.errors import WeightsError
from prunelle.files import in_text
from prunelle.memory import is_out_of_memory

PICKLE_BYTES = 64 << 20
"""Of the names and settings in a file, its tensors apart; the pickle of ResNet-152's weights takes 0.1 MB."""

_OF_TENSORS = frozenset(
    {
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state",
        "torch.nn.parameter.Parameter",
        "torch.storage.UntypedStorage",
        "torch.storage.TypedStorage",
        "torch.Size",
        "torch.device",
        "_codecs.encode",
    }
)
_SETTINGS = (
    *(
        "argparse.",
        "collections.",
        "datetime.",
        "enum.",
        "numpy.",
        "pathlib.",
        "types.SimpleNamespace",
        "typing.",
    ),
    *(
        "builtins.dict",
        "builtins.list",
        "builtins.set",
        "__builtin__.dict",
        "__builtin__.list",
        "__builtin__.set",
    ),
    *("lightning.", "lightning_fabric.", "omegaconf.", "pytorch_lightning."),
)
# What a file of the old form holds, one after the other, before the bytes of its tensors.
_OLD_PICKLES = 5


class _Setting:
    """In place of an object of another program: it remembers nothing, and does nothing."""

    def __new__(cls, *_args: Any, **_values: Any) -> _Setting:
        return super().__new__(cls)

    def __init__(self, *_args: Any, **_values: Any) -> None: ...

    def __setstate__(self, _state: Any) -> None: ...

    def __hash__(self) -> int:
        return id(self)


def _no_defaults(*_: Any) -> dict[Any, Any]:
    return {}


def _stand_in(name: str) -> Any:
    """What is made in place of an object: torch.load fills dictionaries of no other type than its own."""
    if name == "collections.defaultdict":
        return _no_defaults
    return OrderedDict if name.endswith("Dict") else _Setting


def read(path: Path) -> Any:
    """The content, on the CPU, with nothing in place of settings.

    Raises:
        WeightsError: it is damaged, asks for more memory than it is large, or needs pickled code to be run.
    """
    try:
        names = set(_names(path))
    except WeightsError:
        raise
    except Exception as error:
        raise _damaged(path) from error
    settings = [name for name in names if not _of_tensors(name)]
    for name in sorted(settings):
        if name.startswith(("torch._utils.", "torch._tensor.")):
            raise WeightsError(f"{path} holds tensors of a kind that no network here has ({name}).")
        if not name.startswith(_SETTINGS):
            raise WeightsError(
                f"{path} holds pickled code ({name}), which Prunelle never runs: it could do anything. Where you "
                f"trust it, save its weights alone: torch.save(network.state_dict(), 'weights.pth')."
            )
    try:
        known: list[Any] = [(_stand_in(name), name) for name in settings]
        with in_text(path) as readable, torch.serialization.safe_globals(known):
            content = torch.load(readable, map_location="cpu", weights_only=True)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # torch and zipfile raise nearly anything on damaged files: RuntimeError, EOFError, KeyError, ValueError…
        raise _damaged(path) from error
    return content


def check_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """A tensor may be a view of a few bytes, repeated: what is made to its measure would not be as small.

    Raises:
        WeightsError: one of them claims more values than the file has, or is of a kind that no weights are.
    """
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise WeightsError(f"{path}: {name!r} is sparse or quantised, which no network here has.")
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise WeightsError(
                f"{path}: {name!r} claims {tensor.numel():,} values and holds {tensor.untyped_storage().nbytes():,} "
                f"bytes. Save it whole (tensor.contiguous())."
            )


def _damaged(path: Path) -> WeightsError:
    return WeightsError(f"{path} is damaged, or no weights file. Fetch or copy it again.")


def _of_tensors(name: str) -> bool:
    module, _, own = name.rpartition(".")
    is_type = module == "torch" and (
        own.endswith("Storage") or isinstance(getattr(torch, own, None), torch.dtype)
    )
    return name in _OF_TENSORS or is_type


def _names(path: Path) -> Iterator[str]:
    """What is named in the pickles of a file: ``module.name``."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            for _ in range(_OLD_PICKLES):
                yield from _globals(path, file, file.tell() + PICKLE_BYTES)
        return
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        inside = sum(member.file_size for member in members)
        if inside > size:
            raise WeightsError(
                f"{path} says that it holds {inside:,} bytes, and is of {size:,}: torch.save compresses nothing. Fetch "
                f"or copy it again, or save it anew."
            )
        names = {member.filename.rpartition("/")[2] for member in members}
        if "constants.pkl" in names:
            raise WeightsError(
                f"{path} is a TorchScript program, which Prunelle never runs. Save its weights alone: "
                f"torch.save(torch.jit.load({path.name!r}).state_dict(), 'weights.pth')."
            )
        if "model.weights.h5" in names:
            raise WeightsError(
                f"{path} was written by Keras; keras.models.load_model reads it in a program that prunelle run runs."
            )
        pickles = [member for member in members if member.filename.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise WeightsError(
                f"{path} is an archive, but none that torch.save wrote. Read are safetensors, and what "
                f"torch.save writes."
            )
        with archive.open(pickles[0]) as file:
            yield from _globals(path, file, PICKLE_BYTES)


def _globals(path: Path, file: IO[bytes], end: int) -> Iterator[str]:
    """Of one pickle, read as far as its end, and none of it run."""
    for operation, argument, place in pickletools.genops(file):
        if place is not None and place > end:
            raise WeightsError(
                f"{path} holds a pickle of more than {PICKLE_BYTES >> 20} MB beside its tensors; save its weights "
                f"alone: torch.save(network.state_dict(), 'weights.pth')."
            )
        if operation.name == "GLOBAL":
            # Protocol 2 has Python 2's name of it.
            yield str(argument).replace(" ", ".", 1).replace("__builtin__.", "builtins.", 1)
        elif operation.name in ("STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4"):
            raise WeightsError(
                f"{path} is pickled in a way that torch.load does not read safely. Where you trust it, save its "
                f"weights alone: torch.save(network.state_dict(), 'weights.pth')."
            )

"""Weight files as training programs leave them, and files that ask for more than they hold."""

from __future__ import annotations

import argparse
import io
import itertools
import pathlib
import subprocess
import sys
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from prunelle.errors import WeightsError
from prunelle.networks import build
from prunelle.networks.unwrapping import aligned, unwrapped
from prunelle.networks.weights import load_weights, read_weights, size_of

from .test_weights import prefixed, same, small

State = dict[str, torch.Tensor]


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(1)
    return small()


ENTRIES = ("model_state_dict", "net", "state_dict", "model", "ema", "network", "params", "module")
PREFIXES = ("model.", "module.", "_orig_mod.", "net.")


@pytest.mark.parametrize(
    "entries", [(), *itertools.product(ENTRIES), *itertools.product(ENTRIES[:4], repeat=2)]
)
def test_weights_under_any_nesting_of_entries(
    entries: tuple[str, ...], network: nn.Module, tmp_path: Path
) -> None:
    content: Any = network.state_dict()
    for entry in reversed(entries):
        content = {"epoch": 3, entry: content, "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}}
    torch.save(content, tmp_path / "w.pt")
    fresh = small()
    load_weights(fresh, tmp_path / "w.pt")
    assert same(fresh, network)


@pytest.mark.parametrize(
    "prefixes", [(), *itertools.product(PREFIXES), *itertools.product(PREFIXES, repeat=3)]
)
def test_names_behind_any_order_of_prefixes(prefixes: tuple[str, ...], network: nn.Module) -> None:
    given = prefixed(network.state_dict(), "".join(prefixes))
    found = aligned(given, network.state_dict())
    assert list(found.tensors) == list(network.state_dict())
    assert found.left_out == ()


def lightning(state: State) -> dict[str, Any]:
    """Without Lightning: what its checkpoints hold."""
    return {
        "epoch": 2,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": {**prefixed(state, "model."), "criterion.weight": torch.ones(4)},
        "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(0.5)}},
        "optimizer_states": [{"state": {0: {"step": torch.tensor(4.0)}}}],
        "hyper_parameters": {"lr": 0.1},
    }


def torchvision(state: State) -> dict[str, Any]:
    """As its reference scripts save them."""
    return {
        "model": OrderedDict(state),
        "model_ema": {
            "n_averaged": torch.tensor(3),
            **prefixed({k: v * 0 for k, v in state.items()}, "module."),
        },
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1, output_dir=pathlib.PurePosixPath("out"), classes={"a", "b"}),
    }


def timm(state: State) -> dict[str, Any]:
    return {
        "epoch": 1,
        "arch": "resnet18",
        "state_dict": state,
        "state_dict_ema": {name: tensor * 0 for name, tensor in state.items()},
        "args": argparse.Namespace(model="resnet18"),
        "metric": np.float64(71.5),
        "history": defaultdict(list, loss=[np.float32(1.0)], best=[np.arange(3)]),
    }


def averaged(state: State) -> dict[str, Any]:
    """``AveragedModel(torch.compile(network)).state_dict()``."""
    return {"n_averaged": torch.tensor(3), **prefixed(state, "module._orig_mod.")}


def compiled_inside(state: State) -> dict[str, Any]:
    """A part was compiled, not the whole."""
    return {name.replace(".", "._orig_mod.", 1): tensor for name, tensor in state.items()}


def student_and_teacher(state: State) -> dict[str, Any]:
    other = {name: tensor * 0 for name, tensor in state.items()}
    return {**prefixed(other, "teacher."), **prefixed(state, "student.")}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("form", "said"),
    [
        (lightning, "Left out of {}: criterion.weight, which is not under 'model.'"),
        (torchvision, "'model' is taken, 'model_ema' not"),
        (timm, "'state_dict' is taken, 'state_dict_ema' not"),
        (averaged, "Left out of {}: n_averaged"),
        (compiled_inside, None),
        (student_and_teacher, "Left out of {}: teacher."),
    ],
)
def test_checkpoints_of_common_trainers(
    form: Callable[[State], dict[str, Any]], said: str | None, old: bool, network: nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "last.ckpt"
    torch.save(form(network.state_dict()), path, _use_new_zipfile_serialization=not old)
    fresh = small()
    notes = load_weights(fresh, path)
    assert same(fresh, network)
    assert len(notes) == (said is not None)
    if said is not None:
        assert said.format(path) in notes[0].en
    assert size_of(read_weights(path), "course-look", {"input_size": 12}) == {
        "num_classes": 4,
        "in_channels": 1,
    }


def test_a_wrapped_network_takes_plain_weights(network: nn.Module) -> None:
    torch.manual_seed(9)
    wrapped = nn.DataParallel(small())
    found = aligned(network.state_dict(), wrapped.state_dict())
    assert list(found.tensors) == list(wrapped.state_dict())


def test_a_prefix_nobody_knows_is_taken_off_where_all_names_have_it(
    network: nn.Module, tmp_path: Path
) -> None:
    save_file(prefixed(network.state_dict(), "classifier_v2.inner."), tmp_path / "w.safetensors")
    fresh = small()
    load_weights(fresh, tmp_path / "w.safetensors")
    assert same(fresh, network)


def test_a_part_of_another_network_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    torch.save(
        {"conv.weight": torch.ones(2, 3), "fc.weight": torch.ones(2, 3), "fc.bias": torch.ones(2)},
        tmp_path / "w",
    )
    with pytest.raises(WeightsError, match=r"2 missing .* 3 not expected"):
        load_weights(nn.Linear(3, 2), tmp_path / "w")


def test_what_does_not_fit_shows_names_and_what_was_taken_off_them(
    network: nn.Module, tmp_path: Path
) -> None:
    state = network.state_dict()
    name = next(iter(state))
    state["other.weight"] = state.pop(name)
    torch.save({"net": prefixed(state, "module.")}, tmp_path / "w.pth")
    with pytest.raises(WeightsError) as caught:
        load_weights(small(), tmp_path / "w.pth")
    assert f"{tmp_path / 'w.pth'} (under 'net.module.') does not fit" in str(caught.value)
    lines = str(caught.value).splitlines()
    assert [line.split()[0] for line in lines if "—" in line] == [name, "other.weight"]


def test_nothing_by_name_says_what_there_is(tmp_path: Path) -> None:
    torch.save({"scores": [1, 2], "names": "x"}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=r"holds no weights by name.* it has 'scores', 'names'"):
        read_weights(tmp_path / "w.pth")
    cycle: dict[str, Any] = {}
    cycle["model"] = cycle
    assert unwrapped(cycle).tensors == {}


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def rezipped(
    content: bytes, change: Callable[[bytes], bytes], compression: int = zipfile.ZIP_STORED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as there, zipfile.ZipFile(out, "w", compression) as made:
        for name in there.namelist():
            made.writestr(name, change(there.read(name)))
    return out.getvalue()


def saved(content: object, *, old: bool = False) -> bytes:
    out = io.BytesIO()
    torch.save(content, out, _use_new_zipfile_serialization=not old)
    return out.getvalue()


def many(content: bytes) -> bytes:
    """1,234 values are said to be two thousand millions."""
    return content.replace(b"M\xd2\x04", b"J\xff\xff\xff\x7f").replace(
        (1234).to_bytes(8, "little"), b"\xff\xff\xff\x7f\0\0\0\0"
    )


def as_script() -> bytes:
    out = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def keras_file() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("model.weights.h5", b"")
    return out.getvalue()


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "compressed": (
        lambda: rezipped(saved({"a": torch.zeros(1 << 26)}), lambda part: part, zipfile.ZIP_DEFLATED),
        "torch.save compresses nothing",
    ),
    "repeated bytes": (
        lambda: saved({"a": torch.zeros(1).expand(1 << 40)}),
        "claims 1,099,511,627,776 values",
    ),
    "a long storage": (lambda: rezipped(saved({"a": torch.zeros(1234)}), many), "is damaged"),
    "a long storage, old form": (lambda: many(saved({"a": torch.zeros(1234)}, old=True)), "is damaged"),
    "bytes by the number": (lambda: saved({"a": Calls(bytearray, 1 << 33)}), "pickled code"),
    "a tensor by the number": (lambda: saved({"a": Calls(torch.LongTensor, 1 << 32)}), "pickled code"),
    "no storage at all": (
        lambda: saved({"a": torch.zeros(1 << 40, device="meta")}),
        "of a kind that no network",
    ),
    "a module": (lambda: saved({"model": nn.Linear(2, 2)}), "pickled code"),
    "a program": (as_script, "is a TorchScript program"),
    "of Keras": (keras_file, "was written by Keras"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_asks_for_more_than_it_holds(bomb: str, tmp_path: Path) -> None:
    make, words = BOMBS[bomb]
    (tmp_path / "w.pth").write_bytes(make())
    # In a process of its own, that cannot have more memory than a small file needs.
    program = (
        "import resource, sys\nfrom prunelle.networks.weights import read_file\nfrom pathlib import Path\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    read_file(Path(sys.argv[1]))\nexcept Exception as error:\n    print(type(error).__name__, error)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "w.pth"], capture_output=True, text=True, check=True
    )
    *said, megabytes = done.stdout.splitlines()
    assert said[0].startswith("WeightsError ")
    assert words in said[0]
    assert int(megabytes) < 100


def test_a_file_too_large_for_any_network_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "w.pth").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(6 << 30)  # takes no room on the disk
    with pytest.raises(WeightsError, match=r"is of 6,442,450,944 bytes; files of weights may be of 4 GB"):
        read_weights(tmp_path / "w.pth")


def test_no_network_is_made_to_the_measure_of_a_few_bytes(tmp_path: Path) -> None:
    state = build("course-look", num_classes=4, input_size=12).state_dict()
    last = list(state)[-2]
    save_file({**state, last: torch.zeros(1_000_000_000, 0)}, tmp_path / "w.safetensors")
    assert "num_classes" not in size_of(
        read_weights(tmp_path / "w.safetensors"), "course-look", {"input_size": 12}
    )

"""Weights files of every form and every damage, into networks that fit and that do not."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from prunelle.errors import WeightsError
from prunelle.networks import build
from prunelle.networks.weights import load_weights, read_weights, size_of

SHARED = Path(__file__).parents[4] / "shared" / "data" / "weights"


def small(num_classes: int = 4, **options: object) -> nn.Module:
    return build("course-look", num_classes=num_classes, input_size=12, **options)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(1)
    return small()


def same(one: nn.Module, other: nn.Module) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in one.state_dict().items())


def prefixed(state: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


FORMS: dict[str, Callable[[dict[str, torch.Tensor], Path], None]] = {
    "safetensors": lambda state, path: save_file(state, path),
    "pth": lambda state, path: torch.save(state, path),
    "old pth": lambda state, path: torch.save(state, path, _use_new_zipfile_serialization=False),
    "under state_dict": lambda state, path: torch.save({"epoch": 3, "state_dict": state}, path),
    "under model": lambda state, path: torch.save({"model": state, "best": 0.5}, path),
    "under both": lambda state, path: torch.save({"model": {"state_dict": state}}, path),
    "data parallel": lambda state, path: torch.save({"state_dict": prefixed(state, "module.")}, path),
    "compiled": lambda state, path: save_file(prefixed(state, "_orig_mod."), path),
    "half": lambda state, path: torch.save({k: v.half().float() for k, v in state.items()}, path),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str, network: nn.Module, tmp_path: Path) -> None:
    if form == "half":
        network.half().float()
    # Told by content: the name says nothing.
    FORMS[form](network.state_dict(), tmp_path / "weights.bin")
    torch.manual_seed(2)
    fresh = small()
    assert not same(fresh, network)
    assert load_weights(fresh, tmp_path / "weights.bin") == ()
    assert same(fresh, network)


def test_a_file_saved_on_a_gpu(tmp_path: Path, network: nn.Module) -> None:
    """The same bytes as torch writes on a GPU: the device is a word in the pickle."""
    torch.save(network.state_dict(), tmp_path / "cpu.th", _use_new_zipfile_serialization=False)
    content = (tmp_path / "cpu.th").read_bytes()
    # Pickle's short text: X, four bytes of length, the text.
    there = b"X\x03\x00\x00\x00cpu"
    assert there in content
    (tmp_path / "gpu.th").write_bytes(content.replace(there, b"X\x06\x00\x00\x00cuda:0"))
    fresh = small()
    load_weights(fresh, tmp_path / "gpu.th")
    assert same(fresh, network)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("evil-was-here"),)  # type: ignore[return-value]


@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_code_is_refused_and_never_runs(
    zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": torch.zeros(1), "b": Evil()}, "evil.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="which Prunelle never runs"):
        read_weights("evil.pth")
    assert not Path("evil-was-here").exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"<html>Sign in first</html>"), "is no weights file"),
        (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 64), "is no weights file"),
        (lambda path: path.write_bytes(pickle.dumps([1, 2])), "damaged|no weights by name"),
        (lambda path: torch.save({"epoch": 3}, path), "holds no weights by name"),
        (lambda path: torch.save([torch.zeros(2)], path), "holds no weights by name"),
    ],
)
def test_what_is_no_weights_file(make: Callable[[Path], object], words: str, tmp_path: Path) -> None:
    make(tmp_path / "file")
    with pytest.raises(WeightsError, match=words) as caught:
        read_weights(tmp_path / "file")
    assert str(tmp_path / "file") in str(caught.value)


@pytest.mark.parametrize("form", ["safetensors", "pth", "old pth"])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.99])
def test_a_truncated_file(form: str, share: float, network: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    FORMS[form](network.state_dict(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WeightsError, match="damaged"):
        read_weights(path)


def test_no_such_file(tmp_path: Path) -> None:
    (tmp_path / "weights.pth").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"neither a file, a run, nor a published set .*'weights.pth'"):
        read_weights(tmp_path / "weigths.pth")
    with pytest.raises(WeightsError, match="is no run with weights"):
        read_weights(tmp_path)
    with pytest.raises(WeightsError, match="for a network by name"):
        load_weights(nn.Linear(2, 2), "imagenet")


def test_another_number_of_classes_keeps_all_but_the_last_layer(network: nn.Module) -> None:
    source = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    torch.manual_seed(5)
    other = small(7)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    (note,) = load_weights(other, _weights(source))
    after = other.state_dict()
    replaced = [name for name in after if after[name].shape != source[name].shape]
    assert len(replaced) == 2  # kernel and bias of one layer
    for name in after:
        assert torch.equal(after[name], before[name] if name in replaced else source[name])
    assert "has 4 outputs, this network 7" in note.en
    assert "a 4 sorties, ce réseau 7" in note.fr
    assert replaced[0].rpartition(".")[0] in note.en


def test_auxiliary_heads_are_replaced_too_or_left_out() -> None:
    source = build("googlenet-bn", num_classes=5).state_dict()
    other = build("googlenet-bn", num_classes=3)
    (note,) = load_weights(other, _weights(source))
    assert "aux1" in note.en
    assert "aux2" in note.en
    plain = build("googlenet-bn", num_classes=5, aux=False)
    (note,) = load_weights(plain, _weights(source))
    assert note.en.startswith("Left out of a file: aux1, aux2")
    assert torch.equal(plain.state_dict()["conv1.conv.weight"], source["conv1.conv.weight"])


def test_what_does_not_fit_is_a_table_and_changes_nothing() -> None:
    source = build("resnet20").state_dict()
    del source["layer1.0.conv1.weight"]
    source["stray.weight"] = torch.zeros(3, 2)
    source["conv1.weight"] = torch.zeros(16, 1, 3, 3)
    other = build("resnet20")
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(WeightsError) as caught:
        load_weights(other, _weights(source))
    lines = [" ".join(line.split()) for line in str(caught.value).splitlines()]
    assert "1 missing in the file, 1 of another shape, 1 not expected." in lines[0]
    assert lines[1:5] == [
        "in the network in the file",
        "layer1.0.conv1.weight (16, 16, 3, 3) —",
        "conv1.weight (16, 3, 3, 3) (16, 1, 3, 3)",
        "stray.weight — (3, 2)",
    ]
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())


def test_a_long_table_is_shortened() -> None:
    with pytest.raises(WeightsError) as caught:
        load_weights(build("resnet32"), _weights(build("resnet20").state_dict()))
    said = str(caught.value)
    # 6 more blocks of 2 convolutions and 2 × 4 tensors of batch normalisation, without their counters.
    assert "60 missing in the file, 0 of another shape, 0 not expected" in said
    assert "… and 55 more like these" in said
    assert len(said.splitlines()) < 12


def test_a_layer_of_another_width_is_no_other_number_of_classes() -> None:
    wide = build("dense", num_classes=4, hidden=(9,)).state_dict()
    with pytest.raises(WeightsError, match="3 of another shape"):
        load_weights(build("dense", num_classes=4, hidden=(8,)), _weights(wide))


def test_counters_of_batches_may_be_missing() -> None:
    source = build("resnet20").state_dict()
    old = {name: tensor for name, tensor in source.items() if not name.endswith("num_batches_tracked")}
    assert len(old) < len(source)
    assert load_weights(build("resnet20"), _weights(old)) == ()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("course-look", {"num_classes": 7, "in_channels": 3}),
        ("lenet5", {"num_classes": 3, "in_channels": 1}),
        ("course-photos", {"num_classes": 2, "in_channels": 3}),
        ("squeezenet1.1", {"num_classes": 21, "in_channels": 1}),
        ("inception-v3", {"num_classes": 6, "in_channels": 3}),
    ],
)
def test_what_the_weights_were_made_for(name: str, options: dict[str, int]) -> None:
    assert size_of(_weights(build(name, **options).state_dict()), name) == options


def test_what_a_safetensors_file_says_of_itself(tmp_path: Path, network: nn.Module) -> None:
    said = {"mean": "[0.5]", "std": "[0.25]", "classes": json.dumps(["a", "b", "c", "d"])}
    save_file(network.state_dict(), tmp_path / "said.safetensors", metadata=said)
    found = read_weights(tmp_path / "said.safetensors")
    assert found.classes == ("a", "b", "c", "d")
    assert found.preprocess == {"mean": [0.5], "std": [0.25]}
    save_file(network.state_dict(), tmp_path / "bad.safetensors", metadata={"mean": "half"})
    with pytest.raises(WeightsError, match="should be JSON lists"):
        read_weights(tmp_path / "bad.safetensors")


def _weights(state: dict[str, torch.Tensor]) -> object:
    from prunelle.networks.weights import Weights

    return Weights("a file", state)


@pytest.mark.parametrize(("name", "file"), [("resnet20", "12fca82f"), ("resnet56", "4bfd9763")])
def test_a_published_file_is_known_by_its_content(name: str, file: str, tmp_path: Path) -> None:
    path = SHARED / f"{name}-{file}.th"
    if not path.is_file():
        pytest.skip(f"needs {path.name} in ../shared/data/weights")
    renamed = tmp_path / "mine.bin"
    renamed.write_bytes(path.read_bytes())
    found = read_weights(renamed, name)
    assert found.classes is not None
    assert found.classes[3] == "cat"
    np.testing.assert_allclose(found.preprocess["mean"], (0.485, 0.456, 0.406))
    assert read_weights(renamed).classes is None

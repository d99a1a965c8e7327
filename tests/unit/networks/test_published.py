"""The list of published weights, and getting them: the real clients against a server on this machine."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import huggingface_hub.file_download
import pytest
import torch
from safetensors.torch import save

from prunelle import networks
from prunelle.errors import UnknownName, WeightsError
from prunelle.networks import published
from prunelle.networks.published import Published, class_names, fetch, find, imagenet_classes
from prunelle.texts import Note
from tests.unit.networks.hub import COMMIT, Hub, serving

CONTENT = save({"fc.weight": torch.arange(6.0).reshape(2, 3)})
DIGEST = hashlib.sha256(CONTENT).hexdigest()

HUB = dataclasses.replace(find("resnet18", "imagenet"), repository="someone/resnet18")
HUB_PATH = "/someone/resnet18/resolve/main/model.safetensors"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The server, with caches of this test alone. No proxy between."""
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "torch"))
    with serving() as server:
        # The client reads its environment once, when it is imported: HF_ENDPOINT, HF_HUB_CACHE, HF_HUB_OFFLINE.
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.address)
        monkeypatch.setattr(
            huggingface_hub.constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            server.address + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
        yield server


def by_address(hub: Hub, **changes: object) -> Published:
    url = hub.add("/models/net-12345678.pth", CONTENT)
    facts = {"url": url, "sha256": DIGEST[:8]} | changes
    return dataclasses.replace(find("vgg16", "imagenet"), **facts)  # type: ignore[arg-type]


# The list


WANTED = (
    "alexnet-owt",
    *(f"vgg-{letter}" for letter in "abde"),
    *(f"vgg-{letter}-bn" for letter in "abde"),
    "googlenet-bn",
    "inception-v3",
    "inception-v4",
    "inception-resnet-v2",
    "xception",
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152, 20, 32, 44, 56, 110)),
    "squeezenet1.0",
    "squeezenet1.1",
)


def test_every_network_that_others_publish_has_an_entry() -> None:
    assert {each.network for each in published.published()} == set(WANTED)
    assert set(WANTED) <= set(networks.names())


@pytest.mark.parametrize("each", published.published(), ids=lambda each: f"{each.network}-{each.name}")
def test_entries_agree_with_themselves_and_the_networks(each: Published) -> None:
    assert networks.natural_shape(each.network) == (len(each.mean), each.size, each.size)
    assert len(each.std) == 3
    assert each.size <= each.resize <= 1.15 * each.size
    assert (each.url is None) != (each.repository is None)
    if each.url is not None:
        # The publisher puts the first digits of the sum into the name.
        name = Path(each.url).stem
        assert each.sha256
        assert each.sha256.startswith(name.rpartition("-")[2][:8])
        assert set(each.sha256) <= set("0123456789abcdef")
        assert len(each.sha256) in (8, 9, 64)
    assert 0 < each.top1 <= (each.top5 or 100) <= 100
    assert each.licence
    assert len(class_names(each.classes)) == (10 if each.name == "cifar10" else 1000)
    if each.mib is not None and each.size > 32:
        # Four bytes a weight, and little besides.
        weights = networks.catalogue()[each.network].parameters * 4 / 2**20
        assert each.mib == pytest.approx(weights, rel=0.05)


def test_names_of_imagenets_classes() -> None:
    names = class_names("imagenet-1k")
    assert len(names) == len(set(names)) == 1000
    anchors = {0: "tench", 151: "Chihuahua", 207: "golden retriever", 281: "tabby", 985: "daisy"}
    assert {index: names[index] for index in anchors} == anchors
    assert names[999] == "toilet tissue"
    identifiers = list(imagenet_classes())
    # ImageNet's indices are those of its folders in order.
    assert identifiers == sorted(identifiers)
    assert (identifiers[0], identifiers[207]) == ("n01440764", "n02099601")


def test_finding_a_set() -> None:
    assert find("vgg16").network == "vgg-d"
    assert find("resnet50").name == "imagenet"
    assert find("resnet50", "imagenet-v2").top1 == 80.858
    with pytest.raises(WeightsError, match="no weights are published for lenet5"):
        find("lenet5")
    with pytest.raises(WeightsError, match="resnet20 has no weights called 'imagenet'"):
        find("resnet20", "imagenet")
    with pytest.raises(UnknownName, match="or 'resnet50'"):
        find("resnet5O")


# From the hub


def test_the_hubs_client_fetches_once_and_keeps(hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    hub.add(HUB_PATH, CONTENT)
    assert published.on_this_machine(HUB) is None
    path = fetch(HUB)
    assert path.read_bytes() == CONTENT
    assert COMMIT in path.parts
    assert ("GET", HUB_PATH) in hub.asked
    hub.asked.clear()
    assert fetch(HUB) == path
    assert hub.asked == []
    assert published.on_this_machine(HUB) == path
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_not_what_the_hub_announced(hub: Hub) -> None:
    hub.add(HUB_PATH, CONTENT, announced="a" * 64)
    with pytest.raises(WeightsError, match=f"its SHA-256 is {DIGEST}, and should begin with aaaa"):
        fetch(HUB)


def test_a_cached_file_that_was_damaged_since(hub: Hub) -> None:
    hub.add(HUB_PATH, CONTENT)
    path = fetch(HUB)
    path.resolve().write_bytes(CONTENT[:-1] + b"\1")
    with pytest.raises(WeightsError, match="is not the file that was published"):
        fetch(HUB)


def test_the_hubs_offline_mode(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add(HUB_PATH, CONTENT)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError) as caught:
        fetch(HUB)
    said = str(caught.value)
    assert "the imagenet weights of resnet18 are not on this machine" in said
    assert "https://huggingface.co/someone/resnet18/resolve/main/model.safetensors" in said
    assert str(HUB.by_hand) in said
    assert ("GET", HUB_PATH) not in hub.asked
    # And what the message says to do, works.
    HUB.by_hand.parent.mkdir(parents=True)
    HUB.by_hand.write_bytes(CONTENT)
    assert fetch(HUB) == HUB.by_hand


def test_a_repository_that_is_gone(hub: Hub) -> None:
    with pytest.raises(WeightsError, match="could not be fetched"):
        fetch(HUB)


BIG = save({"weight": torch.arange(1_500_000.0)})  # 6 MB: several pieces


def test_the_hubs_client_tells_how_far_it_is(hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    hub.add(HUB_PATH, BIG)
    told: list[tuple[str, int, int]] = []
    fetch(HUB, lambda *how_far: told.append(how_far))
    check_told(told)
    assert capfd.readouterr() == ("", "")


def test_torch_hub_tells_how_far_it_is(hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    url = hub.add("/models/big.pth", BIG)
    wanted = dataclasses.replace(
        by_address(hub), network="resnet18", url=url, sha256=hashlib.sha256(BIG).hexdigest()[:8]
    )
    before = torch.hub.tqdm  # type: ignore[attr-defined]
    told: list[tuple[str, int, int]] = []
    fetch(wanted, lambda *how_far: told.append(how_far))
    check_told(told)
    assert torch.hub.tqdm is before  # type: ignore[attr-defined]
    assert capfd.readouterr() == ("", "")


def check_told(told: list[tuple[Note, int, int]]) -> None:
    """From the first piece to the last byte."""
    assert {what for what, _, _ in told} == {Note("downloading resnet18", "téléchargement de resnet18")}
    assert {total for _, _, total in told} == {len(BIG)}
    done = [done for _, done, _ in told]
    assert done == sorted(done)
    assert done[-1] == len(BIG)


# From an address


def test_torch_hub_fetches_once_and_keeps(
    hub: Hub, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wanted = by_address(hub)
    path = fetch(wanted)
    assert path == tmp_path / "torch" / "checkpoints" / "net-12345678.pth"
    assert path.read_bytes() == CONTENT
    asked = len(hub.asked)
    assert fetch(wanted) == path
    assert len(hub.asked) == asked
    assert capfd.readouterr() == ("", "")


def test_an_address_that_gives_another_file(hub: Hub) -> None:
    wanted = by_address(hub, sha256="00000000")
    with pytest.raises(WeightsError, match="gave another file than the one that was published"):
        fetch(wanted)
    assert not wanted.by_hand.exists()


def test_what_killed_downloads_left_goes_and_what_is_under_way_stays(hub: Hub) -> None:
    wanted = by_address(hub)
    folder, name = wanted.by_hand.parent, wanted.by_hand.name
    folder.mkdir(parents=True)
    left, at_work, other = (
        folder / f"{name}.{'a' * 32}.partial",
        folder / f"{name}.{'b' * 32}.partial",
        folder / f"{name}.mine.partial",
    )
    for file in (left, at_work, other):
        file.write_bytes(b"half")
    for file in (left, other):
        os.utime(file, (1e9, 1e9))
    assert fetch(wanted) == wanted.by_hand
    assert sorted(folder.iterdir()) == sorted([at_work, other, wanted.by_hand])


def test_a_file_put_there_by_hand_is_checked(hub: Hub) -> None:
    wanted = by_address(hub)
    wanted.by_hand.parent.mkdir(parents=True)
    wanted.by_hand.write_bytes(b"a page that says: sign in first")
    with pytest.raises(WeightsError, match="is not the file that was published"):
        fetch(wanted)


@pytest.mark.parametrize("why", ["offline", "missing", "nobody"])
def test_an_address_without_an_answer(hub: Hub, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    wanted = by_address(hub)
    if why == "offline":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    elif why == "missing":
        hub.files.clear()
    else:
        wanted = dataclasses.replace(wanted, url="http://127.0.0.1:9/net-12345678.pth")
    with pytest.raises(WeightsError) as caught:
        fetch(wanted)
    said = str(caught.value)
    assert str(wanted.url) in said
    assert str(wanted.by_hand) in said
    assert "(528 MiB)" in said
    assert "--weights FILE" in said
    if why == "offline":
        assert hub.asked == []


def test_a_file_is_known_by_its_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "any-name.pth").write_bytes(CONTENT)
    assert published.of_file(tmp_path / "any-name.pth", "vgg16") is None
    known = dataclasses.replace(find("vgg16"), sha256=DIGEST[:8])
    monkeypatch.setattr(published, "published", lambda: (known,))
    assert published.of_file(tmp_path / "any-name.pth", "vgg16") == known
    assert published.of_file(tmp_path / "any-name.pth", "vgg19") is None

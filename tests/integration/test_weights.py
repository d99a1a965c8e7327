"""``--weights`` through the command line and Python: answers, preprocessing, and starting a training."""

from __future__ import annotations

import dataclasses
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import prunelle as pn
from prunelle.cli.main import main
from prunelle.errors import ArgumentError, PrunelleError
from prunelle.networks import published

RNG = np.random.default_rng(4)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """``prunelle …`` → exit status, output, errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["prunelle", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def small(classes: int, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return pn.build("course-look", num_classes=classes, input_size=12)


def test_imagenets_names_for_a_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> None:
    """The picture is 320×256: its shorter side is 256 already, so what is kept is known to the pixel."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    torch.manual_seed(0)
    network = pn.build("squeezenet1.1").eval()
    known = published.find("squeezenet1.1")
    known.by_hand.parent.mkdir()
    torch.save(network.state_dict(), known.by_hand)
    known = dataclasses.replace(known, sha256=published.sha256(known.by_hand))
    monkeypatch.setattr(published, "published", lambda: (known,))
    picture = RNG.integers(0, 256, (256, 320, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "photo.png")

    arguments = ("predict", "--network", "squeezenet1.1", "--weights", "imagenet", tmp_path / "photo.png")
    code, out, err = command(*arguments, "--top", 3, "--format", "json")
    assert (code, err) == (0, "")
    (answer,) = json.loads(out)
    kept = picture[16:240, 48:272] / 255
    images = ((kept - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).transpose(2, 0, 1)[None]
    with torch.no_grad():
        expected = network(torch.from_numpy(images).float()).softmax(1)[0].numpy()
    names = published.class_names("imagenet-1k")
    assert len(answer["predictions"]) == 3
    for found, best in zip(answer["predictions"], np.sort(expected)[::-1], strict=False):
        # float32 in another memory layout; the same probability for that very name.
        assert found["probability"] == pytest.approx(expected[names.index(found["class"])], rel=1e-4)
        assert found["probability"] == pytest.approx(best, rel=1e-4)

    code, out, _ = command("weights", "--json")
    assert code == 0
    assert [row["path"] for row in json.loads(out)] == [str(known.by_hand)]
    assert command("weights", "download", "squeezenet1.1")[1].strip() == str(known.by_hand)


def test_preprocessing_of_foreign_weights(tmp_path: Path) -> None:
    colour = pn.build("course-cifar", num_classes=4)
    save_file(colour.state_dict(), tmp_path / "plain.safetensors")
    found = pn.pretrained("course-cifar", tmp_path / "plain.safetensors", style="quiet")
    assert found.preprocess.mean == (0.485, 0.456, 0.406)
    assert found.preprocess.std == (0.229, 0.224, 0.225)
    assert (found.preprocess.size, found.preprocess.crop_fraction) == ((32, 32), 1)
    assert found.classes == ("0", "1", "2", "3")
    assert not found.network.training

    said = {"mean": "[0.5, 0.5, 0.5]", "std": "[0.25, 0.25, 0.25]"}
    save_file(colour.state_dict(), tmp_path / "said.safetensors", metadata=said)
    found = pn.pretrained("course-cifar", tmp_path / "said.safetensors", style="quiet")
    assert (found.preprocess.mean, found.preprocess.std) == ((0.5,) * 3, (0.25,) * 3)
    given = {"mean": (0.1, 0.2, 0.3), "std": (1.0, 2.0, 3.0)}
    found = pn.pretrained("course-cifar", tmp_path / "said.safetensors", style="quiet", **given)
    assert (found.preprocess.mean, found.preprocess.std) == ((0.1, 0.2, 0.3), (1.0, 2.0, 3.0))
    with pytest.raises(ArgumentError, match="go together"):
        pn.pretrained("course-cifar", tmp_path / "said.safetensors", mean=(0.5,) * 3, style="quiet")

    save_file(pn.build("lenet5").state_dict(), tmp_path / "grey.safetensors")
    with pytest.raises(ArgumentError, match="its pictures are grey"):
        pn.pretrained("lenet5", tmp_path / "grey.safetensors", style="quiet")


def test_outputs_without_names_are_those_of_the_data(tmp_path: Path) -> None:
    save_file(small(2, 0).state_dict(), tmp_path / "two.safetensors")
    network = pn.pretrained(
        "course-look", tmp_path / "two.safetensors", size=12, mean=(0.5,), std=(0.5,), style="quiet"
    )
    images = RNG.integers(0, 256, (20, 12, 12), np.uint8)
    labels = np.arange(20) % 2
    found = pn.evaluate(network, pn.from_arrays(images, labels, classes=("no", "yes")), style="quiet")
    assert found.classes == ("no", "yes")
    with pytest.raises(PrunelleError, match="has 2 outputs"):
        pn.evaluate(network, pn.from_arrays(images, np.arange(20) % 4), style="quiet")
    with pytest.raises(ArgumentError, match="name the data"):
        pn.evaluate(network, style="quiet")


def test_training_starts_from_a_run(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (60, 12, 12), np.uint8)
    common: dict[str, Any] = {"style": "quiet", "language": "en"}
    first = pn.train(
        "course-look",
        pn.from_arrays(images, np.arange(60) % 2),
        pn.Recipe(epochs=1),
        output=tmp_path / "first",
        **common,
    )
    second = pn.train(
        None,
        pn.from_arrays(255 - images // 3, np.arange(60) % 3),
        pn.Recipe(epochs=1, learning_rate=1e-12),
        weights=first.path,
        output=tmp_path / "second",
        **common,
    )
    start = load_file(tmp_path / "first" / "weights" / "best.safetensors")
    end = load_file(tmp_path / "second" / "weights" / "last.safetensors")
    kept = [name for name in start if start[name].shape == end[name].shape]
    assert len(kept) == len(start) - 2
    for name in kept:
        # Adam moves every weight by at most the learning rate a step.
        torch.testing.assert_close(end[name], start[name], rtol=0, atol=1e-9)
    # Prepared as the first run's pictures were, whatever these look like.
    assert second.preprocess == first.preprocess
    assert json.loads((second.path / "run.json").read_text())["network"]["weights"] == str(first.path)

    # And a copied file says by itself what the run said.
    copied = tmp_path / "copied.safetensors"
    copied.write_bytes((tmp_path / "first" / "weights" / "best.safetensors").read_bytes())
    found = pn.pretrained("course-look", copied, style="quiet")
    assert (found.preprocess, found.classes) == (first.preprocess, first.classes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("predict", "--network", "vgg16", "a.jpg"), "--network needs --weights"),
        (("predict", "run", "a.jpg", "--weights", "imagenet"), "--weights goes with --network"),
        (("predict", "run"), "Missing argument"),
        (("predict", "--network", "vgg16", "--weights", "imagenet"), "Missing argument"),
        (("evaluate",), "Missing argument 'RUN'"),
        (("evaluate", "run", "a", "b"), "one DATA at most"),
        (("evaluate", "run", "--mean", "a,b"), "give it as 0.485,0.456,0.406"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_go_together(command: Any, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert words in err


SHARED = Path(__file__).parents[3] / "shared" / "data"


def test_published_weights_on_real_photos(tmp_path: Path, command: Any) -> None:
    """30 test pictures a class: 81 % give or take 4 times the standard error of 300."""
    weights, archive = SHARED / "weights" / "resnet20-12fca82f.th", SHARED / "cifar10-photos.tar.xz"
    if not weights.is_file() or not archive.is_file():
        pytest.skip(f"needs {weights.name} and {archive.name}, which are not part of the project")
    counts: dict[str, int] = {}
    with tarfile.open(archive, "r|xz") as members:
        for member in members:
            *_, split, name, file = ("", "", *Path(member.name).parts)
            if member.isfile() and split == "test" and counts.get(name, 0) < 30:
                counts[name] = counts.get(name, 0) + 1
                content = members.extractfile(member)
                assert content is not None
                (tmp_path / name).mkdir(exist_ok=True)
                (tmp_path / name / file).write_bytes(content.read())
            if len(counts) == 10 and set(counts.values()) == {30}:
                break
    code, out, _ = command(
        "evaluate", "--network", "resnet20", "--weights", weights, tmp_path, "--json", "-q"
    )
    assert code == 0
    found = json.loads(out)
    assert found["n"] == 300
    assert found["accuracy"] == pytest.approx(0.81, abs=0.09)

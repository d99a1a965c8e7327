"""``prunelle look`` from the command line and from Python: files, pages, refusals."""

from __future__ import annotations

import hashlib
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError
from prunelle.views import views_of
from tests.integration.command import prunelle
from tests.looks import by_view
from tests.pictures import make_folder, photo


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``course-look`` after two epochs on 400 of the embedded digits."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    folder = tmp_path_factory.mktemp("digits")
    for index in range(400):
        path = folder / "data" / f"n{digits.target[index]}" / f"{index:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((digits.images[index] * 255 / 16).round().astype(np.uint8)).save(path)
    pn.train("course-look", folder / "data", epochs=2, output=folder / "run", style="quiet", language="en")
    return folder / "run"


@pytest.fixture(scope="module")
def digit(run: Path) -> Path:
    return sorted((run.parent / "data" / "n4").iterdir())[0]


OF_A_DIGIT = {
    "filters": {"filters-features.0", "filters-features.2"},
    "activations": {
        f"activations-1-{layer}" for layer in ("features.0", "features.2", "features.4", "head.1")
    },
    "where": {"where-1"},
    "classes": {"classes-pair", "classes-alone"},
    "patches": {"patches-features.0", "patches-features.2"},
    "space": {"space-pca", "space-tsne"},
    "health": {"health"},
}
"""Figures of ``run`` and ``digit``, by the names that docs/look.md lists; ``channel`` is of one it chooses itself."""
WITHOUT_NEEDS = {"filters"}
"""Of ``OF_A_DIGIT`` and ``channel``, those that show something of a network alone."""


def _digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_view_of_a_digit(run: Path, digit: Path, tmp_path: Path) -> None:
    before = _digest(run)
    done = prunelle(
        "look",
        run,
        digit,
        "-o",
        tmp_path / "look",
        "--language",
        "en",
        "--between",
        "n4",
        "n9",
        "--sample",
        60,
    )
    assert done.code == 0, done.err
    assert done.out.strip().endswith(str(tmp_path / "look" / "index.html"))
    names = {path.stem for path in (tmp_path / "look" / "figures").iterdir()}
    made = by_view("pictures", names)
    (channel,) = made["channel"]
    assert re.fullmatch(r"channel-features\.2-\d+", channel)
    assert {view: made[view] for view in OF_A_DIGIT} == OF_A_DIGIT
    # One that is new shows something as well, where there is everything to look at.
    assert made.keys() == views_of("pictures").keys(), done.err
    page = (tmp_path / "look" / "index.html").read_text(encoding="utf-8")
    for name in names:
        assert f'src="figures/{name}.png"' in page
        assert f'href="figures/{name}.svg"' in page
        with Image.open(tmp_path / "look" / "figures" / f"{name}.png") as image:
            image.load()
            assert 1900 <= image.width <= 2000
            assert image.height <= 1250  # a slide
        svg = (tmp_path / "look" / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        ET.fromstring(svg)
        assert "<text" in svg  # text stays text
    assert not re.search(r"https?:", re.sub(r'xmlns(:\w+)?="[^"]*"', "", page))
    # A look changes nothing of the run.
    assert _digest(run) == before
    title = (tmp_path / "look" / "figures" / "classes-pair.svg").read_text(encoding="utf-8")
    assert re.search(
        "What tells n4 from n9|Does a channel tell n4 from n9", title
    )  # as its intervals have it


def test_in_french_and_only_what_is_asked_for(run: Path, digit: Path, tmp_path: Path) -> None:
    done = prunelle(
        *("look", run, digit, "-o", tmp_path / "look", "--language", "fr", "-q"),
        *("--view", "activations", "--layer", "features.2", "--channel", 5, "--scale", "shared"),
    )
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "look" / "figures").iterdir()} == {
        "activations-1-features.2.png",
        "activations-1-features.2.svg",
    }
    page = (tmp_path / "look" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "Ce que voit course-look" in page
    svg = (tmp_path / "look" / "figures" / "activations-1-features.2.svg").read_text(encoding="utf-8")
    assert "Activations de features.2" in svg
    assert "Une seule échelle pour tous les canaux" in svg


def test_a_picture_left_out_is_said_in_silence_too(run: Path, digit: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(digit.read_bytes()[:60])
    wanted = ("--view", "filters", "--layer", "features.0", "--language", "en")
    done = prunelle("look", run, digit, tmp_path / "cut.png", "-o", tmp_path / "look", "-q", *wanted)
    assert done.code == 1
    assert done.err.startswith(f"Error: left out, as they cannot be read: {tmp_path / 'cut.png'}: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--layer", "features.7"], r"unknown layer 'features.7'.*features.0 \(16\), features.2 \(16\)"),
        (["--layer", "features.0", "--channel", "17"], "between 1 and 16, which features.0 has; received 17"),
        (["--channel", "3"], r"channel goes with the layers it belongs to; name one: features.0 \(16\)"),
        (["--class", "n44"], "unknown class 'n44'. Did you mean 'n4'"),
        (["--between", "n4", "nine"], "unknown class 'nine'"),
        (["--weights", "x.safetensors"], "weights: a run has its own"),
    ],
)
def test_what_is_unknown_lists_what_there_is(
    run: Path, digit: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    done = prunelle("look", run, digit, "-o", tmp_path / "look", *options)
    assert done.code == 2
    assert re.search(message, done.err), done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "look").exists()


def test_neither_a_run_nor_a_network(tmp_path: Path) -> None:
    done = prunelle("look", "vgg-16", "-o", tmp_path / "look")
    assert done.code == 2
    assert "vgg-16 is neither a run (a folder with run.json) nor a network. Did you mean 'vgg16'" in done.err


def test_nothing_is_written_over(run: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = prunelle("look", run, "-o", tmp_path, "--view", "filters")
    assert done.code == 1
    assert "is there already, and a page is never written over" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_corrupt_picture_is_named_and_the_others_are_shown(run: Path, digit: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(digit.read_bytes()[:60])
    done = prunelle("look", run, bad, digit, "-o", tmp_path / "look", "--view", "where")
    assert done.code == 1
    assert f"{bad} cannot be read: truncated or damaged" in done.err
    assert (tmp_path / "look" / "figures" / "where-1.png").is_file()
    assert "truncated or damaged" in (tmp_path / "look" / "index.html").read_text(encoding="utf-8")
    alone = prunelle("look", run, bad, "-o", tmp_path / "none")
    assert alone.code == 1
    assert f"{bad}: truncated or damaged" in alone.err
    assert not (tmp_path / "none").exists()


def test_a_picture_of_another_size_is_fitted_as_training_did(run: Path, tmp_path: Path) -> None:
    """So its answer is that of ``predict``."""
    wide = tmp_path / "wide.png"
    photo(120, 80).save(wide)
    pn.look_into(run, [wide], output=tmp_path / "look", views=["where"], style="quiet", language="en")
    ((name, probability),) = pn.predict(run, [wide], top=1, style="quiet")[0].top
    svg = (tmp_path / "look" / "figures" / "where-1.svg").read_text(encoding="utf-8")
    said = re.search(r"course-look says (\w+) \(([\d.]+)", svg)
    assert said is not None
    assert said[1] == name
    assert float(said[2]) == pytest.approx(100 * probability, abs=0.06)


def test_a_network_without_convolutions_says_what_makes_no_sense(tmp_path: Path) -> None:
    data = make_folder(tmp_path / "data", ["a", "b", "c"], 8, (8, 8))
    picture = data / "a" / "0000.jpg"
    done = prunelle(
        *("look", "dense", picture, "-o", tmp_path / "look", "--size", 8, "--data", data, "--language", "en")
    )
    assert done.code == 0, done.err
    assert "filters: this network has no convolution." in done.err
    assert "channel: it shows maps of channels" in done.err
    assert "patches: it shows maps of channels" in done.err
    assert "dense has random weights" in done.err
    names = {path.stem for path in (tmp_path / "look" / "figures").iterdir()}
    assert {"where-1", "classes-pair", "classes-alone", "space-pca", "space-tsne", "health"} <= names
    assert not any(name.startswith(("filters", "channel", "patches")) for name in names)
    page = (tmp_path / "look" / "index.html").read_text(encoding="utf-8")
    assert "Not shown: this network has no convolution." in page


def test_without_pictures_or_data_what_needs_them_is_left_out(tmp_path: Path) -> None:
    made = pn.look_into("lenet5", output=tmp_path / "look", style="quiet", language="en")
    needy = {name for name, view in views_of("pictures").items() if view.needs}
    assert needy & {*OF_A_DIGIT, "channel"} == {*OF_A_DIGIT, "channel"} - WITHOUT_NEEDS
    assert set(made.left_out) == needy, made.left_out
    shown = by_view("pictures", made.figures)
    assert shown.keys() == views_of("pictures").keys() - needy
    assert [name for name in made.figures if name in shown["filters"]] == [
        "filters-features.0",
        "filters-features.3",
    ]
    # The same random weights each time.
    again = pn.look_into("lenet5", output=tmp_path / "again", style="quiet", language="en")
    assert _digest(made.page.parent / "figures") == _digest(again.page.parent / "figures")


class OneOfMyOwn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Conv2d(3, 6, 3)
        self.last = nn.Linear(6, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.last(torch.relu(self.maps(images)).mean(dim=(2, 3)))  # type: ignore[no-any-return]


def test_any_module(tmp_path: Path) -> None:
    data = make_folder(tmp_path / "data", ["a", "b"], 6, (16, 16))
    module = OneOfMyOwn().train()
    preprocess = Preprocess(size=(16, 16), mean=(0.5,) * 3, std=(0.25,) * 3)
    made = pn.look_into(
        *(module, [data / "a" / "0001.jpg"]),
        output=tmp_path / "look",
        preprocess=preprocess,
        class_names=["a", "b"],
        views=["filters", "activations", "where", "patches", "health"],
        data=data,
        style="quiet",
    )
    assert not made.left_out
    assert module.training
    assert {"where-1", "filters-maps", "activations-1-maps", "patches-maps", "health"} <= set(made.figures)
    with pytest.raises(ArgumentError, match="nothing says which pictures the module takes; give preprocess="):
        pn.look_into(module, output=tmp_path / "other", style="quiet")


def test_data_that_is_gone_leaves_the_other_views(run: Path, digit: Path, tmp_path: Path) -> None:
    digit = Path(shutil.copy(digit, tmp_path / "digit.png"))
    data = run.parent / "data"
    data.rename(run.parent / "moved")
    try:
        made = pn.look_into(
            run, [digit], output=tmp_path / "look", views=["filters", "health"], style="quiet"
        )
    finally:
        (run.parent / "moved").rename(data)
    assert "pictures that" in made.left_out["health"].en
    assert "are gone" in made.left_out["health"].en
    assert made.figures == ("filters-features.0", "filters-features.2")


def test_the_report_of_a_training_shows_where_it_looked(run: Path) -> None:
    report = (run / "report.html").read_text(encoding="utf-8")
    section = report[report.index('<section id="inside">') :]
    section = section[: section.index("</section>")]
    # Four mistakes at most, four right answers, each with what was seen; 16 filters.
    assert section.count(", right</p>") == 4
    assert section.count('class="said"') == 4
    assert section.count('alt="filter ') == 16
    assert section.count("data:image/png;base64,") == 2 * 8 + 16
    assert '<a href="#inside">' in report

"""What is given away says nothing of home: every byte of every format is searched."""

from __future__ import annotations

import dataclasses
import getpass
import io
import json
import platform
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.errors import PrunelleError
from prunelle.exports import checking
from prunelle.exports.formats import FORMATS
from prunelle.exports.subject import Facts
from prunelle.jobs import export_facts
from prunelle.runs.run import Run

HOME = "quite-private-folder"
FILE = "grandmother"
LATITUDE = 48.858222


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """On photos in a folder with a name of its own, which say where they were taken; labels of a table."""
    home = tmp_path_factory.mktemp(HOME)
    draw = np.random.default_rng(0)
    lines = ["file,label"]
    (home / "photos").mkdir()
    for k in range(120):
        exif = Image.Exif()
        exif.get_ifd(0x8825)[2] = (LATITUDE, 0.0, 0.0)
        exif[0x010F] = f"{HOME}-camera"
        pixels = draw.integers(0, 256, (9, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(home / "photos" / f"{FILE}-{k}.jpg", exif=exif)
        lines.append(f"{FILE}-{k}.jpg,{('oak', 'birch')[k % 2]}")
    (home / "photos" / "labels.csv").write_text("\n".join(lines) + "\n")
    return pn.train(
        "course-look",
        home / "photos",
        pn.Recipe(epochs=1),
        labels="labels.csv",
        output=home / f"{HOME}-run",
        size=8,
        style="quiet",
    )


def words(run: Run) -> list[str]:
    """What must be nowhere; of the host and the user, what is long enough to be nobody else's word."""
    names = [platform.node(), getpass.getuser(), str(Path.home())]
    return [
        *(HOME, FILE, "GPS", "48.858", "labels.csv"),
        *(str(run.path), str(Path(pn.__file__).parent), "site-packages", run.info["command"]),
        *(name for name in names if len(name) > 5),
    ]


def contents(file: Path) -> Iterator[bytes]:
    """Of a file, and of what an archive holds, unpacked."""
    yield file.read_bytes()
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)


def found(files: tuple[Path, ...], private: list[str]) -> list[tuple[str, str]]:
    return [
        (file.name, word)
        for file in files
        for content in contents(file)
        for word in private
        if word.encode() in content or word.encode("utf-16-le") in content
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_of_home_is_in_any_file(
    name: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = FORMATS[name]
    for needed in form.needs:
        pytest.importorskip(needed)
    # As if some were answered otherwise: their names are what a check knows.
    row = checking._row

    def otherwise(*given: object, **more: object) -> checking.Row:
        made = row(*given, **more)  # type: ignore[arg-type]
        return dataclasses.replace(made, otherwise=(f"{FILE}-0.jpg",) if made.entry == "raw" else ())

    monkeypatch.setattr(checking, "_row", otherwise)
    try:
        made = pn.export(run, format=name, output=tmp_path / f"given{form.suffix}", style="quiet")
    except PrunelleError as error:
        pytest.skip(f"{name} does not take such a network: {error}")
    assert {file.suffix for file in made.files} >= {form.suffix, ".json", ".md"}
    assert found(made.files, words(run)) == []
    assert made.check.rows[2].otherwise == (f"{FILE}-0.jpg",)


def test_names_are_written_where_somebody_asks(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    made = pn.export(run, output=tmp_path / "given.onnx", names=True, style="quiet")
    told = json.loads((tmp_path / "given.onnx.json").read_text())
    assert [row["names"] for row in told["rows"]] == [list(row.otherwise) for row in made.check.rows]


def test_the_search_finds_what_is_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"from {run.path}")
    with zipfile.ZipFile(tmp_path / "b.pt2", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", f"{FILE}-3.jpg " * 9)
    seen = found((tmp_path / "a.txt", tmp_path / "b.pt2"), words(run))
    assert {("a.txt", HOME), ("a.txt", str(run.path)), ("b.pt2", FILE)} <= set(seen)


def test_what_goes_out_is_a_list(run: Run) -> None:
    """An entry that somebody adds to ``run.json`` stays at home."""
    run.info["host"] = {"name": f"{HOME}-host"}
    run.info["new entry"] = HOME
    run.info["data"]["notes"] = [{"en": HOME, "fr": HOME}]
    run.info["network"] = {**run.info["network"], "weights": f"/{HOME}/weights.pth"}
    facts = export_facts.of_run(run, None)
    assert HOME not in json.dumps(dataclasses.asdict(facts))
    assert (facts.data, facts.labelled_by, facts.weights) == ("photos", "table", "weights.pth")
    assert facts.counts == {"train": 96, "validation": 12, "test": 12}
    assert {name: sum(counts) for name, counts in facts.class_counts.items()} == facts.counts


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("resnet18", "resnet18"),
        ("timm:resnet18", "timm:resnet18"),
        ("mynets:small", "small"),
        ("hub:/home/somebody/nets:small", "small"),
    ],
)
def test_where_code_is_stays_at_home(name: str, shown: str) -> None:
    assert export_facts.network_name(name) == shown


def test_facts_have_no_other_fields_than_these() -> None:
    """Whoever adds one says here that it is nobody's secret."""
    assert sorted(field.name for field in dataclasses.fields(Facts)) == [
        *("class_counts", "counts", "created", "data", "decisions", "figures", "grouped_by", "judged"),
        *("labelled_by", "licence", "licence_of", "network", "parameters", "parts", "published", "recipe"),
        *("strategy", "sureness", "trust", "versions", "weights"),
    ]

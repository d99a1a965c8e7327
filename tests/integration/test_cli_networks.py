"""``prunelle networks`` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from prunelle.cli.networks import networks
from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks import names


def run(*arguments: str) -> Result:
    return CliRunner().invoke(networks, list(arguments), catch_exceptions=False)


def test_the_list_has_every_network_with_its_facts() -> None:
    lines = run().output.splitlines()
    for name in names():
        assert any(line.split()[:1] == [name] for line in lines), name
    (vgg16,) = (line for line in lines if line.startswith("vgg-d "))
    assert vgg16.split() == [
        *("vgg-d", "(vgg16)", "2014", "138,357,544", "91.9", "%", "top-5,", "ImageNet"),
        *("Simonyan", "&", "Zisserman,", "arXiv:1409.1556"),
    ]
    (resnet20,) = (line for line in lines if line.startswith("resnet20 "))
    assert "91.25\xa0% top-1, CIFAR-10" in resnet20
    (lenet,) = (line for line in lines if line.startswith("lenet5 "))
    assert "%" not in lenet


def test_the_list_as_json() -> None:
    listed = {entry["name"]: entry for entry in json.loads(run("--json").output)}
    assert set(listed) == set(names())
    assert listed["vgg-d"]["alias"] == "vgg16"
    assert (listed["alexnet"]["year"], listed["alexnet"]["parameters"]) == (2012, 60_965_224)


def test_a_table_is_what_the_exercises_ask_for() -> None:
    output = run("vgg16").output
    rows = {line.split()[0]: line for line in output.splitlines() if line.startswith(("features", "classif"))}
    assert rows["features.0"].split() == [
        *("features.0", "Conv2d", "3×3,", "padding", "1", "224×224×64", "1,792", "86,704,128"),
        *("3", "1", "12.8", "MB"),
    ]
    assert "112×112×64" in rows["features.4"]
    assert "102,764,544" in rows["classifier.0"]
    assert output.startswith("vgg16: Simonyan, Zisserman: Very deep")
    assert "Parameters:     138,357,544\n" in output
    assert "Multiply-adds:  15,470,264,320 " in output


def test_auxiliary_classifiers_are_told_apart() -> None:
    # 27,161,264 with its auxiliary classifier, 23,834,568 without.
    output = run("inception-v3").output
    assert "27,161,264" in output
    assert "of which 3,326,696 act in training only" in output


def test_json_of_one_at_another_size_for_other_classes() -> None:
    found = json.loads(
        run("lenet5", "--input", "28x36", "--channels", "3", "--classes", "7", "--json").output
    )
    assert (found["name"], found["input_shape"]) == ("lenet5", [3, 28, 36])
    first, *_, last = found["layers"]
    assert first == {
        "name": "features.0",
        "kind": "Conv2d",
        "detail": "5×5",
        "output_shape": [6, 24, 32],
        "parameters": 6 * 3 * 25 + 6,
        "multiply_adds": 6 * 3 * 25 * 24 * 32,
        "activation_bytes": 4 * 6 * 24 * 32,
        "receptive_field": [5, 5],
        "jump": [1, 1],
    }
    assert (last["output_shape"], last["jump"]) == ([7], None)
    assert found["parameters"] == sum(layer["parameters"] for layer in found["layers"])


def test_a_drawing_in_french(tmp_path: Path) -> None:
    file = tmp_path / "lenet.svg"
    assert (
        run("lenet5", "--draw", str(file), "--language", "fr", "--input", "28").output
        == f"Dessin\xa0: {file}\n"
    )
    drawn = file.read_text(encoding="utf-8")
    assert ">28×28×1<" in drawn
    assert ">couche dense<" in drawn


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown network 'vgg61'\. Did you mean .*'vgg16'"):
        run("vgg61")


@pytest.mark.parametrize("file", ["lenet.pdf", "lenet", "nowhere/lenet.svg"])
def test_a_drawing_that_cannot_be_written_says_why(file: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"draw must name .*; received"):
        run("lenet5", "--draw", str(tmp_path / file))


def test_a_picture_too_small_says_so() -> None:
    with pytest.raises(ArgumentError, match="at least 32×32"):
        run("vgg16", "--input", "16")


@pytest.mark.parametrize("option", [("--input", "28"), ("--draw", "x.svg"), ("--classes", "3")])
def test_what_is_for_one_network_asks_for_its_name(option: tuple[str, str]) -> None:
    result = run(*option)
    assert result.exit_code == 2
    assert f"{option[0]} needs the name of a network" in result.output

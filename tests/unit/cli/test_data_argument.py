"""A network's name where data are meant."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from prunelle.cli.main import cli
from prunelle.cli.options import DataCommand


@pytest.mark.parametrize("verb", ["train", "shots", "advise"])
@pytest.mark.parametrize("words", [["dense", "photos"], ["photos", "dense"], ["dense"]])
def test_is_told_where_it_goes(
    verb: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, [verb, *words])
    assert done.exit_code == 2
    assert "dense is a network: --network dense." in done.output


@click.command("count", cls=DataCommand)
@click.argument("data")
def count(data: str) -> None:
    """Take DATA and no network."""


@pytest.mark.parametrize("words", [["dense", "photos"], ["photos", "dense"], ["dense"]])
def test_an_option_that_the_command_has_not_is_not_advised(words: list[str]) -> None:
    done = CliRunner().invoke(count, words)
    assert done.exit_code == 2
    assert "dense is a network, which count does not take." in done.output
    assert "--network" not in done.output


def test_a_folder_of_that_name_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dense").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "is a network" not in str(CliRunner().invoke(cli, ["train", "dense"]).output)
    assert "is a network" not in CliRunner().invoke(cli, ["train", "one", "two"]).output

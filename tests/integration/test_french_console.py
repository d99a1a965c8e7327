"""The terminal speaks French where the locale does: no English word comes out of the verbs, but for JSON lines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.integration.command import prunelle

# Words of the English lines that no French line has.
ENGLISH = re.compile(
    r"\b(accuracy|loss|epoch|left|of|the|and|were|is|are|on|to|interval|examples|right|class|taken|truth|predicted|"
    r"Next|Report|Input|Output|Formula|Weights|name|year|paper|network|here|yes|layer|sees|seeds?|pictures)\b"
)


@pytest.fixture(autouse=True)
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")


def said(text: str) -> str:
    """Without what is not of the language: names of files, commands, options, names of classes and papers."""
    return re.sub(r"prunelle \w+.*|\S*/\S*|--\w+", "", text)


def test_a_training_and_what_is_asked_of_it(tmp_path: Path) -> None:
    run = tmp_path / "essai"
    done = prunelle("train", "--epochs", "1", "--output", run, "--progress", "lines")
    assert done.code == 0
    assert re.search(r"époque 1/1  perte \d,\d{4}  exactitude +\d+,\d\d\xa0%", done.err)
    assert re.match(r"Exactitude de test\xa0: \d+,\d\d\xa0% \(intervalle à 95\xa0%\xa0: ", done.out)
    assert f"Rapport\xa0: {run / 'report.html'}" in done.out
    assert ENGLISH.findall(said(done.out + done.err)) == []

    judged = prunelle("evaluate", run, "--progress", "quiet")
    assert re.match(r"\d+,\d\d\xa0% de réponses justes sur 180 ", judged.out)
    assert "classe" in judged.out
    assert ENGLISH.findall(said(judged.out)) == []

    page = prunelle("report", run, "--progress", "quiet")
    assert page.out == f"Rapport\xa0: {run / 'report.html'}\n"


def test_lists() -> None:
    for command in (
        ["networks", "lenet5"],
        ["weights"],
        ["cache"],
        ["convolve", "0,0,1,1", "--kernel=-1,0,1"],
    ):
        done = prunelle(*command)
        assert done.code == 0
        lines = [line for line in said(done.out).splitlines() if not line.startswith("lenet5: ")]
        assert ENGLISH.findall("\n".join(lines)) == [], command
    assert "61\u202f706" in prunelle("networks", "lenet5").out


def test_language_asked_for_goes_before_the_locale(tmp_path: Path) -> None:
    done = prunelle("train", "--epochs", "1", "--output", tmp_path / "run", "--language", "en")
    assert done.out.startswith("Test accuracy: ")


def test_json_lines_have_no_language(tmp_path: Path) -> None:
    done = prunelle("train", "--epochs", "1", "--output", tmp_path / "run", "--progress", "json")
    notes = [event for event in map(json.loads, done.out.splitlines()) if event["event"] == "note"]
    assert any(note["text"].startswith("No validation or test split was given") for note in notes)

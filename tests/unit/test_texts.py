"""What a terminal is given to print."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import unicodedata

import pytest
from rich.table import Table
from rich.text import Text

from prunelle.console.listeners import Lines
from prunelle.console.terminal import Terminal
from prunelle.texts import FR, Note, quoted, shown, visible

ARMED = "a\x1b[31m\rb\nc\td\x07\x9b2J\u2028e\u202egnp\udce9"


def test_control_characters_are_written_out() -> None:
    assert visible(ARMED) == r"a\x1b[31m\rb\nc\td\x07\x9b2J\u2028e\u202egnp\xe9"
    assert visible(ARMED, keep="\n\t") == "a\\x1b[31m\\rb\nc\td\\x07\\x9b2J\\u2028e\\u202egnp\\xe9"


def test_every_character_that_is_no_sign_is_written_out_and_no_other_is_touched() -> None:
    """Unicode's own categories are the oracle: controls, line separators and halves never come through."""
    for code in range(0x110000):
        character = chr(code)
        category = unicodedata.category(character)
        found = visible(character)
        if category in ("Cc", "Zl", "Zp", "Cs"):
            assert found.isascii()
            assert found.isprintable()
        elif category != "Cf":
            assert found == character


def test_names_in_every_language_stay_as_they_are() -> None:
    for name in ("forêt", "Straße", "猫 и кошка", "می‌خواهم", "👩‍👧", "c:\\temp\\x1b", "[bold]"):
        assert visible(name) == name


def test_lists_of_names_are_short_and_visible() -> None:
    assert shown(["a\n", "b"]) == r"a\n, b"
    assert shown([str(i) for i in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
    assert FR.listed([str(i) for i in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 et 2 de plus"
    assert FR.listed(["a", "b"]) == "a, b"


@pytest.mark.parametrize("colours", [False, True])
def test_the_terminal_shows_names_as_they_are(colours: bool) -> None:
    said = io.StringIO()
    terminal = Terminal(
        file=said, width=200, force_terminal=colours, color_system="standard" if colours else None
    )
    table = Table("[red]class[/red]", ARMED, box=None)
    table.add_row(":cat:", ARMED)
    for one in (table, Text(ARMED), "[bold]:dog:"):
        terminal.print(one, style="bold")
    text = said.getvalue()
    if colours:
        assert "\x1b[1m" in text  # rich's own passes
        for own in ("\x1b[1m", "\x1b[0m"):
            text = text.replace(own, "")
    assert visible(text, keep="\n\t") == text
    for name in (
        "[red]class[/red]",
        ":cat:",
        "[bold]:dog:",
        r"a\x1b[31m\rb",
        r"d\x07\x9b2J\u2028e\u202egnp\xe9",
    ):
        assert name in text


def test_notes_go_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    listener = Lines(live=False, language="en")
    listener.on_note(Note(f"Skipped {ARMED}", ""))
    listener.close()
    assert visible(said := capsys.readouterr().err, keep="\n\t") == said
    assert r"\x1b[31m" in said


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash to read it")
def test_quoted_names_come_back_from_a_shell() -> None:
    """bash itself is the oracle; and nothing in it moves a terminal."""
    rng = random.Random(0)
    alphabet = "ab 7'\"\\\\$`!\n\r\t\x1b\x07é\u2028\udce9\udcff;="
    names = [
        ARMED,
        "plain",
        "it's",
        "é 7",
        *("".join(rng.choices(alphabet, k=rng.randrange(1, 9))) for _ in range(200)),
    ]
    words = [quoted(name) for name in names]
    assert all(visible(word) == word for word in words)
    assert words[1] == "plain"
    done = subprocess.run(
        ["bash", "-c", "printf '%s\\0' " + " ".join(words)], capture_output=True, check=True
    )
    assert [os.fsdecode(part) for part in done.stdout.split(b"\0")[:-1]] == names

"""Names that no figure can draw: as they are made visible, everywhere a network is looked at."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import prunelle as pn
from prunelle.drawing.fonts import shortened, text_width
from prunelle.drawing.sheet import Sheet
from prunelle.texts import visible
from prunelle.views.subject import Subject

NAMES = ("dogs\n\udce9\x1b]0;owned\x07", "fore\u0302t", "$a_{")


def test_a_subject_has_names_that_can_be_drawn() -> None:
    module = pn.build("course-look", num_classes=3, in_channels=1, input_size=(12, 12))
    found = Subject("network", module, pn.Preprocess(size=(12, 12), channels=1), NAMES)
    assert found.classes == (r"dogs\n\xe9\x1b]0;owned\x07", "forêt", "$a_{")


def test_sheets_draw_any_text(tmp_path: Path) -> None:
    sheet = Sheet(NAMES[0], NAMES[1], 2.0)
    sheet.text(0.5, 1.0, NAMES[0] + NAMES[2], 12, width=1.0)
    assert text_width(NAMES[0], 12) == text_width(r"dogs\n\xe9\x1b]0;owned\x07", 12)
    assert shortened(NAMES[0], 12, 100) == r"dogs\n\xe9\x1b]0;owned\x07"


def test_looking_with_names_that_cannot_be_drawn(tmp_path: Path) -> None:
    module = pn.build("course-look", num_classes=3, in_channels=1, input_size=(12, 12)).eval()
    picture = tmp_path / "a\r\udcff<b>.png"
    Image.new("L", (12, 12), 200).save(picture)
    made = pn.look_into(
        module,
        [picture],
        views=("where",),
        classes=[NAMES[0]],
        class_names=NAMES,
        output=tmp_path / "look",
        preprocess=pn.Preprocess(size=(12, 12), channels=1, mean=(0.5,), std=(0.5,)),
        style="quiet",
    )
    assert made.figures
    for file in (made.page, *(tmp_path / "look" / "figures").glob("*.svg")):
        text = file.read_text(encoding="utf-8")
        assert visible(text, keep="\n\t") == text

"""Links between the pages lead to a page, and to a heading that is there."""

from __future__ import annotations

import re

import pytest

from tests.docs.reading import ROOT, documents

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchor(heading: str) -> str:
    """As GitHub makes it: lower case, punctuation gone, spaces become hyphens."""
    plain = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@pytest.mark.parametrize("document", [*documents(), "docs/keras-coverage.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(document: str) -> None:
    page = ROOT / document
    missing = []
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, fragment = target.partition("#")
        found = page if not file else (page.parent / file).resolve()
        if not found.exists():
            missing.append(target)
        elif fragment:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            if fragment not in map(anchor, headings):
                missing.append(target)
    assert not missing

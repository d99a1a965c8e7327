"""MyST's directives and roles on the page of a notebook: what a reader of the book would see, and no raw text."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.lessons import nbformat, run_file

bs4 = pytest.importorskip("bs4", reason="the extra notebook is not installed: make test-notebook")
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def page(text: str, code: str = "1 + 1") -> Any:
    """Of a lesson with this text and one cell."""
    from prunelle.notebooks.page import as_page

    cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(code)]
    html = as_page(nbformat.v4.new_notebook(cells=cells), Path("book/lesson.md"), "en")
    return bs4.BeautifulSoup(html, "html.parser")


def words(node: Any) -> str:
    return " ".join(node.get_text(" ").split())


@pytest.mark.parametrize("fence", ["```", "````", ":::", "~~~"])
def test_an_admonition_is_a_box_with_its_title(fence: str) -> None:
    made = page(
        f"{fence}{{admonition}} The *theorem*\n:class: warning\n\nOne $x^2$.\n\n- two\n{fence}\n\nAfter."
    )
    (box,) = made.select("div.admonition.warning")
    assert words(box) == "The theorem One x 2 . two"
    assert (len(box.select("em")), len(box.select("msup")), len(box.select("li"))) == (1, 1, 1)
    assert ":::" not in made.get_text()


def test_boxes_by_name_have_a_title_in_the_page_s_language_and_nest() -> None:
    made = page(
        "````{note}\nOuter.\n```{tip} Inner words.\n```\n````\n\n```{hint}\n:class: dropdown\nHidden.\n```"
    )
    (note,) = made.select("div.note")
    assert words(note) == "Note Outer. Tip Inner words."
    (hint,) = made.select("details.hint")
    assert words(hint.summary) == "Hint"
    assert (
        words(page("```{prf:algorithm} Descent\nStep.\n```").select_one("div.algorithm")) == "Descent Step."
    )


def test_code_in_a_box_is_code() -> None:
    made = page("````{tip}\n```python\nx = 1\n```\n````\n\n```{code-block} python\ny = 2\n```")
    assert [words(each) for each in made.select("div.highlight pre")][:2] == ["x = 1", "y = 2"]


def test_pictures_beside_the_folder_are_embedded_and_captions_numbered(tmp_path: Path) -> None:
    Path("book").mkdir()
    Path("img").mkdir()
    Path("img/dot.gif").write_bytes(PIXEL)
    Path("img/secret.txt").write_text("x")
    made = page(
        "```{figure} ../img/dot.gif\n:name: fig-dot\n\nA *dot*.\n```\n\n"
        "See {numref}`fig-dot`, {numref}`picture %s <fig-dot>`.\n\n"
        "```{image} ../img/dot.gif\n:alt: a point\n```\n\n![plain](../img/dot.gif)\n\n![no](../img/secret.txt)"
    )
    sources = [image["src"] for image in made.select(".jp-RenderedMarkdown img")]
    embedded = f"data:image/gif;base64,{base64.b64encode(PIXEL).decode()}"
    assert sources == [embedded, embedded, embedded, "../img/secret.txt"]
    (first, _) = made.select("figure")
    assert words(first.figcaption) == "Figure 1. A dot ."
    assert first["id"] == "fig-dot"
    assert "See Figure 1 , picture 1 ." in words(made)
    assert [link["href"] for link in made.select("p a[href='#fig-dot']")] == ["#fig-dot"] * 2


def test_formulas() -> None:
    made = page(
        "```{math}\n:label: eq-one\na^2\n```\n\n{math}`b^2` by {eq}`eq-one` and {eq}`two`\n\n"
        "\\begin{equation}\\label{two}c^2\\end{equation}\n\n$\\color[rgb]{1,0,0.2}d^2$"
    )
    assert len(made.select("msup")) == 4
    assert "by (1) and (2)" in words(made)
    assert "#ff0033" in str(made)


def test_references_are_their_text() -> None:
    made = page(
        "(sec:one)=\n## One *more*\n\n{ref}`sec:one`, {ref}`here <sec:one>`, {doc}`the chapter <other>`, {doc}`other`, "
        "{cite:p}`lecun1998,he2016`, H{sub}`2`O, {term}`tensor`, `{ref}` and ``{cite}`x` ``"
    )
    said = words(made)
    assert "One *more* , here , the chapter, other, [lecun1998, he2016], H 2 O, tensor, {ref} and" in said
    assert made.select_one("#sec\\:one") is not None
    assert "(sec:one)=" not in said


def test_the_bibliography_is_a_sentence_and_lists_of_pages_are_nothing() -> None:
    made = page("```{bibliography}\n:filter: docname in docnames\n```\n\n```{toctree}\na\nb\n```")
    assert "The list of references is not part of the notebook." in words(made)
    assert "docnames" not in made.get_text()
    assert "{" not in words(made.select_one("main"))


def test_a_glued_value_is_in_the_text() -> None:
    path = Path("lesson.md")
    path.write_text(
        "The best is {glue:}`best`, {glue:text}`best:.1f`.\n\n```python\nfrom myst_nb import glue\n"
        "glue('best', 42, display=False)\n```\n"
    )
    said = bs4.BeautifulSoup(run_file(path).page, "html.parser").get_text()
    assert re.search(r"The best is 42,\s+42\.0\.", said)


def test_what_is_no_directive_stays() -> None:
    made = page("```{unknown} title\ntext\n```\n\n```text\n{note}\n```\n\nA set {a} `b`.")
    assert words(made.select_one("div.unknown")) == "title text"
    assert "{note}" in words(made)
    assert "A set {a} b ." in words(made)

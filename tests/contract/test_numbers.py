"""Numbers for people are printed in one place, ``prunelle.texts.Typography``, as Babel prints them.

Errors are in English, and Keras's own lines look as Keras prints them: those may format numbers themselves.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from babel.numbers import format_decimal

from prunelle.texts import EN, FR, Typography
from tests.contract.sources import FILES, SOURCE, broken, tree_of

# Parts of errors that functions hand back before they are raised.
ERRORS = {
    "data/cache.py",
    "data/formats.py",
    "data/series/classes.py",
    "memory.py",
    "tensor_header.py",
}
_SPEC = re.compile(r"[^%]*,[^%]*|[^%]*%")


def printed(node: ast.AST) -> Iterator[str]:
    """Every ``{number:,}`` and ``{share:.1%}`` of f-strings that are not raised."""
    if isinstance(node, ast.Raise):
        return
    if isinstance(node, ast.Call) and re.search(r"(Error|Unusable|damaged)$", ast.unparse(node.func)):
        return
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        spec = ast.unparse(node.format_spec)[2:-1]
        if _SPEC.fullmatch(spec):
            yield f"{ast.unparse(node.value)}:{spec}"
    for child in ast.iter_child_nodes(node):
        yield from printed(child)


def in_notes(tree: ast.AST) -> Iterator[str]:
    """Every ``{number:.1f}`` and ``{len(files)}`` of sentences in two languages: each prints a number its own way."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Note":
            for each in ast.walk(node):
                if isinstance(each, ast.FormattedValue):
                    spec = "" if each.format_spec is None else ast.unparse(each.format_spec)[2:-1]
                    if re.search(r"[defgn]$", spec) or ast.unparse(each.value).startswith("len("):
                        yield ast.unparse(each.value)


def test_numbers_of_sentences_are_of_the_language() -> None:
    assert broken(lambda file: in_notes(tree_of(file))) == {}


def test_numbers_go_through_one_place() -> None:
    files = [
        file
        for file in FILES
        if file.relative_to(SOURCE).parts[0] not in ("keras", "texts.py")
        and str(file.relative_to(SOURCE)) not in ERRORS
    ]
    assert broken(lambda file: printed(tree_of(file)), files) == {}


def test_what_is_printed_is_seen() -> None:
    source = (
        'a = f"{n:,} of {m:5d}"; echo(f"{share:.1%} {x:4.0%} {y:,.2f}"); t = f"{now:%H:%M}"\n'
        'raise DataError(f"{n:,} bytes")'
    )
    assert list(printed(ast.parse(source))) == ["n:,", "share:.1%", "x:4.0%", "y:,.2f"]
    note = 'Note(f"{x:.1f} of {len(files)}", f"{FR.decimal(x, 1)} sur {FR.integer(len(files))}")'
    assert list(in_notes(ast.parse(note))) == ["x", "len(files)"]


@pytest.mark.parametrize(("words", "locale"), [(EN, "en"), (FR, "fr")])
@pytest.mark.parametrize("number", [0, 7, 999, 1000, 1234567, -1234, 0.5, -0.75, 98.125, 12345.678, 2e9])
@pytest.mark.parametrize("digits", [0, 1, 4])
def test_digits_are_babels(words: Typography, locale: str, number: float, digits: int) -> None:
    expected = format_decimal(round(number, digits), f"#,##0.{'0' * digits}", locale=locale)
    assert words.decimal(number, digits) == expected.replace("-", "−")
    if number == int(number):
        assert words.integer(int(number)) == format_decimal(number, locale=locale).replace("-", "−")


def test_other_numbers() -> None:
    assert [FR.number(x) for x in (0.0567, -0.25, 12.0, 12345.6, 1.2e-5)] == [
        "0,0567",
        "−0,25",
        "12",
        "12346",
        "1,2e−05",
    ]
    assert EN.decimal(-0.0001, 2) == "0.00"
    assert (EN.points(-0.0514), FR.points(0.01, digits=2, signed=True)) == ("−5.1", "+1,00")
    assert [EN.size(n) for n in (0, 999, 1000, 999_499, 999_500, 1_234_567)] == [
        "0\xa0B",
        "999\xa0B",
        "1.0\xa0kB",
        "999.5\xa0kB",
        "1.0\xa0MB",
        "1.2\xa0MB",
    ]
    assert FR.size(1.2e9) == "1,2\xa0Go"

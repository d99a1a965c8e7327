"""French as it is set: one kind of apostrophe, and a space before ``: ; ? ! %`` and inside ``« »``.

In a ``Note`` that space is an ordinary one; ``texts.Typography`` makes it unbreakable, and narrow where it must be.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.contract.sources import broken

_ELIDED = re.compile(
    r"(?<![\w’'])(?:[ldnscjmt]|qu|(?:jus|lors|puis|pres|quel)qu|aujourd)'(?=[a-zà-ÿœ{])", re.IGNORECASE
)
_UNSPACED = re.compile(r"[^\s…;?!][;?!](?=\s|$)|[^\W\d_]:(?=\s)|[\w}]%|«[^ ]|[^ ]»")


def straight(source: str) -> list[str]:
    """Texts with a typewriter's apostrophe after an elided vowel: ``l'image``."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    texts = (token.string for token in tokens if token.type == tokenize.STRING)
    # What stands in single quotes or three double ones is code or a docstring.
    return [text for text in texts if re.match(r'[fF]?"(?!"")', text) and _ELIDED.search(text)]


def french_nodes(tree: ast.AST) -> Iterator[ast.expr]:
    """The second text of every ``Note``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Note":
            yield from node.args[1:2]
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "fr")


def french(source: str) -> Iterator[str]:
    """The second text of every ``Note``; of what is filled in, a letter."""
    for text in french_nodes(ast.parse(source)):
        if isinstance(text, ast.Constant):
            yield str(text.value)
        elif isinstance(text, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in text.values)


def english(source: str) -> Iterator[str]:
    """What stands in a French text and is English: ``shown(names)``, with "and 2 more", or a reason as it came."""
    tree = ast.parse(source)
    made = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _ENGLISH.search(ast.unparse(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for text in french_nodes(tree):
        for each in ast.walk(text):
            if isinstance(each, ast.FormattedValue):
                value = ast.unparse(each.value)
                if value in made or _ENGLISH.search(value):
                    yield value


_ENGLISH = re.compile(r"^shown\(|\.reason$|\.en$")


def test_nothing_english_is_filled_in() -> None:
    assert broken(lambda file: english(file.read_text(encoding="utf-8"))) == {}


def test_what_is_english_is_seen() -> None:
    source = """
names = shown(many)
a = Note(f"{shown(x)}: {names}", f"{shown(x)} : {names}")
b = Note(f"{bad.file}: {bad.reason}", f"{bad.file} : {bad.reason}")
c = Note(f"{EN.listed(x)}: {what.en}", f"{FR.listed(x)} : {what.fr}")
"""
    assert list(english(source)) == ["shown(x)", "names", "bad.reason"]


def test_apostrophes_and_spaces() -> None:
    assert broken(lambda file: straight(file.read_text(encoding="utf-8"))) == {}
    assert broken(lambda file: filter(_UNSPACED.search, french(file.read_text(encoding="utf-8")))) == {}


def test_what_is_wrong_is_seen() -> None:
    assert straight(
        '''a = "l'image"; b = f"{x} n'est"; c = "l’image isn't"; d = 'd'; e = """l'image"""'''
    ) == [
        '''"l'image"''',
        '''f"{x} n'est"''',
    ]
    for text in ("oui; non", "quoi?", "un: deux", "50%", "«mot»"):
        assert _UNSPACED.search(text), text
    for text in ("oui ; non", "quoi ?", "un : deux", "50 %", "« mot »", "http://a", "{n:>3} %", "10:30"):
        assert not _UNSPACED.search(text), text

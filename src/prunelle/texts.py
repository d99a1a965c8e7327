"""Sentences in English and French, and which of the two a person reads."""

from __future__ import annotations

import dataclasses
import functools
import locale
import math
import os
import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

Language = Literal["en", "fr"]

NO_BREAK = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"
NO_VALUE = "–"


# What moves a cursor, rings, begins an escape sequence, breaks a line or turns the direction of writing; halves of
# characters, which is how bytes that are no text come out of the names of files.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def visible(text: str, *, keep: str = "") -> str:
    r"""``text`` that a terminal only shows: characters that would do something else are written as Python writes them.

    ``photo\x1b[2J.jpg`` has an escape sequence in its name; a byte that is no text becomes ``\xe9``.

    Args:
        keep: characters that stay: line breaks and tabs of a sentence; none in the name of a file or a class.
    """
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else _written(match[0]), text)


def _written(character: str) -> str:
    code = ord(character)
    # 0xDC80 to 0xDCFF stand for the bytes 0x80 to 0xFF (PEP 383).
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else repr(character)[1:-1]


def quoted(path: object) -> str:
    r"""As a word of a command that a person can paste into a shell.

    Where a name holds what a terminal must not be sent, as ``$'r\\351sult\\012'``, which bash and zsh read.
    """
    text = str(path)
    if visible(text) == text:
        return shlex.quote(text)
    written = (
        character if visible(character) == character and character not in "\\'" else _in_shell(character)
        for character in text
    )
    return f"$'{''.join(written)}'"


def _in_shell(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    # Byte by byte, with three octal digits each, so that nothing after it is taken for one more.
    return "".join(f"\\{byte:03o}" for byte in character.encode(errors="surrogateescape"))


def composed(name: str) -> str:
    """A name as it is compared: accents in one piece (Unicode's NFC), however the system or the program wrote them.

    Macs and some archives write ``é`` as ``e`` and an accent. A file keeps its own name on the disk.
    """
    return unicodedata.normalize("NFC", name)


NAMES_SHOWN = 10


def shown(names: Sequence[str]) -> str:
    """The first ten, visible, and how many more, for an error; ``Typography.listed`` is for what has two languages."""
    return EN.listed(names)


@dataclasses.dataclass(frozen=True)
class Note:
    """A sentence for a person, in both languages, written where its cause is known."""

    en: str
    fr: str

    def __str__(self) -> str:
        return self.en


def default_language() -> Language:
    """French where the environment's locale is French, else English."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    # Windows sets none of these.
    return "fr" if (locale.getlocale()[0] or "").lower().startswith(("fr", "french")) else "en"


_MORE = Note(" and {n} more", " et {n} de plus")


class Typography:
    """Sentences and numbers as a language prints them.

    French is typed with ordinary spaces in a ``Note``; here it gets the unbreakable ones that typography asks for
    before ``: ; ? ! % »`` and after ``«``. Numbers are as Unicode's CLDR has them, through Babel; English has a
    space before ``%`` here, too.

    A page or a figure has its own sentences: a subclass with ``texts``, of which ``words("loss")`` gives one.
    """

    texts: ClassVar[Mapping[str, Note]] = {}

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with its ``{placeholders}`` filled."""
        return self.template(key).format(**values)

    def template(self, key: str) -> str:
        """The text of ``key``, its ``{placeholders}`` still in it."""
        return self.note(self.texts[key])

    def note(self, note: Note, **values: object) -> str:
        """A ``Note`` in this language, its spaces made unbreakable, then its ``{placeholders}`` filled, if any."""
        if self.language == "en":
            text = re.sub(r"(?<=\d) (?=%)", NO_BREAK, note.en)
        else:
            text = re.sub(r" (?=[:%»])|(?<=«) ", NO_BREAK, note.fr)
            text = re.sub(r" (?=[;?!])", THIN, text)
        return text.format(**values) if values else text

    def integer(self, number: int) -> str:
        """``10000`` → ``10,000``, French ``10 000``."""
        return self._print(f"{number:,}")

    def decimal(self, number: float | None, digits: int, *, signed: bool = False) -> str:
        """``0.0567`` with 3 digits → ``0.057``, French ``0,057``; a dash where there is no value.

        Args:
            signed: with a sign before what is positive, too.
        """
        if number is None or math.isnan(number):
            return NO_VALUE
        return self._print(
            f"{number:{'+' if signed else ''}z,.{digits}f}"
        )  # z: what rounds to 0 has no minus

    def number(self, value: float, digits: int = 3) -> str:
        """``0.05670`` → ``0.0567``, French ``0,0567``; whole where it is whole, else in at most so many digits.

        ``12345.6`` → ``12346``; below 0.0001, and from a million on, with an exponent: ``1.2e-05``.
        """
        if math.isnan(value):
            return NO_VALUE
        if abs(value) < 1e6 and (abs(value - round(value)) < 1e-9 or abs(value) >= 10 ** (digits - 1)):
            return self._print(str(round(value)))
        return self._print(f"{value:.{digits}g}")

    def percent(self, share: float | None, *, digits: int = 1, sign: bool = True) -> str:
        """``0.989`` → ``98.9 %``.

        Digits are added, up to 3, where rounding would turn almost all into all or almost none into none:
        ``0.9998`` → ``99.98 %``.
        """
        if share is None or math.isnan(share):
            return NO_VALUE
        while digits < 3 and 0 < share < 1 and round(share * 100, digits) in (0, 100):
            digits += 1
        return self.decimal(share * 100, digits) + (NO_BREAK + "%" if sign else "")

    def interval(self, low: float, high: float) -> str:
        """``98.7–99.1 %``, French ``98,7 à 99,1 %``."""
        between = "–" if self.language == "en" else f"{NO_BREAK}à{NO_BREAK}"
        return self.percent(low, sign=False) + between + self.percent(high)

    def listed(self, names: Sequence[str]) -> str:
        """The first ten, visible, and how many more: ``a, b and 2 more``, French ``a, b et 2 de plus``."""
        first = ", ".join(map(visible, names[:NAMES_SHOWN]))
        more = len(names) - NAMES_SHOWN
        return first if more <= 0 else first + self.note(_MORE, n=self.integer(more))

    def points(self, share: float, *, digits: int = 1, signed: bool = False) -> str:
        """Of a difference between two shares: ``0.0514`` → ``5.1``, signed ``+5.1``."""
        return self.decimal(100 * share, digits, signed=signed)

    def size(self, number: float) -> str:
        """Bytes: ``1234567`` → ``1.2 MB``, French ``1,2 Mo``; in powers of 1,000, as disks are sold."""
        for unit in ("", "k", "M", "G", "T"):
            if abs(number) < 999.5 or unit == "T":
                break
            number /= 1000
        return (
            f"{self.decimal(number, 1 if unit else 0)}{NO_BREAK}{unit}{'B' if self.language == 'en' else 'o'}"
        )

    def _print(self, digits: str) -> str:
        """Python's digits with the language's signs: Babel's own formatting gives the same, 20 times slower."""
        return digits.translate(_signs(self.language))


@functools.cache
def _signs(language: Language) -> dict[int, str]:
    """What stands for Python's ``,``, ``.`` and ``-`` in Unicode's CLDR; the minus is as wide as a digit."""
    # Imported where the first number is printed: ``prunelle --help`` prints none.
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return str.maketrans(
        {",": get_group_symbol(language), ".": get_decimal_symbol(language), "-": "\N{MINUS SIGN}"}
    )


EN, FR = Typography("en"), Typography("fr")
"""For a ``Note`` with numbers in it: ``Note(f"{EN.percent(x)} of it", f"{FR.percent(x)} du tout")``."""

"""What a request holds: files of pictures or series in a form, one as the body itself, several in JSON.

Everything here is a stranger's. What is wrong with a request as a whole is a ``Refused``; a file in it that cannot be
read is its own matter, and the others are answered.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from prunelle.data.decode import inspect
from prunelle.errors import ArgumentError, BadPicture, PrunelleError
from prunelle.jobs.answerer import Answerer, Asked
from prunelle.json_files import parse_json
from prunelle.serve.limits import JSON_BYTES, JSON_GROWTH, Limits, Share
from prunelle.texts import EN, visible

FORM, JSON = "multipart/form-data", "application/json"
_RAW = ("image/", "application/octet-stream", "text/csv", "text/plain")
_SUFFIX = {"text/csv": ".csv", "text/plain": ".txt"}
_FIELDS_BESIDE = 8
"""Fields of a form that are no files: browsers and clients send some."""
_MOST_NAME = 200
_NAMES = ("top", "unsure", "sets", "unlike")


class Refused(Exception):
    """A request that is not answered as it was meant.

    Attributes:
        status: of HTTP. text: a sentence that says what to do. headers: besides. reason: for the metrics.
    """

    def __init__(self, status: int, text: str, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.reason = reason
        self.headers = headers or {}


@dataclasses.dataclass(frozen=True, eq=False)
class Given:
    """One file, or one example that came as numbers.

    Attributes:
        name: what the asker calls it.
        content: the file; or why there is none: a text; or the example, decoded.
    """

    name: str
    content: bytes | str | np.ndarray


def asked_of(query: Mapping[str, str], usual: Asked) -> Asked:
    """How the answers are wanted: by ``?top=…&unsure=…&sets=…&unlike=…``.

    Raises:
        Refused: no number, or one that breaks a rule.
    """
    unknown = [name for name in query if name not in _NAMES]
    if unknown:
        raise Refused(
            400, f"unknown parameter {visible(unknown[0][:40])!r}; known are {', '.join(_NAMES)}.", "request"
        )
    values: dict[str, Any] = {}
    for name in query:
        try:
            values[name] = int(query[name]) if name == "top" else float(query[name])
        except ValueError:
            raise Refused(
                400, f"{name} must be a number; received {visible(query[name][:40])!r}.", "request"
            ) from None
    try:
        top = values.pop("top", usual.top)
        caution = dataclasses.replace(usual.caution, **values) if values else usual.caution
        return Asked(top=min(top, 1 << 20), caution=caution)
    except ArgumentError as error:
        raise Refused(400, str(error), "request") from None


async def read_body(request: Request, limits: Limits, share: Share) -> bytearray:
    """The whole body, within limits.

    Raises:
        Refused: it is too long. Busy: there is no room for it now.
    """
    most = min(limits.body_bytes, JSON_BYTES) if _type_of(request)[0] == JSON else limits.body_bytes
    growth = JSON_GROWTH if _type_of(request)[0] == JSON else 2
    announced = request.headers.get("content-length", "")
    if announced.isdigit():
        if len(announced) > 12 or int(announced) > most:
            raise _too_long(most)
        share.take(growth * int(announced))
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > most:
            raise _too_long(most)
        if not announced:
            share.take(growth * len(chunk))
        body += chunk
    return body


def _too_long(most: int) -> Refused:
    return Refused(413, f"a body may have {EN.integer(most)} bytes; send fewer pictures a request.", "body")


def given_of(request: Request, body: bytearray, answerer: Answerer, limits: Limits) -> list[Given]:
    """The files and examples of a request, at least one; takes long enough to be called in a thread.

    Raises:
        Refused: it holds none, too many, or is of no type that is read.
    """
    kind, options = _type_of(request)
    if kind == FORM:
        found = _of_form(bytes(body), options.get(b"boundary", b""), limits)
    elif kind == JSON:
        found = _of_json(bytes(body), answerer, limits)
    elif kind.startswith(_RAW):
        name = request.headers.get("x-filename", "body" + _SUFFIX.get(kind, ""))
        found = [Given(_called(name.encode("latin-1")), bytes(body))]
    else:
        raise Refused(
            415,
            f"a body is {FORM}, {JSON}, or one file with its own type, as image/jpeg or text/csv; received "
            f"{visible(kind[:60]) or 'no content type'}.",
            "request",
        )
    if not found:
        raise Refused(400, f"there are no {answerer.kind} in this request.", "request")
    _check_number(len(found), limits)
    return found


def _called(name: bytes) -> str:
    """What a file is called in the answers: text, and not too long."""
    return name.decode("utf-8", "replace")[:_MOST_NAME]


def _check_number(number: int, limits: Limits) -> None:
    if number > limits.examples:
        raise Refused(413, f"a request may hold {limits.examples} examples; send several requests.", "body")


def _type_of(request: Request) -> tuple[str, dict[bytes, bytes]]:
    kind, options = parse_options_header(request.headers.get("content-type"))
    return kind.decode("latin-1").lower(), options


# ---- Forms.


class _Form:
    """The files of a form, gathered by a parser's callbacks."""

    def __init__(self, limits: Limits) -> None:
        self.found: list[Given] = []
        self._limits = limits
        self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._field, self._value, self._data = bytearray(), bytearray(), bytearray()

    def callbacks(self) -> Any:
        """For python-multipart."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_part_data": lambda data, start, end: self._data.extend(data[start:end]),
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.examples + _FIELDS_BESIDE:
            _check_number(self._parts, self._limits)
        self._headers = {}
        self._data = bytearray()

    def _header(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field, self._value = bytearray(), bytearray()

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"filename")
        if name is not None:
            self.found.append(Given(_called(name) or f"file {len(self.found) + 1}", bytes(self._data)))


def _of_form(body: bytes, boundary: bytes, limits: Limits) -> list[Given]:
    form = _Form(limits)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise Refused(400, f"the form cannot be read: {error}.", "request") from None
    return form.found


# ---- JSON.


def _of_json(body: bytes, answerer: Answerer, limits: Limits) -> list[Given]:
    try:
        content = parse_json(body)
    except ValueError as error:
        raise Refused(400, f"the JSON cannot be read: {error}.", "request") from None
    entries: Any = content.get(answerer.kind) if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise Refused(
            400,
            f'the JSON must be {{"{answerer.kind}": […]}}, each {_ONE[answerer.kind]}, or {{"name": "…", "data": …}} '
            "with that.",
            "request",
        )
    _check_number(len(entries), limits)
    return [_of_entry(entry, number, answerer) for number, entry in enumerate(entries)]


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return isinstance(entry, str | list)
    known = entry.keys() <= {"name", "data"} and isinstance(entry.get("name", ""), str)
    return known and isinstance(entry.get("data"), str | list)


def _of_entry(entry: Any, number: int, answerer: Answerer) -> Given:
    data, name = entry, str(number)
    if isinstance(entry, dict):
        data, name = entry["data"], _called(entry.get("name", name).encode("utf-8", "replace"))
    if isinstance(data, list):
        try:
            return Given(name, answerer.of_numbers([data])[0])
        except PrunelleError as error:
            return Given(name, str(error))
    try:
        return Given(name, base64.b64decode(data.rpartition("base64,")[2], validate=True))
    except (binascii.Error, ValueError):
        return Given(name, "no base64")


# ---- What is in a file.


def examples_in(given: Given, answerer: Answerer, limits: Limits) -> list[tuple[str, np.ndarray | str]]:
    """Every example by its name: decoded, or why it cannot be. At most one more than a request may hold."""
    if not isinstance(given.content, bytes):
        return [(given.name, given.content)]
    too_large = _TOO_LARGE.get(answerer.kind)
    if too_large is not None and (why := too_large(given.content, given.name, limits)) is not None:
        return [(given.name, why)]
    found = answerer.read(given.content, given.name)
    return [one for one, _ in zip(found, range(limits.examples + 1), strict=False)]


def _picture_too_large(content: bytes, name: str, limits: Limits) -> str | None:
    """By its head, before anything is decoded."""
    try:
        announced = inspect(content, name)
    except BadPicture as error:
        return error.reason
    if announced.pixels <= limits.pixels:
        return None
    most = EN.integer(limits.pixels)
    return f"too large: {announced.width}×{announced.height} pixels; here at most {most} are decoded"


_TOO_LARGE = {"pictures": _picture_too_large}
_ONE = {"pictures": "base64", "series": "a list of numbers"}
"""By the kind of data: what refuses a file before it is decoded; what an example is in JSON."""

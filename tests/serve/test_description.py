"""``/openapi.json`` beside what is really answered, by a small reader of JSON Schema that knows what is used of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prunelle.data.targets import ONE_CLASS, Number, SeveralLabels, Target
from prunelle.serve.server import Server
from tests.serve.conftest import Red, answerer, ask, form, picture, predict
from tests.serve.test_requests import trained

_TYPES = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}
_KNOWN = {
    *("type", "enum", "anyOf", "$ref", "properties", "required", "additionalProperties", "items", "minItems"),
    *("maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format", "contentEncoding"),
}


def wrong(value: Any, schema: dict[str, Any], whole: dict[str, Any], where: str = "it") -> str | None:
    """How ``value`` is not as ``schema`` says; None where it is."""
    assert schema.keys() <= _KNOWN, schema.keys() - _KNOWN
    if "$ref" in schema:
        found = whole
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return wrong(value, found, whole, where)
    if "anyOf" in schema:
        each = [wrong(value, one, whole, where) for one in schema["anyOf"]]
        return None if None in each else f"{where}: {each}"
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_TYPES[name](value) for name in types):
        return f"{where} is no {types}: {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where} is none of {schema['enum']}: {value!r}"
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        if missing := set(schema.get("required", ())) - value.keys():
            return f"{where} lacks {missing}"
        for name, each in value.items():
            if name not in properties and more is False:
                return f"{where}.{name} is not described"
            of = properties.get(name, more if isinstance(more, dict) else {})
            if found := wrong(each, of, whole, f"{where}.{name}"):
                return found
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return f"{where} has {len(value)} items"
        return next(
            (bad for each in value if (bad := wrong(each, schema.get("items", {}), whole, f"{where}[]"))),
            None,
        )
    if isinstance(value, int | float):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high or value <= schema.get("exclusiveMinimum", value - 1):
            return f"{where} is out of bounds: {value}"
    return None


def check(server: Server, method: str, path: str, told: Any, query: str = "") -> None:
    """What was told of a request is what the description says of that path and status."""
    whole = ask(server, "GET", "/openapi.json").json
    responses = whole["paths"][path][method.lower()]["responses"]
    (kind, content), *_ = responses[str(told.status)]["content"].items()
    assert told.headers["content-type"].startswith(kind)
    if kind == "application/json":
        assert wrong(told.json, content["schema"], whole) is None


def test_the_reader_sees_what_is_wrong() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "number"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert wrong({"a": 1}, schema, {}) is None
    for value in ({}, {"a": "1"}, {"a": 1, "b": 2}, [], {"a": True}):
        assert wrong(value, schema, {})


RED = picture(255, 0, 0)
TARGETS = {
    "class": (ONE_CLASS, ("red", "green", "blue")),
    "labels": (SeveralLabels((0.9, 0.1, 0.5)), ("red", "green", "blue")),
    "number": (Number(mean=1.0, std=2.0, median=1.0), ("age",)),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_every_answer_is_as_described(kind: str, serve: Callable[..., Server]) -> None:
    target, classes = TARGETS[kind]
    made: Target = target
    ready = answerer(Red() if kind == "number" else None, target=made, classes=classes)
    if kind == "number":
        ready.with_width(1.0, 0.5)
    server = serve(ready)
    for path in ("/model", "/health", "/ready", "/metrics", "/openapi.json", "/"):
        check(server, "GET", path, ask(server, "GET", path))
    check(server, "POST", "/predict", predict(server, ("a.png", RED), ("b.png", b"no")))
    check(server, "POST", "/predict", predict(server, ("b.png", b"no")))
    check(server, "POST", "/predict", predict(server, ("a.png", RED), query="?top=0"))
    check(server, "POST", "/predict", ask(server, "POST", "/predict", RED, Content_Type="video/mp4"))
    check(server, "POST", "/predict", predict(server, *[("a.png", RED)] * 65))


def test_cautious_answers_are_as_described(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve(trained(tmp_path))
    parameters = ask(server, "GET", "/openapi.json").json["paths"]["/predict"]["post"]["parameters"]
    assert [each["name"] for each in parameters] == ["top", "unsure", "sets", "unlike"]
    for query in ("", "?sets=0.2", "?unlike=0.2", "?sets=0.1&unlike=0"):
        check(server, "POST", "/predict", predict(server, ("a.png", RED), query=query))


def test_requests_that_are_described_are_taken(server: Server) -> None:
    whole = ask(server, "GET", "/openapi.json").json
    assert whole["openapi"] == "3.1.0"
    content = whole["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert list(content) == ["multipart/form-data", "application/json", "image/*", "application/octet-stream"]
    body = {
        "pictures": [base64.b64encode(RED).decode(), {"name": "x", "data": base64.b64encode(RED).decode()}]
    }
    assert wrong(body, content["application/json"]["schema"], whole) is None
    assert ask(server, "POST", "/predict", json.dumps(body), Content_Type="application/json").status == 200
    for bad in (
        {"pictures": [3]},
        {"picture": []},
        {"pictures": [{"name": "x"}]},
        {"pictures": [{"data": "", "y": 1}]},
    ):
        assert wrong(bad, content["application/json"]["schema"], whole)
        assert ask(server, "POST", "/predict", json.dumps(bad), Content_Type="application/json").status == 400


def test_a_key_is_described(serve: Callable[..., Server]) -> None:
    key = "a-key-that-nobody-guesses"
    server = serve(key=key)
    whole = ask(server, "GET", "/openapi.json", Authorization=f"Bearer {key}").json
    assert whole["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer"}
    open_ = [path for path, each in whole["paths"].items() if next(iter(each.values())).get("security") == []]
    assert open_ == ["/health", "/ready", "/"]
    told = ask(server, "POST", "/predict", **form(("a.png", RED)))
    assert wrong(told.json, whole["components"]["schemas"]["Error"], whole) is None
    assert "401" in whole["paths"]["/predict"]["post"]["responses"]

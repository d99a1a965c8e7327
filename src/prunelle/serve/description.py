"""What the server says of itself: the network (``/model``), and every path in OpenAPI 3.1 (``/openapi.json``)."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from prunelle.jobs.answerer import Answerer
from prunelle.serve.bodies import FORM, JSON
from prunelle.serve.limits import JSON_BYTES, Limits
from prunelle.texts import EN

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": ["number", "null"]}
_SHARE: Schema = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
_ERROR = {"$ref": "#/components/schemas/Error"}


def model_of(answerer: Answerer, limits: Limits) -> dict[str, Any]:
    """Plain values."""
    return {
        "name": answerer.name,
        "kind": answerer.kind,
        "task": answerer.target.task,
        "classes": list(answerer.classes),
        "runtime": answerer.runtime,
        "cautious": answerer.cautious,
        "input": answerer.preprocess.to_json(),
        "limits": {
            "examples": limits.examples,
            "body_bytes": limits.body_bytes,
            "json_bytes": min(JSON_BYTES, limits.body_bytes),
            "pixels": limits.pixels,
            "seconds": limits.seconds,
        },
    }


def _object(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _named(name: str) -> Schema:
    return _list(_object({name: _TEXT, "probability": {**_NUMBER, "minimum": 0, "maximum": 1}}))


_ANSWERS: dict[str, Schema] = {
    "class": _object(
        {
            "file": _TEXT,
            "predictions": _named("class"),
            "answer": {"type": ["string", "null"]},
            "doubt": {"enum": ["unsure", "unlike", None]},
            "among": _list(_TEXT),
            "error": _TEXT,
        },
        optional=("answer", "doubt", "among", "error"),
    ),
    "labels": _object(
        {"file": _TEXT, "labels": _list(_TEXT), "predictions": _named("label"), "error": _TEXT},
        optional=("error",),
    ),
    "number": _object(
        {
            "file": _TEXT,
            "name": _TEXT,
            "number": _NUMBER,
            "interval": {**_list({"type": "number"}), "minItems": 2, "maxItems": 2},
            "share": _SHARE,
            "error": _TEXT,
        },
        optional=("interval", "share", "error"),
    ),
}
"""By the kind of target: what ``to_json`` of its prediction gives."""

_MODEL = _object(
    {
        "name": _TEXT,
        "kind": _TEXT,
        "task": _TEXT,
        "classes": _list(_TEXT),
        "runtime": {"enum": ["torch", "onnx"]},
        "cautious": {"type": "boolean"},
        "input": {"type": "object"},
        "limits": {"type": "object", "additionalProperties": {"type": "number"}},
    }
)


def _content(kind: str, schema: Schema) -> dict[str, Any]:
    return {kind: {"schema": schema}}


def _response(text: str, schema: Schema, kind: str = JSON, *, again: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"description": text, "content": _content(kind, schema)}
    if again:
        made["headers"] = {
            "Retry-After": {
                "description": "Seconds after which to come again.",
                "schema": {"type": "integer"},
            }
        }
    return made


def _get(
    name: str, text: str, response: dict[str, Any], *, open_: bool = False, **more: Any
) -> dict[str, Any]:
    made = {"operationId": name, "summary": text, "responses": {"200": response, **more}}
    return {"get": {**made, **({"security": []} if open_ else {})}}


def _bodies(kind: str) -> dict[str, Any]:
    """What a request may hold."""
    file = {"type": "string", "format": "binary"}
    base64: Schema = {"type": "string", "contentEncoding": "base64"}
    numbers = _list({"anyOf": [_NUMBER, _list(_NUMBER)]})
    one: Schema = {"pictures": base64, "series": {"anyOf": [base64, numbers]}}[kind]
    entry = {"anyOf": [one, _object({"data": one, "name": _TEXT}, optional=("name",))]}
    raw = {"pictures": ("image/*", "application/octet-stream"), "series": ("text/csv",)}[kind]
    made = _content(FORM, {"type": "object", "additionalProperties": {"anyOf": [file, _list(file)]}})
    made |= _content(JSON, _object({kind: _list(entry)}))
    for each in raw:
        made |= _content(each, file)
    return made


def _parameter(name: str, text: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def _parameters(answerer: Answerer) -> list[dict[str, Any]]:
    found = [_parameter("top", "Classes named for each.", {"type": "integer", "minimum": 1})]
    if answerer.cautious:
        found += [
            _parameter("unsure", "Answer only where at most that share is wrong.", _SHARE),
            _parameter(
                "sets", "Name a set of classes; at most that share of them lacks the true one.", _SHARE
            ),
            _parameter(
                "unlike",
                "Say none of these of what is unlike all that was learned; 0 for never.",
                {"type": "number"},
            ),
        ]
    return found


def description(answerer: Answerer, limits: Limits, *, key: bool) -> dict[str, Any]:
    """OpenAPI 3.1; ``key``: that one is asked for."""
    answers = _object({"model": _TEXT, "answers": _list({"$ref": "#/components/schemas/Answer"})})
    refused = {
        "400": _response("A parameter or a body that cannot be understood.", _ERROR),
        "401": _response("No key, or another.", _ERROR),
        "408": _response("The body took too long.", _ERROR),
        "413": _response(
            f"More than {EN.integer(limits.body_bytes)} bytes, or {limits.examples} examples.", _ERROR
        ),
        "415": _response("A type of body that is not read.", _ERROR),
        "422": _response("Nothing in the request could be read; each answer says why.", answers),
        "503": _response("Too much at a time.", _ERROR, again=True),
    }
    if not key:
        del refused["401"]
    predict = {
        "operationId": "predict",
        "summary": f"Answers to {answerer.kind}, in the order of the request.",
        "parameters": _parameters(answerer),
        "requestBody": {"required": True, "content": _bodies(answerer.kind)},
        "responses": {
            "200": _response("An answer each; one that cannot be read has an error.", answers),
            **refused,
        },
    }
    flag = {"type": "boolean"}
    paths = {
        "/predict": {"post": predict},
        "/model": _get(
            "model", "What answers.", _response("The network.", {"$ref": "#/components/schemas/Model"})
        ),
        "/health": _get(
            "health", "The process lives.", _response("It does.", _object({"status": _TEXT})), open_=True
        ),
        "/ready": _get(
            "ready",
            "Requests are taken.",
            _response("They are.", _object({"ready": flag})),
            open_=True,
            **{"503": _response("They are not.", _object({"ready": flag}))},
        ),
        "/metrics": _get(
            "metrics", "For Prometheus.", _response("Its format of texts.", _TEXT, "text/plain")
        ),
        "/openapi.json": _get("openapi", "This description.", _response("OpenAPI 3.1.", {"type": "object"})),
        "/": _get("page", "A page to try it.", _response("HTML.", _TEXT, "text/html"), open_=True),
    }
    components: dict[str, Any] = {
        "schemas": {
            "Answer": _ANSWERS[answerer.target.kind],
            "Model": _MODEL,
            "Error": _object({"error": _TEXT}),
        }
    }
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": answerer.name, "version": version("prunelle")},
        "paths": paths,
        "components": components,
    }
    if key:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"key": []}]
    return described

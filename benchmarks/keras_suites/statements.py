"""Shared by the plugins: outcomes of tests to a file, and tests run statement by statement.

Environment:
    SUITES_LOG: where the outcome of each test goes, a JSON object a line.
    SUITES_STATEMENTS: a file: each statement of a test is run by itself, and what each raised goes there. A test
        that needs one thing that is absent still says what it has to say of the rest. (The outcomes of the
        tests themselves mean nothing then.)
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import textwrap
import traceback
from pathlib import Path
from typing import Any

import pytest

LOG = os.environ.get("SUITES_LOG")
LISTED = dict(
    reversed(line.split("\t")) for line in Path(__file__).with_name("renamed.txt").read_text().splitlines()
)
"""Name of a test now → in the lists, which were made where the class that it is of was a placeholder."""
STATEMENTS = os.environ.get("SUITES_STATEMENTS")
PACKAGE = "/prunelle/"


# Statement by statement.


class _Guarded(ast.NodeTransformer):
    """``statement`` → ``try: statement`` / ``except Exception as e: say so``, in loops and branches too."""

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self._guarded(statement) for statement in body]

    def _guarded(self, statement: ast.stmt) -> ast.stmt:
        if isinstance(statement, ast.If | ast.For | ast.While):
            statement.body, statement.orelse = self._body(statement.body), self._body(statement.orelse)
        if isinstance(statement, ast.With) and not any(
            "raises" in ast.unparse(i) or "warns" in ast.unparse(i) for i in statement.items
        ):
            statement.body = self._body(statement.body)
        if (
            isinstance(statement, ast.FunctionDef)
            and not statement.name.startswith("_")
            and statement.name.startswith("test")
        ):
            statement.body = self._body(statement.body)
            return statement
        if isinstance(
            statement,
            ast.FunctionDef
            | ast.ClassDef
            | ast.Pass
            | ast.Break
            | ast.Continue
            | ast.Global
            | ast.Nonlocal
            | ast.Import
            | ast.ImportFrom,
        ):
            return statement
        handler = (
            ast.parse("try:\n pass\nexcept BaseException as __e:\n __raised__(__e, 0)").body[0].handlers[0]
        )
        handler.body[0].value.args[1] = ast.Constant(statement.lineno)
        return ast.Try([statement], [handler], [], [])


_now: dict[str, str] = {"test": ""}


def by_statements(function: Any) -> Any:
    """The function with each of its statements guarded."""
    source = textwrap.dedent(inspect.getsource(function))
    tree = ast.parse(source)
    body = tree.body[0]
    body.decorator_list = []
    at = inspect.getsourcelines(function)[1]
    body.body = _Guarded()._body(body.body)
    ast.fix_missing_locations(tree)
    ast.increment_lineno(tree, at - 1)
    file = inspect.getsourcefile(function)
    lines = Path(file).read_text().splitlines()

    def raised(error: BaseException, line: int) -> None:
        if not isinstance(error, Exception | pytest.fail.Exception):
            raise error
        line += at - 1
        frames = traceback.extract_tb(error.__traceback__)
        mine = [f"{f.filename}:{f.lineno}" for f in frames if PACKAGE in f.filename]
        found = {
            **_now,
            "line": f"{file}:{line}",
            "statement": lines[line - 1].strip(),
            "type": type(error).__name__,
            "message": str(error)[:500],
            "prunelle_line": mine[-1] if mine else None,
            "via": [f"{f.filename}:{f.lineno}" for f in frames if "/tests/" in f.filename][-1:],
        }
        with open(STATEMENTS, "a") as log:
            log.write(json.dumps(found) + "\n")

    scope = function.__globals__
    scope["__raised__" + str(abs(hash(function)))] = raised
    code = compile(
        ast.fix_missing_locations(_Renamed("__raised__" + str(abs(hash(function)))).visit(tree)), file, "exec"
    )
    made: dict[str, Any] = {}
    exec(code, scope, made)
    new = made[function.__name__]
    new.__dict__.update(function.__dict__)
    return new


class _Renamed(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self.name, node.ctx), node) if node.id == "__raised__" else node


# What pytest calls.


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> Any:
    if STATEMENTS:
        function = pyfuncitem.obj
        plain = getattr(function, "__func__", function)
        _now["test"] = pyfuncitem.nodeid
        if plain.__closure__ is None and "__class__" not in plain.__code__.co_freevars:
            new = by_statements(plain)
            pyfuncitem.obj = new.__get__(function.__self__) if plain is not function else new
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" and report.outcome == "passed":
        return
    found = {
        "test": LISTED.get(item.nodeid, item.nodeid),
        "when": report.when,
        "outcome": report.outcome,
        "seconds": report.duration,
    }
    if report.failed:
        error = call.excinfo.value
        frames = [f"{e.path}:{e.lineno + 1}" for e in call.excinfo.traceback]
        found |= {
            "type": type(error).__name__,
            "message": str(error)[:600],
            "from_prunelle": any(c.__module__.startswith("prunelle") for c in type(error).__mro__),
            "test_line": next((f for f in reversed(frames) if "/tests/" in f), None),
            "prunelle_line": next((f for f in reversed(frames) if PACKAGE in f), None),
            "last_line": frames[-1] if frames else None,
        }
    elif report.skipped:
        found["message"] = str(
            report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        )[:300]
    if LOG:
        with open(LOG, "a") as file:
            file.write(json.dumps(found) + "\n")


def pytest_collectreport(report: Any) -> None:
    if report.failed and LOG:
        with open(LOG, "a") as file:
            file.write(
                json.dumps(
                    {
                        "test": report.nodeid,
                        "when": "collect",
                        "outcome": "failed",
                        "type": "collection",
                        "message": str(report.longrepr)[-1500:],
                    }
                )
                + "\n"
            )

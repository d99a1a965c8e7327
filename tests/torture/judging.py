"""What may be wrong with how a command ended, judged by what a user sees: streams, exit status, files."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shlex
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from tests.torture.victim import Outcome

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SENTENCE = re.compile(r"^(Error|Usage|Interrupted|Stopped)\b", re.MULTILINE)
_TIMES = {"seconds", "created", "images_per_second", "data_wait", "content_sha256"}
_DATE = re.compile(r"\d{8}-\d{6}(-\d+)?")
_NOT_COMPARED = {"state", "cache", "lock", "run.json"}


def wrong_with(outcome: Outcome, *, codes: tuple[int, ...] = (0, 1, 2), sentence: bool = True) -> list[str]:
    """What no command may do, whatever befalls it.

    Args:
        codes: exit statuses that are sane here.
        sentence: a status other than 0 comes with a sentence.
    """
    found = []
    if outcome.hung:
        found.append(f"hangs ({outcome.cpu_s:.0f} s of CPU)")
    elif outcome.code not in codes:
        found.append(f"ends with status {outcome.code}")
    if outcome.argv[0] == "run":
        # A program's error is shown with the program's own lines, as Python does.
        if "This comes from within Prunelle" in outcome.err:
            found.append(f"comes from within Prunelle: {outcome.err[-300:]}")
    elif "Traceback (most recent call last)" in outcome.said:
        last = [line for line in outcome.err.splitlines() if re.match(r"^[\w.]+(: |$)", line)]
        found.append(f"traceback: {last[-1] if last else outcome.err[-200:]}")
    elif "Exception ignored" in outcome.err:
        found.append(f"exception ignored: {outcome.err[-200:]}")
    elif outcome.code > 0 and sentence and not _SENTENCE.search(outcome.said) and not _answers(outcome):
        found.append(f"status {outcome.code} without a sentence: {outcome.err[-200:]!r}")
    if control := _CONTROL.search(outcome.said):
        found.append(f"control character {control[0]!r} reaches the terminal")
    return found


def _answers(outcome: Outcome) -> bool:
    """``predict`` has a line for each file, of those that cannot be read too."""
    return outcome.argv[0] == "predict" and bool(outcome.out.strip())


def printed_commands(outcome: Outcome) -> list[list[str]]:
    """The commands of Prunelle that the sentences name, as arguments; those with a hole to fill (``NEW``) too."""
    commands = []
    for found in re.finditer(r"\bprunelle ((?!\.)[a-z]+ [^\n`]*)", outcome.err):
        try:
            commands.append(shlex.split(found[1].strip().rstrip(".;,)")))
        except ValueError:
            continue
    return commands


def leftovers(folder: Path) -> list[str]:
    """Temporary files below ``folder``."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if ".tmp" in path.name and path.is_file()
    )


def bytes_of(folder: Path) -> dict[str, str]:
    """The digest of every file below ``folder``: to see that nothing was touched."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def results_of(folder: Path) -> dict[str, Any]:
    """What must be the same however it was reached: of every file below ``folder`` a value to compare.

    Weights count by the bytes of their tensors, tables and figures without times, pages and pictures by being there
    whole.
    """
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_dir() or _NOT_COMPARED & set(relative.parts):
            if path.name == "run.json":
                found[_DATE.sub("TIME", str(relative))] = json.loads(path.read_text())["status"]
            continue
        found[_DATE.sub("TIME", str(relative))] = _value(path)
    return found


def _value(path: Path) -> Any:
    if path.suffix == ".safetensors":
        digest = hashlib.sha256()
        for name, tensor in sorted(load_file(path).items()):
            digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode() + tensor.tobytes())
        return digest.hexdigest()
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            rows = list(csv.DictReader(stream))
        return [_without_times(row) for row in rows]
    if path.suffix == ".json":
        return _without_times(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".html":
        return "whole" if path.read_text(encoding="utf-8").rstrip().endswith("</html>") else "cut"
    if path.suffix == ".png":
        return "whole" if path.read_bytes().endswith(b"IEND\xaeB`\x82") else "cut"
    if path.suffix == ".svg":
        return "whole" if path.read_bytes().rstrip().endswith(b"</svg>") else "cut"
    return "there" if path.stat().st_size else "empty"


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: _without_times(v) for k, v in value.items() if not k.startswith("seconds") and k not in _TIMES
        }
    if isinstance(value, list):
        return [_without_times(each) for each in value]
    return _DATE.sub("TIME", value) if isinstance(value, str) else value


def differences(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is not as it should be, in words."""
    said = [f"{name} is missing" for name in wanted.keys() - found.keys()]
    said += [f"{name} is left over" for name in found.keys() - wanted.keys()]
    for name in wanted.keys() & found.keys():
        if wanted[name] != found[name]:
            said.append(f"{name} differs{_first_difference(wanted[name], found[name])}")
    return sorted(said)


def _first_difference(wanted: Any, found: Any, where: str = "") -> str:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in [*wanted, *found]:
            if wanted.get(key) != found.get(key):
                return _first_difference(wanted.get(key), found.get(key), f"{where} {key}")
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        number = next(i for i, pair in enumerate(zip(wanted, found, strict=True)) if pair[0] != pair[1])
        return _first_difference(wanted[number], found[number], f"{where} {number}")
    return f" in{where or ' all'}: {str(found)[:150]!r} instead of {str(wanted)[:150]!r}"

"""What the runs say: ``tables.py PROGRAMS RESULTS`` prints the tables of docs/course-programs.md, ``--failures`` those
that did not end by kind, with place and message.
"""

from __future__ import annotations

import argparse
import collections
import re
from pathlib import Path
from typing import Any

from run import options, results

_KINDS = (
    ("a name that is not there", r"neither Keras [\d.]+ nor Prunelle has|has no attribute '|No module named"),
    ("needs TensorFlow", r"requires TensorFlow"),
    ("data", r"No such file|is not there\.|could not be fetched|not on this machine|File exists"),
    ("an argument", r"unexpected keyword|legal parameter|positional argument"),
    ("type of numbers", r"dtype|Expected all tensors|same dtype"),
    ("shape", r"shape|size|dimension|indices"),
    ("gradient", r"grad"),
    ("time", r"not ended in"),
)


def kind(error: str) -> str:
    """Of a failure, by its message."""
    return next((name for name, pattern in _KINDS if re.search(pattern, error)), "other")


def failures(known: dict[str, dict[str, Any]]) -> str:
    """Those that did not end, kind by kind."""
    by_kind: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for result in known.values():
        if not result["ended"]:
            by_kind[kind(result["error"])].append(result)
    lines = []
    for name, found in sorted(by_kind.items(), key=lambda each: -len(each[1])):
        lines.append(f"\n## {name}: {len(found)}\n")
        lines += [
            f"- {one['program']} line {one['where'] or '?'}\n  {one['error'][:300]} ({one['commit']})"
            for one in found
        ]
    return "\n".join(lines)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--failures", action="store_true")
    asked = parser.parse_args()
    known = results(asked.results)
    if asked.failures:
        print(failures(known))
        return
    names = [
        f"{path.parent.name}/{path.name}"
        for path in sorted(asked.programs.glob("*/*"))
        if path.name != "data"
    ]
    left_out = {name: options(name)["left_out"] for name in names if options(name).get("left_out")}
    tried = [name for name in names if name not in left_out]
    print("| source | programs | at hand | end |\n| --- | --- | --- | --- |")
    for source in [*dict.fromkeys(name.partition("/")[0] for name in names), ""]:
        all_of = [name for name in names if name.startswith(source)]
        here = [name for name in tried if name.startswith(source)]
        ended = [name for name in here if known.get(name, {}).get("ended")]
        print(f"| {source or 'together'} | {len(all_of)} | {len(here)} | {len(ended)} |")
    print("\n| does not end | at commit | line | why |\n| --- | --- | --- | --- |")
    for name in tried:
        result = known.get(name, {"where": "", "error": "not run"})
        if not result.get("ended"):
            place = f"`{result['where'].partition(':')[0]}`" if result["where"] else ""
            print(f"| {name} | {result.get('commit', '')} | {place} | {_short(result['error'])} |")
    print("\n| left out | why |\n| --- | --- |")
    for name, why in left_out.items():
        print(f"| {name} | {why} |")
    print(
        "\n| source | ends | cut or stood in for, besides data, epochs and published weights |\n| --- | --- | --- |"
    )
    for name in tried:
        if known.get(name, {}).get("ended"):
            source, _, program = name.partition("/")
            print(f"| {source} | {program} | {options(name).get('note', '')} |")


def _short(error: str) -> str:
    """A message for a cell of a table."""
    plain = re.sub(r"\x1b\[[0-9;]*m|\\x1b\[[0-9;]*m", "", error).partition(" Run: ")[0].replace("|", "/")
    return f"`{plain.replace('`', '')[:160].strip()}`"


if __name__ == "__main__":
    main()

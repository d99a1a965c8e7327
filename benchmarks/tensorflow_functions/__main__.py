"""Functions of ``tf`` beside the real TensorFlow, and the table of what differs.

    python -m benchmarks.tensorflow_functions --tensorflow PYTHON [--prunelle PYTHON] [--write PAGE] [MODULE …]

README.md says more.
"""

from __future__ import annotations

import argparse
import pickle
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tensorflow_functions.cases import Case, Entry
from tensorflow_functions.tables import TABLES
from tensorflow_functions.tables.reasons import reason

TOLERANCE = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 2e-5, "float64": 1e-10}
"""Of a number, and of the greatest number beside it: some last bits of each type, as sums are added in other orders."""
MARK = ("<!-- functions -->", "<!-- /functions -->")
Answers = dict[tuple[str, str], Any]


def asked(python: str, side: str, modules: list[str]) -> Answers:
    """The answers of one side."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers"
        command = [python, str(Path(__file__).with_name("answer.py")), side, str(file), *modules]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        found: Answers = {}
        with file.open("rb") as stream:
            while True:
                try:
                    module, name, answers = pickle.load(stream)
                except EOFError:
                    break
                found[module, name] = answers
        if done.returncode:
            print(f"{side} ended early, after {list(found)[-1:]}:\n{done.stderr[-2000:]}", file=sys.stderr)
        return found


NO_KERNEL = ("not in the list of allowed values", "Could not find device for node", "No WhereOp available")
"""What TensorFlow says of a type that it was not compiled for."""


def difference(theirs: Any, ours: Any, entry: Entry, least: float = 0.0) -> str | None:
    """In what two answers differ, in words; None where they agree."""
    if isinstance(theirs, tuple) and isinstance(ours, tuple):
        kinds = theirs[0], ours[0]
        if kinds == ("error", "error"):
            return None
        if kinds[0] == "error" and any(words in theirs[2] for words in NO_KERNEL):
            return "no kernel there"
        if "error" in kinds:
            return "an error there, a value here" if kinds[0] == "error" else "a value there, an error here"
        if kinds[0] != kinds[1]:
            return "another kind of object"
        if kinds[0] == "gradients":
            what = difference(theirs[1], ours[1], entry, least=1.0)
            return None if what is None else f"gradient: {what}"
        if kinds[0] == "object":
            return None if theirs == ours else "another object"
        if kinds[0] not in ("tensor", "array"):  # a name of a dictionary, and what it is of
            return difference(theirs[1], ours[1], entry, least)
        if theirs[1] != ours[1]:
            return f"{ours[1]} for {theirs[1]}"
        if theirs[2] != ours[2]:
            return "shape"
        same = not entry.values or close(theirs[3], ours[3], theirs[1], entry.loose, least)
        return None if same else "value"
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            return "number of results"
        found = (difference(one, other, entry, least) for one, other in zip(theirs, ours, strict=True))
        return next((each for each in found if each is not None), None)
    if isinstance(ours, list) and theirs[0] == "error" and any(words in theirs[2] for words in NO_KERNEL):
        return "no kernel there"
    if isinstance(theirs, list) and ours[0] == "error":
        return "a value there, an error here"
    if isinstance(ours, list) and theirs[0] == "error":
        return "an error there, a value here"
    return "another kind of object"


def close(theirs: np.ndarray, ours: np.ndarray, dtype: str, loose: float, least: float = 0.0) -> bool:
    """Equal; floating-point numbers within their type's tolerance.

    Args:
        least: what numbers are taken to be at least. A gradient of a sum may cancel out: its terms are about 1.
    """
    if theirs.dtype.kind not in "fc":
        return bool(np.array_equal(theirs, ours))
    part = {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
    tolerance = TOLERANCE[part] * loose
    if theirs.dtype.kind == "c":
        return all(
            close(getattr(theirs, each), getattr(ours, each), part, loose, least) for each in ("real", "imag")
        )
    one, other = theirs.astype(np.float64), ours.astype(np.float64)
    finite = np.abs(one[np.isfinite(one)])
    beside = max(min(float(finite.max()), 1.0) if finite.size else 0.0, least)
    # TensorFlow makes 0 of numbers below the normal ones.
    least_normal = float(np.finfo(part if part != "bfloat16" else "float32").tiny)
    return bool(
        np.allclose(other, one, rtol=tolerance, atol=tolerance * beside + least_normal, equal_nan=True)
    )


def judged(theirs: Answers, ours: Answers, show: int) -> list[dict[str, Any]]:
    """A row of the table a function."""
    rows = []
    for (module, name), answers in theirs.items():
        entry, full = TABLES[module][name], f"{module}.{name}"
        mine = ours.get((module, name), ("missing", "no answer"))
        row: dict[str, Any] = {"module": module, "function": full, "why": entry.why}
        if isinstance(answers, tuple):
            print(f"{full}: not in this TensorFlow ({answers[1]})", file=sys.stderr)
            continue
        if isinstance(mine, tuple):
            rows.append(row | {"cases": len(answers), "agree": 0, "differs": Counter(), "missing": mine[1]})
            continue
        made, differs, printed = entry.made(full), Counter[str](), 0
        for case, one, other in zip(made, answers, mine, strict=True):
            what = difference(one, other, entry)
            if what is not None:
                differs[what] += 1
                if printed < show:
                    printed += 1
                    print(told(full, case, what, one, other))
        agree = len(made) - sum(differs.values())
        rows.append(row | {"cases": len(made), "agree": agree, "differs": differs})
    return rows


def told(full: str, case: Case, what: str, theirs: Any, ours: Any) -> str:
    """A case that differs, for who mends it."""
    return f"{full}({case}): {what}\n    there {short(theirs)}\n    here  {short(ours)}"


def short(answer: Any) -> str:
    """An answer in a line."""
    return " ".join(repr(answer).split())[:400]


def table(rows: list[dict[str, Any]]) -> str:
    """What differs, in Markdown, and a line for each module."""
    lines = ["| module | functions | cases | agree |", "| --- | ---: | ---: | ---: |"]
    for module in dict.fromkeys(row["module"] for row in rows):
        mine = [row for row in rows if row["module"] == module]
        cases, agree = (sum(row[name] for row in mine) for name in ("cases", "agree"))
        lines.append(f"| `{module}` | {len(mine)} | {cases:,} | {agree:,} |")
    lines += ["", "| function | cases | agree | what differs | why |", "| --- | ---: | ---: | --- | --- |"]
    for row in rows:
        if row["agree"] == row["cases"]:
            continue
        what = "; ".join(f"{each} ({number})" for each, number in row["differs"].most_common())
        most = row["differs"].most_common(1)
        why = row["why"] or reason(row["function"], most[0][0] if most else "")
        if "missing" in row:
            what = "not there"
        lines.append(f"| `{row['function']}` | {row['cases']} | {row['agree']} | {what} | {why} |")
    return "\n".join(lines)


def main() -> None:
    """Asks both sides, compares, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tensorflow", required=True, help="the interpreter that has TensorFlow")
    parser.add_argument("--prunelle", default=sys.executable, help="the interpreter that has Prunelle")
    parser.add_argument("--write", type=Path, help="the page that gets the table, between its marks")
    parser.add_argument(
        "--show", type=int, default=2, help="so many cases of a function are printed that differ"
    )
    parser.add_argument("modules", nargs="*", help="as tf.math; all of them otherwise")
    given = parser.parse_args()
    theirs = asked(given.tensorflow, "tensorflow", given.modules)
    ours = asked(given.prunelle, "prunelle", given.modules)
    text = table(judged(theirs, ours, given.show))
    print(text)
    if given.write:
        page = given.write.read_text()
        before, _, rest = page.partition(MARK[0])
        after = rest.partition(MARK[1])[2]
        given.write.write_text(f"{before}{MARK[0]}\n\n{text}\n\n{MARK[1]}{after}")


if __name__ == "__main__":
    main()

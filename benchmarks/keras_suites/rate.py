"""Pass rate of the tests listed in a subset file, from the outcomes that a run left."""

import json
import sys
from pathlib import Path

subset = [line.split("\t") for line in Path(sys.argv[1]).read_text().splitlines()]
passed = set()
for line in Path(sys.argv[2]).read_text().splitlines():
    row = json.loads(line)
    if row.get("when") == "call" and row["outcome"] == "passed":
        passed.add(row["test"])
names = [row[0] for row in subset]
holding = [row[0] for row in subset if len(row) > 1]
print(
    f"{sum(n in passed for n in names)} of {len(names)} = {sum(n in passed for n in names) / len(names):.1%}"
)
if holding:
    good = sum(n in passed for n in holding)
    print(f"of those that also hold on tf_keras 2.21: {good} of {len(holding)} = {good / len(holding):.1%}")

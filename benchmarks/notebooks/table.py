"""What the runs say, as docs/notebooks-tried.md has it: ``table.py SOURCES RESULTS``."""

from __future__ import annotations

import collections
import re
import sys
import tomllib
from pathlib import Path

import nbformat
from run import HERE, beside, chosen, matching, results

_STOOD_IN = (
    ("Fashion-MNIST", r"fashion_mnist|FashionMNIST|fashion-mnist"),
    ("CIFAR-10", r"\bcifar10\b|CIFAR10"),
    ("MNIST", r"(?<!Fashion)\bMNIST\((?!data_dir)|datasets\.MNIST"),
    ("reviews", r"\bimdb\b"),
    ("houses", r"california_housing|boston_housing"),
    ("weights", r"weights=['\"]imagenet|pretrained=True|_Weights\.|VGG16\(|ResNet50\(|Xception\("),
    ("files", r"get_file\("),
)
"""What stand_ins.py and startup/ have of what a notebook names."""


def stood_in(name: str, code: str) -> str:
    """For a cell of the table."""
    found = [what for what, pattern in _STOOD_IN if re.search(pattern, code)]
    if any(place != "keeps" for place in beside(name)) and "files" not in found:
        found.append("files")
    return ", ".join(found)


def main(sources: Path, path: Path) -> None:
    """Print the table, and how many of each kind."""
    import jupytext

    known = results(path)
    why = tomllib.loads((HERE / "why.toml").read_text(encoding="utf-8"))
    print(
        "| notebook | about | cells | ends | seconds | stood in for |\n| --- | --- | --- | --- | --- | --- |"
    )
    ended: collections.Counter[str] = collections.Counter()
    tried: collections.Counter[str] = collections.Counter()
    for name, about in chosen().items():
        result = known.get(name)
        tried[about["author"]] += 1
        if result is None:
            continue
        file = sources / about["repository"].replace("/", "+") / about["path"]
        node = nbformat.read(file, as_version=4) if file.suffix == ".ipynb" else jupytext.read(file)
        code = "\n".join(cell.source for cell in node.cells if cell.cell_type == "code")
        empty = sum(not cell.source.strip() for cell in node.cells if cell.cell_type == "code")
        total = result["cells"] - empty
        well = result["ran"] - len(result["failed"])
        ended[about["author"]] += result["ended"]
        says = "yes" if result["ended"] else "no: " + matching(why, name).get("why", result["error"])
        cells = [
            f"{about['author']}, {file.stem}",
            about["about"],
            f"{well} of {total}",
            says.replace("|", "/").replace("\n", " "),
            f"{result['seconds']:.0f}",
            stood_in(name, code),
        ]
        print(f"| {' | '.join(cells)} |")
    print(f"\n{sum(ended.values())} of {sum(tried.values())} end, of {len(tried)} authors.")
    print("\n| repository | author | at commit |\n| --- | --- | --- |")
    for repository, own in tomllib.loads((HERE / "notebooks.toml").read_text(encoding="utf-8")).items():
        print(f"| {repository} | {own['author']} | `{own['commit'][:10]}` |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Every figure that the documentation quotes stands in ``docs/figures.toml`` with its source, and agrees with it."""

from __future__ import annotations

import datetime
import math
import re
import statistics

import pytest
from scipy import stats

from prunelle import networks
from tests.docs import figures
from tests.docs.reading import ROOT, documents, read

QUOTED = figures.quoted()
RECORDED = figures.recorded()

HOW = "Mend docs/figures.toml or the page: a figure that is measured anew changes in both, with its date and machine."


@pytest.mark.parametrize("section", sorted(QUOTED.keys() | RECORDED.keys()))
def test_a_section_quotes_what_was_recorded(section: str) -> None:
    quoted, recorded = QUOTED.get(section, figures.Section()), RECORDED.get(section, {})
    assert recorded, f"{section} quotes {quoted.all}; they are not recorded. {HOW}"
    assert quoted.text == recorded.get("text", []), HOW
    assert quoted.rows == recorded.get("rows", {}), HOW


@pytest.mark.parametrize("section", sorted(RECORDED))
def test_a_record_says_where_its_figures_come_from(section: str) -> None:
    record = RECORDED[section]
    if "stated" in record:
        # Not measured: a setting, a limit, an example; the words say which.
        assert set(record) <= {"stated", "text", "rows"}
        assert len(record["stated"]) > 20
        return
    if "from" in record:
        # Quoted from another page, which has all of them.
        assert set(record) <= {"from", "text", "rows"}
        source = [value for name in record["from"] for value in every(name)]
        for value in every(section):
            assert any(same(value, other) for other in source), (
                f"{section}: {value} is not in {record['from']}"
            )
        return
    assert set(record) <= {"command", "date", "machine", "text", "rows"}
    assert isinstance(record["date"], datetime.date)
    assert record["date"] >= datetime.date(2026, 11, 1)
    assert record["machine"] in figures.machines()
    assert record["command"].strip()
    for script in re.findall(r"[\w/]+\.py\b", record["command"]):
        assert script == "program.py" or (ROOT / script).is_file(), script


def every(section: str) -> list[str]:
    record = RECORDED[section]
    return [*record.get("text", []), *(value for row in record.get("rows", {}).values() for value in row)]


def same(quoted: str, measured: str) -> bool:
    """Whether a figure is another one, perhaps rounded: 78.7 % of 78.74."""
    a, b = (re.sub(r"[^\d.]", "", value) for value in (quoted, measured))
    digits = len(a.partition(".")[2])
    return a == b or (len(b.partition(".")[2]) > digits and f"{float(b):.{digits}f}" == a)


def rows_with_seeds() -> list[tuple[str, str, str]]:
    """Page, header and row of every table that gives a mean, what is behind ±, and each seed's value."""
    found = []
    for document in documents():
        header = ""
        lines = read(document).splitlines()
        for before, line in zip(["", *lines], lines, strict=False):
            if line.startswith("|") and not before.startswith("|"):
                header = line
            if line.startswith("|") and re.search(r"\d %?\**\s*± \d", line) and seeds_of(line):
                found.append((document, header, line))
    return found


def seeds_of(row: str) -> list[float]:
    """Values given one by one, with commas between them: at least three."""
    lists = [re.findall(r"\d+\.\d+", group) for group in re.findall(r"(?:\d+\.\d+, )+\d+\.\d+", row)]
    return [float(value) for value in max(lists, key=len, default=[]) if len(max(lists, key=len)) >= 3]


def test_means_and_spreads_follow_from_the_seeds() -> None:
    checked = 0
    for document, header, row in rows_with_seeds():
        seeds = seeds_of(row)
        match = re.search(r"(\d+\.\d+) ?%?\**\s*± (\d+\.\d+)", row)
        assert match, row
        mean, spread = match.groups()
        sd = statistics.stdev(seeds)
        student = float(stats.t.ppf(0.975, len(seeds) - 1)) * sd / math.sqrt(len(seeds))
        expected = sd if "sd" in header else student
        # The seeds are given rounded, so their mean may be off by half of their last digit.
        slack = 0.5 * 10 ** -len(str(seeds[0]).partition(".")[2])
        for stated, computed in ((mean, statistics.mean(seeds)), (spread, expected)):
            half = 0.5 * 10 ** -len(stated.partition(".")[2])
            assert abs(float(stated) - computed) <= half + slack + 1e-9, f"{document}: {row}\n{computed:.3f}"
        checked += 1
    assert checked >= 15


def test_intervals_follow_from_the_counts() -> None:
    """Wilson's, at 95 %, of the accuracies on 600 photos: ``92.0 % (89.5 to 93.9)``."""
    page = (
        read("docs/lab/results.md")
        .partition("| strategy | test accuracy (600 photos) |")[2]
        .partition("\n\n")[0]
    )
    rows = re.findall(r"(\d+\.\d) %\**  ?\((\d+\.\d) to (\d+\.\d)\)", page.replace("** (", "**  ("))
    assert len(rows) >= 5
    for accuracy, low, high in rows:
        n, z = 600, 1.959964
        p = round(float(accuracy) * n / 100) / n
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        assert 100 * (middle - half) == pytest.approx(float(low), abs=0.0501)
        assert 100 * (middle + half) == pytest.approx(float(high), abs=0.0501)


def test_weights_of_the_networks_are_those_that_are_built() -> None:
    """The table of the README, beside PyTorch's own count."""
    table = re.findall(r"^\| `([\w-]+)` \| [^|]* \| ([\d,]+) \|$", read("README.md"), re.MULTILINE)
    assert len(table) >= 5
    for name, weights in table:
        network = networks.build(name, num_classes=10)
        if name == "course-photos":
            network = networks.build(name, num_classes=2)
        assert sum(p.numel() for p in network.parameters()) == int(weights.replace(",", "")), name

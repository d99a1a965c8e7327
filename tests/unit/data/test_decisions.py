"""Decisions: read, written, undone and merged; names of any kind, files of other tools, kills and damage."""

from __future__ import annotations

import csv
import errno
import io
import itertools
import multiprocessing
import os
import random
import signal
import time
from datetime import datetime
from pathlib import Path

import pytest

from prunelle.data import decisions as module
from prunelle.data.decisions import ACTIONS, Decision, Decisions, changed
from prunelle.errors import ArgumentError, CannotWrite, DataError, MissingData, UnknownName
from tests.unit.test_csv_files import names


def decision(
    file: str, answer: str | None = "cat", *, was: str = "cat", by: str = "ana", at: str = "1"
) -> Decision:
    action = "leave out" if answer is None else "keep" if answer == was else "relabel"
    return Decision(file=file, label=answer, action=action, was=was, by=by, at=at)


def unsure(file: str, *, by: str = "ben") -> Decision:
    return Decision(file=file, label="cat", action="not sure", was="cat", by=by, at="2")


def hostile(seed: int, count: int = 200) -> Decisions:
    """Decisions of every action on files, and by people, of any name."""
    rng = random.Random(seed)
    made = []
    for file, label, was, by in zip(*(names(count, seed + i) for i in range(4)), strict=True):
        if file:
            action = rng.choice(ACTIONS)
            given = None if action == "leave out" else label
            made.append(Decision(file=file, label=given, action=action, was=was or None, by=by, at=""))
    return Decisions(made)


@pytest.mark.parametrize("seed", range(4))
def test_every_decision_comes_back(tmp_path: Path, seed: int) -> None:
    decisions, path = hostile(seed), tmp_path / "decisions.csv"
    decisions.write(path)
    assert len(decisions) > 80
    assert list(Decisions.read(path).values()) == list(decisions.values())


def test_others_read_it_as_file_and_label(tmp_path: Path) -> None:
    """Python's csv is the oracle: a line a picture, the label of a left-out one empty."""
    Decisions([decision("a/1.jpg", "dog"), decision("a/2.jpg", None), unsure("a/3.jpg")]).write(
        tmp_path / "d.csv"
    )
    rows = list(csv.DictReader(io.StringIO((tmp_path / "d.csv").read_text())))
    assert [(row["file"], row["label"]) for row in rows] == [
        ("a/1.jpg", "dog"),
        ("a/2.jpg", ""),
        ("a/3.jpg", "cat"),
    ]
    assert [row["decision"] for row in rows] == ["relabel", "leave out", "not sure"]


def test_undo_leaves_it_as_it_was() -> None:
    for seed in range(4):
        decisions = hostile(seed)
        assert decisions.with_one(decision("new")).without("new") == decisions
        assert "new" not in decisions
        assert decisions.without("never decided") == decisions


def test_the_last_decision_counts_and_is_the_last() -> None:
    both = Decisions([decision("1"), decision("2")]).with_one(decision("1", "dog"))
    assert list(both) == ["2", "1"]
    assert both["1"].label == "dog"
    assert both.counts() == {"keep": 1, "relabel": 1, "leave out": 0, "not sure": 0}


def test_what_makes_no_decision() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'leave out'"):
        Decision(file="1", label=None, action="leaveout")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="left out has no label"):
        Decision(file="1", label="cat", action="leave out")
    with pytest.raises(ArgumentError, match="must be a class for 'relabel'"):
        Decision(file="1", label=None, action="relabel")
    with pytest.raises(ArgumentError, match="must name an example"):
        Decision(file="", label="cat", action="keep")


def test_a_decision_of_this_moment() -> None:
    kept = Decision.made("1", "keep", was="cat")
    assert (kept.label, kept.was, kept.by) == ("cat", "cat", module.login_name())
    assert datetime.fromisoformat(kept.at).tzinfo is not None
    assert Decision.made("1", "leave out", was="cat", by="ana").label is None
    assert Decision.made("1", "relabel", was="cat", label="dog").label == "dog"


# Merging


def test_two_people_agree_and_do_not() -> None:
    ana = Decisions(
        [decision("same", "dog"), decision("torn", "dog"), decision("out", None), decision("mine")]
    )
    ben = Decisions(
        [
            decision("same", "dog", by="ben", at="0"),
            decision("torn", "cat", by="ben"),
            decision("out", "dog", by="ben"),
            decision("his", by="ben"),
        ]
    )
    merged, conflicts = ana.merged([ben])
    assert {file: one.by for file, one in merged.items()} == {"same": "ben", "mine": "ana", "his": "ben"}
    assert [conflict.file for conflict in conflicts] == ["torn", "out"]
    assert [one.answer for one in conflicts[1].decisions] == [None, "dog"]
    assert conflicts[0].to_json()["decisions"][0]["by"] == "ana"


def test_who_is_not_sure_agrees_with_everybody() -> None:
    merged, conflicts = Decisions([unsure("1")]).merged([Decisions([decision("1", "dog")])])
    assert not conflicts
    assert merged["1"].label == "dog"
    merged, conflicts = Decisions([unsure("1")]).merged([Decisions([unsure("1", by="ana")])])
    assert not conflicts
    assert merged["1"].action == "not sure"


def test_kept_and_made_the_same_class_is_agreed() -> None:
    """One sees it where it is a dog by mistake, the other where somebody has put it right."""
    merged, conflicts = Decisions([decision("1", "cat", was="dog")]).merged(
        [Decisions([decision("1", "cat")])]
    )
    assert not conflicts
    assert merged["1"].answer == "cat"


def test_labels_in_any_order_and_numbers_however_written_are_agreed() -> None:
    ana = [decision("1", "cat;dog"), decision("2", "3.0"), decision("3", ""), decision("4", "")]
    ben = [decision("1", "dog;cat"), decision("2", "3"), decision("3", ""), decision("4", None)]
    merged, conflicts = Decisions(ana).merged([Decisions(ben)])
    assert list(merged) == ["1", "2", "3"]
    # None of several labels is not the same as left out.
    assert [conflict.file for conflict in conflicts] == ["4"]
    merged, conflicts = Decisions([decision("1", "cat;dog")]).merged([Decisions([decision("1", "cat")])])
    assert not merged
    assert len(conflicts) == 1


def test_a_merge_is_the_same_in_any_order() -> None:
    rng = random.Random(0)
    for _ in range(100):
        people = [
            Decisions(
                unsure(str(file), by=by)
                if rng.random() < 0.2
                else decision(str(file), rng.choice(["cat", "dog", None]), by=by)
                for file in rng.sample(range(8), 5)
            )
            for by in "abc"
        ]
        found = []
        for one, *others in itertools.permutations(people):
            merged, conflicts = one.merged(others)
            torn = {conflict.file: {made.answer for made in conflict.decisions} for conflict in conflicts}
            found.append((dict(merged), torn))
            # By hand: of all who are sure, as many answers as there are.
            for file in {file for person in people for file in person}:
                made = [person[file] for person in people if file in person]
                answers = {d.label for d in made if d.action != "not sure"}
                assert (file in torn) == (len(answers) > 1)
                assert (file in merged) == (len(answers) <= 1)
        assert all(each == found[0] for each in found)
        alone, none = people[0].merged([])
        assert alone == people[0]
        assert not none
        assert people[0].merged([people[0]]) == (people[0], ())


# Files of others


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_plain_table(tmp_path: Path) -> None:
    plain = written(tmp_path / "plain.csv", "\ufefffile;label", "cats/1.jpg;dog", "", "cats\\2.jpg;cat")
    read = Decisions.read(plain)
    assert [(one.file, one.label, one.action, one.was) for one in read.values()] == [
        ("cats/1.jpg", "dog", "relabel", None),
        ("cats/2.jpg", "cat", "relabel", None),
    ]
    several = written(tmp_path / "several.csv", "file,labels", "1.jpg,", "2.jpg,cat;dog")
    assert [one.label for one in Decisions.read(several).values()] == ["", "cat;dog"]
    # Whether that is all of a line is known once it ends.
    several.write_text("file,labels\n2.jpg,cat;dog\n1.jpg,")
    with pytest.raises(DataError, match="line 3, is cut off"):
        Decisions.read(several)
    with pytest.raises(DataError, match="line 2: the file is empty"):
        Decisions.read(written(tmp_path / "empty.csv", "file,label", ",cat"))


LABEL_STUDIO = (
    '"annotation_id","annotator","choice","created_at","id","image","lead_time","updated_at"',
    '5,"ana@house.example","dog","2026-01-02T10:00:00Z",1,"/data/upload/3/0a1b2c3d-IMG_1.jpg",2.5,"2026-01-02T10:00:01Z"',
    '6,"ana@house.example","cat","2026-01-02T11:00:00Z",2,"/data/local-files/?d=photos%2Fcats%2F2.jpg",1.0,"2026-01-02T09:00:00Z"',
    '7,"ana@house.example","","2026-01-02T12:00:00Z",3,"/data/upload/3/0a1b2c3e-3.jpg",1.0,"2026-01-02T12:00:00Z"',
    '8,"ben@house.example","{""choices"": [""cat""]}","2026-01-02T12:00:00Z",4,"s3://bucket/cats/4.jpg",1.0,"2026-01-02T12:00:00Z"',
)


def test_label_studio(tmp_path: Path) -> None:
    read = Decisions.read(written(tmp_path / "ls.csv", *LABEL_STUDIO))
    assert [(one.file, one.label, one.by) for one in read.values()] == [
        ("photos/cats/2.jpg", "cat", "ana@house.example"),  # decided first
        ("IMG_1.jpg", "dog", "ana@house.example"),
        ("cats/4.jpg", "cat", "ben@house.example"),
    ]
    assert read["IMG_1.jpg"].at == "2026-01-02T10:00:01Z"


def test_label_studio_with_other_names_of_columns(tmp_path: Path) -> None:
    lines = [line.replace('"choice"', '"animal"').replace('"image"', '"photo"') for line in LABEL_STUDIO]
    assert len(Decisions.read(written(tmp_path / "ls.csv", *lines))) == 3
    lines[0] = lines[0].replace('"photo"', '"thing"')
    with pytest.raises(DataError, match="line 1: of this export of Label Studio, which column"):
        Decisions.read(written(tmp_path / "ls.csv", *lines))


def test_annotators_of_one_export_who_disagree(tmp_path: Path) -> None:
    second = LABEL_STUDIO[1].replace("ana@", "ben@").replace('"dog"', '"cat"')
    path = written(tmp_path / "ls.csv", *LABEL_STUDIO, second)
    with pytest.raises(
        DataError, match=r"annotators disagree on 1 pictures: IMG_1.jpg.*dog \(ana@.*cat \(ben@"
    ):
        Decisions.read(path)
    ana, ben = Decisions.read_each(path)
    assert [one["IMG_1.jpg"].label for one in (ana, ben)] == ["dog", "cat"]


def test_two_choices_for_one_picture_are_two_labels(tmp_path: Path) -> None:
    twice = LABEL_STUDIO[1].replace('"dog"', '"{""choices"": [""cat"", ""dog""]}"')
    read = Decisions.read(written(tmp_path / "ls.csv", LABEL_STUDIO[0], twice))
    assert read["IMG_1.jpg"].label == "cat;dog"


def test_fiftyone(tmp_path: Path) -> None:
    lines = ("filepath,ground_truth.label", "1.jpg,dog", "2.jpg,", "/photos/cats/3.jpg,cat")
    read = Decisions.read(written(tmp_path / "fo.csv", *lines))
    assert [(one.file, one.label) for one in read.values()] == [
        ("1.jpg", "dog"),
        ("/photos/cats/3.jpg", "cat"),
    ]
    named = written(tmp_path / "named.csv", "filepath,label,tags", '1.jpg,dog,"a,b"')
    assert Decisions.read(named)["1.jpg"].label == "dog"
    # As its exporter writes lists: the names with commas between them.
    header = "filepath,tags.classifications.label"
    lists = written(tmp_path / "lists.csv", header, '1.jpg,"dog,cat"', "2.jpg,", "3.jpg,dog")
    assert [(one.file, one.label) for one in Decisions.read(lists).values()] == [
        ("1.jpg", "dog;cat"),
        ("3.jpg", "dog"),
    ]
    two = written(tmp_path / "two.csv", "filepath,ground_truth.label,predictions.label", "1.jpg,dog,cat")
    with pytest.raises(DataError, match=r"which of ground_truth\.label, predictions\.label is the class"):
        Decisions.read(two)


# Damage, kills, other processes


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            ["file,label,decision", "1.jpg,cat,maybe"],
            "line 2: decision must be keep, relabel, leave out, not sure",
        ),
        (["file,label,decision", "1.jpg,cat,keep", "2.jpg,cat"], "line 3: 3 values were expected"),
        (["file,label,decision", "1.jpg,cat,keep", "1.jpg,dog,keep"], "line 3: 1.jpg is on line 2 already"),
        (["file,label,decision", "1.jpg,cat,leave out"], "line 2: what is left out has no label"),
        (["file,label,decision", ",cat,keep"], "line 2: file must name an example"),
        (["file,label,decision", '"1.jpg,cat,keep'], "is damaged"),
        (["label,decision", "cat,keep"], "line 1: the header must have .*; it lacks file"),
        (["name;size", "1.jpg;3"], "line 1: the header must be file,label"),
        ([""], "line 1: the header must be file,label"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(DataError, match=says) as error:
        Decisions.read(written(tmp_path / "d.csv", *lines))
    assert str(tmp_path / "d.csv") in str(error.value)


def test_a_file_cut_anywhere_is_never_read_as_whole(tmp_path: Path) -> None:
    decisions, path = (
        Decisions([decision("cats/1.jpg", "dog"), decision("cats/2.jpg", None)]),
        tmp_path / "d.csv",
    )
    decisions.write(path)
    content = path.read_bytes()
    for end in range(len(content)):
        path.write_bytes(content[:end])
        try:
            read = Decisions.read(path)
        except DataError:
            continue
        # What is cut off between two lines is what was there before the last decision.
        assert read in (Decisions(), decisions.without("cats/2.jpg"))


def test_no_file_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="decisions must be a CSV file"):
        Decisions.read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        Decisions.read(tmp_path)
    with pytest.raises(CannotWrite):
        Decisions().write(tmp_path / "no folder" / "d.csv")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_nobody_may_write(tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    Decisions([decision("1")]).write(path)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(CannotWrite, match="Make that place writable"):
            changed(path, lambda now: now.with_one(decision("2")))
        assert list(Decisions.read(path)) == ["1"]
    finally:
        tmp_path.chmod(0o755)


def test_a_disk_that_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "decisions.csv"
    changed(path, lambda now: now.with_one(decision("1")))
    content = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(CannotWrite, match=r"decisions\.csv cannot be written: Read-only file system"):
        changed(path, lambda now: now.with_one(decision("2")))
    assert path.read_bytes() == content


def _write_for_ever(path: Path) -> None:
    for count in itertools.count(1):
        Decisions(decision(f"{i}.jpg") for i in range(count % 500)).write(path)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    Decisions().write(path)
    for attempt in range(8):
        process = multiprocessing.get_context("fork").Process(target=_write_for_ever, args=(path,))
        process.start()
        time.sleep(0.03 + 0.011 * attempt)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        read = Decisions.read(path)
        assert list(read) == [f"{i}.jpg" for i in range(len(read))]
    Decisions().write(path)
    assert [file.name for file in tmp_path.iterdir()] == ["decisions.csv"]


def _decide(path: Path, who: str) -> None:
    for i in range(20):
        changed(path, lambda now, i=i: now.with_one(decision(f"{who}{i}", by=who)))  # type: ignore[misc]


@pytest.mark.skipif(os.name != "posix", reason="fork")
def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=_decide, args=(path, who)) for who in ("a", "b")]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert set(Decisions.read(path)) == {f"{who}{i}" for who in ("a", "b") for i in range(20)}

"""The tree of errors, near names, and the language of the reader."""

from __future__ import annotations

import locale

import pytest

from prunelle import errors
from prunelle.texts import Note, default_language


def test_the_tree_is_the_one_drawn_at_the_top_of_the_file() -> None:
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    assert errors.__doc__ is not None
    for line in errors.__doc__.splitlines():
        bare = line.lstrip(" │├└─")
        name = bare.split()[0] if bare else ""
        if not hasattr(errors, name):
            continue
        depth = len(line) - len(bare)
        above = [(d, n) for d, n in above if d < depth]
        drawn[name] = above[-1][1] if above else "Exception"
        above.append((depth, name))
    classes = {n: c for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, BaseException)}
    assert len(drawn) == 17
    assert drawn == {name: cls.__bases__[0].__name__ for name, cls in classes.items()}


def test_what_the_command_line_exits_with() -> None:
    assert errors.DataError("x").exit_code == 1
    assert errors.RunError("x").exit_code == 1
    # 2 is what every Unix command says of its arguments.
    assert errors.ArgumentError("x").exit_code == 2
    assert errors.UnknownName("network", "x", ["y"]).exit_code == 2
    assert errors.Interrupted("stopped", 143).exit_code == 143


def test_a_wrong_argument_is_also_a_value_error() -> None:
    with pytest.raises(ValueError, match="shift"):
        raise errors.ArgumentError("shift must be below 1")


def test_an_unknown_name_suggests_the_nearest_and_lists_the_rest() -> None:
    message = str(errors.UnknownName("network", "lenet-5", ("lenet5", "dense")))
    assert message == "unknown network 'lenet-5'. Did you mean 'lenet5'? Known: dense, lenet5."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LENET5", " Did you mean 'lenet5'?"),
        ("lenet", " Did you mean 'lenet5' or 'dense'?"),
        ("zzz", ""),
        ("Course-Mnst", " Did you mean 'course-MNIST'?"),
    ],
)
def test_did_you_mean(name: str, said: str) -> None:
    assert errors.did_you_mean(name, ["lenet5", "course-MNIST", "dense"]) == said


def test_did_you_mean_reads_known_names_once() -> None:
    assert errors.did_you_mean("dens", iter(["dense"])) == " Did you mean 'dense'?"


def test_a_bad_picture_keeps_its_file_and_reason() -> None:
    error = errors.BadPicture("a/b.jpg", "empty file")
    assert (str(error), error.file, error.reason) == ("a/b.jpg: empty file", "a/b.jpg", "empty file")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_CA"}, "fr"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "fr_BE.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_environments(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert default_language() == language


@pytest.mark.parametrize(("name", "language"), [("French_France", "fr"), ("English_x", "en"), (None, "en")])
def test_the_language_without_variables_is_the_systems(
    monkeypatch: pytest.MonkeyPatch, name: str | None, language: str
) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(locale, "getlocale", lambda: (name, None))
    assert default_language() == language


def test_a_note_prints_in_english() -> None:
    assert str(Note("a picture", "une image")) == "a picture"

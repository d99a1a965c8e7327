"""What every view keeps, by being listed in ``prunelle.views.VIEWS``."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest

from prunelle import views
from prunelle.data import kinds
from prunelle.data.targets import Number
from prunelle.views.picture_look import PictureLook
from prunelle.views.serialisation import from_plain, to_plain
from prunelle.views.series_look import SeriesLook
from prunelle.views.view import AnyView, Argument, LeftOutError, Need
from tests.looks import noise, noise_file, picture_look, series_look

KINDS = tuple(kind.name for kind in kinds.KINDS)
EVERY = [(kind, name) for kind in KINDS for name in views.names(kind)]
HOME = Path(views.__file__).parent
WRITTEN = sorted(
    file.stem for file in HOME.glob("*.py") if re.search(r"^VIEW\b", file.read_text(), re.MULTILINE)
)
"""Modules that make a view, listed or not."""
PAGES = {"pictures": ("look.md", "The figures"), "series": ("series.md", "What it sees")}
"""Of ``docs/``, with the heading under which views stand."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PictureLook:
    """A picture, and labelled noise of three classes."""
    return picture_look(files=[noise_file(tmp_path_factory.mktemp("picture"))], data=noise())


@pytest.fixture(scope="module")
def series() -> SeriesLook:
    """Labelled noise."""
    return series_look()


def _view(kind: str, name: str) -> AnyView:
    return views.views_of(kind)[name]


def _same(one: Any, other: Any) -> None:
    """The same JSON, and the same arrays to the bit and the type."""
    (plain, arrays), (other_plain, other_arrays) = to_plain(one), to_plain(other)
    assert plain == other_plain
    for array, again in zip(arrays, other_arrays, strict=True):
        assert array.dtype == again.dtype
        np.testing.assert_array_equal(array, again)


@pytest.mark.parametrize("module", sorted({*WRITTEN, *views.VIEWS}))
def test_its_module_is_listed(module: str) -> None:
    assert module in views.VIEWS, (
        f'views/{module}.py makes a VIEW, and VIEWS in views/__init__.py has no line "{module}": (kind, name),'
    )


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_users_are_told_of_it(kind: str, name: str) -> None:
    page, heading = PAGES[kind]
    text = (HOME.parents[2] / "docs" / page).read_text(encoding="utf-8")
    table = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    told = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert f"`{name}`" in told, f"docs/{page} has no row | `{name}` | … in the table under '## {heading}'"


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_it_is_what_the_registry_says(kind: str, name: str) -> None:
    view = _view(kind, name)
    assert (view.kind, view.name) == (kind, name)
    assert set(view.needs) <= set(get_args(Need))
    assert set(view.arguments) <= set(get_args(Argument))
    assert {"view", "view_text"} <= view.words.texts.keys()


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_what_it_finds_goes_through_json_and_is_drawn_from_there(
    kind: str, name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    view = _view(kind, name)
    drawn = []
    for number, result in enumerate(view.parts(request.getfixturevalue(kind))):
        assert type(result) is view.result_type
        plain, arrays = to_plain(result)
        buffer = io.BytesIO()
        np.savez(buffer, *arrays, allow_pickle=False)
        buffer.seek(0)
        with np.load(buffer, allow_pickle=False) as file:
            again = from_plain(
                view.result_type, json.loads(json.dumps(plain)), [file[one] for one in file.files]
            )
        _same(result, again)
        names = [plate.name for plate in view.draw(again, "fr")]
        drawn += names
        if number == 0:
            pairs = zip(view.draw(result, "en"), view.draw(again, "en"), strict=True)
            for folder, plate in zip(("a", "b"), next(pairs), strict=True):
                (tmp_path / folder).mkdir()
                plate.save(tmp_path / folder)
            assert (tmp_path / "a" / f"{names[0]}.svg").read_bytes() == (
                tmp_path / "b" / f"{names[0]}.svg"
            ).read_bytes()
    assert drawn, f"{name} draws nothing of the look of tests/looks.py"
    # Each figure is a file.
    twice = [one for one, times in Counter(drawn).items() if times > 1]
    assert not twice, "several Plates of one name: put the part's into it, paged(view, part, page=page)"
    strays = [one for one in drawn if one != name and not one.startswith(f"{name}-")]
    assert not strays, f"the Plates of {name} must be called {name}, or {name}-…"


def telling_numbers() -> PictureLook:
    """A look at a network whose run is on numbers."""
    look = picture_look(data=noise())
    run: Any = SimpleNamespace(target=Number())
    return dataclasses.replace(look, subject=dataclasses.replace(look.subject, run=run))


@pytest.mark.parametrize("name", views.names("pictures"))
def test_what_it_needs_and_has_not_is_said(name: str) -> None:
    view = _view("pictures", name)
    bare = {
        "picture": picture_look(data=noise()),
        "data": picture_look(),
        "classes": telling_numbers(),
        "two classes": picture_look(data=noise(1)),
    }
    for need in view.needs:
        with pytest.raises(LeftOutError) as left_out:
            next(view.parts(bare[need]))
        assert left_out.value.note.en != left_out.value.note.fr


@pytest.mark.parametrize("name", views.names("pictures"))
def test_it_needs_no_more_than_it_says(name: str, tmp_path: Path) -> None:
    view = _view("pictures", name)
    files = [noise_file(tmp_path)] if "picture" in view.needs else []
    look = picture_look(files=files, data=noise() if {"data", "two classes"} & {*view.needs} else None)
    try:
        next(view.parts(look), None)
    except LeftOutError as reason:
        pytest.fail(f"{name} is left out of a look that has its needs, {view.needs}: {reason}")


def test_the_command_offers_every_view_once() -> None:
    from prunelle.cli.look import look

    (option,) = (one for one in look.params if one.name == "views")
    assert tuple(option.type.choices) == views.names()  # type: ignore[attr-defined]
    assert set(views.names()) == {name for _, name in EVERY}


def test_what_is_neither_array_nor_number_nor_text_is_refused() -> None:
    @dataclasses.dataclass(frozen=True)
    class Found:
        value: Any

    for value in (float("nan"), np.float32(1), np.int64(1), [1], {"a": 1}, {1}):
        with pytest.raises(TypeError, match="arrays, finite numbers, texts"):
            to_plain(Found(value))
    assert to_plain(Found((1, None, "a", Found(0.5)))) == ({"value": [1, None, "a", {"value": 0.5}]}, [])

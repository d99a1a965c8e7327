"""What every view keeps, by being listed in ``prunelle.views.VIEWS``."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

import prunelle as pn
from prunelle import views
from prunelle.console.listeners import make_listener
from prunelle.data import kinds
from prunelle.jobs.look_at_pictures import prepare_pictures
from prunelle.jobs.look_request import LookRequest
from prunelle.planning.request import DataSource
from prunelle.views.picture_look import PictureLook
from prunelle.views.serialisation import from_plain, to_plain
from prunelle.views.series_look import SeriesLook
from prunelle.views.subject import Subject
from prunelle.views.view import AnyView, Argument, LeftOutError, Need

KINDS = tuple(kind.name for kind in kinds.KINDS)
EVERY = [(kind, name) for kind in KINDS for name in views.names(kind)]
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PictureLook:
    """``course-look``, untrained, a picture, and labelled noise of three classes."""
    from PIL import Image

    file = tmp_path_factory.mktemp("picture") / "noise.png"
    Image.fromarray(RANDOM.integers(0, 256, (12, 12), dtype=np.uint8)).save(file)
    return _look([file], data=_noise(3))


def _noise(kinds: int) -> pn.Data:
    pixels = RANDOM.integers(0, 256, (24, 12, 12, 1), dtype=np.uint8)
    classes = ["a", "b", "c"][: max(2, kinds)]
    data = pn.from_arrays(pixels, np.arange(24) % len(classes), classes=classes, validation=0, test=0)
    if kinds == 1:
        data = dataclasses.replace(data, train=dataclasses.replace(data.train, labels=np.zeros(24, int)))
    return data


def _look(files: list[Path], data: pn.Data | None) -> PictureLook:
    torch.manual_seed(0)
    network = pn.build("course-look", num_classes=3, in_channels=1, input_size=(12, 12)).eval()
    preprocess = pn.Preprocess(size=(12, 12), channels=1, mean=(0.5,), std=(0.5,))
    request = LookRequest(
        pictures=files,
        layers=None,
        channel=None,
        classes=(),
        between=None,
        scale="channel",
        source=DataSource(data=data),
        sample=24,
    )
    subject = Subject("course-look", network, preprocess, ("a", "b", "c"))
    look = prepare_pictures(subject, request, make_listener("quiet")).look
    assert isinstance(look, PictureLook)
    return look


@pytest.fixture(scope="module")
def series() -> SeriesLook:
    """``fcn``, untrained, and labelled noise."""
    torch.manual_seed(0)
    values = RANDOM.normal(size=(9, 40, 2)).astype(np.float32)
    return SeriesLook(
        network=pn.build("fcn", num_classes=3, in_channels=2, input_size=40).eval(),
        preprocess=pn.SeriesPreprocess(length=40, channels=2, mean=(0.0, 0.0), std=(1.0, 1.0)),
        classes=("a", "b", "c"),
        given=None,
        labelled=lambda: (values, np.arange(9) % 3),
        sample_size=None,
        layers=None,
        channel=None,
    )


def _view(kind: str, name: str) -> AnyView:
    return views.views_of(kind)[name]


def _same(one: Any, other: Any) -> None:
    """The same JSON, and the same arrays to the bit and the type."""
    (plain, arrays), (other_plain, other_arrays) = to_plain(one), to_plain(other)
    assert plain == other_plain
    for array, again in zip(arrays, other_arrays, strict=True):
        assert array.dtype == again.dtype
        np.testing.assert_array_equal(array, again)


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
    assert drawn
    # Each figure is a file.
    assert len(set(drawn)) == len(drawn)
    assert all(one == name or one.startswith(f"{name}-") for one in drawn)


@pytest.mark.parametrize("name", views.names("pictures"))
def test_what_it_needs_and_has_not_is_said(name: str) -> None:
    view = _view("pictures", name)
    bare = {"picture": _look([], _noise(3)), "data": _look([], None), "two classes": _look([], _noise(1))}
    for need in view.needs:
        with pytest.raises(LeftOutError) as left_out:
            next(view.parts(bare[need]))
        assert left_out.value.note.en != left_out.value.note.fr


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

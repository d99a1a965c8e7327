"""Every kind of data keeps the contract of ``data.kind``, by being listed in ``data.kinds``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prunelle import networks
from prunelle.data import kinds
from prunelle.data.batches import Batches
from prunelle.data.examples import Data, Split
from prunelle.data.kind import Kind
from prunelle.data.kinds import KINDS, kind_of, kind_of_array, kind_of_shape
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.container import Series
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.jobs import looking
from prunelle.keras.recorded_examples import RECORDED
from prunelle.planning.choosing import choose_network, choose_preprocess, choose_recipe
from prunelle.planning.request import Preparation
from prunelle.report.kinds import SHOWN
from prunelle.views import VIEWS, views_of
from tests.pictures import make_folder
from tests.series import waves, write_ts


@dataclasses.dataclass(frozen=True)
class Sample:
    """A few examples of a kind, as an array and as files."""

    array: Any
    settings: Any
    write: Callable[[Path], Path]


def _pictures() -> Sample:
    array = np.random.default_rng(0).integers(0, 256, (6, 12, 10, 3), dtype=np.uint8)
    return Sample(array, Preprocess(size=(8, 8)), lambda folder: make_folder(folder, "ab", 2))


def _series() -> Sample:
    series, labels = waves(6, unequal=True)
    return Sample(
        Series.of(series),
        SeriesPreprocess(length=24, fit="pad"),
        lambda folder: write_ts(folder / "waves.ts", series, labels),
    )


SAMPLES = {"pictures": _pictures, "series": _series}

pytestmark = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture
def sample(kind: Kind[Any, Any]) -> Sample:
    """A new kind needs a line in ``SAMPLES``, and nothing else here."""
    return SAMPLES[kind.name]()


def decoded(kind: Kind[Any, Any], sample: Sample) -> Pixels:
    return kind.decode(sample_split(sample), sample.settings)


def sample_split(sample: Sample) -> Split:
    return Split("train", np.arange(len(sample.array)) % 2, array=sample.array)


def test_it_is_known_by_its_settings_its_array_and_its_shape(kind: Kind[Any, Any], sample: Sample) -> None:
    assert kind_of(sample.settings) is kind
    assert kind_of_array(sample.array) is kind
    assert kind_of_shape(sample.settings.input_shape) is kind


def test_it_is_told_from_the_others(kind: Kind[Any, Any], sample: Sample) -> None:
    for attribute in ("name", "axes", "settings", "array", "augmentations"):
        assert [other for other in KINDS if getattr(other, attribute) == getattr(kind, attribute)] == [kind]
    assert len({len(other.axes) for other in KINDS}) == len(KINDS)


def test_an_example_decodes_to_the_shape_that_the_network_sees(kind: Kind[Any, Any], sample: Sample) -> None:
    pixels = decoded(kind, sample)
    channels, *axes = sample.settings.input_shape
    assert pixels.images.shape == (len(sample.array), *axes, channels)
    assert len(axes) == len(kind.axes)
    assert pixels.images.nbytes == len(pixels) * sample.settings.example_bytes


def test_a_batch_is_normalised_to_mean_0_and_deviation_1(kind: Kind[Any, Any], sample: Sample) -> None:
    pixels = decoded(kind, sample)
    images, labels = Batches(pixels, torch.device("cpu")).take(torch.arange(len(pixels)))
    batch = sample.settings.with_statistics(pixels.images).normalise(images)
    assert batch.shape[1:] == sample.settings.input_shape
    assert batch.dtype == torch.float32
    assert labels.tolist() == pixels.labels.tolist()
    by_channel = batch.movedim(1, 0).flatten(1)
    there = [one[~one.isnan()] for one in by_channel]
    assert all(abs(float(one.mean())) < 1e-4 for one in there)
    assert all(abs(float(one.std(correction=0)) - 1) < 1e-3 for one in there)


def test_reading_files_gives_what_decoding_does(kind: Kind[Any, Any], sample: Sample, tmp_path: Path) -> None:
    sample.write(tmp_path)
    files = kind.list_files(tmp_path)
    assert files == sorted(files)
    assert files
    for file in files:
        found = list(kind.read(file, sample.settings))
        assert all(name.startswith(str(file)) for name, _ in found)
        examples = [example for _, example in found if isinstance(example, np.ndarray)]
        assert len(examples) == len(found)
        assert all(example.ndim == len(kind.axes) + 1 for example in examples)
        assert examples[0].dtype == decoded(kind, sample).images.dtype


def test_what_cannot_be_read_is_told_and_not_raised(
    kind: Kind[Any, Any], sample: Sample, tmp_path: Path
) -> None:
    file = tmp_path / "damaged.npz"
    file.write_bytes(b"PK\x03\x04 and nothing else")
    ((name, reason),) = kind.read(file, sample.settings)
    assert name == str(file)
    assert isinstance(reason, str)
    assert reason


def test_examples_are_taken_and_joined(kind: Kind[Any, Any], sample: Sample) -> None:
    n = len(sample.array)
    split = Split("train", np.arange(n), array=sample.array)
    odd, even = split.take(np.arange(1, n, 2)), split.take(np.arange(0, n, 2))
    assert odd.labels.tolist() == list(range(1, n, 2))
    both = Split.joined("train", [odd, even])
    order = np.argsort(both.labels)
    np.testing.assert_array_equal(
        both.decode(sample.settings).images[order], split.decode(sample.settings).images
    )
    none = split.take(np.arange(0))
    assert len(none) == len(none.array if none.array is not None else "?") == 0


def test_settings_are_frozen_and_go_to_json_and_back(kind: Kind[Any, Any], sample: Sample) -> None:
    settings = sample.settings.with_statistics(decoded(kind, sample).images)
    text = json.dumps(settings.to_json())
    assert kinds.preprocess_from_json(json.loads(text)) == settings
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.channels = 2
    # What reads and decodes is the kind's.
    assert not {"decode", "read", "list_files"} & set(dir(settings))


def test_augmentations_keep_shapes_and_go_to_json_and_back(kind: Kind[Any, Any], sample: Sample) -> None:
    nothing = kind.parse_augmentation("none", sample.settings)
    assert not nothing
    shifted = kind.parse_augmentation("shift=0.1", sample.settings)
    assert shifted
    assert isinstance(shifted, kind.augmentations)
    images, _ = Batches(decoded(kind, sample), torch.device("cpu")).take(torch.arange(3))
    changed = shifted.apply(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape
    for augment in (nothing, shifted):
        assert kinds.augment_from_json(json.loads(json.dumps(dataclasses.asdict(augment)))) == augment


def test_reports_know_how_to_show_it(kind: Kind[Any, Any], sample: Sample) -> None:
    shown = SHOWN[kind.name]
    images = decoded(kind, sample).images
    for language in ("en", "fr"):
        assert str(sample.settings.input_shape[-1]) in shown.input_text(
            sample.settings, shown.words(language)
        )
    assert shown.writer([images], 1, 64)(images[0]).startswith("data:image/")


def test_something_suits_it(kind: Kind[Any, Any], sample: Sample) -> None:
    data = Data("some", ("a", "b"), sample_split(sample), None, None, sample.settings)
    network = choose_network(data, Preparation())
    assert kind_of_shape(networks.natural_shape(network)) is kind
    assert kind_of(choose_preprocess(data, network, Preparation())) is kind
    assert choose_recipe(data, epochs=2).epochs == 2


def test_its_words_are_there(kind: Kind[Any, Any]) -> None:
    for word in (kind.one, kind.many):
        assert word.en
        assert word.fr
    assert kind.unit


def test_programs_and_looks_and_views_know_it(kind: Kind[Any, Any]) -> None:
    assert kind.name in RECORDED
    assert kind.name in looking.PREPARE
    assert views_of(kind.name)
    assert {of for of, _ in VIEWS.values()} <= {one.name for one in KINDS}

"""Datasets of other libraries: trained on, evaluated, predicted, looked at, gone on with; the real packages."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
)

import prunelle as pn
from prunelle.errors import ArgumentError, DataError, RunError
from tests import oracles
from tests.pictures import make_folder, photo


class Pairs(Dataset[Any]):
    """``(picture, label)``, or dictionaries, of pictures of stripes."""

    def __init__(
        self, rows: list[tuple[Any, Any]], transform: Any = None, keys: tuple[str, str] | None = None
    ) -> None:
        self.rows, self.transform, self.keys, self.asked = rows, transform, keys, 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Any:
        self.asked += 1
        picture, label = self.rows[number]
        picture = picture if self.transform is None else self.transform(picture)
        return (picture, label) if self.keys is None else dict(zip(self.keys, (picture, label), strict=True))


class Stream(IterableDataset[Any]):
    """The same, one after the other."""

    def __init__(self, rows: list[tuple[Any, Any]]) -> None:
        self.rows = rows

    def __iter__(self) -> Any:
        return iter(self.rows)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("photos"), ("a", "b"), 30, (32, 32))


@pytest.fixture(scope="module")
def rows(photos: Path) -> list[tuple[Any, int]]:
    return [
        (Image.open(file).convert("RGB"), "ab".index(file.parent.name))
        for file in sorted(photos.glob("*/*.jpg"))
    ]


def as_tensor(image: Image.Image) -> torch.Tensor:
    """torchvision's ``ToTensor`` and ``Normalize(0.5, 0.25)``, written out."""
    return (torch.tensor(np.asarray(image)).permute(2, 0, 1).float() / 255 - 0.5) / 0.25


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 2)
    )


RECIPE = pn.Recipe(epochs=2, batch_size=16)


def test_pictures_are_those_of_their_files(photos: Path, rows: list[tuple[Any, int]]) -> None:
    """The same bytes as decoding the files, since the pictures were made of those without a shortcut."""
    data = pn.from_dataset(Pairs(rows), classes=("a", "b"))
    assert (len(data.train), len(data.validation or ()), len(data.test or ())) == (48, 6, 6)
    assert data.train.array is not None
    expected = {np.asarray(image).tobytes() for image, _ in rows}
    assert {picture.tobytes() for split in data.splits() for picture in split.array} <= expected  # type: ignore[union-attr]
    assert data.preprocess.size == (32, 32)


@pytest.mark.parametrize("form", ["pairs", "dictionaries", "stream", "loader", "shuffled", "subset", "texts"])
def test_every_form_is_trained_on(form: str, rows: list[tuple[Any, int]], tmp_path: Path) -> None:
    tensors = [(torch.tensor(np.asarray(image)).permute(2, 0, 1), label) for image, label in rows]
    dataset: Any = {
        "pairs": lambda: Pairs(rows),
        "dictionaries": lambda: Pairs(rows, keys=("image", "label")),
        "stream": lambda: Stream(rows),
        "loader": lambda: DataLoader(Pairs(tensors), batch_size=7),
        "shuffled": lambda: DataLoader(Pairs(tensors), batch_size=7, shuffle=True, drop_last=True),
        "subset": lambda: Subset(Pairs(rows), range(60)),
        "texts": lambda: Pairs([(image, "ab"[label]) for image, label in rows]),
    }[form]()
    run = pn.train("course-cifar", dataset, RECIPE, output=tmp_path / "run", style="quiet")
    assert run.info["data"]["counts"] == {"train": 48, "validation": 6, "test": 6}
    assert run.classes == (("a", "b") if form == "texts" else ("0", "1"))
    # Whatever the form, the same pictures, in the same order, and so the same training.
    recipe = dataclasses.replace(RECIPE, batch_size=7 if isinstance(dataset, DataLoader) else 16)
    assert run.recipe == recipe
    other = pn.train("course-cifar", Pairs(rows), recipe, output=tmp_path / "other", style="quiet")
    assert run.results()[-1]["train_loss"] == other.results()[-1]["train_loss"]


def test_what_is_lost_is_said_once(rows: list[tuple[Any, int]], tmp_path: Path, capsys: Any) -> None:
    pn.train("course-cifar", Pairs(rows, as_tensor), epochs=1, output=tmp_path / "run", style="lines")
    out = " ".join("".join(capsys.readouterr()).split())
    assert out.count("Examples come from a dataset of your program") == 1
    assert out.count("They are tensors, and go to the network as they are") == 1


def test_tensors_go_to_the_network_as_they_are(rows: list[tuple[Any, int]], tmp_path: Path) -> None:
    """What arrives, seen by the network itself; and its accuracy by hand."""
    seen: list[torch.Tensor] = []
    network = net()
    network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
    dataset = Pairs(rows, as_tensor)
    run = pn.train(network, dataset, RECIPE, output=tmp_path / "run", style="quiet")
    expected = {as_tensor(image).numpy().tobytes() for image, _ in rows}
    arrived = {np.ascontiguousarray(one).tobytes() for batch in seen for one in batch.numpy()} - {
        np.zeros((3, 32, 32), np.float32).tobytes()  # what is tried out beforehand
    }
    assert arrived
    assert arrived <= expected
    evaluation = pn.evaluate(run, dataset, style="quiet")
    images = torch.stack([as_tensor(image) for image, _ in rows])
    answers = run.network(images).argmax(1)
    truth = torch.tensor([label for _, label in rows])
    assert evaluation.judged is not None
    kept = evaluation.judged.rows
    assert evaluation.accuracy == pytest.approx(float((answers == truth)[torch.tensor(kept)].float().mean()))
    predictions = pn.predict(run, dataset, style="quiet")
    assert [prediction.top[0][0] for prediction in predictions] == [str(int(answer)) for answer in answers]


def test_files_are_not_guessed_at_for_such_a_run(
    photos: Path, rows: list[tuple[Any, int]], tmp_path: Path
) -> None:
    run = pn.train("course-cifar", Pairs(rows, as_tensor), epochs=1, output=tmp_path / "run", style="quiet")
    file = next(photos.glob("*/*.jpg"))
    for ask in (
        lambda: run.predict([file]),
        lambda: pn.predict(run, Pairs(rows)),
        lambda: run.prepare(rows[0][0]),
    ):
        with pytest.raises(RunError, match="learned from tensors that a dataset of a program prepared"):
            ask()


def test_tensors_for_a_run_on_files(photos: Path, rows: list[tuple[Any, int]], tmp_path: Path) -> None:
    """Prepared by the caller as the run prepares: the answers are those to the files."""
    run = pn.train("course-cifar", photos, epochs=2, size=32, output=tmp_path / "run", style="quiet")
    prepared = Pairs(rows, lambda image: run.prepare(image)[0])
    files = sorted(photos.glob("*/*.jpg"))
    expected = pn.predict(run, files, style="quiet")
    for dataset in (
        prepared,
        Pairs(rows),
        DataLoader(prepared, batch_size=8),
        Pairs([(image, 0) for image, _ in rows]),
    ):
        answers = pn.predict(run, dataset, style="quiet")
        for one, other in zip(answers, expected, strict=True):
            assert one.top[0][0] == other.top[0][0]
            assert one.top[0][1] == pytest.approx(other.top[0][1], abs=1e-4)
    larger = dataclasses.replace(
        _pretrained(run), preprocess=dataclasses.replace(run.preprocess, size=(64, 64))
    )
    with pytest.raises(ArgumentError, match=r"tensors of shape \(3, 32, 32\).*takes \(3, 64, 64\)"):
        pn.predict(larger, Pairs(rows, as_tensor), style="quiet")


def _pretrained(run: pn.Run) -> Any:
    from prunelle.planning.weights import Pretrained

    return Pretrained(run.network, run.classes, True, run.preprocess, "somewhere")  # type: ignore[arg-type]


def test_it_is_gone_on_with(rows: list[tuple[Any, int]], tmp_path: Path) -> None:
    whole = pn.train(
        "course-cifar",
        Pairs(rows),
        dataclasses.replace(RECIPE, epochs=3),
        output=tmp_path / "whole",
        style="quiet",
    )
    half = pn.train("course-cifar", Pairs(rows), RECIPE, output=tmp_path / "half", style="quiet")
    again = pn.train(resume=half, data=Pairs(rows), epochs=3, style="quiet")
    assert len(again.results()) == len(whole.results()) == 3
    with pytest.raises(RunError, match="data"):
        pn.train(resume=half.path, epochs=4, style="quiet")


def test_splits_that_are_given(rows: list[tuple[Any, int]]) -> None:
    data = pn.from_dataset({"train": Pairs(rows[:40] + rows[45:50]), "val": Pairs(rows[40:45] + rows[50:])})
    assert (len(data.train), len(data.validation or ()), data.test) == (45, 15, None)
    with pytest.raises(ArgumentError, match="must have one for train; received test"):
        pn.from_dataset({"test": Pairs(rows)})


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (Pairs([]), "the dataset is empty"),
        (Pairs([(photo(8, 8), 0)] * 4), "at least two classes; received 0"),
        (
            Pairs([(photo(8, 8), [0.0, 1.0])] * 4),
            "a label must be a whole number or a text.*Of one-hot labels",
        ),
        (Pairs([("nothing.jpg", 0)] * 4), "nothing.jpg"),
        (Pairs([(object(), 0)] * 4), "pictures must be Pillow's, tensors of floats, or of bytes"),
        (
            Pairs([(photo(8, 8), 0)] * 4, keys=("foto", "label")),
            "has foto, label, of which none is known for a picture",
        ),
        (TensorDataset(torch.zeros(4, 3, 8, 8)), "an example must be .picture, label."),
        (TensorDataset(torch.zeros(4, 5, 8, 8), torch.tensor([0, 1, 0, 1])), "C being 1 or 3"),
        (
            Pairs([(torch.zeros(3, 8, 8), 0), (torch.zeros(3, 9, 9), 1)]),
            "all tensors of a dataset must be of one shape",
        ),
    ],
)
def test_what_is_wrong_is_said(dataset: Any, said: str) -> None:
    with pytest.raises((DataError, ArgumentError), match=said):
        pn.train("course-cifar", dataset, style="quiet")


def test_tensors_that_a_network_does_not_take(rows: list[tuple[Any, int]]) -> None:
    small = Pairs(rows, lambda image: as_tensor(image.resize((6, 6))))
    with pytest.raises(
        ArgumentError, match=r"tensors of shape \(3, 6, 6\), which this network does not take.*\(1, 32, 32\)"
    ):
        pn.train("lenet5", small, style="quiet")
    with pytest.raises(ArgumentError, match="size is how pictures are prepared, and these are tensors"):
        pn.train("course-cifar", Pairs(rows, as_tensor), size=64, style="quiet")


def test_a_loaders_own_sampler_is_kept(rows: list[tuple[Any, int]]) -> None:
    sampler = WeightedRandomSampler([1.0] * 30 + [0.0] * 28 + [5.0] * 2, 60)
    loader = DataLoader(Pairs(rows, as_tensor), batch_size=8, sampler=sampler)
    data = pn.from_dataset(loader, validation=0, test=0)
    assert data.train.array is not None
    drawn = {picture.transpose(2, 0, 1).tobytes() for picture in data.train.array}
    never = {as_tensor(image).numpy().tobytes() for image, _ in rows[30:58]}
    assert not drawn & never


def test_look_at_labelled_pictures_of_a_dataset(rows: list[tuple[Any, int]], tmp_path: Path) -> None:
    run = pn.train("course-cifar", Pairs(rows), epochs=1, output=tmp_path / "run", style="quiet")
    gallery = pn.look_into(run, data=Pairs(rows), views=["health"], output=tmp_path / "look", style="quiet")
    assert gallery is not None
    given = Pairs(rows, as_tensor)
    own = pn.train(net(), given, epochs=1, output=tmp_path / "own", style="quiet")
    shown = pn.look_into(own, data=given, views=["health"], output=tmp_path / "again", style="quiet")
    assert shown is not None


def test_torchvisions_folder(photos: Path, tmp_path: Path) -> None:
    """Without transforms, the very training of the folder; with transforms, what they give."""
    oracles.torchvision_models()
    from torchvision import datasets as theirs
    from torchvision.transforms import v2

    folder = theirs.ImageFolder(photos)
    run = pn.train("course-cifar", folder, RECIPE, size=32, output=tmp_path / "one", style="quiet")
    own = pn.train("course-cifar", photos, RECIPE, size=32, output=tmp_path / "two", style="quiet")
    assert run.classes == ("a", "b")
    assert run.results()[-1]["train_loss"] == own.results()[-1]["train_loss"]
    steps = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.25] * 3)]
    data = pn.from_dataset(theirs.ImageFolder(photos, transform=v2.Compose(steps)))
    assert data.classes == ("a", "b")
    assert data.train.array is not None
    assert data.train.array.dtype == np.float32
    for chance in (v2.RandomCrop(20), v2.RandomHorizontalFlip(), v2.ColorJitter(0.5)):
        changed = theirs.ImageFolder(photos, transform=v2.Compose([chance, *steps]))
        feed = pn.from_dataset(DataLoader(changed, batch_size=8, shuffle=True)).train.feed
        assert feed is not None
        assert feed.anew
        assert feed.exact


def test_a_split_of_hugging_face(photos: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="make test-datasets has it")
    files = sorted(map(str, photos.glob("*/*.jpg")))
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])})
    labels = ["ab".index(Path(file).parent.name) for file in files]
    split = datasets.Dataset.from_dict({"image": files, "label": labels}, features=features)
    run = pn.train("course-cifar", split, RECIPE, output=tmp_path / "run", style="quiet")
    assert run.classes == ("a", "b")
    assert pn.evaluate(run, split, style="quiet").n > 0
    assert len(pn.predict(run, split, style="quiet")) == 60
    parts = split.train_test_split(0.2, seed=0, stratify_by_column="label")
    data = pn.from_dataset(parts)
    assert (len(data.train) + len(data.validation or ()), len(data.test or ())) == (48, 12)
    split.set_transform(
        lambda batch: {"pixel_values": [as_tensor(i) for i in batch["image"]], "label": batch["label"]}
    )
    assert pn.from_dataset(split).train.array.dtype == np.float32  # type: ignore[union-attr]
    assert pn.from_dataset(split.with_format(None).to_iterable_dataset()).classes == ("a", "b")


def test_a_table_of_pandas(photos: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="an extra of its own: tables")
    files = sorted(photos.glob("*/*.jpg"))
    table = pandas.DataFrame({"path": list(map(str, files)), "label": [file.parent.name for file in files]})
    run = pn.train("course-cifar", table, RECIPE, size=32, output=tmp_path / "run", style="quiet")
    own = pn.train("course-cifar", photos, RECIPE, size=32, output=tmp_path / "own", style="quiet")
    assert run.results()[-1]["train_loss"] == own.results()[-1]["train_loss"]
    assert json.loads((run.path / "run.json").read_text())["data"]["name"] == "dataframe"
    assert len(pn.predict(run, table, style="quiet")) == 60
    assert pn.evaluate(run, table, style="quiet").n > 0
    with pytest.raises(DataError, match="a table needs a column of paths"):
        pn.from_dataset(table.rename(columns={"path": "where"}))

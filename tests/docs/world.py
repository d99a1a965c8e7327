"""A folder in which everything that the documentation names is there, small enough to train on in a second."""

from __future__ import annotations

import contextlib
import glob
import re
import shutil
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file

import prunelle as pn
from tests import course_sets
from tests.integration.command import prunelle
from tests.pictures import make_folder, photo
from tests.series import waves, write_ts

PHOTO_RUN = "runs/20261121-143000-course-photos-photos"
FOLDS = "FOLDS"
COMPARISON = "runs/20261121-143000-compare-lenet5-dense-mnist"

_PHOTO_FOLDERS = (
    "photos",
    "PHOTOS",
    "FOLDER",
    "FEW-PHOTOS",
    "CATDOG",
    "CIFAR8",
    "my-photos",
    "other-photos",
    "DATA",
)
_SPLIT_FOLDERS = {
    "cats-dogs": ("cats", "dogs"),
    "cifar10-photos": (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
}

_OWN_NETWORKS = """\
from torch import nn


def small(num_classes, in_channels=3, input_size=(32, 32)):
    return nn.Sequential(
        nn.Conv2d(in_channels, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, num_classes)
    )
"""


def build(folder: Path) -> None:
    """Fills ``folder``; ``PRUNELLE_DATA`` has to be its ``store``, which has a small MNIST afterwards."""
    course_sets.write_mnist(folder / "store" / "mnist", train=120, test=40)
    _pictures(folder)
    _series(folder)
    _weights(folder)
    _runs(folder)
    _decisions(folder)
    _costs(folder)
    (folder / "mynets.py").write_text(_OWN_NETWORKS)
    (folder / "key").write_text("a-key-that-nobody-guesses\n")


def _pictures(folder: Path) -> None:
    for seed, name in enumerate(_PHOTO_FOLDERS):
        make_folder(folder / name, ("oak", "birch"), 12, (60, 80), seed=seed)
    for name, classes in _SPLIT_FOLDERS.items():
        make_folder(folder / name / "train", classes, 8, (32, 32), seed=20)
        make_folder(folder / name / "test", classes, 3, (32, 32), seed=21)
    for name in ("heap", "garden"):
        make_folder(folder / name, (".",), 8, (60, 80), seed=30)
    for number, name in enumerate(("photo.jpg", "holiday.jpg", "china.jpg", "flower.jpg", "files…")):
        photo(120, 90, seed=number).save(folder / name, "JPEG")
    images, _ = course_sets.digits(3, 1)
    Image.fromarray(images[0]).resize((8, 8)).save(folder / "digit.png")

    # The classes in the names of the files, and in a table.
    flat = folder / "flat"
    flat.mkdir()
    lines = ["file,label"]
    for i in range(24):
        kind = ("cat", "dog")[i % 2]
        shutil.copy(
            folder / "photos" / ("oak", "birch")[i % 2] / f"{i // 2:04}.jpg", flat / f"{kind}.{i}.jpg"
        )
        lines.append(f"{kind}.{i}.jpg,{kind}")
    (flat / "labels.csv").write_text("\n".join(lines) + "\n")

    # Several labels a picture, or none.
    mosaics = folder / "mosaics"
    make_folder(mosaics, (".",), 24, (40, 40), seed=40)
    told = ("cat;dog", "dog", "", "cat")
    lines = ["file,labels", *(f"{i:04}.jpg,{told[i % 4]}" for i in range(24))]
    (mosaics / "labels.csv").write_text("\n".join(lines) + "\n")
    ages = [f"{line.partition(',')[0]},{10 + row}" for row, line in enumerate(lines[1:])]
    (mosaics / "ages.csv").write_text("\n".join(["file,age", *ages]) + "\n")
    shutil.copytree(mosaics, folder / "turned")
    (folder / "turned" / "angles.csv").write_text("\n".join(["file,angle", *ages]) + "\n")


def _decisions(folder: Path) -> None:
    """Two people's about ``photos``, and what one of them decided about the run on them."""
    ana = [("oak/0000.jpg", "birch"), ("birch/0000.jpg", "birch"), ("birch/0001.jpg", "oak")]
    for name, decided in (
        ("decisions.csv", ana[:2]),
        ("ana.csv", ana),
        ("ben.csv", [("birch/0001.jpg", "birch"), ("oak/0002.jpg", "oak")]),
        ("both.csv", ana),
        (f"{PHOTO_RUN}/decisions.csv", ana),
    ):
        lines = ["file,label", *(f"{file},{label}" for file, label in decided)]
        (folder / name).write_text("\n".join(lines) + "\n")


def _costs(folder: Path) -> None:
    """Of the classes of ``photos``."""
    (folder / "costs.csv").write_text(",birch,oak\nbirch,0,1\noak,5,0\n")


def _series(folder: Path) -> None:
    for number, name in enumerate(("GunPoint", "OTHER")):
        for split in ("TRAIN", "TEST"):
            series, labels = waves(24, length=32, seed=number * 2 + (split == "TEST"))
            write_ts(folder / f"{name}_{split}.ts", series, labels)
    series, _ = waves(4, length=32, seed=9)
    write_ts(folder / "new.ts", series, None)


def _weights(folder: Path) -> None:
    """What stands for published files, which nobody downloads in a test: the same networks, random weights."""
    torch.manual_seed(0)
    for name in ("squeezenet1.1", "resnet18"):
        torch.save(pn.build(name, num_classes=1000).state_dict(), folder / f"imagenet-{name}.pth")
    weights = pn.build("squeezenet1.0", num_classes=1000).state_dict()
    save_file(weights, folder / "squeezenet1.0-imagenet.safetensors")
    for name, file in (("resnet20", "resnet20-12fca82f.th"), ("resnet56", "resnet56-4bfd9763.th")):
        weights = pn.build(name, num_classes=10).state_dict()
        torch.save({"state_dict": {f"module.{key}": value for key, value in weights.items()}}, folder / file)


def _runs(folder: Path) -> None:
    made = {
        PHOTO_RUN: ("photos", "--network", "course-photos"),
        "runs/digits": ("--network", "course-look"),
        "runs/series": ("GunPoint_TRAIN.ts", "--network", "fcn"),
        "runs/labels": (
            *("mosaics", "--labels", "labels.csv", "--task", "multilabel", "--network", "course-look"),
        ),
        "base": ("CIFAR8", "--network", "course-cifar"),
        **{
            f"runs/20261121-150000-{network}-mnist": ("mnist", "--network", network)
            for network in ("lenet5", "course-mnist", "dense")
        },
    }
    with contextlib.chdir(folder):
        for output, arguments in made.items():
            finished = prunelle("train", *arguments, "--epochs", 1, "--quiet", "--output", output)
            assert finished.code == 0, finished.err
        for short, run in (
            ("…", "digits"),
            *(
                (f"{n.upper()}-RUNS", f"20261121-150000-{n}-mnist")
                for n in ("lenet5", "course-mnist", "dense")
            ),
        ):
            (Path("runs") if short == "…" else Path()).joinpath(short).symlink_to(folder / "runs" / run)
        divided = prunelle("train", "my-photos", "--folds", 2, "--epochs", 1, "--quiet", "--output", FOLDS)
        assert divided.code == 0, divided.err
        finished = prunelle(
            *("compare", "lenet5", "dense", "--data", "mnist", "--epochs", 1, "--seeds", 1),
            *("--quiet", "--output", COMPARISON),
        )
        assert finished.code == 0, finished.err


def enter(world: Path, folder: Path) -> None:
    """Gives the empty ``folder`` all that is in ``world``, by links, so that a command may write beside it."""
    for item in world.iterdir():
        if item.name != "runs":
            (folder / item.name).symlink_to(item)
    (folder / "runs").mkdir()
    for run in (world / "runs").iterdir():
        (folder / "runs" / run.name).symlink_to(run)


# What makes a command quick without making it another command.
_SMALLER = {
    "--epochs": "1",
    "--seeds": "2",
    "--draws": "1",
    "--shots": "2",
    "--ensemble": "2",
    "--size": "32",
    "--rounds": "1",
    "--folds": "2",
}


def smaller(words: list[str]) -> list[str]:
    """The words after ``prunelle``, with less to do: one epoch, few seeds, small networks where weights are read."""
    verb = words[0]
    words = [_SMALLER.get(words[i - 1], word) if i else word for i, word in enumerate(words)]
    if verb in ("train", "compare", "shots") and not {"--resume", "--epochs", "--help"} & set(words):
        runs_only = verb == "compare" and not any(word in words for word in ("lenet5", "dense"))
        words += [] if runs_only else ["--epochs", "1"]
    if verb == "shots" and "--draws" not in words:
        words += ["--draws", "1"]
    if "--unlabelled" in words:
        words += ["--rounds", "1"]
    if verb in ("check", "train", "predict", "evaluate", "look", "advise", "shots", "export"):
        words = ["squeezenet1.1" if word == "vgg16" else word for word in words]
        for network, size in (("resnet18", "32"), ("squeezenet1.1", "64")):
            if network in words and "--size" not in words:
                words += ["--size", size]
        if "imagenet" in words:
            network = next(word for word in words if word in ("squeezenet1.1", "resnet18"))
            words = [f"imagenet-{network}.pth" if word == "imagenet" else word for word in words]
    if verb == "look" and {"squeezenet1.1", "resnet18"} & set(words):
        words += [
            "--view",
            "space" if "--data" in words else "where",
        ]  # synthesising what a channel looks for takes minutes there
    return words


def expanded(words: list[str]) -> list[str]:
    """Patterns replaced by the files they stand for, as the shell does, and what only stands for something."""
    found: list[str] = []
    for word in words:
        matches = sorted(glob.glob(word)) if re.search(r"[*?]", word) else []
        found += matches or [word]
    return found

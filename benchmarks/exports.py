"""Networks taken away: every one of the zoo, and runs, in each format, with what the check saw of them.

    python benchmarks/exports.py --photos imagenet-samples --series GunPoint_TRAIN.ts
    python benchmarks/exports.py --format onnx --runs runs/* --quantize int8
    python benchmarks/exports.py --format onnx --weights squeezenet1.0 weights.safetensors --photos a b c --many

Prints a row of the table of docs/lab/exports.md for each as it is done; an export that is refused has the sentence in
its row. Networks of the zoo have random weights (seed 0): whether two programs answer alike does not depend on what
was learned. ``--many`` answers every photo of ``--photos`` by one network, prepared and as decoded by Pillow.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import prunelle as pn
from prunelle import networks
from prunelle.console.listeners import make_listener
from prunelle.data.decode import read_image, read_picture
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import PrunelleError
from prunelle.exports.checking import FEWEST, Check, check
from prunelle.exports.format import Settings
from prunelle.exports.formats import FORMATS
from prunelle.exports.inputs import inputs_of
from prunelle.jobs import exporting
from prunelle.jobs.export_samples import Gathered
from prunelle.planning.request import DataSource
from prunelle.planning.weights import Pretrained
from prunelle.runs.folds import Folds, answering_from
from prunelle.runs.run import Run

HEAD = (
    "| network | weights | format | file, MB | to write, s | ms an example, PyTorch | file "
    "| scores apart | other answers of prepared | of raw |"
)
STEPS = 96
"""Of series, for networks with random weights."""


@dataclasses.dataclass(frozen=True)
class Taken:
    """One network, and what it is checked on."""

    name: str
    weights: str
    given: Run | Folds | Pretrained | exporting.Module
    source: DataSource


def zoo(series: Path | None, only: list[str]) -> Iterator[Taken]:
    """Every network by name, those for series also as for padded ones.

    Pictures are parts of two photos, which no JPEG decoder comes near: random weights find many classes nearly as
    probable, and tell others at a level of difference.
    """
    for family, names in networks.FAMILIES.items():
        for name in names:
            if only and name not in only:
                continue
            torch.manual_seed(0)
            if family != "series":
                module = exporting.Module(
                    network=settled(networks.build(name)), preprocess=None, classes=None
                )
                yield Taken(name, "random", module, DataSource())
                continue
            if series is None:
                continue
            masked = [False, True] if name in ("fcn", "resnet1d", "inceptiontime") else [False]
            for pads in masked:
                options = {"masked": True} if pads else {}
                module = exporting.Module(
                    network=networks.build(name, input_size=(STEPS,), **options),
                    preprocess=SeriesPreprocess(
                        length=STEPS, fit="pad" if pads else "resample", mean=(0.1,), std=(1.3,)
                    ),
                    classes=None,
                )
                yield Taken(name + (", padded" if pads else ""), "random", module, DataSource(data=series))


class Residual(torch.nn.Module):
    """A sum of branches, a mean over places."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.Conv2d(16, 16, 3, padding=1)
        self.norm, self.head = torch.nn.BatchNorm2d(16), torch.nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, 3, H, W)`` → ``(N, 10)``."""
        x = torch.relu(self.first(x))
        return self.head((x + self.norm(self.second(x))).mean((2, 3)))


class Branches(torch.nn.Module):
    """Kernels of three sizes side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes = torch.nn.ModuleList(torch.nn.Conv2d(3, 8, k, padding=k // 2) for k in (1, 3, 5))
        self.head = torch.nn.Linear(24 * 16, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, 3, H, W)`` → ``(N, 7)``."""
        x = torch.nn.functional.gelu(torch.cat([each(x) for each in self.sizes], 1))
        return self.head(torch.nn.functional.adaptive_avg_pool2d(x, 4).flatten(1))


class Attention(torch.nn.Module):
    """Patches that look at each other."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.project = torch.nn.Conv2d(3, 32, 4, stride=4), torch.nn.Linear(32, 96)
        self.head = torch.nn.Linear(32, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, 3, H, W)`` → ``(N, 5)``."""
        q, k, v = self.project(self.patches(x).flatten(2).transpose(1, 2)).chunk(3, -1)
        weights = torch.softmax(q @ k.transpose(1, 2) / 32**0.5, -1)
        return self.head((weights @ v).mean(1))


def own() -> Iterator[Taken]:
    """Modules that Prunelle has never seen."""
    preprocess = pn.Preprocess(size=(32, 32), mean=(0.5,) * 3, std=(0.25,) * 3)
    for kind in (Residual, Branches, Attention):
        torch.manual_seed(0)
        module = exporting.Module(network=kind(), preprocess=preprocess, classes=None)
        yield Taken(kind.__name__, "random", module, DataSource())


def settled(network: torch.nn.Module) -> torch.nn.Module:
    """``network`` with its batch normalisations' statistics those of a few pictures.

    With those it begins with, a deep one's answers are 0 and 1, whatever it is shown: they say nothing.
    """
    normalisations = [each for each in network.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    if normalisations:
        for each in normalisations:
            each.momentum = None
        shape: tuple[int, ...] = network.input_shape  # type: ignore[assignment]
        with torch.no_grad():
            network.train()(torch.randn(8, *shape))
    return network.eval()


def row_of(taken: Taken, name: str, quantize: str | None, examples: int) -> str:
    """Written, opened, checked: a row of the table."""
    form = FORMATS[name]
    with contextlib.closing(make_listener("quiet")) as listener, tempfile.TemporaryDirectory() as folder:
        try:
            subject = exporting.subject_of(taken.given, listener)
            settings = Settings(quantize=quantize)
            form.check(subject, settings)
            gathered = Gathered(subject, exporting.run_of(taken.given), None, listener)
            samples = gathered.samples(taken.source, max(FEWEST, examples))
            samples = samples.take(np.arange(min(len(samples), examples)))
            if quantize:
                settings = dataclasses.replace(
                    settings, calibration=gathered.calibration(exporting.CALIBRATION)
                )
            settings = dataclasses.replace(settings, samples=samples)
            start = time.perf_counter()
            files = form.write(subject, Path(folder) / f"written{form.suffix}", settings)
            took = time.perf_counter() - start
            size = files[0].stat().st_size / 1e6
            found = check(
                subject,
                form.open(files[0], subject),
                samples,
                quantized=quantize is not None,
                close=form.close(files[0]),
            )
        except PrunelleError as error:
            return f"| {taken.name} | {taken.weights} | {name} | refused: {error.message} |"
    return (
        f"| {taken.name} | {taken.weights} | {name}{f', {quantize}' if quantize else ''} | {size:.2f} | {took:.1f} "
        f"| {_seen(found)} |"
    )


def _seen(found: Check) -> str:
    alone, many, raw = found.rows
    apart = max(alone.apart, many.apart)
    wrong = [f"{len(each.otherwise) - each.tied} of {each.n}" for each in (many, raw)]
    lost = "" if found.lost is None else f" (loses {100 * found.lost:.2f} points of {found.labelled})"
    return (
        f"{alone.network_milliseconds:.2f} | {alone.milliseconds:.2f} | {apart:.1e} "
        f"| {wrong[0]} | {wrong[1]}{lost}"
    )


def many(taken: Taken, name: str, folders: list[Path], most: int | None) -> None:
    """All photos of ``folders`` by one network: how many answers are others, and by how much, from each way in.

    Those that are others from the photo as Pillow decodes it are prepared once more from what it decoded, by Prunelle:
    where the network then answers as the file does, it was the decoding.
    """
    form = FORMATS[name]
    with contextlib.closing(make_listener("quiet")) as listener, tempfile.TemporaryDirectory() as temporary:
        subject = exporting.subject_of(taken.given, listener)
        files = form.write(subject, Path(temporary) / f"written{form.suffix}", Settings())
        runtime, inputs = form.open(files[0], subject), inputs_of(subject.preprocess)
        module, settings = subject.of_batch(), subject.preprocess

        def answered(pixels: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
            """By the network and by the file for prepared batches."""
            batch = settings.normalise(torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)).contiguous()
            with torch.inference_mode():
                return module(batch).numpy(), runtime.batch(batch.numpy())

        print(
            "| photos | n | prepared: others | apart | decoded by Pillow: others | apart, mean | of these by decoding |"
        )
        for folder in folders:
            photos = sorted(
                file for file in folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png")
            )
            if most is not None:
                photos = [photos[row] for row in np.linspace(0, len(photos) - 1, most).astype(int)]
            others_prepared = others = by_decoding = 0
            apart, of_raw = 0.0, 0.0
            for start in range(0, len(photos), 32):
                part = photos[start : start + 32]
                wanted, given = answered(
                    [read_picture(file.read_bytes(), str(file), settings) for file in part]
                )
                others_prepared += int((wanted.argmax(1) != given.argmax(1)).sum())
                apart = max(apart, float(np.abs(wanted - given).max()))
                for file, row in zip(part, wanted, strict=True):
                    decoded = inputs.read(file, settings)
                    raw = runtime.raw(decoded)
                    of_raw += float(np.abs(row - raw).max()) / len(photos)
                    if row.argmax() != raw.argmax():
                        others += 1
                        whole, _ = answered([read_image(Image.fromarray(decoded), settings)])
                        by_decoding += int(whole[0].argmax() == raw.argmax())
            print(
                f"| {folder.name} | {len(photos)} | {others_prepared} | {apart:.1e} | {others} | {of_raw:.1e} "
                f"| {by_decoding} |",
                flush=True,
            )


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--format", choices=list(FORMATS), action="append")
    parser.add_argument(
        "--photos", type=Path, nargs="*", default=[], help="folders; the first is what is checked on"
    )
    parser.add_argument("--series", type=Path, help="a file: what networks for series are checked on")
    parser.add_argument(
        "--runs", type=Path, nargs="*", help="runs and cross-validations, in place of the zoo"
    )
    parser.add_argument("--weights", nargs=2, action="append", metavar=("NETWORK", "FILE"), help="likewise")
    parser.add_argument(
        "--own", action="store_true", help="three modules that are none of Prunelle's, likewise"
    )
    parser.add_argument("--only", nargs="*", default=[], help="networks of the zoo")
    parser.add_argument("--quantize", choices=["int8"])
    parser.add_argument("--examples", type=int, default=FEWEST)
    parser.add_argument("--many", action="store_true")
    parser.add_argument("--most", type=int, help="photos of a folder, evenly through it")
    given = parser.parse_args()
    source = DataSource(data=given.photos[0] if given.photos else None)
    taken: Iterator[Taken] | list[Taken] = []
    if given.runs:
        taken = (Taken(each.name, "trained", answering_from(each), DataSource()) for each in given.runs)
    elif given.own:
        taken = own()
    elif given.weights:
        taken = (
            Taken(network, Path(file).name, pn.pretrained(network, file, style="quiet"), source)
            for network, file in given.weights
        )
    else:
        taken = zoo(given.series, given.only)
    formats = given.format or list(FORMATS)
    if not given.many:
        print(HEAD)
    for each in taken:
        for name in formats:
            if given.many:
                many(each, name, given.photos, given.most)
            else:
                print(row_of(each, name, given.quantize, given.examples), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\nAt most {peak:.1f} GB of memory.")


if __name__ == "__main__":
    main()

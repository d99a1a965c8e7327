"""Near copies in real photos: how many planted ones are found, how many findings are none, and what they look like.

    python benchmarks/near_copies.py planted FOLDER [--network squeezenet1.0 --weights FILE] [--seed 0] [--sheet FILE]
    python benchmarks/near_copies.py pairs FOLDER [--network … --weights …] [--draw 50] [--seed 0] [--sheet FILE.png]

``planted``: of a folder with ``train`` and ``test``, copies of training photos are put in the test split of a copy of
it (links), of their class; ``--kinds`` says what is done to them. One is found where a finding across splits holds it
and its source. The findings without any planted one are drawn, for the eye: they may be copies that were there before.

``pairs``: what is found across the splits that are there. All pairs are drawn, and beside that ``--draw`` of them,
drawn at random and enlarged, for the eye.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

import prunelle as pn
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.near_copies import CHECK
from prunelle.data.preprocess import Preprocess
from prunelle.transfer.example_features import example_features

KIND = "near copies across splits"
BUDGET = 4 << 30

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def rescaled(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """To between a third and three quarters, or, of one in four, to between 1.3 and 2."""
    factor = rng.uniform(1.3, 2) if rng.random() < 0.25 else rng.uniform(1 / 3, 0.75)
    size = (max(1, round(photo.width * factor)), max(1, round(photo.height * factor)))
    return photo.resize(size, Image.Resampling.LANCZOS)


def recompressed(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """By JPEG, at a quality from 30 to 60."""
    stream = io.BytesIO()
    photo.save(stream, "JPEG", quality=int(rng.integers(30, 61)))
    return Image.open(stream)


def cropped(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Up to 5 % off each side."""
    left, top, right, bottom = rng.uniform(0, 0.05, 4)
    width, height = photo.size
    return photo.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )


CHANGES: dict[str, Change] = {
    "copied": lambda photo, rng: photo,
    "rescaled": rescaled,
    "mirrored": lambda photo, rng: ImageOps.mirror(photo),
    "recompressed": recompressed,
    "cropped": cropped,
    "brighter": lambda photo, rng: ImageEnhance.Brightness(photo).enhance(rng.uniform(1.1, 1.3)),
    "grey": lambda photo, rng: photo.convert("L"),
    "turned": lambda photo, rng: photo.transpose(Image.Transpose.ROTATE_90),
    "all": lambda photo, rng: recompressed(ImageOps.mirror(cropped(rescaled(photo, rng), rng)), rng),
}


def plant(
    source: Path, target: Path, kinds: Sequence[str], each: int, seed: int
) -> dict[str, tuple[str, str]]:
    """Links to all photos of ``source``, and planted ones: their name → its source's name, and what was done."""
    for file in sorted(source.rglob("*")):
        if file.is_file():
            link = target / file.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file.resolve())
    rng = np.random.default_rng(seed)
    train = sorted((source / "train").rglob("*.*"))
    planted = {}
    chosen = rng.choice(len(train), len(kinds) * each, replace=False)
    for number, (row, kind) in enumerate(zip(chosen, np.repeat(kinds, each), strict=True)):
        file = train[row]
        # No name tells, and no suffix: half of them are PNGs, but those that are copied byte by byte.
        png = kind != "copied" and rng.random() < 0.5
        leak = target / "test" / file.parent.name / f"p{number:03}{'.png' if png else file.suffix}"
        if kind == "copied":
            leak.write_bytes(file.read_bytes())
        else:
            photo = CHANGES[kind](ImageOps.exif_transpose(Image.open(file)).convert("RGB"), rng)
            photo.save(leak, **({} if png else {"quality": 90}))
        planted[str(leak.relative_to(target))] = (str(file.relative_to(source)), str(kind))
    return planted


def inspected(folder: Path, network: str | None, weights: Path | None, size: int) -> Inspected:
    """Decoded at ``size``, or as the network wants them; the seconds that it took are printed."""
    data = pn.load(folder, validation=0.0)
    found = None if weights is None or network is None else pn.pretrained(network, weights)
    preprocess = Preprocess(size=(size, size)) if found is None else found.preprocess
    start = time.perf_counter(), time.process_time()
    pixels = {split.name: split.decode(preprocess) for split in data.splits()}
    _took("decoding", start)
    features = None
    if found is not None:
        start = time.perf_counter(), time.process_time()
        features = example_features(found.network, preprocess, pixels, memory_budget=BUDGET)
        _took("features", start)
    return Inspected(data=data, pixels=pixels, features=features)


def _took(what: str, start: tuple[float, float]) -> None:
    seconds, processor = time.perf_counter() - start[0], time.process_time() - start[1]
    print(f"{what}: {seconds:.1f} s, {processor:.1f} s of processor time")


def across(of: Inspected) -> list[Finding]:
    """The findings across splits."""
    start = time.perf_counter(), time.process_time()
    findings = CHECK.find(of)
    _took(f"near copies among {len(of)}", start)
    print(dict(Counter(finding.kind for finding in findings)))
    return [finding for finding in findings if finding.kind == KIND]


def planted(options: argparse.Namespace) -> None:
    """See the module."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photos"
        leaks = plant(options.folder, folder, options.kinds, options.each, options.seed)
        of = inspected(folder, options.network, options.weights, options.size)
        findings = across(of)
        assert of.files is not None
        names = [str(Path(file).relative_to(folder)) for file in of.files]
        found = set()
        others = []
        for finding in findings:
            here = {names[row] for row in finding.rows}
            hits = {leak for leak in here if leak in leaks and leaks[leak][0] in here}
            found |= hits
            if not hits:
                others.append(finding)
        for kind in options.kinds:
            of_kind = [leak for leak, (_, how) in leaks.items() if how == kind]
            print(f"{kind}: {len(found & set(of_kind))} of {len(of_kind)} found")
        print(
            f"all: {len(found)} of {len(leaks)}; {len(findings)} findings, {len(others)} of them without one:"
        )
        for finding in others:
            print("   ", " = ".join(names[row] for row in finding.rows), f"{finding.confidence:.2f}")
        print("missed:", {leak: leaks[leak] for leak in leaks if leak not in found})
        if options.sheet is not None and others:
            sheet(of, [finding.rows[:2] for finding in others], cell=192).save(options.sheet)


def pairs(options: argparse.Namespace) -> None:
    """See the module."""
    of = inspected(options.folder, options.network, options.weights, options.size)
    findings = across(of)
    tests = {row for finding in findings for row in finding.rows if of.splits[row] == "test"}
    print(f"{len(findings)} groups across splits, with {len(tests)} of the test pictures")
    if options.sheet is not None and findings:
        everything = [finding.rows[:2] for finding in findings]
        sheet(of, everything, cell=64).save(options.sheet)
        drawn = np.random.default_rng(options.seed).permutation(len(findings))[: options.draw]
        enlarged = options.sheet.with_stem(f"{options.sheet.stem}-drawn")
        sheet(of, [everything[row] for row in drawn], cell=160).save(enlarged)
        for number, row in enumerate(drawn):
            print(number, findings[row].what.en, f"{findings[row].confidence:.2f}")


def sheet(of: Inspected, chosen: Sequence[Sequence[int]], *, cell: int) -> Image.Image:
    """Pairs side by side, numbered."""
    columns = max(1, 1920 // (2 * cell + 12))
    lines = -(-len(chosen) // columns)
    page = Image.new("RGB", (columns * (2 * cell + 12), lines * (cell + 18)), "white")
    draw = ImageDraw.Draw(page)
    for number, rows in enumerate(chosen):
        left, top = number % columns * (2 * cell + 12), number // columns * (cell + 18)
        draw.text((left, top), str(number), fill="black")
        for place, row in enumerate(rows[:2]):
            pixels = of.example(row)
            picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
            page.paste(
                picture.resize((cell - 2, cell - 2), Image.Resampling.BICUBIC),
                (left + place * cell, top + 14),
            )
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["planted", "pairs"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--size", type=int, default=128, help="of the decoded photos, where no network says")
    parser.add_argument("--kinds", nargs="+", choices=CHANGES, default=list(CHANGES)[:4])
    parser.add_argument("--each", type=int, default=25)
    parser.add_argument("--draw", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    {"planted": planted, "pairs": pairs}[options.what](options)


if __name__ == "__main__":
    main()

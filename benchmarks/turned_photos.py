"""Photos turned by a known angle: pictures with a number each, and the table of them.

    python benchmarks/turned_photos.py cats-dogs/train turned --photos 2000 --seed 0
    prunelle train turned --labels angles.csv --task regression:angle --network squeezenet1.0 \
        --weights squeezenet1.0-imagenet.safetensors --strategy features --stage features.5 --test 0.2

Each photo is turned by -45 to 45 degrees, evenly drawn, and cropped to the square that no corner of the turned picture
reaches into whatever the angle was, so that nothing but what is shown tells it; 96×96 pixels.
"""

from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path

import numpy as np
from PIL import Image

SIZE_PX, SMALLEST_PX, MOST_DEGREES = 96, 150, 45


def turned(photo: Image.Image, degrees: float) -> Image.Image:
    """The middle of ``photo``, turned against the clock: ``SIZE_PX`` square."""
    half = min(photo.size) / math.sqrt(2) / 2
    photo = photo.rotate(degrees, resample=Image.Resampling.BICUBIC)
    x, y = photo.width / 2, photo.height / 2
    box = tuple(round(value) for value in (x - half, y - half, x + half, y + half))
    return photo.crop(box).resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)  # type: ignore[arg-type]


def main() -> None:
    """Writes the pictures and ``angles.csv`` into a new folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos_folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draw = np.random.default_rng(asked.seed)
    files = sorted(asked.photos_folder.rglob("*.jpg"))
    asked.output.mkdir(parents=True)
    rows: list[tuple[str, float]] = []
    for i in draw.permutation(len(files)):
        if len(rows) == asked.photos:
            break
        degrees = round(float(draw.uniform(-MOST_DEGREES, MOST_DEGREES)), 1)
        with Image.open(files[i]) as file:
            photo = file.convert("RGB")
        if min(photo.size) < SMALLEST_PX:
            continue
        name = f"{len(rows):05}.jpg"
        turned(photo, degrees).save(asked.output / name, quality=90)
        rows.append((name, degrees))
    with (asked.output / "angles.csv").open("w", newline="") as table:
        csv.writer(table).writerows([("file", "angle"), *rows])
    print(f"{len(rows)} photos")


if __name__ == "__main__":
    main()

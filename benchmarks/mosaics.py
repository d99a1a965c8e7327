"""A table of pictures with several labels, made of photos of one class each: mosaics of four places.

Each place is empty (grey) or holds a photo; a mosaic's labels are the classes in it. Some classes are rare, and photos
of two classes that are no labels (deer, truck) are in all kinds of mosaics: an eighth has nothing else, and no label.

    python benchmarks/mosaics.py cifar10-photos mosaics
    prunelle train mosaics --labels labels.csv --task multilabel
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from PIL import Image

from prunelle.csv_files import table_text

LABELS = {
    "airplane": 8,
    "automobile": 8,
    "bird": 6,
    "cat": 6,
    "dog": 6,
    "frog": 4,
    "horse": 2,
    "ship": 1,
}
"""How often each is drawn."""

OTHERS = ("deer", "truck")
SIDE_PX, GREY = 32, (128, 128, 128)
UNLABELLED, OTHER = 0.12, 0.1


def make(photos: Path, folder: Path, number: int, seed: int) -> None:
    """``number`` mosaics of ``photos/CLASS/FILE`` and ``labels.csv``."""
    draw = random.Random(seed)
    files = {name: sorted((photos / name).iterdir()) for name in (*LABELS, *OTHERS)}
    others = [file for name in OTHERS for file in files[name]]
    folder.mkdir(parents=True)
    rows = []
    for i in range(number):
        mosaic = Image.new("RGB", (2 * SIDE_PX, 2 * SIDE_PX), GREY)
        labels: set[str] = set()
        unlabelled = draw.random() < UNLABELLED
        for place in draw.sample(range(4), draw.choice((1, 2, 2, 3, 3, 4))):
            if unlabelled or draw.random() < OTHER:
                file = draw.choice(others)
            else:
                name = draw.choices(list(LABELS), list(LABELS.values()))[0]
                labels.add(name)
                file = draw.choice(files[name])
            mosaic.paste(Image.open(file), (SIDE_PX * (place % 2), SIDE_PX * (place // 2)))
        mosaic.save(folder / f"{i:05}.png")
        rows.append((f"{i:05}.png", ";".join(sorted(labels))))
    (folder / "labels.csv").write_text(table_text(("file", "labels"), rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, help="a folder a class, of CIFAR-10 as photos")
    parser.add_argument("folder", type=Path, help="the new one")
    parser.add_argument("--number", type=int, default=3800)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    make(given.photos, given.folder, given.number, given.seed)

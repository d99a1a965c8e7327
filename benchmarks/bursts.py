"""How much a test is flattered where bursts are divided: photos in bursts of five, learned with and without groups.

Of each photo of a folder, five pictures are made as a hand-held camera would take them: turned a little, another part
of the scene, nearer or farther, brighter or darker; ``IMG_0412_a.jpg`` to ``IMG_0412_e.jpg``. A network learns them
once with splits drawn one by one and once by whole groups, for each seed of splits and weights; both are then judged on
photos that it has nothing to do with.

    python benchmarks/bursts.py cats-dogs/train cats-dogs/test bursts --seeds 10
"""

from __future__ import annotations

import argparse
import functools
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

import prunelle as pn
from prunelle.tasks import choose_recipe

PER_CLASS, LETTERS = 100, "abcde"


def make(photos: Path, folder: Path) -> None:
    """A class a folder, as in ``photos``."""
    rng = np.random.default_rng(0)
    files = [file for label in sorted(photos.iterdir()) for file in sorted(label.iterdir())[:PER_CLASS]]
    for number, file in enumerate(files):
        (folder / file.parent.name).mkdir(parents=True, exist_ok=True)
        photo = Image.open(file).convert("RGB")
        for letter in LETTERS:
            picture = taken(photo, rng)
            picture.save(folder / file.parent.name / f"IMG_{number:04}_{letter}.jpg", quality=90)


def taken(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The photo once more."""
    turned = photo.rotate(rng.uniform(-8, 8), resample=Image.Resampling.BICUBIC)
    width, height = (int(side * rng.uniform(0.65, 0.85)) for side in turned.size)
    left, top = rng.integers(0, turned.width - width), rng.integers(0, turned.height - height)
    part = turned.crop((left, top, left + width, top + height))
    part = ImageEnhance.Brightness(part).enhance(rng.uniform(0.8, 1.2))
    return ImageEnhance.Color(part).enhance(rng.uniform(0.8, 1.2))


def measured(folder: Path, fresh: Path, groups: str | None, seed: int) -> dict[str, float]:
    """Accuracy on the test split of the bursts, and on other photos."""
    output = folder / "runs" / f"{groups or 'one-by-one'}-{seed}"
    if not (output / "metrics.json").is_file():
        data = pn.load(folder / "photos", groups=groups, seed=seed, test=0.2)
        recipe = functools.partial(choose_recipe, seed=seed, epochs=40)
        pn.train("lenet5", data, recipe, size=32, output=output, style="quiet")
    run = pn.Run.open(output)
    test = run.metrics()["test"]
    return {
        "test": test["accuracy"],
        "n": test["n"],
        "fresh": pn.evaluate(run, fresh, style="quiet").accuracy,
        "moved": run.info["data"].get("moved", 0),
    }


def main() -> None:
    """Prints a line a training, then means with their 95 % intervals (Student's t over seeds)."""
    from scipy.stats import t

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("fresh", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    if not (given.folder / "photos").is_dir():
        make(given.photos, given.folder / "photos")
    found: dict[str, list[dict[str, float]]] = {"one by one": [], "--groups name": []}
    for seed in range(given.seeds):
        for how, groups in zip(found, (None, "name"), strict=True):
            found[how].append(measured(given.folder, given.fresh, groups, seed))
            print(json.dumps({"splits": how, "seed": seed, **found[how][-1]}), flush=True)
    for how, rows in found.items():
        for name in ("test", "fresh"):
            values = np.array([row[name] for row in rows])
            half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
            print(f"{how}, {name}: {100 * values.mean():.1f} % ± {100 * half:.1f}")


if __name__ == "__main__":
    main()

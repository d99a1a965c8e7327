"""Networks of timm and torchvision, tried: trained for an epoch, looked at, opened again, their features reused.

    python benchmarks/networks_from_elsewhere.py                     # ten of each: about ten minutes on one core
    python benchmarks/networks_from_elsewhere.py timm:resnet18

The photos are 24 crops of scikit-learn's two sample pictures, so nothing is fetched. Random weights stand in for
published ones: what is tried is whether each step goes through, not what is learned. Prints the table of
docs/networks.md.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

import prunelle as pn
from prunelle.training.checkpoint import save_tensors

NAMES = (
    *("timm:resnet18", "timm:resnet50", "timm:efficientnet_b0", "timm:mobilenetv3_small_100"),
    *("timm:convnext_atto", "timm:regnety_002", "timm:densenet121", "timm:ghostnet_100"),
    *("timm:vit_tiny_patch16_224", "timm:swin_tiny_patch4_window7_224"),
    *("torchvision:alexnet", "torchvision:googlenet", "torchvision:resnet18", "torchvision:squeezenet1_1"),
    *("torchvision:densenet121", "torchvision:inception_v3", "torchvision:mobilenet_v3_small"),
    *("torchvision:shufflenet_v2_x0_5", "torchvision:regnet_y_400mf", "torchvision:swin_t"),
)

LOOKED_AT = ("where",)


def make_photos(folder: Path, a_class: int = 12, side: int = 160) -> Path:
    """A folder for each of the two pictures (a temple, a flower), with crops of it."""
    draw = np.random.default_rng(0)
    for name, picture in zip(("temple", "flower"), load_sample_images().images, strict=True):
        (folder / name).mkdir(parents=True)
        for number in range(a_class):
            top, left = (int(draw.integers(0, length - side)) for length in picture.shape[:2])
            crop = Image.fromarray(picture[top : top + side, left : left + side])
            crop.save(folder / name / f"{number:02}.jpg", quality=92)
    return folder


def try_out(name: str, photos: Path, folder: Path) -> list[tuple[str, str]]:
    """Each step with how long it took, or with why it failed."""
    run = None

    def train() -> None:
        nonlocal run
        run = pn.train(name, photos, epochs=1, runs=folder, style="quiet")

    def open_again() -> None:
        assert run is not None
        again = pn.Run.open(run.path)
        assert (
            pn.evaluate(again, photos, style="quiet").accuracy
            == pn.evaluate(run, photos, style="quiet").accuracy
        )

    def look() -> None:
        assert run is not None
        picture = next(photos.glob("*/*.jpg"))
        pn.look_into(run, [picture], output=folder / "look", views=LOOKED_AT, style="quiet")

    def transfer() -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            save_tensors(folder / "random.safetensors", pn.build(name).state_dict(), {})
        reused = pn.train(
            name,
            photos,
            weights=folder / "random.safetensors",
            strategy="features",
            epochs=1,
            runs=folder,
            style="quiet",
        )
        pn.Run.open(reused.path).predict([next(photos.glob("*/*.jpg"))])

    return [(step.__name__, _timed(step)) for step in (train, open_again, look, transfer)]


def _timed(step: Callable[[], None]) -> str:
    began = time.perf_counter()
    try:
        step()
    except Exception as error:
        traceback.print_exc()
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return f"{time.perf_counter() - began:.0f} s"


def main() -> None:
    with contextlib.suppress(Exception):
        # Beside a CPU build of torch, torchvision's own operators may be missing; its networks use none of them.
        operators = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            operators.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(Path(folder) / "photos")
        for number, name in enumerate(sys.argv[1:] or NAMES):
            steps = try_out(name, photos, Path(folder) / str(number))
            print(f"| `{name}` | {' | '.join(result for _, result in steps)} |", flush=True)


if __name__ == "__main__":
    main()

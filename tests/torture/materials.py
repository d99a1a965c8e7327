"""What the campaign trains on: tiny pictures and series that a tiny network can learn, drawn here."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("ant", "bee", "cat")

PROGRAM = """\
import numpy as np
from keras.models import Sequential
from keras.layers import Conv2D, Dense, Flatten
from keras.callbacks import ModelCheckpoint
random = np.random.RandomState(0)
x, y = random.rand(48, 8, 8, 1), random.randint(0, 2, 48)
model = Sequential([Conv2D(4, 3, activation='relu', input_shape=(8, 8, 1)), Flatten(), Dense(1, activation='sigmoid')])
model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
model.fit(x, y, epochs=2, verbose=0, validation_split=0.25, callbacks=[ModelCheckpoint('best.h5')])
model.save_weights('weights.h5')
"""


def picture(kind: int, number: int, side: int = 24) -> Image.Image:
    """One of class ``kind``: stripes of its direction."""
    random = np.random.default_rng((kind, number))
    rows, columns = np.mgrid[:side, :side] / side
    angle = np.pi * kind / len(CLASSES)
    phase = 2 * np.pi * (3 * (rows * np.sin(angle) + columns * np.cos(angle)) + random.random())
    grey = 128 + 90 * np.sin(phase) + random.normal(0, 12, (side, side))
    tint = random.uniform(0.6, 1, 3)
    return Image.fromarray(np.clip(grey[..., None] * tint, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """A file of Pillow's format ``kind``."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def make_photos(folder: Path, per_class: int = 14, *, first: int = 0, flat: bool = False) -> None:
    """A folder a class; or all in one, with the class in nobody's name."""
    for kind, name in enumerate(CLASSES):
        place = folder if flat else folder / name
        place.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + per_class):
            file = f"{kind * 100 + number}.jpg" if flat else f"{number:02}.jpg"
            (place / file).write_bytes(encoded(picture(kind, number), "JPEG", quality=92))


def wave(late: int, number: int, steps: int = 16) -> np.ndarray:
    """``(steps,)``: noise with a bump, early or late."""
    random = np.random.default_rng((7, late, number))
    values = random.normal(0, 0.2, steps)
    at = steps // 4 + late * steps // 2
    values[at - 1 : at + 2] += 2
    return values


def make_series(folder: Path) -> None:
    """``waves_TRAIN.ts`` and ``waves_TEST.ts``."""
    folder.mkdir(parents=True)
    for part, numbers in (("TRAIN", range(20)), ("TEST", range(20, 28))):
        lines = ["@problemName waves", "@univariate true", "@classLabel true early late", "@data"]
        for number in numbers:
            for late, name in enumerate(("early", "late")):
                lines.append(",".join(f"{value:.4f}" for value in wave(late, number)) + f":{name}")
        (folder / f"waves_{part}.ts").write_text("\n".join(lines) + "\n")


def make_all(folder: Path) -> None:
    """Everything, in folders of ``folder`` that nobody writes to afterwards."""
    make_photos(folder / "photos")
    make_photos(folder / "others", 4, first=50)
    make_photos(folder / "unlabelled", 6, first=70, flat=True)
    make_series(folder / "series")
    rows = [f"{name}/{number:02}.jpg,{name}" for name in CLASSES for number in range(14)]
    (folder / "labels.csv").write_text("\n".join(["file,label", *rows]) + "\n")
    (folder / "program.py").write_text(PROGRAM)

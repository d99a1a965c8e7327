"""Which functions are compared, a module of ``tf`` a file: ``ENTRIES`` by the function's name.

A new module is a file here and a line below.
"""

from __future__ import annotations

from tensorflow_functions.cases import Entry
from tensorflow_functions.tables import image, linalg, math, nn, random, root, signal

TABLES: dict[str, dict[str, Entry]] = {
    "tf": root.ENTRIES,
    "tf.math": math.ENTRIES,
    "tf.nn": nn.ENTRIES,
    "tf.image": image.ENTRIES,
    "tf.linalg": linalg.ENTRIES,
    "tf.signal": signal.ENTRIES,
    "tf.random": random.ENTRIES,
}

"""Which functions are compared, a module of ``tf`` a file: ``ENTRIES`` by the function's name.

A new module is a file here and a line below.
"""

from __future__ import annotations

from tensorflow_functions.cases import Entry
from tensorflow_functions.tables import math, nn, root

TABLES: dict[str, dict[str, Entry]] = {"tf": root.ENTRIES, "tf.math": math.ENTRIES, "tf.nn": nn.ENTRIES}

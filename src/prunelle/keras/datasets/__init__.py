"""``keras.datasets``: ``load_data()`` of each gives ``(x_train, y_train), (x_test, y_test)``.

The files are those of Prunelle's data folder (``PRUNELLE_DATA``), fetched where they are not there.
"""

from prunelle.keras import absent
from prunelle.keras.datasets import cifar10, cifar100, fashion_mnist, mnist

__all__ = ["cifar10", "cifar100", "fashion_mnist", "mnist"]

__getattr__ = absent.reporter(__name__)

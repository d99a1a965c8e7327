"""``keras.preprocessing``."""

from prunelle.keras import absent
from prunelle.keras.preprocessing import image
from prunelle.keras.preprocessing.from_directory import image_dataset_from_directory

__all__ = ["image", "image_dataset_from_directory"]

__getattr__ = absent.reporter(__name__)

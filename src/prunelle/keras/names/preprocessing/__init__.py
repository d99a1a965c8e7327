"""``keras.preprocessing``."""

from prunelle.keras.preprocessing.from_directory import image_dataset_from_directory

__all__ = ["image_dataset_from_directory"]

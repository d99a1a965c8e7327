"""``keras.preprocessing``."""

from prunelle.keras.pipeline.of_keras import timeseries_dataset_from_array
from prunelle.keras.preprocessing.from_directory import image_dataset_from_directory

__all__ = ["image_dataset_from_directory", "timeseries_dataset_from_array"]

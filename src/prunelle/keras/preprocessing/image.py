"""``keras.preprocessing.image``: pictures from files, and their random changes."""

from prunelle.keras.preprocessing.from_directory import image_dataset_from_directory
from prunelle.keras.preprocessing.generator import ImageDataGenerator
from prunelle.keras.preprocessing.iterators import DataFrameIterator, DirectoryIterator, NumpyArrayIterator
from prunelle.keras.preprocessing.pictures import array_to_img, img_to_array, load_img, save_img
from prunelle.keras.preprocessing.transforms import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
    random_brightness,
    random_channel_shift,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
]

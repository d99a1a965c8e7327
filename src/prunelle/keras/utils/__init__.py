"""``keras.utils``."""

from prunelle.keras import absent
from prunelle.keras.preprocessing.from_directory import image_dataset_from_directory
from prunelle.keras.preprocessing.pictures import array_to_img, img_to_array, load_img, save_img
from prunelle.keras.seeds import set_random_seed
from prunelle.keras.sequence import PyDataset, Sequence
from prunelle.keras.utils.arrays import normalize, to_categorical
from prunelle.keras.utils.drawing import plot_model
from prunelle.keras.utils.files import get_file

__all__ = [
    "PyDataset",
    "Sequence",
    "array_to_img",
    "get_file",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "normalize",
    "plot_model",
    "save_img",
    "set_random_seed",
    "to_categorical",
]

__getattr__ = absent.reporter(__name__)

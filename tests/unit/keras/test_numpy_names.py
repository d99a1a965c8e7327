"""Old names of NumPy and SciPy, in a program alone."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prunelle.keras import numpy_names


def test_they_are_there_and_noted_once() -> None:
    told: list[str] = []
    with numpy_names.there_again(
        lambda note, about: told.append(note.en.format(**about)), lambda file: False
    ):
        assert np.int is int  # type: ignore[attr-defined]
        assert np.int is int  # type: ignore[attr-defined]
        assert np.product([2, 3]) == 6  # type: ignore[attr-defined]
        assert np.Inf > 1e308  # type: ignore[attr-defined]
        assert not hasattr(np, "nothing_of_numpy")
    assert told == [
        f"numpy has no {name} any more; here it is there as it was." for name in ("int", "product", "Inf")
    ]
    assert not hasattr(np, "product")
    assert "scipy.misc" not in sys.modules


def test_libraries_are_told_the_truth() -> None:
    with numpy_names.there_again(lambda note, about: None, lambda file: True):
        assert not hasattr(np, "product")


def test_pictures_of_scipy(tmp_path: Path) -> None:
    Image.fromarray(np.arange(12, dtype="uint8").reshape(3, 4)).save(tmp_path / "a.png")
    with numpy_names.there_again(lambda note, about: None, lambda file: False):
        from scipy.misc import imread, imresize, imsave  # type: ignore[import-not-found]

        read = imread(tmp_path / "a.png")
        assert read.tolist() == np.arange(12).reshape(3, 4).tolist()
        assert imresize(read, (6, 8)).shape == (6, 8)
        assert imresize(read, 200).shape == (6, 8)
        import scipy

        assert scipy.misc.imread is imread
        imsave(str(tmp_path / "b.png"), np.array([[0.0, 1.0], [0.5, 0.0]]))  # spread from 0 to 255
        assert imread(tmp_path / "b.png").tolist() == [[0, 255], [128, 0]]
    with pytest.raises(ImportError):
        from scipy.misc import imread


def test_modules_of_scikit_learn_that_moved() -> None:
    told: list[str] = []
    with numpy_names.there_again(
        lambda note, about: told.append(note.en.format(**about)), lambda file: False
    ):
        from sklearn.cross_validation import train_test_split
        from sklearn.externals import joblib

        kept, held = train_test_split(np.arange(10), test_size=0.3, random_state=0)
        assert (len(kept), len(held)) == (7, 3)
        assert callable(joblib.dump)
    assert told == [
        "sklearn has no cross_validation any more; here it is there as it was.",
        "sklearn.externals has no joblib any more; here it is there as it was.",
    ]
    assert "sklearn.cross_validation" not in sys.modules


def test_an_array_of_one_is_a_number() -> None:
    """As up to NumPy 2.3, which the extra ``keras`` asks for: printed programs write labels and answers so."""
    one = np.array([[3]])
    written = "%d %f"
    assert written % (one[0], one) == "3 3.000000"
    assert (int(one), float(one[0]), math.sqrt(np.array([4.0]))) == (3, 3.0, 2.0)
    with pytest.raises(TypeError):
        int(np.arange(2))

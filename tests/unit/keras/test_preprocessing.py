"""Pictures and their batches: values worked by hand, and what keras-preprocessing 1.1.2 and Keras 2.15 document."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prunelle.errors import ArgumentError
from prunelle.keras import compat
from prunelle.keras.preprocessing import iterators, pictures, transforms
from prunelle.keras.preprocessing.generator import ImageDataGenerator

DOT = np.array([[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], "float32")[..., None]


@pytest.mark.parametrize(("generation", "row", "column"), [("2.3", 0, 1), ("tf2", 1, 0)])
def test_tx_is_along_the_rows_until_keras_2_9(generation: str, row: int, column: int) -> None:
    with compat(generation):
        moved = transforms.apply_affine_transform(DOT, tx=1, row_axis=0, col_axis=1, channel_axis=2)
    assert moved[row, column, 0] == 1
    assert moved.sum() == 1


@pytest.mark.parametrize("generation", ["1", "2.3", "tf2", "3"])
def test_height_shifts_go_up_and_down_in_every_generation(generation: str) -> None:
    with compat(generation):
        moved = ImageDataGenerator().apply_transform(DOT, {"tx": 1})
    assert moved[0, 1, 0] == 1


@pytest.mark.parametrize("function", ["random_zoom", "random_brightness"])
def test_ranges_are_two_numbers(function: str) -> None:
    with pytest.raises(
        ArgumentError, match=r"must be two factors, the least and the largest; received \[1\]"
    ):
        getattr(transforms, function)(DOT, [1])


def test_standardize_takes_a_batch_too() -> None:
    generator = ImageDataGenerator(zca_whitening=True)
    x = np.random.RandomState(0).rand(20, 3, 3, 1).astype("float32")
    generator.fit(x)
    whole = generator.standardize(x.copy())
    alone = np.stack([generator.standardize(picture.copy()) for picture in x])
    np.testing.assert_allclose(whole, alone, atol=1e-4)  # other orders of adding up
    # Whitened: uncorrelated, with variance 1.
    covariance = whole.reshape(20, -1).T @ whole.reshape(20, -1) / 20
    np.testing.assert_allclose(covariance, np.eye(9), atol=2e-2)


def test_iterators_that_programs_write() -> None:
    class Halves(iterators.BatchIterator):
        def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> np.ndarray:
            return index_array / 2

    batches = Halves(5, 2, False, None)
    assert [next(batches).tolist() for _ in range(4)] == [[0, 0.5], [1, 1.5], [2], [0, 0.5]]
    assert next(batches.index_generator).tolist() == [2, 3]
    with pytest.raises(ValueError, match="there are 3 batches, from 0 on; received 3"):
        batches[3]


def test_an_iterator_over_nothing_gives_nothing() -> None:
    assert next(iterators.BatchIterator(0, 0, False, None).index_generator).size == 0


def test_files_by_name(tmp_path: Path) -> None:
    for name in ("a.PNG", "b.txt", "inside/c.jpeg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert sorted(Path(each).name for each in pictures.list_pictures(tmp_path)) == ["a.PNG", "c.jpeg"]
    assert pictures.list_pictures(tmp_path, ext="txt") == [str(tmp_path / "b.txt")]
    assert pictures.validate_filename(tmp_path / "a.PNG", ("png",))
    assert not pictures.validate_filename(tmp_path / "none.png", ("png",))


def test_orders_of_axes_have_two_names() -> None:
    for function in (pictures.img_to_array, pictures.array_to_img):
        with pytest.raises(ArgumentError, match="channels_last"):
            function(np.zeros((2, 2, 3)), data_format="channels")


def test_a_folder_without_folders_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "0.png")
    with compat("2.3"):
        from keras.layers import Dense, Flatten
        from keras.models import Sequential

        empty = ImageDataGenerator().flow_from_directory(tmp_path, target_size=(4, 4))
        model = Sequential([Flatten(input_shape=(4, 4, 3)), Dense(1)])
        with pytest.raises(ArgumentError, match="put the pictures into a folder inside it"):
            model.predict(empty)

"""What libraries had when a program was printed, in a program alone."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prunelle import overlay, removed_names
from prunelle.keras import compat


def test_they_are_there_and_noted_once() -> None:
    told: list[str] = []
    with removed_names.there_again(
        lambda note, about: told.append(note.en.format(**about)), lambda file: False
    ):
        assert np.int is int  # type: ignore[attr-defined]
        assert np.int is int  # type: ignore[attr-defined]
        assert np.product([2, 3]) == 6  # type: ignore[attr-defined]
        assert np.infty > 1e308  # type: ignore[attr-defined]
        assert not hasattr(np, "nothing_of_numpy")
    assert told == [
        f"numpy has no {name} any more; here it is there as it was." for name in ("int", "product", "infty")
    ]
    assert not hasattr(np, "product")
    assert "scipy.misc" not in sys.modules


def test_libraries_are_told_the_truth() -> None:
    with removed_names.there_again(lambda note, about: None, lambda file: True):
        assert not hasattr(np, "product")


def test_pictures_of_scipy(tmp_path: Path) -> None:
    Image.fromarray(np.arange(12, dtype="uint8").reshape(3, 4)).save(tmp_path / "a.png")
    with removed_names.there_again(lambda note, about: None, lambda file: False):
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
    with removed_names.there_again(
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


_I, _F = np.int64, np.float32
_NUMBERS: dict[str, tuple[Any, ...]] = {
    "layers.Dense": (_I(4),),
    "layers.Embedding": (_I(5), _I(3)),
    "layers.Conv2D": (_I(4), (_I(3), _I(3))),
    "layers.Conv1D": (_I(4), _I(3)),
    "layers.DepthwiseConv2D": (_I(3),),
    "layers.MaxPooling2D": (_I(2),),
    "layers.UpSampling1D": (_I(2),),
    "layers.ZeroPadding2D": (((_I(1), _I(1)), (_I(1), _I(1))),),
    "layers.RepeatVector": (_I(3),),
    "layers.Reshape": ((_I(6), _I(6)),),
    "layers.LSTM": (_I(4),),
    "layers.GRU": (_I(4),),
    "layers.Dropout": (_F(0.5),),
    "layers.Dot": ((_I(1), _I(1)),),
    "layers.LayerNormalization": (_I(-1),),
    "layers.MultiHeadAttention": (_I(2), _I(4)),
    "layers.LocallyConnected1D": (_I(2), _I(3)),
    "optimizers.SGD": (_F(0.5),),
    "regularizers.L2": (_F(0.5),),
    "constraints.MaxNorm": (_I(2),),
    "initializers.RandomNormal": (_F(0), _F(1), _I(2)),
}


@pytest.mark.parametrize("name", _NUMBERS)
@pytest.mark.parametrize("generation", ["2.3", "3"])
def test_a_number_of_numpy_is_a_number(name: str, generation: str) -> None:
    """``Dense(np.prod(shape))``: what is made is what Python's numbers make, and can be written as JSON."""

    def plain(value: Any) -> Any:
        return tuple(map(plain, value)) if isinstance(value, tuple) else value.item()

    with compat(generation):
        import keras

        module, kind = name.split(".")
        made = getattr(getattr(keras, module), kind)
        settings = made(*_NUMBERS[name]).get_config()
        expected = made(*map(plain, _NUMBERS[name])).get_config()
        for config in (settings, expected):
            config.pop("name", None)
        assert json.dumps(settings, default=str) == json.dumps(expected, default=str)
        assert "np." not in json.dumps(settings, default=repr)
        if name == "layers.Dense":

            class Own(keras.layers.Dense):  # type: ignore[misc, name-defined]
                pass

            assert type(Own(np.int64(3)).units) is int


_PRINTED = """
import collections, inspect, time
from collections import Mapping, Iterable
from fractions import gcd
import numpy as np
import scipy, scipy.signal, scipy.integrate
import matplotlib
matplotlib.use("Agg")
import matplotlib.cm as cm
import matplotlib.pyplot as plt
from PIL import Image, ImageDraw, ImageFont

assert issubclass(dict, Mapping) and isinstance([], collections.Iterable) and Iterable
assert gcd(12, 18) == 6 and time.clock() >= 0
assert inspect.getargspec(lambda a, b=1: 0).args == ["a", "b"]
assert np.allclose(scipy.signal.gaussian(5, 1)[2], 1) and len(scipy.signal.hanning(7)) == 7
assert scipy.integrate.simps([1, 1, 1]) == 2 and scipy.zeros(3).sum() == 0
heat = cm.get_cmap("jet")(np.arange(256))[:, :3]
assert heat.shape == (256, 3) and heat[0].tolist() == [0, 0, 0.5]
assert cm.get_cmap("gray", 4).N == 4
plt.style.use("seaborn-whitegrid")
assert plt.figure().gca(projection="3d").name == "3d" and plt.gca().name == "3d"
heights, _, _ = plt.figure().gca().hist([0, 1, 1], bins=2, normed=True)
assert heights.tolist() == [2 / 3, 4 / 3]
plt.gca().xaxis.get_major_ticks()[0].label.set_fontsize(20)
assert plt.gca().get_xticklabels()[0].get_fontsize() == 20
places = [plt.figure().add_subplot(2, 20 / 2, 3), plt.subplot(2, 4 / 2, 1)]
assert [place.get_subplotspec().get_geometry()[1] for place in places] == [10, 2]
assert plt.subplots(4 / 2, 3)[1].shape == (2, 3)
plt.savefig("figure.png", bbox_to_anchor="tight", dpi=20, nothing=1)
assert Image.open("figure.png").size == (128, 96)
plt.figure()
plt.xticks([1, 2, 3], ["a", "b"])
assert [each.get_text() for each in plt.gca().get_xticklabels()] == ["a", "b", ""]
picture = Image.new("L", (8, 8)).resize((4, 4), Image.ANTIALIAS)
width, height = ImageDraw.Draw(picture).textsize("abc", font=ImageFont.load_default())
assert width > 0 and height > 0 and ImageFont.load_default().getsize("abc")[0] >= width
try:
    cm.nothing
except AttributeError as error:
    assert "nothing" in str(error)
"""


def test_a_program_of_its_time_runs(tmp_path: Path) -> None:
    """In a process of its own: Matplotlib and SciPy are imported by the program, and looked after then."""
    program = tmp_path / "printed.py"
    program.write_text(_PRINTED)
    command = [sys.executable, "-m", "prunelle", "run", str(program)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout + done.stderr
    for line in ("matplotlib.cm has no get_cmap any more", "collections has no Mapping any more"):
        assert told.count(line) == 1, told
    plain = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, check=False)
    assert plain.returncode  # none of it is there without


def test_tables_of_pandas_as_they_were(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="the extra tables is not installed")
    (tmp_path / "signals.txt").write_text("  1.5   2\n -3  4e1\n")
    with removed_names.there_again(lambda note, about: None, lambda file: False):
        table = pandas.read_csv(tmp_path / "signals.txt", delim_whitespace=True, header=None)
        assert table.as_matrix().tolist() == [[1.5, 2.0], [-3.0, 40.0]]
        assert table[0].as_matrix().tolist() == [1.5, -3.0]
        assert table.as_matrix([1]).tolist() == [[2.0], [40.0]]
        assert [(name, list(column)) for name, column in table.iteritems()] == [(0, [1.5, -3]), (1, [2, 40])]
        longer = table.append({0: 7, 1: 8}, ignore_index=True).append(table)
        assert longer.to_numpy().tolist() == [[1.5, 2], [-3, 40], [7, 8], [1.5, 2], [-3, 40]]
        assert list(longer.index) == [0, 1, 2, 0, 1]
        assert table.dtypes.tolist() == longer.dtypes.tolist()
        assert pandas.read_csv(tmp_path / "signals.txt", header=None).shape == (2, 1)
    assert not hasattr(table, "as_matrix")
    with pytest.raises(TypeError):
        pandas.read_csv(tmp_path / "signals.txt", delim_whitespace=True)


def test_batches_by_next() -> None:
    from torch.utils.data import DataLoader

    with removed_names.there_again(lambda note, about: None, lambda file: False):
        batches = iter(DataLoader(list(range(4)), batch_size=3))
        assert batches.next().tolist() == [0, 1, 2]  # type: ignore[attr-defined]
        assert batches.next().tolist() == [3]  # type: ignore[attr-defined]
    assert not hasattr(batches, "next")


def test_nothing_stays_behind() -> None:
    import matplotlib.style
    from PIL import Image as Pillow

    with removed_names.there_again(lambda note, about: None, lambda file: False):
        assert Pillow.ANTIALIAS is Pillow.Resampling.LANCZOS  # type: ignore[attr-defined]
        assert "seaborn" in matplotlib.style.library
    assert not hasattr(Pillow, "ANTIALIAS")
    assert "seaborn" not in matplotlib.style.library
    assert not hasattr(sys.modules["time"], "clock")
    assert not any(type(finder).__module__ == overlay.__name__ for finder in sys.meta_path)

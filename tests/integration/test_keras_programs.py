"""Course programs, unmodified, through ``prunelle run``; those that today's Keras can run too, beside it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from prunelle import networks
from prunelle.keras import published
from prunelle.keras.floor import keras
from prunelle.networks.weights import Weights
from tests import course_sets
from tests.integration.command import Finished, prunelle

HERE = Path(__file__).parents[1] / "keras_programs"
Run = Callable[[str], Finished]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small MNIST and CIFAR-10, and a folder of photos."""
    folder = tmp_path_factory.mktemp("sets")
    course_sets.write_mnist(folder / "store" / "mnist")
    course_sets.write_cifar10(folder / "store" / "cifar10")
    course_sets.write_photos(folder / "photos")
    return folder


@pytest.fixture
def run(sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a program of this folder in a folder of its own, which has the photos."""
    monkeypatch.setenv("PRUNELLE_DATA", str(sets / "store"))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(sets / "photos" / "data")

    def run_program(name: str, *options: str) -> Finished:
        keras.backend.clear_session()
        finished = prunelle("run", *options, HERE / f"{name}.py")
        assert finished.code == 0, finished.err
        return finished

    yield run_program
    # The next program starts as in a process of its own.
    keras.backend.clear_session()


def number_after(text: str, words: str) -> float:
    found = re.search(re.escape(words) + r"\D*?([-\d.]+)", text)
    assert found is not None, f"no {words!r} in:\n{text}"
    return float(found[1])


def figures_of(finished: Finished) -> list[Path]:
    return [Path(line.removeprefix("Figure: ")) for line in finished.err.splitlines() if "Figure: " in line]


def test_digits_with_two_convolutions(run: Run) -> None:
    finished = run("chiffres_convolution")
    assert "Images d'apprentissage : (320, 28, 28) uint8" in finished.out
    assert number_after(finished.out, "Précision sur le test") > 0.9
    assert "Epoch 8/8" in finished.out
    assert "Classes prédites : [0 1 2 3 4 5 6 7 8 9]" in finished.out
    (figure,) = figures_of(finished)
    assert figure.stat().st_size > 5_000
    assert Path("chiffres.h5").is_file()


def test_cifar10_with_pooling(run: Run) -> None:
    out = run("cifar10_pooling").out
    assert "x_train shape: (200, 32, 32, 3)\ny_train shape: (200, 1)\n200 train samples" in out
    # By hand: 3·32·9+32, 32·32·9+32, 32·64·9+64, 64·64·9+64, 2304·128+128, 128·10+10.
    assert number_after(out, "Nombre de poids") == 896 + 9248 + 18496 + 36928 + 295040 + 1290
    assert len(re.findall(r"7/7 \[=+\] - .*loss: \d.*val_accuracy: \d", out)) == 2


def test_where_it_looked_and_what_a_filter_prefers(run: Run) -> None:
    finished = run("carte_de_chaleur")
    # 28 → 26 → 13 → 11.
    assert "Carte : (11, 11) float32 maximum 1.0" in finished.out
    assert "Montée : True True" in finished.out
    (figure,) = figures_of(finished)
    assert figure.stat().st_size > 3_000


def test_cats_and_dogs_from_folders(run: Run) -> None:
    out = run("chats_chiens_generateur").out
    assert "Found 32 images belonging to 2 classes.\nFound 16 images belonging to 2 classes." in out
    assert "{'chats': 0, 'chiens': 1}" in out
    assert len(re.findall(r"2/2 \[=+\]", out)) == 2
    assert "['accuracy', 'loss', 'val_accuracy', 'val_loss']" in out
    assert Path("premier_essai.h5").is_file()


def test_lenet_against_dense(run: Run) -> None:
    out = run("lenet_contre_dense").out
    assert number_after(out, "lenet :") == 61_706  # LeCun 1998's layers, fully connected between C3 and S2
    assert number_after(out, "dense :") == 784 * 77 + 77 + 770 + 10
    assert min(float(value) for value in re.findall(r"précision ([\d.]+)", out)) > 0.9


def test_outputs_of_every_layer(run: Run) -> None:
    finished = run("sorties_intermediaires")
    assert (
        "conv_a (1, 8, 8, 4)\npool_a (1, 4, 4, 4)\nconv_b (1, 4, 4, 8)\na_plat (1, 128)\nsortie (1, 10)"
        in (finished.out)
    )
    assert "même résultat : True\nsomme des probabilités : 1.000" in finished.out
    assert len(figures_of(finished)) == 1


def test_vgg16_by_hand(run: Run) -> None:
    out = run("vgg16_a_la_main").out
    assert "Total params: 138,357,544" in out
    assert "Poids : 138357544\nSortie : (None, 1000)" in out


def test_a_signal_of_one_dimension(run: Run) -> None:
    out = run("signal_1d").out
    assert "clés : ['acc', 'loss', 'val_acc', 'val_loss']" in out
    assert number_after(out, "Précision sur le test") > 0.8


def test_looking_at_augmentation(run: Run) -> None:
    finished = run("augmentation")
    assert "taille : (90, 70) - mode : RGB\n(70, 90, 3) float32\nimages produites : 5" in finished.out
    assert "lot : (24, 12, 12, 3) - moyenne " in finished.out
    assert len(list(Path("apercu").glob("chat_0_*.jpeg"))) == 5
    assert len(figures_of(finished)) == 1


def test_callbacks(run: Run) -> None:
    out = run("rappels").out
    assert (
        "pas : 0.01\népoques : 6\nlignes du journal : 7\nle meilleur est gardé : True\npas réduit : True"
        in out
    )


def test_a_folder_as_a_data_set(run: Run) -> None:
    out = run("dossier_en_donnees").out
    assert "Found 32 files belonging to 2 classes.\nUsing 24 files for training." in out
    assert "Using 8 files for validation.\n['chats', 'chiens']\n(8, 60, 60, 3) (8,) uint8" in out
    assert "Sans doute : True - total 1.00" in out


@pytest.fixture
def imagenet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up weights in the place of the published ones: small random kernels, nothing for the dense layers."""

    def read(source: str, network: str) -> Weights:
        assert source == "imagenet"
        with torch.device("meta"):
            module = networks.build(network, **({"aux": False} if network == "inception-v3" else {}))
        generator = torch.Generator().manual_seed(0)
        tensors = {}
        for name, tensor in module.state_dict().items():
            if tensor.ndim == 4:
                scale = (2 / tensor[0].numel()) ** 0.5
                tensors[name] = torch.randn(tensor.shape, generator=generator) * scale
            else:
                one = name.endswith(("running_var", "weight")) and tensor.ndim == 1
                tensors[name] = torch.full((1,) * tensor.ndim, float(one)).expand(tensor.shape)
        known: dict[str, Any] = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
        return Weights(source, tensors, None, known)

    monkeypatch.setattr(published, "read_weights", read)


@pytest.mark.usefixtures("imagenet")
def test_vgg16_frozen_in_three_ways(run: Run) -> None:
    out = run("vgg16_gel").out
    base, head = 14_714_688, 2 * 2 * 512 * 32 + 32 + 32 * 2 + 2
    block5 = 3 * (512 * 512 * 9 + 512)
    learned = [int(value) for value in re.findall(r"gel : .* - (\d+) poids", out)]
    # layers[:15] ends with block4_pool; by name, block5 learns too.
    assert learned == [head, head + block5, head + block5]
    assert {int(value) for value in re.findall(r"appris sur (\d+)", out)} == {base + head}
    assert out.count("début inchangé : True - tête changée : True") == 3


@pytest.mark.usefixtures("imagenet")
def test_inception_v3_in_two_phases(run: Run) -> None:
    out = run("inception_deux_phases").out
    # Two dense layers; then also the last two blocks: 18 convolutions and normalisations.
    assert "phase 1 : 4 tenseurs appris" in out
    assert "base inchangée : True" in out
    assert "phase 2 : 40 tenseurs appris" in out
    # Keras's own tutorial names 249 as the first layer of those blocks, after mixed8.
    assert "248 mixed8" in out
    assert "couches : 314" in out


COMPARED = {
    "poids_a_la_main": 1e-3,
    "filtres": 1e-4,
    "descente_de_gradient": 2e-4,
    "inception_residuel": 2e-3,
}
"""Programs with weights of their own → by how much printed numbers may differ: a unit of the last digit or two."""

AS_OF_OLD = ["poids_a_la_main", "filtres", "inception_residuel"]
"""Those of them in whose words Keras 2.3 and 3 mean the same; RMSprop and Nadam are others (keras/differences.py)."""

_KERAS = """
import contextlib, io, json, runpy, sys
printed = {}
for name in sys.argv[2:]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        runpy.run_path(f"{sys.argv[1]}/{name}.py", run_name="__main__")
    printed[name] = out.getvalue()
print(json.dumps(printed))
"""


@pytest.fixture(scope="module")
def by_keras(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What today's Keras prints for the same programs."""
    if importlib.util.find_spec("keras") is None:
        pytest.skip("needs Keras 3, as the oracle")
    done = subprocess.run(
        [sys.executable, "-c", _KERAS, str(HERE), *COMPARED],
        cwd=tmp_path_factory.mktemp("keras"),
        env={**os.environ, "KERAS_BACKEND": "torch", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return printed


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, ["--keras", "3"]) for name in COMPARED), *((name, []) for name in AS_OF_OLD)],
    ids=[*COMPARED, *(f"{name} as of old" for name in AS_OF_OLD)],
)
def test_the_same_numbers_as_keras(name: str, options: list[str], run: Run, by_keras: dict[str, str]) -> None:
    ours, theirs = (_lines(text) for text in (run(name, *options).out, by_keras[name]))
    tolerance = COMPARED[name]
    assert len(ours) >= 3
    assert [_WORDS.sub("#", line) for line in ours] == [_WORDS.sub("#", line) for line in theirs]
    for line, other in zip(ours, theirs, strict=True):
        for value, expected in zip(_NUMBER.findall(line), _NUMBER.findall(other), strict=True):
            assert float(value) == pytest.approx(float(expected), abs=tolerance), f"{line}\n{other}"


_NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
_WORDS = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?|\s+")


def _lines(text: str) -> list[str]:
    """What the program itself prints: no progress bars, and no table, which Keras 3 draws otherwise."""
    text = re.sub(r'Model: ".*?Non-trainable params:.*?\n', "", text, flags=re.DOTALL)
    return [line for line in text.splitlines() if line.strip("_ ") and not re.search(r"[━\x08]|\[=", line)]


def test_there_are_a_dozen_programs_and_each_has_its_test() -> None:
    programs = {path.stem for path in HERE.glob("*.py")}
    assert len(programs) >= 12
    tested = set(re.findall(r'run\("(\w+)"\)', Path(__file__).read_text())) | COMPARED.keys()
    assert programs == tested


def test_a_file_of_that_name_is_not_what_programs_get(run: Run, tmp_path: Path) -> None:
    """A ``keras`` beside the program that fails at once is never touched."""
    (tmp_path / "keras.py").write_text("raise RuntimeError('the other Keras')")
    shutil.copy(HERE / "poids_a_la_main.py", tmp_path)
    finished = prunelle("run", tmp_path / "poids_a_la_main.py")
    assert finished.code == 0
    assert "the other Keras" not in finished.err

"""The faster copy: when it is made, that it answers as the network does, and what happens without a compiler."""

from __future__ import annotations

import copy
import os
import subprocess
import sys

import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError, UnknownName
from prunelle.texts import Note
from prunelle.training.fast import prediction
from prunelle.training.fast.prediction import Predictor, predictor
from prunelle.training.inference import evaluation_batch, predict_logits
from prunelle.training.outputs import evaluation_mode
from tests.unit.training.helpers import bars, preprocess_of


class Counted(nn.Module):
    """Convolution, normalisation with statistics of its own, linear; counts the pictures given to it."""

    def __init__(self, outputs: int = 3) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.convolution = nn.Conv2d(1, 4, 3)
        self.normalisation = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, outputs)
        for tensor in (*self.parameters(), self.normalisation.running_mean):
            tensor.data.normal_(generator=generator)
        self.normalisation.running_var.uniform_(0.5, 2, generator=generator)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.normalisation(self.convolution(images)))
        return self.head(x.mean(dim=(2, 3)))


def direct(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Float64, nothing but the network."""
    return network.double()(images.double())


def answers(
    network: nn.Module, images: torch.Tensor, size: int, **settings: object
) -> tuple[torch.Tensor, Predictor]:
    answer = predictor(network, num_examples=len(images), **settings)
    with evaluation_mode(network):
        return torch.cat([answer.outputs(part) for part in torch.split(images, size)]), answer


def folded_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(network: nn.Module) -> None:
        raise RuntimeError("No working C++ compiler found\nsecond line")

    monkeypatch.setattr(prediction, "_compiled", fail)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("way", ["compiled", "folded"])
def test_a_copy_answers_as_the_network(way: str, outputs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "folded":
        folded_only(monkeypatch)
    elif outputs == 1:
        pytest.skip("compiling takes seconds; once is enough")
    network = Counted(outputs).eval()
    images = torch.randn(22, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    # 8, 8 and 6: the last batch is smaller than what was compiled.
    found, answer = answers(network, images, 8, compile="always")
    assert answer.compiled
    # float32 over some forty products.
    assert torch.allclose(found.double(), direct(network, images), atol=1e-5)
    assert torch.equal(found.argmax(dim=1), direct(network, images).argmax(dim=1))


def test_a_convolution_and_its_normalisation_that_are_called_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's own ``fuse`` would fold them twice, and be wrong."""

    class Twice(Counted):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            x = images.expand(-1, 4, -1, -1)
            for _ in range(2):
                x = torch.relu(self.normalisation(self.convolution(x)))
            return self.head(x.mean(dim=(2, 3)))

    folded_only(monkeypatch)
    network = Twice()
    network.convolution = nn.Conv2d(4, 4, 3)
    images = torch.randn(22, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    found, answer = answers(network.eval(), images, 8, compile="always")
    assert answer.compiled
    assert torch.allclose(found.double(), direct(network, images), atol=1e-5)


def test_close_calls_are_left_to_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is a little wrong: where that could change the class, the network answers."""

    class Ramp(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            x = images.flatten(1)[:, :1]
            return torch.cat([x, torch.zeros_like(x)], dim=1)

    monkeypatch.setattr(
        prediction, "_compiled", lambda network: lambda images: network(images) - torch.tensor([1e-4, 0])
    )
    values = torch.tensor([1.0, -1.0, 0.5, -0.5, 5e-5, -5e-5, 0.3, 1e-5])
    images = values.view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
    found, answer = answers(Ramp(), images, 4, compile="always")
    assert answer.compiled
    assert found.argmax(dim=1).tolist() == [0, 1, 0, 1, 0, 1, 0, 0]
    # And elsewhere it is the copy that answered.
    assert found[6, 0].item() == pytest.approx(0.3 - 1e-4, abs=1e-6)


def test_a_copy_that_differs_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "_compiled", lambda network: lambda images: network(images) * 1.01)
    monkeypatch.setattr(prediction, "_folded", lambda network: lambda images: network(images) * float("nan"))
    network = Counted().eval()
    images = torch.randn(8, 1, 8, 8)
    found, answer = answers(network, images, 4, compile="always")
    assert not answer.compiled
    with torch.no_grad():
        assert torch.allclose(found, network(images), atol=1e-6)


@pytest.mark.parametrize(
    ("left", "speed", "expected"), [(10, 0.5, False), (10**9, 0.5, True), (10**9, 2.0, False)]
)
def test_auto_compiles_where_it_pays(
    left: int, speed: float, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Little work left: not even tried. Much work: kept if it measures faster."""
    tried = []
    monkeypatch.setattr(prediction, "_compiled", lambda network: (tried.append(1), network.forward)[1])
    monkeypatch.setattr(prediction, "_folded", lambda network: network.forward)
    network = Counted().eval()
    monkeypatch.setattr(prediction, "_seconds", lambda function, _: 1.0 if function is network else speed)
    answer = predictor(network, num_examples=left, compile="auto")
    with evaluation_mode(network):
        answer.outputs(torch.zeros(4, 1, 8, 8))
        answer.outputs(torch.zeros(4, 1, 8, 8))
    assert answer.compiled == expected
    assert len(tried) == (left > 10)


@pytest.mark.parametrize(
    ("folded", "compiled_", "chosen"),
    [
        (0.5, 0.25, "compiled"),
        (0.25, 0.5, "folded"),
        (0.5, 0.49, "folded"),
        (0.99, 0.5, "compiled"),
        (1, 1, ""),
    ],
)
def test_auto_keeps_the_fastest(
    folded: float, compiled_: float, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of network (1 s), folded and compiled copy; a difference that could be chance keeps what came first."""
    network = Counted().eval()
    asked = []

    def copied(name: str, seconds: float) -> None:
        def answer(images: torch.Tensor) -> torch.Tensor:
            asked.append(name)
            return network(images)

        speeds[answer] = seconds
        monkeypatch.setattr(prediction, f"_{name}", lambda _: answer)

    speeds: dict[object, float] = {network: 1.0}
    copied("folded", folded)
    copied("compiled", compiled_)
    monkeypatch.setattr(prediction, "_seconds", lambda function, _: speeds[function])
    answer = predictor(network, num_examples=10**9, compile="auto")
    with evaluation_mode(network):
        answer.outputs(torch.zeros(4, 1, 8, 8))
        asked.clear()
        answer.outputs(torch.zeros(4, 1, 8, 8))
    assert asked == ([chosen] if chosen else [])


def test_with_a_minute_of_work_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "COMPILE_FROM_S", float("inf"))
    monkeypatch.setattr(prediction, "_compiled", lambda _: pytest.fail("compiled"))
    network = Counted().eval()
    monkeypatch.setattr(prediction, "_seconds", lambda function, _: 1.0 if function is network else 0.5)
    answer = predictor(network, num_examples=10**9, compile="auto")
    images = torch.randn(4, 1, 8, 8)
    with evaluation_mode(network):
        first, second = answer.outputs(images), answer.outputs(images)
    assert answer.compiled
    assert torch.allclose(first, second, atol=1e-5)


def test_without_a_compiler_there_is_one_note(monkeypatch: pytest.MonkeyPatch) -> None:
    folded_only(monkeypatch)
    heard: list[Note] = []
    answers(Counted().eval(), torch.zeros(9, 1, 8, 8), 3, compile="always", note=heard.append)
    (note,) = heard
    assert "could not be compiled (No working C++ compiler found); predicting goes on" in note.en
    assert "n’a pas pu être compilé" in note.fr


@pytest.mark.slow
def test_a_machine_without_a_compiler(tmp_path) -> None:
    """The real failure, in a process of its own that finds no g++."""
    program = (
        "import torch; from torch import nn; from prunelle import predictor\n"
        "net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 3)).eval()\n"
        "notes = []\n"
        "with torch.inference_mode():\n"
        "    p = predictor(net, num_examples=8, compile='always', note=notes.append)\n"
        "    x = torch.randn(4, 1, 8, 8)\n"
        "    a, b = p(x), p(x)\n"
        "assert torch.allclose(a, b, atol=1e-5)\n"
        "print(p.compiled, len(notes), 'could not be compiled' in notes[0].en)"
    )
    environment = {"PATH": "", "CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == "True 1 True\n", found.stderr


def test_other_words_are_refused() -> None:
    with pytest.raises(UnknownName, match="always"):
        predictor(Counted(), compile="allways")  # type: ignore[arg-type]


def test_the_batch_suits_the_activations() -> None:
    # Outputs of 64×224×224 float32 from a convolution whose inputs are as many: 2 × 2 × 12.8 MB a picture.
    wide = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1))
    assert evaluation_batch(wide, (3, 224, 224)) == 8
    assert evaluation_batch(wide, (3, 32, 32)) == 256
    assert evaluation_batch(nn.Flatten(), (1, 28, 28)) == 256
    assert not any(module._forward_hooks for module in wide.modules())


def test_predicting_goes_by_that_batch() -> None:
    sizes = []

    class Wide(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            sizes.append(len(images))
            return torch.zeros(len(images), 3 if len(sizes) > 1 else 2**24)

    pixels: Pixels = bars(5)
    predict_logits(Wide(), pixels, preprocess_of(pixels), 3)
    # 64 MiB and its input a picture, twice over: just under four fit, so two at a time.
    assert sizes == [1, 2, 2, 1]


class TestProbabilities:
    """What ``predictor`` promises who calls it from outside."""

    @pytest.mark.parametrize("compile", ["never", "always"])
    @pytest.mark.parametrize("outputs", [1, 3])
    def test_they_are_the_networks_own(
        self, outputs: int, compile: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folded_only(monkeypatch)
        network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, outputs))
        images = torch.randn(5, 1, 8, 8)
        answer = pn.predictor(network, compile=compile)
        answer(images)
        found = answer(images)
        with torch.no_grad():
            logits = copy.deepcopy(network).eval()(images).double()
        expected = (
            logits.softmax(1) if outputs > 1 else torch.cat([1 - logits.sigmoid(), logits.sigmoid()], 1)
        )
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)

    def test_the_network_is_as_it_was(self) -> None:
        """A training goes on after it: modes, statistics and gradients are the training's."""
        network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Dropout(), nn.Linear(64, 3))
        network[1].eval()
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        modes = [module.training for module in network.modules()]
        found = pn.predictor(network)(torch.randn(6, 1, 8, 8))
        assert [module.training for module in network.modules()] == modes
        assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
        assert not found.requires_grad
        torch.testing.assert_close(found.sum(dim=1), torch.ones(6, dtype=torch.float64))

    def test_what_gives_no_logits_is_told(self) -> None:
        with pytest.raises(ArgumentError, match="logits"):
            pn.predictor(nn.Conv2d(1, 3, 3))(torch.zeros(2, 1, 8, 8))

"""The page's JavaScript, operation by operation: PyTorch and Pillow are the oracles, V8 runs what the page has."""

from __future__ import annotations

import base64
import importlib.resources
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle.data.resizing import fit_array, resize
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ExportError
from prunelle.exports.html.lowering import Program
from prunelle.exports.html.program import program_of
from prunelle.exports.html.weights import packed
from prunelle.exports.inputs import inputs_of

pytest.importorskip("py_mini_racer")

_FOLDER = importlib.resources.files("prunelle") / "exports" / "html"


@pytest.fixture(scope="module")
def v8():
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    for name in ("engine.js", "prepare.js"):
        engine.eval(_FOLDER.joinpath(name).read_text(encoding="utf-8") + "\n0")
    return engine


def answered(v8, program: Program, given: torch.Tensor, bits: int = 32) -> np.ndarray:
    """What JavaScript makes of ``given: (1, …)``."""
    entries, content = packed(program, bits)
    about = {
        "shapes": program.shapes,
        "ops": program.ops,
        "tensors": entries,
        "layers": program.layers,
        "result": program.result,
    }
    text = base64.b64encode(content).decode()
    v8.eval(f'var net = networkOf({json.dumps(about)}, bytesOf("{text}")), result; 0')
    values = json.dumps(given.reshape(-1).tolist())
    v8.eval(f"result = Float32Array.from(net.run(Float32Array.from({values}))[net.result].data); 0")
    return np.frombuffer(v8.eval("result.buffer"), np.float32).reshape(program.shapes[program.result])


class Function(nn.Module):
    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.function(x)
        return made


def shuffled(x: torch.Tensor) -> torch.Tensor:
    """ShuffleNet's: channels of two groups in turn."""
    return x.view(1, 2, 3, 9, 8).transpose(1, 2).flatten(1, 2)


W, B = torch.linspace(-1, 1, 6), torch.linspace(0.5, -2, 6)
ON_MAPS = {
    "conv": nn.Conv2d(6, 5, 3),
    "conv of stride, padding and dilation": nn.Conv2d(6, 8, (3, 2), (2, 1), (1, 2), (1, 2)),
    "conv of groups": nn.Conv2d(6, 9, 3, padding=1, groups=3, bias=False),
    "conv of depth": nn.Conv2d(6, 6, 3, padding="same", groups=6),
    "max pool": nn.MaxPool2d(3, 2, 1),
    "max pool, ceil": nn.MaxPool2d((2, 3), ceil_mode=True),
    "max pool, dilated": nn.MaxPool2d(2, 1, dilation=3),
    "avg pool": nn.AvgPool2d(3, 2, 1),
    "avg pool without padding": nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "avg pool, ceil": nn.AvgPool2d(2, 3, 1, ceil_mode=True),
    "avg pool, divisor": nn.AvgPool2d(2, divisor_override=3),
    "adaptive avg": nn.AdaptiveAvgPool2d((4, 3)),
    "adaptive avg to one": nn.AdaptiveAvgPool2d(1),
    "adaptive max": nn.AdaptiveMaxPool2d((4, 3)),
    "local response": nn.LocalResponseNorm(5, 1e-2, 0.75, 2.0),
    "batch norm": nn.BatchNorm2d(6),
    "batch norm without weights": nn.BatchNorm2d(6, affine=False),
    "group norm": nn.GroupNorm(3, 6),
    "layer norm": nn.LayerNorm((9, 8)),
    "dropout": nn.Dropout(),
    "relu": nn.ReLU(),
    "relu6": nn.ReLU6(),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "leaky": nn.LeakyReLU(0.2),
    "elu": nn.ELU(0.7),
    "selu": nn.SELU(),
    "gelu": nn.GELU(),
    "gelu, tanh": nn.GELU("tanh"),
    "silu": nn.SiLU(),
    "mish": nn.Mish(),
    "hardtanh": nn.Hardtanh(-0.3, 0.4),
    "hardswish": nn.Hardswish(),
    "hardsigmoid": nn.Hardsigmoid(),
    "softplus": nn.Softplus(),
    "prelu": nn.PReLU(6),
    "softmax of channels": nn.Softmax(1),
    "log softmax": nn.LogSoftmax(3),
    "max of channels": Function(lambda x: x.amax(1)),
    "mean and difference": Function(lambda x: x - x.mean((1, 3), keepdim=True)),
    "sum": Function(lambda x: x.sum(2)),
    "pad": Function(lambda x: F.pad(x, (1, 2, 0, 3, 0, 1), value=0.5)),
    "pad that cuts": Function(lambda x: F.pad(x, (-1, 2, 1, -2))),
    "permute and flatten": Function(lambda x: x.permute(0, 2, 3, 1).flatten(1)),
    "slices": Function(lambda x: x[:, 1:5:2, ::2, -3:]),
    "select": Function(lambda x: x[:, :, 4] * x[:, 2:3, 3]),
    "shuffle": Function(shuffled),
    "split and cat": Function(lambda x: torch.cat(x.split([2, 4], 1)[::-1], 1)),
    "by a vector": Function(lambda x: 2 * x * W.view(1, -1, 1, 1) + B.view(-1, 1, 1) - 0.25),
    "from a number": Function(lambda x: 1 - x / 3),
    "square": Function(lambda x: (x**2 + 1).sqrt() / x.exp()),
    "of two": Function(lambda x: torch.maximum(x[:, :3], x[:, 3:]).abs()),
    "where": Function(lambda x: torch.where(x > 0.2, x, -x[:, :1])),
}


class SideBySide(nn.Module):
    """All of them of the same input, one behind the other in one answer: PyTorch's exporter is asked once."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        super().__init__()
        self.each = nn.ModuleList(modules.values())
        torch.manual_seed(0)
        for key, value in self.state_dict().items():
            if value.is_floating_point() and value.ndim:  # of normalisations, other than 0 and 1
                value.copy_(torch.rand_like(value) + (0.5 if "var" in key else -0.2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([each(x).flatten(1) for each in self.each], 1)


def side_by_side(
    v8, modules: dict[str, nn.Module], given: torch.Tensor
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By name, what PyTorch gives and what JavaScript does."""
    module = SideBySide(modules).eval()
    found = answered(v8, program_of(module, given.shape[1:]), given)[0]
    pairs, at = {}, 0
    for name, each in modules.items():
        with torch.no_grad():
            wanted = each(given).numpy().reshape(-1)
        pairs[name] = (wanted, found[at : at + wanted.size])
        at += wanted.size
    assert at == found.size
    return pairs


@pytest.fixture(scope="module")
def on_maps(v8):
    torch.manual_seed(1)
    return side_by_side(v8, ON_MAPS, 1.5 * torch.randn(1, 6, 9, 8))


@pytest.mark.parametrize("name", ON_MAPS)
def test_an_operation_gives_what_pytorch_gives(on_maps, name: str) -> None:
    wanted, made = on_maps[name]
    np.testing.assert_allclose(made, wanted, rtol=2e-6, atol=3e-6)


ON_SERIES = {
    "conv": nn.Conv1d(4, 6, 5, 2, 3, 2),
    "max pool": nn.MaxPool1d(3, 2, 1),
    "avg pool": nn.AvgPool1d(3, 2, 1),
    "avg pool without padding": nn.AvgPool1d(3, 2, 1, count_include_pad=False),
    "batch norm": nn.BatchNorm1d(4),
    "adaptive avg": nn.AdaptiveAvgPool1d(5),
    "dense": nn.Linear(23, 5),
    "dense without bias": nn.Sequential(nn.Flatten(), nn.Linear(92, 7, bias=False), nn.BatchNorm1d(7)),
}


@pytest.fixture(scope="module")
def on_series(v8):
    torch.manual_seed(2)
    return side_by_side(v8, ON_SERIES, torch.randn(1, 4, 23))


@pytest.mark.parametrize("name", ON_SERIES)
def test_series_too(on_series, name: str) -> None:
    wanted, made = on_series[name]
    np.testing.assert_allclose(made, wanted, rtol=2e-6, atol=3e-6)


def test_batch_normalisation_goes_into_the_weights_before_it() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    program = program_of(module.eval(), (3, 5, 5))
    assert [op["op"] for op in program.ops] == ["conv", "relu", "reshape"]
    assert program.num_weights == 4 * 27 + 4
    (layer,) = program.layers
    assert layer == {"value": 2, "name": "0", "kind": "conv", "detail": "3×3"}  # after its rectifier


def test_eight_bits_are_a_step_of_each_output(v8) -> None:
    """Weights 0, ±127 steps, and one that lies between two: by hand."""
    dense = nn.Linear(3, 2)
    with torch.no_grad():
        dense.weight.copy_(torch.tensor([[1.27, -0.64, 0.004], [254.0, 0.0, -128.0]]))
        dense.bias.copy_(torch.tensor([0.125, 1.0]))
    program = program_of(dense, (3,))
    given = torch.tensor([[1.0, 10.0, 100.0]])
    np.testing.assert_allclose(
        answered(v8, program, given, 8), [[1.27 - 6.4 + 0.125, 254 - 12800 + 1]], rtol=1e-6
    )
    entries, content = packed(program, 8)
    assert len(content) == 2 * 4 + 6 + 2 * 4
    assert [entry["bits"] for entry in entries] == [8, 32]
    wide = answered(v8, program, given, 16)
    with torch.no_grad():
        np.testing.assert_allclose(wide, dense(given).numpy(), rtol=1e-3)


def test_what_the_page_cannot_is_named() -> None:
    odd = nn.Sequential(nn.Conv2d(3, 4, 3), Function(lambda x: x.cumsum(2)))
    with pytest.raises(
        ExportError, match=r"no operation cumsum \(of 1\); write another format: --format onnx"
    ):
        program_of(odd.eval(), (3, 8, 8))
    with pytest.raises(ExportError, match="no transposed convolution"):
        program_of(nn.ConvTranspose2d(3, 4, 3).eval(), (3, 8, 8))


PICTURES = {
    "crop": pn.Preprocess(size=(24, 32), mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "part": pn.Preprocess(size=(24, 24), crop_fraction=0.875, mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "squash": pn.Preprocess(size=(24, 32), fit="squash", mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "pad": pn.Preprocess(size=(24, 32), fit="pad", mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "border": pn.Preprocess(size=(28, 28), border=2, channels=1, mean=(0.13,), std=(0.31,)),
}


def prepared(v8, settings: pn.Preprocess, picture: np.ndarray, alpha: bool, strip: int) -> np.ndarray:
    """By JavaScript, in strips of so many rows."""
    height, width = picture.shape[:2]
    pixels = np.dstack([picture, np.full((height, width, 1), 255, np.uint8)]) if alpha else picture
    v8.eval(f"var given = new Uint8Array({pixels.size}), made; 0")
    np.frombuffer(v8.eval("given.buffer"), np.uint8)[:] = pixels.reshape(-1)
    step = pixels.shape[2]
    v8.eval(
        f"var preparer = picturePreparer({json.dumps(settings.to_json())}, {height}, {width});"
        f"for (let y = 0; y < {height}; y += {strip})"
        f" preparer.take(given.subarray(y * {width * step}), y, Math.min({strip}, {height} - y), {step});"
        "made = preparer.done().input; 0"
    )
    return np.frombuffer(v8.eval("made.buffer"), np.float32).reshape(settings.input_shape)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("shape", [(24, 32), (300, 400), (10, 7), (29, 600), (37, 29)], ids=str)
def test_a_picture_becomes_what_pillow_makes_of_it(v8, name: str, shape: tuple[int, int]) -> None:
    settings = PICTURES[name]
    draw = np.random.default_rng(0)
    small = draw.integers(0, 256, (max(2, shape[0] // 5), max(2, shape[1] // 5), 3), dtype=np.uint8)
    picture = np.array(Image.fromarray(small).resize(shape[::-1], Image.Resampling.BICUBIC))
    plain = Image.fromarray(picture).convert("L") if settings.channels == 1 else Image.fromarray(picture)
    levels = resize(plain, settings.size, settings.fit, crop_fraction=settings.crop_fraction)
    bordered = np.pad(levels, ((settings.border,) * 2, (settings.border,) * 2, (0, 0)))
    wanted = settings.normalise(torch.from_numpy(bordered).permute(2, 0, 1).unsqueeze(0))[0].numpy()
    given = prepared(v8, settings, picture, alpha=True, strip=16)
    level = 1 / (255 * min(settings.std))
    assert np.abs(given - wanted).max() < 1.01 * level
    if shape != (37, 29):  # there Pillow 13 makes rows first
        assert (np.abs(given - wanted) > 1e-5).mean() < 0.004
    layer = inputs_of(settings).layer(settings)(torch.from_numpy(picture))[0].numpy()
    np.testing.assert_allclose(prepared(v8, settings, picture, alpha=False, strip=1000), layer, atol=2e-6)


def test_a_picture_of_the_networks_size_stays_as_it_is(v8) -> None:
    settings = PICTURES["crop"]
    picture = np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    wanted = settings.normalise(torch.from_numpy(fit_array(picture[None], settings)).permute(0, 3, 1, 2))
    np.testing.assert_allclose(prepared(v8, settings, picture, False, 5), wanted[0].numpy(), atol=1e-6)


@pytest.mark.parametrize("normalisation", ["train", "series", "none"])
@pytest.mark.parametrize("steps", [2, 9, 20, 57])
def test_a_series_becomes_what_the_layer_makes_of_it(v8, normalisation: str, steps: int) -> None:
    settings = SeriesPreprocess(
        length=20, channels=2, normalisation=normalisation, mean=(0.3, -2.0), std=(1.5, 0.2)
    )
    series = np.random.default_rng(2).normal(3, 2, (steps, 2)).astype(np.float32)
    series[:, 1] = 0.25  # has no deviation
    if steps > 9:
        series[[0, 1, 4, 5, 6, steps - 1], 0] = np.nan
    wanted = inputs_of(settings).layer(settings)(torch.from_numpy(series))[0].numpy()
    text = json.dumps(series.reshape(-1).tolist())  # NaN is JavaScript, too
    v8.eval(
        f"made = preparedSeries({json.dumps(settings.to_json())}, Float32Array.from({text}), {steps}).input; 0"
    )
    given = np.frombuffer(v8.eval("made.buffer"), np.float32).reshape(2, 20)
    np.testing.assert_allclose(given, wanted, atol=3e-6)

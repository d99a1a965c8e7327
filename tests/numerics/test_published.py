"""The networks whose weights others publish: same names, same outputs, same gradients as theirs.

The oracle is built without memory (meta device) and takes ours' tensors under its own names, strictly. Before
that every tensor is made random, so that no default (a zero bias, a running mean of 0) can hide a swap.

Tolerances: the issue asks for 1e-5 relative. In float64 the same arithmetic in another order differs by about
1e-16 an operation, and 1e-9 leaves room for hundreds of layers. VGG and AlexNet run in float32, to halve
their gigabyte; 1e-5 is then some 80 roundings.
"""

from __future__ import annotations

import functools
import io
import math
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from prunelle import networks
from tests import oracles

Oracle = Callable[[], nn.Module]


def _torchvision(name: str, **options: object) -> Oracle:
    return lambda: getattr(oracles.torchvision_models(), name)(**options)


def _timm(name: str) -> Oracle:
    return lambda: oracles.timm().create_model(name)


WITH_AUXILIARY = {"aux_logits": True, "init_weights": False}
# Ours → theirs, and a size at which the last maps are more than one pixel, so that a network in training mode
# normalises over something. Inception v3's auxiliary classifier is torchvision's from 17×17 maps on.
CASES: list[tuple[str, dict[str, object], Oracle, int]] = [
    ("alexnet-owt", {}, _torchvision("alexnet"), 95),
    ("vgg11", {}, _torchvision("vgg11"), 64),
    ("vgg13", {}, _torchvision("vgg13"), 64),
    ("vgg16", {}, _torchvision("vgg16"), 64),
    ("vgg19", {}, _torchvision("vgg19"), 64),
    ("vgg11-bn", {}, _torchvision("vgg11_bn"), 64),
    ("vgg13-bn", {}, _torchvision("vgg13_bn"), 64),
    ("vgg16-bn", {}, _torchvision("vgg16_bn"), 64),
    ("vgg19-bn", {}, _torchvision("vgg19_bn"), 64),
    ("googlenet-bn", {}, _torchvision("googlenet", **WITH_AUXILIARY), 64),
    (
        "googlenet-bn",
        {"transform_input": True},
        _torchvision("googlenet", transform_input=True, **WITH_AUXILIARY),
        64,
    ),
    ("inception-v3", {"aux": False}, _torchvision("inception_v3", aux_logits=False, init_weights=False), 107),
    ("inception-v3", {}, _torchvision("inception_v3", **WITH_AUXILIARY), 299),
    (
        "inception-v3",
        {"transform_input": True, "aux": False},
        _torchvision("inception_v3", transform_input=True, aux_logits=False, init_weights=False),
        75,
    ),
    ("resnet18", {}, _torchvision("resnet18"), 64),
    ("resnet34", {}, _torchvision("resnet34"), 64),
    ("resnet50", {}, _torchvision("resnet50"), 64),
    ("resnet101", {}, _torchvision("resnet101"), 64),
    ("resnet152", {}, _torchvision("resnet152"), 64),
    ("squeezenet1.0", {}, _torchvision("squeezenet1_0"), 64),
    ("squeezenet1.1", {}, _torchvision("squeezenet1_1"), 64),
    ("resnet50", {}, _timm("resnet50"), 64),
    ("inception-v4", {}, _timm("inception_v4"), 107),
    ("inception-resnet-v2", {}, _timm("inception_resnet_v2"), 107),
    ("xception", {}, _timm("legacy_xception"), 71),
]


@pytest.mark.parametrize(
    ("name", "options", "oracle", "side"),
    CASES,
    ids=[
        f"{name}-{side}-{'-'.join(options) or 'plain'}-{n}"
        for n, (name, options, _, side) in enumerate(CASES)
    ],
)
def test_same_weights_same_outputs_and_gradients(
    name: str, options: dict[str, object], oracle: Oracle, side: int
) -> None:
    torch.manual_seed(0)
    with torch.device("meta"):
        theirs = oracle()
    dtype, tolerance = (torch.float32, 1e-5) if name.startswith(("vgg", "alexnet")) else (torch.float64, 1e-9)
    ours = networks.build(name, input_size=side, **options).to(dtype)
    _randomise(ours)
    theirs.load_state_dict(ours.state_dict(), strict=True, assign=True)
    for network in (ours, theirs):
        for module in network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
    images = torch.randn(2, 3, side, side, dtype=dtype)

    with torch.no_grad():
        expected = theirs.eval()(images)
        # An output that does not depend on its input would make the comparison worthless.
        assert (expected[0] - expected[1]).abs().max() > 1e-3 * expected.abs().max()
        _assert_close(ours.eval()(images), expected, tolerance)

    # Ours gives (logits, auxiliary 1, auxiliary 2); torchvision's GoogLeNet has the auxiliary ones swapped.
    our_outputs, their_outputs = _outputs(ours.train()(images)), _outputs(theirs.train()(images))
    if name == "googlenet-bn":
        their_outputs = [their_outputs[0], their_outputs[2], their_outputs[1]]
    assert len(our_outputs) == len(their_outputs)
    directions = [torch.randn_like(output) for output in our_outputs]
    for outputs in (our_outputs, their_outputs):
        sum((o * d).sum() for o, d in zip(outputs, directions, strict=True)).backward()
    their_parameters = dict(theirs.named_parameters())
    for parameter_name, parameter in ours.named_parameters():
        expected = their_parameters[parameter_name].grad
        assert parameter.grad is not None, parameter_name
        assert expected is not None, parameter_name
        _assert_close(parameter.grad, expected, tolerance, parameter_name)


def _outputs(output: object) -> list[torch.Tensor]:
    return [output] if isinstance(output, torch.Tensor) else list(output)  # type: ignore[call-overload]


def _randomise(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(std=0.3)
            module.running_var.uniform_(0.5, 1.5)
        elif isinstance(module, (nn.Conv2d, nn.Linear)) and module.weight.numel() < 1e7:
            # Large enough for the signal to arrive: some published initialisations let it fade. The dense
            # giants keep theirs, which is random already.
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        bias = getattr(module, "bias", None)
        if isinstance(bias, nn.Parameter):
            nn.init.normal_(bias, std=0.1)


def _assert_close(
    actual: torch.Tensor, expected: torch.Tensor, tolerance: float, what: str = "output"
) -> None:
    """Largest difference, relative to the largest entry of the tensor."""
    largest = functools.partial(torch.linalg.vector_norm, ord=math.inf)  # without another copy of 400 MB
    error = largest(actual - expected) / largest(expected).clamp_min(1e-30)
    assert error <= tolerance, f"{what}: relative difference {error:.2e}"


SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@functools.cache
def _cifar_test(every: int) -> tuple[torch.Tensor, torch.Tensor]:
    """One in ``every`` JPEG photo of each class of CIFAR-10's test split, normalised as the weights' project does."""
    archive = SHARED / "cifar10-photos.tar.xz"
    if not archive.exists():
        pytest.skip(f"needs {archive.name}, which is not part of the project")
    pixels, classes = [], []
    with tarfile.open(archive, "r|xz") as members:
        for member in members:
            path = Path(member.name)
            if member.isfile() and "test" in path.parts and int(path.stem) % every == 0:
                content = members.extractfile(member)
                assert content is not None
                pixels.append(np.asarray(Image.open(io.BytesIO(content.read())).convert("RGB")))
                classes.append(path.parts[-2])
    names = sorted(set(classes))
    assert len(names) == 10
    assert len(pixels) == 10_000 / every
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return (images - mean) / std, torch.tensor([names.index(label) for label in classes])


def _right(name: str, file: str, every: int) -> int:
    """How many of these pictures the published weights know."""
    images, labels = _cifar_test(every)
    published = torch.load(SHARED / "weights" / file, map_location="cpu", weights_only=True)["state_dict"]
    network = networks.build(name)
    network.load_state_dict({key.removeprefix("module."): value for key, value in published.items()})
    network.eval()
    with torch.inference_mode():
        predicted = torch.cat([network(batch).argmax(1) for batch in images.split(250)])
    return int((predicted == labels).sum())


PUBLISHED = [
    ("resnet20", "resnet20-12fca82f.th", 81.0, 795),
    ("resnet56", "resnet56-4bfd9763.th", 83.2, 838),
]
"""Of each, the accuracy that an independent implementation reached on all pictures, in percent, and how many of the
tenth were right when that was reached here."""


@pytest.mark.parametrize(("name", "file", "accuracy", "right"), PUBLISHED)
def test_published_cifar_weights_on_a_tenth(name: str, file: str, accuracy: float, right: int) -> None:
    """The tenth is always the same, so no luck of a draw hides what is wrong; the bound is as narrow as the whole's.

    Of ResNet-20, 684 are right with red and blue exchanged, 784 by CIFAR-10's own mean and standard deviation, 534 with
    two kernels of one layer exchanged.
    """
    assert _right(name, file, 10) == pytest.approx(right, abs=2)


@pytest.mark.whole
@pytest.mark.parametrize(("name", "file", "accuracy", "right"), PUBLISHED)
def test_published_cifar_weights(name: str, file: str, accuracy: float, right: int) -> None:
    """The figure that an independent implementation reached with these weights on these pictures, ± 0.2."""
    assert _right(name, file, 1) / 100 == pytest.approx(accuracy, abs=0.2)

"""Published architectures are Keras's; the zoo's published weights in them give the zoo's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from prunelle import networks
from prunelle.errors import ArgumentError, WeightsError
from prunelle.keras import published
from prunelle.keras.floor import keras
from prunelle.keras.names import applications

layers = keras.layers
pytestmark = pytest.mark.usefixtures("keras_2")

FAMILIES = {
    "VGG16": ("vgg-d", 32),
    "ResNet50": ("resnet50", 65),
    "InceptionV3": ("inception-v3", 75),
    "Xception": ("xception", 71),
    "InceptionResNetV2": ("inception-resnet-v2", 75),
}
"""Function → network of the zoo, and a small size (for Xception, one whose maps are odd before each pooling)."""

SLOW = pytest.mark.slow


def random_zoo(network: str) -> nn.Module:
    """A network of the zoo in evaluation mode, every weight and statistic of it random."""
    with torch.device("meta"):
        zoo = networks.build(network, **({"aux": False} if network == "inception-v3" else {}))
    zoo = zoo.eval().to_empty(device="cpu")  # dense layers stay as they are: nothing here needs them
    generator = torch.Generator().manual_seed(1)
    for module in zoo.modules():
        if isinstance(module, nn.Conv2d):
            scale = (2 / module.weight[0].numel()) ** 0.5
            module.weight.detach().copy_(torch.randn(module.weight.shape, generator=generator) * scale)
            if module.bias is not None:
                module.bias.detach().copy_(0.1 * torch.randn(module.bias.shape, generator=generator))
        elif isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                tensor.detach().copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            for tensor in (module.bias, module.running_mean):
                tensor.detach().copy_(0.2 * torch.randn(tensor.shape, generator=generator))
        elif isinstance(module, nn.AvgPool2d):
            # torchvision counts the zeros outside; Keras, for whose network the weights were made, does not.
            module.count_include_pad = False
    return zoo


@SLOW
@pytest.mark.parametrize("name", FAMILIES)
def test_weights_of_the_zoo_give_the_zoo_s_answers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network, size = FAMILIES[name]
    zoo = random_zoo(network)
    mode = published.MODES[network]
    mean = (0.485, 0.456, 0.406) if mode == "caffe" else (0.5, 0.5, 0.5)
    std = (0.229, 0.224, 0.225) if mode == "caffe" else (0.5, 0.5, 0.5)

    def load(made: Any, asked: str, source: str, *, include_top: bool) -> None:
        assert (asked, source) == (network, "imagenet")
        published.transfer(zoo, made, network, mean, std, include_top=include_top)

    monkeypatch.setattr(published, "load", load)
    module = {"VGG16": "vgg16", "ResNet50": "resnet50", "InceptionV3": "inception_v3"}.get(name)
    module = module or {"Xception": "xception"}.get(name, "inception_resnet_v2")
    pictures = np.random.default_rng(2).integers(0, 256, (2, size, size, 3)).astype("uint8")
    model = getattr(applications, name)(include_top=False, input_shape=(size, size, 3), pooling="avg")
    ours = model.predict(getattr(keras.applications, module).preprocess_input(pictures), verbose=0)
    given = torch.from_numpy(pictures / 255.0).permute(0, 3, 1, 2).float()
    normalised = (given - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    with torch.no_grad():
        theirs = zoo.features(normalised).mean((2, 3)).numpy()  # type: ignore[operator]
    # Grey that Keras pads with is up to 0.009 from that of torch; elsewhere it is rounding.
    tolerance = 2e-2 if mode == "caffe" else 1e-4
    np.testing.assert_allclose(ours, theirs, atol=tolerance * np.abs(theirs).max())


def test_the_dense_layers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """VGG's first one takes its maps in another order; with the real widths there would be 100 million weights."""

    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 512, 1)
            self.classifier = nn.Linear(512 * 7 * 7, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.classifier(self.conv(x).relu().flatten(1))  # type: ignore[no-any-return]

    torch.manual_seed(0)
    zoo = Small()
    made = [layers.Conv2D(512, 1, activation="relu"), layers.Dense(5, name="fc1")]
    start = layers.Input((7, 7, 3))
    model = keras.Model(start, made[1](layers.Flatten()(made[0](start))))
    published.transfer(zoo, made, "vgg-d", (0.4, 0.5, 0.6), (0.2, 0.3, 0.4), include_top=True)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 7, 7, 3))
    ours = model.predict(keras.applications.vgg16.preprocess_input(pictures), verbose=0)
    given = torch.from_numpy(((pictures / 255 - [0.4, 0.5, 0.6]) / [0.2, 0.3, 0.4]).astype("float32"))
    with torch.no_grad():
        np.testing.assert_allclose(ours, zoo(given.permute(0, 3, 1, 2)).numpy(), atol=1e-4)
    with pytest.raises(WeightsError, match="vgg-d has more layers than its Keras model"):
        published.transfer(zoo, made[:1], "vgg-d", (0.4, 0.5, 0.6), (0.2, 0.3, 0.4), include_top=True)
    made[1] = layers.Dense(4)
    made[1].build((None, 3))
    with pytest.raises(WeightsError, match=r"needs weights of \[\(3, 4\), \(4,\)\]; those of Linear are"):
        published.transfer(zoo, made, "vgg-d", (0.4, 0.5, 0.6), (0.2, 0.3, 0.4), include_top=True)


def test_answers_in_words() -> None:
    answers = np.zeros((2, 1000), "float32")
    answers[0, [207, 3, 281]] = 0.5, 0.3, 0.2
    answers[1, 999] = 1
    first, second = applications.decode_predictions(answers, top=3)
    # The indices and identifiers of ILSVRC 2012: golden retriever, tiger shark, tabby.
    assert [(identifier, round(value, 3)) for identifier, _, value in first] == [
        ("n02099601", 0.5),
        ("n01491361", 0.3),
        ("n02123045", 0.2),
    ]
    assert first[0][1] == "golden_retriever"
    assert second[0][0] == "n15075141"
    with pytest.raises(ArgumentError, match=r"\(N, 1000\); received shape \(2, 10\)"):
        applications.decode_predictions(answers[:, :10])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"classes": 2}, r"weights='imagenet' with include_top=True has 1000 classes; received classes=2"),
        (
            {"input_shape": (100, 100, 1), "include_top": False},
            r"needs 3 channels; received input_shape=\(100",
        ),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        applications.VGG16(**arguments)


def test_weights_that_cannot_be_had_say_where_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(WeightsError, match=r"could not be fetched(.|\n)*vgg16-397923af.pth"):
        applications.VGG16(include_top=False, input_shape=(32, 32, 3))


def test_the_layers_of_resnet50_have_their_names_of_then() -> None:
    """keras-applications 1.0.8 resnet50.py: its first and last ones, a shortcut, a block's second convolution."""
    from keras.applications.resnet50 import ResNet50

    model = ResNet50(weights=None, input_shape=(32, 32, 3), include_top=False)
    names = {layer.name for layer in model.layers}
    assert names > {"conv1", "bn_conv1", "res2a_branch1", "bn3d_branch2b", "res5c_branch2c"}


def test_a_file_of_weights_of_one_s_own(tmp_path: Path) -> None:
    model = applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    model.save_weights(tmp_path / "poids.h5")
    again = applications.VGG16(weights=str(tmp_path / "poids.h5"), include_top=False, input_shape=(32, 32, 3))
    np.testing.assert_array_equal(again.layers[-2].get_weights()[0], model.layers[-2].get_weights()[0])

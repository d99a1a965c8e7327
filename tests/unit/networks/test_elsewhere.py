"""Networks of timm, of torchvision, and of code of one's own, by name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle import networks
from prunelle.errors import ArgumentError, UnknownName, WeightsError
from prunelle.networks.elsewhere import of_code
from tests import oracles

OWN = """
import torch
from torch import nn

class Small(nn.Module):
    def __init__(self, num_classes=4, in_channels=3, input_size=(16, 16), width=4):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(in_channels, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(width, num_classes)

    def forward(self, images):
        return self.classifier(self.body(images))

def seven():
    return Small(num_classes=7)

def told():
    network = Small(num_classes=7)
    network.input_shape = (3, 20, 24)
    return network

def stubborn(num_classes):
    return Small(num_classes=7)

def strange():
    return "no module"

def broken():
    raise ValueError("the file of settings is missing")

def careless(num_classes, **others):
    return Small(num_classes, **others)

class Values(nn.Module):
    def __init__(self, num_classes=2):
        super().__init__()
        self.at = float(torch.ones(3).sum())
        self.classifier = nn.Linear(3 * 224 * 224, num_classes)

    def forward(self, images):
        return self.classifier(images.flatten(1) * self.at)

made = Small()
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that one is in, with a module of one's own, as the command ``prunelle`` finds it."""
    (tmp_path / "ownnets.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(of_code, "_named", set())
    yield tmp_path
    sys.modules.pop("ownnets", None)
    sys.modules.pop("breaks", None)


@pytest.mark.parametrize(
    ("name", "known"), [("timm:resnet18", True), ("torchvision:vgg16", True), ("a.b:c", True)]
)
def test_names_are_known_without_an_import(name: str, known: bool) -> None:
    assert networks.is_known(name) is known


@pytest.mark.parametrize(
    "name", ["timm:", ":x", "C:\\runs\\one", "a b:c", "runs/one", "resnet", "a.:b", "12:30"]
)
def test_other_texts_are_no_names(name: str) -> None:
    assert not networks.is_known(name)


def test_timm_gives_its_own_network() -> None:
    timm = oracles.timm()
    mine = pn.build("timm:resnet18", num_classes=5, in_channels=1, input_size=64)
    theirs = timm.create_model("resnet18", num_classes=5, in_chans=1)
    theirs.load_state_dict(mine.state_dict())
    images = torch.randn(2, 1, 64, 64)
    assert type(mine) is type(theirs)
    assert mine.input_shape == (1, 64, 64)
    torch.testing.assert_close(mine.eval()(images), theirs.eval()(images), rtol=0, atol=0)


def test_one_of_timm_that_is_made_for_a_size_is_made_for_another() -> None:
    oracles.timm()
    network = pn.build("timm:vit_tiny_patch16_224", num_classes=3, input_size=64)
    assert network.pos_embed.shape == (1, 17, 192)  # 4×4 patches of 16 pixels, and the class token


def test_one_with_constants_gets_another_classifier_and_is_built_again() -> None:
    """Attention in windows has masks and indices that tracing numbers as it goes; a run loads into a second trace."""
    oracles.timm()
    name = "timm:swin_tiny_patch4_window7_224"
    whole = pn.build(name, num_classes=4, input_size=56, depths=(1, 2), num_heads=(3, 6))
    changed = pn.with_classifier(whole, 3)
    again = pn.build(changed.built_as[0], num_classes=3, input_size=56, **changed.built_as[1])
    again.load_state_dict(changed.state_dict())
    images = torch.randn(2, 3, 56, 56)
    torch.testing.assert_close(again.eval()(images), changed.eval()(images), rtol=0, atol=0)
    with torch.device("meta"):
        shapes = pn.build(changed.built_as[0], num_classes=3, input_size=56, **changed.built_as[1])
    assert shapes.state_dict().keys() == changed.state_dict().keys()


def test_options_are_timms_own() -> None:
    oracles.timm()
    assert pn.build("timm:resnet18", num_classes=3, drop_rate=0.25).drop_rate == 0.25
    with pytest.raises(ArgumentError, match=r"timm:resnet18 could not be made: TypeError: .*'nope'"):
        pn.build("timm:resnet18", nope=1)


@pytest.mark.parametrize(
    ("name", "size"), [("resnet18", 64), ("inception_v3", 299), ("googlenet", 96), ("squeezenet1_1", 64)]
)
def test_torchvision_gives_its_own_network(name: str, size: int) -> None:
    models = oracles.torchvision_models()
    mine = pn.build(f"torchvision:{name}", num_classes=3, input_size=size)
    auxiliary = {"aux_logits": False, "init_weights": False} if name in ("inception_v3", "googlenet") else {}
    theirs = models.get_model(name, num_classes=3, **auxiliary)
    theirs.load_state_dict(mine.state_dict())
    assert type(mine) is type(theirs)
    assert mine.train()(torch.zeros(2, 3, size, size)).shape == (2, 3)  # nothing auxiliary


def test_natural_sizes_are_those_of_the_library() -> None:
    oracles.timm()
    assert networks.natural_shape("torchvision:inception_v3") == (3, 299, 299)
    assert networks.natural_shape("timm:inception_v4") == (3, 299, 299)
    assert networks.natural_shape("timm:resnet18") == (3, 224, 224)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("timm:resnet188", "unknown network of timm 'resnet188'. Did you mean 'resnet18'"),
        ("timm:hf-hub:somebody/net", "unknown network of timm 'hf-hub:somebody/net'"),
        ("timm:resnet18.nope", "timm has no weights 'nope' for resnet18. It has: resnet18.a1_in1k"),
        ("torchvision:resnet19", "Did you mean 'resnet18'"),
        ("torchvision:fasterrcnn_resnet50_fpn", "unknown network of torchvision"),
    ],
)
def test_what_a_library_has_not_is_said(name: str, said: str) -> None:
    oracles.timm()
    with pytest.raises(ArgumentError, match=re.escape(said)):
        pn.build(name)


def test_pictures_that_a_network_does_not_take() -> None:
    oracles.torchvision_models()
    with pytest.raises(
        ArgumentError, match=r"does not take an input of shape \(3, 28, 28\).*too small.*size="
    ):
        pn.build("torchvision:alexnet", input_size=28)
    with pytest.raises(ArgumentError, match="takes 3 channels; received in_channels=1"):
        pn.build("torchvision:resnet18", in_channels=1)
    with pytest.raises(ArgumentError, match="square pictures, not 64×96"):
        pn.build("torchvision:vit_b_16", input_size=(64, 96))


def test_any_failure_to_import_is_absence_with_its_reason(tmp_path: Path) -> None:
    """Not the installed one, which may work: a package that raises what broken installations raise."""
    (tmp_path / "timm.py").write_text("raise OSError('libcudart.so.12: cannot open shared object file')")
    program = "import prunelle as pn\ntry: pn.build('timm:resnet18')\nexcept pn.PrunelleError as e: print(e)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.startswith(
        "timm cannot be used here: importing it fails with OSError: libcudart.so.12: cannot open shared object file ("
    )
    assert "pip install timm" in done.stdout


def test_weights_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    oracles.timm()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(
        WeightsError, match=r"timm/resnet18\.a1_in1k\) are not on this machine.*--weights FILE"
    ):
        pn.pretrained("timm:resnet18", "imagenet", style="quiet")
    with pytest.raises(
        WeightsError, match=r"HF_HUB_OFFLINE is set\.(.|\n)*resnet18-f37072fd\.pth(.|\n)*--weights FILE"
    ):
        pn.pretrained("torchvision:resnet18", "imagenet", style="quiet")


def test_weights_of_torchvision_from_its_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file in its place, as a download leaves it; the checksum is in the name that torchvision expects."""
    models = oracles.torchvision_models()
    given = models.get_model("squeezenet1_1")
    usual = models.get_model_weights("squeezenet1_1").DEFAULT
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(given.state_dict(), tmp_path / "hub" / "checkpoints" / usual.url.rpartition("/")[2])
    ready = pn.pretrained("torchvision:squeezenet1_1", "imagenet", style="quiet")
    images = torch.randn(1, 3, 224, 224)
    torch.testing.assert_close(ready.network(images), given.eval()(images), rtol=0, atol=0)
    assert ready.classes == tuple(pn.networks.published.imagenet_classes().values())
    how = usual.transforms()
    assert ready.preprocess.size == (how.crop_size[0],) * 2
    assert round(ready.preprocess.size[0] / ready.preprocess.crop_fraction) == how.resize_size[0]
    assert (ready.preprocess.mean, ready.preprocess.std) == (tuple(how.mean), tuple(how.std))


@pytest.mark.usefixtures("own")
class TestOwnCode:
    """``package.module:factory``."""

    def test_a_class_is_told_what_it_takes(self) -> None:
        network = pn.build("ownnets:Small", num_classes=3, in_channels=1, input_size=32, width=6)
        assert network(torch.zeros(1, 1, 32, 32)).shape == (1, 3)
        assert network.body[0].out_channels == 6
        assert networks.natural_shape("ownnets:Small") == (3, 16, 16)
        assert network.built_as == ("ownnets:Small", {"width": 6})

    def test_one_that_takes_no_classes_gets_another_classifier(self) -> None:
        network = pn.build("ownnets:seven", num_classes=3)
        assert network(torch.zeros(1, 3, 224, 224)).shape == (1, 3)
        assert pn.build("ownnets:seven")(torch.zeros(1, 3, 224, 224)).shape == (1, 7)
        again = pn.with_classifier(network, 5, classifier="hidden")
        assert again(torch.zeros(1, 3, 224, 224)).shape == (1, 5)

    def test_its_input_shape_counts(self) -> None:
        assert networks.natural_shape("ownnets:told") == (3, 20, 24)
        with pytest.raises(
            ArgumentError, match=r"is for an input of shape \(3, 20, 24\); received \(3, 64, 64\)"
        ):
            pn.build("ownnets:told", input_size=64)

    def test_shapes_alone_are_had_of_one_that_computes(self) -> None:
        with torch.device("meta"):
            network = pn.build("ownnets:Values", num_classes=4)
        assert {weight.device.type for weight in network.parameters()} == {"meta"}

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("ownnets:Smal", r"unknown function of ownnets 'Smal'. Did you mean 'Small'"),
            ("ownnets:made", "is a module that is made already; name a function that makes one"),
            ("ownnets:OWN.x", "unknown function"),
            ("ownnets:strange", "must give a torch.nn.Module; it gave a str"),
            (
                "ownnets:broken",
                r"could not be made: ValueError: the file of settings is missing \(.*ownnets.py, line",
            ),
            ("ownnets:stubborn", "was told num_classes=3, and gives 7 outputs"),
            ("nonets:make", "there is no module nonets in .*, nor among the installed packages"),
            ("ownnets.py:Small", "a module is named without .py, ownnets:Small"),
            (
                "breaks:make",
                r"cannot be imported: ZeroDivisionError: division by zero \(.*breaks.py, line 2\)",
            ),
            ("hub:pytorch/vision:resnet18", "no folder with a hubconf.py.*clone the repository"),
        ],
    )
    def test_what_is_wrong_is_said(self, name: str, said: str, own: Path) -> None:
        (own / "breaks.py").write_text("one = 1\none / 0\n")
        with pytest.raises(ArgumentError, match=said):
            pn.build(name, num_classes=3)

    def test_an_option_that_it_does_not_take(self) -> None:
        with pytest.raises(ArgumentError, match="ownnets:Small does not take widht; its options are: width"):
            pn.build("ownnets:Small", widht=3)

    def test_what_takes_anything_is_told_the_classes(self) -> None:
        assert pn.build("ownnets:careless", num_classes=3, width=2).body[0].out_channels == 2

    def test_torch_hub_from_a_folder(self, own: Path) -> None:
        (own / "repository").mkdir()
        (own / "repository" / "parts.py").write_text(OWN)
        (own / "repository" / "hubconf.py").write_text(
            "from parts import Small\ndef small(pretrained=False, **kwargs):\n    return Small(**kwargs)\n"
        )
        name = f"hub:{own / 'repository'}:small"
        try:
            assert pn.build(name, num_classes=3)(torch.zeros(1, 3, 224, 224)).shape == (1, 3)
            assert isinstance(
                torch.hub.load(own / "repository", "small", source="local"), nn.Module
            )  # the oracle
        finally:
            for module in ("parts", "hubconf"):
                sys.modules.pop(module, None)

    def test_nothing_is_published_for_it(self) -> None:
        with pytest.raises(WeightsError, match="ownnets:Small is code of your own"):
            pn.pretrained("ownnets:Small", "imagenet", style="quiet")

    def test_installed_modules_come_before_those_here(self, own: Path) -> None:
        """A file that is called as an installed module is not taken for it."""
        (own / "platformdirs.py").write_text("raise SystemExit('executed')")
        sys.modules.pop("filelock.nothing", None)
        with pytest.raises(UnknownName, match="unknown function of platformdirs"):
            pn.build("platformdirs:make")


def test_a_network_is_made_by_name_only_where_it_was_named(own: Path) -> None:
    assert not networks.elsewhere.is_trusted("ownnets:Small")
    assert "ownnets" not in sys.modules  # nothing is imported to know
    pn.build("ownnets:Small")
    of_code._named.clear()  # another process
    assert networks.elsewhere.is_trusted("ownnets:Small")
    assert not networks.elsewhere.is_trusted("ownnets:seven")
    (own / "state" / "prunelle" / "own-networks.json").write_text("damaged")
    assert not networks.elsewhere.is_trusted("ownnets:Small")


def test_the_same_name_in_another_place_is_other_code(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pn.build("ownnets:Small")
    of_code._named.clear()
    sys.modules.pop("ownnets")
    other = own / "stranger"
    other.mkdir()
    (other / "ownnets.py").write_text("raise SystemExit('executed')")
    monkeypatch.chdir(other)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(own)])
    assert not networks.elsewhere.is_trusted("ownnets:Small")

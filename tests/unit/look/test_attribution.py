"""Each method against its formula, worked out here with autograd alone, in float64."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import prunelle as pn
from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.attribution import attribute
from prunelle.look.layers import examine
from tests.unit.look.networks import images, residual


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return pn.build("course-look", num_classes=4, in_channels=3, input_size=8).double().eval()


def _maps_and_gradients(
    network: nn.Module, image: torch.Tensor, target: int
) -> tuple[torch.Tensor, torch.Tensor]:
    maps = F.relu(network.features[2](F.relu(network.features[0](image))))
    logit = network.head(F.max_pool2d(maps, 2))[0, target]
    (gradient,) = torch.autograd.grad(logit, maps)
    return maps.detach(), gradient


@pytest.mark.parametrize("target", [0, 3])
def test_grad_cam(network: nn.Module, target: int) -> None:
    image = images(1).double()
    maps, gradient = _maps_and_gradients(network, image, target)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    expected = F.relu((weights * maps).sum(dim=1))[0].float()
    found = attribute(network, image, target, "grad-cam", layer="features.3")
    torch.testing.assert_close(found.values, expected)


@pytest.mark.parametrize("target", [0, 3])
def test_hires_cam(network: nn.Module, target: int) -> None:
    image = images(1).double()
    maps, gradient = _maps_and_gradients(network, image, target)
    expected = F.relu((gradient * maps).sum(dim=1))[0].float()
    found = attribute(network, image, target, "hires-cam", layer="features.3")
    torch.testing.assert_close(found.values, expected)
    assert expected.any()


def test_the_two_agree_where_maps_are_averaged_and_a_dense_layer_follows() -> None:
    """Draelos & Carin 2020, section 3: then, and only then."""
    torch.manual_seed(0)
    network = pn.build("resnet20").double()
    image = images(1, 3, 32).double()
    cams = [
        attribute(network, image, 2, method, layer="layer3").values for method in ("grad-cam", "hires-cam")
    ]
    torch.testing.assert_close(*cams)
    assert cams[0].any()


def test_saliency_is_the_size_of_the_gradient(network: nn.Module) -> None:
    image = images(1).double().requires_grad_()
    (gradient,) = torch.autograd.grad(network(image)[0, 1], image)
    found = attribute(network, image, 1, "saliency")
    torch.testing.assert_close(found.values, gradient.abs().amax(dim=1)[0].float())


def test_integrated_gradients_add_up_to_the_difference_from_the_mean_picture(network: nn.Module) -> None:
    """Completeness (Sundararajan et al. 2017, proposition 1)."""
    image = images(1).double()
    with torch.no_grad():
        difference = (network(image) - network(torch.zeros_like(image)))[0, 2].item()
    found = attribute(network, image, 2, "integrated-gradients")
    assert found.values.sum().item() == pytest.approx(difference, rel=0.03)


def test_occlusion_is_what_the_score_loses() -> None:
    """A network that adds up one corner: covering that corner loses its sum, covering the rest nothing."""

    class Corner(nn.Module):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            corner = batch[:, :, :2, :2].sum(dim=(1, 2, 3))
            return torch.stack([corner, -corner], dim=1)

    image = torch.ones(1, 3, 12, 12)
    found = attribute(Corner(), image, 0, "occlusion").values
    against = attribute(Corner(), image, 1, "occlusion").values
    assert found[0, 0] == pytest.approx(12.0)
    torch.testing.assert_close(found[3:], torch.zeros(9, 12))
    torch.testing.assert_close(against, -found)


def test_guided_backpropagation_stops_negative_gradients(network: nn.Module) -> None:
    class Guided(torch.autograd.Function):
        @staticmethod
        def forward(context: object, values: torch.Tensor) -> torch.Tensor:
            context.save_for_backward(values)  # type: ignore[attr-defined]
            return values.clamp(min=0)

        @staticmethod
        def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
            (values,) = context.saved_tensors  # type: ignore[attr-defined]
            return gradient.clamp(min=0) * (values > 0)

    image = images(1).double().requires_grad_()
    maps = Guided.apply(network.features[2](Guided.apply(network.features[0](image))))
    (expected,) = torch.autograd.grad(network.head(F.max_pool2d(maps, 2))[0, 1], image)
    found = attribute(network, image, 1, "guided-backpropagation")
    torch.testing.assert_close(found.values, expected.abs().amax(dim=1)[0].float())


def test_one_output_is_the_second_class_and_minus_it_the_first() -> None:
    torch.manual_seed(0)
    network = pn.build("course-photos", input_size=16)
    image = images(1, 3, 16)
    first, second = (attribute(network, image, target, "integrated-gradients").values for target in (0, 1))
    torch.testing.assert_close(first, -second)
    with torch.no_grad():
        logit = network.eval()(image).double()
    expected = torch.cat([1 - torch.sigmoid(logit), torch.sigmoid(logit)], dim=1)
    torch.testing.assert_close(pn.predictor(network)(image), expected)


def test_what_cannot_be_done_is_said() -> None:
    network = pn.build("dense", input_size=8, in_channels=3)
    with pytest.raises(ArgumentError, match="grad-cam needs the name of a layer with maps; received None"):
        attribute(network, images(1), 0, layer=examine(network, (3, 8, 8)).attention)
    with pytest.raises(ArgumentError, match="grad-cam needs a layer with maps; head gives none"):
        attribute(residual(), images(1), 0, layer="head")
    with pytest.raises(ArgumentError, match="this network has none"):
        attribute(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), images(1), 0, "guided-backpropagation")
    with pytest.raises(UnknownName, match=r"unknown method 'grad-camm'. Did you mean 'grad-cam'"):
        attribute(network, images(1), 0, "grad-camm")  # type: ignore[arg-type]


def test_progress_counts_the_passes() -> None:
    seen: list[tuple[int, int]] = []
    attribute(residual(), images(1), 0, "occlusion", progress=lambda done, total: seen.append((done, total)))
    done, totals = zip(*seen, strict=True)
    assert list(done) == sorted(done)
    assert done[-1] == totals[-1]

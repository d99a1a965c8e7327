"""What is seen in networks for series, against numbers worked by hand and against autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import nn

import prunelle as pn
from prunelle.errors import ArgumentError
from prunelle.look import series as look
from prunelle.networks import build
from prunelle.views import views_of
from prunelle.views.series_look import SeriesLook
from prunelle.views.series_where import class_activation_figure


def fcn(channels: int = 2, **options: object) -> nn.Module:
    torch.manual_seed(0)
    return build("fcn", num_classes=3, in_channels=channels, input_size=40, **options).eval()  # type: ignore[arg-type]


def batch(n: int = 4, channels: int = 2, length: int = 40) -> torch.Tensor:
    return torch.randn(n, channels, length, generator=torch.Generator().manual_seed(1))


def drawn(view: str, network: nn.Module, series: torch.Tensor, **options: object) -> Figure:
    """The first figure of a view of series that need no preparation."""
    values = series.movedim(1, -1).numpy()
    channels, length = series.shape[1:]
    preprocess = pn.SeriesPreprocess(
        length=length, channels=channels, mean=(0.0,) * channels, std=(1.0,) * channels
    )
    look = SeriesLook(
        **{
            "network": network,
            "preprocess": preprocess,
            "classes": "abc",
            "given": (values, [str(n) for n in range(len(values))]),
            "labelled": lambda: (values, np.zeros(len(values), int)),
            "sample_size": None,
            "layers": None,
            "channel": None,
            **options,
        }  # type: ignore[arg-type]
    )
    return next(views_of("series")[view].plates(look, "fr")).figure


class TestClassActivation:
    def test_its_mean_and_the_bias_are_the_logit(self) -> None:
        network, series = fcn(), batch()
        found = look.class_activation(network, series, [0, 2, 1, 2])
        logits = network(series)[range(4), [0, 2, 1, 2]]
        bias = network.head[2].bias[[0, 2, 1, 2]]  # type: ignore[union-attr, index]
        np.testing.assert_allclose(found.mean(axis=1), (logits - bias).detach(), rtol=1e-4, atol=1e-6)

    def test_it_is_the_gradient_times_the_maps(self) -> None:
        """∂logit/∂map_k(t) = w_k / T, from autograd."""
        network, series = fcn(), batch(1)
        maps = network.features(series).detach().requires_grad_()  # type: ignore[operator]
        network.head(maps)[0, 1].backward()  # type: ignore[operator]
        assert maps.grad is not None
        expected = (maps.grad * maps * maps.shape[2]).sum(dim=1).detach()
        np.testing.assert_allclose(
            look.class_activation(network, series, [1]), expected, rtol=1e-4, atol=1e-6
        )

    def test_padding_has_none(self) -> None:
        series = batch()
        series[1, :, 25:] = torch.nan
        found = look.class_activation(fcn(masked=True), series, [0, 1, 2, 0])
        assert np.isnan(found[1, 25:]).all()
        assert np.isfinite(found[1, :25]).all()
        assert np.isfinite(found[0]).all()

    def test_an_ensemble_has_its_members_mean(self) -> None:
        network, series = fcn(ensemble=2), batch()
        each = [look.class_activation(one, series, [0] * 4) for one in network.members]  # type: ignore[union-attr]
        np.testing.assert_allclose(look.class_activation(network, series, [0] * 4), (each[0] + each[1]) / 2)

    @pytest.mark.parametrize("network", [build("t-lenet"), build("course-series"), nn.Linear(3, 2)])
    def test_other_heads_have_none(self, network: nn.Module) -> None:
        with pytest.raises(ArgumentError, match="class activation maps want a"):
            look.class_activation(network, batch(1, 1, 128), [0])

    def test_drawn_along_the_series(self) -> None:
        network, series = fcn(1), batch(2, 1)
        series[1, :, 30:] = torch.nan
        maps = look.class_activation(network, series[:1], [2])
        figure = class_activation_figure(network, series, [2, 0], ["two", "$nought"], "fr")
        (lines,) = (one for one in figure.axes[0].collections if isinstance(one, LineCollection))
        np.testing.assert_allclose(lines.get_array(), (maps[0, :-1] + maps[0, 1:]) / 2, rtol=1e-5)
        np.testing.assert_allclose([piece[0][1] for piece in lines.get_segments()], series[0, 0, :-1])
        assert len(figure.axes[1].collections[0].get_segments()) == 29  # type: ignore[attr-defined]
        assert [axes.get_title() for axes in figure.axes[:2]] == ["two", "$nought"]
        assert "pour" in [text.get_text() for text in figure.axes[2].get_xticklabels()]


def peaks() -> nn.Sequential:
    """Channel 0 answers to a step up within 3 steps, channel 1 to a step down."""
    convolution = nn.Conv1d(1, 2, 3, padding=1, bias=False)
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([[[-1.0, 0, 1]], [[1.0, 0, -1]]]))
    return nn.Sequential(convolution, nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten())


class TestExcitingWindows:
    def test_worked_by_hand(self) -> None:
        series = torch.zeros(2, 1, 20)
        series[0, 0, 5:] = 1
        series[1, 0, 12:] = 3
        # Steps 4 and 5 both see the rise; the first wins. Step 11 of the second sees 10, 11, 12.
        assert look.exciting_windows(peaks(), series, "1", 0) == [
            look.Window(1, 10, 13, 3.0),
            look.Window(0, 3, 6, 1.0),
        ]
        # Down: beyond the last step is the padding's 0.
        assert look.exciting_windows(peaks(), series, "1", 1, most=1) == [look.Window(1, 18, 20, 3.0)]

    def test_the_window_is_what_the_channel_reads(self) -> None:
        """Outside of it, whatever changes does not change the answer; inside, it does."""
        network, series = build("inceptiontime", in_channels=2, input_size=300).eval(), batch(1, 2, 300)
        (window,) = look.exciting_windows(network, series, "features.0.inception.0.relu", 70)
        at = int(look.activations(network, series)["features.0.inception.0.relu"][0, 70].argmax())
        assert window.start <= at < window.stop
        noise = series.clone()
        noise[:, :, : window.start] = 9
        noise[:, :, window.stop :] = 9
        changed = look.activations(network, noise)["features.0.inception.0.relu"][0, 70, at]
        assert changed == pytest.approx(window.activation, rel=1e-4)

    def test_names_and_numbers_that_are_not_there(self) -> None:
        with pytest.raises(ArgumentError, match="layer must be one of 1; received 'x'"):
            look.exciting_windows(peaks(), batch(1, 1), "x", 0)
        with pytest.raises(ArgumentError, match="channel must be from 0 to 1 in 1; received 2"):
            look.exciting_windows(peaks(), batch(1, 1), "1", 2)


def test_filters_are_those_that_read_the_series() -> None:
    network = fcn()
    name, weights = look.first_filters(network)
    assert name == "features.0"
    np.testing.assert_array_equal(weights, network.features[0].weight.detach())  # type: ignore[index, union-attr]
    figure = drawn("filters", network, batch())
    assert len(figure.axes) == 32
    np.testing.assert_allclose(figure.axes[3].lines[1].get_ydata(), weights[3, 0])
    # Of a module of kernels 40, 20 and 10, the longest.
    assert look.first_filters(build("inceptiontime"))[1].shape == (32, 1, 40)
    assert look.first_filters(build("inceptiontime", in_channels=3))[1].shape == (32, 32, 40)
    with pytest.raises(ArgumentError, match="no one-dimensional convolution"):
        look.first_filters(build("lenet5"))


def test_activations_are_what_the_layers_give_and_the_mode_stays() -> None:
    network = fcn().train()
    found = look.activations(network, batch())
    assert network.training
    with torch.no_grad():
        expected = network.eval().features(batch())  # type: ignore[operator]
    np.testing.assert_allclose(found["features.8"], expected, rtol=1e-5)
    assert list(found) == ["features.2", "features.5", "features.8"]
    figure = drawn("activations", network, batch())
    assert len(figure.axes) == 4
    assert figure.axes[-1].get_xlabel() == "pas de temps"


def test_convolutions_move_with_the_series_and_a_position_does_not() -> None:
    distances, changes = look.equivariance(fcn(), batch(length=80), [0, 3, 10])
    np.testing.assert_allclose(distances, 0, atol=1e-5)
    assert changes[0] == 0
    assert (changes[1:] > 0).all()

    class Placed(nn.Module):
        """Adds where a step is: that does not move."""

        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten())

        def features(self, series: torch.Tensor) -> torch.Tensor:
            return series + torch.arange(80.0)

        def forward(self, series: torch.Tensor) -> torch.Tensor:
            return self.head(self.features(series))  # type: ignore[no-any-return]

    assert (look.equivariance(Placed(), batch(length=80), [5])[0] > 0.05).all()
    assert len(drawn("equivariance", fcn(), batch(length=80)).axes[0].lines) == 2
    with pytest.raises(ArgumentError, match="maps as long as the series, 128 steps; these have 16"):
        look.equivariance(build("t-lenet"), batch(1, 1, 128), [1])
    with pytest.raises(ArgumentError, match="without padding"):
        look.equivariance(fcn(masked=True), torch.full((1, 2, 40), torch.nan), [1])


def test_exciting_windows_are_drawn_in_their_series() -> None:
    figure = drawn("patches", fcn(), batch(), layers=["features.2"])
    assert len(figure.axes) == 8 * 6  # eight channels
    grey, window = figure.axes[0].lines[:2]
    assert len(np.asarray(grey.get_xdata())) == 40
    assert len(np.asarray(window.get_xdata())) <= 8

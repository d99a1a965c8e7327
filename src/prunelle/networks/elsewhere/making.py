"""What a name of a network from elsewhere stands for: a function that makes it as ``build`` wants it."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import traceback
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn

from prunelle.errors import ArgumentError, a_kind
from prunelle.memory import is_out_of_memory
from prunelle.networks.classifier import with_classifier
from prunelle.networks.summary import evaluating

_OTHERS_FAILURES = (RuntimeError, ValueError, TypeError, AssertionError, LookupError, AttributeError)
"""What other people's modules raise at pictures that they were not made for."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TheirWeights:
    """A published set.

    Attributes:
        source: what it is, for a person.
        tensors: by name.
        imagenet: whether the outputs are ImageNet's 1,000 classes, in their order.
        preprocess: fields of ``Preprocess`` by name.
    """

    source: str
    tensors: Mapping[str, torch.Tensor]
    imagenet: bool
    preprocess: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Maker:
    """Makes a network; its signature tells its own sizes, as those of our families do.

    Attributes:
        name: as it was given.
        make: the function or class itself; takes keywords.
        takes: what it can be told of ``num_classes``, ``in_channels`` and ``input_size`` → what it calls that.
        options: the names of what else it takes; None where it takes anything.
        num_classes, in_channels, input_size: its own.
    """

    name: str
    make: Callable[..., nn.Module]
    takes: Mapping[str, str]
    options: tuple[str, ...] | None
    num_classes: int = 1000
    in_channels: int = 3
    input_size: tuple[int, ...] = (224, 224)

    @property
    def __signature__(self) -> inspect.Signature:
        own = {name: getattr(self, name) for name in ("num_classes", "in_channels", "input_size")}
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [inspect.Parameter(name, keyword, default=default) for name, default in own.items()]
        parameters += [inspect.Parameter(name, keyword, default=None) for name in self.options or ()]
        if self.options is None:
            parameters.append(inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD))
        return inspect.Signature(parameters)

    def __call__(
        self,
        *,
        num_classes: int | None = None,
        in_channels: int | None = None,
        input_size: tuple[int, ...] | None = None,
        **options: Any,
    ) -> nn.Module:
        """The network, with its ``input_shape``; where it cannot be told the number of classes, with a new classifier.

        Raises:
            ArgumentError: it takes no such pictures, or does not give logits.
        """
        given = {"num_classes": num_classes, "in_channels": in_channels, "input_size": input_size}
        if in_channels not in (None, self.in_channels) and "in_channels" not in self.takes:
            raise ArgumentError(
                f"{self.name} takes {self.in_channels} channel{'s' * (self.in_channels > 1)}; received in_channels="
                f"{in_channels}."
            )
        told = {
            theirs: getattr(self, ours) if given[ours] is None else given[ours]
            for ours, theirs in self.takes.items()
        }
        network = self._made(told | options)
        size = input_size or self.input_size
        shape = (in_channels or self.in_channels, *size)
        own = getattr(network, "input_shape", None)
        if own is not None and tuple(own) != shape:
            raise ArgumentError(f"{self.name} is for an input of shape {tuple(own)}; received {shape}.")
        outputs = self._outputs(network, shape)
        if (
            num_classes is not None
            and outputs not in (None, num_classes)
            and (outputs, num_classes) != (1, 2)
        ):
            if "num_classes" in self.takes:
                raise ArgumentError(
                    f"{self.name} was told num_classes={num_classes}, and gives {outputs} outputs. Make its last layer "
                    f"of that many."
                )
            network = with_classifier(network, num_classes, average=False, input_shape=shape)
        network.input_shape = shape  # type: ignore[assignment]
        return network

    def _made(self, arguments: Mapping[str, Any]) -> nn.Module:
        try:
            inspect.signature(self.make).bind(**arguments)
        except TypeError as error:
            raise ArgumentError(
                f"{self.name} cannot be called with {', '.join(arguments)}: {error}."
            ) from error
        try:
            network = self.make(**arguments)
        except _OTHERS_FAILURES as error:
            if torch.get_default_device().type == "meta":
                # Shapes alone were wanted, and it computes with values while it is made.
                with torch.device("cpu"):
                    return self._made(arguments).to("meta")
            if is_out_of_memory(error):
                raise
            raise ArgumentError(f"{self.name} could not be made: {failure(error)}.") from error
        if not isinstance(network, nn.Module):
            raise ArgumentError(f"{self.name} must give a torch.nn.Module; it gave {a_kind(network)}.")
        return network

    def _outputs(self, network: nn.Module, shape: tuple[int, ...]) -> int | None:
        """How many logits it gives; None where shapes alone do not tell."""
        device = next((weight.device for weight in network.parameters()), torch.get_default_device())
        try:
            with evaluating(network):
                answer = network(torch.zeros(1, *shape, device=device))
        except _OTHERS_FAILURES as error:
            if is_out_of_memory(error):
                raise
            if device.type == "meta" and shape[1:] == self.input_size:
                return None
            raise ArgumentError(
                f"{self.name} does not take an input of shape {shape}: {failure(error)}. Choose another size=…"
            ) from error
        if not isinstance(answer, torch.Tensor) or answer.ndim != 2:
            what = (
                f"a tensor of shape {tuple(answer.shape)}"
                if isinstance(answer, torch.Tensor)
                else a_kind(answer)
            )
            raise ArgumentError(
                f"{self.name} must give (N, num_classes) logits in evaluation mode; it gave {what} for N=1."
            )
        return int(answer.shape[1])


def first_line(error: BaseException) -> str:
    """Of what it says, as a sentence."""
    said = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return said if said.endswith((".", "!", "?")) else f"{said}."


def failure(error: BaseException) -> str:
    """In a line: what was raised, and where in the code that was named."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {first_line(error).rstrip('.')}{where}"


def library(package: str) -> ModuleType:
    """A package that need not be there.

    Raises:
        ArgumentError: it is not, or does not work: a half-working installation raises anything.
    """
    try:
        return importlib.import_module(package)
    except Exception as error:
        raise ArgumentError(
            f"{package} cannot be used here: importing it fails with {failure(error)}. Where it is not installed: pip "
            f"install {package.split('.')[0]}; torchvision (timm needs it) has to be of the build that goes with torch "
            f"{torch.__version__}."
        ) from error

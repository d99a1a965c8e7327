"""What a run says about its network, by name or one's own; and whether that network fits the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess, kind_of_shape
from prunelle.errors import ArgumentError
from prunelle.memory import is_out_of_memory
from prunelle.runs.run import build_network
from prunelle.training.outputs import class_logits


def network_info(
    name: str, options: Mapping[str, Any], data: Data, preprocess: AnyPreprocess
) -> dict[str, Any]:
    """The ``network`` entry of ``run.json``, but for the number of parameters."""
    return {
        "name": name,
        "num_classes": len(data.classes),
        "input_shape": list(preprocess.input_shape),
        "options": {key: list(v) if isinstance(v, tuple) else v for key, v in options.items()},
    }


def module_info(network: nn.Module, data: Data, preprocess: AnyPreprocess) -> dict[str, Any]:
    """By its name if ``prunelle.build`` made it and it still has the same weights, else by its class."""
    if hasattr(network, "built_as"):
        name, options = network.built_as  # type: ignore[misc]
        description = network_info(name, options, data, preprocess)
        with torch.device("meta"):
            as_built = build_network(description)
        if {n: w.shape for n, w in as_built.state_dict().items()} == {
            n: w.shape for n, w in network.state_dict().items()
        }:
            return description
    return network_info(type(network).__name__, {}, data, preprocess)


def try_out(network: nn.Module, input_shape: tuple[int, ...], num_classes: int) -> None:
    """Shows one black picture to a module of one's own, so that what does not fit is said before there is a run.

    Raises:
        ArgumentError: it does not take such pictures, or gives something else than logits for the classes.
    """
    modes = {module: module.training for module in network.modules()}
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    kind = kind_of_shape(input_shape)
    assert kind is not None  # it is the shape of a preprocessing
    examples = f"{kind.name} of (channels, {', '.join(kind.axes)})"
    try:
        network.eval()
        with torch.no_grad():
            outputs = network(torch.zeros(1, *input_shape, device=device))
    except (RuntimeError, ValueError, TypeError) as error:
        if is_out_of_memory(error):
            raise
        raise ArgumentError(
            f"the network must take {examples} {input_shape}; it stopped with: {error}. "
            f"Choose their size with size=…, or change the network."
        ) from error
    finally:
        for module, mode in modes.items():
            module.training = mode
    class_logits(outputs, num_classes)

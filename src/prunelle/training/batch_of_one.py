"""A batch of one example, where a network can't learn from it.

Batch normalisation takes means and variances over the batch and over each map. Where a map has shrunk to 1×1, or there
are only vectors, one example gives one value a channel, of which there is no variance; PyTorch refuses it.
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.data.batches import Batches
from prunelle.networks.freezing import training_mode
from prunelle.texts import Note
from prunelle.training.inference import Normaliser


def refuses_one(network: nn.Module, batches: Batches, normaliser: Normaliser) -> bool:
    """Whether the network, when it learns, refuses a batch of one of these examples.

    It is tried: whether a map ends at 1×1 depends on the pictures' size, and on layers that only run in training.
    Weights, running means, modes and random numbers are after it as they were before.
    """
    modes = [(module, module.training) for module in network.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    example, _ = batches.take(torch.tensor([batches.shortest()]))
    devices = [batches.device] if batches.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.no_grad():
        training_mode(network)
        try:
            network(normaliser.normalise(example))
        except ValueError as error:
            return "more than 1 value per channel" in str(error)
        except Exception:
            return False  # what else is wrong, the training says
        finally:
            for buffer, kept in buffers:
                buffer.copy_(kept)
            for module, mode in modes:
                module.training = mode
    return False


def joined(batch_size: int) -> Note:
    """That the last example joins the batch before it."""
    return Note(
        f"The last batch of an epoch would hold a single example, of which batch normalisation can't take a variance: "
        f"it joins the batch before, of {batch_size + 1} in place of {batch_size}.",
        f"Le dernier lot d’une époque n’aurait qu’un exemple, dont la normalisation par lots ne peut prendre la "
        f"variance : il rejoint le lot précédent, de {batch_size + 1} au lieu de {batch_size}.",
    )

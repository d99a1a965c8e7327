"""One contestant of ``training_step.py``: trains one network on pictures in memory each time it is asked to.

    python benchmarks/contestants.py keras|pytorch|prunelle|peak NETWORK PICTURES

Prints a JSON line when it is warm, then one for every line it reads. Every contestant has a process of its own
(Keras's back end is chosen by ``KERAS_BACKEND``), and the same pictures: uint8, drawn from a fixed seed, a
brighter band telling the class of two in three. So all of them have something to learn, and none ever gets
certain: gradients that vanish into denormal numbers would make PyTorch ten times slower.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

BATCH = 32
WARM = 128 * BATCH
"""Pictures that do not count: Keras compiles at the first, Prunelle captures its pass after a hundred batches."""
SHAPES = {
    "course-mnist": (28, 28, 1),
    "course-cifar": (32, 32, 3),
    "course-photos": (64, 64, 3),
    "lenet5": (32, 32, 1),
    "resnet20": (32, 32, 3),  # on a GPU only
}
"""Of a picture, ``(height, width, channels)``."""

Contest = tuple[Callable[[], Any], dict[str, Any]]
"""An epoch, and what to tell about the contestant."""


def pictures(name: str, n: int) -> tuple[np.ndarray, np.ndarray, int]:
    """``(n, H, W, C)`` uint8, ``(n,)`` int64 labels, and how many classes there are."""
    random = np.random.default_rng(0)
    num_classes = 2 if name == "course-photos" else 10
    labels = random.integers(num_classes, size=n)
    images = random.integers(0, 128, (n, *SHAPES[name]), dtype=np.uint8)
    told = np.flatnonzero(random.random(n) < 2 / 3)
    for row in range(2):
        images[told, 2 * labels[told] + row] += 127
    return images, labels, num_classes


def keras_contest(name: str, n: int) -> Contest:
    """``fit`` on arrays in memory, scaled to [0, 1], as its documentation shows; compiled by its own default."""
    import keras
    from keras_baseline import NETWORKS

    images, labels, num_classes = pictures(name, n)
    x = images.astype(np.float32) / 255
    model = NETWORKS[name]()
    if name == "lenet5":  # the pictures are 32×32 here, for everyone
        model = keras.Sequential([keras.Input(SHAPES[name]), *model.layers[1:]])
    loss = "binary_crossentropy" if num_classes == 2 else "sparse_categorical_crossentropy"
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss, metrics=["accuracy"])
    backend = keras.backend.backend()
    about = {
        "name": f"Keras {keras.__version__}, {backend} {_version(backend)}",
        "parameters": model.count_params(),
    }
    return lambda: model.fit(x, labels, batch_size=BATCH, epochs=1, verbose=0), about


def pytorch_contest(name: str, n: int, device: str = "cpu", batch_size: int = BATCH) -> Contest:
    """The loop of PyTorch's quickstart tutorial: ``DataLoader``, (N, C, H, W) memory, Adam."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from prunelle import build

    images, labels, num_classes = pictures(name, n)
    x = torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 255).contiguous()
    y = torch.from_numpy(labels)
    if num_classes == 2:
        y = y.float()[:, None]
    dataloader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    model = build(name).to(device)  # plain modules, untouched
    loss_fn = nn.BCEWithLogitsLoss() if num_classes == 2 else nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def epoch() -> None:
        model.train()
        for batch, (X, target) in enumerate(dataloader):  # noqa: N806
            X, target = X.to(device), target.to(device)  # noqa: N806
            loss = loss_fn(model(X), target)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            if batch % 100 == 0:
                loss.item()

    return epoch, {
        "name": f"PyTorch {torch.__version__}",
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def prunelle_contest(
    name: str, n: int, device: str = "cpu", batch_size: int = BATCH, **recipe: Any
) -> Contest:
    """The engine that ``prunelle train`` runs, from decoded pictures to epoch records."""
    import torch

    import prunelle
    from prunelle.data.pixels import Pixels
    from prunelle.training.engine import Training
    from prunelle.training.records import EpochRecord

    images, labels, num_classes = pictures(name, n)
    height, width, channels = SHAPES[name]
    torch.manual_seed(0)
    network = prunelle.build(name)
    flops = step_flops(name) / BATCH
    preprocess = prunelle.Preprocess(size=(height, width), channels=channels).with_statistics(images)
    training = Training(
        network,
        Pixels(images, labels),
        None,
        tuple(map(str, range(num_classes))),
        preprocess,
        prunelle.Recipe(epochs=1_000_000, batch_size=batch_size, device=device, **recipe),
    )
    records = training.run()

    def epoch() -> None:
        while not isinstance(next(records), EpochRecord):
            pass

    return epoch, {
        "name": f"Prunelle {_version('prunelle')}, PyTorch {torch.__version__}",
        "parameters": sum(p.numel() for p in network.parameters()),
        "flops": flops,
        "threads": torch.get_num_threads(),
    }


def peak_contest(_name: str, _n: int) -> Contest:
    """Products of 2048×2048 matrices in float32: what the machine gives at most."""
    import torch

    a, b = torch.randn(2, 2048, 2048)
    return lambda: [torch.mm(a, b) for _ in range(10)], {"name": "peak", "flops": 10 * 2 * 2048**3}


CONTESTS = {
    "keras": keras_contest,
    "pytorch": pytorch_contest,
    "prunelle": prunelle_contest,
    "peak": peak_contest,
}


def step_flops(name: str) -> int:
    """Floating-point operations of a step's convolutions and matrix products, forward and backward."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from prunelle import build

    height, width, channels = SHAPES[name]
    with FlopCounterMode(display=False) as counter:
        build(name)(torch.zeros(BATCH, channels, height, width)).sum().backward()
    return int(counter.get_total_flops())


PARTS = {
    "convolutions": ("convolution",),
    "dense layers": ("addmm", "aten::mm", "aten::mv"),
    "pooling, ReLU, dropout": (
        *("pool", "relu", "threshold", "dropout", "random_", "bitwise", "maximum", "Pool", "Relu"),
        *("aten::mul", "aten::sub", "where", "aten::eq", "aten::gt", "aten::sum"),
    ),
    "loss and accuracy": ("softmax", "nll_loss", "argmax", "item", "_local_scalar", "cross_entropy"),
    "batches": ("index", "addcmul", "randperm"),
    "optimiser": ("_fused_",),
    "copies and new tensors": ("copy_", "empty", "zero", "fill_", "clone", "contiguous", "stride"),
}
"""Part of a step → parts of the names of the operations in it; the first that fits counts."""


def profile(epoch: Callable[[], Any]) -> dict[str, float]:
    """Share of an epoch's time spent in each part; the rest is Python, autograd and the profiler."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as record

    begin = time.perf_counter()
    with record(activities=[ProfilerActivity.CPU]) as recorded:
        epoch()
        seconds = time.perf_counter() - begin
    shares = dict.fromkeys(PARTS, 0.0)
    for event in recorded.key_averages():
        part = next((p for p, names in PARTS.items() if any(name in event.key for name in names)), None)
        if part is not None:
            shares[part] += event.self_cpu_time_total / 1e6 / seconds
    return shares | {"Python and the rest": 1 - math.fsum(shares.values())}


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    for candidate in (package, f"{package}-cpu"):
        try:
            return version(candidate)
        except PackageNotFoundError:
            pass
    return ""


def main() -> None:
    kind, name, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    epoch, about = CONTESTS[kind](name, n)
    for _ in range(math.ceil(WARM / n) if n else 1):
        epoch()
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        if line.strip() == "profile":
            print(json.dumps(profile(epoch)), flush=True)
            continue
        begin = time.perf_counter()
        epoch()
        print(json.dumps({"seconds": time.perf_counter() - begin}), flush=True)


if __name__ == "__main__":
    main()

"""A server in this process, whose network is worked out by hand: a picture's classes are its red, green and blue."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.planning.weights import Pretrained
from tests.pictures import encoded

pytest.importorskip("prometheus_client", reason="the extra serve is not installed: make test-serve")

from prunelle import tasks
from prunelle.serve.limits import Limits
from prunelle.serve.server import Server
from tests.page.conftest import chromium

__all__ = ["chromium"]

COLOURS = ("red", "green", "blue")
PREPROCESS = pn.Preprocess(size=(8, 8), mean=(0.0, 0.0, 0.0), std=(0.25, 0.25, 0.25))


class Mean(nn.Module):
    """``(N, 3, H, W)`` → ``(N, 3)``: the mean of each channel, which is four times its level in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.head = nn.AdaptiveAvgPool2d(1), nn.Flatten()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(images))


class Red(Mean):
    """Of the red alone: ``(N, 1)``."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images)[:, :1]


class Slow(Mean):
    """Takes a while, whatever the batch."""

    seconds = 0.3

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        time.sleep(self.seconds)
        return super().forward(images)


def picture(red: int, green: int, blue: int, kind: str = "PNG", size: tuple[int, int] = (10, 10)) -> bytes:
    """The file of a picture of one colour."""
    return encoded(Image.new("RGB", size, (red, green, blue)), kind)


def probabilities(*levels: int) -> np.ndarray:
    """``Mean``'s of a picture of that colour, by NumPy."""
    logits = np.array(levels, np.float64) / 255 / 0.25
    return np.exp(logits) / np.exp(logits).sum()


def answerer(
    network: nn.Module | None = None, *, target: Target = ONE_CLASS, classes: Any = COLOURS, **given: Any
):
    """Of ``Mean``, or another network on small pictures."""
    made = Pretrained(network or Mean(), tuple(classes), True, PREPROCESS, "colours", target)
    return tasks.answerer(made, runtime="torch", style="quiet", **given)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """``serve(answerer, …)``: a server at a free port."""
    with serving() as start:
        yield start


@contextlib.contextmanager
def serving() -> Iterator[Callable[..., Server]]:
    """As the fixture ``serve``."""
    started: list[Server] = []

    def start(given: Any = None, *, key: str | None = None, **limits: Any) -> Server:
        server = Server(given or answerer(), port=0, key=key, limits=Limits(**limits))
        started.append(server.start())
        return server

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests of a file that do not change it."""
    with serving() as start:
        yield start()


class Answer:
    """Status, headers and body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """One request on a connection of its own; in the names of headers ``_`` is ``-``."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def form(*files: tuple[str, bytes]) -> dict[str, Any]:
    """``body`` and ``Content_Type`` of a form, written by hand."""
    parts = b"".join(
        b'--limit\r\nContent-Disposition: form-data; name="files"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: application/octet-stream\r\n\r\n'
        + content
        + b"\r\n"
        for name, content in files
    )
    return {"body": parts + b"--limit--\r\n", "Content_Type": "multipart/form-data; boundary=limit"}


def predict(server: Server, *files: tuple[str, bytes], query: str = "") -> Answer:
    """The answers to files, sent as a form."""
    return ask(server, "POST", f"/predict{query}", **form(*files))


def raw(server: Server) -> socket.socket:
    """A connection."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Waits until it does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)

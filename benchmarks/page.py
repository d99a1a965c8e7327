"""The page in a real browser: from a stroke to every visible layer drawn, from a pointer to a value explained.

    python benchmarks/page.py --browser /usr/bin/chromium
    python benchmarks/page.py --networks lenet5 vgg16:224 --strokes 200

Needs playwright and a Chromium. The server is a process of its own, weights are random, the window has 1280×900 pixels.

- stroke: from the pointer's event until the maps of all layers in sight are painted; of a network that one cannot draw
  for (colours), from the pasting of a picture on
- ten: the same while nine others draw without pause, each over a WebSocket, as from other machines
- value: from the pointer's event until the explanation stands
- opening: from the address to the panel, for the second who opens it: the network is in memory
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import threading
import time
import urllib.request
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

NETWORKS = (
    "course-mnist",
    "course-cifar",
    "course-photos",
    "course-look",
    "lenet5",
    "resnet18:64",
    "vgg16:224",
)
FRAME_S = 1 / 60

_LISTEN = """() => {
  window.times = { drawn: [], answered: [] };
  const panel = document.querySelector(".panel.look");
  for (const name of ["drawn", "answered"]) {
    panel.addEventListener(name, ({ detail }) => window.times[name].push(detail.ms));
  }
}"""
_PASTE = """async (seed) => {
  const [canvas, count] = [document.createElement("canvas"), window.times.drawn.length];
  canvas.width = canvas.height = 256;
  const pen = canvas.getContext("2d");
  for (let i = 0; i < 40; i++) {
    pen.fillStyle = `hsl(${(seed * 37 + i * 53) % 360} 70% 50%)`;
    pen.fillRect((i * 97 + seed * 13) % 256, (i * 61) % 256, 60, 60);
  }
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([blob], "a.jpg"));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
  while (window.times.drawn.length === count) await new Promise((done) => setTimeout(done, 4));
}"""


def serve(network: str, pipe: Connection) -> None:
    """A server in a process of its own; each message asks for an address, the last is None."""
    import prunelle

    name, _, size = network.partition(":")
    server = prunelle.open(name, port=0, browser=False, **({"size": int(size)} if size else {}))
    while pipe.recv() is not None:
        pipe.send(server.address())
    server.close()


def draw_elsewhere(address: str, stop: Any) -> None:
    """One of the nine: draws, waits for the answer, draws on; at most as often as a screen shows it."""
    from websockets.sync.client import connect

    from prunelle.page.wire import Frame, Message, decode, encode

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *given: object) -> None:
            return None

    base = address.split("/?")[0]
    try:
        urllib.request.build_opener(NoRedirect).open(address)
        raise SystemExit("the address gave no cookie")
    except urllib.error.HTTPError as error:
        cookie = error.headers["Set-Cookie"].split(";")[0]
    headers = {"Cookie": cookie, "Origin": base}
    with connect(base.replace("http", "ws") + "/live", additional_headers=headers, max_size=None) as socket:

        def ask(panel: str, content: dict[str, Any], *arrays: np.ndarray) -> dict[str, Any]:
            socket.send(encode(Frame(panel, 1, Message(content, arrays))))
            while True:
                frame = decode(socket.recv())  # type: ignore[arg-type]
                if frame.id is not None:
                    return dict(frame.message.content)

        opened = {"type": "open", "panel": "look", "options": {}, "language": "en"}
        state = ask("shell", opened)
        maps = {
            layer["name"]: {"first": 0, "last": min(16, layer["shape"][0]), "side": 76}
            for layer in state["layers"][:6]
        }
        ask("look", {"type": "watch", "maps": maps})
        grey = state["channels"] == 1
        random = np.random.default_rng(0)
        while not stop.is_set():
            begin = time.perf_counter()
            picture = random.integers(0, 256, (280, 280) if grey else (128, 128, 3), np.uint8)
            ask("look", {"type": "picture", "source": "canvas"}, picture)
            time.sleep(max(0.0, FRAME_S - (time.perf_counter() - begin)))


def others(addresses: list[str], stop: Any) -> None:
    threads = [threading.Thread(target=draw_elsewhere, args=(address, stop)) for address in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def strokes(page: Any, count: int) -> list[float]:
    """Milliseconds of each answer that was drawn while ``count`` events came, 60 a second."""
    page.evaluate("() => { window.times.drawn = []; }")
    canvas = page.locator(".look-drawing")
    if canvas.count() == 0:
        for seed in range(max(10, count // 6)):
            page.evaluate(_PASTE, seed)
        return list(page.evaluate("window.times.drawn"))
    box = canvas.bounding_box()
    random = np.random.default_rng(0)
    for _ in range(count // 20):
        y, x = random.uniform(0.2, 0.8, 2)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        for turn in np.linspace(0, 6, 20):
            begin = time.perf_counter()
            at = (x + 0.15 * np.cos(turn), y + 0.15 * np.sin(turn))
            page.mouse.move(box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"])
            time.sleep(max(0.0, FRAME_S - (time.perf_counter() - begin)))
        page.mouse.up()
        page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(300)
    return list(page.evaluate("window.times.drawn"))


def values(page: Any, count: int) -> list[float]:
    """Milliseconds of each value that was explained, the pointer going over maps of convolutions in sight."""
    page.evaluate("() => { window.times.answered = []; }")
    maps = page.locator(".look-layer:has(small:text('Conv')) .look-map")
    boxes = [box for box in (one.bounding_box() for one in maps.all()) if box and 60 < box["y"] < 800]
    random = np.random.default_rng(0)
    for i in range(count):
        box = boxes[i % len(boxes)]
        y, x = random.uniform(0.1, 0.9, 2)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(60)
    return list(page.evaluate("window.times.answered"))


def told(times: list[float]) -> str:
    if len(times) < 2:
        return "–"
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return f"{statistics.median(times):.0f} / {cuts[18]:.0f} ({len(times)})"


def measure(browser: Any, network: str, count: int, crowded: int) -> list[str]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=serve, args=(network, there))
    server.start()

    def address() -> str:
        here.send("another")
        return str(here.recv())

    def visit() -> tuple[Any, float]:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
        page.set_default_timeout(120_000)
        page.goto(address())
        begin = time.perf_counter()
        page.goto(page.url.split("#")[0] + "#look")
        page.locator(".look-tiles, .look-units").first.wait_for()
        seconds = time.perf_counter() - begin
        page.wait_for_timeout(1000)
        # Of a deep network, the first stage unfolded: its convolutions are in sight.
        for fold in page.locator(".look-fold").all()[:1]:
            fold.click()
        page.evaluate(_LISTEN)
        return page, seconds

    try:
        visit()[0].close()
        page, opening = visit()
        strokes(page, 20)
        alone, explained = strokes(page, count), values(page, count // 3)
        page.keyboard.press("Escape")
        together: list[float] = []
        if crowded:
            stop = context.Event()
            crowd = context.Process(target=others, args=([address() for _ in range(crowded)], stop))
            crowd.start()
            page.wait_for_timeout(5000)
            together = strokes(page, count)
            stop.set()
            crowd.join()
        page.close()
    finally:
        here.send(None)
        server.join(20)
        server.kill()
    return [network, told(alone), told(together), told(explained), f"{opening:.2f}"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--networks", nargs="+", default=NETWORKS, help="names, with :SIZE where it is not their own"
    )
    parser.add_argument("--strokes", type=int, default=240, help="events of the pointer for each figure")
    parser.add_argument("--others", type=int, default=9, help="who draw at the same time; 0 leaves this out")
    parser.add_argument("--browser", default=None, help="a Chromium; playwright's own where none is named")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    print("| network | stroke, ms: p50 / p95 (n) | ten, ms | value, ms | opening, s |")
    print("| --- | --- | --- | --- | --- |")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=given.browser,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for network in given.networks:
            print(
                "| " + " | ".join(measure(browser, network, given.strokes, given.others)) + " |", flush=True
            )
        browser.close()


if __name__ == "__main__":
    main()

"""How ``prunelle serve`` bears load: clients in this process, the server in another, on 127.0.0.1 alone.

    python benchmarks/serve_load.py runs/photos photo.jpg --rate 50 --seconds 600
    python benchmarks/serve_load.py runs/photos photo.jpg --rate 10 --find --overload 4

Requests begin by the clock, whether those before are answered or not, as those of many people do: a server that is
too slow is not spared. Each has one picture, on a connection that is kept (at most ``--clients`` of them). What is
told: how many were answered, refused (503, with ``Retry-After``) and lost (neither), the latencies of both, and the
server's memory over time. ``--find`` doubles the rate from ``--rate`` on, and then halves the interval, for the largest
at which p99 is below ``--p99`` and nothing is refused. ``--overload`` then asks so many times as often, and afterwards
at half of the rate until ten answers in a row are that fast again: how long that takes is the recovery.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import platform
import re
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_SECONDS = 3600
MOST_RATE = 5000
ANSWER_SECONDS = 60
"""After which a request is given up, and lost."""


@dataclasses.dataclass
class Seen:
    """Of some seconds: when each request began (from the first), how long it took, and its status; 0 for lost."""

    rows: list[tuple[float, float, int]] = dataclasses.field(default_factory=list)
    late: float = 0.0

    def latencies(self, *, answered: bool) -> list[float]:
        """In seconds, sorted."""
        return sorted(took for _, took, status in self.rows if (status == 200) == answered and status)

    def share(self, quantile: float, *, answered: bool = True) -> float:
        """The latency that ``quantile`` of them stay below; NaN of none."""
        found = self.latencies(answered=answered)
        return found[min(len(found) - 1, int(quantile * len(found)))] if found else float("nan")

    def count(self, *statuses: int) -> int:
        """Of these statuses."""
        return sum(status in statuses for *_, status in self.rows)

    def line(self, rate: float) -> str:
        """What there is to say."""
        others = len(self.rows) - self.count(200, 503, 0)
        p50, p99, most = (1000 * self.share(quantile) for quantile in (0.5, 0.99, 1.0))
        told = 1000 * self.share(0.99, answered=False)
        return (
            f"{rate:7.1f}/s asked: {self.count(200)} answered, {self.count(503)} refused, {self.count(0)} lost, "
            f"{others} other; answered p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {most:.0f} ms; refused p99 "
            f"{told:.0f} ms; the client itself was late by at most {1000 * self.late:.0f} ms"
        )


class Client:
    """Connections that are kept, and requests over them."""

    def __init__(self, port: int, picture: bytes, most: int) -> None:
        head = (
            f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: image/jpeg\r\n"
            f"Content-Length: {len(picture)}\r\n\r\n"
        )
        self._request = head.encode() + picture
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._open = asyncio.Semaphore(most)

    async def ask(self) -> int:
        """A request; its status, or 0 where no answer came."""
        async with self._open:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await self._asked()
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                return 0

    async def _asked(self) -> int:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                break
            writer.close()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(self._request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r")[0]))
        except BaseException:
            writer.close()
            raise
        if "connection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))
        status = int(head.split(" ", 2)[1])
        if status == 503 and "retry-after: " not in head:
            raise ValueError("a refusal without Retry-After")
        return status

    def close(self) -> None:
        """Those that are idle."""
        for _, writer in self._idle:
            writer.close()


async def load(client: Client, rate: float, seconds: float) -> Seen:
    """``rate`` requests a second, by the clock."""
    seen, begin, running = Seen(), time.monotonic(), set()

    async def one(at: float) -> None:
        start = time.monotonic()
        status = await client.ask()
        seen.rows.append((at, time.monotonic() - start, status))

    for number in range(int(rate * seconds)):
        at = number / rate
        if (wait := begin + at - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        seen.late = max(seen.late, time.monotonic() - begin - at)
        task = asyncio.create_task(one(at))
        running.add(task)
        task.add_done_callback(running.discard)
    while running:
        await asyncio.wait(set(running))
    return seen


def rss_mb(process: int) -> float:
    """Of a process, with Linux's ``/proc``; NaN elsewhere."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return float("nan")
    return int(found[1]) / 1000 if found else float("nan")


async def watched(client: Client, process: int, rate: float, seconds: float, every: float) -> Seen:
    """``load``, with the server's memory told meanwhile."""
    begin, told = time.monotonic(), []

    async def watch() -> None:
        while True:
            told.append((time.monotonic() - begin, rss_mb(process)))
            print(f"  {told[-1][0]:6.0f} s: {told[-1][1]:.0f} MB", flush=True)
            await asyncio.sleep(every)

    watching = asyncio.create_task(watch())
    seen = await load(client, rate, seconds)
    watching.cancel()
    print(seen.line(rate), flush=True)
    return seen


async def largest(client: Client, rate: float, seconds: float, p99: float) -> float:
    """The largest rate that holds: doubled until it does not, then between."""

    async def holds(at: float) -> bool:
        seen = await load(client, at, seconds)
        good = seen.count(200) == len(seen.rows) and seen.share(0.99) < p99
        print(f"{seen.line(at)}: {'holds' if good else 'does not hold'}", flush=True)
        await asyncio.sleep(2)
        return good

    low, high = 0.0, rate
    while high <= MOST_RATE and await holds(high):
        low, high = high, 2 * high
    for _ in range(4):
        middle = (low + high) / 2
        low, high = (middle, high) if await holds(middle) else (low, middle)
    return low


async def recovery(client: Client, rate: float, p99: float) -> float:
    """Seconds at half of ``rate`` until the first of ten answers in a row that are below ``p99``; infinite in vain."""
    begin, good, since = time.monotonic(), 0, 0.0
    while time.monotonic() - begin < 120:
        start = time.monotonic()
        status = await client.ask()
        fast = status == 200 and time.monotonic() - start < p99
        since = start - begin if fast and not good else since
        good = good + 1 if fast else 0
        if good == 10:
            return since
        await asyncio.sleep(2 / rate)
    return float("inf")


@contextmanager
def server(words: list[str]) -> Iterator[tuple[int, int]]:
    """``prunelle serve``: its port and its process."""
    line = [sys.executable, "-m", "prunelle", "serve", *words, "--port", "0"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=os.environ | {"LC_ALL": "C"})
    assert process.stdout is not None
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/", text := process.stdout.readline())):
            if not text:
                raise SystemExit("the server did not start")
            print(text, end="")
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        process.wait(60)


async def main(given: argparse.Namespace, port: int, process: int) -> bool:
    """Whether all was as it should be."""
    client = Client(port, given.picture.read_bytes(), given.clients)
    await load(client, 5, 2)  # what the first ones take longer is not told
    good, rate = True, given.rate
    if given.find:
        rate = await largest(client, given.rate, min(given.seconds, 20), given.p99)
        print(f"The largest rate that holds: {rate:.1f}/s")
    else:
        seen = await watched(client, process, rate, given.seconds, max(5.0, given.seconds / 20))
        good = seen.count(200) == len(seen.rows) and seen.share(0.99) < given.p99
    if given.overload:
        seen = await watched(client, process, given.overload * rate, min(given.seconds, 60), 5)
        took = await recovery(client, rate, given.p99)
        print(f"Recovery: {took:.1f} s")
        good = good and seen.count(0) == 0 and took < 10
    client.close()
    return good


def parsed() -> argparse.Namespace:
    """What was asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", help="a run, an ONNX file, or '--network NAME --weights FILE'")
    parser.add_argument("picture", type=Path, help="a JPEG that is sent again and again")
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--p99", type=float, default=0.5, help="seconds")
    parser.add_argument("--clients", type=int, default=400, help="connections at a time, at most")
    parser.add_argument("--find", action="store_true", help="the largest rate that holds")
    parser.add_argument(
        "--overload", type=float, default=0.0, help="then so many times that rate, and the recovery"
    )
    parser.add_argument("--serve", default="", help="more words for prunelle serve")
    given = parser.parse_args()
    given.rate, given.seconds = min(given.rate, MOST_RATE), min(given.seconds, MOST_SECONDS)
    given.clients = min(given.clients, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
    return given


if __name__ == "__main__":
    asked = parsed()
    machine, cores = platform.processor() or platform.machine(), len(os.sched_getaffinity(0))
    print(f"{machine}, {cores} cores, load before {os.getloadavg()[0]:.1f}")
    with server([*shlex.split(asked.network), *shlex.split(asked.serve)]) as (at, of):
        fine = asyncio.run(main(asked, at, of))
    print("All as it should be." if fine else "Not as it should be.")
    sys.exit(not fine)

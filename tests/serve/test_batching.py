"""Many at once: batches, a queue that has an end, and the end of the server."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError
from prunelle.serve.limits import Limits
from prunelle.serve.server import Server
from tests.serve.conftest import Answer, Slow, answerer, ask, picture, predict, until

RED, BLUE = picture(255, 0, 0), picture(0, 0, 255)


def counted(ready: Any) -> list[int]:
    """The sizes of the batches that ``ready`` is asked for from now on."""
    sizes: list[int] = []
    rows = ready.rows

    def counting(examples: Sequence[np.ndarray], *, cautious: bool) -> Any:
        sizes.append(len(examples))
        return rows(examples, cautious=cautious)

    ready.rows = counting
    return sizes


def at_once(server: Server, number: int, files: int = 1) -> list[Answer]:
    with ThreadPoolExecutor(number) as pool:
        asked = [
            pool.submit(predict, server, *[(f"{i}.png", (RED, BLUE)[i % 2])] * files) for i in range(number)
        ]
        return [each.result() for each in asked]


def test_those_who_come_meanwhile_are_answered_together_each_his_own(serve: Callable[..., Server]) -> None:
    ready = answerer(Slow())
    server = serve(ready, batch=8)
    sizes = counted(ready)
    told = at_once(server, 17)
    assert [each.status for each in told] == [200] * 17
    for i, each in enumerate(told):
        (answer,) = each.json["answers"]
        assert (answer["file"], answer["predictions"][0]["class"]) == (f"{i}.png", ("red", "blue")[i % 2])
    assert sum(sizes) == 17
    assert max(sizes) == 8
    assert len(sizes) <= 8
    text = ask(server, "GET", "/metrics").body.decode()
    assert re.search(r"^prunelle_batch_size_sum 17\.0$", text, re.MULTILINE)
    assert 'prunelle_requests_total{path="/predict",status="200"} 17.0' in text
    assert 'prunelle_examples_total{outcome="answered"} 17.0' in text
    assert "prunelle_queue_examples 0.0" in text


def test_a_full_queue_says_when_to_come_again_and_recovers(serve: Callable[..., Server]) -> None:
    server = serve(answerer(Slow()), batch=2, queue=4, examples=4)
    told = at_once(server, 16)
    statuses = [each.status for each in told]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 4
    for each in told:
        if each.status == 503:
            assert 1 <= int(each.headers["retry-after"]) <= 3
            assert "come again in" in each.json["error"]
    assert predict(server, ("a.png", RED)).status == 200
    assert server.service.batcher.inside == 0
    assert 'prunelle_refusals_total{reason="queue"}' in ask(server, "GET", "/metrics").body.decode()


def test_a_slow_network_keeps_nobody_waiting_for_longer_than_people_stay(
    serve: Callable[..., Server],
) -> None:
    server = serve(answerer(Slow()), batch=2, patience=1.0)
    assert predict(server, ("a.png", RED)).status == 200  # 0.3 s each, as far as it knows now
    most = 0
    batcher, admit = server.service.batcher, server.service.batcher.admit

    def watching(examples: int) -> None:
        nonlocal most
        admit(examples)
        most = max(most, batcher.inside)

    batcher.admit = watching  # type: ignore[method-assign]
    statuses = [each.status for each in at_once(server, 30)]
    assert set(statuses) == {200, 503}
    # Of two a batch 0.15 s each: six or seven fit into a second.
    assert most <= 7
    assert predict(server, *[("a.png", RED)] * 20).status == 200


def test_a_request_as_large_as_the_queue_is_taken(serve: Callable[..., Server]) -> None:
    server = serve(batch=2, queue=4, examples=4)
    assert predict(server, *[("a.png", RED)] * 4).status == 200
    assert predict(server, *[("a.png", RED)] * 5).status == 413


def test_who_waits_too_long_is_told_and_is_not_computed_for(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slow, "seconds", 1.5)
    ready = answerer(Slow())
    server = serve(ready, batch=1, seconds=1, patience=100)
    sizes = counted(ready)
    told = at_once(server, 6)
    assert {each.status for each in told} <= {503, 408}
    assert all("longer than 1 s" in each.json["error"] for each in told)
    until(lambda: server.service.batcher.inside == 0)
    assert len(sizes) < 6


def test_what_was_taken_is_answered_and_what_comes_then_is_refused(serve: Callable[..., Server]) -> None:
    server = serve(answerer(Slow()), batch=1, patience=100)
    found: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: found.append(predict(server, ("a.png", RED)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    until(lambda: server.service.batcher.inside == 4)
    closing = threading.Thread(target=server.close)
    closing.start()
    until(lambda: server.service.stopping)
    refused = 0
    for _ in range(3):
        try:
            ask(server, "GET", "/health")
        except OSError:
            refused += 1
        time.sleep(0.02)
    for thread in (*threads, closing):
        thread.join()
    assert refused >= 2
    assert [each.status for each in found] == [200] * 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch": 0}, "batch must be at least 1"),
        ({"wait_ms": -1}, "wait_ms must be from 0"),
        ({"seconds": float("nan")}, "seconds must be above 0"),
        ({"queue": 10}, "queue must hold the examples of one request, 64; received 10"),
        ({"pixels": 10**9}, "pixels must be at most 178,956,970"),
        ({"body_bytes": 10**9}, "body_bytes must be at most 170,666,666"),
    ],
)
def test_limits_that_make_no_sense_are_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(said)):
        Limits(**given)

"""What there is under which path, and the way of a request for answers."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from prunelle.errors import PrunelleError
from prunelle.jobs.answerer import Answerer, Asked
from prunelle.memory import is_out_of_memory, out_of_memory
from prunelle.runs.predictions import AnyPrediction
from prunelle.serve.batching import Batcher
from prunelle.serve.bodies import Refused, asked_of, examples_in, given_of, read_body
from prunelle.serve.description import description, model_of
from prunelle.serve.door import Door, refuse
from prunelle.serve.limits import Busy, Limits, Room
from prunelle.serve.metrics import Metrics
from prunelle.serve.try_page import POLICY, page

Named = list[tuple[str, "np.ndarray | str"]]


class Service:
    """One network's; its batches run while the application does (``lifespan``).

    Attributes:
        stopping: set once the server takes nothing more.
    """

    def __init__(self, answerer: Answerer, limits: Limits) -> None:
        self.answerer, self.limits = answerer, limits
        self.metrics = Metrics()
        self.batcher = Batcher(answerer, limits, self.metrics)
        self.room = Room(limits.room_bytes)
        self.stopping = False
        self._readers = ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="reader")
        self.metrics.watch(
            "prunelle_queue_examples", "Examples not answered yet.", lambda: self.batcher.inside
        )
        self.metrics.watch(
            "prunelle_room_bytes", "Bodies and decoded examples in memory.", lambda: self.room.taken
        )

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """While there are requests."""
        running = asyncio.get_running_loop().create_task(self.batcher.run())
        await asyncio.sleep(0)
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            self._readers.shutdown(wait=False)

    async def health(self, request: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """Requests are taken."""
        if self.stopping or not self.batcher.alive:
            return JSONResponse({"ready": False}, 503)
        return JSONResponse({"ready": True})

    async def metrics_text(self, request: Request) -> Response:
        """For Prometheus."""
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def model(self, request: Request) -> Response:
        """What answers."""
        return JSONResponse(model_of(self.answerer, self.limits))

    async def predict(self, request: Request) -> Response:
        """Answers to what a request holds, in its order."""
        try:
            async with asyncio.timeout(self.limits.seconds):
                found = await self._predicted(request)
        except TimeoutError:
            raise Refused(
                503 if self.batcher.inside else 408,
                f"this took longer than {self.limits.seconds:g} s; send less at a time, or come again.",
                "time",
                {"Retry-After": "1"},
            ) from None
        unread = sum(answer.error is not None for answer in found)
        self.metrics.examples.labels("unreadable").inc(unread)
        self.metrics.examples.labels("answered").inc(len(found) - unread)
        answers = [_finite(answer.to_json()) for answer in found]
        return JSONResponse(
            {"model": self.answerer.name, "answers": answers}, 422 if unread == len(found) else 200
        )

    async def _predicted(self, request: Request) -> list[AnyPrediction]:
        if self.batcher.full:
            raise self.batcher.busy()
        asked = self._asked(request)
        loop = asyncio.get_running_loop()
        with self.room.share() as share, self.batcher.admission() as admission:
            body = await read_body(request, self.limits, share)
            arguments = (request, body, self.answerer, self.limits)
            given = await loop.run_in_executor(self._readers, given_of, *arguments)
            del body, arguments
            admission.take(len(given))
            parts = await asyncio.gather(
                *(
                    loop.run_in_executor(self._readers, examples_in, one, self.answerer, self.limits)
                    for one in given
                )
            )
            named: Named = [one for part in parts for one in part]
            if len(named) > self.limits.examples:
                raise Refused(
                    413, f"a request may hold {self.limits.examples} examples; send several requests.", "body"
                )
            admission.take(max(0, len(named) - len(given)))
            examples = [example for _, example in named if isinstance(example, np.ndarray)]
            share.take(sum(example.nbytes for example in examples))
            rows = await self.batcher.rows(examples, cautious=bool(asked.caution)) if examples else []
            names = [name for name, example in named if isinstance(example, np.ndarray)]
            answered = iter(self.answerer.answers(names, rows, asked))
            return [
                self.answerer.unread(name, example) if isinstance(example, str) else next(answered)
                for name, example in named
            ]

    def _asked(self, request: Request) -> Asked:
        asked = asked_of(request.query_params, self.answerer.asked)
        try:
            self.answerer.check(asked)
        except PrunelleError as error:
            raise Refused(400, str(error), "request") from None
        return asked


def _finite(values: Any) -> Any:
    """JSON has no NaN, and a network in which something overflows may give some: null."""
    if isinstance(values, dict):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, list):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values


Endpoint = Callable[[Request], Awaitable[Response]]


def application(service: Service, *, hosts: Any, key: str | None) -> Door:
    """All of it, behind the door."""

    async def index(request: Request) -> Response:
        made = page(
            service.answerer, key=key is not None, accepted=request.headers.get("accept-language", "")
        )
        return HTMLResponse(made.text, headers={"Content-Security-Policy": POLICY.format(**made.digests)})

    async def described(request: Request) -> Response:
        return JSONResponse(description(service.answerer, service.limits, key=key is not None))

    endpoints: dict[str, tuple[str, Endpoint]] = {
        "/": ("GET", index),
        "/predict": ("POST", service.predict),
        "/model": ("GET", service.model),
        "/openapi.json": ("GET", described),
        "/health": ("GET", service.health),
        "/ready": ("GET", service.ready),
        "/metrics": ("GET", service.metrics_text),
    }
    routes = [
        Route(path, _guarded(service, do), methods=[method]) for path, (method, do) in endpoints.items()
    ]
    inner = Starlette(
        routes=routes,
        lifespan=service.lifespan,
        exception_handlers={404: _no_such, 405: _no_such, 500: _failed},
    )
    return Door(inner, service.metrics, tuple(endpoints), hosts, key)


def _guarded(service: Service, do: Endpoint) -> Endpoint:
    """What an endpoint refuses, and what it did not foresee, as JSON."""

    async def guarded(request: Request) -> Response:
        try:
            return await do(request)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody sees it
        except Busy as busy:
            refused = Refused(
                503,
                f"too much at a time ({busy.of}); come again in {busy.retry_after_s} s.",
                busy.of,
                {"Retry-After": str(busy.retry_after_s)},
            )
        except Refused as error:
            refused = error
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            refused = Refused(503, str(out_of_memory(error)), "memory", {"Retry-After": "5"})
        service.metrics.refusals.labels(refused.reason).inc()
        return _Refusal(refused)

    return guarded


class _Refusal(Response):
    """``refuse``, as a response."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self._refused = refused

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await refuse(self._refused, scope, send)


async def _no_such(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    text = (
        "there is nothing here; /openapi.json lists what there is."
        if status == 404
        else "another method is taken."
    )
    return JSONResponse({"error": text}, status, getattr(error, "headers", None))


async def _failed(request: Request, error: Exception) -> Response:
    """What nobody foresaw; uvicorn writes its traceback to standard error."""
    return JSONResponse({"error": "something went wrong here; the server's own output has more."}, 500)

"""What is counted and timed, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Of one server; a registry of its own, so that there may be several in a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        made = {"registry": self._registry}
        self.requests = Counter(
            "prunelle_requests",
            "Requests that were answered, by path and status.",
            ("path", "status"),
            **made,
        )
        self.refusals = Counter(
            "prunelle_refusals", "Requests that were not taken, by reason.", ("reason",), **made
        )
        self.examples = Counter(
            "prunelle_examples", "Pictures or series: answered, or not readable.", ("outcome",), **made
        )
        self.seconds = Histogram(
            "prunelle_request_seconds",
            "From the head of a request to its answer.",
            ("path",),
            buckets=_SECONDS,
            **made,
        )
        self.queued_seconds = Histogram(
            "prunelle_queue_seconds", "That an example waited for the network.", buckets=_SECONDS, **made
        )
        self.network_seconds = Histogram(
            "prunelle_network_seconds", "That a batch took.", buckets=_SECONDS, **made
        )
        self.batch_size = Histogram("prunelle_batch_size", "Examples in a batch.", buckets=_SIZES, **made)
        self._made = made

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A gauge that is asked when somebody looks."""
        Gauge(name, what, **self._made).set_function(value)

    def text(self) -> bytes:
        """In Prometheus's format of texts, 0.0.4."""
        written: bytes = generate_latest(self._registry)
        return written

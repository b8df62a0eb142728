"""What the server counts of itself, as Prometheus reads it (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

PATHS = ("/predict", "/explain", "/health", "/metrics", "/model", "/openapi.json")

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

MEDIA_TYPE = CONTENT_TYPE_LATEST
"""Of `Metrics.text`."""


class Metrics:
    """Counters and histograms of one server, in a registry of their own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "winnow_requests", "Requests by path and status.", ["path", "code"], registry=registry
        )
        self._seconds = Histogram(
            "winnow_request_seconds",
            "From the first line of a request to the end of its answer.",
            ["path"],
            buckets=SECONDS,
            registry=registry,
        )
        self._images = Counter("winnow_images", "Images that were classified.", registry=registry)
        self._batches = Histogram(
            "winnow_batch_images", "Images of a batch.", buckets=SIZES, registry=registry
        )
        self._computing = Histogram(
            "winnow_batch_seconds", "The model's time for a batch.", buckets=SECONDS, registry=registry
        )
        self.waiting = Gauge("winnow_images_waiting", "Images that wait for a batch.", registry=registry)
        self.current = Gauge(
            "winnow_requests_current", "Requests that are being answered.", registry=registry
        )

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request; paths that do not exist are one, since a client can think of any number."""
        known = path if path in PATHS else "other"
        self._requests.labels(known, str(status)).inc()
        self._seconds.labels(known).observe(seconds)

    def computed(self, images: int, seconds: float) -> None:
        """Count a batch."""
        self._images.inc(images)
        self._batches.observe(images)
        self._computing.observe(seconds)

    def text(self) -> bytes:
        """Return all of them as Prometheus's text."""
        return generate_latest(self._registry)

"""Pages of workers over real HTTP, without a worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server


class WorkerPage:
    """The metrics that `copydesk top` reads, named as workers name them (tests/cli/test_scrape.py compares)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.documents = Counter("copydesk_documents", "-", ("stage", "outcome", "reason"), registry=self.registry)
        self.verdicts = Counter("copydesk_duplicates", "-", ("kind",), registry=self.registry)
        self.stage_seconds = Histogram("copydesk_stage_seconds", "-", ("stage",), registry=self.registry)
        self.end_to_end = Histogram("copydesk_end_to_end_seconds", "-", registry=self.registry)
        self.lag = Gauge("copydesk_lag_records", "-", ("topic", "partition"), registry=self.registry)
        self.partitions = Gauge("copydesk_assigned_partitions", "-", ("topic",), registry=self.registry)
        self.ready = Gauge("copydesk_ready", "-", registry=self.registry)
        self.ready.set(1)

    def did(self, stage: str, outcome: str = "emitted", number: int = 1, reason: str = "") -> None:
        self.documents.labels(stage, outcome, reason).inc(number)


@contextmanager
def serving(registry: CollectorRegistry, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Serve a registry's page; gives the port."""
    server: WSGIServer
    server, thread = start_http_server(port, host, registry=registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

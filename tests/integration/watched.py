"""The desk that is watched in `test_watched.py`: three brokers, the exporter, workers on ports that Prometheus knows."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.kafka.broker import LocalCluster, free_ports
from pipeline.settings import load
from tests.conftest import create_topics
from tests.desk import ROOT, WorkerProcess, send
from tests.poison import CRASH
from tests.prometheus import Prometheus, prometheus

WORKERS = 3
# Declared continuous, with a silence that a test can wait for.
WIRE, LIMIT = "wire", 10


class WatchedDesk:
    """Started whole; parts of it are killed by the tests."""

    def __init__(self, folder: Path, cluster: LocalCluster) -> None:
        self.folder, self.cluster = folder, cluster
        self.settings = load(brokers=cluster.bootstrap, continuous=f"{WIRE}={LIMIT}s")
        self.exporter_port, self.prometheus_port, *self.ports = free_ports(2 + WORKERS)
        self.workers: dict[int, WorkerProcess] = {}
        self.exporter: subprocess.Popen[bytes] | None = None
        self.prometheus: Prometheus
        self._sent = self._troubles = 0

    def start_worker(self, number: int) -> WorkerProcess:
        worker = WorkerProcess(
            self.settings,
            self.folder / f"worker-{number}-{time.monotonic_ns()}.log",
            COPYDESK_METRICS_PORT=str(self.ports[number]),
            COPYDESK_CONTINUOUS=self.settings.continuous,
            COPYDESK_WINDOW_DOCUMENTS="60",
            COPYDESK_DOCUMENT_DEADLINE="5",
        )
        self.workers[number] = worker
        return worker

    def start_exporter(self) -> None:
        environment = {
            "COPYDESK_BROKERS": self.settings.brokers,
            "COPYDESK_CONTINUOUS": self.settings.continuous,
            "COPYDESK_EXPORTER_PORT": str(self.exporter_port),
        }
        with (self.folder / "exporter.log").open("ab") as log:
            self.exporter = subprocess.Popen(
                [sys.executable, "-c", "from pipeline.cli import main; main()", "exporter"],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=log,
                stderr=log,
            )

    def kill_exporter(self) -> None:
        if self.exporter:
            self.exporter.kill()
            self.exporter.wait()

    def kill_workers(self) -> None:
        for worker in self.workers.values():
            with contextlib.suppress(ProcessLookupError):
                worker.send(signal.SIGCONT)
                worker.kill()

    def send(self, values: list[bytes], **how: Any) -> None:
        asyncio.run(send(self.settings, values, **how))

    def articles(self, count: int) -> list[bytes]:
        """Articles that were not sent before; every fifth is a near copy of the one before it."""
        made = []
        for _ in range(count):
            self._sent += 1
            theme = self._sent - 1 if self._sent % 5 == 0 else self._sent
            words = " ".join(f"word{theme * 61 + n * n % 997}" for n in range(60))
            made.append(f"Mayor Smith of Springfield said {words} on Tuesday.\nNumber {self._sent}.".encode())
        return made

    def item(self, guid: str, **fields: Any) -> None:
        """A version of an item, or a notice that takes it back."""
        value = {"id": guid, "headline": f"The harbour of {guid}", "body": "It is closed. " * 9} | fields
        self.send([json.dumps(value).encode()], source=WIRE, media_type="application/json")

    def trouble(self) -> None:
        """Some of what goes wrong on a desk every day: bad bytes, an empty page, a document that kills its process, an
        article that is corrected and taken back."""
        self._troubles += 1
        number = self._troubles
        self.send([b"\xff\xfe broken %d" % number, b" " * number, b"\n" * number])
        self.send([f"{CRASH} Number {number} ends the process that reads it.".encode()])
        self.item(f"item {number}")
        self.item(f"item {number}", version=2)
        self.item(f"item {number}", status="canceled")

    @contextmanager
    def load(self) -> Iterator[None]:
        """Three sources in two languages send, until it is left."""

        def send() -> None:
            self.send(self.articles(5), source=WIRE)
            self.send(self.articles(3), source="gazette")
            german = "Der Bürgermeister sagte am Dienstag, die Stadt habe nicht genug Geld für neue Schulen."
            self.send([f"{german} Nummer {time.monotonic_ns()}.".encode()], source="zeitung")

        with every(0.5, send):
            yield


@contextmanager
def every(seconds: float, what: Callable[[], None]) -> Iterator[None]:
    """Do it again and again in a thread, with that pause, until it is left."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(seconds):
            what()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def watched_desk(folder: Path, *, times: int) -> Iterator[WatchedDesk]:
    """All of it, its Prometheus with rules that are so many times as fast."""
    with LocalCluster(cache_dir=load().cache_dir, nodes=3) as cluster:
        desk = WatchedDesk(folder, cluster)
        asyncio.run(create_topics(desk.settings))
        jobs = {
            "worker": [f"127.0.0.1:{port}" for port in desk.ports],
            "exporter": [f"127.0.0.1:{desk.exporter_port}"],
        }
        with prometheus(folder / "prometheus", desk.prometheus_port, jobs, times=times) as desk.prometheus:
            try:
                desk.start_exporter()
                for number in range(WORKERS - 1):
                    desk.start_worker(number)
                yield desk
            finally:
                desk.kill_workers()
                desk.kill_exporter()

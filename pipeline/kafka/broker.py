"""A real Apache Kafka on this machine, in KRaft mode: one node or three, as child processes that never outlive us.

    with LocalCluster(cache_dir=settings.cache_dir) as cluster:
        ... cluster.bootstrap ...

What was measured, and why Kafka is run like this: docs/decisions/0003-local-broker.md.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from pipeline.errors import UserError
from pipeline.kafka import keeper
from pipeline.kafka.jvm import Runtime, find_runtime
from pipeline.kafka.storage import Address, configure, format_nodes, is_new, reason_in

HOST: Final = "127.0.0.1"
# A start takes 2 to 6 s on an idle machine, 20 s on one five times overbooked; a broker that ended is noticed at once.
READY_SECONDS: Final = 120.0
# A stop takes 0.4 s, and 4 to 7 s where it also writes the archive of classes.
STOP_SECONDS: Final = 30.0
# Below what Linux (32768) and macOS (49152) give to outgoing connections: a client that looks for a broker that is down
# must not be given its port.
FREE_PORTS: Final = range(20_000, 32_768)


class Node:
    """One broker and controller of a cluster; stopped, killed, and started again on its data and ports."""

    def __init__(self, cluster: "LocalCluster", address: Address) -> None:
        self.address = address
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        self._archive_into: Path | None = None

    @property
    def id(self) -> int:
        return self.address.node

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.address.port}"

    @property
    def log(self) -> Path:
        return self._cluster.logs / f"kafka-{self.id}.log"

    @property
    def archiving(self) -> bool:
        return self._archive_into is not None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            UserError: its ports are taken, or it ended or stayed silent (the line names the log).
        """
        self.check_ports()
        self.launch()
        self.await_answer({self.id})

    def stop(self) -> None:
        """Ask it to leave and wait until it has; kill it after `STOP_SECONDS`."""
        self.send(signal.SIGTERM)
        self.await_end()

    def kill(self) -> None:
        """SIGKILL: nothing more is written, nobody is told."""
        self.send(keeper.KILL)
        self.await_end()

    def check_ports(self) -> None:
        for port in (self.address.port, self.address.controller_port):
            try:
                _bind(port)
            except (OSError, OverflowError) as error:
                reason = getattr(error, "strerror", None) or "ports end at 65535"
                raise UserError(
                    f"cannot listen on port {port} ({reason}); stop what uses it or choose another port"
                ) from error

    def launch(self) -> None:
        cluster = self._cluster
        # The first broker of a new Kafka or Java writes the archive that quickens the next ones.
        wanted = self.id == 1 and not cluster.runtime.archive.exists()
        self._archive_into = cluster.folder / "classes.archive" if wanted else None
        configuration = f"node-{self.id}.properties"
        command = cluster.runtime.command("kafka.Kafka", configuration, archive_into=self._archive_into)
        throwaway = str(cluster.folder) if cluster.throwaway else ""
        kept = [sys.executable, "-I", "-S", keeper.__file__, str(os.getpid()), throwaway, *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                kept, cwd=cluster.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def await_answer(self, nodes: set[int]) -> None:
        """Wait until this node says that all `nodes` are alive, which takes a controller."""
        deadline = time.monotonic() + READY_SECONDS
        while not nodes <= _alive(self.address.port):
            if not self.running:
                reason = reason_in(self.log.read_text(errors="replace"))
                raise UserError(f"Kafka ended before it answered: {reason} (log: {self.log})")
            if time.monotonic() > deadline:
                self.kill()
                raise UserError(f"Kafka did not answer within {READY_SECONDS:.0f} s; its log, {self.log}, may say why")
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(number)

    def await_end(self) -> None:
        """Wait for `STOP_SECONDS`, then kill it. Harmless if it never ran."""
        if self._process is None:
            return
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.send(keeper.KILL)
            status = self._process.wait()
        # Only a JVM that ended by SIGTERM has written its archive to the end.
        if self._archive_into and self._archive_into.exists() and status == 128 + signal.SIGTERM:
            self._cluster.runtime.adopt_archive(self._archive_into)
        self._archive_into = None


class LocalCluster:
    """Nodes 1 to `nodes`, each broker and controller, on loopback.

    Args:
        cache_dir: where Kafka's jars are kept, and a Java if there is none.
        nodes: how many; internal topics get `min(3, nodes)` replicas.
        ports: for clients, one for each node; 0 or none: a free one.
        controller_ports: for the nodes themselves, likewise.
        data: a folder that is kept and can be started again. None: a temporary one, removed at the end.
        logs: folder for `kafka-1.log` and so on. None: `logs` in the data folder.
    """

    runtime: Runtime

    def __init__(
        self,
        *,
        cache_dir: Path,
        nodes: int = 1,
        ports: Sequence[int] = (),
        controller_ports: Sequence[int] = (),
        data: Path | None = None,
        logs: Path | None = None,
    ) -> None:
        self.throwaway = data is None
        temporary = Path(tempfile.gettempdir(), f"copydesk-kafka-{uuid.uuid4().hex[:12]}")
        self.folder = (data or temporary).absolute()
        self.logs = (logs or self.folder / "logs").absolute()
        self._cache_dir = cache_dir
        free = free_ports(2 * nodes)
        clients = [port or free.pop() for port in (*ports, *[0] * (nodes - len(ports)))]
        controllers = [port or free.pop() for port in (*controller_ports, *[0] * (nodes - len(controller_ports)))]
        pairs = zip(clients, controllers, strict=True)
        self.nodes = [Node(self, Address(number, *pair)) for number, pair in enumerate(pairs, start=1)]

    @property
    def bootstrap(self) -> str:
        """Addresses of all nodes, host:port with commas between."""
        return ",".join(node.bootstrap for node in self.nodes)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all nodes and wait until each answers and knows all of them.

        Raises:
            UserError: no jars, no Java, a port is taken, the data is not ours or in use, a node ended (its log stays).
        """
        for node in self.nodes:
            node.check_ports()
        new = is_new(self.folder, len(self.nodes))
        self.runtime = find_runtime(self._cache_dir)
        for folder in (self.folder, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            configure(self.folder, [node.address for node in self.nodes])
            if new:
                format_nodes(self.folder, len(self.nodes), self.runtime)
            for node in self.nodes:
                node.launch()
            for node in self.nodes:
                node.await_answer({other.id for other in self.nodes})
        except BaseException:
            for node in self.nodes:
                node.kill()
                if self.throwaway:  # all but the logs
                    shutil.rmtree(self.folder / f"node-{node.id}", ignore_errors=True)
            raise

    def stop(self) -> None:
        """Stop all nodes; remove the data unless it has a folder of its own. Harmless if nothing runs."""
        # What is thrown away needs no goodbye, unless it ends by writing the archive.
        for node in self.nodes:
            node.send(keeper.KILL if self.throwaway and not node.archiving else signal.SIGTERM)
        for node in self.nodes:
            node.await_end()
        if self.throwaway:
            shutil.rmtree(self.folder, ignore_errors=True)


def _alive(port: int) -> set[int]:
    """Ids of the nodes that the node on this port knows to be alive; empty while it does not answer."""
    # In a thread, since the caller may have an event loop of its own.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_ask(port))).result()


async def _ask(port: int) -> set[int]:
    try:
        connection = await create_conn(HOST, port, request_timeout_ms=2000)
    except (OSError, TimeoutError, KafkaError):
        return set()
    try:
        metadata = await connection.send(MetadataRequest([]))
    except (OSError, TimeoutError, KafkaError):
        return set()
    finally:
        connection.close()
    return {broker[0] for broker in metadata.brokers} if metadata.controller_id >= 0 else set()


def _bind(port: int) -> None:
    """Raises OSError if the port is taken; one in TIME_WAIT is not, for us as for Java."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))


def free_ports(count: int) -> list[int]:
    """Ports of this host that nothing listens on, none of those that outgoing connections take."""
    free: list[int] = []
    for port in random.sample(FREE_PORTS, len(FREE_PORTS)):
        if len(free) == count:
            break
        with contextlib.suppress(OSError):
            _bind(port)
            free.append(port)
    return free

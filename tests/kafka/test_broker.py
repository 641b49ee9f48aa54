import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient

from pipeline.errors import UserError
from pipeline.kafka import broker, keeper, storage
from pipeline.kafka.broker import LocalCluster
from pipeline.settings import load

GONE_SECONDS = 2.0


@pytest.fixture(scope="module")
def cache_dir() -> Path:
    return load().cache_dir


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server((broker.HOST, 0)) as server:
        yield server.getsockname()[1]


def eventually(true: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((broker.HOST, port)) == 0


def alive(process: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state.strip()) and not state.startswith("Z")


async def create(bootstrap: str, topic: str, *, replication: int = 1) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        configuration = {"min.insync.replicas": str(max(1, replication - 1))}
        answer = await admin.create_topics([NewTopic(topic, 1, replication, topic_configs=configuration)])
        assert [error[1] for error in answer.topic_errors] == [0], answer
    finally:
        await admin.close()


async def nodes_known_to(address: str) -> set[int]:
    client = AIOKafkaClient(bootstrap_servers=address)
    await client.bootstrap()
    try:
        return {node.nodeId for node in client.cluster.brokers()}
    finally:
        await client.close()


async def produce(bootstrap: str, topic: str, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=12 * 1024 * 1024)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """Through a group, so that the internal topics work too."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=f"readers-of-{topic}", auto_offset_reset="earliest",
        enable_auto_commit=False, max_partition_fetch_bytes=12 * 1024 * 1024,
    )  # fmt: skip
    await consumer.start()
    try:
        return [(await asyncio.wait_for(consumer.getone(), 20)).value for _ in range(count)]
    finally:
        await consumer.stop()


# Without a broker


def test_a_taken_port_is_named_before_anything_is_fetched_or_started(tmp_path: Path, listener: int) -> None:
    for ports, controller_ports in (([listener], []), ([], [listener])):
        cluster = LocalCluster(cache_dir=tmp_path / "cache", ports=ports, controller_ports=controller_ports)
        with pytest.raises(UserError, match=f"cannot listen on port {listener} .*choose another"):
            cluster.start()
        assert not cluster.folder.exists()
    assert not (tmp_path / "cache").exists()


def test_a_port_beyond_the_last_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot listen on port 70000 \(ports end at 65535\)"):
        LocalCluster(cache_dir=tmp_path, ports=[70000]).start()


def test_free_ports_are_distinct_and_outside_the_range_of_outgoing_connections(tmp_path: Path) -> None:
    nodes = LocalCluster(cache_dir=tmp_path, nodes=3, ports=[0, 9092]).nodes
    ports = [port for node in nodes for port in (node.address.port, node.address.controller_port)]
    assert nodes[1].bootstrap == "127.0.0.1:9092"
    assert len(set(ports)) == 6
    assert all(port in broker.FREE_PORTS for port in ports if port != 9092)


def keeper_of(*command: str, throwaway: str = "") -> list[str]:
    return [sys.executable, "-I", "-S", keeper.__file__, "PARENT", throwaway, *command]


def test_the_keeper_ends_what_it_keeps_when_its_parent_is_killed(tmp_path: Path) -> None:
    throwaway = tmp_path / "data"
    throwaway.mkdir()
    # The parent forks a child that outlives it with all its files open, as process pools do.
    code = f"""if True:
        import os, subprocess, time
        keeper = {keeper_of("sh", "-c", "echo $$; exec sleep 60", throwaway=str(throwaway))!r}
        subprocess.Popen([str(os.getpid()) if word == "PARENT" else word for word in keeper], start_new_session=True)
        if not os.fork():
            time.sleep(10)
        time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    kept = int(parent.stdout.readline())
    assert alive(kept)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not alive(kept) and not throwaway.exists(), GONE_SECONDS)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_killed_keeper_takes_what_it_keeps_along() -> None:
    command = [
        str(os.getpid()) if word == "PARENT" else word for word in keeper_of("sh", "-c", "echo $$; exec sleep 60")
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as kept_by:
        assert kept_by.stdout is not None
        kept = int(kept_by.stdout.readline())
        kept_by.kill()
    assert eventually(lambda: not alive(kept), GONE_SECONDS)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 7), (keeper.KILL, 256 - signal.SIGKILL)])
def test_the_keeper_passes_signals_on_and_ends_after_the_command(number: int, status: int) -> None:
    script = "trap 'sleep 0.3; echo ended; exit 7' TERM; echo ready; while :; do sleep 0.05; done"
    command = [str(os.getpid()) if word == "PARENT" else word for word in keeper_of("sh", "-c", script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as kept_by:
        assert kept_by.stdout is not None
        assert kept_by.stdout.readline() == "ready\n"
        time.sleep(0.1)  # the keeper's handlers
        kept_by.send_signal(number)
        try:
            assert kept_by.wait(5) == status
        finally:
            kept_by.kill()
        assert (kept_by.stdout.read() == "ended\n") == (number == signal.SIGTERM)


# With one


@pytest.mark.broker
@pytest.mark.long
def test_one_node_answers_keeps_its_records_over_a_restart_and_leaves_nothing(cache_dir: Path) -> None:
    largest = os.urandom(10 * 1024 * 1024)
    with LocalCluster(cache_dir=cache_dir) as cluster:
        node = cluster.nodes[0]
        asyncio.run(create(cluster.bootstrap, "kept"))
        asyncio.run(produce(cluster.bootstrap, "kept", b"first", largest))
        node.stop()
        assert not node.running
        assert not listens(node.address.port)
        node.start()
        asyncio.run(produce(cluster.bootstrap, "kept", b"after a stop"))
        node.kill()
        assert not node.running
        node.start()
        asyncio.run(produce(cluster.bootstrap, "kept", b"after a kill"))
        read = asyncio.run(consume(cluster.bootstrap, "kept", 4))
        assert read == [b"first", largest, b"after a stop", b"after a kill"]
        folder = cluster.folder
        node.kill()  # what comes after must not depend on a broker that answers
    assert not folder.exists()


@pytest.mark.broker
@pytest.mark.long
async def test_kept_data_is_started_again_on_other_ports_but_not_twice(cache_dir: Path, tmp_path: Path) -> None:
    data = tmp_path / "dä tä, kept"  # what escapes in Java's properties must not matter
    with LocalCluster(cache_dir=cache_dir, data=data, logs=tmp_path / "logs") as cluster:  # within a running event loop
        await create(cluster.bootstrap, "kept")
        await produce(cluster.bootstrap, "kept", b"first")
        with pytest.raises(UserError, match="used by a running broker"):
            LocalCluster(cache_dir=cache_dir, data=data).start()
    assert "Kafka Server started" in (tmp_path / "logs" / "kafka-1.log").read_text()
    with LocalCluster(cache_dir=cache_dir, data=data) as again:
        assert again.bootstrap != cluster.bootstrap
        assert await consume(again.bootstrap, "kept", 1) == [b"first"]


@pytest.mark.broker
def test_a_broker_that_ends_at_once_is_told_with_its_reason_and_log(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = LocalCluster(cache_dir=cache_dir)
    monkeypatch.setattr(broker, "format_nodes", lambda *_: None)
    with pytest.raises(UserError, match=r"Kafka ended before it answered: .*meta\.properties.* \(log: ") as raised:
        cluster.start()
    assert "\n" not in str(raised.value)
    log = cluster.nodes[0].log
    assert f"(log: {log})" in str(raised.value)
    assert "ERROR" in log.read_text()
    shutil.rmtree(cluster.folder)


@pytest.mark.broker
def test_a_configuration_kafka_refuses_is_told_with_its_reason(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = LocalCluster(cache_dir=cache_dir)
    monkeypatch.setattr(storage, "SERVER", storage.SERVER + "delete.topic.enable=perhaps\n")
    with pytest.raises(UserError, match=r"could not format .*perhaps.*delete\.topic\.enable") as raised:
        cluster.start()
    assert "\n" not in str(raised.value)
    shutil.rmtree(cluster.folder)


@pytest.mark.broker
@pytest.mark.long
def test_three_nodes_survive_the_loss_of_one_and_end_with_a_killed_parent(cache_dir: Path) -> None:
    code = f"""if True:
        import sys
        from pathlib import Path
        from pipeline.kafka.broker import LocalCluster
        cluster = LocalCluster(cache_dir=Path({str(cache_dir)!r}), nodes=3)
        cluster.start()
        print(cluster.bootstrap, cluster.folder, flush=True)
        for line in sys.stdin:
            node, action = line.split()
            getattr(cluster.nodes[int(node)], action)()
            print("done", flush=True)
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as parent:  # type: ignore[call-overload]
        bootstrap, folder = parent.stdout.readline().split()

        def tell(order: str) -> None:
            parent.stdin.write(order + "\n")
            parent.stdin.flush()
            assert parent.stdout.readline() == "done\n"

        assert [asyncio.run(nodes_known_to(address)) for address in bootstrap.split(",")] == [{1, 2, 3}] * 3
        asyncio.run(create(bootstrap, "replicated", replication=3))
        asyncio.run(produce(bootstrap, "replicated", b"all three"))
        tell("0 kill")
        asyncio.run(produce(bootstrap, "replicated", b"two of three"))
        tell("0 start")
        tell("1 stop")
        asyncio.run(produce(bootstrap, "replicated", b"another two"))
        assert asyncio.run(consume(bootstrap, "replicated", 3)) == [b"all three", b"two of three", b"another two"]

        ports = [int(address.split(":")[1]) for address in bootstrap.split(",")]
        assert [listens(port) for port in ports] == [True, False, True]
        parent.kill()
        assert eventually(lambda: not any(map(listens, ports)) and not Path(folder).exists(), GONE_SECONDS)

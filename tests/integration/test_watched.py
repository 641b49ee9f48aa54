"""Every panel and every rule against the real thing: Prometheus, three brokers, the exporter, workers.

First under load: each query must answer with a series that changes, unless it is constant by nature. Then fault after
fault is injected, and the alert made for it must fire. The rules' durations are a fifteenth, so that this takes minutes.
"""

import asyncio
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition

from pipeline.identity import item_id
from pipeline.kafka import clients, deadletters
from pipeline.kafka.dlq import mark_seen
from pipeline.kafka.topics import LANGUAGE_PARTITIONS, topic_name
from pipeline.records import Origin
from tests.desk import WorkerProcess, read_all, wait_until
from tests.integration.watched import WIRE, WatchedDesk, every, watched_desk
from tests.ops.promql import RULES, queries, runnable
from tests.poison import CRASH
from tests.prometheus import quickened

pytestmark = [pytest.mark.broker, pytest.mark.long, pytest.mark.timeout(1500)]

TIMES = 15
DAY = 86_400.0

# Settings: they answer, and change with the next start.
CONSTANT = {"news: Sources C", "stages: Window B", "kafka: Topics B"}
# They answer, and stay at what is well until a fault is injected: in the second test they must change.
NEED_A_FAULT = {
    "kafka: Kafka A",
    "overview: Kafka A",
    "kafka: Brokers A",
    "kafka: Under-replicated A",
    "kafka: Topics A",
    "overview: Silent sources A",
    "overview: Paging alerts A",
    "overview: Ticket alerts A",
    "overview: Which alerts fire A",
    "stages: Read in folds A",  # where the partition of English moves, which one worker more need not do
}
# How a rebalance falls decides whether they change; tests/chaos makes sure that what they count is harmless.
BY_CHANCE = {
    "kafka: Stale messages A",
    "news: Redelivered A",
    "news: Turned out to be one A",
    "stages: Searches for a story cut short A",  # a window of 60 documents has few stories
}
# What no test can do to the machine it runs on; promtool's tests show these alerts.
NOT_INJECTED = {
    "CopydeskFoldSlow": "a log of a million fingerprints",
    "CopydeskBrokerDiskLow": "a disk that is nearly full",
    "CopydeskBrokerDiskFull": "a disk that is nearly full",
    "CopydeskDuplicatesUnusual": "days of history",
}
ALERTS = {
    rule["alert"] for file in RULES.values() for group in file["groups"] for rule in group["rules"] if "alert" in rule
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedDesk]:
    with watched_desk(tmp_path_factory.mktemp("watched"), times=TIMES) as desk:
        yield desk


def test_under_load_every_query_answers_and_changes(desk: WatchedDesk) -> None:
    wait_until(lambda: desk.prometheus.up("worker") == 2, 60, "two workers are scraped")
    began = time.time()
    with desk.load():
        time.sleep(20)
        desk.trouble()
        third = desk.start_worker(2)  # a rebalance, a fold, and partitions that move
        time.sleep(25)
        desk.trouble()
        desk.send(desk.articles(1500))  # more than the stages buffer: the workers' own lag shows
        third.stop()
        time.sleep(25)
    time.sleep(5)
    ended = time.time()
    silent, still = unchanged(desk, began, ended)
    assert silent == set()
    # An alert may happen to fire already.
    assert CONSTANT <= still <= CONSTANT | NEED_A_FAULT | BY_CHANCE


def unchanged(desk: WatchedDesk, began: float, ended: float) -> tuple[set[str], set[str]]:
    """The queries that answered nothing between two times, and those that answered the same all the time."""
    silent, still = set(), set()
    for where, expr in queries():
        name, _, title = where.partition(": ")
        if title in ALERTS:
            continue  # silent while all goes well; whether they fire is the second test
        series = desk.prometheus.values(quickened(runnable(expr), TIMES if name in RULES else 1), began, ended)
        numbers = [{value for value in values if not math.isnan(value)} for values in series]
        if not any(numbers):
            silent.add(where)
        elif ": variable " not in where and not any(len(values) > 1 for values in numbers):  # one asks for labels
            still.add(where)
    return silent, still


def test_every_alert_fires_when_its_fault_is_there(desk: WatchedDesk) -> None:
    """Fault after fault on one desk, those that need the others to be well first."""
    fired: set[str] = set()
    began = time.time()

    def expect(*alerts: str, seconds: float = 150) -> None:
        desk.prometheus.wait_firing({f"Copydesk{alert}" for alert in alerts}, seconds)
        fired.update(f"Copydesk{alert}" for alert in alerts)

    desk.start_worker(2)
    wait_until(lambda: desk.prometheus.up("worker") == 3, 60, "all three workers are scraped")

    # Documents: bad ones, poison, late ones, letters that nobody reads, a source that falls silent, a small window.
    asyncio.run(mark_seen(desk.settings))  # the oldest that is not seen is the one whose age counts
    old_letter(desk, age=2 * DAY)
    desk.send([b"\xff broken %d" % number for number in range(60)])
    desk.send([f"{CRASH} {number} ends its process.".encode() for number in range(14)])
    with sending(desk, age=300):
        expect(
            "DeadLetterShare", "PoolRestarts", "DeadLettersUnseen", "SourceSilent", "WindowNearLimit", "EndToEndSlow"
        )

    # A newer version of an article that tagged no longer has.
    desk.item("lost")
    wait_until(lambda: enriched(desk, "lost") == 1, 60, "the article is enriched")
    asyncio.run(cut(desk, "tagged"))
    desk.item("lost", version=2)
    expect("AmendmentsLost")

    # Workers: one starts again and again, one is held up all the time.
    with desk.load():
        for _ in range(4):
            desk.workers[1].kill()
            desk.start_worker(1).wait_said("partition claimed", seconds=90)
            time.sleep(3)
        expect("WorkerRestarting")
    with stuttering(desk.workers[0]):
        expect("LoopBlocked")
    wait_until(lambda: "CopydeskWorkerMissing" not in desk.prometheus.firing(), 150, "three workers are all")
    desk.workers[2].kill()
    expect("WorkerMissing")

    # Kafka: a broker is gone. Then all workers too, and what nobody reads is old.
    desk.cluster.nodes[2].kill()
    expect("UnderReplicated")
    desk.cluster.nodes[2].start()
    desk.kill_workers()
    desk.send(desk.articles(20), age=4 * DAY)
    expect("NoWorker", "PartitionStuck", "UnreadNearRetention")

    # The exporter: it dies; it can't read a topic; Kafka is away.
    desk.kill_exporter()
    expect("ExporterDown")
    desk.start_exporter()
    asyncio.run(delete_topic(desk, "judged"))
    expect("LagMissing")
    for node in desk.cluster.nodes:
        node.kill()
    expect("KafkaDown")

    _, still = unchanged(desk, began, time.time())
    assert not still & NEED_A_FAULT
    assert fired == ALERTS - set(NOT_INJECTED)


def old_letter(desk: WatchedDesk, *, age: float) -> None:
    id_ = "0" * 32
    broke = Origin(topic_name(desk.settings, "raw"), 0, 0)
    headers = deadletters.wrap(id=id_, stage="clean", reason="binary", error="-", broke=broke, headers={})

    async def produce() -> None:
        async with clients.producer(desk.settings) as producer:
            at = int((time.time() - age) * 1000)
            topic = topic_name(desk.settings, "deadletter")
            await producer.send_and_wait(topic, b"v", key=id_.encode(), headers=headers, timestamp_ms=at)

    asyncio.run(produce())


def enriched(desk: WatchedDesk, guid: str) -> int:
    """How many records there are of an item."""
    item = item_id(WIRE, guid, "")
    return sum(item.encode() in (message.value or b"") for message in asyncio.run(read_all(desk.settings, "enriched")))


async def cut(desk: WatchedDesk, name: str) -> None:
    """Delete all that is in a topic, as its retention would."""
    topic = topic_name(desk.settings, name)
    async with clients.reader(desk.settings) as reader, clients.admin(desk.settings) as admin:
        places = [TopicPartition(topic, number) for number in range(LANGUAGE_PARTITIONS)]
        ends = await reader.end_offsets(places)
        await admin.delete_records({place: RecordsToDelete(end) for place, end in ends.items()})


async def delete_topic(desk: WatchedDesk, name: str) -> None:
    async with clients.admin(desk.settings) as admin:
        await admin.delete_topics([topic_name(desk.settings, name)])


@contextmanager
def sending(desk: WatchedDesk, *, age: float) -> Iterator[None]:
    """Articles whose records are that old already when they come in."""
    with every(1.0, lambda: desk.send(desk.articles(5), source="late", age=age)):
        yield


@contextmanager
def stuttering(worker: WorkerProcess) -> Iterator[None]:
    """Half of the time the process is stopped, never for as long as a session."""

    def blow() -> None:
        worker.send(signal.SIGSTOP)
        time.sleep(1.2)
        worker.send(signal.SIGCONT)

    with every(0.4, blow):
        yield

"""What the exporter shows of a real Kafka, and that it goes on without one."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from pipeline import metrics
from pipeline.health import Health, serve
from pipeline.kafka import clients, deadletters, exporter, storage
from pipeline.kafka.broker import LocalCluster
from pipeline.kafka.dlq import mark_seen
from pipeline.kafka.topics import TOPICS, topic_name
from pipeline.records import Origin
from pipeline.settings import Settings, load
from tests.conftest import create_topics
from tests.desk import wait_until

pytestmark = pytest.mark.broker


@pytest.fixture
def page() -> Iterator[str]:
    server = serve(Health(), "127.0.0.1", 0, registry=metrics.EXPORTER)
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    server.server_close()
    exporter.show({}, up=False)


def samples(page: str, name: str) -> dict[tuple[str, ...], float]:
    with urllib.request.urlopen(page, timeout=5) as response:
        text = response.read().decode()
    return {
        tuple(sample.labels.values()): sample.value  # labels come in the order of their names
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def test_a_look_shows_lag_and_age_of_what_is_unread(desk: Settings, page: str) -> None:
    raw = topic_name(desk, "raw")
    two_hours_ago = int((datetime.now(UTC) - timedelta(hours=2)).timestamp() * 1000)
    async with clients.producer(desk) as producer:
        for _ in range(3):
            await producer.send_and_wait(raw, b"v", partition=1, timestamp_ms=two_hours_ago)
    exporter.show(await exporter.look(desk), up=True)
    assert samples(page, "copydesk_kafka_up") == {(): 1}
    assert samples(page, "copydesk_group_lag_records")["1", raw] == 3
    assert samples(page, "copydesk_group_committed_offset")["1", raw] == 0
    assert samples(page, "copydesk_topic_end_offset")["1", raw] == 3
    ages = samples(page, "copydesk_oldest_unread_seconds")
    assert 7200 <= ages["1", raw] < 7260
    assert ages["0", raw] == 0
    async with clients.reader(desk, group_id=desk.group_id) as consumer:
        place = TopicPartition(raw, 1)
        consumer.assign([place])
        await consumer.commit({place: OffsetAndMetadata(3, "")})
    exporter.show(await exporter.look(desk), up=True)
    assert samples(page, "copydesk_group_lag_records")["1", raw] == 0
    assert samples(page, "copydesk_oldest_unread_seconds")["1", raw] == 0


async def test_a_look_shows_topics_brokers_and_their_disks(desk: Settings, page: str) -> None:
    async with clients.producer(desk) as producer:
        await producer.send_and_wait(topic_name(desk, "raw"), b"v" * 5000, partition=0)
    exporter.show(await exporter.look(desk), up=True)
    names = {(topic_name(desk, name),) for name in TOPICS}
    assert samples(page, "copydesk_under_replicated_partitions") == dict.fromkeys(names, 0)
    retention = samples(page, "copydesk_topic_retention_seconds")
    assert retention[(topic_name(desk, "raw"),)] == 7 * 86400
    # Kept for ever: one by its retention, one because it is only compacted.
    assert names - retention.keys() == {(topic_name(desk, "fingerprints"),), (topic_name(desk, "stories"),)}
    sizes = samples(page, "copydesk_topic_bytes")
    assert sizes.keys() == names
    assert sizes[(topic_name(desk, "raw"),)] > 0
    assert samples(page, "copydesk_broker_up") == {("1",): 1}
    [(place, total)] = samples(page, "copydesk_broker_disk_total_bytes").items()
    assert place[0] == "1"
    assert 0 < samples(page, "copydesk_broker_disk_free_bytes")[place] < total
    assert samples(page, "copydesk_group_members") == {(desk.group_id,): 0}


async def test_dead_letters_are_unseen_until_somebody_has_looked(desk: Settings, page: str) -> None:
    topic = topic_name(desk, "deadletter")
    old = int((datetime.now(UTC) - timedelta(hours=30)).timestamp() * 1000)
    async with clients.producer(desk) as producer:
        for number in range(3):
            id_ = f"{number:032x}"
            headers = deadletters.wrap(
                id=id_, stage="clean", reason="r", error="e", broke=Origin("t", 0, 0), headers={}
            )
            await producer.send_and_wait(topic, b"v", key=id_.encode(), headers=headers, timestamp_ms=old)
    exporter.show(await exporter.look(desk), up=True)
    assert samples(page, "copydesk_dead_letters_unseen") == {(topic,): 3}
    assert samples(page, "copydesk_dead_letters_oldest_unseen_seconds")[(topic,)] >= 30 * 3600
    assert await mark_seen(desk) == 3
    assert await mark_seen(desk) == 0
    exporter.show(await exporter.look(desk), up=True)
    assert samples(page, "copydesk_dead_letters_unseen") == {(topic,): 0}
    assert samples(page, "copydesk_dead_letters_oldest_unseen_seconds") == {(topic,): 0}


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Health]:
    health = Health()
    task = asyncio.ensure_future(exporter.run(settings, health))
    try:
        yield health
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(page: str, name: str, wanted: dict[tuple[str, ...], float]) -> None:
    await asyncio.to_thread(wait_until, lambda: samples(page, name) == wanted, 60, f"{name} is {wanted}")


async def test_a_topic_that_is_missing_is_not_a_kafka_that_is_away(desk: Settings, page: str) -> None:
    exporter.show(await exporter.look(desk), up=True)
    nobody = desk.model_copy(update={"prefix": "nobody"})
    async with running(nobody) as health:
        await until(page, "copydesk_group_lag_records", {})
        assert health.ready
    assert samples(page, "copydesk_kafka_up") == {(): 1}


@pytest.mark.long
async def test_a_broker_that_hangs_hides_nothing_of_the_others(tmp_path: Path) -> None:
    """Stopped and not killed: it takes connections and never answers."""
    with LocalCluster(cache_dir=load().cache_dir, nodes=3) as cluster:
        settings = load(brokers=cluster.bootstrap)
        await create_topics(settings)
        # The group's own topic is made with its first use: here with three brokers, as on any desk that has run before.
        assert metrics.GROUP_LAG in await exporter.look(settings)
        children = psutil.Process().children(recursive=True)
        [java] = [each for each in children if each.name() == "java" and "node-2.properties" in each.cmdline()]
        java.suspend()
        try:
            await asyncio.sleep(10)  # its session is over, and others lead its partitions
            for _ in range(5):
                async with asyncio.timeout(exporter.LOOK_DEADLINE_SECONDS):
                    found = await exporter.look(settings)
                assert len(found[metrics.GROUP_LAG]) == 24
                assert len(found[metrics.BROKERS]) == 2
                assert sum(found[metrics.UNDER_REPLICATED].values()) > 0
        finally:
            java.resume()


@pytest.mark.long
async def test_what_was_seen_is_not_forgotten_with_the_offsets_of_a_group_without_members(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forgetful = "offsets.retention.minutes=1\noffsets.retention.check.interval.ms=2000\n"
    monkeypatch.setattr(storage, "SERVER", storage.SERVER + forgetful)
    with LocalCluster(cache_dir=load().cache_dir) as cluster:
        settings = load(brokers=cluster.bootstrap)
        await create_topics(settings)
        async with clients.producer(settings) as producer:
            await producer.send_and_wait(topic_name(settings, "deadletter"), b"v", key=b"0" * 32)
        assert await mark_seen(settings) == 1
        monkeypatch.setattr(exporter, "SEEN_AGAIN_SECONDS", 10.0)
        for _ in range(18):
            found = await exporter.look(settings)
            assert set(found[metrics.DEAD_LETTERS_UNSEEN].values()) == {0}
            await asyncio.sleep(5)
        # Without it they are forgotten: this broker is one that does.
        monkeypatch.setattr(exporter, "SEEN_AGAIN_SECONDS", 1e9)
        await asyncio.sleep(80)
        found = await exporter.look(settings)
        assert set(found[metrics.DEAD_LETTERS_UNSEEN].values()) == {1}


@pytest.mark.long
async def test_without_kafka_nothing_old_is_shown_and_it_comes_back_by_itself(
    tmp_path: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "LOOK_EVERY_SECONDS", 0.2)
    with LocalCluster(cache_dir=load().cache_dir, data=tmp_path / "data") as cluster:
        settings = load(brokers=cluster.bootstrap, continuous="wire=30m")
        await create_topics(settings)
        async with running(settings) as health:
            await until(page, "copydesk_broker_up", {("1",): 1})
            assert health.ready
            await asyncio.to_thread(cluster.nodes[0].kill)
            await until(page, "copydesk_kafka_up", {(): 0})
            assert samples(page, "copydesk_group_lag_records") == {}
            assert samples(page, "copydesk_source_silence_limit_seconds") == {("wire",): 1800}
            await asyncio.to_thread(cluster.nodes[0].start)
            await until(page, "copydesk_kafka_up", {(): 1})
            assert samples(page, "copydesk_group_lag_records")

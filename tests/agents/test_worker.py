"""A worker as a process: what it refuses, when it is ready, how it ends."""

import asyncio
import os
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from aiokafka.admin import NewPartitions, NewTopic

from pipeline.kafka import clients, topics
from pipeline.kafka.topics import TOPICS, configuration, topic_name
from pipeline.settings import Settings
from tests.desk import WorkerProcess, send, wait_done, wait_until, workers

pytestmark = pytest.mark.broker


def status(worker: WorkerProcess, path: str) -> int:
    try:
        with urllib.request.urlopen(worker.url(path), timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def refusal(settings: Settings, folder: Path) -> str:
    """The one line a worker ends with."""
    with workers(settings, folder) as start:
        worker = start()
        assert worker.process.wait(30) == 1
        *_, last = worker.lines()
    assert (last["level"], last["event"]) == ("critical", "worker did not start")
    assert not worker.said("Traceback")
    return str(last["error"])


def test_missing_topics_are_refused_in_one_line(desk: Settings, tmp_path: Path) -> None:
    line = refusal(desk.model_copy(update={"prefix": "nobody"}), tmp_path)
    assert "nobody.raw is missing; run `copydesk topics create`" in line


def test_unequal_partitions_are_refused_in_one_line(desk: Settings, tmp_path: Path) -> None:
    async def grow() -> None:
        async with clients.admin(desk) as admin:
            await admin.create_partitions({topic_name(desk, "judged"): NewPartitions(9)})

    asyncio.run(grow())
    assert "partitions" in refusal(desk, tmp_path)


@pytest.mark.long
def test_an_idle_worker_is_ready_and_a_rebalance_does_not_flap_it(broker: str, tmp_path: Path) -> None:
    """One partition of everything, two workers: one of them has nothing to do."""
    settings = Settings(brokers=broker, prefix="idle", partitions=1)

    async def create() -> None:
        async with clients.admin(settings) as admin:
            await admin.create_topics(
                [NewTopic(topic_name(settings, name), 1, 1, topic_configs=configuration(name, 1)) for name in TOPICS]
            )
            await topics.check(admin, settings)

    asyncio.run(create())
    with workers(settings, tmp_path) as start:
        first = start()
        first.wait_ready(1)
        wait_until(lambda: status(first, "/readyz") == 200, 20, "the first is ready")
        second = start()
        second.wait_said("metrics served")
        seen = set()
        deadline = time.monotonic() + 30
        while status(second, "/readyz") != 200 and time.monotonic() < deadline:
            seen.add(status(first, "/readyz"))
            time.sleep(0.1)
        assert status(second, "/readyz") == 200
        assert seen <= {200}, "the first was not taken out while the second joined"
        ids = asyncio.run(send(settings, [b"A document for the two of them."]))
        assert wait_done(settings, ids)[ids[0]] == "enriched"


@pytest.mark.long
def test_nothing_is_left_of_a_killed_worker(desk: Settings, tmp_path: Path) -> None:
    with workers(desk, tmp_path) as start:
        worker = start(COPYDESK_PROCESSES="2")
        ids = asyncio.run(send(desk, [b"A document, so that the processes have been used."]))
        wait_done(desk, ids)
        family = descendants(worker.process.pid)
        assert len(family) >= 3, "the fork server and two processes"
        worker.kill()
        wait_until(lambda: not any(alive(pid) for pid in family), 5, "all of its processes are gone")


def descendants(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

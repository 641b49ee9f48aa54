"""Workers are killed, stopped and joined, the broker restarts; nothing is lost and no decision changes.

At the end every id has exactly one status, every well-formed document is enriched, and the last record of each id
equals a pure offline fold of the tagged topic that this very run wrote.
"""

import asyncio
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from pipeline.kafka.broker import LocalCluster
from pipeline.kafka.status import statuses
from pipeline.settings import Settings
from tests.chaos.items import documents
from tests.desk import last_enriched, offline_fold, read_all, send, wait_done, wait_no_lag, wait_until, workers

pytestmark = pytest.mark.broker

# Stopped as told; or it could not go on while the broker was away, acknowledged nothing, and asks to be started again.
ENDINGS = {0, 75}
BROKEN = b'{"id": "broken", "text": '


async def prove(settings: Settings, ids: list[str], broken: str) -> None:
    """What must hold after anything that may have happened."""
    found = await statuses(settings)
    assert set(found) == {*ids, broken}, "an id too many or too few"
    assert Counter(found.values()) == {"enriched": len(ids), "rejected": 1}
    actual, expected = await last_enriched(settings), await offline_fold(settings)
    assert actual.keys() == expected.keys() == set(ids)
    wrong = [id_ for id_ in ids if actual[id_] != expected[id_]]
    assert not wrong, f"{len(wrong)} of {len(ids)} differ, the first: {actual[wrong[0]]} is not {expected[wrong[0]]}"
    partitions = {message.partition for message in await read_all(settings, "tagged")}
    assert len(partitions) >= 3, "several languages, so several owners"
    kinds = Counter(record.duplicate.kind for record in actual.values())
    assert kinds["near"] and kinds["unique"]


def enriched_at_least(settings: Settings, count: int) -> None:
    wait_until(lambda: len(asyncio.run(read_all(settings, "enriched"))) >= count, 90, f"{count} documents enriched")


@pytest.mark.timeout(200)
def test_a_killed_and_a_stopped_worker_lose_nothing(desk: Settings, tmp_path: Path) -> None:
    """The short form: kill with a batch in flight, kill right after the rebalance, stop in mid batch."""
    run(desk, tmp_path, seed=1, count=400, cluster=None)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(20))
def test_any_moment(desk: Settings, cluster: LocalCluster, tmp_path: Path, seed: int) -> None:
    """The long form: 2,000 items, the kills at other moments with each seed, and the broker restarts too."""
    run(desk, tmp_path, seed=seed, count=2000, cluster=cluster)


def run(desk: Settings, folder: Path, *, seed: int, count: int, cluster: LocalCluster | None) -> None:
    random_ = random.Random(seed)
    values = documents(count, seed)
    with workers(desk, folder) as start:
        first, second = start(), start()
        first.wait_said("metrics served")
        second.wait_said("metrics served")
        ids = asyncio.run(send(desk, values, media_type="application/json"))
        [broken] = asyncio.run(send(desk, [BROKEN], media_type="application/json"))
        # With a batch in flight.
        enriched_at_least(desk, random_.randrange(1, count // 4))
        time.sleep(random_.random())
        first.kill()
        third = start()  # a worker joins
        # Right after a rebalance: some of its partitions are claimed, others are being folded.
        third.wait_said("partition claimed", times=random_.randrange(1, 3))
        time.sleep(random_.random() * 0.2)
        third.kill()
        fourth = start()
        if cluster:
            # During a fold.
            fourth.wait_said("claiming partition", times=random_.randrange(1, 4))
            time.sleep(random_.random() * 0.05)
            fourth.kill()
            fourth = start()
            cluster.nodes[0].stop()
            time.sleep(random_.random() * 3)
            cluster.nodes[0].start()
            if fourth.process.poll() is not None:
                fourth = start()
        fourth.wait_said("partition claimed", times=1)
        time.sleep(random_.random())
        second.send(signal.SIGTERM)  # in mid batch
        assert second.process.wait(60) in ENDINGS, second.log.read_text()[-2000:]
        if fourth.process.poll() is not None:
            fourth = start()
        wait_done(desk, [*ids, broken])
        wait_no_lag(desk)
        assert fourth.stop() in ENDINGS
    asyncio.run(prove(desk, ids, broken))

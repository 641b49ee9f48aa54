"""A minute in which workers join, stop, sleep and are killed faster than the group can settle.

The other kill tests wait for a moment and strike once; here one rebalance runs into the next. This is what found
documents committed past their place (docs/decisions/0002-delivery.md).
"""

import asyncio
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.chaos.items import documents
from tests.chaos.test_kills import BROKEN, prove
from tests.desk import WorkerProcess, send, wait_done, wait_no_lag, workers

pytestmark = [pytest.mark.broker, pytest.mark.long, pytest.mark.timeout(300)]

SECONDS = 60
DOCUMENTS = 900
# What a worker may end with: told to, killed, or because it could not go on and acknowledged nothing (75).
EXPECTED = {0, -signal.SIGKILL, -signal.SIGTERM, 75}


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_loses_nothing(desk: Settings, tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)
    values = documents(DOCUMENTS, seed)
    with workers(desk, tmp_path) as start:
        running = [start() for _ in range(3)]
        running[0].wait_said("metrics served")
        began, sent = time.monotonic(), 0
        ids: list[str] = []
        while sent < len(values) or time.monotonic() < began + SECONDS:
            share = min(1.0, (time.monotonic() - began) / (SECONDS * 0.9))
            due = values[sent : int(share * len(values))]
            ids += asyncio.run(send(desk, due, media_type="application/json"))
            sent += len(due)
            strike(random_, running, start)
            time.sleep(random_.random() * 3)
        [broken] = asyncio.run(send(desk, [BROKEN], media_type="application/json"))
        for worker in running:
            worker.send(signal.SIGCONT)
        start()  # whatever becomes of those that wake up now
        wait_done(desk, [*ids, broken])
        wait_no_lag(desk)
    asyncio.run(prove(desk, ids, broken))


def strike(random_: random.Random, running: list[WorkerProcess], start: Callable[[], WorkerProcess]) -> None:
    """Something happens to one of them; who is gone is replaced."""
    place = random_.randrange(len(running))
    victim = running[place]
    blow = random_.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGCONT, signal.SIGCONT))
    if victim.process.poll() is None:
        victim.send(blow)
    replace_ended(running, start)


def replace_ended(running: list[WorkerProcess], start: Callable[[], WorkerProcess]) -> None:
    for place, worker in enumerate(running):
        status = worker.process.poll()
        if status is not None:
            assert status in EXPECTED, worker.log.read_text()[-2000:]
            running[place] = start()

"""One worker: checks, starts, stops. `python -m agents`, or `copydesk worker`."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from faust.types import TP

from agents import clean, emit, extract
from agents.app import Desk, build, partitions_of
from agents.dedupe import DedupeRunner
from agents.message import Outgoing, identity
from agents.owner import send
from agents.pool import Pool
from agents.runner import Runner, StatelessRunner
from agents.transport import REBALANCE_SECONDS
from pipeline import __version__, logs, metrics, settings
from pipeline.errors import KafkaAway, UserError
from pipeline.health import Health, serve
from pipeline.kafka import clients, topics
from pipeline.records import Stage
from pipeline.settings import Settings

log = logs.get_logger(__name__)

# Well below the rebalance time-out: a member that is late is left out, and what it had in work is done twice.
SETTLE_SECONDS: Final = REBALANCE_SECONDS * 0.4
TICK_SECONDS: Final = 0.5
# A broker that is being restarted is back within this time; one that is not there at all is told of at last.
WAIT_FOR_KAFKA: Final = 60.0
# 75 is EX_TEMPFAIL: started again, it goes on where the acknowledgements ended.
FAILED: Final = 75


class Worker:
    """The four stages, what they share, and the answers Faust's consumer asks for (agents/transport.py: Owner)."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self.settings, self._producer = settings, producer
        self.health = Health()
        self.stopping = asyncio.Event()
        self._began = time.monotonic()
        self._assigned: set[TP] | None = None
        self._lagging: set[TP] = set()
        self._pool = Pool(settings)
        shared: dict[str, Any] = {"settings": settings, "produce": self._produce, "fail": self.fail}
        pooled: dict[str, Any] = shared | {"pool": self._pool}
        self._dedupe = DedupeRunner(release=self._release, **shared)
        self._runners: dict[Stage, Runner] = {
            "clean": StatelessRunner("clean", "clean", clean.work, name=clean.raw_id, **pooled),
            "extract": StatelessRunner("extract", "tagged", extract.work, name=identity, **pooled),
            "dedupe": self._dedupe,
            "emit": StatelessRunner("emit", "enriched", emit.work, name=identity, **shared, pool=None),
        }
        self._app: Desk = build(settings, self, self._runners)

    # -- what the consumer and the runners ask -----------------------------------------------------------------------

    async def settle(self) -> None:
        if not await self._idle_within(SETTLE_SECONDS):
            log.warning("batch may be done twice", seconds=SETTLE_SECONDS)

    def assigned(self, partitions: set[TP]) -> set[TP]:
        before, self._assigned = self._assigned or set(), set(partitions)
        log.info(
            "partitions assigned",
            partitions=len(partitions),
            gained=len(partitions - before),
            lost=len(before - partitions),
        )
        tagged = partitions_of(self.settings, "tagged", partitions)
        metrics.REBALANCES.inc()
        for name in topics.INPUTS.values():
            mine = partitions_of(self.settings, name, partitions)
            metrics.ASSIGNED_PARTITIONS.labels(topics.topic_name(self.settings, name)).set(len(mine))
        self._dedupe.assigned(tagged)
        return tagged

    def _release(self, partition: TP) -> None:
        self._app.consumer.release(partition)

    async def _produce(self, messages: Sequence[Outgoing]) -> None:
        await asyncio.gather(*[await send(self._producer, message) for message in messages])

    def fail(self, error: BaseException) -> None:
        """End the process now. Nothing that is in work has been acknowledged."""
        if isinstance(error, UserError):
            log.critical("worker gave up", error=str(error))
        elif isinstance(error, KafkaError):
            log.critical("worker gave up, Kafka did not take what came of a batch; start again", error=str(error))
        else:
            log.critical("worker gave up, a bug", error=type(error).__name__, exception=logs.trace(error))
        _exit(FAILED)

    # -- running -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; then finish the batches in work, or end without acknowledging them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.stopping.set)
        server = serve(self.health, self.settings.metrics_host, self.settings.metrics_port)
        self._pool.warm(extract.prepare, self.fail)
        ticking = asyncio.ensure_future(self._tick())
        for runner in self._runners.values():
            runner.offsets = self._app.consumer
        await self._app.start()
        await self.stopping.wait()
        log.info("worker stopping", deadline=self.settings.stop_deadline)
        self._app.consumer.close_epoch()  # what is fetched and not in work yet is left to others
        self._app.consumer.stop_flow()
        if not await self._idle_within(self.settings.stop_deadline):
            log.critical("worker gave up, a batch took too long to finish", seconds=self.settings.stop_deadline)
            _exit(FAILED)
        try:
            async with asyncio.timeout(self.settings.stop_deadline):
                await self._app.consumer.commit()
                ticking.cancel()
                await self._dedupe.close()
                await self._app.stop()
        except TimeoutError:  # a broker that is away keeps its clients waiting
            log.critical("worker gave up, Kafka did not take its last offsets", seconds=self.settings.stop_deadline)
            _exit(FAILED)
        self._pool.stop()
        server.shutdown()
        log.info("worker stopped")

    async def _idle_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(runner.wait_idle() for runner in self._runners.values()))
        except TimeoutError:
            return False
        return True

    async def _tick(self) -> None:
        """Twice a second: how late the loop is, how far behind we are, whether we are ready, whether Faust lives."""
        while True:
            started = time.monotonic()
            await asyncio.sleep(TICK_SECONDS)
            self.health.ticked = time.monotonic()
            metrics.LOOP_LAG_SECONDS.observe(max(0.0, self.health.ticked - started - TICK_SECONDS))
            if self._app.crashed:
                self.fail(self._app.crash_reason or RuntimeError("Faust stopped"))
            # Once ready it stays so: a rebalance pauses for moments, and a probe that flaps takes workers away.
            if not self.health.ready and self._assigned is not None and not self._dedupe.folding:
                self.health.ready = True
                log.info("worker ready", seconds=round(time.monotonic() - self._began, 1))
            metrics.READY.set(self.health.ready)
            metrics.FOLDING_PARTITIONS.set(self._dedupe.folding)
            if self._assigned is not None:
                self._show_lag(self._app.consumer.lag())

    def _show_lag(self, lags: dict[TP, int]) -> None:
        for partition in self._lagging - lags.keys():
            metrics.LAG_RECORDS.remove(*partition)  # somebody else's now
        for partition, lag in lags.items():
            metrics.LAG_RECORDS.labels(*partition).set(lag)
        self._lagging = set(lags)


async def work(settings: Settings) -> None:
    """Check the topics, then run a worker until it is told to stop.

    Raises:
        UserError: no Kafka, or topics that it can't run on.
    """
    log.info(
        "worker starting",
        version=__version__,
        brokers=settings.brokers,
        security=settings.security,
        prefix=settings.prefix,
        group=settings.group_id,
        processes=settings.worker_processes,
        tagger=settings.tagger,
    )
    differences = await _differences(settings)
    topics.refuse(differences)
    for difference in differences:
        log.warning("topic differs", topic=difference.topic, reason=difference.what)
    metrics.BUILD.info({"version": __version__})
    metrics.begin()
    metrics.WINDOW_LIMIT.set(settings.window_documents)
    metrics.SOURCES.always(settings.silence_limits)
    async with clients.producer(settings) as producer:
        await Worker(settings, producer).run()


async def _differences(settings: Settings) -> list[topics.Difference]:
    deadline = time.monotonic() + WAIT_FOR_KAFKA
    while True:
        try:
            async with clients.admin(settings) as admin:
                return await topics.check(admin, settings)
        except KafkaAway as error:
            if time.monotonic() > deadline:
                raise
            log.warning("Kafka does not answer", error=str(error))
            await asyncio.sleep(TICK_SECONDS)


def _exit(status: int) -> None:
    """Now, without what is left to run: a clean-up that commits is what must not happen."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)


def main() -> None:
    try:
        in_force = settings.load()
    except UserError as error:  # how to log is a setting too
        sys.stderr.write(f"copydesk: {error}\n")
        sys.exit(1)
    logs.configure(in_force)
    try:
        asyncio.run(work(in_force))
    except UserError as error:
        log.critical("worker did not start", error=str(error))
        sys.exit(1)
    except (KafkaError, BrokenProcessPool) as error:
        log.critical("worker did not come up; start again", error=f"{type(error).__name__}: {error}")
        _exit(FAILED)

"""The loop acknowledges nothing before the broker has acknowledged what came of it, whatever breaks where."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.clean import raw_id, work
from agents.dedupe import DedupeRunner
from agents.message import Ending, Outgoing, Result
from agents.owner import Owner
from agents.runner import SLICE_SECONDS, Runner, StatelessRunner, _observe_arrivals, cut, sliced
from pipeline import metrics
from pipeline.kafka.headers import RAW_TIME
from pipeline.settings import Settings
from tests.agents.fakes import FakeMessage, FakeOffsets, incoming, tagged_messages

SETTINGS = Settings(brokers="nowhere:1")


class Broker:
    """Takes its time over each message, and breaks at the `breaks_at`-th thing it is asked."""

    def __init__(self, breaks_at: int = -1) -> None:
        self.breaks_at, self.asked = breaks_at, 0
        self.held: list[Outgoing] = []
        self.committed: list[Outgoing] = []

    async def ask(self) -> None:
        if self.asked == self.breaks_at:
            raise ConnectionError("the broker is away")
        self.asked += 1
        await asyncio.sleep(0)

    async def produce(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            await self.ask()
            self.committed.append(message)


class FakeTransaction:
    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    async def __aenter__(self) -> None:
        await self.broker.ask()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.broker.ask()
            self.broker.committed += self.broker.held
        self.broker.held.clear()


class FakeProducer:
    """Of a transactional producer what the owner uses."""

    def __init__(self, broker: Broker) -> None:
        self.broker, self.offset = broker, 0

    def transaction(self) -> FakeTransaction:
        return FakeTransaction(self.broker)

    async def send(self, topic: str, value: bytes, *, key: bytes, partition: int, headers: Any) -> Any:
        await self.broker.ask()
        self.broker.held.append(Outgoing(topic, key, value, headers, partition))
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(type("Metadata", (), {"offset": self.offset}))
        self.offset += 1
        return future


def clean_runner(broker: Broker, failures: list[BaseException]) -> tuple[Runner, FakeOffsets, list[FakeMessage]]:
    runner = StatelessRunner(
        "clean", "clean", work, pool=None, name=raw_id, settings=SETTINGS, produce=broker.produce, fail=failures.append
    )
    offsets = runner.offsets = FakeOffsets()
    return runner, offsets, [FakeMessage(f"Story number {number} has a body.".encode(), number) for number in range(6)]


def dedupe_runner(broker: Broker, failures: list[BaseException]) -> tuple[Runner, FakeOffsets, list[FakeMessage]]:
    runner = DedupeRunner(release=lambda _: None, settings=SETTINGS, produce=broker.produce, fail=failures.append)
    owner = Owner(0, SETTINGS)
    owner._producer = FakeProducer(broker)
    runner._owners[0] = owner
    offsets = runner.offsets = FakeOffsets()
    return runner, offsets, tagged_messages(6)


RUNNERS = pytest.mark.parametrize(("make", "sends"), [(clean_runner, 6), (dedupe_runner, 18)])


@RUNNERS
async def test_all_is_acknowledged_in_order_when_nothing_breaks(make: Any, sends: int) -> None:
    broker, failures = Broker(), []  # type: ignore[var-annotated]
    runner, offsets, messages = make(broker, failures)
    await runner.batch(messages)
    assert [message.offset for message in offsets.acknowledged] == list(range(6))
    assert len(broker.committed) == sends
    assert not failures


@RUNNERS
async def test_a_failure_at_any_await_acknowledges_nothing_and_ends_the_process(make: Any, sends: int) -> None:
    for breaks_at in range(sends):
        broker, failures = Broker(breaks_at), []  # type: ignore[var-annotated]
        runner, offsets, messages = make(broker, failures)
        with pytest.raises(ConnectionError):
            await runner.batch(messages)
        assert not offsets.acknowledged, breaks_at
        assert len(failures) == 1


@RUNNERS
async def test_a_cancel_at_any_await_acknowledges_nothing_that_is_not_on_the_broker(make: Any, sends: int) -> None:
    interrupted = 0
    for steps in range(200):
        broker = Broker()
        runner, offsets, messages = make(broker, [])
        task = asyncio.ensure_future(runner.batch(messages))
        for _ in range(steps):
            await asyncio.sleep(0)
        if task.done():
            break
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        interrupted += 1
        if offsets.acknowledged:  # cancelled after the last delivery
            assert len(broker.committed) == sends
    assert interrupted >= sends, "each send is an await"
    assert task.done()


async def test_the_agent_being_cancelled_does_not_cancel_its_batch() -> None:
    broker = Broker()
    runner, offsets, messages = clean_runner(broker, [])

    async def batches() -> Any:
        yield [type("Event", (), {"message": message}) for message in messages]
        await asyncio.sleep(3600)

    agent = asyncio.ensure_future(runner.run(batches()))
    for _ in range(4):
        await asyncio.sleep(0)
    agent.cancel()
    await asyncio.gather(agent, return_exceptions=True)
    await runner.wait_idle()
    assert len(offsets.acknowledged) == len(broker.committed) == 6


async def test_messages_of_an_epoch_that_is_over_are_left_alone() -> None:
    broker = Broker()
    runner, offsets, messages = clean_runner(broker, [])
    offsets.epoch = 1
    messages[3].epoch = messages[4].epoch = 1
    await runner.batch(messages)
    assert [message.offset for message in offsets.acknowledged] == [3, 4]
    assert len(broker.committed) == 2


async def test_a_partition_that_was_lost_is_neither_decided_nor_acknowledged() -> None:
    broker = Broker()
    runner, offsets, messages = dedupe_runner(broker, [])
    for message in messages[:3]:
        message.partition = 5
    await runner.batch(messages)
    assert [(message.partition, message.offset) for message in offsets.acknowledged] == [(0, 3), (0, 4), (0, 5)]


async def test_a_bug_in_a_stage_costs_the_document_and_not_the_batch() -> None:
    broker = Broker()
    runner, offsets, messages = clean_runner(broker, [])

    def buggy(arrived: Any, settings: Settings) -> Any:
        if arrived.origin.offset == 2:
            raise ZeroDivisionError("a bug")
        return work(arrived, settings)

    runner._work = buggy  # type: ignore[attr-defined]
    await runner.batch(messages)
    assert len(offsets.acknowledged) == 6
    assert [message.topic for message in broker.committed].count("news.deadletter") == 1


async def test_a_batch_is_handed_over_whole_before_the_first_acknowledgement_is_waited_for() -> None:
    handed: list[Outgoing] = []
    gate = asyncio.Event()

    async def produce(messages: Sequence[Outgoing]) -> None:
        handed.extend(messages)
        await gate.wait()

    runner, offsets, messages = clean_runner(Broker(), [])
    runner.produce = produce
    task = asyncio.ensure_future(runner.batch(messages))
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(handed) == 6
    assert not offsets.acknowledged
    gate.set()
    await task
    assert len(offsets.acknowledged) == 6


async def test_work_on_the_loop_lets_others_in_after_each_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr("agents.runner.time.perf_counter", lambda: clock)

    def work_of_5_ms(number: int) -> int:
        nonlocal clock
        clock += 0.005
        return number

    turns = 0

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(somebody_else())
    results = [each async for each in sliced(work_of_5_ms(number) for number in range(100))]
    other.cancel()
    assert results == list(range(100))
    assert turns >= 100 * 0.005 / (SLICE_SECONDS + 0.005) - 1


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 60))
def test_cut_keeps_order_and_bound(sizes: list[int], most: int) -> None:
    messages = [FakeMessage(b"x" * size, offset) for offset, size in enumerate(sizes)]
    parts = list(cut(messages, most))
    assert [message for part in parts for message in part] == messages
    assert all(len(part) == 1 or sum(len(message.value or b"") for message in part) <= most for part in parts)


async def test_a_result_of_many_messages_is_delivered_whole_and_counted_once() -> None:
    """A withdrawal goes to every owner; where it ends, what it changed is sent with it; elsewhere it leaves nothing."""
    kinds: dict[str, tuple[Ending, int]] = {"several": ("emitted", 8), "one": ("dropped", 3), "none": ("dropped", 0)}

    def many(arrived: Any, _: Settings) -> Result:
        ending, count = kinds[arrived.value.decode()]
        return Result(ending, tuple(Outgoing("t", b"id", b"v", [], number) for number in range(count)), "withdrawal")

    broker, failures = Broker(), []  # type: ignore[var-annotated]
    runner, offsets, _ = clean_runner(broker, failures)
    runner._work = many  # type: ignore[attr-defined]
    counted = [
        metrics.DOCUMENTS.labels("clean", ending, "withdrawal")._value.get() for ending in ("emitted", "dropped")
    ]
    await runner.batch([FakeMessage(kind.encode(), offset) for offset, kind in enumerate(kinds)])
    assert len(broker.committed) == 8 + 3
    assert [message.offset for message in offsets.acknowledged] == [0, 1, 2]
    assert not failures
    now = [metrics.DOCUMENTS.labels("clean", ending, "withdrawal")._value.get() for ending in ("emitted", "dropped")]
    assert [after - before for after, before in zip(now, counted, strict=True)] == [1, 2]


@pytest.mark.parametrize("raw_time", [b"9" * 400, b"9" * 5000, b"-1", b"", b"soon", b"0"])
def test_a_raw_time_that_somebody_else_wrote_stops_nobody(raw_time: bytes) -> None:
    arrived = replace(incoming(b"v"), headers={RAW_TIME: raw_time})
    _observe_arrivals([arrived], [Result("emitted", (), tally={"sources": {"wire": 1}})])

"""Poison costs itself: the documents around it are worked on, and its process alone is replaced."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from agents import extract
from agents.message import Incoming, Result, identity
from agents.pool import Pool
from pipeline.entities.taggers import tagger
from pipeline.metrics import REGISTRY
from pipeline.outcomes import Reject
from pipeline.records import encode
from pipeline.settings import MIB, Settings
from tests.agents.fakes import incoming, tagged
from tests.poison import CRASH, HANG, MEMORY

SETTINGS = Settings(
    brokers="nowhere:1",
    processes=2,
    tagger="tests.poison:load",
    document_deadline=2,
    process_memory=1024 * MIB,
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(SETTINGS)
    yield pool
    pool.stop()


def article(text: str) -> Incoming:
    record = tagged(text).article
    return incoming(encode(record), topic="news.clean", key=record.id.encode())


async def run(pool: Pool, documents: list[Incoming]) -> list[Result | Reject]:
    return await asyncio.gather(
        *(pool.run(extract.work, each, stage="extract", id=identity(each)) for each in documents)
    )


@pytest.mark.parametrize(("marker", "reason"), [(CRASH, "crash"), (HANG, "deadline"), (MEMORY, "memory")])
async def test_poison_alone(pool: Pool, marker: str, reason: str) -> None:
    [outcome] = await run(pool, [article(f"{marker} alone")])
    assert isinstance(outcome, Reject)
    assert outcome.reason == reason
    [healthy] = await run(pool, [article("Anna met Paul.")])
    assert isinstance(healthy, Result)


async def test_poison_costs_itself_in_a_batch_of_two_hundred(pool: Pool) -> None:
    documents = [article(f"Document {number} is healthy.") for number in range(200)]
    for place, marker in ((3, CRASH), (77, HANG), (150, MEMORY), (199, CRASH)):
        documents[place] = article(f"{marker} at place {place}")
    outcomes = await run(pool, documents)
    rejected = {place: outcome.reason for place, outcome in enumerate(outcomes) if isinstance(outcome, Reject)}
    assert rejected == {3: "crash", 77: "deadline", 150: "memory", 199: "crash"}


async def test_poison_that_arrives_twenty_times_costs_one_process(pool: Pool) -> None:
    def restarts() -> float:
        return (
            REGISTRY.get_sample_value("copydesk_processes_restarted_total", {"stage": "extract", "cause": "crash"})
            or 0.0
        )

    before = restarts()
    poison = article(f"{CRASH} again and again")
    for _ in range(20):
        [outcome] = await run(pool, [poison])
        assert isinstance(outcome, Reject)
        assert outcome.reason == "crash"
    assert restarts() - before == 1


async def test_poison_that_was_sent_back_from_the_dead_letters_is_tried_again(pool: Pool) -> None:
    poison = article("Anna met Paul, and then Clara.")
    pool._killers["extract", identity(poison), 0] = Reject("crash", "by chance")
    [remembered] = await run(pool, [poison])
    assert isinstance(remembered, Reject)
    [again] = await run(pool, [replace(poison, headers={"copydesk-attempt": b"1"})])
    assert isinstance(again, Result)


async def test_twenty_different_poisons_in_one_batch(pool: Pool) -> None:
    documents = [article(f"{CRASH if number % 2 else 'Healthy'} number {number}") for number in range(40)]
    outcomes = await run(pool, documents)
    assert [isinstance(outcome, Reject) for outcome in outcomes] == [bool(number % 2) for number in range(40)]


def buggy(arrived: Incoming, settings: Settings) -> Result:
    raise ZeroDivisionError(f"in process {os.getpid()}")


async def test_a_bug_is_told_and_costs_the_document(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    outcome = await pool.run(buggy, article("Anna met Paul."), stage="extract", id="0" * 32)
    assert isinstance(outcome, Reject)
    assert outcome.reason == "internal error"
    assert "ZeroDivisionError: in process" in outcome.error
    line: Any = caplog.records[-1].msg
    assert (line["event"], line["topic"], line["offset"]) == ("bug on a document", "news.clean", 0)
    assert line["exception"].startswith("ZeroDivisionError\n") and "in buggy" in line["exception"]
    assert outcome.error.rpartition(" ")[2] not in str(line), "what an exception says may quote the document"


class WithTwoArgumentsError(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


def raises_what_cannot_be_sent(arrived: Incoming, settings: Settings) -> Result:
    raise WithTwoArgumentsError("a", "b")


async def test_an_exception_that_cannot_cross_the_border_is_told_as_well(pool: Pool) -> None:
    outcome = await pool.run(raises_what_cannot_be_sent, article("Anna met Paul."), stage="extract", id="0" * 32)
    assert outcome == Reject("internal error", "WithTwoArgumentsError: a")


def broken_tagger(settings: Settings) -> None:
    tagger("tests.poison:no_such_function")


async def test_a_tagger_that_does_not_load_is_told_before_the_first_document(pool: Pool) -> None:
    told: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def fail(error: BaseException) -> None:
        if not told.done():
            loop.call_soon_threadsafe(told.set_result, error)

    pool.warm(broken_tagger, fail)
    assert "COPYDESK_TAGGER takes module:function" in str(await asyncio.wait_for(told, 30))


async def test_a_pool_that_has_ended_blames_no_document() -> None:
    pool = Pool(SETTINGS)
    pool.stop()
    with pytest.raises(RuntimeError):
        await run(pool, [article("Anna met Paul.")])

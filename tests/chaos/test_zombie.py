"""An owner that was stopped for longer than its session wakes up, and can't write to a log that has a new owner."""

import asyncio
import signal
from pathlib import Path

import pytest

from agents.owner import Owner
from pipeline.errors import UserError
from pipeline.judging import codec
from pipeline.kafka import clients
from pipeline.kafka.topics import topic_name
from pipeline.records import encode
from pipeline.settings import Settings
from tests.agents.fakes import incoming, tagged
from tests.desk import last_enriched, offline_fold, read_all, send, wait_done, wait_no_lag, wait_until, workers

pytestmark = pytest.mark.broker

FIRST = [b"The first document was decided by the first owner of the language."]
SECOND = [f"Document {number} came while one worker slept in its bed.".encode() for number in range(40)]


@pytest.mark.timeout(150)
@pytest.mark.long
def test_a_worker_that_slept_through_its_session_changes_nothing(desk: Settings, tmp_path: Path) -> None:
    with workers(desk, tmp_path) as start:
        sleeper = start()
        sleeper.wait_ready()
        first = asyncio.run(send(desk, FIRST))
        wait_done(desk, first)
        sleeper.send(signal.SIGSTOP)
        second = asyncio.run(send(desk, SECOND))
        heir = start()
        heir.wait_ready()
        wait_done(desk, second)
        sleeper.send(signal.SIGCONT)
        third = asyncio.run(send(desk, [b"And one more that came after it woke up again."]))
        wait_done(desk, [*first, *second, *third])
        wait_no_lag(desk)
        wait_until(
            lambda: sleeper.process.poll() is not None or sleeper.said("partition claimed") >= 9,
            60,
            "the sleeper is back",
        )
    fingerprints = [codec.unpack(message.value or b"") for message in asyncio.run(read_all(desk, "fingerprints"))]
    ids = [fingerprint.id for fingerprint in fingerprints]
    assert sorted(ids) == sorted({*first, *second, *third}), "each document is decided once"
    assert asyncio.run(last_enriched(desk)) == asyncio.run(offline_fold(desk))


async def test_what_a_fenced_owner_decides_is_seen_by_nobody(desk: Settings) -> None:
    zombie, heir = Owner(0, desk), Owner(0, desk)
    record = tagged("a document that the old owner still holds in its hands")
    message = incoming(encode(record), topic=topic_name(desk, "tagged"), key=record.article.id.encode())
    try:
        await zombie.claim()
        await heir.claim()
        with pytest.raises(UserError, match="new owner"):
            await zombie.decide([message])
        assert not await read_all(desk, "fingerprints")
        assert not await read_all(desk, "judged")
        [result] = await heir.decide([message])
        assert result.ending == "emitted"
        assert len(await read_all(desk, "fingerprints")) == len(await read_all(desk, "judged")) == 1
    finally:
        await zombie.close()
        await heir.close()


async def test_a_new_owner_folds_what_the_old_one_wrote(desk: Settings) -> None:
    records = [tagged(f"number {number} of many different wires from many places {number}") for number in range(50)]
    messages = [
        incoming(encode(record), topic=topic_name(desk, "tagged"), key=record.article.id.encode()) for record in records
    ]
    old, new = Owner(3, desk), Owner(3, desk)
    try:
        await old.claim()
        await old.decide(messages[:20])
        await old.decide(messages[20:])
        await new.claim()
        assert new.state.snapshot() == old.state.snapshot()
        assert len(new.state) == 50
        [again] = await new.decide(messages[:1])
        assert again.ending == "emitted"
        assert len(await read_all(desk, "fingerprints")) == 50, "what is delivered again is not decided again"
    finally:
        await old.close()
        await new.close()


async def test_the_log_is_cut_below_the_window_and_folds_to_the_same(
    desk: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.owner._TRIM_EVERY", 10)
    small = desk.model_copy(update={"window_documents": 20})
    records = [tagged(f"number {number} of many different wires from many places {number}") for number in range(60)]
    old, new = Owner(0, small), Owner(0, small)
    try:
        await old.claim()
        for record in records:
            await old.decide([incoming(encode(record), key=record.article.id.encode())])
        left = await read_all(desk, "fingerprints")
        assert 20 <= len(left) < 60
        await new.claim()
        assert new.state.snapshot() == old.state.snapshot()
    finally:
        await old.close()
        await new.close()


async def test_a_foreign_record_in_the_log_is_skipped_by_every_owner(desk: Settings) -> None:
    async with clients.producer(desk) as producer:
        for value in (b"no json", b"{}", None):
            await producer.send_and_wait(topic_name(desk, "fingerprints"), value, key=b"x", partition=0)
    owner = Owner(0, desk)
    try:
        await owner.claim()
        assert len(owner.state) == 0
    finally:
        await owner.close()

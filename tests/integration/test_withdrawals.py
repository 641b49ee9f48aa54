"""Versions and withdrawals through a real worker: what a reader of the enriched topic is left with."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.identity import document_id, item_id
from pipeline.kafka import clients
from pipeline.kafka.headers import cloud_event
from pipeline.kafka.topics import topic_name
from pipeline.records import Enriched, StorySnapshot, decode
from pipeline.settings import Settings
from tests.desk import (
    last_enriched,
    offline_fold,
    read_all,
    wait_done,
    wait_no_lag,
    wait_until,
    workers,
)
from tests.judging.made import MINE, START, STORM, STRIKE

pytestmark = pytest.mark.broker

FIRST = {"headline": "Storm closes harbour", "body": STORM}
SECOND = {"headline": "Storm closes harbour", "body": STORM + "One man is missing.", "version": 2}
GERMAN = (
    "ZURÜCKGEZOGEN: Die Meldung über den Sturm im Hafen wurde vom Dienst zurückgezogen und darf nicht verwendet werden."
)
# What takes an item back, by the item it takes back; each about another text.
NOTICES: dict[str, Mapping[str, object]] = {
    "a mark": {"headline": "KILL: Storm closes harbour", "body": ""},
    "no text": {"pubstatus": "canceled"},
    "another language": {"headline": GERMAN, "body": GERMAN, "pubstatus": "canceled"},
}
TEXTS = dict(zip(NOTICES, (STORM, STRIKE, MINE), strict=True))


def sent(
    desk: Settings, *documents: tuple[str, Mapping[str, object]], source: str = "wire", hours: float = 0
) -> list[str]:
    """Ids of the documents, each with its source's own id, when all have their status."""

    async def put() -> list[str]:
        ids = []
        async with clients.producer(desk) as producer:
            for guid, fields in documents:
                value = json.dumps(fields).encode()
                headers = cloud_event(
                    source=source,
                    source_id=guid,
                    media_type="application/json",
                    time=START + timedelta(hours=hours),
                )
                await producer.send_and_wait(topic_name(desk, "raw"), value, key=guid.encode(), headers=headers)
                ids.append(document_id(source, guid, value))
        return ids

    ids = asyncio.run(put())
    wait_done(desk, ids)
    return ids


async def records(desk: Settings, document: str) -> list[Enriched | None]:
    """All that was ever written of a document, in order; None is a tombstone."""
    messages = [each for each in await read_all(desk, "enriched") if each.key == document.encode()]
    return [decode(Enriched, each.value) if each.value is not None else None for each in messages]


def test_withdrawn_items_are_written_again_without_their_text_and_then_forgotten(
    desk: Settings, tmp_path: Path
) -> None:
    with workers(desk, tmp_path) as start:
        start(COPYDESK_TOMBSTONE_HOURS="1").wait_ready()
        firsts = sent(desk, *((guid, {"body": text}) for guid, text in TEXTS.items()))
        seconds = sent(desk, *((guid, {"body": text + "More soon."}) for guid, text in TEXTS.items()))
        copies = sent(
            desk,
            *((guid, {"body": text + "First printed elsewhere."}) for guid, text in TEXTS.items()),
            source="gazette",
        )
        notices = sent(desk, *NOTICES.items())
        sent(desk, ("later", {"body": "Something else altogether happened in the evening, witnesses said."}), hours=2)
        wait_until(lambda: all(asyncio.run(records(desk, id_))[-1] is None for id_ in seconds), 60, "the tombstones")
        wait_no_lag(desk)
    statuses = wait_done(desk, notices)
    assert [statuses[id_] for id_ in notices] == ["dropped"] * 3
    snapshots = {each.key: decode(StorySnapshot, each.value) for each in asyncio.run(read_all(desk, "stories"))}
    for first, second, copy in zip(firsts, seconds, copies, strict=True):
        *before, withdrawn, tombstone = asyncio.run(records(desk, first))
        assert tombstone is None
        assert withdrawn
        assert (withdrawn.status, withdrawn.body, withdrawn.headline, withdrawn.entities) == ("withdrawn", "", None, ())
        assert [record.superseded_by for record in before if record] == [None, second]
        last = asyncio.run(records(desk, copy))[-1]
        assert last
        assert last.body
        assert (last.status, last.duplicate.of, last.duplicate.withdrawn) == ("usable", first, True)
        story = snapshots[first.encode()]
        assert (story.count, story.members) == (1, (copy,))
    assert asyncio.run(last_enriched(desk)) == asyncio.run(offline_fold(desk.model_copy(update={"tombstone_hours": 1})))


def test_what_came_before_a_kill_holds_after_it(desk: Settings, tmp_path: Path) -> None:
    """A notice before its item; and version three before version two, written again by an owner that never had it."""
    third = SECOND | {"version": 3, "body": STORM + "Two men are missing."}
    with workers(desk, tmp_path) as start:
        worker = start()
        worker.wait_ready()
        _, one = sent(desk, ("gone", {"pubstatus": "canceled"}), ("g1", FIRST))
        [three] = sent(desk, ("g1", third))
        worker.kill()
        start().wait_ready()
        gone, two = sent(desk, ("gone", {"body": MINE}), ("g1", SECOND))
        wait_no_lag(desk)
    found = asyncio.run(last_enriched(desk))
    assert [found[id_].revises for id_ in (one, two, three)] == [None, one, two]
    assert [found[id_].superseded_by for id_ in (one, two, three)] == [two, three, None]
    assert [found[id_].duplicate.kind for id_ in (one, two, three)] == ["unique", "revision", "revision"]
    assert (found[gone].status, found[gone].body, found[gone].item_id) == ("withdrawn", "", item_id("wire", "gone", ""))
    assert found == asyncio.run(offline_fold(desk))

"""Whatever somebody writes to whichever of our topics ends with a status and a reason, and the worker goes on."""

import asyncio
import json
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.identity import document_id
from pipeline.kafka import clients
from pipeline.kafka.status import dead_letter, statuses
from pipeline.kafka.topics import topic_name
from pipeline.records import Dropped, Enriched, decode
from pipeline.settings import MIB, Settings
from tests.desk import read_all, resident_bytes, wait_done, wait_no_lag, wait_until, workers
from tests.poison import CRASH, HANG, MEMORY

pytestmark = pytest.mark.broker

TEXT = "A quite ordinary sentence of a quite ordinary article. "
JSON = "application/json"


def text_of(size: int) -> bytes:
    return (TEXT * (size // len(TEXT) + 1)).encode()[:size]


# name: value, media type (None: no headers at all), and the status with its reason.
RAW: dict[str, tuple[bytes | None, str | None, str]] = {
    "ordinary": (TEXT.encode(), "text/plain", "enriched"),
    "without headers": (b"Another sentence, from a producer that knows nothing of us.", None, "enriched"),
    "tombstone": (None, "text/plain", "dropped empty"),
    "nothing": (b"", "text/plain", "dropped empty"),
    "white space": (b" \n\t \r\n", "text/plain", "dropped empty"),
    "not UTF-8": (b"caf\xe9 and more of it", "text/plain", "rejected not UTF-8"),
    "binary": (bytes(range(256)) * 40, "text/plain", "rejected"),
    "NUL bytes": (b"A sentence\x00 with a NUL\x00 in it goes on without them.", "text/plain", "enriched"),
    "1 MiB of control characters": (b"\x01" * MIB, "text/plain", "dropped empty"),
    "1 MiB of emoji": ("😀".encode() * (MIB // 4), "text/plain", "dropped empty"),
    "1 MiB of words and emoji": ("word 😀 ".encode() * (MIB // 10 - 1), "text/plain", "enriched"),
    "one endless word": (b"a" * (MIB - 1), "text/plain", "enriched"),
    "1 MiB": (text_of(MIB), "text/plain", "enriched"),
    "2 MiB": (text_of(2 * MIB), "text/plain", "rejected too large"),
    "8 MiB": (text_of(8 * MIB), "text/plain", "rejected too large"),
    "invalid JSON": (b'{"title": "x", "text": ', JSON, "rejected invalid JSON"),
    "JSON of the wrong type": (b'{"title": {"a": 1}, "text": ["x"]}', JSON, "rejected wrong type"),
    "a JSON list": (b"[1, 2, 3]", JSON, "rejected"),
    "a lone surrogate": (b'{"title": "x", "text": "broken \\ud800 half"}', JSON, "rejected invalid JSON"),
    "JSON without a text": (b'{"id": "7"}', JSON, "dropped empty"),
    "the year 1970": (b'{"text": "The epoch began with a sentence.", "published": "1970-01-01T00:00:00Z"}', JSON, "enriched"),
    "the year 2099": (b'{"text": "Later there was another sentence.", "published": "2099-12-31T00:00:00Z"}', JSON, "enriched"),
    "the year 99999": (b'{"text": "And one with no year at all.", "published": "99999-01-01"}', JSON, "enriched"),
    "deep JSON": (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, "rejected"),
    "a page": (b"<html><body><p>Not today.</p></body></html>", "text/html", "rejected unsupported media type"),
    "crash": (f"{TEXT} {CRASH}".encode(), "text/plain", "rejected crash"),
    "hang": (f"{TEXT} {HANG}".encode(), "text/plain", "rejected deadline"),
    "memory": (f"{TEXT} {MEMORY}".encode(), "text/plain", "rejected memory"),
}  # fmt: skip


def headers(media_type: str | None, time: datetime | str | None = None) -> list[tuple[str, bytes]]:
    if media_type is None:
        return []
    at = time or datetime.now(UTC)
    return [
        ("ce_specversion", b"1.0"),
        ("ce_source", b"test"),
        ("ce_time", (at if isinstance(at, str) else at.isoformat()).encode()),
        ("content-type", media_type.encode()),
    ]


async def write(
    settings: Settings, topic: str, messages: list[tuple[bytes | None, list[tuple[str, bytes]], Any]]
) -> None:
    async with clients.producer(settings) as producer:
        for value, head, partition in messages:
            await producer.send_and_wait(
                topic_name(settings, topic), value, key=b"anybody", headers=head, partition=partition
            )


async def outcomes(settings: Settings) -> dict[str, str]:
    """Status of each id, with its reason where there is one."""
    found: dict[str, str] = dict(await statuses(settings))
    for message in await read_all(settings, "dropped"):
        dropped = decode(Dropped, message.value)
        found[dropped.id] = f"dropped {dropped.reason}"
    for message in await read_all(settings, "deadletter"):
        letter = dead_letter(message)
        assert letter, "every dead letter of ours can be read"
        assert letter.error, "and says what went wrong"
        found[letter.id] = f"rejected {letter.reason}"
    return found


@pytest.mark.timeout(200)
def test_every_raw_document_ends_with_its_status_and_reason(desk: Settings, tmp_path: Path) -> None:
    ids = {
        name: document_id("test" if media_type else "unknown", None, value or b"")
        for name, (value, media_type, _) in RAW.items()
    }
    times: list[datetime | str] = [
        "1970-01-01T00:00:00Z",
        "2099-01-01T00:00:00Z",
        "no time",
        datetime.now(UTC) - timedelta(days=3),
    ]
    late = [
        f"Out of order number {number}: an article with a time of its own.".encode() for number in range(len(times))
    ]
    with workers(desk, tmp_path) as start:
        # A gigabyte is zeroed well within the deadline, two are not on a machine that is busy.
        worker = start(COPYDESK_DOCUMENT_DEADLINE="5", COPYDESK_PROCESS_MEMORY=str(1 << 30))
        asyncio.run(write(desk, "raw", [(value, headers(media_type), None) for value, media_type, _ in RAW.values()]))
        asyncio.run(
            write(
                desk,
                "raw",
                [(value, headers("text/plain", time), None) for value, time in zip(late, times, strict=True)],
            )
        )
        wait_done(desk, [*ids.values(), *(document_id("test", None, value) for value in late)])
        wait_no_lag(desk)
        found = asyncio.run(outcomes(desk))
        assert worker.stop() == 0
    wrong = {
        name: found[ids[name]] for name, (_, _, expected) in RAW.items() if not found[ids[name]].startswith(expected)
    }
    assert not wrong
    assert all(found[document_id("test", None, value)] == "enriched" for value in late)
    received = [decode(Enriched, message.value).received for message in asyncio.run(read_all(desk, "enriched"))]
    assert max(received) < datetime.now(UTC) + timedelta(minutes=1), "a time of 2099 is not believed"
    dead = {message.value for message in asyncio.run(read_all(desk, "deadletter"))}
    assert text_of(8 * MIB) in dead, "dead letters hold the original bytes"


GARBAGE: list[bytes | None] = [
    None,
    b"",
    b"no json",
    b"\xff\xfe\x00",
    b"[]",
    b"{}",
    b'{"schema": 1}',
    b'{"schema": 99}',
    b'{"id": 7, "schema": "one"}',
    b"\x00" * 1000,
    b"\x01\x01" + bytes(range(250)),  # begins like an entry of the fingerprints log
    json.dumps({"schema": 1, "id": "x" * 32, "article": None}).encode(),
    b"x" * (8 * MIB),
]


@pytest.mark.timeout(150)
def test_garbage_on_the_inner_topics_is_rejected_and_the_rest_goes_on(desk: Settings, tmp_path: Path) -> None:
    healthy = b"A healthy document that comes after all of the garbage."
    with workers(desk, tmp_path) as start:
        worker = start()
        for topic in ("clean", "tagged", "judged"):
            asyncio.run(write(desk, topic, [(value, [], 0) for value in GARBAGE]))
        for topic in ("fingerprints", "enriched", "dropped", "deadletter", "stories", "families"):
            asyncio.run(write(desk, topic, [(value, [], 0) for value in GARBAGE[:-1] if topic != "stories"]))
        asyncio.run(write(desk, "raw", [(healthy, headers("text/plain"), None)]))
        wait_done(desk, [document_id("test", None, healthy)])
        wait_no_lag(desk)
        assert urllib.request.urlopen(worker.url("/healthz")).status == 200
        assert worker.stop() == 0
    letters = [letter for message in asyncio.run(read_all(desk, "deadletter")) if (letter := dead_letter(message))]
    for stage, topic in (("extract", "clean"), ("dedupe", "tagged"), ("emit", "judged")):
        mine = [letter for letter in letters if letter.stage == stage]
        assert len(mine) == len(GARBAGE), stage
        assert {letter.value for letter in mine} == {value or b"" for value in GARBAGE}
        assert all(letter.broke.topic == topic_name(desk, topic) for letter in mine)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_memory_stays_bounded_under_nothing_but_documents_of_1_mib(desk: Settings, tmp_path: Path) -> None:
    """A minute of them, faster than they are worked on; the whole worker, all its processes."""
    with workers(desk, tmp_path) as start:
        worker = start(COPYDESK_PROCESSES="2", COPYDESK_TAGGER="copydesk")
        worker.wait_ready()
        highest = 0
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        number = 0

        async def flood() -> None:
            nonlocal number, highest
            async with clients.producer(desk) as producer:
                while datetime.now(UTC) < deadline:
                    value = f"Flood number {number}. ".encode() + text_of(MIB - 100)
                    await producer.send_and_wait(topic_name(desk, "raw"), value, headers=headers("text/plain"))
                    number += 1
                    highest = max(highest, resident_bytes(worker.process.pid))

        asyncio.run(flood())
        assert number > 100
        wait_until(lambda: len(asyncio.run(read_all(desk, "enriched"))) >= 5, 120, "some of them are enriched")
        assert worker.process.poll() is None
    # The bounds: two batches for each of four topics in the loop, and two processes with a model each.
    assert highest < 2048 * MIB

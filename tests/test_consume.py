"""The readers of docs/consume, run as a user runs them, on records as the emit stage writes them."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents import emit
from agents.message import Outgoing
from pipeline.judging.decide import judge
from pipeline.judging.state import State
from pipeline.kafka import clients
from pipeline.records import SCHEMA, SCHEMA_HEADER, encode
from pipeline.settings import Settings
from tests.agents.fakes import incoming, tagged
from tests.desk import ROOT, wait_until
from tests.programs import program

pytestmark = pytest.mark.broker
FOLDER = ROOT / "docs" / "consume"


def enriched(headline: str, desk: Settings, **changes: Any) -> Outgoing:
    document = tagged(headline)
    document = replace(document, article=replace(document.article, headline=headline, **changes))
    judged = judge(State.of(desk), document, 0)
    assert judged
    [message] = emit.work(incoming(encode(judged)), desk).sends
    return message


def tombstone(message: Outgoing) -> Outgoing:
    return replace(message, value=None, headers=[])


def of_a_later_version(message: Outgoing) -> Outgoing:
    record = orjson.loads(message.value or b"") | {"schema": SCHEMA + 1, "mood": {"of": "a later version"}}
    headers = dict(message.headers) | {SCHEMA_HEADER: b"%d" % (SCHEMA + 1)}
    return replace(message, value=orjson.dumps(record), headers=list(headers.items()))


def publish(desk: Settings, *messages: Outgoing) -> None:
    async def send() -> None:
        async with clients.producer(desk) as producer:
            for message in messages:
                await producer.send_and_wait(
                    message.topic, message.value, key=message.key, headers=message.headers, partition=message.partition
                )

    asyncio.run(send())


def committed(desk: Settings) -> int:
    """Records of enriched that the readers' group is done with."""

    async def ask() -> int:
        async with clients.admin(desk) as admin:
            offsets = await admin.list_consumer_group_offsets("my-articles")
        return sum(place.offset for partition, place in offsets.items() if partition.topic == f"{desk.prefix}.enriched")

    return asyncio.run(ask())


class Reader:
    """One of the files as a process in `folder`, where it keeps its table."""

    def __init__(self, command: Sequence[str | Path], desk: Settings, folder: Path) -> None:
        self._out, self._errors = folder / "out", folder / "errors"
        environment = os.environ | {"COPYDESK_BROKERS": desk.brokers, "COPYDESK_PREFIX": desk.prefix}
        with self._out.open("wb") as out, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment | {"PYTHONUNBUFFERED": "1"}, stdout=out, stderr=errors
            )

    @property
    def lines(self) -> list[str]:
        return sorted(self._out.read_text().splitlines())  # across ids there is no order

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def end(self) -> int:
        try:
            return self._process.wait(30)
        finally:
            self._process.kill()

    def interrupt(self, done: Callable[[], bool]) -> int:
        """Press Ctrl-C once it is `done`."""
        try:
            wait_until(done, 30, f"done, {self.lines}, {self.errors}")
            self._process.send_signal(signal.SIGINT)
            return self._process.wait(10)
        finally:
            self._process.kill()


def table(folder: Path) -> dict[str, dict[str, Any]]:
    with closing(sqlite3.connect(folder / "articles.sqlite")) as articles:
        return {id_: orjson.loads(record) for id_, record in articles.execute("SELECT id, record FROM articles")}


@pytest.mark.parametrize("file", ["aiokafka_reader.py", "confluent_reader.py"])
def test_a_reader_keeps_the_last_record_of_each_id(file: str, desk: Settings, tmp_path: Path) -> None:
    storm, quay, crane, late = (enriched(text, desk) for text in ("Storm", "Quay \x1b[2J", "Crane", "Late"))
    storm_id, quay_id, crane_id, late_id = (message.key.decode() for message in (storm, quay, crane, late))

    def start(*arguments: str) -> Reader:
        return Reader([sys.executable, FOLDER / file, *arguments], desk, tmp_path)

    publish(desk, storm, quay, crane)
    first = start(desk.brokers, "--limit", "2")
    assert first.end() == 0, first.errors
    lines = first.lines
    assert len(lines) == 2

    # It goes on where it was: the third comes, the first two do not come again.
    again = enriched("Storm", desk, words=7)
    stranger = Outgoing(storm.topic, b"\xff", b"no record", [])
    publish(desk, again, tombstone(quay), stranger, of_a_later_version(late))
    second = start()
    assert second.interrupt(lambda: committed(desk) == 7) == 0, second.errors
    assert sorted(lines + second.lines) == sorted(
        [
            f"'{storm_id}' en unique 'Storm'",
            rf"'{quay_id}' en unique 'Quay \x1b[2J'",
            f"'{crane_id}' en unique 'Crane'",
            f"'{storm_id}' en unique 'Storm'",
            f"'{quay_id}' forgotten",
            f"'{late_id}' en unique 'Late'",
        ]
    )
    assert f"'{late_id}' has schema b'{SCHEMA + 1}', this reader was written for {SCHEMA}\n" in second.errors
    assert "not written by the desk, left out\n" in second.errors
    kept = table(tmp_path)
    assert kept.keys() == {storm_id, crane_id, late_id}
    assert kept[crane_id] == orjson.loads(crane.value or b"")
    assert (kept[storm_id]["words"], kept[late_id]["mood"]) == (7, {"of": "a later version"})

    # What could not be stored is not committed, and comes again.
    publish(desk, quay)
    (tmp_path / "articles.sqlite").unlink()
    with closing(sqlite3.connect(tmp_path / "articles.sqlite")) as articles:
        articles.execute("CREATE TABLE articles (id TEXT PRIMARY KEY, record TEXT CHECK (record IS NULL))")
    assert start("--limit", "1").end() == 1
    assert committed(desk) == 7
    (tmp_path / "articles.sqlite").unlink()
    assert start("--limit", "1").end() == 0
    assert table(tmp_path).keys() == {quay_id}


def test_kcat_prints_a_line_for_each_record(desk: Settings, tmp_path: Path) -> None:
    command: list[str | Path] = [
        "env",
        f"PATH={program('kcat').parent}:{os.environ['PATH']}",
        "bash",
        FOLDER / "kcat.sh",
    ]
    storm = enriched("Storm\n\tover the quay", desk)
    publish(desk, storm, tombstone(storm))
    reader = Reader([*command, "-e"], desk, tmp_path)
    assert reader.end() == 0, reader.errors
    key = storm.key.decode()
    lines = [f"{key}\t", f"{key}\t{(storm.value or b'').decode()}"]
    assert reader.lines == lines
    following = Reader(command, desk, tmp_path)
    assert following.interrupt(lambda: following.lines == lines) == 0


def test_without_kafka_a_reader_ends_in_one_line(tmp_path: Path) -> None:
    nowhere = Settings(brokers="localhost:1")
    reader = Reader([sys.executable, FOLDER / "aiokafka_reader.py"], nowhere, tmp_path)
    assert reader.end() == 1
    assert reader.errors.splitlines()[-1] == "no Kafka answers at localhost:1; start it, or name another"

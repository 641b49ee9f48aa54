"""Replay: what is sent, under which times, at which rate; and nothing lost, whatever is killed."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from pipeline.errors import UserError
from pipeline.identity import document_id
from pipeline.kafka import replay as module
from pipeline.kafka.clients import reader
from pipeline.kafka.headers import as_mapping
from pipeline.kafka.ledger import Destination, Ledger
from pipeline.kafka.replay import BATCH_DOCUMENTS, Options, Summary, _Pace, _Sender, replay
from pipeline.kafka.topics import RAW_BYTES, topic_name
from pipeline.settings import MIB, Settings
from pipeline.sources.items import Document, InputFile, Item, Position
from pipeline.sources.reader import read

HERE = Destination(cluster="c", topic="news.raw", source=None)
FILE = InputFile("/in/a", 100, 10**18)
NOON = datetime(2016, 3, 27, 12, tzinfo=UTC)


def document(record: int, *, published: datetime | None = None) -> Document:
    value, position = b"%d" % record, Position("in", record, FILE, record)
    return Document(value=value, media_type="text/plain", source_id=str(record), published=published, position=position)


def silent(line: str) -> None:
    raise AssertionError(line)


NEVER: Final = Exception("no answer comes")


class Producer:
    """Acknowledges what it is told to."""

    def __init__(self, outcome: Callable[[int], BaseException | None], *, refuses: int | None = None) -> None:
        self.outcome = outcome
        self.refuses = refuses
        self.sent: list[dict[str, Any]] = []

    async def send(self, topic: str, **message: Any) -> Awaitable[None]:
        if len(self.sent) == self.refuses:
            raise KafkaTimeoutError
        self.sent.append(message)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        outcome = self.outcome(len(self.sent))
        if outcome is None:
            future.set_result(None)
        elif outcome is not NEVER:
            future.set_exception(outcome)
        return future

    def time(self, number: int) -> datetime:
        return datetime.fromisoformat(as_mapping(self.sent[number]["headers"])["ce_time"].decode())


@pytest.mark.parametrize(
    "producer",
    [
        Producer(lambda number: MessageSizeTooLargeError() if number == 3 else None),
        Producer(lambda _: None, refuses=2),
        Producer(lambda number: NEVER if number == 3 else None),
    ],
    ids=["not acknowledged", "not taken", "no answer"],
)
async def test_of_a_failed_batch_the_part_without_a_gap_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, producer: Producer
) -> None:
    monkeypatch.setattr(module, "ACKNOWLEDGE_SECONDS", 0.1)
    summary = Summary()
    with Ledger(tmp_path / "l", silent) as ledger:
        ledger.bind(HERE)
        sender = _Sender(producer, "news.raw", Options(), summary, ledger)
        with pytest.raises(
            UserError, match=r"^news.raw took 2 documents, then no more .*; see to the brokers .* goes on"
        ):
            await sender.send([document(n) for n in range(1, 6)])
        assert (summary.sent, summary.bytes, ledger.done(FILE)) == (2, 2, 2)


async def test_the_published_clock_carries_the_last_time_over_what_has_none(tmp_path: Path) -> None:
    started = datetime.now(UTC)
    future = started + timedelta(days=365)
    later = NOON + timedelta(hours=1)
    options = Options(clock="published")
    producer = Producer(lambda _: None)
    with Ledger(tmp_path / "l", silent) as ledger:
        ledger.bind(HERE)
        sender = _Sender(producer, "news.raw", options, Summary(), ledger)
        times = [None, NOON, None, later, future, None]
        await sender.send([document(n, published=published) for n, published in enumerate(times, start=1)])
        assert producer.time(0) >= started
        assert [producer.time(n) for n in range(1, 6)] == [NOON, NOON, later, later, later]
    with Ledger(tmp_path / "l", silent) as ledger:  # as after a kill
        await _Sender(producer, "news.raw", options, Summary(), ledger).send([document(7)])
    assert producer.time(6) == later


async def test_the_arrival_clock_takes_no_published_time() -> None:
    producer = Producer(lambda _: None)
    started = datetime.now(UTC)
    await _Sender(producer, "news.raw", Options(), Summary(), None).send([document(1, published=NOON)])
    assert producer.time(0) >= started
    assert "timestamp_ms" not in producer.sent[0]


class Time:
    """A clock on which sleeping takes 30 ms longer than asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds) + 0.03


@pytest.mark.parametrize("rate", [0.5, 3, 50, 2000])
async def test_a_rate_is_kept_without_drift_in_small_batches(monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    time = Time(monkeypatch)
    pace = _Pace(rate)
    assert pace.documents <= max(1, rate / 10)
    rounds = 100
    for _ in range(rounds):
        await pace.wait(pace.documents)
    assert time.now - 1000 == pytest.approx((rounds - 1) * pace.documents / rate, abs=0.05)


async def test_a_stalled_input_is_not_made_up_for_by_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    pace = _Pace(10)
    await pace.wait(1)
    time.now += 60
    stalled = time.now
    for _ in range(30):
        await pace.wait(1)
    assert time.now - stalled > 1.8


# On a real Kafka.


async def raw(settings: Settings) -> list[Any]:
    """All messages of the raw topic."""
    found: list[Any] = []
    async with reader(settings, topic_name(settings, "raw")) as client:
        ends = await client.end_offsets(client.assignment())
        while any([await client.position(partition) < end for partition, end in ends.items()]):
            for messages in (await client.getmany(timeout_ms=1000)).values():
                found += messages
    return found


def write_lines(path: Path, ids: range) -> Path:
    path.write_bytes(b"".join(orjson.dumps({"id": f"{path.name}-{n}", "text": "word " * 40}) + b"\n" for n in ids))
    return path


@pytest.mark.broker
async def test_a_message_is_the_document_under_its_identity_with_its_headers(desk: Settings, tmp_path: Path) -> None:
    line = b'{"id": "a", "source": "The Paper", "url": "https://a.example/", "date": "2016-03-27"}'
    (tmp_path / "1.jsonl").write_bytes(line + b"\n")
    (tmp_path / "2.txt").write_bytes(b"")
    (tmp_path / "3.txt").write_bytes(b"\xff\x00")
    started = datetime.now(UTC) - timedelta(seconds=1)
    summary = await replay(read([tmp_path], limit=RAW_BYTES), desk, Options(clock="published"))
    assert (summary.sent, summary.bytes, summary.failed, summary.unreadable) == (3, len(line) + 2, {}, 0)
    messages = {message.value: message for message in await raw(desk)}
    assert set(messages) == {line, b"", b"\xff\x00"}
    json_line, binary = messages[line], messages[b"\xff\x00"]
    assert json_line.key == document_id("The Paper", "a", line).encode()
    assert as_mapping(json_line.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"a",
        "ce_source": b"The Paper",
        "ce_type": b"news.copydesk.document",
        "ce_time": b"2016-03-27T00:00:00Z",
        "ce_subject": b"https://a.example/",
        "content-type": b"application/json",
    }
    assert datetime.fromtimestamp(json_line.timestamp / 1000, UTC) >= started
    headers = as_mapping(binary.headers)
    assert (headers["ce_source"], headers["ce_time"]) == (b"files", b"2016-03-27T00:00:00Z")
    assert binary.key == document_id("files", headers["ce_id"].decode(), b"\xff\x00").encode()


@pytest.mark.broker
async def test_nine_mib_is_refused_and_counted_and_eight_is_sent(desk: Settings, tmp_path: Path) -> None:
    (tmp_path / "8.txt").write_bytes(os.urandom(RAW_BYTES))
    (tmp_path / "9.jsonl").write_bytes(b"x" * (9 * MIB) + b'\n{"id": 1}\n')
    trouble: list[str] = []
    summary = await replay(read([tmp_path], limit=RAW_BYTES), desk, Options(), on_trouble=trouble.append)
    assert (summary.sent, summary.failed) == (2, {"too large": 1})
    assert trouble == [f"{tmp_path}/9.jsonl, record 1: 9.0 MiB, the raw topic takes 8.0 MiB"]
    assert sorted(len(message.value) for message in await raw(desk)) == [9, RAW_BYTES]


@pytest.mark.broker
async def test_a_limit_is_exact_and_a_resumed_replay_sends_the_rest(desk: Settings, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", range(1200))
    for expected in ((700, 0), (500, 700), (0, 1200)):
        with Ledger(tmp_path / "l", silent) as ledger:
            items = read([path], limit=RAW_BYTES, done=ledger.done)
            summary = await replay(items, desk, Options(limit=700), ledger=ledger)
        assert (summary.sent, summary.skipped) == expected
    assert len(await raw(desk)) == 1200


@pytest.mark.broker
async def test_what_comes_slowly_is_sent_as_it_comes(desk: Settings) -> None:
    acknowledged: list[int] = []

    def items() -> Iterator[Item]:
        for number in range(3):
            yield document(number)
            deadline = time.monotonic() + 10
            while len(acknowledged) <= number:
                assert time.monotonic() < deadline, "waits for a batch to fill"
                time.sleep(0.01)

    await replay(items(), desk, Options(), on_progress=lambda summary: acknowledged.append(summary.sent))
    assert acknowledged == [1, 2, 3]


@pytest.mark.broker
async def test_an_error_of_reading_ends_the_replay(desk: Settings) -> None:
    def items() -> Iterator[Item]:
        yield document(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await replay(items(), desk, Options())
    assert len(await raw(desk)) == 1


@pytest.mark.broker
async def test_a_missing_topic_is_told_at_once(desk: Settings) -> None:
    other = desk.model_copy(update={"prefix": "nowhere"})
    with pytest.raises(UserError, match=r"topic nowhere.raw is missing; run `copydesk topics create`"):
        await asyncio.wait_for(replay([], other, Options()), 5)


@pytest.mark.broker
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_killed_at_any_moment_and_resumed_nothing_is_lost_and_little_is_sent_twice(
    desk: Settings, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    paths = [write_lines(tmp_path / name, range(4000)) for name in ("a.jsonl", "b.jsonl")]
    for number in range(500):
        (tmp_path / f"c{number:03}.txt").write_text(f"text {number}")
    ledger = tmp_path / ".ledger"
    environment = os.environ | {"COPYDESK_BROKERS": desk.brokers, "COPYDESK_PREFIX": desk.prefix}
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "replay", str(tmp_path)]
    command += ["--json", "--ledger", str(ledger)]

    def lines() -> int:
        return ledger.read_bytes().count(b"\n") if ledger.exists() else 0

    kills = 0
    for _ in range(3):
        resume_from = lines()
        process = subprocess.Popen([*command, "--rate", "4000"], env=environment, stdout=subprocess.DEVNULL)
        wanted = resume_from + chance.randint(1, 6)
        while process.poll() is None and lines() < wanted:
            time.sleep(0.001)
        # At the moment the ledger has grown, when all it says must be on the broker; or with a batch in flight.
        time.sleep(chance.random() * 0.1 if kills else 0)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills == 3, "the input must outlast the kills"
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    summary = json.loads(done.stdout)
    assert summary["skipped"] > 0
    assert summary["skipped"] + summary["sent"] == 8500

    counts = Counter(message.value for message in asyncio.run(raw(desk)))
    expected = {line for path in paths for line in path.read_bytes().splitlines()}
    assert set(counts) == expected | {b"text %d" % number for number in range(500)}
    assert counts.total() - len(counts) <= kills * BATCH_DOCUMENTS

"""Workers as real processes, and what a run of theirs must have left on the topics."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.emission import enrich
from pipeline.identity import document_id
from pipeline.judging.decide import decide
from pipeline.judging.state import State
from pipeline.kafka import clients
from pipeline.kafka.headers import cloud_event
from pipeline.kafka.lag import lag
from pipeline.kafka.status import statuses
from pipeline.kafka.tail import Message, messages
from pipeline.kafka.topics import topic_name
from pipeline.records import Enriched, Tagged, decode
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent


class WorkerProcess:
    """`python -m agents`, its log in a file."""

    def __init__(self, settings: Settings, log: Path, **environment: str) -> None:
        self.log = log
        self._out = log.open("wb")
        known = {
            "COPYDESK_BROKERS": settings.brokers,
            "COPYDESK_PREFIX": settings.prefix,
            "COPYDESK_PROCESSES": "1",
            "COPYDESK_METRICS_PORT": "0",
            "COPYDESK_SESSION_TIMEOUT": "6",
            "COPYDESK_TAGGER": "tests.poison:load",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agents"],
            cwd=ROOT,
            env=os.environ | known | environment,
            stdout=self._out,
            stderr=subprocess.STDOUT,
        )

    def lines(self) -> list[dict[str, Any]]:
        """Its log so far: every whole line of it is one JSON object."""
        return [json.loads(line) for line in self.log.read_text().split("\n")[:-1]]

    def said(self, text: str) -> int:
        return self.log.read_text(errors="replace").count(text)

    def wait_said(self, text: str, seconds: float = 60, times: int = 1) -> None:
        wait_until(lambda: self.said(text) >= times or self._ended(), seconds, f"{text!r} in {self.log}")
        assert self.said(text) >= times, self.log.read_text(errors="replace")[-3000:]

    def wait_ready(self, partitions: int = 8) -> None:
        """Partitions of tagged are claimed (all of them, where it is the only worker)."""
        self.wait_said("partition claimed", times=partitions)

    def _ended(self) -> bool:
        return self.process.poll() is not None

    def url(self, path: str) -> str:
        [served] = [line["url"] for line in self.lines() if line["event"] == "metrics served"]
        return str(served).replace("/metrics", path)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._out.close()

    def stop(self, seconds: float = 60) -> int:
        self.process.terminate()
        status = self.process.wait(seconds)
        self._out.close()
        return status


@contextmanager
def workers(settings: Settings, folder: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """A function that starts a worker; all are gone at the end."""
    started: list[WorkerProcess] = []

    def start(**environment: str) -> WorkerProcess:
        worker = WorkerProcess(settings, folder / f"worker-{len(started)}.log", **environment)
        started.append(worker)
        return worker

    try:
        yield start
    finally:
        for worker in started:
            with contextlib.suppress(ProcessLookupError):
                worker.send(signal.SIGCONT)
                worker.kill()


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and all below it (Linux); 0 where it has ended."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
    return resident + sum(resident_bytes(int(child)) for child in children)


async def send(
    settings: Settings,
    values: Iterable[bytes],
    *,
    source: str = "test",
    media_type: str = "text/plain",
    to: str = "raw",
    age: float = 0.0,
) -> list[str]:
    """Send documents as a source would, `age` seconds ago by the record's timestamp; returns their ids."""
    sent, ids = [], []
    at = int((time.time() - age) * 1000)
    async with clients.producer(settings) as producer:
        for value in values:
            id_ = document_id(source, None, value)
            headers = [
                (name, text)
                for name, text in cloud_event(
                    source=source, source_id="-", media_type=media_type, time=datetime.now(UTC)
                )
                if name != "ce_id"
            ]
            sent.append(
                await producer.send(topic_name(settings, to), value, key=id_.encode(), headers=headers, timestamp_ms=at)
            )
            ids.append(id_)
        await asyncio.gather(*sent)
    return ids


async def read_all(settings: Settings, topic: str) -> list[Message]:
    async with aclosing(messages(settings, topic, start="beginning", follow=False)) as stream:
        return [message async for message in stream]


def wait_done(settings: Settings, ids: Sequence[str], seconds: float = 120) -> dict[str, str]:
    """Wait until each of `ids` has its status; returns the status of every id on the topics."""
    found: dict[str, str] = {}

    def done() -> bool:
        found.update(asyncio.run(statuses(settings)))
        return all(found.get(id_, "open") != "open" for id_ in ids)

    wait_until(done, seconds, "every document has its status")
    return found


def wait_no_lag(settings: Settings, seconds: float = 60) -> None:
    wait_until(lambda: not sum(each.records for each in asyncio.run(lag(settings))), seconds, "no lag")


async def last_enriched(settings: Settings) -> dict[str, Enriched]:
    """The latest record of each id, times of processing aside."""
    found: dict[str, Enriched] = {}
    for message in await read_all(settings, "enriched"):
        if message.value is None:
            found.pop((message.key or b"").decode(), None)
            continue
        record = decode(Enriched, message.value)
        assert message.key == record.id.encode()
        found[record.id] = replace(record, timings={})
    return found


async def offline_fold(settings: Settings) -> dict[str, Enriched]:
    """What a single process that never dies makes of the tagged topic as this run wrote it: the records at its end."""
    states: dict[int, State] = {}
    arrived: dict[str, tuple[State, Tagged]] = {}
    for message in sorted(await read_all(settings, "tagged"), key=lambda message: (message.partition, message.offset)):
        state = states.setdefault(message.partition, State.of(settings))
        tagged = decode(Tagged, message.value)
        entry = decide(state, tagged, message.offset)
        if entry is None:  # the first occurrence counts
            continue
        state.apply(entry)
        if not tagged.article.withdraws:
            arrived[tagged.article.id] = state, tagged
    expected = {}
    for id_, (state, tagged) in arrived.items():
        number = state.find(id_)
        assert number is not None, "the window holds a whole run"
        judged = state.judged(tagged, state.known(number))
        if judged:  # else its tombstone was sent
            record = enrich(judged)
            expected[id_] = replace(record, timings={})
    return expected

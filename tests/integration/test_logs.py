"""What a real worker logs: one JSON object a line, a line for each document that went no further, and no text of any."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pipeline import __version__
from pipeline.kafka.status import dead_letter
from pipeline.records import Dropped, Origin, decode
from pipeline.settings import Settings
from tests.desk import WorkerProcess, read_all, send, wait_done, workers
from tests.poison import BUG, CRASH, TALK
from tests.test_logs_page import ROWS

pytestmark = pytest.mark.broker

# A word that nothing but an article can bring into the log.
WORD = "quincunx"
TEXTS = [f"A healthy {WORD} number {number} came in before noon.".encode() for number in range(3)]
REJECTED = {
    "not UTF-8": f"A {WORD} of caf\xe9.".encode("latin-1"),
    "crash": f"A {WORD} of {CRASH}.".encode(),
    "internal error": f"A {WORD} of {BUG}.".encode(),
}
PASSWORD = "correct-horse-7Qx"


def of(worker: WorkerProcess, event: str) -> list[dict[str, Any]]:
    return [line for line in worker.lines() if line["event"] == event]


def place(line: dict[str, Any]) -> tuple[str, str, str, Origin]:
    return line["id"], line["stage"], line["reason"], Origin(line["topic"], line["partition"], line["offset"])


def test_a_line_for_each_document_that_went_no_further_and_no_text_of_any(desk: Settings, tmp_path: Path) -> None:
    with workers(desk, tmp_path) as start:
        worker = start(COPYDESK_LOG_LEVEL="DEBUG")
        values = [*TEXTS, *REJECTED.values(), b" \n", f"A {WORD} of {TALK}.".encode()]
        wait_done(desk, asyncio.run(send(desk, values)))
        assert worker.stop() == 0
    letters = [letter for message in asyncio.run(read_all(desk, "deadletter")) if (letter := dead_letter(message))]
    assert {letter.reason for letter in letters} == set(REJECTED)
    assert any(WORD in letter.error for letter in letters), "the bug quotes its document, so the log must not quote it"
    assert sorted(place(line) for line in of(worker, "document rejected")) == sorted(
        (letter.id, letter.stage, letter.reason, letter.broke) for letter in letters
    )
    [message] = asyncio.run(read_all(desk, "dropped"))
    dropped = decode(Dropped, message.value)
    [line] = of(worker, "document dropped")
    assert place(line) == (dropped.id, dropped.stage, dropped.reason, dropped.origin)
    assert not worker.said(WORD)
    assert all({"at", "level", "event", "logger"} <= line.keys() for line in worker.lines())
    ours = {line["event"] for line in worker.lines() if line["logger"].split(".")[0] in ("agents", "pipeline")}
    assert ours <= {event for event, _, _ in ROWS}, "Faust says nothing under our names"


def test_what_a_worker_says_of_itself(desk: Settings, tmp_path: Path) -> None:
    with workers(desk, tmp_path) as start:
        worker = start(COPYDESK_LOG_LEVEL="DEBUG")
        wait_done(desk, asyncio.run(send(desk, [f"One {CRASH}.".encode(), f"One {BUG}.".encode(), TALK.encode()])))
        worker.wait_said("worker ready")
        assert worker.stop() == 0
    [starting] = of(worker, "worker starting")
    assert (starting["version"], starting["prefix"], starting["logger"]) == (__version__, desk.prefix, "agents.worker")
    [assigned] = of(worker, "partitions assigned")
    assert (assigned["gained"], assigned["lost"]) == (assigned["partitions"], 0)
    assert sorted(line["partition"] for line in of(worker, "partition claimed")) == list(range(8))
    [replaced] = of(worker, "process replaced")
    assert (replaced["stage"], replaced["reason"]) == ("extract", "crash")
    [bug] = of(worker, "bug on a document")
    assert bug["exception"].startswith("ValueError\n") and "poison.py" in bug["exception"]
    [from_process] = of(worker, "a library's warning\\nof two rows")
    assert (from_process["logger"], from_process["level"]) == ("library", "warning")
    assert {line["stage"] for line in of(worker, "batch done")} >= {"clean", "extract", "dedupe", "emit"}
    assert [line["event"] for line in worker.lines() if line["event"].startswith("worker")] == [
        "worker starting",
        "worker ready",
        "worker stopping",
        "worker stopped",
    ]


def test_a_password_is_told_at_no_level(broker: str, tmp_path: Path) -> None:
    """This broker takes no logins; one that does is in test_secure.py."""
    login = {"COPYDESK_SECURITY": "SASL_PLAINTEXT", "COPYDESK_SASL_USERNAME": "desk"}
    with workers(Settings(brokers=broker), tmp_path) as start:
        worker = start(**login, COPYDESK_SASL_PASSWORD=PASSWORD, COPYDESK_LOG_LEVEL="DEBUG")
        worker.wait_said("Kafka does not answer", times=3)
    assert worker.said('"level":"debug"')
    assert not worker.said(PASSWORD)

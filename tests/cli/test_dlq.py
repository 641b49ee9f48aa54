import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from pipeline.cli import cli
from pipeline.errors import UserError
from pipeline.kafka import clients, deadletters
from pipeline.kafka.headers import ATTEMPT
from pipeline.kafka.tail import Message, messages
from pipeline.kafka.topics import topic_name
from pipeline.records import Origin
from pipeline.settings import Settings

A, B, C = "a" * 32, "ab" * 16, "c" * 32
NOW = datetime.now(UTC)


def run(desk: Settings, *arguments: str) -> Result:
    environment = {"COPYDESK_BROKERS": desk.brokers, "COPYDESK_PREFIX": desk.prefix}
    return CliRunner().invoke(cli, ["dlq", *arguments], env=environment)


def listed(desk: Settings, *arguments: str) -> list[dict[str, Any]]:
    result = run(desk, "list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def ids(desk: Settings, *arguments: str) -> list[str]:
    return [entry["id"] for entry in listed(desk, *arguments)]


def letter(
    desk: Settings,
    id_: str,
    *,
    stage: str = "clean",
    reason: str = "not UTF-8",
    error: str = "byte 0xff at offset 0",
    topic: str = "raw",
    partition: int = 0,
    value: bytes = b"\xff",
    headers: dict[str, bytes] | None = None,
    minutes_ago: float = 0,
    foreign_topic: str | None = None,
) -> dict[str, Any]:
    """Keyword arguments of the producer for one dead letter."""
    broke = Origin(foreign_topic or topic_name(desk, topic), partition, 7)
    wrapped = deadletters.wrap(
        id=id_, stage=stage, reason=reason, error=error, broke=broke, headers=headers or {"ce_id": b"1"}
    )
    return {
        "topic": topic_name(desk, "deadletter"),
        "value": value,
        "key": id_.encode(),
        "headers": wrapped,
        "timestamp_ms": int((NOW - timedelta(minutes=minutes_ago)).timestamp() * 1000),
    }


def keyed(desk: Settings, topic: str, id_: str, *, minutes_ago: float = 0) -> dict[str, Any]:
    at = int((NOW - timedelta(minutes=minutes_ago)).timestamp() * 1000)
    return {"topic": topic_name(desk, topic), "value": b"v", "key": id_.encode(), "timestamp_ms": at}


def send(desk: Settings, *sends: dict[str, Any]) -> None:
    async def sent() -> None:
        async with clients.producer(desk) as producer:
            for arguments in sends:
                await producer.send_and_wait(**arguments)

    asyncio.run(sent())


def read(desk: Settings, topic: str) -> list[Message]:
    async def all_() -> list[Message]:
        return [message async for message in messages(desk, topic, start="beginning", follow=False)]

    return asyncio.run(all_())


@pytest.mark.broker
def test_filters_choose_and_the_oldest_comes_first(desk: Settings) -> None:
    assert run(desk, "list").stdout.startswith("no dead letters")
    send(
        desk,
        letter(desk, A, minutes_ago=10),
        letter(desk, B, stage="extract", reason="took too long", topic="clean", minutes_ago=200),
        letter(desk, C, stage="dedupe", topic="tagged", minutes_ago=60),
    )
    assert ids(desk) == [B, C, A]
    assert ids(desk, "--stage", "extract") == [B]
    assert ids(desk, "--reason", "not UTF-8") == [C, A]
    assert ids(desk, "--id", "a") == [B, A]
    assert ids(desk, "--since", "30m") == [A]
    assert ids(desk, "--until", "30m") == [B, C]
    assert ids(desk, "--since", "2h", "--until", (NOW - timedelta(minutes=30)).isoformat()) == [C]
    assert ids(desk, "--since", "4h", "--stage", "clean", "--reason", "took too long") == []


@pytest.mark.broker
def test_of_a_document_the_latest_letter_counts(desk: Settings) -> None:
    send(
        desk,
        letter(desk, A, reason="second", headers={ATTEMPT: b"1"}, minutes_ago=1),
        letter(desk, A, reason="first", minutes_ago=5),
    )
    [entry] = listed(desk)
    assert (entry["reason"], entry["attempt"]) == ("second", 2)
    assert ids(desk, "--reason", "first") == []


@pytest.mark.broker
def test_what_has_succeeded_since_is_hidden(desk: Settings) -> None:
    send(
        desk,
        letter(desk, A, minutes_ago=30),
        letter(desk, B, minutes_ago=20),
        letter(desk, C, minutes_ago=10),
        keyed(desk, "enriched", A),
        # Done, delivered again after a kill, failed then: nothing is left to do about it.
        keyed(desk, "dropped", B, minutes_ago=50),
    )
    assert ids(desk) == [C]
    assert {entry["id"]: entry["succeeded"] for entry in listed(desk, "--all")} == {A: True, B: True, C: False}
    assert "(succeeded since)" in run(desk, "list", "--all").stdout
    assert run(desk, "replay").stdout.endswith("1 would be sent back; --yes sends them\n")


@pytest.mark.broker
def test_the_table_is_safe_to_look_at(desk: Settings) -> None:
    send(desk, letter(desk, A, reason="[red]x[/red]\x1b[31m", error="\x1b]0;title\x07\u202e\r\nz", value=b"x" * 1234))
    head, line = run(desk, "list").stdout.splitlines()
    assert head.split() == ["id", "stage", "reason", "tries", "age", "size", "where", "error"]
    assert r"[red]x[/red]\x1b[31m" in line
    assert r"\x1b]0;title\x07\u202e\r\nz" in line
    assert line.isprintable()
    assert "1.2 kB" in line
    assert f"{desk.prefix}.raw[0]@7" in line


@pytest.mark.broker
def test_what_others_wrote_to_the_topic_is_left_out(desk: Settings) -> None:
    send(desk, keyed(desk, "deadletter", A), letter(desk, B))
    assert ids(desk) == [B]


@pytest.mark.broker
def test_show_tells_all_and_raw_gives_the_exact_bytes(desk: Settings) -> None:
    value = bytes(range(256)) * 40 + b"[bold]"
    send(desk, letter(desk, A, value=value, headers={"ce_source": b"\x1b[2J", "x": b"\xff"}), letter(desk, B))
    shown = run(desk, "show", A[:6]).stdout
    assert shown.replace("\n", "").isprintable()
    for part in (A, "not UTF-8", r"  ce_source: \x1b[2J", r"  x: \xff", "10246 bytes", "the first 2000 bytes"):
        assert part in shown
    assert run(desk, "show", A, "--raw").stdout_bytes == value


@pytest.mark.broker
def test_show_wants_one_document(desk: Settings) -> None:
    send(desk, letter(desk, A), letter(desk, B))
    for id_, message in (("a", "2 documents begin with a"), ("f", "no dead letter of a document f")):
        error = run(desk, "show", id_).exception
        assert isinstance(error, UserError)
        assert message in str(error)


@pytest.mark.broker
def test_replay_sends_nothing_until_it_is_told_to(desk: Settings) -> None:
    send(desk, letter(desk, A))
    result = run(desk, "replay")
    assert (result.exit_code, "dry run: 1 would be sent back" in result.stdout) == (0, True)
    assert A[:12] in result.stdout
    assert read(desk, "raw") == []
    assert run(desk, "replay", "--stage", "emit", "--yes").stdout == "no dead letters to send back\n"
    assert read(desk, "raw") == []


@pytest.mark.broker
def test_replay_sends_the_original_bytes_and_headers_and_counts_the_attempt(desk: Settings) -> None:
    value = bytes(range(256)) * 100
    send(desk, letter(desk, A, value=value, headers={"ce_id": b"1", "traceparent": b"t", ATTEMPT: b"2"}))
    result = run(desk, "replay", "--yes")
    assert (result.exit_code, result.stdout.startswith("1 sent back")) == (0, True)
    [message] = read(desk, "raw")
    assert (message.value, message.key) == (value, A.encode())
    assert message.headers == {"ce_id": b"1", "traceparent": b"t", ATTEMPT: b"3"}


@pytest.mark.broker
def test_replay_goes_to_the_same_partition_of_topics_by_language(desk: Settings) -> None:
    send(
        desk, *(letter(desk, f"{number:032x}", stage="dedupe", topic="tagged", partition=number) for number in range(8))
    )
    send(desk, letter(desk, A, stage="emit", topic="judged", partition=6))
    assert run(desk, "replay", "--yes").exit_code == 0
    assert {(message.partition, message.key) for message in read(desk, "tagged")} == {
        (number, f"{number:032x}".encode()) for number in range(8)
    }
    assert [message.partition for message in read(desk, "judged")] == [6]


@pytest.mark.broker
def test_a_forged_letter_makes_us_write_nowhere(desk: Settings) -> None:
    forged = {
        "__consumer_offsets": letter(desk, "1" * 32, foreign_topic="__consumer_offsets"),
        "other.raw": letter(desk, "2" * 32, foreign_topic="other.raw"),
        f"{desk.prefix}.enriched": letter(desk, "3" * 32, topic="enriched"),
        f"{desk.prefix}.judged has no partition 99": letter(desk, "4" * 32, topic="judged", partition=99),
        f"{desk.prefix}.raw has no partition -1": letter(desk, "5" * 32, partition=-1),
    }
    send(desk, *forged.values(), letter(desk, A))
    for arguments in (("replay",), ("replay", "--yes")):
        result = run(desk, *arguments)
        assert result.exit_code == 3
        assert result.stderr.count("refused") == len(forged)
        assert all(name in result.stderr for name in forged)
    assert len(read(desk, "raw")) == 1
    assert read(desk, "enriched") == read(desk, "judged") == []


@pytest.mark.broker
def test_many_large_letters_go_back_whole(desk: Settings) -> None:
    sizes = {f"{number:032x}": 3_000_000 + number for number in range(8)}
    send(desk, *(letter(desk, id_, value=b"x" * size) for id_, size in sizes.items()))
    assert run(desk, "replay", "--yes").stdout.startswith("8 sent back")
    assert {(m.key or b"").decode(): len(m.value or b"") for m in read(desk, "raw")} == sizes


def test_seen_marks_what_there_is_now_and_changes_no_letter(desk: Settings) -> None:
    send(desk, letter(desk, A), letter(desk, B))
    assert run(desk, "seen").output == "dead letters marked as looked at: 2\n"
    assert run(desk, "seen").output == "dead letters marked as looked at: 0\n"
    assert sorted(ids(desk)) == sorted((A, B))
    send(desk, letter(desk, A))
    assert run(desk, "seen").output == "dead letters marked as looked at: 1\n"


@pytest.mark.parametrize("text", ["2", "h", "2w", "-2h", "2026-13-01", "9999999h", "٢h", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    result = CliRunner().invoke(cli, ["dlq", "list", "--since", text])
    assert result.exit_code == 2
    assert "RFC 3339" in result.stderr


def commands() -> Iterable[list[str]]:
    yield ["dlq"]
    for name in ("list", "show", "replay"):
        yield ["dlq", name]


@pytest.mark.parametrize("arguments", commands())
def test_help_needs_no_kafka(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, [*arguments, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.stdout

import asyncio
import base64
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import cli
from pipeline.cli.card import card, console, print_table, printable
from pipeline.cli.tail import view
from pipeline.kafka import clients, deadletters
from pipeline.kafka.tail import Message
from pipeline.kafka.topics import topic_name
from pipeline.records import Dropped, Duplicate, Enriched, Entity, EntityType, Mention, Origin, encode
from pipeline.settings import Settings

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def entity(name: str, kind: EntityType, count: int) -> Entity:
    return Entity(
        name=name, type=kind, salience=0.5, mentions=(Mention(field="body", start=0, end=1, text="R"),) * count
    )


def a_record(**changes: Any) -> Enriched:
    values: dict[str, Any] = {
        "id": "a" * 32,
        "item_id": "a" * 32,
        "source": "files",
        "media_type": "text/plain",
        "headline": "Assad congratulated",
        "body": "Russian President has praised.\nSecond paragraph.",
        "language": "en",
        "words": 6,
        "received": AT,
        "received_from": "broker",
        "duplicate": Duplicate(kind="unique"),
    }
    return Enriched(**values | changes)


def shown(renderable: Any) -> str:
    screen = console()
    screen.width = 120
    with screen.capture() as captured:
        screen.print(renderable)
    return captured.get()


def message(value: bytes | None, *, topic: str = "enriched", headers: dict[str, bytes] | None = None) -> Message:
    return Message(f"news.{topic}", 1, 2, AT, b"key\x1b", value, headers or {})


def test_a_card_says_what_a_reader_asks() -> None:
    record = a_record(
        agency="Reuters",
        published=datetime(2016, 3, 27, tzinfo=UTC),
        published_from="date line",
        published_precision="day",
        entities=(
            entity("Vladimir Putin", "PERSON", 6),
            entity("Palmyra", "PLACE", 3),
            entity("TASS", "ORGANISATION", 1),
        ),
        duplicate=Duplicate(kind="near", of="b" * 32, similarity=0.914),
    )
    text = shown(card(record))
    for part in (
        "Assad congratulated\n",
        "files · Reuters",
        "2016-03-27 (date line)",
        "2026-01-02 03:04:05Z",
        "en, 6 words",
        f"near duplicate of {'b' * 32}, similarity 0.91",
        "Vladimir Putin 6",
        "Palmyra 3",
        "TASS 1",
        "Second paragraph.",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("duplicate", "said"),
    [
        (Duplicate(kind="digest"), "digest"),
        (Duplicate(kind="exact", of="b" * 32, similarity=1.0), f"exact duplicate of {'b' * 32}, similarity 1.00"),
        (Duplicate(kind="revision", of="b" * 32), f"revision of {'b' * 32}"),
        (Duplicate(kind="near", of="b" * 32, direction="excerpt"), f"near duplicate of {'b' * 32}, an excerpt of it"),
        (Duplicate(kind="near", of="b" * 32, withdrawn=True), f"near duplicate of {'b' * 32}, which was withdrawn"),
    ],
)
def test_a_card_tells_the_verdict(duplicate: Duplicate, said: str) -> None:
    assert re.search(rf"verdict +{said} *$", shown(card(a_record(duplicate=duplicate))), re.MULTILINE)


def test_a_card_tells_of_other_versions() -> None:
    assert "version" not in shown(card(a_record()))
    text = shown(card(a_record(version=2, revises="b" * 32, superseded_by="c" * 32)))
    assert f"2, revises {'b' * 32}, superseded by {'c' * 32}" in " ".join(text.split())


def test_a_card_tells_who_and_which_it_is() -> None:
    peskov = replace(entity("Dmitry Peskov", "PERSON", 2), roles=("Kremlin spokesman", "spokesman"))
    russia = replace(entity("Russia", "PLACE", 1), ids={"iso3166": "RU"})
    moscow = replace(entity("Moscow", "PLACE", 1), ids={"geonames": "524901"})
    acme = replace(entity("Acme Inc", "ORGANISATION", 1), symbols=("ACM.O",), ids={"wikidata": "Q1"})
    text = shown(card(a_record(entities=(peskov, russia, moscow, acme))))
    assert "Dmitry Peskov 2 (Kremlin spokesman)" in text
    assert "Russia 1 (RU), Moscow 1" in text
    assert "Acme Inc 1 (ACM.O, Q1)" in text


def test_a_bare_record_has_a_card_too() -> None:
    text = shown(card(a_record(headline=None, body="", entities_missing="no tagger for de", status="withdrawn")))
    assert "(no headline)" in text
    assert "not found in the text" in text
    assert "unique, withdrawn" in text
    assert "no tagger for de" in text


def test_a_long_record_has_a_short_card() -> None:
    many = tuple(entity(f"Name {number}", "PERSON", 1) for number in range(500))
    text = shown(card(a_record(body="字" * 1_000_000, entities=many)))
    assert len(text) < 4000
    assert "and 492 more" in text
    assert "字字" in text


@given(st.text())
def test_nothing_of_a_document_reaches_the_terminal_unescaped(text: str) -> None:
    safe = printable(text)
    assert safe.replace("\u200c", "").replace("\u200d", "").isprintable()
    assert printable(safe) == safe


@given(st.binary())
def test_any_bytes_are_printable(value: bytes) -> None:
    assert printable(value, keep="\n").replace("\n", "").replace("\u200d", "").replace("\u200c", "").isprintable()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\u202eb", r"a\u202eb"),
        ("\x9b", r"\x9b"),
        (b"\xff\n", r"\xff\n"),
        ("\ud800", r"\ud800"),
        ("a\u00a0b", "a b"),
        ("«Ünï» 中文 👍🏽 नमस्ते", "«Ünï» 中文 👍🏽 नमस्ते"),
    ],
)
def test_what_steers_a_terminal_is_escaped_and_what_people_write_is_not(text: str | bytes, safe: str) -> None:
    assert printable(text) == safe


def test_markup_and_control_characters_of_a_record_are_text() -> None:
    text = shown(card(a_record(headline="[bold]x[/bold] :smile: \x1b[2J", source="[/]", body="[link=x]\x07y")))
    assert r"[bold]x[/bold] :smile: \x1b[2J" in text
    assert r"[link=x]\x07y" in text


def test_tables_align_and_are_not_cut_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "count", "note"), [("中文", "7", "x" * 300), ("ab", "1,000", "[red]\x1b")], right=("count",))
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["name  count  note", f"中文      7  {'x' * 300}", r"ab    1,000  [red]\x1b"]


@pytest.mark.parametrize(
    ("topic", "value", "expected"),
    [
        ("enriched", b"{\x1b", r"unreadable: Invalid JSON"),
        ("enriched", b'{"schema":1}', "unreadable: id: Field required"),
        ("enriched", None, "tombstone"),
        ("dropped", b"null", "unreadable: "),
        (
            "dropped",
            encode(Dropped(id="a" * 32, stage="clean", reason="empty", detail="d", origin=Origin("t", 0, 0), at=AT)),
            "clean: empty (d)",
        ),
        ("deadletter", b"x", "unreadable: no dead letter of ours: 1 byte: x"),
        ("raw", b"\xff" * 1000, r"1.0 kB: \xff\xff"),
        ("raw", b"", "0 bytes: "),
    ],
)
def test_any_message_is_shown_in_one_line(topic: str, value: bytes | None, expected: str) -> None:
    text = str(view(message(value, topic=topic), topic))
    assert text.startswith(rf"news.{topic}[1]@2 2026-01-02 03:04:05Z key\x1b  ")
    assert expected in text
    assert text.isprintable()
    assert len(text) < 900


def test_a_dead_letter_is_told_from_its_headers() -> None:
    headers = deadletters.wrap(
        id="a" * 32, stage="clean", reason="not UTF-8", error="byte 0xff", broke=Origin("t", 0, 0), headers={}
    )
    text = str(view(message(b"\xff", topic="deadletter", headers=dict(headers)), "deadletter"))
    assert text.endswith("clean: not UTF-8 (byte 0xff), attempt 1, 1 byte")


def environment(desk: Settings) -> dict[str, str]:
    return {"COPYDESK_BROKERS": desk.brokers, "COPYDESK_PREFIX": desk.prefix}


def run(desk: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["tail", *arguments], env=environment(desk))


def send(desk: Settings, topic: str, *values: bytes) -> None:
    async def sent() -> None:
        async with clients.producer(desk) as producer:
            for value in values:
                await producer.send_and_wait(topic_name(desk, topic), value, key=b"k", partition=0)

    asyncio.run(sent())


@pytest.mark.broker
def test_json_gives_each_value_as_it_is_on_one_line(desk: Settings) -> None:
    exact = b'{"a":  1.0, "b": "\\u00e9"}'
    send(desk, "raw", exact, b'{"a":\n[1,\r\n2]}', b"plain \xc3\xa9\n", b"\xff", b"")
    lines = run(desk, "raw", "--no-follow", "--json").stdout_bytes.splitlines()
    assert lines[0] == exact
    assert lines[1] == b'{"a":[1,2]}'
    plain, binary, empty = map(orjson.loads, lines[2:])
    assert (plain["value"], plain["offset"], plain["key"]) == ("plain é\n", 2, "k")
    assert base64.b64decode(binary["value_base64"]) == b"\xff"
    assert empty["value"] == ""


@pytest.mark.broker
def test_limit_and_from(desk: Settings) -> None:
    send(desk, "enriched", encode(a_record(headline="one")), b"junk", encode(a_record(headline="two")))
    everything = run(desk, "--no-follow").stdout
    assert everything.index("one") < everything.index("unreadable") < everything.index("two")
    assert "two" not in run(desk, "--from", "beginning", "--limit", "2").stdout
    assert run(desk, "--from", "end", "--no-follow").stdout == ""


@pytest.mark.broker
def test_it_follows_from_the_end_until_ctrl_c(desk: Settings) -> None:
    send(desk, "dropped", b'"old"')
    process = subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli import main; main()", "tail", "dropped", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environment(desk),
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    said, deadline = b"", time.monotonic() + 60
    while not said and time.monotonic() < deadline:  # it says nothing when it stands at the end: send until one comes
        send(desk, "dropped", b'"new"')
        time.sleep(0.2)
        said = process.stdout.read() or b""
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert set(said.splitlines()) == {b'"new"'}
    assert (process.returncode, error) == (130, b"")


def test_help_names_the_topics() -> None:
    result = CliRunner().invoke(cli, ["tail", "--help"])
    assert "fingerprints" in result.stdout
    assert "copydesk tail" in result.stdout

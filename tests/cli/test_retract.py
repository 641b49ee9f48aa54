"""`copydesk retract` sends one notice, which the stages take for what it is."""

import asyncio
from datetime import UTC, datetime

import orjson
import pytest
from click.testing import CliRunner, Result

from agents import clean, extract
from agents.message import Incoming
from pipeline.cleaning import identify
from pipeline.cli import cli
from pipeline.errors import UserError
from pipeline.identity import item_id
from pipeline.kafka.retract import item_of
from pipeline.kafka.tail import Message, messages
from pipeline.kafka.topics import LANGUAGE_PARTITIONS
from pipeline.records import Article, Origin, Raw, Tagged, decode
from pipeline.settings import Settings

ID = "0123456789abcdef" * 2
ITEM = "ab" * 16


def run(desk: Settings, *arguments: str) -> Result:
    environment = {"COPYDESK_BROKERS": desk.brokers, "COPYDESK_PREFIX": desk.prefix}
    return CliRunner().invoke(cli, ["retract", *arguments], env=environment)


def raw(desk: Settings) -> list[Message]:
    async def all_() -> list[Message]:
        return [message async for message in messages(desk, "raw", start="beginning", follow=False)]

    return asyncio.run(all_())


def notices(message: Message, settings: Settings) -> list[Tagged]:
    """What clean and extract make of it."""
    here = Origin(message.topic, message.partition, message.offset)
    [cleaned] = clean.work(Incoming(message.value, message.key, message.headers, message.at, here), settings).sends
    sends = extract.work(Incoming(cleaned.value, cleaned.key, {}, message.at, here), settings).sends
    return [decode(Tagged, sent.value) for sent in sends]


@pytest.mark.broker
def test_a_notice_is_on_the_raw_topic_when_the_command_ends(desk: Settings) -> None:
    result = run(desk, ID, "--reason", "court order\n4711")
    assert result.exit_code == 0, result.output
    [message] = raw(desk)
    assert message.headers["ce_type"] == b"news.copydesk.withdrawal"
    assert message.headers["copydesk-withdraws"] == ID.encode()
    assert message.headers["ce_source"] == b"copydesk"
    assert message.key
    id_ = message.key.decode()
    assert identify(Raw(message.value or b"", message.headers, message.at, Origin("", 0, 0))).id == id_
    [said] = result.stdout.splitlines()
    assert id_ in said
    assert ID in said
    assert f"{message.topic}[{message.partition}]@{message.offset}" in said
    every = notices(message, desk)
    assert len(every) == LANGUAGE_PARTITIONS
    assert {(each.article.id, each.article.withdraws, each.article.headline) for each in every} == {
        (id_, ID, "court order 4711")
    }


@pytest.mark.broker
def test_each_call_is_a_notice_of_its_own_and_json_says_which(desk: Settings) -> None:
    said = [orjson.loads(run(desk, ID, "--json").stdout) for _ in range(2)]
    assert {each["id"] for each in said} == {(message.key or b"").decode() for message in raw(desk)}
    assert len({each["id"] for each in said}) == 2
    assert all(each["withdraws"] == ID and each["at"]["topic"] == f"{desk.prefix}.raw" for each in said)


@pytest.mark.broker
def test_the_sources_own_id_names_the_item_that_its_documents_are_versions_of(desk: Settings) -> None:
    assert run(desk, " g  7", "--source", "Mu\u0308ller").exit_code == 0
    [message] = raw(desk)
    headers = {"ce_source": "Mu\u0308ller".encode(), "ce_id": b" g  7"}
    here = Origin(message.topic, 0, 0)
    [cleaned] = clean.work(Incoming(b"The harbour stays closed.", None, headers, datetime.now(UTC), here), desk).sends
    article = decode(Article, cleaned.value)
    assert article.source == "Müller"
    assert message.headers["copydesk-withdraws"].decode() == item_id(article.source, article.source_id, article.id)


def test_an_id_names_one_item_of_one_source() -> None:
    assert len({item_of("a", "1"), item_of("a", "2"), item_of("b", "1"), item_of("a", "1")}) == 3


@pytest.mark.broker
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("g7",), ("no id of 32 hex digits", "--source NAME")),
        ((ID.upper(),), ("no id of 32 hex digits",)),
        (("\x1b[31m",), (r"\x1b[31m",)),
        ((" ", "--source", "quay"), ("may be empty",)),
        (("g7", "--source", ""), ("may be empty",)),
        ((ID, "--reason", "x" * 501), ("501 characters",)),
        (("\udcff",), ("ID", "is not UTF-8")),
        (("\udcff", "--source", "quay"), ("ID", "is not UTF-8")),
        (("g7", "--source", "qu\udcffay"), ("--source", "is not UTF-8")),
        ((ID, "--reason", "\udcff"), ("--reason", "is not UTF-8")),
    ],
)
def test_what_names_nothing_is_refused_and_nothing_is_sent(
    desk: Settings, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    error = run(desk, *arguments).exception
    assert isinstance(error, UserError)
    assert all(word in str(error) for word in words)
    assert str(error).isprintable()
    assert raw(desk) == []


@pytest.mark.broker
def test_without_its_topic_it_says_what_to_do(broker: str) -> None:
    error = run(Settings(brokers=broker, prefix="nothere"), ID).exception
    assert isinstance(error, UserError)
    assert "copydesk topics create" in str(error)


def test_help_has_examples_and_needs_no_kafka() -> None:
    result = CliRunner().invoke(cli, ["retract", "--help"])
    assert result.exit_code == 0
    assert "copydesk retract guid" in result.stdout

"""Every outcome becomes one message, on the topic where it belongs, with what a reader needs."""

from dataclasses import replace

from agents.message import Incoming, Result, identity, route
from pipeline.identity import document_id
from pipeline.kafka import deadletters
from pipeline.kafka.headers import RAW_TIME, as_mapping
from pipeline.outcomes import Drop, Emit, Outcome, Reject
from pipeline.records import SCHEMA, SCHEMA_HEADER, Article, Dropped, Entity, Mention, Tagged, decode
from pipeline.settings import MIB, Settings
from tests.agents.fakes import NOON, incoming, tagged

SETTINGS = Settings(brokers="nowhere:1")
ARTICLE = tagged("A small article of a few words.").article
SOURCE = Incoming(
    b"the raw bytes",
    None,
    {"ce_source": b"test", "traceparent": b"00-trace", "copydesk-attempt": b"2", "other": b"x"},
    NOON,
    incoming(b"").origin,
)


def routed(outcome: Outcome, to: str = "clean") -> Result:
    return route(outcome, SOURCE, stage="clean", to=to, settings=SETTINGS, id=ARTICLE.id, raw_time_ms=5)


def test_what_goes_on_is_keyed_by_its_id_and_carries_the_trace_the_schema_and_the_raw_time() -> None:
    result = routed(Emit(ARTICLE, ARTICLE.id))
    [message] = result.sends
    assert (result.ending, message.topic, message.key) == ("emitted", "news.clean", ARTICLE.id.encode())
    assert decode(Article, message.value) == ARTICLE
    headers = as_mapping(message.headers)
    assert headers["traceparent"] == b"00-trace"
    assert headers[SCHEMA_HEADER] == str(SCHEMA).encode()
    assert headers[RAW_TIME] == b"5"
    assert "copydesk-attempt" not in headers, "the attempts were at the stage it has passed"
    assert "other" not in headers


def test_a_drop_says_stage_reason_and_place() -> None:
    result = routed(Drop("empty", "no words"))
    [message] = result.sends
    dropped = decode(Dropped, message.value)
    assert (message.topic, result.reason) == ("news.dropped", "empty")
    assert (dropped.id, dropped.stage, dropped.reason, dropped.detail) == (ARTICLE.id, "clean", "empty", "no words")
    assert (dropped.source, dropped.origin) == ("test", SOURCE.origin)


def test_a_rejection_holds_the_raw_bytes_and_counts_the_attempts() -> None:
    [message] = routed(Reject("crash", "its process ended")).sends
    assert (message.topic, message.value) == ("news.deadletter", b"the raw bytes")
    letter = deadletters.read(
        key=message.key, value=message.value, headers=as_mapping(message.headers), stands=SOURCE.origin, at=NOON
    )
    assert letter
    assert (letter.stage, letter.reason, letter.error, letter.attempt) == ("clean", "crash", "its process ended", 3)
    assert letter.broke == SOURCE.origin
    assert dict(letter.original)["other"] == b"x", "the original headers are kept, to send it back with"


def test_a_record_above_the_topics_limit_is_rejected_and_not_sent() -> None:
    mention = Mention(field="body", start=0, end=1, text="x" * 100)
    entity = Entity(name="x", type="PERSON", salience=1, mentions=(mention,) * (9 * MIB // 150))
    record = replace(tagged("A small article."), entities=(entity,))
    assert isinstance(record, Tagged)
    result = routed(Emit(record, ARTICLE.id), to="tagged")
    assert (result.ending, result.reason) == ("rejected", "record too large")


def test_a_message_without_a_key_of_ours_is_named_by_its_bytes() -> None:
    assert identity(incoming(b"x", key=ARTICLE.id.encode())) == ARTICLE.id
    for key in (None, b"", b"7", b"\xff" * 32, b"X" * 32):
        assert identity(incoming(b"x", topic="news.tagged", key=key)) == document_id("news.tagged", None, b"x")

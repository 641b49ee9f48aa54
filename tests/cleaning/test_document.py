from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import CLEANER, clean, identify
from pipeline.identity import document_id
from pipeline.outcomes import Drop, Emit, Reject
from pipeline.records import Article, decode, encode
from tests.cleaning.messages import BROKER_TIME, MIB, article, message, outcome

TEXT = "Fishermen in the northern port said on Tuesday they would stay ashore."


def test_bare_text_is_an_article() -> None:
    found = article(TEXT)
    assert found == Article(
        id=document_id("unknown", None, TEXT.encode()),
        source="unknown",
        media_type="text/plain",
        received=BROKER_TIME,
        received_from="broker",
        body=TEXT,
        words=12,
        cleaner=CLEANER,
    )
    assert decode(Article, encode(found)) == found


def test_headers_name_the_document() -> None:
    found = article(
        TEXT,
        ce_source="müller",
        ce_id="7",
        ce_subject="https://quay.example/7",
        ce_time="2016-03-27T12:00:00.123+02:00",
        content_type="Text/Plain; charset=utf-8",
    )
    assert (found.source, found.source_id, found.uri) == ("müller", "7", "https://quay.example/7")
    assert (
        found.id
        == document_id("müller", "7", TEXT.encode())
        == identify(message(TEXT, ce_source="müller", ce_id="7")).id
    )
    assert (found.received, found.received_from) == (datetime(2016, 3, 27, 10, 0, 0, 123000, UTC), "cloudevents")
    assert found.media_type == "text/plain"


@pytest.mark.parametrize("time", ["yesterday", "", "2016-03-27", "2016-03-27T25:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_an_unreadable_time_is_the_brokers(time: str) -> None:
    found = article(TEXT, ce_time=time)
    assert (found.received, found.received_from) == (BROKER_TIME, "broker")


def test_the_year_1970_is_believed_and_a_time_after_the_record_itself_is_not() -> None:
    assert article(TEXT, ce_time="1970-01-01T00:00:00Z").received.year == 1970
    ahead = article(TEXT, ce_time="2099-12-31T23:59:59Z")
    assert ahead.received.year == 2020
    assert ahead.received_from == "broker"


def test_headers_of_any_bytes_are_survived() -> None:
    raw = message(TEXT)
    odd = dict.fromkeys(("ce_id", "ce_source", "ce_time", "ce_subject", "content-type"), b"\xff\x00 \n x")
    result = clean(type(raw)(raw.value, odd, raw.timestamp, raw.origin), document_bytes=MIB)
    assert isinstance(result, Reject)  # of the content type
    assert identify(type(raw)(raw.value, odd, raw.timestamp, raw.origin)).source == "\N{REPLACEMENT CHARACTER} x"


def test_json_fields() -> None:
    found = article(
        {
            "guid": 17,
            "title": " A  title ",
            "description": "Under it.",
            "text": f"A title\nBy Ann Lee\n{TEXT}",
            "pubDate": "Sun, 27 Mar 2016 10:11:12 GMT",
            "publisher": {"@type": "Organization", "name": "The Quay"},
            "link": "https://quay.example/17",
            "authors": ["Ann Lee", {"name": "Jon Roe"}],
            "rights": "© Reuters 2016",
            "lang": {"code": "en"},
        }
    )
    assert (found.headline, found.standfirst, found.body) == ("A title", "Under it.", TEXT)
    assert (found.source, found.source_id, found.uri) == ("The Quay", "17", "https://quay.example/17")
    assert (found.byline, found.copyright, found.agency) == ("Ann Lee, Jon Roe", "© Reuters 2016", "Reuters")
    assert (found.published, found.published_precision) == (datetime(2016, 3, 27, 10, 11, 12, tzinfo=UTC), "second")
    assert (found.published_from, found.media_type) == ("field pubDate", "application/json")


def test_headers_go_before_json_and_alone_make_the_id() -> None:
    value = {"id": "json", "source": "json", "url": "https://json.example/", "body": TEXT}
    found = article(value, ce_id="head", ce_source="head", ce_subject="https://head.example/")
    assert (found.source, found.source_id, found.uri) == ("head", "head", "https://head.example/")
    bare = article(value)
    assert (bare.source, bare.source_id, bare.uri) == ("json", "json", "https://json.example/")
    assert bare.id == identify(message(value)).id == document_id("unknown", None, orjson.dumps(value))


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"title": {"a": 1}, "body": TEXT}, "field title is an object"),
        ({"title": "x", "body": True}, "field body is true or false"),
        ({"authors": [["x"], {"a": 1}], "body": TEXT}, "field authors is an object"),
        ({"body": [TEXT, None]}, "field body is null"),
        (["x"], "the document is a list, not an object"),
        ("x", "the document is a text, not an object"),
        (3, "the document is a number, not an object"),
    ],
)
def test_wrong_types_are_named(value: Any, error: str) -> None:
    assert outcome(orjson.dumps(value), content_type="application/json") == Reject("wrong type", error)


def test_types_that_can_be_text_are() -> None:
    found = article({"title": 2016, "body": ["One.", "Two."], "published": ["2016"], "id": 1.5, "url": 7})
    assert (found.headline, found.body, found.source_id, found.uri) == ("2016", "One.\nTwo.", "1.5", None)
    assert (found.published, found.published_from, found.published_precision) == (None, None, None)


def test_a_date_of_the_text_stands_in_for_an_unreadable_field() -> None:
    found = article({"date": "soon", "body": f"Mar 27, 2016\n{TEXT}"})
    assert (found.published, found.published_from) == (datetime(2016, 3, 27, tzinfo=UTC), "date line")


def test_what_a_feed_has_instead_of_a_body() -> None:
    summary = article({"title": "A title", "summary": TEXT})
    assert (summary.headline, summary.standfirst, summary.body) == ("A title", None, TEXT)
    flash = article({"title": "Port closed"})
    assert (flash.headline, flash.body, flash.words) == ("Port closed", "", 0)


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        ('{"body": "x"', {}, "invalid JSON"),
        ('{"body": "\\ud800"}', {}, "invalid JSON"),  # a lone surrogate
        ("[" * 100_000, {"content_type": "application/json"}, "invalid JSON"),
        ("", {"content_type": "application/json"}, "invalid JSON"),
        (TEXT, {"content_type": "text/html"}, "unsupported media type"),
        (TEXT, {"content_type": "application/octet-stream"}, "unsupported media type"),
        ("<!DOCTYPE html><p>x", {}, "unsupported media type"),
        ('\ufeff <?xml version="1.0"?><nitf/>', {}, "unsupported media type"),
        (b"%PDF-1.7\n\xe2\xe3", {}, "unsupported media type"),
        (b"\x89PNG\r\n\x1a\n\0\0", {}, "not UTF-8"),
        (TEXT, {"content_type": "text/plain; charset=klingon"}, "unknown charset"),
        (b"MZ\0\0\0\0\0\0", {}, "binary"),
    ],
)
def test_rejects(value: bytes | str, headers: dict[str, str], reason: str) -> None:
    result = outcome(value, **headers)
    assert isinstance(result, Reject)
    assert result.reason == reason
    assert result.error
    assert "\n" not in result.error


@pytest.mark.parametrize(
    "value", ["", " \n\t", "\x01\x02" * 1000, "...\n😀", "\ufeff", "{}", '{"title": " ", "body": "?"}']
)
def test_nothing_to_read_is_dropped(value: str) -> None:
    result = outcome(value)
    assert isinstance(result, Drop)
    assert result.reason == "empty"


def test_a_drop_says_what_there_was_instead_of_an_article() -> None:
    assert outcome("Advertisement\n© Reuters 2016") == Drop("empty", "nothing but advertisement, copyright")


@pytest.mark.parametrize("text", ["a", "OK", "Fed cuts rates", "7"])
def test_nothing_is_dropped_for_being_short(text: str) -> None:
    assert article(text).body == text


def test_sniffed_json_may_be_utf16() -> None:
    assert article('{"title": "Ä", "body": "Ö"}'.encode("utf-16")).headline == "Ä"


def test_size_counts_utf8_after_decoding() -> None:
    limit = 4096
    for text in ("a" * limit, "é" * (limit // 2)):
        assert isinstance(clean(message(text), document_bytes=limit), Emit)
        assert isinstance(clean(message({"body": text}), document_bytes=limit), Emit)
        assert isinstance(clean(message(text.encode("utf-16")), document_bytes=limit), Emit)
        assert isinstance(clean(message(text + "a"), document_bytes=limit), Reject)
    escaped = b'{"body": "' + b"\\u00e9" * (limit // 2) + b'"}'
    assert isinstance(clean(message(escaped), document_bytes=limit), Emit)
    assert clean(message("a" * int(1.2 * MIB)), document_bytes=MIB) == Reject(
        "too large", "1.2 MiB of text, the limit is 1.0 MiB; set COPYDESK_DOCUMENT_BYTES"
    )


def test_what_was_removed_is_bounded() -> None:
    found = article(".\nword\n" * 100_000)
    assert len(found.removed) == 101
    assert found.removed[-1].characters == 100_000 - 100
    assert len(encode(found)) < 2 * MIB


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "title", "body", "date", "source", "url", "author", "name", "lang"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=8,
    ).map(orjson.dumps),
    st.dictionaries(
        st.sampled_from(["ce_id", "ce_source", "ce_time", "ce_subject", "content-type"]),
        st.binary(max_size=30) | st.sampled_from([b"application/json", b"text/plain; charset=utf-16"]),
    ),
)
def test_any_message_has_an_outcome(value: bytes, headers: dict[str, bytes]) -> None:
    raw = message(value)
    raw = type(raw)(value, headers, raw.timestamp, raw.origin)
    result = clean(raw, document_bytes=MIB)
    assert result == clean(raw, document_bytes=MIB)
    if isinstance(result, Emit):
        assert decode(Article, encode(result.record)) == result.record
        assert result.key == identify(raw).id

"""What is taken from a JSON document, whatever is in it."""

import hashlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fields import FIELDS
from pipeline.sources.items import Position
from pipeline.sources.mapping import from_json

HERE = Position("a.jsonl", 1, None, 0)

scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
names = st.sampled_from([name for field in FIELDS.values() for name in field])


@given(fields=st.dictionaries(names, values) | values)
def test_any_json_is_a_document_that_fits_into_headers(fields: Any) -> None:
    value = orjson.dumps(fields)
    document = from_json(value, HERE)
    assert document.value == value
    assert 0 < len(document.source_id) <= 1024
    assert document.source is None or 0 < len(document.source) <= 256
    assert document.uri is None or document.uri.lower().startswith("http")
    for text in (document.source_id, document.source or "", document.uri or ""):
        text.encode()
    if document.published:
        document.published.isoformat()


@given(value=st.binary())
def test_any_bytes_are_a_document(value: bytes) -> None:
    assert from_json(value, HERE).value == value


@pytest.mark.parametrize(
    ("given_id", "source_id"),
    [
        ("a b", "a b"),
        (7, "7"),
        ({"b": 1, "$oid": "x"}, '{"$oid":"x","b":1}'),
        ("é" * 1024, "é" * 1024),
        ("é" * 1025, hashlib.sha256(("é" * 1025).encode()).hexdigest()),
    ],
)
def test_ids_as_text(given_id: Any, source_id: str) -> None:
    assert from_json(orjson.dumps({"id": given_id}), HERE).source_id == source_id


def test_fields_by_the_table() -> None:
    value = b'{"guid": "g", "publisher": " The Paper ", "url": "https://a.example/1", "pubDate": "Sun, 27 Mar 2016 10:00:00 +0200"}'
    document = from_json(value, HERE)
    assert (document.source_id, document.source, document.uri) == ("g", "The Paper", "https://a.example/1")
    assert document.published is not None
    assert document.published.isoformat() == "2016-03-27T08:00:00+00:00"


def test_an_identifier_that_is_no_address_does_not_hide_the_address() -> None:
    document = from_json(b'{"uri": "urn:newsml:1", "link": "HTTP://a.example/1"}', HERE)
    assert (document.source_id, document.uri) == ("urn:newsml:1", "HTTP://a.example/1")


@pytest.mark.parametrize("source", [{"name": "x"}, ["x"], 7, "  ", "x" * 257])
def test_what_is_no_name_of_a_source(source: Any) -> None:
    assert from_json(orjson.dumps({"source": source}), HERE).source is None

from dataclasses import is_dataclass
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime

from pipeline.identity import document_id, is_id, item_id
from pipeline.records import (
    ADAPTERS,
    SCHEMA,
    Article,
    Count,
    Dropped,
    Enriched,
    FamilyMerge,
    Id,
    Judged,
    Origin,
    RecordError,
    StorySnapshot,
    Tagged,
    VersionNumber,
    decode,
    encode,
)

# JSON has no lone surrogates and no NaN, orjson no integers above 64 bits.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    AwareDatetime: st.datetimes(timezones=st.just(UTC)),
    Count: st.integers(0, 2**32 - 1),
    VersionNumber: st.integers(0, 10**15),
    Id: st.text("0123456789abcdef", min_size=32, max_size=32),
    type(None): st.none(),
}


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation, with every field of a record anything that its own annotation allows."""
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind):
        names = {name: anything(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
        if "schema" in names:
            names["schema"] = st.sampled_from([SCHEMA, SCHEMA - 1])
        return st.builds(cast("type[Any]", kind), **names)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of([anything(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    assert origin is dict, kind
    return st.dictionaries(anything(arguments[0]), anything(arguments[1]), max_size=2)


def an_article(**changes: Any) -> Article:
    values: dict[str, Any] = {
        "id": "a" * 32,
        "source": "s",
        "media_type": "text/plain",
        "received": datetime(2026, 1, 1, tzinfo=UTC),
        "received_from": "broker",
        "body": "b",
        "words": 1,
        "cleaner": "c",
    }
    return Article(**values | changes)


@pytest.mark.parametrize("kind", ADAPTERS)
def test_every_record_comes_back_as_it_was(kind: type[Any]) -> None:
    @given(anything(kind))
    def round_trip(record: Any) -> None:
        assert decode(kind, encode(record)) == record

    round_trip()


@pytest.mark.parametrize("kind", ADAPTERS)
def test_fields_of_a_later_version_are_ignored(kind: type[Any]) -> None:
    @given(anything(kind))
    def extra(record: Any) -> None:
        value = orjson.loads(encode(record)) | {"field of a later version": [1, {"a": None}]}
        assert decode(kind, orjson.dumps(value)) == record

    extra()


@pytest.mark.parametrize("kind", ADAPTERS)
def test_a_record_of_the_version_before_may_lack_every_field_with_a_default(kind: type[Any]) -> None:
    required = set(ADAPTERS[kind].json_schema()["required"])

    @given(anything(kind))
    def old(record: Any) -> None:
        value = {name: part for name, part in orjson.loads(encode(record)).items() if name in required}
        value["schema"] = SCHEMA - 1
        read = decode(kind, orjson.dumps(value))
        assert all(getattr(read, name) == getattr(record, name) for name in required)

    old()


@pytest.mark.parametrize("schema", [SCHEMA + 1, SCHEMA - 2])
def test_any_other_schema_number_is_refused_by_name(schema: int) -> None:
    with pytest.raises(RecordError, match=f"schema {schema}, this version reads"):
        decode(Article, encode(an_article(schema=schema)))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "tombstone"),
        (b"", "Invalid JSON"),
        (b"\xff\x00", "Invalid JSON"),
        (b"[]", "(?i)input should be"),
        (b"{}", "id: Field required"),
        (encode(an_article()).replace(b'"words":1', b'"words":"1"'), "words: .*integer"),
        (encode(an_article()).replace(b"a" * 32, b"A" * 32), "id: .*pattern"),
        (encode(an_article()).replace(b"2026-01-01T00:00:00Z", b"2026-01-01T00:00:00"), "received: .*timezone"),
        (encode(an_article()).replace(b'"broker"', b'"guess"'), "received_from: "),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(value: bytes | None, message: str) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        decode(Article, value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200), st.sampled_from(list(ADAPTERS)))
def test_no_bytes_raise_anything_else(value: bytes, kind: type[Any]) -> None:
    with pytest.raises(RecordError):
        decode(kind, value)


def test_nested_values_are_as_strict_as_their_record() -> None:
    value = orjson.loads(
        encode(
            Dropped(
                id="a" * 32, stage="clean", reason="r", origin=Origin("t", 0, 7), at=datetime(2026, 1, 1, tzinfo=UTC)
            )
        )
    )
    value["origin"]["offset"] = "7"
    with pytest.raises(RecordError, match=r"origin\.offset"):
        decode(Dropped, orjson.dumps(value))


def test_times_are_written_in_utc() -> None:
    assert b'"received":"2026-01-01T00:00:00Z"' in encode(an_article())


PARTS = st.tuples(TEXT, st.none() | TEXT, st.binary(max_size=20))


@given(PARTS, PARTS)
def test_documents_are_one_only_if_all_parts_are(one: Any, other: Any) -> None:
    # No source id and an empty one are the same: neither names an item.
    same = (one[0], one[1] or "", one[2]) == (other[0], other[1] or "", other[2])
    assert (document_id(*one) == document_id(*other)) == same


@given(TEXT, TEXT, st.integers(0, 40), st.integers(0, 40))
def test_bytes_moved_from_one_part_to_the_next_make_another_document(source: str, rest: str, a: int, b: int) -> None:
    text = source + rest
    splits = {(text[:i], text[i:j], text[j:].encode()) for i, j in ((min(a, b), max(a, b)), (0, a), (b, b))}
    assert len({document_id(*split) for split in splits}) == len(splits)


def test_identity_never_changes() -> None:
    # Written into topics that live for a month: a change of this value is a break of the contract.
    assert document_id("files", "x", b"text") == "74301fbf1f38a6b39dc64383219d76d4"


@given(TEXT, st.none() | TEXT, st.binary(max_size=20), st.binary(max_size=20))
def test_two_versions_are_one_item_where_the_source_names_it(
    source: str, source_id: str | None, one: bytes, other: bytes
) -> None:
    first, second = (document_id(source, source_id, value) for value in (one, other))
    same = item_id(source, source_id, first) == item_id(source, source_id, second)
    assert same == (bool(source_id) or one == other)
    assert is_id(first)
    assert is_id(item_id(source, source_id, first))


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "a" * 32 + "\n", "٣" * 32])
def test_is_id_takes_32_lower_hex_digits_and_nothing_else(text: str) -> None:
    assert not is_id(text)


def test_every_record_kind_is_covered() -> None:
    assert set(ADAPTERS) == {Article, Tagged, Judged, StorySnapshot, FamilyMerge, Enriched, Dropped}

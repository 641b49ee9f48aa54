from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka import deadletters
from pipeline.kafka.deadletters import ERROR_CHARACTERS, DeadLetter
from pipeline.kafka.headers import ATTEMPT, as_mapping, attempt
from pipeline.records import Origin

STANDS = Origin("news.deadletter", 1, 2)
AT = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
FOREIGN = TEXT.filter(lambda name: not name.startswith(("copydesk-", "__streams.")))
HEADERS = st.dictionaries(FOREIGN, st.binary(max_size=20), max_size=4)


def letter(
    original: dict[str, bytes], *, value: bytes = b"v", error: str = "error", reason: str = "reason"
) -> DeadLetter:
    wrapped = deadletters.wrap(
        id="a" * 32, stage="clean", reason=reason, error=error, broke=Origin("news.raw", 3, 4), headers=original
    )
    found = deadletters.read(key=b"k", value=value, headers=as_mapping(wrapped), stands=STANDS, at=AT)
    assert found is not None
    return found


@given(HEADERS, st.binary(max_size=50), TEXT, TEXT)
def test_a_letter_is_read_as_it_was_wrapped(original: dict[str, bytes], value: bytes, error: str, reason: str) -> None:
    found = letter(original, value=value, error=error, reason=reason)
    assert dict(found.original) == original
    assert (found.id, found.stage, found.reason, found.error) == ("a" * 32, "clean", reason, error)
    assert (found.value, found.key, found.broke) == (value, b"k", Origin("news.raw", 3, 4))
    assert (found.attempt, found.at, found.stands) == (1, AT, STANDS)


@given(HEADERS)
def test_what_goes_back_has_its_own_headers_and_the_attempt(original: dict[str, bytes]) -> None:
    back = as_mapping(deadletters.send_back(letter(original)))
    assert back.pop(ATTEMPT) == b"1"
    assert back == original


def test_attempts_are_counted_over_any_number_of_failures() -> None:
    headers: dict[str, bytes] = {"ce_id": b"x"}
    for expected in range(1, 5):
        found = letter(headers)
        assert found.attempt == expected
        headers = as_mapping(deadletters.send_back(found))
    assert headers == {"ce_id": b"x", ATTEMPT: b"4"}


@pytest.mark.parametrize("content", [b"", b"-1", b"x", b"1" * 9, "٣".encode(), b"1 "])
def test_a_forged_attempt_counts_as_none(content: bytes) -> None:
    assert attempt({ATTEMPT: content}) == 0
    assert letter({ATTEMPT: content}).attempt == 1


def test_headers_of_an_earlier_letter_do_not_pile_up() -> None:
    forged = {"copydesk-stage": b"emit", "__streams.errors.topic": b"elsewhere", "__streams.errors.stacktrace": b"x"}
    found = letter(forged)
    assert found.stage == "clean"
    assert found.broke.topic == "news.raw"
    assert found.original == ()


def test_a_long_error_is_cut_and_half_a_character_is_no_crash() -> None:
    assert letter({}, error="x" * 10_000).error == "x" * ERROR_CHARACTERS
    assert letter({}, error="\ud800").error == "?"


def test_no_value_is_an_empty_one() -> None:
    headers = as_mapping(deadletters.wrap(id="a" * 32, stage="clean", reason="r", error="e", broke=STANDS, headers={}))
    found = deadletters.read(key=None, value=None, headers=headers, stands=STANDS, at=AT)
    assert found is not None
    assert found.value == b""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("copydesk-id", None),
        ("copydesk-stage", None),
        ("copydesk-reason", b"\xff"),
        ("__streams.errors.topic", None),
        ("__streams.errors.partition", b"one"),
        ("__streams.errors.offset", b"9" * 5000),
        ("__streams.errors.message", None),
    ],
)
def test_what_is_no_letter_of_ours_is_none(name: str, content: bytes | None) -> None:
    headers = as_mapping(deadletters.wrap(id="a" * 32, stage="clean", reason="r", error="e", broke=STANDS, headers={}))
    headers.pop(name)
    if content is not None:
        headers[name] = content
    assert deadletters.read(key=b"k", value=b"v", headers=headers, stands=STANDS, at=AT) is None


@given(st.dictionaries(st.sampled_from([ATTEMPT, "copydesk-id", "__streams.errors.offset", "x"]), st.binary()))
def test_no_headers_raise(headers: dict[str, bytes]) -> None:
    deadletters.read(key=None, value=None, headers=headers, stands=STANDS, at=AT)

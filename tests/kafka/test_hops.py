from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.emission import enrich, erased
from pipeline.judging import codec
from pipeline.judging.entry import Decision
from pipeline.kafka.hops import document, entry, hops
from pipeline.kafka.story import reason
from pipeline.kafka.tail import Message
from pipeline.records import Judged, encode
from pipeline.stories.packing import Update
from tests.judging.made import STORM, Desk
from tests.judging.made import document as made

START = datetime(2026, 3, 1, tzinfo=UTC)
TOLD = (
    "Storm, harbour, cranes: Ostrava Bay counts. Surfers rejoice, choirs rehearse beneath tarpaulins, bakeries donate "
    "pretzels. "
)


def at(seconds: float, value: bytes | None, *, partition: int = 0, key: str = "ab" * 16) -> Message:
    return Message("t", partition, int(seconds), START + timedelta(seconds=seconds), key.encode(), value, {})


def whats(*found: tuple[str, Message]) -> list[str]:
    return [hop.what for hop in hops(found)]


def desk_with(*bodies: str) -> Desk:
    desk = Desk()
    for body in bodies:
        desk.take(made(body))
    return desk


def test_they_are_in_the_order_in_which_they_were_written_and_of_one_time_in_that_of_the_stages() -> None:
    tagged = encode(made(STORM))
    found = [("judged", at(2, None)), ("tagged", at(2, tagged)), ("raw", at(5, b"x")), ("clean", at(1, None))]
    assert [hop.topic for hop in hops(found)] == ["clean", "tagged", "judged", "raw"]


def test_a_repeat_is_told_from_an_amended_record() -> None:
    desk = desk_with(STORM)
    first = desk.judged(made(STORM))
    newer = replace(first, superseded_by="cd" * 16)
    found = [("judged", at(n, encode(one))) for n, one in enumerate((first, first, newer, erased(newer)))]
    assert whats(*found, ("judged", at(9, None))) == [
        "unique",
        "again: unique",
        "amended: unique, superseded",
        "amended: unique, withdrawn, superseded",
        "amended: tombstone",
    ]
    assert whats(*(("enriched", at(n, encode(enrich(one)))) for n, one in enumerate((first, newer)))) == [
        "unique",
        "amended: unique, superseded",
    ]


def test_a_notice_is_no_repeat_in_another_partition() -> None:
    notice = encode(made("", withdraws="cd" * 16))
    found = [("tagged", at(1, notice, partition=number)) for number in range(3)]
    assert not any(what.startswith("again") for what in whats(*found))


@pytest.mark.parametrize("topic", ["clean", "tagged", "judged", "enriched", "dropped", "fingerprints", "deadletter"])
def test_what_cannot_be_read_says_so(topic: str) -> None:
    [what] = whats((topic, at(0, b"\xff{")))
    assert "unreadable" in what


def test_a_log_entry_tells_what_was_decided() -> None:
    desk = desk_with(STORM)
    message = at(0, codec.pack(desk.log[0]))
    found = entry(message)
    assert found
    assert found.id == desk.log[0].id
    assert whats(("fingerprints", message)) == ["decided: unique"]


def test_a_raw_document_is_known_by_its_bytes_and_others_by_their_key() -> None:
    assert document("clean", at(0, None, key="ab" * 16)) == "ab" * 16
    assert document("clean", at(0, None, key="nobody")) is None
    assert document("raw", at(0, b"text")) != "ab" * 16
    assert document("deadletter", at(0, b"v")) is None


# -- why it is in its story ----------------------------------------------------------------------------------------------


def told() -> tuple[Update, Judged]:
    desk = desk_with(STORM, TOLD)
    return update(desk), desk.judged(made(TOLD))


def update(desk: Desk) -> Update:
    decision = desk.log[-1]
    assert isinstance(decision, Decision)
    assert decision.story
    return decision.story


def test_shared_words_are_spelled_by_the_article_and_its_own_are_not_among_them() -> None:
    story, judged = told()
    assert story.operation == "told"
    found = reason(story, enrich(judged))
    assert set(found.words) == {"storm", "harbour", "cranes", "ostrava", "bay"}


def test_of_a_text_that_is_gone_no_word_is_known() -> None:
    story, judged = told()
    for gone in (enrich(erased(judged)), None):
        found = reason(story, gone)
        assert found.words
        assert set(found.words) == {None}
        assert found.names == ()


def test_what_opened_a_story_shares_nothing() -> None:
    desk = desk_with(STORM)
    found = reason(update(desk), enrich(desk.judged(made(STORM))))
    assert (found.operation, found.words, found.names) == ("opened", (), ())

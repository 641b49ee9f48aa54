"""Items and their versions: whatever the order they come in, each names the one before it and the one after it."""

from itertools import permutations

import pytest

from tests.judging.made import MINE, STORM, STRIKE, Desk, document

FIRST = document(STORM, guid="g1", headline="Storm closes harbour")
SECOND = document(STORM + "One man is missing.", guid="g1", headline="Storm closes harbour", source_version=2, hours=1)
THIRD = document(STORM + "Two men are missing.", guid="g1", headline="Storm closes harbour", source_version=3, hours=2)


@pytest.mark.parametrize("order", permutations([FIRST, SECOND, THIRD]))
def test_versions_end_right_in_any_order(order: tuple[object, ...]) -> None:
    desk = Desk()
    for tagged in order:
        desk.take(tagged)  # type: ignore[arg-type]
    records = [desk.judged(tagged) for tagged in (FIRST, SECOND, THIRD)]
    if order[0] is not FIRST:  # which says no number, so it is the next one when it comes
        records = sorted(records, key=lambda record: record.version)
    ids = [record.tagged.article.id for record in records]
    assert [record.superseded_by for record in records] == [*ids[1:], None]
    assert [record.revises for record in records] == [None, *ids[:2]]
    assert len({record.item_id for record in records}) == 1


def test_version_three_before_version_two() -> None:
    desk = Desk()
    for tagged in (FIRST, THIRD):
        desk.take(tagged)
    assert desk.judged(THIRD).revises == FIRST.article.id
    change = desk.take(SECOND)
    assert change
    assert set(change.amended) == {FIRST.article.id, THIRD.article.id}, "both records have to be written again"
    assert desk.judged(THIRD).revises == SECOND.article.id
    assert desk.judged(SECOND).superseded_by == THIRD.article.id
    assert desk.judged(FIRST).superseded_by == SECOND.article.id


def test_a_newer_version_is_a_revision_and_amends_the_older_one() -> None:
    desk = Desk()
    desk.take(FIRST)
    change = desk.take(SECOND)
    assert change
    assert change.amended == (FIRST.article.id,)
    record = desk.judged(SECOND)
    assert (record.duplicate.kind, record.duplicate.of, record.version) == ("revision", FIRST.article.id, 2)
    assert record.duplicate.similarity
    assert record.duplicate.similarity > 0.8


def test_the_same_text_again_under_its_id_is_a_version_and_exact() -> None:
    desk = Desk()
    desk.take(FIRST)
    again = document(STORM, guid="g1", headline="Storm closes the harbour", hours=1)
    desk.take(again)
    record = desk.judged(again)
    assert (record.duplicate.kind, record.version, record.revises) == ("exact", 2, FIRST.article.id)


def test_an_id_used_for_another_text_makes_no_family_of_the_two() -> None:
    desk = Desk()
    strike = document(STRIKE, guid="other")
    for tagged in (FIRST, strike):
        desk.take(tagged)
    reused = document(STRIKE + "More later.", guid="g1", hours=1)
    desk.take(reused)
    record = desk.judged(reused)
    assert (record.duplicate.of, record.version, record.revises) == (strike.article.id, 2, FIRST.article.id)
    copy = document(STRIKE + "Still more.", guid="fourth", hours=3)
    desk.take(copy)
    assert desk.state.founder(FIRST.article.id) == FIRST.article.id, "and makes no bridge between them"


# -- by marks ------------------------------------------------------------------------------------------------------------

LATER = STORM + "Three fishing boats had not been heard of by noon, the coast guard said in a statement."


def test_an_update_under_an_id_of_its_own_belongs_to_the_item_it_revises() -> None:
    desk = Desk()
    update = document(LATER, guid="g2", headline="UPDATE 1-Storm closes harbour, boats missing", hours=1)
    for tagged in (FIRST, update):
        desk.take(tagged)
    record = desk.judged(update)
    assert (record.duplicate.kind, record.version, record.revises) == ("revision", 2, FIRST.article.id)
    assert record.item_id == desk.judged(FIRST).item_id
    assert desk.judged(FIRST).superseded_by == update.article.id
    fixed = document(LATER + "Corrected.", guid="g2", headline="UPDATE 1-Storm closes harbour", hours=2)
    desk.take(fixed)
    assert desk.judged(fixed).item_id == record.item_id, "its own id leads to the same item"
    assert desk.judged(fixed).revises == update.article.id


def test_update_three_before_update_two() -> None:
    desk = Desk()
    second = document(LATER, guid="g2", headline="UPDATE 1-Storm closes harbour", hours=1)
    third = document(LATER + "All are safe.", guid="g3", headline="UPDATE 2-Storm closes harbour", hours=2)
    for tagged in (FIRST, third, second):
        desk.take(tagged)
    assert [desk.judged(tagged).version for tagged in (FIRST, second, third)] == [1, 2, 3]
    assert desk.judged(second).superseded_by == third.article.id


def test_another_source_revises_nothing_of_ours() -> None:
    desk = Desk()
    corrected = document(LATER, guid="g2", headline="CORRECTED-Storm closes harbour", source="gazette", hours=1)
    for tagged in (FIRST, corrected):
        desk.take(tagged)
    assert desk.judged(corrected).duplicate.kind == "revision"
    assert desk.judged(corrected).item_id != desk.judged(FIRST).item_id
    assert desk.judged(FIRST).superseded_by is None


def test_a_mark_without_the_text_revises_nothing() -> None:
    desk = Desk()
    update = document(MINE, guid="g2", headline="UPDATE 2-Mine reopens", hours=1)
    for tagged in (FIRST, update):
        desk.take(tagged)
    assert desk.judged(update).duplicate.kind == "unique"


def test_a_repeat_is_exact_and_an_advisory_is_neither() -> None:
    desk = Desk()
    repeat = document(STORM + "(Repeats.)", guid="g2", headline="RPT-Storm closes harbour", hours=1)
    advisory = document("ADVISORY: " + STORM, guid="g3", headline="ADVISORY-Storm story", hours=1)
    for tagged in (FIRST, repeat, advisory):
        desk.take(tagged)
    assert desk.judged(repeat).duplicate.kind == "exact"
    assert desk.judged(repeat).version == 1, "a repeat is no version"
    assert desk.judged(advisory).duplicate.kind == "unique"
    assert desk.judged(advisory).story is None


def test_a_roundup_is_a_new_piece_of_the_story() -> None:
    desk = Desk()
    roundup = document(LATER, guid="g2", headline="WRAPUP 1-Storm closes harbour", hours=1)
    for tagged in (FIRST, roundup):
        desk.take(tagged)
    record = desk.judged(roundup)
    assert record.duplicate.kind == "unique"
    assert record.story == desk.judged(FIRST).story


def test_another_version_of_a_digest_is_a_digest() -> None:
    parts = (STORM, STRIKE, MINE)
    desk = Desk()
    for number, text in enumerate(parts):
        desk.take(document(text, guid=f"part {number}", hours=number))
    versions_ = [document("\n".join(parts) + extra, guid="digest", hours=5 + len(extra)) for extra in ("", "End.")]
    for tagged in versions_:
        desk.take(tagged)
    assert [desk.judged(tagged).duplicate.kind for tagged in versions_] == ["digest", "digest"]
    assert desk.judged(versions_[1]).revises == versions_[0].article.id

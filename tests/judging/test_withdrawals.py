"""What a source takes back: before or after it came, and what follows for its copies, its story and its record."""

from dataclasses import replace

import pytest

from pipeline.emission import erased
from pipeline.identity import item_id
from pipeline.judging.entry import Withdrawal
from pipeline.judging.withdrawals import Withdrawals
from pipeline.records import Tagged, encode
from tests.judging.made import START, STORM, STRIKE, Desk, document

ITEM = item_id("wire", "g1", "")
FIRST = document(STORM, guid="g1", headline="Storm closes harbour")
SECOND = document(STORM + "One man is missing.", guid="g1", headline="Storm closes harbour", hours=1)
COPY = document(STORM + "From our wires.", source="gazette", hours=2)
NOTICE = document("", guid="g1", headline="KILL: Storm closes harbour", withdraws=ITEM, hours=3)


def desk_with(*documents: Tagged) -> Desk:
    desk = Desk()
    for tagged in documents:
        desk.take(tagged)
    return desk


def test_a_notice_takes_back_all_versions_and_flags_the_copies() -> None:
    desk = desk_with(FIRST, SECOND, COPY)
    change = desk.take(NOTICE)
    assert change
    assert set(change.amended) == {tagged.article.id for tagged in (FIRST, SECOND, COPY)}
    assert [desk.judged(tagged).status for tagged in (FIRST, SECOND, COPY)] == ["withdrawn", "withdrawn", "usable"]
    assert desk.judged(COPY).duplicate.withdrawn


def test_a_notice_that_comes_first() -> None:
    desk = desk_with(NOTICE, FIRST, COPY)
    assert desk.judged(FIRST).status == "withdrawn"
    assert desk.judged(FIRST).story is None
    assert desk.judged(COPY).duplicate.of == FIRST.article.id
    assert desk.judged(COPY).duplicate.withdrawn


def test_a_notice_by_a_documents_id() -> None:
    desk = desk_with(FIRST, SECOND)
    desk.take(document("", withdraws=SECOND.article.id, source="copydesk", hours=3))
    assert desk.judged(FIRST).status == "withdrawn", "its item is taken back, and so all versions"


def test_a_notice_under_an_id_of_its_own_names_by_its_headline() -> None:
    desk = desk_with(FIRST, COPY)
    other = document(STRIKE, guid="g9", headline="Trams stand still")
    desk.take(other)
    desk.take(
        document("", guid="k1", headline="KILL: Storm  closes HARBOUR", withdraws=item_id("wire", "k1", ""), hours=3)
    )
    assert desk.judged(FIRST).status == "withdrawn"
    assert desk.judged(other).status == "usable"
    stranger = desk_with(FIRST)
    notice = document("", guid="k1", headline="KILL: Storm closes harbour", withdraws=ITEM[::-1], source="x", hours=3)
    stranger.take(notice)
    assert stranger.judged(FIRST).status == "usable", "another source's headline takes nothing back"


def test_nothing_is_left_of_what_a_withdrawn_article_said() -> None:
    desk = desk_with(FIRST)
    desk.take(NOTICE)
    value = encode(erased(desk.judged(FIRST))).decode()
    for word in ("harbour", "ostrava", "kolar", "40"):
        assert f'"{word}' not in value.lower()


def test_the_story_goes_on_without_it() -> None:
    teller = document(
        "Ferries to the islands: the storm in Ostrava Bay closed the harbour, roofs torn, cranes fell into the basin",
        guid="t",
        hours=1,
    )
    desk = desk_with(FIRST, COPY, teller)
    before = desk.state.stories.get(FIRST.article.id)
    assert before
    assert FIRST.article.id in before.members
    change = desk.take(NOTICE)
    assert change
    assert change.stories == (FIRST.article.id,)
    after = desk.state.stories.get(FIRST.article.id)
    assert after
    assert FIRST.article.id not in after.members
    assert after.count == before.count - 1


def test_its_tombstone_follows_after_the_delay_and_what_comes_again_has_one_at_once() -> None:
    desk = desk_with(FIRST)
    desk.take(NOTICE)
    early = desk.take(document(STRIKE, hours=23))
    assert early
    assert early.erased == ()
    late = desk.take(document(STRIKE + "More.", hours=24.1))
    assert late
    assert late.erased == (FIRST.article.id,)
    number = desk.state.find(FIRST.article.id)
    assert number is not None
    assert desk.state.judged(FIRST, desk.state.known(number)) is None


def test_what_leaves_the_window_before_its_time_has_its_tombstone_then() -> None:
    desk = Desk(documents=3)
    for tagged in (FIRST, NOTICE, document(STRIKE, hours=4)):
        desk.take(tagged)
    change = desk.take(document(STRIKE + "More.", hours=4))
    assert change
    assert change.erased == (FIRST.article.id,)


def test_the_same_notice_again_changes_nothing() -> None:
    desk = desk_with(FIRST)
    desk.take(NOTICE)
    assert desk.take(NOTICE) is None
    assert isinstance(desk.log[-1], Withdrawal)
    assert len(desk.log) == 2


def test_a_notice_about_nothing_known_is_remembered_and_takes_nothing() -> None:
    desk = desk_with(document(STRIKE, guid="g2"))
    change = desk.take(NOTICE)
    assert change
    assert change.amended == ()


def test_a_notice_by_the_id_of_a_notice_takes_back_no_article() -> None:
    desk = desk_with(document(STRIKE, guid="innocent"), FIRST)
    desk.take(NOTICE)
    for target in (NOTICE.article.id, desk.log[-1].id, "0" * 32):
        change = desk.take(document("", guid=f"k{target}", withdraws=target, hours=4))
        assert change
        assert change.amended == ()


def test_two_notices_in_the_same_words_take_back_two_things() -> None:
    other = document(STRIKE, guid="g2")
    desk = desk_with(FIRST, other)
    for target in (ITEM, item_id("wire", "g2", "")):
        notice = document("", withdraws=target)
        desk.take(replace(notice, article=replace(notice.article, id="ab" * 16)))
    assert [desk.judged(tagged).status for tagged in (FIRST, other)] == ["withdrawn", "withdrawn"]


def test_the_very_article_sent_again_as_canceled_takes_it_back() -> None:
    desk = desk_with(FIRST)
    desk.take(replace(FIRST, article=replace(FIRST.article, withdraws=ITEM, status="withdrawn")))
    assert desk.judged(FIRST).status == "withdrawn"


@pytest.mark.parametrize("first", [True, False])
def test_a_notice_by_a_documents_id_takes_back_its_item_in_any_order(*, first: bool) -> None:
    notice = document("", withdraws=FIRST.article.id, source="copydesk")
    desk = desk_with(*([notice, FIRST, SECOND] if first else [FIRST, SECOND, notice]))
    assert [desk.judged(tagged).status for tagged in (FIRST, SECOND)] == ["withdrawn", "withdrawn"]


def test_notices_of_today_about_an_archive_move_no_clock() -> None:
    desk = desk_with(FIRST)
    for number in range(12):
        desk.take(document("", guid=f"k{number}", withdraws=f"{number:032x}", hours=24 * 365 * 40))
    copy = document(STORM + "From our wires.", hours=1)
    desk.take(copy)
    assert desk.judged(copy).duplicate.kind == "near"
    empty = Desk()
    empty.take(document("", guid="k", withdraws=ITEM, hours=24 * 365 * 40))
    assert empty.take(FIRST)
    assert desk.judged(FIRST).received == START
    assert empty.judged(FIRST).status == "withdrawn"
    assert empty.state.window.clock == round(START.timestamp() * 1000)


def test_a_copy_stays_flagged_when_its_original_has_left_the_window() -> None:
    desk = Desk(documents=4)
    for tagged in (FIRST, COPY, NOTICE):
        desk.take(tagged)
    for number in range(2):
        desk.take(document(f"{STRIKE} Edition {number}.", hours=3))
    assert FIRST.article.id not in desk.state
    assert desk.judged(COPY).duplicate.withdrawn


def test_a_kill_by_headline_takes_the_last_piece_of_that_name() -> None:
    older, newer = (
        document(text, guid=text[:9], headline="Market rates", hours=hours)
        for hours, text in enumerate((STORM, STRIKE))
    )
    desk = desk_with(older, newer)
    desk.take(document("", guid="k1", headline="KILL: Market rates", withdraws=item_id("wire", "k1", ""), hours=3))
    assert [desk.judged(tagged).status for tagged in (older, newer)] == ["usable", "withdrawn"]


def test_ten_thousand_that_wait_for_their_tombstones_cost_the_next_ones_nothing() -> None:
    waiting = Withdrawals(1000)
    for number in range(10_000):
        waiting.withdraw(f"{number:032x}", number, number)
    assert list(waiting.expire(0, 999)) == []
    assert list(waiting.expire(3, 1000)) == [f"{number:032x}" for number in (0, 1, 2)]
    assert list(waiting.expire(3, 1005)) == [f"{number:032x}" for number in (3, 4, 5)]
    assert not waiting.erased(f"{6:032x}")

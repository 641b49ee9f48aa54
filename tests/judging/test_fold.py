"""The state is a fold over its log: any prefix, folded from anywhere before its window, from bytes, gives the same state."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.sketch import FoldError
from pipeline.identity import item_id
from pipeline.judging import before, codec
from pipeline.judging.decide import decide
from pipeline.judging.entry import Decision, Entry
from pipeline.judging.state import State
from pipeline.records import Tagged
from tests.judging.made import MINE, STORM, STRIKE, Desk, document

TEXTS = (STORM, STRIKE, MINE)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that entries leave by the clock within a test; three is what comes again after a restart."""
    monkeypatch.setattr("pipeline.judging.state._REDELIVERED", 3)


MARKS = ("", "", "", "UPDATE 1-", "CORRECTED-", "RPT-", "WRAPUP 1-", "ADVISORY-")


@st.composite
def documents(draw: st.DrawFn) -> list[Tagged]:
    """A stream of a few items in many versions, with copies, notices, gaps in time and strays."""
    made: list[Tagged] = []
    hours = 0.0
    for number in range(draw(st.integers(1, 25))):
        hours += draw(st.sampled_from((0, 0.1, 5, 30, 100)))
        guid = draw(st.sampled_from((None, "g1", "g2", "g3")))
        source = draw(st.sampled_from(("wire", "wire", "gazette")))
        if draw(st.integers(0, 6)) == 0:
            target = draw(st.sampled_from([item_id(source, guid, "0" * 32), *(tagged.article.id for tagged in made)]))
            made.append(document("", guid=f"k{number}", source=source, withdraws=target, hours=hours))
            continue
        text = draw(st.sampled_from(TEXTS))
        cut = draw(st.integers(len(text) // 2, len(text)))
        extra = draw(st.sampled_from(("", f" Note {number}.", draw(st.sampled_from(TEXTS)))))
        made.append(
            document(
                text[:cut] + extra,
                guid=guid,
                source=source,
                headline=draw(st.sampled_from(MARKS)) + f"Piece of {text[:10]}",
                hours=hours + draw(st.sampled_from((0, 0, 0, 900))),
                published=draw(st.sampled_from((None, hours, hours - 50))),
                source_version=draw(st.sampled_from((None, None, 1, 3))),
                status=draw(st.sampled_from(("usable", "usable", "withheld"))),
            )
        )
    return made


def folded(log: list[bytes], days: float, limit: int) -> State:
    state = State(days=days, documents=limit, tombstone_hours=24)
    for value in log:
        state.apply(codec.unpack(value))
    return state


@settings(max_examples=60, deadline=None)
@given(documents(), st.sampled_from((2.0, 7.0)), st.sampled_from((3, 8, 1000)), st.data())
def test_any_prefix_folded_from_anywhere_before_its_window(
    stream: list[Tagged], days: float, limit: int, data: st.DataObject
) -> None:
    desk = Desk(days=days, documents=limit)
    firsts = [desk.state.window.first for tagged in stream if desk.take(tagged) is not None]
    log = [codec.pack(entry) for entry in desk.log]
    assert [codec.pack(codec.unpack(value)) for value in log] == log
    end = data.draw(st.integers(1, len(log)))
    start = data.draw(st.integers(0, firsts[end - 1]))
    assert folded(log[start:end], days, limit).snapshot() == folded(log[:end], days, limit).snapshot()
    assert folded(log, days, limit).snapshot() == desk.state.snapshot(), "what was live is what is read back"


@settings(max_examples=30, deadline=None)
@given(documents(), st.data())
def test_a_restart_at_any_point_decides_the_rest_alike(stream: list[Tagged], data: st.DataObject) -> None:
    whole = Desk()
    for tagged in stream:
        whole.take(tagged)
    stop = data.draw(st.integers(0, len(stream)))
    killed = Desk()
    for tagged in stream[:stop]:
        killed.take(tagged)
    state = folded([codec.pack(entry) for entry in killed.log], 7, 1000)
    log: list[Entry] = list(killed.log)
    for tagged in stream[max(0, stop - 3) :]:  # the last ones were not acknowledged, and come again
        entry = decide(state, tagged, len(log))
        if entry is not None:
            state.apply(entry)
            log.append(entry)
    assert [codec.pack(entry) for entry in log] == [codec.pack(entry) for entry in whole.log]


def test_deciding_changes_nothing() -> None:
    desk = Desk()
    for hours, text in enumerate((*TEXTS, STORM + "More.", STRIKE)):
        tagged = document(text, headline="UPDATE 1-News", hours=hours, guid=f"g{hours % 2}")
        snapshot = desk.state.snapshot()
        decide(desk.state, tagged, 0)
        assert desk.state.snapshot() == snapshot
        desk.take(tagged)


@pytest.mark.parametrize("cut", [0, 1, 2, 30, 100, -1])
def test_a_damaged_entry_is_told(cut: int) -> None:
    desk = Desk()
    desk.take(document(STORM))
    value = codec.pack(desk.log[0])
    with pytest.raises(FoldError):
        codec.unpack(value[:cut])
    with pytest.raises(FoldError, match="too many"):
        codec.unpack(value + b"\0")
    with pytest.raises(FoldError, match="layout 09"):
        codec.unpack(b"\x09" + value[1:])


@given(st.binary(max_size=300))
def test_foreign_bytes_are_no_entry(value: bytes) -> None:
    with pytest.raises(FoldError):
        codec.unpack(value)


def test_the_log_of_the_version_before_still_folds() -> None:
    state = State(days=7, documents=1000, tombstone_hours=24)
    lines = (Path(__file__).parent / "log-before.jsonl").read_bytes().splitlines()
    for line in lines:
        state.apply(before.unpack(line))
    original = before.unpack(lines[0])
    assert len(state) == len(lines)
    reprint = document(STORM + "And so it was printed again.", hours=30)
    entry = decide(state, reprint, 0)
    assert entry
    assert entry.duplicate.of == original.id  # type: ignore[union-attr]


def test_an_entry_that_somebody_else_wrote_leads_nobody_in_a_circle() -> None:
    desk = Desk()
    for number, text in enumerate(TEXTS[:2]):
        desk.take(document(text, hours=number))
    one, other = (entry.id for entry in desk.log)
    copies = [document(TEXTS[number] + "Copied.", hours=2 + number) for number in (0, 1)]
    for copy, founder in zip(copies, (other, one), strict=True):
        entry = decide(desk.state, copy, 9)
        assert isinstance(entry, Decision)
        desk.state.apply(codec.unpack(codec.pack(replace(entry, merged=(founder, one, other)))))
    assert desk.state.founder(one) == desk.state.founder(other)

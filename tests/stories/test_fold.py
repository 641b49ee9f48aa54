"""The state is a fold over the log: from any start at or before the window's first record it gives the same bytes."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stories import index
from pipeline.stories.packing import Update, pack, unpack
from pipeline.stories.rule import Rule
from pipeline.stories.stories import Stories
from pipeline.stories.story import Telling, opened
from tests.stories.made import telling

RULE = Rule(join=0.5, merge=0.3, few=1, postings=3, scored=3)  # few words, so that everything happens often


@dataclass(frozen=True)
class Step:
    """An article, as a copy of an earlier one or taken back at once, and how many records the window then holds."""

    article: Telling
    follows: int | None
    taken_back: bool
    window: int


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    hour = 0.0
    made = []
    for number in range(1, draw(st.integers(2, 30))):
        hour += draw(st.sampled_from([0, 1, 30, 80]))
        words = " ".join(draw(st.lists(st.sampled_from("abcdefgh"), min_size=0, max_size=5)))
        published = draw(st.none() | st.just(max(hour - draw(st.sampled_from([0, 50, 100])), 0)))
        follows = draw(st.none() | st.integers(1, number))
        made.append(
            Step(
                telling(number, words, hour=hour, published=published, source=draw(st.sampled_from(["x", "y"]))),
                follows,
                draw(st.booleans()),
                draw(st.integers(1, 12)),
            )
        )
    return made


State = tuple[bytes, dict[str, str]]


def state(stories: Stories) -> State:
    """All that is held but for the index, and where stories that were taken in lead."""
    return stories.snapshot(), dict(stories._merged)


def live(taken: list[Step]) -> tuple[list[tuple[bytes, int]], list[State], Stories]:
    """The log, each record with the first that the window holds after it; the state after each; and the last one."""
    stories, log, states, first = Stories(RULE), list[tuple[bytes, int]](), list[State](), 0
    for step in taken:
        family = f"{step.follows:032x}" if step.follows else None
        update = stories.decide(step.article, family)
        updates = [update]
        if step.taken_back:
            story = update.story.left(step.article.id)
            updates.append(Update.of(story, "left", step.article.id))
        for each in updates:
            first = max(first, len(log) + 1 - step.window)
            stories.apply(each, len(log))
            stories.expire(first)
            log.append((pack(each), first))
            states.append(state(stories))
    return log, states, stories


def folded(log: list[tuple[bytes, int]], start: int, end: int) -> Stories:
    """Numbers begin anew, as they do when a log is read."""
    stories = Stories(RULE)
    for number, (record, first) in enumerate(log[start:end]):
        stories.apply(unpack(record), number)
        stories.expire(max(first - start, 0))
    return stories


@settings(max_examples=150, deadline=None)
@given(steps(), st.data())
def test_any_prefix_from_any_start_before_the_window_gives_the_same_bytes(
    taken: list[Step], data: st.DataObject
) -> None:
    log, states, _ = live(taken)
    end = data.draw(st.integers(1, len(log)))
    start = data.draw(st.integers(0, log[end - 1][1]))
    assert state(folded(log, start, end)) == states[end - 1]


@settings(max_examples=100, deadline=None)
@given(steps(), st.lists(st.sampled_from("abcdefgh"), max_size=5))
def test_a_state_that_was_folded_decides_as_the_one_that_lived(taken: list[Step], words: list[str]) -> None:
    log, _, lived = live(taken)
    restored = folded(log, log[-1][1], len(log))
    article = telling(99, " ".join(words), hour=taken[-1].article.clock / 3_600_000)
    assert pack(restored.decide(article)) == pack(lived.decide(article))
    assert restored.decide(article).cut == lived.decide(article).cut


@settings(max_examples=100, deadline=None)
@given(steps())
def test_what_is_derived_holds_nothing_of_what_is_gone(taken: list[Step]) -> None:
    _, _, lived = live(taken)
    lived.expire(10**9)
    assert len(lived) == 0
    assert not lived._index._postings
    assert not lived._merged


@settings(deadline=None, max_examples=200)
@given(steps())
def test_how_soon_what_is_gone_leaves_the_lists_changes_no_decision(taken: list[Step]) -> None:
    logs = []
    for swept in (0, 1, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(index, "SWEPT", swept)
            logs.append(live(taken)[:2])
    assert logs[0] == logs[1] == logs[2]


def test_a_story_that_two_have_taken_in_leads_to_the_later_one_from_any_start() -> None:
    taken = "c" * 32
    one, other = (replace(opened(telling(number, f"{number}a {number}b")), merged=(taken,)) for number in (1, 2))
    log = [(pack(Update.of(story, "told", story.id)), first) for story, first in ((one, 0), (other, 1))]
    assert state(folded(log, 0, 2)) == state(folded(log, 1, 2))
    assert folded(log, 0, 2)._merged == {taken: other.id}

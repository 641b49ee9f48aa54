"""What a batch counts, and what it writes again of documents before it."""

from dataclasses import replace

import pytest

from agents import emit
from agents.judge import Batch, Judge
from agents.message import Incoming
from agents.runner import _observe_arrivals
from pipeline.judging.decide import decide
from pipeline.judging.entry import Decision
from pipeline.judging.state import State
from pipeline.kafka.headers import AMENDED, RAW_TIME
from pipeline.metrics import REGISTRY
from pipeline.records import FamilyMerge, Judged, Mark, Tagged, decode, encode
from pipeline.settings import Settings
from pipeline.stories.packing import Update
from pipeline.stories.story import opened, telling
from tests.agents.fakes import incoming
from tests.duplicates.made_articles import words
from tests.judging.made import STORM, STRIKE, document

SETTINGS = Settings(brokers="nowhere:1")
FIRST = document(STORM, guid="storm", hours=0)
SECOND = document(STORM + "One man is missing.", guid="storm", hours=1)
RAW = {RAW_TIME: b"1772366400000"}


class Counted:
    """What a counter went up by since this was made."""

    def __init__(self, *names: str) -> None:
        self._before = {name: self._now(name) for name in names}

    def __call__(self) -> list[float]:
        return [self._now(name) - before for name, before in self._before.items()]

    @staticmethod
    def _now(name: str) -> float:
        metric, _, label = name.partition(" ")
        key, _, value = label.partition("=")
        return REGISTRY.get_sample_value(f"copydesk_{metric}", {key: value} if key else {}) or 0.0


@pytest.fixture
def judge() -> Judge:
    return Judge(0, SETTINGS, State.of(SETTINGS))


def arrives(judge: Judge, *documents: Tagged) -> Batch:
    batch = Batch()
    for each in documents:
        batch.results.append(judge.judge(replace(incoming(encode(each)), headers=RAW), batch))
    return batch


def read(*documents: Tagged) -> dict[str, Incoming]:
    return {each.article.id: replace(incoming(encode(each)), headers=RAW) for each in documents}


def test_a_record_that_changed_is_written_again_or_counted_as_lost(judge: Judge) -> None:
    arrives(judge, FIRST)
    batch = arrives(judge, SECOND)
    [changed] = batch.amended
    assert changed == FIRST.article.id
    assert list(judge.away([changed], batch)) == [changed]
    counted = Counted("amended_total result=written", "amended_total result=lost")
    [again] = judge.again(changed, read(FIRST)[changed])
    assert again.value
    assert decode(Judged, again.value).superseded_by == SECOND.article.id
    assert counted() == [1, 0]
    assert judge.again(changed, None) == ()
    [unread] = read(replace(FIRST, schema=1)).values()
    assert judge.again(changed, unread) == ()
    [other] = read(document(STRIKE)).values()
    assert judge.again(changed, other) == (), "another article stands at its place"
    assert counted() == [1, 3]


def test_what_is_written_again_has_no_delay_to_measure(judge: Judge) -> None:
    """Else a version that comes a day later would be a document that took a day."""
    [first] = arrives(judge, FIRST).judged
    arrives(judge, SECOND)
    [again] = judge.again(FIRST.article.id, read(FIRST)[FIRST.article.id])
    counted = Counted("end_to_end_seconds_count")
    for sent, seen in ((first, 1), (again, 1)):
        judged = replace(incoming(sent.value), headers=dict(sent.headers))
        result = emit.work(judged, SETTINGS)
        _observe_arrivals([judged], [result])
        assert counted() == [seen]
        assert (AMENDED in dict(result.sends[0].headers)) == (sent is again)


def test_withdrawn_documents_are_counted_and_their_copies_are_not(judge: Judge) -> None:
    counted = Counted("withdrawn_total")
    item = document(STORM, guid="storm")
    copy = document(STORM + "This was printed elsewhere.", guid="copy", source="other", hours=1)
    notice = document("", guid="notice", withdraws=item.article.id, hours=2)
    batch = arrives(judge, item, copy, notice)
    assert {item.article.id, copy.article.id} <= set(batch.amended)
    assert counted() == [1]
    later = document(STRIKE, guid="strike", hours=4)
    early = document("", guid="early", withdraws=later.article.id, hours=3)
    arrives(judge, early, later)
    assert counted() == [2]


def test_an_article_that_is_a_copy_of_two_families_is_counted_and_told(judge: Judge) -> None:
    counted = Counted("merged_total what=family")
    first, last = document(words(0, 125), guid="first"), document(words(75, 200), guid="last", hours=1)
    batch = arrives(judge, first, last)
    assert (counted(), batch.follows) == ([0], [])
    batch = arrives(judge, document(words(0, 200), guid="whole", hours=2))
    [told] = [decode(FamilyMerge, sent.value) for sent in batch.follows if sent.topic == "news.families"]
    assert counted() == [1]
    assert (told.id, told.merged_into) == (last.article.id, first.article.id)


def test_stories_that_become_one_and_searches_cut_short_are_counted(judge: Judge) -> None:
    counted = Counted("merged_total what=story", "story_cuts_total what=terms", "story_cuts_total what=stories")
    story = opened(telling(FIRST, 0))
    other = document(STRIKE).article.id
    update = Update.of(story, "opened", story.id, took=other, cut=(2, 3))
    entry = decide(State.of(SETTINGS), FIRST, 0)
    assert isinstance(entry, Decision)
    judge._apply(replace(entry, story=update), Batch())
    assert counted() == [1, 2, 3]


def test_candidates_are_those_that_were_compared(judge: Judge) -> None:
    counted = Counted("candidates_count", "candidates_sum")
    arrives(judge, FIRST)
    assert counted() == [1, 0]
    arrives(judge, SECOND)
    assert counted() == [2, 1]
    arrives(judge, document(STORM, guid="copy", source="other", hours=2))  # the same text: found without comparing
    arrives(judge, FIRST)  # delivered again
    assert counted() == [3, 1]


def test_what_nobody_could_have_written_costs_itself(judge: Judge) -> None:
    """Each was seen to end the owner of a language, again after each restart."""
    odd = [
        replace(FIRST, article=replace(FIRST.article, source_version=-5)),
        replace(FIRST, article=replace(FIRST.article, source_version=10**16)),
        replace(FIRST, sketch=replace(FIRST.sketch, words=-1)),
        replace(FIRST, sketch=replace(FIRST.sketch, shingles=2**40)),
        replace(FIRST, mark=Mark(kind="update", number=-1, text="UPDATE")),
    ]
    batch = arrives(judge, *odd)
    assert [(result.ending, result.reason) for result in batch.results] == [("rejected", "not a tagged record")] * len(
        odd
    )
    largest = replace(FIRST, article=replace(FIRST.article, source_version=20261124130500))
    batch = arrives(judge, largest)
    assert [(result.ending, len(batch.entries)) for result in batch.results] == [("emitted", 1)]

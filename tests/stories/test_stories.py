"""Which story an article belongs to: by what it tells, by when, and what becomes of two stories that are one."""

from dataclasses import replace

import pytest

from pipeline.stories.packing import Update
from pipeline.stories.rule import Rule
from pipeline.stories.stories import Stories
from pipeline.stories.story import MEMBERS, MERGED, SOURCES, Telling, opened, snapshot
from tests.stories.made import HOUR, telling

QUAKE = "quake qeshm island iran magnitude aftershock"
FIGHT = "klitschko rahman mannheim belt round knockout"


class Desk:
    """Stories with the numbers that their records would have."""

    def __init__(self, rule: Rule | None = None) -> None:
        self.stories = Stories(rule)
        self.number = 0

    def take(self, article: Telling, family: str | None = None) -> Update:
        update = self.stories.decide(article, family)
        self.stories.apply(update, self.number)
        self.number += 1
        return update


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_articles_that_tell_the_same_are_one_story_under_the_first_ones_id(desk: Desk) -> None:
    first, second = desk.take(telling(1, QUAKE)), desk.take(telling(2, QUAKE + " gulf"))
    assert (first.operation, second.operation) == ("opened", "told")
    assert second.story.id == first.document
    assert second.story.count == 2
    assert second.likeness > 0.8


def test_articles_that_share_little_are_two(desk: Desk) -> None:
    desk.take(telling(1, QUAKE))
    second = desk.take(telling(2, FIGHT + " island"))
    assert second.operation == "opened"
    assert len(desk.stories) == 2


def test_deciding_changes_nothing(desk: Desk) -> None:
    desk.take(telling(1, QUAKE))
    before = desk.stories.snapshot()
    desk.stories.decide(telling(2, QUAKE))
    assert desk.stories.snapshot() == before


def test_an_article_without_words_opens_a_story_that_nothing_joins(desk: Desk) -> None:
    assert desk.take(telling(1, "")).operation == "opened"
    assert desk.take(telling(2, "")).operation == "opened"


def test_the_next_best_stories_are_told_with_their_likeness(desk: Desk) -> None:
    desk.take(telling(1, "a b c d e f"))
    desk.take(telling(2, "a u v w x y z"))
    found = desk.take(telling(3, "a b c d e g"))
    assert [id_ for id_, _ in found.candidates] == [f"{2:032x}"]
    assert 0 < found.candidates[0][1] < found.likeness


# -- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "joins"),
    [
        ({"hour": 0}, {"hour": 71}, True),
        ({"hour": 0}, {"hour": 73}, False),
        ({"hour": 0, "published": 0}, {"hour": 200, "published": 71}, True),
        ({"hour": 0, "published": 0}, {"hour": 1, "published": 73}, False),
        ({"hour": 200, "published": 100}, {"hour": 200, "published": 29}, True),
        ({"hour": 200, "published": 100}, {"hour": 200, "published": 27}, False),
        ({"hour": 1000, "published": 0}, {"hour": 1000}, True),
        ({"hour": 1000}, {"hour": 1000, "published": 0}, True),
        ({"hour": 0, "published": 0}, {"hour": 73}, False),
    ],
    ids=["idle by less", "idle by more", "late", "dated apart", "earlier", "too early", "undated", "before", "closed"],
)
def test_time(desk: Desk, first: dict[str, float], second: dict[str, float], *, joins: bool) -> None:
    desk.take(telling(1, QUAKE, **first))  # type: ignore[arg-type]
    assert (desk.take(telling(2, QUAKE, **second)).operation == "told") is joins  # type: ignore[arg-type]


def test_a_story_stays_open_as_long_as_it_goes_on(desk: Desk) -> None:
    for day in range(10):
        update = desk.take(telling(day + 1, QUAKE, hour=48 * day, published=48 * day))
    assert update.story.count == 10
    assert (update.story.first, update.story.last) == (0, 48 * 9 * HOUR)


# -- copies, withdrawals -----------------------------------------------------------------------------------------------


def test_a_copy_follows_its_family_and_is_not_heard(desk: Desk) -> None:
    first = desk.take(telling(1, QUAKE))
    copy = desk.take(telling(2, FIGHT, hour=500, source="paper"), family=first.story.id)
    assert (copy.operation, copy.story.id, copy.story.count, copy.story.tellings) == ("followed", first.story.id, 2, 1)
    assert copy.story.centroid.cosine(telling(3, FIGHT).vector) == 0
    assert dict(copy.story.sources) == {"wire": 1, "paper": 1}
    assert copy.story.clock == 500 * HOUR


def test_a_copy_of_what_is_gone_tells_a_story_of_its_own(desk: Desk) -> None:
    assert desk.take(telling(2, QUAKE), family="ab" * 16).operation == "opened"


def test_a_withdrawn_article_leaves_its_story(desk: Desk) -> None:
    desk.take(telling(1, QUAKE))
    second = telling(2, QUAKE + " tsunami", source="paper")
    story = desk.take(second).story
    left = story.left(second.id)
    assert (left.count, left.members) == (1, (f"{1:032x}",))
    assert snapshot(left).headline == "Headline 1"


def test_of_a_story_whose_articles_are_all_withdrawn_nothing_is_told(desk: Desk) -> None:
    desk.take(telling(1, QUAKE))
    story = desk.take(telling(2, QUAKE + " tsunami", source="paper")).story
    told = snapshot(story.left(f"{2:032x}").left(f"{1:032x}"))
    assert (told.count, told.members, told.sources, told.headline) == (0, (), (), None)
    assert not (told.entities or told.people or told.organisations or told.places)
    assert opened(telling(3, QUAKE)).centroid.cosine(story.centroid) > 0.8


@pytest.mark.parametrize("dated", [0.0, None])
def test_a_copy_that_says_an_impossible_time_does_not_open_the_story_to_old_articles(
    desk: Desk, dated: float | None
) -> None:
    first = desk.take(telling(1, QUAKE, hour=9000, published=None if dated is None else 9000)).story
    copy = desk.take(telling(2, QUAKE, hour=9001, published=0), family=first.id).story
    assert (copy.count, copy.dated, copy.first, copy.last) == (2, first.dated, first.first, first.last)
    assert desk.take(telling(3, QUAKE, hour=9200, published=4000)).operation == "opened"
    later = desk.take(telling(4, QUAKE, hour=9005, published=9004), family=first.id).story
    assert later.last == 9004 * HOUR


def test_the_headline_of_a_withdrawn_article_goes_and_the_next_one_takes_its_place(desk: Desk) -> None:
    first = desk.take(telling(1, QUAKE))
    left = first.story.left(first.document)
    assert snapshot(left).headline is None
    desk.stories.apply(Update.of(left, "left", first.document), 1)
    desk.number = 2
    assert snapshot(desk.take(telling(2, QUAKE)).story).headline == "Headline 2"


# -- merges ------------------------------------------------------------------------------------------------------------

SIDE, OTHER_SIDE = "a b c d e f g h", "e f g h i j k l"
APART = Rule(join=0.6, merge=0.4)
BOTH = "c d e f g h i j"


def merged(desk: Desk) -> Update:
    desk.take(telling(1, SIDE, hour=1))
    assert desk.take(telling(2, OTHER_SIDE, hour=2)).operation == "opened"
    return desk.take(telling(3, BOTH, hour=3))


def test_an_article_that_fits_two_stories_makes_them_one_under_the_older_ones_id() -> None:
    desk = Desk(APART)
    update = merged(desk)
    assert (update.story.id, update.took) == (f"{1:032x}", f"{2:032x}")
    assert update.story.members == tuple(f"{number:032x}" for number in (1, 2, 3))
    assert update.story.merged == (f"{2:032x}",)
    assert len(desk.stories) == 1


def test_readers_of_the_younger_can_follow_it() -> None:
    desk = Desk(APART)
    older, younger = merged(desk).story.id, f"{2:032x}"
    gone = desk.stories.told(younger)
    assert gone and (gone.id, gone.merged_into, gone.members, gone.count) == (younger, older, (), 0)
    whole = desk.stories.told(older)
    assert whole and (whole.merged_into, whole.count) == (None, 3)
    assert desk.take(telling(4, FIGHT), family=younger).story.id == older, "a copy of the younger one's article"


def test_stories_that_are_not_alike_stay_two_though_one_article_fits_both() -> None:
    desk = Desk(replace(APART, merge=0.9))
    assert merged(desk).took is None
    assert len(desk.stories) == 2


def test_two_merges_lead_to_one_place(desk: Desk) -> None:
    first, second, third = (desk.take(telling(number, f"{number}a {number}b")).story for number in (1, 2, 3))
    later = second.merged_with(third, 120)
    desk.stories.apply(Update.of(later, "told", third.id, took=third.id), 3)
    desk.stories.apply(Update.of(first.merged_with(later, 120), "told", third.id, took=second.id), 4)
    assert [desk.stories.get(story.id).id for story in (first, second, third)] == [first.id] * 3  # type: ignore[union-attr]


# -- bounds --------------------------------------------------------------------------------------------------------------


def test_a_story_is_there_as_long_as_its_last_record(desk: Desk) -> None:
    desk.take(telling(1, QUAKE))
    desk.take(telling(2, FIGHT))
    desk.take(telling(3, QUAKE))
    desk.stories.expire(2)
    assert [story.id for story in desk.stories] == [f"{1:032x}"]
    assert desk.take(telling(4, FIGHT)).operation == "opened"


def test_what_a_story_lists_is_bounded(desk: Desk) -> None:
    for number in range(1, MEMBERS + 20):
        update = desk.take(telling(number, f"{QUAKE} word{number} another{number}", source=f"source {number}"))
    assert update.story.count == MEMBERS + 19
    assert update.story.members == tuple(f"{number:032x}" for number in range(20, MEMBERS + 20))
    assert len(update.story.sources) == SOURCES
    assert len(update.story.centroid.terms) <= Rule().kept


def test_the_stories_taken_in_are_bounded(desk: Desk) -> None:
    story = desk.take(telling(1, QUAKE)).story
    for number in range(2, MERGED + 10):
        story = story.merged_with(Desk().take(telling(number, QUAKE)).story, 120)
    assert len(story.merged) == MERGED


def opened_apart(*articles: Telling, rule: Rule) -> Stories:
    """A story of each, whatever they have in common."""
    stories = Stories(rule)
    for number, article in enumerate(articles):
        stories.apply(Update.of(opened(article), "opened", article.id), number)
    return stories


def test_of_a_common_term_the_stories_last_added_to_are_read_and_the_cut_is_counted() -> None:
    articles = [telling(number, "common") for number in (1, 2, 3)]
    stories = opened_apart(*articles, rule=Rule(postings=2, merge=2.0))
    update = stories.decide(telling(9, "common"))
    assert {update.story.id, *(id_ for id_, _ in update.candidates)} == {f"{number:032x}" for number in (2, 3)}
    assert update.cut == (1, 0)
    stories.apply(Update.of(opened(articles[0]), "opened", articles[0].id), 3)
    assert stories.decide(telling(9, "common")).story.id == articles[0].id


def test_the_most_promising_are_compared_and_the_cut_is_counted() -> None:
    words = ("a b c x", "a b c d", "a b x y")
    stories = opened_apart(*(telling(number, text) for number, text in enumerate(words)), rule=Rule(scored=1))
    update = stories.decide(telling(9, "a b c d"))
    assert (update.story.id, update.candidates, update.cut) == (f"{1:032x}", (), (0, 2))


def test_a_story_of_many_sides_takes_less_than_one_of_few() -> None:
    """Its middle is like anything, its articles are not: what keeps a story from taking in a whole wire."""
    desk = Desk(Rule(join=0.01, few=100_000))
    for number in range(1, 30):
        desk.take(telling(number, f"share {number}a {number}b {number}c"))
    loose = desk.stories.decide(telling(99, "share x y z"))
    close = opened_apart(telling(1, "share a b c"), rule=Rule(join=0.01, few=100_000)).decide(
        telling(99, "share x y z")
    )
    assert loose.story.centroid.cosine(telling(99, "share x y z").vector) > 0.45
    assert loose.likeness == pytest.approx(0.35, abs=0.03)
    assert close.likeness == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(("few", "operation"), [(1, "opened"), (1000, "told")], ids=["common", "few stories"])
def test_a_word_of_most_stories_tells_little(few: int, operation: str) -> None:
    stories = Stories(Rule(few=few))
    for number in range(1, 60):
        article = telling(number, f"pct {number}a {number}b")
        stories.apply(Update.of(opened(article), "opened", article.id), number)
    assert stories.decide(telling(99, "pct z")).operation == operation


# -- the snapshot --------------------------------------------------------------------------------------------------------


def test_the_headline_is_that_of_the_most_central_article(desk: Desk) -> None:
    desk.take(telling(1, f"{QUAKE} aside another remark"))
    for number in (2, 3, 4):
        update = desk.take(telling(number, QUAKE))
    told = snapshot(update.story)
    assert told.headline in {"Headline 2", "Headline 3", "Headline 4"}
    assert told.places[:2] == ("quake", "qeshm")
    assert (told.people, told.sources, told.count) == ((), ("wire",), 4)

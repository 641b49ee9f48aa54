"""The two articles the house was built on tell one event, in either order, and nobody else of their days joins them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cleaning.document import clean
from pipeline.duplicates.sketch import sketch
from pipeline.entities import find
from pipeline.entities.taggers import tagger
from pipeline.outcomes import Emit
from pipeline.records import Article, Origin, Raw, Tagged
from pipeline.stories.rule import Rule
from pipeline.stories.stories import Stories
from pipeline.stories.story import Telling, milliseconds, telling
from pipeline.stories.vector import vector
from tests.quality import data
from tests.quality import stories as event_set

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
NOW = datetime(2016, 3, 28, 9, tzinfo=UTC)
WIRE = data.FOLDER / event_set.WIRE


def taken(file: Path, clock: datetime = NOW) -> Telling:
    """As the stages before make it of the file."""
    headers = {"ce_id": file.stem.encode(), "ce_source": b"files", "content_type": b"text/plain"}
    outcome = clean(Raw(file.read_bytes(), headers, clock, Origin("raw", 0, 0)), document_bytes=1 << 20)
    assert isinstance(outcome, Emit) and isinstance(outcome.record, Article)
    article = outcome.record
    found = find(article.headline, article.body, "en", (tagger("copydesk"),), dateline=article.dateline)
    tagged = Tagged(
        article=article,
        language="en",
        entities=found.entities,
        sketch=sketch(article.headline, article.body),
        vector=vector(article.headline, article.body, found.entities, "en").text(),
    )
    return telling(tagged, milliseconds(clock))


@pytest.mark.parametrize("order", [SEEDS, SEEDS[::-1]], ids=["dated first", "undated first"])
@pytest.mark.parametrize(("apart", "joins"), [(0, True), (71, True), (73, False)])
def test_they_are_one_story_in_either_order(order: list[Path], apart: int, *, joins: bool) -> None:
    stories = Stories()
    first, second = taken(order[0]), taken(order[1], NOW + timedelta(hours=apart))
    stories.apply(stories.decide(first), 0)
    update = stories.decide(second)
    assert (update.operation == "told") is joins
    assert update.story.members == ((first.id, second.id) if joins else (second.id,))
    if joins:
        assert update.likeness > 2 * Rule().join, "a wide margin"


def test_only_one_of_them_is_dated() -> None:
    assert [taken(file).published is None for file in SEEDS] == [False, True]


def test_a_time_after_it_was_received_is_not_believed() -> None:
    earlier = datetime(1987, 3, 1, tzinfo=UTC)
    assert taken(SEEDS[0], earlier).published == milliseconds(earlier)


@pytest.mark.skipif(not WIRE.is_file(), reason=f"{WIRE.name} is not in {WIRE.parent}")
@pytest.mark.parametrize("order", [SEEDS, SEEDS[::-1]], ids=["dated first", "undated first"])
def test_they_are_alone_among_the_items_of_a_wire(order: list[Path]) -> None:
    items = [article.telling for article in event_set.read(data.pinned(event_set.WIRE), names=False)[:2_000]]
    then = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=items[1_000].clock)
    seeds = [taken(file, then) for file in order]
    stories = Stories()
    for number, item in enumerate((*items[:1_000], seeds[0], *items[1_000:1_010], seeds[1], *items[1_010:])):
        stories.apply(stories.decide(item), number)
    story = stories.get(seeds[0].id)
    assert story and story.members == tuple(seed.id for seed in seeds)


def test_the_snapshot_names_who_and_where() -> None:
    stories = Stories()
    for number, file in enumerate(SEEDS):
        update = stories.decide(taken(file))
        stories.apply(update, number)
    snapshot = stories.told(update.story.id)
    assert snapshot and snapshot.headline and "Palmyra" in snapshot.headline
    assert {"Vladimir Putin", "Bashar al-Assad"} <= set(snapshot.people[:3])
    assert "Palmyra" in snapshot.places
    assert snapshot.count == 2

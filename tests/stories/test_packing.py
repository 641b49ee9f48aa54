"""Updates as bytes: what is written is read back, and everything else is refused in words."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stories.packing import STORY, StoryError, Update, pack, pack_story, unpack, unpack_story
from pipeline.stories.story import MEMBERS, MERGED, NAMES, SOURCES, Example, opened
from tests.stories.made import telling, vector


def update(**changes: object) -> Update:
    first, second = telling(1, "a b c", hour=5, published=3), telling(2, "b c d", hour=9, source="other")
    made = Update.of(
        opened(first).told(second, 120),
        "told",
        second.id,
        second.vector,
        likeness=0.4321,
        candidates=(("ab" * 16, 0.2), ("cd" * 16, 0.1)),
        took="ef" * 16,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def same(one: Update, other: Update) -> bool:
    return pack(one) == pack(other) and one == other


def test_an_update_reads_back() -> None:
    assert same(unpack(pack(update())), update())
    assert unpack(pack(update(took=None))).took is None


def test_the_first_article_is_written_once() -> None:
    first = telling(1, "a b c")
    made = Update.of(opened(first), "opened", first.id, first.vector)
    read = unpack(pack(made))
    assert read.delta == first.vector == read.story.example.vector
    assert first.vector.pack() not in pack(made)
    assert first.vector.pack() in pack(Update.of(opened(first), "told", first.id, first.vector))


def test_every_field_of_a_story_reads_back() -> None:
    story = replace(
        opened(telling(1, "a b c", hour=5, published=3)),
        count=7,
        tellings=4,
        clock=9,
        last=11,
        dated=None,
        example=Example("12" * 16, None, vector("x y")),
        merged=("ab" * 16,),
    )
    read = unpack_story(pack_story(story))
    for name in (
        "id",
        "count",
        "tellings",
        "opened",
        "clock",
        "first",
        "last",
        "dated",
        "example",
        "members",
        "sources",
    ):
        assert getattr(read, name) == getattr(story, name), name
    assert (read.names, read.merged) == (story.names, story.merged)
    assert np.array_equal(read.centroid.terms, story.centroid.terms)
    assert np.array_equal(read.centroid.totals, story.centroid.totals)


def test_a_story_of_all_that_it_can_hold_stays_below_the_limit_of_its_length_field() -> None:
    full = replace(
        opened(telling(1, " ".join(map(str, range(72))))),
        members=("ab" * 16,) * MEMBERS,
        names=tuple((("ORGANISATION", "\x01" * 80), number) for number in range(NAMES)),
        sources=tuple(("\x01" * 80, number) for number in range(SOURCES)),
        merged=("ab" * 16,) * MERGED,
        example=Example("ab" * 16, "\x01" * 200, vector(" ".join(map(str, range(72, 144))))),
    )
    assert len(pack_story(full)) < 2**15


@given(st.data())
def test_damaged_bytes_are_refused_or_read_and_never_crash(data: st.DataObject) -> None:
    whole = bytearray(pack(update()))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for damaged in (bytes(whole), cut):
        with suppress(StoryError):
            unpack(damaged)


@pytest.mark.parametrize("place", [0, 42])
def test_another_version_is_refused(place: int) -> None:
    data = bytearray(pack(update()))
    assert data[place] == 1, "where the versions stand has changed"
    data[place] = 9
    with pytest.raises(StoryError, match="version 9"):
        unpack(bytes(data))


def test_a_story_that_ends_early_is_refused() -> None:
    data = pack_story(update().story)
    for size in (0, STORY.size - 1, STORY.size + 3, len(data) - 1):
        with pytest.raises(StoryError):
            unpack_story(data[:size])

"""Updates as bytes: what is written is read back, and everything else is refused in words."""

from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stories.packing import STORY, StoryError, Update, pack, pack_story, unpack, unpack_story
from pipeline.stories.rule import Rule
from pipeline.stories.stories import Stories
from pipeline.stories.story import MEMBERS, MERGED, NAMES, SOURCES, Example, opened, snapshot
from tests.stories.made import telling, vector


def update(**changes: object) -> Update:
    first, second = telling(1, "a b c", hour=5, published=3), telling(2, "b c d", hour=9, source="other")
    made = Update.of(
        opened(first).told(second, Rule()),
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


ALONE = Update.of(opened(telling(1, "a b c", hour=5)), "opened", f"{1:032x}")


def refused_or_good_for_everything(data: bytes) -> bool:
    """Whatever passes can be used: folded, told, added to, written again."""
    try:
        read = unpack(data)
    except StoryError:
        return True
    stories = Stories(Rule(join=0.0, promise=0.0, few=1))
    stories.apply(read, 1)
    snapshot(unpack_story(read.packed))
    assert read.delta is not None
    for article in (telling(8, "a b x", hour=9000), telling(9, "a b", hour=9, published=3)):
        for family in (read.head.id, None):
            update = stories.decide(article, family)
            assert pack(unpack(pack(update))) == pack(update)
            stories.apply(update, 2)
            stories.apply(Update.of(update.story.left(read.document), "left", read.document), 3)
    stories.expire(4)
    return False


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused_or_good_for_everything(data: st.DataObject) -> None:
    whole = bytearray(pack(data.draw(st.sampled_from((update(), ALONE)))))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    refused_or_good_for_everything(bytes(whole))
    refused_or_good_for_everything(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


def changed(at: int, value: object, of: Update = ALONE) -> bytes:
    """An update with another number in a fixed field of its story."""
    fields = [*STORY.unpack_from(of.packed)]
    fields[at] = value
    return pack(replace(of, packed=STORY.pack(*fields) + of.packed[STORY.size :]))


@settings(max_examples=300, deadline=None)
@given(st.integers(4, 11), st.integers(-(1 << 63), (1 << 63) - 1))
def test_any_count_or_time_is_refused_or_good_for_everything(at: int, value: int) -> None:
    refused_or_good_for_everything(changed(at, value % (1 << 32) if at < 6 else value))


def said(*texts: object) -> bytes:
    """An update whose story says this in JSON."""
    at = ALONE.packed.index(b'["Headline 1"')
    return pack(replace(ALONE, packed=ALONE.packed[:at] + orjson.dumps(texts)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMED = [[["PLACE", "a"], 1]]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 3), JSON)
def test_any_json_is_refused_or_good_for_everything(at: int, value: object) -> None:
    texts: list[object] = ["Headline", NAMED, [["wire", 1]], []]
    texts[at] = value
    refused_or_good_for_everything(said(*texts))


def test_what_is_said_as_it_is_written_passes() -> None:
    assert not refused_or_good_for_everything(said("Headline", NAMED, [["wire", 1]], ["ab" * 16]))
    assert not refused_or_good_for_everything(pack(update()))
    assert not refused_or_good_for_everything(pack(ALONE))


@pytest.mark.parametrize(
    "data",
    [
        said("Headline", NAMED, [["wire", 1]], 77),
        said("Headline", NAMED, [["wire", 1]], [[]]),
        said("Headline", NAMED, [["wire", 1]], ["AB" * 16]),
        said("Headline", NAMED, [["wire", "1"]], []),
        said("Headline", NAMED, [["wire", 1 << 31]], []),
        said("Headline", NAMED, [["wire", 0]], []),
        said("Headline", NAMED, [[1, 1]], []),
        said("Headline", NAMED, [["wire"]], []),
        said("Headline", NAMED, {"wire": 1}, []),
        said("Headline", NAMED, [["x" * 81, 1]], []),
        said("Headline", [["PLACE", 1]], [], []),
        said("Headline", [[["PLACE"], 1]], [], []),
        said("Headline", [[["PLACE", None], 1]], [], []),
        said("Headline", NAMED * (NAMES + 1), [], []),
        said(1, NAMED, [], []),
        said("x" * 201, NAMED, [], []),
        said("Headline", NAMED, []),
        changed(4, 1 << 31),
        changed(6, 1 << 60),
        changed(8, -(1 << 62)),
        changed(10, 5),
        changed(1, 2),
        changed(1, 0),
        pack(replace(ALONE, operation="told")),
        pack(replace(update(), operation="opened")),
        pack(update(took="00" * 16)),
        pack(update()) + b"x" * 18,
        pack(update())[:-18],
    ],
)
def test_what_could_not_have_been_written_is_refused(data: bytes) -> None:
    with pytest.raises(StoryError):
        unpack(data)


def test_a_centroid_that_could_not_be_added_up_is_refused() -> None:
    whole = update().packed
    for at, value in ((STORY.size, b"\xff" * 4), (STORY.size + 4 * whole[2], b"\0" * 4)):
        with pytest.raises(StoryError, match="centroid"):
            unpack(pack(update(packed=whole[:at] + value + whole[at + 4 :])))
    totals = STORY.size + 4 * whole[2]
    most = whole[:totals] + (1 << 31).to_bytes(4, "little") * whole[2] + whole[totals + 4 * whole[2] :]
    assert whole[2] == 4, "four squares of 2^31 are 2^64"
    assert not refused_or_good_for_everything(pack(update(packed=most)))


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

from collections.abc import Sequence

import pytest

from pipeline.records import Article, Duplicate, Tagged
from tests.duplicates.made_articles import tagged, words
from tests.quality import reprints
from tests.quality.judging import Item, judged, without_numbers
from tests.quality.reprints import pairs_in_common, scored


def item(name: str, body: str, **labels: str) -> Item:
    return Item(name, labels, tagged(body, name=name, published=0))


WIRE = item("wire-7-0", words(0, 100), group="7", edit="original")
CARRIER = item("reuters-1", words(0, 300, "v"))
ITEMS = [
    CARRIER,
    WIRE,
    item("wire-7-1", words(0, 100).upper(), group="7", edit="identical"),
    item("wire-7-2", words(0, 50), group="7", edit="cut50%"),
    item("wire-7-3", words(0, 300, "v") + " " + words(0, 100), group="7", edit="embedded", carrier="reuters-1"),
    item("wire-7-4", words(0, 300, "v"), group="7", edit="cut50%"),
]


def of(*originals: Item | None) -> list[Duplicate]:
    return [Duplicate(kind="near" if one else "unique", of=one.tagged.article.id if one else None) for one in originals]


def test_a_reprint_is_caught_when_its_verdict_names_its_wire_or_its_carrier() -> None:
    score = scored(ITEMS, of(None, None, WIRE, None, CARRIER, CARRIER))
    assert score.caught == {"cut50%": 0.0, "embedded": 1.0, "identical": 1.0}
    assert (score.macro, score.reprints) == (2 / 3, 4)
    assert scored(ITEMS, of(None, None, ITEMS[3], WIRE, WIRE, WIRE)).caught == {
        "cut50%": 1.0,
        "embedded": 1.0,
        "identical": 1.0,
    }
    assert scored(ITEMS, of(None, None, CARRIER, None, None, None)).caught["identical"] == 0


def test_what_has_the_original_s_very_text_belongs_to_its_wire() -> None:
    before = item("reuters-0", words(0, 100))
    verdicts = of(None, *[None] * 2, before, before, None, None)
    assert scored([before, *ITEMS], verdicts).caught == {"cut50%": 0.5, "embedded": 0.0, "identical": 1.0}


def test_the_verdicts_are_the_owner_s() -> None:
    kinds = [verdict.kind for verdict in judged(ITEMS)]
    assert kinds == ["unique", "unique", "exact", "near", "near", "exact"]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("aabb", "xxyy", (1.0, 1.0)),
        ("aaaa", "xxyy", (0.0, 1 / 3)),
        ("abcd", "xxyy", (0.0, 1.0)),
        ("aabc", "xxyy", (4 / 7, 1.0)),
        ("abab", "xxyy", (-0.5, 0.0)),
    ],
)
def test_rand_index_and_pair_precision_by_hand(ours: str, theirs: str, expected: tuple[float, float]) -> None:
    labels: Sequence[tuple[str, str]] = list(zip(ours, theirs, strict=True))
    assert pairs_in_common(labels) == pytest.approx(expected)


def test_every_kind_of_edit_is_reported() -> None:
    assert len(set(reprints.EDITS)) == 10
    assert reprints.ORIGINAL not in reprints.EDITS


def test_without_its_numbers_an_item_is_the_same_otherwise() -> None:
    one = item("a", "On 3 May 40 men left")
    stripped = without_numbers(one)
    assert one.tagged.sketch.digits == ("3", "40")
    assert stripped.tagged.sketch.digits == ()
    assert (stripped.name, stripped.tagged.article) == (one.name, one.tagged.article)
    assert isinstance(stripped.tagged, Tagged) and isinstance(stripped.tagged.article, Article)

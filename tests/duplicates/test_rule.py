import dataclasses
from collections.abc import Sequence
from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.estimate import Likeness
from pipeline.duplicates.evidence import NOTHING, Evidence
from pipeline.duplicates.rule import HOUR, Pair, Particulars, Rule, compare
from pipeline.duplicates.sketch import DIGITS, NAMES, Hashes

NONE = Particulars(0, 0, 0)
# Of an article that was edited by a tenth of its words: 150 words, six numbers, a dozen names.
EDITED = Pair(0.42, 0.6, Particulars(6, 6, 6), Particulars(12, 11, 12), 150, 0.98, 2 * HOUR)
NOTICE = EDITED._replace(numbers=Particulars(6, 2, 6), names=Particulars(12, 8, 12))


def hashes(*values: int) -> Hashes:
    return np.array(values, dtype=np.uint32)


def text(words: int, numbers: Sequence[int] = (), names: Sequence[int] = ()) -> Evidence:
    return dataclasses.replace(NOTHING, words=words, numbers=hashes(*numbers), names=hashes(*names))


LIKE = Likeness(np.array([0.1, 0.5, 0.3]), np.array([0.9, nan, 0.6]), np.array([3, 4, 9]), np.array([4, 4, 15]))


def compared(one: Evidence, other: Evidence, apart: int | None = None) -> Pair:
    return compare(one, other, LIKE, 1, apart)


def accepts(pair: Pair) -> bool:
    return Rule().refuses(pair) is None


def test_an_edited_reprint_is_a_duplicate_and_a_notice_with_other_particulars_is_not() -> None:
    assert accepts(EDITED)
    assert not accepts(NOTICE)
    assert Rule().refuses(NOTICE) == f"weight {Rule().weigh(NOTICE):.1f}"


@pytest.mark.parametrize(
    "worse",
    [
        {"containment": 0.5, "similarity": 0.33},
        {"numbers": Particulars(6, 3, 6)},
        {"numbers": Particulars(6, 6, 14)},
        {"names": Particulars(12, 6, 12)},
        {"words": 60},
        {"apart": 19 * HOUR},
    ],
    ids=str,
)
def test_each_piece_of_evidence_counts(worse: dict[str, object]) -> None:
    assert Rule().weigh(EDITED._replace(**worse)) < Rule().weigh(EDITED)  # type: ignore[arg-type]


def test_an_undated_text_is_vetoed_by_nothing() -> None:
    assert Rule().weigh(EDITED._replace(apart=None)) == Rule().weigh(EDITED._replace(apart=18 * HOUR))


def test_that_one_text_is_much_longer_speaks_for_an_excerpt() -> None:
    weights = [Rule().weigh(EDITED._replace(ratio=ratio, numbers=NONE)) for ratio in (1, 0.5, 0.25, 0.1)]
    assert weights[0] < weights[1] < weights[2] == weights[3]


def test_numbers_that_a_longer_text_has_for_its_length_are_no_surplus() -> None:
    twice = EDITED._replace(ratio=0.5, numbers=Particulars(6, 6, 12))
    assert Rule().weigh(twice) == Rule().weigh(twice._replace(numbers=Particulars(6, 6, 6)))
    assert Rule().weigh(twice) > Rule().weigh(twice._replace(numbers=Particulars(6, 6, 20)))


def test_long_texts_with_common_background_are_not_carried_by_their_length() -> None:
    background = Pair(0.2, 0.44, Particulars(20, 15, 20), Particulars(20, 19, 20), 2000, 0.9, None)
    assert Rule().refuses(background) == "less than 0.45 in common"
    assert Rule().weigh(background) == Rule().weigh(background._replace(words=200))


def test_without_a_sample_of_the_shorter_text_similarity_stands_for_containment() -> None:
    assert accepts(EDITED._replace(similarity=0.6, containment=None))
    assert not accepts(EDITED._replace(similarity=0.42, containment=None))


ALERT = Pair(0.8, None, Particulars(1, 1, 1), Particulars(3, 3, 3), 12, 0.8, None, covered=True)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"covered": False}, "short, and not word for word"),
        ({"ratio": 0.4}, "short, in a longer text"),
        ({"numbers": Particulars(2, 1, 1)}, "short, with other particulars"),
        ({"names": Particulars(3, 2, 3)}, "short, with other particulars"),
    ],
    ids=str,
)
def test_of_an_alert_no_word_may_be_replaced(change: dict[str, object], refusal: str | None) -> None:
    assert Rule().refuses(ALERT._replace(**change)) == refusal  # type: ignore[arg-type]


def test_a_marked_version_may_have_other_figures_but_not_other_names() -> None:
    version = Pair(0.2, 0.35, Particulars(6, 1, 8), Particulars(10, 8, 14), 100, 0.6, 30 * HOUR)
    assert Rule().refuses(version)
    assert Rule().refuses_revision(version) is None
    assert Rule().refuses_revision(version._replace(containment=0.29)) == "marked, but less than 0.30 in common"
    assert Rule().refuses_revision(version._replace(names=Particulars(10, 7, 14))) == "marked, but other names"
    assert Rule().refuses_revision(version._replace(names=Particulars(10, 0, 14)))
    assert Rule().refuses_revision(version._replace(names=NONE)) is None
    assert Rule().refuses_revision(version._replace(containment=0.7, names=Particulars(5, 3, 5))) is None


# -- what is compared ------------------------------------------------------------------------------------------------


def test_particulars_are_the_shorter_texts() -> None:
    shorter, longer = text(100, (1, 2, 3), (7, 8)), text(200, (2, 3, 4, 5), (8, 9))
    for one, other in ((shorter, longer), (longer, shorter)):
        pair = compared(one, other, 5)
        assert pair == Pair(0.5, None, Particulars(3, 2, 4), Particulars(2, 1, 2), 100, 0.5, 5, covered=True)
        assert (pair.numbers.share, NONE.share) == (2 / 3, None)
    third = compare(shorter, longer, LIKE, 2, None)
    assert (third.similarity, third.containment, third.covered) == (0.3, 0.6, False)


def test_what_a_full_sample_has_lost_does_not_count() -> None:
    for most, kind in ((DIGITS, "numbers"), (NAMES, "names")):
        full, few = range(0, 2 * most, 2), (0, 1, 2 * most + 1)
        pair = compared(text(10, full, full), text(9, few, few))
        assert getattr(pair, kind) == Particulars(2, 1, most)
        pair = compared(text(10, full[1:], full[1:]), text(9, few, few))
        assert getattr(pair, kind) == Particulars(3, 0, most - 1)


def test_a_sketch_without_names_says_nothing_about_names() -> None:
    named, old = text(100, names=(1, 2, 3)), text(100)
    assert compared(named, old).names == compared(old, named).names == NONE


SOME = st.sets(st.integers(0, 99), max_size=60).map(sorted)


@settings(deadline=None)
@given(st.tuples(SOME, SOME), st.tuples(SOME, SOME), st.integers(1, 400), st.integers(1, 400))
def test_two_texts_are_compared_alike_in_either_order(
    numbers: tuple[list[int], list[int]], names: tuple[list[int], list[int]], words: int, count: int
) -> None:
    if words == count:
        count += 1  # of two that are just as long either is the shorter
    one, other = (
        text(words, some[:DIGITS], called[:NAMES])
        for words, some, called in zip((words, count), numbers, names, strict=True)
    )
    assert compared(one, other, 7) == compared(other, one, 7)

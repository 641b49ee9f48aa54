import pytest

from pipeline.duplicates import evidence
from pipeline.duplicates.sketch import sketch
from pipeline.duplicates.verdict import Verdict
from pipeline.records import Mark, MarkKind
from tests.duplicates.made_articles import words
from tests.duplicates.shelf import Shelf

ITEMS = [words(0, 80, prefix) for prefix in "abcdef"]


def decided(*bodies: str, mark: MarkKind | None = None) -> list[Verdict]:
    shelf = Shelf()
    marks = [None] * (len(bodies) - 1) + [Mark(kind=mark, text="") if mark else None]
    return [shelf.decided(evidence.of(sketch(None, body)), mark=mark) for body, mark in zip(bodies, marks, strict=True)]


def last(*bodies: str, mark: MarkKind | None = None) -> Verdict:
    return decided(*bodies, mark=mark)[-1]


def test_a_text_of_three_unrelated_items_is_a_digest_and_nobodys_duplicate() -> None:
    verdict = last(*ITEMS[:3], " ".join(ITEMS[:3]))
    assert (verdict.kind, verdict.of, verdict.similarity, verdict.direction) == ("digest", None, None, None)
    assert verdict.families == ()
    assert {one.rule for one in verdict.considered} == {"one of several in a digest"}


def test_two_items_are_no_digest() -> None:
    assert last(*ITEMS[:2], " ".join(ITEMS[:3])).kind == "near"


def test_a_piece_that_quotes_three_others_is_no_digest() -> None:
    quotes = [words(10, 35, prefix) for prefix in "abc"]
    assert last(*ITEMS[:3], " ".join((*quotes, words(0, 90, "q")))).kind == "unique"


@pytest.mark.parametrize("count", [6, 20, 30])
def test_a_long_round_up_is_known_by_the_small_samples_of_its_items(count: int) -> None:
    items = [words(0, 80, f"{chr(97 + n % 26)}{n // 26}") for n in range(count)]
    assert last(*items, " ".join(items)).kind == "digest"


def test_a_full_text_is_no_digest_of_its_excerpts() -> None:
    """They overlap, or are of one family."""
    full = words(0, 240)
    overlapping = [words(start, start + 100) for start in (0, 60, 120)]
    assert last(*overlapping, full).kind == "near"
    apart = [words(start, start + 80) for start in (0, 80, 160)]
    assert last(full, *apart, full + " " + words(0, 10, "v")).kind == "near"


def test_one_item_that_is_more_than_half_of_it_is_a_copy_with_something_added() -> None:
    large = words(0, 300, "g")
    verdict = last(*ITEMS[:2], large, " ".join((*ITEMS[:2], large)))
    assert (verdict.kind, verdict.of, verdict.direction) == ("near", 2, "extended")


def test_items_that_are_copies_of_each_other_count_once() -> None:
    assert last(ITEMS[0], ITEMS[0], ITEMS[0].upper(), " ".join(ITEMS[:3])).kind == "near"


def test_a_digest_glues_nothing_together() -> None:
    """What comes after it is compared with its items, and a copy of it with its text."""
    digest = " ".join(ITEMS[:4])
    *_, kind, fifth, item, again, edited = decided(
        *ITEMS[:3], digest, ITEMS[3], ITEMS[0] + " more", digest, digest + " " + words(0, 9, "v")
    )
    assert kind.kind == "digest"
    assert fifth.kind == "unique"
    assert fifth.considered[0].rule == "a digest"
    assert (item.kind, item.of) == ("near", 0)
    assert (again.kind, again.of) == ("exact", 3)
    assert edited.kind == "digest"


def test_a_marked_roundup_needs_no_such_test() -> None:
    assert last(*ITEMS[:3], " ".join(ITEMS[:3]), mark="roundup").kind == "unique"

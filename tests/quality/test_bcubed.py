import pytest

from tests.quality.bcubed import bcubed


@pytest.mark.parametrize(
    ("true", "found", "precision", "recall"),
    [
        ("aabb", "xxyy", 1, 1),
        ("aabb", "xxxx", 0.5, 1),
        ("aabb", "wxyz", 1, 0.5),
        # Bagga and Baldwin's own example: 5 + 2 + 5 mentions, the second put to the third, then to the first.
        ("aaaaabbccccc", "xxxxxyyyyyyy", 16 / 21, 1),
        ("aaaaabbccccc", "xxxxxyyxxxxx", 7 / 12, 1),
    ],
)
def test_precision_and_recall(true: str, found: str, precision: float, recall: float) -> None:
    sums = bcubed(dict(enumerate(true)), dict(enumerate(found)))
    assert sums.precision / sums.found == pytest.approx(precision)
    assert sums.recall / sums.true == pytest.approx(recall)


def test_a_mention_of_one_side_counts_against_that_side() -> None:
    sums = bcubed({1: "a", 2: "a"}, {1: "x", 3: "x", 4: "y"})
    assert (sums.precision, sums.found) == (0.5, 3)
    assert (sums.recall, sums.true) == (0.5, 2)


def test_sums_are_pooled_over_articles() -> None:
    sums = bcubed({1: "a", 2: "b"}, {1: "x", 2: "x"}) + bcubed({1: "a"}, {1: "x"})
    assert sums.f1 == pytest.approx(2 * (2 / 3) / (2 / 3 + 1))
    assert bcubed({}, {}).f1 == 0

from datetime import timedelta

import pytest

from pipeline.duplicates.estimate import Likeness
from pipeline.duplicates.rule import Rule, shared_numbers
from pipeline.duplicates.sketch import DIGITS, sketch

PLAIN = sketch(None, "no number in here")
HOUR = timedelta(hours=1)


def with_numbers(*numbers: int, more: int = 0) -> str:
    return " ".join([*map(str, numbers), *["word"] * more])


@pytest.mark.parametrize(
    ("similarity", "containment", "apart", "accepted"),
    [
        (0.5, None, None, True),
        (0.49, None, None, False),
        (0.1, 0.7, None, True),
        (0.1, 0.69, None, False),
        (0.5, None, 36 * HOUR, True),
        (0.5, None, 37 * HOUR, False),
        (0.7, None, 37 * HOUR, True),
        (0.1, 0.89, 37 * HOUR, False),
        (0.1, 0.9, 37 * HOUR, True),
    ],
)
def test_thresholds(similarity: float, containment: float | None, apart: timedelta | None, accepted: bool) -> None:  # noqa: FBT001 - a column of the table
    assert Rule().accepts(Likeness(similarity, containment), PLAIN, PLAIN, apart) is accepted


@pytest.mark.parametrize(
    ("likeness", "shared", "apart", "accepted"),
    [
        (Likeness(0.8, 0.8), 6, HOUR, True),
        (Likeness(0.8, 0.8), 5, HOUR, False),
        (Likeness(0.9, 0.9), 0, HOUR, True),
        (Likeness(0.5, 0.95), 0, HOUR, True),
        (Likeness(0.8, 0.8), 8, 37 * HOUR, False),
        (Likeness(0.8, 0.8), 9, 37 * HOUR, True),
        (Likeness(0.8, 0.8), 8, None, True),
    ],
)
def test_the_same_template_with_other_figures_is_no_copy(
    likeness: Likeness,
    shared: int,
    apart: timedelta | None,
    accepted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    shorter = sketch(None, with_numbers(*range(10, 20)))
    longer = sketch(None, with_numbers(*range(10, 10 + shared), *range(50, 80), more=40))
    assert Rule().accepts(likeness, shorter, longer, apart) is accepted
    assert Rule().accepts(likeness, longer, shorter, apart) is accepted


def test_a_text_without_numbers_shares_all_of_them() -> None:
    assert shared_numbers((), ("1", "2")) == 1.0
    assert shared_numbers(("1", "2"), ()) == 0.0


def test_numbers_that_a_full_list_has_lost_do_not_count() -> None:
    full = tuple(str(number) for number in range(1000, 1000 + DIGITS))
    assert shared_numbers(("1000", "9000"), full) == 1.0
    assert shared_numbers(("1000", "9000"), full[:-1]) == 0.5
    assert shared_numbers(("0999", "1000"), full) == 0.5

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from tests.duplicates.made_articles import tagged, words
from tests.quality import floors, pairs
from tests.quality.data import FOLDER, Missing, pinned
from tests.quality.judging import Item
from tests.quality.pairs import Score


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (pairs.LABELS / name).read_text(encoding="utf-8").splitlines()]


def items() -> Path:
    try:
        return pinned(pairs.FILE, FOLDER)
    except Missing as missing:
        pytest.skip(str(missing))


def test_shares_and_their_intervals_by_hand() -> None:
    """Wilson's interval of 45 of 50 is .786 to .957."""
    score = Score(right=45, wrong=5, missed=0)
    assert score.precision() == pytest.approx((0.9, 0.786, 0.957), abs=0.001)
    assert score.recall() == pytest.approx((1.0, 0.921, 1.0), abs=0.001)
    with pytest.raises(UserError, match="no pair of the set is linked"):
        Score(right=0, wrong=0, missed=3).precision()


def test_the_later_item_of_a_pair_is_judged_where_only_the_earlier_one_is_known() -> None:
    bodies = {"a": words(0, 90), "b": words(0, 90).upper(), "c": words(0, 90, "v"), "d": words(0, 90, "v") + " x"}
    known = [Item(name, {}, tagged(body, name=name, at=at)) for at, (name, body) in enumerate(bodies.items())]
    asked = [{"one": one, "other": other} for one, other in ("ab", "ba", "ac", "cd", "ad")]
    assert pairs.linked(asked, known) == [True, True, False, True, False]


@pytest.mark.parametrize("name", ["open.jsonl", "sealed.jsonl"])
def test_every_label_is_one_of_the_guidelines_and_no_pair_stands_twice(name: str) -> None:
    labelled = rows(name)
    assert Counter(row["label"] for row in labelled).keys() <= {"same", "revision", "template", "digest", "other"}
    assert len({frozenset((row["one"], row["other"])) for row in labelled}) == len(labelled) == 200


def test_the_halves_have_no_pair_in_common() -> None:
    halves = [{frozenset((row["one"], row["other"])) for row in rows(name)} for name in ("open.jsonl", "sealed.jsonl")]
    assert halves[0].isdisjoint(halves[1])


def test_with_the_guard_of_numbers_off_the_gate_of_templates_is_red() -> None:
    floor = floors.load()[0]["duplicates.templates.open"]
    share, count = pairs.templates("open", items())
    unguarded, _ = pairs.templates("open", items(), guard=False)
    assert count == 100
    assert floor.holds(share)
    assert not floor.holds(unguarded)

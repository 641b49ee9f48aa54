import json
from pathlib import Path

import pytest

from tests.entities.marked import Fixed
from tests.quality.canonical_score import read, score, score_tagged

HEADLINE, BODY = "Putin speaks", "Vladimir Putin spoke; Putin left Rome."


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    mentions = [
        {"field": "headline", "start": 0, "end": 5, "type": "PERSON", "entity": "e1"},
        {"field": "body", "start": 0, "end": 14, "type": "PERSON", "entity": "e1"},
        {"field": "body", "start": 22, "end": 27, "type": "PERSON", "entity": "e1"},
        {"field": "body", "start": 33, "end": 37, "type": "PLACE", "entity": "e2"},
    ]
    file = tmp_path / "open.jsonl"
    file.write_text(json.dumps({"id": "1", "headline": HEADLINE, "body": BODY, "mentions": mentions}))
    return file


def test_the_canonicaliser_and_equal_strings_are_scored(labelled: Path) -> None:
    found = score(labelled)
    assert (found["articles"], found["mentions"], found["bcubed"]) == (1, 4, 1)
    # "Putin" twice and "Vladimir Putin" are two entities to whom compares strings: recall (2/3 + 2/3 + 1/3 + 1) / 4.
    assert found["exact_string_bcubed"] == pytest.approx(2 * (8 / 12) / (8 / 12 + 1))


def test_a_tagger_that_finds_nothing_scores_nothing(labelled: Path) -> None:
    assert score_tagged(labelled, Fixed({})) == {
        "bcubed": 0, "articles": 1, "mentions": 4, "found": 0, "same_span": 0,
    }  # fmt: skip


def test_a_tagger_that_finds_all_scores_all(labelled: Path) -> None:
    [article] = read(labelled)
    tagger = Fixed({BODY: article.spans("body"), HEADLINE: article.spans("headline")})
    assert score_tagged(labelled, tagger) == {
        "bcubed": 1, "articles": 1, "mentions": 4, "found": 4, "same_span": 4,
    }  # fmt: skip


def test_a_seed_is_read_as_the_cleaner_makes_it(tmp_path: Path) -> None:
    mention = {"field": "headline", "start": 0, "end": 14, "type": "PERSON", "entity": "e1"}
    file = tmp_path / "open.jsonl"
    file.write_text(json.dumps({"id": "000", "source": "seeds", "mentions": [mention]}))
    [article] = read(file)
    assert article.text(("headline", 0, 14)) == "Vladimir Putin"

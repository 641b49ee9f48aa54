"""The article's vote on what a word is."""

import numpy as np

from pipeline.entities.english.network import TAGS
from pipeline.entities.english.vote import voted


def scores(*kinds: dict[str, float]) -> np.ndarray:
    rows = np.full((len(kinds), len(TAGS)), 0.001, np.float32)
    for row, chances in zip(rows, kinds, strict=True):
        for tag, chance in chances.items():
            row[TAGS.index(tag)] = chance
    logarithms: np.ndarray = np.log(rows / rows.sum(1, keepdims=True))
    return logarithms


def best(found: np.ndarray) -> list[str]:
    return [TAGS[i] for i in found.argmax(1)]


SURE = {"B-LOC": 0.95}
UNSURE = {"B-PER": 0.5, "B-LOC": 0.4}


def test_a_word_that_is_clear_elsewhere_is_so_where_it_is_not() -> None:
    told = voted(scores(SURE, SURE, UNSURE), np.array([7, 7, 7]), np.array([True] * 3))
    assert best(told) == ["B-LOC"] * 3


def test_other_words_and_words_that_are_no_names_have_no_say() -> None:
    assert best(voted(scores(SURE, SURE, UNSURE), np.array([7, 7, 8]), np.array([True] * 3)))[2] == "B-PER"
    assert best(voted(scores(SURE, SURE, UNSURE), np.array([7, 7, 7]), np.array([False, False, True])))[2] == "B-PER"


def test_inside_stays_inside() -> None:
    told = voted(scores({"B-PER": 0.9}, {"I-PER": 0.6, "I-LOC": 0.3}), np.array([7, 7]), np.array([True, True]))
    assert best(told) == ["B-PER", "I-PER"]


def test_the_scores_given_are_not_changed() -> None:
    given = scores(SURE, UNSURE)
    before = given.copy()
    voted(given, np.array([7, 7]), np.array([True, True]))
    assert (given == before).all()

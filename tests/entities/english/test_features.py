"""What is known of a word by its letters alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.english.features import BUCKETS, HASHED, SHAPES, hashed, plain, shape, word_key


@pytest.mark.parametrize(
    ("word", "alike"),
    [
        ("Peskov", "Bokova"),
        ("USA", "NATO"),
        ("O'Brien", "O'Neill"),
        ("1,234", "5,678"),
        ("G7", "B2"),
        ("iPhone", "eBay"),
    ],
)
def test_words_of_one_shape(word: str, alike: str) -> None:
    assert shape(word) == shape(alike)


@pytest.mark.parametrize(("word", "other"), [("Peskov", "peskov"), ("USA", "Usa"), ("Co", "CO"), ("A", "Ab")])
def test_words_of_another_shape(word: str, other: str) -> None:
    assert shape(word) != shape(other)


def test_prefixes_and_suffixes_are_shared_and_the_word_is_not() -> None:
    one, other = hashed("Tajikistan"), hashed("Turkmenistan")
    assert [i for i in range(HASHED) if one[i] == other[i]] == [1, 2, 4, 6, 8]  # t-, -n, -an, -tan, -stan
    assert hashed("PESKOV") == hashed("Peskov")


def test_marks_on_letters_are_off() -> None:
    assert plain("Müller-Škoda") == "muller-skoda"


@given(st.text(min_size=1))
def test_any_word_has_rows(word: str) -> None:
    assert all(0 <= row < BUCKETS for row in hashed(word))
    assert 0 <= shape(word) < SHAPES
    assert 0 <= word_key(word) < 2**32


def test_a_long_word_costs_as_much_as_forty_letters() -> None:
    assert hashed("a" * 40) == hashed("a" * 100_000)
    assert shape("ab1" * 14) == shape("ab1" * 100_000)

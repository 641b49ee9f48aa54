import dataclasses
import re
import unicodedata

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates import evidence
from pipeline.duplicates.sketch import ALONE, DIGITS, NAMES, TOKEN_LENGTH, sketch, token_hash
from pipeline.records import Tagged, decode, encode
from tests.duplicates.made_articles import tagged, words

MASK = 2**64 - 1


def mixed(value: int) -> int:
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def shingles(text: str) -> list[int]:
    """The same in whole numbers, one shingle at a time."""
    tokens = [
        xxhash.xxh3_64_intdigest(token.encode())
        for token in re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())
    ]
    width = min(5, len(tokens))
    found = set()
    for start in range(len(tokens) - width + 1 if tokens else 0):
        value = 0
        for token in tokens[start : start + width]:
            value = (value * 0x9E3779B97F4A7C15 + token) & MASK
        found.add(mixed(value) >> 32)
    return sorted(found)


@settings(deadline=None)
@given(
    st.one_of(
        st.text(), st.lists(st.sampled_from(("a", "b", "c", "d", "1", "½", "ﬁ", "Ä")), max_size=300).map(" ".join)
    )
)
def test_sketch_is_the_128_smallest_shingle_hashes(text: str) -> None:
    expected = shingles(text)
    found = sketch(None, text)
    assert evidence.of(found).hashes.tolist() == expected[:128]
    assert found.shingles == len(expected)


@settings(deadline=None)
@given(st.lists(st.text("abcäé019", min_size=1), min_size=1), st.sampled_from([" ", "\n", " - ", "... ", "\u00a0"]))
def test_case_spacing_and_punctuation_make_no_difference(tokens: list[str], separator: str) -> None:
    shouted, plain = sketch(None, separator.join(tokens).upper()), sketch(None, " ".join(tokens))
    assert dataclasses.replace(shouted, names=()) == plain


def test_another_order_of_words_is_another_text() -> None:
    one, other = sketch(None, "a b c d e"), sketch(None, "e d c b a")
    assert one.exact != other.exact
    assert one.hashes != other.hashes


def test_version_2_never_changes() -> None:
    """A sketch of yesterday is compared with one of today: change the version with the method."""
    found = sketch(None, "Ｏil prices ROSE 2.5% on Monday, traders said.")
    assert dataclasses.asdict(found) == {
        "version": "kmv128-2",
        "exact": "ffcee2bf3ed521eafb485ea825eee420",
        "words": 9,
        "shingles": 5,
        "hashes": "08YZD7ivWTRzwIuzKb1IwM5oM/g=",
        "digits": ("2", "5"),
        "names": ("monday", "oil", "rose"),
    }


def test_the_headline_counts_only_where_the_body_is_short() -> None:
    assert sketch("One headline", words(0, ALONE)) == sketch("Another", words(0, ALONE))
    assert sketch("Bomb explodes in Cairo", "More to follow.").exact != sketch("Pope dies", "More to follow.").exact
    assert sketch("One headline", words(0, ALONE - 1)) == sketch(None, f"One headline {words(0, ALONE - 1)}")
    assert sketch("Flash: rates cut", " \n—\n") == sketch(None, "Flash rates cut")
    assert sketch("Flash: rates cut", "") != sketch("Flash: rates held", "")


@pytest.mark.parametrize("text", ["", "\x00\x01\x02", "…", "😀" * 1000, "\ud800", "\u0301"])
def test_a_text_without_words_has_no_shingle(text: str) -> None:
    found = sketch(None, text)
    assert (found.words, found.shingles, found.hashes, found.digits) == (0, 0, "", ())


def test_lone_surrogates_and_control_characters_part_words() -> None:
    assert sketch(None, "a\ud800b\x00c") == sketch(None, "a b c")


@pytest.mark.parametrize(
    "text",
    ["a1" * 2**19, " ".join(map(str, range(150_000))), "ﷺ" * 349_525, "x " * 2**19, words(0, 600) * 300],
    ids=["one word", "figures", "expands 18 times", "letters", "prose"],
)
def test_a_mebibyte_of_anything_makes_a_small_sketch(text: str) -> None:
    assert len(encode(dataclasses.replace(tagged(""), sketch=sketch(None, text)))) < 3000


def test_digits_are_the_distinct_tokens_with_a_digit() -> None:
    assert sketch(None, "In 1987, 1,250 of 1987 B2B firms; ４２ and ٣ in Q3.").digits == (
        "1",
        "1987",
        "250",
        "42",
        "b2b",
        "q3",
        "٣",
    )
    assert sketch(None, "7" * 1000).digits == ("7" * TOKEN_LENGTH,)


def test_names_are_the_words_that_have_a_capital_wherever_they_stand() -> None:
    found = sketch(None, "The bank of Norway said the Bank will wait. Øystein Olsen spoke in OSLO on Monday; B2B, 3M.")
    assert found.names == ("monday", "norway", "olsen", "oslo", "øystein")
    assert sketch(None, "W" + "x" * 99).names == ("w" + "x" * (TOKEN_LENGTH - 1),)


def test_of_many_numbers_and_names_those_with_the_smallest_hashes_are_kept() -> None:
    """So that two texts keep the same ones, as far as both go."""
    numbers = [str(number) for number in range(10_000, 11_000)]
    names = [f"Name{chr(97 + one)}{chr(97 + other)}" for one in range(20) for other in range(20)]
    found = sketch(None, " ".join(numbers + names))
    assert found.digits == tuple(sorted(sorted(numbers, key=token_hash)[:DIGITS]))
    assert found.names == tuple(sorted(sorted(map(str.lower, names), key=token_hash)[:NAMES]))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_sketch_survives_its_topic(text: str) -> None:
    record = dataclasses.replace(tagged(""), sketch=sketch(None, text))
    assert decode(Tagged, encode(record)) == record

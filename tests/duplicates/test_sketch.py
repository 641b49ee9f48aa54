import base64
import dataclasses
import re
import unicodedata

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates.sketch import DIGIT_LENGTH, DIGITS, FoldError, sketch, unpack
from pipeline.records import Fingerprint, decode, encode
from tests.duplicates.made_articles import START, fingerprint, words

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
        found.add(mixed(value))
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
    assert unpack(found).tolist() == expected[:128]
    assert found.shingles == len(expected)


@settings(deadline=None)
@given(st.lists(st.text("abcäé019", min_size=1), min_size=1), st.sampled_from([" ", "\n", " - ", "... ", "\u00a0"]))
def test_case_spacing_and_punctuation_make_no_difference(tokens: list[str], separator: str) -> None:
    assert sketch(None, separator.join(tokens).upper()) == sketch(None, " ".join(tokens))


def test_another_order_of_words_is_another_text() -> None:
    one, other = sketch(None, "a b c d e"), sketch(None, "e d c b a")
    assert one.exact != other.exact
    assert one.hashes != other.hashes


def test_version_1_never_changes() -> None:
    """A sketch of yesterday is compared with one of today: change the version with the method."""
    found = sketch(None, "Ｏil prices ROSE 2.5% on Monday, traders said.")
    assert dataclasses.asdict(found) == {
        "version": "kmv128-1",
        "exact": "ffcee2bf3ed521eafb485ea825eee420",
        "words": 9,
        "shingles": 5,
        "hashes": "tpV3WNPGGQ/JdT4CuK9ZNGVWoFxzwIuz7ctBEym9SMAMVJWUzmgz+A==",
        "digits": ("2", "5"),
    }


def test_the_headline_counts_only_where_the_body_has_no_word() -> None:
    assert sketch("One headline", "The same body") == sketch("Another", "The same body")
    assert sketch("Flash: rates cut", " \n—\n") == sketch(None, "flash rates cut")
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
    assert len(encode(dataclasses.replace(fingerprint("a", "", START), sketch=sketch(None, text)))) < 6000


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
    many = sketch(None, " ".join(map(str, range(10_000, 20_000)))).digits
    assert many == tuple(map(str, range(10_000, 10_000 + DIGITS)))
    assert sketch(None, "7" * 1000).digits == ("7" * DIGIT_LENGTH,)


GOOD = sketch(None, words(0, 30))


def packed(*hashes: int) -> str:
    return base64.b64encode(b"".join(value.to_bytes(8, "little") for value in hashes)).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"version": "kmv128-0"},
        {"hashes": "%%%%"},
        {"hashes": "ü"},
        {"hashes": GOOD.hashes[:-1]},
        {"hashes": packed(1, 2, 3)},
        {"hashes": "", "shingles": -1},
        {"hashes": packed(2, 1), "shingles": 2},
        {"hashes": packed(1, 1), "shingles": 2},
        {"shingles": 129},
        {"digits": ("1",) * (DIGITS + 1)},
        {"digits": ("1" * (DIGIT_LENGTH + 1),)},
    ],
    ids=str,
)
def test_a_sketch_that_nobody_could_have_made_is_refused(change: dict[str, object]) -> None:
    unpack(GOOD)
    with pytest.raises(FoldError):
        unpack(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_sketch_survives_the_log(text: str) -> None:
    record = fingerprint("a", text, START)
    assert decode(Fingerprint, encode(record)) == record

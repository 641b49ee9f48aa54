import base64
import dataclasses

import pytest

from pipeline.duplicates import evidence
from pipeline.duplicates.evidence import BEFORE
from pipeline.duplicates.sketch import DIGITS, NAMES, FoldError, sketch, token_hash
from tests.duplicates.made_articles import words

TEXT = "Ｏil prices ROSE 2.5% on Monday, traders said."
# Of TEXT, as version 1 wrote it.
OLD = dataclasses.replace(
    sketch(None, TEXT),
    version=BEFORE,
    hashes="tpV3WNPGGQ/JdT4CuK9ZNGVWoFxzwIuz7ctBEym9SMAMVJWUzmgz+A==",
    names=(),
)


def test_the_evidence_of_a_sketch() -> None:
    found = evidence.of(sketch(None, TEXT))
    assert (found.words, found.shingles, found.exact.hex()) == (9, 5, "ffcee2bf3ed521eafb485ea825eee420")
    assert found.numbers.tolist() == sorted(map(token_hash, ("2", "5")))
    assert found.names.tolist() == sorted(map(token_hash, ("oil", "rose", "monday")))


def test_a_sketch_of_the_version_before_is_the_same_without_names() -> None:
    new, old = evidence.of(sketch(None, TEXT)), evidence.of(OLD)
    assert (old.exact, old.words, old.shingles) == (new.exact, new.words, new.shingles)
    assert old.hashes.tolist() == new.hashes.tolist()
    assert old.numbers.tolist() == new.numbers.tolist()
    assert not len(old.names)


def test_of_the_many_numbers_of_an_old_sketch_those_are_kept_that_a_new_one_keeps() -> None:
    text = " ".join(map(str, range(200)))
    old = dataclasses.replace(OLD, digits=tuple(sorted(map(str, range(200)))))
    assert evidence.of(old).numbers.tolist() == evidence.of(sketch(None, text)).numbers.tolist()
    assert len(evidence.of(old).numbers) == DIGITS


GOOD = sketch(None, words(0, 30))


def packed(*hashes: int) -> str:
    return base64.b64encode(b"".join(value.to_bytes(4, "little") for value in hashes)).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"version": "kmv128-0"},
        {"version": BEFORE},
        {"exact": "zz"},
        {"exact": "ab"},
        {"hashes": "%%%%"},
        {"hashes": "ü"},
        {"hashes": GOOD.hashes[:-1]},
        {"hashes": packed(1, 2, 3)},
        {"hashes": "", "shingles": -1},
        {"hashes": packed(2, 1), "shingles": 2},
        {"hashes": packed(1, 1), "shingles": 2},
        {"shingles": 129},
        {"words": 1 << 32},
        {"words": -1},
        {"words": GOOD.shingles - 1},
        {"words": 1 << 40, "shingles": 1 << 33},
    ],
    ids=str,
)
def test_a_sketch_that_nobody_could_have_made_is_refused(change: dict[str, object]) -> None:
    evidence.of(GOOD)
    with pytest.raises(FoldError):
        evidence.of(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]


def test_more_numbers_or_names_than_a_sketch_holds_are_cut() -> None:
    many = tuple(f"{number}x" for number in range(1000))
    found = evidence.of(dataclasses.replace(GOOD, digits=many, names=many))
    assert (len(found.numbers), len(found.names)) == (DIGITS, NAMES)

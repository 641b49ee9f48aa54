import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.occurrences import completed, is_sentence_case, longest, occurrences, projected, propagated
from pipeline.entities.tagger import Span
from pipeline.records import EntityType
from tests.entities.marked import read, show


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Putin’s plan, (Putin) and Putin.", 3),
        ("pro-Putin, Putin-backed, Putin's", 3),
        ("'Putin' “Putin”", 2),
        ("Putina, Rasputin, putin, PUTIN", 0),
        ("Smith-Putin, Putin-Smith, O'Putin", 0),
        ("Putin\u0301", 0),
    ],
)
def test_a_name_is_found_from_word_to_word(text: str, expected: int) -> None:
    spans = occurrences(text, {"Putin": "PERSON"})
    assert [text[span.start : span.end] for span in spans] == ["Putin"] * expected


def test_the_longest_name_wins_and_other_names_may_stand_in_a_compound() -> None:
    text = "US-Russia talks: Vladimir Putin, U.S. and AT&T"
    spans = occurrences(
        text,
        {
            "Russia": "PLACE",
            "US": "PLACE",
            "Putin": "PERSON",
            "Vladimir Putin": "PERSON",
            "U.S.": "PLACE",
            "AT&T": "OTHER",
        },
    )
    assert [text[span.start : span.end] for span in spans] == ["US", "Russia", "Vladimir Putin", "U.S.", "AT&T"]


def test_surnames_are_propagated() -> None:
    text, spans = read(
        "[PER Bashar al-Assad] spoke. al-Assad said Assad knew [ORG Assad Foundation]. [PER Xi] left. Xi said. May came;"
        " [PER Theresa May]. A [PER rookie yard] is 14 yard. [PER Juror No]. No."
    )
    assert show(text, propagated([(text, spans)])[0]) == [
        "PER Bashar al-Assad", "PER al-Assad", "PER Assad", "ORG Assad Foundation", "PER Xi", "PER Xi", "PER Theresa May",
        "PER rookie yard", "PER Juror No",
    ]  # fmt: skip


def test_particles_belong_to_the_surname() -> None:
    text, spans = read("[PER Pieter van den Berg] spoke. Van den Berg left; they saw van den Berg.")
    [after] = propagated([(text, spans)])
    assert show(text, after) == ["PER Pieter van den Berg", "PER Van den Berg", "PER van den Berg"]


def test_the_surnames_of_the_first_two_hundred_are_propagated() -> None:
    names = [f"John {'ABCDEFGHIJ'[i // 100]}{'klmnopqrst'[i // 10 % 10]}{'uvwxyzabcd'[i % 10]}son" for i in range(300)]
    text, spans = read(" ".join(f"[PER {name}]" for name in names) + " " + " ".join(name[5:] for name in names))
    [after] = propagated([(text, spans)])
    assert len(after) == 500


def test_titles_are_no_part_of_what_is_propagated() -> None:
    text, spans = read("[PER President Putin] spoke to the [PER President]. Putin left; the President stayed.")
    assert show(text, propagated([(text, spans)])[0]) == ["PER President Putin", "PER President", "PER Putin"]


def test_projection() -> None:
    text, spans = read("[PER Vladimir Putin] met [PER Bashar al-Assad] and [PER Assad] of [PLA Syria] in the [PLA US].")
    headline = "Vladimir Putin Congratulates Syria's Assad, US Told"
    assert show(headline, projected(headline, text, spans)) == [
        "PER Vladimir Putin",
        "PLA Syria",
        "PER Assad",
        "PLA US",
    ]
    capitals = "PUTIN TELLS US OF SYRIA"
    assert show(capitals, projected(capitals, text, spans)) == ["PER PUTIN", "PLA SYRIA"]


def test_the_longest_span_wins_in_a_headline() -> None:
    headline = "Hugh Jackman congratulates Rome Paris"
    spans = [
        Span(0, 4, "PERSON"),
        Span(0, 12, "PERSON"),
        Span(5, 26, "PERSON"),
        Span(27, 31, "PLACE"),
        Span(27, 31, "OTHER"),
    ]
    assert longest(headline, spans) == [Span(0, 12, "PERSON"), Span(27, 31, "PLACE")]


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Vladmir Putin congratulates Assad on recapturing Palmyra", True),
        ("Seacom restored for commercial ISPs on alternate routes", True),
        ("Vladimir Putin Congratulates Syria's Assad On Regaining Palmyra", False),
        ("Powerful Quake in Iran Kills 10; 80 Hurt and 7 Villages Damaged", False),
        ("GREEK BULK ORE CARRIER AGROUND IN ORINOCO RIVER", False),
        ("", False),
        ("Putin", False),
    ],
)
def test_is_sentence_case(headline: str, *, expected: bool) -> None:
    assert is_sentence_case(headline) is expected


NAMES = st.dictionaries(st.text("aA-'. é\u0301漢", min_size=1, max_size=6), st.just("PERSON"), max_size=5)


@given(st.text("aA-'. é\u0301漢\n", max_size=60), NAMES)
def test_occurrences_are_the_names_in_order_and_apart(text: str, known: dict[str, EntityType]) -> None:
    spans = occurrences(text, known)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    for span in spans:
        # Up to marks at the edges of the name, which belong to no word.
        assert any(text[span.start : span.end] in name for name in known)
        assert re.match(r"\w|[\u0300-\u036f]", text[span.start])


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_completed_keeps_all_and_adds_what_is_free(first: set[int], second: set[int]) -> None:
    def apart(points: set[int]) -> list[Span]:
        pairs = sorted(points)
        return [Span(a, b, "OTHER") for a, b in zip(pairs[::2], pairs[1::2], strict=False)]

    spans, others = apart(first), apart(second)
    merged = completed(spans, others)
    assert all(a.end <= b.start for a, b in pairwise(merged))
    free = [o for o in others if all(o.end <= s.start or s.end <= o.start for s in spans)]
    assert sorted(merged, key=lambda s: s.start) == sorted([*spans, *free], key=lambda s: s.start)

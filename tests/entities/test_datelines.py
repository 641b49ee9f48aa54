from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.datelines import places


@pytest.mark.parametrize(
    ("dateline", "expected"),
    [
        ("MOSCOW", ["MOSCOW"]),
        ("New York", ["New York"]),
        ("HARTFORD, Conn.", ["HARTFORD", "Conn."]),
        ("JENA, Germany", ["JENA", "Germany"]),
        ("LONDON/PARIS", ["LONDON", "PARIS"]),
        ("London and Paris", ["London", "Paris"]),
        ("PORT-AU-PRINCE", ["PORT-AU-PRINCE"]),
        ("MOSCOW, Interfax", ["MOSCOW"]),
        ("ABOARD AIR FORCE ONE", []),
        ("", []),
    ],
)
def test_the_places_of_a_dateline(dateline: str, expected: list[str]) -> None:
    assert [dateline[span.start : span.end] for span in places(dateline)] == expected


@given(st.text(max_size=40))
def test_any_dateline_is_read(dateline: str) -> None:
    spans = places(dateline)
    assert all(dateline[span.start : span.end].strip() for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))

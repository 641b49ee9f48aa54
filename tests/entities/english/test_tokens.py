"""Tokens: what belongs together, and that nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.english.tokens import TOKEN


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("President Vladimir Putin's visit", "President|Vladimir|Putin|'s|visit"),
        ("the pro-Assad al-Thawra", "the|pro|-|Assad|al|-|Thawra"),
        ("O'Brien of Côte d’Ivoire and Sana'a", "O'Brien|of|Côte|d’Ivoire|and|Sana'a"),
        ("U.S. and U.N.-backed forces", "U.S.|and|U.N.|-|backed|forces"),
        ("J. Edgar Hoover took plan A. Then", "J.|Edgar|Hoover|took|plan|A.|Then"),
        ("vitamin A. a", "vitamin|A|.|a"),
        ("Mr. Smith of Iridium Inc. said so.", "Mr.|Smith|of|Iridium|Inc.|said|so|."),
        ("AT&T and the G7", "AT&T|and|the|G7"),
        ("rose 3,000.50 at 10:30.", "rose|3,000.50|at|10:30|."),
        ("JAMES'S and James'", "JAMES|'S|and|James|'"),
        ("one\n\ntwo", "one|\n\n|two"),
    ],
)
def test_what_belongs_together(text: str, tokens: str) -> None:
    assert TOKEN.findall(text) == tokens.split("|")


@given(st.text())
def test_every_character_but_white_space_is_in_one_token(text: str) -> None:
    matches = list(TOKEN.finditer(text))
    covered = {at for match in matches for at in range(*match.span())}
    assert len(covered) == sum(len(match[0]) for match in matches)
    assert {at for at, c in enumerate(text) if not c.isspace()} <= covered


@given(st.text(alphabet=st.sampled_from("aA.'’&1 -\n")))
def test_a_line_feed_stands_alone(text: str) -> None:
    assert all(set(token) == {"\n"} or "\n" not in token for token in TOKEN.findall(text))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities.names import acronym, initials, key, person_key, short_forms, without_title


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bashar al-Assad", ("bashar", "assad")),
        ("al-Assad", ("assad",)),
        ("Osama bin Laden", ("osama", "laden")),
        ("Ursula von der Leyen", ("ursula", "leyen")),
        ("Vincent van Gogh", ("vincent", "gogh")),
        ("De Gaulle", ("gaulle",)),
        ("Al Gore", ("al", "gore")),
        ("Ben Bernanke", ("ben", "bernanke")),
        ("President Putin", ("putin",)),
        ("Prime Minister Tony Blair", ("tony", "blair")),
        ("Pope Francis", ("francis",)),
        ("Sammy Davis Jr.", ("sammy", "davis")),
        ("Joanne K. Rowling’s", ("joanne", "k", "rowling")),
        ("Mr.", ("mr",)),
        ("G.H. Baker", ("g", "h", "baker")),
        ("José Muñoz", ("jose", "munoz")),
        ("Princess Di", ("di",)),
    ],
)
def test_a_person_is_compared_without_titles_and_particles(text: str, expected: tuple[str, ...]) -> None:
    assert person_key(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Standard Oil Co", ("standard", "oil")),
        ("Apple Inc.", ("apple",)),
        ("General Motors Corp", ("general", "motors")),
        ("U.S.", ("us",)),
        ("AT&T", ("at&t",)),
        ("Marks and Spencer", ("marks", "spencer")),
        ("Department of Justice", ("justice", "department")),
        ("al Qaeda", ("qaeda",)),
        ("Co", ("co",)),
        ("😀", ("😀",)),
    ],
)
def test_other_names_are_compared_without_their_legal_form(text: str, expected: tuple[str, ...]) -> None:
    assert key(text) == expected


def test_a_title_is_not_shown_a_rank_is() -> None:
    assert without_title("President Putin") == "Putin"
    assert without_title("Prime Minister Tony Blair") == "Tony Blair"
    assert without_title("Pope Francis") == "Pope Francis"
    assert without_title("President") == "President"


def test_short_forms_stand_as_they_are_written() -> None:
    assert short_forms("Syrian President Bashar al-Assad’s") == {"al-Assad", "Assad"}
    assert short_forms("Sammy Davis Jr") == {"Davis"}
    assert short_forms("President Putin") == {"Putin"}
    assert short_forms("Xi") == {"Xi"}
    assert short_forms("Pieter van den Berg") == {"van den Berg", "Van den Berg", "Berg"}
    assert short_forms("...") == set()


def test_initials_and_acronyms() -> None:
    assert "IMF" in initials("International Monetary Fund")
    assert "FBI" in initials("Federal Bureau of Investigation")
    assert initials("Reuters") == frozenset()
    assert {"TWA", "TWAI"} <= initials("Trans World Airlines Inc")
    assert acronym("U.N.") == "UN"
    assert acronym("BoJ") == "BOJ"
    assert acronym("S&P") == "SP"
    assert acronym("Reuters") is None
    assert acronym("A") is None


@given(st.text(min_size=1))
def test_every_text_has_a_key_and_a_shown_form(text: str) -> None:
    assert key(text) and person_key(text) and without_title(text)

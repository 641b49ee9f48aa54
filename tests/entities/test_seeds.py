"""The seeds' table: who is named in them, each one entity with all its mentions. Bodies are cut by hand."""

import re
from pathlib import Path

import pytest

from pipeline.entities import find, taggers
from pipeline.entities.language import detect
from pipeline.entities.tagger import Tagger
from pipeline.records import Entity

SEEDS = Path(__file__).parents[2] / "seeds"


def seed(name: str, headline: str, first: str, last: str) -> tuple[str, str]:
    text = (SEEDS / name).read_text(encoding="utf-8")
    assert headline in text
    body = text[text.index(first) : text.index(last) + len(last)]
    return headline, re.sub(r"\n+", "\n", body)


ARTICLES = {
    "000": seed(
        "000_da756ab1ea3c612b.txt",
        "Vladimir Putin Congratulates Syria's Assad On Regaining Palmyra",
        "Russian President Vladimir Putin has congratulated",
        "ordered after military successes.",
    ),
    "003": seed(
        "003_ad97000ca8eed3a9.txt",
        "Vladmir Putin congratulates Assad on recapturing Palmyra",
        "Russian President Vladmir Putin has praised",
        "from the city’s quarry.",
    ),
}


def entities(article: str, tagger: Tagger) -> dict[str, Entity]:
    found = find(*ARTICLES[article], "en", [tagger])
    assert found.missing is None
    assert found.tagger == tagger.name
    return {entity.name: entity for entity in found.entities}


@pytest.fixture(params=["copydesk", "spacy"])
def tagger(request: pytest.FixtureRequest) -> Tagger:
    if request.param == "spacy":
        pytest.importorskip("spacy", reason="spaCy is not installed: pip install 'copydesk[spacy]'")
    return taggers.tagger(request.param)


@pytest.mark.parametrize(
    ("article", "persons"),
    [
        (
            "000",
            {
                "Vladimir Putin": r"(?:Vladimir )?Putin",
                "Bashar al-Assad": r"(?:Bashar al-)?Assad",
                "Dmitry Peskov": r"(?:Dmitry )?Peskov",
                "Irina Bokova": r"Irina Bokova",
            },
        ),
        (
            "003",
            {
                "Vladimir Putin": r"(?:Vladmir )?Putin",
                "Bashar al-Assad": r"(?:Bashar al-)?Assad",
                "Dmitry Peskov": r"(?:Dmitry )?Peskov",
                "Mamoun Abdulkarim": r"Mamoun Abdulkarim",
            },
        ),
    ],
)
def test_the_persons_with_all_their_mentions(article: str, persons: dict[str, str], tagger: Tagger) -> None:
    found = entities(article, tagger)
    assert {name for name, entity in found.items() if entity.type == "PERSON"} == set(persons)
    headline, body = ARTICLES[article]
    for name, pattern in persons.items():
        places = [("headline", m.start(), m.end()) for m in re.finditer(pattern, headline)]
        places += [("body", m.start(), m.end()) for m in re.finditer(pattern, body)]
        assert [(m.field, m.start, m.end) for m in found[name].mentions] == places


@pytest.mark.parametrize("article", ARTICLES)
def test_palmyra_is_a_place(article: str, tagger: Tagger) -> None:
    palmyra = entities(article, tagger)["Palmyra"]
    assert palmyra.type == "PLACE"
    assert len(palmyra.mentions) == sum(text.count("Palmyra") for text in ARTICLES[article])


@pytest.mark.parametrize("article", ARTICLES)
def test_the_language_is_english(article: str) -> None:
    assert detect("\n".join(ARTICLES[article])) == "en"

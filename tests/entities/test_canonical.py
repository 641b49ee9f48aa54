import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities import canonical
from pipeline.entities.tagger import Span
from pipeline.records import Entity, EntityType
from tests.entities.marked import by_name, read


def grouped(marked: str, headline: str = "") -> tuple[Entity, ...]:
    title, title_spans = read(headline)
    body, body_spans = read(marked)
    return canonical.entities(title, title_spans, body, body_spans)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (  # surnames, particles, titles
            "[PER Bashar al-Assad] met [PER Vladimir Putin]. [PER Assad] and [PER President Putin], [PER al-Assad].",
            {
                "Bashar al-Assad": ["Bashar al-Assad", "Assad", "al-Assad"],
                "Vladimir Putin": ["Vladimir Putin", "President Putin"],
            },
        ),
        (  # the surname first
            "[PER Putin] spoke. [PER Vladimir Putin] left.",
            {"Vladimir Putin": ["Putin", "Vladimir Putin"]},
        ),
        (  # a wrong letter; the more frequent form is the name
            "[PER Vladmir Putin], [PER Vladimir Putin], [PER Vladimir Putin], [PER Valdimir Putin]",
            {"Vladimir Putin": ["Vladmir Putin", "Vladimir Putin", "Vladimir Putin", "Valdimir Putin"]},
        ),
        ("[PER Dmitry Peskov] [PER Pekov]", {"Dmitry Peskov": ["Dmitry Peskov", "Pekov"]}),
        ("[PER Vladimir Putin] [PER Putina]", {"Vladimir Putin": ["Vladimir Putin"], "Putina": ["Putina"]}),
        (  # middle names and initials
            "[PER George W. Bush] [PER George Bush] [PER G. Bush] [PER Bush]",
            {"George W. Bush": ["George W. Bush", "George Bush", "G. Bush", "Bush"]},
        ),
        ("[PER G. Bush] [PER George Bush]", {"George Bush": ["G. Bush", "George Bush"]}),
        (  # an initial is taken by the first that fits
            "[PER G. Bush] [PER George Bush] [PER Gloria Bush]",
            {"George Bush": ["G. Bush", "George Bush"], "Gloria Bush": ["Gloria Bush"]},
        ),
        (  # two of the name: the nearest before, else the first after
            "[PER Bush] [PER George Bush] [PER Bush] [PER Laura Bush] [PER Bush] [PER Bush] [PER George Bush] [PER Bush]",
            {
                "George Bush": ["Bush", "George Bush", "Bush", "George Bush", "Bush"],
                "Laura Bush": ["Laura Bush", "Bush", "Bush"],
            },
        ),
        ("[PER Xi Jinping] [PER Xi] [PER Jinping]", {"Xi Jinping": ["Xi Jinping", "Xi", "Jinping"]}),
        (  # a first name that two share is nobody's
            "[PER John Smith] [PER John Brown] [PER John]",
            {"John Smith": ["John Smith"], "John Brown": ["John Brown"], "John": ["John"]},
        ),
        (  # acronyms
            "[ORG International Monetary Fund] [ORG IMF] [ORG TASS] [ORG UNESCO] [PLA United States] [PLA U.S.]",
            {
                "International Monetary Fund": ["International Monetary Fund", "IMF"],
                "TASS": ["TASS"],
                "UNESCO": ["UNESCO"],
                "United States": ["United States", "U.S."],
            },
        ),
        ("[ORG Standard Oil Co] [ORG Standard Oil]", {"Standard Oil Co": ["Standard Oil Co", "Standard Oil"]}),
        (  # a place does not become a person's
            "[PER Denzel Washington] [PLA Washington]",
            {"Denzel Washington": ["Denzel Washington"], "Washington": ["Washington"]},
        ),
        ("[PER Daniel Craig] [PER Paul Craig]", {"Daniel Craig": ["Daniel Craig"], "Paul Craig": ["Paul Craig"]}),
    ],
)
def test_who_is_the_same(marked: str, expected: dict[str, list[str]]) -> None:
    assert by_name(grouped(marked)) == expected


def test_the_type_is_that_of_most_mentions_of_the_full_form() -> None:
    entities = grouped("[ORG Irina Bokova] [PER Irina Bokova] [PER Irina Bokova] [PLA Rome] [PLA Rome] [ORG Rome]")
    assert {entity.name: entity.type for entity in entities} == {"Irina Bokova": "PERSON", "Rome": "PLACE"}


def test_salience_and_order() -> None:
    headline, body = "Rome falls", "In Rome and Rome they met Paris at last, said Rome."
    entities = canonical.entities(
        headline,
        [Span(0, 4, "PLACE")],
        body,
        [Span(3, 7, "PLACE"), Span(12, 16, "PLACE"), Span(26, 31, "PLACE"), Span(46, 50, "PLACE")],
    )
    assert [entity.name for entity in entities] == ["Rome", "Paris"]
    assert [(m.field, m.start) for m in entities[0].mentions] == [
        ("headline", 0), ("body", 3), ("body", 12), ("body", 46),
    ]  # fmt: skip
    assert entities[0].salience == 1.0
    # .6 log2(2) / log2(5) + .4 (1 - (10 + 26) / 61)
    assert entities[1].salience == pytest.approx(0.422, abs=0.0005)


def test_equal_salience_goes_by_the_first_mention() -> None:
    spans = [Span(i * 5, i * 5 + 4, "PLACE") for i in range(3)]
    body = "Rome Bonn Oslo" + " " * 100_000
    assert [entity.name for entity in canonical.entities("", [], body, spans)] == ["Rome", "Bonn", "Oslo"]


def test_a_name_that_two_share_does_not_change_the_order() -> None:
    body, spans = read("[PER Bush] [PLA Rome] [PER George Bush] [PLA Rome] [PER Laura Bush] [PER Bush]")
    names = [entity.name for entity in canonical.entities("", [], body + " " * 100_000, spans)]
    assert names == ["George Bush", "Rome", "Laura Bush"]


@pytest.mark.parametrize(
    "form", ["John{0} Smith", "Smith", "Smith{0}", "J{0} Smith Smith", "Aaaaaaaa{0} Bbbbb{0}", "Johnn{1} Brown"]
)
def test_thousands_of_mentions_take_no_quadratic_time(form: str) -> None:
    texts = [f"Person{i} Smith" if i % 2 else form.format(i, chr(0x4E00 + i)) for i in range(10_000)]
    body, spans = "", []
    for text in texts:
        spans.append(Span(len(body), len(body) + len(text), "PERSON"))
        body += text + " "
    started = time.process_time()
    canonical.entities("", [], body, spans)
    assert time.process_time() - started < 5


WORDS = st.sampled_from(
    "Vladimir Vladmir Putin al-Assad Assad J. US President Inc 's é 漢 😀 \u0301 - the von Smith Smyth".split()
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=25).map(" ".join))
TYPES: st.SearchStrategy[EntityType] = st.sampled_from(["PERSON", "ORGANISATION", "PLACE", "OTHER"])


@st.composite
def tagged_texts(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(TEXTS)
    points = sorted(draw(st.sets(st.integers(0, len(text)), max_size=20)))
    return text, [Span(a, b, draw(TYPES)) for a, b in zip(points[::2], points[1::2], strict=False)]


@given(tagged_texts(), tagged_texts())
def test_every_mention_is_in_one_entity_and_indexes_its_field(
    title: tuple[str, list[Span]], article: tuple[str, list[Span]]
) -> None:
    headline, in_headline = title
    body, in_body = article
    entities = canonical.entities(headline, in_headline, body, in_body)
    fields = {"headline": headline, "body": body}
    mentions = [mention for entity in entities for mention in entity.mentions]
    assert all(mention.text == fields[mention.field][mention.start : mention.end] for mention in mentions)
    assert sorted((m.field, m.start, m.end) for m in mentions) == sorted(
        [("headline", s.start, s.end) for s in in_headline] + [("body", s.start, s.end) for s in in_body]
    )
    for entity in entities:
        assert entity.name and 0 <= entity.salience <= 1
        order = [(m.field != "headline", m.start) for m in entity.mentions]
        assert order == sorted(order)
        assert any(entity.name in m.text for m in entity.mentions)
    ranks = [(-e.salience, e.mentions[0].field != "headline", e.mentions[0].start) for e in entities]
    assert ranks == sorted(ranks)
    assert entities == canonical.entities(headline, in_headline, body, in_body)

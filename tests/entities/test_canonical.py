import time
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities import canonical
from pipeline.entities.mentions import Text
from pipeline.entities.tagger import Span
from pipeline.records import Entity, EntityType
from tests.entities.marked import read


def article(headline: str, in_headline: list[Span], body: str, in_body: list[Span]) -> tuple[Entity, ...]:
    return canonical.entities(Text("headline", headline, in_headline), Text("body", body, in_body))


def test_salience_and_order() -> None:
    headline, body = "Rome falls", "In Rome and Rome they met Paris at last, said Rome."
    entities = article(
        headline,
        [Span(0, 4, "PLACE")],
        body,
        [Span(3, 7, "PLACE"), Span(12, 16, "PLACE"), Span(26, 31, "PLACE"), Span(46, 50, "PLACE")],
    )
    assert [entity.name for entity in entities] == ["Rome", "Paris"]
    assert [(m.field, m.start) for m in entities[0].mentions] == [
        ("headline", 0), ("body", 3), ("body", 12), ("body", 46),
    ]  # fmt: skip
    assert entities[0].salience == pytest.approx(0.5 + 0.3 * (1 - 3 / 51) + 0.2, abs=0.0005)
    assert entities[1].salience == pytest.approx(0.5 / log2(5) + 0.3 * (1 - 26 / 51), abs=0.0005)


def test_a_place_of_the_dateline_alone_has_no_salience() -> None:
    text, spans = read("[PLA MOSCOW]")
    [entity] = canonical.entities(Text("headline", "", []), Text("dateline", text, spans), Text("body", "Nothing.", []))
    assert (entity.name, entity.salience, entity.mentions[0].field) == ("Moscow", 0.0, "dateline")


def test_equal_salience_goes_by_the_first_mention() -> None:
    spans = [Span(i * 5, i * 5 + 4, "PLACE") for i in range(3)]
    body = "Rome Bonn Oslo" + " " * 100_000
    assert [entity.name for entity in article("", [], body, spans)] == ["Rome", "Bonn", "Oslo"]


def test_a_name_that_two_share_does_not_change_the_order() -> None:
    body, spans = read("[PER Bush] [PLA Rome] [PER George Bush] [PLA Rome] [PER Laura Bush] [PER Bush]")
    names = [entity.name for entity in article("", [], body + " " * 100_000, spans)]
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
    article("", [], body, spans)
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
    title: tuple[str, list[Span]], text: tuple[str, list[Span]]
) -> None:
    headline, in_headline = title
    body, in_body = text
    entities = article(headline, in_headline, body, in_body)
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
    ranks = [(-e.salience, e.mentions[0].field != "headline", e.mentions[0].start) for e in entities]
    assert ranks == sorted(ranks)
    assert entities == article(headline, in_headline, body, in_body)

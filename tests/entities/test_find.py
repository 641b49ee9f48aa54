from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.entities import Found, find
from pipeline.entities.tagger import Span
from tests.entities.marked import Fixed, by_name, read
from tests.entities.test_canonical import TEXTS, tagged_texts


def test_a_language_without_tagger_says_so() -> None:
    assert find("Titel", "Ein Text", "de", [Fixed({})]) == Found((), "no tagger for de", None)
    assert find("Titel", "Ein Text", "und", [Fixed({})]) == Found((), "language not recognised", None)
    assert find(None, "", "fr", []) == Found((), "no tagger for fr", None)


def test_the_first_tagger_of_the_language_is_used() -> None:
    german = Fixed({}, name="german 1", languages=frozenset({"de"}))
    first, second = Fixed({}, name="first 1"), Fixed({}, name="second 1")
    assert find(None, "Text", "en", [german, first, second]) == Found((), None, "first 1")
    assert second.asked == german.asked == []


def test_text_beyond_the_limit_is_not_read() -> None:
    tagger = Fixed({})
    found = find(None, "Rome " * 10, "en", [tagger], limit=20)
    assert tagger.asked == ["Rome " * 4]
    assert found.missing == "only the first 20 characters were read"
    assert find(None, "Rome", "en", [tagger], limit=4).missing is None


def test_a_title_case_headline_is_not_tagged() -> None:
    body, spans = read("[PER Vladimir Putin] congratulated [PER Bashar al-Assad] in [PLA Syria].")
    tagger = Fixed({body: spans})
    found = find("Vladimir Putin Congratulates Syria's Assad", body, "en", [tagger])
    assert tagger.asked == [body]
    assert by_name(found.entities) == {
        "Vladimir Putin": ["Vladimir Putin", "Vladimir Putin"],
        "Syria": ["Syria", "Syria"],
        "Bashar al-Assad": ["Assad", "Bashar al-Assad"],
    }


def test_a_sentence_case_headline_is_tagged_and_projection_has_precedence() -> None:
    headline, in_headline = read("[PER Vladmir Putin congratulates] them on recapturing [PLA Palmyra]")
    body, spans = read("[PER Vladmir Putin] spoke. Putin left.")
    found = find(headline, body, "en", [Fixed({headline: in_headline, body: spans})])
    assert by_name(found.entities) == {
        "Vladimir Putin": ["Vladmir Putin", "Vladmir Putin", "Putin"],
        "Palmyra": ["Palmyra"],
    }


def test_a_full_name_in_the_headline_explains_the_body() -> None:
    headline, in_headline = read("They finally chose [PER Hugh Jackman] as host")
    body, spans = read("[PER Hugh] smiled. [ORG Jackman] sang, Jackman danced.")
    found = find(headline, body, "en", [Fixed({headline: in_headline, body: spans})])
    assert by_name(found.entities) == {"Hugh Jackman": ["Hugh Jackman", "Hugh", "Jackman", "Jackman"]}
    assert found.entities[0].type == "PERSON"


def test_the_place_of_the_dateline_is_one_with_that_of_the_body() -> None:
    body, spans = read("Rain fell in [PLA Moscow] and [PLA Kyiv].")
    found = find(None, body, "en", [Fixed({body: spans})], dateline="MOSCOW")
    assert by_name(found.entities) == {"Moscow": ["MOSCOW", "Moscow"], "Kyiv": ["Kyiv"]}
    assert [(m.field, m.start, m.end) for m in found.entities[0].mentions] == [("dateline", 0, 6), ("body", 13, 19)]


def test_a_name_that_only_the_tagger_knows_keeps_one_type_across_headline_and_body() -> None:
    headline, in_headline = read("They finally went home from [PER Palmyra]")
    body, spans = read("the city of [PER Palmyra]")
    found = find(headline, body, "en", [Fixed({headline: in_headline, body: spans})])
    assert [(entity.name, entity.type, len(entity.mentions)) for entity in found.entities] == [("Palmyra", "PLACE", 2)]


def test_a_city_and_its_club_stay_two_also_in_the_headline() -> None:
    body, spans = read("[ORG Liverpool] beat Everton in [PLA Liverpool] today.")
    headline, in_headline = read("Fans cheered while [ORG Liverpool] beat Everton")
    place = ("PLACE", {"geonames": "2644210"}, 1)
    for title in (headline, "Liverpool Beat Everton"):
        found = find(title, body, "en", [Fixed({headline: in_headline, body: spans})])
        told = [(entity.type, entity.ids, len(entity.mentions)) for entity in found.entities]
        assert told == [("ORGANISATION", {}, 2), place]


@given(st.none() | TEXTS, tagged_texts(), tagged_texts(), st.none() | TEXTS)
def test_mentions_index_their_fields_and_never_overlap(
    headline: str | None, title: tuple[str, list[Span]], article: tuple[str, list[Span]], dateline: str | None
) -> None:
    body, spans = article
    answers = {title[0]: title[1], body: spans}
    for chosen in (headline, title[0]):
        found = find(chosen, body, "en", [Fixed(answers)], dateline=dateline)
        fields = {"headline": chosen or "", "dateline": dateline or "", "body": body}
        mentions = sorted((m for entity in found.entities for m in entity.mentions), key=lambda m: (m.field, m.start))
        for mention in mentions:
            assert mention.text == fields[mention.field][mention.start : mention.end] != ""
        for a, b in pairwise(mentions):
            assert a.field != b.field or a.end <= b.start
        assert {("body", s.start, s.end) for s in spans} <= {(m.field, m.start, m.end) for m in mentions}
        assert found == find(chosen, body, "en", [Fixed(answers)], dateline=dateline)

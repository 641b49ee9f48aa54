"""What extract makes of an article and of a withdrawal notice, and where it sends them."""

from dataclasses import replace

import pytest

from agents.extract import work
from agents.message import Incoming, Result
from pipeline.identity import item_id
from pipeline.kafka.topics import LANGUAGE_PARTITIONS, language_partition
from pipeline.records import Article, Tagged, decode, encode
from pipeline.settings import Settings
from tests.agents.fakes import NOON, incoming, tagged

# No words to a model: what is tested here is not the tagger.
SETTINGS = Settings(brokers="nowhere:1", tagger="tests.poison:load")
ENGLISH = "The port authority said on Tuesday that the harbour would stay closed until the storm had passed."
GERMAN = "Die Hafenbehörde teilte am Dienstag mit, dass der Hafen geschlossen bleibt, bis der Sturm vorüber ist."
PLAIN = replace(tagged(ENGLISH).article, source_id="g7")


def extracted(article: Article) -> Result:
    return work(Incoming(encode(article), article.id.encode(), {}, NOON, incoming(b"").origin), SETTINGS)


def one(article: Article) -> Tagged:
    [sent] = extracted(article).sends
    return decode(Tagged, sent.value)


def test_an_article_goes_to_the_owner_of_its_language() -> None:
    for text, language in ((ENGLISH, "en"), (GERMAN, "de")):
        [sent] = extracted(replace(PLAIN, body=text)).sends
        assert sent.partition == language_partition(language, LANGUAGE_PARTITIONS)
    assert one(PLAIN).vector, "stories are found by it"


def test_a_mark_is_read_and_the_headline_stays_as_printed() -> None:
    found = one(replace(PLAIN, headline="UPDATE 2-Harbour stays closed"))
    assert found.mark
    assert (found.mark.kind, found.mark.number) == ("update", 2)
    assert found.article.headline == "UPDATE 2-Harbour stays closed"


def test_a_mark_leaves_the_text_that_copies_are_found_by() -> None:
    text = f"{ENGLISH} {ENGLISH}"
    plain = one(replace(PLAIN, body=text))
    for headline, body in (("RPT-Harbour", text), ("Harbour", f"(Repeat)\n{text}"), (None, f"RPT - {text}")):
        found = one(replace(PLAIN, headline=headline, body=body, words=len(body.split())))
        assert found.mark
        assert found.mark.kind == "repeat"
        assert (found.sketch, found.article.body, found.article.words) == (plain.sketch, text, len(text.split()))
    [removed] = found.article.removed
    assert (removed.rule, removed.text) == ("mark", "RPT -")
    alert, marked = (
        one(replace(PLAIN, headline=text, body="", words=0)) for text in ("Harbour closed", "RPT-Harbour closed")
    )
    assert alert.sketch == marked.sketch, "an alert is nothing but its headline"


OTHER = "f" * 32


@pytest.mark.parametrize(
    ("notice", "withdraws"),
    [
        (replace(PLAIN, headline="MANDATORY KILL: Harbour stays closed"), item_id("test", "g7", PLAIN.id)),
        (replace(PLAIN, headline=None, body="STORY KILLED"), item_id("test", "g7", PLAIN.id)),
        (replace(PLAIN, headline="KILL-Harbour stays closed", source_id=None), PLAIN.id),
        (replace(PLAIN, status="withdrawn", withdraws=OTHER), OTHER),
        (replace(PLAIN, headline="KILL-Harbour stays closed", withdraws=OTHER), OTHER),
        (replace(PLAIN, headline=None, body="", words=0, withdraws=OTHER), OTHER),
    ],
)
def test_a_withdrawal_goes_to_every_owner_with_one_id_and_no_text(notice: Article, withdraws: str) -> None:
    result = extracted(notice)
    assert result.ending == "emitted"
    assert [sent.partition for sent in result.sends] == list(range(LANGUAGE_PARTITIONS))
    assert len({(sent.key, sent.value) for sent in result.sends}) == 1
    found = decode(Tagged, result.sends[0].value)
    assert (found.article.id, found.article.withdraws) == (notice.id, withdraws)
    line = "STORY KILLED" if notice.body == "STORY KILLED" else None
    assert (found.article.headline, found.article.body, found.entities) == (notice.headline or line, "", ())


def test_a_notice_is_at_home_with_the_owner_of_its_language() -> None:
    for text, language in ((ENGLISH, "en"), (GERMAN, "de"), ("", "und")):
        assert decode(Tagged, extracted(replace(PLAIN, body=text, withdraws=OTHER)).sends[0].value).language == language


def test_a_notice_that_is_too_large_is_rejected_once() -> None:
    result = extracted(replace(PLAIN, headline="x" * (9 << 20), withdraws=OTHER))
    assert (result.ending, result.reason, len(result.sends)) == ("rejected", "record too large", 1)

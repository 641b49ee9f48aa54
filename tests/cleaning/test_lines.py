"""Pages in the shapes news comes in, and prose that looks like boilerplate and is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.cleaning import lines
from pipeline.cleaning.datelines import byline, dateline
from pipeline.cleaning.text import normalise
from tests.cleaning.messages import MIB, article, outcome, rules

FIRST = "Fishermen in the northern port said on Tuesday they would stay ashore until the price of fuel came down."
SECOND = "The harbour master counted ninety boats at the quay, the most since the strike of 2011."


def test_agency_copy() -> None:
    page = article(
        f"UPDATE 2-Fishermen stay ashore over fuel\n\nBy Ann Lee and Jon Roe\n\nTROMSO, Norway, March 3 (Reuters) - {FIRST}\n\n"
        f"{SECOND} (Reporting by Ann Lee and Jon Roe; Editing by Max Poe)\n\nOur Standards: The Thomson Reuters Trust Principles."
    )
    assert (page.headline, page.body) == ("UPDATE 2-Fishermen stay ashore over fuel", f"{FIRST}\n{SECOND}")
    assert (page.byline, page.dateline, page.agency) == ("Ann Lee and Jon Roe", "TROMSO, Norway", "Reuters")
    assert page.published is None  # a day without a year


def test_news_site_page() -> None:
    page = article(
        "Home > World > Europe\nFishermen stay ashore over fuel\nNinety boats at the quay as prices rise again\n"
        "By Ann Lee in Tromso | Reuters\nPublished: 3 March 2021, 10:15 GMT | Updated: 4 March 2021\n"
        "Share on Facebook Share on Twitter Email this article\nPhoto: Jon Roe/Getty Images\n"
        f"{FIRST}\nAdvertisement\nRead more: Why fuel is dear\n{SECOND}\nSign up to our newsletter to get the top stories.\n"
        "Follow us on Twitter and Facebook.\n12 comments\n© 2021 The Daily Quay. All rights reserved."
    )
    assert (page.headline, page.body) == ("Fishermen stay ashore over fuel", f"{FIRST}\n{SECOND}")
    assert page.standfirst == "Ninety boats at the quay as prices rise again"
    assert (page.byline, page.agency) == ("Ann Lee", "Reuters")
    assert page.published == datetime(2021, 3, 3, 10, 15, tzinfo=UTC)
    assert page.published_precision == "minute"
    assert page.copyright == "© 2021 The Daily Quay. All rights reserved."
    assert set(rules(page)) == {
        *("section", "byline", "agency", "date line", "share", "caption"),
        *("advertisement", "read more", "newsletter", "comments", "copyright"),
    }


def test_blog_page() -> None:
    page = article(
        f"Why I sold my boat\nPosted on 3 March 2021\n{FIRST}\n{SECOND}\nWhat would you have done?\nLeave a comment"
    )
    assert (page.headline, page.body) == ("Why I sold my boat", f"{FIRST}\n{SECOND}\nWhat would you have done?")
    assert page.published == datetime(2021, 3, 3, tzinfo=UTC)


def test_hard_wrapped_wire_of_1987() -> None:
    page = article(
        "FISHERMEN STAY ASHORE\nFishermen in the northern port said\nthey would stay ashore until the price\nof fuel came down.\n"
        "    The harbour master counted ninety\nboats at the quay.\n REUTER\n\x03"
    )
    assert page.headline == "FISHERMEN STAY ASHORE"
    assert page.body == (
        "Fishermen in the northern port said they would stay ashore until the price of fuel came down.\n"
        "The harbour master counted ninety boats at the quay."
    )
    assert page.agency == "Reuters"


def test_earnings_notice_has_no_title() -> None:
    page = article("Shr 22 cts vs 18 cts\n    Net 3,035,000 vs 2,516,000\n    Revs 20.9 mln vs 19.6 mln")
    assert page.headline is None
    assert page.body == "Shr 22 cts vs 18 cts\nNet 3,035,000 vs 2,516,000\nRevs 20.9 mln vs 19.6 mln"


def test_syndicated_page() -> None:
    page = article(
        f"Fishermen stay ashore\nAFP\nOslo: {FIRST}\n{SECOND}\n(This story has not been edited by our staff and is"
        " auto-generated from a syndicated feed.)\nFirst Published: Mar 3, 2021"
    )
    assert (page.dateline, page.agency, page.body) == ("Oslo", "AFP", f"{FIRST}\n{SECOND}")
    assert page.published == datetime(2021, 3, 3, tzinfo=UTC)


def test_boilerplate_glued_to_sentences() -> None:
    page = article(f"Your support makes all the difference.{FIRST}\n{SECOND}Read more: Why fuel is dear")
    assert page.body == f"{FIRST}\n{SECOND}"
    assert set(rules(page)) == {"appeal", "read more"}


def test_boilerplate_in_one_paragraph_with_the_text() -> None:
    page = article(f"LISTEN: 4 min read. {FIRST} {SECOND} Copyright 2021 The Associated Press. All rights reserved.")
    assert page.body == f"{FIRST} {SECOND}"
    assert page.agency == "AP"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Photo: Jon Roe. ", ""),
        ("File photo: the harbour. ", ""),
        ("Read more: Why fuel is dear. ", ""),
        ("© 2021 The Quay. ", ""),
        ("", " (File Photo)"),
        ("", " © 2021 The Quay. All rights reserved."),
        ("", " This article was originally published by The Quay."),
    ],
)
def test_a_rule_takes_its_own_sentence_from_a_page_of_one_line(before: str, after: str) -> None:
    page = article(f"{before}{FIRST} {SECOND}{after}")
    assert page.body == f"{FIRST} {SECOND}"
    assert _characters("".join(removed.text for removed in page.removed)) == _characters(before + after)


def test_a_line_of_several_notices_goes_whole() -> None:
    notice = (
        "© 2019 Associated Press. All Rights Reserved. This material may not be published, broadcast or redistributed."
    )
    page = article(f"{FIRST}\n{SECOND}\n{notice}")
    assert (page.body, page.agency) == (f"{FIRST}\n{SECOND}", "AP")
    assert page.copyright == "© 2019 Associated Press."


def test_a_report_may_be_published() -> None:
    prose = "This report was published on Monday. Nine boats were lost."
    assert article(prose).body == prose


def test_an_appeal_in_other_words() -> None:
    page = article(
        f"Fishermen stay ashore\n{FIRST}\n{SECOND}\nSupport our journalism today.\nWe are a newsroom of nine and our readers"
        " pay for every story.\nIf you can, please donate so that we keep reporting from the coast."
    )
    assert page.body == f"{FIRST}\n{SECOND}"
    assert len(rules(page)["appeal"]) == 3


GERMAN = """Fischer bleiben wegen Treibstoffpreisen an Land

Tromsö (dpa) - Die Fischer im nördlichen Hafen wollen an Land bleiben, bis der Treibstoff billiger wird.

„Wir fahren erst wieder hinaus, wenn es sich lohnt“, sagte eine Sprecherin am 3. März 2021.

Kommentar: Der Minister schwieg. Anzeige wegen Betrugs wurde erstattet."""

FRENCH = """Les pêcheurs restent à quai

Les pêcheurs du port du Nord ont annoncé mardi qu’ils resteraient à terre jusqu’à la baisse du prix du carburant.

« Nous ne sortirons que si cela en vaut la peine », a déclaré leur porte-parole : « Photo ou pas, rien ne bouge. »"""


def test_german_and_french_pass_through() -> None:
    german, french = article(GERMAN), article(FRENCH)
    assert german.headline == "Fischer bleiben wegen Treibstoffpreisen an Land"
    assert (german.dateline, german.agency) == ("Tromsö", "dpa")
    assert german.body.split("\n") == [
        "Die Fischer im nördlichen Hafen wollen an Land bleiben, bis der Treibstoff billiger wird.",
        *GERMAN.split("\n\n")[2:],
    ]
    assert french.headline == "Les pêcheurs restent à quai"
    assert french.body.split("\n") == FRENCH.split("\n\n")[1:]
    assert french.removed == ()


def test_other_scripts_pass_through() -> None:
    text = (
        "渔民因燃料价格留在岸上。\n港务长说，码头上有九十条船。\nРыбаки остались на берегу.\nبقي الصيادون على الشاطئ."
    )
    page = article(text)
    assert (page.headline, page.body, page.removed) == (None, text, ())


@pytest.mark.parametrize(
    "prose",
    [
        "Comments by the minister moved the market. Share prices fell.",
        "Share prices fell 3 pct. Follow-on offers were delayed.",
        "Copyright law is to change, the minister said.",
        "By Monday the boats were back.",
        '"Support our fishermen," the mayor said. "We need their story told, and your donation helps."',
        "Published accounts show a loss of 12 mln dlrs in 2016.",
        "Reporting by the banks has improved. Editing by hand is slow, he said.",
        "The film ends. Photography was his life.",
        "Sign up for the bundle with the same address as your account.",
        "Read more slowly, she told the class.",
        "IBM - the company that made it - sold 3,000.",
        "Analysis: Russia could come back within hours.",
        "Putin: Russia could come back within hours.",
        "The senator (R-Texas) - who voted no - left.",
        "We subscribe to no theory, the bank said.",
        "Updated guidance came on 3 March 2016 and moved the market.",
    ],
)
def test_prose_that_looks_like_boilerplate_stays(prose: str) -> None:
    for text in (prose, f"{FIRST}\n{prose}", f"{prose}\n{FIRST}", f"{FIRST}\n{prose}\n{SECOND}"):
        page = article(text)
        assert (page.body, page.headline, page.removed) == (text, None, ())


@pytest.mark.parametrize(
    ("line", "place", "agency"),
    [
        ("MOSCOW (Reuters) - Russia said", "MOSCOW", "Reuters"),
        ("LONDON, March 3 (AP) — The", "LONDON", "AP"),
        ("PARIS, March 27, 2016 (AFP) - The", "PARIS", "AFP"),
        ("BEIJING, Nov. 3 (Xinhua) -- The", "BEIJING", "Xinhua"),
        ("ST. JOSEPH, Mich. (AP) — Officials", "ST. JOSEPH, Mich.", "AP"),
        ("Rio de Janeiro: The", "Rio de Janeiro", None),
        ("New Delhi: “The", "New Delhi", None),
        ("BUFFALO, N.Y. — Hours", "BUFFALO, N.Y.", None),
        ("(Reuters) - Russia", None, "Reuters"),
        ("Hong Kong (CNN Business) A muddled", "Hong Kong", "CNN"),
    ],
)
def test_datelines(line: str, place: str | None, agency: str | None) -> None:
    found = dateline(line)
    assert found is not None
    assert (found.place, found.agency) == (place, agency)
    assert line[found.end] in "RTHOA“"


@pytest.mark.parametrize(
    "line",
    [
        "Moscow said",
        "UPDATE - The",
        "Background: The",
        "Boris (Johnson) The",
        "IBM - the",
        "A: Yes",
        "March 3 - The",
        "On October 1 - 2 the city",
    ],
)
def test_no_datelines(line: str) -> None:
    assert dateline(line) is None


def test_a_full_dateline_dates_the_article() -> None:
    page = article(f"PARIS, March 27, 2016 (AFP) - {FIRST}")
    assert (page.published, page.published_from) == (datetime(2016, 3, 27, tzinfo=UTC), "dateline")


@pytest.mark.parametrize(
    ("line", "name", "agency"),
    [
        ("By Ann Lee", "Ann Lee", None),
        ("BY ANN LEE AND JON ROE", "ANN LEE AND JON ROE", None),
        ("By Ursula von der Leyen in Tromso", "Ursula von der Leyen", None),
        ("By Ann Lee - Reuters", "Ann Lee", "Reuters"),
        ("By The Associated Press", "The Associated Press", "AP"),
    ],
)
def test_bylines(line: str, name: str, agency: str | None) -> None:
    assert byline(line) == (name, agency)


@pytest.mark.parametrize(
    "line", ["By then it was over", "By Ann Lee said.", "By", "Bystander Ann Lee", "By 2016 Ann Lee"]
)
def test_no_bylines(line: str) -> None:
    assert byline(line) is None


def test_a_title_needs_a_text() -> None:
    assert (article("Fishermen stay ashore").headline, article("Fishermen stay ashore").body) == (
        None,
        "Fishermen stay ashore",
    )
    page = article("Fishermen stay ashore\n© Reuters 2021")
    assert (page.headline, page.body, page.agency) == (None, "Fishermen stay ashore", "Reuters")


def test_an_update_dates_only_what_has_no_other_date() -> None:
    page = article(f"Fishermen stay ashore\nUpdated: 4 March 2021\n{FIRST}")
    assert (page.published, page.published_from) == (datetime(2021, 3, 4, tzinfo=UTC), "update line")


# Small pieces in any order: rules meet each other in ways nobody wrote down.
PIECES = st.sampled_from(
    (FIRST, SECOND, "A title of it", "By Ann Lee", "© Reuters 2016", "Comments", "|", "...", "Mar 27, 2016", "MOSCOW (AP) - ",
     "Your support helps.", "we report", "(File Photo)", "  ", "reuter", "Published: 2016-03-27", "é\u0301", "a", "Photo: x")
)  # fmt: skip


@given(st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "\n", "\n\n", "\n    "])), max_size=12))
def test_no_character_is_lost_or_made(pieces: list[tuple[str, str]]) -> None:
    text = normalise("".join(piece + end for piece, end in pieces))
    page = lines.read(text)
    assume(all(removed.characters <= 200 for removed in page.removed))  # a note keeps no more
    parts = [page.headline or "", page.standfirst or "", *page.body, *(removed.text for removed in page.removed)]
    assert all(len(removed.text) == removed.characters for removed in page.removed)
    # The bars between the credits of a line are all that goes without a note.
    assert _characters("".join(parts)) == _characters(text)


def _characters(text: str) -> list[str]:
    return sorted("".join(text.split()).replace("|", ""))


@pytest.mark.parametrize(
    "unit",
    ["a", "(", "\n", "😀", "© ", ".\n", "Comments\n", "A. ", "By Xyz Abc\n", "Mar 27, 2016\n", "ABC, ", "Ã©", "e\u0323\u0301",
     "\u0323\u0301", "\x01", "Aa.Aa", "x“ Ã©", "A (A) ", "    a b\n", "we donate reporting\n", "photo: ", "share on "],
)  # fmt: skip
@pytest.mark.timeout(30)
def test_a_mebibyte_of_anything_ends(unit: str) -> None:
    result = outcome(unit * (MIB // len(unit.encode())), content_type="text/plain")
    assert type(result).__name__ in ("Emit", "Drop")

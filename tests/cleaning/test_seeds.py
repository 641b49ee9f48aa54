"""The two articles the house was built on: every line of them is accounted for."""

from datetime import UTC, datetime

import pytest

from tests.cleaning.messages import SEEDS, article, rules

HEADERS = {"ce_id": "seed", "ce_source": "files", "ce_time": "2016-03-28T09:00:00Z", "content_type": "text/plain"}


@pytest.fixture(params=[{}, HEADERS], ids=["bare", "with headers"])
def headers(request: pytest.FixtureRequest) -> dict[str, str]:
    return dict(request.param)


def test_000_has_its_metadata_from_its_lines(headers: dict[str, str]) -> None:
    seed = article((SEEDS / "000_da756ab1ea3c612b.txt").read_bytes(), **headers)
    assert seed.headline == "Vladimir Putin Congratulates Syria's Assad On Regaining Palmyra"
    assert (seed.published, seed.published_precision) == (datetime(2016, 3, 27, tzinfo=UTC), "day")
    assert seed.published_from == "date line"
    assert (seed.dateline, seed.agency, seed.copyright) == ("Moscow", "Reuters", "© Thomson Reuters 2016")
    assert (seed.standfirst, seed.byline) == (None, None)
    assert seed.body.startswith("Russian President Vladimir Putin has congratulated")
    assert seed.body.endswith("ordered after military successes.")
    assert seed.body.count("\n") == 9
    assert rules(seed) == {
        "date line": ["This Article is From Mar 27, 2016"],
        "repeated title": [seed.headline],
        "caption": [
            "Vladimir Putin told Assad that Russia will continue to support Damascus in fighting terrorists. (File Photo)"
        ],
        "dateline": ["Moscow: "],
        "copyright": ["© Thomson Reuters 2016"],
        "no words": ["."],
    }


def test_003_loses_appeal_and_forum_and_keeps_its_standfirst(headers: dict[str, str]) -> None:
    seed = article((SEEDS / "003_ad97000ca8eed3a9.txt").read_bytes(), **headers)
    assert seed.headline == "Vladmir Putin congratulates Assad on recapturing Palmyra"
    assert seed.standfirst == "The Islamic State first captured the ancient city in May of last year"
    assert (seed.published, seed.published_from, seed.published_precision) == (None, None, None)
    assert (seed.dateline, seed.agency, seed.byline, seed.copyright) == (None, None, None, None)
    assert seed.body.startswith("Russian President Vladmir Putin has praised")
    assert seed.body.endswith("bringing new identical ones from the city’s quarry.")
    assert seed.body.count("\n") == 8
    assert {rule: len(texts) for rule, texts in rules(seed).items()} == {"appeal": 5, "comments": 3}


@pytest.mark.parametrize("name", ["000_da756ab1ea3c612b.txt", "003_ad97000ca8eed3a9.txt"])
def test_everything_of_a_seed_is_kept_or_noted(name: str) -> None:
    text = (SEEDS / name).read_text()
    seed = article(text)
    kept = [seed.headline or "", seed.standfirst or "", *seed.body.split("\n")]
    noted = sum(removed.characters - removed.text.endswith(" ") for removed in seed.removed)
    # The space after "Moscow:" is in the text and in what the dateline rule took.
    assert sum(map(len, kept)) + noted == sum(len(line.strip()) for line in text.splitlines()) - text.count("Moscow: ")

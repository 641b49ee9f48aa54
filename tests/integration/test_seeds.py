"""The user's two articles, from file to enriched record, with the real tagger on the real broker, in either order."""

import asyncio
from pathlib import Path

import pytest

from pipeline.kafka.replay import Options, replay
from pipeline.records import Enriched, Entity
from pipeline.settings import Settings
from pipeline.sources.reader import read
from tests.conftest import SEEDS
from tests.desk import last_enriched, read_all, wait_done, wait_no_lag, workers

pytestmark = pytest.mark.broker

NDTV, INDEPENDENT = SEEDS / "000_da756ab1ea3c612b.txt", SEEDS / "003_ad97000ca8eed3a9.txt"
TAGGER = {"COPYDESK_TAGGER": "copydesk"}


def replay_files(settings: Settings, *paths: Path) -> None:
    asyncio.run(replay(read([*paths], limit=8 << 20), settings, Options()))


@pytest.fixture(params=["000 first", "003 first"])
def records(desk: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Enriched]:
    """The enriched seeds, one copy with ten words changed, and the first seed once more from another path."""
    ordered = (NDTV, INDEPENDENT) if request.param == "000 first" else (INDEPENDENT, NDTV)
    text = NDTV.read_text()
    copy = text.replace(
        "Vladimir Putin Congratulates Syria's Assad On Regaining Palmyra", "Kremlin Hails The Fall Of Palmyra"
    )
    for old, new in (
        ("Kremlin spokesman", "Moscow spokesman"), ("impossible", "unthinkable"), ("seized", "took"), ("biggest", "largest"),
        ("hardline", "extreme"), ("ancient", "antique"), ("demine", "clear"), ("rebuilt", "restored"), ("bulk", "most"),
        ("scale up", "step up"),
    ):  # fmt: skip
        copy = copy.replace(old, new, 1)
    (tmp_path / "copy.txt").write_text(copy)
    (tmp_path / "the same from another path.txt").write_bytes(NDTV.read_bytes())
    with workers(desk, tmp_path) as start:
        start(**TAGGER)
        for path in ordered:  # one after the other: order of arrival is what this is about
            replay_files(desk, path)
            wait_no_lag(desk)
        before = asyncio.run(last_enriched(desk))
        replay_files(desk, tmp_path / "copy.txt", tmp_path / "the same from another path.txt")
        wait_no_lag(desk)
        found = asyncio.run(last_enriched(desk))
        assert not asyncio.run(read_all(desk, "deadletter"))
        assert wait_done(desk, list(found)) == dict.fromkeys(found, "enriched")
    assert len(before) == 2
    assert len(found) == 3, "the same file again is the same document"
    assert {id_: found[id_] for id_ in before} == before, "and changes nothing"
    by_body = {record.body[:40]: record for record in before.values()}
    [third] = [record for id_, record in found.items() if id_ not in before]
    return {
        "000": by_body["Russian President Vladimir Putin has con"],
        "003": by_body["Russian President Vladmir Putin has prai"],
        "copy": third,
    }


@pytest.mark.timeout(150)
def test_what_must_be_true_on_the_seeds(records: dict[str, Enriched]) -> None:
    first, second, copy = records["000"], records["003"], records["copy"]

    assert first.headline == "Vladimir Putin Congratulates Syria's Assad On Regaining Palmyra"
    assert first.published is not None
    assert first.published.date().isoformat() == "2016-03-27"
    assert (first.published_from, first.published_precision) == ("date line", "day")
    assert (first.dateline, first.agency) == ("Moscow", "Reuters")
    assert first.body.startswith("Russian President Vladimir Putin has congratulated")
    assert first.body.endswith("ordered after military successes.")
    for gone in ("File Photo", "This Article is From", "Congratulates", "©", "\n.", "Moscow:"):
        assert gone not in first.body
    assert {person.name for person in persons(first)} >= {
        "Vladimir Putin", "Bashar al-Assad", "Dmitry Peskov", "Irina Bokova",
    }  # fmt: skip
    assert_all_mentions(first, "Vladimir Putin", "Putin")
    assert_all_mentions(first, "Bashar al-Assad", "Assad")
    assert_all_mentions(first, "Dmitry Peskov", "Peskov")

    assert second.headline == "Vladmir Putin congratulates Assad on recapturing Palmyra"
    assert second.published is None
    assert second.published_from is None
    assert (second.dateline, second.agency) == (None, None)
    assert second.standfirst == "The Islamic State first captured the ancient city in May of last year"
    assert second.body.startswith("Russian President Vladmir Putin has praised")
    assert second.body.endswith("bringing new identical ones from the city’s quarry.")
    for gone in ("first captured the ancient city in May", "Your support", "donation", "commenting forum", "Comments"):
        assert gone not in second.body
    assert {person.name for person in persons(second)} >= {"Dmitry Peskov", "Mamoun Abdulkarim"}
    [putin] = [person for person in persons(second) if "Putin" in person.name]
    assert_all_mentions(second, putin.name, "Putin")
    [assad] = [person for person in persons(second) if "Assad" in person.name]
    assert_all_mentions(second, assad.name, "Assad")

    assert first.duplicate.kind == second.duplicate.kind == "unique"
    assert (copy.duplicate.kind, copy.duplicate.of) == ("near", first.id)
    assert first.story, "both tell of one event"
    assert first.story == second.story == copy.story
    for record in (first, second, copy):
        for entity in record.entities:
            for mention in entity.mentions:
                assert getattr(record, mention.field)[mention.start : mention.end] == mention.text


def persons(record: Enriched) -> list[Entity]:
    return [entity for entity in record.entities if entity.type == "PERSON"]


def assert_all_mentions(record: Enriched, name: str, surname: str) -> None:
    """Every place where the surname stands in headline or body belongs to the one entity."""
    [entity] = [person for person in persons(record) if person.name == name]
    stands = (record.headline or "").count(surname) + record.body.count(surname)
    assert sum(surname in mention.text for mention in entity.mentions) == stands
    assert len(entity.mentions) == stands

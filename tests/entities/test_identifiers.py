import pytest

from pipeline.entities import canonical
from pipeline.entities.datelines import places
from pipeline.entities.mentions import Text
from pipeline.records import Entity
from tests.entities.marked import read


def entities(marked: str, dateline: str = "") -> dict[str, Entity]:
    text, spans = read(marked)
    found = canonical.entities(
        Text("headline", "", []), Text("dateline", dateline, places(dateline)), Text("body", text, spans)
    )
    return {entity.mentions[-1].text: entity for entity in found}


@pytest.mark.parametrize(
    ("marked", "name", "ids"),
    [
        # countries
        ("[PLA Russia]", "Russia", {"iso3166": "RU"}),
        ("[PLA U.S.]", "United States", {"iso3166": "US"}),
        ("[PLA Britain]", "United Kingdom", {"iso3166": "GB"}),
        ("[PLA Burma]", "Myanmar", {"iso3166": "MM"}),
        ("[PLA Afganistan]", "Afghanistan", {"iso3166": "AF"}),
        ("[PLA England]", "England", {}),
        ("[PLA Soviet Union]", "Soviet Union", {}),
        ("[PLA Congo]", "Congo", {}),
        ("[PLA Korea]", "Korea", {}),
        ("[PLA Georgia]", "Georgia", {}),
        ("[OTH Georgian] troops left [PLA Georgia]", "Georgia", {"iso3166": "GE"}),
        ("[OTH Georgian] wine in [PLA Atlanta], [PLA Georgia]", "Georgia", {}),
        ("[OTH Georgian] rule in [PLA Gori], [PLA Georgia]", "Georgia", {"iso3166": "GE"}),
        ("[OTH Georgian] talks of [PLA Armenia], [PLA Georgia]", "Georgia", {"iso3166": "GE"}),
        ("[OTH Georgian] trade from [PLA Batumi], [PLA Georgia]", "Georgia", {"iso3166": "GE"}),
        ("[PLA Peru], Indiana", "Peru", {}),
        ("[PER Jordan]", "Jordan", {}),
        ("[OTH Russian]", "Russian", {}),
        # cities
        ("[PLA Moscow]", "Moscow", {"geonames": "524901"}),
        ("[PLA Kiev]", "Kyiv", {"geonames": "703448"}),
        ("[PLA Paris]", "Paris", {"geonames": "2988507"}),
        ("[PLA Paris], Texas", "Paris", {}),
        ("[PLA Paris], France", "Paris", {"geonames": "2988507"}),
        ("[PLA Birmingham]", "Birmingham", {}),
        ("[PLA Birmingham], England", "Birmingham", {"geonames": "2655603"}),
        ("[PLA Birmingham], Alabama", "Birmingham", {"geonames": "4049979"}),
        ("[PLA London], Ontario", "London", {"geonames": "6058560"}),
        ("[PLA Valencia]", "Valencia", {}),
        ("the Spanish city of [PLA Valencia]", "Valencia", {"geonames": "2509954"}),
        ("[PLA New York]", "New York", {}),
        ("[PLA Nice]", "Nice", {}),
        ("[PLA Washington]", "Washington", {}),
        ("[PLA Washington], D.C.", "Washington", {"geonames": "4140963"}),
        ("[PLA Palmyra]", "Palmyra", {}),
        ("[PLA London], Canada and Australia", "London", {"geonames": "2643743"}),
        ("[PLA Atlanta], Georgia", "Atlanta", {"geonames": "4180439"}),
        ("[PLA Vatican]", "Vatican City", {"iso3166": "VA"}),
        # a word, a province, a company, a part of London; another city under an older name
        *(
            (f"[PLA {name}]", name, {})
            for name in ("Sale", "Gaza", "Munster", "Toyota", "East London", "Canton", "Odessa")
        ),
        # a province has the name too; not so where the city is what the name means
        *(
            (f"[PLA {name}]", name, {})
            for name in ("Donetsk", "Luhansk", "Jilin", "Veracruz", "Puebla", "Kandahar", "Fukushima")
        ),
        *(
            (f"[PLA {name}]", name, {"geonames": number})
            for name, number in (("Istanbul", "745044"), ("Kabul", "1138958"), ("St. Petersburg", "498817"))
        ),
        # organisations
        ("[ORG UN]", "United Nations", {"wikidata": "Q1065"}),
        ("[ORG World Health Organisation]", "World Health Organization", {"wikidata": "Q7817"}),
        ("[ORG World Food Program]", "World Food Programme", {"wikidata": "Q204344"}),
        ("[ORG International Labor Organization]", "International Labour Organization", {"wikidata": "Q54129"}),
        ("[ORG European Defense Agency]", "European Defence Agency", {"wikidata": "Q1134173"}),
        (
            "[ORG European Center for Disease Prevention and Control]",
            "European Centre for Disease Prevention and Control",
            {"wikidata": "Q918501"},
        ),
        ("[ORG UNESCO]", "UNESCO", {"wikidata": "Q7809"}),
        ("[ORG ICC]", "ICC", {}),
        ("[ORG Institute of Medicine] ([ORG IOM])", "Institute of Medicine", {}),
        ("[ORG Indian Oil Corp] ([ORG IOC])", "Indian Oil Corp", {}),
        ("[ORG Pakistan Defense Department] [ORG Defense Department]", "Pakistan Defense Department", {}),
        ("[ORG Who]", "Who", {}),
        ("[ORG Internal Revenue Service] said the [ORG IRS]", "Internal Revenue Service", {"wikidata": "Q973587"}),
        *((f"[ORG {name}]", name, {}) for name in ("GCC", "OIC", "IOM", "IFAD", "ILO", "WFP", "IRS", "IOC", "HRW")),
        ("[ORG International Criminal Court] ([ORG ICC])", "International Criminal Court", {"wikidata": "Q47488"}),
        ("[ORG G-7]", "Group of Seven", {}),
        ("[ORG Acme Inc]", "Acme Inc", {}),
        ("[PLA UN]", "UN", {}),
        # people
        ("[PER Vladmir Putin]", "Vladimir Putin", {}),
        ("[PER Vladimir Putins]", "Vladimir Putins", {}),
        ("[PER Putin]", "Putin", {}),
    ],
)
def test_what_is_known_beforehand(marked: str, name: str, ids: dict[str, str]) -> None:
    entity = (
        list(entities(marked).values())[-1] if marked.startswith("[OTH G") else next(iter(entities(marked).values()))
    )
    assert (entity.name, entity.ids) == (name, ids)


@pytest.mark.parametrize(
    ("dateline", "marked", "ids"),
    [
        ("ATHENS", "[PLA Athens]", {"geonames": "264371"}),
        ("WASHINGTON", "[PLA Washington]", {"geonames": "4140963"}),
        ("BIRMINGHAM", "[PLA Birmingham]", {}),
        ("BIRMINGHAM, Ala.", "[PLA Birmingham]", {"geonames": "4049979"}),
        ("NICE, France", "[PLA Nice]", {"geonames": "2990440"}),
    ],
)
def test_a_dateline_tells_which_city(dateline: str, marked: str, ids: dict[str, str]) -> None:
    [entity] = [e for e in entities(marked, dateline).values() if e.mentions[-1].field == "body"]
    assert entity.ids == ids


def test_symbols_roles_and_governments_are_kept_with_the_entity() -> None:
    found = entities(
        "[ORG Iridium Inc] <IRDV.O> fell, [ORG Iridium] said. [ORG Kremlin] spokesman [PER Dmitry Peskov] spoke in"
        " [PLA Moscow]. [PLA Moscow] said [PER Peskov], the Kremlin spokesman, was right."
    )
    assert found["Iridium"].symbols == ("IRDV.O",)
    assert found["Peskov"].roles == ("Kremlin spokesman",)
    assert [mention.government for mention in found["Moscow"].mentions] == [False, True]


def test_a_namesake_of_a_capital_has_no_government() -> None:
    found = entities("[PLA Paris], Texas, is dry. [PLA Paris] said it would pray.")
    assert not any(mention.government for mention in found["Paris"].mentions)

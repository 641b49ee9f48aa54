"""Identifiers and the usual names of what is known beforehand. No identifier is better than a wrong one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.entities.gazetteer import City, Country, Region, gazetteer
from pipeline.entities.names import Key

# The next of the name has a tenth of the people at most, as in the file of cities.
_SHARE: Final = 10
# Countries' names that mean something else as often: only with what stands in the set somewhere in the article.
_DOUBTFUL: Final[dict[Key, frozenset[Key]]] = {
    ("georgia",): frozenset(
        {("tbilisi",), ("georgian",), ("abkhazia",), ("south", "ossetia"), ("batumi",), ("caucasus",)}
    ),
    ("america",): frozenset({("united", "states"), ("us",), ("usa",), ("american",)}),
    ("jersey",): frozenset({("saint", "helier"), ("channel", "islands"), ("guernsey",)}),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beforehand of an entity: its identifiers, and its usual name where it has one."""

    ids: dict[str, str] = field(default_factory=dict)
    name: str | None = None


UNKNOWN: Final = Known()


@dataclass(slots=True)
class Surroundings:
    """What the article says of where a place lies: the keys of all its places and peoples, whether the place is that of
    the dateline, the regions named behind it ("Paris, Texas"), a search for those before it ("Syria's Palmyra"), and
    one for the names that a comma joins it to ("Atlanta, Georgia").
    """

    article: Collection[Key] = ()
    dateline: bool = False
    behind: Sequence[Region] = ()
    before: Callable[[], Sequence[Region]] = tuple
    told: Callable[[], Sequence[Key]] = tuple


def organisation(texts: Mapping[Key, str]) -> Known:
    """What is known of the organisation with these names, each with a text that has it."""
    known_as = {name: known for name, text in texts.items() if (known := gazetteer().organisation(name, text))}
    # Letters are several bodies': "IOC" beside "Indian Oil Corp" is not the Olympic Committee.
    longest = max(map(len, known_as), default=0)
    if len(set(known_as.values())) != 1 or any(len(name) > longest for name in texts):
        return UNKNOWN
    known = next(iter(known_as.values()))
    return Known({"wikidata": known.wikidata} if known.wikidata else {}, known.name)


def place(names: Sequence[Key], around: Surroundings) -> Known:
    """What is known of the place with these names."""
    places = gazetteer()
    if len(names) == 1 and not places.is_place(names[0]):
        meant = places.place_slips.find(names[0])
        if meant is None or meant[0][0] != names[0][0][0]:
            return UNKNOWN
        names = (meant,)
    countries = {country for name in names if (country := places.countries.get(name))}
    if countries:
        country = countries.pop()
        if countries or not _is_certain(country, names, around):
            return UNKNOWN
        return Known({"iso3166": country.code} if country.code else {}, country.name)
    cities = {city.id: city for name in names if (city := _city(name, around))}
    if len(cities) != 1:
        return UNKNOWN
    [city] = cities.values()
    return Known({"geonames": city.id}, city.name)


def _is_certain(country: Country, names: Sequence[Key], around: Surroundings) -> bool:
    if any(region.country not in (country.code, country.name) for region in around.behind):
        return False  # Peru, Indiana
    needed = [_DOUBTFUL[name] for name in names if name in _DOUBTFUL]
    if not all(any(key in some for key in around.article) for some in needed):
        return False
    # "Atlanta, Georgia", also in an article on Georgian wine; in a list of countries and behind a town it is the country.
    places = gazetteer()
    told = [places.cities(name) for name in around.told() if name not in places.countries] if needed else []
    return all(not cities or any(city.region.country == country.code for city in cities) for cities in told)


def _city(name: Key, around: Surroundings) -> City | None:
    cities = gazetteer().cities(name)
    if not cities:
        return None
    first = cities[0]
    if first.sure and not around.behind:
        return first
    if regions := [*around.behind, *around.before()]:
        # All that is said of the place must agree: "Paris, Texas" is in no file of large cities, so it is none of them.
        cities = [city for city in cities if all(city.region.agrees(region) for region in regions)]
        return cities[0] if cities and _outnumbers(cities) else None
    capital_of = gazetteer().capitals.get(name)
    is_capital = capital_of is not None and capital_of.code == first.region.country
    return first if around.dateline and (is_capital or _outnumbers(cities)) else None


def _outnumbers(cities: Sequence[City]) -> bool:
    return len(cities) == 1 or cities[0].people >= _SHARE * cities[1].people

"""Names that are known beforehand: countries, cities, organisations, people; from the files in `data/`."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from pipeline.entities.likeness import Misspellings
from pipeline.entities.names import Key, key, person_key

# What stands behind a place to tell which: "Paris, Texas", "Hartford, Conn.". Postal letters are left out but for D.C.:
# in a text "OR" and "IN" are words.
_STATES: Final = (
    "AL Alabama Ala;AK Alaska;AZ Arizona Ariz;AR Arkansas Ark;CA California Calif;CO Colorado Colo;CT Connecticut Conn;"
    "DE Delaware Del;DC D.C.;FL Florida Fla;GA Georgia Ga;HI Hawaii;ID Idaho;IL Illinois Ill;IN Indiana Ind;IA Iowa;"
    "KS Kansas Kan;KY Kentucky Ky;LA Louisiana La;ME Maine;MD Maryland Md;MA Massachusetts Mass;MI Michigan Mich;"
    "MN Minnesota Minn;MS Mississippi Miss;MO Missouri Mo;MT Montana Mont;NE Nebraska Neb;NV Nevada Nev;"
    "NH New_Hampshire N.H.;NJ New_Jersey N.J.;NM New_Mexico N.M.;NY New_York N.Y.;NC North_Carolina N.C.;"
    "ND North_Dakota N.D.;OH Ohio;OK Oklahoma Okla;OR Oregon Ore;PA Pennsylvania Pa;RI Rhode_Island R.I.;"
    "SC South_Carolina S.C.;SD South_Dakota S.D.;TN Tennessee Tenn;TX Texas Tex;UT Utah;VT Vermont Vt;VA Virginia Va;"
    "WA Washington Wash;WV West_Virginia W.Va.;WI Wisconsin Wis;WY Wyoming Wyo"
)
_PROVINCES: Final = (  # with GeoNames' numbers
    "01 Alberta Alta;02 British_Columbia B.C.;03 Manitoba;04 New_Brunswick;05 Newfoundland;07 Nova_Scotia;08 Ontario Ont;"
    "09 Prince_Edward_Island;10 Quebec Que;11 Saskatchewan"
)


_BRITISH: Final = frozenset({"England", "Scotland", "Wales", "Northern Ireland"})
# "Brussels said" is the European Union; Washington is in no file a city that its name alone means.
_NO_SEATS: Final = frozenset({("brussels",)})
_SEATS: Final = frozenset({("washington",)})


class Region(NamedTuple):
    """A country, or a state or province of it."""

    country: str
    division: str = ""

    def agrees(self, other: "Region") -> bool:
        """Whether one place may lie in both: England is in Britain, and "Georgia" is a country or a state."""
        if {self, other} == {Region("GE"), Region("US", "GA")}:
            return True
        countries = {self.country, other.country}
        is_british = "GB" in countries and not _BRITISH.isdisjoint(countries)
        is_part = not self.division or not other.division or self.division == other.division
        return (is_british or len(countries) == 1) and is_part


@dataclass(frozen=True, slots=True)
class Country:
    """`code` is empty where ISO 3166-1 has none."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class City:
    """`sure` where the name alone means this city."""

    id: str
    name: str
    region: Region
    people: int
    sure: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """`wikidata` is empty where none is certain."""

    wikidata: str
    name: str


class Gazetteer:
    """All that is known beforehand; loaded once, about 15 ms."""

    def __init__(self) -> None:
        self.countries: Final[dict[Key, Country]] = {}
        self.capitals: Final[dict[Key, Country]] = {}
        self.demonyms: Final[dict[Key, Country]] = {}
        self.regions: Final[dict[Key, Region]] = {}
        self._cities: Final[defaultdict[str, list[list[str]]]] = defaultdict(list)
        self.organisations: Final[dict[Key, Organisation]] = {}
        self.called: Final[dict[str, frozenset[str]]] = {}
        self.people: Final[dict[Key, str]] = {}
        self.slips: Final = Misspellings()
        self.place_slips: Final = Misspellings()
        self._read_countries()
        self._read_cities()
        for wikidata, name, others, *_ in _rows("organisations.tsv"):
            organisation = Organisation(wikidata, name)
            for text in filter(None, (name, *others.split(";"))):
                self.organisations[key(text)] = organisation
        for short, names in _rows("given_names.tsv"):
            self.called[short] = frozenset(names.split(";"))
        for (person,) in _rows("people.txt"):
            self.people[person_key(person)] = person
            self.slips.add(person_key(person))
        # Below seven letters a slip of one country is another's town.
        for place in (*self.countries, *self.capitals):
            if len("".join(place)) >= 7:
                self.place_slips.add(place)

    def _read_countries(self) -> None:
        for code, name, capital, others, demonyms in _rows("countries.tsv", columns=5):
            country = Country(code, name)
            for text in filter(None, (name, *others.split(";"))):
                self.countries[key(text, "PLACE")] = country
                self.regions[key(text, "PLACE")] = Region(code or name)
            if capital:
                self.capitals[key(capital, "PLACE")] = country
            for text in filter(None, demonyms.split(";")):
                self.demonyms[key(text, "OTHER")] = country
        for people, demonyms in _rows("peoples.tsv"):
            for text in demonyms.split(";"):
                self.demonyms[key(text, "OTHER")] = Country("", people)
        for country_code, table in (("US", _STATES), ("CA", _PROVINCES)):
            for row in table.split(";"):
                division, *names = row.split(" ")
                for text in names:
                    self.regions.setdefault(key(text.replace("_", " "), "PLACE"), Region(country_code, division))

    def _read_cities(self) -> None:
        # Of 6,204 rows an article needs a handful: they are read when asked for.
        for names, *rest in _rows("cities.tsv"):
            for name in names.split(";"):
                self._cities[name].append(rest)

    def cities(self, name: Key) -> list[City]:
        """The cities of this name, the largest first."""
        rows = self._cities.get(" ".join(name), ())
        return [
            City(number, shown, Region(country, division), int(people), sure == "1")
            for number, shown, country, division, people, sure in rows
        ]

    def only_city(self, name: Key) -> str | None:
        """The id of the city of this name if the file has one alone."""
        rows = self._cities.get(" ".join(name), ())
        return rows[0][0] if len(rows) == 1 else None

    def is_listed(self, name: Key) -> bool:
        """Whether a region's name stands in lists of cities and capitals too, as no "Alabama" does."""
        return name in self.countries or " ".join(name) in self._cities

    def is_sure(self, name: Key) -> bool:
        """Whether the name alone means a country or one city."""
        return name in self.countries or any(city.sure for city in self.cities(name))

    def is_seat(self, name: Key) -> bool:
        """Whether the name alone means a country's capital: San Jose, Victoria and Hamilton are more often other cities."""
        country = self.capitals.get(name)
        if country is None or name in _NO_SEATS or name in self.countries:
            return False
        cities = self.cities(name)
        return name in _SEATS or (bool(cities) and cities[0].sure and cities[0].region.country == country.code)

    def organisation(self, name: Key, text: str) -> Organisation | None:
        """The organisation of this name, printed as `text`: the Who are a band, WHO is none."""
        return None if text == "Who" else self.organisations.get(name)

    def is_place(self, name: Key) -> bool:
        return name in self.countries or name in self.regions or " ".join(name) in self._cities

    def is_people(self, name: Key) -> bool:
        return name in self.demonyms


@cache
def gazetteer() -> Gazetteer:
    return Gazetteer()


def _rows(file: str, *, columns: int = 1) -> Iterator[list[str]]:
    for line in (files("pipeline.entities") / "data" / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            row = line.split("\t")
            yield row + [""] * (columns - len(row))

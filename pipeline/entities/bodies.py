"""Which mentions of organisations, of places and of other names are one thing."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipeline.entities.forms import Forms, Name
from pipeline.entities.gazetteer import Region, gazetteer
from pipeline.entities.mentions import Named
from pipeline.entities.names import Key
from pipeline.records import EntityType


def bodies(mentions: Sequence[Named], kind: EntityType) -> list[list[int]]:
    """The numbers of the mentions of each organisation, place or other thing.

    Names are one by their words, by what is known beforehand ("U.S.", "United States"), by brackets ("United Nations
    (UN)"), as acronym and long form, as short form and long form, and with one letter wrong.
    """
    names: dict[Key, Name] = {}
    at: dict[int, Name] = {}
    regions = _Regions()
    for mention in mentions:
        found = mention.key
        if kind == "PLACE":
            found = regions.named(found, mention)
        name = names.get(found)
        if name is None:
            name = names[found] = Name(found, mention.number)
        name.texts[mention.text] = None
        name.places.append(mention.number)
        at[mention.number] = name
    for mention in mentions:
        if mention.stands_for in at:
            at[mention.number].join(at[mention.stands_for])
    _join_known(names.values(), kind)
    _join_spellings(names.values())
    split = _join_forms(list(names.values()), kind)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for name in names.values():
        nearest = split.get(name.key)
        for number in name.places:
            groups[(_nearest(nearest, number) if nearest else name).root().first].append(number)
    return [sorted(group) for group in groups.values()]


class _Regions:
    """Tells two places of one name apart: Paris, Texas, from the Paris named before it."""

    def __init__(self) -> None:
        self._current: dict[Key, Key] = {}
        self._in_body: set[Key] = set()
        self._seen: defaultdict[Key, list[tuple[Region, Key]]] = defaultdict(list)

    def named(self, name: Key, mention: Named) -> Key:
        """The key of this mention: of the place last named so, unless its region says that it is another."""
        region = mention.region
        if region is None:
            if not mention.above:
                self._in_body.add(name)
            return self._current.setdefault(name, name)
        seen = self._seen[name]
        found = next((other for known, other in seen if known.agrees(region)), None)
        if found is None:
            # The first region explains what stood before without one, in the headline above all, unless that was home.
            is_same = not seen and (name not in self._in_body or _is_home(name, region))
            found = name if is_same else (*name, *region)
            seen.append((region, found))
        self._current[name] = found
        return found


def _is_home(name: Key, region: Region) -> bool:
    """Whether the largest city of the name lies in the region, or none is known at all."""
    cities = gazetteer().cities(name)
    return not cities or cities[0].region.agrees(region)


def _join_known(names: Iterable[Name], kind: EntityType) -> None:
    """Join names of one country, people, city or organisation."""
    known = gazetteer()
    seen: dict[object, Name] = {}
    for name in names:
        found: object | None = None
        if kind == "PLACE":
            found = known.countries.get(name.key) or known.only_city(name.key)
        elif kind == "OTHER":
            found = known.demonyms.get(name.key)
        else:
            found = known.organisation(name.key, next(iter(name.texts)))
        if found is not None:
            seen.setdefault(found, name).join(name)


def _join_spellings(names: Iterable[Name]) -> None:
    """Join what differs in spaces and hyphens: "JPMorgan" and "J.P. Morgan", "Wal-Mart" and "Walmart"."""
    seen: dict[str, Name] = {}
    for name in names:
        letters = "".join(map(str, name.key)).replace("-", "").replace("'", "")
        seen.setdefault(letters, name).join(name)


def _join_forms(names: list[Name], kind: EntityType) -> dict[Key, list[Name]]:
    """Join short forms, acronyms and misspellings with the long form; the rest, which several long forms may be meant
    by, mention by mention.
    """
    index = Forms(names, kind)
    split: dict[Key, list[Name]] = {}
    for name in sorted(names, key=lambda name: -len(name.key)):  # "Dow Jones" finds its long form before "Dow" does
        meant = index.long_forms(name)
        if len(meant) == 1:
            name.join(meant[0])
        elif meant:
            split[name.key] = meant
    return split


def _nearest(names: Sequence[Name], number: int) -> Name:
    """The one named last before this mention, else the one named first after it."""

    def distance(name: Name) -> tuple[bool, int]:
        at = bisect_left(name.places, number)
        return (False, number - name.places[at - 1]) if at else (True, name.first - number)

    return min(names, key=distance)

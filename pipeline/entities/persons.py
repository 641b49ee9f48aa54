"""Which mentions of persons are one person."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pipeline.entities.beside import OFFICES
from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.likeness import Misspellings
from pipeline.entities.mentions import Named
from pipeline.entities.names import (
    ADDRESS,
    FAMILY_FIRST,
    GIVEN_PARTICLES,
    Key,
    acronym,
    generation,
    has_article,
    initials,
    listed,
    names_the_father,
)

# A name of more words is none, and each word costs a copy of what follows: 1.1 s and 380 MB for one of 10,000 words.
_MOST_WORDS: Final = 16
# Of hundreds of people with one surname only the first few are compared with a further one, or the cost is quadratic.
_MOST_OF_A_SURNAME: Final = 16

_WOMEN: Final = listed(
    "mrs ms miss lady dame queen princess duchess madame frau wife widow mother sister daughter actress congresswoman "
    "chairwoman spokeswoman baroness"
)
_MEN: Final = listed(
    "mr sir lord king prince duke herr monsieur husband widower father brother son actor congressman chairman spokesman baron"
)
_TITLES: Final = ADDRESS | OFFICES | _WOMEN | _MEN


@dataclass(slots=True)
class Person:
    """Somebody whose name has several words: the fullest key, where it stands in full, and where in short."""

    full: Key
    places: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)
    initials: set[str] = field(default_factory=set)
    is_named_after_father: bool = False

    def add(self, name: Key, mentions: Iterable[Named]) -> None:
        self.full = max(self.full, name, key=_spelt_out)
        for mention in mentions:
            self.places.append(mention.number)
            self.titles.add(mention.before)
            self.initials |= initials(mention.text)
            self.is_named_after_father |= names_the_father(mention.text)

    @property
    def is_woman(self) -> bool:
        return not self.titles.isdisjoint(_WOMEN)

    @property
    def is_man(self) -> bool:
        return not self.titles.isdisjoint(_MEN)


def persons(mentions: Sequence[Named]) -> list[list[int]]:
    """The numbers of the mentions of each person.

    Two full names are one person with or without middle names, with a given name or its initial, and with one letter
    wrong. A single word goes to whom it can mean: by surname, by the only given name, by a slip of a surname. Of several
    it goes to the one with the title it has here, else to the one named last.
    """
    keys = _keys(mentions)
    by_key: dict[Key, list[Named]] = {}
    for mention, name in zip(mentions, keys, strict=True):
        by_key.setdefault(name, []).append(mention)
    people = _people(by_key)
    index = _Index(people)
    alone: dict[Key, list[int]] = {}
    for mention, name in zip(
        mentions, keys, strict=True
    ):  # in reading order: "last named" counts the short forms before
        if len(name) > 1:
            continue
        bearers = index.bearers(name[0], mention.text)[:_MOST_OF_A_SURNAME]
        if bearers and not names_the_father(mention.text):  # King Salman is not Mohammed bin Salman
            bearers = [person for person in bearers if person.full[-1] != name[0] or not person.is_named_after_father]
        if bearers:
            _meant(bearers, mention).short.append(mention.number)
        else:
            alone.setdefault(name, []).append(mention.number)
    return [*(sorted(person.places + person.short) for person in people), *alone.values()]


def _keys(mentions: Sequence[Named]) -> list[Key]:
    """The key of each mention. Where somebody is named in full with "Jr." and without, the surname has it: two people."""
    generations = [generation(mention.text) for mention in mentions]
    keys = [mention.key for mention in mentions]
    if not any(generations):
        return keys
    called: defaultdict[Key, set[str | None]] = defaultdict(set)
    for name, born in zip(keys, generations, strict=True):
        if len(name) > 1:
            called[name[0], name[-1]].add(born)
    told = {(name[-1], born) for name, all_born in called.items() if len(all_born) > 1 for born in all_born}
    return [
        (*name[:-1], f"{name[-1]} {born}") if born and (name[-1], born) in told else name
        for name, born in zip(keys, generations, strict=True)
    ]


def _people(by_key: dict[Key, list[Named]]) -> list[Person]:
    """Everybody with a name of several words, in the order in which they are named first."""
    people: list[Person] = []
    by_surname: defaultdict[str, list[Person]] = defaultdict(list)
    by_tail: dict[Key, Person] = {}
    by_letters: dict[str, Person] = {}
    owners: dict[Key, Person] = {}
    spelt = Misspellings()
    with_article = {name[-1] for name, named in by_key.items() if len(name) > 1 and has_article(named[0].text)}
    for name, named in sorted(by_key.items(), key=_initials_last):
        if len(name) == 1:
            continue
        if name[0] in GIVEN_PARTICLES and len(name) == 2 and name[1] in with_article:
            name = name[1:]  # noqa: PLW2901 - "Al Mansoori" is how "Al-Mansoori" is also written
        squeezed = "".join(name).replace("-", "")  # "Kim Jong Un" is Kim Jong-un
        same = by_tail.get(name) or by_letters.get(squeezed)
        for start in range(1, min(len(name) - 1, _MOST_WORDS)):  # "Treasury Secretary James Baker" after "James Baker"
            same = same or owners.get(name[start:])
        if same is None:
            same = next((p for p in by_surname[name[-1]][:_MOST_OF_A_SURNAME] if _compatible(p.full, name)), None)
        meant = spelt.seen(name)
        if same is None and meant:
            same = owners[meant]
        if same is None:
            same = Person(name)
            people.append(same)
            by_surname[name[-1]].append(same)
        same.add(name, named)
        owners[name] = same
        by_letters[squeezed] = same
        for start in range(1, min(len(name), _MOST_WORDS)):  # "Pena Nieto", "Al-Mansoori"
            by_tail.setdefault(name[start:], same)
    for person in people:
        person.places.sort()
    return people


def _spelt_out(name: Key) -> tuple[int, int]:
    return sum(len(word) > 1 for word in name), len(name)


def _initials_last(item: tuple[Key, list[Named]]) -> bool:
    """Names with initials for given names come after the names that may explain them."""
    return len(item[0][0]) == 1


def _compatible(a: Key, b: Key) -> bool:
    """Whether two names with one surname can be one person's: no given name contradicts another, as George W. Bush's
    does George H.W. Bush's.
    """
    called = gazetteer().called
    for x, y in zip(a[:-1], b[:-1], strict=False):
        is_initial = x[0] == y[0] and 1 in (len(x), len(y))
        if x != y and not is_initial and y not in called.get(x, ()) and x not in called.get(y, ()):
            return False
    return True


class _Index:
    """Who can be meant by one word."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._by_surname: defaultdict[str, list[Person]] = defaultdict(list)
        self._by_given: defaultdict[str, list[Person]] = defaultdict(list)
        self._by_middle: defaultdict[str, list[Person]] = defaultdict(list)
        self._by_initials: defaultdict[str, list[Person]] = defaultdict(list)
        for person in people:
            first, *middle, last = person.full
            self._by_surname[last].append(person)
            if " " in last:  # "Trump" may be either, "Trump Jr." is the son
                self._by_surname[last.split(" ")[0]].append(person)
            if first in FAMILY_FIRST and first != last:
                self._by_surname[first].append(person)
            else:
                self._by_given[first].append(person)
            for letters in person.initials:
                self._by_initials[letters].append(person)
            for word in middle:
                self._by_middle[word].append(person)

    @cached_property
    def _spelt(self) -> Misspellings:
        surnames = Misspellings()
        for surname in self._by_surname:
            surnames.add((surname,))
        return surnames

    def bearers(self, word: str, text: str) -> Sequence[Person]:
        """Those who may be called `word`, as `text` has it."""
        if found := self._by_surname.get(word):
            return found
        # A given or a middle name alone is somebody's only if one person here has it.
        for index in (self._by_given, self._by_middle):
            found = index.get(word, [])
            if len(found) == 1:
                return found
        if letters := acronym(text):  # "JFK"
            return self._by_initials.get(letters, ())[:1]
        meant = self._spelt.find((word,))
        return self._by_surname[meant[0]] if meant else ()


def _meant(bearers: Sequence[Person], mention: Named) -> Person:
    """Whom a mention means of all who bear the name."""
    if len(bearers) == 1:
        return bearers[0]
    title = mention.before
    fit: Sequence[Person] = ()
    if title in _TITLES:
        fit = [person for person in bearers if title in person.titles]
        if not fit and title in _WOMEN:
            fit = [person for person in bearers if not person.is_man]
        elif not fit and title in _MEN:
            fit = [person for person in bearers if not person.is_woman]
    return _nearest(fit or bearers, mention.number)


def _nearest(people: Sequence[Person], number: int) -> Person:
    """The one named last before this mention, else the one named first after it."""

    def distance(person: Person) -> tuple[bool, int]:
        at = bisect_left(person.places, number)
        before = max(person.places[at - 1] if at else -1, person.short[-1] if person.short else -1)
        return (False, number - before) if before >= 0 else (True, person.places[0] - number)

    return min(people[:_MOST_OF_A_SURNAME], key=distance)

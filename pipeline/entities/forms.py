"""Short forms, acronyms and slips of the pen, and the long forms that they stand for, within one article."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.likeness import Misspellings
from pipeline.entities.names import Key, acronym, has_legal_form, initials, listed
from pipeline.records import EntityType

# Of many names with one word in common only the first few are compared, or the cost is quadratic.
_MOST_ALIKE: Final = 16
# A word that many bodies' names share says not which is meant.
_GENERIC: Final = listed(
    "academy agency air airlines airport american and arab asian association authority bank bay board british bureau cabinet "
    "capital center central centre chamber city club college commission committee communications communist company "
    "conference congress conservative council county court credit democratic department development district east eastern "
    "economic electric energy european exchange federal federation finance financial fire first force foreign forum "
    "foundation free fund gas general global government group great gulf health high holding holdings hospital house "
    "imperial independent industrial industries institute insurance international investment islamic joint labor labour "
    "lake law league liberal life local media medical metal military minister ministry motor motors mountain movement "
    "museum national new news north northern office oil old organization organisation pacific parliament party people "
    "petroleum police port power press public radio railway red regional republic republican research reserve river royal "
    "san santa school sea secretary security service services social society south southern st standard state states steel "
    "stock street supreme system systems team technologies technology telecom telephone television times trade trust union "
    "united university us water west western white world"
)
# Before a body's name, besides countries and peoples: "Alabama National Guard" is "Guard".
_LEADS: Final = listed("national royal federal american us un eu european central state house senate")
# Behind a parent's name they make a subsidiary's.
_UNITS: Final = listed(
    "america asia australia canada credit europe finance financing foundation fund japan leasing overseas uk usa"
)
# Shorter names of one word are another's with one letter changed (Sanyo, Sanko).
_LONG_WORD: Final = 7
_JOINS: Final = listed("of for at in and on")
# Parts of a place's name that may be left out.
_LANDMARKS: Final = listed(
    "lake mount river cape airport international sea ocean mountains peninsula desert valley strait of square palace"
)
# Called so by itself once it has been named: "Gulf of Mexico", "Gulf".
_FEATURES: Final = listed("gulf strait canal channel strip peninsula delta bay cape")


class Name:
    """All mentions with one key."""

    __slots__ = ("first", "key", "leader", "places", "texts")

    def __init__(self, name: Key, number: int) -> None:
        self.key = name
        self.texts: dict[str, None] = {}
        self.first = number
        self.places: list[int] = []
        self.leader = self

    def root(self) -> "Name":
        name = self
        while name.leader is not name:
            name.leader = name.leader.leader
            name = name.leader
        return name

    def join(self, other: "Name") -> None:
        """Make the two one; the one named first leads."""
        a, b = self.root(), other.root()
        if a is not b:
            first, second = (a, b) if a.first <= b.first else (b, a)
            second.leader = first


class Forms:
    """Finds the long forms that a name may be short for."""

    def __init__(self, names: Sequence[Name], kind: EntityType) -> None:
        self._kind: Final = kind
        self._by_initials: dict[str, Name] = {}
        self._by_word: defaultdict[str, list[Name]] = defaultdict(list)
        self._spelt: Final = Misspellings()
        self._first_words: Final = Misspellings()
        self._by_key: Final = {name.key: name for name in names}
        for name in names:
            if len(name.key) > 1:
                for letters in frozenset().union(*map(initials, name.texts)):
                    self._by_initials.setdefault(letters, name)
                for word in name.key:
                    self._by_word[word].append(name)
                if kind == "ORGANISATION":
                    self._first_words.add(name.key[:1])

    def long_forms(self, name: Name) -> list[Name]:
        for letters in filter(None, map(acronym, name.texts)):
            if (long := self._by_initials.get(letters)) and long is not name:
                return [long]
        if found := self._longer(name):
            return found
        if len(name.key) > 1 or len(name.key[0]) >= _LONG_WORD:
            slip = self._spelt.seen(name.key)
            if slip is not None and _is_slip(name.key, slip):
                return [self._by_key[slip]]
        if self._kind == "ORGANISATION" and len(name.key) == 1 and (first := self._first_words.find(name.key)):
            return [other for other in self._by_word[first[0]] if other.key[:1] == first][:1]
        return []

    def _longer(self, name: Name) -> list[Name]:
        longer = self._candidates(name.key)
        if not longer:
            return []
        if self._kind == "PLACE":
            return self._longer_place(name, longer)
        return self._longer_title(name, longer) if self._kind == "OTHER" else self._longer_body(name, longer)

    def _longer_place(self, name: Name, longer: list[Name]) -> list[Name]:
        if name.key[0] in _FEATURES:
            return self._only(other for other in longer if other.first < name.first)
        return [other for other in longer if _is_landmark(name.key, other.key)][:1]

    def _longer_body(self, name: Name, longer: list[Name]) -> list[Name]:
        words, count, known = name.key, len(name.key), gazetteer()
        body = known.organisations.get(words)
        if body and body.wikidata:  # the "NATO Response Force" is not NATO, nor the "New York Fed" the Fed
            longer = [other for other in longer if any(map(has_legal_form, other.texts))]
        is_people = count == 1 and known.is_people(words)
        is_place = count == 1 and known.is_place(words)
        is_generic = count == 1 and (words[0] in _GENERIC or is_people)
        if not is_generic and not any(map(has_legal_form, name.texts)):
            fit = [other for other in longer if _is_short_for(name, other)]
            if is_place:  # "Toyota" is a city too, and "Chicago" no exchange
                fit = [other for other in fit if _is_plain(other.key[1:])]
            if fit:
                return [min(fit, key=lambda other: (not _is_plain(other.key[count:]), other.first))]
        fit = [other for other in longer if other.key[-count:] == words and _leads(other.key[:-count])]
        if fit and not is_generic:
            return fit
        if count > 1 or is_place or is_people:
            return []
        # "Getty" of the J. Paul Getty Museum; of a word that many share ("Council", "House") only its first or last.
        named = (other for other in longer if other.first < name.first)
        if is_generic:
            return self._only(other for other in named if other.key[-1] == words[0] or other.key[1] == "of")
        return self._only(other for other in named if other.key[0] != words[0])

    def _longer_title(self, name: Name, longer: list[Name]) -> list[Name]:
        """Of events and works: the first words, the last word ("Odell" of "Tropical Storm Odell"), or all but the middle
        ("Asian Championships" of "Asian Table Tennis Championships").
        """
        words, known = name.key, gazetteer()
        if len(words) == 1 and (words[0] in _GENERIC or known.is_people(words) or known.is_place(words)):
            return []
        fit = [other for other in longer if other.key[: len(words)] == words] or [
            other for other in longer if other.key[-1] == words[-1] and (len(words) == 1 or other.key[0] == words[0])
        ]
        return self._only(fit)

    def _candidates(self, words: Key) -> list[Name]:
        """Longer names with the first of these words; of one word also with or without an -s ("Dixon", "Dixons")."""
        found = self._by_word.get(words[0], [])
        if len(words) == 1 and not found and self._kind == "ORGANISATION":
            word = words[0]
            other = word.removesuffix("s") if word.endswith("s") else word + "s"
            return [name for name in self._by_word.get(other, ()) if name.key[0] == other][:1]
        return [name for name in found[:_MOST_ALIKE] if len(name.key) > len(words)]

    @staticmethod
    def _only(names: Iterable[Name]) -> list[Name]:
        found = {id(name.root()): name for name in names}
        return list(found.values()) if len(found) == 1 else []


def _is_slip(name: Key, other: Key) -> bool:
    """Gambia is no slip of Zambia, and a name of one word none of a place's."""
    known = gazetteer()
    return not known.is_place(name) and not known.is_people(name) and (len(name) > 1 or not known.is_place(other))


def _is_short_for(name: Name, other: Name) -> bool:
    """Whether the further words of a longer name add nothing but what it does."""
    count = len(name.key)
    if other.key[:count] != name.key:  # "Ford Credit", "Ford Motor Credit Co"
        middle = other.key[1 : len(other.key) - 1]
        return count == 2 and (other.key[0], other.key[-1]) == name.key and _is_plain(middle)
    rest = other.key[count:]
    if rest[0] in _JOINS:
        # "National Gallery" is the National Gallery of Ireland only once that has been named.
        return other.first < name.first and rest[0] != "at"
    return not any(word in _UNITS or gazetteer().is_place((word,)) for word in rest)


def _is_plain(rest: Key) -> bool:
    return all(word in _GENERIC for word in rest)


def _leads(words: Key) -> bool:
    """Whether words before a body's name only say whose: "U.S.", "Russian", "Alabama National"."""
    known = gazetteer()
    return (
        all(word in _LEADS or known.is_place((word,)) or known.is_people((word,)) for word in words)
        or known.is_place(words)
        or known.is_people(words)
    )


def _is_landmark(short: Key, long: Key) -> bool:
    """Whether only what kind of place it is was left out: "Everest", "Heathrow". A city's airport or river is not the
    city.
    """
    rest = [word for word in long if word not in short]
    return (
        len(rest) == len(long) - len(short)
        and all(word in _LANDMARKS for word in rest)
        and not gazetteer().is_place(short)
    )

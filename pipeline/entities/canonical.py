"""From the mentions of one article to its entities: who is the same as whom, called what, how important."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Final

from pipeline.entities.cues import majority
from pipeline.entities.likeness import Misspellings
from pipeline.entities.names import Key, acronym, initials, key, person_key, plain, without_title
from pipeline.entities.tagger import Span
from pipeline.records import Entity, EntityType, Field, Mention

# Share of the salience that comes from the number of mentions; the rest from how early the first one stands.
_BY_NUMBER: Final = 0.6


@dataclass(slots=True)
class _Name:
    """All mentions of an article with the same key; mentions are numbered in reading order."""

    type: EntityType
    mentions: list[int] = field(default_factory=list)


def entities(
    headline: str, headline_spans: Sequence[Span], body: str, body_spans: Sequence[Span]
) -> tuple[Entity, ...]:
    """The entities of an article, the most salient first; spans in order and none overlapping within its field.

    Salience is `.6 log2(1 + n) / log2(1 + N) + .4 (1 - start / length)`: n the entity's mentions, N those of the most
    mentioned one, start and length of headline and body taken as one text.
    """
    mentions = [*_mentions("headline", headline, headline_spans), *_mentions("body", body, body_spans)]
    if not mentions:
        return ()
    types = [span.type for span in (*headline_spans, *body_spans)]
    starts = [mention.start + (len(headline) if mention.field == "body" else 0) for mention in mentions]
    groups = _grouped([mention.text for mention in mentions], types)
    most = max(len(group) for group, _ in groups)
    found = [
        Entity(
            name=_fullest([mentions[i].text for i in group], kind),
            type=kind,
            salience=_salience(len(group), most, starts[group[0]] / (len(headline) + len(body))),
            mentions=tuple(mentions[i] for i in group),
        )
        for group, kind in sorted(groups)
    ]
    return tuple(sorted(found, key=lambda entity: -entity.salience))


def _mentions(where: Field, text: str, spans: Iterable[Span]) -> list[Mention]:
    return [Mention(field=where, start=s.start, end=s.end, text=text[s.start : s.end]) for s in spans]


def _salience(number: int, most: int, place: float) -> float:
    return round(_BY_NUMBER * log2(1 + number) / log2(1 + most) + (1 - _BY_NUMBER) * (1 - place), 3)


def _fullest(texts: Sequence[str], kind: EntityType) -> str:
    """The form with most words; of equals one with fewest initials, not in capitals, the most frequent, the first."""
    times = Counter(without_title(text) if kind == "PERSON" else text for text in texts)

    def fullness(text: str) -> tuple[int, int, bool, int]:
        parts = text.split()
        return len(parts), sum(len(plain(part)) > 1 for part in parts), not text.isupper(), times[text]

    return max(times, key=fullness)


def _grouped(texts: Sequence[str], types: Sequence[EntityType]) -> list[tuple[list[int], EntityType]]:
    """The numbers of the mentions of each entity, ascending, and its type."""
    names = _names(texts, types)
    leaders = _full_names(names)
    full = _FullNames(names, leaders, texts)
    members: defaultdict[Key, list[int]] = defaultdict(list)
    for name, known in names.items():
        bearers = () if name in leaders else full.bearers(name, known.type, texts[known.mentions[0]])
        for i in known.mentions:
            members[_nearest(bearers, i) if bearers else leaders.get(name, name)].append(i)
    # A short form has joined because of the full one, so it has no say in the type.
    votes: defaultdict[Key, Counter[EntityType]] = defaultdict(Counter)
    for name, known in names.items():
        if (leader := leaders.get(name, name)) in members:
            votes[leader][known.type] += len(known.mentions)
    return [(sorted(group), majority(votes[leader])) for leader, group in members.items()]


def _names(texts: Sequence[str], types: Sequence[EntityType]) -> dict[Key, _Name]:
    votes: defaultdict[Key, Counter[EntityType]] = defaultdict(Counter)
    keys = [person_key(text) if kind == "PERSON" else key(text) for text, kind in zip(texts, types, strict=True)]
    for name, kind in zip(keys, types, strict=True):
        votes[name][kind] += 1
    names = {name: _Name(majority(votes[name])) for name in votes}
    for i, name in enumerate(keys):
        names[name].mentions.append(i)
    return names


def _full_names(names: Mapping[Key, _Name]) -> dict[Key, Key]:
    """Each name of several words, and the first such name of the same bearer.

    Persons are the same with or without middle names, with a given name or its initial (the first given name that fits
    takes it), and with one letter wrong.
    """
    leaders: dict[Key, Key] = {}
    by_ends: dict[tuple[str, str], Key] = {}
    by_initial: dict[tuple[str, str], Key] = {}
    spelt = Misspellings()
    for name, known in names.items():
        if len(name) == 1:
            continue
        if known.type != "PERSON":
            leaders[name] = name
            continue
        ends, short = (name[0], name[-1]), (name[0][0], name[-1])
        same = by_ends.get(ends) or (by_initial.get(ends) if ends == short else by_ends.pop(short, None))
        leader = same or leaders.get(spelt.find(name) or name, name)
        leaders[name] = leader
        by_ends.setdefault(ends, leader)
        if ends != short:
            by_initial.setdefault(short, leader)
        spelt.add(name)
    return leaders


# Mentions of the full names that a short one may stand for: number of the mention, name of the entity; ascending.
_Bearers = Sequence[tuple[int, Key]]


class _FullNames:
    """Finds the full names that a name of one word may stand for."""

    def __init__(self, names: Mapping[Key, _Name], leaders: Mapping[Key, Key], texts: Sequence[str]) -> None:
        self._by_last: defaultdict[str, list[tuple[int, Key]]] = defaultdict(list)
        self._by_first: defaultdict[str, list[tuple[int, Key]]] = defaultdict(list)
        self._by_initials: defaultdict[str, list[tuple[int, Key]]] = defaultdict(list)
        self._surnames = Misspellings()
        for name, leader in leaders.items():
            places = [(i, leader) for i in names[name].mentions]
            if names[name].type == "PERSON":
                self._by_last[name[-1]].extend(places)
                self._by_first[name[0]].extend(places)
                self._surnames.add((name[-1],))
            else:
                for letters in initials(texts[places[0][0]]):
                    self._by_initials[letters].extend(places)
        for index in (self._by_last, self._by_first, self._by_initials):
            for bearers in index.values():
                bearers.sort()

    def bearers(self, name: Key, kind: EntityType, text: str) -> _Bearers:
        if kind != "PERSON":
            letters = acronym(text)
            return self._by_initials.get(letters, ()) if letters else ()
        word = name[0]
        by_surname = self._by_last.get(word)
        if by_surname:
            return by_surname
        # A first name alone ("Xi", "Lindsay") is somebody's only if one person here has it.
        by_first = self._by_first.get(word, ())
        if len({leader for _, leader in by_first}) == 1:
            return by_first
        meant = self._surnames.find(name)
        return self._by_last.get(meant[0], ()) if meant else ()


def _nearest(bearers: _Bearers, mention: int) -> Key:
    """The bearer named last before this mention, else the first one named after it."""
    return bearers[max(0, bisect_left(bearers, (mention,)) - 1)][1]

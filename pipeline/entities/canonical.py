"""From the mentions of one article to its entities: who is the same as whom, called what, how important."""

from collections import Counter
from collections.abc import Sequence
from math import log2
from typing import Final

from pipeline.entities import beside
from pipeline.entities.bodies import bodies
from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.identifiers import UNKNOWN, Surroundings, organisation, place
from pipeline.entities.mentions import Named, Text, named
from pipeline.entities.names import Key, acronym, key, plain, without_title
from pipeline.entities.persons import persons
from pipeline.records import Entity, EntityType, Field, Mention

# Shares of the salience: by number of mentions, by how early the first one stands in the body, by the headline.
_BY_NUMBER: Final = 0.5
_BY_PLACE: Final = 0.3
_BY_HEADLINE: Final = 0.2

# Roles and symbols of one entity; more of them are slips, and an article may hold thousands of mentions.
_MOST_SAID: Final = 5
# Mentions looked at for a role: it stands beside the first ones.
_INTRODUCED: Final = 8

_KINDS: Final[tuple[EntityType, ...]] = ("PERSON", "ORGANISATION", "PLACE", "OTHER")


def entities(*texts: Text) -> tuple[Entity, ...]:
    """The entities of an article, the most salient first; `texts` in reading order.

    Salience is `.5 log2(1 + n) / log2(1 + N) + .3 (1 - start / length) + .2 h`: n the entity's mentions in headline and
    body, N those of the most mentioned one, start and length in the body, h 1 where the headline names it.
    """
    found = list(named(texts))
    groups = _grouped(found)
    datelined = {i for i, mention in enumerate(found) if mention.where.field == "dateline"}
    counts = [len(group) - len(datelined.intersection(group)) for group in groups]
    most = max(counts, default=0)
    begins = {text.field: {span.end: span.start for span in text.spans} for text in texts}
    article = {mention.key for mention in found if mention.span.type in ("PLACE", "OTHER")}
    made = [
        _entity([found[i] for i in group], log2(1 + count) / log2(1 + max(most, 1)), begins, article)
        for group, count in sorted(zip(groups, counts, strict=True))
    ]
    return tuple(sorted(made, key=lambda entity: -entity.salience))


def _grouped(found: Sequence[Named]) -> list[list[int]]:
    """The numbers of the mentions of each entity, ascending."""
    of_kind: dict[EntityType, list[Named]] = {kind: [] for kind in _KINDS}
    for mention in found:
        of_kind[mention.span.type].append(mention)
    groups = persons(of_kind["PERSON"])
    for kind in _KINDS[1:]:
        groups += bodies(of_kind[kind], kind)
    return groups


def _entity(group: Sequence[Named], share: float, begins: dict[Field, dict[int, int]], article: set[Key]) -> Entity:
    kind = group[0].span.type
    what, is_seat = UNKNOWN, False
    if kind == "PLACE":
        around = _surroundings(group, begins, article)
        what = place([*dict.fromkeys(mention.key for mention in group)], around)
        is_seat = bool(what.ids) or not around.behind  # Paris, Texas, has no government
    elif kind == "ORGANISATION":
        what = organisation({mention.key: mention.text for mention in reversed(group)})
    return Entity(
        name=what.name or _called(group, kind),
        type=kind,
        salience=_salience(group, share),
        mentions=tuple(_mention(mention, is_seat=is_seat) for mention in group),
        ids=dict(what.ids),
        roles=_roles(group, begins) if kind == "PERSON" else (),
        symbols=_symbols(group) if kind == "ORGANISATION" else (),
    )


def _surroundings(group: Sequence[Named], begins: dict[Field, dict[int, int]], article: set[Key]) -> Surroundings:
    def told() -> list[Key]:
        """The names that a comma joins to these."""
        found = []
        for mention in group[:_INTRODUCED]:
            text, stop = mention.where.text, mention.span.start - 2
            if text[stop : stop + 2] == ", " and (begin := begins[mention.where.field].get(stop)) is not None:
                found.append(key(text[begin:stop], "PLACE"))
        return found

    return Surroundings(
        article=article,
        dateline=any(mention.where.field == "dateline" for mention in group),
        behind=[mention.region for mention in group if mention.region],
        before=lambda: [
            region
            for mention in group[:_INTRODUCED]
            if (region := beside.region_before(mention.where.text, mention.span.start))
        ],
        told=told,
    )


def _mention(mention: Named, *, is_seat: bool) -> Mention:
    where, span = mention.where, mention.span
    return Mention(
        field=where.field,
        start=span.start,
        end=span.end,
        text=mention.text,
        government=is_seat and beside.is_government(where.text, span.start, span.end, mention.key),
    )


def _salience(group: Sequence[Named], share: float) -> float:
    headline = group[0].where.field == "headline"
    salience = _BY_NUMBER * share + _BY_HEADLINE * headline
    for mention in group:
        if mention.where.field == "body":
            salience += _BY_PLACE * (1 - mention.span.start / len(mention.where.text))
            break
    return round(salience, 3)


def _roles(group: Sequence[Named], begins: dict[Field, dict[int, int]]) -> tuple[str, ...]:
    said: dict[str, str] = {}
    for mention in group[:_INTRODUCED]:
        where, span = mention.where, mention.span
        if where.field == "body" and (role := beside.role(where.text, span.start, span.end, begins[where.field])):
            said.setdefault(role.casefold(), role)
    return tuple(said.values())[:_MOST_SAID]


def _symbols(group: Sequence[Named]) -> tuple[str, ...]:
    said: dict[str, None] = {}
    for mention in group:
        text, end = mention.where.text, mention.span.end
        if text[end : end + 2].lstrip()[:1] in ("<", "(") and (symbol := beside.symbol(text, end)):
            said[symbol] = None
    return tuple(said)[:_MOST_SAID]


def _called(group: Sequence[Named], kind: EntityType) -> str:
    """The fullest form in the article. A slip of a well-known person's name is mended, a dateline's capitals are undone."""
    best = group[0].text
    if len(group) > 1 and any(mention.text != best for mention in group):
        best = _fullest([mention.text for mention in group], kind)
    best = " ".join(best.split()) or best
    if kind == "PERSON":
        best = without_title(best)
        return _mended(best)
    if kind == "PLACE" and best.isupper() and not acronym(best):
        return " ".join(word.capitalize() for word in best.split())
    return best


def _mended(name: str) -> str:
    """A well-known person's name without the slip; first and last letters are those of the person, or it is another."""
    words, people = key(name, "PERSON"), gazetteer().people
    if len(words) == 1 or words in people:
        return name
    meant = gazetteer().slips.find(words)
    is_slip = meant is not None and meant[0][0] == words[0][0] and meant[-1][-1] == words[-1][-1]
    return people[meant] if meant and is_slip else name


def _fullest(texts: Sequence[str], kind: EntityType) -> str:
    """The form with most words; of equals one with fewest initials, not in capitals, well known, the most frequent, the
    first.
    """
    times = Counter(texts)
    people = gazetteer().people

    def fullness(text: str) -> tuple[int, int, bool, bool, int]:
        parts = text.split()
        is_known = kind == "PERSON" and key(text, kind) in people
        return len(parts), sum(len(plain(part)) > 1 for part in parts), not text.isupper(), is_known, times[text]

    return max(times, key=fullness)

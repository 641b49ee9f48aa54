"""One name, one type within an article: by the words around it where they settle it, else by the tagger's majority. A
city and the club or company called after it stay two.

The small model takes unknown names for persons ("Palmyra", nine times) or organisations ("Irina Bokova"), while the
text says what they are: "the city of Palmyra", "UNESCO head Irina Bokova". It also takes many a surname standing alone
for an organisation or a place: of 130 such names read in 600 articles that were the surname of a person in the same
article, 120 meant that person.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Final, Literal

from pipeline.entities.beside import OFFICES
from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.names import acronym, has_legal_form, key, listed
from pipeline.entities.tagger import Span
from pipeline.records import EntityType

_OF_A_PLACE: Final = re.compile(
    r"\b(?:city|cities|town|village|port|province|region|district|capital|island|suburb|county|outskirts|peninsula"
    r"|municipality|streets) of(?: the)? \Z"
)
_LONG_TITLE: Final = re.compile(r"\b(?:(?:Prime|Foreign|Defen[cs]e|Finance|Interior) Minister|Secretary of State) \Z")
# A cue stands directly before the name: the longest is 22 characters.
_LONGEST: Final = 24
# What the last word before a name says. "in" alone proves little ("in Obama's words") but confirms the tagger:
# Washington stays a place beside Denzel Washington. It says nothing of where the name is a club's.
_Cue = Literal["of", "capital", "where", "title", "long title", "office"]
_CUES: Final[dict[str, _Cue]] = {
    **dict.fromkeys(OFFICES, "office"),
    **dict.fromkeys(("of", "the"), "of"),
    **dict.fromkeys(("capital", "capital,"), "capital"),
    **dict.fromkeys(("in", "near", "outside", "across"), "where"),
    **dict.fromkeys(("Minister", "State"), "long title"),
    **{
        title + mark: "title"
        for title in listed(
            "Mr Mrs Ms Dr Prof Sir Sen Gov Rev Sgt Lt Capt Col President Senator Governor Chancellor Congressman "
            "Congresswoman"
        )
        for mark in ("", ".")
    },
}
# "head Irina Bokova", and neither "chief Kim" nor "director World Bank of Europe" nor "officer IBM Global".
_PERSON_WORDS: Final = (2, 3)


def settled(texts: Sequence[tuple[str, Sequence[Span]]]) -> list[list[Span]]:
    """The spans of each text, those of one name with one type, unless the tagger tells a place from a body."""
    votes: defaultdict[str, list[EntityType]] = defaultdict(list)
    told: defaultdict[str, set[EntityType]] = defaultdict(set)
    confirmed: set[str] = set()
    for text, spans in texts:
        for span in spans:
            name = text[span.start : span.end]
            votes[name].append(span.type)
            cue = _cue_before(text, span.start)
            if cue == "where" and span.type == "PLACE":
                confirmed.add(name)
            elif cue and (said := _said_by(cue, text, span.start, name)):
                told[name].add(said)
    types = {name: _agreed(kinds, told.get(name, ()), is_confirmed=name in confirmed) for name, kinds in votes.items()}
    keys = [key(name, "PERSON") for name, kind in types.items() if kind == "PERSON"]
    surnames = {parts[-1] for parts in keys if len(parts) > 1}
    companies = {
        name.split(" ", 1)[0] for name, kind in types.items() if kind == "ORGANISATION" and has_legal_form(name)
    }
    for name, kind in types.items():
        if kind != "PERSON" and name not in told and name not in confirmed and " " not in name and not acronym(name):
            parts = key(name, "PERSON")
            # Dell beside "Dell Technologies Inc" is the company, and Jordan beside Michael Jordan the country.
            is_itself = name in companies or (kind != "ORGANISATION" and gazetteer().is_sure(key(name, "PLACE")))
            if len(parts) == 1 and parts[0] in surnames and not is_itself:
                types[name] = "PERSON"
    return [[_typed(span, types[text[span.start : span.end]]) for span in spans] for text, spans in texts]


def _typed(span: Span, kind: EntityType | None) -> Span:
    return span if kind in (None, span.type) else Span(span.start, span.end, kind)


def _agreed(votes: Sequence[EntityType], told: Collection[EntityType], *, is_confirmed: bool) -> EntityType | None:
    """The type of all spans of a name; None where each keeps its own: "Liverpool beat Everton in Liverpool".

    Cues that contradict each other settle nothing: Washington may be a city and a president in one article.
    """
    kinds = set(votes)
    if len(kinds) == 1 and not told:
        return votes[0]
    said = {*told, "PLACE"} if is_confirmed else {*told}
    is_both = {"ORGANISATION", "PLACE"} <= kinds
    if len(said) == 1 and (told or not is_both):
        return next(iter(said))
    most = Counter(votes).most_common(1)[0][0]  # of equals the one voted for first
    return None if is_both and most != "PERSON" else most


def _cue_before(text: str, start: int) -> _Cue | None:
    if start < 2 or text[start - 1] != " ":
        return None
    return _CUES.get(text[text.rfind(" ", 0, start - 1) + 1 : start - 1])


def _said_by(cue: _Cue, text: str, start: int, name: str) -> EntityType | None:
    earliest = max(0, start - _LONGEST)
    if cue == "capital" or (cue == "of" and _OF_A_PLACE.search(text, earliest, start)):
        return "PLACE"
    is_person = cue == "title" or (cue == "office" and _looks_like_a_person(name))
    if is_person or (cue == "long title" and _LONG_TITLE.search(text, earliest, start)):
        return "PERSON"
    return None


def _looks_like_a_person(name: str) -> bool:
    parts = name.split()
    return len(parts) in _PERSON_WORDS and all(part[0].isupper() and not part.isupper() for part in parts)

"""Names already known, found again by their words: where the tagger missed one, and in headlines it cannot read.

In a Title-Case headline every word has a capital and taggers break ("Vladimir Putin Congratulates" becomes a person);
the names of the body found there word for word do not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from pipeline.entities.names import ADDRESS, key, plain, short_forms
from pipeline.entities.tagger import Span
from pipeline.records import EntityType

# Combining accents belong to their letter: "Jose" is not to be found in a decomposed "José".
_WORD: Final = re.compile(r"[\w\u0300-\u036f]+")
_JOINED_BEFORE: Final = re.compile(r"(?P<first>\w)[\w\u0300-\u036f]*(?P<mark>[-'’])\Z")
_JOINED_AFTER: Final = re.compile(r"(?P<mark>-|['’](?!s\b))(?P<first>\w)")
_MARKS: Final = frozenset("-'’")
# How far back the other half of a compound may begin.
_LONGEST_PART: Final = 40

# "Juror No. 12" is tagged as a person; two-letter surnames (Xi, Li) come first in a full name or are tagged alone.
_SHORTEST_SURNAME: Final = 3

# A month that begins a sentence is not Theresa May; "march" the noun is written small.
_NO_SHORT_FORMS: Final = ADDRESS | {"april", "august", "january", "june", "march", "may"}

# An article with more people than this is a list; each costs a search through the text.
_MOST_PROPAGATED: Final = 200

# In a headline in capitals "US" may be "us" and "IT" "it".
_SHORTEST_IN_CAPITALS: Final = 3

# Title Case leaves short words small ("On", "with"); in a sentence most of the longer ones are.
_LONG_WORD: Final = 4
_SMALL_SHARE: Final = 0.25


def propagated(texts: Sequence[tuple[str, Sequence[Span]]]) -> list[list[Span]]:
    """The spans of each text and every further place where it names one of the persons of any by one word: a surname, or
    a short form that the tagger found elsewhere. In order, none overlapping another.
    """
    short = dict.fromkeys(form for text, spans in texts for form in _short_forms(text, spans))
    known: dict[str, EntityType] = dict.fromkeys(islice(short, _MOST_PROPAGATED), "PERSON")
    return [completed(spans, occurrences(text, known)) for text, spans in texts]


def projected(headline: str, text: str, spans: Sequence[Span]) -> list[Span]:
    """Where `headline` names what `spans` name in `text`, or one of their persons by surname; longest match first."""
    known: dict[str, EntityType] = dict.fromkeys(_short_forms(text, spans), "PERSON")
    known |= {text[span.start : span.end]: span.type for span in reversed(spans)}  # of a city and its club the first
    if headline.isupper():
        known = {name.upper(): kind for name, kind in known.items() if len(name) >= _SHORTEST_IN_CAPITALS}
    return occurrences(headline, known)


def _short_forms(text: str, spans: Iterable[Span]) -> dict[str, None]:
    """What the persons among `spans` may be called in one word, in the order of the text."""
    known: dict[str, None] = {}
    for name in dict.fromkeys(text[span.start : span.end] for span in spans if span.type == "PERSON"):
        shortest = 1 if len(key(name, "PERSON")) == 1 else _SHORTEST_SURNAME
        for short in sorted(short_forms(name)):
            if len(short) >= shortest and not short.islower() and plain(short) not in _NO_SHORT_FORMS:
                known[short] = None
    return known


def completed(spans: Sequence[Span], others: Iterable[Span]) -> list[Span]:
    """`spans` and those of `others`, given in order, that overlap none of them, in order."""
    taken = sorted(spans, key=lambda span: span.start)
    result = []
    at = 0
    for other in others:
        while at < len(taken) and taken[at].end <= other.start:
            at += 1
        if at == len(taken) or other.end <= taken[at].start:
            result.append(other)
    return sorted([*taken, *result], key=lambda span: span.start)


def longest(headline: str, spans: Iterable[Span]) -> list[Span]:
    """Of spans that overlap the longest, of equals the first given; in order, and none with a small long word in it.

    So "Vladimir Putin" from the body beats a tagged "Putin", and a tagged "Hugh Jackman" beats a "Hugh" and a "Jackman"
    from the body, but "Putin congratulates" is a slip of the tagger. For headlines: takes quadratic time.
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start - span.end):
        is_slip = any(len(word) >= _LONG_WORD and word.islower() for word in headline[span.start : span.end].split())
        if not is_slip and all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def is_sentence_case(headline: str) -> bool:
    """Whether a tagger can read the headline: capitals tell names from other words."""
    long = [word for word in _WORD.findall(headline)[1:] if len(word) >= _LONG_WORD]
    small = [word for word in long if word.islower()]
    return len(small) > _SMALL_SHARE * len(long)


def occurrences(text: str, known: Mapping[str, EntityType]) -> list[Span]:
    """Where `text` has one of the names `known`, letter for letter and from word to word; the longest wins.

    Each name is searched by itself: 1 µs for 5,000 characters, where going through their words takes 150.
    """
    places: list[tuple[int, int, str]] = []
    for name in known:
        core = _without_edges(name)
        start = text.find(core) if core else -1
        while start >= 0:
            end = start + len(core)
            if not _is_of_word(text[start - 1 : start]) and not _is_of_word(text[end : end + 1]):
                places.append((start, -end, name))
            start = text.find(core, start + 1)
    found: list[Span] = []
    at = 0
    for start, negative_end, name in sorted(places):
        end = -negative_end
        if start >= at and not _is_inside_word(text, start, end, is_person=known[name] == "PERSON"):
            # "U.S." ends with a full stop of its own.
            at = start + len(name) if text.startswith(name, start) else end
            found.append(Span(start, at, known[name]))
    return found


def _without_edges(name: str) -> str:
    """From the first word to the last."""
    if name[:1].isalnum() and name[-1:].isalnum():
        return name
    words = list(_WORD.finditer(name))
    return name[words[0].start() : words[-1].end()] if words else ""


def _is_of_word(character: str) -> bool:
    return character.isalnum() or (character != "" and (character == "_" or "\u0300" <= character <= "\u036f"))


def _is_inside_word(text: str, start: int, end: int, *, is_person: bool) -> bool:
    """Whether a hyphen or an apostrophe makes it a part of another name.

    "O'Brien" is no Brien and "Smith-Jones" no Jones; "pro-Assad", "Assad-backed" and "Assad's" name Assad, and
    "US-Russia" names both.
    """
    # Looked at only beside a mark: the searches cost more than all else here.
    if text[start - 1 : start] in _MARKS:
        before = _JOINED_BEFORE.search(text, max(0, start - _LONGEST_PART), start)
        if before and (before["mark"] != "-" or (is_person and before["first"].isupper())):
            return True
    if text[end : end + 1] in _MARKS:
        after = _JOINED_AFTER.match(text, end)
        return after is not None and (after["mark"] != "-" or (is_person and after["first"].isupper()))
    return False

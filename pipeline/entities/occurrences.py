"""Names already known, found again by their words: where the tagger missed one, and in headlines it cannot read.

In a Title-Case headline every word has a capital and taggers break ("Vladimir Putin Congratulates" becomes a person);
the names of the body found there word for word do not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pipeline.entities.names import ADDRESS, person_key, plain, short_forms
from pipeline.entities.tagger import Span
from pipeline.records import EntityType

# Combining accents belong to their letter: "Jose" is not to be found in a decomposed "José".
_WORD: Final = re.compile(r"[\w\u0300-\u036f]+")

_JOINED_BEFORE: Final = re.compile(r"(?P<first>\w)[\w\u0300-\u036f]*(?P<mark>[-'’])\Z")
_JOINED_AFTER: Final = re.compile(r"(?P<mark>-|['’](?!s\b))(?P<first>\w)")
# How far back the other half of a compound may begin.
_LONGEST_PART: Final = 40

# "Juror No. 12" is tagged as a person; two-letter surnames (Xi, Li) come first in a full name or are tagged alone.
_SHORTEST_SURNAME: Final = 3

# A month that begins a sentence is not Theresa May; "march" the noun is written small.
_NO_SURNAMES: Final = frozenset({"April", "August", "January", "June", "March", "May"})

# In a headline in capitals "US" may be "us" and "IT" "it".
_SHORTEST_IN_CAPITALS: Final = 3

# Title Case leaves short words small ("On", "with"); in a sentence most of the longer ones are.
_LONG_WORD: Final = 4
_SMALL_SHARE: Final = 0.25


def propagated(text: str, spans: Sequence[Span]) -> list[Span]:
    """`spans` and every further place where `text` names one of their persons by one word: a surname, or a short form
    that the tagger found elsewhere. In order, none overlapping another.
    """
    known: dict[str, EntityType] = dict.fromkeys(_short_forms(text, spans), "PERSON")
    return completed(spans, occurrences(text, known))


def projected(headline: str, text: str, spans: Sequence[Span]) -> list[Span]:
    """Where `headline` names what `spans` name in `text`, or one of their persons by surname; longest match first."""
    known: dict[str, EntityType] = dict.fromkeys(_short_forms(text, spans), "PERSON")
    known |= {text[span.start : span.end]: span.type for span in spans}
    if headline.isupper():
        known = {name.upper(): kind for name, kind in known.items() if len(name) >= _SHORTEST_IN_CAPITALS}
    return occurrences(headline, known)


def _short_forms(text: str, spans: Iterable[Span]) -> set[str]:
    """What the persons among `spans` may be called in one word."""
    known: set[str] = set()
    for name in {text[span.start : span.end] for span in spans if span.type == "PERSON"}:
        is_alone = len(person_key(name)) == 1
        known |= {short for short in short_forms(name) if is_alone or len(short) >= _SHORTEST_SURNAME}
    return {short for short in known if not short.islower() and plain(short) not in ADDRESS} - _NO_SURNAMES


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

    Takes time in proportion to the length of the text, however many names are known.
    """
    by_words = {
        name[edges[0].start() : edges[-1].end()]: name for name in known if (edges := list(_WORD.finditer(name)))
    }
    most_words = max((len(_WORD.findall(name)) for name in by_words), default=0)
    tokens = list(_WORD.finditer(text))
    found = []
    at = 0
    while at < len(tokens):
        start = tokens[at].start()
        for last in range(min(at + most_words, len(tokens)) - 1, at - 1, -1):
            end = tokens[last].end()
            name = by_words.get(text[start:end])
            if name and not _is_inside_word(text, start, end, is_person=known[name] == "PERSON"):
                # "U.S." ends with a full stop of its own.
                found.append(Span(start, start + len(name) if text.startswith(name, start) else end, known[name]))
                at = last
                break
        at += 1
    return found


def _is_inside_word(text: str, start: int, end: int, *, is_person: bool) -> bool:
    """Whether a hyphen or an apostrophe makes it a part of another name.

    "O'Brien" is no Brien and "Smith-Jones" no Jones; "pro-Assad", "Assad-backed" and "Assad's" name Assad, and
    "US-Russia" names both.
    """
    before = _JOINED_BEFORE.search(text, max(0, start - _LONGEST_PART), start)
    if before and (before["mark"] != "-" or (is_person and before["first"].isupper())):
        return True
    after = _JOINED_AFTER.match(text, end)
    return after is not None and (after["mark"] != "-" or (is_person and after["first"].isupper()))

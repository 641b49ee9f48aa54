"""The tagger `spacy`: any installed spaCy pipeline, cut down to the components that find names.

spaCy is imported inside `load`, because it is an extra (`copydesk[spacy]`), costs 2 to 4 s and 100 MB, and the process
that owns the event loop tags nothing.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pipeline import settings
from pipeline.entities.tagger import Span, Tagger
from pipeline.errors import UserError
from pipeline.records import EntityType

if TYPE_CHECKING:
    from spacy.language import Language

# A pipeline's other components cost 60 % of its time and nothing here reads what they find.
_NOT_NEEDED: Final = ("tagger", "morphologizer", "parser", "attribute_ruler", "lemmatizer", "senter")

# OntoNotes (English) and the four labels of CoNLL and WikiNER (German, French, Spanish, …); dates, times,
# amounts and numbers are no names.
_TYPES: Final[dict[str, EntityType]] = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "ORG": "ORGANISATION",
    "GPE": "PLACE",
    "LOC": "PLACE",
    "FAC": "PLACE",
    "MISC": "OTHER",
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

# Written in these, a text has fewer characters to a token than the guard below allows any.
_WITHOUT_SPACES: Final = frozenset({"ja", "lo", "my", "th", "zh"})

# English prose has 5 characters to a token, and no wire item of 4,000 had below 3.6; 200,000 characters of "a,a,a," would be 200,000
# tokens and take half a minute. A slice like that holds no names worth the time.
_CHARACTERS_PER_TOKEN: Final = 2.5

# OntoNotes puts articles and possessives inside the span. Articles are taken off English names only: there is a Spanish
# city called A Coruña. Quotation marks and brackets at the edges are slips of the model; a full stop at the end may
# belong to an abbreviation ("U.S.") and stays.
_LEADING: Final = re.compile(r"[\W_]*")
_LEADING_ENGLISH: Final = re.compile(r"[\W_]*(?:(?:the|an?)\s+)?[\W_]*", re.IGNORECASE)
_TRAILING: Final = re.compile(r"(?:['’]s|[^\w.]|_|(?<![^\W_])\.)+\Z")


class SpacyTagger:
    """A loaded pipeline. Source of the method: spaCy's transition-based named entity recogniser."""

    def __init__(self, nlp: "Language", version: str) -> None:
        self._nlp: Any = nlp
        self._leading: Final = _LEADING_ENGLISH if nlp.lang == "en" else _LEADING
        self.name: Final = f"spacy {version} {nlp.lang}_{nlp.meta['name']} {nlp.meta['version']}"
        self.languages: Final = frozenset({str(nlp.lang)})

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
            if kind and (span := trimmed(text, start + first, start + last, kind, self._leading)):
                yield span


def load(model: str | None = None) -> Tagger:
    """The pipeline `model`, or the one of COPYDESK_SPACY_MODEL; a small one in 2 to 4 s on an idle machine.

    Raises:
        UserError: spaCy or the pipeline is not installed, or the pipeline finds no names of one language.
    """
    model = model or settings.load().spacy_model
    try:
        import spacy  # noqa: PLC0415 - see the top of the file
    except ImportError as error:
        raise UserError(f"tagger spacy: {error}; pip install 'copydesk[spacy]'") from error
    try:
        nlp = spacy.load(model, exclude=_NOT_NEEDED)
    except OSError as error:
        installed = ", ".join(spacy.util.get_installed_models()) or "none: pip install 'copydesk[spacy]'"
        raise UserError(
            f"tagger spacy: no pipeline {model}; installed are {installed}; set COPYDESK_SPACY_MODEL to one"
        ) from error
    labels = {label for of_one in nlp.pipe_labels.values() for label in of_one}
    if not labels & _TYPES.keys():
        raise UserError(f"tagger spacy: {model} has no label known here ({', '.join(sorted(_TYPES))}); take another")
    if nlp.lang == "xx" or nlp.lang in _WITHOUT_SPACES:
        raise UserError(f"tagger spacy: {model} is for {nlp.lang}; take one of a language with spaces between words")
    return SpacyTagger(nlp, spacy.__version__)


def slices(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of consecutive parts of at most `SLICE` characters: cut at line feeds, else at a space, else anywhere."""
    start = 0
    while start < len(text):
        end = start + SLICE
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or text.rfind(" ", start, end) + 1 or end
        yield start, min(end, len(text))
        start = end


def trimmed(
    text: str, start: int, end: int, kind: EntityType, leading: re.Pattern[str] = _LEADING_ENGLISH
) -> Span | None:
    """The span without article, possessive, edge punctuation and what follows a line feed; None if nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    inside = text[start:end].split("\n", 1)[0]
    first = match.end() if (match := leading.match(inside)) else 0
    last = match.start() if (match := _TRAILING.search(inside, first)) else len(inside)
    is_name = last - first <= _LONGEST_NAME and any(character.isalpha() for character in inside[first:last])
    return Span(start + first, start + last, kind) if is_name else None

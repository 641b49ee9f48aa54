"""A mention where it stands, and what its surroundings say of whose it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.entities.beside import region_behind
from pipeline.entities.gazetteer import Region
from pipeline.entities.names import Key, acronym, key
from pipeline.entities.tagger import Span
from pipeline.records import Field


@dataclass(frozen=True, slots=True)
class Text:
    """A field of the article and the names in it: in order, none overlapping another."""

    field: Field
    text: str
    spans: Sequence[Span]


@dataclass(slots=True)  # not frozen: that doubles the time to make one
class Named:
    """A mention: its number in reading order, its words as they are compared, the region named behind a place, and the
    number of the name that it stands behind in brackets.
    """

    number: int
    where: Text
    span: Span
    text: str
    key: Key
    region: Region | None = None
    stands_for: int | None = None

    @property
    def before(self) -> str:
        """The word before it, in lower case."""
        words = self.where.text[max(0, self.span.start - 24) : self.span.start].split()
        return words[-1].rstrip(".,").lower() if words else ""

    @property
    def above(self) -> bool:
        """Whether it stands before the body."""
        return self.where.field != "body"


def named(texts: Sequence[Text]) -> Iterator[Named]:
    """The mentions of an article, in reading order."""
    number = 0
    for where in texts:
        last: Named | None = None
        for span in where.spans:
            text = where.text[span.start : span.end]
            mention = Named(number, where, span, text, key(text, span.type))
            if span.type == "PLACE":
                mention.region = region_behind(where.text, span.end)
            if last and where.text[span.start - 1 : span.start] == "(" and _in_brackets(last, mention):
                mention.stands_for = last.number
            yield mention
            last = mention
            number += 1


def _in_brackets(before: Named, mention: Named) -> bool:
    """Whether a name stands in brackets behind another, one of them an acronym: "United Nations (UN)"."""
    text = mention.where.text
    return (
        mention.span.type == before.span.type
        and text[before.span.end : mention.span.start] == " ("
        and text[mention.span.end : mention.span.end + 1] == ")"
        and (acronym(mention.text) or acronym(before.text)) is not None
    )

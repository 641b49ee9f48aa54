"""Names of persons, organisations and places in an article, and its language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.entities import canonical
from pipeline.entities.cues import settled
from pipeline.entities.language import UNDETERMINED
from pipeline.entities.occurrences import is_sentence_case, longest, projected, propagated
from pipeline.entities.tagger import Span, Tagger
from pipeline.records import Entity

__all__ = ["Found", "find"]

# 2.5 to 4 s of spaCy, well below a document's deadline also on a machine with other work; ten times a long article.
READ_CHARACTERS: Final = 100_000
# What is longer is no headline, and names in it are found in the body if at all.
_LONGEST_HEADLINE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in an article; fields as in `Tagged`."""

    entities: tuple[Entity, ...] = ()
    missing: str | None = None
    tagger: str | None = None


def find(
    headline: str | None, body: str, language: str, taggers: Sequence[Tagger], *, limit: int = READ_CHARACTERS
) -> Found:
    """Entities of an article in `language` (ISO 639-1 or `und`), by the first tagger that reads it.

    Mentions index `headline` and `body` as given. At most `limit` characters of the body are read. A headline in
    Title Case or in capitals gets names only that the body has.
    """
    tagger = next((tagger for tagger in taggers if language in tagger.languages), None)
    if tagger is None:
        return Found(missing="language not recognised" if language == UNDETERMINED else f"no tagger for {language}")
    title, text = (headline or "")[:_LONGEST_HEADLINE], body[:limit]
    # One text, so that a full name in the headline explains a surname in the body.
    whole, body_at = f"{title}\n{text}", len(title) + 1
    in_headline = tagger.tag(title) if is_sentence_case(title) else []
    spans = propagated(whole, settled(whole, [*in_headline, *_moved(tagger.tag(text), body_at)]))
    in_body = _moved((span for span in spans if span.start >= body_at), -body_at)
    in_headline = longest(title, [*projected(title, text, in_body), *(span for span in spans if span.start < body_at)])
    missing = f"only the first {limit} characters were read" if len(body) > limit else None
    return Found(canonical.entities(title, in_headline, text, in_body), missing, tagger.name)


def _moved(spans: Iterable[Span], by: int) -> list[Span]:
    return [replace(span, start=span.start + by, end=span.end + by) for span in spans]

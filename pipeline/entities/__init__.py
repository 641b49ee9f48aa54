"""Names of persons, organisations and places in an article, and its language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.entities import canonical, datelines
from pipeline.entities.cues import settled
from pipeline.entities.language import UNDETERMINED
from pipeline.entities.mentions import Text
from pipeline.entities.occurrences import is_sentence_case, longest, projected, propagated
from pipeline.entities.tagger import Tagger
from pipeline.records import Entity

__all__ = ["Found", "find"]

# Ten times a long article: .3 s of prose, 1.1 s of the worst text tried (thousands of names in capitals), CPU time, far
# below a document's deadline also on a machine with other work. All of the largest document, 1 MiB, took 2.7 and 8.5 s.
READ_CHARACTERS: Final = 100_000
# What is longer is no headline, and names in it are found in the body if at all.
_LONGEST_HEADLINE: Final = 1_000
# The cleaner takes at most six words for a dateline.
_LONGEST_DATELINE: Final = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in an article; fields as in `Tagged`."""

    entities: tuple[Entity, ...] = ()
    missing: str | None = None
    tagger: str | None = None


def find(
    headline: str | None,
    body: str,
    language: str,
    taggers: Sequence[Tagger],
    *,
    dateline: str | None = None,
    limit: int = READ_CHARACTERS,
) -> Found:
    """Entities of an article in `language` (ISO 639-1 or `und`), by the first tagger that reads it.

    Mentions index `headline`, `dateline` and `body` as given. At most `limit` characters of the body are read. A
    headline in Title Case or in capitals gets names only that the body has.
    """
    tagger = next((tagger for tagger in taggers if language in tagger.languages), None)
    if tagger is None:
        return Found(missing="language not recognised" if language == UNDETERMINED else f"no tagger for {language}")
    title, text, place = (headline or "")[:_LONGEST_HEADLINE], body[:limit], (dateline or "")[:_LONGEST_DATELINE]
    in_headline = tagger.tag(title) if is_sentence_case(title) else []
    # Both together, so that a full name in the headline explains a surname in the body.
    tagged = [(title, in_headline), (text, tagger.tag(text))]
    in_headline, in_body = propagated(list(zip((title, text), settled(tagged), strict=True)))
    in_headline = longest(title, [*in_headline, *projected(title, text, in_body)])
    missing = f"only the first {limit} characters were read" if len(body) > limit else None
    found = canonical.entities(
        Text("headline", title, in_headline),
        Text("dateline", place, datelines.places(place)),
        Text("body", text, in_body),
    )
    return Found(found, missing, tagger.name)

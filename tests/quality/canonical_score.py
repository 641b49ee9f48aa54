"""How well mentions are put together to entities, on the labelled articles of tests/quality/canonical."""

import gzip
import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from pipeline.cleaning import clean
from pipeline.entities import canonical, find
from pipeline.entities.mentions import Text
from pipeline.entities.tagger import Span, Tagger
from pipeline.outcomes import Emit
from pipeline.records import Article, Entity, EntityType, Origin, Raw
from tests.quality.bcubed import Sums, bcubed
from tests.quality.data import FOLDER, pinned

ROOT: Final = Path(__file__).parents[2]
REUTERS: Final = "reuters21578.jsonl.gz"

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One article with its mentions: where they stand, of which type, and whose they are."""

    id: str
    headline: str
    body: str
    types: Mapping[Place, EntityType]
    owners: Mapping[Place, str]

    def spans(self, field: str) -> list[Span]:
        return sorted(
            (Span(start, end, kind) for (where, start, end), kind in self.types.items() if where == field),
            key=lambda span: span.start,
        )

    def text(self, place: Place) -> str:
        where, start, end = place
        return (self.headline if where == "headline" else self.body)[start:end]


def score(path: Path, folder: Path = FOLDER) -> dict[str, Any]:
    """B-cubed of the canonicaliser on labelled spans, and of what takes equal strings for equal entities."""
    ours, exact = Sums(), Sums()
    articles = list(read(path, folder))
    for article in articles:
        ours += bcubed(article.owners, found(article))
        exact += bcubed(article.owners, {place: " ".join(article.text(place).split()) for place in article.owners})
    return {
        "bcubed": ours.f1,
        "exact_string_bcubed": exact.f1,
        "articles": len(articles),
        "mentions": sum(len(article.owners) for article in articles),
    }


def score_tagged(path: Path, tagger: Tagger, folder: Path = FOLDER) -> dict[str, Any]:
    """The same on the spans that `tagger` finds: a mention missed counts against recall, an invented one against precision."""
    total, right = Sums(), 0
    articles = list(read(path, folder))
    for article in articles:
        entities = find(article.headline, article.body, "en", [tagger]).entities
        owners = _owners(entities)
        total += bcubed(article.owners, owners)
        right += len(owners.keys() & article.owners.keys())
    return {
        "bcubed": total.f1,
        "articles": len(articles),
        "mentions": total.true,
        "found": total.found,
        "same_span": right,
    }


def found(article: Labelled) -> Mapping[Place, Hashable]:
    """The canonicaliser's entities of the labelled spans."""
    return _owners(
        canonical.entities(
            Text("headline", article.headline, article.spans("headline")),
            Text("body", article.body, article.spans("body")),
        )
    )


def _owners(entities: Sequence[Entity]) -> dict[Place, Hashable]:
    return {(m.field, m.start, m.end): number for number, entity in enumerate(entities) for m in entity.mentions}


def read(path: Path, folder: Path = FOLDER) -> Iterator[Labelled]:
    """The labelled articles; of Reuters items the texts come from the data folder, of seeds from seeds/.

    Raises:
        Missing: Reuters items are asked for and are not in the folder.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        headline, body = _texts(record, folder)
        places = {(m["field"], m["start"], m["end"]): m for m in record["mentions"]}
        yield Labelled(
            id=record["id"],
            headline=headline,
            body=body,
            types={place: mention["type"] for place, mention in places.items()},
            owners={place: mention["entity"] for place, mention in places.items()},
        )


def _texts(record: Mapping[str, Any], folder: Path) -> tuple[str, str]:
    if record.get("source") == "reuters21578":
        return _reuters(folder)[record["id"]]
    if record.get("source") == "seeds":
        return _seed(record["id"])
    return record["headline"], record["body"]


@cache
def _reuters(folder: Path) -> Mapping[str, tuple[str, str]]:
    with gzip.open(pinned(REUTERS, folder), "rt", encoding="utf-8") as lines:
        items = map(json.loads, lines)
        return {item["id"]: (item["title"], item["text"]) for item in items}


def _seed(number: str) -> tuple[str, str]:
    [file] = (ROOT / "seeds").glob(f"{re.escape(number)}_*.txt")
    raw = Raw(file.read_bytes(), {}, datetime(2026, 11, 24, tzinfo=UTC), Origin("news.raw", 0, 0))
    outcome = clean(raw, document_bytes=1 << 20)
    assert isinstance(outcome, Emit) and isinstance(outcome.record, Article)
    return outcome.record.headline or "", outcome.record.body

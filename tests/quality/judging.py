"""The verdicts on a stream of wire items: through the functions that a live owner runs, in the order of arrival."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from pipeline.duplicates import marks
from pipeline.duplicates.sketch import sketch
from pipeline.identity import document_id
from pipeline.judging.decide import decide
from pipeline.judging.entry import Decision
from pipeline.judging.state import State
from pipeline.records import Article, Duplicate, Tagged
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Item:
    """What a file of wire items says of one of them, and the item as the third agent gets it."""

    name: str
    labels: Mapping[str, str]
    tagged: Tagged


@cache
def read(file: Path) -> list[Item]:
    """All items, the earliest first."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return sorted(map(_item, lines), key=lambda item: item.tagged.article.received)


def _item(line: str) -> Item:
    row = json.loads(line)
    published = datetime.fromisoformat(row["published"])
    marked = marks.take(row["title"] or None, row["text"])
    article = Article(
        id=document_id(row["source"], row["id"], b""),
        source=row["source"],
        source_id=row["id"],
        media_type="text/plain",
        received=published,
        received_from="cloudevents",
        headline=row["title"] or None,
        body=marked.body,
        published=published,
        words=len(marked.body.split()),
        cleaner="none",
    )
    labels = {
        name: str(value) for name, value in row.items() if name in ("group", "edit", "carrier") and value is not None
    }
    return Item(
        row["id"],
        labels,
        Tagged(article=article, language="en", sketch=sketch(marked.headline, marked.body), mark=marked.mark),
    )


def without_numbers(item: Item) -> Item:
    """The item as it would be compared without the guard: a number weighs nothing, as none is known."""
    return replace(item, tagged=replace(item.tagged, sketch=replace(item.tagged.sketch, digits=())))


def judged(items: Iterable[Item]) -> Iterator[Duplicate]:
    """The verdict on each, as first emitted."""
    settings = Settings()
    state = State(days=settings.window_days, documents=settings.window_documents, tombstone_hours=24)
    for offset, item in enumerate(items):
        entry = decide(state, item.tagged, offset)
        assert isinstance(entry, Decision), f"{item.name} came twice"
        state.apply(entry)
        yield entry.duplicate

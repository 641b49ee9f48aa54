"""Articles for the tests of this room."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.duplicates.sketch import sketch
from pipeline.identity import document_id
from pipeline.records import Article, Tagged

START = datetime(2016, 3, 27, 12, tzinfo=UTC)
SEEDS = Path(__file__).parents[2] / "seeds"


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def tagged(
    body: str, *, name: str = "", headline: str | None = None, at: float = 0, published: float | None = None
) -> Tagged:
    """An article of `body`, received and published so many hours after START."""
    article = Article(
        id=document_id("wire", name, body.encode()),
        source="wire",
        source_id=name or None,
        media_type="text/plain",
        received=hours(at),
        received_from="cloudevents",
        headline=headline,
        body=body,
        published=None if published is None else hours(published),
        words=len(body.split()),
        cleaner="test",
    )
    return Tagged(article=article, language="en", sketch=sketch(headline, body))


def words(first: int, last: int, prefix: str = "w") -> str:
    """A text of different words, so that a share of its words is a share of its shingles."""
    return " ".join(f"{prefix}{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}" for number in range(first, last))

"""Raw messages and what becomes of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline.cleaning import clean
from pipeline.outcomes import Emit, Outcome
from pipeline.records import Article, Origin, Raw

SEEDS = Path(__file__).parent.parent.parent / "seeds"
MIB = 1024 * 1024
BROKER_TIME = datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC)


def message(value: bytes | str | dict[str, Any], **headers: str) -> Raw:
    """A message with `value`; `content_type` is the header content-type."""
    data = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else orjson.dumps(value)
    named = {name.replace("content_type", "content-type"): text.encode() for name, text in headers.items()}
    return Raw(data, named, BROKER_TIME, Origin("news.raw", 0, 0))


def outcome(value: bytes | str | dict[str, Any], **headers: str) -> Outcome:
    return clean(message(value, **headers), document_bytes=MIB)


def article(value: bytes | str | dict[str, Any], **headers: str) -> Article:
    result = outcome(value, **headers)
    assert isinstance(result, Emit), result
    assert isinstance(result.record, Article)
    assert result.key == result.record.id
    return result.record


def rules(of: Article) -> dict[str, list[str]]:
    """What each rule removed."""
    found: dict[str, list[str]] = {}
    for removed in of.removed:
        found.setdefault(removed.rule, []).append(removed.text)
    return found

"""Names under which JSON documents carry their fields, the first that holds a value wins.

Taken from what public news sets and feeds use; `docs/formats.md` prints this table.
"""

from collections.abc import Mapping
from typing import Any, Final

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "guid", "uid", "_id", "article_id", "uri"),
    "headline": ("headline", "title", "name"),
    "standfirst": ("standfirst", "subtitle", "description", "summary", "abstract"),
    "body": ("body", "text", "content", "articleBody", "article", "maintext"),
    "published": ("published", "published_at", "datePublished", "date_publish", "publish_date", "pubDate", "date"),
    "source": ("source", "publisher", "source_domain", "outlet", "domain"),
    "uri": ("uri", "url", "link"),
    "byline": ("byline", "author", "authors"),
    "version": ("version", "revision"),
    "status": ("pubstatus", "status"),
    "language": ("language", "lang"),
    "copyright": ("copyright", "rights"),
}


def pick(document: Mapping[str, Any], field: str) -> tuple[str, Any] | None:
    """The name and the value under which `document` carries `field`, or None."""
    for name in FIELDS[field]:
        value = document.get(name)
        if value not in (None, "", [], {}):
            return name, value
    return None

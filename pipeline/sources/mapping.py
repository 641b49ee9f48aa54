"""What the raw record's headers need of a JSON document, by the names in pipeline/fields.py."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from pipeline.fields import FIELDS, pick
from pipeline.sources.items import Document, Position
from pipeline.sources.times import read_time

JSON: Final = "application/json"
# These travel in Kafka headers, for which a message has 64 KiB beside its value; a URI of 2,048 is what browsers take.
_ID_CHARACTERS: Final = 1024
_SOURCE_CHARACTERS: Final = 256
_URI_CHARACTERS: Final = 2048


def from_json(value: bytes, position: Position) -> Document:
    """The document in `value`. Broken JSON is a document too: the clean stage makes it a dead letter."""
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError:
        fields = None
    if not isinstance(fields, Mapping):
        return Document(value=value, media_type=JSON, source_id=digest(value), position=position)
    published = pick(fields, "published")
    return Document(
        value=value,
        media_type=JSON,
        source_id=_source_id(fields) or digest(value),
        source=_source(fields),
        published=read_time(published[1]) if published else None,
        uri=_uri(fields),
        position=position,
    )


def digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def _source_id(fields: Mapping[str, Any]) -> str | None:
    found = pick(fields, "id")
    if found is None:
        return None
    # A number, or an object such as a database's {"$oid": …}, as its JSON text: the same whatever the order of keys.
    given = found[1]
    text = given if isinstance(given, str) else orjson.dumps(given, option=orjson.OPT_SORT_KEYS).decode()
    return text if len(text) <= _ID_CHARACTERS else digest(text.encode())


def _source(fields: Mapping[str, Any]) -> str | None:
    found = pick(fields, "source")
    if found is None or not isinstance(found[1], str):
        return None
    name = found[1].strip()
    return name if 0 < len(name) <= _SOURCE_CHARACTERS else None


def _uri(fields: Mapping[str, Any]) -> str | None:
    for name in FIELDS["uri"]:
        value = fields.get(name)
        if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
            return value if len(value) <= _URI_CHARACTERS else None
    return None

"""One raw message as an article: who sent it and when, what kind of document it is, and what its text says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from pipeline.cleaning import item, lines
from pipeline.cleaning.datelines import agency_inside
from pipeline.cleaning.dates import Moment, read_field, read_rfc3339
from pipeline.cleaning.text import Refusal, decode, normalise, one_line
from pipeline.fields import FIELDS, pick
from pipeline.identity import document_id, is_id, item_id
from pipeline.outcomes import Drop, Emit, Outcome, Reject
from pipeline.records import Article, Raw, TimeSource

CLEANER: Final = "lines-1"

_MIB: Final = 1024 * 1024
_HTTP: Final = re.compile(r"https?://[^\s<>\"]{1,2000}")
# How documents without a content type begin. What is none of these is plain text.
_BEGINNINGS: Final = (
    (re.compile(rb"\s*\{"), "application/json"),
    (re.compile(rb"\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE), "text/html"),
    (re.compile(rb"\s*<\?xml\b"), "application/xml"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)
# A time, a number and a code; and what the text itself tells better.
_NO_TEXTS: Final = ("published", "version", "status", "language")
_JSON_TYPES: Final = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}

# How far the clock of an event's source may run ahead of the one that stamped its record.
_CLOCK_SKEW: Final = timedelta(minutes=1)


class Identity(NamedTuple):
    """Who sent a document, and its id."""

    id: str
    source: str
    source_id: str | None


def identify(raw: Raw) -> Identity:
    """Identity of a message, from its headers and bytes alone: one that never parses has the same id as when it does."""
    source, source_id = _header(raw, "ce_source") or "unknown", _header(raw, "ce_id")
    return Identity(document_id(source, source_id, raw.value), source, source_id)


def clean(raw: Raw, *, document_bytes: int) -> Outcome:
    """The article in `raw`, or why there is none. Bad input is an outcome and no exception.

    Args:
        raw: a message with any bytes: plain text or one JSON object (docs/formats.md).
        document_bytes: the largest text taken, in bytes of UTF-8 after decoding.
    """
    identity = identify(raw)
    try:
        media_type, charset = _media_type(raw)
        text = decode(raw.value, charset)
        document = _read_json(text) if media_type == "application/json" else _Document({"body": text})
        _check_size(document.texts, document_bytes)
        return _article(raw, identity, media_type, document)
    except Refusal as refusal:
        return Reject(refusal.reason, refusal.error)


@dataclass(frozen=True, slots=True)
class _Document:
    texts: Mapping[str, str]
    """By the names of `FIELDS`."""
    published: Moment | None = None
    published_from: str | None = None
    version: Any = None
    status: Any = None


def _article(raw: Raw, identity: Identity, media_type: str, document: _Document) -> Outcome:
    texts = {name: normalise(value) for name, value in document.texts.items()}
    one = {name: one_line(text) or None for name, text in texts.items()}
    page = lines.read(texts.get("body", ""), one.get("headline"))
    standfirst = one.get("standfirst") or page.standfirst
    body = "\n".join(page.body)
    if not body and standfirst:  # a feed's item: its summary is all the text there is
        body, standfirst = standfirst, None
    source = _header(raw, "ce_source") or one.get("source") or identity.source
    source_id = identity.source_id or one.get("id")
    status = item.status(_header(raw, "ce_itemstatus") or document.status)
    withdraws = _withdraws(raw) or (item_id(source, source_id, identity.id) if status == "withdrawn" else None)
    if not withdraws and not re.search(r"\w", f"{page.headline or ''}{body}"):
        rules = sorted({removed.rule for removed in page.removed})
        return Drop("empty", f"nothing but {', '.join(rules)}" if rules else None)
    received, received_from = _received(raw)
    copyright_line = one.get("copyright") or page.said.get("copyright")
    published = document.published or page.published
    article = Article(
        id=identity.id,
        source=source,
        source_id=source_id,
        uri=_uri(_header(raw, "ce_subject")) or _uri(one.get("uri")),
        media_type=media_type,
        received=received,
        received_from=received_from,
        headline=page.headline,
        standfirst=standfirst,
        body=body,
        published=published.at if published else None,
        published_from=document.published_from if document.published else page.published_from,
        published_precision=published.precision if published else None,
        byline=one.get("byline") or page.said.get("byline"),
        dateline=page.said.get("dateline"),
        agency=page.said.get("agency") or agency_inside(copyright_line or ""),
        copyright=copyright_line,
        source_version=item.version(_header(raw, "ce_itemversion") or document.version),
        status=status,
        withdraws=withdraws,
        words=len(re.findall(r"\w+", body)),
        removed=tuple(page.removed),
        cleaner=CLEANER,
    )
    return Emit(article, article.id)


def _header(raw: Raw, name: str) -> str | None:
    value = raw.headers.get(name)
    return (one_line(normalise(value.decode(errors="replace"))) or None) if value else None


def _withdraws(raw: Raw) -> str | None:
    """Id of what the message says it takes back."""
    if item.WITHDRAWS not in raw.headers:
        return None
    given = _header(raw, item.WITHDRAWS) or ""
    if not is_id(given):  # as an ordinary document it would publish what was meant to take something back
        raise Refusal("malformed id", f"header {item.WITHDRAWS} is {given[:100]!r}, not 32 hex digits")
    return given


def _uri(text: str | None) -> str | None:
    return text if text and _HTTP.fullmatch(text) else None


def _received(raw: Raw) -> tuple[datetime, TimeSource]:
    """The event's time if it has one; not one after its own record, or a feed's 2099 would run ahead of the window."""
    recorded = raw.timestamp.replace(tzinfo=raw.timestamp.tzinfo or UTC).astimezone(UTC)
    at = read_rfc3339(_header(raw, "ce_time") or "")
    return (at, "cloudevents") if at and at <= recorded + _CLOCK_SKEW else (recorded, "broker")


def _media_type(raw: Raw) -> tuple[str, str | None]:
    """Media type and charset from the header, else from how the bytes begin (any byte order mark aside)."""
    media_type, _, parameters = (_header(raw, "content-type") or "").partition(";")
    charset = re.search(r"\bcharset\s*=\s*[\"']?([^\s\"';]+)", parameters, re.IGNORECASE)
    media_type = media_type.strip().lower()
    if not media_type:
        start = raw.value[:200].lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
        media_type = next((name for pattern, name in _BEGINNINGS if pattern.match(start)), "text/plain")
    if media_type not in ("text/plain", "application/json"):
        raise Refusal("unsupported media type", f"{media_type[:100]}; text/plain and application/json are read")
    return media_type, charset[1] if charset else None


def _read_json(text: str) -> _Document:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal("invalid JSON", str(error)[:200]) from error
    if not isinstance(document, dict):
        raise Refusal("wrong type", f"the document is {_kind(document)}, not an object")
    picked = {field: pick(document, field) for field in FIELDS}
    texts = {field: _text(field, *found) for field, found in picked.items() if found and field not in _NO_TEXTS}
    said = {field: found[1] for field in ("version", "status") if (found := picked[field])}
    published = picked["published"]
    if not published or not isinstance(published[1], str | int | float):
        return _Document(texts, **said)
    return _Document(texts, read_field(str(published[1])), f"field {published[0]}", **said)


def _text(field: str, name: str, value: Any) -> str:
    """`value` as text: a number's digits, a list's items joined."""
    if isinstance(value, list):
        return ("\n" if field == "body" else ", ").join(_text(field, name, item) for item in value)
    if isinstance(value, dict) and field in ("byline", "source") and isinstance(value.get("name"), str):
        return str(value["name"])  # schema.org's Person and Organization
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refusal("wrong type", f"field {name} is {_kind(value)}")
    return str(value)


def _kind(value: Any) -> str:
    return _JSON_TYPES.get(type(value), "a text" if isinstance(value, str) else "a number")


def _check_size(texts: Mapping[str, str], limit: int) -> None:
    size = sum(len(text.encode()) for text in texts.values())
    if size > limit:
        raise Refusal(
            "too large",
            f"{size / _MIB:.1f} MiB of text, the limit is {limit / _MIB:.1f} MiB; set COPYDESK_DOCUMENT_BYTES",
        )
